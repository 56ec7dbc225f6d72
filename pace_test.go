//go:build !race

package coodie

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPace: a rate limit lets so many rows through in so much time, and ends with its context.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := pace{row: 100 * time.Millisecond}, time.Now()
		for range 5 {
			require.NoError(t, p.wait(t.Context(), 20))
		}
		require.Equal(t, 8*time.Second, time.Since(start), "the fifth batch of two seconds' rows")
		time.Sleep(time.Hour)
		start = time.Now()
		require.NoError(t, p.wait(t.Context(), 1))
		require.Zero(t, time.Since(start), "what was not used is gone")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.True(t, errors.Is(p.wait(ctx, 1), context.DeadlineExceeded))
		require.NoError(t, new(pace).wait(ctx, 1000), "no limit")
	})
}
