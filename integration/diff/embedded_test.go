package diff_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/integration/diff"
)

// wantMessages is the share of error messages that must be word for word those
// of the real server.
const wantMessages = 0.90

// TestEmbedded holds the embedded server against the recordings of the real
// one. Everything but error messages must be equal; what is not is listed and
// explained in allow.txt.
func TestEmbedded(t *testing.T) {
	allowed, err := diff.LoadAllowances("allow.txt")
	require.NoError(t, err)
	var summary diff.Summary
	var mu sync.Mutex
	t.Run("scripts", func(t *testing.T) {
		for _, s := range scripts(t) {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				golden, err := diff.LoadGolden(goldenPath(s), s)
				require.NoError(t, err)
				answers, err := diff.Run(context.Background(), embedded(t), s)
				require.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				for i := range s.Steps {
					step := &s.Steps[i]
					differ := summary.Add(step.Area, golden[i], answers[i])
					if len(differ) > 0 && !allowed.Permits(s, step, golden[i], answers[i]) {
						t.Error(diff.FormatDiff(s, step, golden[i], answers[i]))
					}
				}
			})
		}
	})
	t.Logf("equal answers / answers, by area and aspect\n%s", &summary)
	if !t.Failed() {
		require.Empty(t, allowed.Unused(), "allow.txt lists what no longer differs")
	}
	messages := summary.Total(diff.Message)
	require.GreaterOrEqual(t, float64(messages.Equal), wantMessages*float64(messages.Total), "messages equal to the real server's")
}
