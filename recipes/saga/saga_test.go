package saga_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/saga"
)

// Every action succeeds: once, in order, and a repeat gets the same data.
func TestCompletes(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		srv, w, trips := start(t, cqltest.WithDialect(dialect))
		for range 2 {
			got, err := trips.Run(ctx, "t1", trip{City: "Rome"})
			require.NoError(t, err)
			require.Equal(t, trip{City: "Rome", Booked: names}, got)
		}
		got, err := client(t, srv, w).Resume(ctx, "t1")
		require.NoError(t, err)
		require.Equal(t, names, got.Booked)
		require.Equal(t, all("do"), w.log)
		status := requireEnd(t, trips, saga.StateCompleted)
		require.Equal(t, names, status.Data.Booked)
		require.EqualValues(t, 1, status.Fence)
		require.WithinDuration(t, time.Now(), status.Started, time.Minute)
		_, err = trips.Resume(ctx, "t2")
		require.ErrorIs(t, err, coodie.ErrNotFound)
		_, err = trips.Status(ctx, "t2")
		require.ErrorIs(t, err, coodie.ErrNotFound)
	}
}

// An action fails for good: it and the steps before it are undone, in reverse order, and every caller is told why.
func TestUndone(t *testing.T) {
	for i, name := range names {
		ctx := context.Background()
		srv, w, trips := start(t)
		w.hook = on("done "+name, 1, saga.Permanent(errBoom)) // after its effect: it may have been done
		var failed *saga.FailedError
		_, err := trips.Run(ctx, "t1", trip{})
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, saga.ErrFailed)
		require.ErrorIs(t, err, errBoom, "for whose call ran it")
		require.NotErrorIs(t, err, saga.ErrUnfinished)
		require.Equal(t, saga.FailedError{ID: "t1", Step: name, Failure: "boom", Err: failed.Err}, *failed)
		require.Equal(t, append(all("do")[:i+1], all("undo")[2-i:]...), w.log)
		require.Empty(t, w.booked())

		_, err = client(t, srv, w).Run(ctx, "t1", trip{})
		require.ErrorAs(t, err, &failed)
		require.Equal(t, saga.FailedError{ID: "t1", Step: name, Failure: "boom"}, *failed)
		require.Equal(t, "saga: failed and undone: step "+name+": boom", err.Error())
		status := requireEnd(t, trips, saga.StateCompensated)
		require.Equal(t, name, status.FailedStep)
		require.Equal(t, "boom", status.Failure)
		require.NoError(t, trips.Recover(ctx))
	}
}

// An error is retried before it counts, unless it is Permanent; the data of a failed attempt is dropped.
func TestAttempts(t *testing.T) {
	ctx := context.Background()
	_, w, trips := start(t)
	w.hook = on("do hotel", 2, errBoom)
	got, err := trips.Run(ctx, "t1", trip{})
	require.NoError(t, err)
	require.Equal(t, names, got.Booked)

	_, w, trips = start(t)
	asked := 0
	w.hook = func(_ context.Context, e string) error {
		if e != "do hotel" {
			return nil
		}
		asked++
		return errBoom
	}
	_, err = trips.Run(ctx, "t1", trip{})
	require.ErrorIs(t, err, saga.ErrFailed)
	require.Equal(t, saga.DefaultAttempts, asked)
	require.NoError(t, saga.Permanent(nil))
}

