package coodie

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/versions"
)

// insert builds an INSERT of all columns of v.
func (c *spec) insert(v codec.Addr, cas bool) *builder {
	b := newBuilder(c.table, cql.Insert, "insert", cas)
	if len(c.where) > 0 {
		b.fail("", "Find has filters, which an INSERT cannot have: the row's key comes from the value", nil)
	}
	c.refuseReading(b)
	if c.inserted(b); b.template == nil {
		b.stmt.IfNotExists = cas
	}
	b.divides = c.table.divides(cas)
	c.refusePlain(b)
	if b.table.Counter {
		b.fail("", "counters cannot be inserted or saved, only counted: Update with Increment or Decrement", nil)
	}
	b.newAttempt(c.together)
	if cas && b.table.Version != nil {
		b.newVersion(c.together)
	}
	if c.object != nil {
		b.object(v, *c.object, cas || c.omitNil)
	} else {
		b.values(v, cas || c.omitNil, c.rowOnly)
	}
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	b.writeApart(c, v)
	c.learn(b, c.templateKey(cql.Insert, 0, cas), nil, nil)
	return b
}

// update builds an UPDATE.
func (c *spec) update(assigns []assign, cas bool) *builder {
	return c.assigning("update", assigns, cas)
}

// assigning builds the UPDATE of a call of that name.
func (c *spec) assigning(op string, assigns []assign, cas bool) *builder {
	m := c.templateKey(cql.Update, 0, cas)
	if b := c.again(m, op, assigns, nil); b != nil {
		return b
	}
	b := newBuilder(c.table, cql.Update, op, cas)
	if len(assigns) == 0 {
		b.fail("", "Update needs at least one assignment", nil)
	}
	c.refuseReading(b)
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	static := true
	for i := range assigns {
		b.assignment(&assigns[i])
		twice(b, assigns, i)
		static = static && b.err == nil && assigns[i].ref().col.Kind == meta.Static
	}
	c.refusePlain(b)
	static = c.decide(b, static, cas)
	if !static && !c.rowOnly && b.err == nil {
		c.assignOwn(b, assigns)
	}
	c.restrict(b, static, cas)
	if cas && c.kind == ifConditions && !b.proves && !c.allowCreate {
		b.fail("", "every condition could hold on a missing row, which the UPDATE would then create: "+
			"add one that proves the row (a non-null value of a regular column), or allow it with AllowCreate", nil)
	}
	c.learn(b, m, assigns, nil)
	return b
}

// refuseReading refuses what only a read has: a Delete that ignored its Limit would delete
// the whole range.
func (c *spec) refuseReading(b *builder) {
	switch {
	case c.limit != nil:
		b.fail("", "a write takes no Limit: it concerns every row that the filters select", nil)
	case c.readOptions != nil:
		b.fail("", "a write takes no OrderBy, Only, AllowFiltering or other option of a read: it concerns every row that the filters select", nil)
	case c.serial:
		b.fail("", "a write takes no Linearizable: it is for Get; If and IfExists make a write linearizable", nil)
	}
}

// refusePlain refuses a plain write where the table does not take one, and a conditional
// one that was declared idempotent.
func (c *spec) refusePlain(b *builder) {
	if b.cas && c.idempotence == idempotent {
		b.fail("", errLWTIdempotent, nil)
	}
	b.refusePeek(c.peek, c.together != nil)
	if c.table != nil {
		b.plainWrite(&c.table.rules, c.together != nil)
	}
}

// decide settles the conditions, and whether the statement is about the partition's static
// row. static: it changes static columns alone.
func (c *spec) decide(b *builder, static, cas bool) bool {
	if !cas {
		return static
	}
	for i := range c.conds {
		static = static && c.conds[i].ref().col != nil && c.conds[i].ref().col.Kind == meta.Static
	}
	b.conds, static = c.conds, static && c.guard == nil // a guard is about the row
	if c.kind == ifConditions && len(c.conds) == 0 && c.guard == nil {
		b.fail("", "IfAll got no condition; an unconditional write is Update or Delete without If", nil)
	}
	if c.guard == nil || restricted(c.conds, b.table.Version) {
		return static
	}
	switch err := c.guard.err; {
	case errors.Is(err, errNoVersion):
		b.fail("version", "", err)
	case err != nil:
		b.fail(b.table.Version.Name, err.Error(), errCannotGuard)
	}
	b.conds = append(b.conds[:len(b.conds):len(b.conds)], c.guard.conds...)
	return static
}

// assignOwn makes an UPDATE store its attempt id and the next version.
func (c *spec) assignOwn(b *builder, assigns []assign) {
	b.newAttempt(c.together)
	if v := b.table.Version; v != nil && b.cas {
		if assigned(b, v) {
			b.checkVersion(assigns)
		} else {
			b.newVersion(c.together)
		}
	}
	for i := range b.own {
		if col := b.own[i].ref().col; assigned(b, col) {
			b.fail(col.Name, "the attempt column is set by the write itself", nil)
		}
		b.assignment(&b.own[i])
	}
}

