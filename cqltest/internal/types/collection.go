package types

import "encoding/binary"

// PackList encodes n elements of a list or set, or n pairs of a map as keys
// and values alternating. The elements of a set and the keys of a map must be
// sorted and distinct.
func PackList(n int, elems [][]byte) []byte {
	size := 4
	for _, e := range elems {
		size += 4 + len(e)
	}
	b := binary.BigEndian.AppendUint32(make([]byte, 0, size), uint32(n))
	for _, e := range elems {
		b = appendValue(b, e)
	}
	return b
}

// Len returns the number of elements or pairs of an encoded collection, 0 for
// null.
func Len(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return max(0, int(int32(binary.BigEndian.Uint32(b))))
}

// UnpackList returns the elements of an encoded list or set.
func UnpackList(b []byte) ([][]byte, error) { return unpack(b, 1) }

// UnpackMap returns the keys and values of an encoded map, alternating.
func UnpackMap(b []byte) ([][]byte, error) { return unpack(b, 2) }

func unpack(b []byte, per int) ([][]byte, error) {
	if len(b) < 4 {
		return nil, Invalidf("Not enough bytes to read a collection")
	}
	n := Len(b)
	b = b[4:]
	if n > len(b)/4/per {
		return nil, Invalidf("Not enough bytes to read a collection")
	}
	out := make([][]byte, 0, n*per)
	for len(out) < n*per {
		v, rest, ok := cutValue(b)
		if !ok {
			return nil, Invalidf("Not enough bytes to read a collection")
		}
		out, b = append(out, v), rest
	}
	return out, nil
}

// PackTuple encodes the components of a tuple or the fields of a UDT; nil is
// null.
func PackTuple(elems [][]byte) []byte {
	size := 0
	for _, e := range elems {
		size += 4 + len(e)
	}
	b := make([]byte, 0, size)
	for _, e := range elems {
		b = appendValue(b, e)
	}
	return b
}

// UnpackTuple returns the n components of a tuple or UDT; those missing at the
// end are nil.
func UnpackTuple(b []byte, n int) ([][]byte, error) {
	out := make([][]byte, n)
	for i := 0; i < n && len(b) > 0; i++ {
		v, rest, ok := cutValue(b)
		if !ok {
			return nil, Invalidf("Not enough bytes to read %dth component", i)
		}
		out[i], b = v, rest
	}
	if len(b) > 0 {
		return nil, Invalidf("Invalid remaining data after end of tuple value")
	}
	return out, nil
}

// fixedSize returns the length of all non-empty values of t, or 0 when they
// differ. A vector of such elements has no lengths inside. What counts is the
// server's idea: tinyint, smallint, date and time are of variable length to
// it.
func (t *Type) fixedSize() int {
	switch t.Kind {
	case KindBoolean:
		return 1
	case KindInt, KindFloat:
		return 4
	case KindBigint, KindDouble, KindTimestamp:
		return 8
	case KindUUID, KindTimeUUID:
		return 16
	case KindVector:
		return t.Elem().fixedSize() * t.Dim
	}
	return 0
}

// PackVector encodes a vector of type t.
func (t *Type) PackVector(elems [][]byte) []byte {
	fixed := t.Elem().fixedSize() > 0
	var b []byte
	for _, e := range elems {
		if !fixed {
			b = appendUvint(b, uint64(len(e)))
		}
		b = append(b, e...)
	}
	return b
}

// UnpackVector returns the elements of a vector of type t.
func (t *Type) UnpackVector(b []byte) ([][]byte, error) {
	size := t.Elem().fixedSize()
	if t.Dim > len(b) { // an element takes at least a byte
		return nil, Invalidf("Not enough bytes to read a %s", t)
	}
	out := make([][]byte, 0, t.Dim)
	for range t.Dim {
		v, rest, ok := cutElement(b, size)
		if !ok {
			return nil, Invalidf("Not enough bytes to read a %s", t)
		}
		out, b = append(out, v), rest
	}
	if len(b) > 0 {
		return nil, Invalidf("Unexpected %d extraneous bytes after %s value", len(b), t)
	}
	return out, nil
}

func cutElement(b []byte, size int) (v, rest []byte, ok bool) {
	if size == 0 {
		n, tail, ok := cutUvint(b)
		if !ok || n > uint64(len(tail)) {
			return nil, nil, false
		}
		size, b = int(n), tail
	}
	if size > len(b) {
		return nil, nil, false
	}
	return b[:size:size], b[size:], true
}

func (t *Type) validateVector(b []byte) error {
	if len(b) == 0 {
		return Invalidf("Invalid empty vector value")
	}
	elems, err := t.UnpackVector(b)
	if err != nil {
		return err
	}
	for _, e := range elems {
		if err := t.Elem().Validate(e); err != nil {
			return err
		}
	}
	return nil
}
