//go:build !race

package lease_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/lease"
)

// A holder that stops renewing vouches for its lease until exactly its ttl is over, in whatever
// part of a server's second it begins; nobody else gets it earlier, though the clocks of
// the servers differ, and it is free soon after.
func TestNobodyBeforeTheDeadline(t *testing.T) {
	for _, phase := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, 999 * time.Millisecond} {
		for _, ttl := range []time.Duration{time.Second, 1500 * time.Millisecond, 10 * time.Second} {
			leak.Bubble(t, func(t *testing.T) {
				var skew time.Duration
				ctx := context.Background()
				srv, leases := start(t, cqltest.WithPipe(), cqltest.WithClock(func() time.Time { return time.Now().Add(skew) }))
				bob := client(t, srv)
				time.Sleep(phase)

				begin := time.Now()
				alice := acquire(t, leases, "alice", ttl)
				skew = lease.DefaultMaxClockSkew // bob is served by a node whose clock is ahead
				time.Sleep(ttl - time.Nanosecond)
				require.True(t, alice.Valid())
				requireHeld(t, bob, "alice")
				time.Sleep(time.Nanosecond)
				require.False(t, alice.Valid())
				require.ErrorIs(t, alice.Err(), lease.ErrLost)

				skew = 0
				_, err := bob.Wait(ctx, "job", "bob", ttl)
				require.NoError(t, err)
				require.LessOrEqual(t, time.Since(begin), ttl+lease.DefaultMaxClockSkew+2*time.Second+ttl/4)
				require.ErrorIs(t, alice.Renew(ctx), lease.ErrLost)
			})
		}
	}
}

// An hour of background renewals, and then nothing runs any more.
func TestKeepAlive(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, leases := start(t, cqltest.WithPipe())
		bob := client(t, srv)
		alice := acquire(t, leases, "alice", 30*time.Second)
		kept, stop := alice.KeepAlive(ctx)
		srv.Fault(cqltest.On(cqltest.Update, "leases").Chance(0.2, 1), cqltest.Apply, cqltest.LoseAnswer)
		srv.Fault(cqltest.On(cqltest.Update, "leases").Chance(0.2, 2), cqltest.Unavailable())
		for range 60 {
			time.Sleep(time.Minute)
			require.NoError(t, kept.Err())
			require.True(t, alice.Valid())
			requireHeld(t, bob, "alice")
		}
		stop()
		stop()
		require.ErrorIs(t, context.Cause(kept), context.Canceled)
		require.True(t, alice.Valid(), "stop does not release")
		require.NoError(t, alice.Release(ctx))
		acquire(t, bob, "bob", time.Minute)
	})
}

// Whatever keeps the renewals from succeeding, the context ends no later than the time
// that was last vouched for, and says why.
func TestContextEndsInTime(t *testing.T) {
	renewal := cqltest.On(cqltest.Update, "leases")
	for name, break_ := range map[string]func(*cqltest.Server){
		"unavailable":          func(srv *cqltest.Server) { srv.Fault(renewal, cqltest.Unavailable()) },
		"timeouts":             func(srv *cqltest.Server) { srv.Fault(renewal, cqltest.WriteTimeout("CAS")) },
		"no answers":           func(srv *cqltest.Server) { srv.Fault(renewal, cqltest.LoseAnswer) },
		"late":                 func(srv *cqltest.Server) { srv.Fault(renewal, cqltest.Delay(time.Hour)) },
		"connections cut":      func(srv *cqltest.Server) { srv.Fault(renewal, cqltest.CloseConnection) },
		"the server is closed": func(srv *cqltest.Server) { srv.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			leak.Bubble(t, func(t *testing.T) {
				srv, leases := start(t, cqltest.WithPipe())
				alice := acquire(t, leases, "alice", 10*time.Second)
				kept, stop := alice.KeepAlive(context.Background())
				defer stop()
				time.Sleep(time.Minute)
				require.NoError(t, kept.Err())
				last := alice.Deadline()
				break_(srv)
				<-kept.Done()
				require.Equal(t, last, time.Now())
				require.ErrorIs(t, context.Cause(kept), lease.ErrLost)
				var lost *lease.LostError
				require.ErrorAs(t, context.Cause(kept), &lost)
				require.EqualValues(t, 1, lost.Token)
			})
		})
	}
}

// A lease that is refused its renewal ends at once, not at its deadline.
func TestContextEndsWhenRefused(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv, leases := start(t, cqltest.WithPipe())
		alice := acquire(t, leases, "alice", 30*time.Second)
		kept, stop := alice.KeepAlive(context.Background())
		defer stop()
		srv.MustExec("DELETE owner, grant_id, renewals FROM leases WHERE name = 'job'") // by hand
		begin := time.Now()
		<-kept.Done()
		require.Equal(t, 10*time.Second, time.Since(begin))
		require.ErrorIs(t, context.Cause(kept), lease.ErrLost)
	})
}

