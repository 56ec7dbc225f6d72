package driver

import (
	"encoding/binary"
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
)

// TypeError is why a value cannot be sent to a column: its live type is another than the
// one the value was encoded for.
type TypeError struct {
	Column string // "" if it is not known
	Err    error
}

func (e *TypeError) Error() string { return e.Err.Error() }
func (e *TypeError) Unwrap() error { return e.Err }

// Lost is a field of a column's live type that is set to null, because the struct lacks it.
type Lost struct{ Column, Field string }

// LostError is why a value is not sent: it would set a field to null that the struct lacks.
type LostError struct{ Lost }

func (e *LostError) Error() string {
	return "the type of column " + e.Column + " has the field " + e.Field + ", which the struct lacks"
}

// GrownError is why a value is not sent: its live type has a field that the struct lacks, and the
// value can be written field by field instead.
type GrownError struct{ Lost }

func (e *GrownError) Error() string {
	return "the type of column " + e.Column + " has got the field " + e.Field
}

// Use is what becomes of a value.
type Use uint8

const (
	// Compared: it takes the place of nothing.
	Compared Use = iota
	// Stored: it takes the place of a value that was not read, so that fields are lost which only the
	// live type has.
	Stored
	// Divisible is Stored, of a value that can be written field by field: if a field would be lost,
	// the statement fails with a *GrownError.
	Divisible
)

// For says for which column the next values are, and what becomes of them.
func (c *Call) For(column string, use Use) { c.column, c.use = column, use }

// Grown reports whether a statement has failed with a *GrownError.
func (c *Call) Grown() bool { return c.grown }

// Strict refuses to lose a field: see For.
func (c *Call) Strict() { c.strict = true }

// Lost are the fields that a statement which was sent has set to null without knowing them.
func (c *Call) Lost() []Lost { return c.lost }

// loses notes which field of the live type the value does not have, or refuses it.
func (v *Value) loses(live *codec.Type) error {
	if v.use == Compared {
		return nil
	}
	field := v.typ.Lacks(live)
	if field == "" {
		return nil
	}
	lost := Lost{v.column, field}
	switch {
	case v.use == Divisible:
		v.call.grown = true
		return &GrownError{lost}
	case v.call.strict:
		return &LostError{lost}
	}
	for _, known := range v.call.lost {
		if known == lost {
			return nil
		}
	}
	v.call.lost = append(v.call.lost, lost)
	return nil
}

// live encodes the value for the live type; nil is null.
func (v *Value) live(cell []byte, live *codec.Type) ([]byte, error) {
	switch {
	case v.list:
		return v.liveList(cell, live)
	case v.codec == nil:
		return convert(cell, v.typ, live)
	}
	cd, err := v.codec.Live(live)
	if err != nil {
		return nil, err
	}
	cell, null, err := cd.Append([]byte{}, v.p)
	if err != nil || null {
		return nil, err
	}
	return cell, nil
}

// convert makes a cell of the live type. Where that is older than the type of a cell that was
// read, the driver has prepared the statement before the type grew: the cell is sent as it is. The
// server has forgotten the statement, and so the driver prepares and encodes it again. A server that
// does not know the new field refuses the cell.
func convert(cell []byte, t, live *codec.Type) ([]byte, error) {
	out, err := codec.Convert(cell, t, live)
	if err != nil && live.Grew(t) {
		return cell, nil
	}
	return out, err
}

// liveList converts a list of IN, whose elements may be null, as those of a column may not.
func (v *Value) liveList(cell []byte, live *codec.Type) ([]byte, error) {
	if live.Kind != codec.List {
		return nil, errNoList
	}
	n := int(binary.BigEndian.Uint32(cell))
	elems, err := codec.Split(nil, cell[4:], n)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(n))
	for _, e := range elems {
		if e, err = convert(e, v.typ, live.Elem); err != nil {
			return nil, err
		}
		if e == nil {
			out = binary.BigEndian.AppendUint32(out, 0xffffffff)
			continue
		}
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(e))), e...)
	}
	return out, nil
}

var errNoList = errors.New("the server expects no list")
