package funcs

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// uuidEpoch is the start of UUID time in milliseconds since 1970.
const uuidEpoch = -12219292800000

// TimeUUIDs makes version 1 UUIDs that never repeat and never go back. It is
// safe for concurrent use. The zero value is ready.
type TimeUUIDs struct {
	mu     sync.Mutex
	node   uint64 // clock sequence and node
	micros int64  // of the last UUID
}

var sharedTimeUUIDs TimeUUIDs

// Next returns a new UUID of the time now, or just after the last one.
func (g *TimeUUIDs) Next(now time.Time) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.node == 0 {
		var b [8]byte
		rand.Read(b[:])
		b[0] = b[0]&0x3f | 0x80
		b[2] |= 1 // the multicast bit: not a real address
		g.node = binary.BigEndian.Uint64(b[:])
	}
	g.micros = max(now.UnixMilli()*1000, g.micros+1)
	return timeUUID(g.micros*10-uuidEpoch*10_000, g.node)
}

// timeUUID builds a UUID from its time, in units of 100 ns since 1582, and its
// lower half.
func timeUUID(ticks int64, low uint64) []byte {
	b := make([]byte, 16)
	binary.BigEndian.PutUint32(b, uint32(ticks))
	binary.BigEndian.PutUint16(b[4:], uint16(ticks>>32))
	binary.BigEndian.PutUint16(b[6:], uint16(ticks>>48)&0x0fff|0x1000)
	binary.BigEndian.PutUint64(b[8:], low)
	return b
}

// TimeUUIDMillis returns the time of a version 1 UUID in milliseconds since
// 1970.
func TimeUUIDMillis(u []byte) int64 {
	if len(u) != 16 {
		return 0
	}
	ticks := int64(binary.BigEndian.Uint32(u)) | int64(binary.BigEndian.Uint16(u[4:]))<<32 |
		int64(binary.BigEndian.Uint16(u[6:])&0x0fff)<<48
	return ticks/10_000 + uuidEpoch
}

func minTimeUUID(millis int64) []byte {
	return timeUUID((millis-uuidEpoch)*10_000, 0x8080808080808080)
}

func maxTimeUUID(millis int64) []byte {
	return timeUUID((millis-uuidEpoch+1)*10_000-1, 0x7f7f7f7f7f7f7f7f)
}

func randomUUID() []byte {
	b := make([]byte, 16)
	rand.Read(b)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return b
}

func uuidFunctions() []*Function {
	return []*Function{{Name: "uuid", Result: types.UUID, Impure: true, Call: func(*Env, [][]byte) ([]byte, error) {
		return randomUUID(), nil
	}}}
}

func tokenFunction(key []*types.Type) *Function {
	return &Function{Name: "token", Args: key, Result: types.Bigint, factory: true, Call: func(_ *Env, args [][]byte) ([]byte, error) {
		for _, a := range args {
			if a == nil {
				return nil, nil
			}
		}
		return types.EncodeBigint(types.Token(types.PartitionKey(args))), nil
	}}
}
