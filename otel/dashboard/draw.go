package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// The picture of a panel, in pixels.
const (
	width, height           = 720, 320
	left, right, top, below = 64, 16, 40, 26 // around the plot
	lineHeight              = 16             // of the legend
)

// colors are readable on white and on black, and by those who do not tell red from green (Okabe and Ito).
var colors = []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8f8f8f", "#b5a500"}

// line is a series of a panel, with its name in the legend.
type line struct {
	name   string
	points []promql.FPoint
}

// lines are the results of a panel's queries, in the order of their names.
func (r *recording) lines(ctx context.Context, p panel) ([]line, error) {
	var all []line
	for _, t := range p.Targets {
		m, err := r.query(ctx, t.promQL())
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.Title, t.Expr, err)
		}
		for _, s := range m {
			points := slices.DeleteFunc(s.Floats, func(f promql.FPoint) bool { return math.IsNaN(f.F) })
			if len(points) > 0 {
				all = append(all, line{legend(t.LegendFormat, s.Metric), points})
			}
		}
	}
	slices.SortFunc(all, func(a, b line) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

var placeholder = regexp.MustCompile(`{{\s*([a-z_]+)\s*}}`)

// legend is a series' name as Grafana writes it.
func legend(format string, of labels.Labels) string {
	return placeholder.ReplaceAllStringFunc(format, func(s string) string {
		name := placeholder.FindStringSubmatch(s)[1]
		if name == "network_peer_port" { // another one in each run
			return "9042"
		}
		return of.Get(name)
	})
}

// draw is the picture of a panel.
func (r *recording) draw(ctx context.Context, p panel) ([]byte, error) {
	all, err := r.lines(ctx, p)
	if err != nil {
		return nil, err
	}
	most := 0.0
	for _, l := range all {
		for _, f := range l.points {
			most = max(most, f.F)
		}
	}
	step := nice(most / 4)
	most = max(step, math.Ceil(most/step-1e-9)*step)
	full := height + lineHeight*((len(all)+1)/2)
	bottom := height - below
	x := func(ms int64) float64 {
		return left + float64(width-left-right)*float64(ms-began.UnixMilli())/float64(r.end.Sub(began).Milliseconds())
	}
	y := func(v float64) float64 { return float64(bottom) - float64(bottom-top)*max(v, 0)/most }

	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, full)
	fmt.Fprintf(&b, `<title>%s</title><rect width="%d" height="%d" fill="#fff"/>`+"\n", html.EscapeString(p.Title), width, full)
	fmt.Fprintf(&b, `<text x="%d" y="16" font-size="14" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(p.Title))
	for i, s := range r.phases { // named above the plot, alternately shaded
		from, to := x(s.begin.UnixMilli()), x(s.end.UnixMilli())
		if i%2 == 1 {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#f2f2f2"/>`+"\n", from, top, to-from, bottom-top)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#555" font-size="10">%s</text>`+"\n", from+3, top-6+16*(i%2), html.EscapeString(s.name))
	}
	for v := 0.0; v <= most+step/2; v += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, y(v), width-right, left-6, y(v)+4, amount(v, p.FieldConfig.Defaults.Unit))
	}
	for m := time.Duration(0); began.Add(m).Compare(r.end) <= 0; m += 3 * time.Minute {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d min</text>`+"\n", x(began.Add(m).UnixMilli()), bottom+16, int(m.Minutes()))
	}
	for i, l := range all {
		color := colors[i%len(colors)]
		var path strings.Builder
		for j, f := range l.points {
			verb := "L"
			if j == 0 || f.T-l.points[j-1].T > interval.Milliseconds() { // a gap
				verb = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", verb, x(f.T), y(f.F))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", path.String(), color)
		at, row := left+i%2*(width-left-right)/2, height+lineHeight*(i/2)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", at, row, color, at+16, row+9, html.EscapeString(l.name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// nice is the least of 1, 2, 2.5 and 5 times a power of ten that is not less than v.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// amount is a value of the axis in its unit.
func amount(v float64, unit string) string {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	switch {
	case unit == "percentunit":
		return short(100*v) + " %"
	case unit == "s" && v > 0 && v < 1:
		return short(1000*v) + " ms"
	case unit == "s":
		return short(v) + " s"
	case unit == "cps":
		return short(v) + "/s"
	}
	return short(v)
}
