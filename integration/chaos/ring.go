package chaos

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/proxy"
)

// port is that of the nodes and of the proxies before them.
const port = 9042

// Ring is a cluster whose nodes are reached through proxies only.
type Ring struct {
	Cluster *cassandra.Cluster
	proxies []*proxy.Proxy
}

// NewRing puts a proxy before each node. Its address is the node's with 100 more in the
// last place.
func NewRing(ctx context.Context, c *cassandra.Cluster) (*Ring, error) {
	r := &Ring{Cluster: c}
	for _, node := range c.Nodes() {
		ip := net.ParseIP(node.Address()).To4()
		ip[3] += 100
		p, err := proxy.Start(ctx, fmt.Sprintf("%s:%d", ip, port), fmt.Sprintf("%s:%d", node.Address(), port))
		if err != nil {
			r.Close()
			return nil, err
		}
		r.proxies = append(r.proxies, p)
	}
	return r, nil
}

// Close ends the proxies.
func (r *Ring) Close() {
	for _, p := range r.proxies {
		p.Close()
	}
}

// config returns how a client reaches the cluster through the proxies. It waits longer
// than a healthy server takes, and shorter than a paused one.
func (r *Ring) config() *gocql.ClusterConfig {
	config := proxy.Config(r.proxies...)
	config.Timeout = 3 * time.Second
	config.ConnectTimeout = 3 * time.Second
	config.ReconnectInterval = time.Second
	config.WriteCoalesceWaitTime = 0
	return config
}

// connect makes a session, and tries again while the cluster recovers.
func connect(ctx context.Context, config *gocql.ClusterConfig) (s *gocql.Session, err error) {
	for {
		if s, err = config.CreateSession(); err == nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(500 * time.Millisecond):
		}
	}
}
