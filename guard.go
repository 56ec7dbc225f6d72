package coodie

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

// guard is the condition that a row is still as it was when the write was decided on: every
// write that follows from a read has one. It names the version, the attempt id, the columns
// as they were read where there is no version, and the static columns, which writes of the
// partition's other rows change without touching this row's version.
type guard struct {
	conds []cond
	err   error // why nothing guards the row; nil if conds do
}

// conditional ends the plain part of the chain. What a Document writes on a condition is
// guarded as well, if its table counts versions.
//
//go:noinline
func (w write) conditional(kind casKind, conds []cond) conditional {
	return conditional{write: w, list: first(conds), asks: asks{n: int32(len(conds)), kind: kind}}
}

//go:noinline
func (q *query) conditional(kind casKind, conds []cond) conditional {
	return write{query: q}.conditional(kind, conds)
}

// unchanged makes the guard the only condition.
//
//go:noinline
func (w write) unchanged() conditional {
	return conditional{write: w, asks: asks{kind: ifConditions, unchanged: true}}
}

var (
	errCannotGuard = errors.New("coodie: no condition guards the row")

	errNoVersion = errors.New("the struct has no column tagged `version`")

	errHoldsNoVersion = errors.New("the document holds no version, and no other regular column that was certainly not null " +
		"when it was made; so no condition could tell its row from a missing one. If Value was not read, read the row first. If a column " +
		"of it is not null but has the zero value, use Mutate, which sees nulls. If all are null, set one by Find(…).IfExists().Update, " +
		"which gives the row a version")
)

// guardOf guards the row of a document by what the document holds of it: the value, and what was seen of it, if that
// is kept apart. A field that is zero does not tell null from the zero value, so its condition admits both.
func (t *shape) guardOf(value, seen codec.Addr) *guard {
	g := new(guard)
	v, a := t.meta.Version, t.meta.Attempt
	if seen.None() {
		seen = value
	}
	version := t.versionIn(value)
	versions.Of.Saw(version)
	g.conds = t.asHeld(g.conds, v, value)
	proven := version != 0
	if a != nil && *codec.As[[16]byte](value.Field(a.Offset)) != ([16]byte{}) {
		g.conds = append(g.conds, compareTo(t.refTo(a), cql.Eq, operandAt(a, value)))
		proven = true
	}
	for _, col := range t.meta.Columns {
		switch {
		case col.Kind == meta.Static:
			g.conds = t.asHeld(g.conds, col, seen)
		case version == 0 && col.Kind == meta.Regular && col != v && col != a:
			// A version is null again after one with a TTL, so it proves nothing of the other columns.
			g.conds = t.asHeld(g.conds, col, seen)
			proven = proven || !t.mayBeNull(col, seen)
		}
	}
	if !proven {
		g.err = errHoldsNoVersion
	}
	return g
}

// asHeld adds the condition that a column is as the field in the struct at p was read: it holds
// for each cell that reads so. Of a type that has grown, the fields that the struct knows are compared.
func (t *shape) asHeld(conds []cond, col *meta.Column, p codec.Addr) []cond {
	o, on := operandAt(col, p), t.refTo(col)
	cell, null, err := o.encode()
	switch {
	case err != nil:
		return append(conds, cond{on: on, op: cql.Eq, value: badOperand(err)})
	case col.Type.Kind == codec.Tuple && (null || bytes.Equal(cell, col.Type.Nulls())):
		return append(conds, t.readsNull(col, col.Type))
	case null:
		cell = nil
	case byField(col.Type) && t.grown.Load():
		for i := range col.Type.Fields {
			f := &col.Type.Fields[i]
			cells, err := col.Codec.AlikePart(cell, i)
			conds = append(conds, isOneOf(on.member(f.Name), cells, err))
		}
		return conds
	case col.Type.Kind < codec.List && t.mayBeNull(col, p):
		return append(conds, cond{on: on, op: cql.In, value: (&otherOperand{codec: col.Codec, list: []operand{{}, o}}).operand()})
	case col.Type.Kind < codec.List:
		return append(conds, cond{on: on, op: cql.Eq, value: o})
	}
	cells, err := col.Codec.Alike(cell)
	return append(conds, isOneOf(on, cells, err))
}

