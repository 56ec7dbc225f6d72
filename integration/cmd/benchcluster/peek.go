package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
		err = coodie.Schema(nil, table).Create(ctx)
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
				create = create.With(coodie.WithPeekFirst())
			}
			res, err := create.Create(ctx, Lock{ID: n, Owner: "me"})
			if err == nil && (res.Applied == taken || res.Peeked != (taken && peeked)) {
				err = fmt.Errorf("a claim that is taken: %v, peeked at: %v, was applied: %v", taken, peeked, res.Applied)
			}
			return 1, err
		}
	}
	names := [...]string{"taken, LWT", "taken, peek", "free, LWT", "free, peek and LWT"}
	claims := [len(names)]work{claim(true, false), claim(true, true), claim(false, false), claim(false, true)}
	fmt.Printf("\n| %d node(s), RF %d | clients | %s | %s | %s | %s | break-even: share of taken claims (min to max) |\n", s.nodes, s.nodes, names[0], names[1], names[2], names[3])
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, clients := range []int{1, 8, 64} {
		var all [len(names)][]time.Duration
		var shares []float64
		for round := -1; round < s.rounds; round++ {
			took, err := mixed(ctx, s.slice, clients, numbers, claims[:])
			if err != nil {
				return err
			}
			if round < 0 {
				continue // warms up
			}
			var p50 [len(names)]float64
			for i := range names {
				all[i] = append(all[i], took[i]...)
				p50[i] = float64(quantile(took[i], 0.5))
			}
			lost, won := p50[3]-p50[2], p50[0]-p50[1]
			shares = append(shares, lost/(lost+won))
		}
		fmt.Printf("| p50 of a claim | %d |", clients)
		for i := range names {
			fmt.Printf(" %s |", ms(quantile(all[i], 0.5)))
		}
		fmt.Printf(" %.0f %% (%.0f to %.0f) |\n", 100*median(shares), 100*quantile(shares, 0), 100*quantile(shares, 1))
	}
	return nil
}

// mixed lets n goroutines do all the works in turn for d, one of each after the other, so that
// whatever else the machine does befalls them all alike. It returns how long each of each took.
func mixed(ctx context.Context, d time.Duration, n int, numbers func() int64, works []work) ([][]time.Duration, error) {
	var (
		mu     sync.Mutex
		failed error
		group  sync.WaitGroup
	)
	total, start := make([][]time.Duration, len(works)), time.Now()
	for first := range n {
		group.Go(func() {
			own := make([][]time.Duration, len(works))
			var err error
			for at := first; err == nil && ctx.Err() == nil && (time.Since(start) < d || at < first+len(works)); at++ {
				i, begin := at%len(works), time.Now()
				_, err = works[i](ctx, numbers())
				own[i] = append(own[i], time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			for i := range own {
				total[i] = append(total[i], own[i]...)
			}
			failed = errors.Join(failed, err)
		})
	}
	group.Wait()
	return total, errors.Join(failed, ctx.Err())
}
