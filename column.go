package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// Cond is a filter of Find or a condition of If on a column of T's table. Columns make it.
type Cond[T any] stmt.Cond

// Assign is a change of a column of T's table, for Update. Columns make it.
//
// The assignments of one Update have one timestamp and no order. Of two values of one element the
// server keeps the greater one, and of a value and a deletion the deletion. So an Update that
// assigns a column, element or field twice, or adds and removes one element, is a *UsageError.
// Elements are compared as CQL compares them: an instant is the same in every time zone.
type Assign[T any] stmt.Assign

// Target is a column of T's table, or a part of one, for DeleteColumns. One that is named twice,
// or a part beside its whole column, is a *UsageError.
type Target[T any] interface{ target(*T) *stmt.Ref }

// Column is a column of T's table whose values are of Go type V, or a part of such a
// column: a map value, a list element, a field of a user-defined type.
//
// A Column is resolved once and safe for many goroutines. Its methods never fail: what
// is wrong with the column or a value comes out of the call that sends the statement. A
// slice or map given to them must not change before that call.
type Column[T, V any] stmt.Ref

// Col is the column that holds the selected field:
//
//	version := coodie.Col(func(c *AppConfig) *int { return &c.Version })
//
// A renamed field or a value of another type is then a compile error. For a pointer
// field whose values are written without the pointer, use NullCol.
func Col[T, V any](selector func(*T) *V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// NullCol is the column of a pointer field: nil is null, and values are written as V.
//
//	lockedBy := coodie.NullCol(func(l *Lock) **string { return &l.LockedBy })
//	… lockedBy.Set("bob"), lockedBy.SetNull(), lockedBy.IsNull()
func NullCol[T, V any](selector func(*T) **V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// Field is a field of a user-defined type: for conditions on every such column, for
// Set on those that are not frozen. U is the Go struct of the type.
//
//	city := coodie.Field(address, func(a *Address) *string { return &a.City })
func Field[T, U, V any](c *Column[T, U], selector func(*U) *V) *Column[T, V] {
	offset, err := offsetOf(selector)
	return column[T, V](refOf(c).FieldAt(reflect.TypeFor[U](), reflect.TypeFor[V](), offset, err))
}

var ()

// column is the Column of a ref that is not shared yet.
func column[T, V any](r *stmt.Ref) *Column[T, V] {
	return (*Column[T, V])(r.Valued(reflect.TypeFor[V]()))
}

// refOf is what a column refers to; nil of a nil one.
func refOf[T, V any](c *Column[T, V]) *stmt.Ref { return (*stmt.Ref)(c) }

// selected resolves a selector to the column it points at.
func selected[T, F any](selector func(*T) *F) *stmt.Ref {
	offset, err := offsetOf(selector)
	return selectedAt(reflect.TypeFor[T](), reflect.TypeFor[F](), offset, err)
}

func selectedAt(typ, field reflect.Type, offset uintptr, err error) *stmt.Ref {
	table, wrong := described(typ)
	if wrong != nil {
		err = wrong
	}
	return stmt.ColumnAt(table, field, offset, err)
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *Column[T, V]) target(*T) *stmt.Ref { return refOf(c) }

// Name is the column's name.
func (c *Column[T, V]) Name() string { return refOf(c).Sure().Name() }

// Eq is `column = v`. A v that stands for null (a nil pointer, a zero time) asks for null.
//
//go:noinline
func (c *Column[T, V]) Eq(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Eq, codec.At(&v))) }

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *Column[T, V]) Ne(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Ne, codec.At(&v))) }

// Lt is `column < v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Lt(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Lt, codec.At(&v))) }

// Le is `column <= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Le(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Le, codec.At(&v))) }

// Gt is `column > v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Gt(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Gt, codec.At(&v))) }

// Ge is `column >= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Ge(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Ge, codec.At(&v))) }

// In is `column IN ?` with vs bound as one list, so that it is one prepared statement
// whatever its length. A read of many partitions by In is sent as several such statements,
// and its rows come in the order of vs: see docs/bulk.md.
//
//go:noinline
func (c *Column[T, V]) In(vs ...V) Cond[T] {
	return Cond[T](refOf(c).In(listOf(vs)))
}

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *Column[T, V]) IsNull() Cond[T] { return Cond[T](refOf(c).Compare(cql.Eq, codec.Addr{})) }

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *Column[T, V]) IsNotNull() Cond[T] { return Cond[T](refOf(c).Compare(cql.Ne, codec.Addr{})) }

// Set is `column = v`. A v that stands for null deletes the value.
//
//go:noinline
func (c *Column[T, V]) Set(v V) Assign[T] {
	return Assign[T](refOf(c).Change(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *Column[T, V]) SetNull() Assign[T] { return Assign[T](refOf(c).Change(cql.Set, codec.Addr{})) }

// From reads the column from the row that refused an LWT. The value is zero unless it is Present.
//
//go:noinline
func (c *Column[T, V]) From(e *Existing[T]) (V, Presence) {
	var v V
	p := plainExisting(e).Read(refOf(c), codec.At(&v))
	if p != answer.Present {
		var zero V
		return zero, Presence(p)
	}
	return v, Present
}
