package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/gocql/gocql"
)

// The settings that coodie.Connect chooses, measured beside their alternatives: on the
// canned server, where the client's own cost shows, and on a real one, where what matters does.

// setting is one choice of a cluster config.
type setting struct {
	name   string
	change func(*gocql.ClusterConfig)
}

// measured is one line: what each setting took of the clients.
type measured struct {
	rate    float64       // statements, or rows, a second
	latency time.Duration // of one statement, or up to the first row
}

// work is what one client does again and again; it returns what it counts.
type work func(ctx context.Context, s *gocql.Session, client int) (n int, first time.Duration, err error)

type settingsBench struct {
	out    io.Writer
	rounds int
	span   time.Duration
}

// settings measures on the canned server at addr, and on the real one at hosts if given.
func settings(ctx context.Context, out io.Writer, addr string, hosts []string) error {
	b := settingsBench{out: out, rounds: 7, span: 200 * time.Millisecond}
	if err := b.connections(ctx, "the canned server, an LWT that is refused", cannedConfig(addr), refusedUpdate); err != nil {
		return err
	}
	if len(hosts) == 0 {
		return nil
	}
	real := func() *gocql.ClusterConfig {
		c := gocql.NewCluster(hosts...)
		c.Keyspace, c.ProtoVersion = "bench_settings", 4
		return c
	}
	if err := prepareSettings(real()); err != nil {
		return err
	}
	b.span = 400 * time.Millisecond
	if err := b.connections(ctx, "a real node, an LWT on a row of each client's own", real, ownUpdate); err != nil {
		return err
	}
	if err := b.connections(ctx, "a real node, a plain write", real, plainWrite); err != nil {
		return err
	}
	if err := b.pages(ctx, real); err != nil {
		return err
	}
	return b.prepared(ctx, real)
}

func cannedConfig(addr string) func() *gocql.ClusterConfig {
	return func() *gocql.ClusterConfig { return config(addr, keyspace) }
}

// connections measures how long writes wait to be sent together, and connections per host.
func (b *settingsBench) connections(ctx context.Context, title string, base func() *gocql.ClusterConfig, w work) error {
	var all []setting
	for _, wait := range []time.Duration{0, 200 * time.Microsecond} {
		for _, conns := range []int{1, 2, 4} {
			all = append(all, setting{fmt.Sprintf("wait %v, %d conns", wait, conns), func(c *gocql.ClusterConfig) {
				c.WriteCoalesceWaitTime, c.NumConns = wait, conns
			}})
		}
	}
	return b.compare(ctx, title, base, all, []int{1, 8, 64}, w)
}

// pages measures the page size of a read of a partition of 5000 rows.
func (b *settingsBench) pages(ctx context.Context, base func() *gocql.ClusterConfig) error {
	var all []setting
	for _, n := range []int{100, 1000, 5000} {
		all = append(all, setting{fmt.Sprintf("%d rows a page", n), func(c *gocql.ClusterConfig) { c.PageSize, c.WriteCoalesceWaitTime = n, 0 }})
	}
	return b.compare(ctx, "a real node, 5000 rows of 100 bytes: rows a second, time to the first row", base, all, []int{1, 8}, readRows)
}

// prepared measures what a statement costs that gocql's cache has forgotten: a hundred
// statements in turn, through a cache that holds them and one that does not.
func (b *settingsBench) prepared(ctx context.Context, base func() *gocql.ClusterConfig) error {
	var all []setting
	for _, n := range []int{1000, 50} {
		all = append(all, setting{fmt.Sprintf("a cache of %d", n), func(c *gocql.ClusterConfig) { c.MaxPreparedStmts, c.WriteCoalesceWaitTime = n, 0 }})
	}
	return b.compare(ctx, "a real node, 100 statements in turn", base, all, []int{1, 8}, manyTexts())
}

