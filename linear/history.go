package linear

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/coodie-go/coodie"
)

// Outcome says what is known of an operation.
type Outcome uint8

// The outcomes.
const (
	// Answered took effect between its call and its return, and answered its Output.
	Answered Outcome = iota
	// Unknown may take effect at any time after its call, or never.
	Unknown
	// NoEffect has none, and never will have. It explains nothing and is left out.
	NoEffect
)

// Never is the Return of an operation that has not returned: it took effect at some time after its
// call. If nobody knows whether it did, its Outcome is Unknown.
const Never time.Duration = math.MaxInt64

// Operation is one entry of a history.
type Operation[I, O any] struct {
	Client  string
	Key     string // of the object; histories of different keys are checked apart
	Input   I
	Output  O // if it was Answered
	Outcome Outcome
	// Call and Return are moments of one clock. Two operations of which one returns before the other
	// is called happened in this order.
	Call, Return time.Duration
}

// ErrUnknown marks the error of an operation, for [History.Do], whose outcome is unknown.
var ErrUnknown = errors.New("linear: outcome unknown")

// ErrNoEffect marks the error of an operation, for [History.Do], that certainly had no effect.
var ErrNoEffect = errors.New("linear: no effect")

// History collects the operations of many clients. It is safe for many goroutines.
type History[S comparable, I, O any] struct {
	model Model[S, I, O]
	start time.Time

	mu         sync.Mutex
	last       time.Duration
	operations []Operation[I, O]
	calls      map[uint64]int // index of the operation that a call of coodie's is
}

// New returns an empty history of objects that follow the model.
func New[S comparable, I, O any](m Model[S, I, O]) *History[S, I, O] {
	return &History[S, I, O]{model: m, start: time.Now(), calls: map[uint64]int{}}
}

// Now is the moment on the history's clock. Each is later than the one before, also where time stands
// still, as it does in a testing/synctest bubble.
func (h *History[S, I, O]) Now() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now()
}

func (h *History[S, I, O]) now() time.Duration {
	h.last = max(h.last+1, time.Since(h.start))
	return h.last
}

// Do calls f, which carries out an operation of a client, and records both. The error decides the
// outcome:
//
//   - nil: the operation is Answered;
//   - one that matches coodie.ErrOutcomeUnknown or [ErrUnknown]: Unknown;
//   - one that matches [ErrNoEffect], any other *coodie.Error but of KindDecode, and one of another driver
//     whose coodie.KindOf says that nothing was executed, such as no connection: NoEffect;
//   - any other: Unknown.
//
// It must be the error of the one call that has the effect: if f has changed something before,
// return ErrUnknown. A refusal is an answer, and so is that a row is missing: do not return them as
// errors.
func (h *History[S, I, O]) Do(client, key string, in I, f func() (O, error)) (O, error) {
	op := Operation[I, O]{Client: client, Key: key, Input: in, Call: h.Now(), Outcome: Unknown}
	defer func() { // also if f panics or ends its goroutine
		op.Return = h.Now()
		h.Add(op)
	}()
	out, err := f()
	op.Output, op.Outcome = out, outcomeOf(err)
	return out, err
}

// outcomeOf is what an error says of the outcome.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Answered
	case errors.Is(err, coodie.ErrOutcomeUnknown), errors.Is(err, ErrUnknown):
		return Unknown
	case errors.Is(err, ErrNoEffect):
		return NoEffect
	}
	var ours *coodie.Error
	if errors.As(err, &ours) && ours.Kind != coodie.KindDecode && ours.Kind != coodie.KindOther {
		return NoEffect
	}
	switch coodie.KindOf(err) {
	case coodie.KindUsage, coodie.KindNotFound, coodie.KindNotApplied, coodie.KindContended, coodie.KindNoHost,
		coodie.KindSyntax, coodie.KindInvalid, coodie.KindAuth:
		return NoEffect
	}
	return Unknown
}

