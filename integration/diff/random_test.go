package diff_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/coodie-go/coodie/integration/diff"
)

// TestRandom runs generated scripts on a real and on the embedded server.
// What fails is printed as the smallest script found, ready for testdata.
func TestRandom(t *testing.T) {
	real := realServer(t)
	addr := embedded(t)
	rapid.Check(t, func(t *rapid.T) {
		text := drawWorld(t).script(t)
		s, err := diff.Parse("random", text)
		if err != nil {
			t.Fatal(err)
		}
		want, err := diff.Run(context.Background(), real, s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := diff.Run(context.Background(), addr, s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Steps {
			if differs(want[i], got[i]) {
				t.Fatalf("%s\nin this script:\n%s", diff.FormatDiff(s, &s.Steps[i], want[i], got[i]), text)
			}
		}
	})
}
