package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// The protocol versions that are served.
const (
	MinVersion = 3
	MaxVersion = 5
)

// DefaultMaxFrame is Cassandra's native_transport_max_frame_size.
const DefaultMaxFrame = 16 << 20

const headerLength = 9

// versions lists what is served, in the form the SUPPORTED message wants.
func (s *Server) versions() (list []string) {
	for v := MinVersion; v <= s.MaxVersion; v++ {
		list = append(list, fmt.Sprintf("%d/v%[1]d", v))
	}
	return list
}

// header is what precedes the body of every frame.
type header struct {
	version  int
	response bool
	flags    primitive.HeaderFlag
	stream   int16
	opcode   primitive.OpCode
	length   uint32
}

func parseHeader(b *[headerLength]byte) header {
	return header{
		version:  int(b[0] & 0x7F),
		response: b[0]&0x80 != 0,
		flags:    primitive.HeaderFlag(b[1]),
		stream:   int16(binary.BigEndian.Uint16(b[2:4])),
		opcode:   primitive.OpCode(b[4]),
		length:   binary.BigEndian.Uint32(b[5:9]),
	}
}

func (h header) has(f primitive.HeaderFlag) bool { return h.flags&f != 0 }

// versionError is answered to a version that is not served. Its text is what
// drivers look for before they try a lower one.
func (s *Server) versionError(version int) *protocol.Error {
	return protocolError("Invalid or unsupported protocol version (%d); supported versions are (%s)",
		version, strings.Join(s.versions(), ", "))
}

func protocolError(format string, args ...any) *protocol.Error {
	return &protocol.Error{Code: protocol.CodeProtocol, Message: fmt.Sprintf(format, args...)}
}

// readBody reads n bytes, allocating no more than a constant ahead of what has
// arrived.
func readBody(r io.Reader, n int) ([]byte, error) {
	const step = 64 << 10
	body := make([]byte, 0, min(n, step))
	for len(body) < n {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(n, 2*cap(body)))
			copy(grown, body)
			body = grown
		}
		m, err := io.ReadFull(r, body[len(body):cap(body)])
		body = body[:len(body)+m]
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

// appendFrame appends a whole response frame.
func appendFrame(b []byte, version int, stream int16, r *Response, c compressor) []byte {
	start := len(b)
	b = append(b, 0x80|byte(version), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(stream))
	b = append(b, byte(r.Message.opcode()), 0, 0, 0, 0)

	flags, bodyStart := primitive.HeaderFlag(0), len(b)
	if r.TraceID != nil {
		flags |= primitive.HeaderFlagTracing
		b = append(b, r.TraceID[:]...)
	}
	if len(r.Warnings) > 0 && version >= 4 {
		flags |= primitive.HeaderFlagWarning
		b = appendStringList(b, r.Warnings)
	}
	b = r.Message.append(b, version)
	if c != nil && len(b)-bodyStart >= compressionThreshold {
		flags |= primitive.HeaderFlagCompressed
		packed := c.compress(b[bodyStart:])
		b = append(b[:bodyStart], packed...)
	}
	b[start+1] = byte(flags)
	binary.BigEndian.PutUint32(b[start+5:], uint32(len(b)-bodyStart))
	return b
}
