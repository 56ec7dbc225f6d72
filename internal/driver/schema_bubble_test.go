//go:build !race

package driver

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRenew: where the struct is wrong a statement is prepared anew ever more rarely, whatever is
// called how often; no two generations have one text, and memory is bounded.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s schema
		require.Equal(t, "SELECT", "SELECT"+s.marks())
		texts, renewed := map[string]bool{"SELECT": true}, 0
		for range 24 * 3600 {
			if s.renew("SELECT") {
				renewed++
				text := "SELECT" + s.marks()
				require.False(t, texts[text])
				texts[text] = true
			}
			time.Sleep(time.Second)
		}
		require.Less(t, renewed, 160, "in a day")
		require.LessOrEqual(t, len("SELECT"+s.marks()), len("SELECT")+5)

		require.True(t, s.renew("another"), "which has not been tried yet")
		for i := range 10 * mostRenewed {
			s.renew(string(rune(i)))
		}
		require.LessOrEqual(t, len(s.renewed), mostRenewed)
	})
}
