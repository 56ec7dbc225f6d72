package coodie

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
)

// queue lets callers of one key through one at a time. It forgets keys that nobody uses.
type queue struct {
	mu   sync.Mutex
	keys map[string]*place
}

// place is a key in use.
type place struct {
	turn    chan struct{} // holds one token: whose turn it is
	waiting int           // callers inside or waiting
	holder  string        // the goroutine inside

	// left is the row as the last one inside has written it, nil if that is not known, and
	// since how many have written on since it was read. They belong to the one inside.
	left  *existing
	since int
}

// errReentered means that the caller is inside already and would wait for itself.
var errReentered = errors.New("the row's queue was entered twice by one goroutine")

// enter waits for the turn of key, under the context; leave must end it.
func (q *queue) enter(ctx context.Context, key string) (*place, error) {
	self := goroutine()
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
	if p.holder == self {
		q.mu.Unlock()
		return nil, errReentered
	}
	p.waiting++
	q.mu.Unlock()

	select {
	case <-p.turn:
		q.hold(p, self)
		return p, nil
	case <-ctx.Done():
		q.forget(key, p)
		return nil, ctx.Err()
	}
}

func (q *queue) leave(key string, p *place) {
	q.hold(p, "")
	p.turn <- struct{}{}
	q.forget(key, p)
}

// awaited reports whether somebody waits for the one inside.
func (q *queue) awaited(p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return p.waiting > 1
}

func (q *queue) hold(p *place, holder string) {
	q.mu.Lock()
	p.holder = holder
	q.mu.Unlock()
}

func (q *queue) forget(key string, p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		delete(q.keys, key)
	}
}

// goroutine names the running goroutine: "goroutine 42". Go has no other way to tell that
// a caller is about to wait for itself.
func goroutine() string {
	var room [64]byte
	name, _, _ := bytes.Cut(room[:runtime.Stack(room[:], false)], []byte(" ["))
	return string(name)
}
