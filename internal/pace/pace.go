// Package pace waits: for a while, or so that work goes through at a rate.
package pace

import (
	"context"
	"sync"
	"time"
)

// Pace lets one item through in each Interval; the zero value lets all through at once.
type Pace struct {
	Interval time.Duration

	mu   sync.Mutex
	next time.Time
}

// Wait waits for the turn of n items, or until ctx ends, whose error it returns.
func (p *Pace) Wait(ctx context.Context, n int) error {
	if p.Interval == 0 || n == 0 {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(n) * p.Interval)
	p.mu.Unlock()
	return Sleep(ctx, wait)
}

// Sleep waits for d, or until ctx ends, whose error it returns.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
