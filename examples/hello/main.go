// Hello takes a lock, loses it to somebody else, and learns what became of a write whose
// response was lost. It needs nothing but Go: the server runs inside the process.
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
	Attempt coodie.UUID `cql:"attempt,attempt"` // identifies each write, for Settle
}

var (
	name  = coodie.Col(func(l *Lock) *string { return &l.Name })
	owner = coodie.Col(func(l *Lock) *string { return &l.Owner })
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app"))
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster()) // or any *gocql.ClusterConfig
	check(err)
	defer db.Close()
	locks, err := coodie.Open[Lock](db)
	check(err)
	check(coodie.Schema(db, locks).Create(ctx))

	acquire := func(who string) {
		res, err := locks.New(Lock{Name: "deploy", Owner: who}).Insert(ctx) // INSERT … IF NOT EXISTS
		if errors.Is(err, coodie.ErrOutcomeUnknown) {
			fmt.Println(who, "may hold the lock")
			res, err = res.Settle(ctx)
		}
		switch {
		case err != nil:
			fmt.Println(who, "cannot tell:", err)
		case res.Applied:
			fmt.Println(who, "holds the lock")
		default:
			fmt.Println(who, "waits for", res.Existing.Value.Owner)
		}
	}
	acquire("ann")
	acquire("bob")

	res, err := locks.Find(name.Eq("deploy")).If(owner.Eq("ann")).Delete(ctx) // DELETE … IF owner = ?
	check(err)
	fmt.Println("released:", res.Applied)

	// The server executes bob's next write, and then reports a timeout.
	server.Fault(cqltest.On(cqltest.Conditional, "lock"), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	acquire("bob")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
