package coodie_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// scanned is a table of 1200 rows in 400 partitions.
func scanned(t *testing.T) (*cqltest.Server, *gocql.Session, *coodie.Table[Sample], []Sample) {
	t.Helper()
	srv, session := server(t)
	table, all := open[Sample](t, session), samples(200)
	require.NoError(t, table.SaveAll(t.Context(), all))
	srv.ResetLog()
	return srv, session, table, sorted(all)
}

func sorted(rows []Sample) []Sample {
	slices.SortFunc(rows, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.Sensor, b.Sensor), a.Day-b.Day, b.Seq-a.Seq)
	})
	return rows
}

// TestScan: every row comes once, by statements for ranges of the ring, as many as were asked
// for at least.
func TestScan(t *testing.T) {
	ctx := context.Background()
	srv, session, table, all := scanned(t)
	collect := func(table *coodie.Table[Sample], opts ...coodie.ScanOption) []Sample {
		var got []Sample
		for v, err := range table.Scan(ctx, opts...) {
			require.NoError(t, err)
			got = append(got, v)
		}
		return sorted(got)
	}
	require.Equal(t, all, collect(table))
	texts, n := selects(srv, "sample")
	require.Equal(t, []string{"sample WHERE token(sensor,day)>? AND token(sensor,day)< = ?"}, texts)
	require.Equal(t, 64, n)

	require.Equal(t, all, collect(table, coodie.MinRanges(1), coodie.RateLimit(1e9)))
	_, n = selects(srv, "sample")
	require.Equal(t, 2, n, "the ring has one token: before it, and after it")

	// Pages within a range; a table for LWTs alone is read at QUORUM.
	small, err := coodie.Open[Sample](coodie.New(session), coodie.WithPageSize(7), coodie.WithLWTOnly())
	require.NoError(t, err)
	require.Equal(t, all, collect(small, coodie.MinRanges(3)))
	for _, s := range srv.Log() {
		require.Equal(t, gocql.Quorum, s.Consistency)
	}

	// Filters, columns and limits per partition go along.
	n = 0
	for v, err := range table.Find(sampleValue.Ge(10000)).AllowFiltering().Only(sampleValue).PerPartitionLimit(1).Scan(ctx) {
		require.NoError(t, err)
		require.Equal(t, Sample{Value: v.Value}, v)
		n++
	}
	require.Equal(t, 202, n)
	n = 0
	for _, err := range table.Find().Distinct().Scan(ctx) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 400, n)

	srv.Truncate()
	require.Empty(t, collect(table))
}

// TestScanResumes: a scan that is broken off and continued again and again, by checkpoints
// that were written down, leaves out no row.
func TestScanResumes(t *testing.T) {
	ctx := context.Background()
	_, _, table, all := scanned(t)
	for _, tt := range []struct{ ranges, atATime int }{{64, 400}, {1, 1100}, {500, 400}} {
		seen := map[Sample]int{}
		kept, done, rounds := "null", 0.0, 0
		for finished := false; !finished; rounds++ {
			require.Less(t, rounds, 50)
			var from coodie.Checkpoint
			require.NoError(t, json.Unmarshal([]byte(kept), &from))
			rows := 0
			finished = true
			for v, err := range table.Find().With(coodie.WithPageSize(50)).Scan(ctx, coodie.MinRanges(tt.ranges), coodie.ResumeFrom(from), coodie.OnProgress(func(p coodie.ScanProgress) {
				text, err := json.Marshal(p.Checkpoint)
				require.NoError(t, err)
				kept = string(text)
				require.LessOrEqual(t, len(kept), 500, "small, whatever the number of ranges")
				require.GreaterOrEqual(t, p.Done, done)
				done = p.Done
				require.Equal(t, p.Done == 1, p.Checkpoint.Done())
			})) {
				require.NoError(t, err)
				seen[v]++
				if rows++; rows == tt.atATime {
					finished = false
					break
				}
			}
		}
		require.Len(t, seen, len(all))
		require.InDelta(t, 1, done, 1e-9)
		var end coodie.Checkpoint
		require.NoError(t, json.Unmarshal([]byte(kept), &end))
		require.True(t, end.Done())
		for _, err := range table.Scan(ctx, coodie.ResumeFrom(end)) {
			t.Fatal("a row after the end", err)
		}
	}
}

