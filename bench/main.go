// Command bench measures what coodie costs beside gocql by hand and beside gocqlx:
// allocations, bytes and CPU of the client, per operation, against a server that answers
// from memory. Compare the ratios; the absolute numbers are the machine's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/coodie-go/coodie/bench/internal/canned"
)

func main() {
	var c options
	only := flag.String("run", ".", "run the operations whose names match this `regexp`")
	flag.StringVar(&c.driver, "driver", "gocql", "the contenders' `driver`: gocql, fork or apache")
	flag.IntVar(&c.rounds, "rounds", 250, "measure each contender this often")
	flag.DurationVar(&c.span, "time", 10*time.Millisecond, "CPU time of one measurement")
	flag.BoolVar(&c.gate, "gate", false, "few and short rounds: for allocations and bytes alone")
	flag.StringVar(&c.memProfile, "memprofile", "", "write every allocation of one contender to this `file`, and compare nothing")
	flag.StringVar(&c.cpuProfile, "cpuprofile", "", "write a CPU profile of one contender to this `file`, and compare nothing")
	flag.StringVar(&c.text, "profiles", "", "write what each operation allocates to this `file`, as text, and compare nothing")
	flag.StringVar(&c.of, "of", "coodie", "the `contender` that is profiled")
	choosing := flag.Bool("settings", false, "measure the settings that coodie.Connect chooses")
	hosts := flag.String("hosts", "", "measure them on the real server at these `addresses` too")
	serving := flag.Bool("serve", false, "be the server")
	flag.Parse()

	err := error(nil)
	if *serving {
		err = canned.Serve(seed)
	} else if *choosing {
		err = chooseSettings(*hosts)
	} else if c.only, err = regexp.Compile(*only); err == nil {
		if c.gate {
			c.rounds, c.span = 5, 5*time.Millisecond
		}
		err = c.bench(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func chooseSettings(hosts string) error {
	addr, stop, err := canned.Start()
	if err != nil {
		return err
	}
	defer stop()
	return settings(context.Background(), os.Stdout, addr, strings.FieldsFunc(hosts, func(r rune) bool { return r == ',' }))
}

type options struct {
	rounds                 int
	span                   time.Duration
	gate                   bool
	driver                 string
	only                   *regexp.Regexp
	memProfile, cpuProfile string
	of, text               string
}

func (c *options) bench(ctx context.Context) error {
	// One thread runs Go code: the CPU time of several would include their waiting for each other.
	runtime.GOMAXPROCS(1)
	addr, stop, err := canned.Start()
	if err != nil {
		return err
	}
	defer stop()
	over, ok := fields[c.driver]
	if !ok {
		return fmt.Errorf("there is no driver %q", c.driver)
	}
	field, err := over(addr)
	if err != nil {
		return err
	}
	defer field.close()
	contenders := field.contenders
	if err := check(ctx, contenders); err != nil {
		return err
	}
	if c.memProfile != "" || c.cpuProfile != "" || c.text != "" {
		i := slices.Index(field.names, c.of)
		if i < 0 {
			return fmt.Errorf("there is no contender %q", c.of)
		}
		if c.text != "" {
			var out strings.Builder
			err := c.profiles(ctx, &out, contenders[i], i)
			return errors.Join(err, os.WriteFile(c.text, []byte(out.String()), 0o644))
		}
		return c.profile(func(o *operation) error { return o.run(ctx, contenders[i], i) })
	}
	field.names[0] = c.driver
	t := table{names: field.names, limited: c.driver == "gocql"}
	for _, o := range operations {
		if !c.only.MatchString(o.name) {
			continue
		}
		s, err := sample(ctx, o, contenders, c.rounds, c.span)
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		t.add(o, s)
	}
	t.print(os.Stdout, !c.gate)
	known, err := knownTexts()
	fmt.Println(known)
	rest, failed := atRest(field.db)
	fmt.Println(rest)
	return errors.Join(t.err(), err, failed)
}

// profile profiles one contender's calls.
func (c *options) profile(call func(*operation) error) error {
	none := make(chan struct{})
	close(none)
	run := func(n int) error {
		for i := range operations {
			o := &operations[i]
			if !c.only.MatchString(o.name) {
				continue
			}
			one, times := func() error { return call(o) }, n
			if o.apart {
				one, times = func() error { return inCrowd(func() error { return call(o) }, none) }, (n+crowd-1)/crowd
			}
			for range times {
				if err := one(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if c.cpuProfile != "" {
		f, err := os.Create(c.cpuProfile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		return run(int(c.span / time.Microsecond))
	}
	if err := run(100); err != nil {
		return err
	}
	runtime.MemProfileRate = 1
	if err := run(1000); err != nil {
		return err
	}
	runtime.GC()
	f, err := os.Create(c.memProfile)
	if err != nil {
		return err
	}
	defer f.Close()
	return pprof.Lookup("allocs").WriteTo(f, 0)
}
