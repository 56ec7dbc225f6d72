package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"
)

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

//go:noinline
func (q *query) with(opts []CallOption) *query {
	q, t := q.tell()
	t.Per = stmt.Copied(t.Per)
	for _, o := range opts {
		if o != nil {
			o.applyCall(t)
		}
	}
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
func (w write) with(opts []CallOption) *write { return w.on(w.query.with(opts)) }
