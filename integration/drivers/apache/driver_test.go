package apache

import (
	"fmt"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/apache/cassandra-gocql-driver/v2/lz4"
	"github.com/apache/cassandra-gocql-driver/v2/snappy"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const createKeyspace = "CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"

func connect(t *testing.T, srv *cqltest.Server, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	cluster := gocql.NewCluster(srv.Addr())
	cluster.Timeout = 5 * time.Second
	cluster.WriteCoalesceWaitTime = 0
	for _, fn := range change {
		fn(cluster)
	}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// The driver speaks version 5 by default, and lower ones if it is told to.
func TestApacheDriver(t *testing.T) {
	for _, version := range []int{0, 3, 4, 5} {
		t.Run(fmt.Sprint("protocol ", version), func(t *testing.T) {
			srv := cqltest.RunT(t)
			session := connect(t, srv, func(c *gocql.ClusterConfig) { c.ProtoVersion = version })
			exercise(t, session)
		})
	}
	for name, compressor := range map[string]gocql.Compressor{"lz4": lz4.LZ4Compressor{}, "snappy": snappy.SnappyCompressor{}} {
		t.Run(name, func(t *testing.T) {
			exercise(t, connect(t, cqltest.RunT(t), func(c *gocql.ClusterConfig) {
				c.ProtoVersion = 4
				c.Compressor = compressor
			}))
		})
	}
	t.Run("lz4 in segments", func(t *testing.T) {
		exercise(t, connect(t, cqltest.RunT(t), func(c *gocql.ClusterConfig) {
			c.ProtoVersion = 5
			c.Compressor = lz4.LZ4Compressor{}
		}))
	})
	t.Run("scylla", func(t *testing.T) {
		exercise(t, connect(t, cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla)), func(c *gocql.ClusterConfig) { c.ProtoVersion = 4 }))
	})
	t.Run("password", func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithAuth("alice", "secret"))
		login := func(password string) func(*gocql.ClusterConfig) {
			return func(c *gocql.ClusterConfig) {
				c.ProtoVersion = 5
				c.Authenticator = gocql.PasswordAuthenticator{Username: "alice", Password: password}
			}
		}
		exercise(t, connect(t, srv, login("secret")))
		cluster := gocql.NewCluster(srv.Addr())
		login("wrong")(cluster)
		_, err := cluster.CreateSession()
		require.Error(t, err)
	})
}

// exercise does a little of everything.
func exercise(t *testing.T, session *gocql.Session) {
	require.NoError(t, session.Query(createKeyspace).Exec())
	require.NoError(t, session.Query("CREATE TABLE app.items (k int, c int, v text, tags set<text>, PRIMARY KEY (k, c))").Exec())
	require.NoError(t, session.AwaitSchemaAgreement(t.Context()))

	for c := range 25 {
		require.NoError(t, session.Query("INSERT INTO app.items (k, c, v, tags) VALUES (?, ?, ?, ?)",
			1, c, fmt.Sprint("v", c), []string{"a", "b"}).Exec())
	}
	iter := session.Query("SELECT c, v, tags FROM app.items WHERE k = ?", 1).PageSize(7).Iter()
	var c, seen int
	var v string
	var tags []string
	for iter.Scan(&c, &v, &tags) {
		require.Equal(t, seen, c)
		require.Equal(t, fmt.Sprint("v", c), v)
		require.Equal(t, []string{"a", "b"}, tags)
		seen++
	}
	require.NoError(t, iter.Close())
	require.Equal(t, 25, seen)

	existing := map[string]any{}
	applied, err := session.Query("UPDATE app.items SET v = ? WHERE k = ? AND c = ? IF v = ?", "new", 1, 3, "v3").MapScanCAS(existing)
	require.NoError(t, err)
	require.True(t, applied)
	existing = map[string]any{}
	applied, err = session.Query("UPDATE app.items SET v = ? WHERE k = ? AND c = ? IF v = ?", "newer", 1, 3, "v3").MapScanCAS(existing)
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, "new", existing["v"])

	batch := session.Batch(gocql.LoggedBatch)
	batch.Query("UPDATE app.items SET v = ? WHERE k = 1 AND c = 1 IF v = ?", "x", "v1")
	batch.Query("INSERT INTO app.items (k, c, v) VALUES (?, ?, ?)", 1, 100, "y")
	applied, iter, err = batch.MapExecCAS(map[string]any{})
	require.NoError(t, err)
	require.True(t, applied)
	require.NoError(t, iter.Close())

	require.Eventually(t, func() bool { // the driver learns of it by an event
		metadata, err := session.KeyspaceMetadata("app")
		return err == nil && metadata.Tables["items"] != nil && len(metadata.Tables["items"].Columns) == 4
	}, 5*time.Second, 10*time.Millisecond)

	var frame gocql.RequestError
	require.ErrorAs(t, session.Query("SELECT * FROM app.nowhere").Exec(), &frame)
	require.Equal(t, 0x2200, frame.Code())
}
