package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

const (
	// maxConcurrent bounds the requests of one connection that run at a time.
	maxConcurrent = 128
	// largeBody is the size from which a request runs before the next one is
	// read, so that what a connection holds in memory stays bounded.
	largeBody = 1 << 20
	// maxHandshake bounds the bodies of a client that has not started up or logged in.
	maxHandshake = 64 << 10
	// maxEvents bounds the events that wait for a slow reader; more are dropped.
	maxEvents = 256
)

// stage is how far a connection's handshake is.
type stage int

const (
	established stage = iota
	authenticating
	isReady
)

// Conn is one client's connection. A single goroutine reads it; requests run
// concurrently; each response is written whole.
type Conn struct {
	server *Server
	net    net.Conn
	in     *bufio.Reader
	skew   time.Duration // of the client's clock

	// Only the reading goroutine uses these.
	version int // of the first frame
	stage   stage
	options map[string]string

	jobs    chan func()   // taken by workers that are idle
	workers chan struct{} // a token for each worker
	writing chan struct{} // a mutex whose waiters count as blocked for testing/synctest
	events  chan Message
	gone    chan struct{} // closed with the connection
	running sync.WaitGroup

	mu         sync.Mutex
	client     protocol.Client
	compressor compressor
	segments   *segments // how frames are sent; nil: as they are
	registered map[primitive.EventType]bool
	closed     bool
}

func newConn(s *Server, nc net.Conn) *Conn {
	gone := make(chan struct{})
	return &Conn{
		server:  s,
		net:     nc,
		in:      bufio.NewReader(nc),
		jobs:    make(chan func()),
		workers: make(chan struct{}, maxConcurrent),
		writing: make(chan struct{}, 1),
		events:  make(chan Message, maxEvents),
		gone:    gone,
		client:  protocol.Client{UseWarned: new(atomic.Bool), Gone: gone, Node: s.Node},
	}
}

// Client returns a copy of the connection's state.
func (c *Conn) Client() protocol.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

// SetKeyspace makes keyspace the connection's own, as USE does.
func (c *Conn) SetKeyspace(keyspace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client.Keyspace = keyspace
}

// Option returns an option of the client's STARTUP message. It is to be called
// while a request is being handled.
func (c *Conn) Option(name string) string { return c.options[name] }

// RemoteAddr returns the client's address.
func (c *Conn) RemoteAddr() net.Addr { return c.net.RemoteAddr() }

// Close closes the connection without a word. Requests that run go on.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.gone)
		c.net.Close()
	}
}

// serve reads frames until the connection ends.
func (c *Conn) serve() {
	defer c.running.Wait()
	defer close(c.events)
	defer close(c.jobs)
	defer c.Close()
	for c.next() {
	}
}

// next serves one frame and says whether another can follow.
func (c *Conn) next() bool {
	first, err := c.in.Peek(1)
	if err != nil {
		return false
	}
	version := int(first[0] & 0x7F)
	if version == 1 || version == 2 { // whose headers are shorter
		c.refuseVersion(version)
		return false
	}
	var raw [headerLength]byte
	if _, err := io.ReadFull(c.in, raw[:]); err != nil {
		return false
	}
	h := parseHeader(&raw)
	if version < MinVersion || version > c.server.MaxVersion {
		return c.refuseVersion(version) && c.skip(h)
	}
	if c.version == 0 {
		c.version = h.version
		c.client.ProtocolVersion = h.version
	}
	if int64(h.length)+headerLength > int64(c.server.MaxFrame) {
		return c.skip(h) && c.fail(h, &protocol.Error{Code: protocol.CodeInvalid, Message: fmt.Sprintf(
			"Request is too big: length %d exceeds maximum allowed length %d.", int64(h.length)+headerLength, c.server.MaxFrame)})
	}
	if c.stage != isReady && h.length > maxHandshake {
		return c.skip(h) && c.fail(h, c.tooBigToStart(h))
	}
	body, err := readBody(c.in, int(h.length))
	if err != nil {
		return false
	}
	c.server.awaitResume()
	switch {
	case h.response:
		return c.fail(h, protocolError("Wrong protocol direction (expected REQUEST, got RESPONSE) for opcode %d", h.opcode))
	case h.version != c.version:
		return c.fail(h, protocolError("Invalid message version. Got %d/v%[1]d but previous messages on this connection had version %d/v%[2]d", h.version, c.version))
	}
	return c.dispatch(h, body)
}

// tooBigToStart refuses a frame that no handshake has.
func (c *Conn) tooBigToStart(h header) *protocol.Error {
	if err := c.expect(h.opcode); err != nil {
		return err
	}
	return &protocol.Error{Code: protocol.CodeInvalid, Message: fmt.Sprintf(
		"Request is too big: length %d exceeds maximum allowed length %d.", int64(h.length)+headerLength, maxHandshake)}
}

// dispatch handles the handshake at once and starts everything else.
func (c *Conn) dispatch(h header, body []byte) bool {
	if h.has(primitive.HeaderFlagCompressed) && c.compressor != nil { // else the flag means nothing
		var err error
		if body, err = c.compressor.decompress(body, c.server.MaxFrame); err != nil {
			return c.fail(h, protocolError("%v", err))
		}
	}
	r := newReader(body)
	if h.has(primitive.HeaderFlagCustomPayload) && h.version >= 4 {
		r.skipBytesMap()
	}
	if c.stage != isReady || isHandshake(h.opcode) {
		m := c.handshake(h, r)
		if r.err != nil {
			m = Error{r.err}
		}
		ok := c.write(h.stream, &Response{Message: m})
		if op := m.opcode(); c.version >= 5 && h.opcode == primitive.OpCodeStartup && op != primitive.OpCodeError {
			c.startSegments()
		}
		return ok
	}
	handle, err := c.request(h, r)
	if err != nil {
		return c.fail(h, err)
	}
	if len(body) >= largeBody {
		c.run(h, handle)
		return true
	}
	c.start(func() { c.run(h, handle) })
	return true
}

