package coodie

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"
	"unsafe"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Document is one row of a table, held as a T. Its writes take the key from Value. It is
// not safe for concurrent use.
//
// Value changes only when a write was applied: what Set and SetNull wrote is copied
// in. After a change that cannot be copied, such as an append, and after an unknown
// outcome, Stale says that Value may no longer be what the row is.
type Document[T any] struct {
	Value T

	doc document
}

// document is what a Document is besides its Value.
type document struct {
	table *table
	stale bool
}

// Stale reports whether the row may differ from Value because of a write made through
// this document. Read the row again to be sure.
func (d *Document[T]) Stale() bool { return d.doc.stale }

// Insert is `INSERT … IF NOT EXISTS` with all columns; those that are null are left
// unset. A refused one answers with the whole existing row.
func (d *Document[T]) Insert(ctx context.Context) (LWTResult[T], error) {
	return d.with().Insert(ctx)
}

// Save is a plain upsert of all columns: it overwrites whatever row is there, and null
// deletes (see OmitNil); a null static column is deleted for its whole partition. Mixed with LWTs on one table it can undo them: see the package
// documentation.
func (d *Document[T]) Save(ctx context.Context) error { return d.with().Save(ctx) }

// Update is a plain update: it creates the row if it is missing.
func (d *Document[T]) Update(ctx context.Context, assigns ...Assign[T]) error {
	return d.with().Update(ctx, assigns...)
}

// Delete is a plain delete.
func (d *Document[T]) Delete(ctx context.Context) error { return d.with().Delete(ctx) }

