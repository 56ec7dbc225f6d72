package coodie

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// readOptions is what a read is told beyond filters and limit. It is immutable; nil says nothing.
type readOptions struct {
	only, without []*ref
	orders        []ordering
	groups        []*ref
	distinct      bool
	filtering     bool
	perPartition  *int
	terms         []*expr // what a Selection reads instead of the struct's columns
	json          bool
}

// Only reads these columns alone; the others are zero in the T. A later Only or Defer
// replaces it. For rows of another, smaller struct see Project, for bare values Values.
//
// Do not write such a T as a whole: it does not know which columns were read, so Save, SaveAll and
// Replace overwrite the others with zero values or delete them. Write what has changed with Update, or
// read the whole row.
//
// A partition that has static values and no row is passed over if a regular column is read. If only
// keys and static columns are read, it is one T; a clustering column among them is null
// and a *DecodeError.
func (q *QuerySet[T]) Only(first Target[T], more ...Target[T]) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withOnly(targets(first, more)))
}

// Defer reads all columns but these, which are zero in the T: large ones, say. A later
// Only or Defer replaces it. As with Only, do not write such a T as a whole.
func (q *QuerySet[T]) Defer(first Target[T], more ...Target[T]) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withDefer(targets(first, more)))
}

// Distinct reads each partition once: of all columns the partition key and the static ones,
// or of Only those, the whole partition key among them. Filters are on these columns alone.
func (q *QuerySet[T]) Distinct() *QuerySet[T] { return (*QuerySet[T])((*query)(q).withDistinct()) }

// GroupBy makes one row of each group of rows that are equal in these columns: aggregates
// (Sum, CountOf, …) are then of the group, and a bare column is that of its first row. CQL
// groups by the primary key from its beginning: the whole partition key, and then clustering
// columns in their order; those that a filter fixes by Eq may be left out. A later GroupBy
// replaces it.
func (q *QuerySet[T]) GroupBy(first Target[T], more ...Target[T]) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withGroups(targets(first, more)))
}

// PerPartitionLimit reads n rows of each partition at most.
func (q *QuerySet[T]) PerPartitionLimit(n int) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withPerPartition(n))
}

// AllowFiltering is ALLOW FILTERING: the server may read rows and pass over them, as many as
// the table has. Without it a read whose cost is not in proportion to its answer is refused,
// by the server, which knows its indexes. It is never added by itself.
func (q *QuerySet[T]) AllowFiltering() *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withFiltering())
}

// targets are the columns that the targets name.
func targets[T any](first Target[T], more []Target[T]) []*ref {
	return refs(append([]Target[T]{first}, more...))
}

// whole is the column of r, which is not part of one.
func (b *builder) whole(r *ref, where string) *meta.Column {
	switch {
	case r.err != nil:
		b.fail(r.name, "", r.err)
	case r.col == nil:
		b.fail(r.name, where+" got something that is not a column", errNoColumn)
	case r.elem != nil || r.field != "":
		b.fail(r.name, where+" takes whole columns, not parts of one", nil)
	}
	return r.col
}

// list makes the SELECT list of all columns one of those that were chosen.
func (ch *readOptions) list(b *builder) {
	if ch == nil || b.stmt.Count || b.err != nil {
		return
	}
	b.stmt.JSON = ch.json
	if ch.terms != nil {
		b.terms(ch.terms)
		return
	}
	if !ch.distinct && ch.only == nil && ch.without == nil {
		return
	}
	var columns []cql.Column
	switch {
	case ch.only != nil:
		for i := range ch.only {
			if col := b.whole(ch.only[i], "Only"); b.err == nil {
				columns = append(columns, named(col))
			}
		}
	default:
		leave := map[*meta.Column]bool{}
		for i := range ch.without {
			leave[b.whole(ch.without[i], "Defer")] = true
		}
		for _, col := range b.table.Columns {
			if !leave[col] && !(ch.distinct && !partitionWide(col)) {
				columns = append(columns, named(col))
			}
		}
		if len(columns) == 0 {
			b.fail("", "Defer leaves no column to read", nil)
		}
	}
	b.stmt.Columns = columns
}

// terms makes the SELECT list of the terms.
func (b *builder) terms(terms []*expr) {
	b.stmt.Columns, b.stmt.Terms = nil, make([]string, len(terms))
	for i, e := range terms {
		text := b.term(e)
		if e.named {
			text = cql.As(text, e.name)
		}
		b.stmt.Terms[i] = text
	}
}

