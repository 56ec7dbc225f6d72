package lease_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/lease"
)

var dialects = map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "Scylla": cqltest.Scylla}

func TestOneHolder(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			srv, leases := start(t, cqltest.WithDialect(dialect))
			owner, token, err := leases.Holder(ctx, "job")
			require.NoError(t, err)
			require.Equal(t, "", owner)
			require.Zero(t, token)

			alice := acquire(t, leases, "alice", time.Minute)
			require.EqualValues(t, 1, alice.Token())
			require.True(t, alice.Valid())
			requireHeld(t, client(t, srv), "alice")
			requireHeld(t, leases, "alice")
			owner, token, err = leases.Holder(ctx, "job")
			require.NoError(t, err)
			require.Equal(t, "alice", owner)
			require.EqualValues(t, 1, token)

			// The same owner is not the same grant.
			_, err = leases.Acquire(ctx, "job", "alice", time.Minute)
			require.ErrorIs(t, err, lease.ErrHeld)

			require.NoError(t, alice.Renew(ctx))
			require.NoError(t, alice.Release(ctx))
			require.False(t, alice.Valid())
			require.ErrorIs(t, alice.Err(), lease.ErrLost)
			require.NoError(t, alice.Release(ctx), "once more")
			require.ErrorIs(t, alice.Renew(ctx), lease.ErrLost)

			bob := acquire(t, leases, "bob", time.Minute)
			require.EqualValues(t, 2, bob.Token(), "the token outlives the release")
			require.NoError(t, alice.Release(ctx))
			requireHeld(t, leases, "bob")
		})
	}
}

// F16: of a lease that has ended nothing stays behind that could refuse the next one, and
// the token does stay.
func TestEndsByItself(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			srv, leases := start(t, cqltest.WithDialect(dialect))
			for round := range int64(3) {
				x := acquire(t, leases, fmt.Sprint("owner", round), 10*time.Second)
				require.Equal(t, round+1, x.Token())
				srv.FastForward(9 * time.Second)
				require.NoError(t, x.Renew(ctx))
				srv.FastForward(10 * time.Second)
				requireHeld(t, leases, x.Owner())
				srv.FastForward(3 * time.Second)
				require.ErrorIs(t, x.Renew(ctx), lease.ErrLost)
				require.ErrorIs(t, x.Release(ctx), lease.ErrLost)
				require.Equal(t, []cqltest.Row{{"name": "job", "fence": round + 1, "owner": nil, "grant_id": nil, "renewals": nil}},
					srv.MustRows("SELECT * FROM leases"))
			}
		})
	}
}

// Somebody else's lease is neither renewed nor released, be the owner's name the same.
func TestNotTheOthers(t *testing.T) {
	ctx := context.Background()
	srv, leases := start(t)
	first := acquire(t, leases, "alice", time.Minute)
	srv.FastForward(time.Hour)
	second := acquire(t, leases, "alice", time.Minute)
	require.ErrorIs(t, first.Release(ctx), lease.ErrLost)
	requireHeld(t, leases, "alice")

	srv.FastForward(time.Hour)
	third := acquire(t, leases, "alice", time.Minute)
	require.ErrorIs(t, second.Renew(ctx), lease.ErrLost)
	require.ErrorIs(t, second.Err(), lease.ErrLost)
	require.Greater(t, third.Token(), second.Token())
	requireHeld(t, leases, "alice")
}

// lost are the ways an executed write can end without its answer.
var lost = map[string][]cqltest.Step{
	"write timeout":     {cqltest.Apply, cqltest.WriteTimeout("CAS")},
	"commit timeout":    {cqltest.Apply, cqltest.WriteTimeout("SIMPLE")},
	"CAS write unknown": {cqltest.Apply, cqltest.CASWriteUnknown()},
	"lost answer":       {cqltest.Apply, cqltest.LoseAnswer},
	"closed connection": {cqltest.Apply, cqltest.CloseConnection},
}

func TestAnswerLost(t *testing.T) {
	for name, steps := range lost {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			srv, leases := start(t)
			conditional := cqltest.On(cqltest.Conditional, "leases")

			srv.Fault(conditional.Nth(1), steps...)
			x := acquire(t, leases, "alice", time.Minute)
			require.EqualValues(t, 1, x.Token(), "granted once")
			require.True(t, x.Valid())
			requireHeld(t, leases, "alice")

			srv.ClearFaults()
			srv.Fault(conditional.Nth(1), steps...)
			require.NoError(t, x.Renew(ctx))
			require.NoError(t, x.Renew(ctx))
			require.Equal(t, int64(3), srv.MustRows("SELECT renewals FROM leases")[0]["renewals"], "one was known by refusing the next")

			srv.ClearFaults()
			srv.Fault(conditional.Nth(1), steps...)
			require.NoError(t, x.Release(ctx))
			require.EqualValues(t, 2, acquire(t, leases, "bob", time.Minute).Token())
		})
	}
}

