package codec

import (
	"encoding/binary"
	"math/big"
	"reflect"
	"unsafe"
)

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// intCoder is a Go integer as a CQL integer of width bytes.
type intCoder[G integer] struct{ width int }

func (c intCoder[G]) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	dst, err := c.appendValue(dst, *(*G)(p))
	return dst, false, err
}

func (c intCoder[G]) decode(p unsafe.Pointer, data []byte) error {
	v, err := c.value(data)
	*(*G)(p) = v
	return err
}

func (c intCoder[G]) appendValue(dst []byte, v G) ([]byte, error) {
	x := int64(v)
	switch c.width {
	case 1:
		x = int64(int8(v))
	case 2:
		x = int64(int16(v))
	case 4:
		x = int64(int32(v))
	}
	if G(x) != v || (x < 0) != (v < 0) {
		return dst, errOverflow
	}
	switch c.width {
	case 1:
		return append(dst, byte(x)), nil
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(x)), nil
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(x)), nil
	}
	return binary.BigEndian.AppendUint64(dst, uint64(x)), nil
}

func (c intCoder[G]) value(data []byte) (G, error) {
	if len(data) != c.width {
		return 0, badLength(data)
	}
	var x int64
	switch c.width {
	case 1:
		x = int64(int8(data[0]))
	case 2:
		x = int64(int16(binary.BigEndian.Uint16(data)))
	case 4:
		x = int64(int32(binary.BigEndian.Uint32(data)))
	default:
		x = int64(binary.BigEndian.Uint64(data))
	}
	v := G(x)
	if int64(v) != x || (v < 0) != (x < 0) {
		return 0, errOverflow
	}
	return v, nil
}

// badLength is the error for a cell of a fixed length; an empty one is no error
// but has no value.
func badLength(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return fail("a cell of %d bytes has the wrong length", len(data))
}

// varintCoder is a Go integer as a varint: two's complement in as few bytes as hold it.
type varintCoder[G integer] struct{}

func (c varintCoder[G]) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	v := *(*G)(p)
	x := int64(v)
	if x < 0 && v > 0 { // beyond int64
		return binary.BigEndian.AppendUint64(append(dst, 0), uint64(v)), false, nil
	}
	return appendInt64(dst, x), false, nil
}

func (c varintCoder[G]) decode(p unsafe.Pointer, data []byte) error {
	data = trimSign(data)
	if len(data) > 9 || len(data) == 9 && data[0] != 0 {
		return errOverflow
	}
	var u uint64
	if len(data) > 0 && data[0] >= 0x80 {
		u = ^uint64(0)
	}
	for _, b := range data {
		u = u<<8 | uint64(b)
	}
	v := G(u)
	negative := len(data) > 0 && len(data) < 9 && int64(u) < 0
	if uint64(v) != u || (v < 0) != negative {
		*(*G)(p) = 0
		return errOverflow
	}
	*(*G)(p) = v
	return nil
}

// appendInt64 appends the shortest two's complement of x.
func appendInt64(dst []byte, x int64) []byte {
	n := 1
	for ; n < 8 && x>>(8*n-1) != 0 && x>>(8*n-1) != -1; n++ {
	}
	for n--; n >= 0; n-- {
		dst = append(dst, byte(x>>(8*n)))
	}
	return dst
}

// trimSign drops leading bytes that only repeat the sign.
func trimSign(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

// bigIntCoder is a big.Int as a varint, or as a bigint or counter if width is 8.
type bigIntCoder struct{ width int }

func (c bigIntCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	n := (*big.Int)(p)
	if c.width == 0 {
		return appendBig(dst, n), false, nil
	}
	if !n.IsInt64() {
		return dst, false, errOverflow
	}
	dst, err := intCoder[int64](c).appendValue(dst, n.Int64())
	return dst, false, err
}

func (c bigIntCoder) decode(p unsafe.Pointer, data []byte) error {
	n := (*big.Int)(p)
	*n = big.Int{} // its words may be shared with an earlier copy of the value
	if c.width != 0 && len(data) != c.width {
		return badLength(data)
	}
	setBig(n, data, nil)
	return nil
}

// decodeNew allocates the number together with a word for its digits.
func (c bigIntCoder) decodeNew(data []byte) (unsafe.Pointer, error) {
	v := new(struct {
		n    big.Int
		word [1]big.Word
	})
	if c.width != 0 && len(data) != c.width {
		return unsafe.Pointer(&v.n), badLength(data)
	}
	setBig(&v.n, data, v.word[:])
	return unsafe.Pointer(&v.n), nil
}

// appendBig appends the shortest two's complement of n.
func appendBig(dst []byte, n *big.Int) []byte {
	if n.IsInt64() {
		return appendInt64(dst, n.Int64())
	}
	start := len(dst)
	for range n.BitLen()/8 + 1 {
		dst = append(dst, 0)
	}
	b := n.FillBytes(dst[start:])
	if n.Sign() > 0 {
		return dst
	}
	carry := true
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = ^b[i]
		if carry {
			b[i]++
			carry = b[i] == 0
		}
	}
	if b[0] == 0xff && b[1] >= 0x80 {
		dst = append(dst[:start], b[1:]...)
	}
	return dst
}

// setBig sets a zero n from two's complement of any length. It keeps the digits
// in word, if there is one and they fit.
func setBig(n *big.Int, data []byte, word []big.Word) {
	if len(data) <= 8 {
		var x int64
		if len(data) > 0 && data[0] >= 0x80 {
			x = -1
		}
		for _, b := range data {
			x = x<<8 | int64(b)
		}
		abs := uint64(max(x, -x))
		switch {
		case x == 0:
		case word != nil && uint64(big.Word(abs)) == abs:
			word[0] = big.Word(abs)
			n.SetBits(word[:1:1])
			if x < 0 {
				n.Neg(n)
			}
		default:
			n.SetInt64(x)
		}
		return
	}
	if data[0] < 0x80 {
		n.SetBytes(data)
		return
	}
	inverted := make([]byte, len(data))
	for i, b := range data {
		inverted[i] = ^b
	}
	n.SetBytes(inverted)
	n.Not(n)
}

// intWidths are the lengths of the cells that hold an integer.
var intWidths = map[Kind]int{TinyInt: 1, SmallInt: 2, Int: 4, BigInt: 8, Counter: 8, Timestamp: 8}

// compileInt returns the coder of a Go integer kind; width 0 is varint.
func compileInt(k reflect.Kind, width int) coder {
	switch k {
	case reflect.Int:
		return newInt[int](width)
	case reflect.Int8:
		return newInt[int8](width)
	case reflect.Int16:
		return newInt[int16](width)
	case reflect.Int32:
		return newInt[int32](width)
	case reflect.Int64:
		return newInt[int64](width)
	case reflect.Uint:
		return newInt[uint](width)
	case reflect.Uint8:
		return newInt[uint8](width)
	case reflect.Uint16:
		return newInt[uint16](width)
	case reflect.Uint32:
		return newInt[uint32](width)
	case reflect.Uint64:
		return newInt[uint64](width)
	case reflect.Uintptr:
		return newInt[uintptr](width)
	}
	return nil
}

func newInt[G integer](width int) coder {
	if width == 0 {
		return varintCoder[G]{}
	}
	return intCoder[G]{width}
}
