package ring

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCut: the ranges hold every token once, in order, end where replicas change, and are
// as many as were asked for.
func TestCut(t *testing.T) {
	require.Equal(t, []Range{{math.MinInt64, 0}, {0, math.MaxInt64}}, Progress{}.Cut([]int64{0}, 1))
	require.Equal(t, []Range{All}, Progress{}.Cut(nil, 1))
	require.Equal(t, []Range{{math.MinInt64, -5}, {-5, 7}, {7, math.MaxInt64}}, Progress{}.Cut([]int64{7, -5, 7}, 2))
	require.Equal(t, []Range{All}, Progress{}.Cut([]int64{math.MinInt64, math.MaxInt64}, 1))
	require.Equal(t, []Range{{math.MinInt64, -1}, {-1, 0}, {0, 1}, {1, math.MaxInt64}}, Progress{}.Cut([]int64{-1, 0, 1}, 4),
		"a range of one token is not cut")
	require.Empty(t, Progress{Begun: true}.Cut([]int64{0}, 10))

	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ring := make([]int64, random.IntN(20))
		for i := range ring {
			ring[i] = int64(random.Uint64())
		}
		n := 1 + random.IntN(200)
		ranges := Progress{}.Cut(ring, n)
		require.GreaterOrEqual(t, len(ranges), n)
		require.Equal(t, []Range{All}, New("t", ranges).Left, "without a gap")
		for _, token := range ring {
			require.True(t, slices.ContainsFunc(ranges, func(r Range) bool { return r.UpTo == token }), "ends at the ring's tokens")
		}
		// A part of the ranges is done, one of them half.
		var left []Range
		for i := range ranges {
			switch random.IntN(3) {
			case 0:
				ranges[i].After = ranges[i].UpTo
			case 1:
				ranges[i].After += int64(uint64(ranges[i].UpTo-ranges[i].After) / 2)
			}
			if ranges[i].After != ranges[i].UpTo {
				left = append(left, ranges[i])
			}
		}
		kept := New("ks.t", ranges)
		back, ok := Parse(kept.String())
		require.True(t, ok)
		if len(kept.Left) == 0 {
			kept.Left = nil
		}
		require.Equal(t, kept, back)
		again := back.Cut(ring[:len(ring)/2], 1) // of a ring that has changed
		require.Equal(t, New("ks.t", left), New("ks.t", again))
	}
}

func TestText(t *testing.T) {
	p, ok := Parse("1|-5:7,9:12|ks.t")
	require.True(t, ok)
	require.Equal(t, Progress{Begun: true, Table: "ks.t", Left: []Range{{-5, 7}, {9, 12}}}, p)
	require.Equal(t, "1|-5:7,9:12|ks.t", p.String())
	p, ok = Parse("")
	require.True(t, ok)
	require.Equal(t, Progress{}, p)
	for _, bad := range []string{"x", "2||t", "1|3|t", "1|3:|t", "1|7:-5|t", "1|1:5,5:9|t", "1|1:2|", "1|,|t", "1|1:2"} {
		_, ok = Parse(bad)
		require.False(t, ok, bad)
	}
}
