package exec

import (
	"fmt"
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// The thresholds of batches that write several partitions.
const (
	batchWarnSize = 5 << 10
	batchFailSize = 50 << 10
)

// checkClustering refuses rows whose clustering columns are too long together.
// Conditional writes do not look.
func checkClustering(rows [][][]byte) error {
	for _, row := range rows {
		if n := length(row); n > math.MaxUint16 {
			return keyTooLong(n)
		}
	}
	return nil
}

func keyTooLong(n int) error {
	return invalid("Key length of %d is longer than maximum of %d", n, math.MaxUint16)
}

func length(parts [][]byte) (n int) {
	for _, b := range parts {
		n += len(b)
	}
	return n
}

// checkSize warns of a batch that is large, and refuses one that is too large.
func (w *writes) checkSize(x *execution) error {
	if x.server.opts.Dialect == Scylla || !w.severalPartitions() {
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
		return invalid("Batch too large")
	}
	if size > batchWarnSize {
		var names []string
		for _, u := range w.list {
			names = append(names, u.table.String())
		}
		x.warn(fmt.Sprintf("Batch for %s is of size %d, exceeding specified threshold of %d by %d.", javaList(javaSet(names)), size, batchWarnSize, size-batchWarnSize))
	}
	return nil
}

func (w *writes) severalPartitions() bool {
	first := func(u *tableUpdate) bool {
		return u.table.keyspace == w.list[0].table.keyspace && u.Key == w.list[0].Key
	}
	return slices.ContainsFunc(w.list, func(u *tableUpdate) bool { return !first(u) })
}

// merged returns the rows of the update, each once.
func (u *tableUpdate) merged() []*store.Row {
	if u.table.counter {
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
		n += length(r.Slice.Start.Prefix) + length(r.Slice.End.Prefix) + rangeSize
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
	n += length(r.Clustering)
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
		list := slices.ContainsFunc(u.table.columns, func(t *column) bool { return t.id == c.ID && t.typ.Kind == types.KindList })
		for _, e := range c.Complex.Cells {
			n += cellSize + len(e.Cell.Value) + len(e.Path)
			if list {
				n += listPathSize - len(e.Path)
			}
		}
	}
	return n
}

// javaSet returns the names as a Java HashSet of them lists them.
func javaSet(names []string) []string {
	var set []string
	for _, n := range names {
		if !slices.Contains(set, n) {
			set = append(set, n)
		}
	}
	buckets := uint32(16)
	for len(set)*4 > int(buckets)*3 {
		buckets *= 2
	}
	bucket := func(s string) uint32 {
		h := uint32(0)
		for _, r := range s {
			h = 31*h + uint32(r)
		}
		return (h ^ h>>16) & (buckets - 1)
	}
	slices.SortStableFunc(set, func(a, b string) int { return int(bucket(a)) - int(bucket(b)) })
	return set
}

// maxIndexed is the size from which an index of Cassandra's own refuses a value.
const maxIndexed = math.MaxUint16

// checkIndexed refuses values that are too long for an index.
func (w *writes) checkIndexed() error {
	for _, u := range w.list {
		if err := u.checkIndexed(); err != nil {
			return err
		}
	}
	return nil
}

// checkIndexed is that of one partition. Attached indexes pass over such values.
func (u *tableUpdate) checkIndexed() error {
	for _, ix := range u.table.indexes {
		if ix.kind == "CUSTOM" || ix.target == nil {
			continue
		}
		switch ix.target.kind {
		case partitionKey:
			if err := ix.check(u.table, splitKey(u.table, u.Key)[ix.target.position]); err != nil {
				return err
			}
		case clusteringKey:
			for _, r := range u.Rows {
				if err := ix.check(u.table, r.Clustering[ix.target.position]); err != nil {
					return err
				}
			}
		case staticColumn:
			if err := ix.checkRow(u.table, u.Static); err != nil {
				return err
			}
		default:
			for _, r := range u.Rows {
				if err := ix.checkRow(u.table, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (ix *index) check(t *table, value []byte) error {
	if len(value) < maxIndexed {
		return nil
	}
	return invalid("Cannot index value of size %d for index %s on %s(%s) (maximum allowed size=%d)", len(value), ix.name, t, ix.target.cql(), maxIndexed)
}

// checkRow checks the cells of a row that the index covers.
func (ix *index) checkRow(t *table, r *store.Row) error {
	if cell := r.Cell(ix.target.id); cell != nil {
		return ix.check(t, cell.Value)
	}
	cx := r.Complex(ix.target.id)
	if cx == nil {
		return nil
	}
	for i := range cx.Cells {
		path, value := cx.Cells[i].Path, cx.Cells[i].Cell.Value
		if cx.Cells[i].Cell.Tombstone {
			continue
		}
		switch {
		case ix.mode == "entries":
			if longest := max(len(path), len(value)); longest > maxIndexed {
				return serverError("java.lang.IllegalArgumentException: Length %d > max length %d", longest, maxIndexed)
			}
			value = types.PartitionKey([][]byte{path, value})
		case ix.mode == "keys" || ix.target.typ.Kind == types.KindSet:
			value = path
		}
		if err := ix.check(t, value); err != nil {
			return err
		}
	}
	return nil
}

// maxAttachedText is the size up to which an attached index keeps a text.
const maxAttachedText = 8 << 10

// checkIndexValues refuses to look for values that are too long for the index
// that the query uses, and marks those that no index holds.
func (w *restrictions) checkIndexValues(r *restriction, out []expression) error {
	if !w.usesIndex {
		return nil
	}
	for _, ix := range w.table.indexes {
		if !ix.serves(r) {
			continue
		}
		for i := range out {
			switch n := len(out[i].value); {
			case ix.kind != "CUSTOM" && n > maxIndexed:
				return invalid("Index expression values may not be larger than 64K")
			case ix.storageAttached() && n > maxAttachedText && ix.term().IsText():
				out[i].never = true
			case out[i].index == nil && out[i].op != opEntry && ix.term().IsText() && ix.kind == "CUSTOM":
				out[i].index = ix
			}
		}
	}
	return nil
}
