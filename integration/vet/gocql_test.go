package vet

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const (
	insert = "INSERT INTO jobs (id, owner, state, attempts) VALUES ('a', ?, ?, ?) IF NOT EXISTS"
	update = "UPDATE jobs SET owner = ? WHERE id = 'a' IF owner = ?"
)

// connect starts a server, or several nodes of one, with a table of jobs, and opens a session.
func connect(t *testing.T, nodes int, change ...func(*gocql.ClusterConfig)) (*cqltest.Cluster, *gocql.Session) {
	t.Helper()
	cluster := cqltest.RunCluster(t, cqltest.Nodes(nodes, "dc1"), cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE app.jobs (id text PRIMARY KEY, owner text, state text, attempts int)"))
	config := cluster.Config()
	for _, c := range change {
		c(config)
	}
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return cluster, session
}

func ownerOf(t *testing.T, session *gocql.Session) (owner string) {
	t.Helper()
	require.NoError(t, session.Query("SELECT owner FROM jobs WHERE id = 'a'").Scan(&owner))
	return owner
}

// casexec: Exec returns nil for a refused statement, and so do ExecuteBatch and gocqlx; MapScan sees no answer.
func TestExecOfARefusedStatement(t *testing.T) {
	_, session := connect(t, 1)
	require.NoError(t, session.Query(insert, "ann", "new", 0).Exec())
	require.NoError(t, session.Query(insert, "bob", "new", 0).Exec())

	batch := session.NewBatch(gocql.LoggedBatch)
	batch.Query(update, "bob", "carol")
	require.NoError(t, session.ExecuteBatch(batch))

	x := gocqlx.NewSession(session)
	q := qb.Update("app.jobs").Set("owner").Where(qb.Eq("id")).If(qb.EqNamed("owner", "before")).Query(x)
	require.NoError(t, q.BindMap(qb.M{"id": "a", "owner": "bob", "before": "carol"}).ExecRelease())
	require.Equal(t, "ann", ownerOf(t, session))

	answer := map[string]interface{}{}
	require.NoError(t, session.Query(update, "bob", "carol").MapScan(answer))
	require.Empty(t, answer)
}

// casscan: columns by position, and panics.
func TestTrapsOfScanCAS(t *testing.T) {
	_, session := connect(t, 1)
	require.NoError(t, session.Query(insert, "ann", "new", 0).Exec())

	var id, owner, state string
	var attempts int
	applied, err := session.Query(insert, "bob", "new", 0).ScanCAS(&id, &attempts, &owner, &state)
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, "ann", owner) // in the server's order, which is not that of the INSERT

	_, err = session.Query(insert, "bob", "new", 0).ScanCAS()
	require.Error(t, err) // it fails if the row is there
	require.NoError(t, session.Query("ALTER TABLE jobs ADD note text").Exec())
	_, err = session.Query(insert+" ", "bob", "new", 0).ScanCAS(&id, &attempts, &owner, &state)
	require.Error(t, err) // and so do as many targets as there were columns

	require.Panics(t, func() { _, _ = session.Query(update, "bob", "carol").MapScanCAS(nil) })
	answer := map[string]interface{}{}
	_, err = session.Query(update, "bob", "carol").MapScanCAS(answer)
	require.NoError(t, err)
	require.Equal(t, map[string]interface{}{"owner": "ann"}, answer)
	require.Panics(t, func() { _, _ = session.Query(update, "bob", "carol").MapScanCAS(answer) })

	applied, err = session.Query("UPDATE jobs SET owner = 'carol' WHERE id = 'a'").ScanCAS()
	require.ErrorIs(t, err, gocql.ErrNotFound)
	require.False(t, applied)
	require.Equal(t, "carol", ownerOf(t, session)) // it was executed
}

