package coodie

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

func (w *write) insert(ctx context.Context, res *result) (err error) {
	c := w.call()
	*res, err = c.insertDocument(ctx)
	return err
}

func (c *call) insertDocument(ctx context.Context) (result, error) {
	insert := *c
	res, err := insert.insertCAS(ctx, c.spec.Value)
	c.updated(nil, res.applied, insert.stored, err)
	return res, err
}

func (w *write) save(ctx context.Context) error {
	c := w.call()
	return c.save(ctx)
}

func (c *call) save(ctx context.Context) error {
	ctx, done := c.withDeadline(ctx)
	defer done()
	row, err := c.prepare(ctx, opSave, c.spec.Value, !c.spec.OmitNil)
	var own []stmt.Assign
	if err == nil {
		if own, err = c.insertPlain(ctx, row); c.spec.Table.Divided(err) {
			again, second := c.insertPlain(ctx, row)
			own, err = again, outcomeOfBoth(err, second)
		}
	}
	if err == nil {
		c.adopt(row, c.spec.Value)
	}
	c.updated(nil, err == nil, own, err)
	return err
}

// insertPlain writes the row, and returns what the write itself stores.
func (c *call) insertPlain(ctx context.Context, row codec.Addr) (own []stmt.Assign, err error) {
	b := c.spec.Insert(row, false)
	own = b.Stored
	return own, c.write(ctx, b)
}

// outcomeOfBoth is the error of a write that was sent once more: where the session's retry policy
// had made several attempts, one of the first may have been executed.
func outcomeOfBoth(first, second error) error {
	if second != nil && errors.Is(first, ErrOutcomeUnknown) {
		return first
	}
	return second
}

func (w *write) update(ctx context.Context, assigns []stmt.Assign) error {
	c := w.call()
	return c.updatePlain(ctx, assigns)
}

func (c *call) updatePlain(ctx context.Context, assigns []stmt.Assign) error {
	b := c.spec.Update(assigns, false)
	own := b.Stored
	err := c.write(ctx, b)
	c.updated(assigns, err == nil, own, err)
	return err
}

// remove deletes the row, or the columns.
func (w *write) remove(ctx context.Context, targets []*stmt.Ref, columns bool) error {
	c := w.call()
	if !columns {
		return c.removePlain(ctx)
	}
	err := c.write(ctx, c.spec.Remove(targets, true, false))
	c.deleted(targets, err == nil, nil, err)
	return err
}

func (c *call) removePlain(ctx context.Context) error {
	err := c.write(ctx, c.spec.Remove(nil, false, false))
	c.gone(err == nil, nil, err)
	return err
}

func (d *document) saveChanges(ctx context.Context) error {
	w := d.write()
	return w.saveChanges(ctx)
}

func (w *write) saveChanges(ctx context.Context) error {
	c := w.call()
	ctx, done := c.withDeadline(ctx)
	defer done()
	v := c.spec.Value
	row, assigns, err := c.changes(ctx)
	if err != nil || len(assigns) == 0 {
		return err
	}
	c.spec.Value = row
	if err := c.updatePlain(ctx, assigns); err != nil {
		return err
	}
	c.adopt(row, v)
	return nil
}

const opSaveChanges = "save changes"

// changes are the row as the hooks leave it, and an assignment for each of its columns that differs from what was read.
func (c *call) changes(ctx context.Context) (row codec.Addr, assigns []stmt.Assign, err error) {
	v := c.spec.Value
	switch {
	case c.table == nil:
		return v, nil, noTable(opSaveChanges)
	case c.doc == nil || c.doc.knows().cells == nil:
		return v, nil, c.usage(opSaveChanges, "what was read is not known: take the document from QuerySet.Load, or call Reload first")
	}
	differing := c.differing(v)
	if len(differing) == 0 {
		return v, nil, nil
	}
	if row, err = c.prepare(ctx, opSaveChanges, v, false); err != nil {
		return row, nil, err
	}
	if row != v { // the hooks' copy
		differing = c.differing(row)
	}
	for _, col := range differing {
		if col.Key() {
			return row, nil, misuse(opSaveChanges, c.table.schema.Name, col.Name, "the key is not the one that was read; a row has its key for ever", nil)
		}
		assigns = append(assigns, stmt.SetTo(c.table.schema.RefTo(col), stmt.OperandAt(col, row)))
	}
	return row, assigns, nil
}

// differing are the columns in which the row at p differs from what was read. The attempt and version columns are written
// by every conditional write anyway.
func (c *call) differing(p codec.Addr) (columns []*meta.Column) {
	m := c.table.schema.Meta
	for _, col := range m.Columns {
		if col == m.Attempt || col == m.Version {
			continue
		}
		cell, err := storedCell(col, stmt.OperandAt(col, p))
		read := c.doc.known.cells[col.Index]
		if err != nil || (cell == nil) != (read == nil) || !bytes.Equal(cell, read) {
			columns = append(columns, col)
		}
	}
	return columns
}

// updated copies an applied write into Value.
func (c *call) updated(assigns []stmt.Assign, applied bool, own []stmt.Assign, err error) {
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
		c.put(own[i].Ref(), own[i].Value())
	}
	for i := range assigns {
		a := &assigns[i]
		if !a.Replaces() || !c.put(a.Ref(), a.Value()) {
			c.doc.stale = true
		}
	}
}

