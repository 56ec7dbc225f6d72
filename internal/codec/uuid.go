package codec

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// ParseUUID reads a uuid of 32 hexadecimal digits, with hyphens between any two bytes.
func ParseUUID(text string) (id [16]byte, err error) {
	n := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '-' && n%2 == 0:
			continue
		case n == 2*len(id):
			return [16]byte{}, fmt.Errorf("invalid UUID %q", text)
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return [16]byte{}, fmt.Errorf("invalid UUID %q", text)
		}
		id[n/2] |= c << (4 * (1 - n%2))
		n++
	}
	if n != 2*len(id) {
		return [16]byte{}, fmt.Errorf("invalid UUID %q", text)
	}
	return id, nil
}

// UUIDText is a uuid in its usual form of 36 characters.
func UUIDText(id [16]byte) string {
	var text [36]byte
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// NewUUID is a new random uuid (version 4).
func NewUUID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // it does not fail
	return marked(id, 4)
}

// marked is the uuid with its version, of the variant that RFC 4122 describes.
func marked(id [16]byte, version byte) [16]byte {
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
	return id
}

// uuidNode stands for this process in its timeuuids, and uuidClock counts them: both begin anywhere.
var (
	uuidNode  [6]byte
	uuidClock atomic.Uint32
)

func init() {
	var random [4]byte
	_, _ = rand.Read(uuidNode[:])
	_, _ = rand.Read(random[:])
	uuidNode[0] |= 1 // no hardware's address
	uuidClock.Store(uint32(random[0])<<8 | uint32(random[1]))
}

// NewTimeUUID is a new uuid that holds the time (version 1).
func NewTimeUUID() (id [16]byte) {
	const gregorian = 12219292800 // seconds from 1582-10-15 to 1970-01-01
	now := time.Now()
	ticks, n := (now.Unix()+gregorian)*1e7+int64(now.Nanosecond()/100), uuidClock.Add(1)
	id = [16]byte{
		byte(ticks >> 24), byte(ticks >> 16), byte(ticks >> 8), byte(ticks), byte(ticks >> 40), byte(ticks >> 32),
		byte(ticks >> 56), byte(ticks >> 48), byte(n >> 8), byte(n),
	}
	copy(id[10:], uuidNode[:])
	return marked(id, 1)
}
