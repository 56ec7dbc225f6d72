package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// query is what a QuerySet selects and has been told. It is immutable.
type query struct {
	table   *table
	told    *stmt.Told // nil: nothing
	filters *stmt.Cond // the first of them
	n       int        // how many there are
}

func (q *query) where() []stmt.Cond { return codec.From(q.filters, q.n) }

// write is what a write of a document has been told: a query whose key a document holds. It is immutable.
type write struct {
	query *query
	doc   *document // or a copy of it, as it was when the write was begun; nil for a QuerySet
}

// conditional is a write on a condition, of a document or of a query, whose doc is nil. It is an immutable
// value of four words, which Go keeps in registers: generic code copies it.
type conditional struct {
	write write
	list  *stmt.Cond // the first of conds
	asks  asks
}

// asks are the kind of a condition and how many there are.
type asks struct {
	n           int32
	kind        stmt.If
	allowCreate bool
	unchanged   bool // IfUnchanged: the guard is the only condition
}

func (c *conditional) conds() []stmt.Cond { return codec.From(c.list, int(c.asks.n)) }

// chain is all that a call is carried out by. The terminal call of a query, a write or a
// conditional makes it.
type chain struct {
	table  *table
	spec   stmt.Spec
	doc    *document     // follows what is applied; nil for a QuerySet
	held   codec.Addr    // the Value of doc
	single bool          // sent once even if it was certainly not executed: the caller has a loop of its own
	own    []stmt.Assign // what the write itself stored: its attempt id, the version
	stamp  int64         // the client timestamp of a plain write; 0: the sender takes one
	sent   *bool         // becomes true when a write is about to be sent; nil: nobody asks
	batch  *Batch        // that the write is part of; nil: it stands alone
}

// chain is one that has been told nothing.
func (t *table) chain() (c chain) {
	if t != nil {
		c.table, c.spec.Table = t, &t.schema
	}
	return c
}

func (q *query) chain() (c chain) {
	if q == nil {
		return c
	}
	c = q.table.chain()
	c.spec.Where = q.where()
	if q.told != nil {
		c.spec.Told = *q.told
	}
	return c
}

func (w *write) chain() chain {
	if w == nil {
		return chain{}
	}
	c := w.query.chain()
	if w.doc != nil {
		c.doc, c.spec.Value = w.doc.follows(), w.doc.value()
		c.held = c.doc.value()
	}
	return c
}

func (w *conditional) chain() chain {
	c := w.write.chain()
	c.spec.Conds, c.spec.Kind, c.spec.AllowCreate = w.conds(), w.asks.kind, w.asks.allowCreate
	switch {
	case w.write.doc != nil && c.table.schema.Meta.Version != nil:
		c.spec.Guard = c.spec.Table.GuardOf(w.write.doc.value(), w.write.doc.seen)
	case w.asks.unchanged:
		c.spec.Guard = &stmt.Guard{Err: stmt.ErrNoVersion}
	}
	return c
}

// find is the query of the rows for which all filters hold.
//
//go:noinline
func (t *table) find(filters []stmt.Cond) *query {
	if t == nil {
		return (*query)(nil).filter(filters)
	}
	return t.all.filter(filters)
}

// filter adds filters, which lie with the query if they are few.
//
//go:noinline
func (q *query) filter(filters []stmt.Cond) *query {
	if len(filters) == 0 {
		return q
	}
	if q == nil {
		q = new(query)
	}
	var c *query
	var room []stmt.Cond
	switch n := q.n + len(filters); n {
	case 1:
		both := new(struct {
			query
			room [1]stmt.Cond
		})
		c, room = &both.query, both.room[:]
	case 2:
		both := new(struct {
			query
			room [2]stmt.Cond
		})
		c, room = &both.query, both.room[:]
	default:
		c, room = new(query), make([]stmt.Cond, n)
	}
	copy(room[copy(room, q.where()):], filters)
	*c = query{q.table, q.told, &room[0], len(room)}
	return c
}

// sending notes that a write is about to be sent.
func (c *chain) sending() {
	if c.sent != nil {
		*c.sent = true
	}
}
