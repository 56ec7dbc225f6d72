package coodie

import (
	"encoding/json"
	"github.com/coodie-go/coodie/internal/codec"
	"time"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// query is what a QuerySet selects and has been told. It is immutable.
type query struct {
	table   *table
	told    *told // nil: nothing
	filters *cond // the first of them
	n       int   // how many there are
}

func (q *query) where() []cond { return upTo(q.filters, q.n) }

// write is what a write of a document has been told: a query whose key a document holds. It is immutable.
type write struct {
	query *query
	doc   *document // or a copy of it, as it was when the write was begun; nil for a QuerySet
}

// conditional is a write on a condition, of a document or of a query, whose doc is nil. It is an immutable
// value of four words, which Go keeps in registers: generic code copies it.
type conditional struct {
	write write
	list  *cond // the first of conds
	asks  asks
}

// asks are the kind of a condition and how many there are.
type asks struct {
	n           int32
	kind        casKind
	allowCreate bool
	unchanged   bool // IfUnchanged: the guard is the only condition
}

func (c *conditional) conds() []cond { return upTo(c.list, int(c.asks.n)) }

// told is what a query is told besides its filters. It is immutable.
type told struct {
	limit       *int
	ttl         *time.Duration
	timestamp   *time.Time
	readOptions *readOptions // what else a read is told; nil: nothing
	per         *perCall
	concurrency int // statements under way at once; 0: as many as the call usually has
	idempotence said
	omitNil     bool
	serial      bool
	peek        bool // a plain read comes before the INSERT … IF NOT EXISTS
}

// spec is what is asked of a statement.
type spec struct {
	table *shape
	where []cond
	told
	value       codec.Addr // the row that holds the key; nil: where does
	conds       []cond
	guard       *guard // what must be unchanged besides, or nil
	kind        casKind
	allowCreate bool
	object      *json.RawMessage // the row of an INSERT JSON, of which value has the key; nil: value is the row
	part        int              // of how many statements at once this read is one; 0: it stands alone
	tokens      bool             // the token of each row is read as well, as the last column
	rowOnly     bool             // one of the two statements by which Mutate creates a row and leaves its static columns alone
	together    *together        // that the write is part of a batch; nil: it stands alone
}

// chain is all that a call is carried out by. The terminal call of a query, a write or a
// conditional makes it.
type chain struct {
	table  *table
	spec   spec
	doc    *document  // follows what is applied; nil for a QuerySet
	held   codec.Addr // the Value of doc
	single bool       // sent once even if it was certainly not executed: the caller has a loop of its own
	own    []assign   // what the write itself stored: its attempt id, the version
	stamp  int64      // the client timestamp of a plain write; 0: the sender takes one
	sent   *bool      // becomes true when a write is about to be sent; nil: nobody asks
	batch  *Batch     // that the write is part of; nil: it stands alone
}

// chain is one that has been told nothing.
func (t *table) chain() (c chain) {
	if t != nil {
		c.table, c.spec.table = t, &t.schema
	}
	return c
}

func (q *query) chain() (c chain) {
	if q == nil {
		return c
	}
	c = q.table.chain()
	c.spec.where = q.where()
	if q.told != nil {
		c.spec.told = *q.told
	}
	return c
}

func (w *write) chain() chain {
	if w == nil {
		return chain{}
	}
	c := w.query.chain()
	if w.doc != nil {
		c.doc, c.spec.value = w.doc.follows(), w.doc.value()
		c.held = c.doc.value()
	}
	return c
}

func (w *conditional) chain() chain {
	c := w.write.chain()
	c.spec.conds, c.spec.kind, c.spec.allowCreate = w.conds(), w.asks.kind, w.asks.allowCreate
	switch {
	case w.write.doc != nil && c.table.schema.meta.Version != nil:
		c.spec.guard = c.spec.table.guardOf(w.write.doc.value(), w.write.doc.seen)
	case w.asks.unchanged:
		c.spec.guard = &guard{err: errNoVersion}
	}
	return c
}

// find is the query of the rows for which all filters hold.
//
//go:noinline
func (t *table) find(filters []cond) *query {
	if t == nil {
		return (*query)(nil).filter(filters)
	}
	return t.all.filter(filters)
}

// filter adds filters, which lie with the query if they are few.
//
//go:noinline
func (q *query) filter(filters []cond) *query {
	if len(filters) == 0 {
		return q
	}
	if q == nil {
		q = new(query)
	}
	var c *query
	var room []cond
	switch n := q.n + len(filters); n {
	case 1:
		both := new(struct {
			query
			room [1]cond
		})
		c, room = &both.query, both.room[:]
	case 2:
		both := new(struct {
			query
			room [2]cond
		})
		c, room = &both.query, both.room[:]
	default:
		c, room = new(query), make([]cond, n)
	}
	copy(room[copy(room, q.where()):], filters)
	*c = query{q.table, q.told, &room[0], len(room)}
	return c
}

// filters are those of WHERE, unless the key is that of a row.
func (c *spec) filters() []cond {
	if !c.value.None() {
		return nil
	}
	return c.where
}

// conditions are those of IF, which a read of the same chain lacks.
func (c *spec) conditions(cas bool) []cond {
	if !cas {
		return nil
	}
	return c.conds
}

// most reads n rows at most; a limit that is wrong stays so.
func (c *spec) most(n int) {
	if c.limit == nil || *c.limit > n {
		c.limit = &n
	}
}

// sending notes that a write is about to be sent.
func (c *chain) sending() {
	if c.sent != nil {
		*c.sent = true
	}
}

// keyCell is the one value that the chain gives a key column.
func (c *spec) keyCell(col *meta.Column) (cell []byte, ok bool) {
	if !c.value.None() {
		o := operandAt(col, c.value)
		cell, null, err := o.encode()
		return cell, err == nil && !null
	}
	for i := range c.where {
		if w := &c.where[i]; w.ref().col == col && w.op == cql.Eq {
			cell, null, err := w.value.encode()
			return cell, err == nil && !null
		}
	}
	return nil, false
}
