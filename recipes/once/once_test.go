package once_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/once"
)

func TestRepeatsGetTheResult(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithDialect(dialect))
		got, err := keys.Do(ctx, "k", answer("done"))
		require.NoError(t, err)
		require.Equal(t, "done", string(got))
		for _, k := range []*once.Keys{keys, client(t, srv)} {
			got, err = k.Do(ctx, "k", never)
			require.NoError(t, err)
			require.Equal(t, "done", string(got))
			got, err = k.Wait(ctx, "k")
			require.NoError(t, err)
			require.Equal(t, "done", string(got))
		}
		got, err = keys.Do(ctx, "other", answer("another"))
		require.NoError(t, err)
		require.Equal(t, "another", string(got))
		_, err = keys.Wait(ctx, "unknown")
		require.ErrorIs(t, err, coodie.ErrNotFound)
	}
}

// An error is a result, unless it says that nothing was done.
func TestFailures(t *testing.T) {
	ctx := context.Background()
	_, keys := start(t)
	boom := errors.New("card declined")
	var first, repeat, waited *once.FailedError
	got, err := keys.Do(ctx, "k", func(context.Context) ([]byte, error) { return []byte("half"), boom })
	require.ErrorAs(t, err, &first)
	require.ErrorIs(t, err, once.ErrFailed)
	require.ErrorIs(t, err, boom, "for whose call did the work")
	require.Equal(t, "half", string(got))
	got, err = keys.Do(ctx, "k", never)
	require.ErrorAs(t, err, &repeat)
	require.ErrorIs(t, err, once.ErrFailed)
	require.Equal(t, "half", string(got))
	_, err = keys.Wait(ctx, "k")
	require.ErrorAs(t, err, &waited)
	for _, failed := range []*once.FailedError{first, repeat, waited} {
		require.Equal(t, "k", failed.Key)
		require.Equal(t, "card declined", failed.Failure)
		require.Equal(t, "once: failed: card declined", failed.Error())
	}

	_, err = keys.Do(ctx, "n", func(context.Context) ([]byte, error) { return nil, once.NotDone(boom) })
	require.ErrorIs(t, err, boom)
	require.Equal(t, "card declined", err.Error())
	got, err = keys.Do(ctx, "n", answer("now"))
	require.NoError(t, err)
	require.Equal(t, "now", string(got))
	require.NoError(t, once.NotDone(nil))

	var usage *coodie.Error
	_, err = keys.Do(ctx, "", never)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	keys.Keep = -1
	_, err = keys.Do(ctx, "x", never)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
}

// The process dies in the middle: never again, until somebody who knows has said so.
func TestDiesInTheMiddle(t *testing.T) {
	ctx := context.Background()
	_, keys := start(t)
	die := func(key string) *once.StartedError {
		require.PanicsWithValue(t, "dead", func() {
			_, _ = keys.Do(ctx, key, func(context.Context) ([]byte, error) { panic("dead") })
		})
		_, err := keys.Do(ctx, key, never)
		var started *once.StartedError
		require.ErrorAs(t, err, &started)
		require.ErrorIs(t, err, once.ErrStarted)
		require.WithinDuration(t, time.Now(), started.Started, time.Minute)
		return started
	}
	run := die("k").Run
	require.NoError(t, keys.Finish(ctx, "k", run, []byte("found out"), nil))
	got, err := keys.Do(ctx, "k", never)
	require.NoError(t, err)
	require.Equal(t, "found out", string(got))
	require.ErrorIs(t, keys.Finish(ctx, "k", run, nil, nil), once.ErrSuperseded)
	require.ErrorIs(t, keys.Forget(ctx, "k", run), once.ErrSuperseded, "it has finished")

	run = die("f").Run
	require.NoError(t, keys.Finish(ctx, "f", run, nil, errors.New("it broke")))
	_, err = keys.Do(ctx, "f", never)
	require.ErrorIs(t, err, once.ErrFailed)

	run = die("g").Run
	require.NoError(t, keys.Forget(ctx, "g", run))
	require.ErrorIs(t, keys.Forget(ctx, "g", run), once.ErrSuperseded)
	require.ErrorIs(t, keys.Finish(ctx, "g", run, nil, nil), once.ErrSuperseded)
	got, err = keys.Do(ctx, "g", answer("again"))
	require.NoError(t, err)
	require.Equal(t, "again", string(got))
	require.ErrorIs(t, keys.Forget(ctx, "g", run), once.ErrSuperseded, "another run")
}

