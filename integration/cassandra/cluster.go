package cassandra

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"golang.org/x/sync/errgroup"
)

// Cluster is a server that answers, of one or more nodes.
type Cluster struct {
	hosts    []string
	password bool
	outside  *net.TCPAddr // where to reach a server that does not know its own address
	nodes    []*Node
	alive    func() error // the server's end, while it starts
	stop     func() error
}

// Start starts a cluster, by the first way that the machine offers, and
// returns when it answers. Stop must be called in the end.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	o = o.withDefaults()
	way := os.Getenv("COODIE_CASSANDRA")
	switch way {
	case "", "docker", "jars":
	default:
		return nil, fmt.Errorf("COODIE_CASSANDRA=%s: want docker or jars", way)
	}
	hosts := splitHosts(os.Getenv("COODIE_HOSTS"))
	if way == "" && len(hosts) > 0 && o.anyServer(len(hosts)) {
		return &Cluster{hosts: hosts}, nil
	}
	if way == "jars" || o.jarsOnly() {
		return startJars(ctx, o)
	}
	c, dockerErr := startDocker(ctx, o)
	if dockerErr == nil || way == "docker" {
		return c, dockerErr
	}
	fmt.Fprintf(o.Log, "docker does not serve: %v\n", dockerErr)
	c, jarsErr := startJars(ctx, o)
	if jarsErr != nil {
		return nil, fmt.Errorf("COODIE_HOSTS is not set\ndocker: %w\njars: %w", dockerErr, jarsErr)
	}
	return c, nil
}

func splitHosts(list string) []string {
	var hosts []string
	for _, host := range strings.Split(list, ",") {
		if host = strings.TrimSpace(host); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Hosts returns the contact points, as gocql takes them.
func (c *Cluster) Hosts() []string { return c.hosts }

// Nodes returns the nodes that can be paused and killed: none, unless the
// cluster runs from the jars.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Config returns a new gocql configuration that reaches the cluster, for the
// caller to change.
func (c *Cluster) Config() *gocql.ClusterConfig {
	config := gocql.NewCluster(c.hosts...)
	// A loaded machine is slow, and a test that is slow should still pass.
	config.Timeout = 20 * time.Second
	config.ConnectTimeout = 20 * time.Second
	config.Logger = silent{}
	if c.outside != nil {
		config.Port = c.outside.Port
		config.AddressTranslator = gocql.AddressTranslatorFunc(func(net.IP, int) (net.IP, int) {
			return c.outside.IP, c.outside.Port
		})
	}
	if c.password {
		config.Authenticator = gocql.PasswordAuthenticator{Username: "cassandra", Password: "cassandra"}
	}
	return config
}

// Stop ends the cluster and removes its data. A server named by COODIE_HOSTS
// goes on.
func (c *Cluster) Stop() error {
	if c.stop == nil {
		return nil
	}
	return c.stop()
}

func startJars(ctx context.Context, o Options) (_ *Cluster, err error) {
	java, err := findJava(ctx)
	if err != nil {
		return nil, err
	}
	jars, err := Jars(ctx, o)
	if err != nil {
		return nil, err
	}
	var mark io.Closer = io.NopCloser(nil)
	addresses := o.Addresses
	switch {
	case len(addresses) == 0:
		addresses, mark, err = reserve(o.Nodes)
	case len(addresses) != o.Nodes:
		err = fmt.Errorf("%d addresses for %d nodes", len(addresses), o.Nodes)
	default:
		err = checkFree(addresses)
	}
	if err != nil {
		return nil, err
	}
	dir, lock, err := newDataDir()
	if err != nil {
		mark.Close()
		return nil, err
	}
	c := &Cluster{hosts: addresses, password: o.Password}
	c.stop = func() error {
		var errs []error
		for _, n := range c.nodes {
			errs = append(errs, n.Kill()) // nobody will read its data
		}
		return errors.Join(append(errs, os.RemoveAll(dir), lock.Close(), mark.Close())...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()

	fmt.Fprintf(o.Log, "starting Cassandra %s on %s, port %d\n", o.Version, strings.Join(addresses, ", "), nativePort)
	group, starting := errgroup.WithContext(ctx)
	for i, address := range addresses {
		n := &Node{address: address, dir: filepath.Join(dir, "node"+strconv.Itoa(i+1)), java: java}
		n.args = javaArgs(o, jars, n.dir)
		if err := os.Mkdir(n.dir, 0o755); err != nil {
			return nil, err
		}
		if err := writeConfig(n.dir, settings(o, addresses, i)); err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	for _, n := range c.nodes {
		group.Go(func() error { return n.start(starting) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return c, c.awaitReady(ctx)
}

// awaitReady waits until a client can log in to each node, and each node has
// seen that all the others are up and has their schema.
func (c *Cluster) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	for _, host := range c.hosts {
		for {
			err := c.checkReady(ctx, host)
			if err == nil {
				break
			}
			if c.alive != nil {
				if err := c.alive(); err != nil {
					return err
				}
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("cassandra at %s: %w: %w", host, context.Cause(ctx), err)
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	return nil
}

// checkReady reads a table through one node from as many replicas as it has, and compares
// what the node knows of the schemas.
func (c *Cluster) checkReady(ctx context.Context, host string) error {
	config := c.Config()
	config.Hosts = []string{host}
	if len(c.nodes) > 0 {
		config.HostFilter = gocql.WhiteListHostFilter(host)
	}
	session, err := config.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	// system_distributed is replicated three times.
	replicas := []gocql.Consistency{gocql.One, gocql.Two, gocql.Three}[min(max(len(c.nodes), 1), 3)-1]
	err = session.Query("SELECT * FROM system_distributed.view_build_status LIMIT 1").
		WithContext(ctx).Consistency(replicas).Exec()
	if err != nil {
		return err
	}
	return session.AwaitSchemaAgreement(ctx)
}

// silent keeps gocql's reports of dying nodes out of the tests' output.
type silent struct{}

func (silent) Print(...any)          {}
func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
