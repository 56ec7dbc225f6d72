package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// Lock is claimed by INSERT … IF NOT EXISTS.
type Lock struct {
	ID    int64  `cql:"id,partition"`
	Owner string `cql:"owner"`
}

// peek measures from which share of taken claims on PeekFirst pays: a claim that is taken and
// one that is free, by LWT alone and with a peek before it, in turns.
func peek(ctx context.Context, s settings, session *gocql.Session) error {
	table, err := coodie.Open[Lock](coodie.New(session), coodie.WithKeyspace(keyspace))
	if err == nil {
		err = table.Create(ctx)
	}
	if err != nil {
		return err
	}
	for id := range int64(rows) {
		if _, err := table.New(Lock{ID: id, Owner: "somebody"}).Insert(ctx); err != nil {
			return err
		}
	}
	var last atomic.Int64
	last.Store(rows)
	numbers := func() int64 { return last.Add(1) }
	claim := func(taken, peeked bool) work {
		return func(ctx context.Context, n int64) (int, error) {
			if taken {
				n %= rows
			}
			create := table.Find().IfNotExists()
			if peeked {
				create = create.PeekFirst()
			}
			res, err := create.Create(ctx, Lock{ID: n, Owner: "me"})
			if err == nil && (res.Applied == taken || res.Peeked != (taken && peeked)) {
				err = fmt.Errorf("a claim that is taken: %v, peeked at: %v, was applied: %v", taken, peeked, res.Applied)
			}
			return 1, err
		}
	}
	names := [...]string{"taken, LWT", "taken, peek", "free, LWT", "free, peek and LWT"}
	fmt.Printf("\n| %d node(s), RF %d, time per claim | clients | %s | %s | %s | %s | break-even: share of taken claims (min to max) |\n", s.nodes, s.nodes, names[0], names[1], names[2], names[3])
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, clients := range []int{1, 8, 64} {
		result := takeTurns(ctx, s, clients, numbers, []contender{
			{names[0], claim(true, false)}, {names[1], claim(true, true)}, {names[2], claim(false, false)}, {names[3], claim(false, true)},
		})
		var shares []float64
		for round := range s.rounds {
			cost := func(name string) float64 { return 1 / result[name][round].perSecond() }
			lost, won := cost(names[3])-cost(names[2]), cost(names[0])-cost(names[1])
			shares = append(shares, lost/(lost+won))
		}
		fmt.Printf("| claims | %d |", clients)
		for _, name := range names {
			sum := merged(result[name])
			if sum.unknown > 0 {
				return fmt.Errorf("%s, %d clients: %d claims failed", name, clients, sum.unknown)
			}
			each := time.Duration(float64(time.Second) / median(of(result[name], (*slice).perSecond)))
			fmt.Printf(" %s, p50 %s |", ms(each), ms(quantile(sum.latencies, 0.5)))
		}
		fmt.Printf(" %.0f %% (%.0f to %.0f) |\n", 100*median(shares), 100*quantile(shares, 0), 100*quantile(shares, 1))
	}
	return nil
}