// TestScanResumesWithinARange: a range is continued after the last partition that was handled.
func TestScanResumesWithinARange(t *testing.T) {
	ctx := context.Background()
	_, _, table, all := scanned(t)
	stop := errors.New("stop")
	seen, calls := map[Sample]int{}, 0
	var from coodie.Checkpoint
	for {
		rows := 0
		err := table.Find().With(coodie.WithConcurrency(1)).ScanParallel(ctx, func(_ context.Context, v Sample) error {
			if rows++; rows > 600 {
				return stop
			}
			calls++
			seen[v]++
			return nil
		}, coodie.MinRanges(1), coodie.ResumeFrom(from))
		if err == nil {
			break
		}
		require.ErrorIs(t, err, stop)
		var ended *coodie.Error
		require.ErrorAs(t, err, &ended)
		from = ended.Checkpoint
	}
	require.Len(t, seen, len(all))
	require.Less(t, calls, len(all)+3*260, "what comes again is a batch, not a range")
}

func TestScanErrors(t *testing.T) {
	ctx := context.Background()
	srv, _, table, all := scanned(t)
	gone := leak.Check(t)

	fault := srv.Fault(cqltest.On(cqltest.Select, "sample").After(20), cqltest.Unavailable())
	seen := map[Sample]bool{}
	var ended *coodie.Error
	for v, err := range table.Scan(ctx) {
		if err == nil {
			seen[v] = true
			continue
		}
		require.ErrorAs(t, err, &ended)
		var failed *coodie.Error
		require.ErrorAs(t, err, &failed)
		require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)
	}
	require.NotNil(t, ended)
	require.Less(t, len(seen), len(all))
	fault.Remove()
	for v, err := range table.Scan(ctx, coodie.ResumeFrom(ended.Checkpoint)) {
		require.NoError(t, err)
		seen[v] = true
	}
	require.Len(t, seen, len(all))

	var mu sync.Mutex
	n := 0
	err := table.ScanParallel(ctx, func(_ context.Context, v Sample) error {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 100 {
			panic("the function's")
		}
		return nil
	})
	var panicked *coodie.Error
	require.ErrorAs(t, err, &panicked)
	require.NotEmpty(t, panicked.Stack)
	require.ErrorAs(t, err, &ended)

	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	n = 0
	for _, err = range table.Scan(cancelled) {
		if n++; n == 10 {
			cancel()
		}
	}
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorAs(t, err, &ended)

	for range table.Scan(ctx) {
		break
	}
	gone()
}

func TestScanUsage(t *testing.T) {
	ctx := context.Background()
	srv, session, table, _ := scanned(t)
	parts := open[Part](t, session)
	var foreign coodie.Checkpoint
	require.NoError(t, parts.ScanParallel(ctx, func(context.Context, Part) error { return nil },
		coodie.OnProgress(func(p coodie.ScanProgress) { foreign = p.Checkpoint })))
	srv.ResetLog()
	token := coodie.Token[Sample]()
	for says, q := range map[string]coodie.Readable[Sample]{
		"no Limit":         table.Find().Limit(3),
		"Linearizable":     table.Find().With(coodie.WithLinearizable()),
		"no filter on":     table.Find(sampleSensor.Eq("a")),
		"use Iter":         table.Find(token.Gt(3)),
		"at least 1":       table.Find().With(coodie.WithConcurrency(-1)),
		"a page has":       table.Find().With(coodie.WithPageSize(-1)),
		"OrderBy orders":   table.Find().OrderBy(coodie.Asc(sampleSeq)),
		"zero value":       new(coodie.Query[Sample]),
		"no TTL and no ti": table.Find().With(coodie.WithTTL(1)),
	} {
		var usage *coodie.Error
		for _, err := range q.Reads().Scan(ctx) {
			require.ErrorAs(t, err, &usage, says)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.ErrorContains(t, err, says)
		}
		require.ErrorContains(t, q.Reads().ScanParallel(ctx, func(context.Context, Sample) error { return nil }), says)
	}
	for says, o := range map[string]coodie.ScanOption{
		"of a scan of part": coodie.ResumeFrom(foreign),
		"RateLimit":         coodie.RateLimit(-1),
		"MinRanges":         coodie.MinRanges(0),
	} {
		require.ErrorContains(t, table.ScanParallel(ctx, nil, o), says)
	}
	require.ErrorContains(t, table.ScanParallel(ctx, nil), "nil")
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Select)))
}
