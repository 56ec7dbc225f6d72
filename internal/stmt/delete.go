package stmt

import (
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
)

// deletion adds one column, or part of one, to the DELETE list.
func (b *Bound) deletion(r *Ref) {
	if r.err != nil {
		b.Fail(r.name, "", r.Err())
	}
	if r.col == nil && b.Err == nil {
		b.Fail("", "DeleteColumns got something that is not a column", nil)
	}
	if b.Err != nil {
		return
	}
	if r.col.Key() {
		b.Fail(r.name, "a key column cannot be deleted from a row; delete the row", nil)
	}
	if (r.elem != nil || r.field != "") && r.col.Type.Frozen {
		b.Fail(r.name, "a frozen value can only be deleted whole", nil)
	}
	target := cql.Target{Column: Named(r.col), Field: r.field}
	if r.elem != nil {
		target.Elem = b.key(r)
		if r.col.Type.Kind == codec.List {
			b.replay = replay.ListIndex
		}
	}
	b.Stmt.Deletions = append(b.Stmt.Deletions, target)
}

// Remove builds a DELETE of the row, or of the targets. A DELETE stores neither an attempt id nor
// a version; so where the table has them, columns are deleted by an UPDATE to null.
func (c *Spec) Remove(targets []*Ref, columns, cas bool) *Bound {
	if cas && c.TTL == nil && c.TouchesRow(targets) {
		assigns := make([]Assign, len(targets))
		for i, r := range targets {
			assigns[i] = Assign{of: r}
		}
		return c.assigning("delete", assigns, true)
	}
	m := c.templateKey(cql.Delete, 0, cas)
	if !columns || len(targets) > 0 {
		if b := c.again(m, "delete", nil, targets); b != nil {
			return b
		}
	}
	b := NewBound(c.Table, cql.Delete, "delete", cas)
	if columns && len(targets) == 0 {
		b.Fail("", "DeleteColumns needs at least one column; Delete deletes the row", nil)
	}
	c.refuseReading(b)
	c.refusePlain(b)
	static := columns
	for i, r := range targets {
		b.deletion(r)
		if b.Err == nil && slices.ContainsFunc(targets[:i], r.overlaps) {
			b.Fail(r.name, "the column, or the same part of it, is deleted twice", nil)
		}
		static = static && b.Err == nil && r.col.Kind == meta.Static
	}
	if a := b.Meta.Attempt; !cas && a != nil && c.TouchesRow(targets) && !slices.ContainsFunc(targets, func(r *Ref) bool { return r.col == a }) {
		b.deletion(c.Table.RefTo(a)) // the row is no longer as that attempt has left it
	}
	b.using(c.TTL, c.Timestamp)
	c.callOfWrite(b)
	static = c.conditionsOf(b, static, cas)
	c.restrict(b, static, cas)
	c.learn(b, m, nil, targets)
	return b
}

// TouchesRow reports whether a write of these columns has to tell that the row has changed.
func (c *Spec) TouchesRow(targets []*Ref) bool {
	if c.Table == nil || c.Table.Meta.Attempt == nil && c.Table.Meta.Version == nil && c.Table.Meta.Slots == nil {
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

// written is the first column that the statement names as written.
func (b *Bound) written() string {
	for i := range b.Stmt.Assignments {
		return b.Stmt.Assignments[i].Column.Name
	}
	for i := range b.Stmt.Deletions {
		return b.Stmt.Deletions[i].Column.Name
	}
	return ""
}
