package scylla

import (
	"fmt"
	"testing"
	"time"

	"github.com/gocql/gocql" // ScyllaDB's, by a replace in go.mod
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

func TestScyllasDriver(t *testing.T) {
	for name, opts := range map[string][]cqltest.Option{
		"cassandra": nil,
		"scylla":    {cqltest.WithDialect(cqltest.Scylla)},
		"pipe":      {cqltest.WithDialect(cqltest.Scylla), cqltest.WithPipe()},
		"password":  {cqltest.WithAuth("alice", "secret")},
	} {
		t.Run(name, func(t *testing.T) {
			srv := cqltest.RunT(t, opts...)
			session, err := srv.Cluster().CreateSession()
			require.NoError(t, err)
			defer session.Close()
			exercise(t, session)
		})
	}
}

func exercise(t *testing.T, session *gocql.Session) {
	require.NoError(t, session.Query("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").Exec())
	require.NoError(t, session.Query("CREATE TABLE app.items (k int, c int, v text, PRIMARY KEY (k, c))").Exec())
	for c := range 25 {
		require.NoError(t, session.Query("INSERT INTO app.items (k, c, v) VALUES (?, ?, ?)", 1, c, fmt.Sprint("v", c)).Exec())
	}
	rows, err := session.Query("SELECT c, v FROM app.items WHERE k = ?", 1).PageSize(7).Iter().SliceMap()
	require.NoError(t, err)
	require.Len(t, rows, 25)

	update := func(v, was string) (bool, any) {
		existing := map[string]any{}
		applied, err := session.Query("UPDATE app.items SET v = ? WHERE k = ? AND c = ? IF v = ?", v, 1, 3, was).MapScanCAS(existing)
		require.NoError(t, err)
		return applied, existing["v"]
	}
	applied, _ := update("new", "v3")
	require.True(t, applied)
	applied, existing := update("newer", "v3")
	require.False(t, applied)
	require.Equal(t, "new", existing)
}

// In ScyllaDB's dialect the driver is told which statements are lightweight
// transactions, and that there are no shards.
func TestLWTMark(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	cluster := srv.Cluster()
	cluster.Timeout = time.Second
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	for cql, lwt := range map[string]bool{
		"INSERT INTO locks (name) VALUES (?) IF NOT EXISTS": true,
		"INSERT INTO locks (name) VALUES (?)":               false,
	} {
		q := session.Query(cql, "a")
		require.NoError(t, q.Exec())
		require.Equal(t, lwt, q.IsLWT(), cql)
	}
}
