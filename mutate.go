package coodie

import (
	"context"
	"errors"
	"slices"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// MutateResult is what Mutate did.
type MutateResult[T any] struct {
	Value    T    // the row as it is now
	Changed  bool // false if the function changed nothing, and so nothing was written
	Created  bool // the row was missing and has been created: see OrCreate
	Attempts int  // conditional writes sent
	Refused  int  // of these, because somebody else had written meanwhile
	Unknown  int  // of these, with an outcome that had to be settled
}

// MutateOption changes how Mutate works.
type MutateOption func(*mutateSettings)

type mutateSettings struct {
	attempts int
	create   bool
	unqueued bool
}

// MaxAttempts bounds the conditional writes of one Mutate; 16 by default.
func MaxAttempts(n int) MutateOption { return func(s *mutateSettings) { s.attempts = n } }

// OrCreate makes Mutate insert the row if it is missing: the function gets a T with only
// its key and the partition's static columns set. Static columns that it leaves alone are not
// written; all that it was shown are a condition.
func OrCreate() MutateOption { return func(s *mutateSettings) { s.create = true } }

// Unqueued makes Mutate not wait for others of the same row in this process.
func Unqueued() MutateOption { return func(s *mutateSettings) { s.unqueued = true } }

// Mutate reads a row, lets change change it, and writes what was changed on the condition
// that nobody else has written meanwhile; if somebody has, it begins again with the new
// row. The filters must give each key column one value, and there must be no others.
//
//	res, err := accounts.Find(id.Eq("a")).Mutate(ctx, func(ctx context.Context, a *Account) error {
//		if a.Balance < 10 { return ErrTooLittle }
//		a.Balance -= 10
//		return nil
//	})
//
// The condition is that all is unchanged that change was shown: the version column (tag
// `version`) and the attempt id, or else every column of the struct; and in any case each static
// column, which writes of the partition's other rows change as well. Only and Defer narrow
// what is shown, and so what is a condition and what can be changed; leave out static columns
// that change does not need where many rows of a partition are written.
//
// change may run several times and must not have effects of its own; its error ends Mutate and is
// returned as it is. Changing a key column is an error of KindUsage, and so is a key that
// T's fields cannot hold: 300 in an int8. A missing row is ErrNotFound unless
// OrCreate is given. A row in which every regular column is null cannot be told from a missing
// one: ErrCannotGuard.
//
// Columns are compared as their cells were read, with fields of a user-defined type that the struct
// does not know. The write keeps such fields. Where it cannot, because change has changed an element of
// a list or set that has one, Mutate fails with an error of KindUsage: docs/columns.md.
//
// A write whose outcome is unknown is settled (see LWTResult.Settle), by an attempt
// column or the version. One whose answer got lost, and that has not been executed so far,
// is overtaken by the next attempt: only one of the two can be applied, and the attempt
// id tells which. What cannot be settled ends Mutate with the error that matches ErrOutcomeUnknown; when
// its attempts are used up it ends with an error that matches ErrContended.
//
// Calls for one row from one process queue up, which is several times faster than
// letting them fight over it. Each begins with the row as the one before has written it and
// saves the read: its own write proves that row. If change returns an error or changes nothing,
// the row is read and change runs again, so that nothing is decided on an unproven row.
// MaxAttempts(1) always reads. A call that has waited for 5 s goes on without its turn.
//
// The context that change gets is ctx, and says that it is inside a Mutate. With it, a Mutate
// of another row does not wait in the queue, so that two calls that mutate each other's row
// end, and a Mutate of the same row, which could only be refused, is an error of KindUsage.
func (q *QuerySet[T]) Mutate(ctx context.Context, change func(ctx context.Context, row *T) error, opts ...MutateOption) (MutateResult[T], error) {
	return mutate(ctx, plainQuery(q).call(), change, opts)
}

// Mutate is QuerySet.Mutate for the document's row. Value is the row as it is now once
// Mutate has succeeded.
func (d *Document[T]) Mutate(ctx context.Context, change func(ctx context.Context, row *T) error, opts ...MutateOption) (MutateResult[T], error) {
	res, err := mutate(ctx, plainDocument(d).call(), change, opts)
	switch {
	case err == nil:
		d.Value, d.doc.stale = res.Value, false
		d.doc.see(codec.At(&d.Value))
	case errors.Is(err, ErrOutcomeUnknown):
		d.doc.stale = true
	}
	return res, err
}

func mutate[T any](ctx context.Context, c call, do func(context.Context, *T) error, opts []MutateOption) (MutateResult[T], error) {
	var plain change
	if do != nil {
		plain = func(ctx context.Context, p codec.Addr) error { return do(ctx, codec.As[T](p)) }
	}
	m, err := c.mutate(ctx, plain, opts)
	res := MutateResult[T]{
		Changed: m.changed, Created: m.created, Attempts: m.attempts, Refused: m.refused, Unknown: m.unknown,
	}
	if !m.value.None() {
		res.Value = *codec.As[T](m.value)
	}
	return res, err
}

// notShown is the error of a change to a column that was not read.
func (c *call) notShown(col *meta.Column) error {
	if c.spec.ReadOptions.Shows(col) {
		return nil
	}
	return c.misuse(opMutate, col.Name, "Mutate's function or a hook changed a column that was not shown; add it to Only, or take it out of Defer", nil)
}

// staticsShown are the static columns that Mutate's function is shown.
func (m *mutation) staticsShown() (columns []*meta.Column) {
	if !m.call.table.hasStatics {
		return nil
	}
	for _, col := range m.call.table.schema.Meta.Columns {
		if col.Kind == meta.Static && m.call.spec.ReadOptions.Shows(col) {
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
	return m.call.statics(ctx, columns)
}

// insertApart creates the row, prepared from c's value, in a partition with static columns, on the condition that those that
// the function was shown are as they were read. Those that it has left alone are not written. It
// takes a batch: an INSERT can have no condition but IF NOT EXISTS, and an UPDATE cannot have that one.
func (m *mutation) insertApart(ctx context.Context, c *call, row codec.Addr, statics *answer.Row) (result, error) {
	t, value := m.call.table, c.spec.Value
	before := t.schema.New()
	if statics != nil {
		if err := t.source.Restore(before, statics); err != nil {
			return result{}, err
		}
	}
	guard := t.call()
	guard.spec.TTL, guard.spec.Kind, guard.spec.RowOnly, guard.spec.AllowCreate = c.spec.TTL, stmt.IfConditions, true, true
	var columns []*meta.Column
	for _, col := range t.schema.Meta.Columns {
		switch {
		case col.Kind != meta.Static:
		case m.call.spec.ReadOptions.Shows(col):
			columns = append(columns, col)
			guard.spec.Conds = append(guard.spec.Conds, t.source.AsRead(statics, col))
		case stmt.Differs(before, value, []*meta.Column{col}) != nil,
			!slices.Contains(t.schema.Meta.Defaults, col) && stmt.Differs(before, row, []*meta.Column{col}) != nil:
			return result{}, m.call.notShown(col)
		}
	}
	c.spec.RowOnly = true
	if columns == nil {
		res, err := c.insertPrepared(ctx, row, value)
		c.updated(nil, res.applied, c.stored, err)
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
	c.stored = b.Stored
	h := c.add(b, c.adopts(row, value, c.updates(nil)))
	guard.add(guard.spec.Update(assigns, true), guard.updates(nil))
	_ = batch.Exec(ctx) // the handle has its error
	return h.res, h.err
}

// handedOnAtMost is how many calls of Mutate may follow one read.
const handedOnAtMost = 32

// carriedOver is the row as the call before has written it, which saves this one the read; nil if
// that is not known. It is a guess until a write on the condition that it holds is applied.
func (m *mutation) carriedOver(attempts int) *answer.Row {
	p := m.place
	if p == nil {
		return nil
	}
	row := p.Left
	p.Left = nil
	if row == nil || row.Of != &m.call.table.source || attempts == 1 || p.Since == handedOnAtMost || !m.shownBy(row) {
		p.Since = 0
		return nil
	}
	p.Since++
	return m.masked(row)
}

// masked is the row without the columns that the function is not to be shown: nothing would
// prove them.
func (m *mutation) masked(row *answer.Row) *answer.Row {
	if row == nil || m.call.spec.ReadOptions == nil {
		return row
	}
	return row.Only(m.call.spec.ReadOptions.Shows)
}

// shownBy reports whether the row has all that the function is to be shown.
func (m *mutation) shownBy(row *answer.Row) bool {
	for _, col := range m.call.table.schema.Meta.Columns {
		if m.call.spec.ReadOptions.Shows(col) && row.CellState(col.Name) == answer.Untold {
			return false
		}
	}
	return true
}

// carryOver leaves the row to those who wait for it: as it was before this call, with what the
// call has written.
func (m *mutation) carryOver(row *answer.Row, written []stmt.Assign) {
	t := m.call.table
	if m.place == nil || m.res.unknown > 0 || !t.queue.Awaited(m.place) {
		return
	}
	m.place.Left = row.Written(written)
}
