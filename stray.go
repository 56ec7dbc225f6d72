package coodie

import (
	"bytes"
	"context"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// stray is an attempt of Mutate whose answer got lost and that has not been executed so
// far: the request may still lie with a node that stands still. It can only be applied to
// the row as it was then, and so never once another attempt, on the same condition, was.
type stray struct {
	attempt *gocql.UUID // nil if the table has no attempt column
	cause   *OutcomeUnknownError
}

// settle finds out what became of an attempt. row is what it was to change, nil for an insert.
func (m *mutation[T]) settle(ctx context.Context, res LWTResult[T], cause error, row *Existing[T]) (again bool, next *Existing[T], err error) {
	res, err = res.Settle(ctx)
	switch {
	case err == nil && res.Applied:
		return false, nil, nil
	case err == nil:
		return true, res.Existing, cause
	case m.isStray(res.Existing):
		return false, nil, m.take(ctx, res.Existing)
	case row == nil || res.Existing == nil || !m.unchanged(row, res.Existing):
		return false, nil, err
	case !driver.Answered(res.pending.cause.Err):
		m.strays = append(m.strays, stray{res.pending.attempt, res.pending.cause})
	}
	return true, res.Existing, cause
}

// refusedAfterStray goes on after a refusal that may be due to an earlier attempt of our own.
func (m *mutation[T]) refusedAfterStray(ctx context.Context) (again bool, next *Existing[T], err error) {
	row, err := m.chain.current(ctx)
	p := pending[T]{cause: m.strays[0].cause}
	switch {
	case err != nil:
		return false, nil, p.cannotTell("the row could not be read: " + err.Error())
	case m.isStray(row):
		return false, nil, m.take(ctx, row)
	}
	return false, nil, p.cannotTell("the row has changed since: by somebody else before this write could be executed, or after it")
}

// unchanged reports whether nothing has been written between two reads of the row.
func (m *mutation[T]) unchanged(before, now *Existing[T]) bool {
	for _, col := range [...]*meta.Column{m.chain.table.meta.Attempt, m.chain.table.meta.Version} {
		if col == nil {
			continue
		}
		if cell, p := before.sent(col); p == Present {
			found, _ := now.sent(col)
			return bytes.Equal(cell, found)
		}
	}
	return false
}

// isStray reports whether the row was last written by an attempt whose answer got lost.
func (m *mutation[T]) isStray(row *Existing[T]) bool {
	col := m.chain.table.meta.Attempt
	if col == nil || row == nil {
		return false
	}
	cell, _ := row.sent(col)
	for _, s := range m.strays {
		if s.attempt != nil && bytes.Equal(cell, s.attempt[:]) {
			return true
		}
	}
	return false
}

// take makes the row, which an earlier attempt has written, the result.
func (m *mutation[T]) take(ctx context.Context, row *Existing[T]) error {
	m.res.Changed = true
	return m.load(ctx, &m.res.Value, row)
}
