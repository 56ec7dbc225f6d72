package schema

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// MaxIndexed is the size from which an index of Cassandra's own refuses a value.
const MaxIndexed = math.MaxUint16

// Check refuses a value that is too long for the index.
func (ix *Index) Check(t *Table, value []byte) error {
	if len(value) < MaxIndexed {
		return nil
	}
	return protocol.Invalid("Cannot index value of size %d for index %s on %s(%s) (maximum allowed size=%d)", len(value), ix.Name, t, ix.Target.CQL(), MaxIndexed)
}

// CheckRow checks the cells of a row that the index covers.
func (ix *Index) CheckRow(t *Table, r *store.Row) error {
	if cell := r.Cell(ix.Target.ID); cell != nil {
		return ix.Check(t, cell.Value)
	}
	cx := r.Complex(ix.Target.ID)
	if cx == nil {
		return nil
	}
	for i := range cx.Cells {
		path, value := cx.Cells[i].Path, cx.Cells[i].Cell.Value
		if cx.Cells[i].Cell.Tombstone {
			continue
		}
		switch {
		case ix.Mode == "entries":
			if longest := max(len(path), len(value)); longest > MaxIndexed {
				return protocol.ServerError("java.lang.IllegalArgumentException: Length %d > max length %d", longest, MaxIndexed)
			}
			value = types.PartitionKey([][]byte{path, value})
		case ix.Mode == "keys" || ix.Target.Type.Kind == types.KindSet:
			value = path
		}
		if err := ix.Check(t, value); err != nil {
			return err
		}
	}
	return nil
}
