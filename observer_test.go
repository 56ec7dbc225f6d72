package coodie_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// watched is a table of a server of its own, whose statements go to the observers.
func watched(t *testing.T, observers ...coodie.Option) (*cqltest.Server, *coodie.DB, *coodie.Table[Claim]) {
	t.Helper()
	srv, session := patient(t)
	db := coodie.New(session, observers...)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	return srv, db, claims
}

// patient is a session on a server of its own that waits for long on a busy machine.
func patient(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *gocql.Session) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return srv, session
}

// TestCounters: each thing that can happen to a table is counted as what it is.
func TestCounters(t *testing.T) {
	ctx := t.Context()
	var counters coodie.Counters
	require.Empty(t, counters.Snapshot())
	srv, db, claims := watched(t, coodie.WithObserver(&counters))
	last := coodie.TableCounts{Table: "claim"}
	require.Equal(t, []coodie.TableCounts{last}, counters.Snapshot(), "a CREATE TABLE is none of them")

	a := claims.New(Claim{Name: "a", Owner: "ann"})
	row := claims.Find(claimName.Eq("a"))
	unknown := cqltest.On(cqltest.Conditional, "claim").First(1)
	for _, step := range []struct {
		does string
		do   func() error
		want coodie.TableCounts // what is added
	}{
		{"an LWT that is applied", func() error { _, err := a.Insert(ctx); return err },
			coodie.TableCounts{LWTs: 1, Applied: 1}},
		{"one that is refused", func() error { _, err := a.Insert(ctx); return err },
			coodie.TableCounts{LWTs: 1, Refused: 1}},
		{"one that fails", func() error {
			defer srv.Fault(cqltest.On(cqltest.Conditional, "claim"), cqltest.Unavailable()).Remove()
			_, err := a.IfExists().Delete(ctx)
			return isA[*coodie.Error](err)
		}, coodie.TableCounts{LWTs: 1, Failed: 1}},
		{"one whose answer is lost, and settled", func() error {
			defer srv.Fault(unknown, cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
			res, err := a.If(claimOwner.Eq("ann")).Update(ctx, claimOwner.Set("ben"))
			if err := matches(err, coodie.ErrOutcomeUnknown); err != nil {
				return err
			}
			_, err = res.Settle(ctx)
			return err
		}, coodie.TableCounts{LWTs: 1, Unknown: 1, SerialReads: 1, Settled: 1}},
		{"one that cannot be settled", func() error {
			defer srv.Fault(unknown, cqltest.WriteTimeout("CAS")).Remove()
			res, err := claims.New(Claim{Name: "nobody"}).IfExists().Delete(ctx)
			if err := matches(err, coodie.ErrOutcomeUnknown); err != nil {
				return err
			}
			_, err = res.Settle(ctx)
			return matches(err, coodie.ErrOutcomeUnknown)
		}, coodie.TableCounts{LWTs: 1, Unknown: 1, SerialReads: 1}},
		{"a plain write", func() error { return row.Update(ctx, claimOwner.Set("cat")) }, coodie.TableCounts{Writes: 1}},
		{"a plain write that may have been executed", func() error {
			defer srv.Fault(cqltest.On(cqltest.Update, "claim"), cqltest.WriteTimeout("SIMPLE")).Remove()
			return matches(row.Update(ctx, claimOwner.Set("cat")), coodie.ErrOutcomeUnknown)
		}, coodie.TableCounts{Writes: 1, Unknown: 1}},
		{"a read", func() error { _, err := row.Get(ctx); return err }, coodie.TableCounts{Reads: 1}},
		{"a read that finds nothing", func() error {
			if _, err := claims.Find(claimName.Eq("?")).First(ctx); !errors.Is(err, coodie.ErrNotFound) {
				return fmt.Errorf("want ErrNotFound, got %w", err)
			}
			return nil
		}, coodie.TableCounts{Reads: 1}},
		{"a linearizable read", func() error { _, err := row.With(coodie.WithLinearizable()).Get(ctx); return err }, coodie.TableCounts{SerialReads: 1}},
		{"a read that fails", func() error {
			defer srv.Fault(cqltest.On(cqltest.Select, "claim"), cqltest.ReadTimeout()).Remove()
			_, err := row.Get(ctx)
			return isA[*coodie.Error](err)
		}, coodie.TableCounts{Reads: 1, Failed: 1}},
		{"a Mutate that meets another", func() error {
			first := true
			_, err := row.Mutate(ctx, func(_ context.Context, c *Claim) error {
				if first {
					first = false
					if err := row.Update(ctx, claimOwner.Set("dan")); err != nil {
						return err
					}
				}
				c.Owner = "eve"
				return nil
			})
			return err
		}, coodie.TableCounts{SerialReads: 1, Writes: 1, LWTs: 2, Refused: 1, Applied: 1, Mutations: 1, Attempts: 2, Contended: 1}},
		{"a Mutate that gives up", func() error {
			n := 0
			_, err := row.Mutate(ctx, func(_ context.Context, c *Claim) error {
				n++
				c.Owner = "fay"
				return row.Update(ctx, claimOwner.Set(fmt.Sprint("dan", n)))
			}, coodie.MaxAttempts(1))
			return matches(err, coodie.ErrContended)
		}, coodie.TableCounts{SerialReads: 1, Writes: 1, LWTs: 1, Refused: 1, Mutations: 1, Attempts: 1, Contended: 1, GaveUp: 1}},
		{"a Mutate whose function does not want to", func() error {
			no := errors.New("no")
			if _, err := row.Mutate(ctx, func(_ context.Context, _ *Claim) error { return no }); !errors.Is(err, no) {
				return fmt.Errorf("want the function's error, got %w", err)
			}
			return nil
		}, coodie.TableCounts{SerialReads: 1, Mutations: 1}},
		{"a conditional batch", func() error {
			batch := db.Batch()
			claims.New(Claim{Name: "b"}).In(batch).Insert()
			return batch.Exec(ctx)
		}, coodie.TableCounts{LWTs: 1, Applied: 1}},
		{"a batch that is too big", func() error {
			batch := db.Batch()
			for i := range 11 {
				claims.Find(claimName.Eq(fmt.Sprint(i))).In(batch).Delete()
			}
			return batch.Exec(ctx)
		}, coodie.TableCounts{Writes: 1, Warnings: 1}},
	} {
		require.NoError(t, step.do(), step.does)
		now := counters.Snapshot()
		require.Len(t, now, 1, step.does)
		step.want.Table = "claim"
		require.Equal(t, step.want, minus(now[0], last), step.does)
		last = now[0]
	}
	require.InDelta(t, float64(last.LWTs+last.SerialReads)/float64(last.LWTs+last.SerialReads+last.Reads+last.Writes), last.PaxosShare(), 1e-9)
	require.InDelta(t, 1, last.Contention(), 1e-9, "three LWTs of three calls")
	require.Zero(t, coodie.TableCounts{}.PaxosShare())
	require.Zero(t, coodie.TableCounts{}.Contention())
}

func isA[E error](err error) error {
	var want E
	if !errors.As(err, &want) {
		return fmt.Errorf("want a %T, got %w", want, err)
	}
	return nil
}

func matches(err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("want %w, got %w", want, err)
	}
	return nil
}

