package coodie

import (
	"bytes"
	"context"
	"sync"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/slots"
	"github.com/coodie-go/coodie/internal/stmt"
)

// pending is what is kept of a conditional write whose outcome is unknown.
type pending struct {
	call    call        // names the row
	attempt *[16]byte   // the id that the write would have stored
	prior   []byte      // the attempt id that the document had before; nil if not known
	static  bool        // the write is about the partition's static row
	cause   *Error      // of unknown outcome
	sent    told        // what observers have been told of the write
	verdict *settlement // shared with the other writes of its batch
	slot    *slots.Slot // the writer's, which tells for certain; nil if the write has none
	fencing sync.Mutex  // one Settle at a time uses it
}

// Settle finds out what became of a conditional write whose outcome is unknown: it is
// called on the result that came with the error that matches ErrOutcomeUnknown. It reads the row at the
// table's serial consistency, which completes a pending Paxos round or makes sure that
// it never completes, and answers
//
//   - applied: the row holds the id that this write stored,
//   - refused, with the row in Existing: the server gave up, and the row still holds the id
//     that the document had before the write, so nothing has been written since,
//   - or "cannot tell": again an error that matches ErrOutcomeUnknown, whose Evidence says what was
//     found. Existing is then the row as it is now, and Row says whether there is one.
//
// It never guesses. To be able to tell, the struct needs an attempt column, which each
// conditional INSERT and UPDATE of this library gives a fresh id:
//
//	Attempt coodie.UUID `cql:"attempt,attempt"`
//
// With it an applied write is recognised until somebody writes the row again. Where the
// answer got lost (a cut connection, a timeout of the client's), a row that has not changed
// proves nothing: the request may still lie with a node that stands still. To be sure,
// write again on the same condition: only one of the two can be applied. A DELETE
// stores nothing: a row that is gone may have been deleted by somebody else, or never
// have been there. A write of static columns alone stores no id either: Existing is then the
// partition's static row.
//
// The writes of a batch are applied together, so what tells of one of them tells of all: Settle
// of a write that leaves no trace, such as a DELETE, reads the rows of the others too, and once
// one write of the batch is settled all are.
//
// Where the table has the writers' slots (tag `slots`), an update is always settled, unless the row was deleted since:
// if it has not been executed so far, Settle sends a fence, an LWT on the column of the slots alone,
// after which it never can be. See docs/exactly-once.md.
//
// A read whose connection breaks is sent again, three times in all. A result whose outcome is
// known is returned as it is. One that has been settled before stays what it was found to be, and
// observers are told of that once.
func (r LWTResult[T]) Settle(ctx context.Context) (out LWTResult[T], err error) {
	err = plainResult(&r).settleTo(ctx, plainResult(&out))
	return
}

func (r *result) settleTo(ctx context.Context, out *result) (err error) {
	*out, err = r.settled(ctx)
	return err
}

// settled is r as it is once it is settled.
func (r result) settled(ctx context.Context) (result, error) {
	p := r.pending
	if p == nil {
		return r, nil
	}
	if applied, known := p.verdict.outcome(); known && applied {
		return r.known(applied), nil
	}
	ctx, cancel := p.call.table.withDeadline(ctx)
	defer cancel()
	ctx, w := p.sent.begin(ctx)
	defer w.left(nil)
	r, err := r.settle(ctx, p)
	outcome := OutcomeDone
	if err == nil && p.verdict.first() {
		outcome = decided(r.applied)
	}
	w.end(outcome, err, func(e *Event) { e.Evidence = p.evidence(r.applied, err) })
	return r, err
}

// readsToSettle bounds the reads of one Settle whose connection breaks.
const readsToSettle = 3

func (r result) settle(ctx context.Context, p *pending) (result, error) {
	applied, known := p.verdict.outcome()
	r, found, evidence := r.look(ctx, p)
	switch {
	case evidence == "":
		applied = p.verdict.record(found)
	case known:
	default:
		if applied, known = p.verdict.others(ctx, p); !known {
			return r, p.cannotTell(evidence)
		}
	}
	return r.known(applied), nil
}

