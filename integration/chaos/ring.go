package chaos

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/integration/cassandra"
)

// port is that of the nodes and of the proxies before them.
const port = 9042

// Ring is a cluster whose nodes are reached through proxies only.
type Ring struct {
	Cluster *cassandra.Cluster
	links   []*link
}

// NewRing puts a proxy before each node, whose address is the node's with 100 more in the
// last place.
func NewRing(ctx context.Context, c *cassandra.Cluster) (*Ring, error) {
	r := &Ring{Cluster: c}
	for _, node := range c.Nodes() {
		l, err := newLink(join(before(net.ParseIP(node.Address()))), join(net.ParseIP(node.Address())))
		if err != nil {
			r.Close()
			return nil, err
		}
		r.links = append(r.links, l)
	}
	return r, nil
}

// Close ends the proxies.
func (r *Ring) Close() {
	for _, l := range r.links {
		l.close()
	}
}

func before(node net.IP) net.IP {
	ip := append(net.IP(nil), node.To4()...)
	ip[3] += 100
	return ip
}

func join(ip net.IP) string { return fmt.Sprintf("%s:%d", ip, port) }

// Config returns how a client reaches the cluster through the proxies. It waits longer
// than a healthy server takes, and shorter than a paused one.
func (r *Ring) Config() *gocql.ClusterConfig {
	config := r.Cluster.Config()
	config.Hosts = nil
	for _, l := range r.links {
		config.Hosts = append(config.Hosts, l.listener.Addr().(*net.TCPAddr).IP.String())
	}
	config.AddressTranslator = gocql.AddressTranslatorFunc(func(ip net.IP, port int) (net.IP, int) {
		if ip.To4() != nil && ip.To4()[3] < 100 {
			ip = before(ip)
		}
		return ip, port
	})
	config.Timeout = 3 * time.Second
	config.ConnectTimeout = 3 * time.Second
	config.ReconnectInterval = time.Second
	config.WriteCoalesceWaitTime = 0
	config.MaxWaitSchemaAgreement = 20 * time.Second
	return config
}

// session connects, and tries again while the cluster recovers.
func session(ctx context.Context, config *gocql.ClusterConfig) (s *gocql.Session, err error) {
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
