package coodie

import (
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/stmt"
)

// handedOnAtMost is how many calls of Mutate may follow one read.
const handedOnAtMost = 32

// carriedOver is the row as the call before has written it, which saves this one the read; nil if
// that is not known. It is a guess until a write on the condition that it holds is applied.
func (m *mutation) carriedOver(attempts int) *existing {
	p := m.place
	if p == nil {
		return nil
	}
	row := p.Left
	p.Left = nil
	if row == nil || row.of != &m.chain.table.source || attempts == 1 || p.Since == handedOnAtMost || !m.shownBy(row) {
		p.Since = 0
		return nil
	}
	p.Since++
	return m.masked(row)
}

// masked is the row without the columns that the function is not to be shown: nothing would
// prove them.
func (m *mutation) masked(row *existing) *existing {
	if row == nil || m.chain.spec.ReadOptions == nil {
		return row
	}
	var columns driver.Columns
	var cells [][]byte
	for i := range row.columns.Len() {
		if col := row.of.shape.Meta.Column(row.columns.Name(i)); col != nil && m.chain.spec.ReadOptions.Shows(col) {
			columns.Add(row.columns, i)
			cells = append(cells, row.cells.at(i))
		}
	}
	shown := row.of.existing(columns, cells, -1)
	shown.state = row.state
	return shown
}

// shownBy reports whether the row has all that the function is to be shown.
func (m *mutation) shownBy(row *existing) bool {
	for _, col := range m.chain.table.schema.Meta.Columns {
		if m.chain.spec.ReadOptions.Shows(col) && row.presence(col.Name) == Missing {
			return false
		}
	}
	return true
}

// carryOver leaves the row to those who wait for it: as it was before this call, with what the
// call has written.
func (m *mutation) carryOver(row *existing, written []stmt.Assign) {
	t := m.chain.table
	if m.place == nil || m.res.unknown > 0 || !t.queue.Awaited(m.place) {
		return
	}
	cells := row.cells.list()
	for i := range written {
		col := written[i].Ref().Column()
		if col.Type.MultiCell() {
			return // stored otherwise than it was sent: without order, or null if empty
		}
		cell, null, err := written[i].Value().Encode()
		if err != nil {
			return
		}
		if null {
			cell = nil
		}
		if j := row.columns.Index(col.Name); j >= 0 {
			if !null && !row.columns.Is(j, written[i].Value().Typ()) {
				return // it was encoded for another type
			}
			cells[j] = cell
		}
	}
	m.place.Left = t.source.existing(row.columns, cells, -1)
	m.place.Left.state = RowPresent
}
