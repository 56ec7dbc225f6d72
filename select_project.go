package coodie

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

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
//		coodie.CountAll[Track]().As("tracks"), coodie.Max(seconds).As("longest"))
//
// Each of U's columns is the expression of that name (see Func.As), or else the table's
// column of that name; one that is neither is an error, and so is an expression
// that no field takes. The fields' Go types may be any that hold the values; a pointer
// takes null.
//
// A partition that has static values and no row is passed over, unless U has keys and static columns
// alone. Then a clustering column of its is null: nil in a pointer, else a *DecodeError.
func Project[U, T any](q *QuerySet[T], exprs ...Selectable[T]) *Selection[T, U] {
	given := make([]*stmt.Term, len(exprs))
	for i, e := range exprs {
		given[i] = selected1(e)
	}
	return (*Selection[T, U])((*query)(q).project(reflect.TypeFor[U](), given))
}

// project reads rows into a struct of the type.
func (q *query) project(typ reflect.Type, exprs []*stmt.Term) *selection {
	row, err := meta.Row(typ)
	if err != nil {
		return &selection{err: schemaError(err)}
	}
	c := q.chain()
	terms, err := c.projected(row, exprs)
	if err != nil {
		return &selection{err: err}
	}
	q, ch := q.choose()
	ch.Terms = terms
	s := &selection{chain: q.chain()}
	s.plan = func(columns driver.Columns) (rowReader, error) {
		readers := make([]answer.CellReader, len(row.Columns))
		for i, col := range row.Columns {
			if i < columns.Len() && terms[i].Decoder() == nil && columns.Is(i, col.Type) {
				readers[i] = s.chain.fieldReader(col, terms[i])
				continue
			}
			if readers[i], err = s.chain.cellReader(columns, i, terms[i], col.GoType); err != nil {
				var decode *DecodeError
				if errors.As(err, &decode) {
					decode.Field = col.Field
				}
				return nil, err
			}
		}
		return func(v codec.Addr, cells [][]byte) error {
			for i, col := range row.Columns {
				if err := readers[i](v.Field(col.Offset), cells[i]); err != nil {
					var decode *DecodeError
					if errors.As(err, &decode) {
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
func (c *chain) fieldReader(col *meta.Column, e *stmt.Term) answer.CellReader {
	read := answer.CellReader(col.Codec.Decode)
	if e.Bare() {
		read = answer.Strict(e.Ref().Column(), col.GoType, read)
	}
	return func(p codec.Addr, cell []byte) error {
		if err := read(p, cell); err != nil {
			return &DecodeError{Table: c.table.schema.Name, Column: col.Name, Err: err}
		}
		return nil
	}
}

// projected is what each of the row's columns is made of.
func (c *chain) projected(row *meta.Table, exprs []*stmt.Term) ([]*stmt.Term, error) {
	if c.table == nil {
		return nil, &UsageError{Op: "select", Reason: "the QuerySet is a zero value; make it with Table.Find"}
	}
	fail := func(column, format string, args ...any) error {
		return &UsageError{Op: "select", Table: c.table.schema.Name, Column: column, Reason: fmt.Sprintf(format, args...)}
	}
	if len(row.Columns) == 0 {
		return nil, fail("", "%s has no field to read a column into", row.Go)
	}
	given := map[string]*stmt.Term{}
	for _, e := range exprs {
		switch {
		case e.Err() != nil:
			return nil, &UsageError{Op: "select", Table: c.table.schema.Name, Column: e.Name(), Err: e.Err()}
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
				return nil, &UsageError{Op: "select", Table: c.table.schema.Name, Column: col.Name, Reason: "field " + col.Field + " of " + row.Go.String(), Err: err}
			}
		}
		terms[i] = e
	}
	return terms, nil
}
