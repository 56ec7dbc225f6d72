package coodie

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// QuerySet is a selection of rows, to be read or written. It is immutable: a shared prefix is safe to reuse
// and safe for many goroutines. Table.Find makes it. A mistake in it comes out of the terminal call.
//
// Its reads are those of Query. What only a read can be told, such as Limit or OrderBy, leads to a Query, which writes
// nothing.
type QuerySet[T any] struct{ Query[T] }

// Query is a selection of rows to be read: that of a QuerySet, or of a View. It is immutable.
type Query[T any] query

// Readable is a *QuerySet or a *Query: what a function takes that only reads.
type Readable[T any] interface {
	// Reads is the Query.
	Reads() *Query[T]
}

// Reads is q itself; of a QuerySet, the same selection of rows, which can no longer be written.
func (q *Query[T]) Reads() *Query[T] { return q }

// String is the CQL of All, with its markers and never a value, or the reason why the query cannot be sent.
func (q *Query[T]) String() string { return (*query)(q).text() }

// Filter narrows the selection: all filters must hold.
func (q *Query[T]) Filter(filters ...Cond[T]) *Query[T] {
	return (*Query[T])((*query)(q).filter(plainConds(filters)))
}

// With sets how this read is sent: see CallOption.
func (q *Query[T]) With(opts ...CallOption) *Query[T] { return (*Query[T])((*query)(q).with(opts)) }

// Filter narrows the selection: all filters must hold.
func (q *QuerySet[T]) Filter(filters ...Cond[T]) *QuerySet[T] {
	return querySet[T](plainQuery(q).filter(plainConds(filters)))
}

// Limit reads n rows at most. Rows are counted: a partition that has static values and no row is
// none, though the server's LIMIT counts it.
func (q *Query[T]) Limit(n int) *Query[T] { return (*Query[T])((*query)(q).withLimit(n)) }

// With sets how this call is sent: see CallOption.
func (q *QuerySet[T]) With(opts ...CallOption) *QuerySet[T] {
	return querySet[T](plainQuery(q).with(opts))
}

// IfNotExists begins an `INSERT … IF NOT EXISTS`, which takes no filters.
func (q *QuerySet[T]) IfNotExists() *InsertWrite[T] { return (*InsertWrite[T])(plainQuery(q)) }

// IfExists makes an Update or Delete conditional on the row's existence. The filters must
// give each key column one value.
func (q *QuerySet[T]) IfExists() ConditionalWrite[T] {
	return ConditionalWrite[T](plainQuery(q).conditional(stmt.IfExists, nil))
}

// If makes an Update or Delete conditional on c and all of more, with AND. The filters
// must give each key column one value; where only static columns are concerned, the
// partition key is enough.
func (q *QuerySet[T]) If(c Cond[T], more ...Cond[T]) ConditionalWrite[T] {
	return ConditionalWrite[T](plainQuery(q).conditional(stmt.IfConditions, both((*stmt.Cond)(&c), plainConds(more))))
}

// IfAll is If with a slice. An empty one is an error of KindUsage of the call that sends the write.
func (q *QuerySet[T]) IfAll(conds []Cond[T]) ConditionalWrite[T] {
	return ConditionalWrite[T](plainQuery(q).conditional(stmt.IfConditions, both(nil, plainConds(conds))))
}

// Update is a plain update: it creates a row that is missing.
//
// In on the partition key may name thousands of partitions. Update, Delete and DeleteColumns then
// send several statements, of 20 partitions each (WithInChunk), several at once (WithConcurrency).
// With WithClientTimestamps or WithTimestamp all of them have one timestamp; otherwise each has the
// time at which its coordinator gets it. The first error ends the call. If any statement was or
// may have been executed by then, the error is an error that matches ErrOutcomeUnknown that counts them.
func (q *QuerySet[T]) Update(ctx context.Context, assigns ...Assign[T]) error {
	return plainQuery(q).update(ctx, plainAssigns(assigns))
}

// Delete is a plain delete of a row, a range of rows, or whole partitions. See Update for In on
// many partitions.
func (q *QuerySet[T]) Delete(ctx context.Context) error {
	return plainQuery(q).remove(ctx, nil, false)
}