// A compensation fails twice: retried within the call; and when its attempts are used up the saga waits for the
// next one, says so, and is undone then.
func TestCompensationFails(t *testing.T) {
	ctx := context.Background()
	_, w, trips := start(t)
	undo := on("undo flight", 2, errBoom)
	w.hook = func(ctx context.Context, e string) error {
		if e == "do car" {
			return saga.Permanent(errors.New("no car"))
		}
		return undo(ctx, e)
	}
	_, err := trips.Run(ctx, "t1", trip{})
	require.ErrorIs(t, err, saga.ErrFailed)
	require.Empty(t, w.booked())

	_, w, trips = start(t)
	undo = on("undo flight", 2, errBoom)
	w.hook = func(ctx context.Context, e string) error {
		if e == "do car" {
			return saga.Permanent(errors.New("no car"))
		}
		return undo(ctx, e)
	}
	trips.Attempts = 1
	_, err = trips.Run(ctx, "t1", trip{})
	for range 2 {
		var unfinished *saga.UnfinishedError
		require.ErrorAs(t, err, &unfinished)
		require.Equal(t, saga.UnfinishedError{ID: "t1", State: saga.StateCompensating, Step: "flight", Err: unfinished.Err}, *unfinished)
		require.ErrorIs(t, err, saga.ErrUnfinished)
		require.ErrorIs(t, err, saga.ErrCompensation)
		require.ErrorIs(t, err, errBoom)
		require.NotErrorIs(t, err, saga.ErrFailed)
		require.Equal(t, "saga: not finished: step flight: compensation failed: boom", err.Error())
		status, serr := trips.Status(ctx, "t1")
		require.NoError(t, serr)
		require.Equal(t, saga.StateCompensating, status.State)
		require.Equal(t, "car", status.FailedStep)
		require.Equal(t, "no car", status.Failure)
		require.Equal(t, "boom", status.CompensationFailure)
		require.False(t, status.Held, "the next worker need not wait")
		require.Equal(t, []string{"flight"}, w.booked())
		err = trips.Recover(ctx)
	}
	require.NoError(t, err)
	require.Empty(t, w.booked())
	status := requireEnd(t, trips, saga.StateCompensated)
	require.Equal(t, "boom", status.CompensationFailure, "it is not forgotten")
	_, err = trips.Resume(ctx, "t1")
	require.ErrorIs(t, err, saga.ErrFailed)
}

// The process dies before or after the effect of any action or compensation. Others must wait until its claim has
// ended; then Recover brings the saga to its end, without a second effect.
func TestCrash(t *testing.T) {
	for _, undone := range []bool{false, true} {
		events := []string{"do flight", "done flight", "do hotel", "done hotel", "do car", "done car"}
		if undone {
			events = append(events, "undo car", "undone car", "undo hotel", "undone hotel", "undo flight", "undone flight")
		}
		for _, event := range events {
			t.Run(fmt.Sprint(undone, event), func(t *testing.T) {
				t.Parallel()
				ctx := context.Background()
				srv, w, trips := start(t)
				die := crash(event)
				w.hook = func(ctx context.Context, e string) error {
					err := die(ctx, e)
					if err == nil && undone && e == "done car" {
						err = saga.Permanent(errBoom)
					}
					return err
				}
				dies(t, func() { _, _ = trips.Run(ctx, "t1", trip{City: "Rome"}) })

				other := client(t, srv, w)
				before := len(w.log)
				_, err := other.Run(ctx, "t1", trip{City: "Rome"})
				require.ErrorIs(t, err, saga.ErrHeld)
				require.ErrorIs(t, err, saga.ErrUnfinished)
				require.NoError(t, other.Recover(ctx), "held is not failed")
				require.Len(t, w.log, before)
				status, err := other.Status(ctx, "t1")
				require.NoError(t, err)
				require.True(t, status.Held)
				require.Equal(t, event[strings.Index(event, " ")+1:], status.Step)

				srv.FastForward(trips.Lease + 3*time.Second)
				require.NoError(t, other.Recover(ctx))
				if undone {
					require.Equal(t, append(all("do"), all("undo")...), w.log)
					require.Empty(t, w.booked())
					requireEnd(t, other, saga.StateCompensated)
				} else {
					require.Equal(t, all("do"), w.log)
					require.Equal(t, names, requireEnd(t, other, saga.StateCompleted).Data.Booked)
				}
				status, err = other.Status(ctx, "t1")
				require.NoError(t, err)
				require.EqualValues(t, 2, status.Fence)
			})
		}
	}
}

