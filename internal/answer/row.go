package answer

import (
	"bytes"
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Row is an Existing, whatever its T.
type Row struct {
	Of      *Source
	Columns driver.Columns // without [applied]
	cells   Cells          // of the columns
	Broken  error          // why the cells could not be decoded; they are then as the server sent them
	State   State
	room    [31]byte // for the cells: most conditions concern one or two columns, and these are short
}

// Made is the row that v, a struct of the table, is: all of its columns are there.
func Made(table *meta.Table, v codec.Addr) *Row {
	of := &stmt.Table{Meta: table}
	columns, cells := make([]driver.Column, len(table.Columns)), make([][]byte, len(table.Columns))
	e := &Row{Of: &Source{Table: of}, State: Present}
	for i, col := range table.Columns {
		of.Refs = append(of.Refs, *stmt.NamedRef(col))
		columns[i] = driver.Column{Name: col.Name, Type: col.Type}
		cell, null, err := col.Codec.Append([]byte{}, v.Field(col.Offset))
		switch {
		case err != nil:
			e.Broken = err
		case !null && !col.Type.StoredAsNull(cell):
			cells[i] = cell
		}
	}
	e.Columns, e.cells = driver.ColumnsOf(columns...), Pack(nil, cells, -1)
	return e
}

// Sent is the cell of a column as the server sent it.
func (e *Row) Sent(col *meta.Column) ([]byte, State) {
	if i := e.Columns.Index(col.Name); i >= 0 {
		cell := e.cells.At(i)
		return cell, StateOf(cell)
	}
	return nil, Untold
}

// WrittenBy reports whether the row that refused a write is the one that the write itself has left: a
// driver or proxy has sent it a second time.
func (e *Row) WrittenBy(table *meta.Table, attempt *[16]byte) bool {
	if e == nil || attempt == nil || table.Attempt == nil {
		return false
	}
	cell, _ := e.Sent(table.Attempt)
	return bytes.Equal(cell, attempt[:])
}

// TakeSlots takes the writers' slots out of the row, which nobody else is to see, and returns what the one
// of that writer holds; "" is null.
func (e *Row) TakeSlots(writer string) string {
	col := e.Of.Table.Meta.Slots
	i := e.Columns.Index(col.Name)
	if i < 0 {
		return ""
	}
	var held []byte
	if all := e.cells.At(i); all != nil {
		held, _, _ = codec.MapValue(col.Type, all, []byte(writer))
	}
	slot := string(held)
	cells := e.cells.list()
	e.Columns, e.cells = e.Columns.Without(i), Pack(nil, slices.Delete(cells, i, i+1), -1)
	return slot
}

// isKey reports whether the key column that was sent is the one that was written.
func (e *Row) isKey(col *meta.Column, want []byte) bool {
	i := e.Columns.Index(col.Name)
	t, err := e.liveType(i, col)
	if err == nil {
		want, err = codec.Convert(want, col.Type, t)
	}
	return err == nil && equal(t, e.cells.At(i), want) == Held
}

// Read decodes what r refers to into the zero value at p.
func (e *Row) Read(r *stmt.Ref, p codec.Addr) State {
	if e == nil || r.Sure().Err() != nil {
		return Untold
	}
	if r.Sure().IsAny() {
		v, presence := e.readAny(r)
		*codec.As[any](p) = v
		return presence
	}
	cell, presence := e.Cell(r.Sure())
	if presence != Present {
		return presence
	}
	if r.Codec() == nil || r.Codec().Decode(p, cell) != nil {
		return Untold // the call that made e has reported the error of KindDecode
	}
	return Present
}

// readAny is the value of what r refers to.
func (e *Row) readAny(r *stmt.Ref) (any, State) {
	cell, p := e.Cell(r)
	if p != Present {
		return nil, p
	}
	v, err := stmt.DecodeAny(r, cell)
	if err != nil {
		return nil, Untold // the call that made e has reported the error of KindDecode
	}
	return v, Present
}

// value is the Value of the Existing[T] that e begins.
func (e *Row) value() codec.Addr { return codec.At(e).Field(e.Of.ValueAt) }

// AnyValue reports whether any cell is not null.
func (e *Row) AnyValue() bool {
	for i := range int(e.cells.n) {
		if e.cells.At(i) != nil {
			return true
		}
	}
	return false
}

// proven says what the sent columns prove of the row: a key or a value of a regular
// column proves it. Nulls prove nothing, for ScyllaDB sends them for a missing row, and
// a static column lives without the row.
func (e *Row) proven(kind stmt.If) State {
	switch kind {
	case stmt.IfNotExists:
		return Present
	case stmt.IfExists:
		return Absent
	}
	for i := range e.Columns.Len() {
		if e.cells.At(i) == nil {
			continue
		}
		col := e.Of.Table.Meta.Column(e.Columns.Name(i))
		if col != nil && (col.Kind == meta.Regular || col.Kind == meta.Clustering) {
			return Present
		}
	}
	return Untold
}

// CellState is what was sent of the column of that name.
func (e *Row) CellState(column string) State {
	if i := e.Columns.Index(column); i >= 0 {
		return StateOf(e.cells.At(i))
	}
	return Untold
}

// StateOf is what a cell that was sent says.
func StateOf(cell []byte) State {
	if cell == nil {
		return Absent
	}
	return Present
}

// ValueOf decodes cell i; nil is null.
func (e *Row) ValueOf(i int) (any, error) {
	if e.cells.At(i) == nil {
		return nil, nil
	}
	if col := e.Of.Table.Meta.Column(e.Columns.Name(i)); col != nil && e.Broken == nil {
		cell, err := e.declared(i)
		if err != nil || cell == nil {
			return nil, err
		}
		return stmt.DecodeAny(e.Of.Table.RefTo(col), cell)
	}
	typ, err := e.Columns.Type(i)
	if err != nil {
		return nil, err
	}
	return codec.DecodeAny(typ, e.cells.At(i))
}

// Cell finds what r refers to, as the struct declares it.
func (e *Row) Cell(r *stmt.Ref) ([]byte, State) {
	i := e.Columns.Index(r.Name())
	if i < 0 || e.Broken != nil {
		return nil, Untold
	}
	cell, err := e.declared(i)
	if err == nil && cell != nil && (r.IsPart()) {
		cell, err = r.Cut(r.Column().Type, cell)
	}
	if err != nil {
		return nil, Untold
	}
	return cell, StateOf(cell)
}

// Complete makes a whole row of one that has all that is shown but the key, which before has; nil of another.
func (e *Row) Complete(shows func(*meta.Column) bool, before codec.Addr) *Row {
	if e.State != Present || e.Broken != nil {
		return nil
	}
	for _, col := range e.Of.Table.Meta.Columns {
		if e.CellState(col.Name) != Untold || !shows(col) {
			continue
		}
		if !col.Key() || before.None() {
			return nil
		}
		cell, _, err := col.Codec.Append([]byte{}, before.Field(col.Offset))
		if err != nil {
			return nil
		}
		e.Columns = e.Columns.With(col.Name, col.Type)
		e.cells = Pack(nil, append(e.cells.list(), cell), -1)
	}
	return e
}

// Only is the row without the columns that are not to be shown.
func (e *Row) Only(shows func(*meta.Column) bool) *Row {
	var columns driver.Columns
	var cells [][]byte
	for i := range e.Columns.Len() {
		if col := e.Of.Table.Meta.Column(e.Columns.Name(i)); col != nil && shows(col) {
			columns.Add(e.Columns, i)
			cells = append(cells, e.cells.At(i))
		}
	}
	shown := e.Of.Keep(columns, cells, -1)
	shown.State = e.State
	return shown
}

// Written is the row with what was written of it since; nil if that is not known.
func (e *Row) Written(assigns []stmt.Assign) *Row {
	cells := e.cells.list()
	for i := range assigns {
		col, value := assigns[i].Ref().Column(), assigns[i].Value()
		if col.Type.MultiCell() {
			return nil // stored otherwise than it was sent: without order, or null if empty
		}
		cell, null, err := value.Encode()
		if err != nil {
			return nil
		}
		if null {
			cell = nil
		}
		if j := e.Columns.Index(col.Name); j >= 0 {
			if !null && !e.Columns.Is(j, value.Typ()) {
				return nil // it was encoded for another type
			}
			cells[j] = cell
		}
	}
	after := e.Of.Keep(e.Columns, cells, -1)
	after.State = Present
	return after
}
