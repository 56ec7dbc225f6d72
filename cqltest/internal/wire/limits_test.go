package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// script is a connection whose client has already said everything.
type script struct {
	in  *bytes.Reader
	out bytes.Buffer
	mu  sync.Mutex
}

func (s *script) Read(b []byte) (int, error) { return s.in.Read(b) }

func (s *script) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}

func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// play serves a whole connection and returns what was answered.
func play(h Handler, in []byte) []byte {
	s := NewServer(h)
	conn := &script{in: bytes.NewReader(in)}
	newConn(s, conn).serve()
	s.Close()
	return conn.out.Bytes()
}

func rawFrame(opcode primitive.OpCode, flags byte, body string) []byte {
	b := []byte{4, flags, 0, 1, byte(opcode)}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

var startup = rawFrame(primitive.OpCodeStartup, 0, "\x00\x01\x00\x0BCQL_VERSION\x00\x053.0.0")

func startupWith(compression string) []byte {
	return rawFrame(primitive.OpCodeStartup, 0,
		"\x00\x02\x00\x0BCQL_VERSION\x00\x053.0.0\x00\x0BCOMPRESSION\x00"+string(rune(len(compression)))+compression)
}

// allocated says how many bytes fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a few bytes declare allocates nothing.
func TestDeclaredLengthsAllocateNothing(t *testing.T) {
	for name, in := range map[string][]byte{
		"frame just under the limit":   append([]byte{4, 0, 0, 1, 7}, 0, 0xFF, 0xFF, 0),
		"frame of 2 GiB":               append([]byte{4, 0, 0, 1, 7}, 0x7F, 0xFF, 0xFF, 0xFF),
		"negative frame":               append([]byte{4, 0, 0, 1, 7}, 0xFF, 0xFF, 0xFF, 0xFF),
		"query of 1 GiB":               rawFrame(primitive.OpCodeQuery, 0, "\x40\x00\x00\x00"),
		"value of 2 GiB":               rawFrame(primitive.OpCodeQuery, 0, "\x00\x00\x00\x01q\x00\x01\x01\x00\x01\x7F\xFF\xFF\xFF"),
		"65535 values":                 rawFrame(primitive.OpCodeQuery, 0, "\x00\x00\x00\x01q\x00\x01\x01\xFF\xFF"),
		"65535 statements":             rawFrame(primitive.OpCodeBatch, 0, "\x00\xFF\xFF"),
		"65535 options":                rawFrame(primitive.OpCodeStartup, 0, "\xFF\xFF"),
		"65535 events":                 rawFrame(primitive.OpCodeRegister, 0, "\xFF\xFF"),
		"payload of 65535 entries":     rawFrame(primitive.OpCodeQuery, 4, "\xFF\xFF"),
		"lz4 body of 2 GiB":            rawFrame(primitive.OpCodeQuery, 1, "\x7F\xFF\xFF\xFF\xF0"),
		"lz4 body just under 16 MiB":   rawFrame(primitive.OpCodeQuery, 1, "\x00\xFF\xFF\x00\xF0"),
		"snappy body of 4 GiB":         rawFrame(primitive.OpCodeQuery, 1, "\xFF\xFF\xFF\xFF\x0F"),
		"snappy body just under limit": rawFrame(primitive.OpCodeQuery, 1, "\x80\xFE\xFF\x07"),
	} {
		t.Run(name, func(t *testing.T) {
			hello := startup
			if kind, _, _ := strings.Cut(name, " "); compressors[kind] != nil {
				hello = startupWith(kind)
			}
			n := allocated(func() { play(&stub{}, append(bytes.Clone(hello), in...)) })
			require.Less(t, n, uint64(256<<10))
		})
	}
}

// A frame over the limit is answered and passed over, as on a real server.
func TestFrameOverTheLimit(t *testing.T) {
	s := newServer(t, &stub{})
	s.MaxFrame = 1000
	c := connect(t, s, primitive.ProtocolVersion4)
	refused := c.ask(&message.Query{Query: strings.Repeat("x", 2000)}).(*message.Invalid)
	require.Equal(t, "Request is too big: length 2016 exceeds maximum allowed length 1000.", refused.ErrorMessage)
	require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: "q"}))
}

// Who has not started up is not listened to for long.
func TestLargeFrameBeforeStartup(t *testing.T) {
	for name, opcode := range map[string]primitive.OpCode{"QUERY": primitive.OpCodeQuery, "STARTUP": primitive.OpCodeStartup} {
		in := rawFrame(opcode, 0, strings.Repeat("x", 8<<20))
		var answer []byte
		n := allocated(func() { answer = play(&stub{}, append(in, startup...)) })
		require.Less(t, n, uint64(20<<20), name) // of which the input is a half
		f, err := frame.NewCodec().DecodeFrame(bytes.NewReader(answer))
		require.NoError(t, err)
		require.Implements(t, (*message.Error)(nil), f.Body.Message, name)
		require.Contains(t, string(answer[len(answer)-headerLength:]), "\x02\x00\x00\x00\x00", "and served afterwards")
	}
}

