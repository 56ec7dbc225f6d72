package stmt

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// ReadOptions is what a read is told beyond filters and limit. It is immutable; nil says nothing.
type ReadOptions struct {
	Only, Without []*Ref
	Orders        []Order
	Groups        []*Ref
	Distinct      bool
	Filtering     bool
	PerPartition  *int
	Terms         []*Term // what a Selection reads instead of the struct's columns
	JSON          bool
}

// OfMutate is the choice of the columns that Mutate reads: those that were chosen, the key, the
// version and the attempt id.
func (ch *ReadOptions) OfMutate(table *meta.Table) *ReadOptions {
	if ch == nil {
		return nil
	}
	shown := new(ReadOptions)
	for _, col := range table.Columns {
		if ch.Shows(col) || col == table.Version || col == table.Attempt {
			shown.Only = append(shown.Only, RefTo(col))
		}
	}
	return shown
}

// OfDocument is the choice of the columns that a document is read with: those that were chosen, and those by which it names
// and guards its row.
func (ch *ReadOptions) OfDocument(table *meta.Table) *ReadOptions {
	if ch.allColumns() {
		return ch
	}
	read := *ch
	with := func(col *meta.Column) bool {
		return col.Key() || col == table.Version || col == table.Attempt || table.Version != nil && col.Kind == meta.Static
	}
	has := func(col *meta.Column) func(*Ref) bool { return func(r *Ref) bool { return r != nil && r.col == col } }
	if ch.Only != nil {
		read.Only = slices.Clone(ch.Only)
		for _, col := range table.Columns {
			if with(col) && !slices.ContainsFunc(ch.Only, has(col)) {
				read.Only = append(read.Only, RefTo(col))
			}
		}
	}
	read.Without = slices.DeleteFunc(slices.Clone(ch.Without), func(r *Ref) bool { return r != nil && r.col != nil && with(r.col) })
	return &read
}

// Shows reports whether Mutate's function is shown the column.
func (ch *ReadOptions) Shows(col *meta.Column) bool {
	if ch == nil || col.Key() {
		return true
	}
	has := func(list []*Ref) bool {
		for _, r := range list {
			if r.col == col {
				return true
			}
		}
		return false
	}
	if ch.Only != nil {
		return has(ch.Only)
	}
	return !has(ch.Without)
}

// Ordered reports whether the rows of all partitions have one order.
func (ch *ReadOptions) Ordered() bool { return ch != nil && len(ch.Orders) > 0 }

// allColumns reports whether rows are read as they are, with all columns.
func (ch *ReadOptions) allColumns() bool {
	return ch == nil || ch.Only == nil && ch.Without == nil && ch.Groups == nil && !ch.Distinct
}

// list makes the SELECT list of all columns one of those that were chosen.
func (ch *ReadOptions) list(b *Bound) {
	if ch == nil || b.Stmt.Count || b.Err != nil {
		return
	}
	b.Stmt.JSON = ch.JSON
	if ch.Terms != nil {
		b.terms(ch.Terms)
		return
	}
	if !ch.Distinct && ch.Only == nil && ch.Without == nil {
		return
	}
	var columns []cql.Column
	switch {
	case ch.Only != nil:
		for i := range ch.Only {
			if col := b.wholeColumn(ch.Only[i], "Only"); b.Err == nil {
				columns = append(columns, Named(col))
			}
		}
	default:
		leave := map[*meta.Column]bool{}
		for i := range ch.Without {
			leave[b.wholeColumn(ch.Without[i], "Defer")] = true
		}
		for _, col := range b.Meta.Columns {
			if !leave[col] && !(ch.Distinct && !PartitionWide(col)) {
				columns = append(columns, Named(col))
			}
		}
		if len(columns) == 0 {
			b.Fail("", "Defer leaves no column to read", nil)
		}
	}
	b.Stmt.Columns = columns
}

// SingleRow reports whether the answer is one row, which the aggregates make of all.
func (ch *ReadOptions) SingleRow() bool {
	return ch.aggregates() && len(ch.Groups) == 0
}

// aggregates reports whether an aggregate is selected.
func (ch *ReadOptions) aggregates() bool {
	if ch == nil {
		return false
	}
	for _, e := range ch.Terms {
		if e.aggregated() {
			return true
		}
	}
	return false
}

