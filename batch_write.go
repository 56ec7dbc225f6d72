package coodie

import (
	"context"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// In makes the document's next write a part of the batch: see Batch. The write takes the
// key, and whatever else it takes from Value, as it is now; slices and maps may change afterwards.
func (d *Document[T]) In(batch *Batch) *BatchWrite[T] {
	return (*BatchWrite[T])(plainDocument(d).write().in(batch))
}

// In makes the write a part of the batch.
func (w *Write[T]) In(batch *Batch) *BatchWrite[T] {
	return (*BatchWrite[T])((*write)(w).sure().in(batch))
}

// In makes the write a part of the batch.
func (q *QuerySet[T]) In(batch *Batch) *BatchQuery[T] { return (*BatchQuery[T])((*query)(q).in(batch)) }

// In makes the conditional write, and with it the whole batch, an LWT: see Batch.
func (c Conditional[T]) In(batch *Batch) *BatchConditional[T] {
	return (*BatchConditional[T])((*conditional)(&c).in(batch))
}

// In makes the conditional write, and with it the whole batch, an LWT: see Batch.
func (c *Creation[T]) In(batch *Batch) *BatchCreation[T] {
	return (*BatchCreation[T])((*query)(c).in(batch))
}

//go:noinline
func (q *query) in(batch *Batch) *chain { return q.chain().in(batch) }

//go:noinline
func (w write) in(batch *Batch) *chain {
	w = w.kept()
	return w.chain().in(batch)
}

//go:noinline
func (w *conditional) in(batch *Batch) *chain {
	c := *w
	c.write = w.write.kept()
	return c.chain().in(batch)
}

func (c chain) in(batch *Batch) *chain {
	c.batch, c.spec.Together = batch, batch.shared()
	return &c
}

// BatchWrite is a write of a document in a batch. What is wrong with it comes out of
// Batch.Exec. The document follows an applied batch as it follows a write of its own.
type BatchWrite[T any] chain

// Insert is Document.Insert.
func (w *BatchWrite[T]) Insert() *Handle[T] {
	return (*Handle[T])((*chain)(w).creates(w.spec.Value))
}

// Save is Document.Save.
func (w *BatchWrite[T]) Save() {
	(*chain)(w).addSave()
}

func (c *chain) addSave() {
	c.addRow(opSave, c.spec.Value, !c.spec.OmitNil, func(c chain) (*stmt.Builder, follow) { return c.spec.Insert(c.spec.Value, false), c.updates(nil) })
}

func (c *chain) addUpdate(assigns []stmt.Assign, cas bool) *handle {
	return c.add(c.spec.Update(assigns, cas), c.updates(assigns))
}

// addRemove adds a delete of the row, or of the columns.
func (c *chain) addRemove(targets []*stmt.Ref, columns, cas bool) *handle {
	if !columns {
		return c.add(c.spec.Remove(nil, false, cas), c.updates(nil))
	}
	return c.add(c.spec.Remove(targets, true, cas), c.deletes(targets))
}

func (c *chain) addReplace() *handle {
	return c.addRow(opReplace, c.spec.Value, false, func(c chain) (*stmt.Builder, follow) {
		assigns := c.replacement()
		return c.spec.Update(assigns, true), c.updates(assigns)
	})
}

// Update is Document.Update.
func (w *BatchWrite[T]) Update(assigns ...Assign[T]) {
	(*chain)(w).addUpdate(plainAssigns(assigns), false)
}

// Delete is Document.Delete.
func (w *BatchWrite[T]) Delete() {
	(*chain)(w).addRemove(nil, false, false)
}

// DeleteColumns is Document.DeleteColumns.
func (w *BatchWrite[T]) DeleteColumns(columns ...Target[T]) {
	(*chain)(w).addRemove(refs(columns), true, false)
}

// BatchQuery is a write of a selection in a batch. What is wrong with it comes out of
// Batch.Exec.
type BatchQuery[T any] chain

// Update is QuerySet.Update.
func (q *BatchQuery[T]) Update(assigns ...Assign[T]) {
	(*chain)(q).addUpdate(plainAssigns(assigns), false)
}

// Delete is QuerySet.Delete.
func (q *BatchQuery[T]) Delete() {
	(*chain)(q).addRemove(nil, false, false)
}

// DeleteColumns is QuerySet.DeleteColumns.
func (q *BatchQuery[T]) DeleteColumns(columns ...Target[T]) {
	(*chain)(q).addRemove(refs(columns), true, false)
}

// BatchConditional is a conditional write in a batch. What is wrong with it comes out of
// Batch.Exec.
type BatchConditional[T any] chain

// Update is Conditional.Update.
func (c *BatchConditional[T]) Update(assigns ...Assign[T]) *Handle[T] {
	return (*Handle[T])((*chain)(c).addUpdate(plainAssigns(assigns), true))
}

// Replace is Conditional.Replace.
func (c *BatchConditional[T]) Replace() *Handle[T] {
	return (*Handle[T])((*chain)(c).addReplace())
}

// Delete is Conditional.Delete.
func (c *BatchConditional[T]) Delete() *Handle[T] {
	return (*Handle[T])((*chain)(c).addRemove(nil, false, true))
}

// DeleteColumns is Conditional.DeleteColumns.
func (c *BatchConditional[T]) DeleteColumns(columns ...Target[T]) *Handle[T] {
	return (*Handle[T])((*chain)(c).addRemove(refs(columns), true, true))
}

// BatchCreation is an `INSERT … IF NOT EXISTS` in a batch. What is wrong with it comes out
// of Batch.Exec.
type BatchCreation[T any] chain

// Create is Creation.Create.
func (c *BatchCreation[T]) Create(v T) *Handle[T] {
	return (*Handle[T])((*chain)(c).creates(codec.At(&v)))
}

func (c chain) creates(v codec.Addr) *handle {
	c.spec.Kind = stmt.IfNotExists
	return c.addRow(opInsert, v, true, func(c chain) (*stmt.Builder, follow) { return c.spec.Insert(c.spec.Value, true), c.updates(nil) })
}

// addRow puts the write of the row v into the batch. What happens to the row before it is
// written, such as its hooks, happens in Exec.
func (c chain) addRow(op string, v codec.Addr, fill bool, build func(chain) (*stmt.Builder, follow)) *handle {
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
	h := &handle{chain: c, follow: c.updates(nil), err: errNotExecuted(op, c.table.schema.Name)}
	h.later = func(ctx context.Context) {
		row, err := c.prepare(ctx, op, v, fill)
		c.spec.Value = row
		b, f := build(c)
		h.holds(c, b, c.adopts(row, v, f))
		h.mistake = err
		h.rebuilt(c, build)
	}
	c.batch.add(h)
	return h
}

// rebuilt says how the write of a row is built once more.
func (h *handle) rebuilt(c chain, build func(chain) (*stmt.Builder, follow)) {
	h.rebuild = func() *stmt.Builder {
		b, _ := build(c)
		return b
	}
}

// follow is how a document follows a write.
type follow func(applied bool, own []stmt.Assign, err error)

// adopts is f of a write of the whole row, which was prepared from v.
func (c chain) adopts(row, v codec.Addr, f follow) follow {
	return func(applied bool, own []stmt.Assign, err error) {
		if applied {
			c.adopt(row, v)
		}
		f(applied, own, err)
	}
}

func (c chain) updates(assigns []stmt.Assign) follow {
	if c.doc != nil {
		assigns = stmt.KeptAssigns(assigns)
	}
	return func(applied bool, own []stmt.Assign, err error) { c.updated(assigns, applied, own, err) }
}

func (c chain) deletes(columns []*stmt.Ref) follow {
	return func(applied bool, own []stmt.Assign, err error) { c.deleted(columns, applied, own, err) }
}
