package stmt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/versions"
)

// Guard is the condition that a row is still as it was when the write was decided on: every
// write that follows from a read has one. It names the version, the attempt id, the columns
// as they were read where there is no version, and the static columns, which writes of the
// partition's other rows change without touching this row's version.
type Guard struct {
	Conds []Cond
	Err   error // why nothing guards the row; nil if conds do
}

// ErrCannotGuard is why a write is refused whose row no condition could tell from a missing one.
var ErrCannotGuard = errors.New("coodie: no condition guards the row")

// ErrNoVersion is why a document of such a table is never known to be unchanged.
var ErrNoVersion = errors.New("the struct has no column tagged `version`")

var errHoldsNoVersion = errors.New("the document holds no version, and no other regular column that was certainly not null " +
	"when it was made; so no condition could tell its row from a missing one. If Value was not read, read the row first. If a column " +
	"of it is not null but has the zero value, use Mutate, which sees nulls. If all are null, set one by Find(…).IfExists().Update, " +
	"which gives the row a version")

// GuardOf guards the row of a document by what the document holds of it: the value, and what was seen of it, if that
// is kept apart. A field that is zero does not tell null from the zero value, so its condition admits both.
func (t *Table) GuardOf(value, seen codec.Addr) *Guard {
	g := new(Guard)
	v, a := t.Meta.Version, t.Meta.Attempt
	if seen.None() {
		seen = value
	}
	version := t.VersionIn(value)
	versions.Of.Saw(version)
	g.Conds = t.asHeld(g.Conds, v, value)
	proven := version != 0
	if a != nil && *codec.As[[16]byte](value.Field(a.Offset)) != ([16]byte{}) {
		g.Conds = append(g.Conds, Compare(t.RefTo(a), cql.Eq, OperandAt(a, value)))
		proven = true
	}
	for _, col := range t.Meta.Columns {
		switch {
		case col.Kind == meta.Static:
			g.Conds = t.asHeld(g.Conds, col, seen)
		case version == 0 && col.Kind == meta.Regular && col != v && col != a:
			// A version is null again after one with a TTL, so it proves nothing of the other columns.
			g.Conds = t.asHeld(g.Conds, col, seen)
			proven = proven || !t.mayBeNull(col, seen)
		}
	}
	if !proven {
		g.Err = errHoldsNoVersion
	}
	return g
}

// asHeld adds the condition that a column is as the field in the struct at p was read: it holds
// for each cell that reads so. Of a type that has grown, the fields that the struct knows are compared.
func (t *Table) asHeld(conds []Cond, col *meta.Column, p codec.Addr) []Cond {
	o, on := OperandAt(col, p), t.RefTo(col)
	cell, null, err := o.Encode()
	switch {
	case err != nil:
		return append(conds, Cond{on: on, op: cql.Eq, value: BadOperand(err)})
	case col.Type.Kind == codec.Tuple && (null || bytes.Equal(cell, col.Type.Nulls())):
		return append(conds, t.ReadsNull(col, col.Type))
	case null:
		cell = nil
	case ByField(col.Type) && t.Grown.Load():
		for i := range col.Type.Fields {
			f := &col.Type.Fields[i]
			cells, err := col.Codec.AlikePart(cell, i)
			conds = append(conds, isOneOf(on.Member(f.Name), cells, err))
		}
		return conds
	case col.Type.Kind < codec.List && t.mayBeNull(col, p):
		return append(conds, Cond{on: on, op: cql.In, value: (&otherOperand{codec: col.Codec, list: []Operand{{}, o}}).operand()})
	case col.Type.Kind < codec.List:
		return append(conds, Cond{on: on, op: cql.Eq, value: o})
	}
	cells, err := col.Codec.Alike(cell)
	return append(conds, isOneOf(on, cells, err))
}

// isOneOf is the condition that what is referred to is one of the cells.
func isOneOf(on *Ref, cells [][]byte, err error) Cond {
	switch {
	case err != nil:
		return Cond{on: on, op: cql.Eq, value: BadOperand(err)}
	case len(cells) == 1:
		return Cond{on: on, op: cql.Eq, value: CellOf(on.typ, cells[0])}
	}
	list := make([]Operand, len(cells))
	for i, cell := range cells {
		list[i] = CellOf(on.typ, cell)
	}
	return Cond{on: on, op: cql.In, value: (&otherOperand{typ: on.typ, list: list}).operand()}
}

// mayBeNull reports whether the field in the struct at p could have been read from null.
func (t *Table) mayBeNull(col *meta.Column, p codec.Addr) bool {
	o := OperandAt(col, p)
	if _, null, err := o.Encode(); err != nil || null {
		return true
	}
	return p.Field(col.Offset).Value(col.GoType).IsZero()
}

// VersionIn is the version in the struct at p.
func (t *Table) VersionIn(p codec.Addr) int64 {
	v := t.Meta.Version
	return p.Field(v.Offset).Value(v.GoType).Convert(reflect.TypeFor[int64]()).Int()
}

// versionAsked is the version that one of the conditions asks for.
func (b *Bound) versionAsked() (version int64, ok bool) {
	for i := range b.Conds {
		c := &b.Conds[i]
		if c.Ref().col != b.Meta.Version || c.op != cql.Eq {
			continue
		}
		if cell, null, err := c.value.Encode(); err == nil && !null && len(cell) == 8 {
			return int64(binary.BigEndian.Uint64(cell)), true
		}
	}
	return 0, false
}

// ReadsNull is the condition that a column reads as null: the column's type is live. gocql
// takes a tuple apart, and so one whose elements are all null reads as null, though it is another
// value to the server.
func (t *Table) ReadsNull(col *meta.Column, live *codec.Type) Cond {
	c := Cond{on: t.RefTo(col), op: cql.Eq}
	if live.Kind == codec.Tuple {
		c.op = cql.In
		c.value = (&otherOperand{typ: live, list: []Operand{{}, CellOf(live, live.Nulls())}}).operand()
	}
	return c
}
