package codec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"slices"
)

// cellOrder sorts the entries of a set or map as the server sorts them.
type cellOrder struct {
	compare func(a, b []byte) int
	cells   int // of an entry: 1 of a set, 2 of a map
}

// entry is where an entry of a collection lies in a buffer.
type entry struct{ start, key, end int } // key: where its first cell ends

// sort sorts the n entries that end dst, from start on, by their first cell, and
// drops those whose first cell came before. It reports how many remain, and whether
// what was dropped was another entry: of a map any, of a set one of other bytes.
func (o *cellOrder) sort(dst []byte, start, n int) (_ []byte, unique int, lost bool) {
	if n < 2 {
		return dst, n, false
	}
	var few [32]entry
	entries := few[:0]
	sorted := true
	for pos := start; pos < len(dst); {
		e := entry{start: pos}
		for cell := range o.cells {
			pos += 4 + int(binary.BigEndian.Uint32(dst[pos:]))
			if cell == 0 {
				e.key = pos
			}
		}
		e.end = pos
		if last := len(entries) - 1; sorted && last >= 0 {
			sorted = o.compareAt(dst, entries[last], e) < 0
		}
		entries = append(entries, e)
	}
	if sorted {
		return dst, n, false
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return o.compareAt(dst, a, b) })
	stop := len(dst)
	for i, e := range entries {
		if i > 0 && o.compareAt(dst, entries[i-1], e) == 0 {
			lost = lost || o.cells > 1 || !bytes.Equal(dst[entries[i-1].start:entries[i-1].end], dst[e.start:e.end])
			continue
		}
		dst = append(dst, dst[e.start:e.end]...)
		unique++
	}
	return append(dst[:start], dst[stop:]...), unique, lost
}

// finish sorts the entries of a Go map whose number stands before start. Two that are one in
// CQL are an error: which of them is left would be a matter of Go's random order.
func (o *cellOrder) finish(dst []byte, start, n int) ([]byte, error) {
	dst, unique, lost := o.sort(dst, start, n)
	if lost {
		return dst, errSameKey
	}
	putInt(dst[start-4:], unique)
	return dst, nil
}

var errSameKey = errors.New("two keys of the map are one in CQL, as are the same instant in two time zones and the decimals 1.0 and 1.00; keep one")

func (o *cellOrder) compareAt(b []byte, x, y entry) int {
	return o.compare(b[x.start+4:x.key], b[y.start+4:y.key])
}

// Compare orders two cells of the type as the server does; neither may be null. Its time is
// bounded by the cells' length, whatever exponents decimals have. Broken cells and those of a
// custom type are ordered by their bytes.
func (t *Type) Compare(a, b []byte) int { return comparator(t)(a, b) }

// comparator returns the server's order of cells of a type. It never panics, but
// orders broken cells arbitrarily.
func comparator(t *Type) func(a, b []byte) int {
	switch t.Kind {
	case TinyInt, SmallInt, Int, BigInt, Counter, Timestamp:
		return compareSigned
	case Boolean:
		return bytes.Compare
	case Float, Double:
		return compareFloat
	case Varint:
		return compareVarint
	case Decimal:
		return compareDecimal
	case UUID:
		return compareUUID
	case TimeUUID:
		return compareTimeUUID
	case List, Set:
		elem := comparator(t.Elem)
		return func(a, b []byte) int { return compareElems(a, b, elem) }
	case Map:
		key, elem := comparator(t.Key), comparator(t.Elem)
		return func(a, b []byte) int { return compareElems(a, b, key, elem) }
	case Tuple:
		fields := make([]func(a, b []byte) int, len(t.Elems))
		for i, e := range t.Elems {
			fields[i] = comparator(e)
		}
		return func(a, b []byte) int { return compareFields(a, b, fields) }
	case UDT:
		fields := make([]func(a, b []byte) int, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = comparator(f.Type)
		}
		return func(a, b []byte) int { return compareFields(a, b, fields) }
	case Vector:
		elem, size := comparator(t.Elem), fixedSize(t.Elem)
		return func(a, b []byte) int { return compareVectors(a, b, elem, size) }
	}
	return bytes.Compare
}

// compareSigned compares two's complement of one length.
func compareSigned(a, b []byte) int {
	if len(a) == 0 || len(a) != len(b) || a[0] == b[0] {
		return bytes.Compare(a, b)
	}
	return cmp.Compare(int8(a[0]), int8(b[0]))
}

// compareFloat orders as Java does: -0 before 0, NaN last.
func compareFloat(a, b []byte) int {
	if len(a) != len(b) || len(a) != 4 && len(a) != 8 {
		return bytes.Compare(a, b)
	}
	x, y := floatOf(a), floatOf(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return cmp.Compare(int64(math.Float64bits(x)), int64(math.Float64bits(y)))
	case x != x && y != y:
		return 0
	case y != y:
		return -1
	}
	return 1
}

