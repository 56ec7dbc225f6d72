package answer

import (
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/stmt"
)

// AppliedColumn is the column in which the server says whether an LWT was applied.
const AppliedColumn = "[applied]"

// LWT is the answer of a conditional write.
type LWT struct {
	Answered, Applied bool
	Row               *Row // that has refused the write; of one that was applied, what it replaced
}

// LWT reads the one row that a conditional write answers with: [applied] first, and
// the rest only if the write was refused. Further rows must say the same of [applied]. The error of an answer that
// says whether the write was applied concerns the rest.
func (s *Source) LWT(rows *driver.Rows, kind stmt.If, statement string) (a LWT, err error) {
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Close(); err != nil {
			return a, err
		}
		return a, ErrNoAnswer
	}
	columns, cells := rows.Columns(), rows.Cells()
	at, applied, err := readApplied(columns, cells)
	if err != nil {
		return a, err
	}
	var e *Row
	if columns.Len() > 1 {
		e = s.Keep(columns, cells, at)
	}
	for rows.Next() {
		if _, again, err := readApplied(rows.Columns(), rows.Cells()); err != nil || again != applied {
			return a, ErrNoAnswer
		}
	}
	a.Answered, a.Applied = true, applied
	switch {
	case e == nil:
	case !applied:
		e.State = e.proven(kind)
		a.Row, err = e, e.Decode(statement)
	case e.AnyValue(): // ScyllaDB sends the old row along: all null if there was none
		e.State = Present
		_ = e.Decode(statement) // Previous reports it: the write was applied all the same
		a.Row = e
	}
	return a, err
}

// readApplied reads the [applied] column, which is the one at and the only one.
func readApplied(columns driver.Columns, cells [][]byte) (at int, applied bool, err error) {
	at = -1
	for i := range columns.Len() {
		if columns.Name(i) != AppliedColumn {
			continue
		}
		if at >= 0 || !columns.Is(i, codec.Native(codec.Boolean)) || len(cells[i]) != 1 {
			return -1, false, ErrNoAnswer
		}
		at, applied = i, cells[i][0] != 0
	}
	if at < 0 {
		err = ErrNoAnswer
	}
	return at, applied, err
}

// ErrNoAnswer means that the statement may have been executed, but not what came of it.
var ErrNoAnswer = errors.New("the server's answer to a conditional write has no boolean " + AppliedColumn + " column, or several that may differ")
