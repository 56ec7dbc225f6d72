package cqltest_test

import (
	"net"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const clusterSchema = `
	CREATE KEYSPACE three WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 3};
	CREATE KEYSPACE one WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
	CREATE TABLE three.t (k int PRIMARY KEY, v int);
	CREATE TABLE one.t (k int PRIMARY KEY, v int)`

func startCluster(t *testing.T, nodes []cqltest.Node, opts ...cqltest.Option) (*cqltest.Cluster, *gocql.ClusterConfig) {
	cluster := cqltest.RunCluster(t, nodes, append(opts, cqltest.WithSchema(clusterSchema))...)
	config := cluster.Config()
	config.Consistency = gocql.Quorum
	return cluster, config
}

func sessionOf(t *testing.T, config *gocql.ClusterConfig) *gocql.Session {
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// at sends statements to one node only.
func at(t *testing.T, config *gocql.ClusterConfig, node *cqltest.Server) *gocql.Session {
	c := *config
	host, _, _ := net.SplitHostPort(node.Addr())
	c.Hosts = []string{host}
	c.HostFilter = gocql.WhiteListHostFilter(host)
	c.PoolConfig.HostSelectionPolicy = gocql.RoundRobinHostPolicy()
	return sessionOf(t, &c)
}

func unavailable(t *testing.T, err error, level gocql.Consistency, required, alive int) {
	t.Helper()
	var e *gocql.RequestErrUnavailable
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{level, required, alive}, []any{e.Consistency, e.Required, e.Alive})
}

// Every node tells of itself and of the others, over TCP and over pipes, and a driver that
// knows tokens sends each statement to a node that has its partition.
func TestClusterTopology(t *testing.T) {
	for name, opts := range map[string][]cqltest.Option{"tcp": nil, "pipe": {cqltest.WithPipe()}} {
		t.Run(name, func(t *testing.T) {
			nodes := append(cqltest.Nodes(3, "east"), cqltest.Node{Datacenter: "west"})
			cluster, config := startCluster(t, nodes, opts...)
			for i, node := range cluster.Nodes() {
				session := at(t, config, node)
				var datacenter, rack string
				require.NoError(t, session.Query("SELECT data_center, rack FROM system.local").Scan(&datacenter, &rack))
				want := nodes[i]
				if want.Rack == "" {
					want.Rack = "rack1"
				}
				require.Equal(t, want, cqltest.Node{Datacenter: datacenter, Rack: rack})
				peers := session.Query("SELECT peer, tokens FROM system.peers").Iter()
				require.Equal(t, 3, peers.NumRows())
				require.NoError(t, peers.Close())
			}

			config.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())
			config.Keyspace = "one"
			session := sessionOf(t, config)
			for _, node := range cluster.Nodes() {
				node.ResetLog()
			}
			for k := range 40 {
				require.NoError(t, session.Query("INSERT INTO one.t (k, v) VALUES (?, 1)", k).Consistency(gocql.One).Exec())
			}
			for _, node := range cluster.Nodes() {
				sent := node.Log()
				require.NotEmpty(t, sent, "all nodes have partitions")
				k := sent[0].Values()[0].(int)
				node.Stop() // the only replica
				other := cluster.Node(0)
				if node == other {
					other = cluster.Node(1)
				}
				err := at(t, config, other).Query("SELECT v FROM one.t WHERE k = ?", k).Consistency(gocql.One).Exec()
				unavailable(t, err, gocql.One, 1, 0)
				node.Resume()
			}
		})
	}
}

func TestNodesDown(t *testing.T) {
	cluster, config := startCluster(t, cqltest.Nodes(3, "dc"))
	last := at(t, config, cluster.Node(2))
	insert := func(level gocql.Consistency) error {
		return last.Query("INSERT INTO three.t (k, v) VALUES (1, 1)").Consistency(level).Exec()
	}
	require.NoError(t, insert(gocql.All))

	cluster.Node(0).Stop()
	require.NoError(t, insert(gocql.Quorum))
	unavailable(t, insert(gocql.All), gocql.All, 3, 2)
	first := *config
	first.Hosts = first.Hosts[:1]
	_, err := first.CreateSession()
	require.Error(t, err, "its port is closed")
	require.NoError(t, sessionOf(t, config).Query("SELECT v FROM three.t").Exec(), "a driver finds the others")

	cluster.Node(1).Stop()
	require.NoError(t, insert(gocql.One))
	unavailable(t, insert(gocql.Quorum), gocql.Quorum, 2, 1)
	unavailable(t, last.Query("SELECT v FROM three.t").Exec(), gocql.Quorum, 2, 1)
	_, err = last.Query("UPDATE three.t SET v = 2 WHERE k = 1 IF v = 1").Consistency(gocql.One).MapScanCAS(map[string]any{})
	unavailable(t, err, gocql.Consistency(gocql.Serial), 2, 1)
	require.Equal(t, 1, cluster.Node(2).MustRows("SELECT v FROM three.t WHERE k = 1")[0]["v"], "past the network nothing is refused")

	cluster.Node(0).Resume()
	require.NoError(t, insert(gocql.Quorum))
	require.NoError(t, at(t, config, cluster.Node(0)).Query("SELECT v FROM three.t").Exec())
}

