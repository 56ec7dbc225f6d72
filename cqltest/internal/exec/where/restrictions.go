// Package where prepares WHERE clauses, refusing what the server refuses, and evaluates
// them to keys, slices of rows and filters.
package where

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// NeedsFiltering is told to who leaves out ALLOW FILTERING.
const NeedsFiltering = "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. " +
	"If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING"

// Restrictions is a prepared WHERE clause.
type Restrictions struct {
	Table     *schema.Table
	Verb      string // SELECT, INSERT, UPDATE, DELETE
	filtering bool   // ALLOW FILTERING

	Partition  RestrictionSet
	Token      *Restriction
	Clustering RestrictionSet
	Others     RestrictionSet

	KeyRange  bool // not by partition key: a scan
	UsesIndex bool
	// which of the sets are evaluated row by row
	filterPartition, filterClustering, filterOthers bool
	hasRegular                                      bool
}

// Prepare prepares a WHERE clause. onlyStatic says that the statement reads or
// writes static columns only.
func Prepare(p *server.Preparer, sc *terms.Scope, t *schema.Table, verb string, relations []*cqlparse.Relation, onlyStatic, filtering bool) (*Restrictions, error) {
	w, err := Relations(p, sc, t, verb, relations, filtering)
	if err != nil {
		return nil, err
	}
	return w, w.Validate(onlyStatic)
}

// Relations prepares the relations of a WHERE clause, to be validated.
func Relations(p *server.Preparer, sc *terms.Scope, t *schema.Table, verb string, relations []*cqlparse.Relation, filtering bool) (*Restrictions, error) {
	w := &Restrictions{Table: t, Verb: verb, filtering: filtering}
	for _, rel := range relations {
		if (rel.Op == cqlparse.OpContains || rel.Op == cqlparse.OpContainsKey) && (verb == "UPDATE" || verb == "DELETE") {
			return nil, protocol.Invalid("Cannot use %s with %s", verb, rel.Op)
		}
		if rel.Op == cqlparse.OpIsNot {
			return nil, protocol.Invalid("Unsupported restriction: %s", cqlparse.Print(rel))
		}
		r, err := relation(p, sc, t, rel)
		if err != nil {
			return nil, err
		}
		if r.kind == likeRestriction && p.Dialect == protocol.Scylla && !r.First().Type.IsText() {
			return nil, protocol.Invalid("LIKE is allowed only on string types, which %s is not", r.First().Name)
		}
		if r.kind == likeRestriction && (verb != "SELECT" || p.Dialect == protocol.Cassandra && !w.indexed(r)) {
			return nil, protocol.Invalid("LIKE restriction is only supported on properly indexed columns. %s is not valid.", cqlparse.Print(rel))
		}
		if err := w.Add(r); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *Restrictions) selects() bool { return w.Verb == "SELECT" }

// slices says whether the statement may restrict clustering columns by ranges.
func (w *Restrictions) allowsSlices() bool { return w.Verb == "SELECT" || w.Verb == "DELETE" }

// Add adds a restriction; nothing is checked that depends on the others.
func (w *Restrictions) Add(r *Restriction) error {
	switch {
	case r.token:
		if w.Token != nil {
			m, err := w.Token.merge(r)
			w.Token = m
			return err
		}
		w.Token = r
		return nil
	case r.First().Kind == schema.PartitionKey:
		return w.Partition.add(r)
	case r.First().Kind == schema.ClusteringKey:
		return w.addClustering(r)
	}
	return w.Others.add(r)
}

func (w *Restrictions) addClustering(r *Restriction) error {
	last := w.Clustering.last()
	if err := w.Clustering.add(r); err != nil {
		return err
	}
	if last == nil || w.filtering || w.selects() && w.indexed(r) {
		return nil
	}
	lastStart, newStart := last.First(), r.First()
	if last.kind == sliceRestriction && newStart.Position > lastStart.Position {
		return protocol.Invalid("Clustering column \"%s\" cannot be restricted (preceding column \"%s\" is restricted by a non-EQ relation)",
			newStart.Name, lastStart.Name)
	}
	if newStart.Position < lastStart.Position && r.kind == sliceRestriction {
		next := lastStart
		for _, c := range w.Clustering.Cols {
			if c.Position > newStart.Position {
				next = c
				break
			}
		}
		return protocol.Invalid("PRIMARY KEY column \"%s\" cannot be restricted (preceding column \"%s\" is restricted by a non-EQ relation)",
			next.Name, newStart.Name)
	}
	return nil
}

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

// filtered says whether a clustering restriction is for the row filter, given
// the number of columns bound before it.
func filtered(r *Restriction, position int) bool {
	return r.kind == containsRestriction || r.kind == likeRestriction || r.First().Position != position
}

// NeedFiltering says whether rows have to be looked at that may not be returned.
func (w *Restrictions) NeedFiltering() bool {
	filters := w.filters()
	if len(filters) > 0 && w.filtersNeedFiltering(filters) {
		return true
	}
	return len(filters) == 0 && !w.Clustering.Empty()
}

// filters returns the restrictions that the row filter is made of.
func (w *Restrictions) filters() []*Restriction {
	var out []*Restriction
	if w.filterPartition {
		out = append(out, w.Partition.all()...)
	}
	if w.filterClustering {
		out = append(out, w.Clustering.all()...)
	}
	if w.filterOthers {
		out = append(out, w.Others.all()...)
	}
	return out
}

// AllKeysByEquality says whether WHERE names one or several whole rows.
func (w *Restrictions) AllKeysByEquality() bool {
	return w.Token == nil && len(w.Partition.Cols) == len(w.Table.Partition) && !w.Partition.notOnlyEq &&
		len(w.Clustering.Cols) == len(w.Table.Clustering) && !w.Clustering.notOnlyEq
}

// ColumnRange says whether WHERE names ranges of rows.
func (w *Restrictions) ColumnRange() bool {
	return len(w.Clustering.Cols) < len(w.Table.Clustering) || w.Clustering.notOnlyEq
}

// FullPartitions says whether whole partitions are asked for, so that one with
// nothing but static columns shows.
func (w *Restrictions) FullPartitions() bool { return w.Clustering.Empty() && !w.hasRegular }

// EqOn says whether the column is restricted by =.
func (w *Restrictions) EqOn(c *schema.Column) bool {
	set := &w.Clustering
	if c.Kind == schema.PartitionKey {
		set = &w.Partition
	}
	r := set.byCol[c]
	return r != nil && r.kind == eqRestriction
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
