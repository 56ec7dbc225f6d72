package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/slots"
	"github.com/coodie-go/coodie/internal/stmt"
)

// resolveSlots fills in what the table's slots want: every writer must use LWTs, and no slot may outlive its row.
func (s *settings) resolveSlots() error {
	for _, p := range s.properties {
		if p.Name == ddl.DefaultTTL && p.Value != "0" {
			return fmt.Errorf("a table with the writers' slots takes no TTL, and so no WithDefaultTTL: a slot that expires no longer tells what became of a write")
		}
	}
	if s.viewOf != "" {
		return fmt.Errorf("a view is never written, and has no slots of its own; leave the marker out")
	}
	s.lwtOnly = true
	return nil
}

// slotKey names the row that has the slot, or the partition if slots are static.
func (c *call) slotKey() string {
	m := c.table.schema.Meta
	key := []byte(c.table.schema.Quoted)
	columns := m.Partition
	if m.Slots.Kind != meta.Static {
		columns = m.Primary()
	}
	for _, col := range columns {
		cell, _ := c.spec.KeyCell(col)
		key = append(binary.BigEndian.AppendUint32(key, uint32(len(cell))), cell...)
	}
	return string(key)
}

// deciding is the sending of a write that has a writer's slot, until its outcome is known.
type deciding struct {
	call    *call // that names the row
	slot    *slots.Slot
	request *driver.Request // of the write
	kind    stmt.If
	static  bool // the slot is the partition's
	write   *stmt.Bound
	send    func(context.Context) (applied bool, row *answer.Row, err error) // sends the write; row is what its answer shows of the slot's row
	claim   *stmt.Bound                                                      // nil until it is needed
	fence   *stmt.Bound                                                      // likewise
	refused *answer.Row                                                      // by which the write or its claim was refused
	shown   bool                                                             // a condition has refused it
	tries   int
	cause   error // of the doubt
}

// deciding begins the sending of the built write.
func (c *call) deciding(b *stmt.Bound, r *driver.Request) *deciding {
	static := c.table.schema.Meta.Slots.Kind == meta.Static
	own := *c // a call without a slot stays on the stack
	return &deciding{call: &own, slot: c.table.db.slots.Take(c.slotKey()), request: r, write: b, kind: c.spec.Asked(b), static: static}
}

// decide sends the built write until its outcome is known. The slot comes with an error that leaves it open.
func (c *call) decide(ctx context.Context, b *stmt.Bound, r *driver.Request) (got answer.LWT, slot *slots.Slot, err error) {
	d := c.deciding(b, r)
	d.send = func(ctx context.Context) (bool, *answer.Row, error) {
		b.Call.Again()
		got, err = d.lwt(ctx, b, r)
		return got.Applied, got.Row, err
	}
	verdict, err := d.run(ctx)
	switch verdict {
	case slots.Applied:
		return answer.LWT{Answered: true, Applied: true, Row: got.Row}, nil, nil
	case slots.Refused:
		if !d.shown {
			return answer.LWT{}, nil, &fencedError{d.cause}
		}
		if d.refused != nil {
			err = d.refused.Broken
		}
		return answer.LWT{Answered: true, Row: d.refused}, nil, err
	}
	return answer.LWT{}, d.open(), err
}

// fencedError is why a write has failed that no condition has refused, and that was not executed and never will be.
type fencedError struct{ cause error }

func (e *fencedError) Error() string { return e.cause.Error() }
func (e *fencedError) Unwrap() error { return e.cause }

// open is the slot if the write's outcome is open.
func (d *deciding) open() *slots.Slot {
	if d.cause == nil {
		return nil
	}
	return d.slot
}

// run sends the write until it is answered, or three quarters of ctx's time are over, and then a fence. The error
// is why the write was not sent, or why its outcome is open.
func (d *deciding) run(ctx context.Context) (verdict slots.Verdict, err error) {
	defer d.end()
	soft, cancel := untilFence(ctx)
	defer cancel()
	for next := d.slot.Begin(); next != slots.Done && err == nil; {
		switch next {
		case slots.Claim:
			next, err = d.sendClaim(ctx)
		case slots.Write:
			next, err = d.sendWrite(ctx, soft)
		case slots.Fence:
			next, err = d.sendFence(ctx)
		}
	}
	if err == nil && d.slot.Verdict() == slots.Untold {
		err = d.cause
	}
	return d.slot.Verdict(), err
}

func (d *deciding) end() {
	d.slot.Leave()
	for _, b := range [...]*stmt.Bound{d.claim, d.fence} {
		if b != nil {
			b.Release()
		}
	}
}

// untilFence is the context of the write itself: it leaves time for the fence.
func untilFence(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, noCancel
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
}

