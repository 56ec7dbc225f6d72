package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
	"github.com/coodie-go/coodie/internal/versions"
)

// The type of a live column may have more fields than the struct: ALTER TYPE adds one while
// programs run. So the cells of a row that was read are kept as they came, with the types that
// the server named. They are what a guard compares, and what a write keeps of a value that it
// changes in part.

// liveType is the type of cell i, which is that of col.
func (e *existing) liveType(i int, col *meta.Column) (*codec.Type, error) {
	if e.columns.Is(i, col.Type) {
		return col.Type, nil
	}
	t, err := e.columns.Type(i)
	if err != nil || t.Frozen == col.Type.Frozen {
		return t, err
	}
	live := *t
	live.Frozen = col.Type.Frozen // the server does not say
	return &live, nil
}

// declared is cell i as the struct declares its column: without fields that it lacks.
func (e *existing) declared(i int) ([]byte, error) {
	cell := e.cells.at(i)
	col := e.of.shape.Meta.Column(e.columns.Name(i))
	if cell == nil || col == nil || e.columns.Is(i, col.Type) {
		return cell, nil
	}
	return e.reread(i, col)
}

// reread is cell i, which is not null, as the field of col would be written that has read it.
func (e *existing) reread(i int, col *meta.Column) ([]byte, error) {
	t, err := e.liveType(i, col)
	if err != nil {
		return nil, err
	}
	cd, err := col.Codec.Live(t)
	if err != nil {
		return nil, err
	}
	v := codec.New(col.GoType)
	if err := cd.Decode(v, e.cells.at(i)); err != nil {
		return nil, err
	}
	cell, null, err := col.Codec.Append([]byte{}, v)
	if err != nil || null {
		return nil, err
	}
	return cell, nil
}

// compared is what the server compares with a condition on r: the cell as it was sent, or the
// part of it that r refers to, and its type.
func (e *existing) compared(r *stmt.Ref) (cell []byte, t *codec.Type, p presenceType) {
	i := e.columns.Index(r.Name())
	if i < 0 || e.broken != nil || r.Column() == nil {
		return nil, r.Type(), aMissing
	}
	cell = e.cells.at(i)
	whole, err := e.liveType(i, r.Column())
	if err != nil {
		return nil, r.Type(), aMissing
	}
	t = r.Type()
	if whole != r.Column().Type {
		t = r.TypeIn(whole)
	}
	if cell != nil && (r.IsPart()) {
		if cell, err = r.Cut(whole, cell); err != nil {
			return nil, r.Type(), aMissing
		}
	}
	if t == nil { // the live type has no such field
		return nil, r.Type(), aMissing
	}
	return cell, t, presence(cell)
}

// asRead is the condition that a column is as it was read: the cell itself, since a field may
// hold "" for null, which are different conditions. Without a row every column is null.
func (s *source) asRead(row *existing, col *meta.Column) stmt.Cond {
	i := -1
	if row != nil {
		i = row.columns.Index(col.Name)
	}
	if i < 0 {
		return s.shape.ReadsNull(col, col.Type)
	}
	live, err := row.liveType(i, col)
	if err != nil {
		return stmt.Compare(s.shape.RefTo(col), cql.Eq, stmt.BadOperand(err))
	}
	cell := row.cells.at(i)
	if cell == nil {
		return s.shape.ReadsNull(col, live)
	}
	return stmt.Compare(s.shape.RefTo(col), cql.Eq, stmt.CellOf(live, cell))
}

// rewritten is what a write stores in a column of the row, whose struct was before
// and is now after. What has not changed, and what the struct does not know, is written back
// as it was read.
func (row *existing) rewritten(col *meta.Column, before, after codec.Addr) stmt.Operand {
	i, o := row.columns.Index(col.Name), stmt.OperandAt(col, after)
	if i < 0 {
		return o
	}
	live, err := row.liveType(i, col)
	if err != nil {
		return stmt.BadOperand(err)
	}
	if live == col.Type && live.Kind < codec.List {
		return o
	}
	was := stmt.OperandAt(col, before)
	from, err := was.EncodeAs(live)
	if err != nil {
		return stmt.BadOperand(err)
	}
	to, err := o.EncodeAs(live)
	if err != nil {
		return stmt.BadOperand(err)
	}
	cell, err := codec.Merge(live, col.Type, row.cells.at(i), from, to)
	if err != nil {
		return stmt.BadOperand(err)
	}
	return stmt.CellOf(live, cell)
}

// guard guards a row that was read, by its cells: by its version if it has one, by each
// column that was shown otherwise, and by the static ones in any case. A guess, which was not read by
// this call, is guarded by each column as well: one may have expired, which no version counts.
func (row *existing) guard(shown func(*meta.Column) bool, guess bool) *stmt.Guard {
	g, t := new(stmt.Guard), row.of.shape
	v, a := t.Meta.Version, t.Meta.Attempt
	versioned := v != nil && row.presence(v.Name) == aPresent
	for _, col := range t.Meta.Columns {
		switch {
		case col.Key() || !shown(col):
			continue
		case versioned && !guess && col.Kind != meta.Static && col != v && (col != a || row.presence(col.Name) != aPresent):
			continue
		}
		g.Conds = append(g.Conds, row.of.asRead(row, col))
	}
	if versioned {
		p := t.New()
		if cell, _ := row.cell(t.RefTo(v)); v.Codec.Decode(p.Field(v.Offset), cell) == nil {
			versions.Of.Saw(t.VersionIn(p))
		}
	}
	return g
}

// complete makes a whole row of one that has all that is shown but the key, which before has; nil of another.
func (e *existing) complete(shows func(*meta.Column) bool, before codec.Addr) *existing {
	if e.state != rPresent || e.broken != nil {
		return nil
	}
	for _, col := range e.of.shape.Meta.Columns {
		if e.presence(col.Name) != aMissing || !shows(col) {
			continue
		}
		if !col.Key() || before.None() {
			return nil
		}
		cell, _, err := col.Codec.Append([]byte{}, before.Field(col.Offset))
		if err != nil {
			return nil
		}
		e.columns = e.columns.With(col.Name, col.Type)
		e.cells = pack(nil, append(e.cells.list(), cell), -1)
	}
	return e
}

// only is the row without the columns that are not to be shown.
func (e *existing) only(shows func(*meta.Column) bool) *existing {
	var columns driver.Columns
	var cells [][]byte
	for i := range e.columns.Len() {
		if col := e.of.shape.Meta.Column(e.columns.Name(i)); col != nil && shows(col) {
			columns.Add(e.columns, i)
			cells = append(cells, e.cells.at(i))
		}
	}
	shown := e.of.existing(columns, cells, -1)
	shown.state = e.state
	return shown
}

// written is the row with what was written of it since; nil if that is not known.
func (e *existing) written(assigns []stmt.Assign) *existing {
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
		if j := e.columns.Index(col.Name); j >= 0 {
			if !null && !e.columns.Is(j, value.Typ()) {
				return nil // it was encoded for another type
			}
			cells[j] = cell
		}
	}
	after := e.of.existing(e.columns, cells, -1)
	after.state = rPresent
	return after
}
