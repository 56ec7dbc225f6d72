// Optimistic changes a balance by Mutate, and then by a condition of its own.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Account struct {
	ID      string      `cql:"id,partition"`
	Balance int         `cql:"balance"`
	Owner   string      `cql:"owner"`
	Version int64       `cql:"version,version"` // counts the writes: one condition guards the whole row
	Attempt coodie.UUID `cql:"attempt,attempt"` // settles a write whose response was lost
}

var (
	id      = coodie.Col(func(a *Account) *string { return &a.ID })
	balance = coodie.Col(func(a *Account) *int { return &a.Balance })
)

var errTooLittle = errors.New("too little money")

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	accounts, err := coodie.Open[Account](db, coodie.WithLWTOnly()) // plain writes are refused
	check(err)
	check(coodie.Schema(db, accounts).Create(ctx))
	created, err := accounts.New(Account{ID: "a", Balance: 100, Owner: "ann"}).Insert(ctx)
	check(cmp.Or(err, created.Err()))

	withdraw := func(amount int) {
		res, err := accounts.Find(id.Eq("a")).Mutate(ctx, func(_ context.Context, a *Account) error {
			if a.Balance < amount {
				return errTooLittle
			}
			a.Balance -= amount
			return nil
		})
		if errors.Is(err, errTooLittle) {
			fmt.Println("refused:", err)
			return
		}
		check(err)
		fmt.Println("balance", res.Value.Balance)
	}
	withdraw(70)
	withdraw(70)

	// The same by hand: a condition, and the row that refused it.
	res, err := accounts.Find(id.Eq("a")).If(balance.Eq(100)).Update(ctx, balance.Set(30))
	check(err)
	fmt.Println("applied:", res.Applied, "balance is", res.Existing.Value.Balance)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
