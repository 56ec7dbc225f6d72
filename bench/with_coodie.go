package main

import (
	"context"
	"time"

	"github.com/coodie-go/coodie"
)

// withCoodie is coodie as the README shows it.
type withCoodie struct {
	locks *coodie.Table[Lock]
	rows  *coodie.Table[Row]

	db      *coodie.DB
	counted *coodie.Table[Counted]
	seats   *coodie.Table[Seat]
}

var (
	lockName  = coodie.Col(func(l *Lock) *string { return &l.Name })
	lockOwner = coodie.Col(func(l *Lock) *string { return &l.Owner })
	rowName   = coodie.Col(func(r *Row) *string { return &r.Name })
	seatShow  = coodie.Col(func(s *Seat) *string { return &s.Show })
	seatNo    = coodie.Col(func(s *Seat) *int { return &s.No })
	seatOwner = coodie.Col(func(s *Seat) *string { return &s.Owner })

	countedOwner   = coodie.Col(func(c *Counted) *string { return &c.Owner })
	countedVersion = coodie.Col(func(c *Counted) *int64 { return &c.Version })

	rowSeq = coodie.Col(func(r *Row) *int { return &r.Seq })
)

func newCoodie(db *coodie.DB) (c withCoodie, err error) {
	c.db = db
	if c.locks, err = coodie.Open[Lock](db); err != nil {
		return c, err
	}
	if c.counted, err = coodie.Open[Counted](db); err != nil {
		return c, err
	}
	if c.seats, err = coodie.Open[Seat](db); err != nil {
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

func (c withCoodie) LeaseLock(ctx context.Context, name, expected, owner string) (bool, string, error) {
	res, err := c.locks.Find(lockName.Eq(name)).With(coodie.WithTTL(time.Minute)).If(lockOwner.Eq(expected)).Update(ctx, lockOwner.Set(owner))
	return owners(res, err)
}

func (c withCoodie) UpdateCounted(ctx context.Context, row Counted, owner string) (applied bool, actual int64, _ error) {
	res, err := c.counted.New(row).IfUnchanged().Update(ctx, countedOwner.Set(owner))
	if err == nil && !res.Applied {
		actual, _ = countedVersion.From(res.Existing)
	}
	return res.Applied, actual, err
}

func (c withCoodie) TakeSeats(ctx context.Context, show, expected, owner string) (bool, error) {
	b := c.db.Batch()
	var last *coodie.Handle[Seat]
	for no := range seats {
		last = c.seats.Find(seatShow.Eq(show), seatNo.Eq(no)).If(seatOwner.Eq(expected)).UpdateIn(b, seatOwner.Set(owner))
	}
	if err := b.Exec(ctx); err != nil {
		return false, err
	}
	res, err := last.Result()
	return res.Applied, err
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

func (c withCoodie) FirstRows(ctx context.Context, name string, n int) ([]Row, error) {
	return c.rows.Find(rowName.Eq(name)).Limit(n).All(ctx)
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