// Releasing ends the contexts.
func TestContextEndsWithRelease(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		_, leases := start(t, cqltest.WithPipe())
		alice := acquire(t, leases, "alice", 30*time.Second)
		kept, stop := alice.KeepAlive(context.Background())
		defer stop()
		require.NoError(t, alice.Release(context.Background()))
		<-kept.Done()
		require.ErrorIs(t, context.Cause(kept), lease.ErrLost)
	})
}

// A renewal that is held up, and arrives after a later one, changes nothing: carried out then,
// it would end the lease as early as it began.
func TestLateRenewal(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, leases := start(t, cqltest.WithPipe())
		alice := acquire(t, leases, "alice", 10*time.Second)
		srv.Fault(cqltest.On(cqltest.Update, "leases").Nth(1), cqltest.Delay(5*time.Second))
		require.NoError(t, alice.Renew(ctx), "by the second one that was sent")
		time.Sleep(4 * time.Second)
		require.NoError(t, alice.Renew(ctx))
		before := srv.MustRows("SELECT renewals, ttl(owner) FROM leases")
		require.Equal(t, int64(2), before[0]["renewals"])
		srv.ResetLog()
		time.Sleep(2 * time.Second)
		after := srv.MustRows("SELECT renewals FROM leases")
		require.Equal(t, int64(2), after[0]["renewals"])
		require.Equal(t, []cqltest.Row{{"ttl(owner)": 10}}, srv.MustRows("SELECT ttl(owner) FROM leases"), "12 seconds, 2 ago")
		time.Sleep(8*time.Second - time.Millisecond)
		requireHeld(t, client(t, srv), "alice")
	})
}

// What an unanswered renewal has gained is counted from when it was sent.
func TestUnansweredRenewal(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, leases := start(t, cqltest.WithPipe())
		alice := acquire(t, leases, "alice", 10*time.Second)
		time.Sleep(2 * time.Second)
		update := cqltest.On(cqltest.Update, "leases")
		srv.Fault(update.Nth(1), cqltest.Apply, cqltest.LoseAnswer)
		srv.Fault(update.After(2), cqltest.Unavailable()) // the second is refused by the first
		begin := time.Now()
		require.Error(t, alice.Renew(ctx))
		require.Equal(t, begin.Add(10*time.Second), alice.Deadline())
	})
}

// An acquisition that is carried out after its caller has given up is nobody's, until
// its time is over; and one that has been overtaken is never carried out.
func TestLateAcquisition(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, leases := start(t, cqltest.WithPipe())
		bob := client(t, srv)
		fault := srv.Fault(cqltest.On(cqltest.Conditional, "leases").First(100), cqltest.Delay(time.Minute))
		_, err := leases.Acquire(ctx, "job", "alice", 10*time.Second)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		fault.Remove()
		x := acquire(t, bob, "bob", 10*time.Second)
		require.NoError(t, x.Release(ctx))
		time.Sleep(2 * time.Minute)
		owner, token, err := leases.Holder(ctx, "job")
		require.NoError(t, err)
		require.Equal(t, "", owner, "alice's requests were for token 1")
		require.EqualValues(t, 1, token)

		fault = srv.Fault(cqltest.On(cqltest.Conditional, "leases").First(100), cqltest.Delay(time.Minute))
		_, err = leases.Acquire(ctx, "job", "alice", 10*time.Second)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		fault.Remove()
		time.Sleep(time.Minute)
		requireHeld(t, bob, "alice")
		time.Sleep(13 * time.Second)
		require.EqualValues(t, 3, acquire(t, bob, "bob", time.Second).Token())
	})
}

// An answer that takes longer than the lease is no lease: it is renewed before it is handed out.
func TestSlowAcquisition(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv, leases := start(t, cqltest.WithPipe())
		srv.Fault(cqltest.On(cqltest.Conditional, "leases").Nth(1), cqltest.Apply, cqltest.LoseAnswer)
		srv.Fault(cqltest.On(cqltest.Select, "leases").Nth(2), cqltest.Delay(200*time.Millisecond))
		begin := time.Now()
		x := acquire(t, leases, "alice", 400*time.Millisecond)
		require.Greater(t, time.Since(begin), 400*time.Millisecond)
		require.True(t, x.Valid())
		require.EqualValues(t, 1, x.Token())
	})
}

func TestDo(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, leases := start(t, cqltest.WithPipe())
		alice := acquire(t, leases, "alice", 10*time.Second) // never released
		bob := client(t, srv)
		ran := false
		require.NoError(t, bob.Do(ctx, "job", "bob", 10*time.Second, func(kept context.Context, x *lease.Lease) error {
			require.False(t, alice.Valid())
			time.Sleep(time.Minute)
			require.NoError(t, kept.Err())
			require.EqualValues(t, 2, x.Token())
			ran = true
			return nil
		}))
		require.True(t, ran)
		require.EqualValues(t, 3, acquire(t, leases, "carol", time.Second).Token(), "released")

		time.Sleep(time.Minute)
		err := bob.Do(ctx, "job", "bob", 10*time.Second, func(kept context.Context, x *lease.Lease) error {
			srv.Fault(cqltest.On(cqltest.Update, "leases"), cqltest.LoseAnswer)
			<-kept.Done()
			return nil
		})
		require.ErrorIs(t, err, lease.ErrLost, "f's work may have overlapped")
		srv.ClearFaults()

		time.Sleep(time.Minute)
		require.PanicsWithValue(t, "f", func() {
			_ = bob.Do(ctx, "job", "bob", time.Hour, func(context.Context, *lease.Lease) error { panic("f") })
		})
		acquire(t, leases, "alice", time.Minute)
		within, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = bob.Do(within, "job", "bob", time.Second, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, lease.ErrHeld)
	})
}