// The database is gone after an action: not recorded, and done again by who comes next, under the same key.
func TestRecordFails(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	w.hook = func(_ context.Context, e string) error {
		if e == "done hotel" && len(w.log) == 2 {
			srv.Fault(cqltest.On(cqltest.Conditional, "sagas"), cqltest.Unavailable())
		}
		return nil
	}
	_, err := trips.Run(ctx, "t1", trip{})
	require.ErrorIs(t, err, saga.ErrUnfinished)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	var unavailable *gocql.RequestErrUnavailable
	require.ErrorAs(t, err, &unavailable)
	srv.ClearFaults()
	w.hook = nil
	_, err = trips.Resume(ctx, "t1")
	require.ErrorIs(t, err, saga.ErrHeld, "it could not be released")
	srv.FastForward(trips.Lease + 3*time.Second)
	got, err := trips.Resume(ctx, "t1")
	require.NoError(t, err)
	require.Equal(t, names, got.Booked)
	require.Equal(t, all("do"), w.log)
}

// A context that ends after an action, before its record: the action is recorded all the same, no other is begun,
// and nothing is undone. The next worker goes on at once.
func TestCanceled(t *testing.T) {
	why := errors.New("shutting down")
	for _, told := range []bool{false, true} {
		for i, name := range names {
			ctx, cancel := context.WithCancelCause(context.Background())
			srv, w, trips := start(t)
			trips.Attempts = 1
			w.hook = func(ctx context.Context, e string) error {
				if e == "done "+name {
					cancel(why)
					if told {
						return ctx.Err()
					}
				}
				return nil
			}
			_, err := trips.Run(ctx, "t1", trip{})
			w.hook = nil
			if i == 2 && !told {
				require.NoError(t, err)
				continue
			}
			var unfinished *saga.UnfinishedError
			require.ErrorAs(t, err, &unfinished)
			require.Equal(t, saga.StateRunning, unfinished.State)
			require.ErrorIs(t, err, why)
			if told {
				require.Equal(t, name, unfinished.Step, "it may have been done: again")
			} else {
				require.Equal(t, names[i+1], unfinished.Step)
			}
			require.Equal(t, all("do")[:i+1], w.log)
			got, err := client(t, srv, w).Resume(context.Background(), "t1")
			require.NoError(t, err)
			require.Equal(t, names, got.Booked)
			require.Equal(t, all("do"), w.log)
		}
	}
}

// Whatever request's answer is lost, executed or not, in either dialect: the saga ends as it should, each step with
// one effect.
func TestEveryAnswerLost(t *testing.T) {
	t.Parallel()
	for _, undone := range []bool{false, true} {
		for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
			for name, steps := range map[string][]cqltest.Step{
				"executed":     {cqltest.Apply, cqltest.CASWriteUnknown()},
				"not executed": {cqltest.WriteTimeout("CAS")},
				"cut":          {cqltest.Apply, cqltest.CloseConnection},
			} {
				for n, reached := 1, true; reached; n++ {
					t.Run(fmt.Sprint(undone, dialect, name, n), func(t *testing.T) {
						ctx := context.Background()
						srv, w, trips := start(t, cqltest.WithDialect(dialect))
						if undone {
							w.hook = on("done car", 9, errBoom)
						}
						fault := srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Nth(n), steps...)
						defer func() { reached = fault.Hits() > 0 }()
						got, err := trips.Run(ctx, "t1", trip{})
						if undone {
							require.ErrorIs(t, err, saga.ErrFailed)
							require.Equal(t, append(all("do"), all("undo")...), w.log)
							requireEnd(t, trips, saga.StateCompensated)
							return
						}
						require.NoError(t, err)
						require.Equal(t, names, got.Booked)
						require.Equal(t, all("do"), w.log)
						require.EqualValues(t, 1, requireEnd(t, trips, saga.StateCompleted).Fence, "claimed once")
					})
				}
			}
		}
	}
}

