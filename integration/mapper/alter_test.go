package mapper_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Wide is a table that changes under the running program.
type Wide struct {
	ID string `cql:"id,partition"`
	B  *int   `cql:"b"`
	D  *int   `cql:"d"`
	E  *int   `cql:"e"`
}

var (
	wideID = coodie.Col(func(w *Wide) *string { return &w.ID })
	wideD  = coodie.NullCol(func(w *Wide) **int { return &w.D })
)

// A column comes and another goes, by another session on the same node, which prepares
// the same statements anew: with gocql's `SELECT *` that reads wrong values or panics.
func TestColumnsComeAndGo(t *testing.T) {
	t.Parallel()
	s := connect(t)
	keyspace := s.Query("").Keyspace()
	table := create[Wide](t, s)
	other := open[Wide](t, session(t, keyspace))
	admin := session(t, keyspace)
	ctx := t.Context()
	row, stored := table.Find(wideID.Eq("a")), Wide{ID: "a", B: ptr(7), D: ptr(9), E: ptr(11)}
	use := func(table *coodie.Table[Wide]) (got Wide, refused coodie.LWTResult[Wide], insert coodie.LWTResult[Wide]) {
		t.Helper()
		row := table.Find(wideID.Eq("a"))
		got, err := row.Get(ctx)
		require.NoError(t, err)
		refused, err = row.If(wideD.Eq(1)).Update(ctx, wideD.Set(2))
		require.NoError(t, err)
		insert, err = table.New(Wide{ID: "a"}).Insert(ctx)
		require.NoError(t, err)
		require.False(t, refused.Applied || insert.Applied)
		return got, refused, insert
	}
	require.NoError(t, failure(table.New(stored).Insert(ctx)))
	use(table)
	use(other)

	execute(t, admin, "ALTER TABLE wide ADD c int")
	execute(t, admin, "UPDATE wide SET c = 8 WHERE id = 'a'")
	for _, warm := range []*coodie.Table[Wide]{other, table, table} {
		got, refused, insert := use(warm)
		require.Equal(t, stored, got)
		require.Equal(t, map[string]any{"d": 9}, refused.Existing.Map())
		require.Equal(t, stored, insert.Existing.Value)
		require.Equal(t, []coodie.Pair{
			{Column: "id", Value: "a"}, {Column: "b", Value: 7},
			{Column: "c", Value: 8}, {Column: "d", Value: 9}, {Column: "e", Value: 11},
		}, insert.Existing.Pairs(), "what the struct lacks is kept aside")
	}

	execute(t, admin, "ALTER TABLE wide DROP b")
	for range 2 {
		_, err := row.Get(ctx)
		var query *coodie.Error
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		require.ErrorContains(t, err, "b")
		_, err = table.New(stored).Insert(ctx)
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		refused, err := row.If(wideD.Eq(1)).Update(ctx, wideD.Set(2))
		require.NoError(t, err, "a statement that does not name the column goes on")
		require.Equal(t, map[string]any{"d": 9}, refused.Existing.Map())
		whole, err := row.IfExists().Update(ctx, wideD.Set(9))
		require.NoError(t, err)
		require.True(t, whole.Applied)
	}

	execute(t, admin, "ALTER TABLE wide ADD b int")
	got, _, insert := use(table)
	want := stored
	want.B = nil
	require.Equal(t, want, got, "dropped values do not come back")
	require.Equal(t, want, insert.Existing.Value)
}

// Reads and refused LWTs go on while columns come and go: every answer is right or a
// typed error.
func TestAlterUnderLoad(t *testing.T) {
	t.Parallel()
	s := connect(t)
	keyspace := s.Query("").Keyspace()
	table := create[Wide](t, s)
	admin := session(t, keyspace)
	stored := Wide{ID: "a", B: ptr(7), D: ptr(9), E: ptr(11)}
	require.NoError(t, failure(table.New(stored).Insert(t.Context())))

	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	var right atomic.Int64
	work := func(step func(*coodie.Table[Wide]) (got, want any, err error)) {
		table := open[Wide](t, session(t, keyspace))
		workers.Go(func() {
			for ctx.Err() == nil {
				got, want, err := step(table)
				if err != nil {
					requireTyped(t, err)
					continue
				}
				right.Add(1)
				if !equalRow(want, got) {
					t.Errorf("wrong values: %+v", got)
					return
				}
			}
		})
	}
	background := t.Context()
	work(func(table *coodie.Table[Wide]) (any, any, error) {
		got, err := table.Find(wideID.Eq("a")).Get(background)
		return got, stored, err
	})
	work(func(table *coodie.Table[Wide]) (any, any, error) {
		res, err := table.New(Wide{ID: "a"}).Insert(background)
		if err != nil {
			return nil, nil, err
		}
		return res.Existing.Value, stored, nil
	})
	work(func(table *coodie.Table[Wide]) (any, any, error) {
		res, err := table.Find(wideID.Eq("a")).If(wideD.Eq(1)).Update(background, wideD.Set(2))
		return res.Existing.Map(), map[string]any{"d": 9}, err
	})
	for _, change := range []string{"ADD a int", "DROP e", "ADD c text", "DROP a", "ADD e int", "DROP c"} {
		before := right.Load()
		execute(t, admin, "ALTER TABLE wide "+change)
		for right.Load() < before+20 { // the third worker never names e
			if t.Failed() {
				break
			}
		}
	}
	stop()
	workers.Wait()
}

// equalRow compares rows, the value of e aside once it has been dropped.
func equalRow(want, got any) bool {
	w, ok := want.(Wide)
	if !ok {
		return assertEqual(want, got)
	}
	g := got.(Wide)
	if g.E == nil {
		w.E = nil
	}
	return assertEqual(w, g)
}

// requireTyped checks that an error is one of the mapper's own.
func requireTyped(t *testing.T, err error) {
	t.Helper()
	var query *coodie.Error
	if !errors.As(err, &query) {
		t.Errorf("an error without a type: %T %v", err, err)
	}
}