// isOneOf is the condition that what is referred to is one of the cells.
func isOneOf(on *ref, cells [][]byte, err error) cond {
	switch {
	case err != nil:
		return cond{on: on, op: cql.Eq, value: badOperand(err)}
	case len(cells) == 1:
		return cond{on: on, op: cql.Eq, value: cellOf(on.typ, cells[0])}
	}
	list := make([]operand, len(cells))
	for i, cell := range cells {
		list[i] = cellOf(on.typ, cell)
	}
	return cond{on: on, op: cql.In, value: (&otherOperand{typ: on.typ, list: list}).operand()}
}

// mayBeNull reports whether the field in the struct at p could have been read from null.
func (t *shape) mayBeNull(col *meta.Column, p codec.Addr) bool {
	o := operandAt(col, p)
	if _, null, err := o.encode(); err != nil || null {
		return true
	}
	return p.Field(col.Offset).Value(col.GoType).IsZero()
}

// rowGuard guards a row that was read, by its cells: by its version if it has one, by each
// column that was shown otherwise, and by the static ones in any case. A guess, which was not read by
// this call, is guarded by each column as well: one may have expired, which no version counts.
func (t *table) rowGuard(row *existing, shown func(*meta.Column) bool, guess bool) *guard {
	g := new(guard)
	v, a := t.schema.meta.Version, t.schema.meta.Attempt
	versioned := v != nil && row.presence(v.Name) == Present
	for _, col := range t.schema.meta.Columns {
		switch {
		case col.Key() || !shown(col):
			continue
		case versioned && !guess && col.Kind != meta.Static && col != v && (col != a || row.presence(col.Name) != Present):
			continue
		}
		g.conds = append(g.conds, t.asRead(row, col))
	}
	if versioned {
		p := t.schema.newRow()
		if cell, _ := row.cell(t.schema.refTo(v)); v.Codec.Decode(p.Field(v.Offset), cell) == nil {
			versions.Of.Saw(t.schema.versionIn(p))
		}
	}
	return g
}

// versionIn is the version in the struct at p.
func (t *shape) versionIn(p codec.Addr) int64 {
	v := t.meta.Version
	return p.Field(v.Offset).Value(v.GoType).Convert(reflect.TypeFor[int64]()).Int()
}

// versionAsked is the version that one of the conditions asks for.
func (b *builder) versionAsked() (version int64, ok bool) {
	for i := range b.conds {
		c := &b.conds[i]
		if c.ref().col != b.table.Version || c.op != cql.Eq {
			continue
		}
		if cell, null, err := c.value.encode(); err == nil && !null && len(cell) == 8 {
			return int64(binary.BigEndian.Uint64(cell)), true
		}
	}
	return 0, false
}

// see keeps what the document holds of its row, as far as a guard needs it: the static
// columns, and, of a row without a version, a column that proves it.
//
//go:noinline
func (d *document) see(p codec.Addr) {
	t := d.table
	if t == nil || t.schema.meta == nil || t.schema.meta.Version == nil || !t.hasStatics && t.schema.versionIn(p) != 0 {
		return
	}
	d.seen = t.schema.copyRow(p)
	for _, col := range t.schema.meta.Columns {
		if col.Kind == meta.Static { // its memory may be changed in place
			d.saw(col, operandAt(col, p))
		}
	}
}

// saw keeps what is known of one column now. What was kept before may belong to a guard.
func (d *document) saw(col *meta.Column, o operand) {
	cell, null, err := o.encode()
	if err != nil {
		return
	}
	if null || col.Type.StoredAsNull(cell) {
		cell = nil
	}
	seen := d.table.schema.copyRow(d.seen)
	if col.Codec.Decode(seen.Field(col.Offset), cell) == nil {
		d.seen = seen
	}
}
