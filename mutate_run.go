package coodie

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/rowqueue"
	"github.com/coodie-go/coodie/internal/stmt"
)

// mutation is one call of Mutate.
type mutation struct {
	call   call
	change change
	create bool
	place  *rowqueue.Place[*answer.Row] // in the queue; nil if not queued
	watch  *watch                       // nil without observers
	queued time.Duration                // the wait in the queue
	tries  int                          // attempts, those included of which nothing was sent
	// sending: an attempt is under way
	sending bool
	guess   bool // the row was handed on, and nothing has proven it yet
	res     mutated
	// lostAttempts are attempts that may still be executed
	lostAttempts []lostAttempt
	// moved: a column's type was not what the row was read with
	moved bool
	// declined: the function has returned an error, which ends it all
	declined bool
}

// change is a Mutate's function, for the row at an address.
type change func(ctx context.Context, row codec.Addr) error

// mutated is a MutateResult, whatever its T.
type mutated struct {
	value                      codec.Addr // nil if there is none
	changed, created           bool
	attempts, refused, unknown int
}

func (c call) mutate(ctx context.Context, change change, opts []MutateOption) (mutated, error) {
	s := mutateSettings{attempts: 16}
	for _, o := range opts {
		o(&s)
	}
	key, mistake := c.spec.RowKey()
	err := c.locate(usageError(mistake))
	if err == nil && (change == nil || s.attempts < 1) {
		err = c.misuse(opMutate, "", "Mutate needs a function and at least one attempt", nil)
	}
	if err != nil {
		return mutated{}, err
	}
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	m := &mutation{call: c, change: change, create: s.create}
	m.call.spec.ReadOptions = c.spec.ReadOptions.OfMutate(c.table.schema.Meta)
	key = c.table.schema.Name + "\x00" + key
	ctx, m.watch = c.table.begin(ctx, opMutate, EventMutate, nil)
	defer m.left()
	start := time.Now()
	ctx, m.place, err = c.table.queue.Enter(ctx, key, s.unqueued)
	m.queued = time.Since(start)
	if err != nil {
		if errors.Is(err, rowqueue.ErrReentered) {
			err = c.misuse(opMutate, "", "Mutate's function calls Mutate for the same row", err)
		} else {
			err = c.locate(queryError(opMutate, c.table.schema.Name, "waiting for others of the same row", err))
		}
		m.tell(err)
		return mutated{}, err
	}
	if m.place != nil {
		defer c.table.queue.Leave(key, m.place)
	}
	err = m.whole(m.run(ctx, s.attempts))
	m.tell(err)
	return m.res, err
}

// tell tells the observers of the whole.
func (m *mutation) tell(err error) {
	outcome := OutcomeDone
	if m.res.changed {
		outcome = OutcomeApplied
	}
	if m.declined && len(m.lostAttempts) == 0 {
		err = nil // the function's own error: nobody asked for a write
	}
	if m.res.changed {
		err = nil // a hook's error after the write: the row is changed
	}
	m.watch.end(outcome, err, m.about)
}

func (m *mutation) about(e *Event) {
	e.Attempts, e.Refused, e.Queued = m.res.attempts, m.res.refused, m.queued
}

// left tells the observers of a Mutate that a panic of the function or of a hook ends.
func (m *mutation) left() {
	if !m.watch.over() {
		err := errLeft
		if m.sending {
			err = errLeftOpen
		}
		m.tell(m.whole(err))
	}
}

// whole is err, with which the last attempt has ended, as the error of all attempts.
func (m *mutation) whole(err error) error {
	if len(m.lostAttempts) > 0 && !m.res.changed && !errors.Is(err, ErrOutcomeUnknown) {
		return errors.Join(m.lostAttempts[0].cause, err)
	}
	return err
}

// outside calls code of the program's, with a context that is for it.
func (m *mutation) outside(ctx context.Context, f func(context.Context) error) error {
	at := m.watch.leave()
	defer m.watch.returned(at)
	return f(m.watch.forUser(ctx))
}

func (m *mutation) run(ctx context.Context, attempts int) error {
	row := m.carriedOver(attempts)
	m.guess = row != nil
	for {
		if row == nil {
			var err error
			if row, err = m.call.current(ctx); err != nil {
				return err
			}
		}
		again, next, err := m.try(ctx, row)
		switch {
		case m.guess && m.tries == 0:
			// Only a write proves what another call has left: no decision stands on it.
			row, m.guess = nil, false
			m.res, m.declined = mutated{}, false
			continue
		case !again:
			return err
		}
		row, m.guess = m.masked(next), false
		if m.tries >= attempts {
			return &Error{Kind: KindContended, Op: opMutate, Table: m.call.table.schema.Name, Key: m.call.key(), Err: err,
				Reason: fmt.Sprintf("contended: %d attempts, %d refused, %d unknown", m.tries, m.res.refused, m.res.unknown)}
		}
		if err != nil {
			if stop := m.watch.wait(ctx, m.tries, err); stop != nil {
				return err
			}
		}
	}
}

