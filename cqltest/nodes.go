package cqltest

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
)

// Node says where a node of a [Cluster] stands. An empty field is "datacenter1" or
// "rack1".
type Node struct{ Datacenter, Rack string }

// Nodes returns n nodes of a datacenter, each in a rack of its own.
func Nodes(n int, datacenter string) []Node {
	nodes := make([]Node, n)
	for i := range nodes {
		nodes[i] = Node{datacenter, fmt.Sprintf("rack%d", i+1)}
	}
	return nodes
}

// Cluster is several servers that are the nodes of one cluster. They share one set of
// data: what one of them has written is there for all. What makes them several is what
// clients see: each has an address, peers, a datacenter and a rack; each has its own
// faults and its own log; and each can be down or paused, of which the others hear. A
// statement whose partitions have too few replicas up for its consistency level is
// refused as UNAVAILABLE, and with too few that answer it times out: a plain write is
// applied then, a conditional one is not.
type Cluster struct {
	servers []*Server
	engine  *exec.Engine
}

// RunCluster starts a cluster for one test and closes it when the test ends. If it
// cannot start, the test fails at once. The nodes listen on 127.0.0.1, 127.0.0.2 and so
// on, on one port; where only 127.0.0.1 exists, as on macOS, use [WithPipe]. Options are
// those of [Run], less those that say where a server stands: [WithAddress],
// [WithDatacenter] and [WithPeer].
func RunCluster(t TB, nodes []Node, opts ...Option) *Cluster {
	t.Helper()
	c, err := startCluster(nodes, newConfig(opts))
	if err != nil {
		t.Fatalf("cqltest: %v", err)
		return nil
	}
	for _, s := range c.servers {
		s.t = t
		t.Cleanup(s.Close)
	}
	for _, s := range c.servers {
		t.Cleanup(s.checkFaults)
	}
	return c
}

func startCluster(nodes []Node, config config) (*Cluster, error) {
	switch {
	case len(nodes) == 0:
		return nil, errors.New("a cluster without nodes")
	case config.address != defaultAddress || config.datacenter != "" || config.peers != nil:
		return nil, errors.New("WithAddress, WithDatacenter and WithPeer are not for RunCluster, which says where its nodes stand")
	}
	listeners, addrs, err := listenTogether(len(nodes), config.pipe)
	if err != nil {
		return nil, err
	}
	engineNodes := make([]server.Node, len(nodes))
	for i, n := range nodes {
		engineNodes[i] = server.Node{Address: addrs[i].IP.String(), Port: addrs[i].Port, DataCenter: n.Datacenter, Rack: n.Rack}
	}
	c := &Cluster{engine: config.engine(engineNodes, true)}
	for i, addr := range addrs {
		s := newServer(config, c.engine, i, addr)
		s.cluster = c
		c.servers = append(c.servers, s)
	}
	if err := c.servers[0].initialize(); err != nil {
		for _, l := range listeners {
			l.Close()
		}
		return nil, err
	}
	first := c.servers[0]
	for i, s := range c.servers {
		s.start, s.direct, s.keyspace = first.start, first.direct, first.keyspace
		s.direct.Node = i
		s.serve()
		if listeners != nil {
			s.wire.Listen(listeners[i])
		}
	}
	return c, nil
}

// listenTogether listens on the addresses of n nodes, which have one port. For pipes it
// only chooses them.
func listenTogether(n int, pipe bool) (listeners []net.Listener, addrs []*net.TCPAddr, err error) {
	const attempts = 20 // the port may be taken on another address
	for range attempts {
		port := 0
		if pipe {
			port = defaultPort
		}
		listeners, addrs, err = nil, nil, nil
		for i := range n {
			addr := &net.TCPAddr{IP: net.IPv4(127, 0, byte(i/250), byte(i%250+1)), Port: port}
			if !pipe {
				l, failed := net.ListenTCP("tcp", addr)
				if err = failed; err != nil {
					break
				}
				listeners = append(listeners, l)
				addr.Port = l.Addr().(*net.TCPAddr).Port
				port = addr.Port
			}
			addrs = append(addrs, addr)
		}
		if err == nil {
			return listeners, addrs, nil
		}
		for _, l := range listeners {
			l.Close()
		}
	}
	return nil, nil, fmt.Errorf("nodes need addresses of their own; without them use WithPipe: %w", err)
}

// Nodes returns the servers, in the order of the nodes.
func (c *Cluster) Nodes() []*Server { return slices.Clone(c.servers) }

// Node returns the ith server, counted from 0.
func (c *Cluster) Node(i int) *Server { return c.servers[i] }

// Config returns a configuration for gocql that knows all nodes and suits tests as that
// of [Server.Cluster] does. Each call returns a new one, to be changed at will.
func (c *Cluster) Config() *gocql.ClusterConfig {
	config := c.servers[0].Cluster()
	config.Hosts = nil
	for _, s := range c.servers {
		config.Hosts = append(config.Hosts, s.addr.IP.String())
	}
	return config
}

// Stop takes a node of a [Cluster] down: its connections are cut, new ones are refused,
// and the other nodes tell their clients.
func (s *Server) Stop() { s.setNode(server.Down) }

// Pause has a node of a [Cluster] fall silent: clients can connect, but nothing is
// answered, and as a replica it takes part in nothing. The other nodes take it for up.
func (s *Server) Pause() { s.setNode(server.Paused) }

// Resume brings a node back that was stopped or paused. What clients sent to a paused
// node is answered now. It has the data that was written meanwhile.
func (s *Server) Resume() { s.setNode(server.Up) }

func (s *Server) setNode(state server.NodeState) {
	if s.cluster == nil {
		s.fail(errors.New("a server that is not of a RunCluster cannot be stopped or paused"))
		return
	}
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	was := s.state
	s.state = state
	s.cluster.engine.SetNode(s.node, state)
	if state == server.Paused {
		s.wire.Pause()
	} else {
		s.wire.Resume()
	}
	switch {
	case state == server.Down && was != server.Down:
		s.wire.Unlisten()
	case was == server.Down && state != server.Down && !s.config.pipe:
		l, err := net.ListenTCP("tcp", s.addr)
		if err != nil {
			s.fail(err)
			return
		}
		s.wire.Listen(l)
	}
	if (was == server.Down) == (state == server.Down) {
		return
	}
	for _, other := range s.cluster.servers {
		if other != s {
			other.wire.PublishStatus(state != server.Down, s.addr)
		}
	}
}

// isDown says whether the server refuses connections.
func (s *Server) isDown() bool {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	return s.state == server.Down
}
