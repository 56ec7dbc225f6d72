package types

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// PartitionKey serializes the components of a partition key: one as it is,
// several as a composite.
func PartitionKey(components [][]byte) []byte {
	if len(components) == 1 {
		return components[0]
	}
	size := 0
	for _, c := range components {
		size += 3 + len(c)
	}
	b := make([]byte, 0, size)
	for _, c := range components {
		b = binary.BigEndian.AppendUint16(b, uint16(len(c)))
		b = append(b, c...)
		b = append(b, 0)
	}
	return b
}

// SplitPartitionKey undoes [PartitionKey] for n components.
func SplitPartitionKey(key []byte, n int) ([][]byte, error) {
	if n == 1 {
		return [][]byte{key}, nil
	}
	out := make([][]byte, 0, n)
	for range n {
		if len(key) < 2 || len(key) < 3+int(binary.BigEndian.Uint16(key)) {
			return nil, Invalidf("Not enough bytes to read a partition key")
		}
		size := int(binary.BigEndian.Uint16(key))
		out = append(out, key[2:2+size:2+size])
		key = key[3+size:]
	}
	if len(key) > 0 {
		return nil, Invalidf("Unexpected bytes after a partition key")
	}
	return out, nil
}

// Token returns the token that Murmur3Partitioner gives a serialized partition
// key. The empty key has the smallest token there is, which no other key has.
func Token(key []byte) int64 {
	if len(key) == 0 {
		return math.MinInt64
	}
	h := murmur3(key)
	if h == math.MinInt64 {
		return math.MaxInt64
	}
	return h
}

// murmur3 is the first half of MurmurHash3 x64 128 in Cassandra's variant,
// which takes the bytes of the tail as signed.
func murmur3(data []byte) int64 {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	var h1, h2 uint64
	tail := data
	for len(tail) >= 16 {
		k1 := binary.LittleEndian.Uint64(tail)
		k2 := binary.LittleEndian.Uint64(tail[8:])
		tail = tail[16:]

		h1 ^= bits.RotateLeft64(k1*c1, 31) * c2
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= bits.RotateLeft64(k2*c2, 33) * c1
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	}
	var k1, k2 uint64
	for i := len(tail) - 1; i >= 8; i-- {
		k2 ^= uint64(int8(tail[i])) << (8 * (i - 8))
	}
	for i := min(len(tail), 8) - 1; i >= 0; i-- {
		k1 ^= uint64(int8(tail[i])) << (8 * i)
	}
	h2 ^= bits.RotateLeft64(k2*c2, 33) * c1
	h1 ^= bits.RotateLeft64(k1*c1, 31) * c2

	n := uint64(len(data))
	h1, h2 = h1^n, h2^n
	h1 += h2
	h2 += h1
	h1, h2 = fmix(h1), fmix(h2)
	return int64(h1 + h2)
}

func fmix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