// checkVersion refuses a version that the caller assigns, unless it counts on from the one that
// is a condition.
func (b *builder) checkVersion(assigns []assign) {
	v := b.table.Version
	was, known := b.versionAsked()
	for i := range assigns {
		if assigns[i].ref().col != v {
			continue
		}
		cell, null, err := assigns[i].value.encode()
		if n := len(cell); known && err == nil && !null && n == 8 && int64(binary.BigEndian.Uint64(cell)) > was {
			versions.Of.Saw(int64(binary.BigEndian.Uint64(cell)))
			continue
		}
		b.fail(v.Name, "the write counts the version by itself: leave it out, or assign a greater one than the one that is a condition", nil)
	}
}

func assigned(b *builder, col *meta.Column) bool {
	for i := range b.stmt.Assignments {
		if b.stmt.Assignments[i].Column.ID == col.Index {
			return true
		}
	}
	return false
}

// twice refuses a second assignment of what an earlier one has assigned already. All parts of
// an UPDATE have one timestamp: of two values of one cell the server keeps the greater one, and
// of a value and a deletion the deletion, whatever their order. Other parts of a collection may
// be changed side by side, which CQL does in no order.
func twice(b *builder, assigns []assign, i int) {
	for j := range assigns[:i] {
		a, other := &assigns[i], &assigns[j]
		if b.err == nil && a.ref().col == other.ref().col {
			if reason := a.clash(other); reason != "" {
				b.fail(a.ref().name, reason, nil)
			}
		}
	}
}

// clash says why two assignments of one column do not go together; "" if they do.
func (a *assign) clash(o *assign) string {
	t, removes := a.ref().col.Type, a.change == cql.Remove || o.change == cql.Remove
	const disorder = "an element is assigned twice, or assigned and removed, and CQL does these in no order"
	switch {
	case a.whole() || o.whole():
		return "the column is assigned twice"
	case a.ref().field != "":
		if a.ref().overlaps(o.ref()) {
			return "field " + a.ref().field + " is assigned twice"
		}
	case a.indexed() && o.indexed():
		if a.ref().overlaps(o.ref()) {
			return disorder
		}
	case t.Kind == codec.List && (a.indexed() || o.indexed()):
		if removes {
			return "an element is set and others are removed by value, which may be that one, and CQL does these in no order"
		}
	case t.Kind == codec.Counter, t.Kind == codec.List && !removes, a.change == o.change && (t.Kind == codec.Set || removes):
		// both change the same cells in the same way, or have cells of their own
	case common(a, o, t):
		return disorder
	}
	return ""
}

// whole reports whether the assignment replaces all of the column.
func (a *assign) whole() bool {
	return a.change == cql.Set && !a.indexed() && a.ref().field == ""
}

// indexed reports whether the assignment is of a list's element, or of the value of a map's key.
func (a *assign) indexed() bool { return a.ref().elem != nil }

// common reports whether two assignments of a collection name the same element, or key of a map.
func common(a, o *assign, t *codec.Type) bool {
	of := t.Elem
	if t.Kind == codec.Map {
		of = t.Key
	}
	others := o.elements()
	for _, x := range a.elements() {
		for _, y := range others {
			if of.Compare(x, y) == 0 {
				return true
			}
		}
	}
	return false
}

// elements are the cells of the elements, or keys of a map, that an assignment names.
func (a *assign) elements() (cells [][]byte) {
	if a.indexed() {
		cell, _, _ := a.ref().elem.encode() // which has been bound, so that it has no error
		return [][]byte{cell}
	}
	step := 1
	if a.ref().col.Type.Kind == codec.Map && a.change != cql.Remove {
		step = 2
	}
	cell, _, _ := a.value.encode()
	all, _ := codec.Elements(cell, step)
	for i := 0; i < len(all); i += step {
		cells = append(cells, all[i])
	}
	return cells
}

// overlaps reports whether a and b are of one column, and of one element or field of it unless
// one of them is all of it.
func (r *ref) overlaps(o *ref) bool {
	switch {
	case r.col != o.col:
		return false
	case r.elem == nil && r.field == "" || o.elem == nil && o.field == "":
		return true
	case r.elem == nil || o.elem == nil:
		return r.field == o.field
	}
	x, _, errX := r.elem.encode()
	y, _, errY := o.elem.encode()
	if errX != nil || errY != nil {
		return false
	}
	if r.col.Type.Kind == codec.Map {
		return r.col.Type.Key.Compare(x, y) == 0
	}
	return bytes.Equal(x, y)
}

