package stmt

import (
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// slotMarks are where a statement has the writer's slot: `SET slots[?] = ? … IF slots[?] = ?`. They are
// places of values, from 1; 0: it has none. Which writer it is turns out when the statement is sent.
type slotMarks struct {
	set   int // the key; the new id follows
	asked int // the key; the old id follows
}

// Slotted reports whether the statement sets a writer's slot.
func (b *Bound) Slotted() bool { return b.slot.set > 0 }

// slotConds is how many of the statement's conditions are on the slot.
func (b *Bound) slotConds() int {
	if b.slot.asked > 0 {
		return 1
	}
	return 0
}

// Beyond reports whether the statement has conditions that Conds lacks.
func (b *Bound) Beyond() bool { return len(b.Stmt.If)-b.slotConds() > len(b.Conds) }

// Slot fills the slot in. An old id of "" is null.
func (b *Bound) Slot(writer, id, old string) {
	b.Call.Rebind(b.slot.set-1, []byte(writer))
	b.Call.Rebind(b.slot.set, []byte(id))
	if b.slot.asked > 0 {
		b.Call.Rebind(b.slot.asked-1, []byte(writer))
		var was []byte
		if old != "" {
			was = []byte(old)
		}
		b.Call.Rebind(b.slot.asked, was)
	}
}

// setSlot makes an UPDATE set the slot.
func (b *Bound) setSlot() {
	if b.Err != nil {
		return
	}
	at := b.slotValue()
	b.slot.set = at
	b.Stmt.Assignments = append(b.Stmt.Assignments, cql.Assignment{Target: b.slotTarget(), Marker: cql.Mark})
}

// askSlot makes the slot a condition: what it holds when the statement is sent.
func (b *Bound) askSlot() {
	if b.Err != nil {
		return
	}
	b.slot.asked = b.slotValue()
	b.Stmt.If = append(b.Stmt.If, cql.Relation{Target: b.slotTarget(), Op: cql.Eq, Marker: cql.Mark})
}

func (b *Bound) slotTarget() cql.Target {
	return cql.Target{Column: Named(b.Meta.Slots), Elem: cql.Mark}
}

// slotValue binds a key and a value, which are filled in later.
func (b *Bound) slotValue() (at int) {
	t := b.Meta.Slots.Type
	at = b.Call.Len() + 1
	for _, typ := range [...]*codec.Type{t.Key, t.Elem} {
		if _, err := b.Call.BindCell(typ, []byte{}); err != nil {
			b.Fail(b.Meta.Slots.Name, "", err)
		}
	}
	return at
}

// takesSlot reports whether a conditional UPDATE sets the writer's slot. static: it is about the partition's static row.
// Of a batch one does, for all: they are applied together.
func (c *Spec) takesSlot(static, cas bool) bool {
	if !cas || c.Table == nil || c.Table.Meta.Slots == nil || c.RowOnly || static && c.Table.Meta.Slots.Kind != meta.Static {
		return false
	}
	if exists := c.Kind == IfExists && c.Guard == nil; exists && (c.Together != nil || c.Table.Meta.Slots.Kind == meta.Static) {
		return false // a static slot does not prove the row, and a batch is sent as it is asked for
	}
	if c.Together != nil {
		if c.Together.slotted {
			return false
		}
		c.Together.slotted = true
	}
	return true
}

// Claim builds the UPDATE of a writer's slot alone, on the conditions of the built write. A static slot is claimed
// without them: it makes no row.
func (c *Spec) Claim(of *Bound) *Bound {
	if c.Table.Meta.Slots.Kind == meta.Static {
		return c.Fence()
	}
	b, alone := NewBound(c.Table, cql.Update, of.Op, true), *c
	alone.Together = nil
	alone.callOfWrite(b)
	b.setSlot()
	alone.conditionsOf(b, false, true)
	alone.restrict(b, false, true)
	if !b.Stmt.IfExists {
		b.askSlot()
	}
	return b
}

// Fence builds the UPDATE of a writer's slot alone, whose only condition is what the slot holds.
func (c *Spec) Fence() *Bound {
	b := NewBound(c.Table, cql.Update, "settle", true)
	of, static := *c, b.Meta.Slots.Kind == meta.Static
	of.Conds, of.Guard, of.Kind, of.Together = nil, nil, IfConditions, nil
	if static && c.Value.None() {
		of.Where = slices.DeleteFunc(slices.Clone(c.Where), func(w Cond) bool { return w.Ref().col != nil && w.Ref().col.Kind == meta.Clustering })
	}
	of.callOfWrite(b)
	b.setSlot()
	of.restrict(b, static, true)
	b.askSlot()
	return b
}

// refuseTTL refuses a TTL where a slot would stay behind in a row that has expired.
func (c *Spec) refuseTTL(b *Bound) {
	if c.TTL != nil && *c.TTL != 0 && c.Table != nil && c.Table.Meta.Slots != nil {
		b.Fail(c.Table.Meta.Slots.Name, "a table with the writers' slots takes no TTL: a slot would stay behind and keep the expired row", nil)
	}
}

// SlotColumns are the columns that a read of the row and of its slots names.
func (t *Table) SlotColumns() []cql.Column {
	return append(slices.Clip(t.Columns), Named(t.Meta.Slots))
}
