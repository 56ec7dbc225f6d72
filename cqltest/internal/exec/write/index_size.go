package write

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

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
	for _, ix := range u.table.Indexes {
		if ix.Kind == "CUSTOM" || ix.Target == nil {
			continue
		}
		switch ix.Target.Kind {
		case schema.PartitionKey:
			if err := ix.Check(u.table, schema.SplitKey(u.table, u.Key)[ix.Target.Position]); err != nil {
				return err
			}
		case schema.ClusteringKey:
			for _, r := range u.Rows {
				if err := ix.Check(u.table, r.Clustering[ix.Target.Position]); err != nil {
					return err
				}
			}
		case schema.StaticColumn:
			if err := ix.CheckRow(u.table, u.Static); err != nil {
				return err
			}
		default:
			for _, r := range u.Rows {
				if err := ix.CheckRow(u.table, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
