// Package rowqueue lets the calls of one process that change a row take turns.
package rowqueue

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Queue lets callers of one key through one at a time. It forgets keys that nobody uses. It
// only saves work: whoever goes on without his turn is kept right by the condition of his write.
type Queue[R any] struct {
	mu   sync.Mutex
	keys map[string]*Place[R]
}

// Place is a key in use. Left and Since belong to the one inside.
type Place[R any] struct {
	turn    chan struct{} // holds one token: whose turn it is
	waiting int           // callers inside or waiting

	// Left is the row as the last one inside has written it, zero if that is not known, and
	// Since how many have written on since it was read.
	Left  R
	Since int
}

// Patience is how long a caller waits for his turn before he goes on without it. Who is
// inside may wait for this very caller, through another goroutine or another context.
var Patience = 5 * time.Second

// ErrReentered means that the caller is inside already and would wait for itself.
var ErrReentered = errors.New("the row's queue was entered twice by one call")

// inside is what a context says of the calls that it is for.
type inside struct {
	queue any
	key   string
	outer *inside
}

type insideKey struct{}

// Enter waits for the turn of key, and returns a context for what is done inside. Without a
// place the caller goes on unqueued; Leave ends it otherwise. A call inside another one does not
// wait, since two that each wait for the row of the other would never end.
func (q *Queue[R]) Enter(ctx context.Context, key string, unqueued bool) (context.Context, *Place[R], error) {
	outer, _ := ctx.Value(insideKey{}).(*inside)
	for in := outer; in != nil; in = in.outer {
		if in.queue == q && in.key == key {
			return ctx, nil, ErrReentered
		}
	}
	within := context.WithValue(ctx, insideKey{}, &inside{q, key, outer})
	if unqueued || outer != nil {
		return within, nil, nil
	}
	q.mu.Lock()
	p := q.keys[key]
	if p == nil {
		p = &Place[R]{turn: make(chan struct{}, 1)}
		p.turn <- struct{}{}
		if q.keys == nil {
			q.keys = map[string]*Place[R]{}
		}
		q.keys[key] = p
	}
	p.waiting++
	q.mu.Unlock()

	select { // without a timer where nobody is inside
	case <-p.turn:
		return within, p, nil
	default:
	}
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	select {
	case <-p.turn:
		return within, p, nil
	case <-patience.C:
		q.forget(key, p)
		return within, nil, nil
	case <-ctx.Done():
		q.forget(key, p)
		return ctx, nil, ctx.Err()
	}
}

// Leave ends the turn.
func (q *Queue[R]) Leave(key string, p *Place[R]) {
	p.turn <- struct{}{}
	q.forget(key, p)
}

// Awaited reports whether somebody waits for the one inside.
func (q *Queue[R]) Awaited(p *Place[R]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return p.waiting > 1
}

func (q *Queue[R]) forget(key string, p *Place[R]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		delete(q.keys, key)
	}
}

// Waiting is how many calls are inside or wait for their turn.
func (q *Queue[R]) Waiting() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.keys {
		n += p.waiting
	}
	return n
}
