package read

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
)

// The order of ORDER BY … ANN OF is exact here: every row is looked at. A real
// index approximates it, which shows only in tables that are large.

// maxNearest is the greatest LIMIT of an index on vectors.
const maxNearest = 1000

// startNearest checks how an ANN query is run, and makes it run as the server
// does: on one replica, in one page.
func (q *query) startNearest() error {
	p := q.x.Params
	switch p.Consistency {
	case protocol.One, protocol.LocalOne:
	case protocol.Serial, protocol.LocalSerial:
		return protocol.Invalid("Top-K queries can only be run with consistency level ONE/LOCAL_ONE. Consistency level %s was used.", protocol.ConsistencyName(p.Consistency))
	default:
		lowered := protocol.One
		if p.Consistency == protocol.LocalQuorum {
			lowered = protocol.LocalOne
		}
		q.x.Warn("Top-K queries can only be run with consistency level ONE / LOCAL_ONE / NODE_LOCAL. Consistency level " + protocol.ConsistencyName(p.Consistency) +
			" was requested. Downgrading the consistency level to " + protocol.ConsistencyName(lowered) + ".")
		p.Consistency = lowered
	}
	switch {
	case q.s.aggregate || q.s.grouped:
		return protocol.Invalid("Top-K queries can not be run with aggregation")
	case q.s.perPart != nil:
		return protocol.Invalid("Top-K queries do not support per-partition limits")
	case q.s.limit == nil:
		return protocol.Invalid("Top-K queries must have a limit specified and the limit must be less than the query page size")
	}
	if q.pageSize > 0 && q.pageSize < q.limit {
		limit := strconv.Itoa(q.limit)
		q.x.Warn("Top-K queries do not support paging and the page size is set to " + strconv.Itoa(q.pageSize) + ", which is less than LIMIT " + limit +
			". The page size has been set to " + limit + " to match the LIMIT.")
	}
	if q.limit > maxNearest {
		return protocol.Invalid("Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than %d. LIMIT was %d", maxNearest, q.limit)
	}
	return nil
}

// score says how near a row is to what the query looks for.
func (q *query) score(v *where.RowView) float32 {
	near := q.s.near.First()
	score, ok, err := q.s.table.VectorIndex(near).Similarity().Of(near.Type, v.Value(near), q.target)
	if err != nil || !ok {
		q.failed = q.x.Failure(protocol.CodeReadFailure, "")
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
