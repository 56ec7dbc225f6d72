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
	"strings"
	"time"
)

func main() {
	var c options
	only := flag.String("run", ".", "run the operations whose names match this `regexp`")
	flag.StringVar(&c.driver, "driver", "gocql", "the contenders' `driver`: gocql, fork or apache")
	flag.IntVar(&c.rounds, "rounds", 250, "measure each contender this often")
	flag.DurationVar(&c.span, "time", 10*time.Millisecond, "CPU time of one measurement")
	flag.BoolVar(&c.gate, "gate", false, "few and short rounds: for allocations and bytes alone")
	flag.StringVar(&c.memProfile, "memprofile", "", "write every allocation of coodie to this `file`, and compare nothing")
	flag.StringVar(&c.cpuProfile, "cpuprofile", "", "write a CPU profile of coodie to this `file`, and compare nothing")
	choosing := flag.Bool("settings", false, "measure the settings that coodie.Connect chooses")
	hosts := flag.String("hosts", "", "measure them on the real server at these `addresses` too")
	serving := flag.Bool("serve", false, "be the server")
	flag.Parse()

	err := error(nil)
	if *serving {
		err = serve()
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
	addr, stop, err := start()
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
}

func (c *options) bench(ctx context.Context) error {
	// One thread runs Go code: the CPU time of several would include their waiting for each other.
	runtime.GOMAXPROCS(1)
	addr, stop, err := start()
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
	if c.memProfile != "" || c.cpuProfile != "" {
		return c.profile(ctx, contenders)
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
	return errors.Join(t.err(), err)
}

// profile profiles the last contender, which is coodie.
func (c *options) profile(ctx context.Context, contenders []contender) error {
	last := len(contenders) - 1
	run := func(n int) error {
		for _, o := range operations {
			for i := 0; c.only.MatchString(o.name) && i < n; i++ {
				if err := o.run(ctx, contenders[last], last); err != nil {
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
