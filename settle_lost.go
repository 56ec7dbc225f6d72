package coodie

import (
	"bytes"
	"context"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// lostAttempt is an attempt of Mutate whose answer got lost and that has not been executed so
// far: the request may still lie with a node that stands still. It can only be applied to
// the row as it was then, and so never once another attempt, on the same condition, was.
type lostAttempt struct {
	attempt *[16]byte // nil if the table has no attempt column
	cause   *OutcomeUnknownError
}

// settle finds out what became of an attempt. row is what it was to change, nil for an insert.
func (m *mutation) settle(ctx context.Context, res result, cause error, row *answer.Row) (again bool, next *answer.Row, err error) {
	res, err = res.settled(ctx)
	switch {
	case err == nil && res.applied:
		return false, nil, nil
	case err == nil:
		return true, res.existing, cause
	case m.isStray(res.existing):
		return false, nil, m.take(ctx, res.existing)
	case row == nil || res.existing == nil || !m.unchanged(row, res.existing):
		return false, nil, err
	case !driver.Answered(res.pending.cause.Err):
		m.lostAttempts = append(m.lostAttempts, lostAttempt{res.pending.attempt, res.pending.cause})
	}
	return true, res.existing, cause
}

// refusedAfterStray goes on after a refusal that may be due to an earlier attempt of our own.
func (m *mutation) refusedAfterStray(ctx context.Context) (again bool, next *answer.Row, err error) {
	row, err := m.chain.current(ctx)
	p := pending{cause: m.lostAttempts[0].cause}
	switch {
	case err != nil:
		return false, nil, p.cannotTell("the row could not be read: " + err.Error())
	case m.isStray(row):
		return false, nil, m.take(ctx, row)
	}
	return false, nil, p.cannotTell("the row has changed since: by somebody else before this write could be executed, or after it")
}

// unchanged reports whether nothing has been written between two reads of the row.
func (m *mutation) unchanged(before, now *answer.Row) bool {
	for _, col := range [...]*meta.Column{m.chain.table.schema.Meta.Attempt, m.chain.table.schema.Meta.Version} {
		if col == nil {
			continue
		}
		if cell, p := before.Sent(col); p == answer.Present {
			found, _ := now.Sent(col)
			return bytes.Equal(cell, found)
		}
	}
	return false
}

// isStray reports whether the row was last written by an attempt whose answer got lost.
func (m *mutation) isStray(row *answer.Row) bool {
	col := m.chain.table.schema.Meta.Attempt
	if col == nil || row == nil {
		return false
	}
	cell, _ := row.Sent(col)
	for _, s := range m.lostAttempts {
		if s.attempt != nil && bytes.Equal(cell, s.attempt[:]) {
			return true
		}
	}
	return false
}

// take makes the row, which an earlier attempt has written, the result.
func (m *mutation) take(ctx context.Context, row *answer.Row) error {
	m.res.changed, m.res.value = true, m.chain.table.schema.New()
	return m.load(ctx, m.res.value, row)
}
