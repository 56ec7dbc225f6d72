package coodie

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
)

// update is a plain update of the rows that the filters select.
func (q *query) update(ctx context.Context, assigns []stmt.Assign) error {
	c := q.chain()
	return c.writeSelected(ctx, "update", func(c *chain) *stmt.Builder { return c.spec.Update(assigns, false) })
}

// remove is a plain delete of the rows that the filters select, or of some columns of them.
func (q *query) remove(ctx context.Context, targets []*stmt.Ref, columns bool) error {
	c := q.chain()
	return c.writeSelected(ctx, "delete", func(c *chain) *stmt.Builder { return c.spec.Remove(targets, columns, false) })
}

// writeSelected sends what build makes of the chain, or of each part of it.
func (c *chain) writeSelected(ctx context.Context, op string, build func(*chain) *stmt.Builder) error {
	p, err := c.split(op, false)
	switch {
	case err != nil:
		return err
	case p == nil:
		return c.write(ctx, build(c))
	case p.n == 1:
		only, _ := p.part(0)
		return only.write(ctx, build(&only))
	}
	return p.write(ctx, op, build)
}

// write sends a plain write of all parts, until one fails.
func (p *parts) write(ctx context.Context, op string, build func(*chain) *stmt.Builder) error {
	ctx, cancel := p.chain.bound(ctx)
	defer cancel()
	first, _ := p.part(0)
	b := build(&first)
	mistake := usageError(b.Err)
	b.Release()
	if mistake != nil { // which all parts have
		return mistake
	}
	if p.chain.table.settings.clientTimestamp {
		// Another one for each part would let the later ones win over writes that came after the first.
		p.chain.stamp = driver.Timestamp(p.chain.table.sender)
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
			c, _ := p.part(i)
			return c.write(ctx, build(&c))
		})
		var panicked *PanicError
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			done++
			return
		case errors.Is(err, ErrOutcomeUnknown), errors.As(err, &panicked):
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
	return p.chain.inPart(op, &partlyError{done: done, unknown: unknown, of: p.n}, failed)
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
func (c *chain) inPart(op string, partly *partlyError, failed error) error {
	out := &OutcomeUnknownError{Op: op, Table: c.table.schema.Name, Key: c.key(), Err: partly}
	for {
		switch e := failed.(type) {
		case *QueryError:
			out.Statement, failed = e.Statement, e.Err
			continue
		case *OutcomeUnknownError:
			out.Statement, failed = e.Statement, e.Err
			out.WriteType, out.Received, out.Required = e.WriteType, e.Received, e.Required
			continue
		case *driver.NotSentError:
			failed = e.Err
			continue
		}
		partly.err = failed
		return out
	}
}
