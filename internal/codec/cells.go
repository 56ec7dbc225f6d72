package codec

import "bytes"

// Split appends the n elements of a tuple cell to dst. A null element is nil, as
// are those that a shorter cell lacks. The elements alias cell.
func Split(dst [][]byte, cell []byte, n int) ([][]byte, error) {
	for range n {
		var e []byte
		if len(cell) > 0 {
			var err error
			if e, cell, err = next(cell); err != nil {
				return dst, asError(err)
			}
		}
		dst = append(dst, e)
	}
	if err := end(cell); err != nil {
		return dst, err
	}
	return dst, nil
}

// Join appends the tuple cell made of elems to dst. null reports that all
// elements are nil and that nothing was appended: gocql takes a top-level tuple
// apart, so a null tuple and a tuple of nulls look the same.
func Join(dst []byte, elems [][]byte) (out []byte, null bool) {
	null = true
	out = dst
	for _, e := range elems {
		if e == nil {
			out = appendNull(out)
			continue
		}
		null = false
		out = append(appendInt(out, len(e)), e...)
	}
	if null {
		return dst, true
	}
	return out, false
}

// MapValue looks up the value of an encoded key in a cell of the map type t, as the server
// does: the decimals 1.0 and 1.00 are one key. A null value is nil. ok reports whether the
// key is there. The value aliases cell.
func MapValue(t *Type, cell, key []byte) (value []byte, ok bool, err error) {
	if len(cell) == 0 {
		return nil, false, nil
	}
	n, rest, err := count(cell, 8)
	for i := 0; err == nil && i < n; i++ {
		var k []byte
		if k, rest, err = next(rest); err == nil {
			value, rest, err = next(rest)
		}
		if err == nil && (bytes.Equal(k, key) || t.Key.Compare(k, key) == 0) {
			return value, true, nil
		}
	}
	if err != nil {
		return nil, false, asError(err)
	}
	return nil, false, nil
}

// ListElem returns element i of a list cell. ok is false past the end. The
// element aliases cell.
func ListElem(cell []byte, i int) (elem []byte, ok bool, err error) {
	if len(cell) == 0 || i < 0 {
		return nil, false, nil
	}
	n, rest, err := count(cell, 4)
	if err == nil && i >= n {
		return nil, false, nil
	}
	for j := 0; err == nil && j <= i; j++ {
		elem, rest, err = next(rest)
	}
	if err != nil {
		return nil, false, asError(err)
	}
	return elem, true, nil
}

// FieldCell returns a field of a cell of the user-defined type t; a null one is
// nil. ok is false if the type or the cell does not reach it. The field aliases cell.
func FieldCell(t *Type, cell []byte, name string) (field []byte, ok bool, err error) {
	for i := 0; i < len(t.Fields) && len(cell) > 0; i++ {
		if field, cell, err = next(cell); err != nil {
			return nil, false, asError(err)
		}
		if t.Fields[i].Name == name {
			return field, true, nil
		}
	}
	return nil, false, nil
}