func TestLargeFrame(t *testing.T) {
	h := &stub{}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion4)
	cql := strings.Repeat("x", 3<<20)
	require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: cql}))
	require.Equal(t, cql, h.last().(*Query).CQL)
}

// One slow request holds up neither its connection nor another one.
func TestRequestsRunConcurrently(t *testing.T) {
	release := make(chan struct{})
	h := &stub{answer: func(_ context.Context, _ *Conn, request any) Response {
		if request.(*Query).CQL == "slow" {
			<-release
		}
		return Response{Message: Error{&protocol.Error{Code: protocol.CodeServer, Message: request.(*Query).CQL}}}
	}}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion4)

	c.send(1, &message.Query{Query: "slow"})
	for i := range 500 {
		cql := fmt.Sprint("quick", i)
		require.Equal(t, cql, c.ask(&message.Query{Query: cql}).(*message.ServerError).ErrorMessage)
	}
	close(release)
	require.EqualValues(t, 1, c.receive().Header.StreamId)
}

// Answers of many sizes to many streams at once arrive whole, each on its own.
func TestResponsesDoNotInterleave(t *testing.T) {
	h := &stub{answer: func(_ context.Context, _ *Conn, request any) Response {
		return Response{Message: Error{&protocol.Error{Code: protocol.CodeServer, Message: request.(*Query).CQL}}}
	}}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion4)
	const n = 400 // more than run at a time
	text := func(stream int) string { return strings.Repeat(string(rune('a'+stream%26)), 1+stream*7) }
	go func() {
		for i := range n {
			f := frame.NewFrame(c.version, int16(i), &message.Query{Query: text(i)})
			c.codec.EncodeFrame(f, c.conn)
		}
	}()
	seen := map[int16]bool{}
	for range n {
		f := c.receive()
		require.Equal(t, text(int(f.Header.StreamId)), f.Body.Message.(*message.ServerError).ErrorMessage)
		seen[f.Header.StreamId] = true
	}
	require.Len(t, seen, n)
}

// A client that never reads its answers cannot keep the server from closing.
func TestCloseWithDeafClient(t *testing.T) {
	s := newServer(t, &stub{})
	c := connect(t, s, primitive.ProtocolVersion4)
	go func() {
		for {
			f := frame.NewFrame(c.version, 1, &message.Query{Query: "q"})
			if c.codec.EncodeFrame(f, c.conn) != nil {
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond)
	s.Close()
	_, err := c.conn.Write([]byte{4})
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestServeAfterClose(t *testing.T) {
	s := NewServer(&stub{})
	s.Close()
	ours, theirs := net.Pipe()
	s.Serve(theirs, 0)
	_, err := ours.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// FuzzConn plays arbitrary bytes, after a handshake that negotiated nothing,
// lz4 or snappy. The server must neither panic nor hang, and must allocate no
// more than what it was sent can account for.
func FuzzConn(f *testing.F) {
	encode := func(m message.Message) []byte {
		var b bytes.Buffer
		if err := frame.NewCodec().EncodeFrame(frame.NewFrame(primitive.ProtocolVersion4, 1, m), &b); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	options := &message.QueryOptions{PositionalValues: []*primitive.Value{primitive.NewValue([]byte{1}), primitive.NewNullValue()}, PageSize: 5, PagingState: []byte("p")}
	for _, m := range []message.Message{
		&message.Options{}, message.NewStartup(), &message.Prepare{Query: "SELECT"},
		&message.Query{Query: "SELECT", Options: options},
		&message.Execute{QueryId: []byte("0123456789abcdef"), Options: options},
		&message.Batch{Children: []*message.BatchChild{{Query: "q", Values: options.PositionalValues}, {Id: []byte("id")}}},
		&message.Register{EventTypes: []primitive.EventType{primitive.EventTypeSchemaChange}},
		&message.AuthResponse{Token: []byte("\x00a\x00b")},
	} {
		f.Add(uint8(0), encode(m))
	}
	f.Add(uint8(1), rawFrame(primitive.OpCodeQuery, 1, string(lz4Frames{}.compress([]byte("\x00\x00\x00\x01q\x00\x01\x00")))))
	f.Add(uint8(2), rawFrame(primitive.OpCodeQuery, 1, string(snappyFrames{}.compress([]byte("\x00\x00\x00\x01q\x00\x01\x00")))))
	f.Add(uint8(0), []byte{0x40, 0, 0, 0, 0})

	h := &stub{answer: func(context.Context, *Conn, any) Response {
		return Response{Message: Result{Result: &protocol.Result{}}}
	}}
	hello := [][]byte{startup, startupWith("lz4"), startupWith("snappy")}
	f.Fuzz(func(t *testing.T, kind uint8, in []byte) {
		h.requests = nil
		n := allocated(func() { play(h, append(bytes.Clone(hello[kind%3]), in...)) })
		if limit := uint64(1<<20 + 1024*len(in)); n > limit {
			t.Fatalf("%d bytes made the server allocate %d", len(in), n)
		}
	})
}
