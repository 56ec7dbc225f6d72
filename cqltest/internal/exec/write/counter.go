package write

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// sumCounters turns increments into sums.
func sumCounters(x *server.Execution, u *tableUpdate) {
	part := u.table.Data.View().Partition(u.Key)
	sum := func(row, old *store.Row) {
		for i := range row.Columns {
			c := &row.Columns[i].Cell
			if c.Tombstone {
				continue
			}
			n := types.DecodeInteger(c.Value)
			if cell := old.Cell(row.Columns[i].ID); cell != nil {
				n += types.DecodeInteger(cell.Value)
				c.Timestamp = max(c.Timestamp, cell.Timestamp+1)
			}
			c.Value = types.EncodeBigint(n)
		}
	}
	u.Rows = mergeRows(u.table, u.Rows)
	for _, row := range u.Rows {
		sum(row, part.Row(row.Clustering, x.NowSec))
	}
	if u.Static != nil {
		sum(u.Static, part.Static(x.NowSec))
	}
}

// mergeRows adds up the increments that several statements of a batch make to one row.
func mergeRows(t *schema.Table, rows []*store.Row) []*store.Row {
	var out []*store.Row
next:
	for _, row := range rows {
		for _, o := range out {
			if schema.ClusteringEqual(t, o.Clustering, row.Clustering) {
				addIncrements(o, row)
				continue next
			}
		}
		out = append(out, row)
	}
	return out
}

func addIncrements(into, row *store.Row) {
	into.Deletion = into.Deletion.Max(row.Deletion)
	for _, c := range row.Columns {
		if old := into.Cell(c.ID); old != nil && !old.Tombstone && !c.Cell.Tombstone {
			old.Value = types.EncodeBigint(types.DecodeInteger(old.Value) + types.DecodeInteger(c.Cell.Value))
			continue
		}
		into.Put(c.ID, c.Cell)
	}
}
