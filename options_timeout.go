package coodie

import (
	"context"
	"time"
)

// defaultTimeout is how long a call may take on a DB of Connect.
const defaultTimeout = 30 * time.Second

// WithTimeout sets how long a call may take whose context has no deadline: 30 s on a DB that
// Connect has made, and without end on one of New, which cannot see what the session's own
// timeouts are. The call is all that it sends: a Mutate with its attempts, a conditional
// write with the settling of it, All with its pages; its hooks get the context that ends then,
// those of a batch too. Of bulk work each item is a call. An
// Iter ends with the caller's loop, and has each page bounded by the cluster config's
// Timeout alone.
//
// A deadline of the context's own is left as it is, be it shorter or longer, and a Timeout
// that the chain names takes the place of this one.
func WithTimeout(d time.Duration) Option {
	return option(func(s *settings) { s.timeout, s.timeoutSet = d, true })
}

// bound gives ctx a deadline if it has none.
func (s *settings) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout == 0 {
		return ctx, unbound
	}
	if _, ok := ctx.Deadline(); ok {
		return ctx, unbound
	}
	return context.WithTimeout(ctx, s.timeout)
}

func unbound() {}

func (t *table) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return t.settings.bound(ctx)
}

func (q *query) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	c := q.chain()
	return c.bound(ctx)
}

// bound is Table.bound, unless the chain says how long a statement may take. A chain may
// not have looked yet whether there is a table.
func (c *chain) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.table == nil || c.spec.Per != nil && c.spec.Per.Timeout != nil {
		return ctx, unbound
	}
	return c.table.bound(ctx)
}
