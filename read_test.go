package coodie_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// Reading is one row of a partition that is read in pages.
type Reading struct {
	Sensor string `cql:"sensor,partition"`
	N      int    `cql:"n,clustering"`
	Value  string `cql:"value"`
	Unit   string `cql:"unit,static"`
}

var (
	sensor   = coodie.Col(func(r *Reading) *string { return &r.Sensor })
	readingN = coodie.Col(func(r *Reading) *int { return &r.N })
)

// openReadings opens a table with n rows of the sensor "a".
func openReadings(t *testing.T, session *gocql.Session, n int, opts ...coodie.TableOption) *coodie.Table[Reading] {
	t.Helper()
	readings := open[Reading](t, session, opts...)
	require.NoError(t, coodie.Schema(nil, readings).Create(t.Context()))
	for i := range n {
		require.NoError(t, readings.New(Reading{Sensor: "a", N: i, Value: "v"}).Save(t.Context()))
	}
	return readings
}

func TestOne(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	readings := openReadings(t, session, 3)

	_, err := readings.Find(sensor.Eq("none")).One(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	one, err := readings.Find(sensor.Eq("a"), readingN.Ge(2)).One(ctx)
	require.NoError(t, err)
	require.Equal(t, Reading{Sensor: "a", N: 2, Value: "v"}, one)
	one, err = readings.Find(sensor.Eq("a")).One(ctx)
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
	require.Zero(t, one)
	_, err = readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(1)).One(ctx)
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err), "the second is on another page")
	_, err = readings.Find(sensor.Eq("a")).Limit(1).One(ctx)
	require.NoError(t, err, "no more than one was asked for")
}

func TestExists(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	readings := openReadings(t, session, 3)
	srv.MustExec("INSERT INTO app.reading (sensor, unit) VALUES ('static', 'm')")
	srv.ResetLog()

	exists := func(q *coodie.QuerySet[Reading]) bool {
		t.Helper()
		found, err := q.Exists(ctx)
		require.NoError(t, err)
		return found
	}
	require.True(t, exists(readings.Find()))
	require.True(t, exists(readings.Find(sensor.Eq("a"))))
	require.False(t, exists(readings.Find(sensor.Eq("b"))))
	require.True(t, exists(readings.Find(sensor.Eq("a"), readingN.Eq(1))))
	require.True(t, exists(readings.Find(sensor.Eq("a"), readingN.Eq(1)).With(coodie.WithLinearizable())))
	require.False(t, exists(readings.Find(sensor.Eq("a"), readingN.Eq(9))))
	require.False(t, exists(readings.Find(sensor.Eq("static"), readingN.Eq(1))), "static columns are no row")
	for _, sent := range srv.Log() {
		require.Regexp(t, `^SELECT (sensor|n) FROM `, sent.CQL)
	}

	srv.Fault(cqltest.On(cqltest.Select, "reading"), cqltest.ReadTimeout())
	found, err := readings.Find().Exists(ctx)
	require.Error(t, err)
	require.False(t, found)
}

// TestIterHoldsOnePage: a page is asked for when the last one is used up, or with Prefetch
// as much earlier as that says; so no more than that is ever held.
func TestIterHoldsOnePage(t *testing.T) {
	const rows, size = 40, 10
	srv, session := server(t)
	readings := openReadings(t, session, rows)
	pages := func() int { return len(srv.Log().Matching(cqltest.On(cqltest.Select, "reading"))) }

	srv.ResetLog()
	read := 0
	for _, err := range readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(size), coodie.WithPrefetch(0)).Iter(context.Background()) {
		require.NoError(t, err)
		require.Equal(t, read/size+1, pages(), "at row %d", read)
		read++
	}
	require.Equal(t, rows, read)
	for _, sent := range srv.Log() {
		require.Equal(t, size, sent.PageSize)
	}

	srv.ResetLog()
	read = 0
	for _, err := range readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(size), coodie.WithPrefetch(0.5)).Iter(context.Background()) {
		require.NoError(t, err)
		ahead := 1
		if read%size >= size/2 {
			ahead = 2
		}
		require.LessOrEqual(t, pages(), read/size+ahead, "at row %d", read)
		read++
	}
	require.Equal(t, rows, read)

	srv.ResetLog()
	_, err := readings.Find(sensor.Eq("a")).All(context.Background())
	require.NoError(t, err)
	require.Equal(t, 1, pages(), "the page size was that call's")
}

