package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// Sample is of a table with many rows in a partition.
type Sample struct {
	Sensor string `cql:"sensor,partition"`
	Day    int    `cql:"day,partition"`
	Seq    int    `cql:"seq,clustering,desc"`
	Value  int    `cql:"value"`
}

var (
	sampleSensor = coodie.Col(func(s *Sample) *string { return &s.Sensor })
	day          = coodie.Col(func(s *Sample) *int { return &s.Day })
	sampleSeq    = coodie.Col(func(s *Sample) *int { return &s.Seq })
	sampleValue  = coodie.Col(func(s *Sample) *int { return &s.Value })
	partFuse     = coodie.Col(func(p *Part) *coodieFuse { return &p.Fuse })
)

type coodieFuse = Fuse

// selects are the texts of the reads of a table since the last call, each once, and how
// many there were.
func selects(srv *cqltest.Server, table string) (texts []string, n int) {
	all := srv.Log().Matching(cqltest.On(cqltest.Select, table)).CQL()
	srv.ResetLog()
	n = len(all)
	slices.Sort(all)
	for i := range all {
		_, all[i], _ = strings.Cut(strings.Join(strings.Fields(strings.ReplaceAll(all[i], "=", " = ")), " "), " FROM ")
	}
	return slices.Compact(all), n
}

func ids(parts []Part) (out []int) {
	for i := range parts {
		out = append(out, parts[i].ID)
	}
	return out
}

// TestInChunks: rows by their whole key are read 20 partitions at a time, by one prepared
// statement, and come in the order of the values.
func TestInChunks(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Part](t, session)
	require.NoError(t, table.SaveAll(ctx, parts(90)))
	srv.ResetLog()

	var asked, want []int
	for i := 95; i > 50; i-- { // 91 to 95 are missing
		asked = append(asked, i, 95) // and 95 is asked for again and again
		if i <= 90 {
			want = append(want, i)
		}
	}
	rows, err := table.Find(partID.In(asked...)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, want, ids(rows))
	texts, n := selects(srv, "part")
	require.Equal(t, []string{"part WHERE id IN ?"}, texts)
	require.Equal(t, 3, n, "45 values, 20 at a time")

	for _, tt := range []struct {
		chunk, n int
		text     string
	}{{7, 7, "part WHERE id IN ?"}, {100, 1, "part WHERE id IN ?"}, {1, 45, "part WHERE id = ?"}} {
		small, err := coodie.Open[Part](coodie.New(session), coodie.WithInChunk(tt.chunk))
		require.NoError(t, err)
		rows, err = small.Find(partID.In(asked...)).All(ctx)
		require.NoError(t, err)
		require.Equal(t, want, ids(rows))
		texts, n = selects(srv, "part")
		require.Equal(t, []string{tt.text}, texts)
		require.Equal(t, tt.n, n)
	}
	_, err = coodie.Open[Part](coodie.New(session), coodie.WithInChunk(-1))
	require.ErrorContains(t, err, "WithInChunk(-1)")

	rows, err = table.Find(partID.In(3)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{3}, ids(rows))
	rows, err = table.Find(partID.In(99, 98)).All(ctx)
	require.NoError(t, err)
	require.Empty(t, rows)

	// Without the key among the columns the order comes from a statement for each.
	srv.ResetLog()
	rows, err = table.Find(partID.In(9, 8, 7)).Only(partFuse).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Part{{Fuse: 9}, {Fuse: 8}, {Fuse: 7}}, rows)
	texts, n = selects(srv, "part")
	require.Equal(t, []string{"part WHERE id = ?"}, texts)
	require.Equal(t, 3, n)

	// A filter that is not by key goes along.
	rows, err = table.Find(partID.In(asked...), partFuse.Gt(85)).AllowFiltering().All(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{90, 89, 88, 87, 86}, ids(rows))
}

