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

// TestAlerts: each alert fires when it should, for the table that it is about, and not before.
func TestAlerts(t *testing.T) {
	r := recorded(t)
	text, err := os.ReadFile("alerts.yml")
	require.NoError(t, err)
	understood := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, understood, slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	fired := map[string]map[string]time.Time{} // when first, by rule and table
	for _, rule := range groups.Groups[0].Rules {
		require.NotEmpty(t, rule.Labels["severity"])
		require.NotEmpty(t, rule.Annotations["summary"])
		require.NotEmpty(t, rule.Annotations["description"])
		expr, err := understood.ParseExpr(rule.Expr)
		require.NoError(t, err)
		alert := rules.NewAlertingRule(rule.Alert, expr, time.Duration(rule.For), 0, labels.FromMap(rule.Labels),
			labels.FromMap(rule.Annotations), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
		fired[rule.Alert] = map[string]time.Time{}
		for ts := began; !ts.After(r.end); ts = ts.Add(interval) {
			_, err := alert.Eval(t.Context(), 0, ts, rules.EngineQueryFunc(r.engine, r.db), nil, 0)
			require.NoError(t, err, rule.Alert)
			for _, a := range alert.ActiveAlerts() {
				table := a.Labels.Get("db_collection_name")
				if _, ok := fired[rule.Alert][table]; !ok && a.State == rules.StateFiring {
					require.Contains(t, a.Annotations.Get("summary"), "shop."+table)
					fired[rule.Alert][table] = ts
				}
			}
		}
	}
	during := func(alert, table, phase string) {
		t.Helper()
		at, ok := fired[alert][table]
		require.True(t, ok, "%s does not fire for %s", alert, table)
		for _, p := range r.phases {
			if p.name == phase {
				require.True(t, at.After(p.begin) && !at.After(p.end), "%s fires at %v, and the phase is from %v to %v", alert, at, p.begin, p.end)
			}
		}
	}
	during("CoodieUnknownOutcomesLeftOpen", "orders", "answers lost, left open")
	during("CoodieContention", "stock", "hot product")
	require.Contains(t, fired["CoodiePaxosShare"], "stock")
	require.NotContains(t, fired["CoodiePaxosShare"], "products")
	require.Contains(t, fired, "CoodieGaveUp", "it is evaluated; nothing in the load makes it fire")
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
