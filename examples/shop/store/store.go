// Package store keeps the shop's data: what must not go wrong (stock, orders, e-mail addresses)
// is written by LWTs, the rest by plain writes.
package store

import (
	"context"
	"errors"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/claim"
)

// What a customer can be told.
var (
	ErrTaken      = errors.New("the e-mail address is taken")
	ErrOutOfStock = errors.New("out of stock")
	ErrNoSession  = errors.New("not signed in")
	ErrNotAllowed = errors.New("the order does not allow that")
)

// Store is the shop's tables. It is safe for many goroutines.
type Store struct {
	products  *coodie.Table[Product]
	stock     *coodie.Table[Stock]
	emails    *claim.Claims
	customers *coodie.Table[Customer]
	sessions  *coodie.Table[session]
	orders    *coodie.Table[Order]
}

// Open opens the tables of db, and makes those that do not exist. pageKey signs the page tokens
// of the catalogue: 32 bytes, the same in all of the shop's processes.
func Open(ctx context.Context, db *coodie.DB, pageKey []byte) (*Store, error) {
	emails, err := claim.Open(db, coodie.WithTable("emails"))
	if err != nil {
		return nil, err
	}
	s := &Store{emails: emails}
	return s, errors.Join(
		emails.Create(ctx),
		open(ctx, db, &s.products, coodie.WithPageTokenKeys(pageKey)),
		open(ctx, db, &s.stock, coodie.WithLWTOnly(), coodie.WithSettle()),
		open(ctx, db, &s.customers),
		open(ctx, db, &s.sessions),
		open(ctx, db, &s.orders, coodie.WithLWTOnly(), coodie.WithSettle()),
	)
}

func open[T any](ctx context.Context, db *coodie.DB, table **coodie.Table[T], opts ...coodie.TableOption) (err error) {
	if *table, err = coodie.Open[T](db, opts...); err != nil {
		return err
	}
	return coodie.Schema(db, (*table)).Create(ctx)
}
