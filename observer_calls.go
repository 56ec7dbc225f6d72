package coodie

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/internal/driver"
)

// listener is an observer as a call tells it. It is an interface so that a program without one does not link what
// keeps it from doing harm.
type listener interface {
	started(context.Context, Event, *waits) context.Context
	attempted(context.Context, Event, Attempt, *waits)
	ended(context.Context, Event, *waits)
	is(Observer) bool
}

// waits are how long a call has waited for observers that were slow.
type waits map[listener]time.Duration

// watch is a call of which observers are told: of its start, of each attempt, and of its end. It
// is nil without observers, and its methods then do nothing.
type watch struct {
	observers []listener
	ctx       context.Context // of the call, as the observers want it
	start     time.Time

	mu    sync.Mutex // a driver may fetch pages in a goroutine of its own
	waits waits
	ended bool
	event Event
}

// lastCall is the id of the last call.
var lastCall atomic.Uint64

// callKey is where a context holds the origin of the calls that are made with it.
type callKey struct{}

// origin is the call within which another one is made.
type origin struct {
	call     uint64
	internal bool // by coodie: user code that runs within the call gets a context that says false
}

// watches reports whether observers are to be told of a call.
func (s *settings) watches(ctx context.Context) bool {
	return len(s.observers) > 0 && !driver.IsPlanning(ctx)
}

// begin tells the observers, if there are any, that a call on the table begins: see the function begin.
func (t *table) begin(ctx context.Context, op string, kind EventKind, r *driver.Request) (context.Context, *watch) {
	if !t.settings.watches(ctx) {
		return ctx, nil
	}
	return begin(ctx, t.settings.observers, Event{Op: op, Kind: kind, Keyspace: t.ownKeyspace(), Table: t.schema.Name}, r)
}

// begin tells the observers that a call begins. The context that it returns is the call's. r is its
// statement; nil if it has several, with events of their own.
func begin(ctx context.Context, observers []listener, e Event, r *driver.Request) (context.Context, *watch) {
	e.Call = lastCall.Add(1)
	within, _ := ctx.Value(callKey{}).(origin)
	if e.Parent == 0 {
		e.Parent = within.call
	}
	e.Internal = e.Internal || within.internal
	e.Paxos = e.Kind == EventLWT || e.Kind == EventSerialRead
	w := &watch{observers: observers, start: time.Now()}
	if r != nil {
		r.Watcher = w
		e.Statement, e.Statements = cmp.Or(e.Statement, r.Statement), max(1, len(r.Entries), e.Statements)
		e.Consistency, e.SerialConsistency = Consistency(r.Consistency), SerialConsistency(r.Serial)
		e.Idempotent, e.Reason = r.Replayable, r.Reason
		if r.Kind == driver.Read || r.Kind == driver.SerialRead {
			e.Idempotent = true
		}
	}
	w.event = e
	w.ctx = context.WithValue(ctx, callKey{}, origin{call: e.Call})
	for _, o := range w.observers {
		w.ctx = o.started(w.ctx, e, &w.waits)
	}
	if e.Kind == EventMutate || e.Kind == EventSettle {
		return context.WithValue(w.ctx, callKey{}, origin{e.Call, true}), w
	}
	return w.ctx, w
}

// forUser is ctx for code of the program's that runs within the call.
func (w *watch) forUser(ctx context.Context) context.Context {
	if w == nil {
		return ctx
	}
	return context.WithValue(ctx, callKey{}, origin{call: w.event.Call})
}

// told is what Settle's event says of the write that it settles. It is zero without observers.
type told struct {
	observers []listener
	event     Event // what tells the write
}

func (w *watch) told() told {
	if w == nil {
		return told{}
	}
	e := &w.event
	return told{w.observers, Event{Op: "settle", Kind: EventSettle, Parent: e.Call, Internal: e.Internal, Keyspace: e.Keyspace, Table: e.Table}}
}

// begin tells the observers of the write that Settle begins.
func (t *told) begin(ctx context.Context) (context.Context, *watch) {
	if len(t.observers) == 0 || driver.IsPlanning(ctx) {
		return ctx, nil
	}
	return begin(ctx, t.observers, t.event, nil)
}

// leave is called before code of the program's that the call runs, and returned after it.
func (w *watch) leave() (at time.Time) {
	if w != nil {
		at = time.Now()
	}
	return at
}

func (w *watch) returned(at time.Time) {
	if w != nil {
		w.mu.Lock()
		w.event.Caller += time.Since(at)
		w.mu.Unlock()
	}
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
		o.attempted(w.ctx, *e, Attempt{Number: e.Attempts, Several: a.Several, Start: a.Start, End: a.End, Host: a.Host, Err: a.Err}, &w.waits)
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
		o.ended(w.ctx, w.event, &w.waits)
	}
}

// errLeft is the error of a call that has ended without a result.
var errLeft = errors.New("coodie: code of the program's that ran within the call (a loop, a function, a hook) panicked, or ended its goroutine")

// errLeftOpen is the same of a write, which may have been executed.
var errLeftOpen = fmt.Errorf("%w: %w", ErrOutcomeUnknown, errLeft)

