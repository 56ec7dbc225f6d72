package coodie_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// partsOf is a table of n parts on a server of its own.
func partsOf(t *testing.T, n int, opts ...coodie.Option) (*cqltest.Server, *coodie.Table[Part]) {
	t.Helper()
	srv, session := server(t)
	table, err := coodie.Open[Part](coodie.New(session, opts...))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(t.Context()))
	require.NoError(t, table.SaveAll(t.Context(), parts(n)))
	srv.ResetLog()
	return srv, table
}

// written are how many statements of that kind the server got.
func written(srv *cqltest.Server, kind cqltest.Kind) int {
	return len(srv.Log().Matching(cqltest.On(kind, "part")))
}

// TestInWritesInChunks: a plain write of many partitions is sent as several statements of 20 each.
func TestInWritesInChunks(t *testing.T) {
	ctx := context.Background()
	srv, table := partsOf(t, 90)
	many := table.Find(partID.In(append(upTo(91)[1:], 7, 7)...))

	require.NoError(t, many.Update(ctx, partFuse.Set(5)))
	require.Equal(t, 5, written(srv, cqltest.Update))
	require.NoError(t, many.DeleteColumns(ctx, coodie.AnyCol(table, "name")))
	require.Equal(t, 5, written(srv, cqltest.Delete))
	rows, err := table.Find().All(ctx)
	require.NoError(t, err)
	require.Len(t, rows, 90)
	for _, r := range rows {
		require.EqualValues(t, 5, r.Fuse)
		require.Nil(t, r.Name)
	}
	srv.ResetLog()
	require.NoError(t, many.Delete(ctx))
	require.Equal(t, 5, written(srv, cqltest.Delete))
	n, err := table.Find().Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)

	srv.ResetLog()
	require.NoError(t, table.Find(partID.In(1, 2, 3)).Delete(ctx))
	require.Equal(t, []string{"DELETE FROM part WHERE id IN ?"}, srv.Log().Matching(cqltest.On(cqltest.Delete, "part")).CQL())

	// What is wrong is found before anything is sent.
	srv.ResetLog()
	var usage *coodie.Error
	for name, err := range map[string]error{
		"a key column":      many.Update(ctx, partID.Set(1)),
		"no assignment":     many.Update(ctx),
		"Concurrency":       many.With(coodie.WithConcurrency(-1)).Delete(ctx),
		"a value":           table.Find(coodie.AnyCol(table, "id").In(int64(1)<<40, int64(1))).Delete(ctx),
		"with a condition":  second(many.IfExists().Delete(ctx)),
		"without any value": table.Find(partID.In()).Delete(ctx),
	} {
		require.ErrorAs(t, err, &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Contains(t, []string{"update", "delete"}, usage.Op, name)
	}
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Delete, "part")))
}

