package cassandra_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

// TestFaults takes three nodes through a pause, a kill and a restart, with a
// lightweight transaction at each step: two of three replicas decide.
func TestFaults(t *testing.T) {
	long(t)
	cluster := cassandra.Run(t, cassandra.Options{Nodes: 3, Faults: true, SyncEveryWrite: true})
	nodes := cluster.Nodes()
	require.Len(t, nodes, 3)

	// The session talks to the first node alone, which stays up.
	config := cluster.Config()
	config.Consistency = gocql.Quorum
	config.HostFilter = gocql.WhiteListHostFilter(nodes[0].Address())
	config.MaxWaitSchemaAgreement = 5 * time.Second // in vain, once a node is down
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	table := cassandra.NewKeyspace(t, session) + ".lock"
	require.NoError(t, session.Query("CREATE TABLE "+table+" (k int PRIMARY KEY, v int)").Exec())
	require.NoError(t, session.AwaitSchemaAgreement(t.Context()))

	insert := func(k int) string {
		return answer(session, fmt.Sprintf("INSERT INTO %s (k, v) VALUES (%d, %d) IF NOT EXISTS", table, k, k))
	}
	applied := func(k int) {
		t.Helper()
		require.Equal(t, "[applied]=true", insert(k))
	}
	// A node that comes or goes is noticed after a while.
	eventually := func(k int) {
		t.Helper()
		require.Eventually(t, func() bool {
			got := insert(k)
			return got == "[applied]=true" || got == fmt.Sprintf("[applied]=false k=%d v=%d", k, k)
		}, time.Minute, 200*time.Millisecond)
	}

	applied(1)
	require.NoError(t, nodes[2].Pause())
	eventually(2)
	require.NoError(t, nodes[1].Pause())
	require.Contains(t, insert(3), "error", "one replica of three must not decide")
	require.NoError(t, nodes[1].Resume())
	require.NoError(t, nodes[2].Resume())
	eventually(4)

	require.NoError(t, nodes[2].Kill())
	eventually(5)
	require.NoError(t, nodes[2].Restart(t.Context()))
	require.NoError(t, nodes[1].Kill())
	eventually(6)

	var v int
	require.NoError(t, session.Query("SELECT v FROM "+table+" WHERE k = 1").Consistency(gocql.Quorum).Scan(&v))
	require.Equal(t, 1, v)
}
