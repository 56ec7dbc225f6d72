package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
)

// query builds a SELECT of all the struct's columns, by name: `SELECT *` would read
// wrong columns after an ALTER, through metadata that gocql has cached.
func (c chain[T]) query(byKey, count bool) *builder {
	b := newBuilder(c.table, cql.Select, "select", false)
	b.stmt.Count = count
	if c.table != nil && !count {
		b.stmt.Columns = c.table.columns
	}
	c.choice.list(b)
	where, use := plainConds(c.where), keyFull
	if c.value != nil {
		b.documentKey(unsafe.Pointer(c.value), false)
	} else {
		use = b.filters(where)
	}
	if byKey && c.value == nil {
		b.needKeys(where, b.table.Partition)
		b.needKeys(where, b.table.Clustering)
		if use != keyFull {
			b.fail("", "Get names one row: each key column by Eq; use First or All for a range", nil)
		}
	}
	if c.serial && !byKey {
		b.fail("", "only Get is linearizable: a serial read is of one row", nil)
	}
	if c.ttl != nil || c.timestamp != nil {
		b.fail("", "a read takes no TTL and no timestamp", nil)
	}
	c.choice.arrange(b, where, c.limit)
	if c.limit != nil {
		if count {
			b.fail("", "Count takes no Limit: CQL counts all rows and then limits the one answer", nil)
		}
		if *c.limit < 1 || *c.limit > math.MaxInt32 {
			b.fail("", "a limit is at least 1", nil)
		}
		b.stmt.Limit = true
		b.call.BindInt(int32(*c.limit))
	}
	if b.err != nil {
		return b
	}
	s, r := &c.table.settings, &b.request
	*r = driver.Request{Kind: driver.Read, Consistency: s.consistency, PageSize: s.pageSize}
	if c.serial || s.lwtOnly && use == keyFull && !count {
		r.Kind, r.Consistency = driver.SerialRead, gocql.Consistency(s.serial)
	}
	r.Unpaged = b.unpaged()
	r.Statement = c.table.texts.Text(&b.stmt)
	return b
}

// one reads the first row.
func (c chain[T]) one(ctx context.Context, byKey bool) (T, error) {
	var v T
	err := c.read(ctx, byKey, false, func(rows *driver.Rows) error {
		if !rows.Next() {
			return ErrNotFound
		}
		var room planRoom
		p, err := newPlan(room[:0], c.table.meta, c.table.name, rows.Columns())
		if err != nil {
			return err
		}
		if err := p.decode(c.table.name, unsafe.Pointer(&v), rows.Cells()); err != nil {
			return err
		}
		return c.table.loaded(ctx, &v)
	})
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// rows yields all rows, and at the end the error if there is one.
func (c chain[T]) rows(ctx context.Context, yield func(T, error) bool) {
	stopped := false
	err := c.read(ctx, false, false, func(rows *driver.Rows) error {
		if !rows.Next() {
			return nil
		}
		var room planRoom
		p, err := newPlan(room[:0], c.table.meta, c.table.name, rows.Columns())
		if err != nil {
			return err
		}
		var v, zero T // one variable for all rows: each is yielded as a copy
		for more := true; more; more = rows.Next() {
			v = zero
			if err := p.decode(c.table.name, unsafe.Pointer(&v), rows.Cells()); err != nil {
				return err
			}
			if err := c.table.loaded(ctx, &v); err != nil {
				return err
			}
			if !yield(v, nil) {
				stopped = true
				return nil
			}
		}
		return nil
	})
	if err != nil && !stopped {
		var zero T
		yield(zero, err)
	}
}

func (c chain[T]) count(ctx context.Context) (int64, error) {
	var n int64
	err := c.read(ctx, false, true, func(rows *driver.Rows) error {
		if !rows.Next() {
			return nil
		}
		cells := rows.Cells()
		if len(cells) != 1 || len(cells[0]) != 8 {
			return &DecodeError{Table: c.table.name, Column: "count", Err: fmt.Errorf("count(*) is not a bigint")}
		}
		n = int64(binary.BigEndian.Uint64(cells[0]))
		return nil
	})
	return n, err
}

// read sends the SELECT and hands its rows to each. An error of the query goes before
// that of each, which may be its consequence.
func (c chain[T]) read(ctx context.Context, byKey, count bool, each func(*driver.Rows) error) error {
	b := c.query(byKey, count)
	defer b.release()
	if b.err != nil {
		return b.err
	}
	r, start := &b.request, c.table.now()
	rows := b.call.Do(ctx, c.table.sender, r)
	err := each(rows)
	if failed := rows.Close(); failed != nil {
		err = c.table.failure(b.op, r, failed)
	}
	c.table.observe(ctx, b.op, r, Done, err, start)
	return err
}
