package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// A conditional batch on a real server: applied, refused, and what each handle is told.
func TestConditionalBatch(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := coodie.New(s)
	table, err := coodie.Open[Thing](db)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, table.Create(ctx))
	row := func(no int) coodie.QuerySet[Thing] { return table.Find(p.Eq("p"), c.Eq(no)) }

	batch := db.Batch()
	var created []*coodie.Handle[Thing]
	for no := range 3 {
		created = append(created, table.New(Thing{P: "p", C: no, Owner: ptr("ann"), Mark: 10 + no}).In(batch).Insert())
	}
	table.New(Thing{P: "p", C: 9, Mark: 19}).OmitNil().In(batch).Save()
	require.NoError(t, batch.Exec(ctx))
	for _, h := range created {
		res, err := h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
	}

	for name, exists := range map[string]bool{"condition columns": false, "all columns, for there is an IF EXISTS": true} {
		t.Run(name, func(t *testing.T) {
			batch := db.UnloggedBatch()
			last := row(2).If(mark.Eq(12)).In(batch).Update(n.Set(1))
			first := row(0).If(mark.Eq(99), owner.Eq("ann")).In(batch).Delete()
			missing := row(5).If(mark.Eq(1), owner.Eq("ann")).In(batch).Delete()
			static := table.Find(p.Eq("p")).If(owner.Eq("eve")).In(batch).Update(owner.Set("bob"))
			if exists {
				there, gone := row(1).IfExists().In(batch).Delete(), row(6).IfExists().In(batch).Delete()
				defer func() {
					res, err := there.Result()
					require.NoError(t, err)
					require.Equal(t, coodie.RowPresent, res.Row())
					require.Equal(t, 11, res.Existing.Value.Mark)
					res, err = gone.Result()
					require.NoError(t, err)
					require.Equal(t, coodie.RowMissing, res.Row())
					require.Nil(t, res.Existing)
				}()
			}
			require.NoError(t, batch.Exec(ctx))
			for i, want := range []struct {
				h        *coodie.Handle[Thing]
				mark     int
				row      coodie.RowState
				verdicts []coodie.Verdict
			}{
				{last, 12, coodie.RowPresent, []coodie.Verdict{coodie.Held}},
				{first, 10, coodie.RowPresent, []coodie.Verdict{coodie.NotHeld, coodie.Held}},
				{missing, 0, coodie.RowMissing, []coodie.Verdict{coodie.NotHeld, coodie.Held}},
				{static, 0, coodie.RowPresent, []coodie.Verdict{coodie.NotHeld}},
			} {
				res, err := want.h.Result()
				require.NoError(t, err)
				require.False(t, res.Applied)
				require.Equal(t, want.row, res.Row(), i)
				require.Equal(t, want.mark, res.Existing.Value.Mark, i)
				var verdicts []coodie.Verdict
				for _, c := range res.Conditions() {
					verdicts = append(verdicts, c.Verdict)
				}
				require.Equal(t, want.verdicts, verdicts, i)
			}
		})
	}

	batch = db.Batch()
	none := row(7).If(mark.Eq(1)).In(batch).Delete()
	require.NoError(t, batch.Exec(ctx))
	res, err := none.Result()
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, coodie.RowMissing, res.Row())

	batch = db.Batch()
	h := row(2).If(mark.Eq(12)).In(batch).Update(mark.Set(13))
	row(0).In(batch).Delete()
	require.NoError(t, batch.Exec(ctx))
	res, err = h.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)
	left, err := table.Find(p.Eq("p")).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(3), left)

	for _, batch := range []*coodie.Batch{db.Batch(), db.UnloggedBatch()} {
		table.New(Thing{P: "q", C: 1, Mark: 1}).In(batch).Save()
		table.New(Thing{P: "r", C: 1, Mark: 2}).In(batch).Save()
		table.Find(p.Eq("q"), c.Eq(2)).In(batch).Update(mark.Set(3))
		require.NoError(t, batch.Exec(ctx))
	}
	left, err = table.Find(p.Eq("q")).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(2), left)
}
