package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
)

// casRows is the partition as it was read for the conditions.
type casRows struct {
	partition *store.Partition
	read      func(clustering [][]byte) *store.Row // nil: the static row
}

type conditionKind uint8

const (
	columnsHold conditionKind = iota
	rowExists
	rowMissing
)

// rowCondition is all that is asked of one row.
type rowCondition struct {
	kind       conditionKind
	clustering [][]byte // nil for the static row
	conds      []*boundCondition
}

func (r *rowCondition) holds(row *store.Row) (bool, error) {
	switch r.kind {
	case rowExists:
		return row != nil, nil
	case rowMissing:
		return row == nil, nil
	}
	conds := slices.Clone(r.conds)
	slices.SortStableFunc(conds, func(a, b *boundCondition) int { return int(a.hashOrder()) - int(b.hashOrder()) })
	for _, c := range conds {
		if ok, err := c.holds(row); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// fetch works out which columns the read for the conditions fetches.
func (q *casRequest) fetch() {
	q.visible = map[*schema.Column]bool{}
	rows, statics := false, false
	for _, e := range q.entries {
		m := e.M
		rows = rows || m.updatesRows()
		if !m.conditional() {
			continue
		}
		statics = statics || len(m.staticOps) > 0
		for _, c := range m.conditions {
			q.visible[c.col] = true
		}
		for _, o := range slices.Concat(m.regularOps, m.staticOps) {
			if o.reads() {
				q.visible[o.col] = true
			}
		}
	}
	for _, c := range q.table.Columns {
		if c.PrimaryKey() || rows && c.Kind == schema.RegularColumn || statics && c.Kind == schema.StaticColumn {
			q.visible[c] = true
		}
	}
}

// mask returns what is fetched of a live row; nil if that is nothing.
func (q *casRequest) mask(r *store.Row) *store.Row {
	if r == nil {
		return nil
	}
	out := &store.Row{Clustering: r.Clustering, Liveness: r.Liveness}
	for _, c := range q.table.Columns {
		if !q.visible[c] || c.PrimaryKey() {
			continue
		}
		if cell := r.Cell(c.ID); cell != nil {
			out.Put(c.ID, *cell)
		} else if cx := r.Complex(c.ID); cx != nil {
			for i := range cx.Cells {
				out.PutElement(c.ID, cx.Compare, cx.Cells[i].Path, cx.Cells[i].Cell)
			}
		}
	}
	if !out.Liveness.Set && len(out.Columns) == 0 {
		return nil
	}
	return out
}

func (q *casRequest) row(x *server.Execution, clustering [][]byte) *store.Row {
	if clustering == nil {
		return q.mask(q.current.partition.Static(x.NowSec))
	}
	return q.mask(q.current.partition.Row(clustering, x.NowSec))
}

// fetched is what a statement that looks before it writes may see: the rows that
// conditions are about; without any, the partition's first row.
func (q *casRequest) fetched(x *server.Execution, clustering [][]byte) *store.Row {
	if clustering == nil {
		return q.row(x, nil)
	}
	if len(q.byRow) > 0 {
		if q.conditionOn(clustering) == nil {
			return nil
		}
		return q.row(x, clustering)
	}
	first := q.firstRow(x)
	if first == nil || !schema.ClusteringEqual(q.table, first.Clustering, clustering) {
		return nil
	}
	return first
}

// firstRow returns the first row of the partition.
func (q *casRequest) firstRow(x *server.Execution) *store.Row {
	var first *store.Row
	q.current.partition.Rows(store.All, false, x.NowSec, func(r *store.Row) bool {
		first = q.mask(r)
		return first == nil
	})
	return first
}

func (q *casRequest) holds(x *server.Execution) (bool, error) {
	if q.entries[0].M.dialect == protocol.Scylla {
		all := true
		for _, rc := range q.order {
			ok, err := q.scyllaHolds(x, rc)
			if err != nil {
				return false, err
			}
			all = all && ok
		}
		return all, nil
	}
	if q.static != nil {
		if ok, err := q.static.holds(q.row(x, nil)); !ok || err != nil {
			return false, err
		}
	}
	for _, rc := range q.byRow {
		if ok, err := rc.holds(q.row(x, rc.clustering)); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (q *casRequest) scyllaHolds(x *server.Execution, rc *rowCondition) (bool, error) {
	if rc.kind != columnsHold {
		return rc.holds(q.row(x, rc.clustering))
	}
	for _, c := range rc.conds {
		at := rc.clustering
		if c.col.Kind == schema.StaticColumn {
			at = nil
		}
		if ok, err := c.holds(q.row(x, at)); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
