package funcs

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Body computes a user's function: an argument is nil for null.
type Body func(args [][]byte) ([]byte, error)

// User makes a user's function. One that is strict is not called with a null: its
// result is null then.
func User(keyspace, name string, args []*types.Type, result *types.Type, strict bool, body Body) *Function {
	f := &Function{Keyspace: keyspace, Name: name, Args: args, Result: result}
	f.Call = func(_ *Env, values [][]byte) ([]byte, error) {
		if strict && f.anyNull(values) {
			return nil, nil
		}
		b, err := body(values)
		if err != nil {
			return nil, f.failure(err.Error())
		}
		return b, nil
	}
	return f
}

func (f *Function) anyNull(values [][]byte) bool {
	for i, v := range values {
		if isNull(f.Args[i], v) {
			return true
		}
	}
	return false
}

// UserAggregate makes a user's aggregate of its state function and, unless nil,
// the function that makes the result of the last state. An input that a strict
// state function is not called with leaves the state alone.
func UserAggregate(keyspace, name string, state *Function, strict bool, final *Function, initial []byte) *Function {
	f := &Function{Keyspace: keyspace, Name: name, Args: state.Args[1:], Result: state.Result}
	f.Refusal = state.Refusal
	if final != nil {
		f.Result = final.Result
		if f.Refusal == nil {
			f.Refusal = final.Refusal
		}
	}
	f.New = func() Aggregate { return &userAggregate{step: state, strict: strict, final: final, state: initial} }
	return f
}

type userAggregate struct {
	step   *Function
	strict bool
	final  *Function
	state  []byte
	err    error
}

func (a *userAggregate) Add(args [][]byte) {
	values := slices.Concat([][]byte{a.state}, args)
	if a.err != nil || a.strict && a.step.anyNull(values) {
		return
	}
	a.state, a.err = a.step.Call(nil, values)
}

func (a *userAggregate) Result() ([]byte, error) {
	if a.err != nil || a.final == nil {
		return a.state, a.err
	}
	return a.final.Call(nil, [][]byte{a.state})
}
