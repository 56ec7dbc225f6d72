package stmt

import (
	"fmt"
	"math"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// byToken reports whether a filter is on the token of the partition key.
func (c *Spec) byToken() bool {
	for i := range c.Where {
		if m := c.Where[i].value.Many(); m != nil && m.Token {
			return true
		}
	}
	return false
}

// One coordinator has to collect all partitions that a statement names by IN, holds what it
// has got until the last replica has answered, and fails as a whole. So a read or plain write of
// many partitions is sent as several statements.
const (
	InValues         = 20 // partitions that one statement names
	InAtOnce         = 4  // such statements at once
	PartitionsAtOnce = 50 // statements at once of one partition each
	usualPage        = 5000
)

// NamesPartitions reports whether there is an In on a column of the partition key.
func (c *Spec) NamesPartitions() bool {
	for i := range c.Where {
		if w := &c.Where[i]; w.op == cql.In && w.Ref().col != nil && w.Ref().col.Kind == meta.Partition {
			return c.Table != nil
		}
	}
	return false
}

// FilterOn is the one filter, by Eq or In, that the column has; -1 if it has others.
func (c *Spec) FilterOn(col *meta.Column) int {
	at := -1
	for i := range c.Where {
		w := &c.Where[i]
		if w.Ref().col != col {
			continue
		}
		if at >= 0 || w.Ref().err != nil || w.Ref().IsPart() || w.op != cql.Eq && w.op != cql.In {
			return -1
		}
		at = i
	}
	return at
}

// WholeRows reports whether the filters name rows by their whole primary key, and all
// columns of theirs are read.
func (c *Spec) WholeRows() bool {
	for _, col := range c.Table.Meta.Clustering {
		if c.FilterOn(col) < 0 {
			return false
		}
	}
	return c.ReadOptions.allColumns()
}

// DistinctValues are the values of In without those that come twice, of which none may be null.
func (c *Spec) DistinctValues(op string, col *meta.Column, list []Operand) ([]Operand, *Misuse) {
	b := NewBound(c.Table, cql.Select, op, false)
	defer b.Release()
	seen, values := make(map[string]bool, len(list)), make([]Operand, 0, len(list))
	for i := range list {
		cell, null, err := list[i].Encode()
		switch {
		case err != nil:
			b.Fail(col.Name, "", err)
		case null:
			b.nullKey(col)
		case !seen[string(cell)]:
			b.emptyKey(col, cell)
			seen[string(cell)] = true
			values = append(values, list[i])
		}
		if b.Err != nil {
			return nil, b.Err
		}
	}
	return values, nil
}

// shared is the size of the page that a part reads, so that all parts that are read at
// once hold about one page together.
func (c *Spec) shared(pageSize int) int {
	const least = 100
	if c.Sharing <= 1 {
		return pageSize
	}
	if pageSize == 0 {
		pageSize = usualPage
	}
	return max(pageSize/c.Sharing, min(pageSize, least))
}

// refuseManyPartitions refuses a read or write that names too many partitions for one statement, and is
// not split.
func (c *Spec) refuseManyPartitions(b *Bound) {
	if c.Sharing > 0 || !c.NamesPartitions() {
		return
	}
	n, most := c.PartitionsNamed(), max(c.Table.Rules.InChunk, InValues)
	switch {
	case n <= most:
	case b.reads:
		b.Fail("", fmt.Sprintf("In names %d partitions, and %s is one statement, which names %d at most (WithInChunk changes that): ask for fewer "+
			"at a time, or use All, Iter, Count or Exists of a QuerySet without OrderBy, which send several statements", n, c.oneStatementOf(), most), nil)
	default:
		b.Fail("", fmt.Sprintf("In names %d partitions, and a statement of a batch names %d at most: "+
			"leave the write out of the batch, so that it is sent as several statements, or name fewer", n, most), nil)
	}
}

// oneStatementOf says what keeps a read in one statement.
func (c *Spec) oneStatementOf() string {
	switch {
	case c.ReadOptions.Ordered():
		return "a read with OrderBy"
	case c.ReadOptions != nil && c.ReadOptions.JSON:
		return "a read of JSON"
	case c.ReadOptions != nil && c.ReadOptions.Terms != nil:
		return "a read by Values or Project"
	}
	return "this read"
}

// PartitionsNamed is how many partitions the filters name, by Eq and In; 0 if they do not name them.
func (c *Spec) PartitionsNamed() int {
	n := 1
	for _, col := range c.Table.Meta.Partition {
		at := c.FilterOn(col)
		if at < 0 {
			return 0
		}
		if w := &c.Where[at]; w.op == cql.In {
			n = min(n*max(1, len(w.value.List())), math.MaxInt32)
		}
	}
	return n
}