// PartitionWide reports whether the column has one value for a whole partition.
func PartitionWide(c *meta.Column) bool { return c.Kind == meta.Partition || c.Kind == meta.Static }

// arrange binds all that follows WHERE but the limit.
func (ch *ReadOptions) arrange(b *Bound, where []Cond, limit *int) {
	if ch == nil || b.Err != nil {
		return
	}
	b.Stmt.Filtering = ch.Filtering
	if b.Stmt.Count && (ch.Distinct || len(ch.Groups) > 0 || ch.PerPartition != nil) {
		b.Fail("", "Count is of all rows that the filters select, without Distinct, GroupBy or PerPartitionLimit", nil)
	}
	if !b.Stmt.Count { // which an order does not change
		ch.orderBy(b, where, limit)
	}
	ch.groupBy(b, where)
	if ch.Distinct {
		b.distinct(where, ch.Terms)
		b.Stmt.Distinct = true
	}
	if ch.SingleRow() && (limit != nil || ch.PerPartition != nil) {
		b.Fail("", "an aggregate without GroupBy is of all rows, and takes no limit: CQL would limit its one row", nil)
	}
	if n := ch.PerPartition; n != nil {
		switch {
		case *n < 1 || *n > math.MaxInt32:
			b.Fail("", "a limit is at least 1", nil)
		case ch.Distinct:
			b.Fail("", "Distinct reads one row of each partition and takes no PerPartitionLimit", nil)
		}
		b.Stmt.PerPart = true
		b.Call.BindInt(int32(*n))
	}
}

// groupBy refuses groups that are not the primary key from its beginning.
func (ch *ReadOptions) groupBy(b *Bound, where []Cond) {
	if len(ch.Groups) == 0 {
		return
	}
	key, next := b.Meta.Primary(), 0
	for i := range ch.Groups {
		col := b.wholeColumn(ch.Groups[i], "GroupBy")
		if b.Err != nil {
			return
		}
		at := slices.Index(key, col)
		for next < at && b.fixed(where, key[next], cql.Eq) {
			next++
		}
		if next != at {
			b.Fail(col.Name, "GroupBy takes the columns of the primary key in their order, each once; "+
				"those before it that no filter fixes by Eq are missing", nil)
			return
		}
		next++
		b.Stmt.GroupBy = append(b.Stmt.GroupBy, Named(col))
	}
	if next < len(b.Meta.Partition) {
		b.Fail(key[next].Name, "GroupBy takes the partition key as a whole", nil)
	}
}

// distinct refuses columns and filters that are not those of whole partitions.
func (b *Bound) distinct(where []Cond, terms []*Term) {
	for i := range where {
		if col := where[i].Ref().col; col != nil && !PartitionWide(col) || col == nil && !where[i].value.Many().Token {
			b.Fail(where[i].Ref().name, "Distinct reads partitions: filters are on the partition key and static columns only", nil)
		}
	}
	has := map[int]bool{}
	check := func(col *meta.Column) {
		if !PartitionWide(col) {
			b.Fail(col.Name, "Distinct reads partitions: only the partition key and static columns can be selected", nil)
		}
	}
	for _, c := range b.Stmt.Columns {
		has[c.ID] = true
		check(b.Meta.Columns[c.ID])
	}
	for _, e := range terms {
		e.columns(func(col *meta.Column) { check(col); has[col.Index] = true })
	}
	for _, col := range b.Meta.Partition {
		if !has[col.Index] {
			b.Fail(col.Name, "Distinct needs the whole partition key among the columns that are selected", nil)
		}
	}
}

// partitions reports whether the choice is of partitions, or of an order that none without a row has.
func (ch *ReadOptions) partitions() bool {
	if ch == nil {
		return false
	}
	if ch.Distinct || len(ch.Orders) > 0 && ch.Orders[0].direction == cql.ANN {
		return true
	}
	for _, r := range ch.Only {
		if r.col == nil || r.col.Kind == meta.Regular {
			return false
		}
	}
	for _, e := range ch.Terms {
		some, regular := false, false
		e.columns(func(col *meta.Column) { some, regular = true, regular || col.Kind == meta.Regular })
		if regular || !some && e.aggregate { // count(*)
			return false
		}
	}
	return len(ch.Only)+len(ch.Terms) > 0
}

// Plain reports whether a row is a row, of which its token can be asked as well.
func (ch *ReadOptions) Plain() bool { return ch == nil || !ch.Distinct && ch.Groups == nil }
