package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

const pictures = "../../docs/observability"

var (
	once     sync.Once
	shared   *recording
	failed   error
	shareDir string
)

// recorded is the recording of a run, the same for all tests.
func recorded(t *testing.T) *recording {
	t.Helper()
	once.Do(func() {
		if shareDir, failed = os.MkdirTemp("", "coodie-dashboard"); failed == nil {
			shared, failed = record(context.Background(), shareDir)
		}
	})
	require.NoError(t, failed)
	return shared
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared != nil {
		_ = shared.db.Close()
	}
	_ = os.RemoveAll(shareDir)
	os.Exit(code)
}

// most is the greatest value of a query in a phase, of all its series; -1 if there is none.
func (r *recording) most(t *testing.T, phase, promQL string) float64 {
	t.Helper()
	m, err := r.query(t.Context(), promQL)
	require.NoError(t, err)
	greatest := -1.0
	for _, p := range r.phases {
		for _, s := range m {
			for _, f := range s.Floats {
				if p.name == phase && f.T > p.begin.UnixMilli() && f.T <= p.end.UnixMilli() {
					greatest = max(greatest, f.F)
				}
			}
		}
	}
	return greatest
}

// TestShopIsSeen: what happens to the shop is in the scrapes: refusals and contention on the hot product, unknown
// outcomes that are settled, and those that are left open.
func TestShopIsSeen(t *testing.T) {
	r := recorded(t)
	refused := `sum(rate(coodie_statements_total{coodie_kind="lwt",coodie_outcome="refused",db_collection_name="stock"}[1m]))`
	perCall := `sum(rate(coodie_mutate_attempts_sum[1m])) / sum(rate(coodie_mutate_attempts_count[1m]))`
	require.Zero(t, r.most(t, "calm", refused), "each process sells products of its own")
	require.InDelta(t, 1, r.most(t, "calm", perCall), 1e-9)
	require.Positive(t, r.most(t, "hot product", refused))
	require.Greater(t, r.most(t, "hot product", perCall), 1.2)
	require.Positive(t, r.most(t, "hot product", `rate(coodie_lwt_refusals_total{coodie_column="version"}[1m])`))
	require.Positive(t, r.most(t, "hot product", `sum(rate(coodie_mutate_queue_duration_seconds_sum[1m]))`))

	settled := `sum(rate(coodie_settlements_total{coodie_outcome="applied"}[1m]))`
	open := `sum(coodie_unknown_open{db_collection_name="orders"})`
	require.Zero(t, r.most(t, "hot product", settled))
	require.Positive(t, r.most(t, "answers lost, settled", settled))
	require.Zero(t, r.most(t, "answers lost, settled", open))
	require.Positive(t, r.most(t, "answers lost, left open", open))
	require.Positive(t, r.most(t, "too few replicas", `sum(rate(coodie_backoff_duration_seconds_sum[1m]))`))
	require.NotContains(t, r.text, "example.org", "an address that the shop has written")
}

// TestPanels: each panel asks what Prometheus understands, and finds it.
func TestPanels(t *testing.T) {
	r := recorded(t)
	d, err := readDashboard()
	require.NoError(t, err)
	require.NotEmpty(t, d.UID)
	variables := map[string]bool{}
	for _, v := range d.Templating.List {
		variables[v.Name] = true
	}
	require.Equal(t, map[string]bool{"datasource": true, "namespace": true, "table": true}, variables)
	ids, cells := map[int]bool{}, map[[2]int]bool{}
	for _, p := range d.Panels {
		require.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		require.Equal(t, "timeseries", p.Type, p.Title)
		require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				require.Less(t, at[0], 24, p.Title)
				require.False(t, cells[at], "%s lies on another panel", p.Title)
				cells[at] = true
			}
		}
		require.NotEmpty(t, p.Targets, p.Title)
		for _, asked := range p.Targets {
			require.Contains(t, asked.Expr, `db_namespace=~"$namespace",db_collection_name=~"$table"`, p.Title)
			lines, err := r.lines(t.Context(), panel{Title: p.Title, Targets: []target{asked}})
			require.NoError(t, err)
			require.NotEmpty(t, lines, "%s: %s finds nothing", p.Title, asked.Expr)
			for _, l := range lines {
				require.NotEmpty(t, strings.Trim(l.name, " :."), "%s: a series without a name", p.Title)
			}
		}
	}
}

