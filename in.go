package coodie

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/stmt"
)

// WithInChunk sets how many partitions a statement names at most when a read or plain write has
// In on the partition key: 20 by default. With 1 each partition has a statement of its own.
func WithInChunk(partitions int) Option { return option(func(s *settings) { s.inChunk = partitions }) }

// parts is a read or write of many partitions, named by In, as calls on a few or one each.
type parts struct {
	call   call
	in     []int            // which filters are the In on the partition key, in its order
	values [][]stmt.Operand // of each, without those that come twice
	chunk  int              // how many values of the last one a part has; 0: one, by Eq
	n      int              // how many parts there are
	atOnce int
}

// split makes parts of a call on partitions that are named by In; nil if it is another one.
// Where all of the rows of a part can be held, since it names each by its whole key, or where
// only is false and their order does not matter, a part has several partitions.
func (c *call) split(op string, rows bool) (*parts, error) {
	if !c.spec.NamesPartitions() || c.spec.Sharing > 0 || !c.spec.Value.None() || c.spec.Serial || c.spec.ReadOptions.Ordered() || c.spec.Limit != nil && *c.spec.Limit < 1 {
		return nil, nil
	}
	p := &parts{call: *c, n: 1}
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

// callAt is the call on part i, and the values that it has of the last In.
func (p *parts) callAt(i int) (c call, values []stmt.Operand) {
	c = p.call
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
		c, values := p.callAt(i)
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
	if limit := p.call.spec.Limit; limit != nil {
		some, left = *limit, *limit
	}
	fanout.InOrder(ctx, p.n, some, p.atOnce, from, func(v V, err error) bool {
		left--
		if stopped, ok := err.(*fanout.Interrupted); ok {
			err = queryError("select", p.call.table.schema.Name, "", stopped.Err)
		}
		return yield(v, panicked(err)) && left > 0
	})
}

// arranged gives the rows of a part of several partitions in the order of its values.
func (p *parts) arranged(ctx context.Context, c call, values []stmt.Operand, emit func(codec.Addr) bool) error {
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

// readOne is the first row of all parts. only: it must be the only one.
func (p *parts) readOne(ctx context.Context, only bool, row codec.Addr) error {
	var failed error
	n := 0
	p.rows(ctx, func(v codec.Addr, err error) bool {
		if failed = err; err != nil {
			return false
		}
		if n++; n == 1 {
			p.call.table.schema.Set(row, v)
		}
		return only && n < 2
	})
	return p.call.oneOf(n, failed)
}

// exists reports whether any part has a row.
func (p *parts) exists(ctx context.Context) (found bool, err error) {
	from := func(ctx context.Context, i int, emit func(bool) bool) error {
		c, _ := p.callAt(i)
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
				return queryError("select", p.call.table.schema.Name, "", &driver.NotSentError{Err: ended})
			}
			c, _ := p.callAt(i)
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

// update is a plain update of the rows that the filters select.
func (q *query) update(ctx context.Context, assigns []stmt.Assign) error {
	c := q.call()
	return c.writeSelected(ctx, "update", func(c *call) *stmt.Bound { return c.spec.Update(assigns, false) })
}

// remove is a plain delete of the rows that the filters select, or of some columns of them.
func (q *query) remove(ctx context.Context, targets []*stmt.Ref, columns bool) error {
	c := q.call()
	return c.writeSelected(ctx, "delete", func(c *call) *stmt.Bound { return c.spec.Remove(targets, columns, false) })
}

// writeSelected sends what build makes of the call, or of each part of it.
func (c *call) writeSelected(ctx context.Context, op string, build func(*call) *stmt.Bound) error {
	p, err := c.split(op, false)
	switch {
	case err != nil:
		return err
	case p == nil:
		return c.write(ctx, build(c))
	case p.n == 1:
		only, _ := p.callAt(0)
		return only.write(ctx, build(&only))
	}
	return p.write(ctx, op, build)
}

// write sends a plain write of all parts, until one fails.
func (p *parts) write(ctx context.Context, op string, build func(*call) *stmt.Bound) error {
	ctx, cancel := p.call.withDeadline(ctx)
	defer cancel()
	first, _ := p.callAt(0)
	b := build(&first)
	mistake := usageError(b.Err)
	b.Release()
	if mistake != nil { // which all parts have
		return mistake
	}
	if p.call.table.settings.clientTimestamp {
		// Another one for each part would let the later ones win over writes that came after the first.
		p.call.stamp = driver.Timestamp(p.call.table.sender)
	}
	var mu sync.Mutex
	done, unknown, failed := 0, 0, error(nil)
	stopped := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return failed != nil && !errors.Is(failed, ErrPlanned)
	}
	fanout.Each(p.n, p.atOnce, func(i int) {
		if stopped() {
			return
		}
		err := protect(func() error {
			c, _ := p.callAt(i)
			return c.write(ctx, build(&c))
		})
		panicked := find(err, (*Error).isPanic) != nil
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			done++
			return
		case panicked, errors.Is(err, ErrOutcomeUnknown):
			unknown++
		}
		if failed == nil {
			failed = err
		}
	})
	if done == 0 && unknown == 0 {
		return failed // nil only if there is no part
	}
	if failed == nil {
		return nil
	}
	return p.call.inPart(op, &partlyError{done: done, unknown: unknown, of: p.n}, failed)
}

// partlyError is the error of a call that took several statements, some of which have had an effect.
type partlyError struct {
	done, unknown, of int
	err               error
}

func (e *partlyError) Error() string {
	s := fmt.Sprintf("%d of %d statements were executed", e.done, e.of)
	if e.unknown > 0 {
		s += fmt.Sprintf(", %d may have been", e.unknown)
	}
	return s + ", the others were not; the first error: " + e.err.Error()
}

func (e *partlyError) Unwrap() error { return e.err }

// inPart is the error of a call that failed in part. What says of its first failure that nothing
// was executed is left out, since that is not true of the call.
func (c *call) inPart(op string, partly *partlyError, failed error) error {
	out := &Error{Op: op, Table: c.table.schema.Name, Key: c.key(), Err: partly, Unknown: true}
	for {
		switch e := failed.(type) {
		case *Error:
			if e.Kind >= KindUsage {
				break
			}
			out.Statement, failed = e.Statement, e.Err
			if e.Unknown {
				out.WriteType, out.Received, out.Required = e.WriteType, e.Received, e.Required
			}
			continue
		case *driver.NotSentError:
			failed = e.Err
			continue
		}
		partly.err, out.Kind = failed, KindOf(failed)
		return out
	}
}
