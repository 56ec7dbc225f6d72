package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/versions"
)

// conditional ends the plain part of the chain. What a Document writes on a condition is
// guarded as well, if its table counts versions.
//
//go:noinline
func (w write) conditional(kind stmt.If, conds []stmt.Cond) conditional {
	return conditional{write: w, list: first(conds), asks: asks{n: int32(len(conds)), kind: kind}}
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

var ()

// rowGuard guards a row that was read, by its cells: by its version if it has one, by each
// column that was shown otherwise, and by the static ones in any case. A guess, which was not read by
// this call, is guarded by each column as well: one may have expired, which no version counts.
func (t *table) rowGuard(row *existing, shown func(*meta.Column) bool, guess bool) *stmt.Guard {
	g := new(stmt.Guard)
	v, a := t.schema.Meta.Version, t.schema.Meta.Attempt
	versioned := v != nil && row.presence(v.Name) == Present
	for _, col := range t.schema.Meta.Columns {
		switch {
		case col.Key() || !shown(col):
			continue
		case versioned && !guess && col.Kind != meta.Static && col != v && (col != a || row.presence(col.Name) != Present):
			continue
		}
		g.Conds = append(g.Conds, t.asRead(row, col))
	}
	if versioned {
		p := t.schema.New()
		if cell, _ := row.cell(t.schema.RefTo(v)); v.Codec.Decode(p.Field(v.Offset), cell) == nil {
			versions.Of.Saw(t.schema.VersionIn(p))
		}
	}
	return g
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
