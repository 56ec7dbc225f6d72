//go:build !race

package bubble

import (
	"testing"
	"testing/synctest"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// The server's dialer serves this driver too. Reading several pages needs
// Prefetch(0) in a bubble: the driver fetches ahead while it holds a mutex.
func TestApacheDriverInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithPipe())
		cluster := gocql.NewCluster(srv.Addr())
		cluster.ProtoVersion = 4
		cluster.Dialer = srv.Dialer()
		cluster.ReconnectInterval = 0
		session, err := cluster.CreateSession()
		require.NoError(t, err)
		defer session.Close()
		require.NoError(t, session.Query("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").Exec())
		require.NoError(t, session.Query("CREATE TABLE app.leases (name text PRIMARY KEY)").Exec())
		require.NoError(t, session.Query("INSERT INTO app.leases (name) VALUES (?) USING TTL 3600", "a").Exec())
		time.Sleep(time.Hour - time.Second)
		require.Len(t, srv.MustRows("SELECT * FROM app.leases"), 1)
		time.Sleep(2 * time.Second)
		require.Empty(t, srv.MustRows("SELECT * FROM app.leases"))
	})
}
