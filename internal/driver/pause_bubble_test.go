//go:build !race

package driver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// TestTableMadeAgainInAPause: what gocql has seen while a program was idle counts for the first
// write after it.
func TestTableMadeAgainInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithPipe())
		cluster := srv.Cluster()
		cluster.Events.DisableSchemaEvents = false
		session, err := cluster.CreateSession()
		require.NoError(t, err)
		defer session.Close()
		other, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer other.Close()
		stocks, err := coodie.Open[Stock](coodie.New(session))
		require.NoError(t, err)
		require.NoError(t, stocks.Create(t.Context()))
		require.NoError(t, stocks.New(Stock{"a", 5}).Save(t.Context()))
		synctest.Wait()

		srv.MustExec("DROP TABLE app.stock")
		srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n float)")
		preparedBy(t, other, srv.Log())
		time.Sleep(1100 * time.Millisecond) // gocql gathers the events of a second
		require.ErrorContains(t, stocks.New(Stock{"a", 5}).Save(t.Context()), "the server expects float")
		require.Empty(t, srv.MustRows("SELECT * FROM app.stock"))
	})
}
