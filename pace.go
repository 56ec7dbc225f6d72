package coodie

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/driver"
)

// pace lets a number of rows through at a time; the zero value lets all through.
type pace struct {
	row  time.Duration
	mu   sync.Mutex
	next time.Time
}

// wait waits for the turn of n rows.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.row == 0 || n == 0 {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(n) * p.row)
	p.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &interrupted{fmt.Errorf("waiting for RateLimit: %w", driver.Ended(ctx))}
	}
}
