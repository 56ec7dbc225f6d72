//go:build !race

package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/pace"
)

// TestPace: a rate limit lets so many rows through in so much time, and ends with its context.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := pace.Pace{Interval: 100 * time.Millisecond}, time.Now()
		for range 5 {
			require.NoError(t, p.Wait(t.Context(), 20))
		}
		require.Equal(t, 8*time.Second, time.Since(start), "the fifth batch of two seconds' rows")
		time.Sleep(time.Hour)
		start = time.Now()
		require.NoError(t, p.Wait(t.Context(), 1))
		require.Zero(t, time.Since(start), "what was not used is gone")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, p.Wait(ctx, 1), context.DeadlineExceeded)
		require.NoError(t, new(pace.Pace).Wait(ctx, 1000), "no limit")
	})
}
