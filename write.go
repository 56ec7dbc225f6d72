package coodie

import (
	"context"
	"errors"
	"unsafe"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// insert builds an INSERT of all columns of v.
func (c *chain) insert(v unsafe.Pointer, cas bool) *builder {
	b := newBuilder(c.table, cql.Insert, "insert", cas)
	if len(c.where) > 0 {
		b.fail("", "Find has filters, which an INSERT cannot have: the row's key comes from the value", nil)
	}
	c.refuseReading(b)
	if c.inserted(b); b.form == nil {
		b.stmt.IfNotExists = cas
	}
	b.divides = c.table.divides(cas)
	c.refusePlain(b)
	if b.table.Counter {
		b.fail("", "counters cannot be inserted or saved, only counted: Update with Increment or Decrement", nil)
	}
	if cas {
		b.newAttempt(c.batch)
		if b.table.Version != nil {
			b.newVersion(1)
		}
	}
	if c.object != nil {
		b.object(v, *c.object, cas || c.omitNil)
	} else {
		b.values(v, cas || c.omitNil)
	}
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	b.writeApart(c, v)
	c.learn(b, c.manner(cql.Insert, 0, cas), nil, nil)
	return b
}

// update builds an UPDATE.
func (c *chain) update(assigns []assign, cas bool) *builder {
	m := c.manner(cql.Update, 0, cas)
	if b := c.again(m, "update", assigns, nil); b != nil {
		return b
	}
	b := newBuilder(c.table, cql.Update, "update", cas)
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
	if cas && !static && b.err == nil {
		c.assignOwn(b)
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
func (c *chain) refuseReading(b *builder) {
	switch {
	case c.limit != nil:
		b.fail("", "a write takes no Limit: it concerns every row that the filters select", nil)
	case c.choice != nil:
		b.fail("", "a write takes no OrderBy, Only, AllowFiltering or other option of a read: it concerns every row that the filters select", nil)
	case c.serial:
		b.fail("", "a write takes no Linearizable: it is for Get; If and IfExists make a write linearizable", nil)
	}
}

// refusePlain refuses a plain write where the table does not take one, and a conditional
// one that was declared idempotent.
func (c *chain) refusePlain(b *builder) {
	if b.cas && c.idempotence == Idempotent {
		b.fail("", errLWTIdempotent, nil)
	}
	b.refusePeek(c.peek, c.batch != nil)
	if c.table != nil {
		b.plainWrite(&c.table.settings, c.batch != nil)
	}
}

// assignOwn makes an UPDATE store its attempt id and the next version.
func (c *chain) assignOwn(b *builder) {
	b.newAttempt(c.batch)
	if v := b.table.Version; v != nil && !assigned(b, v) {
		if c.value == nil {
			b.fail(v.Name, "the table counts versions: set the next one and make the last one a condition, or use a Document or Mutate", nil)
			return
		}
		b.newVersion(b.version(c.value) + 1)
	}
	for i := range b.own {
		if col := b.own[i].ref().col; assigned(b, col) {
			b.fail(col.Name, "the attempt column is set by the write itself", nil)
		}
		b.assignment(&b.own[i])
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

// twice refuses a second assignment of what an earlier one has assigned already. Parts of a
// collection may be changed side by side, which CQL does in no order.
func twice(b *builder, assigns []assign, i int) {
	for j := range assigns[:i] {
		a, other := &assigns[i], &assigns[j]
		if b.err == nil && a.ref().col == other.ref().col &&
			(a.whole() || other.whole() || a.ref().field != "" && a.ref().field == other.ref().field) {
			b.fail(a.ref().name, "the column is assigned twice", nil)
		}
	}
}

// whole reports whether the assignment replaces all of the column.
func (a *assign) whole() bool {
	return a.change == cql.Set && a.ref().elem == nil && a.ref().field == ""
}

// remove builds a DELETE of the row, or of the targets.
func (c *chain) remove(targets []*ref, columns, cas bool) *builder {
	m := c.manner(cql.Delete, 0, cas)
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
	for _, r := range targets {
		b.deletion(r)
		static = static && b.err == nil && r.col.Kind == meta.Static
	}
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	c.restrict(b, static, cas)
	c.learn(b, m, nil, targets)
	return b
}

// restrict binds WHERE and IF. static: the statement changes only static columns.
func (c *chain) restrict(b *builder, static, cas bool) {
	conds := c.conds
	for i := range conds {
		static = static && conds[i].ref().col != nil && conds[i].ref().col.Kind == meta.Static
	}
	use := keyFull
	if c.value != nil {
		b.documentKey(c.value, static)
		if static {
			use = keyPartition
		}
	} else {
		use = b.filters(c.where)
		b.checkKey(c.where, use, static, cas)
	}
	if !cas {
		return
	}
	if c.kind == ifConditions && len(conds) == 0 {
		b.fail("", "IfAll got no condition; an unconditional write is Update or Delete without If", nil)
	}
	if v := b.table.Version; v != nil && c.value != nil && !static && !restricted(conds, v) {
		// The document's version guards whatever else is asked; it also proves the row.
		conds = append(conds[:len(conds):len(conds)], c.table.unchanged(c.value)...)
	} else if c.kind == ifExists {
		b.stmt.IfExists, b.proves = true, true
	}
	for i := range conds {
		b.condition(&conds[i], use == keyFull && len(b.table.Clustering) > 0)
	}
}

// write sends a plain write.
func (c *chain) write(ctx context.Context, b *builder) error {
	t := c.table
	defer b.release()
	if b.err != nil {
		return b.err
	}
	ctx, done := c.bound(ctx)
	defer done()
	r, replay := &b.request, c.replayed(b)
	r.Kind, r.Statement, r.Consistency = driver.Write, t.text(b), c.level()
	r.ClientTimestamp, r.Replayable, r.Reason = t.settings.clientTimestamp, replay.Safe(), replay.String()
	c.note(ctx, b)
	c.sending()
	ctx, cancel := c.per.within(ctx)
	defer cancel()
	start := t.now()
	var err error
	if b.rest == nil {
		err = b.call.Do(ctx, t.sender, r).Close()
	} else {
		texts := t.statements(b)
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
	return failure(op, t.name, r, err)
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
