package codec

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Collections, tuples and user-defined types hold their elements as a length of
// four bytes, -1 for null, and the bytes.

// reserve makes room for a length, to be set by closeCell.
func reserve(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

// closeCell sets the length reserved just before start.
func closeCell(dst []byte, start int) { putInt(dst[start-4:], len(dst)-start) }

func putInt(b []byte, n int) { binary.BigEndian.PutUint32(b, uint32(n)) }

func appendInt(dst []byte, n int) []byte { return binary.BigEndian.AppendUint32(dst, uint32(n)) }

func appendNull(dst []byte) []byte { return append(dst, 0xff, 0xff, 0xff, 0xff) }

// next cuts the first element off data; a null one is nil.
func next(data []byte) (cell, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, errShort
	}
	n := int32(binary.BigEndian.Uint32(data))
	data = data[4:]
	if n < 0 {
		return nil, data, nil
	}
	if int(n) > len(data) {
		return nil, nil, errShort
	}
	return data[:n:n], data[n:], nil
}

// count reads how many entries of at least size bytes a collection holds. The
// number is checked against the bytes that are there, so that a caller may
// allocate by it.
func count(data []byte, size int) (n int, rest []byte, err error) {
	if len(data) < 4 {
		return 0, nil, errShort
	}
	c := int32(binary.BigEndian.Uint32(data))
	data = data[4:]
	if c < 0 || int64(c)*int64(size) > int64(len(data)) {
		return 0, nil, errShort
	}
	return int(c), data, nil
}

// end is the error for bytes after the last element.
func end(rest []byte) error {
	if len(rest) > 0 {
		return fail("%d bytes are left over at the end of the cell", len(rest))
	}
	return nil
}

func appendUvint(dst []byte, u uint64) []byte {
	size := (639 - bits.LeadingZeros64(u|1)*9) >> 6 // 7 bits a byte up to 8 bytes, then 9
	if size == 1 {
		return append(dst, byte(u))
	}
	at := len(dst)
	dst = append(dst, make([]byte, size)...)
	for i := at + size - 1; i >= at; i-- {
		dst[i] = byte(u)
		u >>= 8
	}
	dst[at] |= ^byte(0xff >> (size - 1))
	return dst
}

func uvint(data []byte) (u uint64, rest []byte, err error) {
	if len(data) == 0 {
		return 0, nil, errShort
	}
	extra := bits.LeadingZeros8(^data[0])
	if len(data) < 1+extra {
		return 0, nil, errShort
	}
	u = uint64(data[0] & byte(0xff>>extra))
	for _, b := range data[1 : 1+extra] {
		u = u<<8 | uint64(b)
	}
	return u, data[1+extra:], nil
}

func appendVint(dst []byte, v int64) []byte { return appendUvint(dst, uint64(v>>63)^uint64(v)<<1) }

func vint(data []byte) (int64, []byte, error) {
	u, rest, err := uvint(data)
	return int64(u>>1) ^ -int64(u&1), rest, err
}

func vint32(data []byte) (int32, []byte, error) {
	v, rest, err := vint(data)
	if err == nil && (v < math.MinInt32 || v > math.MaxInt32) {
		err = errOverflow
	}
	return int32(v), rest, err
}