func minus(a, b coodie.TableCounts) coodie.TableCounts {
	for _, c := range []struct {
		a *int64
		b int64
	}{
		{&a.Reads, b.Reads}, {&a.SerialReads, b.SerialReads}, {&a.Writes, b.Writes}, {&a.LWTs, b.LWTs},
		{&a.Applied, b.Applied}, {&a.Refused, b.Refused}, {&a.Unknown, b.Unknown}, {&a.Failed, b.Failed},
		{&a.Settled, b.Settled}, {&a.Mutations, b.Mutations}, {&a.Attempts, b.Attempts},
		{&a.Contended, b.Contended}, {&a.GaveUp, b.GaveUp}, {&a.Warnings, b.Warnings},
	} {
		*c.a -= c.b
	}
	return a
}

func TestCountersAllocateNothing(t *testing.T) {
	var counters coodie.Counters
	event := coodie.Event{Op: "insert", Kind: coodie.EventLWT, Table: "claim", Outcome: coodie.OutcomeApplied}
	var o coodie.Observer = &counters
	require.Zero(t, testing.AllocsPerRun(100, func() { o.Observe(t.Context(), event) }))
}

// TestSeveralObservers: those of a DB and of a table all hear of a table's statements, and
// one table's are not another's.
func TestSeveralObservers(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	heard := map[string]int{}
	hear := func(name string) coodie.Option {
		return coodie.WithObserver(coodie.ObserverFunc(func(context.Context, coodie.Event) { heard[name]++ }))
	}
	db := coodie.New(session, hear("db 1"), hear("db 2"), coodie.WithObserver(nil))
	one, err := coodie.Open[Claim](db, hear("one"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, one).Create(ctx))
	two, err := coodie.Open[Claim](db, hear("two"), hear("two"))
	require.NoError(t, err)
	clear(heard)
	_, err = one.New(Claim{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"db 1": 1, "db 2": 1, "one": 1}, heard)
	_, err = two.New(Claim{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"db 1": 2, "db 2": 2, "one": 1, "two": 2}, heard)
}

