package stmt

import (
	"math"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// ReadKind is what a read is after.
type ReadKind uint8

const (
	ReadRows    ReadKind = iota
	ReadRow              // the one row of a primary key
	ReadCount            // how many rows
	ReadAny              // whether there is a row
	ReadStatics          // the static columns of a partition
)

// Query builds a SELECT of all the struct's columns, by name: `SELECT *` would read
// wrong columns after an ALTER, through metadata that gocql has cached.
func (c *Spec) Query(want ReadKind) *Bound {
	m := c.templateKey(cql.Select, want, false)
	if b := c.again(m, "select", nil, nil); b != nil {
		return b
	}
	b := NewBound(c.Table, cql.Select, "select", false)
	b.RowMark.By, b.RowMark.known = c.rowMarkOf(want), m.statics
	switch {
	case c.Table == nil:
	case want == ReadCount:
		b.Stmt.Count = true
	case want == ReadAny:
		i := b.Meta.Partition[0].Index
		b.Stmt.Columns = c.Table.Columns[i : i+1]
	case c.Slots:
		b.Stmt.Columns = c.Table.SlotColumns()
	default:
		b.Stmt.Columns = c.Table.Columns
	}
	if c.Tokens {
		for _, col := range b.Meta.Partition {
			b.Stmt.TokenOf = append(b.Stmt.TokenOf, Named(col))
		}
	}
	c.ReadOptions.list(b)
	c.markRows(b, want)
	where, use := c.Where, keyFull
	if !c.Value.None() {
		b.documentKey(c.Value, false)
	} else {
		use = b.filters(where)
	}
	if want == ReadRow && c.Value.None() {
		b.needKeys(where, b.Meta.Partition)
		b.needKeys(where, b.Meta.Clustering)
		if use != keyFull {
			b.Fail("", "Get names one row: each key column by Eq; use One, First or All for a range", nil)
		}
	}
	switch {
	case c.Serial && c.Table != nil && c.Table.Rules.ViewOf != "":
		b.Fail("", "a materialized view follows its table with some delay, so no read of it is linearizable", nil)
	case !c.Serial || want == ReadRow || want == ReadStatics:
	case want != ReadAny:
		b.Fail("", "only Get and Exists are linearizable: a serial read is of one row", nil)
	case use != keyFull:
		b.needKeys(where, b.Meta.Primary())
		b.Fail("", "a linearizable Exists names one row: each key column by Eq", nil)
	}
	if c.TTL != nil || c.Timestamp != nil {
		b.Fail("", "a read takes no TTL and no timestamp", nil)
	}
	c.ReadOptions.arrange(b, where, c.Limit)
	if c.Limit != nil {
		if want == ReadCount {
			b.Fail("", "Count takes no Limit: CQL counts all rows and then limits the one answer", nil)
		}
		if *c.Limit < 1 || *c.Limit > math.MaxInt32 {
			b.Fail("", "a limit is at least 1", nil)
		}
		if b.Err == nil {
			c.bindLimit(b)
		}
	}
	c.refuseManyPartitions(b)
	c.callOfRead(b)
	if b.Err != nil {
		return b
	}
	s, r := &c.Table.Rules, &b.Request
	r.Kind, r.Consistency = driver.Read, c.Level()
	c.paged(b)
	b.fewer()
	plain := want == ReadCount || c.ReadOptions.aggregates() || c.Per != nil && c.Per.Consistency != nil
	if c.Serial || s.LWTOnly && use == keyFull && !plain && c.Sharing == 0 {
		r.Kind, r.Consistency = driver.SerialRead, driver.Consistency(s.Serial)
	}
	replay := c.Replayed(b)
	r.Once, r.Reason = !replay.Safe(), replay.String()
	r.Unpaged, r.OneRow = b.unpaged(), want == ReadRow
	r.Statement = c.Table.Text(b)
	c.learn(b, m, nil, nil)
	return b
}

// wholeColumn is the column of r, which is not part of one.
func (b *Bound) wholeColumn(r *Ref, where string) *meta.Column {
	switch {
	case r.err != nil:
		b.Fail(r.name, "", r.Err())
	case r.col == nil:
		b.Fail(r.name, where+" got something that is not a column", errNoColumn)
	case r.elem != nil || r.field != "":
		b.Fail(r.name, where+" takes whole columns, not parts of one", nil)
	}
	return r.col
}

// terms makes the SELECT list of the terms.
func (b *Bound) terms(terms []*Term) {
	b.Stmt.Columns, b.Stmt.Terms = nil, make([]string, len(terms))
	for i, e := range terms {
		text := b.term(e)
		if e.named {
			text = cql.As(text, e.name)
		}
		b.Stmt.Terms[i] = text
	}
}

// unpaged reports whether the server has to answer in one page: it cannot page an order over
// several partitions, nor one by likeness.
func (b *Bound) unpaged() bool {
	if len(b.Stmt.OrderBy) == 0 {
		return false
	}
	if b.Stmt.OrderBy[0].Direction == cql.ANN {
		return true
	}
	for i := range b.Stmt.Where {
		if w := &b.Stmt.Where[i]; w.Op == cql.In && w.Tuple == nil && b.Meta.Columns[w.Column.ID].Kind == meta.Partition {
			return true
		}
	}
	return false
}

// fewer makes pages no larger than LIMIT would have made the answer, and fetches none ahead.
func (b *Bound) fewer() {
	if b.RowMark.Most == 0 || b.Stmt.Limit {
		return
	}
	r := &b.Request
	if size := max(b.RowMark.Most, pageOfRows); r.PageSize == 0 && size < usualPage || r.PageSize > size {
		r.PageSize = size
	}
	if r.Prefetch == nil {
		r.Prefetch = new(float64)
	}
}
