package exec

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

const needsFiltering = "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. " +
	"If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING"

// restrictions is a prepared WHERE clause.
type restrictions struct {
	table     *table
	verb      string // SELECT, INSERT, UPDATE, DELETE
	filtering bool   // ALLOW FILTERING

	partition  restrictionSet
	token      *restriction
	clustering restrictionSet
	others     restrictionSet

	keyRange  bool // not by partition key: a scan
	usesIndex bool
	// which of the sets are evaluated row by row
	filterPartition, filterClustering, filterOthers bool
	hasRegular                                      bool
}

// where prepares a WHERE clause. onlyStatic says that the statement reads or
// writes static columns only.
func (p *preparer) where(sc *terms.Scope, t *table, verb string, relations []*cqlparse.Relation, onlyStatic, filtering bool) (*restrictions, error) {
	w, err := p.relations(sc, t, verb, relations, filtering)
	if err != nil {
		return nil, err
	}
	return w, w.validate(onlyStatic)
}

// relations prepares the relations of a WHERE clause, to be validated.
func (p *preparer) relations(sc *terms.Scope, t *table, verb string, relations []*cqlparse.Relation, filtering bool) (*restrictions, error) {
	w := &restrictions{table: t, verb: verb, filtering: filtering}
	for _, rel := range relations {
		if (rel.Op == cqlparse.OpContains || rel.Op == cqlparse.OpContainsKey) && (verb == "UPDATE" || verb == "DELETE") {
			return nil, invalid("Cannot use %s with %s", verb, rel.Op)
		}
		if rel.Op == cqlparse.OpIsNot {
			return nil, invalid("Unsupported restriction: %s", cqlparse.Print(rel))
		}
		r, err := p.relation(sc, t, rel)
		if err != nil {
			return nil, err
		}
		if r.kind == likeRestriction && p.dialect == Scylla && !r.first().typ.IsText() {
			return nil, invalid("LIKE is allowed only on string types, which %s is not", r.first().name)
		}
		if r.kind == likeRestriction && (verb != "SELECT" || p.dialect == Cassandra && !w.indexed(r)) {
			return nil, invalid("LIKE restriction is only supported on properly indexed columns. %s is not valid.", cqlparse.Print(rel))
		}
		if err := w.add(r); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *restrictions) selects() bool { return w.verb == "SELECT" }

// slices says whether the statement may restrict clustering columns by ranges.
func (w *restrictions) allowsSlices() bool { return w.verb == "SELECT" || w.verb == "DELETE" }

func (w *restrictions) add(r *restriction) error {
	switch {
	case r.token:
		if w.token != nil {
			m, err := w.token.merge(r)
			w.token = m
			return err
		}
		w.token = r
		return nil
	case r.first().kind == partitionKey:
		return w.partition.add(r)
	case r.first().kind == clusteringKey:
		return w.addClustering(r)
	}
	return w.others.add(r)
}

func (w *restrictions) addClustering(r *restriction) error {
	last := w.clustering.last()
	if err := w.clustering.add(r); err != nil {
		return err
	}
	if last == nil || w.filtering || w.selects() && w.indexed(r) {
		return nil
	}
	lastStart, newStart := last.first(), r.first()
	if last.kind == sliceRestriction && newStart.position > lastStart.position {
		return invalid("Clustering column \"%s\" cannot be restricted (preceding column \"%s\" is restricted by a non-EQ relation)",
			newStart.name, lastStart.name)
	}
	if newStart.position < lastStart.position && r.kind == sliceRestriction {
		next := lastStart
		for _, c := range w.clustering.cols {
			if c.position > newStart.position {
				next = c
				break
			}
		}
		return invalid("PRIMARY KEY column \"%s\" cannot be restricted (preceding column \"%s\" is restricted by a non-EQ relation)",
			next.name, newStart.name)
	}
	return nil
}

func (w *restrictions) validate(onlyStatic bool) error {
	for _, c := range w.others.cols {
		w.hasRegular = w.hasRegular || c.kind == regularColumn
	}
	clusteringIndex := w.selects() && w.anyIndexed(&w.clustering)
	queriable := w.selects() && (clusteringIndex || w.anyIndexed(&w.partition) || w.anyIndexed(&w.others))

	if err := w.validatePartition(queriable); err != nil {
		return err
	}
	if w.usesIndex || w.partitionNeedsFiltering() {
		w.filterPartition = true
	}
	if onlyStatic && !w.clustering.empty() {
		switch w.verb {
		case "UPDATE", "DELETE":
			return invalid("Invalid restrictions on clustering columns since the %s statement modifies only static columns", w.verb)
		case "SELECT":
			return invalid("Cannot restrict clustering columns when selecting only static columns")
		}
	}
	if err := w.validateClustering(queriable, onlyStatic); err != nil {
		return err
	}
	if w.keyRange && clusteringIndex {
		w.usesIndex = true
	}
	if w.usesIndex || w.clusteringNeedsFiltering() {
		w.filterClustering = true
	}
	if !w.others.empty() {
		if !w.selects() {
			return invalid("Non PRIMARY KEY columns found in where clause: %s ", columnNames(w.others.cols))
		}
		if err := w.validateNearest(); err != nil {
			return err
		}
		if queriable {
			w.usesIndex = true
		} else if !w.filtering && !w.table.virtualSchema() {
			return invalid(needsFiltering)
		}
		w.filterOthers = true
	}
	if w.usesIndex && w.partition.hasIn {
		return invalid("Select on indexed columns and with IN clause for the PRIMARY KEY are not supported")
	}
	return nil
}

// virtualSchema says whether the server filters the table unasked.
func (t *table) virtualSchema() bool { return t.virtual }

func (w *restrictions) validatePartition(queriable bool) error {
	if !w.selects() {
		if w.token != nil {
			return invalid("The token function cannot be used in WHERE clauses for %s statements", w.verb)
		}
		if len(w.partition.cols) < len(w.table.partition) {
			return invalid("Some partition key parts are missing: %s", missing(w.table.partition, w.partition.cols))
		}
		if w.partition.hasSlice {
			return invalid("Only EQ and IN relation are supported on the partition key (unless you use the token() function) for %s statements", w.verb)
		}
		return nil
	}
	if w.token != nil && len(w.partition.cols) < len(w.table.partition) {
		w.keyRange = true
	}
	if w.partition.empty() && w.token == nil {
		w.keyRange = true
		w.usesIndex = queriable
	}
	if w.partitionNeedsFiltering() {
		if !w.filtering && !queriable && !w.table.virtualSchema() {
			return invalid(needsFiltering)
		}
		w.keyRange = true
		w.usesIndex = queriable
	}
	return nil
}

func (w *restrictions) partitionNeedsFiltering() bool {
	if w.partition.empty() {
		return false
	}
	if w.token != nil && len(w.partition.cols) == len(w.table.partition) && !w.partition.hasSlice {
		return false
	}
	return len(w.partition.cols) < len(w.table.partition) || w.partition.hasSlice || w.partition.hasContains
}

func (w *restrictions) validateClustering(queriable, onlyStatic bool) error {
	if !w.allowsSlices() {
		if w.clustering.hasSlice {
			return invalid("Slice restrictions are not supported on the clustering columns in %s statements", w.verb)
		}
		if !onlyStatic && len(w.clustering.cols) != len(w.table.clustering) {
			return invalid("Some clustering keys are missing: %s", missing(w.table.clustering, w.clustering.cols))
		}
		return nil
	}
	if w.clustering.hasContains && !queriable && !w.filtering {
		return invalid("Clustering columns can only be restricted with CONTAINS with a secondary index or filtering")
	}
	if w.clustering.empty() || !w.clusteringNeedsFiltering() {
		return nil
	}
	if queriable {
		w.usesIndex = true
		return nil
	}
	if !w.filtering {
		for i, c := range w.clustering.cols {
			if want := w.table.clustering[i]; c != want {
				return invalid("PRIMARY KEY column \"%s\" cannot be restricted as preceding column \"%s\" is not restricted", c.name, want.name)
			}
		}
	}
	return nil
}

// clusteringNeedsFiltering says whether slices alone cannot express the clustering restrictions.
func (w *restrictions) clusteringNeedsFiltering() bool {
	position := 0
	for _, r := range w.clustering.all() {
		if filtered(r, position) {
			return true
		}
		if r.kind != sliceRestriction {
			position = r.last().position + 1
		}
	}
	return w.clustering.hasContains
}

// filtered says whether a clustering restriction is for the row filter, given
// the number of columns bound before it.
func filtered(r *restriction, position int) bool {
	return r.kind == containsRestriction || r.kind == likeRestriction || r.first().position != position
}

// needFiltering says whether rows have to be looked at that may not be returned.
func (w *restrictions) needFiltering() bool {
	filters := w.filters()
	if len(filters) > 0 && w.filtersNeedFiltering(filters) {
		return true
	}
	return len(filters) == 0 && !w.clustering.empty()
}

// filters returns the restrictions that the row filter is made of.
func (w *restrictions) filters() []*restriction {
	var out []*restriction
	if w.filterPartition {
		out = append(out, w.partition.all()...)
	}
	if w.filterClustering {
		out = append(out, w.clustering.all()...)
	}
	if w.filterOthers {
		out = append(out, w.others.all()...)
	}
	return out
}

// allKeysByEquality says whether WHERE names one or several whole rows.
func (w *restrictions) allKeysByEquality() bool {
	return w.token == nil && len(w.partition.cols) == len(w.table.partition) && !w.partition.notOnlyEq &&
		len(w.clustering.cols) == len(w.table.clustering) && !w.clustering.notOnlyEq
}

// columnRange says whether WHERE names ranges of rows.
func (w *restrictions) columnRange() bool {
	return len(w.clustering.cols) < len(w.table.clustering) || w.clustering.notOnlyEq
}

// fullPartitions says whether whole partitions are asked for, so that one with
// nothing but static columns shows.
func (w *restrictions) fullPartitions() bool { return w.clustering.empty() && !w.hasRegular }

// eqOn says whether the column is restricted by =.
func (w *restrictions) eqOn(c *column) bool {
	set := &w.clustering
	if c.kind == partitionKey {
		set = &w.partition
	}
	r := set.byCol[c]
	return r != nil && r.kind == eqRestriction
}

func missing(all, have []*column) string {
	var names []string
	for _, c := range all {
		found := false
		for _, h := range have {
			found = found || h == c
		}
		if !found {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}
