package coodieotel

import (
	"context"

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
}

func newInstruments(m metric.Meter) instruments {
	return instruments{
		duration: must(m.Float64Histogram("db.client.operation.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("Duration of database client operations."))),
		rows: must(m.Int64Histogram("db.client.response.returned_rows", metric.WithUnit("{row}"),
			metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000),
			metric.WithDescription("The actual number of records returned by the database operation."))),
		statements: must(m.Int64Counter("coodie.statements", metric.WithUnit("{statement}"),
			metric.WithDescription("Statements by kind and outcome; a batch is one."))),
		refusals: must(m.Int64Counter("coodie.lwt.refusals", metric.WithUnit("{refusal}"),
			metric.WithDescription("Refused LWTs by the column whose condition did not hold, as far as the server tells."))),
		attempts: must(m.Int64Counter("coodie.attempts", metric.WithUnit("{request}"),
			metric.WithDescription("Requests to nodes: first tries, retries, and further pages."))),
		mutations: must(m.Int64Histogram("coodie.mutate.attempts", metric.WithUnit("{lwt}"),
			metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 6, 8, 12, 16, 32),
			metric.WithDescription("LWTs that a call of Mutate took; more than one means contention."))),
		queued: must(m.Float64Histogram("coodie.mutate.queue.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("How long calls of Mutate waited for others of the same row in this process."))),
		backoff: must(m.Float64Histogram("coodie.backoff.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(seconds...),
			metric.WithDescription("Pauses before further attempts, of the calls that made any."))),
		settled: must(m.Int64Counter("coodie.settlements", metric.WithUnit("{settlement}"),
			metric.WithDescription("Attempts to find out what became of a write of unknown outcome; unknown if they could not tell."))),
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

// attempted counts a request to a node.
func (i *instruments) attempted(ctx context.Context, e *coodie.Event, a coodie.Attempt) {
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
	i.duration.Record(ctx, e.Duration.Seconds(), with(e, about...))
	switch e.Kind {
	case coodie.EventOther:
		return
	case coodie.EventMutate:
		i.mutations.Record(ctx, int64(e.Attempts), with(e, outcome(e)))
		i.queued.Record(ctx, e.Queued.Seconds(), with(e))
		return
	case coodie.EventSettle:
		i.settled.Add(ctx, 1, with(e, outcome(e)))
		return
	case coodie.EventRead, coodie.EventSerialRead:
		if !failed(e) {
			i.rows.Record(ctx, int64(e.Rows), with(e, about...))
		}
	}
	i.statements.Add(ctx, 1, with(e, attribute.String("coodie.kind", e.Kind.String()), outcome(e), attribute.Bool("coodie.paxos", e.Paxos)))
	for _, column := range e.Conditions {
		i.refusals.Add(ctx, 1, with(e, attribute.String("coodie.column", column)))
	}
}
