package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// ListColumn is a list column; E is its elements' Go type.
type ListColumn[T any, S ~[]E, E any] struct {
	Column[T, S]
}

// ListCol is the list column that holds the selected slice field.
func ListCol[T any, S ~[]E, E any](selector func(*T) *S) *ListColumn[T, S, E] {
	c := Col(selector)
	refOf(c).Element(reflect.TypeFor[E](), codec.List, "ListCol")
	return recast[ListColumn[T, S, E]](c)
}

// At is the element at index i, from 0: for conditions, and for Set on a list that is
// not frozen. A condition reads past the end as null; Set past the end is a server error.
func (c *ListColumn[T, S, E]) At(i int) *Column[T, E] { return column[T, E](refOf(&c.Column).Index(i)) }

// Append is `column = column + ?`. Sending it twice appends twice.
func (c *ListColumn[T, S, E]) Append(vs ...E) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Add, codec.At(&vs)))
}

// Prepend is `column = ? + column`, with vs in their order at the front. Sending it
// twice prepends twice.
func (c *ListColumn[T, S, E]) Prepend(vs ...E) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Prepend, codec.At(&vs)))
}

// Remove is `column = column - ?`: every element equal to one of vs goes.
func (c *ListColumn[T, S, E]) Remove(vs ...E) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Remove, codec.At(&vs)))
}

// Contains is `column CONTAINS v`.
func (c *ListColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T](refOf(&c.Column).Has(codec.At(&v)))
}

// SetColumn is a set column held in a slice; E is its elements' Go type.
type SetColumn[T any, S ~[]E, E any] struct {
	Column[T, S]
}

// SetCol is the set column that holds the selected slice field, which is tagged `set`
// or has a set type. For a map[E]struct{} field use Table.Col.
func SetCol[T any, S ~[]E, E any](selector func(*T) *S) *SetColumn[T, S, E] {
	c := Col(selector)
	refOf(c).Element(reflect.TypeFor[E](), codec.Set, "SetCol")
	return recast[SetColumn[T, S, E]](c)
}

// Add is `column = column + ?`.
func (c *SetColumn[T, S, E]) Add(vs ...E) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Add, codec.At(&vs)))
}

// Remove is `column = column - ?`.
func (c *SetColumn[T, S, E]) Remove(vs ...E) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Remove, codec.At(&vs)))
}

// Contains is `column CONTAINS v`.
func (c *SetColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T](refOf(&c.Column).Has(codec.At(&v)))
}

// MapColumn is a map column; K and V are the Go types of its keys and values.
type MapColumn[T any, M ~map[K]V, K comparable, V any] struct {
	Column[T, M]
}

// MapCol is the map column that holds the selected map field.
func MapCol[T any, M ~map[K]V, K comparable, V any](selector func(*T) *M) *MapColumn[T, M, K, V] {
	c := Col(selector)
	refOf(c).Keyed(reflect.TypeFor[K](), reflect.TypeFor[[]K](), reflect.TypeFor[V]())
	return recast[MapColumn[T, M, K, V]](c)
}

// At is the value of key k, null where there is none: for conditions, and for Set and
// SetNull on a map that is not frozen.
//
// Cassandra compares that value as if it were a key. A condition which can therefore hold
// when it should not is a *UsageError, on ScyllaDB too: Lt, Le, Gt and Ge where keys and values are ordered
// differently, as in map<text, int>, and all comparisons but with null where the keys are
// uuids, booleans or another type that tells other values apart badly.
func (c *MapColumn[T, M, K, V]) At(k K) *Column[T, V] {
	return column[T, V](refOf(&c.Column).AtKey(codec.At(&k)))
}

// Put is `column = column + ?`: adds entries, replacing those of equal key.
func (c *MapColumn[T, M, K, V]) Put(entries M) Assign[T] {
	return Assign[T](refOf(&c.Column).Change(cql.Add, codec.At(&entries)))
}

// Remove is `column = column - ?`: deletes the entries of the keys ks.
func (c *MapColumn[T, M, K, V]) Remove(ks ...K) Assign[T] {
	return Assign[T](refOf(&c.Column).RemoveKeys(codec.At(&ks)))
}

// Contains is `column CONTAINS v`: one of the values is v.
func (c *MapColumn[T, M, K, V]) Contains(v V) Cond[T] {
	return Cond[T](refOf(&c.Column).Has(codec.At(&v)))
}

// ContainsKey is `column CONTAINS KEY k`.
func (c *MapColumn[T, M, K, V]) ContainsKey(k K) Cond[T] {
	return Cond[T](refOf(&c.Column).HasKey(codec.At(&k)))
}
