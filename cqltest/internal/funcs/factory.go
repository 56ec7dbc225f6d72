package funcs

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// param is a parameter of a factory: what it infers and what it accepts.
type param struct {
	text     string
	optional bool
	// fallback stands in when the argument does not tell its type.
	fallback *types.Type
	// fromReceiver takes the receiver's type when the argument does not tell.
	fromReceiver bool
	// same, when not nil, is the position of the parameter whose type is taken
	// when the argument does not tell.
	same        *int
	preferSame  bool
	vectorOf    *types.Type
	requirement string // "a map argument"
	accept      func(t *types.Type) bool
}

func (p param) String() string {
	if p.optional {
		return "[" + p.text + "]"
	}
	return p.text
}

func (p *param) infer(a Arg, recv *types.Type, inferred []*types.Type) *types.Type {
	var other *types.Type
	if p.same != nil && inferred != nil {
		other = inferred[*p.same]
	}
	if p.preferSame && other != nil {
		return other
	}
	if n := a.ArrayLen(); p.vectorOf != nil && n > 0 {
		return types.Vector(p.vectorOf, n)
	}
	t := a.Likely()
	if t == nil && (p.fromReceiver || p.vectorOf != nil) {
		t = recv
	}
	if t == nil {
		t = p.fallback
	}
	if t == nil {
		t = other
	}
	return t
}

func (f *factory) String() string {
	params := make([]string, len(f.params))
	for i, p := range f.params {
		params[i] = p.String()
	}
	return "system." + f.name + "(" + strings.Join(params, ", ") + ")"
}

func (f *factory) forCall(c *Call) (*Function, error) {
	mandatory := 0
	for _, p := range f.params {
		if !p.optional {
			mandatory++
		}
	}
	if len(c.Args) < mandatory || len(c.Args) > len(f.params) {
		return nil, types.Invalidf("Invalid number of arguments for function %s", f)
	}
	inferred := make([]*types.Type, len(c.Args))
	for i, a := range c.Args {
		inferred[i] = f.params[i].infer(a, c.Receiver, nil)
	}
	for i, a := range c.Args {
		p := &f.params[i]
		t := p.infer(a, c.Receiver, inferred)
		if t == nil {
			return nil, types.Invalidf("Cannot infer type of argument %s in call to function %s: use type casts to disambiguate", a, f)
		}
		if p.accept != nil && !p.accept(t) {
			return nil, types.Invalidf("Function system.%s requires %s, but found argument %s of type %s", f.name, p.requirement, a, t)
		}
		inferred[i] = t
	}
	made, err := f.make(inferred, c.Receiver)
	if made != nil {
		made.Name, made.factory = f.name, true
	}
	return made, err
}

func anyParam(fromReceiver bool) param { return param{text: "any", fromReceiver: fromReceiver} }

// fixedParam accepts what can be assigned to one of ts.
func fixedParam(ts ...*types.Type) param {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.String()
	}
	text := names[0]
	if len(ts) > 1 {
		text = "[" + strings.Join(names, "|") + "]"
	}
	return param{text: text, fallback: ts[0], requirement: "an argument of type " + text, accept: func(a *types.Type) bool {
		for _, t := range ts {
			if a.AssignableTo(t) != types.NotAssignable {
				return true
			}
		}
		return false
	}}
}

func (p param) orNothing() param {
	p.optional = true
	return p
}
