// Command build measures what coodie costs a user's build, beside gocqlx in the same run: the CPU time
// and the memory to compile and link a program's package again after one line has changed, the size of
// its binary, and what one method more would cost. The program opens tables of 12 columns. Wall time is
// not measured.
package main

import (
	"flag"
	"fmt"
	"os"
)

// The bounds of today. CPU time on a machine that others use has been seen at twice its least, so its bound is
// far; what compiles is bounded closely by the code. must and aim are the goals for the build of a user's program.
var (
	oneTable    = programBounds{cpu: bound{4, 1.8, 1.4}, code: bound{most: 116}, binary: bound{3.3, 2.5, 1.5}, tokenAware: bound{2.74, 2.5, 1.5}}
	manyTables  = programBounds{cpu: bound{18, 9, 4.5}, peak: bound{650, 500, 300}, code: bound{most: 1300}, binary: bound{5, 5, 3}}
	methodBound = bound{150, 150, 150}
	readBound   = bound{most: 260} // on Query, and the same on QuerySet
)

// many is the number of tables of the larger program.
const many = 30

func main() {
	gate := flag.Bool("gate", false, "build the slow program twice, and fail beyond the bounds")
	method := flag.Bool("method", false, "measure what one method more on QuerySet costs, and nothing else")
	flag.Parse()
	if err := run(*gate, *method); err != nil {
		fmt.Fprintln(os.Stderr, "bench/build:", err)
		os.Exit(1)
	}
}

func run(gate, methodOnly bool) error {
	b, err := newBuilder()
	if err != nil {
		return err
	}
	defer b.close()
	var r report
	if !methodOnly {
		if err := measure(b, &r, gate); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		name  string
		bound bound
	}{{"QuerySet", methodBound}, {"Query", readBound}} {
		code, err := b.method(of.name)
		if err != nil {
			return err
		}
		r.add("one method more on "+of.name+": bytes of code a table", "", fmt.Sprintf("%d B", code), float64(code), of.bound)
	}
	if err := r.print(os.Stdout); err != nil || !gate {
		return err
	}
	return r.err()
}

// measure builds the programs. With few set, the slowest is built twice.
func measure(b *builder, r *report, few bool) error {
	for _, library := range []string{"gocqlx", "coodie"} { // compiles what the programs import
		if _, err := b.build(library, 1, 1); err != nil {
			return err
		}
	}
	gocql, err := b.build("gocql", 0, 1)
	if err != nil {
		return err
	}
	tokenAware, err := b.build("gocql-tokenaware", 0, 1)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		tables, times int
		bounds        programBounds
	}{{1, 3, oneTable}, {many, 3, manyTables}} {
		gocqlx, err := b.build("gocqlx", p.tables, p.times)
		if err != nil {
			return err
		}
		if few && p.tables == many {
			p.times = 2
		}
		coodie, err := b.build("coodie", p.tables, p.times)
		if err != nil {
			return err
		}
		r.programs(gocql, tokenAware, gocqlx, coodie, p.tables, p.bounds)
	}
	return nil
}
