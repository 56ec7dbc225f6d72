package coodie

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/slots"
	"github.com/coodie-go/coodie/internal/stmt"
)

// ConditionalWrite is a write that ends in IF EXISTS or IF conditions: only Update, Delete
// and DeleteColumns remain, and each answers with an LWTResult. It is an immutable value.
type ConditionalWrite[T any] conditional

// With sets how the write is sent: see CallOption. It takes no WithConsistency: a conditional write commits at
// the table's (WithCommitConsistency), for all that write a table must agree on that.
func (c ConditionalWrite[T]) With(opts ...CallOption) ConditionalWrite[T] {
	c.write.query = c.write.query.with(opts)
	return c
}

// AllowCreate permits an Update whose conditions could all hold on a missing row (null,
// != and IN with null, and conditions on static columns), which then creates the row.
func (c ConditionalWrite[T]) AllowCreate() ConditionalWrite[T] {
	c.asks.allowCreate = true
	return c
}

// Update is `UPDATE … SET … WHERE … IF …`. On a document, an applied update is copied
// into its Value.
func (c ConditionalWrite[T]) Update(ctx context.Context, assigns ...Assign[T]) (out LWTResult[T], err error) {
	err = (*conditional)(&c).update(ctx, plainResult(&out), plainAssigns(assigns))
	return
}

// Replace is Update with every column that is not part of the key, as the document's
// Value holds it; null deletes. It writes the columns that were not read with Only or Defer, too. A struct
// without a regular column beside its static ones has nothing to replace in a row: an error of KindUsage. So is a
// Replace from a QuerySet, which has no Value.
func (c ConditionalWrite[T]) Replace(ctx context.Context) (out LWTResult[T], err error) {
	err = (*conditional)(&c).replace(ctx, plainResult(&out))
	return
}

// SaveChanges is Update with each column that differs from what was read: see Document.SaveChanges.
//
//	account, err := accounts.Find(id.Eq("a")).Load(ctx)
//	account.Value.Owner = "bob"
//	res, err := account.IfUnchanged().SaveChanges(ctx)
//
// If none differs, nothing is sent, no condition is looked at, and the result is Applied. From a QuerySet, which has no
// Value, it is an error of KindUsage.
func (c ConditionalWrite[T]) SaveChanges(ctx context.Context) (out LWTResult[T], err error) {
	err = (*conditional)(&c).saveChanges(ctx, plainResult(&out))
	return
}

func (w *conditional) update(ctx context.Context, res *result, assigns []stmt.Assign) (err error) {
	var c call
	w.begin(&c)
	*res, err = c.updateCAS(ctx, assigns)
	return err
}

func (w *conditional) replace(ctx context.Context, res *result) (err error) {
	*res, err = w.call().replace(ctx)
	return err
}

func (w *conditional) saveChanges(ctx context.Context, res *result) (err error) {
	*res, err = w.call().saveChanges(ctx)
	return err
}

func (w *conditional) remove(ctx context.Context, res *result, targets []*stmt.Ref, columns bool) (err error) {
	var c call
	w.begin(&c)
	*res, err = c.removeCAS(ctx, targets, columns)
	return err
}

func (q *query) create(ctx context.Context, res *result, v codec.Addr) (err error) {
	c := q.call()
	*res, err = c.insertCAS(ctx, v)
	return err
}

func (c *call) updateCAS(ctx context.Context, assigns []stmt.Assign) (res result, err error) {
	res, err = c.cas(ctx, c.spec.Update(assigns, true))
	c.updated(assigns, res.applied, c.stored, err)
	return res, err
}

func (c call) replace(ctx context.Context) (result, error) {
	ctx, done := c.withDeadline(ctx)
	defer done()
	v := c.spec.Value
	row, err := c.prepare(ctx, opReplace, v, false)
	if err != nil {
		return result{rest: rest{kind: c.spec.Kind, op: opReplace, of: c.table}}, err
	}
	c.spec.Value = row
	return c.updateFrom(ctx, row, v, c.replacement())
}

