package coodie

import (
	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/stmt"
)

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
	if row == nil || row.Of != &m.chain.table.source || attempts == 1 || p.Since == handedOnAtMost || !m.shownBy(row) {
		p.Since = 0
		return nil
	}
	p.Since++
	return m.masked(row)
}

// masked is the row without the columns that the function is not to be shown: nothing would
// prove them.
func (m *mutation) masked(row *answer.Row) *answer.Row {
	if row == nil || m.chain.spec.ReadOptions == nil {
		return row
	}
	return row.Only(m.chain.spec.ReadOptions.Shows)
}

// shownBy reports whether the row has all that the function is to be shown.
func (m *mutation) shownBy(row *answer.Row) bool {
	for _, col := range m.chain.table.schema.Meta.Columns {
		if m.chain.spec.ReadOptions.Shows(col) && row.Presence(col.Name) == answer.Missing {
			return false
		}
	}
	return true
}

// carryOver leaves the row to those who wait for it: as it was before this call, with what the
// call has written.
func (m *mutation) carryOver(row *answer.Row, written []stmt.Assign) {
	t := m.chain.table
	if m.place == nil || m.res.unknown > 0 || !t.queue.Awaited(m.place) {
		return
	}
	m.place.Left = row.Written(written)
}
