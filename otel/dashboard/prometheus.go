package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/tsdb"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/coodie-go/coodie"
	coodieotel "github.com/coodie-go/coodie/otel"
)

// interval is between two scrapes, as Prometheus counts it.
const interval = 15 * time.Second

// began is when the recording begins. Its clock is the scrapes'.
var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// recording is what Prometheus has stored of a shop under load, and its engine.
type recording struct {
	db     *tsdb.DB
	engine *promql.Engine
	end    time.Time
	phases []span // in their order
	text   string // of the last scrape
}

// span is when a phase was.
type span struct {
	name       string
	begin, end time.Time
}

// record runs the shop and scrapes it into a database in dir: a scrape is an HTTP request to the exporter, and
// Prometheus parses and stores its answer. Only the time between two scrapes is not waited for.
func record(ctx context.Context, dir string) (r *recording, err error) {
	observer, web, err := exported()
	if err != nil {
		return nil, err
	}
	defer web.Close()
	shop, err := openShop(ctx, observer)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, shop.close()) }()

	if r, err = newRecording(dir); err != nil {
		return nil, err
	}
	if err := r.scrape(ctx, web.URL); err != nil {
		return nil, errors.Join(err, r.db.Close())
	}
	for _, p := range phases {
		begin := r.end
		shop.begin(p)
		for range p.steps {
			r.end = r.end.Add(interval)
			if err := errors.Join(shop.step(ctx, p), r.scrape(ctx, web.URL)); err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %w", p.name, err), r.db.Close())
			}
		}
		r.phases = append(r.phases, span{p.name, begin, r.end})
	}
	return r, nil
}

// exported is an observer, and a server of its metrics.
func exported() (coodie.CallObserver, *httptest.Server, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, nil, err
	}
	observer := coodieotel.New(coodieotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	return observer, httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})), nil
}

// newRecording is one of which nothing has been scraped.
func newRecording(dir string) (*recording, error) {
	db, err := tsdb.Open(dir, nil, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return nil, err
	}
	return &recording{db: db, end: began, engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 10_000_000, Timeout: time.Minute})}, nil
}

// scrape stores what url answers, at r.end.
func (r *recording) scrape(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	r.text = string(body)
	parser, err := textparse.New(body, answer.Header.Get("Content-Type"), nil, textparse.ParserOptions{FallbackContentType: "text/plain"})
	if err != nil {
		return err
	}
	to := r.db.Appender(ctx)
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return to.Commit()
		}
		if err == nil && entry == textparse.EntrySeries {
			var of labels.Labels
			parser.Labels(&of)
			_, _, value := parser.Series()
			_, err = to.Append(0, labels.NewBuilder(of).Set("job", "shop").Labels(), r.end.UnixMilli(), value)
		}
		if err != nil {
			return errors.Join(err, to.Rollback())
		}
	}
}

// query is the result of a query over the whole recording.
func (r *recording) query(ctx context.Context, promQL string) (promql.Matrix, error) {
	q, err := r.engine.NewRangeQuery(ctx, r.db, nil, promQL, began, r.end, interval)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	m, err := result.Matrix()
	if err != nil {
		return nil, err
	}
	out := make(promql.Matrix, len(m)) // q takes its memory back
	for i, s := range m {
		out[i] = promql.Series{Metric: s.Metric.Copy(), Floats: append([]promql.FPoint(nil), s.Floats...)}
	}
	return out, nil
}
