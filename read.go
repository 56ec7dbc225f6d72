package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"github.com/coodie-go/coodie/internal/codec"
	"math"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
)

// readKind is what a read is after.
type readKind uint8

const (
	readRows    readKind = iota
	readRow              // the one row of a primary key
	readCount            // how many rows
	readAny              // whether there is a row
	readStatics          // the static columns of a partition
)

// query builds a SELECT of all the struct's columns, by name: `SELECT *` would read
// wrong columns after an ALTER, through metadata that gocql has cached.
func (c *spec) query(want readKind) *builder {
	m := c.templateKey(cql.Select, want, false)
	if b := c.again(m, "select", nil, nil); b != nil {
		return b
	}
	b := newBuilder(c.table, cql.Select, "select", false)
	b.rows.by, b.rows.known = c.tells(want), m.statics
	switch {
	case c.table == nil:
	case want == readCount:
		b.stmt.Count = true
	case want == readAny:
		i := b.table.Partition[0].Index
		b.stmt.Columns = c.table.columns[i : i+1]
	default:
		b.stmt.Columns = c.table.columns
	}
	if c.tokens {
		for _, col := range b.table.Partition {
			b.stmt.TokenOf = append(b.stmt.TokenOf, named(col))
		}
	}
	c.readOptions.list(b)
	c.tell(b, want)
	where, use := c.where, keyFull
	if !c.value.None() {
		b.documentKey(c.value, false)
	} else {
		use = b.filters(where)
	}
	if want == readRow && c.value.None() {
		b.needKeys(where, b.table.Partition)
		b.needKeys(where, b.table.Clustering)
		if use != keyFull {
			b.fail("", "Get names one row: each key column by Eq; use One, First or All for a range", nil)
		}
	}
	switch {
	case c.serial && c.table != nil && c.table.rules.viewOf != "":
		b.fail("", "a materialized view follows its table with some delay, so no read of it is linearizable", nil)
	case !c.serial || want == readRow || want == readStatics:
	case want != readAny:
		b.fail("", "only Get and Exists are linearizable: a serial read is of one row", nil)
	case use != keyFull:
		b.needKeys(where, b.table.Primary())
		b.fail("", "a linearizable Exists names one row: each key column by Eq", nil)
	}
	if c.ttl != nil || c.timestamp != nil {
		b.fail("", "a read takes no TTL and no timestamp", nil)
	}
	c.readOptions.arrange(b, where, c.limit)
	if c.limit != nil {
		if want == readCount {
			b.fail("", "Count takes no Limit: CQL counts all rows and then limits the one answer", nil)
		}
		if *c.limit < 1 || *c.limit > math.MaxInt32 {
			b.fail("", "a limit is at least 1", nil)
		}
		if b.err == nil {
			c.bindLimit(b)
		}
	}
	c.oneStatement(b)
	c.callOfRead(b)
	if b.err != nil {
		return b
	}
	s, r := &c.table.rules, &b.request
	r.Kind, r.Consistency = driver.Read, c.level()
	c.paged(b)
	b.fewer()
	plain := want == readCount || c.readOptions.aggregates() || c.per != nil && c.per.consistency != nil
	if c.serial || s.lwtOnly && use == keyFull && !plain && c.part == 0 {
		r.Kind, r.Consistency = driver.SerialRead, driver.Consistency(s.serial)
	}
	replay := c.replayed(b)
	r.Once, r.Reason = !replay.Safe(), replay.String()
	r.Unpaged = b.unpaged()
	r.Statement = c.table.text(b)
	c.learn(b, m, nil, nil)
	return b
}

// one reads the first row into the zero row at v. most: how many rows to read, of which two are an error; 0: the
// key says that.
func (q *query) one(ctx context.Context, want readKind, most int, v codec.Addr) error {
	c := q.chain()
	if most > 0 {
		c.spec.most(most)
	}
	err := c.one(ctx, want, most > 1, v)
	if err != nil && c.table != nil {
		v.Value(c.table.schema.meta.Go).SetZero() // no half of a row
	}
	return err
}

func (q *query) rows(ctx context.Context, room func() codec.Addr, yield func(codec.Addr, error) bool) {
	c := q.chain()
	c.rows(ctx, room, yield)
}

func (q *query) count(ctx context.Context) (int64, error) {
	c := q.chain()
	return c.count(ctx)
}

func (q *query) exists(ctx context.Context) (bool, error) {
	c := q.chain()
	c.spec.most(1)
	return c.exists(ctx)
}

