package main

import (
	"context"

	"github.com/coodie-go/coodie"
)

// withCoodie is coodie as the README shows it.
type withCoodie struct {
	locks *coodie.Table[Lock]
	rows  *coodie.Table[Row]
}

var (
	lockName  = coodie.Col(func(l *Lock) *string { return &l.Name })
	lockOwner = coodie.Col(func(l *Lock) *string { return &l.Owner })
	rowName   = coodie.Col(func(r *Row) *string { return &r.Name })
	rowSeq    = coodie.Col(func(r *Row) *int { return &r.Seq })
)

func newCoodie(db *coodie.DB) (c withCoodie, err error) {
	if c.locks, err = coodie.Open[Lock](db); err != nil {
		return c, err
	}
	c.rows, err = coodie.Open[Row](db)
	return c, err
}

func (c withCoodie) InsertLock(ctx context.Context, l Lock) (applied bool, existing Lock, err error) {
	res, err := c.locks.New(l).Insert(ctx)
	if err == nil && !res.Applied {
		existing = res.Existing.Value
	}
	return res.Applied, existing, err
}

func (c withCoodie) UpdateLock(ctx context.Context, name, expected, owner string) (bool, string, error) {
	res, err := c.locks.Find(lockName.Eq(name)).If(lockOwner.Eq(expected)).Update(ctx, lockOwner.Set(owner))
	return owners(res, err)
}

func (c withCoodie) DeleteLock(ctx context.Context, name, expected string) (bool, string, error) {
	res, err := c.locks.Find(lockName.Eq(name)).If(lockOwner.Eq(expected)).Delete(ctx)
	return owners(res, err)
}

func (c withCoodie) UpdateDocument(ctx context.Context, l Lock, owner string) (bool, string, error) {
	res, err := c.locks.New(l).If(lockOwner.Eq(l.Owner)).Update(ctx, lockOwner.Set(owner))
	return owners(res, err)
}

func (c withCoodie) DeleteDocument(ctx context.Context, l Lock) (bool, string, error) {
	res, err := c.locks.New(l).If(lockOwner.Eq(l.Owner)).Delete(ctx)
	return owners(res, err)
}

func owners(res coodie.LWTResult[Lock], err error) (applied bool, actual string, _ error) {
	if err == nil && !res.Applied {
		actual = res.Existing.Value.Owner
	}
	return res.Applied, actual, err
}

func (c withCoodie) InsertRow(ctx context.Context, r Row) (applied bool, existing Row, err error) {
	res, err := c.rows.New(r).Insert(ctx)
	if err == nil && !res.Applied {
		existing = res.Existing.Value
	}
	return res.Applied, existing, err
}

func (c withCoodie) SaveRow(ctx context.Context, r Row) error { return c.rows.New(r).Save(ctx) }

func (c withCoodie) GetRow(ctx context.Context, name string, seq int) (Row, error) {
	return c.rows.Find(rowName.Eq(name), rowSeq.Eq(seq)).Get(ctx)
}

func (c withCoodie) EachRow(ctx context.Context, name string, f func(Row)) error {
	for r, err := range c.rows.Find(rowName.Eq(name)).Iter(ctx) {
		if err != nil {
			return err
		}
		f(r)
	}
	return nil
}
