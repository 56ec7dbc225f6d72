package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/recipes/lease"
)

// Kind is what a row stands for.
type Kind uint8

const (
	Register Kind = iota // is read, and swapped for a number that nobody else uses
	Lock                 // is taken by an insert and given back by a delete of the own token
	Counter              // is counted up
	Lease                // is held for a while, renewed, released or left to end by itself
	kinds
)

func (k Kind) String() string { return [...]string{"register", "lock", "counter", "lease"}[k] }

// Client is how a library carries out the operations; one worker uses it at a time.
type Client interface {
	// Read reads a row at serial consistency.
	Read(ctx context.Context, kind Kind, key string) Answer
	// Swap makes the row's number next if it is old.
	Swap(ctx context.Context, kind Kind, key string, old, next int64) Answer
	// Add adds one to a counter.
	Add(ctx context.Context, key string) Answer
}

// A Lessee is a client that has leases too.
type Lessee interface {
	Acquire(ctx context.Context, name string, ttl time.Duration) (*lease.Lease, Answer)
}

const (
	width    = 12  // rows of a kind that are in use at a time
	lifetime = 120 // operations on a row, after which another takes its place
)

// rows hands out the rows of one kind: a few, so that clients collide, and each for a
// bounded number of operations, so that their order can be searched.
type rows struct {
	mu   sync.Mutex
	made int
	keys [width]string
	used [width]int
}

func (r *rows) pick(kind Kind, random *rand.Rand) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := random.IntN(width)
	if r.keys[i] == "" || r.used[i] >= lifetime {
		r.made++
		r.keys[i], r.used[i] = fmt.Sprintf("%s %d", kind, r.made), 0
	}
	r.used[i]++
	return r.keys[i]
}

// load is what all workers of a run share.
type load struct {
	history *History
	numbers atomic.Int64 // the last unique number
	rows    [kinds]rows
}

func (l *load) unique() int64 { return l.numbers.Add(1) }

// worker is one client of the load.
type worker struct {
	*load
	id     int
	client Client
	random *rand.Rand
	last   map[string]int64 // the registers as last seen
	stray  []int64          // tokens of locks that may be held without our knowing
}

func newWorker(l *load, id int, c Client, seed uint64) *worker {
	return &worker{load: l, id: id, client: c, random: rand.New(rand.NewPCG(seed, uint64(id))), last: map[string]int64{}}
}

// run works until ctx ends; operations that have begun are carried through.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		kind := Kind(w.random.IntN(int(Lease)))
		if _, ok := w.client.(Lessee); ok && w.random.IntN(8) == 0 {
			kind = Lease
		}
		switch kind {
		case Register:
			w.register(w.rows[kind].pick(kind, w.random))
		case Lock:
			w.lock(w.rows[kind].pick(kind, w.random))
		case Counter:
			w.count(w.rows[kind].pick(kind, w.random))
		case Lease:
			w.lease(w.rows[kind].pick(kind, w.random))
		}
	}
}

// within is the time that a client has for one operation.
const within = 10 * time.Second

func (w *worker) read(kind Kind, key string) Answer {
	return w.history.Record(Operation{Kind: kind, Client: w.id, Key: key, Action: Read}, func() Answer {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		return w.client.Read(ctx, kind, key)
	})
}

func (w *worker) swap(kind Kind, key string, old, next int64) Answer {
	return w.history.Record(Operation{Kind: kind, Client: w.id, Key: key, Action: Swap, Old: old, New: next}, func() Answer {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		return w.client.Swap(ctx, kind, key, old, next)
	})
}

func (w *worker) register(key string) {
	var a Answer
	if w.random.IntN(3) == 0 {
		a = w.read(Register, key)
	} else {
		next := w.unique()
		a = w.swap(Register, key, w.last[key], next)
		if a.Outcome == Applied {
			w.last[key] = next
		}
	}
	if a.Told {
		w.last[key] = a.Seen
	}
}

func (w *worker) count(key string) {
	if w.random.IntN(8) == 0 {
		w.read(Counter, key)
		return
	}
	w.history.Record(Operation{Kind: Counter, Client: w.id, Key: key, Action: Add}, func() Answer {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		return w.client.Add(ctx, key)
	})
}

func (w *worker) lock(key string) {
	token := w.unique()
	switch a := w.swap(Lock, key, 0, token); {
	case a.Outcome == Applied:
		time.Sleep(time.Duration(w.random.Int64N(int64(10 * time.Millisecond))))
		w.release(key, token)
	case a.Outcome == Open:
		w.stray = append(w.stray, token)
		w.swap(Lock, key, token, 0)
	case a.Told && slices.Contains(w.stray, a.Seen):
		w.swap(Lock, key, a.Seen, 0)
	}
}

// release gives back a lock that is held, and does not give up for an outcome that is not
// known: nobody else can release it, so if it is not held any more, this was done here.
func (w *worker) release(key string, token int64) {
	w.history.Record(Operation{Kind: Lock, Client: w.id, Key: key, Action: Swap, Old: token}, func() Answer {
		var unknown bool
		for deadline := time.Now().Add(within); ; {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			a := w.client.Swap(ctx, Lock, key, token, 0)
			cancel()
			unknown = unknown || a.Unknown
			switch {
			case a.Outcome == Refused && unknown:
				return Answer{Outcome: Applied, Unknown: true}
			case a.Outcome == Applied, a.Outcome == Refused:
				a.Unknown = unknown
				return a
			case time.Now().After(deadline):
				return Answer{Outcome: Open, Unknown: unknown, Err: a.Err}
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// lease holds a lease for a while, if it is free, renews it or not, and releases it or
// leaves it to end by itself, as a client that crashes.
func (w *worker) lease(name string) {
	const ttl = 1500 * time.Millisecond
	var l *lease.Lease
	w.history.Record(Operation{Kind: Lease, Client: w.id, Key: name, Action: Grant}, func() (a Answer) {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		l, a = w.client.(Lessee).Acquire(ctx, name, ttl)
		return a
	})
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	held := Operation{Kind: Lease, Client: w.id, Key: name, Action: Held, Answer: Answer{Seen: l.Token(), Told: true}, Call: w.history.now()}
	for until := held.Call + time.Duration(w.random.Int64N(int64(2*ttl))); ; time.Sleep(5 * time.Millisecond) {
		now := w.history.now()
		if !l.Valid() {
			break
		}
		held.Return = now // it is valid now and has been since the grant
		if now > until {
			break
		}
		if w.random.IntN(100) == 0 {
			_ = l.Renew(ctx)
		}
	}
	if held.Return > held.Call {
		w.history.add(held)
	}
	if w.random.IntN(3) > 0 {
		_ = l.Release(ctx)
	}
}
