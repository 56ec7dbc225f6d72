package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/compression"
	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/datastax/go-cassandra-native-protocol/segment"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// stub records requests and answers each with what its function says, or void.
type stub struct {
	answer func(ctx context.Context, c *Conn, request any) Response

	mu       sync.Mutex
	requests []any
}

func (s *stub) handle(ctx context.Context, c *Conn, request any) Response {
	s.mu.Lock()
	s.requests = append(s.requests, request)
	s.mu.Unlock()
	if s.answer != nil {
		return s.answer(ctx, c, request)
	}
	return Response{Message: Result{Result: &protocol.Result{}}}
}

func (s *stub) last() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

func (s *stub) Authenticate(user, password string) error {
	if user != "alice" || password != "secret" {
		return fmt.Errorf("Provided username %s and/or password are incorrect", user)
	}
	return nil
}

func (s *stub) Query(ctx context.Context, c *Conn, q *Query) Response { return s.handle(ctx, c, q) }

func (s *stub) Prepare(ctx context.Context, c *Conn, p *Prepare) Response {
	return s.handle(ctx, c, p)
}

func (s *stub) Execute(ctx context.Context, c *Conn, e *Execute) Response {
	return s.handle(ctx, c, e)
}

func (s *stub) Batch(ctx context.Context, c *Conn, b *Batch) Response { return s.handle(ctx, c, b) }

// client is a raw client whose codec is the protocol library's: an opinion
// independent of this package's.
type client struct {
	t       testing.TB
	conn    net.Conn
	codec   frame.RawCodec
	version primitive.ProtocolVersion

	packing  compression.Compressor
	segments segment.Codec // from version 5 on, once it is started
	pending  bytes.Buffer  // of what came in segments
}

func newServer(t testing.TB, h Handler) *Server {
	s := NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func dial(t testing.TB, s *Server, version primitive.ProtocolVersion) *client {
	ours, theirs := net.Pipe()
	s.Serve(theirs, 0)
	t.Cleanup(func() { ours.Close() })
	ours.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{t: t, conn: ours, codec: frame.NewRawCodec(), version: version}
}

// connect dials and completes the handshake.
func connect(t testing.TB, s *Server, version primitive.ProtocolVersion) *client {
	c := dial(t, s, version)
	require.IsType(t, &message.Ready{}, c.ask(message.NewStartup()))
	return c
}

func (c *client) send(stream int16, m message.Message, change ...func(*frame.Frame)) {
	c.t.Helper()
	f := frame.NewFrame(c.version, stream, m)
	for _, fn := range change {
		fn(f)
	}
	var b bytes.Buffer
	require.NoError(c.t, c.codec.EncodeFrame(f, &b))
	if c.segments != nil {
		c.writeSegments(b.Bytes(), segment.MaxPayloadLength)
		return
	}
	c.write(b.Bytes())
}

func (c *client) write(b []byte) {
	c.t.Helper()
	_, err := c.conn.Write(b)
	require.NoError(c.t, err)
}

func (c *client) receive() *frame.Frame {
	c.t.Helper()
	in := io.Reader(c.conn)
	if c.segments != nil {
		in = (*segmented)(c)
	}
	f, err := c.codec.DecodeFrame(in)
	require.NoError(c.t, err)
	switch f.Body.Message.(type) {
	case *message.Ready, *message.Authenticate:
		if c.version >= primitive.ProtocolVersion5 && c.segments == nil {
			c.segments = segment.NewCodecWithCompression(c.packing)
		}
	}
	return f
}

// segmented reads the frames that segments carry.
type segmented client

func (c *segmented) Read(p []byte) (int, error) {
	for c.pending.Len() == 0 {
		s, err := c.segments.DecodeSegment(c.conn)
		if err != nil {
			return 0, err
		}
		c.pending.Write(s.Payload.UncompressedData)
	}
	return c.pending.Read(p)
}

// writeSegments sends data in segments of at most size bytes.
func (c *client) writeSegments(data []byte, size int) {
	c.t.Helper()
	whole := len(data) <= size
	for len(data) > 0 {
		part := data[:min(len(data), size)]
		data = data[len(part):]
		var b bytes.Buffer
		require.NoError(c.t, c.segments.EncodeSegment(&segment.Segment{
			Header: &segment.Header{IsSelfContained: whole}, Payload: &segment.Payload{UncompressedData: part}}, &b))
		c.write(b.Bytes())
	}
}

func (c *client) ask(m message.Message, change ...func(*frame.Frame)) message.Message {
	c.t.Helper()
	c.send(7, m, change...)
	f := c.receive()
	require.EqualValues(c.t, 7, f.Header.StreamId)
	return f.Body.Message
}
