package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

const mib = 1 << 20

// line is one measure of the table. The gate judges value.
type line struct {
	name, gocqlx, coodie string
	value                float64
	bound                bound
}

// bound is the most that a value may be: beyond `most` the gate fails. That is what was measured last and
// some percent more; it is tightened whenever something is saved, until it is at must. aim is for the reader.
type bound struct{ most, must, aim float64 }

// programBounds are the bounds of a program: the CPU time to build it again as a multiple of gocqlx's; peak
// memory in MiB; the code of its package in KiB; and the binary's size in MiB beyond that of a program which
// uses gocql alone, and of one that also sets gocql's token-aware policy, as Connect does: the policy links
// gocql's schema metadata and encoding/json, half a MiB that is not coodie's. CPU time and memory depend on what else the machine does, as ratios too. Code and binary
// repeat to the byte, so their bounds are close: what compiles longer has more code to compile.
type programBounds struct{ cpu, peak, code, binary, tokenAware bound }

// report is the table.
type report struct{ lines []line }

func (r *report) add(name, gocqlx, coodie string, value float64, b bound) {
	r.lines = append(r.lines, line{name, gocqlx, coodie, value, b})
}

// programs adds what the programs took, beside the binaries of those that use gocql alone.
func (r *report) programs(gocql, tokenAware, gocqlx, coodie spent, tables int, b programBounds) {
	name := fmt.Sprintf("%d tables", tables)
	if tables == 1 {
		name = "1 table"
	}
	r.add(name+", build again: CPU, × gocqlx", fmt.Sprintf("%.2f s", gocqlx.cpu), fmt.Sprintf("%.2f s", coodie.cpu), coodie.cpu/gocqlx.cpu, b.cpu)
	if b.peak != (bound{}) { // of one table nothing is asked
		r.add(name+", build again: peak memory, MiB", inMiB(gocqlx.peak), inMiB(coodie.peak), float64(coodie.peak)/mib, b.peak)
	}
	r.add(name+", code compiled: KiB", inKiB(gocqlx.code), inKiB(coodie.code), float64(coodie.code)/1024, b.code)
	r.add(name+", binary: MiB over gocql's", inMiB(gocqlx.binary), inMiB(coodie.binary), float64(coodie.binary-gocql.binary)/mib, b.binary)
	if b.tokenAware != (bound{}) {
		r.add(name+", binary: MiB over gocql's with its token-aware policy", "", inMiB(coodie.binary), float64(coodie.binary-tokenAware.binary)/mib, b.tokenAware)
	}
}

func inKiB(bytes int64) string { return fmt.Sprintf("%.1f KiB", float64(bytes)/1024) }
func inMiB(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/mib) }

func (r *report) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(t, "| \t| gocqlx\t| coodie\t| judged\t| at most\t| must\t| aim\t|")
	fmt.Fprintln(t, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, l := range r.lines {
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %.2f\t| %v\t| %s\t| %s\t|\n", l.name, l.gocqlx, l.coodie, l.value, l.bound.most, goal(l.bound.must), goal(l.bound.aim))
	}
	return t.Flush()
}

func goal(n float64) string {
	if n == 0 {
		return "" // there is none
	}
	return fmt.Sprint(n)
}

// err says what costs more than it may.
func (r *report) err() error {
	var errs []error
	for _, l := range r.lines {
		if l.value > l.bound.most {
			errs = append(errs, fmt.Errorf("%s: %.2f, and at most %v are allowed", l.name, l.value, l.bound.most))
		}
	}
	return errors.Join(errs...)
}
