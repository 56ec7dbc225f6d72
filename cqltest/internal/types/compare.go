package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
)

// Compare orders two valid, non-null values of t the way clustering columns,
// set elements and map keys sort. The empty value comes first.
//
// A duration has no order of its own in CQL; like the server's storage,
// Compare then goes by the encoded bytes.
func (t *Type) Compare(a, b []byte) int {
	if t.IsComposite() {
		return t.compareComposite(a, b)
	}
	switch t.Kind {
	case KindASCII, KindText, KindBlob, KindDate, KindTime, KindInet, KindDuration, KindCustom, KindEmpty:
		return bytes.Compare(a, b)
	}
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(min(len(a), 1), min(len(b), 1))
	}
	switch t.Kind {
	case KindInt, KindBigint, KindCounter, KindTimestamp, KindTinyint, KindSmallint:
		if c := int(int8(a[0])) - int(int8(b[0])); c != 0 {
			return c
		}
		return bytes.Compare(a, b)
	case KindBoolean:
		return cmp.Compare(min(a[0], 1), min(b[0], 1))
	case KindFloat:
		if len(a) != 4 || len(b) != 4 {
			return bytes.Compare(a, b)
		}
		return compareFloat(float64(DecodeFloat(a)), float64(DecodeFloat(b)))
	case KindDouble:
		if len(a) != 8 || len(b) != 8 {
			return bytes.Compare(a, b)
		}
		return compareFloat(DecodeDouble(a), DecodeDouble(b))
	case KindVarint:
		return compareVarint(a, b)
	case KindDecimal:
		return compareDecimal(a, b)
	case KindUUID:
		return compareUUID(a, b)
	case KindTimeUUID:
		return compareTimeUUID(a, b)
	case KindList, KindSet, KindMap:
		return t.compareCollection(a, b)
	case KindTuple, KindUDT:
		return t.compareTuple(a, b)
	case KindVector:
		return t.compareVector(a, b)
	}
	return bytes.Compare(a, b)
}

// compareFloat orders like java.lang.Double: -0 before 0, NaN last.
func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b && a != 0:
		return 0
	}
	return cmp.Compare(floatBits(a), floatBits(b))
}

func floatBits(f float64) int64 {
	if f != f {
		return 0x7ff8000000000000
	}
	return int64(math.Float64bits(f))
}

func compareUUID(a, b []byte) int {
	if len(a) != 16 || len(b) != 16 {
		return bytes.Compare(a, b)
	}
	va, vb := a[6]>>4, b[6]>>4
	if va != vb {
		return cmp.Compare(va, vb)
	}
	if va == 1 {
		if c := cmp.Compare(uuidTicks(a), uuidTicks(b)); c != 0 {
			return c
		}
		return bytes.Compare(a[8:], b[8:])
	}
	return bytes.Compare(a, b)
}

// compareTimeUUID differs from compareUUID in that the bytes of clock and node
// are signed.
func compareTimeUUID(a, b []byte) int {
	if len(a) != 16 || len(b) != 16 {
		return bytes.Compare(a, b)
	}
	if c := cmp.Compare(uuidTicks(a), uuidTicks(b)); c != 0 {
		return c
	}
	for i := 8; i < 16; i++ {
		if c := cmp.Compare(int8(a[i]), int8(b[i])); c != 0 {
			return c
		}
	}
	return 0
}

// uuidTicks returns the time bits of a UUID in order of significance, the
// version on top.
func uuidTicks(u []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(u[6:]))<<48 | uint64(binary.BigEndian.Uint16(u[4:]))<<32 | uint64(binary.BigEndian.Uint32(u))
}

func (t *Type) compareCollection(a, b []byte) int {
	na, nb := Len(a), Len(b)
	if len(a) < 4 || len(b) < 4 {
		return bytes.Compare(a, b)
	}
	a, b = a[4:], b[4:]
	for i := 0; i < min(na, nb)*len(t.Elems); i++ {
		va, ra, oka := cutValue(a)
		vb, rb, okb := cutValue(b)
		if !oka || !okb {
			return bytes.Compare(a, b)
		}
		if c := t.Elems[i%len(t.Elems)].compareNullable(va, vb); c != 0 {
			return c
		}
		a, b = ra, rb
	}
	return cmp.Compare(na, nb)
}

// compareNullable puts null first.
func (t *Type) compareNullable(a, b []byte) int {
	if a == nil || b == nil {
		return cmp.Compare(boolByte(a != nil), boolByte(b != nil))
	}
	return t.Compare(a, b)
}

func (t *Type) compareTuple(a, b []byte) int {
	for _, e := range t.Elems {
		if len(a) == 0 || len(b) == 0 {
			break
		}
		va, ra, oka := cutValue(a)
		vb, rb, okb := cutValue(b)
		if !oka || !okb {
			return bytes.Compare(a, b)
		}
		if c := e.compareNullable(va, vb); c != 0 {
			return c
		}
		a, b = ra, rb
	}
	// Components missing at the end equal nulls.
	return cmp.Compare(boolByte(hasValue(a)), boolByte(hasValue(b)))
}

func hasValue(b []byte) bool {
	for len(b) > 0 {
		v, rest, ok := cutValue(b)
		if !ok || v != nil {
			return true
		}
		b = rest
	}
	return false
}

func (t *Type) compareVector(a, b []byte) int {
	elem := t.Elem()
	size := elem.fixedSize()
	for range t.Dim {
		va, ra, oka := cutElement(a, size)
		vb, rb, okb := cutElement(b, size)
		if !oka || !okb {
			return bytes.Compare(a, b)
		}
		if c := elem.Compare(va, vb); c != 0 {
			return c
		}
		a, b = ra, rb
	}
	return 0
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}
