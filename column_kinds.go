package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/stmt"
)

// AnyColumn is a column known by its name only, for code that learns names at run
// time: see AnyCol. Values are of any Go type that the column's CQL type takes, nil
// is null; a wrong name or value is an error of KindUsage of the call that would send it.
type AnyColumn[T any] stmt.Ref

// AnyCol is the column of that name of a Table or View. A name that the struct lacks is an error of KindUsage of the call
// that uses the column.
func AnyCol[T any](of interface{ described(*T) *table }, name string) *AnyColumn[T] {
	return (*AnyColumn[T])(of.described(nil).schema.Column(name))
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *AnyColumn[T]) target(*T) *stmt.Ref { return (*stmt.Ref)(c) }

// Name is the column's name.
func (c *AnyColumn[T]) Name() string { return (*stmt.Ref)(c).Sure().Name() }

// Eq is `column = v`; `column = null` for nil.
func (c *AnyColumn[T]) Eq(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Eq, v))
}

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
func (c *AnyColumn[T]) Ne(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Ne, v))
}

// Lt is `column < v`; false on null.
func (c *AnyColumn[T]) Lt(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Lt, v))
}

// Le is `column <= v`; false on null.
func (c *AnyColumn[T]) Le(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Le, v))
}

// Gt is `column > v`; false on null.
func (c *AnyColumn[T]) Gt(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Gt, v))
}

// Ge is `column >= v`; false on null.
func (c *AnyColumn[T]) Ge(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).CompareAny(cql.Ge, v))
}

// In is `column IN ?` with vs bound as one list.
func (c *AnyColumn[T]) In(vs ...any) Cond[T] { return Cond[T]((*stmt.Ref)(c).InAny(vs)) }

// Contains is `column CONTAINS v`: an element of a list or set, a value of a map. ScyllaDB has it in filters, but not as a condition.
func (c *AnyColumn[T]) Contains(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).HasAny(v))
}

// ContainsKey is `column CONTAINS KEY k`. ScyllaDB has it in filters, but not as a condition.
func (c *AnyColumn[T]) ContainsKey(k any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).HasKeyAny(k))
}

// IsNull is the condition `column = null`: no value, or no row at all.
func (c *AnyColumn[T]) IsNull() Cond[T] { return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.Addr{})) }

// IsNotNull is the condition `column != null`.
func (c *AnyColumn[T]) IsNotNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.Addr{}))
}

// Set is `column = v`.
func (c *AnyColumn[T]) Set(v any) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).ChangeAny(cql.Set, v))
}

// SetNull is `column = null`.
func (c *AnyColumn[T]) SetNull() Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.Addr{}))
}

// Add is `column = column + v`: appends to a list, adds to a set, puts into a map, or
// increments a counter.
func (c *AnyColumn[T]) Add(v any) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).ChangeAny(cql.Add, v))
}

// Remove is `column = column - v`: removes elements from a list or set, keys (a slice
// of them) from a map, or decrements a counter.
func (c *AnyColumn[T]) Remove(v any) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).ChangeAny(cql.Remove, v))
}

// Prepend is `column = v + column`, for a list.
func (c *AnyColumn[T]) Prepend(v any) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).ChangeAny(cql.Prepend, v))
}

// At is the element of a list at an index, or the value of a map's key.
func (c *AnyColumn[T]) At(key any) *AnyColumn[T] { return (*AnyColumn[T])((*stmt.Ref)(c).AtAny(key)) }

// Field is a field of a user-defined type.
func (c *AnyColumn[T]) Field(name string) *AnyColumn[T] {
	return (*AnyColumn[T])((*stmt.Ref)(c).Member(name))
}

// From reads the column from the row that refused an LWT, as the Go type of its field.
// The value is nil unless it is CellPresent.
func (c *AnyColumn[T]) From(e *Existing[T]) (any, CellState) {
	v, p := plainExisting(e).ReadAny((*stmt.Ref)(c))
	return v, CellState(p)
}

