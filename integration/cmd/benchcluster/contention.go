package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// Counter is the row that everybody counts up.
type Counter struct {
	Name    string     `cql:"name,partition"`
	N       int64      `cql:"n"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var counterName = coodie.Col(func(c *Counter) *string { return &c.Name })

// contention measures how often one row is counted up, by Mutate and by the loops that
// people write, and checks in the end that every acknowledged increment is there.
func contention(ctx context.Context, s settings, session *gocql.Session) error {
	table, err := coodie.Open[Counter](coodie.New(session), coodie.WithKeyspace(keyspace))
	if err == nil {
		err = coodie.Schema(nil, table).Create(ctx)
	}
	if err != nil {
		return err
	}
	fmt.Printf("\n| %d node(s), RF %d | goroutines | increments/s (min to max) | rate to the plain loop's in the same round, median (min to max) | attempts per success | p50 | p99 | failed | in the row beyond the acknowledged |\n", s.nodes, s.nodes)
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, goroutines := range []int{8, 32, 128} {
		// Each contender has a row of its own.
		key := func(name string) string { return fmt.Sprint(name, " ", goroutines) }
		var contenders []contender
		acknowledged := map[string]*atomic.Int64{}
		for _, c := range []contender{
			{"plain loop", loop(session, key("plain loop"), 0)},
			{"jittered loop", loop(session, key("jittered loop"), 64*time.Millisecond)},
			{"Mutate", mutate(table, key("Mutate"))},
		} {
			if _, err := table.New(Counter{Name: key(c.name)}).Insert(ctx); err != nil {
				return err
			}
			count := new(atomic.Int64)
			acknowledged[c.name] = count
			contenders = append(contenders, contender{c.name, func(ctx context.Context, n int64) (int, error) {
				attempts, err := c.work(ctx, n)
				if err == nil {
					count.Add(1)
				}
				return attempts, err
			}})
		}
		result := takeTurns(ctx, s, goroutines, func() int64 { return 0 }, contenders)
		for _, c := range contenders {
			final, err := table.Find(counterName.Eq(key(c.name))).With(coodie.WithLinearizable()).Get(ctx)
			if err != nil {
				return err
			}
			beyond := final.N - acknowledged[c.name].Load()
			if beyond < 0 {
				return fmt.Errorf("%s lost %d acknowledged increments", c.name, -beyond)
			}
			all := result[c.name]
			sum, speed, ratios := merged(all), of(all, (*slice).perSecond), rates(all, result[contenders[0].name])
			fmt.Printf("| %s | %d | %.0f (%.0f to %.0f) | %.2f (%.2f to %.2f) | %.2f | %s | %s | %d | %d |\n", c.name, goroutines,
				median(speed), quantile(speed, 0), quantile(speed, 1), median(ratios), quantile(ratios, 0), quantile(ratios, 1), float64(sum.attempts)/float64(max(sum.done, 1)),
				ms(quantile(sum.latencies, 0.5)), ms(quantile(sum.latencies, 0.99)), sum.unknown, beyond)
		}
	}
	return nil
}

// loop is the loop that stands in every article: read, write on the condition that
// nothing has changed, again with what the refusal says; after a random wait of up to
// most, if there is one.
func loop(session *gocql.Session, key string, most time.Duration) work {
	return func(ctx context.Context, _ int64) (attempts int, err error) {
		var n int64
		if err := session.Query("SELECT n FROM "+keyspace+".counter WHERE name = ?", key).WithContext(ctx).
			Consistency(gocql.Consistency(gocql.Serial)).Scan(&n); err != nil {
			return 0, err
		}
		for {
			attempts++
			var current int64
			applied, err := session.Query("UPDATE "+keyspace+".counter SET n = ? WHERE name = ? IF n = ?", n+1, key, n).
				WithContext(ctx).Consistency(gocql.Quorum).SerialConsistency(gocql.Serial).ScanCAS(&current)
			if err != nil || applied {
				return attempts, err
			}
			n = current
			if most > 0 {
				time.Sleep(rand.N(min(most, 2*time.Millisecond<<min(attempts, 10))))
			}
		}
	}
}

func mutate(table *coodie.Table[Counter], key string) work {
	row := table.Find(counterName.Eq(key))
	return func(ctx context.Context, _ int64) (int, error) {
		res, err := row.Mutate(ctx, func(_ context.Context, c *Counter) error { c.N++; return nil })
		return res.Attempts, err
	}
}
