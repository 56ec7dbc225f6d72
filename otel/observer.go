// Package coodieotel reports the calls of coodie to OpenTelemetry: a span for each, and metrics of what
// drivers do not count: how lightweight transactions end, who waits for whom, and how much of a
// table's work is Paxos.
//
//	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(coodieotel.New()))
//
// Names follow OpenTelemetry's conventions for databases and Cassandra (version 1.41.0), and begin with
// "coodie." where these have none. docs/observability.md has them all, with a dashboard and alerts.
// No bound value is in any of them.
package coodieotel

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/coodie-go/coodie"
)

const scope = "github.com/coodie-go/coodie/otel"

// Option sets something of an observer.
type Option func(*config)

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider takes the tracer from p instead of the global provider.
func WithTracerProvider(p trace.TracerProvider) Option { return func(c *config) { c.tracers = p } }

// WithMeterProvider takes the meter from p instead of the global provider.
func WithMeterProvider(p metric.MeterProvider) Option { return func(c *config) { c.meters = p } }

// New returns an observer of all calls, for coodie.WithObserver.
func New(opts ...Option) coodie.CallObserver {
	c := config{otel.GetTracerProvider(), otel.GetMeterProvider()}
	for _, o := range opts {
		o(&c)
	}
	schema := semconv.SchemaURL
	return &observer{
		tracer:      c.tracers.Tracer(scope, trace.WithSchemaURL(schema)),
		instruments: newInstruments(c.meters.Meter(scope, metric.WithSchemaURL(schema))),
	}
}

type observer struct {
	tracer trace.Tracer
	instruments
}

// span is the one of a call. A context may hold that of another call: an observer that was late has no span of its own.
type span struct {
	trace.Span
	call uint64
}

// spanKey is where a context holds the span of an observer.
type spanKey struct{ of *observer }

func (o *observer) spanOf(ctx context.Context, e *coodie.Event) trace.Span {
	if s, ok := ctx.Value(spanKey{o}).(span); ok && s.call == e.Call {
		return s.Span
	}
	return nil
}

// Start begins the span of a call.
func (o *observer) Start(ctx context.Context, e coodie.Event) context.Context {
	kind := trace.SpanKindClient
	if e.Statement == "" {
		kind = trace.SpanKindInternal // its statements have spans of their own
	}
	o.begin(ctx, &e)
	ctx, begun := o.tracer.Start(ctx, e.Summary(), trace.WithSpanKind(kind), trace.WithAttributes(begins(&e)...))
	return context.WithValue(ctx, spanKey{o}, span{begun, e.Call})
}

// Attempt adds an attempt to the span of its call.
func (o *observer) Attempt(ctx context.Context, e coodie.Event, a coodie.Attempt) {
	attrs := append(peer(a.Host), attribute.Int("coodie.attempt.number", a.Number))
	if a.Err != nil {
		attrs = append(attrs, errorType(a.Err))
	}
	if s := o.spanOf(ctx, &e); s != nil {
		took := attribute.Float64("coodie.attempt.duration", a.End.Sub(a.Start).Seconds())
		s.AddEvent("coodie.attempt", trace.WithTimestamp(a.End), trace.WithAttributes(append(attrs, took)...))
	}
	o.attempted(ctx, &e, a)
}

// Observe ends the span of a call, and counts the call.
func (o *observer) Observe(ctx context.Context, e coodie.Event) {
	if s := o.spanOf(ctx, &e); s != nil {
		s.SetAttributes(ends(&e)...)
		if failed(&e) {
			s.SetStatus(codes.Error, description(&e))
		}
		s.End()
	}
	o.count(ctx, &e)
}

// begins are the attributes of a span that are known when the call begins.
func begins(e *coodie.Event) []attribute.KeyValue {
	attrs := append(subject(e), semconv.DBOperationName(operation(e)), semconv.DBQuerySummary(e.Summary()),
		attribute.String("coodie.kind", e.Kind.String()), attribute.Int64("coodie.call", int64(e.Call)))
	if e.Parent != 0 {
		attrs = append(attrs, attribute.Int64("coodie.parent", int64(e.Parent)))
	}
	if e.Statement == "" {
		return attrs
	}
	if e.Op != "raw" { // whose text may hold values
		attrs = append(attrs, semconv.DBQueryText(e.Statement))
	}
	if e.Statements > 1 {
		attrs = append(attrs, semconv.DBOperationBatchSize(e.Statements))
	}
	attrs = append(attrs, semconv.CassandraConsistencyLevelKey.String(level(e.Consistency.String())), semconv.CassandraQueryIdempotent(e.Idempotent))
	if e.Kind == coodie.EventLWT {
		attrs = append(attrs, attribute.String("coodie.serial_consistency.level", level(e.SerialConsistency.String())))
	}
	if e.Reason != "" {
		attrs = append(attrs, attribute.String("coodie.idempotence.reason", e.Reason))
	}
	return attrs
}

