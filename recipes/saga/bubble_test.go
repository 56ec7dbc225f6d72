//go:build !race

package saga_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/saga"
)

// The context of a step ends exactly when its Lease is over, whatever part of a server's second it began in, and
// until then nobody else gets the saga, though a server's clock is ahead; soon afterwards it is free.
func TestLease(t *testing.T) {
	for _, phase := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, 999 * time.Millisecond} {
		for _, lease := range []time.Duration{time.Second, 1500 * time.Millisecond, 30 * time.Second} {
			leak.Bubble(t, func(t *testing.T) {
				ctx := context.Background()
				var skew time.Duration
				srv, w, trips := start(t, cqltest.WithPipe(), cqltest.WithClock(func() time.Time { return time.Now().Add(skew) }))
				other := client(t, srv, w)
				trips.Lease, other.Lease = lease, lease
				time.Sleep(phase)
				begin := time.Now()
				asked := false
				w.hook = func(within context.Context, e string) error {
					if e != "do flight" || asked {
						return nil
					}
					asked = true
					skew = trips.MaxClockSkew // the next request goes to a node whose clock is ahead
					<-within.Done()
					require.ErrorIs(t, within.Err(), context.DeadlineExceeded)
					require.Equal(t, lease, time.Since(begin))
					_, err := other.Resume(ctx, "t1")
					require.ErrorIs(t, err, saga.ErrHeld)
					time.Sleep(trips.MaxClockSkew + 2*time.Second)
					_, err = other.Resume(ctx, "t1")
					require.NoError(t, err)
					return nil
				}
				_, err := trips.Run(ctx, "t1", trip{})
				require.ErrorIs(t, err, saga.ErrFenced)
				require.Equal(t, all("do"), w.log)
			})
		}
	}
}

// Each attempt has the whole Lease, and the claim is renewed for it, so steps and retries may take longer than
// Lease together. The pauses between attempts double.
func TestAttemptsRenew(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, w, trips := start(t, cqltest.WithPipe())
		other := client(t, srv, w)
		trips.Lease, trips.Attempts, trips.Backoff = 30*time.Second, 5, 2*time.Second
		var begun []time.Time
		took := []time.Duration{8 * time.Second, 0, 8 * time.Second, 0, 8 * time.Second}
		w.hook = func(within context.Context, e string) error {
			if e != "do hotel" {
				return nil
			}
			begun = append(begun, time.Now())
			deadline, ok := within.Deadline()
			require.True(t, ok)
			require.Equal(t, trips.Lease, time.Until(deadline))
			_, err := other.Resume(ctx, "t1")
			require.ErrorIs(t, err, saga.ErrHeld)
			time.Sleep(took[len(begun)-1])
			if len(begun) < 5 {
				return errBoom
			}
			return nil
		}
		_, err := trips.Run(ctx, "t1", trip{})
		require.NoError(t, err)
		require.Len(t, begun, 5)
		for i, pause := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second} {
			paused := begun[i+1].Sub(begun[i]) - took[i]
			require.GreaterOrEqual(t, paused, pause/2)
			require.LessOrEqual(t, paused, pause)
		}
		require.Equal(t, all("do"), w.log)
	})
}

// An attempt that runs into its deadline has failed, and is retried like any other.
func TestAttemptTimesOut(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		_, w, trips := start(t, cqltest.WithPipe())
		times := 0
		w.hook = func(within context.Context, e string) error {
			if e != "do hotel" {
				return nil
			}
			if times++; times == 2 {
				return nil
			}
			<-within.Done()
			return within.Err()
		}
		got, err := trips.Run(context.Background(), "t1", trip{})
		require.NoError(t, err)
		require.Equal(t, names, got.Booked)
	})
}

// A caller whose context ends in a pause between attempts is told so at once: nothing has failed for good.
func TestCanceledBetweenAttempts(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv, w, trips := start(t, cqltest.WithPipe())
		trips.Backoff = time.Hour
		w.hook = on("do hotel", 1, errBoom)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := trips.Run(ctx, "t1", trip{})
		require.Equal(t, time.Second, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errBoom)
		require.ErrorIs(t, err, saga.ErrUnfinished)
		_, err = client(t, srv, w).Resume(context.Background(), "t1")
		require.NoError(t, err)
		require.Equal(t, all("do"), w.log)
	})
}

// A record that arrives late, when another worker has taken over, changes nothing.
func TestLateRecord(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, w, trips := start(t, cqltest.WithPipe())
		w.hook = func(_ context.Context, e string) error {
			if e == "done flight" {
				srv.Fault(cqltest.On(cqltest.Conditional, "sagas"), cqltest.Delay(time.Hour))
				return saga.Permanent(errors.New("late"))
			}
			return nil
		}
		_, err := trips.Run(ctx, "t1", trip{})
		require.ErrorIs(t, err, saga.ErrUnfinished)
		srv.ClearFaults()
		w.hook = nil
		time.Sleep(trips.Lease + 3*time.Second)
		got, err := client(t, srv, w).Run(ctx, "t1", trip{})
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		require.Equal(t, got.Booked, requireEnd(t, trips, saga.StateCompleted).Data.Booked)
		require.Equal(t, all("do"), w.log)
	})
}

// A record whose answer takes long leaves the next step little of the claim: it is renewed first.
func TestSlowRecord(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv, w, trips := start(t, cqltest.WithPipe())
		trips.Lease = time.Second
		srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Nth(2), cqltest.Delay(900*time.Millisecond))
		w.hook = func(within context.Context, _ string) error {
			deadline, _ := within.Deadline()
			require.GreaterOrEqual(t, time.Until(deadline), trips.Lease/2)
			return nil
		}
		_, err := trips.Run(context.Background(), "t1", trip{})
		require.NoError(t, err)
		require.Equal(t, all("do"), w.log)
	})
}
