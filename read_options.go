package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"
)

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
func targets[T any](first Target[T], more []Target[T]) []*stmt.Ref {
	return refs(append([]Target[T]{first}, more...))
}
