package coodie

import (
	"context"
	"slices"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/meta"
)

// notShown is the error of a change to a column that was not read.
func (c *chain) notShown(col *meta.Column) error {
	if c.spec.ReadOptions.Shows(col) {
		return nil
	}
	return &UsageError{Op: opMutate, Table: c.table.schema.Name, Key: c.key(), Column: col.Name,
		Reason: "Mutate's function or a hook changed a column that was not shown; add it to Only, or take it out of Defer"}
}

// staticsShown are the static columns that Mutate's function is shown.
func (m *mutation) staticsShown() (columns []*meta.Column) {
	if !m.chain.table.hasStatics {
		return nil
	}
	for _, col := range m.chain.table.schema.Meta.Columns {
		if col.Kind == meta.Static && m.chain.spec.ReadOptions.Shows(col) {
			columns = append(columns, col)
		}
	}
	return columns
}

// statics reads the static columns of the partition in which Mutate is about to create a row, at
// serial consistency; nil if there are none.
func (m *mutation) statics(ctx context.Context) (row *answer.Row, err error) {
	columns := m.staticsShown()
	if columns == nil {
		return nil, nil
	}
	return m.chain.statics(ctx, columns)
}

// insertApart creates the row, prepared from c's value, in a partition with static columns, on the condition that those that
// the function was shown are as they were read. Those that it has left alone are not written. It
// takes a batch: an INSERT can have no condition but IF NOT EXISTS, and an UPDATE cannot have that one.
func (m *mutation) insertApart(ctx context.Context, c *chain, row codec.Addr, statics *answer.Row) (result, error) {
	t, value := m.chain.table, c.spec.Value
	before := t.schema.New()
	if statics != nil {
		if err := t.source.Restore(before, statics); err != nil {
			return result{}, err
		}
	}
	guard := t.chain()
	guard.spec.TTL, guard.spec.Kind, guard.spec.RowOnly, guard.spec.AllowCreate = c.spec.TTL, stmt.IfConditions, true, true
	var columns []*meta.Column
	for _, col := range t.schema.Meta.Columns {
		switch {
		case col.Kind != meta.Static:
		case m.chain.spec.ReadOptions.Shows(col):
			columns = append(columns, col)
			guard.spec.Conds = append(guard.spec.Conds, t.source.AsRead(statics, col))
		case stmt.Differs(before, value, []*meta.Column{col}) != nil,
			!slices.Contains(t.schema.Meta.Defaults, col) && stmt.Differs(before, row, []*meta.Column{col}) != nil:
			return result{}, m.chain.notShown(col)
		}
	}
	c.spec.RowOnly = true
	if columns == nil {
		res, err := c.insertPrepared(ctx, row, value)
		c.updated(nil, res.applied, c.own, err)
		return res, err
	}
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	batch := t.db.Batch()
	c.spec.Kind, c.spec.Value, c.spec.Per, c.batch, c.spec.Together = stmt.IfNotExists, row, nil, batch, &batch.together
	guard.spec.Value, guard.batch, guard.spec.Together = row, batch, &batch.together
	b := c.spec.Insert(row, true)
	var assigns []stmt.Assign
	for _, col := range columns {
		if stmt.Differs(before, row, []*meta.Column{col}) != nil {
			value := stmt.OperandAt(col, row)
			if statics != nil {
				value = statics.Rewritten(col, before, row)
			}
			assigns = append(assigns, stmt.SetTo(t.schema.RefTo(col), value))
		}
	}
	if assigns == nil {
		assigns = b.SameAgain(row)
	}
	if assigns == nil {
		assigns = []stmt.Assign{stmt.SetTo(guard.spec.Conds[0].Ref(), *guard.spec.Conds[0].Value())}
	}
	c.own = b.Stored
	h := c.add(b, c.adopts(row, value, c.updates(nil)))
	guard.add(guard.spec.Update(assigns, true), guard.updates(nil))
	_ = batch.Exec(ctx) // the handle has its error
	return h.res, h.err
}
