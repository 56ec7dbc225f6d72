package funcs

import (
	"slices"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Arg is an argument of a call before it is prepared.
type Arg interface {
	// Assignable says how well the argument fits a parameter.
	Assignable(recv types.Column) types.Assignability
	// Likely returns the argument's type, or the most likely one, or nil.
	Likely() *types.Type
	// IsMarker says whether the argument is a bind marker.
	IsMarker() bool
	// ArrayLen returns the number of elements if the argument is an array
	// literal in a selection, which may stand for a vector; else -1.
	ArrayLen() int
	// String is the argument in messages.
	String() string
}

// Call is a call to resolve.
type Call struct {
	// Keyspace is empty unless the call names one.
	Keyspace, Name string
	Args           []Arg
	// Receiver is the type that the result is for, or nil.
	Receiver *types.Type
	// PartitionKey lists the key types of the table, for token(); nil where
	// there is no table.
	PartitionKey []*types.Type
	// User returns the user functions of a name in a keyspace, of which Home is
	// the one that calls without keyspace mean; nil if there are none.
	User func(keyspace, name string) []*Function
	Home string
}

// DisplayName is the function's name as the call writes it.
func (c *Call) DisplayName() string {
	if c.Keyspace != "" {
		return c.Keyspace + "." + c.Name
	}
	return c.Name
}

// factory makes a function for the types of one call.
type factory struct {
	name   string
	params []param
	make   func(args []*types.Type, recv *types.Type) (*Function, error)
}

type registry struct {
	functions map[string][]*Function
	factories map[string]*factory
}

var natives = sync.OnceValue(func() *registry {
	r := &registry{functions: map[string][]*Function{}, factories: map[string]*factory{}}
	for _, list := range [][]*Function{
		aggregates(), blobFunctions(), castFunctions(), mathFunctions(), operators(), timeFunctions(), uuidFunctions(),
	} {
		for _, f := range list {
			r.functions[f.Name] = append(r.functions[f.Name], f)
		}
	}
	for _, list := range [][]*factory{aggregateFactories(), collectionFactories(), jsonFactories(), maskFactories(), vectorFactories()} {
		for _, f := range list {
			r.factories[f.name] = f
		}
	}
	return r
})

// Resolve finds the function a call means: nil if there is none of that name,
// an error if none or several of that name fit the arguments.
func Resolve(c *Call) (*Function, error) {
	f, err := c.resolve()
	if f != nil && err == nil && f.Refusal != nil {
		return nil, f.Refusal
	}
	return f, err
}

func (c *Call) resolve() (*Function, error) {
	candidates, err := c.natives()
	if err != nil {
		return nil, err
	}
	candidates = append(candidates[:len(candidates):len(candidates)], c.users()...)
	switch len(candidates) {
	case 0:
		return nil, nil
	case 1:
		return candidates[0], checkArgs(candidates[0], c.Args)
	}
	return bestMatch(c, candidates)
}

// users returns the users' functions of the name.
func (c *Call) users() []*Function {
	keyspace := c.Keyspace
	if keyspace == "" {
		keyspace = c.Home
	}
	if c.User == nil {
		return nil
	}
	return c.User(keyspace, c.Name)
}

// natives returns the native functions of the name.
func (c *Call) natives() ([]*Function, error) {
	if c.Keyspace != "" && c.Keyspace != "system" {
		return nil, nil
	}
	r := natives()
	candidates := r.functions[c.Name]
	if f := r.factories[c.Name]; f != nil {
		made, err := f.forCall(c)
		if err != nil {
			return nil, err
		}
		if made != nil {
			candidates = append(candidates[:len(candidates):len(candidates)], made)
		}
	}
	if c.Name == "token" && c.PartitionKey != nil {
		candidates = append(candidates, tokenFunction(c.PartitionKey))
	}
	return candidates, nil
}

// ArgColumn is the receiver of argument i of f.
func ArgColumn(f *Function, i int) types.Column {
	return types.Column{Keyspace: "system", Name: "arg" + itoa(i) + "(" + strings.ToLower(f.FullName()) + ")", Type: f.Args[i]}
}

func itoa(i int) string { return string(rune('0' + i%10)) }

func checkArgs(f *Function, args []Arg) error {
	if len(args) != len(f.Args) {
		return types.Invalidf("Invalid number of arguments in call to function %s: %d required but %d provided", f.FullName(), len(f.Args), len(args))
	}
	for i, a := range args {
		if a.Assignable(ArgColumn(f, i)) == types.NotAssignable {
			return types.Invalidf("Type error: %s cannot be passed as argument %d of function %s of type %s", a, i, f.FullName(), f.Args[i])
		}
	}
	return nil
}

func bestMatch(c *Call, candidates []*Function) (*Function, error) {
	var fitting []*Function
	for _, f := range candidates {
		if c.Receiver != nil && f.Result.AssignableTo(c.Receiver) == types.NotAssignable {
			continue
		}
		switch matchArgs(f, c.Args) {
		case types.ExactMatch:
			return f, nil
		case types.WeaklyAssignable:
			fitting = append(fitting, f)
		}
	}
	op := operatorSymbol(c.Name)
	switch {
	case len(fitting) == 1:
		return fitting[0], nil
	case len(fitting) == 0 && op != "":
		return nil, types.Invalidf("the '%s' operation is not supported between %s and %s", op, c.Args[0], c.Args[1])
	case len(fitting) == 0:
		return nil, types.Invalidf("Invalid call to function %s, none of its type signatures match (known type signatures: %s)",
			c.DisplayName(), signatures(candidates))
	case op != "":
		if c.Receiver != nil && !c.Args[0].IsMarker() && !c.Args[1].IsMarker() {
			for _, f := range fitting {
				if f.Args[0].Equal(c.Receiver) && f.Args[1].Equal(c.Receiver) {
					return f, nil
				}
			}
		}
		return nil, types.Invalidf("Ambiguous '%s' operation with args %s and %s: use type hint to disambiguate, example '(int) ?'",
			op, c.Args[0], c.Args[1])
	case c.Name == Negate:
		return nil, types.Invalidf("Ambiguous negation: use type casts to disambiguate")
	}
	return nil, types.Invalidf("Ambiguous call to function %s (can be matched by following signatures: %s): use type casts to disambiguate",
		c.DisplayName(), signatures(fitting))
}

func matchArgs(f *Function, args []Arg) types.Assignability {
	if len(args) != len(f.Args) {
		return types.NotAssignable
	}
	fit := types.ExactMatch
	for i, a := range args {
		fit = min(fit, a.Assignable(types.Column{Type: f.Args[i]}))
		if fit == types.NotAssignable {
			break
		}
	}
	return fit
}

// signatures lists functions in a fixed order; the server's changes from one
// start to the next.
func signatures(fs []*Function) string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.String()
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
