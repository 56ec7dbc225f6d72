package answer

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
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
		p = append(p, step{i, c, cd})
	}
	return p, nil
}

// decode sets the fields of the struct at v from a row's cells.
func (s *Source) decode(p decoding, v codec.Addr, cells [][]byte) error {
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
