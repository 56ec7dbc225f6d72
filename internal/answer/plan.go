package answer

import (
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// decoding is how the cells of one result are decoded into a struct: one step per column
// that the struct has. Columns that it lacks are passed over.
type decoding []step

type step struct {
	cell   int // index of the column in the result
	column *meta.Column
	codec  *codec.Codec
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
