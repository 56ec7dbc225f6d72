package coodie

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Selection is a query on T's table whose rows are read as V instead of T. Values, Project
// and Query.JSON make it. It is immutable, like the QuerySet.
type Selection[T, V any] selection

// selection is a Selection, whatever its T and V.
type selection struct {
	call call
	// plan says how a row's cells become a V.
	readerFor func(ctx context.Context, columns driver.Columns) (rowReader, error)
	err       error
}

// rowReader sets the zero value at v from a row's cells.
type rowReader func(v codec.Addr, cells [][]byte) error

// Values reads the values of one expression: those of a column, or of an aggregate.
//
//	titles, err := coodie.Values(tracks.Find(artist.Eq("nina")), title).All(ctx)
//	longest, err := coodie.Values(tracks.Find(), coodie.Max(seconds)).First(ctx)
//
// Null is read as the zero V: see Nullable. Only a clustering column that is null, of a partition that has
// static values and no row, is an error of KindDecode instead.
func Values[T, V any](from Readable[T], e Expr[T, V]) *Selection[T, V] {
	return (*Selection[T, V])((*query)(from.Reads()).values(selected1(e), reflect.TypeFor[V]()))
}

func (q *query) values(term *stmt.Term, typ reflect.Type) *selection {
	q, ch := q.choose()
	ch.Terms = []*stmt.Term{term}
	s := &selection{call: q.call()}
	s.readerFor = func(_ context.Context, columns driver.Columns) (rowReader, error) {
		read, err := s.call.cellReader(columns, 0, term, typ)
		if err != nil {
			return nil, err
		}
		return func(v codec.Addr, cells [][]byte) error { return read(v, cells[0]) }, nil
	}
	return s
}

// JSON reads each row as the JSON object that the server makes of it, with the columns'
// names as keys: of all columns, or of Only those.
func (q *Query[T]) JSON() *Selection[T, json.RawMessage] {
	return (*Selection[T, json.RawMessage])((*query)(q).asJSON())
}

func (q *query) asJSON() *selection {
	q, ch := q.choose()
	ch.JSON = true
	s := &selection{call: q.call()}
	s.readerFor = func(context.Context, driver.Columns) (rowReader, error) {
		return func(v codec.Addr, cells [][]byte) error { return stmt.RawJSON(v, cells[0]) }, nil
	}
	return s
}

// First reads the first value; ErrNotFound if there is none. An aggregate without GroupBy
// always has one.
func (s *Selection[T, V]) First(ctx context.Context) (v V, err error) {
	if err = (*selection)(s).readOne(ctx, false, codec.At(&v)); err != nil {
		v = *new(V)
	}
	return
}

// One reads the only value: ErrNotFound if there is none, an error of KindMultiple if there are several.
func (s *Selection[T, V]) One(ctx context.Context) (v V, err error) {
	if err = (*selection)(s).readOne(ctx, true, codec.At(&v)); err != nil {
		v = *new(V)
	}
	return
}

// readOne reads the first value into the zero one at v. only: it must be the only one.
func (s *selection) readOne(ctx context.Context, only bool, v codec.Addr) error {
	if s == nil {
		return errZeroSelection
	}
	ctx, cancel := s.call.withDeadline(ctx)
	defer cancel()
	most := 1
	if only {
		most = 2
	}
	first := *s
	if first.call.spec.Limit == nil && !first.call.spec.ReadOptions.SingleRow() {
		first.call.spec.Limit = &most
	}
	var failed error
	n := 0
	room := func() codec.Addr { return v }
	first.rows(ctx, room, func(_ codec.Addr, err error) bool {
		if failed = err; err == nil {
			n++
		}
		return err == nil && only && n < 2
	})
	return s.call.oneOf(n, failed)
}

// All reads all values. For many prefer Iter, which holds one page at a time.
func (s *Selection[T, V]) All(ctx context.Context) ([]V, error) {
	ctx, cancel := (*selection)(s).withDeadline(ctx)
	defer cancel()
	return collect(s.Iter(ctx))
}

