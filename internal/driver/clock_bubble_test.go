//go:build !race

package driver

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestClock: no two timestamps are equal, though time stands still, and it goes on where the time does.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		start := time.Now().UnixMicro()
		for i := range int64(3) {
			require.Equal(t, start+i, c.next())
		}
		time.Sleep(time.Second)
		require.Equal(t, start+1_000_000, c.next())
	})
}