// compare measures each setting with each number of clients. In each round the settings
// take turns, every other round in the opposite order, so that what disturbs the machine
// disturbs all.
func (b *settingsBench) compare(ctx context.Context, title string, base func() *gocql.ClusterConfig, all []setting, clients []int, w work) error {
	sessions := make([]*gocql.Session, len(all))
	for i, s := range all {
		c := base()
		s.change(c)
		session, err := c.CreateSession()
		if err != nil {
			return err
		}
		defer session.Close()
		sessions[i] = session
	}
	results := map[[2]int][]measured{}
	for round := range b.rounds + 1 {
		for _, n := range clients {
			for turn := range all {
				i := turn
				if round%2 == 1 {
					i = len(all) - 1 - turn
				}
				m, err := b.run(ctx, sessions[i], n, w)
				if err != nil {
					return fmt.Errorf("%s, %s, %d clients: %w", title, all[i].name, n, err)
				}
				if round > 0 { // the first warms up
					results[[2]int{i, n}] = append(results[[2]int{i, n}], m)
				}
			}
		}
	}
	t := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(t, "%s\n\n| \t|", title)
	for _, n := range clients {
		fmt.Fprintf(t, " %d clients\t|", n)
	}
	fmt.Fprintf(t, "\n|---\t|%s\n", strings.Repeat("---\t|", len(clients)))
	for i := range all {
		fmt.Fprintf(t, "| %s\t|", all[i].name)
		for _, n := range clients {
			rates, latencies, ratios := medians(results, i, n)
			fmt.Fprintf(t, " %.0f/s, %v, ×%.2f\t|", rates, latencies.Round(time.Microsecond), ratios)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

// medians returns the medians over the rounds; ratio is the rate beside the first setting's in
// the same round.
func medians(results map[[2]int][]measured, i, clients int) (rate float64, latency time.Duration, ratio float64) {
	own, first := results[[2]int{i, clients}], results[[2]int{0, clients}]
	var rates, ratios []float64
	var latencies []time.Duration
	for round, m := range own {
		rates, latencies = append(rates, m.rate), append(latencies, m.latency)
		ratios = append(ratios, m.rate/first[round].rate)
	}
	return middleOf(rates), middleOf(latencies), middleOf(ratios)
}

func middleOf[V cmp.Ordered](values []V) V {
	slices.Sort(values)
	return values[len(values)/2]
}

func (b *settingsBench) run(ctx context.Context, s *gocql.Session, clients int, w work) (measured, error) {
	var (
		count, calls, waited atomic.Int64
		wait                 sync.WaitGroup
		failed               = make(chan error, clients)
		start                = time.Now()
	)
	for client := range clients {
		wait.Go(func() {
			for time.Since(start) < b.span {
				n, first, err := w(ctx, s, client)
				if err != nil {
					failed <- err
					return
				}
				count.Add(int64(n))
				calls.Add(1)
				waited.Add(int64(first))
			}
		})
	}
	wait.Wait()
	spent := time.Since(start)
	select {
	case err := <-failed:
		return measured{}, err
	default:
	}
	return measured{float64(count.Load()) / spent.Seconds(), time.Duration(waited.Load() / calls.Load())}, nil
}

// refusedUpdate is what the canned server knows.
func refusedUpdate(ctx context.Context, s *gocql.Session, _ int) (int, time.Duration, error) {
	start := time.Now()
	applied, actual, err := byHand{s}.UpdateLock(ctx, held, "nobody", "bob")
	return 1, time.Since(start), expect(err, !applied && actual == "alice")
}

func ownUpdate(ctx context.Context, s *gocql.Session, client int) (int, time.Duration, error) {
	start := time.Now()
	applied, _, err := byHand{s}.UpdateLock(ctx, fmt.Sprint("client", client), "alice", "alice")
	return 1, time.Since(start), expect(err, applied)
}

func plainWrite(_ context.Context, s *gocql.Session, client int) (int, time.Duration, error) {
	start := time.Now()
	err := s.Query("INSERT INTO plain (name, owner) VALUES (?, ?)", fmt.Sprint("client", client), "alice").Exec()
	return 1, time.Since(start), err
}

func readRows(_ context.Context, s *gocql.Session, _ int) (n int, first time.Duration, err error) {
	start := time.Now()
	iter := s.Query("SELECT seq, data FROM rows WHERE part = ?", 1).Iter()
	var seq int
	var data []byte
	for iter.Scan(&seq, &data) {
		if n++; n == 1 {
			first = time.Since(start)
		}
	}
	return n, first, iter.Close()
}

// manyTexts takes a hundred statements in turn that differ in nothing but their text.
func manyTexts() work {
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = fmt.Sprintf("SELECT owner AS owner_%d FROM plain WHERE name = ?", i)
	}
	var next atomic.Int64
	return func(_ context.Context, s *gocql.Session, _ int) (int, time.Duration, error) {
		start := time.Now()
		var owner string
		err := s.Query(texts[next.Add(1)%int64(len(texts))], "client0").Scan(&owner)
		return 1, time.Since(start), err
	}
}

// prepareSettings makes the tables on the real server.
func prepareSettings(c *gocql.ClusterConfig) error {
	c.Keyspace = ""
	session, err := c.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	for _, statement := range []string{
		"CREATE KEYSPACE IF NOT EXISTS bench_settings WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
		"CREATE TABLE IF NOT EXISTS bench_settings.lock (name text PRIMARY KEY, owner text)",
		"CREATE TABLE IF NOT EXISTS bench_settings.plain (name text PRIMARY KEY, owner text)",
		"CREATE TABLE IF NOT EXISTS bench_settings.rows (part int, seq int, data blob, PRIMARY KEY (part, seq))",
	} {
		if err := session.Query(statement).Exec(); err != nil {
			return err
		}
	}
	for i := range 64 {
		for _, statement := range []string{
			"INSERT INTO bench_settings.lock (name, owner) VALUES (?, 'alice') IF NOT EXISTS",
			"INSERT INTO bench_settings.plain (name, owner) VALUES (?, 'alice')",
		} {
			if err := session.Query(statement, fmt.Sprint("client", i)).Exec(); err != nil {
				return err
			}
		}
	}
	data := make([]byte, 100)
	for seq := range 5000 {
		if err := session.Query("INSERT INTO bench_settings.rows (part, seq, data) VALUES (1, ?, ?)", seq, data).Exec(); err != nil {
			return err
		}
	}
	return nil
}