// A collection's column has methods of its own and no Column within it: a program compiles all methods of each type that
// its tables reach, and so would pay for those of a Column twice, for each collection (make bench-build).

// ListColumn is a list column; E is its elements' Go type.
type ListColumn[T any, S ~[]E, E any] stmt.Ref

// ListCol is the list column that holds the selected slice field.
func ListCol[T any, S ~[]E, E any](selector func(*T) *S) *ListColumn[T, S, E] {
	r := selected(selector).Valued(reflect.TypeFor[S]())
	r.Element(reflect.TypeFor[E](), codec.List, "ListCol")
	return (*ListColumn[T, S, E])(r)
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *ListColumn[T, S, E]) target(*T) *stmt.Ref { return (*stmt.Ref)(c) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *ListColumn[T, S, E]) expression(*T) *stmt.Term {
	return (*stmt.Ref)(c).Term(reflect.TypeFor[S]())
}

//lint:ignore U1000 tells an Expr's Go type
func (c *ListColumn[T, S, E]) valued(*S) {}

// Name is the column's name.
func (c *ListColumn[T, S, E]) Name() string { return (*stmt.Ref)(c).Sure().Name() }

// Eq is `column = v`, of the whole list. One that is not frozen is null if it is empty.
//
//go:noinline
func (c *ListColumn[T, S, E]) Eq(v S) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.At(&v)))
}

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *ListColumn[T, S, E]) Ne(v S) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.At(&v)))
}

// In is `column IN ?` with vs bound as one list.
//
//go:noinline
func (c *ListColumn[T, S, E]) In(vs ...S) Cond[T] { return Cond[T]((*stmt.Ref)(c).In(listOf(vs))) }

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *ListColumn[T, S, E]) IsNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.Addr{}))
}

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *ListColumn[T, S, E]) IsNotNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.Addr{}))
}

// Set is `column = v`, which replaces the whole list.
//
//go:noinline
func (c *ListColumn[T, S, E]) Set(v S) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *ListColumn[T, S, E]) SetNull() Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.Addr{}))
}

// From reads the list from the row that refused an LWT. It is nil unless it is CellPresent.
//
//go:noinline
func (c *ListColumn[T, S, E]) From(e *Existing[T]) (v S, p CellState) {
	p = CellState(plainExisting(e).Read((*stmt.Ref)(c), codec.At(&v)))
	return v, p
}

// At is the element at index i, from 0: for conditions, and for Set on a list that is
// not frozen. A condition reads past the end as null; Set past the end is a server error.
func (c *ListColumn[T, S, E]) At(i int) *Column[T, E] { return column[T, E]((*stmt.Ref)(c).Index(i)) }

// Append is `column = column + ?`. Sending it twice appends twice.
func (c *ListColumn[T, S, E]) Append(vs ...E) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Add, codec.At(&vs)))
}

// Prepend is `column = ? + column`, with vs in their order at the front. Sending it
// twice prepends twice.
func (c *ListColumn[T, S, E]) Prepend(vs ...E) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Prepend, codec.At(&vs)))
}

// Remove is `column = column - ?`: every element equal to one of vs goes.
func (c *ListColumn[T, S, E]) Remove(vs ...E) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Remove, codec.At(&vs)))
}

// Contains is `column CONTAINS v`. ScyllaDB has it in filters, but not as a condition.
func (c *ListColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Has(codec.At(&v)))
}

// SetColumn is a set column held in a slice; E is its elements' Go type.
type SetColumn[T any, S ~[]E, E any] stmt.Ref

// SetCol is the set column that holds the selected slice field, which is tagged `set`
// or has a set type. For a map[E]struct{} field use AnyCol.
func SetCol[T any, S ~[]E, E any](selector func(*T) *S) *SetColumn[T, S, E] {
	r := selected(selector).Valued(reflect.TypeFor[S]())
	r.Element(reflect.TypeFor[E](), codec.Set, "SetCol")
	return (*SetColumn[T, S, E])(r)
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *SetColumn[T, S, E]) target(*T) *stmt.Ref { return (*stmt.Ref)(c) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *SetColumn[T, S, E]) expression(*T) *stmt.Term {
	return (*stmt.Ref)(c).Term(reflect.TypeFor[S]())
}

