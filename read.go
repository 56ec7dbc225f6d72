package coodie

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// readOne reads the first row into the zero row at v. most: how many rows to read, of which two are an error; 0: the
// key says that.
func (q *query) readOne(ctx context.Context, want stmt.ReadKind, most int, v codec.Addr) error {
	c := q.call()
	if most > 0 {
		c.spec.Most(most)
	}
	err := c.readOne(ctx, want, most > 1, v)
	if err != nil && c.table != nil {
		v.Value(c.table.schema.Meta.Go).SetZero() // no half of a row
	}
	return err
}

func (q *query) rows(ctx context.Context, room func() codec.Addr, yield func(codec.Addr, error) bool) {
	c := q.call()
	c.rows(ctx, room, yield)
}

// text is the SELECT of all rows, or why there is none.
func (q *query) text() string {
	c := q.call()
	b := c.spec.Query(stmt.ReadRows)
	defer b.Release()
	if b.Err != nil {
		return usageError(b.Err).Error()
	}
	return b.Request.Statement
}

func (q *query) count(ctx context.Context) (int64, error) {
	c := q.call()
	return c.count(ctx)
}

func (q *query) exists(ctx context.Context) (bool, error) {
	c := q.call()
	c.spec.Most(1)
	return c.exists(ctx)
}

// readOne reads the first row into the zero row at v. only: it must be the only one.
func (c *call) readOne(ctx context.Context, want stmt.ReadKind, only bool, v codec.Addr) error {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	if want == stmt.ReadRows {
		switch p, err := c.split("select", true); {
		case err != nil:
			return err
		case p != nil:
			return p.readOne(ctx, only, v)
		}
	}
	return c.read(ctx, want, func(r *answer.Reader) error {
		r.Skip = 0
		found := r.NextRow()
		p, err := r.Decoding()
		if err != nil {
			return err
		}
		if !found {
			return &Error{Kind: KindNotFound, Op: "select", Table: c.table.schema.Name}
		}
		if err := r.Decode(p, v); err != nil {
			return err
		}
		if only && r.NextRow() {
			return &Error{Kind: KindMultiple, Op: "select", Table: c.table.schema.Name, Reason: "several rows where one was expected"}
		}
		r.Leave()
		defer r.Return()
		return c.table.loaded(r.Context(), v)
	})
}

// oneOf is the error of a read that wants one row and has found n; failed goes before it.
func (c *call) oneOf(n int, failed error) error {
	switch {
	case failed != nil || n == 1:
		return failed
	case n == 0:
		return c.locate(&Error{Kind: KindNotFound, Op: "select", Table: c.table.schema.Name})
	}
	return c.locate(&Error{Kind: KindMultiple, Op: "select", Table: c.table.schema.Name, Reason: "several rows where one was expected"})
}

// rows yields all rows, and at the end the error if there is one. room gives each a place.
func (c *call) rows(ctx context.Context, room func() codec.Addr, yield func(codec.Addr, error) bool) {
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
func (c *call) decoded(ctx context.Context, room func() codec.Addr, each func(v codec.Addr, cells [][]byte) bool) error {
	return c.read(ctx, stmt.ReadRows, func(r *answer.Reader) error { return c.table.decode(r, room, each) })
}

func (t *table) decode(r *answer.Reader, room func() codec.Addr, each func(v codec.Addr, cells [][]byte) bool) error {
	for {
		more := r.NextRow()
		// The columns' types are looked at even if there is no row: a filter may have missed it
		// because the column that it is on has another type by now.
		p, err := r.Decoding()
		if err != nil || !more {
			return err
		}
		v := room()
		if err := r.Decode(p, v); err != nil {
			return err
		}
		r.Leave()
		if err := t.loaded(r.Context(), v); err != nil {
			return err
		}
		more = each(v, r.Cells())
		if r.Return(); !more {
			return nil
		}
	}
}

func (c *call) count(ctx context.Context) (int64, error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	switch p, err := c.split("select", false); {
	case err != nil:
		return 0, err
	case p != nil && c.spec.Limit == nil:
		return p.count(ctx)
	}
	var n int64
	err := c.read(ctx, stmt.ReadCount, func(r *answer.Reader) error {
		if !r.Next() {
			return nil
		}
		cells := r.Cells()
		if len(cells) != 1 || len(cells[0]) != 8 {
			return decodeError(c.table.schema.Name, "count", "", fmt.Errorf("count(*) is not a bigint"))
		}
		n = int64(binary.BigEndian.Uint64(cells[0]))
		return nil
	})
	return n, err
}

// exists reports whether there is a row.
func (c *call) exists(ctx context.Context) (found bool, err error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	switch p, err := c.split("select", false); {
	case err != nil:
		return false, err
	case p != nil:
		return p.exists(ctx)
	}
	err = c.read(ctx, stmt.ReadAny, func(r *answer.Reader) error {
		found = r.NextRow()
		return nil
	})
	return found && err == nil, err
}

// read builds the SELECT, sends it and hands its rows to each.
func (c *call) read(ctx context.Context, want stmt.ReadKind, each func(*answer.Reader) error) error {
	for skip := 0; ; {
		b := c.spec.Query(want)
		if b.Err != nil {
			defer b.Release()
			return c.locate(usageError(b.Err))
		}
		r := answer.NewReader(&c.table.source, b)
		r.Skip = skip
		err := c.send(ctx, b, r, OutcomeDone, each)
		again, handed := r.Cut(c.spec.Limit), r.Found
		r.Release()
		b.Release()
		if !again {
			return err
		}
		c.table.schema.Statics.Store(true)
		skip = handed
	}
}

// send sends a SELECT and hands its rows to each. An error of the query goes before
// that of each, which may be its consequence. found is the outcome of one that has rows.
func (c *call) send(ctx context.Context, b *stmt.Bound, rows *answer.Reader, found Outcome, each func(*answer.Reader) error) error {
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	c.note(ctx, b)
	r := &b.Request
	ctx, w := c.table.begin(ctx, b.Op, eventKind(r.Kind), r)
	rows.Timed = w != nil
	tell := func(e *Event) { e.Rows, e.Caller = rows.Rows.Read(), rows.Outside() }
	defer w.left(tell)
	rows.Rows, rows.Statement = b.Call.Do(ctx, c.table.sender, r), r.Statement
	err := each(rows)
	if failed := rows.Close(); failed != nil {
		rows.RowMark.Cuts = false
		err = c.table.failure(b.Op, r, failed)
	}
	outcome := OutcomeDone
	if rows.Found > 0 {
		outcome = found
	}
	err = c.locate(err)
	w.end(outcome, err, func(e *Event) { tell(e); e.Warning = c.table.warns(r) })
	return err
}