// try runs the function on the row, nil if it is missing, and writes the outcome. again:
// the attempt had no effect; next is then the row for the next one, nil if it must be read.
func (m *mutation) try(ctx context.Context, row *answer.Row) (again bool, next *answer.Row, err error) {
	value := m.call.table.schema.New()
	var statics *answer.Row
	if row == nil {
		if !m.create {
			return false, nil, m.call.locate(&Error{Kind: KindNotFound, Op: opMutate, Table: m.call.table.schema.Name})
		}
		if err := m.call.setKey(value); err != nil {
			return false, nil, err
		}
		if statics, err = m.statics(ctx); err == nil && statics != nil {
			err = m.call.table.source.Restore(value, statics)
		}
		if err != nil {
			return false, nil, err
		}
	} else if err := m.load(ctx, value, row); err != nil {
		return false, nil, m.call.locate(err)
	}
	if err := m.outside(ctx, func(ctx context.Context) error { return m.change(ctx, value) }); err != nil {
		m.declined = true
		return false, nil, err
	}
	if row == nil {
		return m.insert(ctx, value, statics)
	}
	return m.update(ctx, row, value)
}

func (m *mutation) insert(ctx context.Context, value codec.Addr, statics *answer.Row) (again bool, next *answer.Row, err error) {
	t := m.call.table
	key := t.schema.Copy(value)
	if err := m.call.setKey(key); err != nil {
		return false, nil, err
	}
	row, err := m.prepare(ctx, opInsert, value, true)
	if err != nil {
		return false, nil, err
	}
	if col := stmt.Differs(key, row, t.schema.Meta.Primary()); col != nil {
		return false, nil, m.call.keyChanged(col)
	}
	c := t.documentAt(value)
	var sent bool
	c.spec.TTL, c.spec.Per, c.single, c.sent = m.call.spec.TTL, m.call.spec.Per, true, &sent
	var res result
	m.sending = true
	if t.hasStatics {
		res, err = m.insertApart(ctx, &c, row, statics)
	} else {
		res, err = c.insertPrepared(ctx, row, value)
		c.updated(nil, res.applied, c.stored, err)
	}
	m.tried(sent, err)
	again, next, err = m.outcome(ctx, res, err, nil, codec.Addr{})
	if !again && err == nil && !m.res.changed {
		if !res.applied { // it turned out to be when it was settled
			c.adopt(row, value)
			c.updated(nil, true, c.stored, nil)
		}
		m.res.value, m.res.changed, m.res.created = value, true, true
	}
	return again, next, err
}

func (m *mutation) update(ctx context.Context, row *answer.Row, changed codec.Addr) (again bool, next *answer.Row, err error) {
	t := m.call.table
	value, loaded, err := m.hooked(ctx, row, changed)
	if err != nil || value.None() {
		return false, nil, m.call.locate(err)
	}
	before := t.schema.New()
	if err := t.source.Restore(before, row); err != nil {
		return false, nil, err
	}
	if col := stmt.Differs(before, value, t.schema.Meta.Primary()); col != nil {
		return false, nil, m.call.keyChanged(col)
	}
	var assigns []stmt.Assign
	for _, col := range t.schema.Meta.Columns {
		from := before
		if !loaded.None() && !m.call.spec.ReadOptions.Shows(col) {
			from = loaded // AfterLoad may have filled it
		}
		if col.Key() || col == t.schema.Meta.Attempt || stmt.Differs(from, value, []*meta.Column{col}) == nil {
			continue
		}
		if err := m.call.notShown(col); err != nil {
			return false, nil, err
		}
		if col == t.schema.Meta.Version {
			return false, nil, m.call.misuse(opMutate, col.Name, "the version is counted by Mutate itself", nil)
		}
		assigns = append(assigns, stmt.SetTo(t.schema.RefTo(col), row.Rewritten(col, before, value)))
	}
	if len(assigns) == 0 {
		m.res.value = before
		return false, nil, nil
	}
	doc := t.documentAt(t.schema.Copy(before)) // its attempt id settles a refusal
	c, sent := m.call, false
	c.spec.Value, c.spec.Where, c.single, c.sent, c.spec.ReadOptions = before, nil, true, &sent, nil
	c.doc, c.held = doc.doc, doc.held
	c.spec.Kind, c.spec.Conds, c.spec.AllowCreate = stmt.IfConditions, nil, true
	c.spec.Guard = row.Guard(m.call.spec.ReadOptions.Shows, m.guess)
	b := c.spec.Update(assigns, true)
	if !b.Proves {
		b.Fail("", "no regular column that was read holds a value, so no condition tells the row from a missing one, and the write could bring "+
			"a deleted row back; show more of the row, if Only or Defer hide it, or set a column by If or IfExists first", ErrCannotGuard)
	}
	m.sending = true
	res, err := c.cas(ctx, b)
	m.tried(sent, err)
	again, next, err = m.outcome(ctx, res, err, row, before)
	if !again && err == nil && !m.res.changed {
		m.res.changed, m.res.value = true, value
		after := t.documentAt(value)
		after.updated(nil, true, c.stored, nil)
		m.carryOver(row, append(assigns, c.stored...))
	}
	return again, next, err
}

