package write

import (
	"fmt"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// The thresholds of batches that write several partitions.
const (
	batchWarnSize = 5 << 10
	batchFailSize = 50 << 10
)

// checkSize warns of a batch that is large, and refuses one that is too large.
func (w *writes) checkSize(x *server.Execution) error {
	if x.Server.Opts.Dialect == protocol.Scylla || !w.severalPartitions() {
		return nil
	}
	size := 0
	for _, u := range w.list {
		size += u.size(u.Rows)
	}
	if size <= batchWarnSize {
		return nil
	}
	size = 0
	for _, u := range w.list {
		size += u.size(u.merged())
	}
	if size > batchFailSize {
		return protocol.Invalid("Batch too large")
	}
	if size > batchWarnSize {
		var names []string
		for _, u := range w.list {
			names = append(names, u.table.String())
		}
		x.Warn(fmt.Sprintf("Batch for %s is of size %d, exceeding specified threshold of %d by %d.", java.List(java.Set(names)), size, batchWarnSize, size-batchWarnSize))
	}
	return nil
}

func (w *writes) severalPartitions() bool {
	first := func(u *tableUpdate) bool {
		return u.table.Keyspace == w.list[0].table.Keyspace && u.Key == w.list[0].Key
	}
	return slices.ContainsFunc(w.list, func(u *tableUpdate) bool { return !first(u) })
}

// merged returns the rows of the update, each once.
func (u *tableUpdate) merged() []*store.Row {
	if u.table.Counter {
		return mergeRows(u.table, u.Rows)
	}
	var rows []*store.Row
	at := map[string]int{}
	for _, r := range u.Rows {
		key := string(types.PackTuple(r.Clustering))
		if i, ok := at[key]; ok {
			rows[i] = store.Merge(rows[i], r)
			continue
		}
		at[key] = len(rows)
		rows = append(rows, r)
	}
	return rows
}

// What the server counts of an update besides its values.
const (
	timestampSize     = 8
	deletionSize      = 12
	rowSize           = timestampSize + deletionSize + 1
	cellSize          = 20
	expirySize        = 12
	rangeSize         = 12
	listPathSize      = 16
	counterUpdateSize = 36
)

// size is what the server takes for the size of an update.
func (u *tableUpdate) size(rows []*store.Row) int {
	n := timestampSize + u.rowSize(u.Static)
	if len(u.Ranges) > 0 {
		n += 4
	}
	for _, r := range u.Ranges {
		n += where.Length(r.Slice.Start.Prefix) + where.Length(r.Slice.End.Prefix) + rangeSize
	}
	for _, r := range rows {
		n += u.rowSize(r)
	}
	return n
}

func (u *tableUpdate) rowSize(r *store.Row) int {
	n := rowSize
	if r == nil {
		return n
	}
	n += where.Length(r.Clustering)
	if r.Liveness.TTL != 0 {
		n += expirySize
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Complex == nil {
			n += cellSize + len(c.Cell.Value)
			if c.Cell.Counter && !c.Cell.Tombstone {
				n += counterUpdateSize - len(c.Cell.Value)
			}
			continue
		}
		n += deletionSize
		list := slices.ContainsFunc(u.table.Columns, func(t *schema.Column) bool { return t.ID == c.ID && t.Type.Kind == types.KindList })
		for _, e := range c.Complex.Cells {
			n += cellSize + len(e.Cell.Value) + len(e.Path)
			if list {
				n += listPathSize - len(e.Path)
			}
		}
	}
	return n
}

// checkMemory refuses to add to rows that take more than they may. What deletes is let
// through.
func (w *writes) checkMemory(x *server.Execution) error {
	limit := x.Server.Opts.MemoryLimit
	if limit == 0 || !slices.ContainsFunc(w.list, func(u *tableUpdate) bool { return u.Adds() }) {
		return nil
	}
	size := int64(0)
	x.Server.Schema.Load().EachTable(func(t *schema.Table) { size += t.Data.Size() })
	if size <= limit {
		return nil
	}
	return &protocol.Error{Code: protocol.CodeOverloaded, Message: fmt.Sprintf("The rows of cqltest take %d bytes, more than the %d of WithMemoryLimit", size, limit)}
}
