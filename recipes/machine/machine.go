// Package machine moves the rows of a table through declared states, each step one
// lightweight transaction.
//
//	type Order struct {
//		ID      string     `cql:"id,partition"`
//		State   State      `cql:"state"`
//		Version int64      `cql:"version,version"`
//		Attempt coodie.UUID `cql:"attempt,attempt"`
//	}
//
//	var orders = machine.New(func(o *Order) *State { return &o.State }, machine.Rules[State, Event]{
//		Placed: {Pay: Paid, Cancel: Cancelled},
//		Paid:   {Ship: Shipped},
//	})
//
//	step, err := orders.Fire(ctx, table.Find(id.Eq("o1")), Pay)
//
// An event leads from one state to one other; two rules for the same are a compile error,
// since constant keys of a map must differ. Of events that are fired at once, at each
// state one wins, and the others are judged by the state that they then find.
//
// The table is the caller's own. Fire stands on coodie's Mutate: the row is read at serial
// consistency, and written on the condition that nothing has changed since. Unknown
// outcomes are settled if the struct has an attempt column; give it one, and a version
// column too. With the writers' slots (tag `slots`) no step of a row that is there is left open.
//
// On a table with a default TTL each column expires on its own, and Fire renews those that it writes. To write
// a step without expiry pass a query with WithTTL(0).
package machine

import (
	"context"
	"errors"
	"fmt"

	"github.com/coodie-go/coodie"
)

// Rules say for each state to which other one an event leads. What is not in them is
// refused.
type Rules[S, E comparable] map[S]map[E]S

// Machine is a set of rules for a column of T's table. It is safe for many goroutines.
type Machine[T any, S, E comparable] struct {
	state func(*T) *S
	rules Rules[S, E]
}

// New returns the machine whose state is in the selected field of T. The rules must not be
// changed afterwards.
func New[T any, S, E comparable](state func(*T) *S, rules Rules[S, E]) *Machine[T, S, E] {
	return &Machine[T, S, E]{state, rules}
}

// Next is the state that event leads to from a state; false if it is not allowed there.
func (m *Machine[T, S, E]) Next(from S, event E) (to S, ok bool) {
	to, ok = m.rules[from][event]
	return to, ok
}

// Step is what Fire has done.
type Step[T any, S comparable] struct {
	From, To S
	Row      T // as it is now
}

// Fire takes the one row that q selects by its key to the state that event leads to. If the event
// is not allowed in the row's state, that is a *TransitionError, and the Step has the row as it is, From and To its
// state; if there is no such row,
// coodie.ErrNotFound.
//
// The changes are made together with the step, in order. They see the row in its new
// state; an error of theirs refuses the step and is returned as it is. They may run
// several times, as Mutate says, and must not have effects of their own.
//
// If the outcome stays unknown the error matches coodie.ErrOutcomeUnknown. Fire may be called
// again: a step that was made after all is then a *TransitionError that is Already.
func (m *Machine[T, S, E]) Fire(ctx context.Context, q *coodie.QuerySet[T], event E, changes ...func(*T) error) (Step[T, S], error) {
	var step Step[T, S]
	if m == nil || m.state == nil {
		return step, &coodie.Error{Kind: coodie.KindUsage, Op: "fire", Reason: "the machine has no state; make it with New and a selector"}
	}
	res, err := q.Mutate(ctx, func(_ context.Context, row *T) error {
		state := m.state(row)
		from := *state
		step = Step[T, S]{}
		to, ok := m.Next(from, event)
		if !ok {
			step = Step[T, S]{From: from, To: from, Row: *row}
			return &TransitionError[S, E]{Event: event, From: from, Already: m.leadsTo(event, from)}
		}
		*state = to
		for _, change := range changes {
			if err := change(row); err != nil {
				return err
			}
		}
		if *state != to {
			return &coodie.Error{Kind: coodie.KindUsage, Op: "fire", Reason: "a change has set the state, which is the rules' business"}
		}
		step.From, step.To = from, to
		return nil
	})
	if errors.Is(err, ErrNotAllowed) {
		return step, err
	}
	if err != nil {
		return Step[T, S]{}, err
	}
	step.Row = res.Value
	return step, nil
}

// leadsTo reports whether event leads to state from anywhere.
func (m *Machine[T, S, E]) leadsTo(event E, state S) bool {
	for _, events := range m.rules {
		if to, ok := events[event]; ok && to == state {
			return true
		}
	}
	return false
}

// ErrNotAllowed is matched by every *TransitionError.
var ErrNotAllowed = errors.New("machine: not allowed")

// TransitionError is returned by Fire for an event that is not allowed in the row's state. It matches
// ErrNotAllowed. Its text names the types of the two and not their values, of which the state is the
// row's.
type TransitionError[S, E comparable] struct {
	Event E
	From  S // the state that the row is in
	// Already says that it is a state that the event leads to: perhaps it has been fired
	// before.
	Already bool
}

func (e *TransitionError[S, E]) Error() string {
	s := fmt.Sprintf("%v: no rule takes the event (%T) in the row's state (%T)", ErrNotAllowed, e.Event, e.From)
	if e.Already {
		s += "; the event leads to this state, so it may have been fired before"
	}
	return s
}

// Is matches ErrNotAllowed.
func (e *TransitionError[S, E]) Is(target error) bool { return target == ErrNotAllowed }
