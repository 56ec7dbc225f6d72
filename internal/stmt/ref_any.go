package stmt

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// HasAny asks for an element of a list or set, or a value of a map.
//
//go:noinline
func (r *Ref) HasAny(v any) Cond { return Cond{r, cql.Contains, r.operand(elementType, v)} }

// HasKeyAny asks for a key of a map.
//
//go:noinline
func (r *Ref) HasKeyAny(k any) Cond { return Cond{r, cql.ContainsKey, r.operand(keyType, k)} }

// ChangeAny changes a collection by a value of any Go type; nil is null.
//
//go:noinline
func (r *Ref) ChangeAny(change cql.Change, v any) Assign {
	if change == cql.Remove {
		return Assign{r, change, r.operand(removable, v)}
	}
	return Assign{r, change, r.operand(sameType, v)}
}

// inAny asks for one of the values, each of which is at an interface.
func (r *Ref) inAny(vs Listed) Cond {
	list := make([]Operand, vs.N)
	for i := range list {
		list[i] = r.valueAt(vs.At(i))
	}
	return Cond{r, cql.In, (&otherOperand{list: list}).operand()}
}

// AtAny refers to a list's element or a map's value.
func (r *Ref) AtAny(key any) *Ref {
	if i, ok := key.(int); ok && r.Sure().typ != nil && r.typ.Kind == codec.List {
		return r.Index(i)
	}
	return r.at(r.operand(keyType, key))
}

// operand is v for the type that typ makes of the column's.
func (r *Ref) operand(typ func(*codec.Type) *codec.Type, v any) Operand {
	r = r.Sure()
	if v == nil || r.err != nil || r.typ == nil {
		return Operand{}
	}
	t := typ(r.typ)
	if t == nil {
		return BadOperand(fmt.Errorf("a %s does not have this operation", r.typ))
	}
	if t != r.typ && r.opaque() {
		return BadOperand(errors.New(errOpaque))
	}
	c, err := codec.For(reflect.TypeOf(v), t)
	if t == r.typ {
		c, err = r.codecFor(reflect.TypeOf(v))
	}
	if err != nil {
		return BadOperand(err)
	}
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return Operand{codec: c, p: codec.AddrOf(p)}
}

func sameType(t *codec.Type) *codec.Type { return t }

func elementType(t *codec.Type) *codec.Type {
	switch t.Kind {
	case codec.List, codec.Set, codec.Map:
		return t.Elem
	}
	return nil
}

func keyType(t *codec.Type) *codec.Type {
	if t.Kind == codec.Map {
		return t.Key
	}
	return nil
}

// removable is what `column - ?` takes: of a map, a set of its keys.
func removable(t *codec.Type) *codec.Type {
	if t.Kind == codec.Map {
		return &codec.Type{Kind: codec.Set, Elem: t.Key}
	}
	return t
}

// DecodeAny decodes a cell that is not null as the field's own type, without the pointer
// of a nullable field, or as the natural type of a part of it.
func DecodeAny(r *Ref, cell []byte) (any, error) {
	if r.elem != nil || r.field != "" {
		return codec.DecodeAny(r.typ, cell)
	}
	v := reflect.New(r.col.GoType)
	if err := r.col.Codec.Decode(codec.AddrOf(v), cell); err != nil {
		return nil, err
	}
	if v = v.Elem(); v.Kind() == reflect.Pointer && !v.IsNil() && nullable(v.Type()) {
		v = v.Elem()
	}
	return v.Interface(), nil
}

// nullable reports whether the pointer only says that the column may be null. That of
// *big.Int and *inf.Dec is how these types are used.
func nullable(t reflect.Type) bool {
	return t != reflect.TypeFor[*big.Int]() && t != reflect.TypeFor[*inf.Dec]()
}
