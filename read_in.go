package coodie

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
)

// WithInChunk sets how many partitions a statement names at most when a read or plain write has
// In on the partition key: 20 by default. With 1 each partition has a statement of its own.
func WithInChunk(partitions int) Option { return option(func(s *settings) { s.inChunk = partitions }) }

// parts is a read or write of many partitions, named by In, as calls on a few or one each.
type parts struct {
	chain  chain
	in     []int            // which filters are the In on the partition key, in its order
	values [][]stmt.Operand // of each, without those that come twice
	chunk  int              // how many values of the last one a part has; 0: one, by Eq
	n      int              // how many parts there are
	atOnce int
}

// split makes parts of a call on partitions that are named by In; nil if it is another one.
// Where all of the rows of a part can be held, since it names each by its whole key, or where
// only is false and their order does not matter, a part has several partitions.
func (c *chain) split(op string, rows bool) (*parts, error) {
	if !c.spec.NamesPartitions() || c.spec.Sharing > 0 || !c.spec.Value.None() || c.spec.Serial || c.spec.ReadOptions.Ordered() || c.spec.Limit != nil && *c.spec.Limit < 1 {
		return nil, nil
	}
	p := &parts{chain: *c, n: 1}
	for _, col := range c.table.schema.Meta.Partition {
		at := c.spec.FilterOn(col)
		if at < 0 {
			return nil, nil // which the server judges
		}
		w := &c.spec.Where[at]
		if w.Op() == cql.Eq {
			continue
		}
		values, mistake := c.spec.DistinctValues(op, col, w.Value().List())
		if mistake != nil || len(values) == 0 {
			return nil, usageError(mistake)
		}
		p.in, p.values = append(p.in, at), append(p.values, values)
	}
	several := c.table.settings.inChunk
	if several == 0 {
		several = stmt.InValues
	}
	usual := stmt.PartitionsAtOnce
	if several > 1 && (!rows || c.spec.WholeRows()) {
		p.chunk, usual = several, stmt.InAtOnce
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

// part is the call on part i, and the values that it has of the last In.
func (p *parts) part(i int) (c chain, values []stmt.Operand) {
	c = p.chain
	c.spec.Sharing = p.atOnce
	c.spec.Where = slices.Clone(c.spec.Where)
	for at := len(p.in) - 1; at >= 0; at-- {
		w, all := &c.spec.Where[p.in[at]], p.values[at]
		if at == len(p.in)-1 && p.chunk > 0 {
			n := (len(all) + p.chunk - 1) / p.chunk
			values = all[i%n*p.chunk : min(len(all), (i%n+1)*p.chunk)]
			*w = stmt.Compare(w.Ref(), cql.In, stmt.ListOf(values))
			i /= n
			continue
		}
		*w = stmt.Compare(w.Ref(), cql.Eq, all[i%len(all)])
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
			c.spec.Limit = nil // the server would count in its own order
			return p.arranged(ctx, c, values, emit)
		}
		c.rows(ctx, c.table.schema.Rooms(), func(v codec.Addr, failed error) bool {
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
	if limit := p.chain.spec.Limit; limit != nil {
		some, left = *limit, *limit
	}
	fanout.InOrder(ctx, p.n, some, p.atOnce, from, func(v V, err error) bool {
		left--
		if stopped, ok := err.(*fanout.Interrupted); ok {
			err = &QueryError{Op: "select", Table: p.chain.table.schema.Name, Err: stopped.Err}
		}
		return yield(v, panicked(err)) && left > 0
	})
}

// arranged gives the rows of a part of several partitions in the order of its values.
func (p *parts) arranged(ctx context.Context, c chain, values []stmt.Operand, emit func(codec.Addr) bool) error {
	last := p.in[len(p.in)-1]
	col := c.spec.Where[last].Ref().Column()
	place := make(map[string]int, len(values))
	for i := range values {
		cell, _, err := values[i].Encode()
		if err != nil {
			return err
		}
		place[string(cell)] = i
	}
	held, err := make([][]codec.Addr, len(values)+1), error(nil)
	c.rows(ctx, c.table.schema.Rooms(), func(v codec.Addr, failed error) bool {
		if err = failed; err != nil {
			return false
		}
		at := len(values) // a key that a hook has changed
		key := stmt.OperandAt(col, v)
		if cell, _, err := key.Encode(); err == nil {
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
			p.chain.table.schema.Set(row, v)
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

// count adds up the counts of all parts.
func (p *parts) count(ctx context.Context) (sum int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	fanout.Each(p.n, p.atOnce, func(i int) {
		var n int64
		failed := protect(func() (err error) {
			if ended := driver.Ended(ctx); ended != nil && i > 0 {
				return &QueryError{Op: "select", Table: p.chain.table.schema.Name, Err: &driver.NotSentError{Err: ended}}
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