// startSegments has everything from now on travel in segments. What was read
// ahead of the answer to STARTUP is part of them.
func (c *Conn) startSegments() {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := segments{packed: c.compressor != nil}
	c.segments, c.compressor = &s, nil
	c.in = bufio.NewReader(&segmentReader{segments: s, in: c.in})
}

// start hands a job to an idle worker, or to a new one, or waits for one. A
// worker lives as long as its connection, and its stack with it.
func (c *Conn) start(job func()) {
	select {
	case c.jobs <- job:
		return
	default:
	}
	select {
	case c.jobs <- job:
	case c.workers <- struct{}{}:
		c.running.Go(func() {
			job()
			for job := range c.jobs {
				job()
			}
		})
	}
}

// request decodes a statement-bearing request into the call that answers it.
func (c *Conn) request(h header, r *reader) (func() Response, *protocol.Error) {
	ctx, handler := c.server.ctx, c.server.Handler
	tracing := h.has(primitive.HeaderFlagTracing)
	var handle func() Response
	switch h.opcode {
	case primitive.OpCodeQuery:
		q := r.query(h.version)
		q.Tracing = tracing
		c.shift(&q.Params)
		handle = func() Response { return handler.Query(ctx, c, q) }
	case primitive.OpCodePrepare:
		p := r.prepare(h.version)
		p.Tracing = tracing
		handle = func() Response { return handler.Prepare(ctx, c, p) }
	case primitive.OpCodeExecute:
		e := r.execute(h.version)
		e.Tracing = tracing
		c.shift(&e.Params)
		handle = func() Response { return handler.Execute(ctx, c, e) }
	case primitive.OpCodeBatch:
		b := r.batch(h.version)
		b.Tracing = tracing
		c.shift(&b.Params)
		handle = func() Response { return handler.Batch(ctx, c, b) }
	default:
		r.err = unknownOpcode(h.opcode)
	}
	return handle, r.err
}

// shift moves a timestamp to where the client's clock would have it.
func (c *Conn) shift(p *Params) {
	if p.DefaultTimestamp != nil {
		*p.DefaultTimestamp += c.skew.Microseconds()
	}
}

// run answers one request. A handler's panic is a server error to its client
// and no more.
func (c *Conn) run(h header, handle func() Response) {
	r := func() (r Response) {
		defer func() {
			if p := recover(); p != nil {
				r = Response{Message: Error{&protocol.Error{Code: protocol.CodeServer, Message: fmt.Sprintf("cqltest: internal error: %v", p)}}}
			}
		}()
		return handle()
	}()
	if !r.Silent {
		c.write(h.stream, &r)
	}
}

func (c *Conn) fail(h header, err *protocol.Error) bool {
	return c.write(h.stream, &Response{Message: Error{err}})
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// write sends one response and says whether the connection still stands.
func (c *Conn) write(stream int16, r *Response) bool {
	c.mu.Lock()
	compressor, segments := c.compressor, c.segments
	c.mu.Unlock()
	if op := r.Message.opcode(); op == primitive.OpCodeReady || op == primitive.OpCodeAuthenticate || c.version >= 5 {
		compressor = nil
	}
	buf := buffers.Get().(*[]byte)
	*buf = appendFrame((*buf)[:0], max(c.version, MinVersion), stream, r, compressor)
	frame := *buf
	if segments != nil {
		frame = segments.append(nil, frame)
	}
	ok := c.send(frame)
	if cap(*buf) <= largeBody {
		buffers.Put(buf)
	}
	return ok
}

func (c *Conn) send(frame []byte) bool {
	c.writing <- struct{}{}
	_, err := c.net.Write(frame)
	<-c.writing
	if err != nil {
		c.Close()
	}
	return err == nil
}

// refuseVersion answers on stream 0 in the highest version served, or in the
// oldest ones' own shorter frame, so that drivers step down.
func (c *Conn) refuseVersion(version int) bool {
	r := Response{Message: Error{c.server.versionError(version)}}
	frame := appendFrame(nil, c.server.MaxVersion, 0, &r, nil)
	if version == 1 || version == 2 { // the stream is one byte in these
		frame = append(frame[:2], frame[3:]...)
		frame[0] = 0x80 | byte(version)
	}
	return c.send(frame)
}

// skip passes over a frame's body.
func (c *Conn) skip(h header) bool {
	_, err := io.CopyN(io.Discard, c.in, int64(h.length))
	return err == nil
}

// register starts pushing events of a kind.
func (c *Conn) register(kind primitive.EventType) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.registered == nil {
		c.registered = map[primitive.EventType]bool{}
		c.running.Go(func() {
			for e := range c.events {
				c.write(-1, &Response{Message: e})
			}
		})
	}
	c.registered[kind] = true
}

// notify queues an event for a client that registered.
func (c *Conn) notify(kind primitive.EventType, event Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.registered[kind] || c.closed {
		return
	}
	select {
	case c.events <- event:
	default:
	}
}