// tried counts an attempt that ended with err. began: it got as far as sending.
func (m *mutation) tried(began bool, err error) {
	m.sending = false
	if !began {
		return
	}
	if m.tries++; driver.Sent(err) {
		m.res.attempts++
	}
}

// outcome sorts the answer of an attempt. row is what it was to change, and before the
// same as a T; nil of an insert.
func (m *mutation) outcome(ctx context.Context, res result, err error, row *answer.Row, before codec.Addr) (again bool, next *answer.Row, _ error) {
	if errors.Is(err, ErrOutcomeUnknown) {
		m.res.unknown++
		if m.watch.wait(ctx, m.tries, err) != nil {
			return false, nil, err
		}
		return m.afterUnknown(ctx, res, err, row)
	}
	if err != nil {
		var moved *driver.TypeError
		if errors.As(err, &moved) && row != nil && !m.moved {
			m.moved = true // since the row was read; it is read again, once
			return true, nil, err
		}
		if e, ok := err.(*Error); ok && e.Kind < KindUsage && driver.Retryable(driver.CAS, e.Err) {
			return true, nil, err
		}
		return false, nil, err
	}
	if res.applied {
		return false, nil, nil
	}
	m.res.refused++
	if len(m.lostAttempts) > 0 {
		return m.refusedAfterStray(ctx)
	}
	if next = res.existing; next != nil {
		next = next.Complete(m.call.spec.ReadOptions.Shows, before)
	}
	return true, next, nil
}

func (c call) keyChanged(col *meta.Column) error {
	return c.misuse(opMutate, col.Name, "Mutate's function or a hook changed a key column; a row cannot move", nil)
}

// setKey sets the key fields of v to what the call names.
func (c *call) setKey(v codec.Addr) error {
	if col, err := c.spec.SetKey(v); err != nil {
		return c.misuse(opMutate, col.Name, stmt.CannotHold(col), err)
	}
	return nil
}

// lostAttempt is an attempt of Mutate whose answer got lost and that has not been executed so
// far: the request may still lie with a node that stands still. It can only be applied to
// the row as it was then, and so never once another attempt, on the same condition, was.
type lostAttempt struct {
	attempt *[16]byte // nil if the table has no attempt column
	cause   *Error
}

// afterUnknown finds out what became of an attempt. row is what it was to change, nil for an insert.
func (m *mutation) afterUnknown(ctx context.Context, res result, cause error, row *answer.Row) (again bool, next *answer.Row, err error) {
	refused := *res.pending.cause
	refused.Unknown = false
	res, err = res.settled(ctx)
	switch {
	case err == nil && res.applied:
		return false, nil, nil
	case err == nil: // it was refused: that is certain now
		return true, res.existing, &refused
	case m.isStray(res.existing):
		return false, nil, m.take(ctx, res.existing)
	case row == nil || res.existing == nil || !m.unchanged(row, res.existing):
		return false, nil, err
	case !driver.Answered(res.pending.cause.Err):
		m.lostAttempts = append(m.lostAttempts, lostAttempt{res.pending.attempt, res.pending.cause})
	}
	return true, res.existing, cause
}

// refusedAfterStray goes on after a refusal that may be due to an earlier attempt of our own.
func (m *mutation) refusedAfterStray(ctx context.Context) (again bool, next *answer.Row, err error) {
	row, err := m.call.current(ctx)
	p := pending{cause: m.lostAttempts[0].cause}
	switch {
	case err != nil:
		return false, nil, p.cannotTell("the row could not be read: " + err.Error())
	case m.isStray(row):
		return false, nil, m.take(ctx, row)
	}
	return false, nil, p.cannotTell("the row has changed since: by somebody else before this write could be executed, or after it")
}

// unchanged reports whether nothing has been written between two reads of the row.
func (m *mutation) unchanged(before, now *answer.Row) bool {
	for _, col := range [...]*meta.Column{m.call.table.schema.Meta.Attempt, m.call.table.schema.Meta.Version} {
		if col == nil {
			continue
		}
		if cell, p := before.Sent(col); p == answer.Present {
			found, _ := now.Sent(col)
			return bytes.Equal(cell, found)
		}
	}
	return false
}

// isStray reports whether the row was last written by an attempt whose answer got lost.
func (m *mutation) isStray(row *answer.Row) bool {
	col := m.call.table.schema.Meta.Attempt
	if col == nil || row == nil {
		return false
	}
	cell, _ := row.Sent(col)
	for _, s := range m.lostAttempts {
		if s.attempt != nil && bytes.Equal(cell, s.attempt[:]) {
			return true
		}
	}
	return false
}

// take makes the row, which an earlier attempt has written, the result.
func (m *mutation) take(ctx context.Context, row *answer.Row) error {
	m.res.changed, m.res.value = true, m.call.table.schema.New()
	return m.load(ctx, m.res.value, row)
}
