package mapper_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"sync"

	"github.com/gocql/gocql"
)

// tap keeps the EXECUTE frames that a session writes: what the server is really sent.
type tap struct {
	net.Dialer
	mu     sync.Mutex
	frames [][]byte
}

// tapped makes a session write through the tap, in frames of protocol version 4.
func (t *tap) tapped(config *gocql.ClusterConfig) { config.Dialer, config.ProtoVersion = t, 4 }

func (t *tap) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := t.Dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return tappedConn{conn, t}, nil
}

type tappedConn struct {
	net.Conn
	tap *tap
}

const (
	frameHeader   = 9 // version, flags, stream, opcode, length
	opcodeExecute = 0x0a
)

func (c tappedConn) Write(b []byte) (int, error) {
	for rest := b; len(rest) >= frameHeader; {
		end := frameHeader + int(binary.BigEndian.Uint32(rest[5:]))
		if end > len(rest) {
			break
		}
		if rest[4] == opcodeExecute {
			c.tap.mu.Lock()
			c.tap.frames = append(c.tap.frames, bytes.Clone(rest[frameHeader:end]))
			c.tap.mu.Unlock()
		}
		rest = rest[end:]
	}
	return c.Conn.Write(b)
}

// execution is an EXECUTE frame of protocol version 4.
type execution struct {
	consistency      gocql.Consistency
	serial           gocql.SerialConsistency // 0: not sent
	skipMetadata     bool
	defaultTimestamp bool
}

// take returns the executions since the last call that have a bound value with this text.
func (t *tap) take(value string) []execution {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []execution
	for _, frame := range t.frames {
		if bytes.Contains(frame, []byte(value)) {
			out = append(out, parseExecution(frame))
		}
	}
	t.frames = nil
	return out
}

func parseExecution(b []byte) (e execution) {
	next := func(n int) []byte {
		out := b[:n]
		b = b[n:]
		return out
	}
	short := func() int { return int(binary.BigEndian.Uint16(next(2))) }
	next(short()) // the statement's id
	e.consistency = gocql.Consistency(short())
	flags := next(1)[0]
	e.skipMetadata, e.defaultTimestamp = flags&0x02 != 0, flags&0x20 != 0
	if flags&0x01 != 0 {
		for range short() {
			if n := int32(binary.BigEndian.Uint32(next(4))); n > 0 {
				next(int(n))
			}
		}
	}
	if flags&0x04 != 0 {
		next(4) // page size
	}
	if flags&0x08 != 0 {
		next(int(binary.BigEndian.Uint32(next(4)))) // paging state
	}
	if flags&0x10 != 0 {
		e.serial = gocql.SerialConsistency(short())
	}
	return e
}
