//go:build !race

package cqltest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// An hour of renewing a lease of 30 seconds, while another client waits for it
// to end: it does half a minute after its holder stops.
func TestHourInABubble(t *testing.T) {
	begin := time.Now()
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithPipe(), cqltest.WithKeyspace("app"), cqltest.WithSchema(locks))
		alice, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer alice.Close()
		bob, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer bob.Close()

		start := time.Now()
		var took time.Duration
		var running sync.WaitGroup
		running.Go(func() {
			applied, _, err := cas(alice, acquire+" USING TTL 30", "deploy", "alice")
			require.NoError(t, err)
			require.True(t, applied)
			for time.Since(start) < time.Hour {
				time.Sleep(10 * time.Second)
				applied, _, err := cas(alice, "UPDATE locks USING TTL 30 SET owner = ? WHERE name = ? IF owner = ?", "alice", "deploy", "alice")
				require.NoError(t, err)
				require.True(t, applied)
			}
		})
		running.Go(func() {
			time.Sleep(time.Second)
			for {
				applied, _, err := cas(bob, "UPDATE locks SET owner = ? WHERE name = ? IF owner = null", "bob", "deploy")
				require.NoError(t, err)
				if applied {
					took = time.Since(start)
					return
				}
				time.Sleep(time.Second)
			}
		})
		running.Wait()
		require.InDelta(t, (time.Hour + 30*time.Second).Seconds(), took.Seconds(), 2)
	})
	require.Less(t, time.Since(begin), 30*time.Second, "of real time")
}

// A lost answer is waited for in the bubble's time.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, session := start(t, cqltest.WithPipe())
		srv.Fault(cqltest.On(cqltest.Conditional).First(1), cqltest.Apply, cqltest.LoseAnswer)
		begin := time.Now()
		_, _, err := cas(session, acquire, "deploy", "alice")
		require.ErrorIs(t, err, gocql.ErrTimeoutNoResponse)
		require.Equal(t, srv.Cluster().Timeout, time.Since(begin))
		require.Equal(t, "alice", owner(srv), "applied all the same")
	})
}

// A client that gives up does not stop the server from applying later.
func TestDelayOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, session := start(t, cqltest.WithPipe())
		srv.Fault(cqltest.On(cqltest.Conditional).First(1), cqltest.Delay(time.Minute))
		_, _, err := cas(session, acquire, "deploy", "alice")
		require.ErrorIs(t, err, gocql.ErrTimeoutNoResponse)
		session.Close()
		require.Nil(t, owner(srv))
		time.Sleep(time.Minute)
		require.Equal(t, "alice", owner(srv))
	})
}
