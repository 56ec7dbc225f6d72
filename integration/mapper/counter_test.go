package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

var (
	countsPage = coodie.Col(func(c *Counts) *string { return &c.Page })
	countsHits = coodie.Col(func(c *Counts) *int64 { return &c.Hits })
	countsErrs = coodie.Col(func(c *Counts) *int64 { return &c.Errs })
)

func TestCounters(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	counts, err := coodie.Open[Counts](db)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(db, counts).Create(ctx))
	require.NoError(t, coodie.Schema(db, counts).Verify(ctx))
	row := counts.Find(countsPage.Eq("/"))
	require.NoError(t, row.Update(ctx, coodie.Increment(countsHits, 3), coodie.Decrement(countsErrs, 1)), "it makes the row")
	require.NoError(t, counts.New(Counts{Page: "/"}).Update(ctx, coodie.Increment(countsHits, 4)))
	batch := db.CounterBatch()
	row.UpdateIn(batch, coodie.Increment(countsHits, 5))
	counts.Find(countsPage.Eq("/b")).UpdateIn(batch, coodie.Increment(countsHits, 1))
	require.NoError(t, batch.Exec(ctx))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Counts{Page: "/", Hits: 12, Errs: -1}, got)
	require.NoError(t, row.Delete(ctx))
	_, err = row.Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)

	// What coodie refuses before sending, the server would refuse as well.
	for statement, says := range map[string]string{
		"INSERT INTO counts (page, hits) VALUES ('/', 1)":                          "INSERT statements are not allowed on counter tables",
		"UPDATE counts SET hits = 1 WHERE page = '/'":                              "Cannot set the value of counter column hits",
		"UPDATE counts USING TTL 9 SET hits = hits + 1 WHERE page = '/'":           "Cannot provide custom TTL for counter updates",
		"UPDATE counts USING TIMESTAMP 9 SET hits = hits + 1 WHERE page = '/'":     "Cannot provide custom timestamp for counter updates",
		"UPDATE counts SET hits = hits + 1 WHERE page = '/' IF EXISTS":             "Conditional updates are not supported on counter tables",
		"BEGIN BATCH UPDATE counts SET hits = hits + 1 WHERE page='/' APPLY BATCH": "counter statement in a logged batch",
	} {
		require.ErrorContains(t, s.Query(statement).Exec(), says, statement)
	}
}
