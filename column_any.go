package coodie

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// AnyColumn is a column known by its name only, for code that learns names at run
// time: see Table.Col. Values are of any Go type that the column's CQL type takes, nil
// is null; a wrong name or value is a *UsageError of the call that would send it.
type AnyColumn[T any] ref

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *AnyColumn[T]) target(*T) *ref { return (*ref)(c) }

// Name is the column's name.
func (c *AnyColumn[T]) Name() string { return (*ref)(c).sure().name }

// Eq is `column = v`; `column = null` for nil.
func (c *AnyColumn[T]) Eq(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Eq, whole, v)) }

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
func (c *AnyColumn[T]) Ne(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Ne, whole, v)) }

// Lt is `column < v`; false on null.
func (c *AnyColumn[T]) Lt(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Lt, whole, v)) }

// Le is `column <= v`; false on null.
func (c *AnyColumn[T]) Le(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Le, whole, v)) }

// Gt is `column > v`; false on null.
func (c *AnyColumn[T]) Gt(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Gt, whole, v)) }

// Ge is `column >= v`; false on null.
func (c *AnyColumn[T]) Ge(v any) Cond[T] { return Cond[T]((*ref)(c).compare(cql.Ge, whole, v)) }

// In is `column IN ?` with vs bound as one list.
func (c *AnyColumn[T]) In(vs ...any) Cond[T] { return Cond[T]((*ref)(c).inAny(vs)) }

// Contains is `column CONTAINS v`: an element of a list or set, a value of a map.
func (c *AnyColumn[T]) Contains(v any) Cond[T] {
	return Cond[T]((*ref)(c).compare(cql.Contains, elementType, v))
}

// ContainsKey is `column CONTAINS KEY k`.
func (c *AnyColumn[T]) ContainsKey(k any) Cond[T] {
	return Cond[T]((*ref)(c).compare(cql.ContainsKey, keyType, k))
}

// IsNull is the condition `column = null`: no value, or no row at all.
func (c *AnyColumn[T]) IsNull() Cond[T] { return Cond[T]((*ref)(c).cond(cql.Eq, codec.Addr{})) }

// IsNotNull is the condition `column != null`.
func (c *AnyColumn[T]) IsNotNull() Cond[T] { return Cond[T]((*ref)(c).cond(cql.Ne, codec.Addr{})) }

// Set is `column = v`.
func (c *AnyColumn[T]) Set(v any) Assign[T] { return Assign[T]((*ref)(c).change(cql.Set, whole, v)) }

// SetNull is `column = null`.
func (c *AnyColumn[T]) SetNull() Assign[T] { return Assign[T]((*ref)(c).assign(cql.Set, codec.Addr{})) }

// Add is `column = column + v`: appends to a list, adds to a set, puts into a map, or
// increments a counter.
func (c *AnyColumn[T]) Add(v any) Assign[T] { return Assign[T]((*ref)(c).change(cql.Add, whole, v)) }

// Remove is `column = column - v`: removes elements from a list or set, keys (a slice
// of them) from a map, or decrements a counter.
func (c *AnyColumn[T]) Remove(v any) Assign[T] {
	return Assign[T]((*ref)(c).change(cql.Remove, removable, v))
}

// Prepend is `column = v + column`, for a list.
func (c *AnyColumn[T]) Prepend(v any) Assign[T] {
	return Assign[T]((*ref)(c).change(cql.Prepend, whole, v))
}

// At is the element of a list at an index, or the value of a map's key.
func (c *AnyColumn[T]) At(key any) *AnyColumn[T] { return (*AnyColumn[T])((*ref)(c).atAny(key)) }

// Field is a field of a user-defined type.
func (c *AnyColumn[T]) Field(name string) *AnyColumn[T] {
	return (*AnyColumn[T])((*ref)(c).member(name))
}

// From reads the column from the row that refused an LWT, as the Go type of its field.
// The value is nil unless it is Present.
func (c *AnyColumn[T]) From(e *Existing[T]) (any, Presence) {
	return plainExisting(e).readAny((*ref)(c))
}

// compare is the condition with a value of any Go type, for what typ makes of the column's type.
//
//go:noinline
func (r *ref) compare(op cql.Op, typ func(*codec.Type) *codec.Type, v any) cond {
	return cond{r, op, r.operand(typ, v)}
}

//go:noinline
func (r *ref) change(op cql.Change, typ func(*codec.Type) *codec.Type, v any) assign {
	return assign{r, op, r.operand(typ, v)}
}

func (r *ref) inAny(vs []any) cond {
	list := make([]operand, len(vs))
	for i, v := range vs {
		list[i] = r.operand(whole, v)
	}
	return cond{r, cql.In, (&otherOperand{list: list}).operand()}
}

// atAny refers to a list's element or a map's value.
func (r *ref) atAny(key any) *ref {
	if i, ok := key.(int); ok && r.sure().typ != nil && r.typ.Kind == codec.List {
		return r.index(i)
	}
	return r.at(r.operand(keyType, key))
}

// readAny is the value of what r refers to.
func (e *existing) readAny(r *ref) (any, Presence) {
	r = r.sure()
	if e == nil || r.err != nil {
		return nil, Missing
	}
	cell, p := e.cell(r)
	if p != Present {
		return nil, p
	}
	v, err := decodeAny(r, cell)
	if err != nil {
		return nil, Missing // the call that made e has reported the *DecodeError
	}
	return v, Present
}

// operand is v for the type that typ makes of the column's.
func (r *ref) operand(typ func(*codec.Type) *codec.Type, v any) operand {
	r = r.sure()
	if v == nil || r.err != nil || r.typ == nil {
		return operand{}
	}
	t := typ(r.typ)
	if t == nil {
		return badOperand(fmt.Errorf("a %s does not have this operation", r.typ))
	}
	if t != r.typ && r.whole() {
		return badOperand(errors.New(errWhole))
	}
	c, err := codec.For(reflect.TypeOf(v), t)
	if t == r.typ {
		c, err = r.codecFor(reflect.TypeOf(v))
	}
	if err != nil {
		return badOperand(err)
	}
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return operand{codec: c, p: codec.AddrOf(p)}
}

func whole(t *codec.Type) *codec.Type { return t }

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

// decodeAny decodes a cell that is not null as the field's own type, without the pointer
// of a nullable field, or as the natural type of a part of it.
func decodeAny(r *ref, cell []byte) (any, error) {
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
