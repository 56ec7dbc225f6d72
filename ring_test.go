package coodie

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// TestCut: the ranges hold every token once, in order, end where replicas change, and are
// as many as were asked for.
func TestCut(t *testing.T) {
	require.Equal(t, []tokenRange{{math.MinInt64, 0}, {0, math.MaxInt64}}, Checkpoint{}.cut([]int64{0}, 1))
	require.Equal(t, []tokenRange{everything}, Checkpoint{}.cut(nil, 1))
	require.Equal(t, []tokenRange{{math.MinInt64, -5}, {-5, 7}, {7, math.MaxInt64}}, Checkpoint{}.cut([]int64{7, -5, 7}, 2))
	require.Equal(t, []tokenRange{everything}, Checkpoint{}.cut([]int64{math.MinInt64, math.MaxInt64}, 1))
	require.Equal(t, []tokenRange{{math.MinInt64, -1}, {-1, 0}, {0, 1}, {1, math.MaxInt64}}, Checkpoint{}.cut([]int64{-1, 0, 1}, 4),
		"a range of one token is not cut")
	require.Empty(t, Checkpoint{begun: true}.cut([]int64{0}, 10))

	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ring := make([]int64, random.IntN(20))
		for i := range ring {
			ring[i] = int64(random.Uint64())
		}
		n := 1 + random.IntN(200)
		ranges := Checkpoint{}.cut(ring, n)
		require.GreaterOrEqual(t, len(ranges), n)
		require.Equal(t, []tokenRange{everything}, newCheckpoint("t", ranges).left, "without a gap")
		for _, token := range ring {
			require.True(t, slices.ContainsFunc(ranges, func(r tokenRange) bool { return r.UpTo == token }), "ends at the ring's tokens")
		}
		// A part of the ranges is done, one of them half.
		var left []tokenRange
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
		kept := newCheckpoint("ks.t", ranges)
		text, err := kept.MarshalText()
		require.NoError(t, err)
		var back Checkpoint
		require.NoError(t, back.UnmarshalText(text))
		if len(kept.left) == 0 {
			kept.left = nil
		}
		require.Equal(t, kept, back)
		again := back.cut(ring[:len(ring)/2], 1) // of a ring that has changed
		require.Equal(t, newCheckpoint("ks.t", left), newCheckpoint("ks.t", again))
	}
}

func TestCheckpointText(t *testing.T) {
	var c Checkpoint
	require.NoError(t, c.UnmarshalText([]byte("1|-5:7,9:12|ks.t")))
	require.Equal(t, Checkpoint{begun: true, table: "ks.t", left: []tokenRange{{-5, 7}, {9, 12}}}, c)
	require.Equal(t, "1|-5:7,9:12|ks.t", c.String())
	require.NoError(t, c.UnmarshalText(nil))
	require.Equal(t, Checkpoint{}, c)
	for _, bad := range []string{"x", "2||t", "1|3|t", "1|3:|t", "1|7:-5|t", "1|1:5,5:9|t", "1|1:2|", "1|,|t", "1|1:2"} {
		require.ErrorContains(t, c.UnmarshalText([]byte(bad)), "no checkpoint", bad)
	}
}

// TestRing: the tokens of all nodes are read, and what is no ring of Murmur3Partitioner is refused.
func TestRing(t *testing.T) {
	set := gocql.ColumnInfo{Name: "tokens", TypeInfo: gocql.CollectionType{NativeType: gocql.NewNativeType(4, gocql.TypeSet, ""), Elem: gocql.NewNativeType(4, gocql.TypeVarchar, "")}}
	tokens := func(texts ...string) (cell []byte) {
		cell = []byte{0, 0, 0, byte(len(texts))}
		for _, text := range texts {
			cell = append(append(cell, 0, 0, 0, byte(len(text))), text...)
		}
		return cell
	}
	partitioner, local := "org.apache.cassandra.dht.Murmur3Partitioner", tokens("-5", "7")
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		if r.Statement == "SELECT tokens FROM system.peers" {
			return fake.Answer{Columns: []gocql.ColumnInfo{set}, Rows: [][][]byte{{tokens("12")}, {nil}}}
		}
		return fake.Answer{Columns: []gocql.ColumnInfo{set, fake.Column("partitioner", gocql.TypeVarchar)}, Rows: [][][]byte{{local, []byte(partitioner)}}}
	}}
	table, err := Open[AppConfig](newDB(sender, nil))
	require.NoError(t, err)
	ring, err := table.core.ring(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{-5, 7, 12}, ring)

	local = tokens("abc")
	_, err = table.core.ring(t.Context())
	require.ErrorContains(t, err, `a token "abc"`)
	partitioner = "org.apache.cassandra.dht.RandomPartitioner"
	_, err = table.core.ring(t.Context())
	var usage *UsageError
	require.ErrorAs(t, err, &usage)
	require.ErrorContains(t, err, "RandomPartitioner")
}