// oneRow reports whether the answer is one row, which the aggregates make of all.
func (ch *readOptions) oneRow() bool {
	return ch.aggregates() && len(ch.groups) == 0
}

// aggregates reports whether an aggregate is selected.
func (ch *readOptions) aggregates() bool {
	if ch == nil {
		return false
	}
	for _, e := range ch.terms {
		if e.aggregated() {
			return true
		}
	}
	return false
}

// partitionWide reports whether the column has one value for a whole partition.
func partitionWide(c *meta.Column) bool { return c.Kind == meta.Partition || c.Kind == meta.Static }

// arrange binds all that follows WHERE but the limit.
func (ch *readOptions) arrange(b *builder, where []cond, limit *int) {
	if ch == nil || b.err != nil {
		return
	}
	b.stmt.Filtering = ch.filtering
	if b.stmt.Count && (ch.distinct || len(ch.groups) > 0 || ch.perPartition != nil) {
		b.fail("", "Count is of all rows that the filters select, without Distinct, GroupBy or PerPartitionLimit", nil)
	}
	if !b.stmt.Count { // which an order does not change
		ch.orderBy(b, where, limit)
	}
	ch.groupBy(b, where)
	if ch.distinct {
		b.distinct(where, ch.terms)
		b.stmt.Distinct = true
	}
	if ch.oneRow() && (limit != nil || ch.perPartition != nil) {
		b.fail("", "an aggregate without GroupBy is of all rows, and takes no limit: CQL would limit its one row", nil)
	}
	if n := ch.perPartition; n != nil {
		switch {
		case *n < 1 || *n > math.MaxInt32:
			b.fail("", "a limit is at least 1", nil)
		case ch.distinct:
			b.fail("", "Distinct reads one row of each partition and takes no PerPartitionLimit", nil)
		}
		b.stmt.PerPart = true
		b.call.BindInt(int32(*n))
	}
}

// groupBy refuses groups that are not the primary key from its beginning.
func (ch *readOptions) groupBy(b *builder, where []cond) {
	if len(ch.groups) == 0 {
		return
	}
	key, next := b.table.Primary(), 0
	for i := range ch.groups {
		col := b.whole(ch.groups[i], "GroupBy")
		if b.err != nil {
			return
		}
		at := slices.Index(key, col)
		for next < at && b.fixed(where, key[next], cql.Eq) {
			next++
		}
		if next != at {
			b.fail(col.Name, "GroupBy takes the columns of the primary key in their order, each once; "+
				"those before it that no filter fixes by Eq are missing", nil)
			return
		}
		next++
		b.stmt.GroupBy = append(b.stmt.GroupBy, named(col))
	}
	if next < len(b.table.Partition) {
		b.fail(key[next].Name, "GroupBy takes the partition key as a whole", nil)
	}
}

// distinct refuses columns and filters that are not those of whole partitions.
func (b *builder) distinct(where []cond, terms []*expr) {
	for i := range where {
		if col := where[i].ref().col; col != nil && !partitionWide(col) || col == nil && !where[i].value.many().token {
			b.fail(where[i].ref().name, "Distinct reads partitions: filters are on the partition key and static columns only", nil)
		}
	}
	has := map[int]bool{}
	check := func(col *meta.Column) {
		if !partitionWide(col) {
			b.fail(col.Name, "Distinct reads partitions: only the partition key and static columns can be selected", nil)
		}
	}
	for _, c := range b.stmt.Columns {
		has[c.ID] = true
		check(b.table.Columns[c.ID])
	}
	for _, e := range terms {
		e.columns(func(col *meta.Column) { check(col); has[col.Index] = true })
	}
	for _, col := range b.table.Partition {
		if !has[col.Index] {
			b.fail(col.Name, "Distinct needs the whole partition key among the columns that are selected", nil)
		}
	}
}

// unpaged reports whether the server has to answer in one page: it cannot page an order over
// several partitions, nor one by likeness.
func (b *builder) unpaged() bool {
	if len(b.stmt.OrderBy) == 0 {
		return false
	}
	if b.stmt.OrderBy[0].Direction == cql.ANN {
		return true
	}
	for i := range b.stmt.Where {
		if w := &b.stmt.Where[i]; w.Op == cql.In && w.Tuple == nil && b.table.Columns[w.Column.ID].Kind == meta.Partition {
			return true
		}
	}
	return false
}
