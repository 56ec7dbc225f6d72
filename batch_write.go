package coodie

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/conflict"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/stmt"
)

//go:noinline
func (q *query) in(batch *Batch) *call { return q.call().in(batch) }

//go:noinline
func (w write) in(batch *Batch) *call {
	w = w.kept()
	return w.call().in(batch)
}

//go:noinline
func (w *conditional) in(batch *Batch) *call {
	c := *w
	c.write = w.write.kept()
	return c.call().in(batch)
}

func (c call) in(batch *Batch) *call {
	c.batch, c.spec.Together = batch, batch.shared()
	return &c
}

// InsertIn is Insert as a part of the batch, which it makes an LWT: see Batch. The write takes the
// key, and whatever else it takes from Value, as it is now; slices and maps may change afterwards. What is
// wrong with it comes out of Batch.Exec. The document follows an applied batch as it follows a write of its own.
func (d *Document[T]) InsertIn(batch *Batch) *Handle[T] {
	c := plainDocument(d).write().in(batch)
	return (*Handle[T])(c.creates(c.spec.Value))
}

// SaveIn is Save as a part of the batch, under the terms of InsertIn.
func (d *Document[T]) SaveIn(batch *Batch) {
	plainDocument(d).write().in(batch).addSave()
}

// UpdateIn is Update as a part of the batch, under the terms of InsertIn.
func (d *Document[T]) UpdateIn(batch *Batch, assigns ...Assign[T]) {
	plainDocument(d).write().in(batch).addUpdate(plainAssigns(assigns), false)
}

// DeleteIn is Delete as a part of the batch, under the terms of InsertIn.
func (d *Document[T]) DeleteIn(batch *Batch) {
	plainDocument(d).write().in(batch).addRemove(nil, false, false)
}

// DeleteColumnsIn is DeleteColumns as a part of the batch, under the terms of InsertIn.
func (d *Document[T]) DeleteColumnsIn(batch *Batch, columns ...Target[T]) {
	plainDocument(d).write().in(batch).addRemove(refs(columns), true, false)
}

// UpdateIn is Update as a part of the batch. What is wrong with it comes out of Batch.Exec.
func (q *QuerySet[T]) UpdateIn(batch *Batch, assigns ...Assign[T]) {
	plainQuery(q).in(batch).addUpdate(plainAssigns(assigns), false)
}

// DeleteIn is Delete as a part of the batch. What is wrong with it comes out of Batch.Exec.
func (q *QuerySet[T]) DeleteIn(batch *Batch) {
	plainQuery(q).in(batch).addRemove(nil, false, false)
}

// DeleteColumnsIn is DeleteColumns as a part of the batch. What is wrong with it comes out of Batch.Exec.
func (q *QuerySet[T]) DeleteColumnsIn(batch *Batch, columns ...Target[T]) {
	plainQuery(q).in(batch).addRemove(refs(columns), true, false)
}

// SaveJSONIn is SaveJSON as a part of the batch. What is wrong with it comes out of Batch.Exec.
func (q *QuerySet[T]) SaveJSONIn(batch *Batch, row json.RawMessage) {
	plainQuery(q).in(batch).addJSON(row, false)
}

// UpdateIn is Update as a part of the batch, which its conditions make an LWT: see Batch. The Handle has its
// result once the batch has been executed. What is wrong with it comes out of Batch.Exec.
func (c ConditionalWrite[T]) UpdateIn(batch *Batch, assigns ...Assign[T]) *Handle[T] {
	return (*Handle[T])((*conditional)(&c).in(batch).addUpdate(plainAssigns(assigns), true))
}

// ReplaceIn is Replace as a part of the batch, under the terms of UpdateIn.
func (c ConditionalWrite[T]) ReplaceIn(batch *Batch) *Handle[T] {
	return (*Handle[T])((*conditional)(&c).in(batch).addReplace())
}

// DeleteIn is Delete as a part of the batch, under the terms of UpdateIn.
func (c ConditionalWrite[T]) DeleteIn(batch *Batch) *Handle[T] {
	return (*Handle[T])((*conditional)(&c).in(batch).addRemove(nil, false, true))
}

// DeleteColumnsIn is DeleteColumns as a part of the batch, under the terms of UpdateIn.
func (c ConditionalWrite[T]) DeleteColumnsIn(batch *Batch, columns ...Target[T]) *Handle[T] {
	return (*Handle[T])((*conditional)(&c).in(batch).addRemove(refs(columns), true, true))
}

