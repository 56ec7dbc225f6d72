package mutateeffect

import (
	"context"

	"github.com/coodie-go/coodie"
)

type Account struct{ Balance int }

func effects(ctx context.Context, t *coodie.Table[Account], told chan int, tell func()) {
	var n, balance int
	var seen []int
	t.Find().Mutate(ctx, func(ctx context.Context, a *Account) error {
		a.Balance--
		a.Balance += 1
		local := 0
		local++
		balance = a.Balance
		n++                             // want `n counts the attempts of Mutate`
		n += 2                          // want `n is added to with each attempt`
		seen = append(seen, 1)          // want `seen is added to`
		told <- 1                       // want `this happens again with each attempt`
		go tell()                       // want `this happens again`
		t.Find().Delete(ctx)            // want `this write is made with each attempt of Mutate`
		_, err := t.New(*a).Insert(ctx) // want `this write is made`
		return err
	})
	_, _ = balance, seen
	change := func(ctx context.Context, a *Account) error {
		n++ // want `n counts`
		return nil
	}
	t.New(Account{}).Mutate(ctx, change)
}