// A run that is forgotten while it goes on does not overwrite the next one's result.
func TestForgottenWhileRunning(t *testing.T) {
	ctx := context.Background()
	_, keys := start(t)
	got, err := keys.Do(ctx, "k", func(context.Context) ([]byte, error) {
		_, err := keys.Do(ctx, "k", never)
		var started *once.StartedError
		require.ErrorAs(t, err, &started)
		require.NoError(t, keys.Forget(ctx, "k", started.Run))
		_, err = keys.Do(ctx, "k", answer("second"))
		require.NoError(t, err)
		return []byte("first"), nil
	})
	require.Equal(t, "first", string(got))
	require.ErrorIs(t, err, once.ErrNotRecorded)
	require.ErrorIs(t, err, once.ErrSuperseded)
	got, err = keys.Do(ctx, "k", never)
	require.NoError(t, err)
	require.Equal(t, "second", string(got))
}

// Whatever statement's answer is lost, executed or not: the work is done once, and those who come
// after get its result.
func TestAnswerLost(t *testing.T) {
	for name, steps := range map[string][]cqltest.Step{
		"executed":     {cqltest.Apply, cqltest.WriteTimeout("CAS")},
		"not executed": {cqltest.WriteTimeout("CAS")},
		"lost":         {cqltest.Apply, cqltest.LoseAnswer},
		"cut":          {cqltest.Apply, cqltest.CloseConnection},
	} {
		for n := 1; n <= 2; n++ { // begin, finish
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				t.Parallel()
				ctx := context.Background()
				srv, keys := start(t)
				fault := srv.Fault(cqltest.On(cqltest.Conditional, "idempotency_keys").Nth(n), steps...)
				runs := 0
				work := func(context.Context) ([]byte, error) {
					runs++
					return []byte("done"), nil
				}
				for range 3 {
					got, err := keys.Do(ctx, "k", work)
					require.NoError(t, err)
					require.Equal(t, "done", string(got))
				}
				require.Equal(t, 1, fault.Hits())
				require.Equal(t, 1, runs)
			})
		}
	}
}

// Nobody knows whether the key is begun: the work is not done, and not by the next one either
// if it is.
func TestBeginUnknown(t *testing.T) {
	ctx := context.Background()
	srv, keys := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional), cqltest.WriteTimeout("CAS"))
	_, err := keys.Do(ctx, "k", never)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Conditional).Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Conditional).After(1), cqltest.WriteTimeout("CAS"))
	_, err = keys.Do(ctx, "k", never)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	srv.ClearFaults()
	_, err = keys.Do(ctx, "k", never)
	require.ErrorIs(t, err, once.ErrStarted)
}

// The work is done, but nobody can be told: the caller is, with the result.
func TestNotRecorded(t *testing.T) {
	ctx := context.Background()
	srv, keys := start(t)
	srv.Fault(cqltest.On(cqltest.Update), cqltest.Unavailable())
	boom := errors.New("boom")
	got, err := keys.Do(ctx, "k", func(context.Context) ([]byte, error) { return []byte("done"), boom })
	require.Equal(t, "done", string(got))
	require.ErrorIs(t, err, once.ErrNotRecorded)
	require.ErrorIs(t, err, boom)
	var unavailable *gocql.RequestErrUnavailable
	require.ErrorAs(t, err, &unavailable)
	srv.ClearFaults()
	_, err = keys.Do(ctx, "k", never)
	require.ErrorIs(t, err, once.ErrStarted)
	var not *once.NotRecordedError
	_, err = keys.Do(ctx, "l", answer("x"))
	require.NoError(t, err)
	srv.Fault(cqltest.On(cqltest.Delete), cqltest.Unavailable())
	_, err = keys.Do(ctx, "m", func(context.Context) ([]byte, error) { return nil, once.NotDone(boom) })
	require.ErrorAs(t, err, &not)
	require.NoError(t, keys.Finish(ctx, "m", not.Run, []byte("later"), nil))
}