// remove builds a DELETE of the row, or of the targets. A DELETE stores neither an attempt id nor
// a version; so where the table has them, columns are deleted by an UPDATE to null.
func (c *spec) remove(targets []*ref, columns, cas bool) *builder {
	if cas && c.ttl == nil && c.storesOwn(targets) {
		assigns := make([]assign, len(targets))
		for i, r := range targets {
			assigns[i] = assign{of: r}
		}
		return c.assigning("delete", assigns, true)
	}
	m := c.templateKey(cql.Delete, 0, cas)
	if !columns || len(targets) > 0 {
		if b := c.again(m, "delete", nil, targets); b != nil {
			return b
		}
	}
	b := newBuilder(c.table, cql.Delete, "delete", cas)
	if columns && len(targets) == 0 {
		b.fail("", "DeleteColumns needs at least one column; Delete deletes the row", nil)
	}
	c.refuseReading(b)
	c.refusePlain(b)
	static := columns
	for i, r := range targets {
		b.deletion(r)
		if b.err == nil && slices.ContainsFunc(targets[:i], r.overlaps) {
			b.fail(r.name, "the column, or the same part of it, is deleted twice", nil)
		}
		static = static && b.err == nil && r.col.Kind == meta.Static
	}
	if a := b.table.Attempt; !cas && a != nil && c.storesOwn(targets) && !slices.ContainsFunc(targets, func(r *ref) bool { return r.col == a }) {
		b.deletion(c.table.refTo(a)) // the row is no longer as that attempt has left it
	}
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	static = c.decide(b, static, cas)
	c.restrict(b, static, cas)
	c.learn(b, m, nil, targets)
	return b
}

// storesOwn reports whether a write of these columns has to tell that the row has changed.
func (c *spec) storesOwn(targets []*ref) bool {
	if c.table == nil || c.table.meta.Attempt == nil && c.table.meta.Version == nil {
		return false
	}
	regular := false
	for _, r := range targets {
		if r.err != nil || r.col == nil {
			return false // which is refused where it is built
		}
		regular = regular || r.col.Kind == meta.Regular
	}
	return regular
}

// restrict binds WHERE and IF. static: the statement is about the partition's static row.
func (c *spec) restrict(b *builder, static, cas bool) {
	use := keyFull
	if !c.value.None() {
		b.documentKey(c.value, static)
		if static && cas && c.kind == ifExists && len(b.table.Clustering) > 0 {
			b.fail(b.written(), "only static columns are written, so IF EXISTS would ask for the partition's static values and not for this row; "+
				"use Find with the partition key alone, or write a regular column too", nil)
		}
		if static {
			use = keyPartition
		}
	} else {
		use = b.filters(c.where)
		b.checkKey(c.where, use, static, cas)
		c.oneStatement(b)
	}
	if !cas {
		return
	}
	if c.kind == ifExists && len(b.conds) == 0 { // a guard proves the row as well
		b.stmt.IfExists, b.proves = true, true
	}
	for i := range b.conds {
		b.condition(&b.conds[i], use == keyFull && len(b.table.Clustering) > 0)
	}
}

// written is the first column that the statement names as written.
func (b *builder) written() string {
	for i := range b.stmt.Assignments {
		return b.stmt.Assignments[i].Column.Name
	}
	for i := range b.stmt.Deletions {
		return b.stmt.Deletions[i].Column.Name
	}
	return ""
}

// write sends a plain write.
func (c *chain) write(ctx context.Context, b *builder) error {
	t := c.table
	defer b.release()
	if b.err != nil {
		return c.locate(usageError(b.err))
	}
	ctx, done := c.bound(ctx)
	defer done()
	r, replay := &b.request, c.spec.replayed(b)
	r.Kind, r.Statement, r.Consistency = driver.Write, t.schema.text(b), c.spec.level()
	r.ClientTimestamp, r.Timestamp, r.Replayable, r.Reason = t.settings.clientTimestamp, c.stamp, replay.Safe(), replay.String()
	c.note(ctx, b)
	c.sending()
	ctx, cancel := within(ctx, c.spec.per)
	defer cancel()
	start := t.now()
	var err error
	if b.rest == nil {
		err = b.call.Do(ctx, t.sender, r).Close()
	} else {
		texts := t.schema.statements(b)
		r.Kind, r.Statement, r.Entries = driver.LoggedBatch, batchText("BEGIN BATCH ", texts), b.entries(texts)
		err = driver.Exec(ctx, t.sender, r)
	}
	if b.call.Grown() {
		return t.failure(b.op, r, err)
	}
	r.Lost = b.call.Lost()
	err = c.locate(t.failure(b.op, r, err))
	t.observe(ctx, b.op, r, Done, err, start)
	return err
}

// failure wraps an error of the driver, and says whether the request may have been executed.
func (t *table) failure(op string, r *driver.Request, err error) error {
	return failure(op, t.schema.name, r, err)
}

func failure(op, table string, r *driver.Request, err error) error {
	var lost *driver.LostError
	var other *driver.TypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lost):
		return &UsageError{Op: op, Table: table, Column: lost.Column, Err: err, Reason: "the value would set a field to null that the struct lacks (WithStrictTypes); " +
			"add the field to the struct, or write by Mutate"}
	case errors.As(err, &other):
		return &UsageError{Op: op, Table: table, Column: other.Column, Reason: "the value does not fit the live column", Err: err}
	case driver.Unknown(r.Kind, err):
		unknown := &OutcomeUnknownError{Op: op, Table: table, Statement: r.Statement, Err: err}
		unknown.WriteType, unknown.Received, unknown.Required = driver.Acks(err)
		return unknown
	}
	return &QueryError{Op: op, Table: table, Statement: r.Statement, Err: explain(r.Statement, err)}
}
