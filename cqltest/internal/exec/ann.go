package exec

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// The order of ORDER BY … ANN OF is exact here: every row is looked at. A real
// index approximates it, which shows only in tables that are large.

// maxNearest is the greatest LIMIT of an index on vectors.
const maxNearest = 1000

// nearest prepares ORDER BY column ANN OF vector: a restriction that an index on
// the vectors serves. It returns nil if the rows are ordered otherwise.
func (p *preparer) nearest(sc *terms.Scope, t *table, list []*cqlparse.Ordering) (*restriction, error) {
	var found []*cqlparse.Ordering
	var r *restriction
	for _, o := range list {
		col, err := t.column(o.Column.Name)
		if err != nil {
			return nil, err
		}
		if o.ANN == nil {
			continue
		}
		term, err := terms.Prepare(sc, o.ANN, t.spec(col))
		if err != nil {
			return nil, err
		}
		r = &restriction{kind: nearestRestriction, cols: []*column{col}, nearest: term}
		found = append(found, o)
	}
	switch {
	case len(found) == 0:
		return nil, nil
	case len(found) > 1:
		return nil, invalid("Cannot specify more than one ANN ordering")
	case len(list) > 1:
		return nil, invalid("ANN ordering does not support any other ordering")
	case found[0].Desc:
		return nil, invalid("Descending ANN ordering is not supported")
	}
	return r, nil
}

// validateNearest checks what else WHERE says beside an ANN ordering, or that an
// index on vectors is not asked for anything but one.
func (w *restrictions) validateNearest() error {
	near := w.nearest()
	if near == nil {
		for _, c := range w.others.cols {
			if w.table.vectorIndex(c) != nil {
				return invalid("Vector indexes only support ANN queries")
			}
		}
		return nil
	}
	col := near.first()
	switch {
	case col.typ.Kind != types.KindVector || col.typ.Elem().Kind != types.KindFloat:
		return invalid("ANN ordering is only supported on float vector indexes")
	case len(w.table.indexesOn(col)) == 0:
		return invalid("ANN ordering by vector requires the column to be indexed")
	case w.table.vectorIndex(col) == nil:
		return nil
	}
	filters := slices.Concat(w.filters(), w.others.all())
	if slices.ContainsFunc(filters, func(r *restriction) bool { return !w.indexed(r) }) {
		return invalid("ANN ordering by vector requires all restricted column(s) to be indexed")
	}
	return nil
}

// nearest returns the ANN ordering, or nil.
func (w *restrictions) nearest() *restriction {
	for _, r := range w.others.all() {
		if r.kind == nearestRestriction {
			return r
		}
	}
	return nil
}

// vectorIndex returns the index that orders by the column's vectors, or nil.
func (t *table) vectorIndex(c *column) *index {
	for _, ix := range t.indexesOn(c) {
		if ix.storageAttached() && ix.mode == "" && c.typ.Kind == types.KindVector {
			return ix
		}
	}
	return nil
}

func (ix *index) similarity() funcs.Similarity {
	return funcs.SimilarityNamed(ix.options["similarity_function"])
}

// startNearest checks how an ANN query is run, and makes it run as the server
// does: on one replica, in one page.
func (q *query) startNearest() error {
	p := q.x.params
	switch p.Consistency {
	case One, LocalOne:
	case Serial, LocalSerial:
		return invalid("Top-K queries can only be run with consistency level ONE/LOCAL_ONE. Consistency level %s was used.", consistencyName(p.Consistency))
	default:
		lowered := One
		if p.Consistency == LocalQuorum {
			lowered = LocalOne
		}
		q.x.warn("Top-K queries can only be run with consistency level ONE / LOCAL_ONE / NODE_LOCAL. Consistency level " + consistencyName(p.Consistency) +
			" was requested. Downgrading the consistency level to " + consistencyName(lowered) + ".")
		p.Consistency = lowered
	}
	switch {
	case q.s.aggregate || q.s.grouped:
		return invalid("Top-K queries can not be run with aggregation")
	case q.s.perPart != nil:
		return invalid("Top-K queries do not support per-partition limits")
	case q.s.limit == nil:
		return invalid("Top-K queries must have a limit specified and the limit must be less than the query page size")
	}
	if q.pageSize > 0 && q.pageSize < q.limit {
		limit := strconv.Itoa(q.limit)
		q.x.warn("Top-K queries do not support paging and the page size is set to " + strconv.Itoa(q.pageSize) + ", which is less than LIMIT " + limit +
			". The page size has been set to " + limit + " to match the LIMIT.")
	}
	if q.limit > maxNearest {
		return invalid("Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than %d. LIMIT was %d", maxNearest, q.limit)
	}
	return nil
}

// score says how near a row is to what the query looks for.
func (q *query) score(v *rowView) float32 {
	near := q.s.near.first()
	score, ok, err := q.s.table.vectorIndex(near).similarity().Of(near.typ, v.value(near), q.target)
	if err != nil || !ok {
		q.failed = q.x.failure(CodeReadFailure, "")
	}
	return score
}

// sortNearest puts the rows that are nearest first.
func (q *query) sortNearest() {
	order := make([]int, len(q.result.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(q.scores[b], q.scores[a]) })
	rows := make([][][]byte, len(order))
	for i, at := range order {
		rows[i] = q.result.Rows[at]
	}
	q.result.Rows = rows
}

// checkVectors has a write fail that an index on vectors cannot hold: of an
// all-zero vector it cannot tell the direction.
func (w *writes) checkVectors(x *execution, writeType string) error {
	for _, u := range w.list {
		for _, ix := range u.table.indexes {
			if ix.target == nil || u.table.vectorIndex(ix.target) != ix {
				continue
			}
			for _, row := range append(slices.Clip(u.Rows), u.Static) {
				if row == nil {
					continue
				}
				cell := row.Cell(ix.target.id)
				if cell == nil || cell.Tombstone || len(cell.Value) == 0 {
					continue
				}
				if _, ok, err := ix.similarity().Of(ix.target.typ, cell.Value, cell.Value); err != nil || !ok {
					return x.failure(CodeWriteFailure, writeType)
				}
			}
		}
	}
	return nil
}
