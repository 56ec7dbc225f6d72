package types

import "math/bits"

// The variable-length integers of the native protocol: the number of leading
// one bits of the first byte is the number of bytes that follow.

func appendUvint(b []byte, v uint64) []byte {
	extra := 0
	for n := bits.Len64(v); extra < 8 && n > 7+7*extra; {
		extra++
	}
	if extra == 8 {
		b = append(b, 0xff)
	} else {
		b = append(b, byte(v>>(8*extra))|byte(0xff<<(8-extra)))
	}
	for i := extra - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return b
}

func cutUvint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	extra := bits.LeadingZeros8(^b[0])
	if len(b) < 1+extra {
		return 0, nil, false
	}
	v = uint64(b[0]) & (0xff >> extra)
	for _, c := range b[1 : 1+extra] {
		v = v<<8 | uint64(c)
	}
	return v, b[1+extra:], true
}

func appendVint(b []byte, v int64) []byte { return appendUvint(b, uint64(v<<1^v>>63)) }

func cutVint(b []byte) (v int64, rest []byte, ok bool) {
	u, rest, ok := cutUvint(b)
	return int64(u>>1) ^ -int64(u&1), rest, ok
}