// TestIterClosesOnBreak: after an early break nothing is fetched any more, not even the
// page that was under way.
func TestIterClosesOnBreak(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.Timeout = time.Minute
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	session.SetPrefetch(1)
	readings := openReadings(t, session, 80)
	ctx := t.Context()
	all := readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(10))
	for name, loop := range map[string]func(row func(error) bool){
		"Iter":    func(row func(error) bool) { each(all.Iter(ctx), row) },
		"Values":  func(row func(error) bool) { each(coodie.Values(all, coodie.AnyCol(readings, "value")).Iter(ctx), row) },
		"JSON":    func(row func(error) bool) { each(all.JSON().Iter(ctx), row) },
		"Project": func(row func(error) bool) { each(coodie.Project[struct{ Value string }](all).Iter(ctx), row) },
		"Raw": func(row func(error) bool) {
			each(coodie.New(session).Raw("SELECT * FROM reading WHERE sensor = ?", "a").With(coodie.WithPageSize(10)).Rows(ctx), row)
		},
		"In": func(row func(error) bool) {
			// Rows go from one goroutine to the other 64 at a time.
			each(readings.Find(sensor.In("a", "b")).With(coodie.WithPageSize(70), coodie.WithConcurrency(1)).Iter(ctx), row)
		},
		"Scan": func(row func(error) bool) {
			each(readings.Find().With(coodie.WithPageSize(10)).Scan(ctx, coodie.MinRanges(1), coodie.RateLimit(100)), row)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ended := leak.Check(t)
			asked := make(chan struct{})
			srv.ClearFaults()
			further := cqltest.On(cqltest.Select, "reading").Where(func(s cqltest.Statement) bool { return s.NextPage })
			srv.Fault(further.Nth(1), cqltest.Do(func(cqltest.Statement) { close(asked) }), cqltest.LoseAnswer)
			srv.ResetLog()
			read := 0
			loop(func(err error) bool {
				require.NoError(t, err)
				if read++; read < 3 {
					return true
				}
				<-asked // the next page is under way and will not come
				return false
			})
			ended()
			require.Len(t, srv.Log().Matching(further), 1)
		})
	}

	// The session is as good as before.
	rows, err := readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(10)).All(ctx)
	require.NoError(t, err)
	require.Len(t, rows, 80)
}

// each loops until row says false.
func each[V any](rows iter.Seq2[V, error], row func(error) bool) {
	for _, err := range rows {
		if !row(err) {
			return
		}
	}
}

// TestTimeout: a call that is told so ends after its own time; of an LWT the outcome is
// then unknown, and Settle has time of its own.
func TestTimeout(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.Timeout = time.Minute
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	ctx := t.Context()
	entries := open[Entry](t, session, coodie.WithSettle())
	require.NoError(t, coodie.Schema(nil, entries).Create(ctx))
	doc := entries.New(Entry{Book: "b", Line: 1})
	const short = 20 * time.Millisecond

	srv.Fault(cqltest.On(cqltest.Any, "entry").First(1), cqltest.LoseAnswer)
	_, err = entries.Find(entryBook.Eq("b")).With(coodie.WithTimeout(short)).All(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)

	srv.Fault(cqltest.On(cqltest.Any, "entry").First(1), cqltest.Apply, cqltest.LoseAnswer)
	err = doc.With(coodie.WithTimeout(short)).Save(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.NoError(t, doc.Delete(ctx))

	srv.Fault(cqltest.On(cqltest.Conditional, "entry").First(1), cqltest.Apply, cqltest.LoseAnswer)
	res, err := doc.With(coodie.WithTimeout(short)).Insert(ctx)
	require.NoError(t, err, "settled, for the context has not ended")
	require.True(t, res.Applied)

	plain := open[Entry](t, session)
	srv.Fault(cqltest.On(cqltest.Conditional, "entry").First(1), cqltest.LoseAnswer)
	res, err = plain.New(doc.Value).IfExists().With(coodie.WithTimeout(short)).Update(ctx, entryAmount.Set(2))
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, res.Applied)
	res, err = res.Settle(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "the row is as before, but the request may still be on its way")
	require.False(t, res.Applied)

	srv.Fault(cqltest.On(cqltest.Conditional, "entry").First(1), cqltest.Apply, cqltest.LoseAnswer)
	mutated, err := plain.Find(entryBook.Eq("b"), entryLine.Eq(1)).With(coodie.WithTimeout(short)).
		Mutate(ctx, func(_ context.Context, e *Entry) error { e.Amount = 3; return nil })
	require.NoError(t, err)
	require.Equal(t, 1, mutated.Unknown)
	require.Equal(t, 3, mutated.Value.Amount)
}

