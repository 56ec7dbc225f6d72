package apache_test

import (
	"testing"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// TestCqltest: a session of Apache's driver on an embedded server. The log's values of gocql convert.
func TestCqltest(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner uuid)"))
	cluster := gocql.NewCluster(srv.Addr())
	cluster.Keyspace = "app"
	cluster.Dialer = srv.Dialer() // in memory; a server of WithPipe has no other way
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()

	owner := gocql.MustRandomUUID()
	applied, err := session.Query("INSERT INTO locks (name, owner) VALUES (?, ?) IF NOT EXISTS", "deploy", owner).MapScanCAS(map[string]any{})
	require.NoError(t, err)
	require.True(t, applied)
	require.EqualValues(t, owner, srv.MustRows("SELECT owner FROM locks")[0]["owner"])
	sent := srv.Log().Matching(cqltest.On(cqltest.Conditional, "locks"))
	require.Equal(t, gocql.Quorum, gocql.Consistency(sent[0].Consistency))
}

// TestCqltestNodes: a session of Apache's driver on the nodes of an embedded cluster, two of which are down.
func TestCqltestNodes(t *testing.T) {
	nodes := cqltest.RunCluster(t, cqltest.Nodes(3, "east"), cqltest.WithPipe(),
		cqltest.WithSchema("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}; CREATE TABLE app.locks (name text PRIMARY KEY)"))
	nodes.Node(1).Stop()
	nodes.Node(2).Stop()
	cluster := gocql.NewCluster(nodes.Node(0).Addr())
	cluster.Dialer = nodes.Node(0).Dialer()
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	err = session.Query("INSERT INTO app.locks (name) VALUES ('deploy') IF NOT EXISTS").Exec()
	var unavailable *gocql.RequestErrUnavailable
	require.ErrorAs(t, err, &unavailable)
	require.Equal(t, []int{2, 1}, []int{unavailable.Required, unavailable.Alive})
}
