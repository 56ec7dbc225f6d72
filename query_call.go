package coodie

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/driver"
)

// Consistency is that of this read or plain write, instead of the table's (see
// WithConsistency). On a WithLWTOnly table it makes a read by key a plain one.
//
// A conditional write has none: what it commits at and its serial consistency belong to
// the table, for all that write it must agree on them.
func (q *QuerySet[T]) Consistency(c Consistency) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withConsistency(c))
}

// Timeout ends each statement of the call after d, as a context that ends then; of a loop
// over Iter, the whole loop. The session's own timeout holds as well. A write
// that runs out of time has an unknown outcome, as ever; Settle and WithSettle
// then have a time of their own.
func (q *QuerySet[T]) Timeout(d time.Duration) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withTimeout(d))
}

// UsingTimeout is ScyllaDB's USING TIMEOUT: how long the server itself tries, instead of
// its configured timeouts. It is rounded up to whole milliseconds. A write that runs out
// of it has an unknown outcome. Cassandra has no such clause.
func (q *QuerySet[T]) UsingTimeout(d time.Duration) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withUsingTimeout(d))
}

// BypassCache is ScyllaDB's BYPASS CACHE, for reads of rows that are not worth a place in
// the server's cache, such as a scan. Cassandra has no such clause.
func (q *QuerySet[T]) BypassCache() *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withBypassCache())
}

// PageSize is how many rows the server sends at a time, instead of the table's (see
// WithPageSize).
func (q *QuerySet[T]) PageSize(rows int) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withPageSize(rows))
}

// Prefetch is the share of a page that is left to read when the next page is asked for,
// 0.25 unless the session says otherwise. With 0 a page is asked for only when the last
// one is used up, so that never more than one is held.
func (q *QuerySet[T]) Prefetch(share float64) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withPrefetch(share))
}

// Consistency is QuerySet.Consistency for this plain write.
func (d *Document[T]) Consistency(c Consistency) *Write[T] {
	return (*Write[T])(plainDocument(d).now().withConsistency(c))
}

// Timeout is QuerySet.Timeout.
func (d *Document[T]) Timeout(t time.Duration) *Write[T] {
	return (*Write[T])(plainDocument(d).now().withTimeout(t))
}

// UsingTimeout is QuerySet.UsingTimeout.
func (d *Document[T]) UsingTimeout(t time.Duration) *Write[T] {
	return (*Write[T])(plainDocument(d).now().withUsingTimeout(t))
}

// Consistency is QuerySet.Consistency for this plain write.
func (w *Write[T]) Consistency(c Consistency) *Write[T] {
	return (*Write[T])((*write)(w).sure().withConsistency(c))
}

// Timeout is QuerySet.Timeout.
func (w *Write[T]) Timeout(t time.Duration) *Write[T] {
	return (*Write[T])((*write)(w).sure().withTimeout(t))
}

// UsingTimeout is QuerySet.UsingTimeout.
func (w *Write[T]) UsingTimeout(t time.Duration) *Write[T] {
	return (*Write[T])((*write)(w).sure().withUsingTimeout(t))
}

// Timeout is QuerySet.Timeout.
func (c Conditional[T]) Timeout(d time.Duration) Conditional[T] {
	c.write.query = c.write.query.withTimeout(d)
	return c
}

// UsingTimeout is QuerySet.UsingTimeout.
func (c Conditional[T]) UsingTimeout(d time.Duration) Conditional[T] {
	c.write.query = c.write.query.withUsingTimeout(d)
	return c
}

// Timeout is QuerySet.Timeout.
func (c *Creation[T]) Timeout(d time.Duration) *Creation[T] {
	return (*Creation[T])((*query)(c).withTimeout(d))
}

// UsingTimeout is QuerySet.UsingTimeout.
func (c *Creation[T]) UsingTimeout(d time.Duration) *Creation[T] {
	return (*Creation[T])((*query)(c).withUsingTimeout(d))
}

// within is the context of one statement of the call.
func within(ctx context.Context, p *stmt.CallOptions) (context.Context, context.CancelFunc) {
	if p == nil || p.Timeout == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, *p.Timeout)
}

// explain adds what to do to a syntax error that Cassandra answers ScyllaDB's clauses with.
func explain(statement string, err error) error {
	if driver.IsSyntax(err) &&
		(strings.Contains(statement, "TIMEOUT ?") || strings.Contains(statement, "BYPASS CACHE")) {
		return fmt.Errorf("%w (UsingTimeout and BypassCache are ScyllaDB's; for Cassandra leave them out)", err)
	}
	return err
}
