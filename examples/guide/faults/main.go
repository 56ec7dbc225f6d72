// Faults shows what a program sees when the response of an LWT is lost.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Lock struct {
	Name    string      `cql:"name,partition"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	locks, err := coodie.Open[Lock](db)
	check(err)
	check(coodie.Schema(db, locks).Create(ctx))

	insert := func(name string) {
		res, err := locks.New(Lock{Name: name, Owner: "ann"}).Insert(ctx)
		fmt.Println("unknown:", errors.Is(err, coodie.ErrOutcomeUnknown))
		res, err = res.Settle(ctx)
		fmt.Println("applied:", res.Applied, "- still unknown:", err != nil)
	}
	executed := server.Fault(cqltest.On(cqltest.Conditional, "lock").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	insert("a")
	fmt.Println("the fault struck", executed.Hits(), "time")

	server.Fault(cqltest.On(cqltest.Conditional, "lock").Nth(1), cqltest.WriteTimeout("CAS"))
	insert("b")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
