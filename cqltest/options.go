package cqltest

import (
	"crypto/tls"
	"net"
	"reflect"
	"strconv"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Dialect says which server's answers are given.
type Dialect int

// The dialects.
const (
	// Cassandra answers as Apache Cassandra 5.0 does. It is the default.
	Cassandra Dialect = iota
	// Scylla answers as ScyllaDB does where the two differ: what a conditional
	// write returns, and the CQL that only ScyllaDB accepts. The node has one
	// shard.
	Scylla
)

// Option configures a [Server].
type Option func(*config)

type config struct {
	dialect        Dialect
	address        string
	pipe           bool
	clock          func() time.Time
	user, password string
	logLimit       int
	datacenter     string
	peers          []peer
	functions      map[string]schema.FunctionBody
	tls            *tls.Config
	maxConns       int
	memory         int64
	init           []func(*Server) error
}

const (
	defaultAddress = "127.0.0.1:0"
	defaultPort    = 9042 // that clients are told of a server without a port of its own
)

func newConfig(opts []Option) config {
	c := config{address: defaultAddress, clock: time.Now, logLimit: 10_000}
	for _, o := range opts {
		o(&c)
	}
	return c
}

func (d Dialect) engine() protocol.Dialect {
	if d == Scylla {
		return protocol.Scylla
	}
	return protocol.Cassandra
}

// WithDialect selects whose answers the server gives.
func WithDialect(d Dialect) Option { return func(c *config) { c.dialect = d } }

// WithAddress sets the TCP address to listen on. The default, "127.0.0.1:0",
// takes any free port of the loopback interface.
func WithAddress(hostport string) Option { return func(c *config) { c.address = hostport } }

// WithPipe serves in-memory connections only, through [Server.Dialer]: no port
// is opened. This is the way to run inside a testing/synctest bubble, where a
// goroutine that waits for the network would keep the clock from advancing.
func WithPipe() Option { return func(c *config) { c.pipe = true } }

// WithClock sets where the server's time comes from: TTLs, now() and the
// timestamps of writes that carry none. The default is [time.Now], which
// inside a synctest bubble is the bubble's.
func WithClock(now func() time.Time) Option { return func(c *config) { c.clock = now } }

// WithKeyspace creates a keyspace, replicated once, and makes it the one that
// [Server.Cluster], [Server.Exec], [Server.Rows] and a later [WithSchema] use.
func WithKeyspace(name string) Option {
	return func(c *config) {
		c.init = append(c.init, func(s *Server) error { return s.createKeyspace(name) })
	}
}

// WithSchema runs a script of CQL statements before the server starts, each
// ended by a semicolon. A USE in it lasts as one given to [Server.Exec] does.
func WithSchema(script string) Option {
	return func(c *config) {
		c.init = append(c.init, func(s *Server) error { return s.Exec(script) })
	}
}

// WithAuth makes clients log in, as Cassandra's PasswordAuthenticator does, and checks
// their permissions, as CassandraAuthorizer does, without its caches. The user is a
// superuser and, at first, the only role. [Server.Exec] needs no permissions.
func WithAuth(user, password string) Option {
	return func(c *config) { c.user, c.password = user, password }
}

// WithTLS has the server speak TLS only, over pipes too. Clients have to show a
// certificate if the configuration's ClientAuth says so. [Server.Cluster] does not know
// which certificates the client is to trust: set its SslOpts.
func WithTLS(t *tls.Config) Option { return func(c *config) { c.tls = t } }

// WithMaxConnections closes connections beyond n as they come, as
// native_transport_max_concurrent_connections does.
func WithMaxConnections(n int) Option { return func(c *config) { c.maxConns = n } }

// WithMemoryLimit has the server refuse writes that add to its rows, as an overloaded one,
// while they take more than about n bytes of memory: a bound for programs that write
// without end. Deleting, truncating and dropping make room again.
func WithMemoryLimit(n int64) Option { return func(c *config) { c.memory = n } }

// WithDatacenter names the datacenter that the server says it is in. The default is
// "datacenter1".
func WithDatacenter(name string) Option { return func(c *config) { c.datacenter = name } }

// WithPeer has the server tell clients of another node of its cluster, in that datacenter:
// to test what a client does about several. Clients connect to it, so another Server may
// stand there; the two share nothing, and each needs an IP address of its own, since drivers
// tell nodes apart by it (see [WithAddress]).
func WithPeer(hostport, datacenter string) Option {
	return func(c *config) { c.peers = append(c.peers, peer{hostport, datacenter}) }
}

type peer struct{ hostport, datacenter string }

// nodes are the server itself and its peers, as the engine takes them.
func (c *config) nodes() ([]server.Node, error) {
	out := []server.Node{{DataCenter: c.datacenter}}
	for _, p := range c.peers {
		host, port, err := net.SplitHostPort(p.hostport)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		out = append(out, server.Node{Address: host, Port: n, DataCenter: p.datacenter})
	}
	return out, nil
}

// WithFunction gives the functions of that name, or of that keyspace.name, a body in Go:
// the server keeps and shows what CREATE FUNCTION says, but does not run Java. The body gets
// its arguments decoded as [Row] lists types, a null as nil; its result is of the type that
// [Row] lists for the function's, or one like it, see [Server.Exec]. An error fails the
// statement as an exception does. A call of a function without a body is refused. The body is
// called by several goroutines at once, and is not to use the server.
func WithFunction(name string, body func(args []any) (any, error)) Option {
	return func(c *config) {
		if c.functions == nil {
			c.functions = map[string]schema.FunctionBody{}
		}
		c.functions[name] = functionBody(body)
	}
}

// functionBody decodes what a body gets, and encodes what it returns.
func functionBody(body func(args []any) (any, error)) schema.FunctionBody {
	return func(args []*types.Type, result *types.Type, values [][]byte) ([]byte, error) {
		decoded := make([]any, len(values))
		for i, v := range values {
			var err error
			if decoded[i], err = goValue(args[i], v); err != nil {
				return nil, err
			}
		}
		answer, err := body(decoded)
		if err != nil {
			return nil, err
		}
		return encode(result, reflect.ValueOf(answer))
	}
}

// WithLogLimit sets how many statements [Server.Log] remembers, the oldest
// being forgotten first. The default is 10,000; zero turns the log off. Whatever
// the number, the log keeps at most 64 MiB of texts and values.
func WithLogLimit(n int) Option { return func(c *config) { c.logLimit = max(0, n) } }