// CreateIn is Create as a part of the batch, which it makes an LWT: see Batch. What is wrong with it comes out
// of Batch.Exec.
func (c *InsertWrite[T]) CreateIn(batch *Batch, v T) *Handle[T] {
	return (*Handle[T])((*query)(c).in(batch).creates(codec.At(&v)))
}

// CreateJSONIn is CreateJSON as a part of the batch, under the terms of CreateIn.
func (c *InsertWrite[T]) CreateJSONIn(batch *Batch, row json.RawMessage) *Handle[T] {
	return (*Handle[T])((*query)(c).in(batch).addJSON(row, true))
}

func (c *call) addSave() {
	c.addRow(opSave, c.spec.Value, !c.spec.OmitNil, func(c call) (*stmt.Bound, follow) { return c.spec.Insert(c.spec.Value, false), c.updates(nil) })
}

func (c *call) addUpdate(assigns []stmt.Assign, cas bool) *handle {
	return c.add(c.spec.Update(assigns, cas), c.updates(assigns))
}

// addRemove adds a delete of the row, or of the columns.
func (c *call) addRemove(targets []*stmt.Ref, columns, cas bool) *handle {
	if !columns {
		return c.add(c.spec.Remove(nil, false, cas), func(applied bool, own []stmt.Assign, err error) { c.gone(applied, own, err) })
	}
	return c.add(c.spec.Remove(targets, true, cas), c.deletes(targets))
}

func (c *call) addReplace() *handle {
	return c.addRow(opReplace, c.spec.Value, false, func(c call) (*stmt.Bound, follow) {
		assigns := c.replacement()
		return c.spec.Update(assigns, true), c.updates(assigns)
	})
}

func (c call) creates(v codec.Addr) *handle {
	c.spec.Kind = stmt.IfNotExists
	return c.addRow(opInsert, v, true, func(c call) (*stmt.Bound, follow) { return c.spec.Insert(c.spec.Value, true), c.updates(nil) })
}

// addRow puts the write of the row v into the batch. What happens to the row before it is
// written, such as its hooks, happens in Exec.
func (c call) addRow(op string, v codec.Addr, fill bool, build func(call) (*stmt.Bound, follow)) *handle {
	if c.table != nil && !v.None() {
		v = c.table.schema.KeptRow(v, c.table.schema.Meta.Columns)
	}
	c.spec.Value = v
	if !c.table.prepares() || v.None() {
		b, f := build(c)
		h := c.add(b, c.adopts(v, v, f))
		h.rebuilt(c, build)
		return h
	}
	h := &handle{call: &c, follow: c.updates(nil)}
	h.later = func(ctx context.Context) {
		row, err := c.prepare(ctx, op, v, fill)
		c.spec.Value = row
		b, f := build(c)
		h.holds(&c, b, c.adopts(row, v, f))
		h.mistake = err
		h.rebuilt(c, build)
	}
	h.res.op = op
	c.batch.add(h)
	return h
}

// rebuilt says how the write of a row is built once more.
func (h *handle) rebuilt(c call, build func(call) (*stmt.Bound, follow)) {
	h.rebuild = func() *stmt.Bound {
		b, _ := build(c)
		return b
	}
}

// follow is how a document follows a write.
type follow func(applied bool, own []stmt.Assign, err error)

// adopts is f of a write of the whole row, which was prepared from v.
func (c *call) adopts(row, v codec.Addr, f follow) follow {
	return func(applied bool, own []stmt.Assign, err error) {
		if applied {
			c.adopt(row, v)
		}
		f(applied, own, err)
	}
}

func (c *call) updates(assigns []stmt.Assign) follow {
	if c.doc == nil {
		return func(bool, []stmt.Assign, error) {}
	}
	assigns = stmt.KeptAssigns(assigns)
	return func(applied bool, own []stmt.Assign, err error) { c.updated(assigns, applied, own, err) }
}

func (c *call) deletes(columns []*stmt.Ref) follow {
	return func(applied bool, own []stmt.Assign, err error) { c.deleted(columns, applied, own, err) }
}