// evidence is what tells how the write was settled.
func (p *pending) evidence(applied bool, err error) string {
	text := evidence(applied, err)
	if p.slot != nil && !applied && err == nil {
		text = "the writer's slot holds a fence, so the write can never be applied"
	}
	return text
}

// evidence is what tells how a write was settled.
func evidence(applied bool, err error) string {
	unknown := find(err, (*Error).isUnknown)
	switch {
	case unknown != nil:
		return unknown.Evidence
	case err != nil:
		return ""
	case applied:
		return "the row holds the id that the write stored"
	}
	return "nothing has been written since, and the server had given up"
}

// known is the result of a write whose outcome has been found out.
func (r result) known(applied bool) result {
	r.applied, r.answered, r.pending = applied, true, nil
	if applied {
		r.existing = nil
	}
	return r
}

// look reads the write's row, and says whether the write was applied, or by what evidence that
// cannot be told.
func (r result) look(ctx context.Context, p *pending) (_ result, applied bool, evidence string) {
	row, err := p.read(ctx)
	if err != nil {
		return r, false, "the row could not be read: " + err.Error()
	}
	r.existing, r.absent = row, answer.Untold
	if row == nil {
		r.absent = answer.Absent
	}
	if p.slot != nil {
		var seen slots.Seen
		if row != nil {
			seen = slots.Seen{Row: true, Slot: row.TakeSlots(p.slot.Writer)}
		}
		if applied, evidence = p.bySlot(ctx, seen); evidence == "" {
			return r, applied, ""
		}
	}
	if byAttempt, other := p.judge(row); other == "" || p.slot == nil {
		return r, byAttempt, other
	}
	return r, applied, evidence
}

// read reads the write's row; nil if there is none.
func (p *pending) read(ctx context.Context) (*answer.Row, error) {
	current := p.call.current
	if p.static {
		current = p.call.currentStatics
	}
	row, err := current(ctx)
	// What broke the connection of the write may break the read's: gocql gives out a connection
	// until it has seen that it is gone.
	for attempt := 1; attempt < readsToSettle && KindOf(err) == KindConnection && driver.Backoff(ctx, attempt, err) == nil; attempt++ {
		row, err = current(ctx)
	}
	return row, err
}

// judge says what the row proves; nil is a missing one.
func (p *pending) judge(row *answer.Row) (applied bool, evidence string) {
	switch {
	case p.static && row == nil:
		return false, "the partition has no static values now: never written, or deleted since"
	case p.static:
		return false, "the partition has static values, but a write of static columns alone stores no attempt id that tells whose they are"
	case row == nil:
		return false, "the row is absent now: never written, or deleted since"
	}
	col := p.call.table.schema.Meta.Attempt
	if col == nil {
		return false, "the row exists, but without an attempt column nothing tells whose write it is"
	}
	found, _ := row.Cell(p.call.table.schema.RefTo(col))
	switch {
	case p.attempt != nil && bytes.Equal(found, p.attempt[:]):
		return true, ""
	case p.prior != nil && bytes.Equal(found, p.prior) && driver.Answered(p.cause.Err):
		return false, ""
	case p.prior != nil && bytes.Equal(found, p.prior):
		return false, "nothing has been written so far; since the answer got lost, the request may still be on its way"
	case p.attempt == nil:
		return false, "the row exists; a DELETE leaves nothing that tells whether it was there all the time"
	}
	return false, "the row holds another write's attempt id: this one was refused, or applied and overwritten since"
}

func (p *pending) cannotTell(evidence string) error {
	e := *p.cause
	e.Evidence = evidence
	return &e
}

