// Package canned is a CQL server of native protocol 4 that answers from memory. It stands
// in front of a real server: what it is asked for the first time it passes on, and it
// remembers the frame that came back; from then on that frame is its answer. So its answers
// are a real server's to the byte, and cost about 100 ns: what is left of a
// request's time is the client's and the kernel's.
package canned

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Exchange is an EXECUTE or BATCH request and the frame it was answered with.
type Exchange struct {
	Request, Answer []byte
}

// Server answers from memory. It remembers answers to EXECUTE and BATCH alone: by the statement,
// its first bound value and the paging state. The other values would tell no more
// answers apart in a benchmark, and may differ from run to run: a map is bound in Go's
// random order.
type Server struct {
	upstream string
	listener net.Listener

	mu        sync.RWMutex
	answers   map[string][]byte
	exchanges []Exchange
}

// Listen starts a server on a free port of the loopback interface, in front of the server
// at the address upstream.
func Listen(upstream string) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{upstream: upstream, listener: listener, answers: map[string][]byte{}}
	go s.accept()
	return s, nil
}

// Addr is the address to connect to.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops listening.
func (s *Server) Close() error { return s.listener.Close() }

// Exchanges returns what is remembered, in the order in which it was first asked.
func (s *Server) Exchanges() []Exchange {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]Exchange(nil), s.exchanges...)
}

func (s *Server) accept() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			upstream, err := net.Dial("tcp", s.upstream)
			if err != nil {
				return
			}
			defer upstream.Close()
			c := conn{server: s, client: client, requests: newFrames(client), upstream: upstream, answers: newFrames(upstream)}
			for c.next() == nil {
			}
		}()
	}
}

// conn is one client's connection, and its own to the server behind.
type conn struct {
	server            *Server
	client, upstream  net.Conn
	requests, answers *frames
	key, written      []byte
}

// next answers one request.
func (c *conn) next() error {
	request, err := c.requests.next()
	if err != nil {
		return err
	}
	var known bool
	c.key, known = appendKey(c.key[:0], request)
	if known {
		c.server.mu.RLock()
		answer := c.server.answers[string(c.key)]
		c.server.mu.RUnlock()
		if answer != nil {
			return c.answer(answer, request)
		}
	}
	answer, err := c.ask(request)
	if err != nil {
		return err
	}
	if known {
		c.server.remember(string(c.key), request, answer)
	}
	return c.answer(answer, request)
}

// answer writes the frame with the stream of the request.
func (c *conn) answer(frame, request []byte) error {
	c.written = append(c.written[:0], frame...)
	copy(c.written[streamAt:], request[streamAt:streamAt+2])
	_, err := c.client.Write(c.written)
	return err
}

// ask passes the request on.
func (c *conn) ask(request []byte) ([]byte, error) {
	if _, err := c.upstream.Write(request); err != nil {
		return nil, err
	}
	for {
		answer, err := c.answers.next()
		if err != nil {
			return nil, err
		}
		if answer[opcodeAt] != opEvent {
			return answer, nil
		}
	}
}

func (s *Server) remember(key string, request, answer []byte) {
	e := Exchange{append([]byte(nil), request...), append([]byte(nil), answer...)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[key] = e.Answer
	s.exchanges = append(s.exchanges, e)
}

// The header of a frame: version, flags, stream (2), opcode, length (4).
const (
	streamAt   = 2
	opcodeAt   = 4
	lengthAt   = 5
	headerSize = 9

	opExecute = 0x0a
	opBatch   = 0x0d
	opEvent   = 0x0c
)

// frames cuts a connection into frames, each valid until the next.
type frames struct {
	r   *bufio.Reader
	buf []byte
}

func newFrames(r io.Reader) *frames { return &frames{r: bufio.NewReaderSize(r, 64<<10)} }

func (f *frames) next() ([]byte, error) {
	header, err := f.r.Peek(headerSize)
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[lengthAt:])
	if size > 256<<20 {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	n := headerSize + int(size)
	if cap(f.buf) < n {
		f.buf = make([]byte, n)
	}
	_, err = io.ReadFull(f.r, f.buf[:n])
	return f.buf[:n], err
}

var errShort = errors.New("the frame ends early")

// appendKey appends what an answer is remembered by; ok is false for a request whose
// answer is not.
func appendKey(key, request []byte) (_ []byte, ok bool) {
	r := reader{rest: request[headerSize:]}
	switch request[opcodeAt] {
	case opExecute:
	case opBatch:
		return r.appendBatch(key)
	default:
		return key, false
	}
	key = append(key, r.take(r.short())...)
	r.take(2) // consistency
	const values, skipMetadata, pageSize, pagingState = 0x01, 0x02, 0x04, 0x08
	flags := r.byte()
	key = append(key, flags&skipMetadata)
	if flags&values != 0 {
		for i := range r.short() {
			if value := r.take(r.int()); i == 0 {
				key = append(key, value...)
			}
		}
	}
	if flags&pageSize != 0 {
		r.take(4)
	}
	if flags&pagingState != 0 {
		key = append(key, r.take(r.int())...)
	}
	return key, r.err == nil
}

// appendBatch is appendKey of a batch: each statement and its first value.
func (r *reader) appendBatch(key []byte) ([]byte, bool) {
	key = append(key, opBatch, r.byte()) // its type
	for range r.short() {
		if r.byte() == 0 { // a text
			key = append(key, r.take(r.int())...)
		} else {
			key = append(key, r.take(r.short())...)
		}
		for i := range r.short() {
			if value := r.take(r.int()); i == 0 {
				key = append(key, value...)
			}
		}
	}
	return key, r.err == nil
}

// reader reads the parts of a frame's body.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if n < 0 {
		return nil
	}
	if n > len(r.rest) {
		r.rest, r.err = nil, errShort
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) short() int {
	if b := r.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int() int {
	if b := r.take(4); b != nil {
		return int(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}
