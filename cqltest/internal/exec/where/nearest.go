package where

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Nearest prepares ORDER BY column ANN OF vector: a restriction that an index on
// the vectors serves. It returns nil if the rows are ordered otherwise.
func Nearest(p *server.Preparer, sc *terms.Scope, t *schema.Table, list []*cqlparse.Ordering) (*Restriction, error) {
	var found []*cqlparse.Ordering
	var r *Restriction
	for _, o := range list {
		col, err := t.Column(o.Column.Name)
		if err != nil {
			return nil, err
		}
		if o.ANN == nil {
			continue
		}
		term, err := terms.Prepare(sc, o.ANN, t.Spec(col))
		if err != nil {
			return nil, err
		}
		r = &Restriction{kind: nearestRestriction, Cols: []*schema.Column{col}, nearest: term}
		found = append(found, o)
	}
	switch {
	case len(found) == 0:
		return nil, nil
	case len(found) > 1:
		return nil, protocol.Invalid("Cannot specify more than one ANN ordering")
	case len(list) > 1:
		return nil, protocol.Invalid("ANN ordering does not support any other ordering")
	case found[0].Desc:
		return nil, protocol.Invalid("Descending ANN ordering is not supported")
	}
	return r, nil
}

// validateNearest checks what else WHERE says beside an ANN ordering, or that an
// index on vectors is not asked for anything but one.
func (w *Restrictions) validateNearest() error {
	near := w.nearest()
	if near == nil {
		for _, c := range w.Others.Cols {
			if w.Table.VectorIndex(c) != nil {
				return protocol.Invalid("Vector indexes only support ANN queries")
			}
		}
		return nil
	}
	col := near.First()
	switch {
	case col.Type.Kind != types.KindVector || col.Type.Elem().Kind != types.KindFloat:
		return protocol.Invalid("ANN ordering is only supported on float vector indexes")
	case len(w.Table.IndexesOn(col)) == 0:
		return protocol.Invalid("ANN ordering by vector requires the column to be indexed")
	case w.Table.VectorIndex(col) == nil:
		return nil
	}
	filters := slices.Concat(w.filters(), w.Others.all())
	if slices.ContainsFunc(filters, func(r *Restriction) bool { return !w.indexed(r) }) {
		return protocol.Invalid("ANN ordering by vector requires all restricted column(s) to be indexed")
	}
	return nil
}

// nearest returns the ANN ordering, or nil.
func (w *Restrictions) nearest() *Restriction {
	for _, r := range w.Others.all() {
		if r.kind == nearestRestriction {
			return r
		}
	}
	return nil
}
