package coodieotel_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	coodieotel "github.com/coodie-go/coodie/otel"
)

// Seat is a row that two people want.
type Seat struct {
	ID      string      `cql:"id,partition"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

// Chair is one of a partition's many rows.
type Chair struct {
	Hall    string      `cql:"hall,partition"`
	No      int         `cql:"no,clustering"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	id    = coodie.Col(func(s *Seat) *string { return &s.ID })
	owner = coodie.Col(func(s *Seat) *string { return &s.Owner })
)

// driverSpans is an observer of gocql's that makes spans, as the program may have one.
type driverSpans struct{ tracer trace.Tracer }

func (d driverSpans) ObserveQuery(ctx context.Context, q gocql.ObservedQuery) {
	_, s := d.tracer.Start(ctx, "gocql", trace.WithTimestamp(q.Start))
	s.End(trace.WithTimestamp(q.End))
}

// fixture is a table whose calls go to exporters in memory.
type fixture struct {
	srv    *cqltest.Server
	db     *coodie.DB
	seats  *coodie.Table[Seat]
	spans  *tracetest.InMemoryExporter
	reader *metric.ManualReader
	tracer trace.Tracer
}

func open(t *testing.T) fixture {
	t.Helper()
	f := fixture{srv: cqltest.RunT(t, cqltest.WithKeyspace("app")), spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(f.spans))
	f.tracer = tracers.Tracer("test")
	cluster := f.srv.Cluster()
	cluster.QueryObserver = driverSpans{f.tracer}
	var err error
	f.db, err = coodie.Connect(t.Context(), cluster, coodie.WithObserver(coodieotel.New(
		coodieotel.WithTracerProvider(tracers), coodieotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(f.reader))))))
	require.NoError(t, err)
	t.Cleanup(f.db.Close)
	f.seats, err = coodie.Open[Seat](f.db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, f.seats).Create(t.Context()))
	f.spans.Reset()
	return f
}

