package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
)

// add evaluates what an entry concerns and asks for.
func (q *casRequest) add(e Entry) error {
	m := e.M
	keys, err := where.PartitionKeys(e.X, m.where)
	if err != nil {
		return err
	}
	verb := "updates"
	if m.verb == "DELETE" {
		verb = "deletions"
	}
	if m.where.Partition.HasIn {
		if q.batch {
			return protocol.ServerError("java.lang.IllegalArgumentException: Batch with conditions cannot span multiple partitions (you cannot use IN on the partition key)")
		}
		return protocol.Invalid("IN on the partition key is not supported with conditional %s", verb)
	}
	if len(q.rows) == 0 {
		q.key = keys[0]
	} else if q.key != keys[0] {
		return protocol.Invalid("Batch with conditions cannot span multiple partitions")
	}
	if m.where.Clustering.HasIn {
		return protocol.Invalid("IN on the clustering key columns is not supported with conditional %s", verb)
	}
	if m.verb == "DELETE" && !m.where.Clustering.Empty() && m.where.ColumnRange() {
		ranges, err := where.Slices(e.X, m.where)
		q.rows, q.ranges = append(q.rows, nil), append(q.ranges, ranges)
		return err
	}
	clustering := [][]byte(nil)
	static := m.onlyStatic() && m.where.Clustering.Empty()
	if !static {
		rows, err := where.Clusterings(e.X, m.where)
		if err != nil {
			return err
		}
		clustering = rows[0]
	}
	row := clustering
	if row == nil {
		row = [][]byte{}
	}
	q.rows, q.ranges = append(q.rows, [][][]byte{row}), append(q.ranges, nil)
	if !m.conditional() {
		return nil
	}
	return q.addConditions(e, clustering)
}

func (q *casRequest) addConditions(e Entry, clustering [][]byte) error {
	m := e.M
	if m.ifExists || m.ifNotExists {
		kind := rowExists
		if m.ifNotExists {
			kind = rowMissing
		}
		return q.addExistence(kind, clustering)
	}
	own := &rowCondition{clustering: clustering}
	for _, part := range []struct {
		conds      []*condition
		clustering [][]byte
	}{{m.regularIf, clustering}, {m.staticIf, nil}} {
		var bound []*boundCondition
		for _, c := range part.conds {
			b, err := bindCondition(e.X, c)
			if err != nil {
				return err
			}
			bound = append(bound, b)
		}
		if len(bound) == 0 {
			continue
		}
		own.conds = append(own.conds, bound...)
		rc := q.conditionOn(part.clustering)
		if rc != nil && rc.kind != columnsHold && m.dialect == protocol.Cassandra {
			return protocol.Invalid("Cannot mix IF conditions and IF NOT EXISTS for the same row")
		}
		if rc == nil || rc.kind != columnsHold {
			rc = &rowCondition{clustering: part.clustering}
			q.setCondition(rc)
		}
		rc.conds = append(rc.conds, bound...)
	}
	q.order = append(q.order, own)
	return nil
}

func (q *casRequest) addExistence(kind conditionKind, clustering [][]byte) error {
	rc := &rowCondition{kind: kind, clustering: clustering}
	q.order = append(q.order, rc)
	old := q.conditionOn(clustering)
	switch {
	case old == nil, q.entries[0].M.dialect == protocol.Scylla:
		q.setCondition(rc)
	case old.kind == kind:
	case old.kind != columnsHold:
		return protocol.Invalid("Cannot mix IF EXISTS and IF NOT EXISTS conditions for the same row")
	case kind == rowMissing:
		return protocol.Invalid("Cannot mix IF conditions and IF NOT EXISTS for the same row")
	default:
		return protocol.Invalid("Cannot mix IF conditions and IF EXISTS for the same row")
	}
	return nil
}

// conditionOn returns what is already asked of a row.
func (q *casRequest) conditionOn(clustering [][]byte) *rowCondition {
	if clustering == nil {
		return q.static
	}
	for _, rc := range q.byRow {
		if schema.ClusteringEqual(q.table, rc.clustering, clustering) {
			return rc
		}
	}
	return nil
}

func (q *casRequest) setCondition(rc *rowCondition) {
	if rc.clustering == nil {
		q.static = rc
		return
	}
	order := q.table.Order()
	at, _ := slices.BinarySearchFunc(q.byRow, rc, func(a, b *rowCondition) int {
		for i := range order {
			if c := order[i](a.clustering[i], b.clustering[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	q.byRow = slices.Insert(q.byRow, at, rc)
}
