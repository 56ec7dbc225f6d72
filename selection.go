package coodie

import (
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"unsafe"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// Selection is a query on T's table whose rows are read as V instead of T. Values, Project
// and QuerySet.JSON make it. It is an immutable value, like the QuerySet.
type Selection[T, V any] struct {
	chain chain[T]
	// plan says how a row's cells become a V.
	plan func(columns []gocql.ColumnInfo) (rowReader, error)
	err  error
}

// rowReader sets the zero value at v from a row's cells.
type rowReader func(v unsafe.Pointer, cells [][]byte) error

// Values reads the values of one expression: those of a column, or of an aggregate.
//
//	titles, err := coodie.Values(tracks.Find(artist.Eq("nina")), title).All(ctx)
//	longest, err := coodie.Values(tracks.Find(), coodie.Max(seconds)).First(ctx)
//
// Null is read as the zero V: see Nullable.
func Values[T, V any](q QuerySet[T], e Expr[T, V]) Selection[T, V] {
	term := selected1(e)
	s := Selection[T, V]{chain: q.choose(func(c *choice) { c.terms = []*expr{term} }).chain}
	s.plan = func(columns []gocql.ColumnInfo) (rowReader, error) {
		read, err := s.chain.cellReader(columns, 0, term, reflect.TypeFor[V]())
		if err != nil {
			return nil, err
		}
		return func(v unsafe.Pointer, cells [][]byte) error { return read(v, cells[0]) }, nil
	}
	return s
}

// JSON reads each row as the JSON object that the server makes of it, with the columns'
// names as keys: of all columns, or of Only those.
func (q QuerySet[T]) JSON() Selection[T, json.RawMessage] {
	s := Selection[T, json.RawMessage]{chain: q.choose(func(c *choice) { c.json = true }).chain}
	s.plan = func([]gocql.ColumnInfo) (rowReader, error) {
		return func(v unsafe.Pointer, cells [][]byte) error { return rawJSON(v, cells[0]) }, nil
	}
	return s
}

// First reads the first value; ErrNotFound if there is none. An aggregate without GroupBy
// always has one.
func (s Selection[T, V]) First(ctx context.Context) (V, error) {
	for v, err := range s.most(1).Iter(ctx) {
		return v, err
	}
	var zero V
	return zero, ErrNotFound
}

// One reads the only value: ErrNotFound if there is none, ErrMultiple if there are several.
func (s Selection[T, V]) One(ctx context.Context) (V, error) {
	var zero V
	all, err := s.most(2).All(ctx)
	switch {
	case err != nil:
		return zero, err
	case len(all) == 0:
		return zero, ErrNotFound
	case len(all) > 1:
		return zero, ErrMultiple
	}
	return all[0], nil
}

// most limits what is read to n values, unless a limit has been told or aggregates make one row.
func (s Selection[T, V]) most(n int) Selection[T, V] {
	if s.chain.limit == nil && !s.chain.choice.oneRow() {
		s.chain.limit = &n
	}
	return s
}

// All reads all values. For many prefer Iter, which holds one page at a time.
func (s Selection[T, V]) All(ctx context.Context) ([]V, error) {
	var out []V
	for v, err := range s.Iter(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Iter reads the values page by page. After an error, which comes with a zero V, it ends.
// Breaking off early closes the query.
func (s Selection[T, V]) Iter(ctx context.Context) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var zero V
		if s.err != nil || s.plan == nil {
			if s.err == nil {
				s.err = &UsageError{Op: "select", Reason: "the Selection is a zero value; make it with Values, Project or JSON"}
			}
			yield(zero, s.err)
			return
		}
		stopped := false
		err := s.chain.read(ctx, wantRows, func(rows *driver.Rows) error {
			if !rows.Next() {
				return nil
			}
			read, err := s.plan(rows.Columns())
			if err != nil {
				return err
			}
			for more := true; more; more = rows.Next() {
				v := zero
				if err := read(unsafe.Pointer(&v), rows.Cells()); err != nil {
					return err
				}
				if !yield(v, nil) {
					stopped = true
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(zero, err)
		}
	}
}

// cellReader reads the cells of column i, the term e, as target.
func (c *chain[T]) cellReader(columns []gocql.ColumnInfo, i int, e *expr, target reflect.Type) (cellReader, error) {
	if i >= len(columns) {
		return nil, &DecodeError{Table: c.table.name, Column: e.name, Err: errShortRow}
	}
	failure := func(err error) error {
		return &DecodeError{Table: c.table.name, Column: columns[i].Name, Err: err}
	}
	read, err := e.reader(columns[i].TypeInfo, target)
	if err != nil {
		return nil, failure(err)
	}
	return func(p unsafe.Pointer, cell []byte) error {
		if err := read(p, cell); err != nil {
			return failure(err)
		}
		return nil
	}, nil
}
