package answer

import (
	"bytes"
	"slices"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Whose row a line of the answer is.
type Whose uint8

const (
	ofThisWrite Whose = iota // the write's
	Nobodys                  // of the write's partition or none, and the row is missing
	another
)

// Line is one line of the answer to a conditional batch.
type Line struct {
	Columns driver.Columns
	Cells   [][]byte
	At      int // [applied]
}

// Batch is the answer to a batch.
type Batch struct {
	Conditional bool
	Applied     bool
	Lines       []Line
	Complete    bool  // every line has been read
	Broken      error // why not
}

// Read reads all lines. The error is that of an answer that does not say what happened.
func (a *Batch) Read(rows *driver.Rows) error {
	a.Conditional = true
	for rows.Next() {
		columns, cells := rows.Columns(), rows.Cells()
		at, applied, err := readApplied(columns, cells)
		if err != nil || len(a.Lines) > 0 && applied != a.Applied {
			_ = rows.Close()
			a.Applied = false
			return ErrNoAnswer
		}
		a.Applied = applied
		line := Line{Columns: columns, At: at}
		for _, cell := range cells {
			line.Cells = append(line.Cells, bytes.Clone(cell)) // gocql's memory
		}
		a.Lines = append(a.Lines, line)
	}
	err := rows.Close()
	if len(a.Lines) == 0 {
		if err == nil {
			err = ErrNoAnswer
		}
		return err
	}
	a.Broken, a.Complete = err, err == nil
	return nil
}

// Asked is a write of the batch, as far as the answer has a line for it.
type Asked struct {
	Of          *Source
	Named       *stmt.Spec // names the row
	Conditional bool
	Static      bool // the write is about the partition's static row
	AsksStatic  bool // one of its conditions is
}

// TellsRows reports whether the answer has lines of rows, and not [applied] alone.
func (a *Batch) TellsRows() bool { return len(a.Lines) > 0 && a.Lines[0].Columns.Len() > 1 }

// Match finds the line that answers each write; nil for none. ScyllaDB answers each
// conditional write in order, be the row there or not; Cassandra answers each row that
// exists, in the order of the clustering columns, and only if the batch was refused.
func (a *Batch) Match(writes []Asked) []*Line {
	out := make([]*Line, len(writes))
	count, inOrder := 0, true
	for i := range writes {
		w := &writes[i]
		if !w.Conditional {
			continue
		}
		if inOrder = inOrder && count < len(a.Lines) && w.is(&a.Lines[count]) != another; inOrder {
			out[i] = &a.Lines[count]
		}
		count++
	}
	if inOrder && count == len(a.Lines) {
		return out
	}
	for i := range writes {
		w := &writes[i]
		out[i] = nil
		if !w.Conditional {
			continue
		}
		for j := range a.Lines {
			if w.is(&a.Lines[j]) == ofThisWrite {
				out[i] = &a.Lines[j]
				break
			}
		}
		if out[i] == nil && w.AsksStatic {
			// The row is missing, but its static columns are on every line.
			line := a.Lines[0].Static(w.Of.Table.Meta)
			out[i] = &line
		}
	}
	return out
}

func (w *Asked) is(line *Line) Whose { return line.Whose(w.Of, w.Named, w.Static) }

// Row is the line as a row of the table.
func (l *Line) Row(of *Source) *Row {
	e := of.Keep(l.Columns, l.Cells, l.At)
	e.State = Present
	_ = e.Decode("") // it stays in e.broken
	return e
}

// Whose compares the key in the line, as far as it was sent, with the one that a write names. static: the write is about
// the partition's static row.
func (l *Line) Whose(of *Source, named *stmt.Spec, static bool) Whose {
	e := l.Row(of)
	found := ofThisWrite
	for _, col := range of.Table.Meta.Primary() {
		if static && col.Kind == meta.Clustering {
			continue
		}
		cell, p := e.Sent(col)
		switch want, _ := named.KeyCell(col); {
		case p == Absent:
			found = Nobodys
		case p == Present && !bytes.Equal(cell, want) && !e.isKey(col, want):
			return another
		}
	}
	return found
}

// ProvenByLine says what the line proves of the row: a key column that was sent as null, that
// there is none.
func (e *Row) ProvenByLine(who Whose, static bool, kind stmt.If) State {
	keyed := false
	for i := range e.Columns.Len() {
		col := e.Of.Table.Meta.Column(e.Columns.Name(i))
		switch {
		case col == nil:
		case static && col.Kind == meta.Static && e.cells.At(i) != nil:
			return Present
		case col.Key():
			keyed = true
		}
	}
	switch {
	case static && kind == stmt.IfExists, who == Nobodys:
		return Absent
	case static || !keyed:
		return e.proven(stmt.IfConditions)
	}
	return Present
}

// Static is the line as it is of a missing row: without what belongs to a row alone.
func (l Line) Static(table *meta.Table) Line {
	l.Cells = slices.Clone(l.Cells)
	for i := range l.Columns.Len() {
		if col := table.Column(l.Columns.Name(i)); i != l.At && (col == nil || col.Kind == meta.Regular || col.Kind == meta.Clustering) {
			l.Cells[i] = nil
		}
	}
	return l
}

// StaticRow stands for the key of a partition's static row; a row's begins otherwise.
const StaticRow = "static"