// Executed or not, an unanswered acquisition is asked again until it is known, and
// grants one token.
func TestUnknownUntilGranted(t *testing.T) {
	for _, steps := range [][]cqltest.Step{
		{cqltest.WriteTimeout("CAS")}, {cqltest.Apply, cqltest.WriteTimeout("CAS")},
	} {
		srv, leases := start(t)
		fault := srv.Fault(cqltest.On(cqltest.Conditional, "leases").First(3), steps...)
		require.EqualValues(t, 1, acquire(t, leases, "alice", time.Minute).Token())
		require.NotZero(t, fault.Hits())
	}
}

// Nobody knows, and nobody claims to.
func TestStaysUnknown(t *testing.T) {
	srv, leases := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "leases"), cqltest.WriteTimeout("CAS"))
	_, err := leases.Acquire(context.Background(), "job", "alice", time.Minute)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)

	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Conditional, "leases").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Select, "leases").After(1), cqltest.ReadTimeout())
	_, err = leases.Acquire(context.Background(), "job", "alice", time.Minute)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "an unreadable row does not make it definite")

	srv.ClearFaults()
	requireHeld(t, leases, "alice") // by nobody who knows
	srv.FastForward(time.Minute + 3*time.Second)
	require.EqualValues(t, 2, acquire(t, leases, "bob", time.Minute).Token())
}