// one reads the first row into the zero row at v. only: it must be the only one.
func (c *chain) one(ctx context.Context, want readKind, only bool, v codec.Addr) error {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	if want == readRows {
		switch p, err := c.split("select", true); {
		case err != nil:
			return err
		case p != nil:
			return p.one(ctx, only, v)
		}
	}
	return c.read(ctx, want, func(r *reader) error {
		r.skip = 0
		found := r.next()
		p, err := r.plan()
		if err != nil {
			return err
		}
		if !found {
			return &NotFoundError{Op: "select", Table: c.table.schema.name}
		}
		if err := r.decode(p, v); err != nil {
			return err
		}
		if only && r.next() {
			return &MultipleError{Op: "select", Table: c.table.schema.name}
		}
		return c.table.loaded(r.Context(), v)
	})
}

// oneOf is the error of a read that wants one row and has found n; failed goes before it.
func (c *chain) oneOf(n int, failed error) error {
	switch {
	case failed != nil || n == 1:
		return failed
	case n == 0:
		return c.locate(&NotFoundError{Op: "select", Table: c.table.schema.name})
	}
	return c.locate(&MultipleError{Op: "select", Table: c.table.schema.name})
}

// rows yields all rows, and at the end the error if there is one. room gives each a place.
func (c *chain) rows(ctx context.Context, room func() codec.Addr, yield func(codec.Addr, error) bool) {
	switch p, err := c.split("select", true); {
	case err != nil:
		yield(codec.Addr{}, err)
		return
	case p != nil:
		p.rows(ctx, yield)
		return
	}
	ctx, cancel := context.WithCancel(ctx) // ends the request for a page that nobody waits for
	defer cancel()
	stopped := false
	err := c.decoded(ctx, room, func(v codec.Addr, _ [][]byte) bool {
		stopped = !yield(v, nil)
		return !stopped
	})
	if err != nil && !stopped {
		yield(codec.Addr{}, err)
	}
}

// decoded hands all rows to each, with their cells, until it says false. room gives each row
// a place, which is zero.
func (c *chain) decoded(ctx context.Context, room func() codec.Addr, each func(v codec.Addr, cells [][]byte) bool) error {
	return c.read(ctx, readRows, func(r *reader) error { return c.table.decode(r, room, each) })
}

func (t *table) decode(r *reader, room func() codec.Addr, each func(v codec.Addr, cells [][]byte) bool) error {
	for {
		more := r.next()
		// The columns' types are looked at even if there is no row: a filter may have missed it
		// because the column that it is on has another type by now.
		p, err := r.plan()
		if err != nil || !more {
			return err
		}
		v := room()
		if err := r.decode(p, v); err != nil {
			return err
		}
		if err := t.loaded(r.Context(), v); err != nil {
			return err
		}
		if !each(v, r.Cells()) {
			return nil
		}
	}
}

func (c *chain) count(ctx context.Context) (int64, error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	switch p, err := c.split("select", false); {
	case err != nil:
		return 0, err
	case p != nil && c.spec.limit == nil:
		return p.count(ctx)
	}
	var n int64
	err := c.read(ctx, readCount, func(r *reader) error {
		if !r.Next() {
			return nil
		}
		cells := r.Cells()
		if len(cells) != 1 || len(cells[0]) != 8 {
			return &DecodeError{Table: c.table.schema.name, Column: "count", Err: fmt.Errorf("count(*) is not a bigint")}
		}
		n = int64(binary.BigEndian.Uint64(cells[0]))
		return nil
	})
	return n, err
}

// exists reports whether there is a row.
func (c *chain) exists(ctx context.Context) (found bool, err error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	switch p, err := c.split("select", false); {
	case err != nil:
		return false, err
	case p != nil:
		return p.exists(ctx)
	}
	err = c.read(ctx, readAny, func(r *reader) error {
		found = r.next()
		return nil
	})
	return found && err == nil, err
}

// read builds the SELECT, sends it and hands its rows to each.
func (c *chain) read(ctx context.Context, want readKind, each func(*reader) error) error {
	for skip := 0; ; {
		b := c.spec.query(want)
		if b.err != nil {
			defer b.release()
			return c.locate(usageError(b.err))
		}
		r := newReader(&c.table.source, b)
		r.skip = skip
		err := c.send(ctx, b, r, new(Outcome), each)
		again, handed := r.cut(c.spec.limit), r.rows
		r.release()
		b.release()
		if !again {
			return err
		}
		c.table.schema.statics.Store(true)
		skip = handed
	}
}

// send sends a SELECT and hands its rows to each. An error of the query goes before
// that of each, which may be its consequence.
func (c *chain) send(ctx context.Context, b *builder, answer *reader, outcome *Outcome, each func(*reader) error) error {
	ctx, cancel := within(ctx, c.spec.per)
	defer cancel()
	c.note(ctx, b)
	r, start := &b.request, c.table.now()
	answer.Rows, answer.statement = b.call.Do(ctx, c.table.sender, r), r.Statement
	err := each(answer)
	if failed := answer.Close(); failed != nil {
		answer.tells.cuts = false
		err = c.table.failure(b.op, r, failed)
	}
	err = c.locate(err)
	c.table.observe(ctx, b.op, r, *outcome, err, start)
	return err
}