// check refuses what the server would refuse, or what would not do what it seems to do.
func (b *Batch) check() error {
	if len(b.writes) == 0 {
		return b.usage("the batch is empty")
	}
	if n := len(b.writes); n > b.maxStatements {
		return b.usage(fmt.Sprintf("%d statements are more than %d; a batch is for writes that belong together, "+
			"bulk work is for SaveAll, InsertAll and DeleteAll (MaxStatements changes the limit)", n, b.maxStatements))
	}
	size := 0
	for _, w := range b.writes {
		if err := w.wrong(); err != nil {
			return err
		}
		size += w.b.Call.Size()
		if err := b.checkWrite(w); err != nil {
			return err
		}
	}
	if size > b.maxBytes {
		return b.usage(fmt.Sprintf("%d bytes of values are more than %d, and Cassandra refuses big batches; "+
			"bulk work is for SaveAll, InsertAll and DeleteAll (MaxBytes changes the limit)", size, b.maxBytes))
	}
	if b.conditional() {
		if err := b.checkConditional(); err != nil {
			return err
		}
	}
	return b.checkConflicts()
}

// checkConflicts refuses statements that contradict each other: they share one timestamp, and so
// have no order.
func (b *Batch) checkConflicts() error {
	if len(b.writes) < 2 || b.ofRows() {
		return nil
	}
	writes := make([]conflict.Write, len(b.writes))
	for i, w := range b.writes {
		writes[i] = conflict.Write{Table: w.b.Meta, Name: w.call.table.ownKeyspace() + "." + w.settings().table, Stmt: w.b.Stmt, Values: &w.b.Call}
		if w.b.Companion != nil {
			writes[i].Rest = &w.b.Companion.Stmt
		}
	}
	if c := conflict.Find(writes); c != nil {
		return misuse("batch", b.writes[c.Write].b.Name, c.Column, c.Reason, nil)
	}
	return nil
}

// ofRows reports whether each write is of a row of its own, and of nothing that rows share: the usual batch, of
// which the conflicts need not be looked for. In one of 5 updates that is a third of all allocations.
func (b *Batch) ofRows() bool {
	const few = 32 // each is compared with each
	if len(b.writes) > few {
		return false
	}
	for i, w := range b.writes {
		if !w.ofRow || w.b.Companion != nil || w.b.Meta.Shares() {
			return false
		}
		for _, before := range b.writes[:i] {
			if w.row == before.row && w.partition == before.partition {
				return false
			}
		}
	}
	return true
}

func (b *Batch) checkWrite(w *handle) error {
	first := b.writes[0]
	counter := w.b.Meta.Counter
	switch {
	case w.call.table.queue != &b.db.queue:
		return b.usage("table " + w.b.Name + " belongs to another DB than the batch")
	case counter != first.b.Meta.Counter:
		return b.usage("counters cannot be mixed with other tables")
	case counter && b.kind != driver.CounterBatch:
		return b.usage("counters need a CounterBatch")
	case !counter && b.kind == driver.CounterBatch:
		return b.usage("a CounterBatch takes counters only")
	}
	if b.conditional() {
		return nil
	}
	switch {
	case w.settings().lwtOnly:
		return b.usage("table " + w.b.Name + " is for LWTs only (WithLWTOnly), and no write of the batch has a condition")
	case w.settings().consistency != first.settings().consistency:
		return b.usage("its tables have different consistencies (WithConsistency), of which a batch has one")
	}
	return nil
}

// checkConditional refuses what a batch with conditions cannot have.
func (b *Batch) checkConditional() error {
	first := b.writes[0]
	asked := map[string]stmt.If{}
	for _, w := range b.writes {
		switch {
		case w.b.Stmt.Table != first.b.Stmt.Table:
			return b.usage("a batch with a condition is on one table")
		case w.settings().serial != first.settings().serial || w.settings().commit != first.settings().commit:
			return b.usage("its tables differ in serial or commit consistency")
		case w.partition == "" || w.partition != first.partition:
			return b.usage("a batch with a condition is on one partition")
		case w.b.Stmt.Timestamp:
			return b.usage("a batch with a condition takes no timestamp: Paxos sets it")
		}
		for _, ask := range w.asks {
			if kind, ok := asked[ask.row]; ok && kind != ask.kind {
				return b.usage("IF EXISTS, IF NOT EXISTS and IF with conditions cannot be mixed on one row (Cassandra refuses it); " +
					"a condition on a value that is not null proves the row as well")
			}
			asked[ask.row] = ask.kind
		}
	}
	return nil
}