// DeleteColumns is a plain delete of some columns. See Update for In on many partitions.
func (q *QuerySet[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) error {
	return plainQuery(q).remove(ctx, refs(columns), true)
}

// Get reads the one row of a primary key; ErrNotFound if there is none. The filters must
// give each key column one value.
func (q *Query[T]) Get(ctx context.Context) (v T, err error) {
	err = (*query)(q).readOne(ctx, stmt.ReadRow, 0, codec.At(&v))
	return
}

// One reads the only row that the filters select: ErrNotFound if there is none,
// an error of KindMultiple if there are several. It reads two rows at most.
func (q *Query[T]) One(ctx context.Context) (v T, err error) {
	err = (*query)(q).readOne(ctx, stmt.ReadRows, 2, codec.At(&v))
	return
}

// First reads the first row; ErrNotFound if there is none. A partition that has static values and no
// row is passed over, as by all reads of rows.
func (q *Query[T]) First(ctx context.Context) (v T, err error) {
	err = (*query)(q).readOne(ctx, stmt.ReadRows, 1, codec.At(&v))
	return
}

// Exists reports whether the filters select a row. It reads one key column of one row; of a whole
// primary key it can be WithLinearizable.
func (q *Query[T]) Exists(ctx context.Context) (bool, error) {
	return (*query)(q).exists(ctx)
}

// All reads all rows. For many rows prefer Iter, which holds one page at a time.
func (q *Query[T]) All(ctx context.Context) ([]T, error) {
	ctx, cancel := (*query)(q).withDeadline(ctx)
	defer cancel()
	return collect(q.Iter(ctx))
}

// Iter reads the rows page by page. After an error, which comes with a zero T, it ends.
// Breaking off early closes the query.
func (q *Query[T]) Iter(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var v T
		(*query)(q).rows(ctx, reused(&v), yielding(yield))
	}
}

// Count is `SELECT count(*)`, or of a clustering column if the table has static columns, because count(*)
// counts a partition that has static values and no row. Without a partition key it reads the whole table.
func (q *Query[T]) Count(ctx context.Context) (int64, error) { return (*query)(q).count(ctx) }

// Only reads these columns alone; the others are zero in the T. A later Only or Defer
// replaces it. For rows of another, smaller struct see Project, for bare values Values.
//
// Do not write such a T as a whole: it does not know which columns were read, so Save, SaveAll and
// Replace overwrite the others with zero values or delete them. Write what has changed with Update, or
// read the whole row.
//
// A partition that has static values and no row is passed over if a regular column is read. If only
// keys and static columns are read, it is one T; a clustering column among them is null
// and an error of KindDecode.
func (q *Query[T]) Only(first Target[T], more ...Target[T]) *Query[T] {
	return (*Query[T])((*query)(q).withOnly(targets(first, more)))
}

// Defer reads all columns but these, which are zero in the T: large ones, say. A later
// Only or Defer replaces it. As with Only, do not write such a T as a whole.
func (q *Query[T]) Defer(first Target[T], more ...Target[T]) *Query[T] {
	return (*Query[T])((*query)(q).withDefer(targets(first, more)))
}

// Distinct reads each partition once: of all columns the partition key and the static ones,
// or of Only those, the whole partition key among them. Filters are on these columns alone.
func (q *Query[T]) Distinct() *Query[T] { return (*Query[T])((*query)(q).withDistinct()) }

// GroupBy makes one row of each group of rows that are equal in these columns: aggregates
// (Sum, Count, …) are then of the group, and a bare column is that of its first row. CQL
// groups by the primary key from its beginning: the whole partition key, and then clustering
// columns in their order; those that a filter fixes by Eq may be left out. A later GroupBy
// replaces it.
func (q *Query[T]) GroupBy(first Target[T], more ...Target[T]) *Query[T] {
	return (*Query[T])((*query)(q).withGroups(targets(first, more)))
}

// PerPartitionLimit reads n rows of each partition at most.
func (q *Query[T]) PerPartitionLimit(n int) *Query[T] {
	return (*Query[T])((*query)(q).withPerPartition(n))
}

// AllowFiltering is ALLOW FILTERING: the server may read rows and pass over them, as many as
// the table has. Without it a read whose cost is not in proportion to its answer is refused,
// by the server, which knows its indexes. It is never added by itself.
func (q *Query[T]) AllowFiltering() *Query[T] {
	return (*Query[T])((*query)(q).withFiltering())
}

// Only is Query.Only, for Mutate too, which then reads these columns alone and writes on the condition that they are unchanged.
func (q *QuerySet[T]) Only(first Target[T], more ...Target[T]) *QuerySet[T] {
	return querySet[T](plainQuery(q).withOnly(targets(first, more)))
}

// Defer is Query.Defer, for Mutate too.
func (q *QuerySet[T]) Defer(first Target[T], more ...Target[T]) *QuerySet[T] {
	return querySet[T](plainQuery(q).withDefer(targets(first, more)))
}

// targets are the columns that the targets name.
func targets[T any](first Target[T], more []Target[T]) []*stmt.Ref {
	return refs(append([]Target[T]{first}, more...))
}