// TestSlogObserver: what wants attention is a warning, what failed is an error, and no
// bound value is in any line.
func TestSlogObserver(t *testing.T) {
	ctx := t.Context()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	srv, db, claims := watched(t, coodie.WithObserver(coodie.SlogObserver(logger)))
	claim := claims.New(Claim{Name: "secret", Owner: "hidden"})
	row := claims.Find(claimName.Eq("secret"))
	for _, step := range []struct {
		want []string
		do   func()
	}{
		{[]string{"level=DEBUG", "msg=coodie", "op=insert", "table=claim", "outcome=applied", "duration=", `statement="INSERT`},
			func() { _, _ = claim.Insert(ctx) }},
		{[]string{"level=DEBUG", "outcome=refused"}, func() { _, _ = claim.Insert(ctx) }},
		{[]string{"level=DEBUG", "outcome=refused", "conditions=owner"}, func() { _, _ = row.If(claimOwner.Eq("another")).Update(ctx, claimOwner.Set("x")) }},
		{[]string{"level=DEBUG", "op=settle", "outcome=applied", `evidence="the row holds`}, func() {
			defer srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
			res, _ := row.If(claimOwner.Eq("hidden")).Update(ctx, claimOwner.Set("hidden"))
			_, _ = res.Settle(ctx)
		}},
		{[]string{"level=DEBUG", "op=select", "outcome=done"}, func() { _, _ = row.Get(ctx) }},
		{[]string{"level=WARN", "outcome=unknown", "error="}, func() {
			defer srv.Fault(cqltest.On(cqltest.Conditional), cqltest.WriteTimeout("CAS")).Remove()
			_, _ = claim.IfExists().Delete(ctx)
		}},
		{[]string{"level=ERROR", "outcome=failed", "error="}, func() {
			defer srv.Fault(cqltest.On(cqltest.Select), cqltest.Unavailable()).Remove()
			_, _ = row.Get(ctx)
		}},
		{[]string{"level=DEBUG", "outcome=failed", "context canceled"}, func() {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			_, _ = row.Get(ended)
		}},
		{[]string{"level=WARN", "op=mutate", "outcome=failed", "attempts=1", "refused=1"}, func() {
			_, _ = row.Mutate(ctx, func(_ context.Context, c *Claim) error {
				c.Owner = "another"
				return row.Update(ctx, claimOwner.Set(c.Owner+c.Owner))
			}, coodie.MaxAttempts(1))
		}},
		{[]string{"level=WARN", "op=batch", "outcome=done", "warning="}, func() {
			batch := db.Batch()
			for i := range 11 {
				claims.Find(claimName.Eq(fmt.Sprint("secret", i))).In(batch).Delete()
			}
			_ = batch.Exec(ctx)
		}},
	} {
		out.Reset()
		step.do()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		for _, want := range step.want {
			require.Contains(t, lines[len(lines)-1], want)
		}
		require.NotContains(t, out.String(), "secret")
		require.NotContains(t, out.String(), "hidden")
		require.NotContains(t, out.String(), "another")
	}

	out.Reset()
	quiet := coodie.SlogObserver(slog.New(slog.NewTextHandler(&out, nil)))
	quiet.Observe(ctx, coodie.Event{Op: "insert", Outcome: coodie.OutcomeApplied})
	require.Empty(t, out.String(), "the logger's level decides")
	require.NotNil(t, coodie.SlogObserver(nil))
}

