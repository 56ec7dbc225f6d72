package answer

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
	"github.com/coodie-go/coodie/internal/versions"
)

// The type of a live column may have more fields than the struct: ALTER TYPE adds one while
// programs run. So the cells of a row that was read are kept as they came, with the types that
// the server named. They are what a guard compares, and what a write keeps of a value that it
// changes in part.

// liveType is the type of cell i, which is that of col.
func (e *Row) liveType(i int, col *meta.Column) (*codec.Type, error) {
	if e.Columns.Is(i, col.Type) {
		return col.Type, nil
	}
	t, err := e.Columns.Type(i)
	if err != nil || t.Frozen == col.Type.Frozen {
		return t, err
	}
	live := *t
	live.Frozen = col.Type.Frozen // the server does not say
	return &live, nil
}

// declared is cell i as the struct declares its column: without fields that it lacks.
func (e *Row) declared(i int) ([]byte, error) {
	cell := e.cells.At(i)
	col := e.Of.Table.Meta.Column(e.Columns.Name(i))
	if cell == nil || col == nil || e.Columns.Is(i, col.Type) {
		return cell, nil
	}
	return e.reread(i, col)
}

// reread is cell i, which is not null, as the field of col would be written that has read it.
func (e *Row) reread(i int, col *meta.Column) ([]byte, error) {
	t, err := e.liveType(i, col)
	if err != nil {
		return nil, err
	}
	cd, err := col.Codec.Live(t)
	if err != nil {
		return nil, err
	}
	v := codec.New(col.GoType)
	if err := cd.Decode(v, e.cells.At(i)); err != nil {
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
func (e *Row) compared(r *stmt.Ref) (cell []byte, t *codec.Type, p State) {
	i := e.Columns.Index(r.Name())
	if i < 0 || e.Broken != nil || r.Column() == nil {
		return nil, r.Type(), Untold
	}
	cell = e.cells.At(i)
	whole, err := e.liveType(i, r.Column())
	if err != nil {
		return nil, r.Type(), Untold
	}
	t = r.Type()
	if whole != r.Column().Type {
		t = r.TypeIn(whole)
	}
	if cell != nil && (r.IsPart()) {
		if cell, err = r.Cut(whole, cell); err != nil {
			return nil, r.Type(), Untold
		}
	}
	if t == nil { // the live type has no such field
		return nil, r.Type(), Untold
	}
	return cell, t, StateOf(cell)
}

// AsRead is the condition that a column is as it was read: the cell itself, since a field may
// hold "" for null, which are different conditions. Without a row every column is null.
func (s *Source) AsRead(row *Row, col *meta.Column) stmt.Cond {
	i := -1
	if row != nil {
		i = row.Columns.Index(col.Name)
	}
	if i < 0 {
		return s.Table.ReadsNull(col, col.Type)
	}
	live, err := row.liveType(i, col)
	if err != nil {
		return stmt.Compare(s.Table.RefTo(col), cql.Eq, stmt.BadOperand(err))
	}
	cell := row.cells.At(i)
	if cell == nil {
		return s.Table.ReadsNull(col, live)
	}
	return stmt.Compare(s.Table.RefTo(col), cql.Eq, stmt.CellOf(live, cell))
}

// Rewritten is what a write stores in a column of the row, whose struct was before
// and is now after. What has not changed, and what the struct does not know, is written back
// as it was read.
func (row *Row) Rewritten(col *meta.Column, before, after codec.Addr) stmt.Operand {
	i, o := row.Columns.Index(col.Name), stmt.OperandAt(col, after)
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
	cell, err := codec.Merge(live, col.Type, row.cells.At(i), from, to)
	if err != nil {
		return stmt.BadOperand(err)
	}
	return stmt.CellOf(live, cell)
}

// Guard guards a row that was read, by its cells: by its version if it has one, by each
// column that was shown otherwise, and by the static ones in any case. A guess, which was not read by
// this call, is guarded by each column as well: one may have expired, which no version counts.
func (row *Row) Guard(shown func(*meta.Column) bool, guess bool) *stmt.Guard {
	g, t := new(stmt.Guard), row.Of.Table
	v, a := t.Meta.Version, t.Meta.Attempt
	versioned := v != nil && row.CellState(v.Name) == Present
	for _, col := range t.Meta.Columns {
		switch {
		case col.Key() || !shown(col):
			continue
		case versioned && !guess && col.Kind != meta.Static && col != v && (col != a || row.CellState(col.Name) != Present):
			continue
		}
		g.Conds = append(g.Conds, row.Of.AsRead(row, col))
	}
	if versioned {
		p := t.New()
		if cell, _ := row.Cell(t.RefTo(v)); v.Codec.Decode(p.Field(v.Offset), cell) == nil {
			versions.Of.Saw(t.VersionIn(p))
		}
	}
	return g
}