// TestInWritesHaveOneTimestamp: all statements of a call are as old as its first one, so that none of them wins over
// a write that came after the call was begun.
func TestInWritesHaveOneTimestamp(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	db := coodie.New(session, coodie.WithClientTimestamps())
	table, err := coodie.Open[Part](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	stamps := func() (all []int64) {
		for row, err := range db.Raw("SELECT writetime(fuse) AS w FROM part").Rows(ctx) {
			require.NoError(t, err)
			var r struct{ W int64 }
			require.NoError(t, row.Scan(&r))
			all = append(all, r.W)
		}
		require.Len(t, all, 90)
		slices.Sort(all)
		return slices.Compact(all)
	}
	require.NoError(t, table.Find(partID.In(upTo(90)...)).Update(ctx, partFuse.Set(1)))
	first := stamps()
	require.Len(t, first, 1)
	require.NoError(t, table.Find(partID.In(upTo(90)...)).Update(ctx, partFuse.Set(2)))
	second := stamps()
	require.Len(t, second, 1)
	require.Greater(t, second[0], first[0])
}

// TestInWritesInPart: the error says whether any of the statements had an effect.
func TestInWritesInPart(t *testing.T) {
	ctx := context.Background()
	onDelete := cqltest.On(cqltest.Delete, "part")
	for name, tt := range map[string]struct {
		after   int
		fault   cqltest.Step
		unknown bool
		says    string
		left    int64
	}{
		"none":              {0, cqltest.Unavailable(), false, "", 90},
		"two were":          {2, cqltest.Unavailable(), true, "2 of 5 statements were executed, the others were not", 50},
		"one may have been": {0, cqltest.WriteTimeout("SIMPLE"), true, "0 of 5 statements were executed, 1 may have been", 90},
		"both":              {2, cqltest.WriteTimeout("SIMPLE"), true, "2 of 5 statements were executed, 1 may have been", 50},
	} {
		t.Run(name, func(t *testing.T) {
			srv, table := partsOf(t, 90, coodie.WithRetries(0))
			srv.Fault(onDelete.After(tt.after), tt.fault)
			err := table.Find(partID.In(upTo(91)[1:]...)).With(coodie.WithConcurrency(1)).Delete(ctx)
			srv.ClearFaults()
			var query *coodie.Error
			if tt.unknown {
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
				require.ErrorAs(t, err, &query)
				require.True(t, query.Unknown, "some may have been executed")
				require.False(t, errors.As(query.Err, new(*coodie.Error)), "nothing in it says that nothing was")
				require.ErrorContains(t, err, tt.says)
			} else {
				require.ErrorAs(t, err, &query)
				require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
				require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
			}
			var server gocql.RequestError
			require.ErrorAs(t, err, &server, "the driver's error can be had")
			require.Equal(t, tt.after+1, written(srv, cqltest.Delete), "the first error ends the call")
			n, err := table.Find().Count(ctx)
			require.NoError(t, err)
			require.Equal(t, tt.left, n)
		})
	}
}

// TestInEndsInBetween: a call of several statements whose context ends between two of them is an error,
// never a part of the answer.
func TestInEndsInBetween(t *testing.T) {
	var cancel func()
	_, table := partsOf(t, 90, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		if cancel != nil {
			cancel()
		}
	})))
	there := table.Find(partID.In(upTo(91)[1:]...)).With(coodie.WithConcurrency(1))
	missing := table.Find(partID.In(upTo(290)[200:]...)).With(coodie.WithConcurrency(1))
	for name, call := range map[string]func(context.Context) error{
		"Count": func(ctx context.Context) error { n, err := there.Count(ctx); require.Zero(t, n); return err },
		"Exists": func(ctx context.Context) error {
			found, err := missing.Exists(ctx)
			require.False(t, found)
			return err
		},
		"First": func(ctx context.Context) error { return second(missing.First(ctx)) },
		"All":   func(ctx context.Context) error { rows, err := there.All(ctx); require.Nil(t, rows); return err },
		"Only": func(ctx context.Context) error {
			rows, err := there.Only(partFuse).All(ctx)
			require.Nil(t, rows)
			return err
		},
		"GetMany": func(ctx context.Context) error {
			return second(table.GetMany(ctx, parts(90), coodie.WithConcurrency(1)))
		},
		"Scan": func(ctx context.Context) error {
			return table.Find().With(coodie.WithConcurrency(1)).ScanParallel(ctx, func(context.Context, Part) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(context.Background())
			cancel = stop
			defer stop()
			err := call(ctx)
			require.ErrorIs(t, err, context.Canceled)
			var query *coodie.Error
			require.ErrorAs(t, err, &query)
			require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		})
	}
	t.Run("Delete", func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		cancel = stop
		defer stop()
		err := there.Delete(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, coodie.ErrNotSent, "one statement was")
		require.ErrorContains(t, err, "1 of 5 statements were executed")
	})
}

// TestInWritesInBatch: a batch is sent as a whole, and so takes few partitions for each write.
func TestInWritesInBatch(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	db := coodie.New(session)
	table, err := coodie.Open[Part](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	require.NoError(t, table.SaveAll(ctx, parts(30)))
	batch := db.Batch()
	table.Find(partID.In(upTo(21)...)).DeleteIn(batch)
	var usage *coodie.Error
	require.ErrorAs(t, batch.Exec(ctx), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorContains(t, usage, "In names 21 partitions")
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Delete, "part")))
	batch = db.Batch()
	table.Find(partID.In(upTo(20)...)).DeleteIn(batch)
	require.NoError(t, batch.Exec(ctx))
	n, err := table.Find().Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 11, n)
}
