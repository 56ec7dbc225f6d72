package coodie

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/internal/driver"
)

// listener is an observer as a call tells it. It is an interface so that a program without one does not link what
// keeps it from doing harm.
type listener interface {
	started(context.Context, Event) context.Context
	attempted(context.Context, Event, Attempt)
	ended(context.Context, Event)
}

// watch is a call of which observers are told: of its start, of each attempt, and of its end. It
// is nil without observers, and its methods then do nothing.
type watch struct {
	observers []listener
	ctx       context.Context // of the call, as the observers want it
	start     time.Time

	mu    sync.Mutex // a driver may fetch pages in a goroutine of its own
	ended bool
	event Event
}

// lastCall is the id of the last call.
var lastCall atomic.Uint64

type callKey struct{}

// watches reports whether observers are to be told of a call.
func (s *settings) watches(ctx context.Context) bool {
	return len(s.observers) > 0 && !driver.IsPlanning(ctx)
}

// begin tells the observers, if there are any, that a call on the table begins: see settings.begin.
func (t *table) begin(ctx context.Context, op string, kind EventKind, r *driver.Request) (context.Context, *watch) {
	if !t.settings.watches(ctx) {
		return ctx, nil
	}
	return t.settings.begin(ctx, Event{Op: op, Kind: kind, Keyspace: t.ownKeyspace(), Table: t.schema.Name}, r)
}

// begin tells the observers that a call begins. The context that it returns is the call's. r is its
// statement; nil if it has several, with events of their own.
func (s *settings) begin(ctx context.Context, e Event, r *driver.Request) (context.Context, *watch) {
	e.Call = lastCall.Add(1)
	if e.Parent == 0 {
		e.Parent, _ = ctx.Value(callKey{}).(uint64)
	}
	e.Paxos = e.Kind == EventLWT || e.Kind == EventSerialRead
	w := &watch{observers: s.observers, start: time.Now()}
	if r != nil {
		r.Watcher = w
		e.Statement, e.Statements = r.Statement, max(1, len(r.Entries), e.Statements)
		e.Consistency, e.SerialConsistency = Consistency(r.Consistency), SerialConsistency(r.Serial)
		e.Idempotent, e.Reason = r.Replayable, r.Reason
		if r.Kind == driver.Read || r.Kind == driver.SerialRead {
			e.Idempotent = true
		}
	}
	w.event = e
	w.ctx = context.WithValue(ctx, callKey{}, e.Call)
	for _, o := range w.observers {
		w.ctx = o.started(w.ctx, e)
	}
	return w.ctx, w
}

// id is the call's id; 0 without observers.
func (w *watch) id() uint64 {
	if w == nil {
		return 0
	}
	return w.event.Call
}

// Attempted implements driver.Watcher.
func (w *watch) Attempted(a driver.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	e := &w.event
	e.Attempts += max(1, a.Several)
	if a.Several == 0 && a.Err == nil && (e.Kind == EventRead || e.Kind == EventSerialRead) {
		e.Pages++
	}
	if a.Host != "" {
		e.Host = a.Host
	}
	for _, o := range w.observers {
		o.attempted(w.ctx, *e, Attempt{Number: e.Attempts, Start: a.Start, End: a.End, Host: a.Host, Err: a.Err})
	}
}

// Waited implements driver.Watcher.
func (w *watch) Waited(d time.Duration) {
	w.mu.Lock()
	w.event.Backoff += d
	w.mu.Unlock()
}

// wait is driver.Backoff, of which observers are told.
func (w *watch) wait(ctx context.Context, attempts int, err error) error {
	start := time.Now()
	err = driver.Backoff(ctx, attempts, err)
	if w != nil {
		w.Waited(time.Since(start))
	}
	return err
}

