package coodie

import (
	"context"
	"fmt"
	"github.com/coodie-go/coodie/internal/codec"
	"math"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/meta"
)

// One coordinator has to collect all partitions that a statement names by IN, holds what it
// has got until the last replica has answered, and fails as a whole. So a read or plain write of
// many partitions is sent as several statements.
const (
	inValues         = 20 // partitions that one statement names
	inAtOnce         = 4  // such statements at once
	partitionsAtOnce = 50 // statements at once of one partition each
	usualPage        = 5000
)

// WithInChunk sets how many partitions a statement names at most when a read or plain write has
// In on the partition key: 20 by default. With 1 each partition has a statement of its own.
func WithInChunk(partitions int) Option { return option(func(s *settings) { s.inChunk = partitions }) }

// parts is a read or write of many partitions, named by In, as calls on a few or one each.
type parts struct {
	chain  chain
	in     []int       // which filters are the In on the partition key, in its order
	values [][]operand // of each, without those that come twice
	chunk  int         // how many values of the last one a part has; 0: one, by Eq
	n      int         // how many parts there are
	atOnce int
}

// split makes parts of a call on partitions that are named by In; nil if it is another one.
// Where all of the rows of a part can be held, since it names each by its whole key, or where
// only is false and their order does not matter, a part has several partitions.
func (c *chain) split(op string, rows bool) (*parts, error) {
	if !c.spec.namesPartitions() || c.spec.part > 0 || !c.spec.value.None() || c.spec.serial || c.spec.readOptions.ordered() || c.spec.limit != nil && *c.spec.limit < 1 {
		return nil, nil
	}
	p := &parts{chain: *c, n: 1}
	for _, col := range c.table.schema.meta.Partition {
		at := c.spec.filterOn(col)
		if at < 0 {
			return nil, nil // which the server judges
		}
		w := &c.spec.where[at]
		if w.op == cql.Eq {
			continue
		}
		values, mistake := c.spec.distinct(op, col, w.value.list())
		if mistake != nil || len(values) == 0 {
			return nil, usageError(mistake)
		}
		p.in, p.values = append(p.in, at), append(p.values, values)
	}
	several := c.table.settings.inChunk
	if several == 0 {
		several = inValues
	}
	usual := partitionsAtOnce
	if several > 1 && (!rows || c.spec.wholeRows()) {
		p.chunk, usual = several, inAtOnce
	}
	for i, values := range p.values {
		n := len(values)
		if i == len(p.values)-1 && p.chunk > 0 {
			n = (n + p.chunk - 1) / p.chunk
		}
		if p.n > math.MaxInt32/n {
			return nil, c.usage(op, "the values of In make more partitions than one call can work through; use Scan")
		}
		p.n *= n
	}
	var err error
	p.atOnce, err = c.atOnce(op, usual)
	return p, err
}

// namesPartitions reports whether there is an In on a column of the partition key.
func (c *spec) namesPartitions() bool {
	for i := range c.where {
		if w := &c.where[i]; w.op == cql.In && w.ref().col != nil && w.ref().col.Kind == meta.Partition {
			return c.table != nil
		}
	}
	return false
}

// filterOn is the one filter, by Eq or In, that the column has; -1 if it has others.
func (c *spec) filterOn(col *meta.Column) int {
	at := -1
	for i := range c.where {
		w := &c.where[i]
		if w.ref().col != col {
			continue
		}
		if at >= 0 || w.ref().err != nil || w.ref().IsPart() || w.op != cql.Eq && w.op != cql.In {
			return -1
		}
		at = i
	}
	return at
}

// wholeRows reports whether the filters name rows by their whole primary key, and all
// columns of theirs are read.
func (c *spec) wholeRows() bool {
	for _, col := range c.table.meta.Clustering {
		if c.filterOn(col) < 0 {
			return false
		}
	}
	return c.readOptions.whole()
}

// ordered reports whether the rows of all partitions have one order.
func (ch *readOptions) ordered() bool { return ch != nil && len(ch.orders) > 0 }

// whole reports whether rows are read as they are, with all columns.
func (ch *readOptions) whole() bool {
	return ch == nil || ch.only == nil && ch.without == nil && ch.groups == nil && !ch.distinct
}

// distinct are the values of In without those that come twice, of which none may be null.
func (c *spec) distinct(op string, col *meta.Column, list []operand) ([]operand, *misuse) {
	b := newBuilder(c.table, cql.Select, op, false)
	defer b.release()
	seen, values := make(map[string]bool, len(list)), make([]operand, 0, len(list))
	for i := range list {
		cell, null, err := list[i].encode()
		switch {
		case err != nil:
			b.fail(col.Name, "", err)
		case null:
			b.nullKey(col)
		case !seen[string(cell)]:
			b.emptyKey(col, cell)
			seen[string(cell)] = true
			values = append(values, list[i])
		}
		if b.err != nil {
			return nil, b.err
		}
	}
	return values, nil
}

// part is the call on part i, and the values that it has of the last In.
func (p *parts) part(i int) (c chain, values []operand) {
	c = p.chain
	c.spec.part = p.atOnce
	c.spec.where = slices.Clone(c.spec.where)
	for at := len(p.in) - 1; at >= 0; at-- {
		w, all := &c.spec.where[p.in[at]], p.values[at]
		if at == len(p.in)-1 && p.chunk > 0 {
			n := (len(all) + p.chunk - 1) / p.chunk
			values = all[i%n*p.chunk : min(len(all), (i%n+1)*p.chunk)]
			*w = compareTo(w.ref(), cql.In, listOfOperands(values))
			i /= n
			continue
		}
		*w = compareTo(w.ref(), cql.Eq, all[i%len(all)])
		i /= len(all)
	}
	return c, values
}