// lwtunknown: beside an error applied is false, although the statement was executed.
func TestNotAppliedBesideAnError(t *testing.T) {
	cluster, session := connect(t, 1)
	cluster.Node(0).Fault(cqltest.On(cqltest.Conditional, "jobs").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	applied, err := session.Query(insert, "ann", "new", 0).MapScanCAS(map[string]interface{}{})
	require.Error(t, err)
	require.False(t, applied)
	require.Equal(t, "ann", ownerOf(t, session))
}

// casretry: a policy of the session repeats a conditional statement, which is refused by its own row.
func TestRetryPolicyRepeatsAnLWT(t *testing.T) {
	cluster, session := connect(t, 2, func(c *gocql.ClusterConfig) { c.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3} })
	var lost atomic.Bool // by whichever node is asked first
	var faults []*cqltest.Fault
	for _, node := range cluster.Nodes() {
		first := cqltest.On(cqltest.Conditional, "jobs").Where(func(cqltest.Statement) bool { return lost.CompareAndSwap(false, true) })
		faults = append(faults, node.Fault(first, cqltest.Apply, cqltest.WriteTimeout("CAS")))
	}
	before := map[string]interface{}{}
	applied, err := session.Query(insert, "ann", "new", 0).Idempotent(false).MapScanCAS(before)
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, 1, faults[0].Hits()+faults[1].Hits())
	require.Equal(t, "ann", before["owner"]) // it says that somebody else holds it, and means itself
}

// cqlvalue: a value ends the quotes and sets another column; each value is another statement to prepare.
func TestValueInTheText(t *testing.T) {
	cluster, session := connect(t, 1)
	require.NoError(t, session.Query(insert, "ann", "new", 0).Exec())
	note := "done', owner = 'mallory"
	require.NoError(t, session.Query(fmt.Sprintf("UPDATE jobs SET state = '%s' WHERE id = 'a'", note)).Exec())
	require.Equal(t, "mallory", ownerOf(t, session))

	cluster.Node(0).ResetLog()
	for n := range 5 {
		require.NoError(t, session.Query(fmt.Sprintf("UPDATE jobs SET attempts = %d WHERE id = 'a'", n)).Exec())
		require.NoError(t, session.Query("UPDATE jobs SET attempts = ? WHERE id = 'a'", n).Exec())
	}
	texts := map[string]bool{}
	for _, text := range cluster.Node(0).Log().CQL() {
		texts[text] = true
	}
	require.Len(t, texts, 6)
}

// selectstar: another session alters the table and prepares SELECT * anew. This one decodes the new row by the
// columns that it knows.
func TestSelectStarAfterAlterTable(t *testing.T) {
	cluster, session := connect(t, 1, func(c *gocql.ClusterConfig) { c.ProtoVersion = 4 })
	require.NoError(t, session.Query("CREATE TABLE points (id int PRIMARY KEY, b int, d int)").Exec())
	require.NoError(t, session.Query("INSERT INTO points (id, b, d) VALUES (1, 7, 9)").Exec())
	const star, named = "SELECT * FROM points WHERE id = ?", "SELECT b, d FROM points WHERE id = ?"
	read := func(session *gocql.Session, text string) map[string]interface{} {
		m := map[string]interface{}{}
		require.NoError(t, session.Query(text, 1).MapScan(m))
		delete(m, "id")
		return m
	}
	require.Equal(t, map[string]interface{}{"b": 7, "d": 9}, read(session, star))
	require.Equal(t, map[string]interface{}{"b": 7, "d": 9}, read(session, named))

	other, err := cluster.Config().CreateSession()
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, other.Query("ALTER TABLE points ADD c int").Exec())
	require.NoError(t, other.Query("UPDATE points SET c = 8 WHERE id = 1").Exec())
	require.Equal(t, map[string]interface{}{"b": 7, "c": 8, "d": 9}, read(other, star))
	read(other, named)

	require.Equal(t, map[string]interface{}{"b": 7, "d": 8}, read(session, star)) // d is 9
	require.Equal(t, map[string]interface{}{"b": 7, "d": 9}, read(session, named))
}