// Add records an operation whose moments are of [History.Now], or of any other clock that all
// operations share.
func (h *History[S, I, O]) Add(op Operation[I, O]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, op)
}

// Operations returns what has been recorded. Operations of the observer that have not ended are in it
// as Unknown.
func (h *History[S, I, O]) Operations() []Operation[I, O] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.operations)
}

// Check checks what has been recorded: see [Model.Check].
func (h *History[S, I, O]) Check(opts ...Option) *Result[I, O] {
	return h.model.Check(h.Operations(), opts...)
}

// With names the operation that the next call of coodie's with the context is: [History.Observer]
// records it. The context is for one call; further calls with it are not recorded.
func (h *History[S, I, O]) With(ctx context.Context, client, key string, in I) context.Context {
	return context.WithValue(ctx, h, &named[I, O]{op: Operation[I, O]{Client: client, Key: key, Input: in}})
}

// named is an operation that a context names.
type named[I, O any] struct {
	mu   sync.Mutex
	op   Operation[I, O]
	call uint64 // coodie's; 0 before it
}

// Observer records the calls that [History.With] names: when they began and ended, and what
// coodie's outcome says. It sees no values, so a read tells nothing; record reads by [History.Do].
//
// A write that Settle finds to have been applied, or not, is recorded as such. One that ends as
// OutcomeFailed had no effect.
func (h *History[S, I, O]) Observer() coodie.CallObserver { return observer[S, I, O]{h} }

type observer[S comparable, I, O any] struct{ h *History[S, I, O] }

// Start implements coodie.CallObserver.
func (o observer[S, I, O]) Start(ctx context.Context, e coodie.Event) context.Context {
	n, ok := ctx.Value(o.h).(*named[I, O])
	if !ok || e.Parent != 0 || e.Kind == coodie.EventSettle {
		return ctx
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.call != 0 {
		return ctx
	}
	n.call = e.Call
	o.h.mu.Lock()
	defer o.h.mu.Unlock()
	op := n.op
	op.Call, op.Return, op.Outcome = o.h.now(), Never, Unknown
	o.h.calls[e.Call] = len(o.h.operations)
	o.h.operations = append(o.h.operations, op)
	return ctx
}

// Attempt implements coodie.CallObserver.
func (o observer[S, I, O]) Attempt(context.Context, coodie.Event, coodie.Attempt) {}

// Observe implements coodie.Observer.
func (o observer[S, I, O]) Observe(ctx context.Context, e coodie.Event) {
	call := e.Call
	if e.Kind == coodie.EventSettle {
		call = e.Parent
	}
	o.h.mu.Lock()
	i, ok := o.h.calls[call]
	if !ok {
		o.h.mu.Unlock()
		return
	}
	op := &o.h.operations[i]
	op.Return = o.h.now()
	switch {
	case e.Outcome == coodie.OutcomeUnknown:
		op.Outcome = Unknown
	case e.Kind == coodie.EventSettle && e.Outcome == coodie.OutcomeFailed: // the settling; nothing is known of the write
	case e.Outcome == coodie.OutcomeFailed,
		e.Kind == coodie.EventSettle && e.Outcome == coodie.OutcomeRefused,
		e.Kind == coodie.EventMutate && e.Outcome == coodie.OutcomeDone:
		op.Outcome = NoEffect
	default:
		op.Outcome = Answered
		if o.h.model.Observed != nil {
			op.Output = o.h.model.Observed(op.Input, e.Outcome)
		}
	}
	peeked := e.Op == "peek" && e.Outcome != coodie.OutcomeRefused
	if peeked { // the write itself comes next
		*op = Operation[I, O]{Client: op.Client, Key: op.Key, Input: op.Input, Call: op.Call, Return: Never, Outcome: NoEffect}
		delete(o.h.calls, call)
	}
	o.h.mu.Unlock()
	if n, ok := ctx.Value(o.h).(*named[I, O]); ok && peeked {
		n.mu.Lock()
		n.call = 0
		n.mu.Unlock()
	}
}
