package coodie

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// ListColumn is a list column; E is its elements' Go type.
type ListColumn[T any, S ~[]E, E any] struct {
	Column[T, S]
	elem *codec.Codec
}

// ListCol is the list column that holds the selected slice field.
func ListCol[T any, S ~[]E, E any](selector func(*T) *S) ListColumn[T, S, E] {
	c := ListColumn[T, S, E]{Column: Col(selector)}
	c.elem = element[E](c.ref, codec.List, "ListCol")
	return c
}

// At is the element at index i, from 0: for conditions, and for Set on a list that is
// not frozen. A condition reads past the end as null; Set past the end is a server error.
func (c ListColumn[T, S, E]) At(i int) Column[T, E] {
	index := operandOf(indexCodec, i)
	if i < 0 {
		index = badOperand(errors.New("a list index is not negative"))
	}
	return column[T, E](c.ref.at(index))
}

// Append is `column = column + ?`. Sending it twice appends twice.
func (c ListColumn[T, S, E]) Append(vs ...E) Assign[T] { return c.change(cql.Add, c.codec, vs) }

// Prepend is `column = ? + column`, with vs in their order at the front. Sending it
// twice prepends twice.
func (c ListColumn[T, S, E]) Prepend(vs ...E) Assign[T] { return c.change(cql.Prepend, c.codec, vs) }

// Remove is `column = column - ?`: every element equal to one of vs goes.
func (c ListColumn[T, S, E]) Remove(vs ...E) Assign[T] { return c.change(cql.Remove, c.codec, vs) }

// Contains is `column CONTAINS v`.
func (c ListColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T]{cond{c.ref, cql.Contains, operandOf(c.elem, v)}}
}

// SetColumn is a set column held in a slice; E is its elements' Go type.
type SetColumn[T any, S ~[]E, E any] struct {
	Column[T, S]
	elem *codec.Codec
}

// SetCol is the set column that holds the selected slice field, which is tagged `set`
// or has a set type. For a map[E]struct{} field use Table.Col.
func SetCol[T any, S ~[]E, E any](selector func(*T) *S) SetColumn[T, S, E] {
	c := SetColumn[T, S, E]{Column: Col(selector)}
	c.elem = element[E](c.ref, codec.Set, "SetCol")
	return c
}

// Add is `column = column + ?`.
func (c SetColumn[T, S, E]) Add(vs ...E) Assign[T] { return c.change(cql.Add, c.codec, vs) }

// Remove is `column = column - ?`.
func (c SetColumn[T, S, E]) Remove(vs ...E) Assign[T] { return c.change(cql.Remove, c.codec, vs) }

// Contains is `column CONTAINS v`.
func (c SetColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T]{cond{c.ref, cql.Contains, operandOf(c.elem, v)}}
}

// MapColumn is a map column; K and V are the Go types of its keys and values.
type MapColumn[T any, M ~map[K]V, K comparable, V any] struct {
	Column[T, M]
	key  *codec.Codec
	keys *codec.Codec // a set of keys
	elem *codec.Codec
}

// MapCol is the map column that holds the selected map field.
func MapCol[T any, M ~map[K]V, K comparable, V any](selector func(*T) *M) MapColumn[T, M, K, V] {
	c := MapColumn[T, M, K, V]{Column: Col(selector)}
	c.elem = element[V](c.ref, codec.Map, "MapCol")
	if c.ref.err == nil {
		c.key, c.ref.err = codec.For(reflect.TypeFor[K](), c.ref.typ.Key)
	}
	if c.ref.err == nil {
		keys := &codec.Type{Kind: codec.Set, Elem: c.ref.typ.Key}
		c.keys, c.ref.err = codec.For(reflect.TypeFor[[]K](), keys)
	}
	return c
}

// At is the value of key k, null where there is none: for conditions, and for Set and
// SetNull on a map that is not frozen.
//
// Cassandra compares that value as if it were a key. A condition which can therefore hold
// when it should not is a *UsageError: Lt, Le, Gt and Ge where keys and values are ordered
// differently, as in map<text, int>, and all comparisons but with null where the keys are
// uuids, booleans or another type that tells other values apart badly.
func (c MapColumn[T, M, K, V]) At(k K) Column[T, V] {
	return column[T, V](c.ref.at(operandOf(c.key, k)))
}

// Put is `column = column + ?`: adds entries, replacing those of equal key.
func (c MapColumn[T, M, K, V]) Put(entries M) Assign[T] { return c.change(cql.Add, c.codec, entries) }

// Remove is `column = column - ?`: deletes the entries of the keys ks.
func (c MapColumn[T, M, K, V]) Remove(ks ...K) Assign[T] {
	return Assign[T]{assign{c.ref, cql.Remove, operandOf(c.keys, ks)}}
}

// Contains is `column CONTAINS v`: one of the values is v.
func (c MapColumn[T, M, K, V]) Contains(v V) Cond[T] {
	return Cond[T]{cond{c.ref, cql.Contains, operandOf(c.elem, v)}}
}

// ContainsKey is `column CONTAINS KEY k`.
func (c MapColumn[T, M, K, V]) ContainsKey(k K) Cond[T] {
	return Cond[T]{cond{c.ref, cql.ContainsKey, operandOf(c.key, k)}}
}

var indexCodec = mustCodec(reflect.TypeFor[int](), &codec.Type{Kind: codec.Int})

func mustCodec(t reflect.Type, typ *codec.Type) *codec.Codec {
	c, err := codec.For(t, typ)
	if err != nil {
		panic("coodie: " + err.Error()) // a constant pair of types
	}
	return c
}

// element is the codec of a collection's elements, after checking that the column is
// the kind of collection its constructor says.
func element[E any](r *ref, want codec.Kind, constructor string) *codec.Codec {
	if r.err != nil {
		return nil
	}
	if r.whole() {
		r.err = errors.New(errWhole + "; use Col")
		return nil
	}
	if r.typ.Kind != want {
		r.err = errors.New("the column is a " + r.typ.String() + ", which is not for " + constructor)
		return nil
	}
	c, err := codec.For(reflect.TypeFor[E](), r.typ.Elem)
	r.err = err
	return c
}