// alerts are the rules of alerts.yml, with the times at which they fire over a recording, by rule and table.
func (r *recording) alerts(t *testing.T) map[string]map[string][]time.Time {
	t.Helper()
	text, err := os.ReadFile("alerts.yml")
	require.NoError(t, err)
	understood := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, understood, slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	fires := map[string]map[string][]time.Time{}
	for _, rule := range groups.Groups[0].Rules {
		require.NotEmpty(t, rule.Labels["severity"])
		require.NotEmpty(t, rule.Annotations["summary"])
		require.NotEmpty(t, rule.Annotations["description"])
		expr, err := understood.ParseExpr(rule.Expr)
		require.NoError(t, err)
		alert := rules.NewAlertingRule(rule.Alert, expr, time.Duration(rule.For), 0, labels.FromMap(rule.Labels),
			labels.FromMap(rule.Annotations), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
		fires[rule.Alert] = map[string][]time.Time{}
		for ts := began; !ts.After(r.end); ts = ts.Add(interval) {
			_, err := alert.Eval(t.Context(), 0, ts, rules.EngineQueryFunc(r.engine, r.db), nil, 0)
			require.NoError(t, err, rule.Alert)
			for _, a := range alert.ActiveAlerts() {
				if table := a.Labels.Get("db_collection_name"); a.State == rules.StateFiring {
					require.Contains(t, a.Annotations.Get("summary"), "shop."+table)
					fires[rule.Alert][table] = append(fires[rule.Alert][table], ts)
				}
			}
		}
	}
	return fires
}

// TestAlerts: each alert fires when it should, for the table that it is about, and not before.
func TestAlerts(t *testing.T) {
	r := recorded(t)
	fires := r.alerts(t)
	during := func(alert, table, phase string) {
		t.Helper()
		require.NotEmpty(t, fires[alert][table], "%s does not fire for %s", alert, table)
		at := fires[alert][table][0]
		for _, p := range r.phases {
			if p.name == phase {
				require.True(t, at.After(p.begin) && !at.After(p.end), "%s fires at %v, and the phase is from %v to %v", alert, at, p.begin, p.end)
			}
		}
	}
	during("CoodieUnknownOutcomesLeftOpen", "orders", "answers lost, left open")
	during("CoodieContention", "stock", "hot product")
	require.Contains(t, fires["CoodiePaxosShare"], "stock")
	require.NotContains(t, fires["CoodiePaxosShare"], "products")

	// Whether a Mutate of the hot product gives up is a matter of luck. The alert fires if one does: see TestFirstOccurrence.
	gaveUp, err := r.query(t.Context(), `db_client_operation_duration_seconds_count{error_type="contended"}`)
	require.NoError(t, err)
	first := map[string]time.Time{}
	for _, s := range gaveUp {
		first[s.Metric.Get("db_collection_name")] = time.UnixMilli(s.Floats[0].T)
	}
	require.Len(t, fires["CoodieGaveUp"], len(first))
	for table, at := range first {
		require.WithinDuration(t, at, fires["CoodieGaveUp"][table][0], 0, table)
	}
}

// Seat is a row that two people want.
type Seat struct {
	ID      string      `cql:"id,partition"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

// TestFirstOccurrence: an alert fires for the first thing that ever happens to a table, and for one long after, and
// ends. Two tables show that it is of the right one; a third has LWTs and nothing to alert of.
func TestFirstOccurrence(t *testing.T) {
	ctx := t.Context()
	observer, web, err := exported()
	require.NoError(t, err)
	defer web.Close()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("shop"))
	db, err := coodie.Connect(ctx, srv.Cluster(), coodie.WithObserver(observer))
	require.NoError(t, err)
	defer db.Close()
	id, owner := coodie.Col(func(s *Seat) *string { return &s.ID }), coodie.Col(func(s *Seat) *string { return &s.Owner })
	open := func(name string) *coodie.Table[Seat] {
		table, err := coodie.Open[Seat](db, coodie.WithTable(name))
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, table).Create(ctx))
		return table
	}
	givesUp, loses, calm := open("gives_up"), open("loses"), open("calm")
	require.NoError(t, givesUp.New(Seat{ID: "a"}).Save(ctx))

	r, err := newRecording(t.TempDir())
	require.NoError(t, err)
	defer func() { require.NoError(t, r.db.Close()) }()
	scrapes := func(minutes int) {
		for range minutes * int(time.Minute/interval) {
			r.end = r.end.Add(interval)
			_, err := calm.New(Seat{ID: r.end.String()}).Insert(ctx)
			require.NoError(t, err)
			require.NoError(t, r.scrape(ctx, web.URL))
		}
	}
	var happened []time.Time
	happens := func() {
		happened = append(happened, r.end)
		row := givesUp.Find(id.Eq("a"))
		_, err := row.Mutate(ctx, func(ctx context.Context, s *Seat) error {
			s.Owner = "ann"
			return row.Update(ctx, owner.Set(r.end.String()))
		}, coodie.MaxAttempts(1))
		require.ErrorIs(t, err, coodie.ErrContended)
		lose := srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS"))
		defer lose.Remove()
		_, err = loses.New(Seat{ID: r.end.String()}).Insert(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	}
	scrapes(15)
	happens()
	scrapes(30)
	happens()
	scrapes(30)

	fires := r.alerts(t)
	for alert, want := range map[string]struct {
		table        string
		after, lasts time.Duration // since it happened
	}{
		"CoodieGaveUp":                  {"gives_up", interval, 5 * time.Minute},
		"CoodieUnknownOutcomesLeftOpen": {"loses", interval + time.Minute, 10 * time.Minute},
	} {
		require.Len(t, fires[alert], 1, "%s fires for another table: %v", alert, fires[alert])
		var began, ended []time.Time
		times := fires[alert][want.table]
		for i, at := range times {
			if i == 0 || at.Sub(times[i-1]) > interval {
				began = append(began, at)
			}
			if i == len(times)-1 || times[i+1].Sub(at) > interval {
				ended = append(ended, at)
			}
		}
		require.Len(t, began, len(happened), "%s: %v", alert, times)
		for i, at := range happened {
			require.WithinDuration(t, at.Add(want.after), began[i], interval, alert)
			require.WithinDuration(t, at.Add(want.lasts), ended[i], 2*interval, alert)
		}
	}
	require.Empty(t, fires["CoodieContention"], "one LWT a call")
}

// TestPictures: the pictures in the documents are those of the panels, and can be drawn again.
func TestPictures(t *testing.T) {
	r := recorded(t)
	d, err := readDashboard()
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/observability.md")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, p := range d.Panels {
		names[p.picture()] = true
		drawn, err := r.draw(t.Context(), p)
		require.NoError(t, err)
		kept, err := os.ReadFile(filepath.Join(pictures, p.picture()))
		require.NoError(t, err, "make pictures")
		for _, svg := range [][]byte{drawn, kept} {
			texts := wellFormed(t, svg)
			require.Contains(t, texts, p.Title)
			for _, phase := range phases {
				require.Contains(t, texts, phase.name, p.Title)
			}
			require.Contains(t, string(svg), `fill="none" stroke="#0072b2"`, "%s shows no line", p.Title)
		}
		require.Contains(t, string(page), "](observability/"+p.picture()+")", "the document shows no %s", p.Title)
	}
	files, err := os.ReadDir(pictures)
	require.NoError(t, err)
	require.Len(t, files, len(names), "make pictures")
}

// wellFormed returns the texts of a picture.
func wellFormed(t *testing.T, svg []byte) (texts []string) {
	t.Helper()
	for of := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := of.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, string(text))
		}
	}
}
