package codec

import (
	"bytes"
	"slices"
)

// maxAlike bounds how many cells Alike returns: each field that reads null as its zero value doubles them.
const maxAlike = 64

// Alike returns the cells that are read as the Go value whose cell this is, beginning with it; nil is
// null. There are others where a field that cannot hold null is zero, in a user-defined type or tuple
// too, and where nothing but nulls reads as null. Elements of collections are taken as they are. More than 64
// are an error.
func (c *Codec) Alike(cell []byte) ([][]byte, error) {
	return alike(c.Type(), cell, c.readsAs(cell))
}

// AlikePart is [Codec.Alike] of one part of the value of a user-defined type or tuple.
func (c *Codec) AlikePart(cell []byte, i int) ([][]byte, error) {
	t := c.Type()
	parts, err := t.parts(cell)
	if err != nil {
		return nil, asError(err)
	}
	return alike(t.part(i).Freeze(), parts[i], inPlace(t, parts, i, c.readsAs(cell)))
}

// readsAs tells of a cell whether it is read as the Go value whose cell the first one is.
func (c *Codec) readsAs(cell []byte) func([]byte) bool {
	return func(other []byte) bool {
		v := New(c.goType)
		if c.Decode(v, other) != nil {
			return false
		}
		again, null, err := c.Append([]byte{}, v)
		return err == nil && null == (cell == nil) && bytes.Equal(again, cell)
	}
}

// inPlace tells the same of part i.
func inPlace(t *Type, parts [][]byte, i int, reads func([]byte) bool) func([]byte) bool {
	return func(other []byte) bool {
		all := slices.Clone(parts)
		all[i] = other
		return reads(t.join([]byte{}, all))
	}
}

func alike(t *Type, cell []byte, reads func([]byte) bool) ([][]byte, error) {
	inParts := t.Kind == UDT || t.Kind == Tuple
	if cell == nil {
		if nulls := t.Nulls(); nulls != nil && reads(nulls) {
			return [][]byte{nil, nulls}, nil
		}
		return [][]byte{nil}, nil
	}
	cells := [][]byte{cell}
	if inParts && len(cell) > 0 {
		parts, err := t.parts(cell)
		if err != nil {
			return nil, asError(err)
		}
		rows := [][][]byte{parts}
		for i := range parts {
			others, err := alike(t.part(i).Freeze(), parts[i], inPlace(t, parts, i, reads))
			if err != nil {
				return nil, err
			}
			if len(rows)*len(others) > maxAlike {
				return nil, fail("has too many fields that are zero and cannot hold null, so that it is unknown what was read; use pointers")
			}
			for _, row := range rows[:len(rows):len(rows)] {
				for _, other := range others[1:] {
					row = slices.Clone(row)
					row[i] = other
					rows = append(rows, row)
				}
			}
		}
		for _, row := range rows[1:] {
			cells = append(cells, t.join([]byte{}, row))
		}
	}
	if reads(nil) {
		cells = append(cells, nil)
	}
	return cells, nil
}

// Nulls is the cell of a tuple or frozen user-defined type whose parts are all null, which is not null to the
// server; nil of another type.
func (t *Type) Nulls() []byte {
	if t.Kind != Tuple && (t.Kind != UDT || !t.Frozen) {
		return nil
	}
	return t.join([]byte{}, make([][]byte, t.size()))
}