// end tells the observers that the call has ended with err, or else with done. rest sets what else is known; nil: nothing.
func (w *watch) end(done Outcome, err error, rest func(*Event)) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if rest != nil {
		rest(&w.event)
	}
	w.event.Err, w.event.Outcome, w.event.Duration = err, outcomeOf(done, err), time.Since(w.start)
	for _, o := range w.observers {
		o.ended(w.ctx, w.event)
	}
}

// patience is how long a call waits for an observer.
const patience = time.Second

// observed is an observer that harms nobody: it may panic, and never return.
type observed struct {
	ends   Observer
	calls  CallObserver // nil if it is none
	prompt bool         // it is coodie's own and never waits

	late   atomic.Int64 // its calls that have not returned in time, and go on
	missed atomic.Int64 // the events that it was not told of meanwhile
	said   sync.Once
}

func observe(o Observer) listener {
	calls, _ := o.(CallObserver)
	counters, _ := o.(*Counters)
	return &observed{ends: o, calls: calls, prompt: counters != nil}
}

// tell runs f, and waits for it, but not for long. While an earlier f still runs it does nothing.
func (o *observed) tell(ctx context.Context, f func(context.Context)) (told bool) {
	if o.late.Load() > 0 {
		o.missed.Add(1)
		return false
	}
	var over atomic.Bool // f has returned, or nobody waits for it any more
	done := make(chan struct{})
	go func() {
		defer func() {
			if p := recover(); p != nil {
				o.report("an observer of coodie panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			}
			if !over.CompareAndSwap(false, true) {
				o.late.Add(-1)
			}
			close(done)
		}()
		f(ctx)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	}
	o.late.Add(1)
	if over.CompareAndSwap(false, true) {
		o.report("an observer of coodie blocks, and is told of nothing until it returns", slog.Duration("waited", patience))
		return false
	}
	o.late.Add(-1) // it has just returned
	<-done
	return true
}

// report logs what is wrong with the observer, once, and waits for nobody: the log may be what blocks.
func (o *observed) report(text string, attrs ...slog.Attr) {
	o.said.Do(func() {
		attrs = append(attrs, slog.String("observer", fmt.Sprintf("%T", o.ends)))
		go func() {
			defer func() { _ = recover() }() // of a log that panics nobody can be told
			slog.Default().LogAttrs(context.Background(), slog.LevelError, text, attrs...)
		}()
	})
}

// joined is the call's context with the values of the one that an observer has made of it: whatever that is, the call ends
// when its own context does.
type joined struct {
	context.Context
	values context.Context
}

func (j joined) Value(key any) any {
	if v := j.values.Value(key); v != nil {
		return v
	}
	return j.Context.Value(key)
}

// started tells of a start, and returns the context that the observer wants.
func (o *observed) started(ctx context.Context, e Event) context.Context {
	if o.calls == nil {
		return ctx
	}
	wanted := make(chan context.Context, 1)
	if o.tell(ctx, func(ctx context.Context) { wanted <- o.calls.Start(ctx, e) }) {
		select {
		case own := <-wanted:
			if own != nil {
				return joined{ctx, own}
			}
		default: // it panicked
		}
	}
	return ctx
}

// attempted tells of an attempt.
func (o *observed) attempted(ctx context.Context, e Event, a Attempt) {
	if o.calls != nil {
		o.tell(ctx, func(ctx context.Context) { o.calls.Attempt(ctx, e, a) })
	}
}

// ended tells of an end.
func (o *observed) ended(ctx context.Context, e Event) {
	if o.prompt {
		o.ends.Observe(ctx, e)
		return
	}
	missed := int64(0)
	if o.late.Load() == 0 {
		missed = o.missed.Swap(0)
	}
	if missed > 0 {
		e.Warning = warnings(e.Warning, fmt.Sprintf("this observer was not told of %d events, because it had not returned within %v", missed, patience))
	}
	if !o.tell(ctx, func(ctx context.Context) { o.ends.Observe(ctx, e) }) {
		o.missed.Add(missed)
	}
}