// TestScyllaClauses: USING TIMEOUT and BYPASS CACHE are ScyllaDB's; what Cassandra
// answers says so.
func TestScyllaClauses(t *testing.T) {
	ctx := context.Background()
	calls := func(readings *coodie.Table[Reading]) []error {
		row, doc := readings.Find(sensor.Eq("a"), readingN.Eq(0)), readings.New(Reading{Sensor: "b"})
		var errs []error
		add := func(_ any, err error) { errs = append(errs, err) }
		add(row.With(coodie.WithBypassCache()).Get(ctx))
		add(row.With(coodie.WithUsingTimeout(1500 * time.Microsecond)).Get(ctx))
		add(readings.Find(sensor.Eq("a")).Limit(2).With(coodie.WithBypassCache(), coodie.WithUsingTimeout(time.Second), coodie.WithPageSize(1)).All(ctx))
		add(readings.Find().With(coodie.WithUsingTimeout(time.Second)).Count(ctx))
		add(nil, doc.With(coodie.WithTTL(time.Hour), coodie.WithTimestamp(time.UnixMicro(1)), coodie.WithUsingTimeout(time.Second)).Save(ctx))
		add(nil, row.With(coodie.WithUsingTimeout(time.Second)).Update(ctx, coodie.AnyCol(readings, "value").Set("w")))
		add(nil, row.With(coodie.WithTimestamp(time.UnixMicro(1)), coodie.WithUsingTimeout(time.Second)).Delete(ctx))
		add(doc.With(coodie.WithUsingTimeout(time.Second)).Insert(ctx))
		add(row.IfExists().With(coodie.WithUsingTimeout(time.Second)).Update(ctx, coodie.AnyCol(readings, "value").Set("x")))
		return errs
	}

	srv, session := server(t, cqltest.WithDialect(cqltest.Scylla))
	readings := openReadings(t, session, 3)
	srv.ResetLog()
	for i, err := range calls(readings) {
		require.NoError(t, err, "call %d", i)
	}
	require.Equal(t, []any{"a", 0, gocql.Duration{Nanoseconds: 2e6}}, srv.Log()[1].Values(), "whole milliseconds, rounded up")

	_, session = server(t)
	readings = openReadings(t, session, 3)
	for i, err := range calls(readings) {
		require.ErrorContains(t, err, "WithUsingTimeout and WithBypassCache are ScyllaDB's", "call %d", i)
		var refused gocql.RequestError
		require.True(t, errors.As(err, &refused), "call %d", i)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	}
}

// TestTwoStructsOfOneStatement: what was worked out for the rows of one struct is not taken for
// those of another, although both have one statement, and so the driver's same columns.
func TestTwoStructsOfOneStatement(t *testing.T) {
	type Pair struct {
		ID   string `cql:"id,partition"`
		Left string `cql:"left"`
		N    int    `cql:"n"`
	}
	type Riap struct {
		Elsewhere [3]int64 `cql:"-"`
		ID        string   `cql:"id,partition"`
		Left      string   `cql:"left"`
		N         int      `cql:"n"`
	}
	ctx := context.Background()
	_, session := server(t)
	pairs := open[Pair](t, session, coodie.WithTable("pair"))
	riaps, err := coodie.Open[Riap](coodie.New(session), coodie.WithTable("pair"))
	require.NoError(t, err)
	require.NoError(t, pairs.New(Pair{ID: "a", Left: "l", N: 1}).Save(ctx))
	for range 3 {
		pair, err := pairs.Find(coodie.AnyCol(pairs, "id").Eq("a")).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Pair{ID: "a", Left: "l", N: 1}, pair)
		riap, err := riaps.Find(coodie.AnyCol(riaps, "id").Eq("a")).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Riap{ID: "a", Left: "l", N: 1}, riap)
	}
}