// Random programs against random faults: never two valid leases at a time, and every token
// greater than the ones before.
func TestRandomPrograms(t *testing.T) {
	for seed := range seeds(10) {
		if overlaps, grants := simulate(t, seed, lease.DefaultMaxClockSkew, lease.DefaultMaxClockSkew); overlaps > 0 || grants < 3 {
			t.Errorf("seed %d: held twice %d times, %d grants", seed, overlaps, grants)
		}
	}
}

// The check sees: with clocks further apart than assumed there are two holders.
func TestRandomProgramsSeeOverlaps(t *testing.T) {
	seen := 0
	for seed := uint64(0); seen == 0 && seed < 40; seed++ {
		seen, _ = simulate(t, seed, 4*time.Second, 0)
	}
	require.NotZero(t, seen)
}

// seeds is n, and many more with COODIE_LONG=1.
func seeds(n uint64) uint64 {
	if os.Getenv("COODIE_LONG") != "" {
		return 30 * n
	}
	return n
}

// simulate lets four clients use one lease for two minutes. The clocks of the servers are up to
// skew apart, and the clients assume that they are up to assumed.
func simulate(t *testing.T, seed uint64, skew, assumed time.Duration) (overlaps, grants int) {
	leak.Bubble(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		clocks := rand.New(rand.NewPCG(seed, 1))
		var clock = make(chan struct{}, 1)
		srv, first := start(t, cqltest.WithPipe(), cqltest.WithClock(func() time.Time {
			clock <- struct{}{}
			defer func() { <-clock }()
			return time.Now().Add(time.Duration(clocks.Int64N(int64(skew) + 1)))
		}))
		on := cqltest.On(cqltest.Any, "leases")
		srv.Fault(on.Chance(0.10, seed), cqltest.Apply, cqltest.LoseAnswer)
		srv.Fault(on.Chance(0.05, seed+1), cqltest.WriteTimeout("CAS"))
		srv.Fault(on.Chance(0.05, seed+2), cqltest.Apply, cqltest.CASWriteUnknown())
		srv.Fault(on.Chance(0.05, seed+3), cqltest.Delay(100*time.Millisecond))
		srv.Fault(on.Chance(0.05, seed+4), cqltest.Delay(2*time.Second))
		srv.Fault(on.Chance(0.03, seed+5), cqltest.Delay(7*time.Second))
		srv.Fault(on.Chance(0.02, seed+6), cqltest.CloseConnection)

		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		held := make(chan *lease.Lease, 1000)
		stopped := make(chan struct{})
		const clients = 4
		for i := range clients {
			leases := first
			if i > 0 {
				leases = client(t, srv)
			}
			leases.MaxClockSkew = assumed
			own := rand.New(rand.NewPCG(seed, uint64(10+i)))
			go func() {
				defer func() { stopped <- struct{}{} }()
				for ctx.Err() == nil {
					time.Sleep(time.Duration(own.Int64N(int64(time.Second))))
					ttl := time.Second + time.Duration(own.Int64N(int64(3*time.Second)))
					x, err := leases.Acquire(ctx, "job", "owner", ttl)
					if err != nil {
						continue
					}
					held <- x
					for own.IntN(4) > 0 && ctx.Err() == nil {
						time.Sleep(time.Duration(own.Int64N(int64(ttl))))
						_ = x.Renew(ctx)
					}
					if own.IntN(2) == 0 {
						_ = x.Release(ctx)
					}
				}
			}()
		}
		var all []*lease.Lease
		for ctx.Err() == nil {
			time.Sleep(time.Duration(random.Int64N(int64(20 * time.Millisecond))))
			for more := true; more; {
				select {
				case x := <-held:
					all = append(all, x)
				default:
					more = false
				}
			}
			valid := 0
			for _, x := range all[max(0, len(all)-20):] {
				if x.Valid() {
					valid++
				}
			}
			if valid > 1 {
				overlaps++
			}
		}
		for range clients {
			<-stopped
		}
		tokens := map[int64]bool{}
		for _, x := range all {
			if tokens[x.Token()] {
				t.Errorf("seed %d: token %d was granted twice", seed, x.Token())
			}
			tokens[x.Token()] = true
		}
		grants = len(all)
		srv.ClearFaults()
	})
	return overlaps, grants
}
