//go:build !race

package slots_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// late is a row whose writes are held up.
type late struct {
	srv     *cqltest.Server
	db      *coodie.DB
	table   *coodie.Table[slotted]
	session *gocql.Session
}

func begin(t *testing.T) *late {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithPipe())
	cluster := srv.Cluster()
	cluster.Timeout = 2 * time.Second
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	db := coodie.New(session)
	table, err := coodie.Open[slotted](db, coodie.WithTable("t"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(context.Background()))
	srv.MustExec(insertRow)
	l := &late{srv, db, table, session}
	res, err := l.set(context.Background(), 1, 1, "first") // claims the slot
	require.NoError(t, err)
	require.True(t, res.Applied)
	return l
}

func (l *late) set(ctx context.Context, from, to int, name string) (coodie.LWTResult[slotted], error) {
	v, log := coodie.AnyCol(l.table, "v"), coodie.AnyCol(l.table, "log")
	return one(l.table).If(v.Eq(from)).Update(ctx, v.Set(to), log.Add([]string{name}))
}

func (l *late) log() []string {
	log, _ := l.srv.MustRows("SELECT log FROM t WHERE id = 'a'")[0]["log"].([]string)
	return log
}

// hold lets the first n conditional writes from now on arrive after d: to be executed then, or before, with the answer lost.
func (l *late) hold(n int, d time.Duration, first bool) {
	steps := []cqltest.Step{cqltest.Delay(d), cqltest.Apply, cqltest.LoseAnswer}
	if first {
		steps = []cqltest.Step{cqltest.Apply, cqltest.LoseAnswer}
	}
	l.srv.Fault(cqltest.On(cqltest.Conditional, "t").First(n), steps...)
}

func deadline(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

// A request that arrives a minute later does nothing any more: the repeated one was applied, and others have
// written since.
func TestArrivesAMinuteLater(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		l := begin(t)
		l.hold(1, time.Minute, false)
		ctx, cancel := deadline(10 * time.Second)
		defer cancel()
		res, err := l.set(ctx, 1, 2, "second")
		require.NoError(t, err)
		require.True(t, res.Applied, "it was sent again")
		res, err = l.set(ctx, 2, 1, "back")
		require.NoError(t, err)
		require.True(t, res.Applied)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"first", "second", "back"}, l.log(), "the row is as the late request wants it, and it is refused all the same")
	})
}

// What the time does not suffice for is fenced within it, and the error says that it never will be executed.
func TestFencedInTime(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		l := begin(t)
		l.hold(4, time.Minute, false)
		ctx, cancel := deadline(10 * time.Second)
		defer cancel()
		start := time.Now()
		res, err := l.set(ctx, 1, 2, "second")
		require.ErrorContains(t, err, "was not executed, and never will be")
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Error(t, res.Err())
		require.NotErrorIs(t, res.Err(), coodie.ErrNotApplied, "no condition has refused it")
		require.Less(t, time.Since(start), 10*time.Second)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"first"}, l.log())
	})
}

// A call that is over while nothing answers is open, and Settle says for certain what became of it, a minute later and whatever
// was written meanwhile.
func TestSettledLater(t *testing.T) {
	for _, executed := range []bool{false, true} {
		leak.Bubble(t, func(t *testing.T) {
			l := begin(t)
			l.hold(100, time.Minute, executed)
			ctx, cancel := deadline(10 * time.Second)
			defer cancel()
			res, err := l.set(ctx, 1, 2, "second")
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			l.srv.ClearFaults()

			from := 1
			if executed {
				from = 2
			}
			other, err := l.set(context.Background(), from, 1, "others'")
			require.NoError(t, err)
			require.True(t, other.Applied, "the next write takes another slot")

			res, err = res.Settle(context.Background())
			require.NoError(t, err)
			require.Equal(t, executed, res.Applied)
			time.Sleep(2 * time.Minute)
			want := []string{"first", "others'"}
			if executed {
				want = []string{"first", "second", "others'"}
			}
			require.Equal(t, want, l.log())

			again, err := l.set(context.Background(), 1, 1, "after it") // its slot is free again
			require.NoError(t, err)
			require.True(t, again.Applied)
			slots, _ := l.srv.MustRows("SELECT slots FROM t WHERE id = 'a'")[0]["slots"].(map[string]string)
			require.Len(t, slots, 2)
		})
	}
}

// After a deletion nobody can tell, and says so. A fence makes no row.
func TestDeletedMeanwhile(t *testing.T) {
	for _, inserted := range []bool{false, true} {
		leak.Bubble(t, func(t *testing.T) {
			l := begin(t)
			l.hold(100, time.Hour, false)
			ctx, cancel := deadline(10 * time.Second)
			defer cancel()
			res, err := l.set(ctx, 1, 2, "second")
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			l.srv.ClearFaults()
			l.srv.MustExec("DELETE FROM t WHERE id = 'a' IF EXISTS")
			evidence := "no row now"
			if inserted {
				l.srv.MustExec(insertRow + " IF NOT EXISTS")
				evidence = "has lost the writer's slot"
			}

			_, err = res.Settle(context.Background())
			var unknown *coodie.Error
			require.ErrorAs(t, err, &unknown)
			require.True(t, unknown.Unknown)
			require.Contains(t, unknown.Evidence, evidence)
			time.Sleep(2 * time.Hour)
			rows := l.srv.MustRows("SELECT v, log, slots FROM t WHERE id = 'a'")
			if !inserted {
				require.Empty(t, rows)
				return
			}
			require.Equal(t, 1, rows[0]["v"], "the late requests are of another row")
			res, err = l.set(context.Background(), 1, 2, "anew")
			require.NoError(t, err)
			require.True(t, res.Applied)
		})
	}
}

// Without time to fence, and without a request that could have been executed, the error says that nothing was sent.
func TestClaimLost(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		l := begin(t)
		other, err := coodie.Open[slotted](coodie.New(l.session), coodie.WithTable("t"))
		require.NoError(t, err)
		l.table = other // of another DB, whose writers have no slot yet
		l.hold(100, time.Minute, false)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		_, err = l.set(ctx, 1, 2, "second")
		require.Error(t, err)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		l.srv.ClearFaults()
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"first"}, l.log())
		for _, text := range l.srv.Log().CQL() {
			require.False(t, strings.HasPrefix(text, "UPDATE t SET v") && strings.Contains(text, "second"))
		}
	})
}
