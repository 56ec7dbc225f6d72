package lease

import (
	"context"
	"sync"
	"time"
)

// KeepAlive renews the lease in the background, three times within its ttl, until stop is
// called or ctx ends. The context it returns ends when the lease can no longer be
// vouched for: because a renewal was refused, or none succeeded in time, or the lease was
// released; context.Cause is then the *LostError. Work that the lease protects runs
// under it.
//
// stop ends the context and waits until nothing runs in the background. It does not
// release the lease, and may be called more than once.
func (l *Lease) KeepAlive(ctx context.Context) (kept context.Context, stop func()) {
	kept, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	running.Go(func() { l.keep(kept, cancel) })
	return kept, func() {
		cancel(nil)
		running.Wait()
	}
}

func (l *Lease) keep(ctx context.Context, cancel context.CancelCauseFunc) {
	// Beside the renewals, one of which may hang until its context ends.
	end := l.whenOver(cancel)
	defer end.Stop()
	next := time.NewTimer(l.ttl / 3)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-l.ended:
			cancel(l.Err())
			return
		case <-ctx.Done():
			return
		}
		if err := l.Err(); err != nil { // the machine has been asleep
			cancel(err)
			return
		}
		if err := l.Renew(ctx); err == nil {
			next.Reset(l.ttl / 3)
		} else {
			next.Reset(l.ttl / 10)
		}
	}
}

// whenOver calls cancel when the lease is no longer vouched for.
func (l *Lease) whenOver(cancel context.CancelCauseFunc) interface{ Stop() bool } {
	var mu sync.Mutex // so that the function sees its timer
	mu.Lock()
	defer mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(l.Deadline()), func() {
		mu.Lock()
		defer mu.Unlock()
		if err := l.Err(); err != nil {
			cancel(err)
		} else {
			timer.Reset(time.Until(l.Deadline())) // renewed since
		}
	})
	return timer
}
