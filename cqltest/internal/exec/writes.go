package exec

import (
	"fmt"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// writes gathers what a statement or a batch writes, by table and partition.
type writes struct {
	list  []*tableUpdate
	index map[writeKey]*tableUpdate
}

type writeKey struct {
	table *store.Table
	key   store.Key
}

type tableUpdate struct {
	table *table
	store.Update
}

func newWrites() *writes { return &writes{index: map[writeKey]*tableUpdate{}} }

func (w *writes) partition(t *table, key store.Key) *store.Update {
	k := writeKey{t.data, key}
	u := w.index[k]
	if u == nil {
		u = &tableUpdate{table: t, Update: store.Update{Key: key}}
		w.index[k] = u
		w.list = append(w.list, u)
	}
	return &u.Update
}

// apply stores everything, unless it is known that too few replicas are up.
func (w *writes) apply(x *execution, writeType string) error {
	for _, u := range w.list {
		if err := w.shortfall(x, u).unavailable(); err != nil {
			return err
		}
	}
	return w.commit(x, writeType)
}

// shortfall says why the level of a write cannot be met for one of its partitions.
func (w *writes) shortfall(x *execution, u *tableUpdate) *shortfall {
	return x.shortfall(u.table, x.params.Consistency, []int64{u.Key.Token})
}

// commit stores everything, whoever is there to hear of it. The caller holds the
// write lock.
//
// A replica cannot store the deletion of a range that is bounded by null. Such
// a partition's write fails; at consistency ANY the server keeps it for later
// and says nothing.
func (w *writes) commit(x *execution, writeType string) error {
	if err := w.checkIndexed(); err != nil {
		return err
	}
	if err := w.checkVectors(x, writeType); err != nil {
		return err
	}
	failed := false
	for _, u := range w.list {
		if slices.ContainsFunc(u.Ranges, boundedByNull) {
			failed = true
			continue
		}
		if u.table.counter {
			sumCounters(x, u)
		}
		if err := x.store(u); err != nil {
			return err
		}
	}
	if failed && x.params.Consistency != Any {
		return x.failure(CodeWriteFailure, writeType)
	}
	for _, u := range w.list {
		if u.table.counter {
			writeType = "COUNTER"
		}
		short := w.shortfall(x, u)
		if err := short.unavailable(); err != nil { // of a commit: the proposal was accepted
			return err
		}
		if err := short.timeout(CodeWriteTimeout, writeType); err != nil {
			return err
		}
	}
	return nil
}

func boundedByNull(t store.RangeTombstone) bool {
	null := func(b []byte) bool { return b == nil }
	return slices.ContainsFunc(t.Slice.Start.Prefix, null) || slices.ContainsFunc(t.Slice.End.Prefix, null)
}

// failure says that the only replica failed to read or to write.
func (x *execution) failure(code int, writeType string) *Error {
	return &Error{Code: code, Message: fmt.Sprintf("Operation failed - received 0 responses and 1 failures: UNKNOWN from /%s:7000", x.node().Address),
		Consistency: x.params.Consistency, BlockFor: 1, NumFailures: 1, WriteType: writeType}
}

// sumCounters turns increments into sums.
func sumCounters(x *execution, u *tableUpdate) {
	part := u.table.data.View().Partition(u.Key)
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
		sum(row, part.Row(row.Clustering, x.nowSec))
	}
	if u.Static != nil {
		sum(u.Static, part.Static(x.nowSec))
	}
}

// mergeRows adds up the increments that several statements of a batch make to one row.
func mergeRows(t *table, rows []*store.Row) []*store.Row {
	var out []*store.Row
next:
	for _, row := range rows {
		for _, o := range out {
			if clusteringEqual(t, o.Clustering, row.Clustering) {
				addIncrements(o, row)
				continue next
			}
		}
		out = append(out, row)
	}
	return out
}

func clusteringEqual(t *table, a, b [][]byte) bool {
	for i, c := range t.clustering {
		if c.typ.Compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
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
