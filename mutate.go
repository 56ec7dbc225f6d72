package coodie

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// MutateResult is what Mutate did.
type MutateResult[T any] struct {
	Value    T    // the row as it is now
	Changed  bool // false if the function changed nothing, and so nothing was written
	Created  bool // the row was missing and has been created: see OrCreate
	Attempts int  // conditional writes sent
	Refused  int  // of these, because somebody else had written meanwhile
	Unknown  int  // of these, with an outcome that had to be settled
}

// ContendedError is a Mutate that has used up its attempts. It matches ErrContended and
// unwraps to the last error, if there was one.
type ContendedError struct {
	Table                      string
	Attempts, Refused, Unknown int
	Err                        error
}

func (e *ContendedError) Error() string {
	s := fmt.Sprintf("coodie: mutate %s: contended: %d attempts, %d refused, %d unknown", e.Table, e.Attempts, e.Refused, e.Unknown)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches ErrContended.
func (e *ContendedError) Is(target error) bool { return target == ErrContended }

func (e *ContendedError) Unwrap() error { return e.Err }

// MutateOption changes how Mutate works.
type MutateOption func(*mutateSettings)

type mutateSettings struct {
	attempts int
	create   bool
	unqueued bool
}

// MaxAttempts bounds the conditional writes of one Mutate; 16 by default.
func MaxAttempts(n int) MutateOption { return func(s *mutateSettings) { s.attempts = n } }

// OrCreate makes Mutate insert the row if it is missing: the function gets a T with only
// its key set.
func OrCreate() MutateOption { return func(s *mutateSettings) { s.create = true } }

// Unqueued makes Mutate not wait for others of the same row in this process.
func Unqueued() MutateOption { return func(s *mutateSettings) { s.unqueued = true } }

// Mutate reads a row, lets change change it, and writes what was changed on the condition
// that nobody else has written meanwhile; if somebody has, it begins again with the new
// row. The filters must give each key column one value.
//
//	res, err := accounts.Find(id.Eq("a")).Mutate(ctx, func(a *Account) error {
//		if a.Balance < 10 { return ErrTooLittle }
//		a.Balance -= 10
//		return nil
//	})
//
// The condition is the version column (tag `version`), or else every column of the
// struct, as it was read. change may run several times and must not have effects of its
// own; its error ends Mutate and is returned as it is. Changing a key column is a
// *UsageError. A missing row is ErrNotFound unless OrCreate is given. A row that reads as
// null in every column cannot be told from a missing one and needs a version column:
// ErrCannotGuard.
//
// A write whose outcome is unknown is settled (see LWTResult.Settle), by an attempt
// column or the version; if it cannot be, Mutate ends with the *OutcomeUnknownError. When
// its attempts are used up it ends with a *ContendedError.
//
// Calls for one row from one process queue up, which is several times faster than
// letting them fight over it. change must therefore not call Mutate for the same row;
// that is noticed and refused.
func (q QuerySet[T]) Mutate(ctx context.Context, change func(*T) error, opts ...MutateOption) (MutateResult[T], error) {
	return q.chain.mutate(ctx, change, opts)
}

// Mutate is QuerySet.Mutate for the document's row. Value is the row as it is now once
// Mutate has succeeded.
func (d *Document[T]) Mutate(ctx context.Context, change func(*T) error, opts ...MutateOption) (MutateResult[T], error) {
	res, err := d.with().chain.mutate(ctx, change, opts)
	switch {
	case err == nil:
		d.Value, d.stale = res.Value, false
	case errors.Is(err, ErrOutcomeUnknown):
		d.stale = true
	}
	return res, err
}

// mutation is one call of Mutate.
type mutation[T any] struct {
	chain  chain[T]
	change func(*T) error
	create bool
	res    MutateResult[T]
	// declined: the function has returned an error, which ends it all
	declined bool
}

func (c chain[T]) mutate(ctx context.Context, change func(*T) error, opts []MutateOption) (MutateResult[T], error) {
	s := mutateSettings{attempts: 16}
	for _, o := range opts {
		o(&s)
	}
	key, err := c.rowKey()
	if err == nil && (change == nil || s.attempts < 1) {
		err = &UsageError{Op: "mutate", Table: c.table.name, Reason: "Mutate needs a function and at least one attempt"}
	}
	if err != nil {
		return MutateResult[T]{}, err
	}
	if !s.unqueued {
		leave, err := c.table.queue.enter(ctx, c.table.name+"\x00"+key)
		if err != nil {
			if errors.Is(err, errReentered) {
				err = &UsageError{Op: "mutate", Table: c.table.name, Reason: "Mutate's function calls Mutate for the same row", Err: err}
			} else {
				err = &QueryError{Op: "mutate", Table: c.table.name, Statement: "waiting for others of the same row", Err: err}
			}
			return MutateResult[T]{}, err
		}
		defer leave()
	}
	m := &mutation[T]{chain: c, change: change, create: s.create}
	start := c.table.now()
	err = m.run(ctx, s.attempts)
	m.tell(ctx, err, start)
	return m.res, err
}

// tell tells the observers of the whole.
func (m *mutation[T]) tell(ctx context.Context, err error, start time.Time) {
	t := m.chain.table
	e := Event{Op: "mutate", Table: t.name, Err: err, Attempts: m.res.Attempts, Refused: m.res.Refused}
	if m.res.Changed {
		e.Outcome = Applied
	}
	if m.declined {
		e.Err = nil // the function's own error: nobody asked for a write
	}
	t.settings.tell(ctx, e, start)
}

// rowKey is the encoded primary key that the chain names.
func (c chain[T]) rowKey() (string, error) {
	b := newBuilder(c.table, cql.Select, "mutate", true)
	defer b.release()
	if c.choice != nil {
		b.fail("", "Mutate reads and writes a whole row, without Only, OrderBy or other options of a read", nil)
	}
	if c.value != nil {
		b.documentKey(unsafe.Pointer(c.value), false)
	} else {
		where := plainConds(c.where)
		if use := b.filters(where); use != keyFull {
			b.needKeys(where, b.table.Primary())
			b.fail("", "Mutate is for one row: each key column by Eq", nil)
		}
	}
	if b.err != nil {
		return "", b.err
	}
	var key []byte
	for i := range b.call.Len() {
		cell := b.call.Cell(i)
		key = fmt.Appendf(key, "%d %d:", b.stmt.Where[min(i, len(b.stmt.Where)-1)].Column.ID, len(cell))
		key = append(key, cell...)
	}
	return string(key), nil
}

func (m *mutation[T]) run(ctx context.Context, attempts int) error {
	var row *Existing[T]
	read := false
	var last error
	for {
		if !read {
			var err error
			if row, err = m.chain.current(ctx); err != nil {
				return err
			}
		}
		again, next, err := m.try(ctx, row)
		if !again {
			return err
		}
		row, read, last = next, next != nil, err
		if m.res.Attempts >= attempts {
			return &ContendedError{
				Table: m.chain.table.name, Attempts: m.res.Attempts, Refused: m.res.Refused, Unknown: m.res.Unknown, Err: last,
			}
		}
		if err != nil {
			if stop := backoff(ctx, m.res.Attempts); stop != nil {
				return err
			}
		}
	}
}

// try runs the function on the row, nil if it is missing, and writes the outcome. again:
// the attempt had no effect; next is then the row for the next one, nil if it must be read.
func (m *mutation[T]) try(ctx context.Context, row *Existing[T]) (again bool, next *Existing[T], err error) {
	var value T
	if row == nil {
		if !m.create {
			return false, nil, ErrNotFound
		}
		m.chain.setKey(&value)
	} else if err := m.load(ctx, &value, row); err != nil {
		return false, nil, err
	}
	if err := m.change(&value); err != nil {
		m.declined = true
		return false, nil, err
	}
	if row == nil {
		return m.insert(ctx, value)
	}
	return m.update(ctx, row, value)
}

func (m *mutation[T]) insert(ctx context.Context, value T) (again bool, next *Existing[T], err error) {
	key := value
	m.chain.setKey(&key)
	if col := m.chain.differs(&key, &value, m.chain.table.meta.Primary()); col != nil {
		return false, nil, m.chain.keyChanged(col)
	}
	doc := m.chain.table.New(value)
	c := doc.with().chain
	c.ttl, c.per = m.chain.ttl, m.chain.per
	res, err := Write[T]{c}.Insert(ctx)
	m.res.Attempts++
	again, next, err = m.outcome(ctx, res, err, nil)
	if !again && err == nil {
		m.res.Value, m.res.Changed, m.res.Created = doc.Value, true, true
	}
	return again, next, err
}

func (m *mutation[T]) update(ctx context.Context, row *Existing[T], changed T) (again bool, next *Existing[T], err error) {
	t := m.chain.table
	value, err := m.hooked(ctx, row, changed)
	if err != nil || value == nil {
		return false, nil, err
	}
	var before T
	if err := m.chain.restore(&before, row); err != nil {
		return false, nil, err
	}
	if col := m.chain.differs(&before, value, t.meta.Primary()); col != nil {
		return false, nil, m.chain.keyChanged(col)
	}
	var assigns []Assign[T]
	for _, col := range t.meta.Columns {
		if col.Key() || col == t.meta.Attempt || m.chain.differs(&before, value, []*meta.Column{col}) == nil {
			continue
		}
		if col == t.meta.Version {
			return false, nil, &UsageError{Op: "mutate", Table: t.name, Column: col.Name, Reason: "the version is counted by Mutate itself"}
		}
		assigns = append(assigns, Assign[T]{assign{ref: refTo(col), value: operandAt(col, value)}})
	}
	if len(assigns) == 0 {
		m.res.Value = before
		return false, nil, nil
	}
	c := m.chain
	c.value, c.where = &before, nil
	c.doc = t.New(before) // its attempt id settles a refusal
	c.kind, c.conds, c.allowCreate = ifConditions, m.guard(row, &before), true
	b := c.update(assigns, true)
	if !b.proves {
		b.fail("", "every column reads as null, so the write could bring a deleted row back; give the struct a version column", ErrCannotGuard)
	}
	res, err := c.cas(ctx, b)
	m.res.Attempts++
	again, next, err = m.outcome(ctx, res, err, &before)
	if !again && err == nil {
		m.res.Changed = true
		after := t.New(*value)
		after.updated(nil, true, res.own, nil)
		m.res.Value = after.Value
	}
	return again, next, err
}

// outcome sorts the answer of an attempt. before is the row that it was to change.
func (m *mutation[T]) outcome(ctx context.Context, res LWTResult[T], err error, before *T) (again bool, next *Existing[T], _ error) {
	t := m.chain.table
	if errors.Is(err, ErrOutcomeUnknown) {
		m.res.Unknown++
		if backoff(ctx, m.res.Attempts) != nil {
			return false, nil, err
		}
		unsettled := err
		if res, err = res.Settle(ctx); err != nil {
			if v := t.meta.Version; v == nil || before == nil || res.Existing == nil || m.chain.differs(before, &res.Existing.Value, []*meta.Column{v}) != nil {
				return false, nil, errors.Join(err, ctx.Err())
			}
			// The version has not moved, and it only grows: nothing was written.
			return true, res.Existing, unsettled
		}
		if res.Applied {
			return false, nil, nil
		}
		return true, res.Existing, unsettled
	}
	if err != nil {
		var query *QueryError
		if errors.As(err, &query) && driver.Transient(query.Err) {
			return true, nil, err
		}
		return false, nil, err
	}
	if res.Applied {
		return false, nil, nil
	}
	m.res.Refused++
	if next = res.Existing; next != nil {
		next = m.chain.complete(next, before)
	}
	return true, next, nil
}

// guard is the condition that the row is still as it was read.
func (m *mutation[T]) guard(row *Existing[T], before *T) []Cond[T] {
	t := m.chain.table
	if v := t.meta.Version; v != nil && row.Presence(v.Name) == Present {
		return []Cond[T]{{cond{ref: refTo(v), op: cql.Eq, value: operandAt(v, before)}}}
	}
	var conds []Cond[T]
	for _, col := range t.meta.Columns {
		if !col.Key() {
			// The cell itself: a field may hold "" for null, which are different conditions.
			cell, _ := row.cell(&ref{name: col.Name})
			o := operand{}
			if cell != nil {
				o = operand{codec: col.Codec, other: &otherOperand{cell: cell}}
			}
			conds = append(conds, Cond[T]{cond{ref: refTo(col), op: cql.Eq, value: o}})
		}
	}
	return conds
}

// restore decodes a row into v, which shares no memory with another decoding of it.
func (c chain[T]) restore(v *T, row *Existing[T]) error {
	var p plan
	for i := range row.columns {
		if col := c.table.meta.Column(row.columns[i].Name); col != nil {
			p = append(p, step{i, col, col.Codec})
		}
	}
	return p.decode(c.table.name, unsafe.Pointer(v), row.cells)
}

// complete makes a whole row of a refused answer, if it has all but the key; nil otherwise.
func (c chain[T]) complete(refused *Existing[T], before *T) *Existing[T] {
	if refused.state != RowPresent || refused.broken != nil {
		return nil
	}
	for _, col := range c.table.meta.Columns {
		if refused.Presence(col.Name) != Missing {
			continue
		}
		if !col.Key() || before == nil {
			return nil
		}
		cell, _, err := col.Codec.Append([]byte{}, unsafe.Add(unsafe.Pointer(before), col.Offset))
		if err != nil {
			return nil
		}
		refused.columns = append(refused.columns[:len(refused.columns):len(refused.columns)],
			gocql.ColumnInfo{Name: col.Name, TypeInfo: col.Type.TypeInfo(4)})
		refused.cells = append(refused.cells, cell)
	}
	return refused
}

// differs is the first of the columns in which a and b would be stored differently.
func (c chain[T]) differs(a, b *T, columns []*meta.Column) *meta.Column {
	for _, col := range columns {
		x, xNull, xErr := col.Codec.Append(nil, unsafe.Add(unsafe.Pointer(a), col.Offset))
		y, yNull, yErr := col.Codec.Append(nil, unsafe.Add(unsafe.Pointer(b), col.Offset))
		if xErr != nil || yErr != nil || xNull != yNull || !bytes.Equal(x, y) {
			return col
		}
	}
	return nil
}

func (c chain[T]) keyChanged(col *meta.Column) error {
	return &UsageError{Op: "mutate", Table: c.table.name, Column: col.Name, Reason: "Mutate's function changed a key column; a row cannot move"}
}

// setKey sets the key fields of v to what the chain names.
func (c chain[T]) setKey(v *T) {
	for _, col := range c.table.meta.Primary() {
		if cell, ok := c.keyCell(col); ok {
			_ = col.Codec.Decode(unsafe.Add(unsafe.Pointer(v), col.Offset), cell)
		}
	}
}

// backoff waits a random while that grows with the attempts ("full jitter").
func backoff(ctx context.Context, attempts int) error {
	const base, most = 10 * time.Millisecond, time.Second
	d := min(most, base<<min(attempts, 10))
	timer := time.NewTimer(rand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
