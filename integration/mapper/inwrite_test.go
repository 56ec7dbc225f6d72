package mapper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// ManyRow is a row of a partition of its own.
type ManyRow struct {
	ID int `cql:"id,partition"`
	N  int `cql:"n"`
}

// TestWritesOfManyPartitions: a plain write of a thousand partitions reaches all of them, with one timestamp.
func TestWritesOfManyPartitions(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s, coodie.WithClientTimestamps())
	rows, err := coodie.Open[ManyRow](db)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(db, rows).Create(ctx))
	id, n := coodie.Col(func(r *ManyRow) *int { return &r.ID }), coodie.Col(func(r *ManyRow) *int { return &r.N })
	ids := make([]int, 1000)
	for i := range ids {
		ids[i] = i
	}
	all := rows.Find(id.In(ids...))
	require.NoError(t, all.Update(ctx, n.Set(7)))
	stamps := map[int64]int{}
	for row, err := range db.Raw("SELECT writetime(n) AS w FROM many_row").Rows(ctx) {
		require.NoError(t, err)
		var r struct{ W int64 }
		require.NoError(t, row.Scan(&r))
		stamps[r.W]++
	}
	require.Len(t, stamps, 1)
	count, err := all.Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1000, count)
	require.NoError(t, all.Delete(ctx))
	count, err = all.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, count)
}

// TestConditionsRightAfterNumbers: Cassandra reads IF right after a literal, and Raw sees it there too.
func TestConditionsRightAfterNumbers(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE t (k int PRIMARY KEY, n int)")
	db := over(t, s)
	for _, literal := range []string{
		"1", "-1", "0xab", "0x", "1.5", "1.", "1.5e3", "1.e5", "1e-5", "1E+5", "1h", "1h30m", "2mo", "5us", "5µs", "-3d12h5ns",
		"P1Y", "PT2H", "P1Y2M3DT4H5M6S", "P5W", "P0001-02-03T04:05:06", "-NaN", "-Infinity",
		"123e4567-e89b-12d3-a456-426614174000", "ABCDEFAB-ABCD-ABCD-ABCD-ABCDEFABCDEF", "'x'", "$$x$$", "(1)",
	} {
		text := "DELETE FROM t WHERE k = " + literal + "IF n = 99"
		taken := true
		if err := s.Query(text).Exec(); err != nil { // a literal of another type than the key's
			kind := coodie.KindOf(err)
			require.Contains(t, []coodie.ErrorKind{coodie.KindSyntax, coodie.KindInvalid}, kind, text)
			taken = kind == coodie.KindInvalid
		}
		name := strings.HasPrefix(literal, "P") && !strings.Contains(literal, "-") // P1YIF is one word
		require.Equal(t, !name, taken, text)
		if taken {
			requireUsage(t, db.Raw(text).Unparsed().Exec(t.Context()))
			requireUsage(t, db.Raw(text).Exec(t.Context()))
		}
	}
}
