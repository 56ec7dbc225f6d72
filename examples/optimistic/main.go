// Optimistic counts with several workers on one row: go run ./examples/optimistic
package main

import (
	"context"
	"fmt"
	"log"

	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/examples/internal/server"
)

type Counter struct {
	Name  string `cql:"name,partition"`
	Total int    `cql:"total"`
}

var (
	name  = coodie.Col(func(c *Counter) *string { return &c.Name })
	total = coodie.Col(func(c *Counter) *int { return &c.Total })
)

func main() {
	session, stop, err := server.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	if err := run(context.Background(), coodie.New(session)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, db *coodie.DB) error {
	counters, err := coodie.Open[Counter](db, coodie.WithTable("counters"))
	if err != nil {
		return err
	}
	if err = coodie.Schema(db, counters).Create(ctx); err != nil {
		return err
	}
	res, err := counters.New(Counter{Name: "visits"}).Insert(ctx)
	if err != nil {
		return err
	}
	before, _ := total.From(res.Existing) // zero if the row is new
	visits := counters.Find(name.Eq("visits"))
	workers, working := errgroup.WithContext(ctx)
	for range 4 {
		workers.Go(func() error { return add(working, visits, 5) })
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	after, err := visits.With(coodie.WithLinearizable()).Get(ctx)
	fmt.Printf("4 workers added 5 each: %+d\n", after.Total-before)
	return err
}

// add adds one to the row, n times.
func add(ctx context.Context, row *coodie.QuerySet[Counter], n int) error {
	for n > 0 {
		seen, err := row.With(coodie.WithLinearizable()).Get(ctx)
		if err != nil {
			return err
		}
		res, err := row.If(total.Eq(seen.Total)).Update(ctx, total.Set(seen.Total+1))
		if err != nil {
			return err // an unknown outcome must be settled before trying again
		}
		if res.Applied {
			n--
		}
	}
	return nil
}