func TestInLimits(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Part](t, session)
	require.NoError(t, table.SaveAll(ctx, parts(90)))
	asked := make([]int, 90)
	for i := range asked {
		asked[i] = 90 - i
	}
	all := table.Find(partID.In(asked...))
	srv.ResetLog()
	first, err := all.First(ctx)
	require.NoError(t, err)
	require.Equal(t, 90, first.ID)
	_, n := selects(srv, "part")
	require.Equal(t, 1, n, "no more is read than is needed")
	_, err = table.Find(partID.In(100, 101)).First(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)

	srv.ResetLog()
	count, err := all.Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 90, count)
	texts, n := selects(srv, "part")
	require.Equal(t, []string{"part WHERE id IN ?"}, texts)
	require.Equal(t, 5, n)
	srv.Fault(cqltest.On(cqltest.Select, "part").After(2), cqltest.ReadTimeout())
	_, err = all.Count(ctx)
	var failed *coodie.Error
	require.ErrorAs(t, err, &failed)
	require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)

	var usage *coodie.Error
	_, err = all.Limit(0).All(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = all.Limit(3).Count(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = all.With(coodie.WithLinearizable()).All(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = all.With(coodie.WithConcurrency(-1)).All(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	srv.ClearFaults()
	// At the end, for what has run ahead is cancelled and may reach the server later.
	rows, err := all.Limit(23).All(ctx)
	require.NoError(t, err)
	require.Equal(t, asked[:23], ids(rows), "the first of the values, not the first of the server's")
}

// samples are rows of sensors a and b on the days 1 to days, three of each.
func samples(days int) (out []Sample) {
	for _, name := range []string{"a", "b"} {
		for d := range days {
			for n := range 3 {
				out = append(out, Sample{name, d + 1, 3 - n, 100*(d+1) + 3 - n})
			}
		}
	}
	return out
}

// TestInPartitions: many rows of many partitions are read by a statement for each, and come
// in the order of the values and, within, of the table.
func TestInPartitions(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Sample](t, session)
	all := samples(30)
	require.NoError(t, table.SaveAll(ctx, all))
	srv.ResetLog()

	got, err := table.Find(sampleSensor.Eq("b"), day.In(30, 2, 2, 99, 17)).All(ctx)
	require.NoError(t, err)
	of := func(name string, d int) []Sample {
		i := slices.IndexFunc(all, func(s Sample) bool { return s.Sensor == name && s.Day == d })
		return all[i : i+3]
	}
	require.Equal(t, slices.Concat(of("b", 30), of("b", 2), of("b", 17)), got)
	texts, n := selects(srv, "sample")
	require.Equal(t, []string{"sample WHERE sensor = ? AND day = ?"}, texts)
	require.Equal(t, 4, n)

	got, err = table.Find(day.In(3, 1), sampleSensor.In("b", "a")).All(ctx) // in the order of the key's columns
	require.NoError(t, err)
	require.Equal(t, slices.Concat(of("b", 3), of("b", 1), of("a", 3), of("a", 1)), got)
	_, n = selects(srv, "sample")
	require.Equal(t, 4, n)

	// By whole keys: chunks of the last column, one statement or more for each of the first.
	days := make([]int, 30)
	for i := range days {
		days[i] = 30 - i
	}
	got, err = table.Find(sampleSensor.In("b", "a"), day.In(days...), sampleSeq.In(1, 3)).All(ctx)
	require.NoError(t, err)
	var want []Sample
	for _, name := range []string{"b", "a"} {
		for _, d := range days {
			want = append(want, of(name, d)[0], of(name, d)[2])
		}
	}
	require.Equal(t, want, got, "in the clustering order, which is 3, 1")
	texts, n = selects(srv, "sample")
	require.Equal(t, []string{"sample WHERE sensor = ? AND day IN ? AND seq IN ?"}, texts)
	require.Equal(t, 4, n)

	count, err := table.Find(sampleSensor.In("b", "a"), day.In(days...)).Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 180, count)
	texts, n = selects(srv, "sample")
	require.Equal(t, []string{"sample WHERE sensor = ? AND day IN ?"}, texts)
	require.Equal(t, 4, n)

	// What is not about whole partitions is one statement.
	_, err = table.Find(day.In(1, 2)).AllowFiltering().All(ctx)
	_, n = selects(srv, "sample")
	require.Equal(t, 1, n, err)

	got, err = table.Find(sampleSensor.In("b", "a"), day.In(3, 1), sampleSeq.Ge(2)).PerPartitionLimit(1).Limit(3).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Sample{of("b", 3)[0], of("b", 1)[0], of("a", 3)[0]}, got)

	_, err = table.Find(sampleSensor.Eq("a"), day.In(days...)).One(ctx)
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
	_, err = table.Find(sampleSensor.Eq("x"), day.In(days...)).One(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	for name, want := range map[string]bool{"a": true, "x": false} {
		there, err := table.Find(sampleSensor.Eq(name), day.In(days...)).Exists(ctx)
		require.NoError(t, err)
		require.Equal(t, want, there)
	}
}

// TestInOrdered: rows that the server has to put in one order come by one statement, of
// few partitions.
func TestInOrdered(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Sample](t, session)
	require.NoError(t, table.SaveAll(ctx, samples(30)))
	srv.ResetLog()
	got, err := table.Find(sampleSensor.Eq("a"), day.In(2, 1)).OrderBy(coodie.Asc(sampleSeq)).All(ctx)
	require.NoError(t, err)
	require.Len(t, got, 6)
	require.True(t, slices.IsSortedFunc(got, func(x, y Sample) int { return x.Seq - y.Seq }))
	texts, n := selects(srv, "sample")
	require.Equal(t, []string{"sample WHERE sensor = ? AND day IN ? ORDER BY seq ASC"}, texts)
	require.Equal(t, 1, n)

	days := make([]int, 21)
	for i := range days {
		days[i] = i
	}
	_, err = table.Find(sampleSensor.Eq("a"), day.In(days...)).OrderBy(coodie.Asc(sampleSeq)).All(ctx)
	var usage *coodie.Error
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorContains(t, err, "In names 21 partitions, and a read with OrderBy is one statement")
	some := table.Find(sampleSensor.Eq("a"), day.In(days...))
	for says, err := range map[string]error{
		"Count takes no Limit":        second(some.Limit(25).Count(ctx)),
		"a limit is at least 1":       second(some.Limit(0).All(ctx)),
		"a read of JSON is one":       second(some.JSON().All(ctx)),
		"a read by Values or Project": second(coodie.Values(some, sampleSeq).All(ctx)),
	} {
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.ErrorContains(t, err, says)
	}
	_, n = selects(srv, "sample")
	require.Zero(t, n)
	more := open[Sample](t, session, coodie.WithInChunk(len(days))) // as the error says
	objects, err := more.Find(sampleSensor.Eq("a"), day.In(days...)).JSON().All(ctx)
	require.NoError(t, err)
	require.Len(t, objects, 60)
}

