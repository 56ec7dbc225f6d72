package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Stock is a row of a number, and Calls one that is only counted.
type Stock struct {
	Name string `cql:"name,partition"`
	N    int    `cql:"n"`
}

type Calls struct {
	Name string `cql:"name,partition"`
	N    int64  `cql:"n,type=counter"`
}

var (
	stockName = coodie.Col(func(s *Stock) *string { return &s.Name })
	stockN    = coodie.Col(func(s *Stock) *int { return &s.N })
	callsName = coodie.Col(func(v *Calls) *string { return &v.Name })
	callsN    = coodie.Col(func(v *Calls) *int64 { return &v.N })
)

// sentWrite is a write of one row, in each of the ways in which coodie sends one.
type sentWrite struct {
	kind      cqltest.Kind
	replays   bool // a second execution is harmless if it has the first one's timestamp
	never     bool // not even if it is declared idempotent
	unstamped bool // it takes no client timestamp
	seed      bool // it is about a row that exists
	write     func(ctx context.Context, db *coodie.DB, stocks *coodie.Table[Stock], calls *coodie.Table[Calls]) error
}

// refusal makes an error of a result that was not applied.
func refusal(applied bool, err error) error {
	if err == nil && !applied {
		return errors.New("refused")
	}
	return err
}

var sentWrites = map[string]sentWrite{
	"Insert": {kind: cqltest.Conditional, never: true, unstamped: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		res, err := s.New(Stock{"a", 1}).Insert(ctx)
		return refusal(res.Applied, err)
	}},
	"Update if": {kind: cqltest.Conditional, never: true, unstamped: true, seed: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		res, err := s.Find(stockName.Eq("a")).If(stockN.Eq(5)).Update(ctx, stockN.Set(6))
		return refusal(res.Applied, err)
	}},
	"Delete if": {kind: cqltest.Conditional, never: true, unstamped: true, seed: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		res, err := s.New(Stock{Name: "a"}).IfExists().Delete(ctx)
		return refusal(res.Applied, err)
	}},
	"conditional batch": {kind: cqltest.Conditional, never: true, unstamped: true, write: func(ctx context.Context, db *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		b := db.Batch()
		h := s.New(Stock{"a", 1}).InsertIn(b)
		if err := b.Exec(ctx); err != nil {
			return err
		}
		res, err := h.Result()
		return refusal(res.Applied, err)
	}},
	"raw CAS": {kind: cqltest.Conditional, never: true, unstamped: true, write: func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		res, err := db.Raw("INSERT INTO stock (name, n) VALUES (?, ?) IF NOT EXISTS", "a", 1).CAS(ctx)
		return refusal(res.Applied, err)
	}},
	"Save": {kind: cqltest.Insert, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.New(Stock{"a", 1}).Save(ctx)
	}},
	"SaveJSON": {kind: cqltest.Insert, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.Find().SaveJSON(ctx, []byte(`{"name": "a", "n": 1}`))
	}},
	"SaveAll": {kind: cqltest.Insert, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		var bulk *coodie.BulkError
		err := s.SaveAll(ctx, []Stock{{"a", 1}})
		if errors.As(err, &bulk) {
			return bulk.Errs[0]
		}
		return err
	}},
	"Update": {kind: cqltest.Update, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.Find(stockName.Eq("a")).Update(ctx, stockN.Set(1))
	}},
	"Delete": {kind: cqltest.Delete, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.New(Stock{Name: "a"}).Delete(ctx)
	}},
	"DeleteColumns": {kind: cqltest.Delete, replays: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.New(Stock{Name: "a"}).DeleteColumns(ctx, stockN)
	}},
	"counter": {kind: cqltest.Update, write: func(ctx context.Context, _ *coodie.DB, _ *coodie.Table[Stock], v *coodie.Table[Calls]) error {
		return v.Find(callsName.Eq("a")).Update(ctx, coodie.Increment(callsN, 1))
	}},
	"logged batch": {kind: cqltest.Batch, replays: true, write: func(ctx context.Context, db *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		b := db.Batch()
		s.New(Stock{"a", 1}).SaveIn(b)
		s.New(Stock{"b", 1}).SaveIn(b)
		return b.Exec(ctx)
	}},
	"unlogged batch": {kind: cqltest.Batch, replays: true, write: func(ctx context.Context, db *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		b := db.UnloggedBatch()
		s.New(Stock{"a", 1}).SaveIn(b)
		s.Find(stockName.Eq("a")).UpdateIn(b, stockN.Set(1))
		return b.Exec(ctx)
	}},
	"counter batch": {kind: cqltest.Batch, write: func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock], v *coodie.Table[Calls]) error {
		b := db.CounterBatch()
		v.Find(callsName.Eq("a")).UpdateIn(b, coodie.Increment(callsN, 1))
		return b.Exec(ctx)
	}},
	"raw": {kind: cqltest.Insert, replays: true, write: func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return db.Raw("INSERT INTO stock (name, n) VALUES (?, ?)", "a", 1).Exec(ctx)
	}},
	"raw without values": {kind: cqltest.Insert, replays: true, write: func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return db.Raw("INSERT INTO stock (name, n) VALUES ('a', 1)").Exec(ctx)
	}},
	"raw batch": {kind: cqltest.Batch, replays: true, write: func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return db.Raw("BEGIN UNLOGGED BATCH INSERT INTO stock (name, n) VALUES (?, ?); APPLY BATCH", "a", 1).Exec(ctx)
	}},
	"truncate": {kind: cqltest.Truncate, never: true, unstamped: true, write: func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock], _ *coodie.Table[Calls]) error {
		return s.Truncate(ctx)
	}},
}

