// Package where prepares WHERE clauses, refusing what the server refuses, and evaluates
// them to keys, slices of rows and filters.
package where

import (
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
