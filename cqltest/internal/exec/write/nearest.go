package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
)

// checkVectors has a write fail that an index on vectors cannot hold: of an
// all-zero vector it cannot tell the direction.
func (w *writes) checkVectors(x *server.Execution, writeType string) error {
	for _, u := range w.list {
		for _, ix := range u.table.Indexes {
			if ix.Target == nil || u.table.VectorIndex(ix.Target) != ix {
				continue
			}
			for _, row := range append(slices.Clip(u.Rows), u.Static) {
				if row == nil {
					continue
				}
				cell := row.Cell(ix.Target.ID)
				if cell == nil || cell.Tombstone || len(cell.Value) == 0 {
					continue
				}
				if _, ok, err := ix.Similarity().Of(ix.Target.Type, cell.Value, cell.Value); err != nil || !ok {
					return x.Failure(protocol.CodeWriteFailure, writeType)
				}
			}
		}
	}
	return nil
}