// The outcome of a write stays unknown: that is what the caller is told, whatever was executed, and another call
// ends the saga.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, executed := range []bool{false, true} {
		for n := range 4 { // after so many conditional statements: the beginning, two records, the end
			ctx := context.Background()
			srv, w, trips := start(t)
			if executed {
				srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Nth(n+1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
			}
			srv.Fault(cqltest.On(cqltest.Conditional, "sagas").After(n), cqltest.WriteTimeout("CAS"))
			_, err := trips.Run(ctx, "t1", trip{})
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			require.NotErrorIs(t, err, saga.ErrFailed)
			if n == 0 && executed { // which the next read shows; the first record then stays unknown
				require.ErrorIs(t, err, saga.ErrUnfinished)
				require.Len(t, w.log, 1)
			} else {
				require.Equal(t, n > 0, errors.Is(err, saga.ErrUnfinished))
				require.Len(t, w.log, n)
			}
			srv.ClearFaults()
			srv.FastForward(trips.Lease + 3*time.Second)
			got, err := trips.Run(ctx, "t1", trip{})
			require.NoError(t, err)
			require.Equal(t, names, got.Booked)
			require.Equal(t, all("do"), w.log)
		}
	}
}

// A worker stands still in an action until another has taken over: it is fenced, in whatever step, and what it does
// not record the other has done.
func TestFenced(t *testing.T) {
	for _, fails := range []bool{false, true} {
		for _, name := range names {
			ctx := context.Background()
			srv, w, trips := start(t)
			other := client(t, srv, w)
			slept := false
			w.hook = func(_ context.Context, e string) error {
				if e != "do "+name || slept {
					return nil
				}
				slept = true
				srv.FastForward(trips.Lease + 3*time.Second)
				got, err := other.Run(ctx, "t1", trip{})
				require.NoError(t, err)
				require.Equal(t, names, got.Booked)
				if fails {
					return saga.Permanent(errBoom)
				}
				return nil
			}
			_, err := trips.Run(ctx, "t1", trip{})
			require.ErrorIs(t, err, saga.ErrFenced)
			require.ErrorIs(t, err, saga.ErrUnfinished)
			require.NotErrorIs(t, err, saga.ErrFailed)
			require.Equal(t, fails, errors.Is(err, errBoom), "never lost")
			require.Equal(t, all("do"), w.log)
			require.EqualValues(t, 2, requireEnd(t, trips, saga.StateCompleted).Fence)
			got, err := trips.Run(ctx, "t1", trip{})
			require.NoError(t, err)
			require.Equal(t, names, got.Booked)
		}
	}
}

// A claim that was decided on a row that has moved on meanwhile is refused: the worker that was thought dead is not.
func TestClaimOfWhatMoved(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	other := client(t, srv, w)
	sent, goOn := make(chan struct{}), make(chan struct{})
	told := make(chan error, 1)
	w.hook = func(_ context.Context, e string) error {
		switch e {
		case "do flight":
			srv.FastForward(trips.Lease + 3*time.Second)
			srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Containing("fence=").Nth(1), cqltest.Do(func(cqltest.Statement) { close(sent); <-goOn }))
			go func() {
				_, err := other.Resume(ctx, "t1")
				told <- err
			}()
			<-sent
		case "do hotel": // the flight is recorded
			close(goOn)
			require.ErrorIs(t, <-told, saga.ErrHeld)
		}
		return nil
	}
	_, err := trips.Run(ctx, "t1", trip{})
	require.NoError(t, err)
	require.Equal(t, all("do"), w.log)
	require.EqualValues(t, 1, requireEnd(t, trips, saga.StateCompleted).Fence)
}

// The same, but the first worker has given the saga back: the other goes on where that one stopped.
func TestClaimOfWhatWasReleased(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	other := client(t, srv, w)
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	var once sync.Once
	srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Containing("fence=").Nth(2), cqltest.Do(func(cqltest.Statement) {
		once.Do(func() { // the other's claim is under way
			_, err := trips.Resume(within, "t1")
			require.ErrorIs(t, err, context.Canceled)
			w.hook = nil
		})
	}))
	w.hook = crash("do flight")
	dies(t, func() { _, _ = trips.Run(ctx, "t1", trip{}) })
	srv.FastForward(trips.Lease + 3*time.Second)
	w.hook = func(_ context.Context, e string) error {
		if e == "done hotel" {
			cancel()
		}
		return nil
	}
	got, err := other.Resume(ctx, "t1")
	require.NoError(t, err)
	require.Equal(t, names, got.Booked)
	require.Equal(t, all("do"), w.log)
	require.EqualValues(t, 3, requireEnd(t, trips, saga.StateCompleted).Fence)
}