// DeleteColumns is a plain delete of some columns.
func (d *Document[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) error {
	return d.with().DeleteColumns(ctx, columns...)
}

// IfExists makes the write conditional on the row's existence.
func (d *Document[T]) IfExists() Conditional[T] { return d.with().IfExists() }

// If makes the write conditional on c and all of more, with AND.
func (d *Document[T]) If(c Cond[T], more ...Cond[T]) Conditional[T] { return d.with().If(c, more...) }

// IfUnchanged makes the write conditional on the version that Value holds: nobody else has
// written the row since. The struct needs a column tagged `version`.
//
// On such a table every conditional write of a document checks the version, whatever
// else it asks for, and an applied Insert or Update counts it on, in Value too. A row that is
// deleted and inserted again begins with version 1 again, and so a document of the old row could
// pass for one of the new; with an `attempt` column beside the version, whose id is checked as
// well, it cannot.
func (d *Document[T]) IfUnchanged() Conditional[T] { return d.with().IfUnchanged() }

// IfAll is If with a slice. An empty one is a *UsageError of the call that sends the write.
func (d *Document[T]) IfAll(conds []Cond[T]) Conditional[T] { return d.with().IfAll(conds) }

// TTL makes what the write writes expire after t, rounded up to whole seconds.
func (d *Document[T]) TTL(t time.Duration) Write[T] { return d.with().TTL(t) }

// Timestamp is USING TIMESTAMP, for plain writes only; it has microseconds. A time before 1970 is
// one, but the zero time is a *UsageError: the write would be older than every other.
func (d *Document[T]) Timestamp(t time.Time) Write[T] { return d.with().Timestamp(t) }

// OmitNil makes Save leave null columns alone instead of deleting them.
func (d *Document[T]) OmitNil() Write[T] { return d.with().OmitNil() }

func (d *Document[T]) with() Write[T] {
	if d == nil {
		return Write[T]{}
	}
	value := unsafe.Pointer(&d.Value)
	return Write[T]{chain{table: d.doc.table, doc: &d.doc, held: value, value: value}}
}

// Write is a write of a document that has been told more: a TTL, a timestamp, OmitNil.
// It is an immutable value.
type Write[T any] struct{ chain chain }

// TTL makes what the write writes expire after t, rounded up to whole seconds.
func (w Write[T]) TTL(t time.Duration) Write[T] {
	w.chain = w.chain.withTTL(t)
	return w
}

// Timestamp is USING TIMESTAMP, for plain writes only; it has microseconds. A time before 1970 is
// one, but the zero time is a *UsageError: the write would be older than every other.
func (w Write[T]) Timestamp(t time.Time) Write[T] {
	w.chain = w.chain.withTimestamp(t)
	return w
}

// OmitNil makes Save leave null columns alone instead of deleting them.
func (w Write[T]) OmitNil() Write[T] {
	w.chain.omitNil = true
	return w
}

// Insert is Document.Insert.
func (w Write[T]) Insert(ctx context.Context) (LWTResult[T], error) {
	res, err := w.chain.insertDocument(ctx)
	return resultOf[T](res), err
}

func (c *chain) insertDocument(ctx context.Context) (result, error) {
	res, err := c.insertCAS(ctx, c.value)
	c.updated(nil, res.applied, res.own, err)
	return res, err
}

// Save is Document.Save.
func (w Write[T]) Save(ctx context.Context) error { return w.chain.save(ctx) }

func (c *chain) save(ctx context.Context) error {
	row, err := c.table.prepare(ctx, opSave, c.value, !c.omitNil)
	if err == nil {
		err = c.write(ctx, c.insert(row, false))
	}
	if err == nil {
		c.adopt(row, c.value)
	}
	c.updated(nil, err == nil, nil, err)
	return err
}

// Update is Document.Update.
func (w Write[T]) Update(ctx context.Context, assigns ...Assign[T]) error {
	plain := plainAssigns(assigns)
	err := w.chain.write(ctx, w.chain.update(plain, false))
	w.chain.updated(plain, err == nil, nil, err)
	return err
}

// Delete is Document.Delete.
func (w Write[T]) Delete(ctx context.Context) error {
	return w.chain.removePlain(ctx)
}

func (c *chain) removePlain(ctx context.Context) error {
	err := c.write(ctx, c.remove(nil, false, false))
	c.updated(nil, err == nil, nil, err)
	return err
}

// DeleteColumns is Document.DeleteColumns.
func (w Write[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) error {
	targets := refs(columns)
	err := w.chain.write(ctx, w.chain.remove(targets, true, false))
	w.chain.deleted(targets, err == nil, err)
	return err
}

// IfExists is Document.IfExists.
func (w Write[T]) IfExists() Conditional[T] {
	return Conditional[T]{w.chain.conditional(ifExists, nil)}
}

// If is Document.If.
func (w Write[T]) If(c Cond[T], more ...Cond[T]) Conditional[T] {
	return Conditional[T]{w.chain.conditional(ifConditions, both(c, more))}
}

// IfUnchanged is Document.IfUnchanged.
func (w Write[T]) IfUnchanged() Conditional[T] {
	return Conditional[T]{w.chain.conditional(ifConditions, w.chain.unchanged())}
}

// unchanged are the conditions of IfUnchanged.
func (c *chain) unchanged() []cond {
	if c.table == nil {
		return nil
	}
	v := c.table.meta.Version
	if v == nil {
		return []cond{{on: &ref{name: "version", err: errNoVersion}}}
	}
	return c.table.unchanged(c.value)
}

// unchanged are the conditions that the row is still the one at p: by its version, and by the
// attempt id, if p has one. The versions of a row that takes its place begin again; no row
// ever has that id again.
func (t *table) unchanged(p unsafe.Pointer) []cond {
	same := func(col *meta.Column) cond {
		return cond{on: t.refTo(col), op: cql.Eq, value: operandAt(col, p)}
	}
	conds := []cond{same(t.meta.Version)}
	if a := t.meta.Attempt; a != nil && *(*gocql.UUID)(unsafe.Add(p, a.Offset)) != (gocql.UUID{}) {
		conds = append(conds, same(a))
	}
	return conds
}

var errNoVersion = errors.New("the struct has no column tagged `version`")

// IfAll is Document.IfAll.
func (w Write[T]) IfAll(conds []Cond[T]) Conditional[T] {
	return Conditional[T]{w.chain.conditional(ifConditions, slices.Clone(plainConds(conds)))}
}

// updated copies an applied write into Value.
func (c *chain) updated(assigns []assign, applied bool, own []assign, err error) {
	if c.doc == nil {
		return
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		c.doc.stale = true
	}
	if !applied {
		return
	}
	for i := range own {
		c.put(own[i].ref(), &own[i].value)
	}
	for i := range assigns {
		a := &assigns[i]
		if !a.whole() || !c.put(a.ref(), &a.value) {
			c.doc.stale = true
		}
	}
}

// deleted sets columns that were deleted to null in Value.
func (c *chain) deleted(columns []*ref, applied bool, err error) {
	c.updated(nil, applied, nil, err)
	if c.doc == nil || !applied {
		return
	}
	for i := range columns {
		r := columns[i]
		if r.elem != nil || r.field != "" || !c.put(r, &operand{}) {
			c.doc.stale = true
		}
	}
}

// put sets a column's field to what was written: the value as the cell holds it, so
// that a time has the stored precision.
func (c *chain) put(r *ref, o *operand) bool {
	cell, null, err := o.encode()
	if err != nil {
		return false
	}
	if null || storedAsNull(r.col.Type, cell) {
		cell = nil
	}
	field := unsafe.Add(c.held, r.col.Offset)
	return r.col.Codec.Decode(field, cell) == nil
}

// storedAsNull reports whether a row cannot tell the cell from null: an empty collection
// or a user-defined type of nulls that is not frozen.
func storedAsNull(t *codec.Type, cell []byte) bool {
	if t.Kind == codec.UDT && !t.Frozen {
		return len(bytes.TrimLeft(cell, "\xff")) == 0 // a field's length of -1 is null
	}
	return emptied(t, cell)
}
