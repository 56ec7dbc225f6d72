// Command bulk measures coodie's bulk calls beside the same work written by hand with an errgroup, on gocql and on
// gocqlx: rows per second and the peak of the heap, on a server of its own that answers from memory, or on a real cluster:
//
//	go run ./integration/cmd/cassandra -nodes 3 &
//	cd bench && go run ./bulk -hosts 127.0.0.1,127.0.0.2,127.0.0.3 -rf 3
//
// All take turns, every other round in the opposite order; the figures are medians of the rounds.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/bench/internal/canned"
)

func main() {
	var o options
	serving := flag.Bool("serve", false, "be the server")
	flag.StringVar(&o.hosts, "hosts", "", "measure on the real cluster at these `addresses`")
	flag.IntVar(&o.factor, "rf", 1, "its replication `factor`")
	flag.IntVar(&o.rounds, "rounds", 5, "measure each contender this often")
	flag.IntVar(&o.rows, "rows", 100_000, "rows of the table")
	flag.IntVar(&o.scans, "scans", 10, "scans of the table, one after the other, in a round")
	flag.Func("run", "run what matches this `regexp`", func(s string) (err error) {
		o.only, err = regexp.Compile(s)
		return err
	})
	flag.Parse()
	var err error
	if *serving {
		err = canned.Serve(func(session *gocql.Session) error { return o.seed(session, nil) })
	} else {
		err = o.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bulk:", err)
		os.Exit(1)
	}
}

type options struct {
	hosts                       string
	factor, rounds, rows, scans int
	only                        *regexp.Regexp
}

const keyspace = "bulkbench"

// seed makes the table and fills it.
func (o *options) seed(session *gocql.Session, fill func(n int, write func(i int) error) error) error {
	for _, statement := range []string{
		"DROP KEYSPACE IF EXISTS " + keyspace,
		fmt.Sprintf("CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': %d}", keyspace, o.factor),
		"CREATE TABLE " + keyspace + ".user (id int PRIMARY KEY, name text, email text, score bigint)",
	} {
		if err := session.Query(statement).Exec(); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if fill == nil {
		fill = func(n int, write func(int) error) error {
			for i := range n {
				if err := write(i); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return fill(o.rows, func(i int) error {
		u := user(i)
		return session.Query("INSERT INTO "+keyspace+".user (id, name, email, score) VALUES (?, ?, ?, ?)", u.ID, u.Name, u.Email, u.Score).Exec()
	})
}

func config(hosts ...string) *gocql.ClusterConfig {
	c := gocql.NewCluster(hosts...)
	c.Timeout, c.ConnectTimeout, c.WriteCoalesceWaitTime, c.PageSize = time.Minute, time.Minute, 0, 5000
	return c
}

func (o *options) run(ctx context.Context) error {
	hosts := strings.Split(o.hosts, ",")
	if o.hosts == "" {
		addr, stop, err := canned.Start(fmt.Sprint("-rows=", o.rows))
		if err != nil {
			return err
		}
		defer stop()
		hosts = []string{addr}
	} else {
		admin, err := config(hosts...).CreateSession()
		if err != nil {
			return err
		}
		defer admin.Close()
		if err := o.seed(admin, group(64)); err != nil {
			return err
		}
		defer func() { _ = admin.Query("DROP KEYSPACE " + keyspace).Exec() }()
	}
	c := config(hosts...)
	c.Keyspace = keyspace
	if o.hosts != "" {
		c.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())
	}
	session, err := c.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	users, err := coodie.Open[User](coodie.New(session))
	if err != nil {
		return err
	}
	x, err := gocqlx.WrapSession(session, nil)
	if err != nil {
		return err
	}
	names, contenders := []string{"gocql", "gocqlx", "coodie"}, []contender{byHand{session}, withGocqlx{x}, withCoodie{users}}
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer tw.Flush()
	fmt.Fprintln(tw, "\tgocql rows/s\theap\tgocqlx\theap\tcoodie\theap\tto gocql (min to max)\tto gocqlx")
	for _, w := range o.works() {
		if o.only != nil && !o.only.MatchString(w.name) {
			continue
		}
		rates, heaps := make([][]float64, len(names)), make([][]float64, len(names))
		order := []int{0, 1, 2}
		for round := range o.rounds + 1 { // the first one warms up
			slices.Reverse(order)
			for _, i := range order {
				rate, heap, err := measure(w.rows, func() error { return w.do(ctx, contenders[i]) })
				if err != nil {
					return fmt.Errorf("%s by %s: %w", w.name, names[i], err)
				}
				if round > 0 {
					rates[i], heaps[i] = append(rates[i], rate), append(heaps[i], heap)
				}
			}
		}
		fmt.Fprint(tw, w.name)
		for i := range names {
			fmt.Fprintf(tw, "\t%.0f\t%.1f MiB", median(rates[i]), median(heaps[i]))
		}
		toGocql, toGocqlx := ratios(rates[2], rates[0]), ratios(rates[2], rates[1])
		fmt.Fprintf(tw, "\t%.2f (%.2f to %.2f)\t%.2f\n", median(toGocql), slices.Min(toGocql), slices.Max(toGocql), median(toGocqlx))
	}
	return nil
}

// measure carries work on so many rows out, and returns rows per second and the peak of the heap in MiB.
func measure(rows int, do func() error) (rate, heap float64, err error) {
	runtime.GC()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		var most uint64
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-done:
				peak <- most
				return
			}
		}
	}()
	start := time.Now()
	err = do()
	took := time.Since(start)
	close(done)
	return float64(rows) / took.Seconds(), float64(<-peak) / (1 << 20), err
}

func ratios(of, to []float64) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i] / to[i]
	}
	return out
}

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	return sorted[len(sorted)/2]
}
