package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// staticCase is a condition on a static column of a partition that is made by setup.
type staticCase struct {
	name    string
	setup   func(t *testing.T, p string)
	write   func(p string) (coodie.LWTResult[Thing], error)
	applied bool
	sent    sent
	state   coodie.State
	owner   *string // afterwards
	mark    int     // of the row afterwards; 0: no row
}

func TestStaticConditions(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	ctx := t.Context()
	partition := func(name string) *coodie.QuerySet[Thing] { return table.Find(p.Eq(name)) }
	row := func(name string) *coodie.QuerySet[Thing] { return table.Find(p.Eq(name), c.Eq(1)) }
	whole := func(t *testing.T, name string) {
		res, err := table.New(Thing{P: name, C: 1, Owner: ptr("ann"), Mark: 1}).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	staticOnly := func(t *testing.T, name string) {
		res, err := partition(name).If(owner.IsNull()).AllowCreate().Update(ctx, owner.Set("ann"))
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	ownerNull := func(t *testing.T, name string) {
		res, err := table.New(Thing{P: name, C: 1, Mark: 1}).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
	}

	for _, tt := range []staticCase{
		{
			name: "by partition, holds", setup: whole, applied: true, owner: ptr("bob"), mark: 1, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return partition(name).If(owner.Eq("ann")).Update(ctx, owner.Set("bob"))
			},
		},
		{
			name: "by partition, refused", setup: whole, sent: sent{{"owner", "ann"}}, owner: ptr("ann"), mark: 1,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return partition(name).If(owner.Eq("eve")).Update(ctx, owner.Set("bob"))
			},
		},
		{
			name: "by document, which takes the partition alone", setup: whole, applied: true, owner: ptr("bob"), mark: 1, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return table.New(Thing{P: name, C: 99}).If(owner.Eq("ann")).Update(ctx, owner.Set("bob"))
			},
		},
		{
			name: "deleted", setup: whole, applied: true, mark: 1, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return partition(name).If(owner.Eq("ann")).DeleteColumns(ctx, owner)
			},
		},
		{
			name: "null on a row without it, refused", setup: ownerNull, sent: sent{{"mark", 1}, {"owner", nil}}, mark: 1, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("ann"), mark.Eq(1)).Update(ctx, mark.Set(2))
			},
		},
		{
			name: "whole key and the row there", setup: whole, applied: true, owner: ptr("ann"), mark: 2, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("ann"), mark.Eq(1)).Update(ctx, mark.Set(2))
			},
		},
		{
			name: "whole key, static last in the answer", setup: whole, sent: sent{{"mark", 1}, {"owner", "ann"}}, owner: ptr("ann"), mark: 1, state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("ann"), mark.Eq(5)).Update(ctx, mark.Set(2))
			},
		},
		{
			name: "row missing, static fails: sent, though there is no row", setup: staticOnly, sent: sent{{"owner", "ann"}}, owner: ptr("ann"),
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("eve")).Delete(ctx)
			},
		},
		{
			name: "row missing, static holds: a delete is applied", setup: staticOnly, applied: true, owner: ptr("ann"),
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("ann")).Delete(ctx)
			},
		},
		{
			name: "row missing, static holds: an update makes the row", setup: staticOnly, applied: true, owner: ptr("ann"), mark: 2,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return row(name).If(owner.Eq("ann")).AllowCreate().Update(ctx, mark.Set(2))
			},
		},
		{
			name: "IF EXISTS of the static row", setup: staticOnly, applied: true, owner: ptr("bob"), state: coodie.StatePresent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return partition(name).IfExists().Update(ctx, owner.Set("bob"))
			},
		},
		{
			name: "IF EXISTS of no static row", setup: func(*testing.T, string) {}, state: coodie.StateAbsent,
			write: func(name string) (coodie.LWTResult[Thing], error) {
				return partition(name).IfExists().Update(ctx, owner.Set("bob"))
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := t.Name()
			tt.setup(t, name)
			res, err := tt.write(name)
			require.NoError(t, err)
			require.Equal(t, tt.applied, res.Applied)
			require.Equal(t, tt.sent, sentBy(res.Existing.Pairs()))
			require.Equal(t, tt.state, res.Row())

			var gotOwner *string
			if err := s.Query("SELECT owner FROM thing WHERE p = ? LIMIT 1", name).Scan(&gotOwner); err == nil || tt.owner != nil {
				require.NoError(t, err)
			}
			require.Equal(t, tt.owner, gotOwner)
			got, err := row(name).With(coodie.WithLinearizable()).Get(ctx)
			if tt.mark == 0 {
				require.ErrorIs(t, err, coodie.ErrNotFound)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.mark, got.Mark)
			require.Equal(t, tt.owner, got.Owner)
		})
	}

	t.Run("a static condition proves no row", func(t *testing.T) {
		_, err := row("x").If(owner.Eq("ann")).Update(ctx, mark.Set(2))
		requireUsage(t, err)
	})
	t.Run("only statics, with the whole key", func(t *testing.T) {
		_, err := row("x").If(owner.Eq("ann")).Update(ctx, owner.Set("bob"))
		requireUsage(t, err)
	})
}

// A refused IF EXISTS on the static row can answer with columns: the partition has rows
// but no static value.
func TestStaticIfExistsAnswersColumns(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	res, err := table.New(Thing{P: "p", C: 3, Mark: 1}).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)

	res, err = table.Find(p.Eq("p")).IfExists().Update(ctx, owner.Set("bob"))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, coodie.StateAbsent, res.Row(), "of the static row, which the statement is about")
	require.Equal(t, coodie.StatePresent, res.Existing.State("c"))
	require.Equal(t, coodie.StateAbsent, res.Existing.State("owner"))
	require.Equal(t, coodie.StateAbsent, res.Existing.State("mark"), "the server sends no regular column of that row")
	require.Equal(t, Thing{P: "p", C: 3}, res.Existing.Value)
}
