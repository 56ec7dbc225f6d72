package coodie

import (
	"context"
	"errors"
	"sync"
	"time"
)

// queue lets callers of one key through one at a time. It forgets keys that nobody uses. It
// only saves work: whoever goes on without his turn is kept right by the condition of his write.
type queue struct {
	mu   sync.Mutex
	keys map[string]*place
}

// place is a key in use.
type place struct {
	turn    chan struct{} // holds one token: whose turn it is
	waiting int           // callers inside or waiting

	// left is the row as the last one inside has written it, nil if that is not known, and
	// since how many have written on since it was read. They belong to the one inside.
	left  *existing
	since int
}

// queuePatience is how long a caller waits for his turn before he goes on without it. Who is
// inside may wait for this very caller, through another goroutine or another context.
var queuePatience = 5 * time.Second

// errReentered means that the caller is inside already and would wait for itself.
var errReentered = errors.New("the row's queue was entered twice by one call")

// inside is what a context says of the calls that it is for.
type inside struct {
	queue *queue
	key   string
	outer *inside
}

type insideKey struct{}

// enter waits for the turn of key, and returns a context for what is done inside. Without a
// place the caller goes on unqueued; leave ends it otherwise. A call inside another one does not
// wait, since two that each wait for the row of the other would never end.
func (q *queue) enter(ctx context.Context, key string, unqueued bool) (context.Context, *place, error) {
	outer, _ := ctx.Value(insideKey{}).(*inside)
	for in := outer; in != nil; in = in.outer {
		if in.queue == q && in.key == key {
			return ctx, nil, errReentered
		}
	}
	within := context.WithValue(ctx, insideKey{}, &inside{q, key, outer})
	if unqueued || outer != nil {
		return within, nil, nil
	}
	q.mu.Lock()
	p := q.keys[key]
	if p == nil {
		p = &place{turn: make(chan struct{}, 1)}
		p.turn <- struct{}{}
		if q.keys == nil {
			q.keys = map[string]*place{}
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
	patience := time.NewTimer(queuePatience)
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

func (q *queue) leave(key string, p *place) {
	p.turn <- struct{}{}
	q.forget(key, p)
}

// awaited reports whether somebody waits for the one inside.
func (q *queue) awaited(p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return p.waiting > 1
}

func (q *queue) forget(key string, p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		delete(q.keys, key)
	}
}
