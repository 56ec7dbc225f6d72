package coodie

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// chain is what a write or read has been told so far. It is an immutable value: every
// step returns a changed copy.
type chain[T any] struct {
	table       *Table[T]
	doc         *Document[T] // follows what is applied; nil for a QuerySet
	value       *T           // holds the key; nil: where does
	where       []Cond[T]
	conds       []Cond[T]
	kind        casKind
	ttl         *time.Duration
	timestamp   *time.Time
	object      *json.RawMessage // the row of an INSERT JSON, of which value has the key; nil: value is the row
	omitNil     bool
	allowCreate bool
	serial      bool
	idempotence Idempotence
	peek        bool // a plain read comes before the INSERT … IF NOT EXISTS
	single      bool // sent once even if it was certainly not executed: the caller has a loop of its own
	limit       *int
	choice      *choice // what else a read is told; nil: nothing
	per         *perCall
	concurrency int    // statements under way at once; 0: as many as the call usually has
	part        int    // of how many statements at once this read is one; 0: it stands alone
	tokens      bool   // the token of each row is read as well, as the last column
	sent        *bool  // becomes true when a write is about to be sent; nil: nobody asks
	batch       *Batch // that the write is part of; nil: it stands alone
}

func (c chain[T]) filter(filters []Cond[T]) chain[T] {
	if len(filters) > 0 {
		c.where = slices.Concat(c.where, filters)
	}
	return c
}

// sending notes that a write is about to be sent.
func (c *chain[T]) sending() {
	if c.sent != nil {
		*c.sent = true
	}
}

func (c chain[T]) withTTL(d time.Duration) chain[T] {
	c.ttl = &d
	return c
}

func (c chain[T]) withTimestamp(t time.Time) chain[T] {
	c.timestamp = &t
	return c
}

// conditional ends the plain part of the chain.
func (c chain[T]) conditional(kind casKind, conds []Cond[T]) Conditional[T] {
	c.kind, c.conds = kind, conds
	return Conditional[T]{c}
}

// both is the list of a condition and more.
func both[T any](c Cond[T], more []Cond[T]) []Cond[T] {
	return append(append(make([]Cond[T], 0, 1+len(more)), c), more...)
}

// keyCell is the one value that the chain gives a key column.
func (c *chain[T]) keyCell(col *meta.Column) (cell []byte, ok bool) {
	if c.value != nil {
		o := operandAt(col, c.value)
		cell, null, err := o.encode()
		return cell, err == nil && !null
	}
	for i := range c.where {
		if w := &c.where[i].cond; w.ref.col == col && w.op == cql.Eq {
			cell, null, err := w.value.encode()
			return cell, err == nil && !null
		}
	}
	return nil, false
}
