package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
)

// profiles writes what each operation of coodie allocates, and whose code does so.
func (c *options) profiles(ctx context.Context, w io.Writer, of contender, i int) error {
	fmt.Fprintln(w, "What coodie's operations allocate per call, by the function that allocates: make bench-profile.")
	for _, o := range operations {
		if !c.only.MatchString(o.name) || o.apart {
			continue
		}
		call := func() error { return o.run(ctx, of, i) }
		total, sites, err := allocations(call)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s: %.0f allocations, %.0f B\n", o.name, total.count, total.bytes)
		owners := map[string]site{}
		for _, s := range sites {
			sum := owners[s.owner()]
			owners[s.owner()] = site{s.owner(), sum.count + s.count, sum.bytes + s.bytes}
		}
		for _, owner := range []string{"gocql", "coodie", "other"} {
			fmt.Fprintf(w, "  %-6s %7.1f %9.0f B\n", owner, owners[owner].count, owners[owner].bytes)
		}
		for _, s := range sites {
			fmt.Fprintf(w, "    %7.1f %9.0f B  %s\n", s.count, s.bytes, s.name)
		}
	}
	return nil
}

// site is a function, with what it allocates per call.
type site struct {
	name         string
	count, bytes float64
}

// owner is whose function it is.
func (s site) owner() string {
	for _, owner := range []string{"coodie", "gocql"} {
		if strings.HasPrefix(s.name, owner) {
			return owner
		}
	}
	return "other"
}

// allocations are those of a call, and the functions that make at least one in 20 calls, the largest first.
func allocations(call func() error) (total site, sites []site, err error) {
	const calls, warmUp = 1000, 50
	for range warmUp {
		if err := call(); err != nil {
			return total, nil, err
		}
	}
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	before := allocated()
	for range calls {
		if err := call(); err != nil {
			return total, nil, err
		}
	}
	for name, s := range allocated() {
		s.count, s.bytes = (s.count-before[name].count)/calls, (s.bytes-before[name].bytes)/calls
		if total.count, total.bytes = total.count+s.count, total.bytes+s.bytes; s.count > 1./20 {
			sites = append(sites, s)
		}
	}
	slices.SortFunc(sites, func(a, b site) int {
		return cmp.Or(cmp.Compare(math.Round(b.bytes), math.Round(a.bytes)), cmp.Compare(a.name, b.name))
	})
	return total, sites, nil
}

// allocated is what each function has allocated so far.
func allocated() map[string]site {
	runtime.GC()
	runtime.GC() // the profile is of the collection before
	n, _ := runtime.MemProfile(nil, true)
	records := make([]runtime.MemProfileRecord, n+100)
	n, _ = runtime.MemProfile(records, true)
	out := map[string]site{}
	for i := range records[:n] {
		name := allocator(records[i].Stack())
		s := out[name]
		out[name] = site{name, s.count + float64(records[i].AllocObjects), s.bytes + float64(records[i].AllocBytes)}
	}
	return out
}

// allocator is the innermost function that belongs to coodie or gocql, or else the innermost one.
func allocator(stack []uintptr) string {
	frames, innermost := runtime.CallersFrames(stack), ""
	for {
		f, more := frames.Next()
		name := short(f.Function)
		if innermost == "" {
			innermost = name
		}
		if (site{name: name}).owner() != "other" {
			return name
		}
		if !more {
			return innermost
		}
	}
}

// short is a function's name with its package's alone; what it is instantiated with is left out.
func short(function string) string {
	if i := strings.Index(function, "["); i >= 0 {
		function = function[:i] + function[strings.LastIndex(function, "]")+1:]
	}
	function = strings.Replace(function, "github.com/coodie-go/coodie/internal/", "coodie/", 1)
	function = strings.Replace(function, "github.com/coodie-go/coodie/bench.", "bench.", 1)
	return strings.TrimPrefix(strings.TrimPrefix(function, "github.com/coodie-go/"), "github.com/gocql/")
}
