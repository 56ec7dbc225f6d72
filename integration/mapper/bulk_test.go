package mapper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Grain is of a table of many small partitions with some rows each.
type Grain struct {
	Sack string `cql:"sack,partition"`
	No   int    `cql:"no,partition"`
	Seq  int    `cql:"seq,clustering"`
	V    *int   `cql:"v"`
}

var (
	grainSack = coodie.Col(func(g *Grain) *string { return &g.Sack })
	grainNo   = coodie.Col(func(g *Grain) *int { return &g.No })
	grainSeq  = coodie.Col(func(g *Grain) *int { return &g.Seq })
)

// TestBulk: the bulk calls, In over many partitions and a scan that is continued, on the
// real server.
func TestBulk(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Grain](t, s, coodie.WithPageSize(100))
	ctx := t.Context()
	var all []Grain
	for no := range 300 {
		for seq := range 3 {
			all = append(all, Grain{"a", no, seq, ptr(no)})
		}
	}
	require.NoError(t, table.SaveAll(ctx, all[:600]))
	results, err := table.InsertAll(ctx, all[590:])
	require.NoError(t, err)
	for i, res := range results {
		require.Equal(t, i >= 10, res.Applied, "item %d", i)
	}
	rows, err := table.GetMany(ctx, []Grain{{"a", 7, 2, nil}, {"b", 7, 2, nil}, {"a", 299, 0, nil}})
	require.NoError(t, err)
	require.Equal(t, []*Grain{{"a", 7, 2, ptr(7)}, nil, {"a", 299, 0, ptr(299)}}, rows)

	// In the order of the values, by partition and by whole keys; twice is once.
	var numbers []int
	var partitions, points []Grain
	for no := 320; no > 200; no-- {
		numbers = append(numbers, no, 299)
		if no < 300 {
			partitions = append(partitions, all[3*no:3*no+3]...)
			points = append(points, all[3*no], all[3*no+2])
		}
	}
	partitions = append(append([]Grain(nil), all[897:900]...), without(partitions, 299)...)
	points = append([]Grain{all[897], all[899]}, without(points, 299)...)
	got, err := table.Find(grainSack.Eq("a"), grainNo.In(numbers...)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, partitions, got)
	got, err = table.Find(grainSack.In("x", "a"), grainNo.In(numbers...), grainSeq.In(2, 0)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, points, got)
	got, err = table.Find(grainSack.Eq("a"), grainNo.In(numbers...)).PerPartitionLimit(1).Limit(7).All(ctx)
	require.NoError(t, err)
	require.Len(t, got, 7)
	n, err := table.Find(grainSack.Eq("a"), grainNo.In(numbers...)).Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 297, n)

	// A scan that is broken off again and again, and goes on from a text.
	seen, kept := map[string]bool{}, []byte(nil)
	for round := 0; ; round++ {
		require.Less(t, round, 20)
		var from coodie.Checkpoint
		require.NoError(t, from.UnmarshalText(kept))
		if from.Done() {
			break
		}
		n := 0
		for g, err := range table.Scan(ctx, coodie.ResumeFrom(from), coodie.OnProgress(func(p coodie.ScanProgress) {
			kept, _ = p.Checkpoint.MarshalText()
		})) {
			require.NoError(t, err)
			seen[fmt.Sprint(g.No, g.Seq)] = true
			if n++; n == 400 {
				break
			}
		}
	}
	require.Len(t, seen, len(all))

	require.NoError(t, table.DeleteAll(ctx, all))
	for range table.Scan(ctx, coodie.MinRanges(1)) {
		t.Fatal("a row is left")
	}
}

func without(rows []Grain, no int) (out []Grain) {
	for _, g := range rows {
		if g.No != no {
			out = append(out, g)
		}
	}
	return out
}
