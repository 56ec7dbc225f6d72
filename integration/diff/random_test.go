package diff_test

import (
	"context"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/coodie-go/coodie/integration/diff"
)

// TestRandom runs generated scripts on a real and on the embedded server.
// What fails is printed as the smallest script found, ready for testdata.
func TestRandom(t *testing.T) {
	real := realServer(t)
	addr := embedded(t)
	rapid.Check(t, func(t *rapid.T) {
		text := drawWorld(t).script(t, 1, 40)
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

var statements = flag.Int("statements", 1000, "how many TestRandomLong sends")

// TestRandomLong sends many statements in long scripts, all in one run, and goes on
// after a difference with the next script. What may differ stands in random.txt.
// 100,000 statements take about six minutes:
//
//	go test ./diff -run TestRandomLong -statements 100000 -seed 1 -timeout 1h
func TestRandomLong(t *testing.T) {
	real := realServer(t)
	addr := embedded(t)
	faults, err := diff.LoadFaults("random.txt")
	require.NoError(t, err)
	draw := rapid.Custom(func(t *rapid.T) string { return drawWorld(t).script(t, 100, 100) })
	sent := 0
	for number := int(*seed); sent < *statements; number++ {
		s, err := diff.Parse("random", draw.Example(number))
		require.NoError(t, err)
		want, err := diff.Run(context.Background(), real, s)
		require.NoError(t, err)
		got, err := diff.Run(context.Background(), addr, s)
		require.NoError(t, err)
		for i := range s.Steps {
			sent++
			if !same(want[i], got[i]) && !faults.Explain(s.Steps[i].Text, want[i], got[i]) {
				t.Errorf("script %d:\n%s", number, diff.FormatDiff(s, &s.Steps[i], want[i], got[i]))
				break
			}
		}
	}
	t.Logf("%d statements\n%s", sent, faults)
}