// A caller who gives up while the work is done does not keep it from being recorded.
func TestCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, keys := start(t)
	_, err := keys.Do(ctx, "k", func(ctx context.Context) ([]byte, error) {
		cancel()
		return []byte("done"), ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	_, err = keys.Do(context.Background(), "k", never)
	require.ErrorIs(t, err, once.ErrFailed)
}

// A crowd with one key, from two processes and through faults: the work is begun once.
func TestContention(t *testing.T) {
	ctx := context.Background()
	srv, keys := start(t)
	other := client(t, srv)
	on := cqltest.On(cqltest.Any, "idempotency_keys")
	srv.Fault(on.Chance(0.1, 1), cqltest.Apply, cqltest.CASWriteUnknown())
	srv.Fault(on.Chance(0.1, 2), cqltest.WriteTimeout("CAS"))
	for round := range 5 {
		key := fmt.Sprint("k", round)
		var runs, told atomic.Int64
		var running sync.WaitGroup
		for i := range 16 {
			from := keys
			if i%2 == 0 {
				from = other
			}
			running.Go(func() {
				got, err := from.Do(ctx, key, func(context.Context) ([]byte, error) {
					runs.Add(1)
					return []byte("done"), nil
				})
				if err == nil && string(got) != "done" {
					t.Errorf("got %q", got)
				}
				if err == nil {
					told.Add(1)
				}
			})
		}
		running.Wait()
		require.LessOrEqual(t, runs.Load(), int64(1))
		if runs.Load() == 0 {
			require.Zero(t, told.Load())
		}
	}
}

// A failure whose text is not UTF-8 is recorded all the same, and told alike to the first and the next.
func TestFailureText(t *testing.T) {
	for text, want := range map[string]string{
		"\xff": `\xff`, "ab\xc3": `ab\xc3`, "\xed\xa0\x80": `\xed\xa0\x80`, "größer\x80 \ufffd": `größer\x80 ` + "\ufffd", "a\x00b": "a\x00b", "": "",
	} {
		ctx := context.Background()
		_, keys := start(t)
		for _, work := range []func(context.Context) ([]byte, error){
			func(context.Context) ([]byte, error) { return nil, errors.New(text) }, never,
		} {
			_, err := keys.Do(ctx, "k", work)
			var failed *once.FailedError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, want, failed.Failure)
		}
	}
	ctx := context.Background()
	srv, keys := start(t)
	srv.ResetLog()
	var usage *coodie.Error
	_, err := keys.Do(ctx, "a\xff", never)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "key", usage.Column)
	require.NotContains(t, err.Error(), "a\xff")
	_, err = keys.Wait(ctx, "a\xff")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorAs(t, keys.Finish(ctx, "a\xff", coodie.UUID{}, nil, nil), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorAs(t, keys.Forget(ctx, "a\xff", coodie.UUID{}), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Empty(t, srv.Log())
}

// Whatever request's answer is lost, executed or not, in either dialect: what has been done is known afterwards.
func TestEveryAnswerLost(t *testing.T) {
	boom := errors.New("boom")
	for name, op := range map[string]func(*testing.T, *once.Keys){
		"done": func(t *testing.T, keys *once.Keys) {
			got, err := keys.Do(t.Context(), "k", answer("done"))
			require.NoError(t, err)
			require.Equal(t, "done", string(got))
		},
		"failed": func(t *testing.T, keys *once.Keys) {
			_, err := keys.Do(t.Context(), "k", func(context.Context) ([]byte, error) { return nil, boom })
			require.ErrorIs(t, err, once.ErrFailed)
			require.NotErrorIs(t, err, once.ErrNotRecorded)
		},
		"not done": func(t *testing.T, keys *once.Keys) {
			_, err := keys.Do(t.Context(), "k", func(context.Context) ([]byte, error) { return nil, once.NotDone(boom) })
			require.ErrorIs(t, err, boom)
			require.NotErrorIs(t, err, once.ErrNotRecorded)
			require.NotErrorIs(t, err, once.ErrSuperseded)
			_, err = keys.Wait(t.Context(), "k")
			require.ErrorIs(t, err, coodie.ErrNotFound, "the key is free")
		},
	} {
		for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
			for _, executed := range []bool{false, true} {
				for n, reached := 1, true; reached; n++ {
					t.Run(fmt.Sprint(name, dialect, executed, n), func(t *testing.T) {
						srv, keys := start(t, cqltest.WithDialect(dialect))
						steps := []cqltest.Step{cqltest.WriteTimeout("CAS")}
						if executed {
							steps = []cqltest.Step{cqltest.Apply, cqltest.CASWriteUnknown()}
						}
						fault := srv.Fault(cqltest.On(cqltest.Conditional, "idempotency_keys").Nth(n), steps...)
						defer func() { reached = fault.Hits() > 0 }()
						op(t, keys)
					})
				}
			}
		}
	}
}

