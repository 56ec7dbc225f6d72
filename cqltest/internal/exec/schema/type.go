package schema

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// ReplaceType returns the keyspace with a changed type wherever it is used.
func (k *Keyspace) ReplaceType(t *types.Type) *Keyspace {
	next := k.WithType(t)
	for n, u := range next.Types {
		next.Types[n] = swapType(u, t)
	}
	next.Tables = map[string]*Table{}
	for n, tab := range k.Tables {
		uses := false
		for _, c := range tab.Columns {
			uses = uses || c.Type.References(t.Keyspace, t.Name)
		}
		if !uses {
			next.Tables[n] = tab
			continue
		}
		changed := tab.Clone()
		for _, set := range [][]*Column{changed.Partition, changed.Clustering, changed.Statics, changed.Regulars} {
			for i, c := range set {
				cc := *c
				cc.Type = swapType(c.Type, t)
				set[i] = &cc
			}
		}
		next.Tables[n] = changed.Finish()
	}
	return next
}

func swapType(in, t *types.Type) *types.Type {
	if in.Kind == types.KindUDT && in.Keyspace == t.Keyspace && in.Name == t.Name {
		if !in.Frozen {
			return t
		}
		return t.Freeze()
	}
	if !in.References(t.Keyspace, t.Name) {
		return in
	}
	out := *in
	out.Elems = make([]*types.Type, len(in.Elems))
	for i, e := range in.Elems {
		out.Elems[i] = swapType(e, t)
	}
	return &out
}

// UsersOf names the functions that use a type.
func (k *Keyspace) UsersOf(typeName string) (users []string) {
	for _, f := range k.Functions {
		if slices.ContainsFunc(append(slices.Clip(f.Args), f.Result), func(t *types.Type) bool { return t.References(k.Name, typeName) }) {
			users = append(users, k.Name+"."+f.Name)
		}
	}
	return users
}

// WithFunctionTypes returns the functions with a changed type wherever it is used.
func (k *Keyspace) WithFunctionTypes(bodies map[string]FunctionBody, t *types.Type) *Keyspace {
	list := make([]*Function, len(k.Functions))
	for i, f := range k.Functions {
		c := *f
		c.Args = slices.Clone(f.Args)
		for j, a := range c.Args {
			c.Args[j] = swapType(a, t)
		}
		c.Result = swapType(f.Result, t)
		if f.Aggregate != nil {
			a := *f.Aggregate
			a.StateType = swapType(a.StateType, t)
			c.Aggregate = &a
		}
		list[i] = &c
	}
	return k.WithFunctions(bodies, list)
}

// UDT is the schema's answer to terms.Scope.UDT.
func (s *Schema) UDT(keyspace, name string) *types.Type {
	if ks := s.Keyspaces[keyspace]; ks != nil {
		return ks.Types[name]
	}
	return nil
}
