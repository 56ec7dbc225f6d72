package gocqlv1

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/driver"
)

type attempts []int

func (a *attempts) ObserveQuery(_ context.Context, o gocql.ObservedQuery) { *a = append(*a, o.Attempt) }

// TestSentAgain: an LWT takes the query of the same one before, a few times, and each is one attempt.
func TestSentAgain(t *testing.T) {
	if isFork {
		t.Skip("the fork keeps the memory of its queries by itself")
	}
	const statement = "UPDATE t SET v = 1 WHERE k = 1 IF v = 1"
	open := func(t *testing.T, observer gocql.QueryObserver) session {
		srv, err := cqltest.Run(cqltest.WithKeyspace("k"), cqltest.WithSchema("CREATE TABLE t (k int PRIMARY KEY, v int)"))
		require.NoError(t, err)
		t.Cleanup(srv.Close)
		cluster := srv.Cluster()
		cluster.Keyspace, cluster.QueryObserver = "k", observer
		s, err := cluster.CreateSession()
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return Of(s).(session)
	}
	send := func(t *testing.T, s session, r driver.Request, used *rows) *rows {
		a := s.Send(t.Context(), &r, used).(*rows)
		require.NotNil(t, a.Next())
		require.NoError(t, a.Close())
		require.Equal(t, 1, a.made)
		a.Forget()
		return a
	}
	lwt := driver.Request{Kind: driver.CAS, Statement: statement, Consistency: driver.Quorum, Serial: driver.Serial}

	t.Run("the same statement", func(t *testing.T) {
		s, a := open(t, nil), new(rows)
		a = send(t, s, lwt, a)
		first := a.last.query
		require.NotNil(t, first)
		for range mostUses - 1 {
			a = send(t, s, lwt, a)
			require.Same(t, first, a.last.query)
		}
		a = send(t, s, lwt, a)
		require.Nil(t, a.last.query, "it was used often enough")
	})
	t.Run("another one", func(t *testing.T) {
		s := open(t, nil)
		marked, read := lwt, driver.Request{Kind: driver.SerialRead, Statement: "SELECT * FROM t", Consistency: driver.Quorum}
		marked.Marks = " "
		a := send(t, s, lwt, new(rows))
		first := a.last.query
		require.NotNil(t, first)
		a = send(t, s, marked, a)
		require.NotNil(t, a.last.query)
		require.Equal(t, " ", a.last.marks)
		empty := s.Send(t.Context(), &read, a).(*rows)
		require.NoError(t, empty.Close())
		require.Nil(t, empty.last.query, "a read")
	})
	t.Run("an observer", func(t *testing.T) {
		var seen attempts
		s, a := open(t, &seen), new(rows)
		for range 3 {
			a = send(t, s, lwt, a)
			require.Nil(t, a.last.query)
		}
		require.Equal(t, attempts{0, 0, 0}, seen, "each is told as the first attempt")
	})
}