// lwt sends a statement that stands alone. An error of an answer that says whether it was applied stays in
// the row.
func (d *deciding) lwt(ctx context.Context, b *stmt.Bound, r *driver.Request) (answer.LWT, error) {
	got, err := d.call.table.source.LWT(b.Call.Do(ctx, d.call.table.sender, r), d.kind, r.Statement)
	if got.Answered {
		err = nil
	}
	return got, err
}

// alone sends a claim or a fence.
func (d *deciding) alone(ctx context.Context, b *stmt.Bound) (applied bool, row *answer.Row, err error) {
	b.Request = *d.request
	b.Request.Kind, b.Request.Statement, b.Request.Entries = driver.CAS, d.call.table.schema.Text(b), nil
	b.Call.Again()
	got, err := d.lwt(ctx, b, &b.Request)
	return got.Applied, got.Row, err
}

// seen is what a refusal shows of the slot.
func (d *deciding) seen(row *answer.Row) (seen slots.Seen) {
	seen.Row = row != nil || d.static
	if row != nil {
		seen.Slot = row.TakeSlots(d.slot.Writer)
	}
	return seen
}

// sendClaim sends a claim, each once. One whose answer gets lost has changed nothing that the caller knows of.
func (d *deciding) sendClaim(ctx context.Context) (slots.Next, error) {
	if d.claim == nil {
		d.claim = d.call.spec.Claim(d.write)
		if d.claim.Err != nil {
			return slots.Done, &driver.NotSentError{Err: usageError(d.claim.Err)}
		}
	}
	id := d.slot.Claimed()
	d.claim.Slot(d.slot.Writer, id, d.slot.Old)
	applied, row, err := d.alone(ctx, d.claim)
	switch {
	case err != nil && !driver.Unknown(driver.CAS, err):
		return slots.Done, err
	case err != nil:
		if d.claim.Stmt.IfExists { // it may still come, whatever the slot holds then
			d.slot.Spoilt = true
			d.slot.Leave()
			d.slot = d.call.table.db.slots.Take(d.call.slotKey())
		}
		if stop := d.pause(ctx, err); stop != nil {
			return slots.Done, &driver.NotSentError{Err: err}
		}
		return d.slot.Begin(), nil
	case applied:
		return d.slot.ClaimApplied(id), nil
	}
	return d.refuse(row), nil
}

// sendWrite sends the write. Without an answer it is sent again while soft lasts.
func (d *deciding) sendWrite(ctx, soft context.Context) (slots.Next, error) {
	d.write.Slot(d.slot.Writer, d.slot.ID, d.slot.Old)
	applied, row, err := d.send(soft)
	switch {
	case err != nil && !driver.Unknown(driver.CAS, err) && !d.slot.InDoubt():
		return slots.Done, err
	case err != nil:
		if driver.Unknown(driver.CAS, err) {
			d.slot.Lost()
			d.cause = err
		}
		switch {
		case ctx.Err() != nil:
			return slots.Done, d.cause
		case !driver.Unknown(driver.CAS, err) && !driver.Retryable(driver.CAS, err):
			return slots.Fence, nil
		case d.pause(soft, err) != nil:
			return slots.Fence, nil
		}
		return slots.Write, nil
	case applied:
		return d.slot.WriteApplied(), nil
	}
	return d.refuse(row), nil
}

// refuse takes in a refusal of the write or its claim.
func (d *deciding) refuse(row *answer.Row) slots.Next {
	next := d.slot.Refuse(d.seen(row))
	if next == slots.Done || next == slots.Fence { // by a condition, and not because the slot held something else
		d.refused, d.shown = row, true
	}
	return next
}

// sendFence sends the fence until it is answered.
func (d *deciding) sendFence(ctx context.Context) (slots.Next, error) {
	if d.fence == nil {
		if d.fence = d.call.spec.Fence(); d.fence.Err != nil {
			return slots.Done, d.cause
		}
	}
	d.fence.Slot(d.slot.Writer, d.slot.Fenced(), d.slot.Old)
	applied, row, err := d.alone(ctx, d.fence)
	switch {
	case err != nil && d.pause(ctx, err) != nil:
		return slots.Done, d.cause
	case err != nil:
		return slots.Fence, nil
	case applied:
		return d.slot.FenceApplied(), nil
	}
	return d.slot.Look(d.seen(row)), nil
}

// pause waits before the next request; the error is that there is no time for one.
func (d *deciding) pause(ctx context.Context, err error) error {
	d.tries++
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return driver.Backoff(ctx, d.tries, err)
}

// besidesSlot reports whether the built write cannot set its writer's slot, which is static: an INSERT, a DELETE, or IF EXISTS.
func (c *call) besidesSlot(b *stmt.Bound) bool {
	return b.Err == nil && !b.Slotted() && b.Meta.Slots != nil && b.Meta.Slots.Kind == meta.Static
}