// left tells the observers of a call that a panic or runtime.Goexit ends. It is deferred.
func (w *watch) left(rest func(*Event)) {
	if w.over() {
		return
	}
	err := errLeft
	switch w.event.Kind {
	case EventWrite, EventLWT, EventDDL:
		err = errLeftOpen
	}
	w.end(OutcomeDone, err, rest)
}

// over reports whether nobody is to be told of an end.
func (w *watch) over() bool {
	if w == nil {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// patience is how long a call waits for an observer, all its events together.
const patience = time.Second

// slow is how long an observer may take for an event without the call keeping count of it.
const slow = time.Millisecond

// observed is an observer that harms nobody: it may panic, and never return.
type observed struct {
	ends  Observer
	calls CallObserver // nil if it is none

	late   atomic.Int64 // its calls that have not returned in time, and go on
	missed atomic.Int64 // the events that it was not told of meanwhile
	said   sync.Once
}

func observe(o Observer) listener {
	calls, _ := o.(CallObserver)
	return &observed{ends: o, calls: calls}
}

// is reports whether it is that observer. Functions cannot be compared.
func (o *observed) is(other Observer) bool {
	v := reflect.ValueOf(other)
	return v.IsValid() && reflect.TypeOf(o.ends) == v.Type() && v.Comparable() && o.ends == other
}

// notice is an event on its way to an observer.
type notice struct {
	over  atomic.Bool   // the observer has returned, or nobody waits for it any more
	done  chan struct{} // gets one when the observer has returned
	timer *time.Timer
}

// notices are those whose observer has returned in time.
var notices = sync.Pool{New: func() any {
	return &notice{done: make(chan struct{}, 1), timer: time.NewTimer(patience)}
}}

// tell runs f, and waits for it, but not for long. While an earlier f still runs it does nothing.
func (o *observed) tell(waits *waits, f func()) (told bool) {
	if o.late.Load() > 0 {
		o.missed.Add(1)
		return false
	}
	n := notices.Get().(*notice)
	n.over.Store(false)
	n.timer.Reset(patience - (*waits)[o])
	start := time.Now()
	go o.run(n, f)
	select {
	case <-n.done:
		told = true
	case <-n.timer.C:
	}
	if waited := time.Since(start); waited > slow {
		if *waits == nil {
			*waits = map[listener]time.Duration{}
		}
		(*waits)[o] += waited
	}
	if !told {
		o.late.Add(1)
		if n.over.CompareAndSwap(false, true) {
			o.report("an observer of coodie blocks, and is told of nothing until it returns", slog.Duration("waited", patience))
			return false
		}
		o.late.Add(-1) // it has just returned
		<-n.done
	}
	n.timer.Stop()
	notices.Put(n)
	return true
}

// run runs f for tell.
func (o *observed) run(n *notice, f func()) {
	defer func() {
		if p := recover(); p != nil {
			o.report("an observer of coodie panicked", "panic", p, "stack", string(debug.Stack()))
		}
		if !n.over.CompareAndSwap(false, true) {
			o.late.Add(-1)
		}
		n.done <- struct{}{}
	}()
	f()
}

// report logs what is wrong with the observer, once, and waits for nobody: the log may be what blocks.
func (o *observed) report(text string, args ...any) {
	o.said.Do(func() {
		args = append(args, "observer", fmt.Sprintf("%T", o.ends))
		go func() {
			defer func() { _ = recover() }() // of a log that panics nobody can be told
			slog.Default().Error(text, args...)
		}()
	})
}

// joined is the call's context with the values of the one that an observer has made of it: whatever that is, the call ends
// when its own context does.
type joined struct {
	context.Context
	values  context.Context
	derived bool // values has all that Context has: to ask both would double the work with each observer and each nested call
}

func (j joined) Value(key any) any {
	if v := j.values.Value(key); v != nil || j.derived {
		return v
	}
	return j.Context.Value(key)
}

// started tells of a start, and returns the context that the observer wants.
func (o *observed) started(ctx context.Context, e Event, waits *waits) context.Context {
	if o.calls == nil {
		return ctx
	}
	wanted := make(chan context.Context, 1)
	start := func() {
		if own := o.calls.Start(ctx, e); own != nil {
			wanted <- joined{ctx, own, own.Value(callKey{}) == any(origin{call: e.Call})}
		}
	}
	if o.tell(waits, start) {
		select {
		case own := <-wanted:
			return own
		default: // it panicked, or wants no other
		}
	}
	return ctx
}

// attempted tells of an attempt.
func (o *observed) attempted(ctx context.Context, e Event, a Attempt, waits *waits) {
	if o.calls != nil {
		o.tell(waits, func() { o.calls.Attempt(ctx, e, a) })
	}
}

// ended tells of an end.
func (o *observed) ended(ctx context.Context, e Event, waits *waits) {
	missed := int64(0)
	if o.late.Load() == 0 {
		missed = o.missed.Swap(0)
	}
	if missed > 0 {
		e.Warning = warnings(e.Warning, fmt.Sprintf("this observer was not told of %d events, because it had not returned within %v", missed, patience))
	}
	if !o.tell(waits, func() { o.ends.Observe(ctx, e) }) {
		o.missed.Add(missed)
	}
}
