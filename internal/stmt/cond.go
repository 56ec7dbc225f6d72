package stmt

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// Cond compares what it is on with a value.
type Cond struct {
	on    *Ref
	op    cql.Op
	value Operand
}

// Assign changes what it is of.
type Assign struct {
	of     *Ref
	change cql.Change
	value  Operand
}

// KeptConds are the conditions as they are bound now.
func KeptConds(conds []Cond) []Cond {
	for i := range conds {
		c := &conds[i]
		if on := c.on.kept(); on != c.on || c.value.shares() {
			own := append([]Cond(nil), conds...)
			for j := i; j < len(own); j++ {
				own[j] = Cond{on: own[j].on.kept(), op: own[j].op, value: own[j].value.kept()}
			}
			return own
		}
	}
	return conds
}

// KeptAssigns are the assignments as they are bound now.
func KeptAssigns(assigns []Assign) []Assign {
	var own []Assign
	for i := range assigns {
		a := &assigns[i]
		if !a.value.shares() {
			continue
		}
		if own == nil {
			own = append(own, assigns...)
		}
		if own[i].value = a.value.kept(); own[i].value.other() != nil {
			own[i].value.other().typ = a.Ref().typ
		}
	}
	if own != nil {
		return own
	}
	return assigns
}

// Ref is what the condition is on.
func (c *Cond) Ref() *Ref { return c.on.Sure() }

// Ref is what is assigned to.
func (a *Assign) Ref() *Ref { return a.of.Sure() }

// Cond compares r with the value at p, which is of the Go type of r's column; nil is null.
//
//go:noinline
func (r *Ref) Compare(op cql.Op, p codec.Addr) Cond {
	if r != nil && r.together != nil {
		return r.together.compare(op, p)
	}
	return Cond{r, op, r.valueAt(p)}
}

// Assign changes r by the value at p; nil is null.
//
//go:noinline
func (r *Ref) Change(change cql.Change, p codec.Addr) Assign {
	return Assign{r, change, r.valueAt(p)}
}

// In asks for one of the values, as they are now.
//
//go:noinline
func (r *Ref) In(vs Listed) Cond {
	switch r = r.Sure(); {
	case r.together != nil:
		return r.together.in(cql.In, vs)
	case r.any:
		return r.inAny(vs)
	}
	list, cd := make([]Operand, vs.N), r.Sure().values
	if cd != nil {
		vs = vs.copied(cd.GoType())
	}
	for i := range list {
		list[i] = Operand{codec: cd, p: vs.At(i)}
	}
	return Cond{r, cql.In, (&otherOperand{codec: cd, list: list}).operand()}
}

// Has asks for the element at p of a list or set.
//
//go:noinline
func (r *Ref) Has(p codec.Addr) Cond {
	r = r.whole("Contains", codec.List, codec.Set)
	return Cond{r, cql.Contains, Operand{codec: r.elems, p: p}}
}

// HasValue asks for the value at p of a map.
//
//go:noinline
func (r *Ref) HasValue(p codec.Addr) Cond {
	r = r.whole("ContainsValue", codec.Map)
	return Cond{r, cql.Contains, Operand{codec: r.elems, p: p}}
}

// HasKey asks for the key at p of a map.
//
//go:noinline
func (r *Ref) HasKey(p codec.Addr) Cond {
	r = r.whole("ContainsKey", codec.Map)
	return Cond{r, cql.ContainsKey, Operand{codec: r.keys, p: p}}
}

// RemoveKeys removes the keys in the slice at p from a map.
//
//go:noinline
func (r *Ref) RemoveKeys(p codec.Addr) Assign {
	r = r.whole("RemoveKeys", codec.Map)
	return Assign{r, cql.Remove, Operand{codec: r.keySets, p: p}}
}

// ChangePart changes a collection of one of the kinds by the value at p, for the function of that name.
//
//go:noinline
func (r *Ref) ChangePart(function string, change cql.Change, p codec.Addr, kinds ...codec.Kind) Assign {
	return r.whole(function, kinds...).Change(change, p)
}

// whole is r if it is a whole column of one of the kinds, as the function wants it.
func (r *Ref) whole(function string, kinds ...codec.Kind) *Ref {
	r = r.Sure()
	switch {
	case r.err != nil:
		return r
	case r.typ == nil:
		return BadRef(r.name, errNoColumn)
	case r.opaque():
		return BadRef(r.name, errors.New(errOpaque))
	case r.IsPart():
		return BadRef(r.name, errors.New("CQL reaches into a column one level deep: "+function+" is for a whole column"))
	}
	for _, kind := range kinds {
		if r.typ.Kind == kind {
			return r
		}
	}
	return BadRef(r.name, fmt.Errorf("the column is a %s, which is not for %s; %s is for a %s", r.typ, function, function, either(kinds)))
}

func either(kinds []codec.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = map[codec.Kind]string{codec.List: "list", codec.Set: "set", codec.Map: "map", codec.Counter: "counter; tag it type=counter"}[k]
	}
	return strings.Join(names, " or a ")
}

// Op is how the condition compares.
func (c *Cond) Op() cql.Op { return c.op }

// Value is what the condition compares with.
func (c *Cond) Value() *Operand { return &c.value }

// compare is the condition that what r refers to compares so with the value.
func Compare(r *Ref, op cql.Op, value Operand) Cond { return Cond{r, op, value} }

// Value is what is assigned.
func (a *Assign) Value() *Operand { return &a.value }

// SetTo sets what r refers to.
func SetTo(r *Ref, value Operand) Assign { return Assign{of: r, value: value} }
