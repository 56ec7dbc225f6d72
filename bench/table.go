package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
)

// table is the result, operation by operation.
type table struct {
	names   []string // of the contenders: by hand first, coodie last
	limited bool     // coodie has limits: over gocql
	lines   []line
}

type line struct {
	operation operation
	byHand    cost[summary]
	others    []cost[ratio] // to that by hand
	besideX   ratio         // coodie's CPU to that of the contender before it
}

func (l *line) coodie() cost[ratio] { return l.others[len(l.others)-1] }

// summary is the median of a measure.
type summary float64

// ratio is what one contender costs in parts of the driver by hand, and how likely the difference is
// chance.
type ratio struct{ value, p float64 }

func (t *table) add(o operation, s samples) {
	byHand := columns(s[0])
	l := line{operation: o, byHand: cost[summary]{median(byHand.allocs), median(byHand.bytes), median(byHand.cpu)}}
	for _, other := range s[1:] {
		l.others = append(l.others, compare(byHand, columns(other)))
	}
	l.besideX = compareOne(columns(s[len(s)-2]).cpu, columns(s[len(s)-1]).cpu)
	t.lines = append(t.lines, l)
}

// columns turns measurements of all costs into measurements of each.
func columns(measured []cost[float64]) (out cost[[]float64]) {
	for _, m := range measured {
		out.allocs = append(out.allocs, m.allocs)
		out.bytes = append(out.bytes, m.bytes)
		out.cpu = append(out.cpu, m.cpu)
	}
	return out
}

func compare(base, other cost[[]float64]) cost[ratio] {
	return cost[ratio]{
		compareOne(base.allocs, other.allocs), compareOne(base.bytes, other.bytes), compareOne(base.cpu, other.cpu),
	}
}

func compareOne(base, other []float64) ratio {
	thresholds := benchmath.DefaultThresholds
	a, b := benchmath.NewSample(base, &thresholds), benchmath.NewSample(other, &thresholds)
	// The ratios of the rounds: what disturbs the machine for a while disturbs both sides.
	ratios := make([]float64, len(base))
	for i := range base {
		ratios[i] = other[i] / base[i]
	}
	return ratio{
		value: float64(median(ratios)),
		p:     benchmath.AssumeNothing.Compare(a, b).P,
	}
}

func median(values []float64) summary {
	thresholds := benchmath.DefaultThresholds
	return summary(benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &thresholds), 0.95).Center)
}

// print writes the table; without cpu, only what repeats exactly.
func (t *table) print(w io.Writer, cpu bool) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	names := []string{"allocs", "B", "CPU"}
	if !cpu {
		names = names[:2]
	}
	between := cpu && len(t.names) > 2
	fmt.Fprint(tw, "operation\t", t.names[0])
	for range names[1:] {
		fmt.Fprint(tw, "\t")
	}
	for _, contender := range t.names[1:] {
		for _, name := range names {
			fmt.Fprintf(tw, "\t%s %s", contender, name)
		}
	}
	if between {
		fmt.Fprintf(tw, "\tcoodie CPU to %s's", t.names[1])
	}
	fmt.Fprintln(tw)
	for _, l := range t.lines {
		fmt.Fprintf(tw, "%s\t%.0f\t%.0f B", l.operation.name, float64(l.byHand.allocs), float64(l.byHand.bytes))
		if cpu {
			fmt.Fprintf(tw, "\t%.1f µs", float64(l.byHand.cpu)/1e3)
		}
		for _, other := range l.others[:len(l.others)-1] {
			for i := range names {
				fmt.Fprintf(tw, "\t%.2f", other.each()[i].value)
			}
		}
		for i := range names {
			r, must, aim := l.coodie().each()[i], l.operation.limits.must.each()[i], l.operation.limits.aim.each()[i]
			if t.limited {
				fmt.Fprintf(tw, "\t%.2f%s (%.2f / %.2f) p=%.3f", r.value, mark(r.value, must, aim), must, aim, r.p)
			} else {
				fmt.Fprintf(tw, "\t%.2f p=%.3f", r.value, r.p)
			}
		}
		if between {
			fmt.Fprintf(tw, "\t%.2f p=%.3f", l.besideX.value, l.besideX.p)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	fmt.Fprintf(w, "\n%s: ratios to %s; p by the Mann-Whitney U-test.\n", strings.Join(t.names[1:], " and "), t.names[0])
	if t.limited {
		fmt.Fprintln(w, "(must / aim, ! is over must, * meets aim)")
	}
}

func mark(value, must, aim float64) string {
	switch {
	case value > must:
		return "!"
	case value <= aim:
		return "*"
	}
	return ""
}

// err says where coodie allocates more than it must, or no less than gocqlx. CPU time
// is not judged: it depends on what else the machine does.
func (t *table) err() error {
	if !t.limited {
		return nil
	}
	var errs []error
	for _, l := range t.lines {
		for i, name := range []string{"allocations", "bytes"} {
			coodie, must, gocqlx := l.coodie().each()[i].value, l.operation.limits.must.each()[i], l.others[0].each()[i].value
			if coodie > must {
				errs = append(errs, fmt.Errorf("%s: %s are %.3f of gocql's, and must be %.2f at most", l.operation.name, name, coodie, must))
			}
			if coodie >= gocqlx && must < gocqlx {
				errs = append(errs, fmt.Errorf("%s: %s are %.3f of gocql's, and gocqlx's %.3f", l.operation.name, name, coodie, gocqlx))
			}
		}
	}
	return errors.Join(errs...)
}
