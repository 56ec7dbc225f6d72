package coodie

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// perCall is what a chain says of its call instead of the table's settings. It is
// immutable; a chain that says nothing has none.
type perCall struct {
	consistency  *driver.Consistency
	timeout      *time.Duration
	usingTimeout *time.Duration
	bypassCache  bool
	pageSize     *int
	prefetch     *float64
}

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
func within(ctx context.Context, p *perCall) (context.Context, context.CancelFunc) {
	if p == nil || p.timeout == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, *p.timeout)
}

// level is the consistency of a plain statement.
func (c *spec) level() driver.Consistency {
	if c.per != nil && c.per.consistency != nil {
		return *c.per.consistency
	}
	return c.table.rules.consistency
}

// paged sets how the rows of a read are fetched.
func (c *spec) paged(b *builder) {
	size := c.table.rules.pageSize
	if c.per != nil && c.per.pageSize != nil {
		size = *c.per.pageSize
	}
	b.request.PageSize = c.shared(size)
	if c.per != nil {
		b.request.Prefetch = c.per.prefetch
	}
}

// callOfRead refuses what a read cannot be told, and binds the rest: a SELECT ends with it.
func (c *spec) callOfRead(b *builder) {
	p := c.per
	if p == nil {
		return
	}
	p.check(b)
	switch {
	case p.consistency == nil:
	case *p.consistency == driver.Any:
		b.fail("", "consistency ANY is for writes", nil)
	case c.serial:
		b.fail("", "a linearizable read is at the table's serial consistency (WithSerialConsistency) and takes no other", nil)
	}
	if p.pageSize != nil && *p.pageSize < 1 {
		b.fail("", "a page has at least 1 row", nil)
	}
	if p.prefetch != nil && !(*p.prefetch >= 0 && *p.prefetch <= 1) {
		b.fail("", "Prefetch is a share of a page, from 0 to 1", nil)
	}
	b.stmt.BypassCache = p.bypassCache
}

// callOfWrite refuses what a write cannot be told, and binds the rest: it comes right
// after the TTL and timestamp.
func (c *spec) callOfWrite(b *builder) {
	p := c.per
	if p == nil {
		return
	}
	switch {
	case p.pageSize != nil || p.prefetch != nil || p.bypassCache:
		b.fail("", "a write takes no PageSize, Prefetch or BypassCache: they are for reads", nil)
	case c.together != nil:
		b.fail("", "a write in a batch takes no Consistency, Timeout or UsingTimeout of its own: end the batch by the context of its Exec", nil)
	case b.cas && p.consistency != nil:
		b.fail("", "a conditional write takes no Consistency: it commits at the table's (WithCommitConsistency)", nil)
	}
	p.check(b)
}

// check refuses what no call can be told, and binds USING TIMEOUT.
func (p *perCall) check(b *builder) {
	if c := p.consistency; c != nil && serialLevel(*c) {
		b.fail("", "SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by Linearizable", nil)
	}
	if p.timeout != nil && *p.timeout <= 0 {
		b.fail("", "Timeout is more than 0", nil)
	}
	if p.usingTimeout == nil || b.err != nil {
		return
	}
	d := *p.usingTimeout
	if d <= 0 || d > 1<<62 {
		b.fail("", "UsingTimeout is more than 0", nil)
		return
	}
	// ScyllaDB takes whole milliseconds only.
	d = (d + time.Millisecond - 1) / time.Millisecond * time.Millisecond
	b.stmt.Timeout = true
	if _, _, err := b.call.Bind(timeoutCodec, codec.At(&d), false); err != nil {
		b.fail("", "UsingTimeout", err)
	}
}

// timeoutCodec encodes a time.Duration as ScyllaDB takes a timeout.
var timeoutCodec = mustCodec(reflect.TypeFor[time.Duration](), codec.Native(codec.Duration))

// further is what a further statement of the same call is told: its Timeout.
func (p *perCall) further() *perCall {
	if p == nil || p.timeout == nil {
		return nil
	}
	return &perCall{timeout: p.timeout}
}

// serialLevel reports whether the consistency is a serial one.
func serialLevel(c driver.Consistency) bool {
	s := driver.SerialConsistency(c)
	return s == driver.Serial || s == driver.LocalSerial
}

// explain adds what to do to a syntax error that Cassandra answers ScyllaDB's clauses with.
func explain(statement string, err error) error {
	if driver.IsSyntax(err) &&
		(strings.Contains(statement, "TIMEOUT ?") || strings.Contains(statement, "BYPASS CACHE")) {
		return fmt.Errorf("%w (UsingTimeout and BypassCache are ScyllaDB's; for Cassandra leave them out)", err)
	}
	return err
}