// work is a bit of everything: an LWT applied, refused, lost and settled, a Mutate, a read that fails, raw CQL, a batch.
func (f fixture) work(t *testing.T) {
	t.Helper()
	ctx, root := f.tracer.Start(t.Context(), "request")
	defer root.End()
	seat := f.seats.New(Seat{ID: "secret", Owner: "ann"})
	_, err := seat.Insert(ctx)
	require.NoError(t, err)
	_, err = seat.If(owner.Eq("hidden")).Update(ctx, owner.Set("hidden"))
	require.NoError(t, err)
	lost := f.srv.Fault(cqltest.On(cqltest.Conditional, "seat").First(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	_, err = f.seats.Find(id.Eq("secret")).Mutate(ctx, func(_ context.Context, s *Seat) error { s.Owner = "hidden"; return nil })
	require.NoError(t, err)
	lost.Remove()
	down := f.srv.Fault(cqltest.On(cqltest.Select, "seat"), cqltest.ReadTimeout())
	_, err = f.seats.Find(id.Eq("secret")).Get(ctx)
	require.Error(t, err)
	down.Remove()
	require.NoError(t, f.db.Raw("DELETE FROM app.seat WHERE id = 'secret'").Exec(ctx))
	batch := f.db.Batch()
	for i := range 11 {
		f.seats.New(Seat{ID: fmt.Sprint("secret", i)}).SaveIn(batch)
	}
	require.NoError(t, batch.Exec(ctx))
}

func attrs(s tracetest.SpanStub) map[string]any {
	m := map[string]any{}
	for _, kv := range s.Attributes {
		m[string(kv.Key)] = kv.Value.AsInterface()
	}
	return m
}

// TestSpans: calls are spans of the conventions' names and attributes; they nest, and the driver's own are beneath them.
func TestSpans(t *testing.T) {
	f := open(t)
	f.work(t)
	spans := f.spans.GetSpans()
	byID := map[trace.SpanID]string{}
	for _, s := range spans {
		byID[s.SpanContext.SpanID()] = s.Name
	}
	var tree []string
	named := map[string]tracetest.SpanStub{}
	for _, s := range spans {
		tree = append(tree, byID[s.Parent.SpanID()]+" > "+s.Name)
		named[s.Name] = s
	}
	require.Equal(t, []string{
		"INSERT seat > gocql", "request > INSERT seat",
		"UPDATE seat > gocql", "request > UPDATE seat",
		"SELECT seat > gocql", "MUTATE seat > SELECT seat",
		"UPDATE seat > gocql", "MUTATE seat > UPDATE seat",
		"SELECT seat > gocql", "SETTLE seat > SELECT seat", "MUTATE seat > SETTLE seat",
		"request > MUTATE seat",
		"SELECT seat > gocql", "request > SELECT seat",
		"RAW WRITE app.seat > gocql", "request > RAW WRITE app.seat",
		"request > BATCH seat",
		" > request",
	}, tree)

	insert := attrs(named["INSERT seat"])
	host, port, err := net.SplitHostPort(f.srv.Addr())
	require.NoError(t, err)
	for name, want := range map[string]any{
		"db.system.name": "cassandra", "db.namespace": "app", "db.collection.name": "seat", "db.operation.name": "INSERT", "db.query.summary": "INSERT seat",
		"cassandra.consistency.level": "quorum", "coodie.serial_consistency.level": "serial", "cassandra.query.idempotent": false,
		"coodie.kind": "lwt", "coodie.outcome": "applied", "network.peer.address": host, "coodie.attempts": int64(1),
	} {
		require.Equal(t, want, insert[name], name)
	}
	require.Equal(t, port, fmt.Sprint(insert["network.peer.port"]))
	require.Contains(t, insert["db.query.text"], "INSERT INTO seat")
	require.Equal(t, trace.SpanKindClient, named["INSERT seat"].SpanKind)
	require.Equal(t, trace.SpanKindInternal, named["MUTATE seat"].SpanKind)
	require.Len(t, named["INSERT seat"].Events, 1)
	require.Equal(t, "coodie.attempt", named["INSERT seat"].Events[0].Name)

	require.Equal(t, []string{"owner"}, attrs(spans[3])["coodie.conditions"])
	require.Equal(t, codes.Unset, spans[3].Status.Code, "a refusal is no error")
	unknown := spans[7]
	require.Equal(t, codes.Error, unknown.Status.Code)
	require.Equal(t, "unknown", attrs(unknown)["coodie.outcome"])
	require.Equal(t, "timeout", attrs(unknown)["error.type"])
	settle := attrs(named["SETTLE seat"])
	require.Equal(t, "applied", settle["coodie.outcome"])
	require.Equal(t, "the row holds the id that the write stored", settle["coodie.evidence"])
	require.Equal(t, attrs(unknown)["coodie.call"], settle["coodie.parent"])
	require.Equal(t, codes.Error, spans[13].Status.Code)
	require.Equal(t, int64(11), attrs(named["BATCH seat"])["db.operation.batch.size"])
	require.NotContains(t, attrs(named["RAW WRITE app.seat"]), "db.query.text")
	require.Equal(t, "seat", attrs(named["RAW WRITE app.seat"])["db.collection.name"])
	for _, value := range []string{"secret", "hidden", "ann"} {
		require.NotContains(t, fmt.Sprintf("%+v", spans), value)
	}
}

// TestStatusHoldsNoText: what raw CQL or a hook says may hold values.
func TestStatusHoldsNoText(t *testing.T) {
	f := open(t)
	f.srv.Fault(cqltest.On(cqltest.Write), cqltest.ServerError("S3CRET"))
	require.Error(t, f.db.Raw("INSERT INTO seat (id, owner) VALUES ('a', 'S3CRET')").Exec(t.Context()))
	guarded, err := coodie.Open[Guarded](f.db, coodie.WithTable("seat"))
	require.NoError(t, err)
	name := coodie.Col(func(g *Guarded) *string { return &g.ID })
	_, err = guarded.Find(name.Eq("a")).Mutate(t.Context(), func(_ context.Context, g *Guarded) error { g.Owner = "S3CRET"; return nil }, coodie.OrCreate())
	require.ErrorContains(t, err, "S3CRET")
	spans := f.spans.GetSpans()
	require.NotEmpty(t, spans)
	for _, s := range spans {
		require.NotContains(t, fmt.Sprint(s.Status, s.Attributes, s.Events), "S3CRET")
	}
	require.Equal(t, sdktrace.Status{Code: codes.Error, Description: "BeforeSave refused it"}, spans[len(spans)-1].Status)
}

// Guarded is a Seat whose hook quotes what it refuses.
type Guarded Seat

// BeforeSave is a hook.
func (g *Guarded) BeforeSave(context.Context) error { return fmt.Errorf("%s is too short", g.Owner) }

// collected are the metrics by name.
func (f fixture) collected(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, f.reader.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// sums are the points of a counter that has counted something, by the values of some attributes.
func sums(m metricdata.Metrics, by ...attribute.Key) map[string]int64 {
	got := map[string]int64{}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		var name []string
		for _, k := range by {
			v, _ := p.Attributes.Value(k)
			name = append(name, v.String())
		}
		if p.Value != 0 {
			got[strings.Join(name, " ")] += p.Value
		}
	}
	return got
}

// TestMetrics: LWTs by outcome, attempts of Mutate, what was settled, and what refused.
func TestMetrics(t *testing.T) {
	f := open(t)
	f.work(t)
	got := f.collected(t)
	require.Equal(t, map[string]int64{
		"ddl done false": 1, "lwt applied true": 1, "lwt refused true": 1, "lwt unknown true": 1, "serial read done true": 2, "read failed false": 1, "write done false": 2,
	}, sums(got["coodie.statements"], "coodie.kind", "coodie.outcome", "coodie.paxos"))
	require.Equal(t, map[string]int64{"app seat applied": 1}, sums(got["coodie.settlements"], "db.namespace", "db.collection.name", "coodie.outcome"))
	require.Equal(t, map[string]int64{"owner": 1}, sums(got["coodie.lwt.refusals"], "coodie.column"))
	require.Equal(t, map[string]int64{"": 7, "timeout": 2}, sums(got["coodie.attempts"], "error.type"))
	require.Equal(t, map[string]int64{"seat": 1}, sums(got["coodie.warnings"], "db.collection.name"))
	zeros := 0
	for _, p := range append(got["coodie.statements"].Data.(metricdata.Sum[int64]).DataPoints, got["coodie.settlements"].Data.(metricdata.Sum[int64]).DataPoints...) {
		if p.Value == 0 {
			zeros++
		}
	}
	require.Equal(t, 3, zeros, "a failed LWT, and two settlements, are counted from 0 on")
	mutations := got["coodie.mutate.attempts"].Data.(metricdata.Histogram[int64]).DataPoints
	require.Len(t, mutations, 1)
	require.Equal(t, []int64{1, 1}, []int64{int64(mutations[0].Count), mutations[0].Sum})
	require.Len(t, got["coodie.mutate.queue.duration"].Data.(metricdata.Histogram[float64]).DataPoints, 1)
	failed := 0
	for _, p := range got["db.client.operation.duration"].Data.(metricdata.Histogram[float64]).DataPoints {
		if _, ok := p.Attributes.Value("error.type"); ok {
			failed += int(p.Count)
		}
	}
	require.Equal(t, 2, failed)
	require.NotContains(t, fmt.Sprintf("%+v", got), "secret")
}

// TestUnknownIsOpen: a write of unknown outcome is open until it is settled; several handles of a batch are one, and what
// Mutate settles was never open.
func TestUnknownIsOpen(t *testing.T) {
	ctx := t.Context()
	f := open(t)
	f.work(t)
	now := func() int64 { return sums(f.collected(t)["coodie.unknown.open"])[""] }
	require.Zero(t, now())
	lose := f.srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err := f.seats.New(Seat{ID: "a", Owner: "ann"}).Insert(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	chairs, err := coodie.Open[Chair](f.db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, chairs).Create(ctx))
	batch := f.db.Batch()
	one := chairs.New(Chair{Hall: "big", No: 1}).InsertIn(batch)
	two := chairs.New(Chair{Hall: "big", No: 2}).InsertIn(batch)
	require.ErrorIs(t, batch.Exec(ctx), coodie.ErrOutcomeUnknown)
	lose.Remove()
	require.Equal(t, int64(2), now())
	_, err = res.Settle(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(1), now())
	unsettled := []coodie.LWTResult[Chair]{}
	for _, h := range []*coodie.Handle[Chair]{one, two} {
		res, err := h.Result()
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		unsettled = append(unsettled, res)
	}
	for _, res := range unsettled {
		_, err := res.Settle(ctx)
		require.NoError(t, err)
	}
	require.Zero(t, now())
}

// TestOpenWithinCalls: an LWT that the program makes in Mutate's function is its own, and open until it is settled, once.
func TestOpenWithinCalls(t *testing.T) {
	ctx := t.Context()
	f := open(t)
	f.work(t)
	now := func() int64 { return sums(f.collected(t)["coodie.unknown.open"])[""] }
	var res coodie.LWTResult[Seat]
	_, err := f.seats.New(Seat{ID: "a"}).Insert(ctx)
	require.NoError(t, err)
	_, err = f.seats.Find(id.Eq("a")).Mutate(ctx, func(ctx context.Context, s *Seat) error {
		defer f.srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
		s.Owner = "ann"
		res, err = f.seats.New(Seat{ID: "b"}).Insert(ctx)
		return nil
	})
	require.NoError(t, err)
	require.NotNil(t, res)
	require.Equal(t, int64(1), now())
	before := sums(f.collected(t)["coodie.settlements"])[""]
	for range 3 {
		settled, err := res.Settle(ctx)
		require.NoError(t, err)
		require.True(t, settled.Applied)
		require.Zero(t, now())
	}
	require.Equal(t, before+1, sums(f.collected(t)["coodie.settlements"])[""])
}

// TestOpenDoesNotDrift: however many are open at once, all that are settled are none.
func TestOpenDoesNotDrift(t *testing.T) {
	reader := metric.NewManualReader()
	o := coodieotel.New(coodieotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	now := func() int64 { return sums(fixture{reader: reader}.collected(t)["coodie.unknown.open"])[""] }
	const many = 15_000
	for i := range many {
		o.Observe(t.Context(), coodie.Event{Call: uint64(i + 1), Op: "insert", Kind: coodie.EventLWT, Table: "seat", Outcome: coodie.OutcomeUnknown, Err: coodie.ErrOutcomeUnknown})
	}
	require.Equal(t, int64(many), now())
	for i := range many {
		o.Observe(t.Context(), coodie.Event{Call: uint64(many + i + 1), Parent: uint64(i + 1), Op: "settle", Kind: coodie.EventSettle, Table: "seat", Outcome: coodie.OutcomeApplied})
	}
	require.Zero(t, now())
}

// TestAttemptsOverASession: gocql tells of a statement's requests as one, which is not counted as one.
func TestAttemptsOverASession(t *testing.T) {
	f := open(t)
	session, err := f.srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	reader := metric.NewManualReader()
	seats, err := coodie.Open[Seat](coodie.New(session, coodie.WithObserver(coodieotel.New(
		coodieotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))))))
	require.NoError(t, err)
	_, err = seats.Find().All(t.Context())
	require.NoError(t, err)
	got := fixture{reader: reader}.collected(t)
	require.Contains(t, got, "db.client.operation.duration")
	require.NotContains(t, got, "coodie.attempts")
}

// TestDurationIsNotTheCallers: what the body of a loop takes is no duration of the read.
func TestDurationIsNotTheCallers(t *testing.T) {
	ctx := t.Context()
	f := open(t)
	_, err := f.seats.New(Seat{ID: "a"}).Insert(ctx)
	require.NoError(t, err)
	f.spans.Reset()
	for _, err := range f.seats.Find().Iter(ctx) {
		require.NoError(t, err)
		time.Sleep(time.Second)
	}
	for _, p := range f.collected(t)["db.client.operation.duration"].Data.(metricdata.Histogram[float64]).DataPoints {
		if op, _ := p.Attributes.Value("db.operation.name"); op.AsString() == "SELECT" {
			require.Less(t, p.Sum, 0.9)
		}
	}
	for _, s := range f.spans.GetSpans() {
		if s.Name == "SELECT seat" {
			require.GreaterOrEqual(t, s.EndTime.Sub(s.StartTime), time.Second)
			require.InDelta(t, 1, attrs(s)["coodie.caller"], 0.5)
		}
	}
}

// TestTableOfMetrics: the document names every metric, with its unit and its attributes, and no other.
func TestTableOfMetrics(t *testing.T) {
	f := open(t)
	f.work(t)
	text, err := os.ReadFile("../docs/observability.md")
	require.NoError(t, err)
	type row struct {
		kind, unit string
		attributes []string
	}
	documented := map[string]row{}
	for _, is := range regexp.MustCompile("(?m)^\\| `((?:db|coodie)\\.[a-z._]+)` \\| ([a-z]+) \\| `([^`]*)` \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[is[1]] = row{is[2], is[3], append(regexp.MustCompile("[a-z_]+[.][a-z_.]+").FindAllString(is[4], -1), "db.system.name", "db.namespace", "db.collection.name")}
	}
	got := f.collected(t)
	require.NotEmpty(t, got)
	for name, m := range got {
		require.Contains(t, documented, name)
		require.Equal(t, documented[name].kind, kindOf(m), name)
		require.Equal(t, documented[name].unit, m.Unit, name)
		require.NotEmpty(t, m.Description)
		seen := map[string]bool{}
		for _, set := range sets(m) {
			for _, kv := range set.ToSlice() {
				seen[string(kv.Key)] = true
			}
		}
		require.ElementsMatch(t, documented[name].attributes, slices.Collect(maps.Keys(seen)), name)
		delete(documented, name)
	}
	require.Empty(t, documented, "documented, and not measured")
}

// kindOf is the kind of the instrument, as the document calls it.
func kindOf(m metricdata.Metrics) string {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		if data.IsMonotonic {
			return "counter"
		}
		return "updowncounter"
	case metricdata.Histogram[int64], metricdata.Histogram[float64]:
		return "histogram"
	}
	return fmt.Sprintf("%T", m.Data)
}

func sets(m metricdata.Metrics) (all []attribute.Set) {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes)
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes)
		}
	}
	return all
}