// Iter reads the values page by page. After an error, which comes with a zero V, it ends.
// Breaking off early closes the query.
func (s *Selection[T, V]) Iter(ctx context.Context) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var v V
		(*selection)(s).rows(ctx, reused(&v), yielding(yield))
	}
}

var errZeroSelection = misuse("select", "", "", "the Selection is a zero value; make it with Values, Project or JSON", nil)

func (s *selection) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if s == nil {
		return ctx, func() {}
	}
	return s.call.withDeadline(ctx)
}

// rows yields all values, and at the end the error if there is one. room gives each a place.
func (s *selection) rows(ctx context.Context, room func() codec.Addr, yield func(codec.Addr, error) bool) {
	if s == nil {
		yield(codec.Addr{}, errZeroSelection)
		return
	}
	if s.err != nil {
		yield(codec.Addr{}, s.err)
		return
	}
	ctx, cancel := context.WithCancel(ctx) // ends the request for a page that nobody waits for
	defer cancel()
	stopped := false
	err := s.call.read(ctx, stmt.ReadRows, func(r *answer.Reader) error {
		var read rowReader
		var columns driver.Columns
		for {
			more := r.NextRow()
			if now := r.Columns(); now.Len() > 0 && !columns.Same(now) {
				var err error
				if read, err = s.readerFor(ctx, now); err != nil {
					r.Of.Refresh(r.Statement)
					return err
				}
				columns = now
			}
			if !more {
				return nil
			}
			v := room()
			if err := read(v, r.Shown()); err != nil {
				return err
			}
			r.Leave()
			stopped = !yield(v, nil)
			if r.Return(); stopped {
				return nil
			}
		}
	})
	if err != nil && !stopped {
		yield(codec.Addr{}, err)
	}
}

// cellReader reads the cells of column i, the term e, as target.
func (c *call) cellReader(columns driver.Columns, i int, e *stmt.Term, target reflect.Type) (answer.CellReader, error) {
	if i >= columns.Len() {
		return nil, decodeError(c.table.schema.Name, e.Name(), "", errShortRow)
	}
	failure := func(err error) error {
		return decodeError(c.table.schema.Name, columns.Name(i), "", err)
	}
	read, err := answer.ReaderOf(e, columns, i, target)
	if err != nil {
		return nil, failure(err)
	}
	if e.Bare() {
		read = answer.Strict(e.Ref().Column(), target, read)
	}
	return func(p codec.Addr, cell []byte) error {
		if err := read(p, cell); err != nil {
			return failure(err)
		}
		return nil
	}, nil
}

var errShortRow = errors.New("the server sent fewer columns than were asked for")

// Project reads rows into another struct, U, tagged as a table's but without need of a key:
// a smaller one over the same table, or the result of several functions in one query.
//
//	type ArtistStats struct {
//		Artist  string
//		Tracks  int64
//		Longest *int // nil: no track has a length
//	}
//	stats := coodie.Project[ArtistStats](tracks.Find().GroupBy(artist),
//		coodie.As(coodie.Count[Track](), "tracks"), coodie.As(coodie.Max(seconds), "longest"))
//
// Each of U's columns is the expression of that name (see As), or else the table's
// column of that name; one that is neither is an error, and so is an expression
// that no field takes. The fields' Go types may be any that hold the values; a pointer
// takes null.
//
// A partition that has static values and no row is passed over, unless U has keys and static columns
// alone. Then a clustering column of its is null: nil in a pointer, else an error of KindDecode.
func Project[U, T any](from Readable[T], exprs ...Selectable[T]) *Selection[T, U] {
	given := make([]*stmt.Term, len(exprs))
	for i, e := range exprs {
		given[i] = selected1(e)
	}
	return (*Selection[T, U])((*query)(from.Reads()).project(reflect.TypeFor[U](), given))
}