// updateFrom updates by a row that was prepared from v, and which becomes the document's Value.
func (c *call) updateFrom(ctx context.Context, row, v codec.Addr, assigns []stmt.Assign) (result, error) {
	res, err := c.updateCAS(ctx, assigns)
	if res.applied {
		c.adopt(row, v)
		c.updated(nil, true, c.stored, nil)
	}
	return res, err
}

func (c call) saveChanges(ctx context.Context) (result, error) {
	ctx, done := c.withDeadline(ctx)
	defer done()
	v := c.spec.Value
	row, assigns, err := c.changes(ctx)
	if err != nil || len(assigns) == 0 {
		return result{applied: err == nil, rest: rest{kind: c.spec.Kind, op: opSaveChanges, of: c.table}}, err
	}
	c.spec.Value = row
	return c.updateFrom(ctx, row, v, assigns)
}

// replacement sets every column that is not part of the key.
func (c call) replacement() (assigns []stmt.Assign) {
	if c.table == nil || c.doc == nil {
		return nil
	}
	static := c.spec.Guard == nil
	var same []stmt.Assign // static columns that are left alone, as long as the guard finds them unchanged
	for _, col := range c.table.schema.Meta.Columns {
		if col.Key() || col == c.table.schema.Meta.Attempt || col == c.table.schema.Meta.Version {
			continue
		}
		a := stmt.SetTo(c.table.schema.RefTo(col), stmt.OperandAt(col, c.spec.Value))
		if col.Kind == meta.Static && !c.doc.knows().seen.None() && stmt.Differs(c.doc.known.seen, c.spec.Value, []*meta.Column{col}) == nil {
			same = append(same, a)
			continue
		}
		assigns = append(assigns, a)
		static = static && col.Kind == meta.Static
	}
	if assigns == nil {
		assigns = same
	}
	if static && len(assigns) > 0 {
		assigns[0] = stmt.SetTo(stmt.BadRef(assigns[0].Ref().Name(), errStaticReplace), stmt.Operand{})
	}
	return assigns
}

var errStaticReplace = errors.New("the struct has no regular column, so a Replace would write the partition's static values and no row; " +
	"use Update on Find with the partition key alone")

// Delete is `DELETE FROM … WHERE … IF …`.
func (c ConditionalWrite[T]) Delete(ctx context.Context) (out LWTResult[T], err error) {
	err = (*conditional)(&c).remove(ctx, plainResult(&out), nil, false)
	return
}

