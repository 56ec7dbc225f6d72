package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
)

// Proxy passes connections on to a server. It is safe for many goroutines.
type Proxy struct {
	listen, target string
	rules          rules
	texts          texts
	gate           gate

	mu       sync.Mutex
	listener net.Listener // nil while down
	conns    map[*conn]struct{}
	closed   bool
	work     sync.WaitGroup

	accepted, requests, conditional, struck atomic.Int64
}

// Stats are counts since the start.
type Stats struct {
	Accepted, Open int // connections
	Requests       int // of the client's statements: not Prepare, Internal, Control
	Conditional    int // of these, LWTs
	Struck         int // faults
}

// Start listens at an address, "127.0.0.1:0" for any free port, and passes connections on
// to target. Close must be called in the end; the end of ctx closes it too.
func Start(ctx context.Context, listen, target string) (*Proxy, error) {
	p := &Proxy{listen: listen, target: target, conns: map[*conn]struct{}{}}
	if err := p.Up(); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, p.Close)
	return p, nil
}

// Run starts a proxy for one test, which closes it.
func Run(t testing.TB, listen, target string) *Proxy {
	t.Helper()
	p, err := Start(context.Background(), listen, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Addr is where the proxy listens: host:port.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listen
}

// Target is the server's address: host:port.
func (p *Proxy) Target() string { return p.target }

// Stats returns the counts so far.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	open := len(p.conns)
	p.mu.Unlock()
	return Stats{
		Accepted: int(p.accepted.Load()), Open: open, Requests: int(p.requests.Load()),
		Conditional: int(p.conditional.Load()), Struck: int(p.struck.Load()),
	}
}

// Up listens again after Down.
func (p *Proxy) Up() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", p.listen)
	if err != nil {
		return fmt.Errorf("proxy of %s: %w", p.target, err)
	}
	p.listener, p.listen = listener, listener.Addr().String()
	p.work.Go(func() { p.accept(listener) })
	return nil
}

// Down cuts every connection and refuses new ones, until Up.
func (p *Proxy) Down() {
	p.stopListening()
	p.Cut(Close)
}

// Cut ends every connection, by Close or Reset. Clients may connect again.
func (p *Proxy) Cut(way Way) {
	p.mu.Lock()
	conns := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		conns = append(conns, c)
	}
	p.mu.Unlock()
	for _, c := range conns {
		c.end(way)
	}
}

// Hold keeps back everything that passes, in both directions, as a network that does not
// deliver; Release lets it go on.
func (p *Proxy) Hold() { p.gate.close() }

// Release ends Hold.
func (p *Proxy) Release() { p.gate.open() }

// Close ends the proxy, its connections and its goroutines.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stopListening()
	p.Cut(Close)
	p.gate.open()
	p.work.Wait()
}

func (p *Proxy) stopListening() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // too many files are open
			continue
		}
		p.accepted.Add(1)
		p.work.Go(func() { p.serve(client) })
	}
}

// serve passes one connection on until it ends.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		client.Close()
		return
	}
	c := &conn{proxy: p, done: make(chan struct{}), waiting: map[int16]waiting{}}
	c.client.TCPConn, c.server.TCPConn = client.(*net.TCPConn), server.(*net.TCPConn)
	p.mu.Lock()
	p.conns[c] = struct{}{}
	down := p.listener == nil
	p.mu.Unlock()
	if down {
		c.end(Close)
	}
	p.work.Go(func() {
		c.answers()
		c.end(Close)
	})
	c.requests()
	c.end(Close)
	client.Close()
}

func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) count(r Request) {
	if r.Kind&(Prepare|Internal|Control) != 0 {
		return
	}
	p.requests.Add(1)
	if r.Kind&Conditional != 0 {
		p.conditional.Add(1)
	}
}

// Config is a gocql configuration that reaches the servers through the proxies alone.
// Several proxies may stand before one server, each with an IP address of its own: gocql then
// sees as many hosts, until its control connection is cut.
func Config(proxies ...*Proxy) *gocql.ClusterConfig {
	config := gocql.NewCluster()
	config.Logger = silent{}
	config.Timeout, config.ConnectTimeout = 10*time.Second, 10*time.Second
	config.ReconnectInterval = 100 * time.Millisecond // a minute otherwise until a cut host is tried again
	Route(config, proxies...)
	return config
}

// Config is a gocql configuration that reaches the server through the proxy alone.
func (p *Proxy) Config() *gocql.ClusterConfig { return Config(p) }

// Route makes a configuration reach the servers through the proxies alone.
func Route(config *gocql.ClusterConfig, proxies ...*Proxy) {
	config.Hosts = nil
	through := map[string]*net.TCPAddr{} // what servers call themselves → where they are reached
	var first *net.TCPAddr
	for _, p := range proxies {
		config.Hosts = append(config.Hosts, p.Addr())
		addr, _ := net.ResolveTCPAddr("tcp", p.Addr())
		if through[p.target] = addr; first == nil {
			first = addr
		}
	}
	config.AddressTranslator = gocql.AddressTranslatorFunc(func(ip net.IP, port int) (net.IP, int) {
		addr := through[(&net.TCPAddr{IP: ip, Port: port}).String()]
		if len(through) == 1 {
			addr = first // whatever the one server calls itself
		}
		if addr == nil {
			return ip, port
		}
		return addr.IP, addr.Port
	})
	if len(through) < len(proxies) {
		// The server knows of one host, where the proxies are several.
		config.DisableInitialHostLookup = true
		config.Events.DisableNodeStatusEvents, config.Events.DisableTopologyEvents = true, true
	}
}

// silent keeps gocql from printing what faults make it say.
type silent struct{}

func (silent) Print(...any)          {}
func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// gate holds back whoever passes while it is closed.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed when the gate opens; nil: it is open
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil {
		g.shut = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// pass waits until the gate is open, or done.
func (g *gate) pass(done <-chan struct{}) {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case <-shut:
		case <-done:
		}
	}
}