// CreateJSON is Create with a row that is a JSON object, as Query.JSON reads it:
// `INSERT INTO … JSON ? IF NOT EXISTS`. The server reads the values, column by column, as CQL
// has it; columns that the object leaves out or that are null are left unset.
//
// The object's keys are column names of the struct: case counts only within quotes of their
// own, "\"mixedCase\"". A name that the struct lacks or that comes twice, a key column that is
// left out or null, and what is no object are an error of KindUsage, and nothing is sent. The key
// columns must have native types, and values whose meaning does not depend on the server: a
// timestamp with its zone, a decimal as a string.
//
// The `attempt` and `version` columns are set as Create sets them, whatever the object says.
// No hook runs, and no default is filled in: the row never is a struct.
func (c *InsertWrite[T]) CreateJSON(ctx context.Context, row json.RawMessage) (out LWTResult[T], err error) {
	err = (*query)(c).createJSON(ctx, plainResult(&out), row)
	return
}

// SaveJSON is Document.Save with a row that is a JSON object: `INSERT INTO … JSON ?`, which
// overwrites whatever row is there. As a Save it deletes the struct's columns that are null,
// and so those that the object leaves out; WithOmitNil leaves both alone. Columns of the table
// that the struct lacks stay as they are. Of the object the same is true as with
// InsertWrite.CreateJSON; filters are refused.
func (q *QuerySet[T]) SaveJSON(ctx context.Context, row json.RawMessage) error {
	return plainQuery(q).saveJSON(ctx, row)
}

func (q *query) createJSON(ctx context.Context, res *result, row json.RawMessage) (err error) {
	c := q.call().ofJSON(row)
	*res, err = c.claim(ctx, c.spec.Insert(c.spec.Value, true))
	return err
}

func (q *query) saveJSON(ctx context.Context, row json.RawMessage) error {
	c := q.call().ofJSON(row)
	return c.write(ctx, c.spec.Insert(c.spec.Value, false))
}

func (c *call) addJSON(row json.RawMessage, cas bool) *handle {
	ofJSON := c.ofJSON(row)
	return ofJSON.add(ofJSON.spec.Insert(ofJSON.spec.Value, cas), ofJSON.updates(nil))
}

// ofJSON is the call of an INSERT of the object, whose key its value takes.
func (c call) ofJSON(row json.RawMessage) call {
	c.spec.Object, c.spec.Kind = stmt.JSONObject(row), stmt.IfNotExists
	if c.table != nil {
		c.spec.Value = c.table.schema.New()
	}
	return c
}

// The setters are compiled once, not inlined into the generic methods that call them, of which there are
// some for each table of a program.

// tell is a copy of the query, and of what it has been told, which may be changed. They lie together.
func (q *query) tell() (*query, *stmt.Told) {
	var c struct {
		query query
		told  stmt.Told
	}
	if q != nil {
		c.query = *q
	}
	if c.query.told != nil {
		c.told = *c.query.told
	}
	c.query.told = &c.told
	return &c.query, &c.told
}

// choose is a copy of the query, and of what its reads are told, which may be changed.
func (q *query) choose() (*query, *stmt.ReadOptions) {
	q, t := q.tell()
	t.ReadOptions = stmt.Copied(t.ReadOptions)
	return q, t.ReadOptions
}

// tell adds the options to what is told already, of which there may be other copies.
func tell(t *stmt.Told, opts []CallOption) {
	t.Per = stmt.Copied(t.Per)
	for _, o := range opts {
		if o != nil {
			o.applyCall(t)
		}
	}
}

//go:noinline
func (q *query) with(opts []CallOption) *query {
	q, t := q.tell()
	tell(t, opts)
	if *t.Per == (stmt.CallOptions{}) {
		t.Per = nil // what was set lies elsewhere
	}
	return q
}

//go:noinline
func (q *query) withLimit(n int) *query {
	q, t := q.tell()
	t.Limit = &n
	return q
}

//go:noinline
func (q *query) withDistinct() *query {
	q, t := q.choose()
	t.Distinct = true
	return q
}

//go:noinline
func (q *query) withGroups(columns []*stmt.Ref) *query {
	q, t := q.choose()
	t.Groups = columns
	return q
}

//go:noinline
func (q *query) withPerPartition(n int) *query {
	q, t := q.choose()
	t.PerPartition = &n
	return q
}

//go:noinline
func (q *query) withFiltering() *query {
	q, t := q.choose()
	t.Filtering = true
	return q
}

//go:noinline
func (q *query) withOrders(orders []stmt.Order) *query {
	q, t := q.choose()
	t.Orders = orders
	return q
}

//go:noinline
func (q *query) withOnly(columns []*stmt.Ref) *query {
	q, c := q.choose()
	c.Only, c.Without = columns, nil
	return q
}

//go:noinline
func (q *query) withDefer(columns []*stmt.Ref) *query {
	q, c := q.choose()
	c.Only, c.Without = nil, columns
	return q
}