// The answer to a record is lost, and before it is asked again another worker has recorded as much: that is not
// taken for one's own.
func TestRecordedByAnother(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	other := client(t, srv, w)
	var once sync.Once
	srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Nth(4), cqltest.Do(func(cqltest.Statement) {
		once.Do(func() {
			w.hook = nil
			srv.FastForward(trips.Lease + 3*time.Second)
			_, err := other.Run(ctx, "t1", trip{})
			require.NoError(t, err)
		})
	}), cqltest.WriteTimeout("CAS"))
	w.hook = on("done car", 1, saga.Permanent(errBoom))
	_, err := trips.Run(ctx, "t1", trip{})
	require.ErrorIs(t, err, saga.ErrFenced)
	require.ErrorIs(t, err, errBoom)
	require.Equal(t, all("do"), w.log, "nothing is undone")
	requireEnd(t, trips, saga.StateCompleted)
}

// The answer to the last record is lost, and before it is asked again the saga's time is over.
func TestEndedAndForgotten(t *testing.T) {
	srv, w, trips := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "sagas").Nth(4), cqltest.Apply,
		cqltest.Do(func(cqltest.Statement) { srv.FastForward(trips.Keep + 2*time.Second) }), cqltest.CASWriteUnknown())
	got, err := trips.Run(context.Background(), "t1", trip{})
	require.NoError(t, err)
	require.Equal(t, names, got.Booked)
	require.Equal(t, all("do"), w.log)
}