// A paused replica is one that does not answer: a plain write is there all the same, a
// conditional one is not.
func TestNodesPaused(t *testing.T) {
	cluster, config := startCluster(t, cqltest.Nodes(3, "dc"))
	session := at(t, config, cluster.Node(0))
	impatient := *config
	impatient.Timeout = time.Second
	silent := at(t, &impatient, cluster.Node(1))
	cluster.Node(1).Pause()
	require.NoError(t, session.Query("INSERT INTO three.t (k, v) VALUES (1, 1)").Exec())
	require.ErrorIs(t, silent.Query("SELECT v FROM three.t").RetryPolicy(nil).Exec(), gocql.ErrTimeoutNoResponse)

	cluster.Node(2).Pause()
	var timeout *gocql.RequestErrWriteTimeout
	require.ErrorAs(t, session.Query("INSERT INTO three.t (k, v) VALUES (2, 1)").Exec(), &timeout)
	require.Equal(t, []any{"SIMPLE", 1, 2, gocql.Quorum}, []any{timeout.WriteType, timeout.Received, timeout.BlockFor, timeout.Consistency})
	require.Len(t, cluster.Node(0).MustRows("SELECT * FROM three.t WHERE k = 2"), 1)

	_, err := session.Query("INSERT INTO three.t (k, v) VALUES (3, 1) IF NOT EXISTS").RetryPolicy(nil).MapScanCAS(map[string]any{})
	require.ErrorAs(t, err, &timeout)
	require.Equal(t, "CAS", timeout.WriteType)
	require.Empty(t, cluster.Node(0).MustRows("SELECT * FROM three.t WHERE k = 3"))

	var read *gocql.RequestErrReadTimeout
	require.ErrorAs(t, session.Query("SELECT v FROM three.t WHERE k = 1").Exec(), &read)
	require.Equal(t, []any{1, 2}, []any{read.Received, read.BlockFor})

	cluster.Node(1).Resume()
	require.NoError(t, session.Query("SELECT v FROM three.t WHERE k = 1").Exec())
	require.Eventually(t, func() bool { return silent.Query("SELECT v FROM three.t").Exec() == nil }, 5*time.Second, 10*time.Millisecond)
}

func TestDatacenters(t *testing.T) {
	cluster, config := startCluster(t, append(cqltest.Nodes(3, "east"), cqltest.Nodes(3, "west")...))
	config.PoolConfig.HostSelectionPolicy = gocql.DCAwareRoundRobinPolicy("west")
	session := sessionOf(t, config)
	for _, node := range cluster.Nodes() {
		node.ResetLog()
	}
	for k := range 12 {
		require.NoError(t, session.Query("INSERT INTO three.t (k, v) VALUES (?, 1)", k).Consistency(gocql.LocalQuorum).Exec())
	}
	for i, node := range cluster.Nodes() {
		require.Equal(t, i >= 3, len(node.Log()) > 0, "node %d", i)
	}

	west := at(t, config, cluster.Node(3))
	write := func(level gocql.Consistency) error {
		return west.Query("INSERT INTO three.t (k, v) VALUES (1, 1)").Consistency(level).RetryPolicy(nil).Exec()
	}
	for i := range 3 {
		cluster.Node(i).Stop()
	}
	require.NoError(t, write(gocql.LocalQuorum))
	unavailable(t, write(gocql.EachQuorum), gocql.EachQuorum, 2, 0)
	unavailable(t, write(gocql.Quorum), gocql.Quorum, 4, 3)
	local := west.Query("INSERT INTO three.t (k, v) VALUES (50, 1) IF NOT EXISTS").Consistency(gocql.LocalQuorum).SerialConsistency(gocql.LocalSerial)
	applied, err := local.MapScanCAS(map[string]any{})
	require.NoError(t, err)
	require.True(t, applied)

	cluster.Node(0).Resume()
	require.NoError(t, write(gocql.Quorum))
	cluster.Node(4).Stop()
	cluster.Node(5).Stop()
	unavailable(t, write(gocql.LocalQuorum), gocql.LocalQuorum, 2, 1)
	require.NoError(t, write(gocql.LocalOne))
}

// nextHost retries once, on another coordinator.
type nextHost struct{}

func (nextHost) Attempt(q gocql.RetryableQuery) bool { return q.Attempts() <= 1 }
func (nextHost) GetRetryType(error) gocql.RetryType  { return gocql.RetryNextHost }

// A fault is one node's: a retry on another coordinator gets past it.
func TestFaultsOfANode(t *testing.T) {
	cluster, config := startCluster(t, cqltest.Nodes(2, "dc"))
	session := sessionOf(t, config)
	fault := cluster.Node(0).Fault(cqltest.On(cqltest.Select, "three.t"), cqltest.Overloaded())
	failed := 0
	for range 10 {
		if session.Query("SELECT v FROM three.t").Consistency(gocql.One).RetryPolicy(nil).Exec() != nil {
			failed++
		}
	}
	require.Equal(t, fault.Hits(), failed)
	require.Less(t, failed, 10)
	require.Positive(t, failed)
	for range 10 {
		require.NoError(t, session.Query("SELECT v FROM three.t").Consistency(gocql.One).RetryPolicy(nextHost{}).Exec())
	}
}

func TestRunClusterRefuses(t *testing.T) {
	for name, opts := range map[string][]cqltest.Option{
		"without nodes": nil, "address": {cqltest.WithAddress("127.0.0.1:9042")}, "datacenter": {cqltest.WithDatacenter("dc")}, "peer": {cqltest.WithPeer("127.0.0.2:9042", "dc")},
	} {
		tb := &recordingTB{}
		nodes := cqltest.Nodes(1, "dc")
		if opts == nil {
			nodes = nil
		}
		require.Nil(t, cqltest.RunCluster(tb, nodes, opts...), name)
		require.NotEmpty(t, tb.failure, name)
	}
	tb := &recordingTB{}
	cqltest.RunT(tb).Stop()
	require.Contains(t, tb.failure, "not of a RunCluster")
	tb.end()

	tb = &recordingTB{}
	require.Nil(t, cqltest.RunCluster(tb, cqltest.Nodes(2, "dc"), cqltest.WithSchema("nonsense")))
	require.NotEmpty(t, tb.failure)
}
