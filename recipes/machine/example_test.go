package machine_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/machine"
)

// Order is in one of the states that its rules know.
type Order struct {
	ID      string      `cql:"id,partition"`
	State   string      `cql:"state"`
	History []string    `cql:"history"`
	Version int64       `cql:"version,version"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var orders = machine.New(func(o *Order) *string { return &o.State }, machine.Rules[string, string]{
	"placed": {"pay": "paid", "cancel": "cancelled"},
	"paid":   {"ship": "shipped"},
})

func Example() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	ctx := context.Background()
	db := coodie.New(session)
	table, err := coodie.Open[Order](db, coodie.WithTable("orders"), coodie.WithLWTOnly())
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, table).Create(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := table.New(Order{ID: "o1", State: "placed"}).Insert(ctx); err != nil {
		log.Fatal(err)
	}

	order := table.Find(coodie.Col(func(o *Order) *string { return &o.ID }).Eq("o1"))
	step, err := orders.Fire(ctx, order, "pay", func(o *Order) error {
		o.History = append(o.History, "paid by card") // in the same write
		return nil
	})
	fmt.Println(step.From, "→", step.To, step.Row.History, err)

	_, err = orders.Fire(ctx, order, "cancel")
	var refused *machine.TransitionError[string, string]
	if errors.As(err, &refused) {
		fmt.Println("cancel is not allowed when", refused.From)
	}
	// Output:
	// placed → paid [paid by card] <nil>
	// cancel is not allowed when paid
}
