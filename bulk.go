package coodie

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/stmt"
)

// bulkAtOnce is how many listed a bulk call has under way unless told otherwise.
const bulkAtOnce = 32

// SaveAll saves values as Document.Save does, each by a statement of its own and
// several at once: faster than a batch, which one coordinator has to carry out alone.
//
// One value that fails does not stop the others. The error is then a *BulkError that
// knows each of them: Errs[i] belongs to values[i], and those of unknown outcome and those
// that were not sent, since the context had ended, are told apart. Two values of one key are
// written in any order. The options are those of a single write: WithTTL, WithOmitNil, WithConcurrency and the like.
func (t *Table[T]) SaveAll(ctx context.Context, values []T, opts ...CallOption) error {
	return (*table)(t).told(opts).saveAll(ctx, listOf(values))
}

// InsertAll inserts values as Document.Insert does: each is an LWT of its own,
// several at once. results[i] and, in the *BulkError, Errs[i] belong to values[i].
// A refused insert is a result and no error. Of values whose outcome is unknown
// results[i].Settle finds out what can be found out.
func (t *Table[T]) InsertAll(ctx context.Context, values []T, opts ...CallOption) (results []LWTResult[T], err error) {
	results = make([]LWTResult[T], len(values))
	err = (*table)(t).told(opts).insertAll(ctx, listOf(values), func(i int) *result { return plainResult(&results[i]) })
	return results, err
}

// DeleteAll deletes the rows that have the keys of values as Document.Delete does, several
// at once. Errors are as those of SaveAll.
func (t *Table[T]) DeleteAll(ctx context.Context, values []T, opts ...CallOption) error {
	return (*table)(t).told(opts).deleteAll(ctx, listOf(values))
}

// GetMany reads the rows that have the primary keys of keys, of which only the key fields
// count, several at once. rows[i] belongs to keys[i]; it is nil where there is no row,
// which is no error. A key that fails does not stop the others: see SaveAll.
func (t *Table[T]) GetMany(ctx context.Context, keys []T, opts ...CallOption) (rows []*T, err error) {
	rows = make([]*T, len(keys))
	err = (*table)(t).told(opts).getMany(ctx, listOf(keys), addrsOf(rows))
	return rows, err
}

// told is the query of all rows, told more.
func (t *table) told(opts []CallOption) *query {
	q := t.find(nil)
	if len(opts) > 0 {
		q = q.with(opts)
	}
	return q
}

func (q *query) saveAll(ctx context.Context, values stmt.Listed) error {
	c := q.call()
	return c.bulk(ctx, "save", values, func(_ int, v codec.Addr) error {
		return c.item("save", v, func(c call) error { return c.save(ctx) })
	})
}

func (q *query) insertAll(ctx context.Context, values stmt.Listed, place func(int) *result) error {
	c := q.call()
	return c.bulk(ctx, "insert", values, func(i int, v codec.Addr) error {
		return c.item("insert", v, func(c call) (err error) {
			*place(i), err = c.insertDocument(ctx)
			return err
		})
	})
}

func (q *query) deleteAll(ctx context.Context, values stmt.Listed) error {
	c := q.call()
	return c.bulk(ctx, "delete", values, func(_ int, v codec.Addr) error {
		return c.item("delete", v, func(c call) error { return c.removePlain(ctx) })
	})
}

// getMany sets one of found for each key.
func (q *query) getMany(ctx context.Context, keys stmt.Listed, found []codec.Addr) error {
	c := q.call()
	return c.bulk(ctx, "get", keys, func(i int, key codec.Addr) error {
		row, err := c.get(ctx, key)
		found[i] = row
		return err
	})
}

// get reads the row with the key of the one at key; nil if there is none.
func (c call) get(ctx context.Context, key codec.Addr) (row codec.Addr, err error) {
	c.spec.Value = key
	row = c.table.schema.New()
	err = protect(func() error { return c.readOne(ctx, stmt.ReadRow, false, row) })
	switch {
	case errors.Is(err, ErrNotFound):
		return codec.Addr{}, nil
	case err != nil:
		return codec.Addr{}, err
	}
	return row, nil
}

