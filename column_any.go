package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// AnyColumn is a column known by its name only, for code that learns names at run
// time: see Table.Col. Values are of any Go type that the column's CQL type takes, nil
// is null; a wrong name or value is a *UsageError of the call that would send it.
type AnyColumn[T any] stmt.Ref

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

// Contains is `column CONTAINS v`: an element of a list or set, a value of a map.
func (c *AnyColumn[T]) Contains(v any) Cond[T] {
	return Cond[T]((*stmt.Ref)(c).HasAny(v))
}

// ContainsKey is `column CONTAINS KEY k`.
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
// The value is nil unless it is Present.
func (c *AnyColumn[T]) From(e *Existing[T]) (any, Presence) {
	v, p := plainExisting(e).ReadAny((*stmt.Ref)(c))
	return v, Presence(p)
}