// TestInKeys: what can be no key is refused before anything is sent.
func TestInKeys(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	configs := open[AppConfig](t, session)
	times := open[Stamped](t, session)
	parts := open[Part](t, session)
	srv.ResetLog()
	for name, err := range map[string]error{
		"partition key cannot be empty":             second(configs.Find(key.In("a", "")).All(ctx)),
		"partition key column cannot be null":       second(times.Find(stampedAt.In(time.Time{})).All(ctx)),
		"IN without a value never holds":            second(parts.Find(partID.In()).All(ctx)),
		"column id: field":                          second(parts.Find(coodie.AnyCol(parts, "id").In(math.MaxInt)).All(ctx)),
		"the key column is given twice":             second(parts.Find(partID.Eq(1), partID.Eq(2)).All(ctx)),
		"only Get":                                  second(parts.Find(partID.In(1, 2)).With(coodie.WithLinearizable()).All(ctx)),
		"a limit is at least 1":                     second(parts.Find(partID.In(1, 2)).Limit(-1).First(ctx)),
		"make more partitions than one call can wo": second(open[Sample](t, session).Find(day.In(upTo(70000)...), sampleSensor.In(names(70000)...)).All(ctx)),
	} {
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		if name != "column id: field" {
			require.ErrorContains(t, err, name)
		}
	}
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Select)))
}

type Stamped struct {
	At time.Time `cql:"at,partition"`
}

var stampedAt = coodie.Col(func(s *Stamped) *time.Time { return &s.At })

func second[V any](_ V, err error) error { return err }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return out
}

