package coodie

import (
	"context"
	"github.com/coodie-go/coodie/internal/codec"
	"slices"

	"github.com/coodie-go/coodie/internal/meta"
)

// ofColumns reports whether the choice is of columns alone.
func (ch *readOptions) ofColumns() bool {
	return ch == nil || ch.orders == nil && ch.groups == nil && !ch.distinct && !ch.filtering && ch.perPartition == nil &&
		ch.terms == nil && !ch.json
}

// ofMutate is the choice of the columns that Mutate reads: those that were chosen, the key, the
// version and the attempt id.
func (ch *readOptions) ofMutate(table *meta.Table) *readOptions {
	if ch == nil {
		return nil
	}
	shown := new(readOptions)
	for _, col := range table.Columns {
		if ch.shows(col) || col == table.Version || col == table.Attempt {
			shown.only = append(shown.only, refTo(col))
		}
	}
	return shown
}

// shows reports whether Mutate's function is shown the column.
func (ch *readOptions) shows(col *meta.Column) bool {
	if ch == nil || col.Key() {
		return true
	}
	has := func(list []*ref) bool {
		for _, r := range list {
			if r.col == col {
				return true
			}
		}
		return false
	}
	if ch.only != nil {
		return has(ch.only)
	}
	return !has(ch.without)
}

// notShown is the error of a change to a column that was not read.
func (c *chain) notShown(col *meta.Column) error {
	if c.spec.readOptions.shows(col) {
		return nil
	}
	return &UsageError{Op: opMutate, Table: c.table.schema.name, Key: c.key(), Column: col.Name,
		Reason: "Mutate's function or a hook changed a column that was not shown; add it to Only, or take it out of Defer"}
}

// staticsShown are the static columns that Mutate's function is shown.
func (m *mutation) staticsShown() (columns []*meta.Column) {
	if !m.chain.table.hasStatics {
		return nil
	}
	for _, col := range m.chain.table.schema.meta.Columns {
		if col.Kind == meta.Static && m.chain.spec.readOptions.shows(col) {
			columns = append(columns, col)
		}
	}
	return columns
}

// statics reads the static columns of the partition in which Mutate is about to create a row, at
// serial consistency; nil if there are none.
func (m *mutation) statics(ctx context.Context) (row *existing, err error) {
	columns := m.staticsShown()
	if columns == nil {
		return nil, nil
	}
	return m.chain.statics(ctx, columns)
}

// insertApart creates the row, prepared from c's value, in a partition with static columns, on the condition that those that
// the function was shown are as they were read. Those that it has left alone are not written. It
// takes a batch: an INSERT can have no condition but IF NOT EXISTS, and an UPDATE cannot have that one.
func (m *mutation) insertApart(ctx context.Context, c *chain, row codec.Addr, statics *existing) (result, error) {
	t, value := m.chain.table, c.spec.value
	before := t.schema.newRow()
	if statics != nil {
		if err := t.source.restore(before, statics); err != nil {
			return result{}, err
		}
	}
	guard := t.chain()
	guard.spec.ttl, guard.spec.kind, guard.spec.rowOnly, guard.spec.allowCreate = c.spec.ttl, ifConditions, true, true
	var columns []*meta.Column
	for _, col := range t.schema.meta.Columns {
		switch {
		case col.Kind != meta.Static:
		case m.chain.spec.readOptions.shows(col):
			columns = append(columns, col)
			guard.spec.conds = append(guard.spec.conds, t.asRead(statics, col))
		case differs(before, value, []*meta.Column{col}) != nil,
			!slices.Contains(t.schema.meta.Defaults, col) && differs(before, row, []*meta.Column{col}) != nil:
			return result{}, m.chain.notShown(col)
		}
	}
	c.spec.rowOnly = true
	if columns == nil {
		res, err := c.insertPrepared(ctx, row, value)
		c.updated(nil, res.applied, c.own, err)
		return res, err
	}
	ctx, cancel := within(ctx, c.spec.per)
	defer cancel()
	batch := t.db.Batch()
	c.spec.kind, c.spec.value, c.spec.per, c.batch, c.spec.together = ifNotExists, row, nil, batch, &batch.together
	guard.spec.value, guard.batch, guard.spec.together = row, batch, &batch.together
	b := c.spec.insert(row, true)
	var assigns []assign
	for _, col := range columns {
		if differs(before, row, []*meta.Column{col}) != nil {
			value := operandAt(col, row)
			if statics != nil {
				value = t.rewritten(statics, col, before, row)
			}
			assigns = append(assigns, setTo(t.schema.refTo(col), value))
		}
	}
	if assigns == nil {
		assigns = b.sameAgain(row)
	}
	if assigns == nil {
		assigns = []assign{setTo(guard.spec.conds[0].ref(), *guard.spec.conds[0].Value())}
	}
	c.own = b.own
	h := c.add(b, c.adopts(row, value, c.updates(nil)))
	guard.add(guard.spec.update(assigns, true), guard.updates(nil))
	_ = batch.Exec(ctx) // the handle has its error
	return h.res, h.err
}

// sameAgain assigns what the INSERT stores already, so that another statement of its batch can
// have conditions: equal values of one timestamp are one value.
func (b *builder) sameAgain(row codec.Addr) []assign {
	if len(b.own) > 0 {
		return b.own
	}
	for _, col := range b.table.Columns {
		if col.Kind == meta.Regular && !col.Type.MultiCell() {
			return []assign{{of: &b.refs[col.Index], value: operandAt(col, row)}}
		}
	}
	return nil
}