func floatOf(b []byte) float64 {
	if len(b) == 4 {
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

func compareVarint(a, b []byte) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(a), len(b))
	}
	a, b = trimSign(a), trimSign(b)
	if len(a) == len(b) {
		return compareSigned(a, b)
	}
	if a[0]^b[0] >= 0x80 || a[0] < 0x80 { // different signs, or both positive
		if a[0] >= 0x80 {
			return -1
		}
		if b[0] >= 0x80 {
			return 1
		}
		return cmp.Compare(len(a), len(b))
	}
	return cmp.Compare(len(b), len(a))
}

// compareDecimal compares by number, so that 1.0 and 1.00 are equal. Exponents
// too far apart to be worth a power of ten are ordered by magnitude.
func compareDecimal(a, b []byte) int {
	if len(a) < 5 || len(b) < 5 {
		return cmp.Compare(len(a), len(b))
	}
	var x, y big.Int
	setBig(&x, a[4:], nil)
	setBig(&y, b[4:], nil)
	if x.Sign() != y.Sign() || x.Sign() == 0 {
		return cmp.Compare(x.Sign(), y.Sign())
	}
	sx, sy := int64(int32(binary.BigEndian.Uint32(a))), int64(int32(binary.BigEndian.Uint32(b)))
	magnitude := (float64(x.BitLen())-float64(y.BitLen()))*math.Log10(2) - float64(sx-sy)
	if math.Abs(magnitude) > 2 {
		return cmp.Compare(magnitude, 0) * x.Sign()
	}
	if sx < sy {
		scaleUp(&x, sy-sx)
	} else {
		scaleUp(&y, sx-sy)
	}
	return x.Cmp(&y)
}

// scaleUp multiplies by ten to the n. n is bounded by the length of the other
// number, whose magnitude is about the same.
func scaleUp(x *big.Int, n int64) {
	x.Mul(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil))
}

func compareUUID(a, b []byte) int {
	if len(a) != 16 || len(b) != 16 {
		return cmp.Compare(len(a), len(b))
	}
	if va, vb := a[6]>>4, b[6]>>4; va != vb {
		return cmp.Compare(va, vb)
	} else if va == 1 {
		if c := cmp.Compare(uuidTime(a), uuidTime(b)); c != 0 {
			return c
		}
	}
	return bytes.Compare(a, b)
}

// compareTimeUUID compares by time and then, unlike compareUUID, byte by signed byte.
func compareTimeUUID(a, b []byte) int {
	if len(a) != 16 || len(b) != 16 {
		return cmp.Compare(len(a), len(b))
	}
	if c := cmp.Compare(uuidTime(a), uuidTime(b)); c != 0 {
		return c
	}
	for i := 8; i < 16; i++ {
		if a[i] != b[i] {
			return cmp.Compare(int8(a[i]), int8(b[i]))
		}
	}
	return 0
}

func uuidTime(u []byte) uint64 {
	low, mid, high := binary.BigEndian.Uint32(u), binary.BigEndian.Uint16(u[4:]), binary.BigEndian.Uint16(u[6:])
	return uint64(high&0x0fff)<<48 | uint64(mid)<<32 | uint64(low)
}

// compareElems compares collections cell by cell, with the orders taking turns.
func compareElems(a, b []byte, orders ...func(a, b []byte) int) int {
	na, ra, errA := count(a, 4)
	nb, rb, errB := count(b, 4)
	if errA != nil || errB != nil {
		return bytes.Compare(a, b)
	}
	for i := 0; i < min(na, nb)*len(orders); i++ {
		var x, y []byte
		x, ra, errA = next(ra)
		y, rb, errB = next(rb)
		if errA != nil || errB != nil {
			return bytes.Compare(a, b)
		}
		if c := orders[i%len(orders)](x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(na, nb)
}

// compareFields compares tuples and user-defined types: null comes first, and a
// field that is not there is null. A cell may have fields that the type does not know yet.
func compareFields(a, b []byte, fields []func(a, b []byte) int) int {
	ra, rb := a, b
	for i := 0; len(ra) > 0 || len(rb) > 0; i++ {
		var x, y []byte
		var errA, errB error
		if len(ra) > 0 {
			x, ra, errA = next(ra)
		}
		if len(rb) > 0 {
			y, rb, errB = next(rb)
		}
		if errA != nil || errB != nil {
			return bytes.Compare(a, b)
		}
		order := bytes.Compare
		if i < len(fields) {
			order = fields[i]
		}
		switch {
		case x == nil && y == nil:
		case x == nil:
			return -1
		case y == nil:
			return 1
		default:
			if c := order(x, y); c != 0 {
				return c
			}
		}
	}
	return 0
}

func compareVectors(a, b []byte, elem func(a, b []byte) int, size int) int {
	ra, rb := a, b
	for len(ra) > 0 && len(rb) > 0 {
		var x, y []byte
		var errA, errB error
		x, ra, errA = nextInVector(ra, size)
		y, rb, errB = nextInVector(rb, size)
		if errA != nil || errB != nil {
			return bytes.Compare(a, b)
		}
		if c := elem(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(ra), len(rb))
}