//lint:ignore U1000 tells an Expr's Go type
func (c *SetColumn[T, S, E]) valued(*S) {}

// Name is the column's name.
func (c *SetColumn[T, S, E]) Name() string { return (*stmt.Ref)(c).Sure().Name() }

// Eq is `column = v`, of the whole set. One that is not frozen is null if it is empty.
//
//go:noinline
func (c *SetColumn[T, S, E]) Eq(v S) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.At(&v)))
}

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *SetColumn[T, S, E]) Ne(v S) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.At(&v)))
}

// In is `column IN ?` with vs bound as one list.
//
//go:noinline
func (c *SetColumn[T, S, E]) In(vs ...S) Cond[T] { return Cond[T]((*stmt.Ref)(c).In(listOf(vs))) }

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *SetColumn[T, S, E]) IsNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.Addr{}))
}

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *SetColumn[T, S, E]) IsNotNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.Addr{}))
}

// Set is `column = v`, which replaces the whole set.
//
//go:noinline
func (c *SetColumn[T, S, E]) Set(v S) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *SetColumn[T, S, E]) SetNull() Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.Addr{}))
}

// From reads the set from the row that refused an LWT. It is nil unless it is CellPresent.
//
//go:noinline
func (c *SetColumn[T, S, E]) From(e *Existing[T]) (v S, p CellState) {
	p = CellState(plainExisting(e).Read((*stmt.Ref)(c), codec.At(&v)))
	return v, p
}

// Add is `column = column + ?`.
func (c *SetColumn[T, S, E]) Add(vs ...E) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Add, codec.At(&vs)))
}

// Remove is `column = column - ?`.
func (c *SetColumn[T, S, E]) Remove(vs ...E) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Remove, codec.At(&vs)))
}

// Contains is `column CONTAINS v`. ScyllaDB has it in filters, but not as a condition.
func (c *SetColumn[T, S, E]) Contains(v E) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Has(codec.At(&v)))
}

// MapColumn is a map column; K and V are the Go types of its keys and values.
type MapColumn[T any, M ~map[K]V, K comparable, V any] stmt.Ref

// MapCol is the map column that holds the selected map field.
func MapCol[T any, M ~map[K]V, K comparable, V any](selector func(*T) *M) *MapColumn[T, M, K, V] {
	r := selected(selector).Valued(reflect.TypeFor[M]())
	r.Keyed(reflect.TypeFor[K](), reflect.TypeFor[[]K](), reflect.TypeFor[V]())
	return (*MapColumn[T, M, K, V])(r)
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *MapColumn[T, M, K, V]) target(*T) *stmt.Ref { return (*stmt.Ref)(c) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *MapColumn[T, M, K, V]) expression(*T) *stmt.Term {
	return (*stmt.Ref)(c).Term(reflect.TypeFor[M]())
}

//lint:ignore U1000 tells an Expr's Go type
func (c *MapColumn[T, M, K, V]) valued(*M) {}

// Name is the column's name.
func (c *MapColumn[T, M, K, V]) Name() string { return (*stmt.Ref)(c).Sure().Name() }

// Eq is `column = v`, of the whole map. One that is not frozen is null if it is empty.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) Eq(v M) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.At(&v)))
}

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) Ne(v M) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.At(&v)))
}

// In is `column IN ?` with vs bound as one list.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) In(vs ...M) Cond[T] { return Cond[T]((*stmt.Ref)(c).In(listOf(vs))) }

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) IsNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Eq, codec.Addr{}))
}

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) IsNotNull() Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Compare(cql.Ne, codec.Addr{}))
}

// Set is `column = v`, which replaces the whole map.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) Set(v M) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) SetNull() Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Set, codec.Addr{}))
}

