package stmt

import (
	"encoding/binary"
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/versions"
)

// assignment binds one term of SET.
func (b *Bound) assignment(a *Assign) {
	if a.Ref().err != nil {
		b.Fail(a.Ref().name, "", a.Ref().Err())
	}
	if a.Ref().col == nil && b.Err == nil {
		b.Fail("", "an assignment was not made by a column", nil)
	}
	if b.Err != nil {
		return
	}
	col, part := a.Ref().col, a.Ref().elem != nil || a.Ref().field != ""
	collection := false
	switch col.Type.Kind {
	case codec.List, codec.Set, codec.Map:
		collection = true
	}
	switch {
	case col.Key():
		b.Fail(col.Name, "a key column cannot be updated; delete the row and insert another", nil)
	case a.change != cql.Set && a.Ref().opaque():
		b.Fail(col.Name, errOpaque, nil)
	case col.Type.Frozen && (part || a.change != cql.Set):
		b.Fail(col.Name, "a frozen value can only be set whole", nil)
	case a.change == cql.Prepend && col.Type.Kind != codec.List:
		b.Fail(col.Name, "only a list can be prepended to", nil)
	case a.change != cql.Set && (part || !collection && col.Type.Kind != codec.Counter):
		b.Fail(col.Name, "only a collection or a counter can be added to or removed from", nil)
	case col.Type.Kind == codec.Counter && a.change == cql.Set:
		b.Fail(col.Name, "a counter cannot be set, only added to: Increment, Decrement", nil)
	}
	if b.Err != nil {
		return
	}
	b.storing = a.change == cql.Set || a.change == cql.Add && col.Type.Kind == codec.Map
	defer func() { b.storing = false }()
	if a.Replaces() && ByField(col.Type) && b.fields(col, &a.value) {
		return
	}
	out := cql.Assignment{Target: cql.Target{Column: Named(col), Field: a.Ref().field}, Change: a.change}
	if a.Ref().elem != nil {
		out.Elem = b.key(a.Ref())
	}
	var null bool
	out.Marker, null = b.bind(col.Name, a.Ref().typ, &a.value)
	if null && a.change != cql.Set && col.Type.Kind == codec.Counter {
		b.Fail(col.Name, "null cannot be added to a counter", nil)
	}
	switch {
	case col.Type.Kind == codec.Counter:
		b.replay = replay.Counter
	case col.Type.Kind != codec.List || col.Type.Frozen:
	case a.Ref().elem != nil:
		b.replay = replay.ListIndex
	case a.change == cql.Add, a.change == cql.Prepend:
		b.replay = replay.ListAppend
	case a.change == cql.Set && !null:
		b.lists = true
	}
	b.Stmt.Assignments = append(b.Stmt.Assignments, out)
}

// A user-defined type that is not frozen can be written field by field, so that fields which only
// the live type has stay as they are. An UPDATE always does. CQL has that in UPDATE alone: once a
// type has grown, what an INSERT would write of such a column goes into a second statement, in one
// batch with the INSERT. Both are of one partition and have one timestamp, so that the server
// carries them out as one write.

// ByField reports whether a value of the type is written field by field.
func ByField(t *codec.Type) bool { return t.Kind == codec.UDT && !t.Frozen && t.Fields != nil }

// use is what becomes of the value. A cell that was read holds all fields.
func (b *Bound) use(o *Operand) driver.Use {
	if b.storing && o.Cell() == nil {
		return driver.Stored
	}
	return driver.Compared
}

// fields binds an assignment of a whole value field by field. It reports false for null, which is
// assigned as a whole and deletes all fields.
func (b *Bound) fields(col *meta.Column, o *Operand) bool {
	cell, null, err := o.Encode()
	if null {
		return false
	}
	var parts [][]byte
	t := o.Typ()
	if err == nil {
		parts, err = codec.Split(nil, cell, len(t.Fields))
	}
	if err != nil {
		b.Fail(col.Name, "", err)
		return true
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if !slices.ContainsFunc(col.Type.Fields, func(known codec.Field) bool { return known.Name == f.Name }) {
			continue
		}
		b.Call.For(col.Name, b.use(o))
		marker, err := b.Call.BindCell(f.Type, parts[i])
		if err != nil {
			b.Fail(col.Name, "field "+f.Name, err)
			return true
		}
		b.Stmt.Assignments = append(b.Stmt.Assignments, cql.Assignment{Target: cql.Target{Column: Named(col), Field: f.Name}, Marker: marker})
	}
	return true
}

// Update builds an UPDATE.
func (c *Spec) Update(assigns []Assign, cas bool) *Bound {
	return c.assigning("update", assigns, cas)
}

// assigning builds the UPDATE of a call of that name.
func (c *Spec) assigning(op string, assigns []Assign, cas bool) *Bound {
	m := c.templateKey(cql.Update, 0, cas)
	if b := c.again(m, op, assigns, nil); b != nil {
		return b
	}
	b := NewBound(c.Table, cql.Update, op, cas)
	if len(assigns) == 0 {
		b.Fail("", "Update needs at least one assignment", nil)
	}
	c.refuseReading(b)
	b.using(c.TTL, c.Timestamp)
	c.callOfWrite(b)
	static := true
	for i := range assigns {
		b.assignment(&assigns[i])
		twice(b, assigns, i)
		static = static && b.Err == nil && assigns[i].Ref().col.Kind == meta.Static
	}
	c.refusePlain(b)
	static = c.conditionsOf(b, static, cas)
	if !static && !c.RowOnly && b.Err == nil {
		c.assignStored(b, assigns)
	}
	c.refuseTTL(b)
	slot := c.takesSlot(static, cas)
	if slot {
		b.setSlot()
	}
	c.restrict(b, static, cas)
	if slot {
		b.Stmt.IfExists = false // a slot is in a row that is there
		b.askSlot()
	}
	if cas && c.Kind == IfConditions && !b.Proves && !c.AllowCreate {
		b.Fail("", "every condition could hold on a missing row, which the UPDATE would then create: "+
			"add one that proves the row (a non-null value of a regular column), or allow it with AllowCreate", nil)
	}
	c.learn(b, m, assigns, nil)
	return b
}

// assignStored makes an UPDATE store its attempt id and the next version.
func (c *Spec) assignStored(b *Bound, assigns []Assign) {
	b.newAttempt(c.Together)
	if v := b.Meta.Version; v != nil && b.CAS {
		if assigned(b, v) {
			b.checkVersion(assigns)
		} else {
			b.newVersion(c.Together)
		}
	}
	for i := range b.Stored {
		if col := b.Stored[i].Ref().col; assigned(b, col) {
			b.Fail(col.Name, "the attempt column is set by the write itself", nil)
		}
		b.assignment(&b.Stored[i])
	}
}

// checkVersion refuses a version that the caller assigns, unless it counts on from the one that
// is a condition.
func (b *Bound) checkVersion(assigns []Assign) {
	v := b.Meta.Version
	was, known := b.versionAsked()
	for i := range assigns {
		if assigns[i].Ref().col != v {
			continue
		}
		cell, null, err := assigns[i].value.Encode()
		if n := len(cell); known && err == nil && !null && n == 8 && int64(binary.BigEndian.Uint64(cell)) > was {
			versions.Of.Saw(int64(binary.BigEndian.Uint64(cell)))
			continue
		}
		b.Fail(v.Name, "the write counts the version by itself: leave it out, or assign a greater one than the one that is a condition", nil)
	}
}