// withSlot sends the write in one batch with the slot.
func (c *call) withSlot(ctx context.Context, b *stmt.Bound) (result, error) {
	ctx, done := c.withDeadline(ctx)
	defer done()
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	batch := c.table.db.Batch(MaxBytes(math.MaxInt)) // the server bounds batches of several partitions
	c.stored = b.Stored
	with := *c
	with.batch = batch
	h := with.add(b, func(bool, []stmt.Assign, error) {})
	_ = batch.Exec(ctx) // the handle has its error
	return h.res, h.err
}

// addSlot adds the slot to a conditional batch none of whose writes can set it.
func (b *Batch) addSlot() {
	for _, w := range b.writes {
		if w.b.Slotted() {
			return
		}
	}
	for _, w := range b.writes {
		if w.conditional && w.b.Meta.Slots != nil && w.b.Meta.Slots.Kind == meta.Static {
			c := w.call.table.call()
			c.spec.Value, c.spec.Where = w.call.spec.Value, w.call.spec.Where
			h := new(handle)
			h.holds(&c, c.spec.Fence(), func(bool, []stmt.Assign, error) {})
			b.writes = append(b.writes, h)
			return
		}
	}
}

// slotted is the write of the batch that carries the slot, for all of them; nil if none does.
func (b *Batch) slotted(ctx context.Context) *handle {
	for _, w := range b.writes {
		if w.b.Slotted() && !driver.IsPlanning(ctx) {
			return w
		}
	}
	return nil
}

// decide sends the batch until its outcome is known: the slot of one of its rows tells of all its writes. send sends it once.
func (b *Batch) decide(ctx context.Context, w *handle, r *driver.Request, send func(context.Context) (*answer.Batch, error)) (got *answer.Batch, slot *slots.Slot, err error) {
	d := w.call.deciding(w.b, r)
	d.send = func(ctx context.Context) (bool, *answer.Row, error) {
		if got, err = send(ctx); err != nil || got.Applied || !got.TellsRows() {
			return got.Applied, nil, err
		}
		line := got.Match([]answer.Asked{w.asked()})[0]
		if line == nil {
			return false, nil, nil
		}
		return false, line.Row(&w.call.table.source), nil
	}
	verdict, err := d.run(ctx)
	switch {
	case verdict == slots.Applied:
		return &answer.Batch{Conditional: true, Applied: true}, nil, nil
	case verdict == slots.Refused && got == nil:
		// A condition has refused the claim, and so the batch. It is sent only to be told of all its rows, and with a
		// condition on a slot that nobody has, so that it is refused in any case.
		w.b.Slot(slots.Unique(), d.slot.ID, d.slot.ID)
		if got, err = send(ctx); err != nil {
			got = &answer.Batch{Conditional: true}
		}
		return got, nil, nil
	case verdict == slots.Refused && d.shown:
		return got, nil, nil
	case verdict == slots.Refused:
		return new(answer.Batch), nil, &fencedError{d.cause}
	}
	return new(answer.Batch), d.open(), err
}

// holds keeps the slot of a write whose outcome is open, or cannot be told.
func (p *pending) holds(slot *slots.Slot) error {
	p.slot, p.call.spec.Slots = slot, true
	if slot.Verdict() == slots.Untold {
		p.cause = p.cannotTell(slot.Why).(*Error)
	}
	return p.cause
}

// bySlot says what the writer's slot tells of the write, and fences it if it has not been executed so far.
func (p *pending) bySlot(ctx context.Context, seen slots.Seen) (applied bool, evidence string) {
	p.fencing.Lock()
	defer p.fencing.Unlock()
	next, static := slots.Done, p.call.table.schema.Meta.Slots.Kind == meta.Static
	switch {
	case p.slot.Verdict() != slots.Open:
	case static: // the slot is not in the row that was read
		next = slots.Fence
	default:
		next = p.slot.Look(seen)
	}
	if next == slots.Fence {
		c := p.call
		c.spec.Slots = false
		d := &deciding{call: &c, slot: p.slot, static: static, kind: stmt.IfConditions, cause: p.cause}
		d.request = &driver.Request{Kind: driver.CAS, Consistency: c.table.settings.commit, Serial: c.table.settings.serial}
		for next == slots.Fence {
			var err error
			if next, err = d.sendFence(ctx); err != nil {
				return false, "nothing has been written so far, and the fence was not answered, so that the request may still be on its way"
			}
		}
		if d.fence != nil {
			d.fence.Release()
		}
	}
	p.slot.Leave()
	switch p.slot.Verdict() {
	case slots.Applied:
		return true, ""
	case slots.Refused:
		return false, ""
	}
	return false, p.slot.Why
}
