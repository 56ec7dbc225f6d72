//go:build !race

package cqltest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

func TestLockIsRenewedForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithPipe(), cqltest.WithKeyspace("app"), cqltest.WithSchema(schema))
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()

		_, err = Acquire(session, "deploy", "alice", time.Minute)
		require.NoError(t, err)
		for range 120 {
			time.Sleep(30 * time.Second) // takes no time
			require.NoError(t, session.Query("UPDATE locks USING TTL 60 SET owner = 'alice' WHERE name = 'deploy' IF owner = 'alice'").Exec())
		}
		require.Len(t, srv.MustRows("SELECT * FROM locks"), 1)
	})
}