// DeleteColumns is `DELETE columns FROM … WHERE … IF …`.
func (c ConditionalWrite[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) (out LWTResult[T], err error) {
	err = (*conditional)(&c).remove(ctx, plainResult(&out), refs(columns), true)
	return
}

// removeCAS deletes the row, or the columns.
func (c *call) removeCAS(ctx context.Context, targets []*stmt.Ref, columns bool) (res result, err error) {
	res, err = c.cas(ctx, c.spec.Remove(targets, columns, true))
	if columns {
		c.deleted(targets, res.applied, c.stored, err)
	} else {
		c.gone(res.applied, c.stored, err)
	}
	return res, err
}

// InsertWrite is a write that ends in IF NOT EXISTS: only Create remains. It is immutable.
type InsertWrite[T any] query

// With sets how the insert is sent: see CallOption. It takes no WithConsistency, as ConditionalWrite.With.
func (c *InsertWrite[T]) With(opts ...CallOption) *InsertWrite[T] {
	return (*InsertWrite[T])((*query)(c).with(opts))
}

// Create is `INSERT INTO … VALUES (…) IF NOT EXISTS` with all columns of v; those that
// are null are left unset. A refused one answers with the whole existing row.
func (c *InsertWrite[T]) Create(ctx context.Context, v T) (out LWTResult[T], err error) {
	err = (*query)(c).create(ctx, plainResult(&out), codec.At(&v))
	return
}

func (c *call) insertCAS(ctx context.Context, v codec.Addr) (result, error) {
	c.spec.Kind = stmt.IfNotExists
	ctx, done := c.withDeadline(ctx)
	defer done()
	row, err := c.prepare(ctx, opInsert, v, true)
	if err != nil {
		return result{rest: rest{kind: c.spec.Kind, op: opInsert, of: c.table}}, err
	}
	return c.insertPrepared(ctx, row, v)
}

// insertPrepared inserts a row that has passed the hooks, which was prepared from v.
func (c *call) insertPrepared(ctx context.Context, row, v codec.Addr) (result, error) {
	c.spec.Kind = stmt.IfNotExists
	b := c.spec.Insert(row, true)
	c.spec.Value = row
	res, err := c.claim(ctx, b)
	if res.applied {
		c.adopt(row, v)
	}
	return res, err
}

// cas ends every conditional write: it sends the built statement once, at the table's
// serial consistency, and reads the answer.
func (c *call) cas(ctx context.Context, b *stmt.Bound) (res result, err error) {
	if c.besidesSlot(b) {
		return c.withSlot(ctx, b)
	}
	defer b.Release()
	t := c.table
	res.kind, res.proves, res.op, res.of = c.spec.Asked(b), b.Proves, b.Op, t
	res.setConds(b.Conds)
	res.given, res.beyond = int32(len(c.spec.Conds)), b.Beyond()
	if b.Err != nil {
		return res, c.locate(usageError(b.Err))
	}
	res.static = b.OfStatic()
	ctx, done := c.withDeadline(ctx)
	defer done()
	r := &b.Request
	r.Kind, r.Statement, r.Single, r.Reason = driver.CAS, t.schema.Text(b), c.single, replay.Conditional.String()
	r.Consistency, r.Serial = t.settings.commit, t.settings.serial
	c.note(ctx, b)
	c.sending()
	ctx, w := t.begin(ctx, b.Op, EventLWT, r)
	defer w.left(nil)
	within, cancel := within(ctx, c.spec.Per)
	defer cancel()
	var got answer.LWT
	var slot *slots.Slot
	if b.Slotted() && !driver.IsPlanning(ctx) {
		got, slot, err = c.decide(within, b, r)
	} else {
		got, err = t.source.LWT(b.Call.Do(within, t.sender, r), res.kind, r.Statement)
	}
	if t.schema.Meta.Slots != nil && got.Row != nil {
		got.Row.TakeSlots("")
	}
	if got.Answered && !got.Applied && got.Row.WrittenBy(t.schema.Meta, b.Attempt) {
		got, err = answer.LWT{Answered: true, Applied: true}, nil // it was sent twice, beneath us
	}
	if res.applied, res.answered = got.Applied, got.Answered; res.applied {
		res.previous = got.Row
	} else {
		res.existing = got.Row
	}
	r.Lost = b.Call.Lost()
	if err != nil {
		if find(err, (*Error).isBroken) == nil {
			err = t.failure(b.Op, r, err)
			c.suspend(&res, b, c.locate(err))
			if slot != nil && res.pending != nil {
				err = res.pending.holds(slot)
			}
		}
	}
	if !res.applied {
		res.setConds(stmt.KeptConds(res.conds()))
	}
	err = c.locate(err)
	if res.pending != nil {
		res.pending.sent = w.told()
	}
	w.end(decided(res.applied), err, func(e *Event) { e.Warning, e.Conditions = t.warns(r), res.refusing(nil) })
	if res.pending != nil && t.settings.autoSettle && ctx.Err() == nil {
		res, err = res.settled(ctx)
	}
	c.stored = b.Stored
	return res, err
}

// refusal is a refused LWT as an error.
func (r *result) refusal() error {
	reason, failed := "a condition did not hold", r.failed()
	switch {
	case !r.answered: // a result that no write returned
		reason = "no cause is known"
	case r.batched && failed != "":
		reason = "a condition of its batch did not hold: " + failed
	case r.batched:
		reason = "a condition of its batch did not hold"
	case r.row() == answer.Absent:
		reason = "the row does not exist"
	case r.peeked:
		reason = "the row existed when it was peeked at"
	case r.kind == stmt.IfNotExists:
		reason = "the row exists already"
	case failed != "":
		reason = failed
	}
	return &Error{Kind: KindNotApplied, Op: r.op, Table: r.table(), Key: r.key(), Reason: "not applied: " + reason}
}

// key is the key by which the write named the row, without its values.
func (r *result) key() (key Key) {
	if r.of == nil {
		return nil
	}
	for i, columns := range [2][]*meta.Column{r.of.schema.Meta.Partition, r.of.schema.Meta.Clustering} {
		for _, col := range columns {
			if i == 0 || !r.static {
				key = append(key, Pair{Column: col.Name})
			}
		}
	}
	return key
}

// refusing adds the columns whose conditions did not hold, as far as the answer tells.
func (r *result) refusing(columns []string) []string {
	if r.applied || !r.answered {
		return columns
	}
	for i, c := range r.conditions() {
		if name := r.conds()[i].Ref().Name(); c.Refused && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// failed names the conditions that did not hold, as far as the answer tells.
func (r *result) failed() string {
	var given, guards, inexact []string
	for i, c := range r.conditions() {
		switch {
		case !c.Refused:
		case c.Guard && r.existing.ReadsAs(&r.conds()[i]):
			inexact = append(inexact, r.conds()[i].Ref().Name())
		case c.Guard:
			guards = append(guards, c.Text)
		default:
			given = append(given, c.Text)
		}
	}
	switch {
	case len(given) > 0:
		return strings.Join(given, ", ") + " did not hold"
	case len(inexact) > 0 && len(guards) == 0:
		return "what column " + strings.Join(inexact, ", ") + " holds reads as the document has it, but the struct cannot hold it exactly " +
			"(a field that the struct lacks, an empty value, JSON written otherwise), so that no condition of the document matches it: use Mutate"
	case len(guards) > 0:
		return "somebody else has written since the row was read: " + strings.Join(guards, ", ") + " did not hold"
	}
	return ""
}

const opPeek = "peek"

// claim sends the built INSERT … IF NOT EXISTS, after the peek that was asked for.
func (c *call) claim(ctx context.Context, b *stmt.Bound) (result, error) {
	if !c.spec.Peek || b.Err != nil {
		return c.cas(ctx, b)
	}
	ctx, done := c.withDeadline(ctx)
	defer done()
	row, err := c.peeked(ctx)
	if row == nil && err == nil {
		return c.cas(ctx, b)
	}
	res := result{rest: rest{kind: stmt.IfNotExists, op: b.Op, of: c.table}}
	b.Release()
	if row != nil {
		res.existing, res.peeked, res.answered = row, true, true
	}
	return res, err
}

// peeked reads the row that the chain's value names: see present.
func (c call) peeked(ctx context.Context) (*answer.Row, error) {
	per, level := stmt.Copied(c.spec.Per), c.table.settings.peekLevel()
	per.Consistency = &level
	peek := c.table.call()
	peek.spec.Value, peek.spec.Per = c.spec.Value, per
	return peek.present(ctx, opPeek, OutcomeRefused)
}

// peekLevel is a level that sees what conditional writes have committed: they commit at
// QUORUM after SERIAL, and at LOCAL_QUORUM after LOCAL_SERIAL, which is about one datacenter.
func (s *settings) peekLevel() driver.Consistency {
	if s.serial == driver.LocalSerial {
		return driver.LocalQuorum
	}
	return driver.Quorum
}