// What is certainly not executed is not unknown.
func TestDefiniteErrors(t *testing.T) {
	ctx := context.Background()
	srv, leases := start(t)
	for name, f := range map[string]func() error{
		"no owner": func() error { _, err := leases.Acquire(ctx, "job", "", time.Minute); return err },
		"no ttl":   func() error { _, err := leases.Acquire(ctx, "job", "alice", 0); return err },
		"no name":  func() error { _, err := leases.Acquire(ctx, "", "alice", time.Minute); return err },
		"too long": func() error { _, err := leases.Acquire(ctx, "job", "alice", 30*365*24*time.Hour); return err },
	} {
		var usage *coodie.Error
		require.ErrorAs(t, f(), &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	srv.Fault(cqltest.On(cqltest.Conditional, "leases"), cqltest.Unavailable()) // on each of the retries
	_, err := leases.Acquire(ctx, "job", "alice", time.Minute)
	require.Error(t, err)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err = leases.Wait(done, "job", "alice", time.Minute)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, srv.MustRows("SELECT * FROM leases"))
}

// Somebody else is faster: between the look and the write.
func TestOvertaken(t *testing.T) {
	ctx := context.Background()
	srv, leases := start(t)
	bob := client(t, srv)
	var overtake sync.Once
	srv.Fault(cqltest.On(cqltest.Conditional, "leases").Nth(1), cqltest.Do(func(cqltest.Statement) {
		overtake.Do(func() { acquire(t, bob, "bob", time.Minute) })
	}))
	_, err := leases.Acquire(ctx, "job", "alice", time.Minute)
	require.ErrorIs(t, err, lease.ErrHeld)
	requireHeld(t, leases, "bob")
}

// A crowd: each critical section alone, the tokens in its order.
func TestContention(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	srv, leases := start(t)
	other := client(t, srv)
	srv.Fault(cqltest.On(cqltest.Conditional, "leases").Chance(0.1, 1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Conditional, "leases").Chance(0.1, 2), cqltest.WriteTimeout("CAS"))
	var inside, entered atomic.Int64
	var last int64
	var running sync.WaitGroup
	for i := range 12 {
		from := leases
		if i%2 == 0 {
			from = other
		}
		running.Go(func() {
			for range 3 {
				x, err := from.Acquire(ctx, "job", fmt.Sprint(i), 5*time.Second)
				for errors.Is(err, lease.ErrHeld) || errors.Is(err, coodie.ErrOutcomeUnknown) {
					time.Sleep(time.Millisecond)
					x, err = from.Acquire(ctx, "job", fmt.Sprint(i), 5*time.Second)
				}
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 || x.Token() <= last {
					t.Error("two inside, or tokens out of order")
				}
				last = x.Token()
				entered.Add(1)
				inside.Add(-1)
				for err = x.Release(ctx); errors.Is(err, coodie.ErrOutcomeUnknown); {
					err = x.Release(ctx)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 36, entered.Load())
}

// What is sent, and that the token takes no TTL.
// A default TTL of the table, by option or on the server alone, does not make the tokens begin again.
func TestDefaultTTL(t *testing.T) {
	ctx := context.Background()
	for name, prepare := range map[string]func(*testing.T, *cqltest.Server) *lease.Leases{
		"by option": func(t *testing.T, srv *cqltest.Server) *lease.Leases {
			session, err := srv.Cluster().CreateSession()
			require.NoError(t, err)
			t.Cleanup(session.Close)
			leases, err := lease.Open(coodie.New(session), coodie.WithTable("short"), coodie.WithDefaultTTL(10*time.Second))
			require.NoError(t, err)
			require.NoError(t, leases.Create(ctx))
			return leases
		},
		"on the server": func(t *testing.T, srv *cqltest.Server) *lease.Leases {
			srv.MustExec("ALTER TABLE leases WITH default_time_to_live = 10")
			return client(t, srv)
		},
	} {
		for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
			t.Run(fmt.Sprint(name, dialect), func(t *testing.T) {
				srv, _ := start(t, cqltest.WithDialect(dialect))
				leases := prepare(t, srv)
				x := acquire(t, leases, "alice", 30*time.Second)
				require.EqualValues(t, 1, x.Token())
				srv.FastForward(20 * time.Second)
				requireHeld(t, leases, "alice")
				require.NoError(t, x.Release(ctx))
				require.EqualValues(t, 2, acquire(t, leases, "bob", 5*time.Second).Token())
				srv.FastForward(time.Hour)
				require.EqualValues(t, 3, acquire(t, leases, "carol", 5*time.Second).Token())
			})
		}
	}
}

// Whatever request's answer is lost, executed or not, in either dialect: the lease is granted, renewed and
// released, and every token is greater than the ones before.
func TestEveryAnswerLost(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		for _, executed := range []bool{false, true} {
			for n, reached := 1, true; reached; n++ {
				t.Run(fmt.Sprint(dialect, executed, n), func(t *testing.T) {
					ctx := context.Background()
					srv, leases := start(t, cqltest.WithDialect(dialect))
					steps := []cqltest.Step{cqltest.WriteTimeout("CAS")}
					if executed {
						steps = []cqltest.Step{cqltest.Apply, cqltest.CASWriteUnknown()}
					}
					fault := srv.Fault(cqltest.On(cqltest.Conditional, "leases").Nth(n), steps...)
					defer func() { reached = fault.Hits() > 0 }()
					bob := client(t, srv)
					for token := int64(1); token < 4; token += 2 {
						x := acquire(t, leases, "alice", time.Minute)
						require.Equal(t, token, x.Token())
						requireHeld(t, bob, "alice")
						require.NoError(t, x.Renew(ctx))
						require.NoError(t, x.Renew(ctx))
						require.True(t, x.Valid())
						require.NoError(t, x.Release(ctx))
						y := acquire(t, bob, "bob", time.Minute)
						require.Equal(t, token+1, y.Token())
						require.NoError(t, y.Release(ctx))
					}
				})
			}
		}
	}
}

// A text that no row can have is refused with its column, and nothing is sent.
func TestTextThatIsNotUTF8(t *testing.T) {
	ctx := context.Background()
	srv, leases := start(t)
	srv.ResetLog()
	refused := func(column string, err error) {
		t.Helper()
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, column, usage.Column)
		require.NotContains(t, err.Error(), "\xff")
	}
	_, err := leases.Acquire(ctx, "job", "al\xffice", time.Second)
	refused("owner", err)
	_, err = leases.Acquire(ctx, "jo\xffb", "alice", time.Second)
	refused("name", err)
	_, err = leases.Wait(ctx, "jo\xffb", "alice", time.Second)
	refused("name", err)
	_, _, err = leases.Holder(ctx, "jo\xffb")
	refused("name", err)
	require.Empty(t, srv.Log())
	x, err := leases.Acquire(ctx, "jo\x00b", "al\x00ice", time.Minute)
	require.NoError(t, err)
	owner, _, err := leases.Holder(ctx, "jo\x00b")
	require.NoError(t, err)
	require.Equal(t, x.Owner(), owner)
}

func TestStatements(t *testing.T) {
	ctx := context.Background()
	srv, leases := start(t)
	srv.ResetLog()
	x := acquire(t, leases, "alice", 10*time.Second)
	require.NoError(t, x.Renew(ctx))
	require.NoError(t, x.Release(ctx))
	sent := srv.Log().Matching(cqltest.On(cqltest.Any, "leases")).CQL()
	require.Equal(t, []string{
		"SELECT name,fence,owner,grant_id,renewals FROM leases WHERE name=?",
		"BEGIN BATCH UPDATE leases USING TTL ? SET fence=? WHERE name=? IF fence=? AND grant_id=?; " +
			"UPDATE leases USING TTL ? SET owner=?,grant_id=?,renewals=? WHERE name=?; APPLY BATCH",
		"UPDATE leases USING TTL ? SET owner=?,grant_id=?,renewals=? WHERE name=? IF grant_id=? AND renewals=?",
		"DELETE owner,grant_id,renewals FROM leases WHERE name=? IF grant_id=?",
	}, sent)
	require.Equal(t, []string{"CREATE TABLE IF NOT EXISTS leases (name text, fence bigint, owner text, grant_id uuid, renewals bigint, PRIMARY KEY (name))"},
		leases.CreateCQL())
}