// item makes a document of a value, which follows what is written of it. A panic before
// anything was sent has certainly written nothing.
func (c call) item(op string, value codec.Addr, write func(call) error) error {
	t, sent := c.table, false
	doc := t.documentAt(t.schema.Copy(value))
	c.doc, c.held, c.spec.Value, c.sent = doc.doc, doc.held, doc.spec.Value, &sent
	err := protect(func() error { return write(c) })
	t.schema.Set(value, c.held)
	panicked := find(err, (*Error).isPanic)
	switch {
	case panicked == nil:
		return err
	case sent:
		panicked.Unknown = true
	default:
		panicked.Err = &driver.NotSentError{Err: panicked.Err}
	}
	panicked.Op, panicked.Table = op, t.schema.Name
	return panicked
}

// bulk carries out a call, item by item. Each error names the key of its item.
func (c call) bulk(ctx context.Context, op string, rows stmt.Listed, do func(i int, v codec.Addr) error) error {
	limit, err := c.atOnce(op, bulkAtOnce)
	if err != nil {
		return err
	}
	if len(c.spec.Where) > 0 {
		return c.usage(op, "a bulk call takes no filters: each item names its own row")
	}
	errs := make([]error, rows.N)
	fanout.Each(rows.N, limit, func(i int) {
		item := c.table.call()
		item.spec.Value = rows.At(i)
		err := driver.Ended(ctx)
		if err != nil {
			err = queryError(op, c.table.schema.Name, "", &driver.NotSentError{Err: err})
		} else {
			err = do(i, item.spec.Value)
		}
		errs[i] = item.locate(err)
	})
	return bulkError(op, c.table.schema.Name, errs)
}

// atOnce is how many statements of a call may be under way at once.
func (c call) atOnce(op string, usual int) (int, error) {
	switch {
	case c.table == nil:
		return 0, noTable(op)
	case c.spec.Concurrency < 0:
		return 0, c.usage(op, fmt.Sprintf("a concurrency of %d: it is at least 1", c.spec.Concurrency))
	case c.spec.Concurrency > 0:
		return c.spec.Concurrency, nil
	}
	return usual, nil
}

func (c call) usage(op, reason string) error {
	return misuse(op, c.table.schema.Name, "", reason, nil)
}

// BulkError says which items of a bulk call failed. The others were carried out.
// It unwraps to the errors of the items, so that errors.Is and errors.As look through all
// of them.
type BulkError struct {
	Op    string // "save", "insert", "delete", "get"
	Table string
	Errs  []error // one per item of the call, in its order; nil where it succeeded
}

func bulkError(op, table string, errs []error) error {
	for _, err := range errs {
		if err != nil {
			return &BulkError{Op: op, Table: table, Errs: errs}
		}
	}
	return nil
}

// Failed are the indexes of the items that failed, for whatever reason.
func (e *BulkError) Failed() []int { return e.where(func(error) bool { return true }) }

// Unknown are the indexes of the items that may have been carried out: their errors
// match ErrOutcomeUnknown. All others that failed certainly had no effect.
func (e *BulkError) Unknown() []int {
	return e.where(func(err error) bool { return errors.Is(err, ErrOutcomeUnknown) })
}

// NotSent are the indexes of the items that were not sent because the context had ended:
// their errors match ErrNotSent.
func (e *BulkError) NotSent() []int {
	return e.where(func(err error) bool { return errors.Is(err, ErrNotSent) })
}

func (e *BulkError) where(is func(error) bool) (indexes []int) {
	for i, err := range e.Errs {
		if err != nil && is(err) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Error counts the items that failed, and has the first errors.
func (e *BulkError) Error() string {
	failed := e.Failed()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d items failed", about(e.Op, e.Table, nil), len(failed), len(e.Errs))
	if n := len(e.Unknown()); n > 0 {
		fmt.Fprintf(&b, ", %d with an unknown outcome", n)
	}
	if n := len(e.NotSent()); n > 0 {
		fmt.Fprintf(&b, ", %d not sent", n)
	}
	if len(failed) > 0 {
		fmt.Fprintf(&b, "; item %d: %v", failed[0], e.Errs[failed[0]])
	}
	return b.String()
}

// Unwrap returns the errors of the items that failed.
func (e *BulkError) Unwrap() []error {
	var errs []error
	for _, err := range e.Errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// protect makes an error of a panic in f.
func protect(f func() error) error { return panicked(fanout.Protect(f)) }

// panicked is err, with a panic as the error that users know.
func panicked(err error) error {
	var p *fanout.Panic
	if errors.As(err, &p) {
		cause, ok := p.Value.(error)
		if ok {
			cause = fmt.Errorf("panic: %w", cause)
		} else {
			cause = fmt.Errorf("panic: %v", p.Value)
		}
		return &Error{Kind: KindUsage, Err: cause, Stack: p.Stack}
	}
	return err
}
