package coodieotel

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/coodie-go/coodie"
)

// seconds are the boundaries that the conventions ask for.
var seconds = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}

// instruments are the metrics of docs/observability.md. TestTableOfMetrics compares both.
type instruments struct {
	duration   metric.Float64Histogram
	rows       metric.Int64Histogram
	statements metric.Int64Counter
	refusals   metric.Int64Counter
	attempts   metric.Int64Counter
	mutations  metric.Int64Histogram
	queued     metric.Float64Histogram
	backoff    metric.Float64Histogram
	settled    metric.Int64Counter
	warnings   metric.Int64Counter
	open       metric.Int64UpDownCounter

	tables *tables
}

// opens is by how much the call changes the number of writes of which nobody knows whether they were executed. What
// happens within a Mutate is the Mutate's affair: it has tried to settle what it ends as unknown.
func opens(e *coodie.Event) int64 {
	switch {
	case e.Internal:
	case e.Outcome == coodie.OutcomeUnknown && (e.Kind == coodie.EventMutate || e.Kind == coodie.EventLWT):
		return 1
	case e.Kind == coodie.EventSettle && (e.Outcome == coodie.OutcomeApplied || e.Outcome == coodie.OutcomeRefused):
		return -1 // coodie tells that of one Settle alone
	}
	return 0
}

// tables are those whose LWTs have been seen.
type tables struct {
	mu   sync.Mutex
	seen map[string]bool
}

// mostTables bounds them, in case that keyspaces or tables are named by data.
const mostTables = 1000

// first reports whether the table of e has not been seen yet.
func (t *tables) first(e *coodie.Event) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := e.Keyspace + " " + e.Table
	if t.seen[name] || len(t.seen) >= mostTables {
		return false
	}
	t.seen[name] = true
	return true
}

func newInstruments(m metric.Meter) instruments {
	return instruments{
		tables: &tables{seen: map[string]bool{}},
		duration: must(m.Float64Histogram("db.client.operation.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("Duration of database client operations, without the time spent in the caller's own code."))),
		rows: must(m.Int64Histogram("db.client.response.returned_rows", metric.WithUnit("{row}"),
			metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000),
			metric.WithDescription("The actual number of records returned by the database operation."))),
		statements: must(m.Int64Counter("coodie.statements", metric.WithUnit("{statement}"),
			metric.WithDescription("Statements by kind and outcome; a batch is one."))),
		refusals: must(m.Int64Counter("coodie.lwt.refusals", metric.WithUnit("{refusal}"),
			metric.WithDescription("Refused LWTs by the column whose condition did not hold, as far as the server tells."))),
		attempts: must(m.Int64Counter("coodie.attempts", metric.WithUnit("{request}"),
			metric.WithDescription("Requests to nodes: first tries, retries, and further pages. Not measured over a session handed to coodie.New."))),
		mutations: must(m.Int64Histogram("coodie.mutate.attempts", metric.WithUnit("{lwt}"),
			metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 6, 8, 12, 16, 32),
			metric.WithDescription("LWTs that a call of Mutate took; more than one means contention."))),
		queued: must(m.Float64Histogram("coodie.mutate.queue.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("How long calls of Mutate waited for others of the same row in this process."))),
		backoff: must(m.Float64Histogram("coodie.backoff.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("Pauses before further attempts, of the calls that made any."))),
		settled: must(m.Int64Counter("coodie.settlements", metric.WithUnit("{settlement}"),
			metric.WithDescription("Attempts to find out what became of a write of unknown outcome; unknown if they could not tell."))),
		open: must(m.Int64UpDownCounter("coodie.unknown.open", metric.WithUnit("{call}"),
			metric.WithDescription("Conditional writes and calls of Mutate of which nobody knows whether they were executed."))),
		warnings: must(m.Int64Counter("coodie.warnings", metric.WithUnit("{warning}"),
			metric.WithDescription("Calls with a Warning: questionable but permitted usage."))),
	}
}

// must hands an error to OpenTelemetry's handler: the instrument then does nothing.
func must[I any](i I, err error) I {
	if err != nil {
		otel.Handle(err)
	}
	return i
}

// with is the attributes of a metric of a call.
func with(e *coodie.Event, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(subject(e), more...)...))
}

// attempted counts a request to a node. Of several that are told as one neither the number nor the nodes are known.
func (i *instruments) attempted(ctx context.Context, e *coodie.Event, a coodie.Attempt) {
	if a.Several > 0 {
		return
	}
	attrs := peer(a.Host)
	if a.Err != nil {
		attrs = append(attrs, errorType(a.Err))
	}
	i.attempts.Add(ctx, 1, with(e, attrs...))
}

// count counts a call that has ended.
func (i *instruments) count(ctx context.Context, e *coodie.Event) {
	if e.Warning != "" {
		i.warnings.Add(ctx, 1, with(e))
	}
	if e.Backoff > 0 {
		i.backoff.Record(ctx, e.Backoff.Seconds(), with(e))
	}
	about := []attribute.KeyValue{semconv.DBOperationName(operation(e)), semconv.DBQuerySummary(e.Summary())}
	if failed(e) {
		about = append(about, errorType(e.Err))
	}
	i.duration.Record(ctx, (e.Duration - e.Caller).Seconds(), with(e, about...))
	if n := opens(e); n != 0 {
		i.open.Add(ctx, n, with(e))
	}
	switch e.Kind {
	case coodie.EventOther:
		return
	case coodie.EventMutate:
		i.mutations.Record(ctx, int64(e.Attempts), with(e, outcome(e)))
		i.queued.Record(ctx, e.Queued.Seconds(), with(e))
		return
	case coodie.EventSettle:
		if e.Outcome != coodie.OutcomeDone { // it had been settled before
			i.settled.Add(ctx, 1, with(e, outcome(e)))
		}
		return
	case coodie.EventRead, coodie.EventSerialRead:
		if !failed(e) {
			i.rows.Record(ctx, int64(e.Rows), with(e, about...))
		}
	}
	i.statements.Add(ctx, 1, statement(e))
	for _, column := range e.Conditions {
		i.refusals.Add(ctx, 1, with(e, attribute.String("coodie.column", column)))
	}
}

// statement is the attributes of a statement that is counted.
func statement(e *coodie.Event) metric.MeasurementOption {
	return with(e, attribute.String("coodie.kind", e.Kind.String()), outcome(e), attribute.Bool("coodie.paxos", e.Paxos))
}

// begin begins the metrics of how a table's LWTs end, when the first LWT does. Rates are computed from one value to the next: of
// a counter that begins with its first unknown outcome, that one would be lost.
func (i *instruments) begin(ctx context.Context, e *coodie.Event) {
	if e.Kind != coodie.EventLWT || !i.tables.first(e) {
		return
	}
	i.open.Add(ctx, 0, with(e))
	of := *e
	for of.Outcome = range coodie.OutcomeFailed + 1 {
		if of.Outcome != coodie.OutcomeDone {
			i.statements.Add(ctx, 0, statement(&of))
		}
		if of.Outcome == coodie.OutcomeApplied || of.Outcome == coodie.OutcomeRefused || of.Outcome == coodie.OutcomeUnknown {
			i.settled.Add(ctx, 0, with(&of, outcome(&of)))
		}
	}
}
