package where

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

// Validate checks the whole clause. onlyStatic says that the statement is about static columns only.
func (w *Restrictions) Validate(onlyStatic bool) error {
	for _, c := range w.Others.Cols {
		w.hasRegular = w.hasRegular || c.Kind == schema.RegularColumn
	}
	clusteringIndex := w.selects() && w.anyIndexed(&w.Clustering)
	queriable := w.selects() && (clusteringIndex || w.anyIndexed(&w.Partition) || w.anyIndexed(&w.Others))

	if err := w.validatePartition(queriable); err != nil {
		return err
	}
	if w.UsesIndex || w.partitionNeedsFiltering() {
		w.filterPartition = true
	}
	if onlyStatic && !w.Clustering.Empty() {
		switch w.Verb {
		case "UPDATE", "DELETE":
			return protocol.Invalid("Invalid restrictions on clustering columns since the %s statement modifies only static columns", w.Verb)
		case "SELECT":
			return protocol.Invalid("Cannot restrict clustering columns when selecting only static columns")
		}
	}
	if err := w.validateClustering(queriable, onlyStatic); err != nil {
		return err
	}
	if w.KeyRange && clusteringIndex {
		w.UsesIndex = true
	}
	if w.UsesIndex || w.clusteringNeedsFiltering() {
		w.filterClustering = true
	}
	if !w.Others.Empty() {
		if !w.selects() {
			return protocol.Invalid("Non PRIMARY KEY columns found in where clause: %s ", ColumnNames(w.Others.Cols))
		}
		if err := w.validateNearest(); err != nil {
			return err
		}
		if queriable {
			w.UsesIndex = true
		} else if !w.filtering && !w.Table.VirtualSchema() {
			return protocol.Invalid(NeedsFiltering)
		}
		w.filterOthers = true
	}
	if w.UsesIndex && w.Partition.HasIn {
		return protocol.Invalid("Select on indexed columns and with IN clause for the PRIMARY KEY are not supported")
	}
	return nil
}

func (w *Restrictions) validatePartition(queriable bool) error {
	if !w.selects() {
		if w.Token != nil {
			return protocol.Invalid("The token function cannot be used in WHERE clauses for %s statements", w.Verb)
		}
		if len(w.Partition.Cols) < len(w.Table.Partition) {
			return protocol.Invalid("Some partition key parts are missing: %s", missing(w.Table.Partition, w.Partition.Cols))
		}
		if w.Partition.hasSlice {
			return protocol.Invalid("Only EQ and IN relation are supported on the partition key (unless you use the token() function) for %s statements", w.Verb)
		}
		return nil
	}
	if w.Token != nil && len(w.Partition.Cols) < len(w.Table.Partition) {
		w.KeyRange = true
	}
	if w.Partition.Empty() && w.Token == nil {
		w.KeyRange = true
		w.UsesIndex = queriable
	}
	if w.partitionNeedsFiltering() {
		if !w.filtering && !queriable && !w.Table.VirtualSchema() {
			return protocol.Invalid(NeedsFiltering)
		}
		w.KeyRange = true
		w.UsesIndex = queriable
	}
	return nil
}

func (w *Restrictions) partitionNeedsFiltering() bool {
	if w.Partition.Empty() {
		return false
	}
	if w.Token != nil && len(w.Partition.Cols) == len(w.Table.Partition) && !w.Partition.hasSlice {
		return false
	}
	return len(w.Partition.Cols) < len(w.Table.Partition) || w.Partition.hasSlice || w.Partition.hasContains
}

func (w *Restrictions) validateClustering(queriable, onlyStatic bool) error {
	if !w.allowsSlices() {
		if w.Clustering.hasSlice {
			return protocol.Invalid("Slice restrictions are not supported on the clustering columns in %s statements", w.Verb)
		}
		if !onlyStatic && len(w.Clustering.Cols) != len(w.Table.Clustering) {
			return protocol.Invalid("Some clustering keys are missing: %s", missing(w.Table.Clustering, w.Clustering.Cols))
		}
		return nil
	}
	if w.Clustering.hasContains && !queriable && !w.filtering {
		return protocol.Invalid("Clustering columns can only be restricted with CONTAINS with a secondary index or filtering")
	}
	if w.Clustering.Empty() || !w.clusteringNeedsFiltering() {
		return nil
	}
	if queriable {
		w.UsesIndex = true
		return nil
	}
	if !w.filtering {
		for i, c := range w.Clustering.Cols {
			if want := w.Table.Clustering[i]; c != want {
				return protocol.Invalid("PRIMARY KEY column \"%s\" cannot be restricted as preceding column \"%s\" is not restricted", c.Name, want.Name)
			}
		}
	}
	return nil
}

// clusteringNeedsFiltering says whether slices alone cannot express the clustering restrictions.
func (w *Restrictions) clusteringNeedsFiltering() bool {
	position := 0
	for _, r := range w.Clustering.all() {
		if filtered(r, position) {
			return true
		}
		if r.kind != sliceRestriction {
			position = r.last().Position + 1
		}
	}
	return w.Clustering.hasContains
}

func missing(all, have []*schema.Column) string {
	var names []string
	for _, c := range all {
		found := false
		for _, h := range have {
			found = found || h == c
		}
		if !found {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}
