// Command chaos starts three nodes of a real Cassandra, breaks them again and again while
// clients use them, and checks what the clients were told:
//
//	go run ./integration/cmd/chaos [-duration 5m] [-run coodie] [-seed 1]
//
// It fails if coodie was told anything that is not true, or if a client that is known to
// be wrong was not found out, when that one ran. See the package chaos.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/chaos"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	ours := flag.Duration("duration", 10*time.Minute, "how long coodie is tried")
	others := flag.Duration("others", 3*time.Minute, "how long each of the others is tried")
	only := flag.String("run", "", "regular expression of the variants to run; all if empty")
	sessions := flag.Int("sessions", 6, "sessions, with four clients each")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of what the clients and the nemesis do")
	pictures := flag.String("pictures", "", "directory for an HTML page of each row that no order explains")
	verbose := flag.Bool("v", false, "print each fault, and each violation of those that are to be wrong")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}

	cluster, err := cassandra.Start(ctx, cassandra.Options{Nodes: 3, Faults: true, SyncEveryWrite: true, Log: os.Stderr})
	if err != nil {
		return err
	}
	defer func() {
		if stop := cluster.Stop(); err == nil {
			err = stop
		}
	}()
	ring, err := chaos.NewRing(ctx, cluster)
	if err != nil {
		return err
	}
	defer ring.Close()

	start := time.Now()
	fmt.Printf("seed %d\n", *seed)
	var reports []*chaos.Report
	var wrong []string
	for _, v := range chaos.Variants {
		if !chosen.MatchString(v.Name) {
			continue
		}
		r := chaos.Run{Variant: v, Duration: *others, Sessions: *sessions, Seed: *seed, Pictures: *pictures, Log: func(format string, args ...any) {
			if *verbose {
				fmt.Fprintf(os.Stderr, "%7.1f s  "+format+"\n", append([]any{time.Since(start).Seconds()}, args...)...)
			}
		}}
		if v.Ours() {
			r.Duration = *ours
		}
		report, err := r.On(ctx, ring)
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		reports = append(reports, report)
		fmt.Println(report.Summary())
		if v.Ours() || *verbose {
			for _, violation := range report.Violations {
				fmt.Println(violation)
			}
		}
		if undecided := report.Total().Undecided > 0; (len(report.Violations) > 0) != v.Wrong || undecided && !v.Wrong {
			wrong = append(wrong, v.Name)
		}
	}
	chaos.Table(os.Stdout, reports)
	if len(wrong) > 0 {
		return fmt.Errorf("not as expected: %q", wrong)
	}
	return nil
}