// The answer of a Forget is lost, and meanwhile the key has begun again: it has been forgotten.
func TestForgottenAndBegunAgain(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithDialect(dialect))
		other := client(t, srv)
		require.Panics(t, func() { _, _ = keys.Do(ctx, "k", func(context.Context) ([]byte, error) { panic("dead") }) })
		var started *once.StartedError
		_, err := keys.Do(ctx, "k", never)
		require.ErrorAs(t, err, &started)
		var again sync.Once
		srv.Fault(cqltest.On(cqltest.Delete, "idempotency_keys").Nth(1), cqltest.Apply, cqltest.Do(func(cqltest.Statement) {
			again.Do(func() {
				_, err := other.Do(ctx, "k", answer("second"))
				require.NoError(t, err)
			})
		}), cqltest.CASWriteUnknown())
		require.NoError(t, keys.Forget(ctx, "k", started.Run))
		got, err := keys.Do(ctx, "k", never)
		require.NoError(t, err)
		require.Equal(t, "second", string(got))
	}
}

// The answer that the work is done is lost, and meanwhile somebody says otherwise: that is what is recorded.
func TestFinishedOtherwise(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithDialect(dialect))
		other := client(t, srv)
		var otherwise sync.Once
		srv.Fault(cqltest.On(cqltest.Update, "idempotency_keys").Nth(1), cqltest.Do(func(cqltest.Statement) {
			otherwise.Do(func() {
				var started *once.StartedError
				_, err := other.Do(ctx, "k", never)
				require.ErrorAs(t, err, &started)
				require.NoError(t, other.Finish(ctx, "k", started.Run, []byte("found out"), nil))
			})
		}), cqltest.WriteTimeout("CAS"))
		got, err := keys.Do(ctx, "k", answer("done"))
		require.Equal(t, "done", string(got))
		require.ErrorIs(t, err, once.ErrNotRecorded)
		require.ErrorIs(t, err, once.ErrSuperseded)
		got, err = keys.Do(ctx, "k", never)
		require.NoError(t, err)
		require.Equal(t, "found out", string(got))
	}
}

// A default TTL of the table, by option or on the server alone, does not shorten what Keep says.
func TestDefaultTTL(t *testing.T) {
	ctx := context.Background()
	srv, keys := start(t)
	srv.MustExec("ALTER TABLE idempotency_keys WITH default_time_to_live = 10")
	keys.Keep = 0
	_, err := keys.Do(ctx, "k", answer("done"))
	require.NoError(t, err)
	srv.FastForward(time.Hour)
	got, err := keys.Do(ctx, "k", never)
	require.NoError(t, err)
	require.Equal(t, "done", string(got))
}

func TestStatements(t *testing.T) {
	ctx := context.Background()
	srv, keys := start(t)
	srv.ResetLog()
	_, err := keys.Do(ctx, "k", answer("done"))
	require.NoError(t, err)
	_, err = keys.Do(ctx, "n", func(context.Context) ([]byte, error) { return nil, once.NotDone(errors.New("no")) })
	require.Error(t, err)
	require.Equal(t, []string{
		"INSERT INTO idempotency_keys (key,run_id,started,finished,result,failure) VALUES (?,?,?,?,?,?) IF NOT EXISTS USING TTL ?",
		"UPDATE idempotency_keys USING TTL ? SET run_id=?,started=?,finished=?,result=?,failure=? WHERE key=? IF run_id=? AND finished=?",
		"INSERT INTO idempotency_keys (key,run_id,started,finished,result,failure) VALUES (?,?,?,?,?,?) IF NOT EXISTS USING TTL ?",
		"DELETE FROM idempotency_keys WHERE key=? IF run_id=? AND finished=?",
	}, srv.Log().CQL())
	require.Len(t, keys.CreateCQL(), 1)
}