// rows yields the rows of all parts in the order of the values, and those of one partition
// in its own.
func (p *parts) rows(ctx context.Context, yield func(codec.Addr, error) bool) {
	from := func(ctx context.Context, i int, emit func(codec.Addr) bool) (err error) {
		c, values := p.part(i)
		if p.chunk > 0 {
			c.spec.limit = nil // the server would count in its own order
			return p.arranged(ctx, c, values, emit)
		}
		c.rows(ctx, c.table.schema.rooms(), func(v codec.Addr, failed error) bool {
			err = failed
			return failed == nil && emit(v)
		})
		return err
	}
	inParts(ctx, p, from, yield)
}

// inParts yields what from emits of each part, in order.
func inParts[V any](ctx context.Context, p *parts, from fanout.Source[V], yield func(V, error) bool) {
	some, left := p.atOnce, math.MaxInt
	if limit := p.chain.spec.limit; limit != nil {
		some, left = *limit, *limit
	}
	fanout.InOrder(ctx, p.n, some, p.atOnce, from, func(v V, err error) bool {
		left--
		if stopped, ok := err.(*fanout.Interrupted); ok {
			err = &QueryError{Op: "select", Table: p.chain.table.schema.name, Err: stopped.Err}
		}
		return yield(v, panicked(err)) && left > 0
	})
}

// arranged gives the rows of a part of several partitions in the order of its values.
func (p *parts) arranged(ctx context.Context, c chain, values []operand, emit func(codec.Addr) bool) error {
	last := p.in[len(p.in)-1]
	col := c.spec.where[last].ref().col
	place := make(map[string]int, len(values))
	for i := range values {
		cell, _, err := values[i].encode()
		if err != nil {
			return err
		}
		place[string(cell)] = i
	}
	held, err := make([][]codec.Addr, len(values)+1), error(nil)
	c.rows(ctx, c.table.schema.rooms(), func(v codec.Addr, failed error) bool {
		if err = failed; err != nil {
			return false
		}
		at := len(values) // a key that a hook has changed
		key := operandAt(col, v)
		if cell, _, err := key.encode(); err == nil {
			if i, ok := place[string(cell)]; ok {
				at = i
			}
		}
		held[at] = append(held[at], v)
		return true
	})
	if err != nil {
		return err
	}
	for _, rows := range held {
		for _, v := range rows {
			if !emit(v) {
				return nil
			}
		}
	}
	return nil
}

// one is the first row of all parts. only: it must be the only one.
func (p *parts) one(ctx context.Context, only bool, row codec.Addr) error {
	var failed error
	n := 0
	p.rows(ctx, func(v codec.Addr, err error) bool {
		if failed = err; err != nil {
			return false
		}
		if n++; n == 1 {
			p.chain.table.schema.setRow(row, v)
		}
		return only && n < 2
	})
	return p.chain.oneOf(n, failed)
}

// exists reports whether any part has a row.
func (p *parts) exists(ctx context.Context) (found bool, err error) {
	from := func(ctx context.Context, i int, emit func(bool) bool) error {
		c, _ := p.part(i)
		found, err := c.exists(ctx)
		if found && err == nil {
			emit(found)
		}
		return err
	}
	inParts(ctx, p, from, func(yes bool, failed error) bool {
		found, err = yes, failed
		return false
	})
	return found, err
}

// shared is the size of the page that a part reads, so that all parts that are read at
// once hold about one page together.
func (c *spec) shared(pageSize int) int {
	const least = 100
	if c.part <= 1 {
		return pageSize
	}
	if pageSize == 0 {
		pageSize = usualPage
	}
	return max(pageSize/c.part, min(pageSize, least))
}

// count adds up the counts of all parts.
func (p *parts) count(ctx context.Context) (sum int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	fanout.Each(p.n, p.atOnce, func(i int) {
		var n int64
		failed := protect(func() (err error) {
			if ended := driver.Ended(ctx); ended != nil && i > 0 {
				return &QueryError{Op: "select", Table: p.chain.table.schema.name, Err: &driver.NotSentError{Err: ended}}
			}
			c, _ := p.part(i)
			n, err = c.count(ctx)
			return err
		})
		mu.Lock()
		defer mu.Unlock()
		if sum += n; failed != nil && err == nil {
			err = failed
			cancel()
		}
	})
	if err != nil {
		return 0, err
	}
	return sum, nil
}

// oneStatement refuses a read or write that names too many partitions for one statement, and is
// not split.
func (c *spec) oneStatement(b *builder) {
	if c.part > 0 || !c.namesPartitions() {
		return
	}
	n, most := c.named(), max(c.table.rules.inChunk, inValues)
	switch {
	case n <= most:
	case b.reads:
		b.fail("", fmt.Sprintf("In names %d partitions, and %s is one statement, which names %d at most (WithInChunk changes that): ask for fewer "+
			"at a time, or use All, Iter, Count or Exists of a QuerySet without OrderBy, which send several statements", n, c.asOne(), most), nil)
	default:
		b.fail("", fmt.Sprintf("In names %d partitions, and a statement of a batch names %d at most: "+
			"leave the write out of the batch, so that it is sent as several statements, or name fewer", n, most), nil)
	}
}

// asOne says what keeps a read in one statement.
func (c *spec) asOne() string {
	switch {
	case c.readOptions.ordered():
		return "a read with OrderBy"
	case c.readOptions != nil && c.readOptions.json:
		return "a read of JSON"
	case c.readOptions != nil && c.readOptions.terms != nil:
		return "a read by Values or Project"
	}
	return "this read"
}
