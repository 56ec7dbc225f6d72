package cqltest

import (
	"context"
	"net"
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
func (s *Server) Dialer() gocql.Dialer { return dialer{s} }

type dialer struct{ s *Server }

func (d dialer) DialContext(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	d.s.wire.Serve(pipe{server, d.s.addr})
	return pipe{client, d.s.addr}, nil
}

// pipe is a net.Pipe that looks like a TCP connection to drivers, which take
// the address of a host from it.
type pipe struct {
	net.Conn
	addr *net.TCPAddr
}

func (p pipe) LocalAddr() net.Addr  { return p.addr }
func (p pipe) RemoteAddr() net.Addr { return p.addr }

// Write does not wait for a reader of nothing, as net.Pipe would.
func (p pipe) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return p.Conn.Write(b)
}
