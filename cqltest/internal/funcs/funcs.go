// Package funcs holds CQL's native functions and aggregates, arithmetic
// included, and picks the overload that a call means.
package funcs

import (
	"strings"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Env is what functions may know of the statement being executed.
type Env struct {
	// Now is the statement's time. It must be set.
	Now time.Time
	// TimeUUIDs makes the values of now(). Nil stands for one shared by the
	// process.
	TimeUUIDs *TimeUUIDs
}

// Function is a scalar function, whose Call is set, or an aggregate, whose New
// is set, with fixed argument types. Functions are immutable.
type Function struct {
	Keyspace string // of a user's function; empty for a native one
	Name     string
	Args     []*types.Type
	Result   *types.Type
	// Impure is set when equal arguments may give different results.
	Impure bool

	// Call computes the function. An argument is nil for null.
	Call func(env *Env, args [][]byte) ([]byte, error)
	// New returns an aggregate for an empty group.
	New func() Aggregate

	// Refusal says why the function cannot be called, if it cannot.
	Refusal error

	factory bool
	column  func(args []string) string
}

// Aggregate accumulates the rows of one group.
type Aggregate interface {
	Add(args [][]byte)
	Result() ([]byte, error)
}

// FromFactory says whether f was made for the types of one call, such as
// to_json; such functions are never an exact match.
func (f *Function) FromFactory() bool { return f.factory }

// IsAggregate says whether f is an aggregate.
func (f *Function) IsAggregate() bool { return f.New != nil }

// FullName returns the name with its keyspace.
func (f *Function) FullName() string { return f.keyspace() + "." + f.Name }

func (f *Function) keyspace() string {
	if f.Keyspace == "" {
		return "system"
	}
	return f.Keyspace
}

// String returns the signature as it appears in messages.
func (f *Function) String() string {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		if a.Kind == types.KindTuple {
			args[i] = a.StringIgnoringFrozen()
		} else {
			args[i] = a.String()
		}
	}
	return f.keyspace() + "." + cqlparse.QuoteIdentifier(f.Name) + " : (" + strings.Join(args, ", ") + ") -> " + f.Result.String()
}

// ColumnName is the name of the result column of a call on args.
func (f *Function) ColumnName(args []string) string {
	if f.column != nil {
		return f.column(args)
	}
	return f.FullName() + "(" + strings.Join(args, ", ") + ")"
}

// failure is an error raised by f while it runs.
func (f *Function) failure(message string) error {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.String()
	}
	return &types.Error{Code: types.CodeFunctionFailure, Message: message, Keyspace: f.keyspace(), Function: f.Name, ArgTypes: args}
}

// isNull says whether a function takes b, an argument of type t, for null.
func isNull(t *types.Type, b []byte) bool {
	return b == nil || len(b) == 0 && t.EmptyIsNull()
}

// scalar makes a function that is null if any argument is.
func scalar(name string, result *types.Type, call func(args [][]byte) ([]byte, error), args ...*types.Type) *Function {
	return &Function{Name: name, Args: args, Result: result, Call: func(_ *Env, values [][]byte) ([]byte, error) {
		for i, v := range values {
			if isNull(args[i], v) {
				return nil, nil
			}
		}
		return call(values)
	}}
}
