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
	var s Store
	var errs [6]error
	s.emails, errs[0] = claim.Open(db, coodie.WithTable("emails"))
	s.products, errs[1] = coodie.Open[Product](db, coodie.WithPageTokenKeys(pageKey))
	s.stock, errs[2] = coodie.Open[Stock](db, coodie.WithLWTOnly(), coodie.WithSettle())
	s.customers, errs[3] = coodie.Open[Customer](db)
	s.sessions, errs[4] = coodie.Open[session](db)
	s.orders, errs[5] = coodie.Open[Order](db, coodie.WithLWTOnly(), coodie.WithSettle())
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return &s, errors.Join(s.emails.Create(ctx), coodie.Schema(db, s.products, s.stock, s.customers, s.sessions, s.orders).Create(ctx))
}
