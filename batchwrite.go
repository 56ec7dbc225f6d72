package coodie

import "context"

// In makes the document's next write a part of the batch: see Batch. The write takes the
// key, and whatever else it takes from Value, as it is now.
func (d *Document[T]) In(batch *Batch) BatchWrite[T] { return d.with().In(batch) }

// In makes the write a part of the batch.
func (w Write[T]) In(batch *Batch) BatchWrite[T] { return BatchWrite[T]{w.chain.in(batch)} }

// In makes the write a part of the batch.
func (q QuerySet[T]) In(batch *Batch) BatchQuery[T] { return BatchQuery[T]{q.chain.in(batch)} }

// In makes the conditional write, and with it the whole batch, an LWT: see Batch.
func (c Conditional[T]) In(batch *Batch) BatchConditional[T] {
	return BatchConditional[T]{c.chain.in(batch)}
}

// In makes the conditional write, and with it the whole batch, an LWT: see Batch.
func (c Creation[T]) In(batch *Batch) BatchCreation[T] { return BatchCreation[T]{c.chain.in(batch)} }

func (c chain[T]) in(batch *Batch) chain[T] {
	c.batch = batch
	if c.value != nil {
		value := *c.value // it may change before Exec
		c.value = &value
	}
	return c
}

// BatchWrite is a write of a document in a batch. What is wrong with it comes out of
// Batch.Exec. The document follows an applied batch as it follows a write of its own.
type BatchWrite[T any] struct{ chain chain[T] }

// Insert is Document.Insert.
func (w BatchWrite[T]) Insert() *Handle[T] {
	if w.chain.value == nil {
		return w.chain.add(w.chain.insert(new(T), true), w.chain.doc.updates(nil))
	}
	return w.chain.creates(w.chain.value)
}

// Save is Document.Save.
func (w BatchWrite[T]) Save() {
	v := w.chain.value
	if v == nil {
		v = new(T)
	}
	w.chain.addRow(opSave, v, !w.chain.omitNil, func(c chain[T]) (*builder, follow) { return c.insert(c.value, false), c.doc.updates(nil) })
}

// Update is Document.Update.
func (w BatchWrite[T]) Update(assigns ...Assign[T]) {
	w.chain.add(w.chain.update(assigns, false), w.chain.doc.updates(assigns))
}

// Delete is Document.Delete.
func (w BatchWrite[T]) Delete() {
	w.chain.add(w.chain.remove(nil, false, false), w.chain.doc.updates(nil))
}

// DeleteColumns is Document.DeleteColumns.
func (w BatchWrite[T]) DeleteColumns(columns ...Target[T]) {
	w.chain.add(w.chain.remove(columns, true, false), w.chain.doc.deletes(columns))
}

// BatchQuery is a write of a selection in a batch. What is wrong with it comes out of
// Batch.Exec.
type BatchQuery[T any] struct{ chain chain[T] }

// Update is QuerySet.Update.
func (q BatchQuery[T]) Update(assigns ...Assign[T]) {
	q.chain.add(q.chain.update(assigns, false), q.chain.doc.updates(assigns))
}

// Delete is QuerySet.Delete.
func (q BatchQuery[T]) Delete() {
	q.chain.add(q.chain.remove(nil, false, false), q.chain.doc.updates(nil))
}

// DeleteColumns is QuerySet.DeleteColumns.
func (q BatchQuery[T]) DeleteColumns(columns ...Target[T]) {
	q.chain.add(q.chain.remove(columns, true, false), q.chain.doc.deletes(columns))
}

// BatchConditional is a conditional write in a batch. What is wrong with it comes out of
// Batch.Exec.
type BatchConditional[T any] struct{ chain chain[T] }

// Update is Conditional.Update.
func (c BatchConditional[T]) Update(assigns ...Assign[T]) *Handle[T] {
	return c.chain.add(c.chain.update(assigns, true), c.chain.doc.updates(assigns))
}

// Replace is Conditional.Replace.
func (c BatchConditional[T]) Replace() *Handle[T] {
	return c.chain.addRow(opReplace, c.chain.value, false, func(c chain[T]) (*builder, follow) {
		assigns := c.replacement()
		return c.update(assigns, true), c.doc.updates(assigns)
	})
}

// Delete is Conditional.Delete.
func (c BatchConditional[T]) Delete() *Handle[T] {
	return c.chain.add(c.chain.remove(nil, false, true), c.chain.doc.updates(nil))
}

// DeleteColumns is Conditional.DeleteColumns.
func (c BatchConditional[T]) DeleteColumns(columns ...Target[T]) *Handle[T] {
	return c.chain.add(c.chain.remove(columns, true, true), c.chain.doc.deletes(columns))
}

// BatchCreation is an `INSERT … IF NOT EXISTS` in a batch. What is wrong with it comes out
// of Batch.Exec.
type BatchCreation[T any] struct{ chain chain[T] }

// Create is Creation.Create.
func (c BatchCreation[T]) Create(v T) *Handle[T] { return c.chain.creates(&v) }

func (c chain[T]) creates(v *T) *Handle[T] {
	c.kind = ifNotExists
	return c.addRow(opInsert, v, true, func(c chain[T]) (*builder, follow) { return c.insert(c.value, true), c.doc.updates(nil) })
}

// addRow puts the write of the row v into the batch. What happens to the row before it is
// written, such as its hooks, happens in Exec.
func (c chain[T]) addRow(op string, v *T, fill bool, build func(chain[T]) (*builder, follow)) *Handle[T] {
	c.value = v
	if !c.table.prepares() || v == nil {
		return c.add(build(c))
	}
	h := &Handle[T]{follow: c.doc.updates(nil), err: errNotExecuted(op, c.table.name), info: batchedWrite{table: c.table.name}}
	h.later = func(ctx context.Context) {
		row, err := c.table.prepare(ctx, op, v, fill)
		c.value = row
		b, f := build(c)
		if err != nil {
			b.err = err
		}
		h.holds(c, b, func(applied bool, own []assign, err error) {
			if applied {
				c.doc.adopt(row, v)
			}
			f(applied, own, err)
		})
	}
	c.batch.add(h)
	return h
}

// follow is how a document follows a write.
type follow func(applied bool, own []assign, err error)

func (d *Document[T]) updates(assigns []Assign[T]) follow {
	return func(applied bool, own []assign, err error) { d.updated(assigns, applied, own, err) }
}

func (d *Document[T]) deletes(columns []Target[T]) follow {
	return func(applied bool, _ []assign, err error) { d.deleted(columns, applied, err) }
}
