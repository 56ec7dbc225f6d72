package coodie

import (
	"time"

	"github.com/gocql/gocql"
)

// The setters are compiled once, not inlined into the generic methods that call them, of which there are
// some for each table of a program.

// tell is a copy of what the query has been told, which may be changed.
func (q *query) tell() *told {
	t := new(told)
	if q.told != nil {
		*t = *q.told
	}
	q.told = t
	return t
}

// choose is a copy of what reads are told, which may be changed.
func (q *query) choose() *choice {
	t := q.tell()
	t.choice = copied(t.choice)
	return t.choice
}

// call is a copy of what the call is told, which may be changed.
func (q *query) call() *perCall {
	t := q.tell()
	t.per = copied(t.per)
	return t.per
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
func (q *query) setLimit(n int) { q.tell().limit = &n }

//go:noinline
func (q *query) setSerial() { q.tell().serial = true }

//go:noinline
func (q *query) setTTL(d time.Duration) { q.tell().ttl = &d }

//go:noinline
func (q *query) setTimestamp(t time.Time) { q.tell().timestamp = &t }

//go:noinline
func (q *query) setOmitNil() { q.tell().omitNil = true }

//go:noinline
func (q *query) setPeek() { q.tell().peek = true }

//go:noinline
func (q *query) setConcurrency(n int) { q.tell().concurrency = n }

//go:noinline
func (q *query) setIdempotent(is bool) { q.tell().idempotence = declared(is) }

//go:noinline
func (q *query) setOnly(columns []*ref) {
	c := q.choose()
	c.only, c.without = columns, nil
}

//go:noinline
func (q *query) setDefer(columns []*ref) {
	c := q.choose()
	c.only, c.without = nil, columns
}

//go:noinline
func (q *query) setDistinct() { q.choose().distinct = true }

//go:noinline
func (q *query) setGroups(columns []*ref) { q.choose().groups = columns }

//go:noinline
func (q *query) setPerPartition(n int) { q.choose().perPartition = &n }

//go:noinline
func (q *query) setFiltering() { q.choose().filtering = true }

//go:noinline
func (q *query) setOrders(orders []ordering) { q.choose().orders = orders }

//go:noinline
func (q *query) setConsistency(l gocql.Consistency) { q.call().consistency = &l }

//go:noinline
func (q *query) setTimeout(d time.Duration) { q.call().timeout = &d }

//go:noinline
func (q *query) setUsingTimeout(d time.Duration) { q.call().usingTimeout = &d }

//go:noinline
func (q *query) setBypassCache() { q.call().bypassCache = true }

//go:noinline
func (q *query) setPageSize(rows int) { q.call().pageSize = &rows }

//go:noinline
func (q *query) setPrefetch(share float64) { q.call().prefetch = &share }
