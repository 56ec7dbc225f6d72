package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what a row stands for.
type Kind uint8

const (
	Register Kind = iota // is read, and swapped for a number that nobody else uses
	Lock                 // is taken by an insert and given back by a delete of the own token
	Counter              // is counted up
	kinds
)

func (k Kind) String() string { return [...]string{"register", "lock", "counter"}[k] }

// Client is how a library carries out the operations; one worker uses it at a time.
type Client interface {
	// Read reads a row at serial consistency.
	Read(ctx context.Context, kind Kind, key string) Answer
	// Swap makes the row's number next if it is old.
	Swap(ctx context.Context, kind Kind, key string, old, next int64) Answer
	// Add adds one to a counter.
	Add(ctx context.Context, key string) Answer
}

const (
	width    = 4   // rows of a kind that are in use at a time
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
		switch kind := Kind(w.random.IntN(int(kinds))); kind {
		case Register:
			w.register(w.rows[kind].pick(kind, w.random))
		case Lock:
			w.lock(w.rows[kind].pick(kind, w.random))
		case Counter:
			w.count(w.rows[kind].pick(kind, w.random))
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
