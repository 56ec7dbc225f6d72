package coodie

import (
	"errors"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// source is a table as its rows are read.
type source struct {
	shape   *stmt.Table
	row     func() *existing                            // makes an Existing[T]
	valueAt uintptr                                     // how far its Value is behind its beginning
	fault   func(column, field string, err error) error // says that a cell does not fit
	refresh func(statement string)                      // forgets the columns that gocql has cached
}

// plan is how the cells of one result are decoded into a struct: one step per column
// that the struct has. Columns that it lacks are passed over.
type plan []step

type step struct {
	cell   int // index of the column in the result
	column *meta.Column
	codec  *codec.Codec
}

// plan matches columns by name, into the memory of p. Where the server's type is not the declared one, but
// the field can hold it, the field is decoded from what the server says it is.
func (s *source) plan(p plan, columns driver.Columns) (plan, error) {
	for i := range columns.Len() {
		c := s.shape.Meta.ColumnAt(i, columns.Name(i))
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
				return p, s.fault(c.Name, c.Field, err)
			}
			if stmt.ByField(c.Type) && c.Type.Lacks(t) != "" {
				s.shape.Grown.Store(true)
			}
		}
		p = append(p, step{i, c, cd})
	}
	return p, nil
}

// decode sets the fields of the struct at v from a row's cells.
func (s *source) decode(p plan, v codec.Addr, cells [][]byte) error {
	for i := range p {
		step := &p[i]
		cell := cells[step.cell]
		if cell == nil && refusesNull(step.column, step.column.GoType) {
			return s.failed(step, errRowless)
		}
		if err := step.codec.Decode(v.Field(step.column.Offset), cell); err != nil {
			return s.failed(step, err)
		}
		if step.codec != step.column.Codec && cell != nil && step.column.Key() {
			if err := step.exact(v.Field(step.column.Offset), cell); err != nil {
				return s.failed(step, err)
			}
		}
	}
	return nil
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

// decodeRow is decode of cells that have been kept.
func (s *source) decodeRow(p plan, v codec.Addr, cells *cells) error {
	for i := range p {
		step := &p[i]
		if err := step.codec.Decode(v.Field(step.column.Offset), cells.at(step.cell)); err != nil {
			return s.failed(step, err)
		}
	}
	return nil
}

func (s *source) failed(step *step, err error) error {
	return s.fault(step.column.Name, step.column.Field, err)
}

// restore decodes a row into v, which shares no memory with another decoding of it.
func (s *source) restore(v codec.Addr, row *existing) error {
	p, err := s.plan(nil, row.columns)
	if err != nil {
		return err
	}
	return s.decodeRow(p, v, &row.cells)
}

// decode fills Value from the cells, which have answered the statement. They stay as they came: a cell may be
// of another type than the struct declares (a user-defined type that has grown, a bigint for an int).
// The value must fit the declared type as well, which is what declared makes of it.
func (e *existing) decode(statement string) error {
	var room [16]step
	p, err := e.of.plan(room[:0], e.columns)
	if err != nil {
		e.of.refresh(statement)
	} else {
		err = e.of.decodeRow(p, e.value(), &e.cells)
	}
	for i := range p {
		s := &p[i]
		if err != nil || s.codec == s.column.Codec || e.cells.at(s.cell) == nil {
			continue
		}
		if _, _, failed := s.column.Codec.Append([]byte{}, e.value().Field(s.column.Offset)); failed != nil {
			err = e.of.failed(s, failed)
		}
	}
	e.broken = err
	return err
}
