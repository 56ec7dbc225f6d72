package recipes_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/once"
)

// Ten callers with one key: the work is done once, and all get its result; a run that died
// is finished by hand; and a key ends with its time, leaving nothing behind.
func TestOnce(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	db, session := connect(t, keyspace(t))
	keys, err := once.Open(db)
	require.NoError(t, err)
	require.NoError(t, keys.Create(ctx))
	var runs, told atomic.Int64
	work := func(context.Context) ([]byte, error) {
		runs.Add(1)
		return []byte("done"), nil
	}
	var running sync.WaitGroup
	for range 10 {
		running.Go(func() {
			got, err := keys.Do(ctx, "k", work)
			if errors.Is(err, once.ErrStarted) || errors.Is(err, coodie.ErrOutcomeUnknown) {
				got, err = keys.Wait(ctx, "k")
			}
			if err != nil || string(got) != "done" {
				t.Errorf("%q %v", got, err)
			} else {
				told.Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 1, runs.Load())
	require.EqualValues(t, 10, told.Load())

	never := func(context.Context) ([]byte, error) { panic("done again") }
	require.Panics(t, func() { _, _ = keys.Do(ctx, "d", never) })
	_, err = keys.Do(ctx, "d", never)
	var started *once.StartedError
	require.ErrorAs(t, err, &started)
	require.NoError(t, keys.Finish(ctx, "d", started.Run, nil, errors.New("it broke")))
	_, err = keys.Do(ctx, "d", never)
	require.ErrorIs(t, err, once.ErrFailed)

	keys.Keep = time.Second
	_, err = keys.Do(ctx, "short", work)
	require.NoError(t, err)
	_, err = keys.Do(ctx, "short", never)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return session.Query("SELECT key FROM idempotency_keys WHERE key = 'short'").Iter().NumRows() == 0
	}, 10*time.Second, 100*time.Millisecond)
	_, err = keys.Do(ctx, "short", work)
	require.NoError(t, err)
	require.EqualValues(t, 3, runs.Load())
}

// A failure text of any bytes is recorded, and told alike to the first caller and the next.
func TestOnceFailureText(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	db, _ := connect(t, keyspace(t))
	keys, err := once.Open(db)
	require.NoError(t, err)
	require.NoError(t, keys.Create(ctx))
	for range 2 {
		_, err = keys.Do(ctx, "k", func(context.Context) ([]byte, error) { return nil, errors.New("\xff\xed\xa0\x80\x00") })
		var failed *once.FailedError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, `\xff\xed\xa0\x80`+"\x00", failed.Failure)
	}
}
