package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// conditional ends the plain part of the chain. What a Document writes on a condition is
// guarded as well, if its table counts versions.
//
//go:noinline
func (w write) conditional(kind stmt.If, conds []stmt.Cond) conditional {
	return conditional{write: w, list: codec.First(conds), asks: asks{n: int32(len(conds)), kind: kind}}
}

//go:noinline
func (q *query) conditional(kind stmt.If, conds []stmt.Cond) conditional {
	return write{query: q}.conditional(kind, conds)
}

// unchanged makes the guard the only condition.
//
//go:noinline
func (w write) unchanged() conditional {
	return conditional{write: w, asks: asks{kind: stmt.IfConditions, unchanged: true}}
}

// see keeps what the document holds of its row, as far as a guard needs it: the static
// columns, and, of a row without a version, a column that proves it.
//
//go:noinline
func (d *document) see(p codec.Addr) {
	t := d.table
	if t == nil || t.schema.Meta == nil || t.schema.Meta.Version == nil || !t.hasStatics && t.schema.VersionIn(p) != 0 {
		return
	}
	d.seen = t.schema.Copy(p)
	for _, col := range t.schema.Meta.Columns {
		if col.Kind == meta.Static { // its memory may be changed in place
			d.saw(col, stmt.OperandAt(col, p))
		}
	}
}

// saw keeps what is known of one column now. What was kept before may belong to a guard.
func (d *document) saw(col *meta.Column, o stmt.Operand) {
	cell, null, err := o.Encode()
	if err != nil {
		return
	}
	if null || col.Type.StoredAsNull(cell) {
		cell = nil
	}
	seen := d.table.schema.Copy(d.seen)
	if col.Codec.Decode(seen.Field(col.Offset), cell) == nil {
		d.seen = seen
	}
}