// attempts counts the executions of each write, whatever the session's retry policy says,
// and compares them with the report: nil only if the write was executed, an error that says
// "certainly not executed" only if it was not, and one timestamp however many attempts there were.
func attempts(t *testing.T, d Driver) {
	options := map[string][]coodie.Option{
		"plain":                nil,
		"stamped":              {coodie.WithClientTimestamps()},
		"declared":             {coodie.WithIdempotent(true)},
		"stamped and declared": {coodie.WithClientTimestamps(), coodie.WithIdempotent(true)},
		"refused":              {coodie.WithClientTimestamps(), coodie.WithIdempotent(false)},
		"own retries":          {coodie.WithClientTimestamps(), coodie.WithRetries(1)},
	}
	type fault struct {
		first, then []cqltest.Step // of the first execution, and of those after it; nil works
		executed    bool           // the first one was
	}
	faults := map[string]fault{
		"none":                           {nil, nil, true},
		"timeout, then it works":         {[]cqltest.Step{cqltest.Apply, cqltest.WriteTimeout("SIMPLE")}, nil, true},
		"timeout, then unavailable":      {[]cqltest.Step{cqltest.Apply, cqltest.WriteTimeout("SIMPLE")}, []cqltest.Step{cqltest.Unavailable()}, true},
		"timeout, then invalid":          {[]cqltest.Step{cqltest.Apply, cqltest.WriteTimeout("UNLOGGED_BATCH")}, []cqltest.Step{cqltest.Invalid("?")}, true},
		"not executed, timeout":          {[]cqltest.Step{cqltest.WriteTimeout("SIMPLE")}, []cqltest.Step{cqltest.WriteTimeout("SIMPLE")}, false},
		"bootstrapping, then it works":   {[]cqltest.Step{cqltest.Bootstrapping()}, nil, false},
		"unavailable, then unauthorized": {[]cqltest.Step{cqltest.UnavailableAt(gocql.Quorum, 2, 1)}, []cqltest.Step{cqltest.Unauthorized("?")}, false},
		"unprepared, then it works":      {[]cqltest.Step{cqltest.Unprepared()}, nil, false},
		"unprepared, then invalid":       {[]cqltest.Step{cqltest.Unprepared()}, []cqltest.Step{cqltest.Invalid("?")}, false},
	}
	for _, policy := range d.Policies {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
			retries := (policy != "none" || d.RetriesByItself) && policy != "Ignore" && policy != "Rethrow" && policy != "undefined"
			for option, opts := range options {
				db := d.Open(t, srv, policy, append([]coodie.Option{coodie.WithRetries(0)}, opts...)...)
				stocks, err := coodie.Open[Stock](db)
				require.NoError(t, err)
				calls, err := coodie.Open[Calls](db)
				require.NoError(t, err)
				require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
				require.NoError(t, coodie.Schema(db, calls).Create(t.Context()))
				stamped, declared := slices.Contains([]string{"stamped", "stamped and declared", "refused", "own retries"}, option), option == "declared" || option == "stamped and declared"
				for name, w := range sentWrites {
					for problem, f := range faults {
						text := fmt.Sprintf("%s, %s, %s", option, name, problem)
						if name == "truncate" && (problem == "unprepared, then it works" || problem == "unprepared, then invalid") {
							continue // it is not prepared
						}
						srv.ClearFaults()
						srv.Truncate()
						if w.seed {
							srv.Exec("INSERT INTO stock (name, n) VALUES ('a', 5)")
						}
						srv.ResetLog()
						match := cqltest.On(w.kind)
						if f.first != nil {
							srv.Fault(match.First(1), f.first...)
						}
						if f.then != nil {
							srv.Fault(match.After(1), f.then...)
						}
						err := w.write(t.Context(), db, stocks, calls)

						sent, executed := srv.Log().Matching(match), 0
						for i, s := range sent {
							if !s.Faulted || i == 0 && f.executed {
								executed++
							}
							if stamped && !w.unstamped {
								require.NotNil(t, s.DefaultTimestamp, text)
								require.Equal(t, *sent[0].DefaultTimestamp, *s.DefaultTimestamp, text)
							} else {
								require.Nil(t, s.DefaultTimestamp, text)
							}
						}
						unknown := errors.Is(err, coodie.ErrOutcomeUnknown)
						if err == nil {
							require.Positive(t, executed, text)
						} else if !unknown {
							require.Zero(t, executed, "%s: %v", text, err)
						}
						again := declared && !w.never || stamped && w.replays && option != "refused"
						if !again {
							require.LessOrEqual(t, executed, 1, text)
						}
						if len(sent) == 1 || option == "own retries" {
							continue
						}
						if !retries || !again { // the driver itself has sent it once more
							require.Contains(t, []string{"unprepared, then it works", "unprepared, then invalid"}, problem, text)
							require.Len(t, sent, 2, text)
							require.False(t, unknown && policy != "undefined", text)
							continue
						}
						require.LessOrEqual(t, len(sent), 5, text) // three retries, and UNPREPARED
						if err != nil && problem != "unprepared, then invalid" {
							require.True(t, unknown, "%s: after %d attempts: %v", text, len(sent), err)
						}
					}
				}
			}
			srv.ClearFaults() // the last one may be for an attempt that was not made
		})
	}
}

