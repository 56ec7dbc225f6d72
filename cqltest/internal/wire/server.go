package wire

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Handler answers the requests of connections that are past their handshake.
// It is called from many goroutines.
type Handler interface {
	// Authenticate refuses a pair that is not known; it is asked only if the
	// server has an Authenticator.
	Authenticate(user, password string) error
	Query(ctx context.Context, c *Conn, q *Query) Response
	Prepare(ctx context.Context, c *Conn, p *Prepare) Response
	Execute(ctx context.Context, c *Conn, e *Execute) Response
	Batch(ctx context.Context, c *Conn, b *Batch) Response
}

// Server serves connections. Its fields are set before the first one.
type Server struct {
	Handler       Handler
	Authenticator string              // class name; empty: none
	Supported     map[string][]string // goes into SUPPORTED beside the usual
	MaxFrame      int                 // DefaultMaxFrame if zero
	MaxVersion    int                 // of the protocol
	Node          int                 // goes into the clients' state
	TLS           *tls.Config         // not nil: connections speak TLS
	MaxConns      int                 // zero: as many as come

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	listeners []net.Listener
	conns     map[*Conn]struct{}
	paused    chan struct{} // closed when requests are answered again; nil if they are
}

// NewServer returns a server that hands requests to h.
func NewServer(h Handler) *Server {
	s := &Server{Handler: h, MaxFrame: DefaultMaxFrame, MaxVersion: MaxVersion, conns: make(map[*Conn]struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Listen serves what l accepts, until Close.
func (s *Server) Listen(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		l.Close()
		return
	}
	s.listeners = append(s.listeners, l)
	s.done.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			s.Serve(nc, 0)
		}
	})
}

// Serve serves one connection on a goroutine of its own. skew is how far the clock of
// its client is ahead.
func (s *Server) Serve(nc net.Conn, skew time.Duration) {
	if s.TLS != nil {
		nc = tls.Server(nc, s.TLS)
	}
	c := newConn(s, nc)
	c.skew = skew
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.MaxConns > 0 && len(s.conns) >= s.MaxConns {
		nc.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.done.Go(func() {
		c.serve()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	})
}

// Publish pushes a schema change to every connection that registered for it.
func (s *Server) Publish(change protocol.SchemaChange) {
	s.push(primitive.EventTypeSchemaChange, schemaEvent(change))
}

// PublishStatus tells every connection that registered for it that a node went up
// or down.
func (s *Server) PublishStatus(up bool, node *net.TCPAddr) {
	s.push(primitive.EventTypeStatusChange, statusEvent{up, node})
}

func (s *Server) push(kind primitive.EventType, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.notify(kind, m)
	}
}

// Pause keeps requests, the handshake's too, waiting until Resume.
func (s *Server) Pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused == nil && !s.closed {
		s.paused = make(chan struct{})
	}
}

// Resume ends Pause.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused != nil {
		close(s.paused)
		s.paused = nil
	}
}

// awaitResume waits while the server is paused.
func (s *Server) awaitResume() {
	s.mu.Lock()
	paused := s.paused
	s.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// Unlisten closes listeners and connections; the server can listen again.
func (s *Server) Unlisten() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		l.Close()
	}
	s.listeners = nil
	for c := range s.conns {
		c.Close()
	}
}

// CloseConns closes every connection; new ones are still accepted.
func (s *Server) CloseConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Close stops listening, closes every connection and waits for its requests.
func (s *Server) Close() {
	s.Resume()
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.cancel()
	s.done.Wait()
}
