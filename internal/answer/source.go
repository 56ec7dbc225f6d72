package answer

import (
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Source is a table as its rows are read.
type Source struct {
	Table   *stmt.Table
	New     func() *Row                                 // makes an Existing[T]
	ValueAt uintptr                                     // how far its Value is behind its beginning
	Fault   func(column, field string, err error) error // says that a cell does not fit
	Refresh func(statement string)                      // forgets the columns that gocql has cached
}

// Keep copies the cells, which belong to gocql, without the one of [applied]; -1 if
// there is none.
func (s *Source) Keep(columns driver.Columns, cells [][]byte, applied int) *Row {
	e := s.New()
	e.Of, e.cells = s, Pack(e.room[:], cells, applied)
	if e.Columns = columns; applied >= 0 {
		e.Columns = columns.Without(applied)
	}
	return e
}

// decodingOf matches columns by name, into the memory of p. Where the server's type is not the declared one, but
// the field can hold it, the field is decoded from what the server says it is.
func (s *Source) decodingOf(p decoding, columns driver.Columns) (decoding, error) {
	for i := range columns.Len() {
		c := s.Table.Meta.ColumnAt(i, columns.Name(i))
		if c == nil {
			continue
		}
		cd := c.Codec
		if !columns.Is(i, c.Type) {
			t, err := columns.Type(i)
			if err == nil {
				cd, err = c.Codec.Live(t)
			}
			if err != nil {
				return p, s.Fault(c.Name, c.Field, err)
			}
			if stmt.ByField(c.Type) && c.Type.Lacks(t) != "" {
				s.Table.Grown.Store(true)
			}
		}
		p = append(p, step{cell: i, column: c, codec: cd})
	}
	return p, nil
}

// decode sets the fields of the struct at v from a row's cells.
func (s *Source) decode(p decoding, v codec.Addr, cells [][]byte) error {
	for i := range p {
		step := &p[i]
		cell := cells[step.cell]
		if step.shares && string(cell) == step.before {
			*codec.As[string](v.Field(step.column.Offset)) = step.before
			continue
		}
		if cell == nil && refusesNull(step.column, step.column.GoType) {
			return s.failed(step, errRowless)
		}
		if err := step.codec.Decode(v.Field(step.column.Offset), cell); err != nil {
			return s.failed(step, err)
		}
		if step.shares {
			step.before = *codec.As[string](v.Field(step.column.Offset))
		}
		if step.codec != step.column.Codec && cell != nil && step.column.Key() {
			if err := step.exact(v.Field(step.column.Offset), cell); err != nil {
				return s.failed(step, err)
			}
		}
	}
	return nil
}

// decodeRow is decode of cells that have been kept.
func (s *Source) decodeRow(p decoding, v codec.Addr, cells *Cells) error {
	for i := range p {
		step := &p[i]
		if err := step.codec.Decode(v.Field(step.column.Offset), cells.At(step.cell)); err != nil {
			return s.failed(step, err)
		}
	}
	return nil
}

func (s *Source) failed(step *step, err error) error {
	return s.Fault(step.column.Name, step.column.Field, err)
}

// decoding is how the cells of one result are decoded into a struct: one step per column
// that the struct has. Columns that it lacks are passed over.
type decoding []step

type step struct {
	cell   int // index of the column in the result
	column *meta.Column
	codec  *codec.Codec

	// The rows of a partition share the text of its key: an allocation less for each of them, a tenth of those of 12 columns.
	shares bool
	before string // of the row before
}

// sharing has one row after the other decoded.
func (p decoding) sharing() decoding {
	for i := range p {
		p[i].shares = p[i].column.Kind == meta.Partition && p[i].codec.Text()
	}
	return p
}

// exact refuses a key of another type than the struct declares, if the field cannot hold it: two rows
// would read as one, and what is written of it would name another row.
func (s *step) exact(field codec.Addr, cell []byte) error {
	again, null, err := s.codec.Append([]byte{}, field)
	if err == nil && (null || s.codec.Type().Compare(again, cell) != 0) {
		err = errors.New("the field cannot hold the row's key exactly: the column's type has something that the struct lacks")
	}
	return err
}

// RowReader sets the fields of a struct from the cells of a row.
type RowReader func(v codec.Addr, cells [][]byte) error

// Reader reads rows with these columns, of which the struct may have some.
func (s *Source) Reader(columns driver.Columns) (RowReader, error) {
	p, err := s.decodingOf(nil, columns)
	if err != nil {
		return nil, err
	}
	return func(v codec.Addr, cells [][]byte) error { return s.decode(p, v, cells) }, nil
}

// Restore decodes a row into v, which shares no memory with another decoding of it.
func (s *Source) Restore(v codec.Addr, row *Row) error {
	p, err := s.decodingOf(nil, row.Columns)
	if err != nil {
		return err
	}
	return s.decodeRow(p, v, &row.cells)
}

// Decode fills Value from the cells, which have answered the statement. They stay as they came: a cell may be
// of another type than the struct declares (a user-defined type that has grown, a bigint for an int).
// The value must fit the declared type as well, which is what declared makes of it.
func (e *Row) Decode(statement string) error {
	var room [16]step
	p, err := e.Of.decodingOf(room[:0], e.Columns)
	if err != nil {
		e.Of.Refresh(statement)
	} else {
		err = e.Of.decodeRow(p, e.value(), &e.cells)
	}
	for i := range p {
		s := &p[i]
		if err != nil || s.codec == s.column.Codec || e.cells.At(s.cell) == nil {
			continue
		}
		if _, _, failed := s.column.Codec.Append([]byte{}, e.value().Field(s.column.Offset)); failed != nil {
			err = e.Of.failed(s, failed)
		}
	}
	e.Broken = err
	return err
}
