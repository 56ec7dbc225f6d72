package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// constant is a value known when the statement is prepared.
type constant struct {
	t     *types.Type
	value []byte
}

func (c *constant) Type() *types.Type         { return c.t }
func (c *constant) Eval(*Env) ([]byte, error) { return c.value, nil }
func (c *constant) Constant() bool            { return true }

// marker is a bind marker.
type marker struct {
	index int
	recv  types.Column
	// unset, when not empty, is the error for an unset value.
	unset string
}

func (m *marker) Type() *types.Type { return m.recv.Type }
func (m *marker) Constant() bool    { return false }

func (m *marker) Eval(env *Env) ([]byte, error) {
	if m.index >= len(env.Values) {
		return nil, types.Invalidf("Invalid amount of bind variables")
	}
	v := env.Values[m.index]
	switch {
	case v == nil:
		return nil, nil
	case types.IsUnset(v):
		if m.unset != "" {
			return nil, types.Invalidf("%s", m.unset)
		}
		return v, nil
	}
	if err := m.recv.Type.ValidateBound(v); err != nil {
		return nil, err
	}
	if m.recv.Type.IsCollection() {
		return m.recv.Type.Recode(v)
	}
	return v, nil
}

// composite is a literal of several terms: a list, set, map (keys and values
// alternating), tuple, UDT or vector.
type composite struct {
	t     *types.Type
	elems []Term
}

func (c *composite) Type() *types.Type { return c.t }

func (c *composite) Constant() bool {
	for _, e := range c.elems {
		if !e.Constant() {
			return false
		}
	}
	return true
}

func (c *composite) Eval(env *Env) ([]byte, error) {
	values := make([][]byte, len(c.elems))
	for i, e := range c.elems {
		v, err := e.Eval(env)
		if err != nil {
			return nil, err
		}
		unset := types.IsUnset(v)
		switch c.t.Kind {
		case types.KindTuple:
			if unset {
				return nil, types.Invalidf("Invalid unset value for tuple field number %d", i)
			}
		case types.KindUDT:
			if unset && !c.t.IsMultiCell() {
				return nil, types.Invalidf("Invalid unset value for field '%s' of user defined type %s", c.t.Fields[i], c.t.Name)
			}
			if unset {
				v = nil
			}
		case types.KindVector:
			if unset || v == nil || len(v) == 0 && c.t.Elem().EmptyIsNull() {
				return nil, types.Invalidf("null is not supported inside vectors")
			}
		default:
			if v == nil {
				return nil, types.Invalidf("null is not supported inside collections")
			}
			if unset && c.t.Kind == types.KindMap && i%2 == 0 {
				return nil, types.Invalidf("unset value is not supported for map keys")
			}
			if unset {
				return types.Unset, nil
			}
		}
		values[i] = v
	}
	switch c.t.Kind {
	case types.KindList:
		return types.PackList(len(values), values), nil
	case types.KindSet:
		return c.t.PackSet(values), nil
	case types.KindMap:
		return c.t.PackMap(values), nil
	case types.KindVector:
		return c.t.PackVector(values), nil
	}
	return types.PackTuple(values), nil
}

// fold computes t now if it can be.
func fold(t Term) (Term, error) {
	if !t.Constant() {
		return t, nil
	}
	v, err := t.Eval(nil)
	if err != nil {
		return nil, err
	}
	return &constant{t.Type(), v}, nil
}

// call is a call of a scalar function.
type call struct {
	fn   *funcs.Function
	args []Term
}

func (c *call) Type() *types.Type { return c.fn.Result }

// Constant is false also for constant arguments: an error in the function is
// one of execution.
func (c *call) Constant() bool { return false }

func (c *call) Eval(env *Env) ([]byte, error) {
	args, err := evalArgs(c.fn, c.args, env)
	if err != nil {
		return nil, err
	}
	return c.fn.Call(&env.Env, args)
}

func evalArgs(fn *funcs.Function, terms []Term, env *Env) ([][]byte, error) {
	args := make([][]byte, len(terms))
	for i, t := range terms {
		v, err := t.Eval(env)
		if err != nil {
			return nil, err
		}
		if types.IsUnset(v) {
			return nil, types.Invalidf("Invalid unset value for argument in call to function %s", fn.Name)
		}
		args[i] = v
	}
	return args, nil
}

// retyped is a term seen as another type.
type retyped struct {
	Term
	t *types.Type
}

func (r *retyped) Type() *types.Type { return r.t }