// suspend keeps in res what Settle needs, if err leaves the outcome open.
func (c *call) suspend(res *result, b *stmt.Bound, err error) {
	cause := find(err, (*Error).isUnknown)
	if cause == nil {
		return
	}
	p := &pending{call: *c, attempt: b.Attempt, cause: cause, static: b.OfStatic(), verdict: new(settlement)}
	p.call.spec.KeepKey()
	if !c.spec.Value.None() {
		value := c.table.schema.Copy(p.call.spec.Value) // as it was when the write was sent
		p.call.spec.Value, p.call.doc = value, nil
		// The id that was there says "refused" only of a write that would have changed it.
		changes := b.Attempt != nil || b.Stmt.Verb == cql.Delete && len(b.Stmt.Deletions) == 0
		if col := c.table.schema.Meta.Attempt; col != nil && changes && c.doc != nil && c.spec.Kind != stmt.IfNotExists {
			id := *codec.As[[16]byte](value.Field(col.Offset))
			if id != ([16]byte{}) {
				p.prior = id[:]
			}
		}
	}
	res.pending = p
}

// current reads the row that the call names, at serial consistency; nil if there is none.
func (c call) current(ctx context.Context) (*answer.Row, error) {
	c.spec.Serial, c.spec.Limit, c.spec.TTL, c.spec.Timestamp, c.spec.Per = true, nil, nil, nil, c.spec.Per.Further()
	return c.present(ctx, "select", OutcomeDone)
}

// currentStatics reads the static row of the partition that the call names, at serial consistency;
// nil if it has no value.
func (c call) currentStatics(ctx context.Context) (*answer.Row, error) {
	var columns []*meta.Column
	for _, col := range c.table.schema.Meta.Columns {
		if stmt.PartitionWide(col) {
			columns = append(columns, col)
		}
	}
	row, err := c.statics(ctx, columns)
	if err != nil || row == nil {
		return nil, err
	}
	for _, col := range columns {
		if col.Kind == meta.Static && row.CellState(col.Name) == answer.Present {
			row.State = answer.Present
			return row, nil
		}
	}
	return nil, nil
}

// statics reads columns that a whole partition shares, at serial consistency; nil if it is missing.
func (c *call) statics(ctx context.Context, columns []*meta.Column) (row *answer.Row, err error) {
	t := c.table
	of := t.call()
	of.spec.Per, of.spec.Serial, of.spec.ReadOptions = c.spec.Per.Further(), true, new(stmt.ReadOptions)
	of.spec.Most(1)
	for _, col := range columns {
		of.spec.ReadOptions.Only = append(of.spec.ReadOptions.Only, t.schema.RefTo(col))
	}
	for _, col := range t.schema.Meta.Partition {
		cell, _ := c.spec.KeyCell(col)
		of.spec.Where = append(of.spec.Where, stmt.Compare(t.schema.RefTo(col), cql.Eq, stmt.Encoded(col.Codec, cell)))
	}
	err = of.read(ctx, stmt.ReadStatics, func(r *answer.Reader) error {
		if r.Next() {
			row = t.source.Keep(r.Columns(), r.Cells(), -1)
			return row.Decode(r.Statement)
		}
		return nil
	})
	return row, err
}

// present reads the row that the call names; nil if there is none. A row that comes with an
// error is one that could not be decoded. Observers are told of op, and found if there is a row.
func (c call) present(ctx context.Context, op string, found Outcome) (row *answer.Row, err error) {
	b := c.spec.Query(stmt.ReadRow)
	defer b.Release()
	if b.Err != nil {
		return nil, c.locate(usageError(b.Err))
	}
	b.Op = op
	reader := answer.NewReader(&c.table.source, b)
	defer reader.Release()
	err = c.send(ctx, b, reader, found, func(r *answer.Reader) error {
		if !r.NextRow() {
			return nil
		}
		row = c.table.source.Keep(r.Columns(), r.Cells(), -1)
		row.State = answer.Present
		return row.Decode(r.Statement)
	})
	if err != nil && row != nil && row.Broken == nil {
		return nil, err
	}
	return row, err
}

// key is the primary key that the call names.
func (c *call) key() Key {
	var key Key
	for _, col := range c.table.schema.Meta.Primary() {
		cell, ok := c.spec.KeyCell(col)
		if !ok {
			continue
		}
		value, err := stmt.DecodeAny(c.table.schema.RefTo(col), cell)
		if err != nil { // the field cannot hold it: it was named by another Go type
			value, _ = codec.DecodeAny(col.Type, cell)
		}
		key = append(key, Pair{col.Name, value})
	}
	return key
}