// TestStatementShapesAreBounded: a program's statements have few texts, however many values,
// rows and lengths of lists go through them; where they have not, the observer is warned, once.
func TestStatementShapesAreBounded(t *testing.T) {
	ctx := t.Context()
	texts, warnings := map[string]bool{}, []string{}
	srv, db, claims := watched(t, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		texts[e.Statement] = true
		if e.Warning != "" {
			warnings = append(warnings, e.Warning)
		}
	})))
	clear(texts)
	for i := range 200 {
		name := fmt.Sprint("name", i)
		names := make([]string, i+1)
		for j := range names {
			names[j] = fmt.Sprint("name", j)
		}
		_, err := claims.New(Claim{Name: name, Owner: "ann"}).Insert(ctx)
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).If(claimOwner.Eq("ann")).Update(ctx, claimOwner.Set(name))
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).If(claimOwner.In(names...)).Update(ctx, claimOwner.Set("ann"))
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).Limit(i + 1).All(ctx)
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).Mutate(ctx, func(_ context.Context, c *Claim) error { c.Owner += "!"; return nil })
		require.NoError(t, err)
	}
	require.Less(t, len(texts), 10, "%v", texts)
	prepared := map[string]bool{}
	for _, s := range srv.Log() {
		prepared[s.CQL] = prepared[s.CQL] || s.Prepared
	}
	for text := range texts {
		if text != "" {
			require.True(t, prepared[text], "always prepared: %s", text)
		}
	}
	require.Empty(t, warnings)

	for i := range 120 { // a batch of conditions is one text, and so are not those of other lengths
		batch := db.Batch(coodie.MaxStatements(200))
		for range i + 1 {
			claims.New(Claim{Name: "a", Owner: "ann"}).If(claimOwner.Eq("ann")).In(batch).Update(claimOwner.Set("ann"))
		}
		require.NoError(t, batch.Exec(ctx))
	}
	many := 0
	for _, w := range warnings {
		if strings.Contains(w, "different statements as conditional batches") {
			many++
		}
	}
	require.Equal(t, 1, many)
}

// wide has more columns than one would update by name.
type wide struct {
	K                      gocql.UUID `cql:"k,partition"`
	A, B, C, D, E, F, G, H int
}

func TestManyShapesOfOneTableWarn(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	var warnings []string
	table, err := coodie.Open[wide](coodie.New(session), coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		if e.Warning != "" {
			warnings = append(warnings, e.Warning)
		}
	})))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	for set := 1; set < 1<<8; set++ {
		var assigns []coodie.Assign[wide]
		for i := range 8 {
			if set&(1<<i) != 0 {
				assigns = append(assigns, coodie.AnyCol(table, string(rune('a'+i))).Set(set))
			}
		}
		require.NoError(t, table.Find(coodie.AnyCol(table, "k").Eq(gocql.UUID{})).Update(ctx, assigns...))
	}
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "more than 100 different statements on wide")
}