// ends are those that are known when it has ended.
func ends(e *coodie.Event) []attribute.KeyValue {
	attrs := append(peer(e.Host), outcome(e))
	if failed(e) {
		attrs = append(attrs, errorType(e.Err))
	}
	if e.Kind == coodie.EventRead || e.Kind == coodie.EventSerialRead {
		attrs = append(attrs, semconv.DBResponseReturnedRows(e.Rows))
	}
	for _, n := range [...]struct {
		name string
		n    int
	}{{"coodie.pages", e.Pages}, {"coodie.attempts", e.Attempts}, {"coodie.refused", e.Refused}} {
		if n.n > 0 {
			attrs = append(attrs, attribute.Int(n.name, n.n))
		}
	}
	for _, d := range [...]struct {
		name string
		d    time.Duration
	}{{"coodie.queued", e.Queued}, {"coodie.backoff", e.Backoff}, {"coodie.caller", e.Caller}} {
		if d.d > 0 {
			attrs = append(attrs, attribute.Float64(d.name, d.d.Seconds()))
		}
	}
	if len(e.Conditions) > 0 {
		attrs = append(attrs, attribute.StringSlice("coodie.conditions", e.Conditions))
	}
	if e.Evidence != "" {
		attrs = append(attrs, attribute.String("coodie.evidence", e.Evidence))
	}
	if e.Warning != "" {
		attrs = append(attrs, attribute.String("coodie.warning", e.Warning))
	}
	return attrs
}

// subject is what a call is about, in the attributes of its span and of its metrics.
func subject(e *coodie.Event) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 16)
	attrs = append(attrs, semconv.DBSystemNameCassandra)
	if e.Keyspace != "" {
		attrs = append(attrs, semconv.DBNamespace(e.Keyspace))
	}
	if e.Table != "" {
		attrs = append(attrs, semconv.DBCollectionName(strings.TrimPrefix(e.Table, e.Keyspace+".")))
	}
	return attrs
}

func operation(e *coodie.Event) string { return strings.ToUpper(e.Op) }

func outcome(e *coodie.Event) attribute.KeyValue {
	return attribute.String("coodie.outcome", e.Outcome.String())
}

// failed reports whether a call is an error: what a refused LWT or a row that is not there is not.
func failed(e *coodie.Event) bool {
	return e.Err != nil && (e.Outcome == coodie.OutcomeFailed || e.Outcome == coodie.OutcomeUnknown)
}

// description is the text of an event's error, unless it may hold values: that of raw CQL has the statement's text, and
// that of a hook is the program's own.
func description(e *coodie.Event) string {
	var failed *coodie.Error
	switch {
	case coodie.KindOf(e.Err) == coodie.KindHook && errors.As(e.Err, &failed):
		return failed.Reason + " refused it"
	case e.Op == "raw":
		return coodie.KindOf(e.Err).String()
	}
	return e.Err.Error()
}

// errorType is coodie's kind of the error.
func errorType(err error) attribute.KeyValue {
	return semconv.ErrorTypeKey.String(strings.ReplaceAll(coodie.KindOf(err).String(), " ", "_"))
}

// level is a consistency as the conventions write it.
func level(name string) string { return strings.ToLower(name) }

// peer is the node of an address; nothing if there is none.
func peer(host string) []attribute.KeyValue {
	address, port, err := net.SplitHostPort(host)
	if err != nil {
		return nil
	}
	attrs := []attribute.KeyValue{semconv.NetworkPeerAddress(address)}
	if n, err := strconv.Atoi(port); err == nil {
		attrs = append(attrs, semconv.NetworkPeerPort(n))
	}
	return slices.Clip(attrs)
}
