// Statemachine moves an order through its states.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/machine"
)

type (
	State string
	Event string
	Order struct {
		ID      string      `cql:"id,partition"`
		State   State       `cql:"state"`
		Version int64       `cql:"version,version"`
		Attempt coodie.UUID `cql:"attempt,attempt"`
	}
)

const (
	Pay    Event = "pay"
	Ship   Event = "ship"
	Cancel Event = "cancel"
)

var (
	id     = coodie.Col(func(o *Order) *string { return &o.ID })
	orders = machine.New(func(o *Order) *State { return &o.State }, machine.Rules[State, Event]{
		"placed": {Pay: "paid", Cancel: "cancelled"},
		"paid":   {Ship: "shipped", Cancel: "cancelled"},
	})
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	table, err := coodie.Open[Order](db, coodie.WithLWTOnly())
	check(err)
	check(coodie.Schema(db, table).Create(ctx))
	res, err := table.New(Order{ID: "o1", State: "placed"}).Insert(ctx)
	check(cmp.Or(err, res.Err()))

	for _, event := range []Event{Pay, Ship, Cancel} {
		step, err := orders.Fire(ctx, table.Find(id.Eq("o1")), event)
		if errors.Is(err, machine.ErrNotAllowed) {
			fmt.Println(event, "is not allowed: the order is", step.Row.State)
			continue
		}
		check(err)
		fmt.Println(event, "led from", step.From, "to", step.To)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
