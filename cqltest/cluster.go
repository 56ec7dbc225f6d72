package cqltest

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gocql/gocql"
)

// Cluster returns a configuration for gocql that suits tests: protocol
// version 4, one connection, a timeout of 5 seconds, no wait to coalesce writes,
// no events, no reconnecting in the background. Each call returns a new one, to
// be changed at will.
func (s *Server) Cluster() *gocql.ClusterConfig {
	c := gocql.NewCluster(s.addr.IP.String())
	c.Port = s.addr.Port
	c.ProtoVersion = 4
	c.Timeout = 5 * time.Second
	c.ConnectTimeout = 5 * time.Second
	c.NumConns = 1
	c.WriteCoalesceWaitTime = 0
	c.ReconnectInterval = 0
	c.Events.DisableNodeStatusEvents = true
	c.Events.DisableTopologyEvents = true
	c.Events.DisableSchemaEvents = true
	s.directMu.Lock()
	c.Keyspace = s.keyspace
	s.directMu.Unlock()
	if s.config.user != "" {
		c.Authenticator = gocql.PasswordAuthenticator{Username: s.config.user, Password: s.config.password}
	}
	if s.config.pipe {
		c.Dialer = s.Dialer()
	}
	return c
}

// Dialer connects to the server in memory, whatever address it is given.
// [Server.Cluster] uses it by itself for a server started [WithPipe].
//
// For a node of a [RunCluster] it connects to the node that has the address.
func (s *Server) Dialer() gocql.Dialer { return dialer{s, 0} }

// SkewedDialer is [Server.Dialer] for a client whose clock is ahead by d, or behind if
// that is negative: the timestamps that its driver gives to writes are moved by it.
func (s *Server) SkewedDialer(d time.Duration) gocql.Dialer { return dialer{s, d} }

type dialer struct {
	s    *Server
	skew time.Duration
}

func (d dialer) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	s := d.s.at(address)
	if s == nil || s.isDown() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	client, server := net.Pipe()
	from := clientAddr()
	s.wire.Serve(pipe{server, s.addr, from}, d.skew)
	return pipe{client, from, s.addr}, nil
}

// pipes counts the pipes that have been opened.
var pipes atomic.Uint32

// clientAddr returns an address for the client's end of a pipe: one that no recent pipe has.
func clientAddr() *net.TCPAddr {
	const first, ports = 49152, 16384 // those that a system chooses by itself
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first + int(pipes.Add(1)%ports)}
}

// at returns the server that has an address: of a cluster's, the node there; one that is
// alone has every address.
func (s *Server) at(address string) *Server {
	if s.cluster == nil {
		return s
	}
	host, _, _ := net.SplitHostPort(address)
	for _, node := range s.cluster.servers {
		if node.addr.IP.String() == host {
			return node
		}
	}
	return nil
}

// pipe is a net.Pipe that looks like a TCP connection to drivers, which take
// the address of a host from it.
type pipe struct {
	net.Conn
	local, remote *net.TCPAddr
}

func (p pipe) LocalAddr() net.Addr  { return p.local }
func (p pipe) RemoteAddr() net.Addr { return p.remote }

// Write does not wait for a reader of nothing, as net.Pipe would.
func (p pipe) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return p.Conn.Write(b)
}
