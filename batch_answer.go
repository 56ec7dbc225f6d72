package coodie

import (
	"bytes"
	"slices"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// whose row a line of the answer is.
type whose uint8

const (
	own     whose = iota // the write's
	nobodys              // of the write's partition or none, and the row is missing
	another
)

// batchLine is one line of the answer to a conditional batch.
type batchLine struct {
	columns driver.Columns
	cells   [][]byte
	at      int // [applied]
}

// batchAnswer is the answer to a batch.
type batchAnswer struct {
	conditional bool
	applied     bool
	lines       []batchLine
	complete    bool  // every line has been read
	broken      error // why not
}

// read reads all lines. The error is that of an answer that does not say what happened.
func (a *batchAnswer) read(rows *driver.Rows) error {
	a.conditional = true
	for rows.Next() {
		columns, cells := rows.Columns(), rows.Cells()
		at, applied, err := readApplied(columns, cells)
		if err != nil || len(a.lines) > 0 && applied != a.applied {
			_ = rows.Close()
			a.applied = false
			return errNoAnswer
		}
		a.applied = applied
		line := batchLine{columns: columns, at: at}
		for _, cell := range cells {
			line.cells = append(line.cells, bytes.Clone(cell)) // gocql's memory
		}
		a.lines = append(a.lines, line)
	}
	err := rows.Close()
	if len(a.lines) == 0 {
		if err == nil {
			err = errNoAnswer
		}
		return err
	}
	a.broken, a.complete = err, err == nil
	return nil
}

// asked is a write of the batch, as far as the answer has a line for it.
type asked struct {
	of          *source
	named       *stmt.Spec // names the row
	conditional bool
	static      bool // the write is about the partition's static row
	asksStatic  bool // one of its conditions is
}

// match finds the line that answers each write; nil for none. ScyllaDB answers each
// conditional write in order, be the row there or not; Cassandra answers each row that
// exists, in the order of the clustering columns, and only if the batch was refused.
func (a *batchAnswer) match(writes []asked) []*batchLine {
	out := make([]*batchLine, len(writes))
	if len(a.lines) == 0 || a.lines[0].columns.Len() == 1 {
		return out
	}
	count, inOrder := 0, true
	for i := range writes {
		w := &writes[i]
		if !w.conditional {
			continue
		}
		if inOrder = inOrder && count < len(a.lines) && w.is(&a.lines[count]) != another; inOrder {
			out[i] = &a.lines[count]
		}
		count++
	}
	if inOrder && count == len(a.lines) {
		return out
	}
	for i := range writes {
		w := &writes[i]
		out[i] = nil
		if !w.conditional {
			continue
		}
		for j := range a.lines {
			if w.is(&a.lines[j]) == own {
				out[i] = &a.lines[j]
				break
			}
		}
		if out[i] == nil && w.asksStatic {
			// The row is missing, but its static columns are on every line.
			line := a.lines[0].static(w.of.shape.Meta)
			out[i] = &line
		}
	}
	return out
}

func (w *asked) is(line *batchLine) whose { return line.whose(w.of, w.named, w.static) }

// row is the line as a row of the table.
func (l *batchLine) row(of *source) *existing {
	e := of.existing(l.columns, l.cells, l.at)
	e.state = rPresent
	_ = e.decode("") // it stays in e.broken
	return e
}

// whose compares the key in the line, as far as it was sent, with the one that a write names. static: the write is about
// the partition's static row.
func (l *batchLine) whose(of *source, named *stmt.Spec, static bool) whose {
	e := l.row(of)
	found := own
	for _, col := range of.shape.Meta.Primary() {
		if static && col.Kind == meta.Clustering {
			continue
		}
		cell, p := e.sent(col)
		switch want, _ := named.KeyCell(col); {
		case p == aNull:
			found = nobodys
		case p == aPresent && !bytes.Equal(cell, want) && !e.isKey(col, want):
			return another
		}
	}
	return found
}

// provenByLine says what the line proves of the row: a key column that was sent as null, that
// there is none.
func (e *existing) provenByLine(who whose, static bool, kind stmt.If) rowStateType {
	keyed := false
	for i := range e.columns.Len() {
		col := e.of.shape.Meta.Column(e.columns.Name(i))
		switch {
		case col == nil:
		case static && col.Kind == meta.Static && e.cells.at(i) != nil:
			return rPresent
		case col.Key():
			keyed = true
		}
	}
	switch {
	case static && kind == stmt.IfExists, who == nobodys:
		return rMissing
	case static || !keyed:
		return e.proven(stmt.IfConditions)
	}
	return rPresent
}

// static is the line as it is of a missing row: without what belongs to a row alone.
func (l batchLine) static(table *meta.Table) batchLine {
	l.cells = slices.Clone(l.cells)
	for i := range l.columns.Len() {
		if col := table.Column(l.columns.Name(i)); i != l.at && (col == nil || col.Kind == meta.Regular || col.Kind == meta.Clustering) {
			l.cells[i] = nil
		}
	}
	return l
}

// staticRow stands for the key of a partition's static row; a row's begins otherwise.
const staticRow = "static"
