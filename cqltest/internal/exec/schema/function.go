package schema

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// FunctionBody computes a user's function in Go. A value is nil for null.
type FunctionBody func(args []*types.Type, result *types.Type, values [][]byte) ([]byte, error)

// Function is a user's function, or an aggregate. What its language says is kept
// and shown, but not run: it computes what its body in Go does.
type Function struct {
	Name           string
	Args           []*types.Type
	ArgNames       []string
	Result         *types.Type
	Strict         bool // RETURNS NULL ON NULL INPUT
	Language, Text string

	Aggregate *Aggregate // nil for a scalar function
	Call      *funcs.Function
}

// Aggregate is what a user's aggregate is made of.
type Aggregate struct {
	State, Final string // names of functions; no final one if empty
	StateType    *types.Type
	Initial      []byte
}

// Same says whether two functions have the same name and arguments.
func (f *Function) Same(name string, args []*types.Type) bool {
	return f.Name == name && slices.EqualFunc(f.Args, args, (*types.Type).EqualIgnoringFrozen)
}

// Signature is the name with the types of the arguments, as messages show it.
func (f *Function) Signature() string {
	return QuoteIdent(f.Name) + "(" + strings.Join(f.ArgTexts(), ", ") + ")"
}

// ArgTexts are the types of the arguments, as messages show them.
func (f *Function) ArgTexts() []string {
	texts := make([]string, len(f.Args))
	for i, t := range f.Args {
		texts[i] = t.StringIgnoringFrozen()
	}
	return texts
}

// Changed is the event of a change to f: it names the keyspaces of user types.
func (f *Function) Changed(change, keyspace string) *protocol.SchemaChange {
	target := "FUNCTION"
	if f.Aggregate != nil {
		target = "AGGREGATE"
	}
	args := f.ArgTexts()
	for i, t := range f.Args {
		if t.Kind == types.KindUDT {
			args[i] = QuoteIdent(t.Keyspace) + "." + args[i]
		}
	}
	return &protocol.SchemaChange{Change: change, Target: target, Keyspace: keyspace, Name: f.Name, Arguments: args}
}

// Function returns the function of that name and those arguments, or nil.
func (k *Keyspace) Function(name string, args []*types.Type) *Function {
	for _, f := range k.Functions {
		if f.Same(name, args) {
			return f
		}
	}
	return nil
}

// SortedFunctions returns the functions, or the aggregates, as they are listed.
func (k *Keyspace) SortedFunctions(aggregates bool) []*Function {
	list := slices.DeleteFunc(slices.Clone(k.Functions), func(f *Function) bool { return (f.Aggregate != nil) != aggregates })
	slices.SortFunc(list, func(a, b *Function) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Signature(), b.Signature()))
	})
	return list
}

// WithFunctions returns the keyspace with other functions, all made callable anew.
func (k *Keyspace) WithFunctions(bodies map[string]FunctionBody, list []*Function) *Keyspace {
	next := *k
	next.Functions = nil
	for _, f := range list {
		c := *f
		if f.Aggregate == nil {
			c.Call = f.scalar(k.Name, bodies)
		}
		next.Functions = append(next.Functions, &c)
	}
	for _, f := range next.Functions {
		if a := f.Aggregate; a != nil {
			state := next.Function(a.State, f.StateArgs())
			var final *funcs.Function
			if a.Final != "" {
				final = next.Function(a.Final, []*types.Type{a.StateType}).Call
			}
			f.Call = funcs.UserAggregate(k.Name, f.Name, state.Call, state.Strict, final, a.Initial)
		}
	}
	return &next
}

// StateArgs are the arguments of an aggregate's state function.
func (f *Function) StateArgs() []*types.Type {
	return slices.Concat([]*types.Type{f.Aggregate.StateType}, f.Args)
}

// scalar makes a scalar function callable. A body is found by the function's
// name, with its keyspace or without.
func (f *Function) scalar(keyspace string, bodies map[string]FunctionBody) *funcs.Function {
	body := bodies[keyspace+"."+f.Name]
	if body == nil {
		body = bodies[f.Name]
	}
	call := funcs.User(keyspace, f.Name, f.Args, f.Result, f.Strict, func(values [][]byte) ([]byte, error) {
		return body(f.Args, f.Result, values)
	})
	if body == nil {
		call.Refusal = protocol.Invalid("Function %s.%s has no body in Go: give it one by cqltest.WithFunction(%[2]q, …)", keyspace, f.Name)
	}
	return call
}

// FunctionsNamed returns the functions of a name, to see whether they change.
func (s *Schema) FunctionsNamed(n TableName) (list []*Function) {
	if ks := s.Keyspaces[n.Keyspace]; ks != nil {
		for _, f := range ks.Functions {
			if f.Name == n.Name {
				list = append(list, f)
			}
		}
	}
	return list
}

// SameFunctions says whether a statement that calls functions of a name means the
// same as before.
func SameFunctions(old, next []*Function) bool {
	return slices.EqualFunc(old, next, func(a, b *Function) bool {
		return a.Same(b.Name, b.Args) && a.Result.Equal(b.Result) && a.Text == b.Text && slices.EqualFunc(a.Args, b.Args, (*types.Type).Equal)
	})
}
