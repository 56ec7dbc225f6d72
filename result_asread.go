package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// The type of a live column may have more fields than the struct: ALTER TYPE adds one while
// programs run. So the cells of a row that was read are kept as they came, with the types that
// the server named. They are what a guard compares, and what a write keeps of a value that it
// changes in part.

// cellOf is a value that is encoded already, as type t; nil is null.
func cellOf(t *codec.Type, cell []byte) operand {
	if cell == nil {
		return operand{}
	}
	return (&otherOperand{cell: cell, typ: t}).operand()
}

// typ is the type that the value is encoded as; nil of null.
func (o *operand) typ() *codec.Type {
	if other := o.other(); other != nil && other.typ != nil {
		return other.typ
	}
	if cd := o.encodes(); cd != nil {
		return cd.Type()
	}
	return nil
}

// encodeAs is the operand's cell as type t, which may be that of a live column; nil is null.
func (o *operand) encodeAs(t *codec.Type) (cell []byte, err error) {
	own := o.typ()
	if o.codec != nil && o.other() == nil && own != t {
		cd, err := o.codec.Live(t)
		if err != nil {
			return nil, err
		}
		live := operand{codec: cd, p: o.p}
		cell, null, err := live.encode()
		if err != nil || null {
			return nil, err
		}
		return cell, nil
	}
	cell, null, err := o.encode()
	if err != nil || null {
		return nil, err
	}
	return codec.Convert(cell, own, t)
}

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
	col := e.of.shape.meta.Column(e.columns.Name(i))
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
func (e *existing) compared(r *ref) (cell []byte, t *codec.Type, p Presence) {
	i := e.columns.Index(r.name)
	if i < 0 || e.broken != nil || r.col == nil {
		return nil, r.typ, Missing
	}
	cell = e.cells.at(i)
	whole, err := e.liveType(i, r.col)
	if err != nil {
		return nil, r.typ, Missing
	}
	t = r.typ
	if whole != r.col.Type {
		t = r.typeIn(whole)
	}
	if cell != nil && (r.IsPart()) {
		if cell, err = r.part(whole, cell); err != nil {
			return nil, r.typ, Missing
		}
	}
	if t == nil { // the live type has no such field
		return nil, r.typ, Missing
	}
	return cell, t, presence(cell)
}

// typeIn is the type of what r refers to in a column of type t; nil if there is no such field.
func (r *ref) typeIn(t *codec.Type) *codec.Type {
	switch {
	case r.elem != nil:
		return t.Elem.Freeze()
	case r.field == "":
		return t
	}
	for i := range t.Fields {
		if t.Fields[i].Name == r.field {
			return t.Fields[i].Type.Freeze()
		}
	}
	return nil
}

// asRead is the condition that a column is as it was read: the cell itself, since a field may
// hold "" for null, which are different conditions. Without a row every column is null.
func (t *table) asRead(row *existing, col *meta.Column) cond {
	i := -1
	if row != nil {
		i = row.columns.Index(col.Name)
	}
	if i < 0 {
		return t.schema.readsNull(col, col.Type)
	}
	live, err := row.liveType(i, col)
	if err != nil {
		return compareTo(t.schema.refTo(col), cql.Eq, badOperand(err))
	}
	cell := row.cells.at(i)
	if cell == nil {
		return t.schema.readsNull(col, live)
	}
	return compareTo(t.schema.refTo(col), cql.Eq, cellOf(live, cell))
}

// readsNull is the condition that a column reads as null: the column's type is live. gocql
// takes a tuple apart, and so one whose elements are all null reads as null, though it is another
// value to the server.
func (t *shape) readsNull(col *meta.Column, live *codec.Type) cond {
	c := cond{on: t.refTo(col), op: cql.Eq}
	if live.Kind == codec.Tuple {
		c.op = cql.In
		c.value = (&otherOperand{typ: live, list: []operand{{}, cellOf(live, live.Nulls())}}).operand()
	}
	return c
}

// rewritten is what a write stores in a column of a row that was read, whose struct was before
// and is now after. What has not changed, and what the struct does not know, is written back
// as it was read.
func (t *table) rewritten(row *existing, col *meta.Column, before, after codec.Addr) operand {
	i, o := row.columns.Index(col.Name), operandAt(col, after)
	if i < 0 {
		return o
	}
	live, err := row.liveType(i, col)
	if err != nil {
		return badOperand(err)
	}
	if live == col.Type && live.Kind < codec.List {
		return o
	}
	was := operandAt(col, before)
	from, err := was.encodeAs(live)
	if err != nil {
		return badOperand(err)
	}
	to, err := o.encodeAs(live)
	if err != nil {
		return badOperand(err)
	}
	cell, err := codec.Merge(live, col.Type, row.cells.at(i), from, to)
	if err != nil {
		return badOperand(err)
	}
	return cellOf(live, cell)
}
