//go:build !race

package once_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/once"
)

// A key is kept for as long as is said, counted from the end of its work, and then nothing of it
// stays behind.
func TestKeep(t *testing.T) {
	for _, keep := range []time.Duration{time.Hour, 1500 * time.Millisecond} {
		leak.Bubble(t, func(t *testing.T) {
			ctx := context.Background()
			srv, keys := start(t, cqltest.WithPipe())
			keys.Keep = keep
			time.Sleep(999 * time.Millisecond) // late in a server's second
			_, err := keys.Do(ctx, "k", func(context.Context) ([]byte, error) {
				time.Sleep(keep / 2)
				return []byte("done"), nil
			})
			require.NoError(t, err)
			time.Sleep(keep - time.Nanosecond)
			_, err = keys.Do(ctx, "k", never)
			require.NoError(t, err)
			time.Sleep(2 * time.Second)
			require.Empty(t, srv.MustRows("SELECT * FROM idempotency_keys"))
			_, err = keys.Do(ctx, "k", answer("again"))
			require.NoError(t, err)
		})
	}
}

// For ever is for ever.
func TestKeepForEver(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithPipe())
		keys.Keep = 0
		_, err := keys.Do(ctx, "k", answer("done"))
		require.NoError(t, err)
		srv.FastForward(10 * 365 * 24 * time.Hour)
		_, err = keys.Do(ctx, "k", never)
		require.NoError(t, err)
	})
}

// Work that takes longer than its key is kept is told to stop before anybody else can begin.
func TestWorkEndsBeforeItsKey(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithPipe())
		keys.Keep = 10 * time.Second
		time.Sleep(999 * time.Millisecond)
		_, err := keys.Do(ctx, "k", func(within context.Context) ([]byte, error) {
			<-within.Done()
			_, err := client(t, srv).Do(ctx, "k", never)
			require.ErrorIs(t, err, once.ErrStarted)
			return nil, within.Err()
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// Those who wait get the result when it is there.
func TestWait(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithPipe())
		begin := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := keys.Do(ctx, "k", func(context.Context) ([]byte, error) {
				time.Sleep(time.Minute)
				return []byte("done"), nil
			})
			require.NoError(t, err)
		}()
		time.Sleep(time.Second)
		other := client(t, srv)
		within, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err := other.Wait(within, "k")
		require.ErrorIs(t, err, once.ErrStarted)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		got, err := other.Wait(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, "done", string(got))
		require.Less(t, time.Since(begin), time.Minute+2*time.Second)
		<-done
	})
}

// A beginning that arrives when its caller has given up starts a key that nobody works on: not
// done, rather than twice.
func TestLateBegin(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv, keys := start(t, cqltest.WithPipe())
		fault := srv.Fault(cqltest.On(cqltest.Insert, "idempotency_keys"), cqltest.Delay(time.Minute))
		_, err := keys.Do(ctx, "k", never)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		fault.Remove()
		time.Sleep(time.Minute)
		_, err = keys.Do(ctx, "k", never)
		require.ErrorIs(t, err, once.ErrStarted)
	})
}