// project reads rows into a struct of the type.
func (q *query) project(typ reflect.Type, exprs []*stmt.Term) *selection {
	row, err := meta.Row(typ)
	if err != nil {
		return &selection{err: schemaError(err)}
	}
	c := q.call()
	terms, err := c.projected(row, exprs)
	if err != nil {
		return &selection{err: err}
	}
	q, ch := q.choose()
	ch.Terms = terms
	s := &selection{call: q.call()}
	s.readerFor = func(_ context.Context, columns driver.Columns) (rowReader, error) {
		readers := make([]answer.CellReader, len(row.Columns))
		for i, col := range row.Columns {
			if i < columns.Len() && terms[i].Decoder() == nil && columns.Is(i, col.Type) {
				readers[i] = s.call.fieldReader(col, terms[i])
				continue
			}
			if readers[i], err = s.call.cellReader(columns, i, terms[i], col.GoType); err != nil {
				if decode := find(err, (*Error).isBroken); decode != nil {
					decode.Field = col.Field
				}
				return nil, err
			}
		}
		return func(v codec.Addr, cells [][]byte) error {
			for i, col := range row.Columns {
				if err := readers[i](v.Field(col.Offset), cells[i]); err != nil {
					if decode := find(err, (*Error).isBroken); decode != nil {
						decode.Field = col.Field
					}
					return err
				}
			}
			return nil
		}, nil
	}
	return s
}

// fieldReader reads the cells of a column as the struct's own tags have it.
func (c *call) fieldReader(col *meta.Column, e *stmt.Term) answer.CellReader {
	read := answer.CellReader(col.Codec.Decode)
	if e.Bare() {
		read = answer.Strict(e.Ref().Column(), col.GoType, read)
	}
	return func(p codec.Addr, cell []byte) error {
		if err := read(p, cell); err != nil {
			return decodeError(c.table.schema.Name, col.Name, "", err)
		}
		return nil
	}
}

// projected is what each of the row's columns is made of.
func (c *call) projected(row *meta.Table, exprs []*stmt.Term) ([]*stmt.Term, error) {
	if c.table == nil {
		return nil, misuse("select", "", "", "the QuerySet is a zero value; make it with Table.Find", nil)
	}
	fail := func(column, format string, args ...any) error {
		return misuse("select", c.table.schema.Name, column, fmt.Sprintf(format, args...), nil)
	}
	if len(row.Columns) == 0 {
		return nil, fail("", "%s has no field to read a column into", row.Go)
	}
	given := map[string]*stmt.Term{}
	for _, e := range exprs {
		switch {
		case e.Err() != nil:
			return nil, misuse("select", c.table.schema.Name, e.Name(), "", e.Err())
		case e.Name() == "":
			return nil, fail("", "name the function by As, so that a field of %s can take it", row.Go)
		case row.Column(e.Name()) == nil:
			return nil, fail(e.Name(), "%s has no such column to read the expression into", row.Go)
		case given[e.Name()] != nil:
			return nil, fail(e.Name(), "two expressions have this name; give one of them another by As")
		}
		given[e.Name()] = e
	}
	terms := make([]*stmt.Term, len(row.Columns))
	for i, col := range row.Columns {
		e := given[col.Name]
		if e == nil {
			of := c.table.schema.Meta.Column(col.Name)
			if of == nil {
				return nil, fail(col.Name, "field %s of %s is neither a column of the table nor an expression named so by As", col.Field, row.Go)
			}
			e = stmt.FieldTerm(c.table.schema.RefTo(of))
		}
		if own := e.Decoder() != nil && (col.GoType == e.GoType() || col.GoType.Kind() == reflect.Pointer && col.GoType.Elem() == e.GoType()); !own &&
			e.Type() != nil && !col.Type.Equal(e.Type()) {
			if _, err := codec.For(col.GoType, e.Type()); err != nil {
				return nil, misuse("select", c.table.schema.Name, col.Name, "field "+col.Field+" of "+row.Go.String(), err)
			}
		}
		terms[i] = e
	}
	return terms, nil
}
