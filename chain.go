package coodie

import (
	"encoding/json"
	"time"
	"unsafe"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// chain is what a write or read has been told so far. It is an immutable value: every
// step returns a changed copy.
type chain struct {
	table       *table
	doc         *document      // follows what is applied; nil for a QuerySet
	held        unsafe.Pointer // the Value of doc
	value       unsafe.Pointer // the row that holds the key; nil: where does
	where       []cond
	conds       []cond
	guard       *guard // what must be unchanged besides, or nil
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
	rowOnly     bool   // one of the two statements by which Mutate creates a row and leaves its static columns alone
	stamp       int64  // the client timestamp of a plain write; 0: the sender takes one
	sent        *bool  // becomes true when a write is about to be sent; nil: nobody asks
	batch       *Batch // that the write is part of; nil: it stands alone
}

func (c chain) filter(filters []cond) chain {
	if len(filters) > 0 {
		where := make([]cond, len(c.where)+len(filters))
		copy(where[copy(where, c.where):], filters)
		c.where = where
	}
	return c
}

// filters are those of WHERE, unless the key is that of a row.
func (c *chain) filters() []cond {
	if c.value != nil {
		return nil
	}
	return c.where
}

// conditions are those of IF, which a read of the same chain lacks.
func (c *chain) conditions(cas bool) []cond {
	if !cas {
		return nil
	}
	return c.conds
}

// changed is a changed copy of what p points to, nothing if it is nil.
func changed[P any](p *P, change func(*P)) *P {
	var c P
	if p != nil {
		c = *p
	}
	change(&c)
	return &c
}

// most is the selection with n rows at most; a limit that is wrong stays so.
func (c chain) most(n int) chain {
	if c.limit == nil || *c.limit > n {
		c.limit = &n
	}
	return c
}

// sending notes that a write is about to be sent.
func (c *chain) sending() {
	if c.sent != nil {
		*c.sent = true
	}
}

func (c chain) withTTL(d time.Duration) chain {
	c.ttl = &d
	return c
}

func (c chain) withTimestamp(t time.Time) chain {
	c.timestamp = &t
	return c
}

// keyCell is the one value that the chain gives a key column.
func (c *chain) keyCell(col *meta.Column) (cell []byte, ok bool) {
	if c.value != nil {
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
