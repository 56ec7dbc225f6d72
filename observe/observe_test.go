package observe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Claim is a row that two people want.
type Claim struct {
	Name    string      `cql:"name,partition"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	claimName  = coodie.Col(func(c *Claim) *string { return &c.Name })
	claimOwner = coodie.Col(func(c *Claim) *string { return &c.Owner })
)

// watched is a table of a server of its own, whose statements go to the observers.
func watched(t *testing.T, observers ...coodie.Option) (*cqltest.Server, *coodie.DB, *coodie.Table[Claim]) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	db := coodie.New(session, observers...)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	return srv, db, claims
}

// TestMetrics: each thing that can happen to a table is counted as what it is.
func TestMetrics(t *testing.T) {
	ctx := t.Context()
	var metrics observe.Metrics
	require.Empty(t, metrics.Snapshot())
	srv, db, claims := watched(t, coodie.WithObserver(&metrics))
	last := observe.TableMetrics{Table: "claim"}
	require.Equal(t, []observe.TableMetrics{last}, metrics.Snapshot(), "a CREATE TABLE is none of them")

	a := claims.New(Claim{Name: "a", Owner: "ann"})
	row := claims.Find(claimName.Eq("a"))
	unknown := cqltest.On(cqltest.Conditional, "claim").First(1)
	for _, step := range []struct {
		does string
		do   func() error
		want observe.TableMetrics // what is added
	}{
		{"an LWT that is applied", func() error { _, err := a.Insert(ctx); return err },
			observe.TableMetrics{LWTs: 1, Applied: 1}},
		{"one that is refused", func() error { _, err := a.Insert(ctx); return err },
			observe.TableMetrics{LWTs: 1, Refused: 1}},
		{"one that fails", func() error {
			defer srv.Fault(cqltest.On(cqltest.Conditional, "claim"), cqltest.Unavailable()).Remove()
			_, err := a.IfExists().Delete(ctx)
			return failed(err, coodie.KindUnavailable)
		}, observe.TableMetrics{LWTs: 1, Failed: 1}},
		{"one whose answer is lost, and settled", func() error {
			defer srv.Fault(unknown, cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
			res, err := a.If(claimOwner.Eq("ann")).Update(ctx, claimOwner.Set("ben"))
			if err := want(err, coodie.ErrOutcomeUnknown); err != nil {
				return err
			}
			_, err = res.Settle(ctx)
			return err
		}, observe.TableMetrics{LWTs: 1, Unknown: 1, SerialReads: 1, Settled: 1}},
		{"one whose answer is lost, and settled twice", func() error {
			defer srv.Fault(unknown, cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
			res, err := a.If(claimOwner.Eq("ben")).Update(ctx, claimOwner.Set("ann"))
			if err := want(err, coodie.ErrOutcomeUnknown); err != nil {
				return err
			}
			_, first := res.Settle(ctx)
			_, second := res.Settle(ctx)
			return errors.Join(first, second)
		}, observe.TableMetrics{LWTs: 1, Unknown: 1, SerialReads: 1, Settled: 1}},
		{"one that cannot be settled", func() error {
			defer srv.Fault(unknown, cqltest.WriteTimeout("CAS")).Remove()
			res, err := claims.New(Claim{Name: "nobody"}).IfExists().Delete(ctx)
			if err := want(err, coodie.ErrOutcomeUnknown); err != nil {
				return err
			}
			_, err = res.Settle(ctx)
			return want(err, coodie.ErrOutcomeUnknown)
		}, observe.TableMetrics{LWTs: 1, Unknown: 1, SerialReads: 1}},
		{"a plain write", func() error { return row.Update(ctx, claimOwner.Set("cat")) }, observe.TableMetrics{Writes: 1}},
		{"a plain write that may have been executed", func() error {
			defer srv.Fault(cqltest.On(cqltest.Update, "claim"), cqltest.WriteTimeout("SIMPLE")).Remove()
			return want(row.Update(ctx, claimOwner.Set("cat")), coodie.ErrOutcomeUnknown)
		}, observe.TableMetrics{Writes: 1, Unknown: 1}},
		{"a read", func() error { _, err := row.Get(ctx); return err }, observe.TableMetrics{Reads: 1}},
		{"a read that finds nothing", func() error {
			_, err := claims.Find(claimName.Eq("?")).First(ctx)
			return want(err, coodie.ErrNotFound)
		}, observe.TableMetrics{Reads: 1}},
		{"a linearizable read", func() error { _, err := row.With(coodie.WithLinearizable()).Get(ctx); return err }, observe.TableMetrics{SerialReads: 1}},
		{"a read that fails", func() error {
			defer srv.Fault(cqltest.On(cqltest.Select, "claim"), cqltest.ReadTimeout()).Remove()
			_, err := row.Get(ctx)
			return failed(err, coodie.KindTimeout)
		}, observe.TableMetrics{Reads: 1, Failed: 1}},
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
		}, observe.TableMetrics{SerialReads: 1, Writes: 1, LWTs: 2, Refused: 1, Applied: 1, Mutations: 1, Attempts: 2, Contended: 1}},
		{"a Mutate that gives up", func() error {
			n := 0
			_, err := row.Mutate(ctx, func(_ context.Context, c *Claim) error {
				n++
				c.Owner = "fay"
				return row.Update(ctx, claimOwner.Set(fmt.Sprint("dan", n)))
			}, coodie.MaxAttempts(1))
			return want(err, coodie.ErrContended)
		}, observe.TableMetrics{SerialReads: 1, Writes: 1, LWTs: 1, Refused: 1, Mutations: 1, Attempts: 1, Contended: 1, GaveUp: 1}},
		{"a Mutate whose function does not want to", func() error {
			no := errors.New("no")
			_, err := row.Mutate(ctx, func(_ context.Context, _ *Claim) error { return no })
			return want(err, no)
		}, observe.TableMetrics{SerialReads: 1, Mutations: 1}},
		{"a conditional batch", func() error {
			batch := db.Batch()
			claims.New(Claim{Name: "b"}).InsertIn(batch)
			return batch.Exec(ctx)
		}, observe.TableMetrics{LWTs: 1, Applied: 1}},
		{"a batch that is too big", func() error {
			batch := db.Batch()
			for i := range 11 {
				claims.Find(claimName.Eq(fmt.Sprint(i))).DeleteIn(batch)
			}
			return batch.Exec(ctx)
		}, observe.TableMetrics{Writes: 1, Warnings: 1}},
	} {
		require.NoError(t, step.do(), step.does)
		now := metrics.Snapshot()
		require.Len(t, now, 1, step.does)
		step.want.Table = "claim"
		require.Equal(t, step.want, minus(now[0], last), step.does)
		last = now[0]
	}
	require.InDelta(t, float64(last.LWTs+last.SerialReads)/float64(last.LWTs+last.SerialReads+last.Reads+last.Writes), last.PaxosShare(), 1e-9)
	require.InDelta(t, 1, last.Contention(), 1e-9, "three LWTs of three calls")
	require.Zero(t, observe.TableMetrics{}.PaxosShare())
	require.Zero(t, observe.TableMetrics{}.Contention())
}

// want reports that err is not the one that is wanted.
func want(err, wanted error) error {
	if !errors.Is(err, wanted) {
		return fmt.Errorf("want %w, got %w", wanted, err)
	}
	return nil
}

// failed reports that err is not of the kind.
func failed(err error, kind coodie.ErrorKind) error {
	if coodie.KindOf(err) != kind || errors.Is(err, coodie.ErrOutcomeUnknown) {
		return fmt.Errorf("want %v, got %w", kind, err)
	}
	return nil
}

func minus(a, b observe.TableMetrics) observe.TableMetrics {
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

func TestMetricsAllocateNothing(t *testing.T) {
	var metrics observe.Metrics
	event := coodie.Event{Op: "insert", Kind: coodie.EventLWT, Table: "claim", Outcome: coodie.OutcomeApplied}
	var o coodie.Observer = &metrics
	require.Zero(t, testing.AllocsPerRun(100, func() { o.Observe(t.Context(), event) }))
}

// TestKinds: an event counts as what it is about.
func TestKinds(t *testing.T) {
	for kind, want := range map[coodie.EventKind]observe.TableMetrics{
		coodie.EventRead:       {Reads: 1, Applied: 1},
		coodie.EventSerialRead: {SerialReads: 1, Applied: 1},
		coodie.EventWrite:      {Writes: 1, Applied: 1},
		coodie.EventLWT:        {LWTs: 1, Applied: 1},
		coodie.EventDDL:        {},
		coodie.EventSettle:     {Settled: 1},
		coodie.EventMutate:     {Mutations: 1, Attempts: 3, Contended: 2},
	} {
		var metrics observe.Metrics
		metrics.Observe(t.Context(), coodie.Event{Kind: kind, Table: "t", Outcome: coodie.OutcomeApplied, Attempts: 3, Refused: 2})
		want.Table = "t"
		require.Equal(t, []observe.TableMetrics{want}, metrics.Snapshot(), kind)
	}
	var metrics observe.Metrics
	metrics.Observe(t.Context(), coodie.Event{Kind: coodie.EventOther, Op: "connect"})
	require.Empty(t, metrics.Snapshot(), "it is of no table")
}

// TestMetricsAreBounded: keyspaces that are named by data do not grow them for ever, and no statement is lost.
func TestMetricsAreBounded(t *testing.T) {
	var metrics observe.Metrics
	for round := range 2 {
		for i := range 3000 {
			metrics.Observe(t.Context(), coodie.Event{Kind: coodie.EventWrite, Table: fmt.Sprintf("tenant_%04d.noted", i)})
		}
		counts := metrics.Snapshot()
		require.Len(t, counts, 1001)
		require.Equal(t, observe.TableMetrics{Table: observe.OtherTables, Writes: int64(2000 * (round + 1))}, counts[0])
		require.Equal(t, observe.TableMetrics{Table: "tenant_0999.noted", Writes: int64(round + 1)}, counts[1000])
	}
}

// TestLog: what wants attention is a warning, what failed is an error, and no
// bound value is in any line.
func TestLog(t *testing.T) {
	ctx := t.Context()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	srv, db, claims := watched(t, coodie.WithObserver(observe.Log(logger)))
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
				claims.Find(claimName.Eq(fmt.Sprint("secret", i))).DeleteIn(batch)
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
	observe.Log(logger).Observe(ctx, coodie.Event{Op: "mutate", Kind: coodie.EventMutate, Outcome: coodie.OutcomeFailed,
		Err: &coodie.Error{Kind: coodie.KindHook, Op: "insert", Table: "claim", Reason: "BeforeSave", Err: errors.New("secret is too short")}})
	require.Contains(t, out.String(), `error="BeforeSave refused it"`)
	require.NotContains(t, out.String(), "secret", "a hook may quote the row")

	out.Reset()
	quiet := observe.Log(slog.New(slog.NewTextHandler(&out, nil)))
	quiet.Observe(ctx, coodie.Event{Op: "insert", Outcome: coodie.OutcomeApplied})
	require.Empty(t, out.String(), "the logger's level decides")
	require.NotNil(t, observe.Log(nil))
}
