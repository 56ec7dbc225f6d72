package gocqlv1

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/driver"
)

type attempts []int

func (a *attempts) ObserveQuery(_ context.Context, o gocql.ObservedQuery) { *a = append(*a, o.Attempt) }

func opened(t *testing.T, set func(*gocql.ClusterConfig)) session {
	t.Helper()
	srv, err := cqltest.Run(cqltest.WithKeyspace("k"), cqltest.WithSchema("CREATE TABLE t (k int PRIMARY KEY, v int)"))
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	cluster := srv.Cluster()
	cluster.Keyspace = "k"
	if set != nil {
		set(cluster)
	}
	s, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	require.NoError(t, s.Query("INSERT INTO t (k, v) VALUES (1, 2)").Exec())
	return Of(s).(session)
}

// send sends a request whose answer takes the memory of another one.
func send(t *testing.T, s session, r driver.Request, used *rows) *rows {
	t.Helper()
	if used == nil {
		used = new(rows)
	}
	a := s.Send(t.Context(), &r, used).(*rows)
	for a.Next() != nil {
	}
	require.NoError(t, a.Close())
	require.Equal(t, 1, a.made)
	a.Forget()
	return a
}

var (
	lwt  = driver.Request{Kind: driver.CAS, Statement: "UPDATE t SET v = 1 WHERE k = 1 IF v = 1", Consistency: driver.Quorum, Serial: driver.Serial}
	read = driver.Request{Kind: driver.Read, Statement: "SELECT k, v FROM t WHERE k = 1", Consistency: driver.Quorum, OneRow: true}
)

// TestSentAgain: a request takes the query of the same one before, a few times, and each is one attempt.
func TestSentAgain(t *testing.T) {
	if isFork {
		t.Skip("the fork keeps the memory of its queries by itself")
	}
	t.Run("the same statement", func(t *testing.T) {
		s := opened(t, nil)
		a := send(t, s, lwt, nil)
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
		s, a := opened(t, nil), (*rows)(nil)
		for _, change := range []func(*driver.Request){
			func(r *driver.Request) {},
			func(r *driver.Request) { r.Marks = " " },
			func(r *driver.Request) { r.Statement = "UPDATE t SET v = 2 WHERE k = 1 IF v = 1" },
			func(r *driver.Request) { r.Kind, r.Statement = driver.Write, "UPDATE t SET v = 2 WHERE k = 1" },
		} {
			r := lwt
			change(&r)
			var before *gocql.Query
			if a != nil {
				before = a.last.query
			}
			a = send(t, s, r, a)
			require.True(t, before == nil || a.last.statement+a.last.marks == r.Statement+r.Marks)
			require.Equal(t, 0, a.last.uses-1)
		}
		other := opened(t, nil)
		a = send(t, other, driver.Request{Kind: driver.Write, Statement: "UPDATE t SET v = 2 WHERE k = 1", Consistency: driver.Quorum}, a)
		require.Same(t, other.Session, a.last.of)
		require.Equal(t, 1, a.last.uses)
	})
	t.Run("an observer", func(t *testing.T) {
		var seen attempts
		s, a := opened(t, func(c *gocql.ClusterConfig) { c.QueryObserver = &seen }), (*rows)(nil)
		seen = nil
		for range 3 {
			a = send(t, s, lwt, a)
			require.Nil(t, a.last.query)
		}
		require.Equal(t, attempts{0, 0, 0}, seen, "each is told as the first attempt")
	})
	t.Run("a retry policy", func(t *testing.T) {
		s := opened(t, func(c *gocql.ClusterConfig) { c.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 1} })
		require.Equal(t, again{once: true}, s.again)
		require.NotNil(t, send(t, s, lwt, nil).last.query)
		require.Nil(t, send(t, s, driver.Request{Kind: driver.Write, Statement: "UPDATE t SET v = 2 WHERE k = 1", Consistency: driver.Quorum}, nil).last.query)
	})
}

// TestColumnsLately: a row that is read again and again comes without its columns in between, and with them after a pause.
func TestColumnsLately(t *testing.T) {
	if isFork {
		t.Skip("the fork keeps other descriptions of columns than come along")
	}
	hot := func(t *testing.T, s session, a *rows) *rows {
		for n := 0; a == nil || !a.lately.known; n++ {
			require.Less(t, n, 10_000)
			a = send(t, s, read, a)
		}
		return a
	}
	t.Run("the same columns", func(t *testing.T) {
		s := opened(t, nil)
		a := hot(t, s, nil)
		require.Equal(t, "v", a.lately.kept.Name(1))
		time.Sleep(closely)
		a = send(t, s, read, a)
		require.False(t, a.lately.known, "after a pause")
		require.Equal(t, 1, a.lately.times)
	})
	t.Run("for a while", func(t *testing.T) {
		s := opened(t, nil)
		a := hot(t, s, nil)
		a.lately.asked = a.lately.asked.Add(-longest)
		a = send(t, s, read, a)
		require.False(t, a.lately.known)
	})
	t.Run("an error", func(t *testing.T) {
		s := opened(t, nil)
		a := hot(t, s, nil)
		require.NoError(t, s.Query("DROP TABLE t").Exec())
		failed := s.Send(t.Context(), &read, a).(*rows)
		require.Nil(t, failed.Next())
		require.Error(t, failed.Close())
		require.Zero(t, failed.lately)
	})
	t.Run("gocql's are others", func(t *testing.T) {
		s := opened(t, nil)
		a := hot(t, s, nil)
		a.lately.kept = nil
		a.lately.columns = append([]gocql.ColumnInfo(nil), a.lately.columns...)
		a.lately.columns[1].TypeInfo = nativeOf(gocql.TypeFloat)
		a.lately.sent = time.Now()
		r := read
		a = s.Send(t.Context(), &r, a).(*rows)
		require.Equal(t, [][]byte{{0, 0, 0, 1}, {0, 0, 0, 2}}, a.Next(), "sent again, with the columns")
		require.NoError(t, a.Close())
		require.Zero(t, a.lately)
	})
	t.Run("reads of many rows", func(t *testing.T) {
		s, many, a := opened(t, nil), read, (*rows)(nil)
		many.OneRow = false
		for range 2 * busy {
			a = send(t, s, many, a)
			require.Zero(t, a.lately)
		}
	})
}
