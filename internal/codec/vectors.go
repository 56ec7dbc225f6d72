package codec

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// A vector holds its elements without a count. Those of a fixed size stand one
// after another, others behind their length as an unsigned vint.

// fixedSize returns the size of an element in a vector; 0 if it varies. It is the
// server's opinion: smallint, tinyint, date and time count as varying.
func fixedSize(t *Type) int {
	switch t.Kind {
	case Boolean:
		return 1
	case Int, Float:
		return 4
	case BigInt, Double, Timestamp:
		return 8
	case UUID, TimeUUID:
		return 16
	case Vector:
		return t.Len * fixedSize(t.Elem)
	}
	return 0
}

// nextInVector cuts the first element off data.
func nextInVector(data []byte, size int) (cell, rest []byte, err error) {
	if size == 0 {
		n, rest, err := uvint(data)
		if err != nil || n > uint64(len(rest)) {
			return nil, nil, errShort
		}
		size, data = int(n), rest
	} else if len(data) < size {
		return nil, nil, errShort
	}
	return data[:size:size], data[size:], nil
}

// vectorCoder is an array of n elements, or a slice that must have n, as a
// vector. A nil slice is null.
type vectorCoder struct {
	elems
	typ   reflect.Type
	n     int
	fixed int
	slice bool
	plain bool // float32 elements, as embeddings have them by the thousand
}

func (c *vectorCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, null bool, err error) {
	if c.slice {
		h := (*sliceHeader)(p)
		if h.data == nil {
			return dst, true, nil
		}
		if h.len != c.n {
			return dst, false, fail("the slice has %d elements, the vector %d", h.len, c.n)
		}
		p = h.data
	}
	if c.plain {
		for _, f := range unsafe.Slice((*float32)(p), c.n) {
			dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(f))
		}
		return dst, false, nil
	}
	for i := range c.n {
		start := len(dst)
		dst, null, err = c.coder.encode(dst, unsafe.Add(p, uintptr(i)*c.size))
		if err == nil && null {
			err = errNullElem
		}
		n := len(dst) - start
		if err == nil && c.fixed != 0 && n != c.fixed {
			err = fail("an element of the vector has %d bytes, not %d", n, c.fixed)
		}
		if err != nil {
			return dst, false, atIndex(err, i)
		}
		if c.fixed == 0 {
			var prefix [9]byte
			dst = slices.Insert(dst, start, appendUvint(prefix[:0], uint64(n))...)
		}
	}
	return dst, false, nil
}

func (c *vectorCoder) decode(p unsafe.Pointer, data []byte) error {
	setZero(c.typ, p)
	if len(data) == 0 {
		return nil
	}
	if len(data) < c.n*max(c.fixed, 1) {
		return errShort
	}
	if c.slice {
		makeSlice(c.typ, p, c.n)
		p = (*sliceHeader)(p).data
	}
	if c.plain {
		floats := unsafe.Slice((*float32)(p), c.n)
		for i := range floats {
			floats[i] = math.Float32frombits(binary.BigEndian.Uint32(data[4*i:]))
		}
		return end(data[4*c.n:])
	}
	for i := range c.n {
		cell, rest, err := nextInVector(data, c.fixed)
		if err == nil {
			err = c.coder.decode(unsafe.Add(p, uintptr(i)*c.size), cell)
		}
		if err != nil {
			return atIndex(err, i)
		}
		data = rest
	}
	return end(data)
}

func (c compiler) compileVector(goType reflect.Type, t *Type) (coder, *Type, error) {
	isSlice := goType.Kind() == reflect.Slice
	if !isSlice && (goType.Kind() != reflect.Array || goType.Len() != t.Len) {
		return nil, nil, c.cannot(goType, t)
	}
	e, typ, err := c.elems(goType.Elem(), t)
	if err != nil {
		return nil, nil, err
	}
	_, plain := e.coder.(floatCoder[float32])
	plain = plain && typ.Elem.Kind == Float
	return &vectorCoder{elems: e, typ: goType, n: t.Len, fixed: fixedSize(typ.Elem), slice: isSlice, plain: plain}, typ, nil
}
