package coodie

import (
	"time"
)

// The setters are compiled once, not inlined into the generic methods that call them, of which there are
// some for each table of a program.

// tell is a copy of the query, and of what it has been told, which may be changed. They lie together.
func (q *query) tell() (*query, *told) {
	var c struct {
		query query
		told  told
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
func (q *query) choose() (*query, *readOptions) {
	q, t := q.tell()
	t.readOptions = copied(t.readOptions)
	return q, t.readOptions
}

// call is a copy of the query, and of what the call is told, which may be changed.
func (q *query) call() (*query, *perCall) {
	q, t := q.tell()
	t.per = copied(t.per)
	return q, t.per
}

// copied is a copy of what p points to, zero if it is nil.
func copied[P any](p *P) *P {
	c := new(P)
	if p != nil {
		*c = *p
	}
	return c
}

//go:noinline
func (q *query) withLimit(n int) *query {
	q, t := q.tell()
	t.limit = &n
	return q
}

//go:noinline
func (q *query) withSerial() *query {
	q, t := q.tell()
	t.serial = true
	return q
}

//go:noinline
func (q *query) withTTL(d time.Duration) *query {
	q, t := q.tell()
	t.ttl = &d
	return q
}

//go:noinline
func (q *query) withTimestamp(at time.Time) *query {
	q, t := q.tell()
	t.timestamp = &at
	return q
}

//go:noinline
func (q *query) withOmitNil() *query {
	q, t := q.tell()
	t.omitNil = true
	return q
}

//go:noinline
func (q *query) withPeek() *query {
	q, t := q.tell()
	t.peek = true
	return q
}

//go:noinline
func (q *query) withConcurrency(n int) *query {
	q, t := q.tell()
	t.concurrency = n
	return q
}

//go:noinline
func (q *query) withIdempotent(is bool) *query {
	q, t := q.tell()
	t.idempotence = declared(is)
	return q
}

//go:noinline
func (q *query) withDistinct() *query {
	q, t := q.choose()
	t.distinct = true
	return q
}

//go:noinline
func (q *query) withGroups(columns []*ref) *query {
	q, t := q.choose()
	t.groups = columns
	return q
}

//go:noinline
func (q *query) withPerPartition(n int) *query {
	q, t := q.choose()
	t.perPartition = &n
	return q
}

//go:noinline
func (q *query) withFiltering() *query {
	q, t := q.choose()
	t.filtering = true
	return q
}

//go:noinline
func (q *query) withOrders(orders []ordering) *query {
	q, t := q.choose()
	t.orders = orders
	return q
}

//go:noinline
func (q *query) withConsistency(l Consistency) *query {
	q, t := q.call()
	t.consistency = &l
	return q
}

//go:noinline
func (q *query) withTimeout(d time.Duration) *query {
	q, t := q.call()
	t.timeout = &d
	return q
}

//go:noinline
func (q *query) withUsingTimeout(d time.Duration) *query {
	q, t := q.call()
	t.usingTimeout = &d
	return q
}

//go:noinline
func (q *query) withBypassCache() *query {
	q, t := q.call()
	t.bypassCache = true
	return q
}

//go:noinline
func (q *query) withPageSize(rows int) *query {
	q, t := q.call()
	t.pageSize = &rows
	return q
}

//go:noinline
func (q *query) withPrefetch(share float64) *query {
	q, t := q.call()
	t.prefetch = &share
	return q
}

//go:noinline
func (q *query) withOnly(columns []*ref) *query {
	q, c := q.choose()
	c.only, c.without = columns, nil
	return q
}

//go:noinline
func (q *query) withDefer(columns []*ref) *query {
	q, c := q.choose()
	c.only, c.without = nil, columns
	return q
}

// on is the write with another query.
func (w write) on(q *query) *write {
	w.query = q
	return &w
}

// sure is what w points to; the zero write for nil.
func (w *write) sure() write {
	if w == nil {
		return write{}
	}
	return *w
}

//go:noinline
func (w write) withTTL(d time.Duration) *write { return w.on(w.query.withTTL(d)) }

//go:noinline
func (w write) withTimestamp(at time.Time) *write { return w.on(w.query.withTimestamp(at)) }

//go:noinline
func (w write) withOmitNil() *write { return w.on(w.query.withOmitNil()) }

//go:noinline
func (w write) withPeek() *write { return w.on(w.query.withPeek()) }

//go:noinline
func (w write) withIdempotent(is bool) *write { return w.on(w.query.withIdempotent(is)) }

//go:noinline
func (w write) withConsistency(l Consistency) *write {
	return w.on(w.query.withConsistency(l))
}

//go:noinline
func (w write) withTimeout(d time.Duration) *write { return w.on(w.query.withTimeout(d)) }

//go:noinline
func (w write) withUsingTimeout(d time.Duration) *write {
	return w.on(w.query.withUsingTimeout(d))
}
