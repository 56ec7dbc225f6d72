package stmt

import (
	"errors"

	"github.com/coodie-go/coodie/internal/meta"
)

// plainWrite refuses a write without a condition where it would break those with one. In
// a batch another statement may have a condition: its Exec looks at WithLWTOnly.
func (b *Bound) plainWrite(s *Rules, batched bool) {
	switch {
	case b.CAS:
	case s.LWTOnly && !batched:
		b.Fail("", "the table is for LWTs only (WithLWTOnly): a plain write could hide or undo one that was applied; use IfExists, If or Insert", nil)
	case b.Meta.Version != nil:
		b.Fail(b.Meta.Version.Name, "the table counts versions, which a plain write would pass by: use IfUnchanged, Mutate or another conditional write", nil)
	}
}

// refuseReading refuses what only a read has.
func (c *Spec) refuseReading(b *Bound) {
	switch {
	case c.ReadOptions != nil:
		b.Fail("", "a write takes no Only or Defer, the options of a read: name the columns in Update or DeleteColumns", nil)
	case c.Serial:
		b.Fail("", "a write takes no WithLinearizable: it is for Get; If and IfExists make a write linearizable", nil)
	}
}

// refusePlain refuses a plain write where the table does not take one, and a conditional
// one that was declared idempotent.
func (c *Spec) refusePlain(b *Bound) {
	if b.CAS && c.Idempotence == Idempotent {
		b.Fail("", ErrLWTIdempotent, nil)
	}
	b.refusePeek(c.Peek, c.Together != nil)
	if c.Table != nil {
		b.plainWrite(&c.Table.Rules, c.Together != nil)
	}
}

// conditionsOf settles the conditions, and whether the statement is about the partition's static
// row. static: it changes static columns alone.
func (c *Spec) conditionsOf(b *Bound, static, cas bool) bool {
	if !cas {
		return static
	}
	for i := range c.Conds {
		static = static && c.Conds[i].Ref().col != nil && c.Conds[i].Ref().col.Kind == meta.Static
	}
	b.Conds, static = c.Conds, static && c.Guard == nil // a guard is about the row
	if c.Kind == IfConditions && len(c.Conds) == 0 && c.Guard == nil {
		b.Fail("", "IfAll got no condition; an unconditional write is Update or Delete without If", nil)
	}
	if c.Guard == nil || restricted(c.Conds, b.Meta.Version) {
		return static
	}
	switch err := c.Guard.Err; {
	case errors.Is(err, ErrNoVersion):
		b.Fail("version", "", err)
	case err != nil:
		b.Fail(b.Meta.Version.Name, err.Error(), ErrCannotGuard)
	}
	b.Conds = append(b.Conds[:len(b.Conds):len(b.Conds)], c.Guard.Conds...)
	return static
}

// restrict binds WHERE and IF. static: the statement is about the partition's static row.
func (c *Spec) restrict(b *Bound, static, cas bool) {
	use := keyFull
	if !c.Value.None() {
		b.documentKey(c.Value, static)
		if static && cas && c.Kind == IfExists && len(b.Meta.Clustering) > 0 {
			b.Fail(b.written(), "only static columns are written, so IF EXISTS would ask for the partition's static values and not for this row; "+
				"use Find with the partition key alone, or write a regular column too", nil)
		}
		if static {
			use = keyPartition
		}
	} else {
		use = b.filters(c.Where)
		b.checkKey(c.Where, use, static, cas)
		c.refuseManyPartitions(b)
	}
	if !cas {
		return
	}
	if c.Kind == IfExists && len(b.Conds) == 0 { // a guard proves the row as well
		b.Stmt.IfExists, b.Proves = true, true
	}
	for i := range b.Conds {
		b.condition(&b.Conds[i], use == keyFull && len(b.Meta.Clustering) > 0)
	}
}

// refusePeek refuses a peek before anything but an INSERT … IF NOT EXISTS of its own.
func (b *Bound) refusePeek(peek, batched bool) {
	switch {
	case !peek:
	case !b.Stmt.IfNotExists:
		b.Fail("", "WithPeekFirst is for Insert and Create: it answers what IF NOT EXISTS would be refused with", nil)
	case batched:
		b.Fail("", "a write in a batch takes no WithPeekFirst: the batch is one LWT, which a row that is there cannot answer alone", nil)
	}
}