// gone follows a delete of the whole row.
func (c *call) gone(applied bool, own []stmt.Assign, err error) {
	c.updated(nil, applied, own, err)
	if c.doc != nil && (applied || errors.Is(err, ErrOutcomeUnknown)) {
		c.doc.forget()
	}
}

// deleted sets columns that were deleted to null in Value.
func (c *call) deleted(columns []*stmt.Ref, applied bool, own []stmt.Assign, err error) {
	if c.doc == nil {
		return
	}
	if a := c.table.schema.Meta.Attempt; applied && a != nil && len(own) == 0 && c.spec.TouchesRow(columns) {
		c.put(c.table.schema.RefTo(a), &stmt.Operand{}) // a plain write has deleted it too
	}
	c.updated(nil, applied, own, err)
	if !applied {
		return
	}
	for i := range columns {
		r := columns[i]
		if r.IsPart() || !c.put(r, &stmt.Operand{}) {
			c.doc.stale = true
		}
	}
}

// put sets a column's field to what was written: the value as the cell holds it, so
// that a time has the stored precision.
func (c *call) put(r *stmt.Ref, o *stmt.Operand) bool {
	cell, null, err := o.Encode()
	if err != nil {
		return false
	}
	// Where a type has grown, fields that the struct lacks may hold something.
	known := null || !r.Column().Type.StoredAsNull(cell) || !stmt.ByField(r.Column().Type) || !c.table.schema.Grown.Load()
	if null || r.Column().Type.StoredAsNull(cell) {
		cell = nil
	}
	if !c.doc.knows().seen.None() && r.Column().Kind == meta.Static {
		c.doc.saw(r.Column(), *o)
	}
	cd := r.Column().Codec
	if t := o.Typ(); cell != nil && o.Cell() != nil && t != r.Column().Type {
		if cd, err = cd.Live(t); err != nil {
			return false
		}
	}
	field := c.held.Field(r.Column().Offset)
	if cd.Decode(field, cell) != nil {
		return false
	}
	if held := c.doc.knows(); held.cells != nil {
		held.cells = slices.Clone(held.cells)
		held.cells[r.Column().Index], _ = storedCell(r.Column(), stmt.OperandAt(r.Column(), c.held)) // it was decoded from one
		c.doc.known = &held
	}
	return known
}

// write sends a plain write.
func (c *call) write(ctx context.Context, b *stmt.Bound) error {
	t := c.table
	defer b.Release()
	if b.Err != nil {
		return c.locate(usageError(b.Err))
	}
	ctx, done := c.withDeadline(ctx)
	defer done()
	r, replay := &b.Request, c.spec.Replayed(b)
	r.Kind, r.Statement, r.Consistency = driver.Write, t.schema.Text(b), c.spec.Level()
	r.ClientTimestamp, r.Timestamp, r.Replayable, r.Reason = t.settings.clientTimestamp, c.stamp, replay.Safe(), replay.String()
	c.note(ctx, b)
	c.sending()
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	var texts []string
	if b.Companion != nil {
		texts = t.schema.Statements(b)
		r.Kind, r.Statement, r.Entries = driver.LoggedBatch, stmt.BatchText("BEGIN BATCH ", texts), b.Entries(texts)
	}
	ctx, w := t.begin(ctx, b.Op, EventWrite, r)
	defer w.left(nil)
	var err error
	if b.Companion == nil {
		err = b.Call.Do(ctx, t.sender, r).Close()
	} else {
		err = driver.Exec(ctx, t.sender, r)
	}
	grown := b.Call.Grown()
	if err = t.failure(b.Op, r, err); !grown {
		r.Lost = b.Call.Lost()
		err = c.locate(err)
	}
	w.end(OutcomeDone, err, func(e *Event) { e.Warning = t.warns(r) })
	return err
}

// failure wraps an error of the driver, and says whether the request may have been executed.
func (t *table) failure(op string, r *driver.Request, err error) error {
	return failure(op, t.schema.Name, r, err)
}

func failure(op, table string, r *driver.Request, err error) error {
	var lost *driver.LostError
	var other *driver.TypeError
	var fenced *fencedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lost):
		return misuse(op, table, lost.Column, "the value would set a field to null that the struct lacks (WithStrictTypes); "+
			"add the field to the struct, or write by Mutate", err)
	case errors.As(err, &other):
		return misuse(op, table, other.Column, "the value does not fit the live column", err)
	case errors.As(err, &fenced):
		e := queryError(op, table, r.Statement, fenced.cause)
		e.Reason = "given up without an answer, and fenced: the write was not executed, and never will be"
		return e
	case driver.Unknown(r.Kind, err):
		unknown := unknownError(op, table, r.Statement, err)
		unknown.WriteType, unknown.Received, unknown.Required = driver.Acks(err)
		return unknown
	}
	return queryError(op, table, r.Statement, explain(r.Statement, err))
}

// explain adds what to do to a syntax error that Cassandra answers ScyllaDB's clauses with.
func explain(statement string, err error) error {
	if driver.IsSyntax(err) &&
		(strings.Contains(statement, "TIMEOUT ?") || strings.Contains(statement, "BYPASS CACHE")) {
		return fmt.Errorf("%w (WithUsingTimeout and WithBypassCache are ScyllaDB's; for Cassandra leave them out)", err)
	}
	return err
}
