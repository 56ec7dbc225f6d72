package coodie

import (
	"context"
	"iter"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// QuerySet is a selection of rows. It is immutable: a shared prefix is safe to reuse and safe for
// many goroutines. Table.Find makes it. A mistake in it comes out of the terminal call.
type QuerySet[T any] query

// Filter narrows the selection: all filters must hold.
func (q *QuerySet[T]) Filter(filters ...Cond[T]) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).filter(plainConds(filters)))
}

// Limit reads n rows at most. Rows are counted: a partition that has static values and no row is
// none, though the server's LIMIT counts it.
func (q *QuerySet[T]) Limit(n int) *QuerySet[T] { return (*QuerySet[T])((*query)(q).withLimit(n)) }

// Linearizable makes Get read at the table's serial consistency: it sees every LWT that
// has been answered, and completes one whose outcome was left open. It costs a Paxos
// round. Only Get and Exists, by the whole primary key, can be linearizable.
func (q *QuerySet[T]) Linearizable() *QuerySet[T] { return (*QuerySet[T])((*query)(q).withSerial()) }

// TTL makes what a write writes expire after d, rounded up to whole seconds.
func (q *QuerySet[T]) TTL(d time.Duration) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withTTL(d))
}

// Timestamp is USING TIMESTAMP, for plain writes only; it has microseconds. A time before 1970 is
// one, but the zero time is a *UsageError: the write would be older than every other.
func (q *QuerySet[T]) Timestamp(t time.Time) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withTimestamp(t))
}

// IfNotExists begins an `INSERT … IF NOT EXISTS`, which takes no filters.
func (q *QuerySet[T]) IfNotExists() *Creation[T] { return (*Creation[T])(q) }

// IfExists makes an Update or Delete conditional on the row's existence. The filters must
// give each key column one value.
func (q *QuerySet[T]) IfExists() Conditional[T] {
	return Conditional[T]((*query)(q).conditional(stmt.IfExists, nil))
}

// If makes an Update or Delete conditional on c and all of more, with AND. The filters
// must give each key column one value; where only static columns are concerned, the
// partition key is enough.
func (q *QuerySet[T]) If(c Cond[T], more ...Cond[T]) Conditional[T] {
	return Conditional[T]((*query)(q).conditional(stmt.IfConditions, both((*stmt.Cond)(&c), plainConds(more))))
}

// IfAll is If with a slice. An empty one is a *UsageError of the call that sends the write.
func (q *QuerySet[T]) IfAll(conds []Cond[T]) Conditional[T] {
	return Conditional[T]((*query)(q).conditional(stmt.IfConditions, both(nil, plainConds(conds))))
}

// Update is a plain update: it creates a row that is missing.
//
// In on the partition key may name thousands of partitions. Update, Delete and DeleteColumns then
// send several statements, of 20 partitions each (WithInChunk), several at once (Concurrency).
// With WithClientTimestamps or Timestamp all of them have one timestamp; otherwise each has the
// time at which its coordinator gets it. The first error ends the call. If any statement was or
// may have been executed by then, the error is an *OutcomeUnknownError that counts them.
func (q *QuerySet[T]) Update(ctx context.Context, assigns ...Assign[T]) error {
	return (*query)(q).update(ctx, plainAssigns(assigns))
}

// Delete is a plain delete of a row, a range of rows, or whole partitions. See Update for In on
// many partitions.
func (q *QuerySet[T]) Delete(ctx context.Context) error {
	return (*query)(q).remove(ctx, nil, false)
}

// DeleteColumns is a plain delete of some columns. See Update for In on many partitions.
func (q *QuerySet[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) error {
	return (*query)(q).remove(ctx, refs(columns), true)
}

// Get reads the one row of a primary key; ErrNotFound if there is none. The filters must
// give each key column one value.
func (q *QuerySet[T]) Get(ctx context.Context) (v T, err error) {
	err = (*query)(q).one(ctx, stmt.ReadRow, 0, codec.At(&v))
	return
}

// One reads the only row that the filters select: ErrNotFound if there is none,
// ErrMultiple if there are several. It reads two rows at most.
func (q *QuerySet[T]) One(ctx context.Context) (v T, err error) {
	err = (*query)(q).one(ctx, stmt.ReadRows, 2, codec.At(&v))
	return
}

// First reads the first row; ErrNotFound if there is none. A partition that has static values and no
// row is passed over, as by all reads of rows.
func (q *QuerySet[T]) First(ctx context.Context) (v T, err error) {
	err = (*query)(q).one(ctx, stmt.ReadRows, 1, codec.At(&v))
	return
}

// Exists reports whether the filters select a row. It reads one key column of one row; of a whole
// primary key it can be Linearizable.
func (q *QuerySet[T]) Exists(ctx context.Context) (bool, error) {
	return (*query)(q).exists(ctx)
}

// All reads all rows. For many rows prefer Iter, which holds one page at a time.
func (q *QuerySet[T]) All(ctx context.Context) ([]T, error) {
	ctx, cancel := (*query)(q).bound(ctx)
	defer cancel()
	return collect(q.Iter(ctx))
}

// Iter reads the rows page by page. After an error, which comes with a zero T, it ends.
// Breaking off early closes the query.
func (q *QuerySet[T]) Iter(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var v T
		(*query)(q).rows(ctx, reused(&v), yielding(yield))
	}
}

// Count is `SELECT count(*)`, or of a clustering column if the table has static columns, because count(*)
// counts a partition that has static values and no row. Without a partition key it reads the whole table.
func (q *QuerySet[T]) Count(ctx context.Context) (int64, error) { return (*query)(q).count(ctx) }