// From reads the map from the row that refused an LWT. It is nil unless it is CellPresent.
//
//go:noinline
func (c *MapColumn[T, M, K, V]) From(e *Existing[T]) (v M, p CellState) {
	p = CellState(plainExisting(e).Read((*stmt.Ref)(c), codec.At(&v)))
	return v, p
}

// At is the value of key k, null where there is none: for conditions, and for Set and
// SetNull on a map that is not frozen.
//
// Cassandra compares that value as if it were a key. A condition which can therefore hold
// when it should not is an error of KindUsage, on ScyllaDB too: Lt, Le, Gt and Ge where keys and values are ordered
// differently, as in map<text, int>, and all comparisons but with null where the keys are
// uuids, booleans or another type that tells other values apart badly.
func (c *MapColumn[T, M, K, V]) At(k K) *Column[T, V] {
	return column[T, V]((*stmt.Ref)(c).AtKey(codec.At(&k)))
}

// Put is `column = column + ?`: adds entries, replacing those of equal key.
func (c *MapColumn[T, M, K, V]) Put(entries M) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Add, codec.At(&entries)))
}

// Remove is `column = column - ?`: deletes the entries of the keys ks.
func (c *MapColumn[T, M, K, V]) Remove(ks ...K) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).RemoveKeys(codec.At(&ks)))
}

// Contains is `column CONTAINS v`: one of the values is v. ScyllaDB has it in filters, but not as a condition.
func (c *MapColumn[T, M, K, V]) Contains(v V) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).Has(codec.At(&v)))
}

// ContainsKey is `column CONTAINS KEY k`. ScyllaDB has it in filters, but not as a condition.
func (c *MapColumn[T, M, K, V]) ContainsKey(k K) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).HasKey(codec.At(&k)))
}

// CounterColumn is a counter column; N is its field's Go type.
//
// A counter is only ever added to: it cannot be set, inserted, saved, given a TTL or a
// timestamp, or be part of a condition, and the error of KindUsage of a call that tries says so. An
// increment is sent once, whatever the session's retry policy: sent again it would count
// twice. If its answer is lost that is an error that matches ErrOutcomeUnknown, and nothing can tell whether
// it was counted; what must be counted exactly is an int column under Mutate.
type CounterColumn[T any, N ~int | ~int64] stmt.Ref

// CounterCol is the counter column that holds the selected field:
//
//	type PageViews struct {
//		URL   string `cql:"url,partition"`
//		Views int64  `cql:"views,type=counter"`
//	}
//	views := coodie.CounterCol(func(p *PageViews) *int64 { return &p.Views })
//	err := pages.Find(url.Eq("/")).Update(ctx, views.Increment(1))
func CounterCol[T any, N ~int | ~int64](selector func(*T) *N) *CounterColumn[T, N] {
	r := selected(selector).Valued(reflect.TypeFor[N]())
	r.Only(codec.Counter, "CounterCol", "; tag it type=counter")
	return (*CounterColumn[T, N])(r)
}

// Increment is `column = column + n`: a row that is missing is created, and counts from 0.
func (c *CounterColumn[T, N]) Increment(n N) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Add, codec.At(&n)))
}

// Decrement is `column = column - n`.
func (c *CounterColumn[T, N]) Decrement(n N) Assign[T] {
	return Assign[T]((*stmt.Ref)(c).Change(cql.Remove, codec.At(&n)))
}

// Name is the column's name.
func (c *CounterColumn[T, N]) Name() string { return (*stmt.Ref)(c).Sure().Name() }

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *CounterColumn[T, N]) target(*T) *stmt.Ref { return (*stmt.Ref)(c) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *CounterColumn[T, N]) expression(*T) *stmt.Term {
	return (*stmt.Ref)(c).Term(reflect.TypeFor[N]())
}

//lint:ignore U1000 tells an Expr's Go type
func (c *CounterColumn[T, N]) valued(*N) {}
