package wire

import (
	"encoding/binary"
	"math/bits"
)

// The LZ4 block format: sequences of a token (two 4-bit lengths), literals, a
// 2-byte offset and a match. A length of 15 continues in bytes of up to 255.
// The last 5 bytes are literals, and no match starts in the last 12.
const (
	lz4MinMatch  = 4
	lz4TailBytes = 12
	lz4EndBytes  = 5
	lz4HashBits  = 12
	lz4MaxOffset = 0xFFFF
)

// appendLZ4 appends src as one block.
func appendLZ4(dst, src []byte) []byte {
	var table [1 << lz4HashBits]int32 // position + 1 of the last 4 bytes with that hash
	anchor := 0
	for i := 0; i+lz4TailBytes <= len(src); {
		word := binary.LittleEndian.Uint32(src[i:])
		slot := &table[word*2654435761>>(32-lz4HashBits)]
		candidate := int(*slot) - 1
		*slot = int32(i + 1)
		if candidate < 0 || i-candidate > lz4MaxOffset || binary.LittleEndian.Uint32(src[candidate:]) != word {
			i++
			continue
		}
		n := lz4MinMatch + matchLength(src[candidate+lz4MinMatch:], src[i+lz4MinMatch:len(src)-lz4EndBytes])
		dst = appendSequence(dst, src[anchor:i], i-candidate, n)
		i += n
		anchor = i
	}
	return appendSequence(dst, src[anchor:], 0, 0)
}

// matchLength says how many bytes b and the start of a have in common.
func matchLength(a, b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// appendSequence appends literals and a match; no match ends the block.
func appendSequence(dst, literals []byte, offset, match int) []byte {
	token := len(dst)
	dst = append(dst, byte(min(len(literals), 15)<<4))
	dst = appendLength(dst, len(literals))
	dst = append(dst, literals...)
	if match == 0 {
		return dst
	}
	dst = append(dst, byte(offset), byte(offset>>8))
	dst[token] |= byte(min(match-lz4MinMatch, 15))
	return appendLength(dst, match-lz4MinMatch)
}

// appendLength appends what of a length does not fit the token.
func appendLength(dst []byte, n int) []byte {
	if n < 15 {
		return dst
	}
	for n -= 15; n >= 255; n -= 255 {
		dst = append(dst, 255)
	}
	return append(dst, byte(n))
}

// unpackLZ4 unpacks one block into dst, whose capacity must be exactly its
// unpacked length.
func unpackLZ4(dst, src []byte) ([]byte, error) {
	for len(src) > 0 {
		token := src[0]
		n, rest, ok := readLength(int(token>>4), src[1:])
		if !ok || n > len(rest) || n > cap(dst)-len(dst) {
			return nil, errCorrupt
		}
		dst = append(dst, rest[:n]...)
		if src = rest[n:]; len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return nil, errCorrupt
		}
		offset := int(src[0]) | int(src[1])<<8
		n, src, ok = readLength(int(token&15), src[2:])
		n += lz4MinMatch
		if !ok || offset == 0 || offset > len(dst) || n > cap(dst)-len(dst) {
			return nil, errCorrupt
		}
		for n > 0 { // a match may overlap what it makes
			m := min(n, offset)
			from := len(dst) - offset
			dst = append(dst, dst[from:from+m]...)
			n -= m
		}
	}
	if len(dst) != cap(dst) {
		return nil, errCorrupt
	}
	return dst, nil
}

// readLength completes a length that starts with the token's n.
func readLength(n int, src []byte) (int, []byte, bool) {
	if n < 15 {
		return n, src, true
	}
	for len(src) > 0 {
		b := src[0]
		src = src[1:]
		n += int(b)
		if b != 255 {
			return n, src, true
		}
	}
	return 0, nil, false
}