// attemptsNotSent: a value that does not fit is never sent, and so the retry policy, which
// makes the driver encode it again, leaves nothing unknown.
func attemptsNotSent(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	srv.Exec("CREATE TABLE stock (name text PRIMARY KEY, n text)")
	srv.Exec("CREATE TABLE calls (name text PRIMARY KEY, n counter)")
	db := d.Open(t, srv, "SimpleRetryPolicy", coodie.WithClientTimestamps())
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	for name, w := range sentWrites {
		if slices.Contains([]string{"SaveJSON", "Delete", "Delete if", "DeleteColumns", "counter", "counter batch", "raw without values", "truncate"}, name) {
			continue // there is no such value
		}
		err := w.write(t.Context(), db, stocks, nil)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
		require.Empty(t, srv.Log(), name)
	}
}

// oneTimestampPerCall: client timestamps increase from call to call, though several calls
// fall into one microsecond, and the driver's repetition of a write is no newer than the write was.
func oneTimestampPerCall(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := d.Open(t, srv, "SimpleRetryPolicy", coodie.WithClientTimestamps())
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))

	// Another client's write comes between the executed write and its repetition.
	fault := srv.Fault(cqltest.On(cqltest.Insert, "stock").First(1), cqltest.Apply, cqltest.Do(func(cqltest.Statement) {
		srv.MustExec("UPDATE app.stock SET n = 2 WHERE name = 'a'")
	}), cqltest.WriteTimeout("SIMPLE"))
	require.NoError(t, stocks.New(Stock{"a", 1}).Save(t.Context()))
	require.Equal(t, 1, fault.Hits())
	got, err := stocks.Find(stockName.Eq("a")).Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, got.N, "the later write stays")

	srv.ResetLog()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const writes = 200
	for i := range writes {
		require.NoError(t, stocks.New(Stock{"a", i}).Save(ctx))
	}
	require.NoError(t, stocks.SaveAll(ctx, slices.Repeat([]Stock{{"d", 1}}, 10)))
	b := db.UnloggedBatch()
	stocks.New(Stock{"b", 1}).SaveIn(b)
	require.NoError(t, b.Exec(ctx))
	require.NoError(t, db.Raw("INSERT INTO stock (name, n) VALUES (?, ?)", "c", 1).Exec(ctx))
	seen := map[int64]bool{}
	for _, s := range srv.Log().Matching(cqltest.On(cqltest.Insert | cqltest.Batch)) {
		require.NotNil(t, s.DefaultTimestamp)
		require.False(t, seen[*s.DefaultTimestamp], "two writes of one timestamp")
		seen[*s.DefaultTimestamp] = true
	}
	require.Len(t, seen, writes+12)
}