// Two processes, many callers, faults: a step is never in two hands at once, and has one effect.
func TestContention(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	srv, w, trips := start(t)
	other := client(t, srv, w)
	on := cqltest.On(cqltest.Conditional, "sagas")
	srv.Fault(on.Chance(0.1, 1), cqltest.Apply, cqltest.CASWriteUnknown())
	srv.Fault(on.Chance(0.1, 2), cqltest.WriteTimeout("CAS"))
	var mu sync.Mutex
	inside := 0
	w.hook = func(_ context.Context, e string) error {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(e, "do ") {
			inside++
		} else {
			inside--
		}
		if inside > 1 {
			t.Error("two at once")
		}
		return nil
	}
	var running sync.WaitGroup
	for i := range 8 {
		from := trips
		if i%2 == 0 {
			from = other
		}
		running.Go(func() {
			for {
				got, err := from.Run(ctx, "t1", trip{})
				if err == nil {
					if len(got.Booked) != 3 {
						t.Error(got)
					}
					return
				}
				if !errors.Is(err, saga.ErrHeld) && !errors.Is(err, coodie.ErrOutcomeUnknown) {
					t.Error(err)
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	running.Wait()
	require.Equal(t, all("do"), w.log)
}

// Recover resumes all that are unclaimed, of its own name alone; one that fails does not keep it from the others.
func TestRecover(t *testing.T) {
	srv, w, trips := start(t)
	ctx := context.Background()
	for i := range 20 {
		within, cancel := context.WithCancel(ctx)
		w.hook = func(context.Context, string) error { cancel(); return nil }
		_, err := trips.Run(within, fmt.Sprint(i), trip{})
		require.ErrorIs(t, err, saga.ErrUnfinished)
	}
	w.hook = nil
	cluster := srv.Cluster()
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	changed, err := saga.Open(coodie.New(session), "trip", w.steps()[:2])
	require.NoError(t, err)
	var usage *coodie.Error
	require.ErrorAs(t, changed.Recover(ctx), &usage, "the steps have changed")
	require.Equal(t, coodie.KindUsage, usage.Kind)
	stranger, err := saga.Open(coodie.New(session), "other", w.steps())
	require.NoError(t, err)
	require.NoError(t, stranger.Recover(ctx))
	require.Len(t, w.log, 20)

	w.hook = on("do hotel", 1, saga.Permanent(errBoom)) // one is undone, which is no error
	require.NoError(t, trips.Recover(ctx))
	states := map[saga.State]int{}
	for i := range 20 {
		status, err := trips.Status(ctx, fmt.Sprint(i))
		require.NoError(t, err)
		states[status.State]++
	}
	require.Equal(t, map[saga.State]int{saga.StateCompleted: 19, saga.StateCompensated: 1}, states)
}

// What has ended is kept for Keep, and what has not forever, whatever default TTL the table has.
func TestKeep(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	srv.MustExec("ALTER TABLE sagas WITH default_time_to_live = 10")
	w.hook = crash("done hotel")
	dies(t, func() { _, _ = trips.Run(ctx, "t1", trip{}) })
	srv.FastForward(365 * 24 * time.Hour)
	_, err := trips.Resume(ctx, "t1")
	require.NoError(t, err)
	srv.FastForward(trips.Keep - time.Second)
	requireEnd(t, trips, saga.StateCompleted)
	srv.FastForward(3 * time.Second)
	require.Empty(t, srv.MustRows("SELECT * FROM sagas"))

	trips.Keep = 0
	_, err = trips.Run(ctx, "t1", trip{})
	require.NoError(t, err)
	srv.FastForward(10 * 365 * 24 * time.Hour)
	requireEnd(t, trips, saga.StateCompleted)
}

// Steps without a compensation are passed over, and a saga without any ends with the failure.
func TestNothingToUndo(t *testing.T) {
	for _, without := range [][]int{{0}, {1}, {2}, {0, 1, 2}} {
		ctx := context.Background()
		srv, w, _ := start(t)
		steps := w.steps()
		want := map[string]bool{"flight": true, "hotel": true, "car": true}
		for _, i := range without {
			steps[i].Undo = nil
			delete(want, names[i])
		}
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		trips, err := saga.Open(coodie.New(session), "trip", steps)
		require.NoError(t, err)
		w.hook = on("done car", 1, saga.Permanent(errBoom))
		_, err = trips.Run(ctx, "t1", trip{})
		require.ErrorIs(t, err, saga.ErrFailed)
		undone := map[string]bool{}
		for _, line := range w.log[3:] {
			undone[strings.TrimPrefix(line, "undo ")] = true
		}
		require.Equal(t, want, undone)
		requireEnd(t, trips, saga.StateCompensated)
	}
}

// Mistakes are told before anything is sent, and no error prints what is stored.
func TestMisuse(t *testing.T) {
	ctx := context.Background()
	srv, w, trips := start(t)
	srv.ResetLog()
	var usage *coodie.Error
	for _, id := range []string{"", "a\xff"} {
		_, err := trips.Run(ctx, id, trip{})
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, "id", usage.Column)
		_, err = trips.Resume(ctx, id)
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		_, err = trips.Status(ctx, id)
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	trips.Lease = 0
	_, err := trips.Run(ctx, "t1", trip{})
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	db := coodie.New(session)
	twice := append(w.steps(), w.steps()...)
	for name, steps := range map[string][]saga.Step[trip]{
		"": w.steps(), "a/b": w.steps(), "a\xff": w.steps(), "none": nil, "twice": twice, "empty": {{}}, "idle": {{Name: "x"}},
	} {
		_, err := saga.Open(db, name, steps)
		require.ErrorAs(t, err, &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	never := func(context.Context, *saga.Call[any]) error { panic("run") }
	opaque, err := saga.Open(db, "opaque", []saga.Step[any]{{Name: "x", Do: never}})
	require.NoError(t, err)
	_, err = opaque.Run(ctx, "t1", func() {})
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "data", usage.Column)
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Any, "sagas")))

	w.hook = crash("do flight")
	trips.Lease = saga.DefaultLease
	dies(t, func() { _, _ = trips.Run(ctx, "secret", trip{City: "Atlantis"}) })
	srv.FastForward(time.Minute)
	type other struct{ City int8 }
	wrong, err := saga.Open(db, "trip", []saga.Step[other]{
		{Name: "flight", Do: func(context.Context, *saga.Call[other]) error { panic("run") }},
		{Name: "hotel", Do: func(context.Context, *saga.Call[other]) error { panic("run") }},
		{Name: "car", Do: func(context.Context, *saga.Call[other]) error { panic("run") }},
	})
	require.NoError(t, err)
	_, err = wrong.Resume(ctx, "secret")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorIs(t, err, saga.ErrUnfinished)
	require.NotContains(t, err.Error(), "Atlantis")
	require.NotContains(t, err.Error(), "secret")
	_, err = trips.Resume(ctx, "secret")
	require.NoError(t, err)
}

// A failure whose text is not UTF-8 is recorded all the same.
func TestFailureText(t *testing.T) {
	ctx := context.Background()
	_, w, trips := start(t)
	w.hook = on("do flight", 1, saga.Permanent(errors.New("a\xffb")))
	for range 2 {
		_, err := trips.Run(ctx, "t1", trip{})
		var failed *saga.FailedError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "a\ufffdb", failed.Failure)
	}
}

func TestStatements(t *testing.T) {
	ctx := context.Background()
	srv, _, trips := start(t)
	srv.ResetLog()
	_, err := trips.Run(ctx, "t1", trip{})
	require.NoError(t, err)
	const worker = "; UPDATE sagas USING TTL ? SET worker=? WHERE name=? AND id=?; APPLY BATCH"
	const record = "BEGIN BATCH UPDATE sagas USING TTL ? SET revision=?,state=?,step=?,data=? WHERE name=? AND id=? IF run_id=? AND revision=?" + worker
	require.Equal(t, []string{
		"SELECT name,id,steps,data,state,step,failed_step,failure,compensation_failure,started,fence,run_id,revision,worker FROM sagas WHERE name=? AND id=?",
		"BEGIN BATCH UPDATE sagas USING TTL ? SET run_id=?,fence=?,revision=?,steps=?,data=?,state=?,step=?,started=? WHERE name=? AND id=? IF run_id=?" + worker,
		record,
		record,
		"UPDATE sagas USING TTL ? SET steps=?,data=?,state=?,step=?,failed_step=?,failure=?,compensation_failure=?,started=?,fence=?,run_id=?,revision=?,worker=? WHERE name=? AND id=? IF run_id=? AND revision=?",
	}, srv.Log().CQL())
	require.Len(t, trips.CreateCQL(), 1)
}

// Crashes, failures and lost answers at random, worker after worker: each saga ends completed with every step in
// effect, or compensated with none, and nobody is told otherwise.
func TestRandom(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			srv, w, trips := start(t)
			random := rand.New(rand.NewPCG(seed, 22))
			on := cqltest.On(cqltest.Conditional, "sagas")
			srv.Fault(on.Chance(0.15, seed), cqltest.Apply, cqltest.CASWriteUnknown())
			srv.Fault(on.Chance(0.15, seed+1), cqltest.WriteTimeout("CAS"))
			srv.Fault(on.Chance(0.05, seed+2), cqltest.Unavailable())
			defer srv.ClearFaults()
			for round := 0; ; round++ {
				w.hook = func(_ context.Context, e string) error {
					switch p := random.Float64(); {
					case p < 0.15 && round < 6:
						panic("dead")
					case p < 0.25 && round < 6:
						return errBoom
					case p < 0.3 && strings.HasPrefix(e, "do"):
						return saga.Permanent(errBoom)
					}
					return nil
				}
				err := func() (err error) {
					defer func() {
						if r := recover(); r != nil {
							err = fmt.Errorf("%w: %v", saga.ErrUnfinished, r)
						}
					}()
					_, err = trips.Run(ctx, "t1", trip{})
					return err
				}()
				switch {
				case err == nil:
					require.Equal(t, names, w.booked())
					require.Equal(t, names, requireEnd(t, trips, saga.StateCompleted).Data.Booked)
					return
				case errors.Is(err, saga.ErrFailed):
					require.Empty(t, w.booked())
					requireEnd(t, trips, saga.StateCompensated)
					return
				}
				require.True(t, errors.Is(err, saga.ErrUnfinished) || errors.Is(err, coodie.ErrOutcomeUnknown) || coodie.KindOf(err) == coodie.KindUnavailable, err)
				srv.FastForward(trips.Lease + 3*time.Second)
				trips = client(t, srv, w)
			}
		})
	}
}
