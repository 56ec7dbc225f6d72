package cqltest

import (
	"net"
	"sync"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/wire"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Server is one node: alone, or of a [Cluster]. Its methods are safe for many
// goroutines.
type Server struct {
	config config
	engine *exec.Engine
	wire   *wire.Server
	addr   *net.TCPAddr
	node   int // of the engine's
	t      TB  // nil unless started by RunT

	start *Snapshot // what Reset returns to

	directMu sync.Mutex
	direct   protocol.Client // of Exec and Rows
	keyspace string          // of Cluster

	faults faults
	log    statementLog

	cluster *Cluster // nil for a server that is alone
	stateMu sync.Mutex
	state   server.NodeState
}

// TB is the part of [testing.TB] that [RunT] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// RunT starts a server for one test and closes it when the test ends. If it
// cannot start, the test fails at once; if a [Server.Fault] never struck, it
// fails at its end.
func RunT(t TB, opts ...Option) *Server {
	t.Helper()
	s, err := Run(opts...)
	if err != nil {
		t.Fatalf("cqltest: %v", err)
		return nil
	}
	s.t = t
	t.Cleanup(s.Close)
	t.Cleanup(s.checkFaults)
	return s
}

// Run starts a server. The caller closes it.
func Run(opts ...Option) (*Server, error) {
	c := newConfig(opts)
	nodes, err := c.nodes()
	if err != nil {
		return nil, err
	}
	s := newServer(c, c.engine(nodes, false), 0, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: defaultPort})
	if err := s.initialize(); err != nil {
		return nil, err
	}
	s.serve()
	if c.pipe {
		return s, nil
	}
	l, err := net.Listen("tcp", c.address)
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().(*net.TCPAddr)
	if s.addr.IP.IsUnspecified() { // no address a client could connect to
		s.addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.addr.Port}
	}
	s.engine.SetAddress(s.addr.IP.String(), s.addr.Port)
	s.wire.Listen(l)
	return s, nil
}

// newServer makes a server that is one of the engine's nodes.
func newServer(c config, engine *exec.Engine, node int, addr *net.TCPAddr) *Server {
	s := &Server{config: c, engine: engine, node: node, addr: addr}
	s.log.limit = c.logLimit
	s.direct.User, s.direct.Direct = c.user, true
	return s
}

// initialize runs what the options want run first.
func (s *Server) initialize() error {
	for _, init := range s.config.init {
		if err := init(s); err != nil {
			return err
		}
	}
	s.start = s.Snapshot()
	return nil
}

// serve makes the server ready for connections.
func (s *Server) serve() {
	s.wire = wire.NewServer(handler{s})
	s.wire.Node = s.node
	s.wire.Authenticator = s.config.authenticator()
	s.wire.TLS = s.config.tls
	s.wire.MaxConns = s.config.maxConns
	if s.config.dialect == Scylla {
		s.wire.MaxVersion = 4
		s.wire.Supported = scyllaExtensions
	}
	s.engine.Subscribe(s.wire.Publish)
}

// engine makes the engine of one server, or of the nodes of a cluster.
func (c *config) engine(nodes []server.Node, cluster bool) *exec.Engine {
	return exec.New(server.Options{
		Dialect:       c.dialect.engine(),
		Now:           c.clock,
		Nodes:         nodes,
		Cluster:       cluster,
		Authenticator: c.authenticator(),
		Functions:     c.functions,
		User:          c.user,
		Password:      c.password,
		MemoryLimit:   c.memory,
	})
}

func (c *config) authenticator() string {
	if c.user == "" {
		return ""
	}
	return "org.apache.cassandra.auth.PasswordAuthenticator"
}

// Close stops the server, cuts its connections and waits until nothing of it
// runs. It may be called more than once.
func (s *Server) Close() { s.wire.Close() }

// Addr returns the server's address as host:port. A server without a port of
// its own, see [WithPipe], still has one that clients may be told.
func (s *Server) Addr() string { return s.addr.String() }

// CloseConnections cuts every client's connection, as a network does; clients
// may connect again.
func (s *Server) CloseConnections() { s.wire.CloseConns() }

// FastForward moves the server's clock: everything whose TTL ends within d is
// gone afterwards.
func (s *Server) FastForward(d time.Duration) { s.engine.Advance(d) }

// Now returns the time by the server's clock.
func (s *Server) Now() time.Time { return s.engine.Now() }

func (s *Server) createKeyspace(name string) error {
	err := s.Exec("CREATE KEYSPACE " + cqlparse.QuoteIdentifier(name) +
		" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
	if err != nil {
		return err
	}
	s.directMu.Lock()
	defer s.directMu.Unlock()
	s.direct.Keyspace, s.keyspace = name, name
	return nil
}

// fail ends the test the server was started for, or panics if there is none.
func (s *Server) fail(err error) {
	if s.t == nil {
		panic("cqltest: " + err.Error())
	}
	s.t.Helper()
	s.t.Fatalf("cqltest: %v", err)
}