// TestInOfLWTOnly: In reads at QUORUM, also where each statement names one whole key.
func TestInOfLWTOnly(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	open[Part](t, session)
	for _, chunk := range []int{1, 20} {
		table, err := coodie.Open[Part](coodie.New(session), coodie.WithLWTOnly(), coodie.WithInChunk(chunk))
		require.NoError(t, err)
		srv.ResetLog()
		_, err = table.Find(partID.In(1, 2)).All(ctx)
		require.NoError(t, err)
		for _, s := range srv.Log() {
			require.Equal(t, gocql.Quorum, s.Consistency)
		}
		_, err = table.Find(partID.In(1, 2)).With(coodie.WithLinearizable()).All(ctx)
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
}

// TestInConcurrency: as many statements as may be are under way at once, and no more.
func TestInConcurrency(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asked int
		most  int
		read  func(*coodie.Table[Part], *coodie.Table[Sample], int) error
	}{
		{"partitions", 0, 50, func(_ *coodie.Table[Part], samples *coodie.Table[Sample], n int) error {
			return second(samples.Find(sampleSensor.Eq("a"), day.In(upTo(120)...)).With(coodie.WithConcurrency(n)).All(context.Background()))
		}},
		{"partitions", 3, 3, func(_ *coodie.Table[Part], samples *coodie.Table[Sample], n int) error {
			return second(samples.Find(sampleSensor.Eq("a"), day.In(upTo(120)...)).With(coodie.WithConcurrency(n)).All(context.Background()))
		}},
		{"chunks", 0, 4, func(parts *coodie.Table[Part], _ *coodie.Table[Sample], n int) error {
			return second(parts.Find(partID.In(upTo(200)...)).With(coodie.WithConcurrency(n)).All(context.Background()))
		}},
		{"count", 0, 4, func(parts *coodie.Table[Part], _ *coodie.Table[Sample], n int) error {
			return second(parts.Find(partID.In(upTo(200)...)).With(coodie.WithConcurrency(n)).Count(context.Background()))
		}},
	} {
		t.Run(fmt.Sprint(tt.name, tt.most), func(t *testing.T) {
			srv, session := patient(t)
			parts, samples := open[Part](t, session), open[Sample](t, session)
			most := gate(srv, cqltest.On(cqltest.Select, "part", "sample"), tt.most)
			require.NoError(t, tt.read(parts, samples, tt.asked))
			require.EqualValues(t, tt.most, most())
		})
	}
}

// gate holds statements back until n of them are there, and counts how many there are at
// once at most.
func gate(srv *cqltest.Server, m cqltest.Match, n int) (most func() int32) {
	var under, max atomic.Int32
	full := make(chan struct{})
	srv.Fault(m, cqltest.Do(func(cqltest.Statement) {
		now := under.Add(1)
		for m := max.Load(); now > m && !max.CompareAndSwap(m, now); m = max.Load() {
		}
		if int(now) == n {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full
		under.Add(-1)
	}))
	return max.Load
}

// TestInEnds: the loop's end, the context's and an error end everything.
func TestInEnds(t *testing.T) {
	srv, session := server(t)
	table := open[Sample](t, session)
	ctx := context.Background()
	require.NoError(t, table.SaveAll(ctx, samples(200)))
	leaves := leak.Check(t)
	all := table.Find(sampleSensor.Eq("a"), day.In(upTo(201)...))

	srv.ResetLog()
	for range all.Iter(ctx) {
		break
	}
	leaves()
	_, n := selects(srv, "sample")
	require.LessOrEqual(t, n, 100, "not all of the 200")

	require.PanicsWithValue(t, "the reader's", func() {
		for range all.Iter(ctx) {
			panic("the reader's")
		}
	})
	leaves()

	ended, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	why := errors.New("why not")
	rows := 0
	var err error
	for _, err = range all.Iter(ended) {
		if rows++; rows == 5 {
			cancel(why)
		}
	}
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
	var failed *coodie.Error
	require.ErrorAs(t, err, &failed)
	require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)
	leaves()

	fault := srv.Fault(cqltest.On(cqltest.Select, "sample").Where(func(s cqltest.Statement) bool { return s.Values()[1] == 7 }), cqltest.Unavailable())
	rows = 0
	for _, err = range all.Iter(ctx) {
		if err == nil {
			rows++
		}
	}
	require.Equal(t, 6*3, rows, "what comes before the error is there")
	require.ErrorAs(t, err, &failed)
	require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)
	fault.Remove()
	leaves()

	// A panic in the program's own code is an error of the read.
	fused := open[Part](t, session)
	srv.MustExec("insert into part (id, fuse) values (9, 99)")
	_, err = fused.Find(partID.In(upTo(50)...)).All(ctx)
	var panicked *coodie.Error
	require.ErrorAs(t, err, &panicked)
	require.NotEmpty(t, panicked.Stack)
	leaves()
}
