package wire

import (
	"encoding/binary"
	"errors"

	"github.com/golang/snappy"
)

// compressionThreshold is the body size below which compressing costs more
// than it saves.
const compressionThreshold = 128

// compressor packs and unpacks bodies.
type compressor interface {
	compress(body []byte) []byte
	// decompress refuses bodies that would exceed limit before unpacking them.
	decompress(packed []byte, limit int) ([]byte, error)
}

var compressors = map[string]compressor{"lz4": lz4Frames{}, "snappy": snappyFrames{}}

var (
	errCorrupt = errors.New("corrupt compressed body")
	errTooBig  = errors.New("compressed body exceeds the maximum frame size")
)

type snappyFrames struct{}

func (snappyFrames) compress(body []byte) []byte { return snappy.Encode(nil, body) }

func (snappyFrames) decompress(packed []byte, limit int) ([]byte, error) {
	n, err := snappy.DecodedLen(packed)
	// The densest element is a copy: 64 bytes out of 3.
	if err != nil || n > 64*len(packed) {
		return nil, errCorrupt
	}
	if n > limit {
		return nil, errTooBig
	}
	return snappy.Decode(nil, packed)
}

// lz4Frames are an LZ4 block after its unpacked length as a big-endian int.
type lz4Frames struct{}

func (lz4Frames) compress(body []byte) []byte {
	return appendLZ4(appendInt(nil, len(body)), body)
}

func (lz4Frames) decompress(packed []byte, limit int) ([]byte, error) {
	if len(packed) < 4 {
		return nil, errCorrupt
	}
	n := binary.BigEndian.Uint32(packed)
	packed = packed[4:]
	// The densest element is a run of length bytes: 255 bytes out of 1.
	if uint64(n) > 255*uint64(len(packed)) {
		return nil, errCorrupt
	}
	if n > uint32(limit) {
		return nil, errTooBig
	}
	return unpackLZ4(make([]byte, 0, n), packed)
}
