package linear

import (
	"fmt"
	"reflect"

	"github.com/anishathalye/porcupine"

	"github.com/coodie-go/coodie"
)

// Model is what an object does if its operations come one after the other. S is its state, I what an
// operation is asked and O what it answers.
type Model[S comparable, I, O any] struct {
	// Init is the state before the first operation.
	Init S
	// Do is the state after an operation, and its answer. It must not change anything else.
	Do func(state S, in I) (next S, out O)
	// Agree reports whether the answer that a client was told fits the one that Do gives. A client
	// may have been told less. Nil: they must be equal.
	Agree func(in I, did, told O) bool
	// Idle reports whether an operation with this answer, such as a read or a refusal, leaves every
	// state as it is. It makes violations short sooner. Nil: none does.
	Idle func(in I, out O) bool
	// Observed is the answer to an operation that [History.Observer] has recorded: what the outcome
	// of coodie's call says. It is needed for that only.
	Observed func(in I, outcome coodie.Outcome) O
	// Describe is an operation in a few words; out is nil if its outcome is unknown. Nil: by fmt.
	Describe func(in I, out *O) string
}

// step is one operation as porcupine takes it.
type step[I, O any] struct {
	*Operation[I, O]
	maybe bool // it may have happened in its time, or not
}

// agree reports whether what was told fits what the model does.
func (m *Model[S, I, O]) agree(in I, did, told O) bool {
	if m.Agree != nil {
		return m.Agree(in, did, told)
	}
	return reflect.DeepEqual(did, told)
}

// describe is the operation in words.
func (m *Model[S, I, O]) describe(op *Operation[I, O]) string {
	var out *O
	if op.Outcome == Answered {
		out = &op.Output
	}
	s := ""
	switch {
	case m.Describe != nil:
		s = m.Describe(op.Input, out)
	case out != nil:
		s = fmt.Sprintf("%v → %v", op.Input, *out)
	default:
		s = fmt.Sprintf("%v → ?", op.Input)
	}
	return op.Client + ": " + s
}

// exact is the model without operations that may not have happened.
func (m *Model[S, I, O]) exact() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return m.Init },
		Step: func(state, input, _ any) (bool, any) {
			op := input.(step[I, O])
			next, out := m.Do(state.(S), op.Input)
			return op.Outcome != Answered || m.agree(op.Input, out, op.Output), next
		},
		DescribeOperation: func(input, _ any) string { return m.describe(input.(step[I, O]).Operation) },
	}
}

// loose is the model with operations that may not have happened: its states are sets.
func (m *Model[S, I, O]) loose() porcupine.Model {
	n := porcupine.NondeterministicModel{
		Init: func() []any { return []any{m.Init} },
		Step: func(state, input, _ any) []any {
			op := input.(step[I, O])
			next, out := m.Do(state.(S), op.Input)
			switch {
			case op.maybe:
				return []any{state, next}
			case op.Outcome != Answered || m.agree(op.Input, out, op.Output):
				return []any{next}
			}
			return nil
		},
	}
	return n.ToModel()
}
