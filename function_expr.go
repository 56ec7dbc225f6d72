package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/stmt"
)

// Expr is what a query on T's table can select: a column, a part of one (a map's value, a
// field of a user-defined type), the Token, or a function such as Sum, Cast and WriteTime.
// In Go its values are of type V; null is the zero V, or with Nullable a nil pointer.
type Expr[T, V any] interface {
	Selectable[T]
	valued(*V)
}

// Selectable is an Expr whatever the Go type of its values.
type Selectable[T any] interface{ expression(*T) *stmt.Term }

// Func is a function of columns, to be selected. The functions of this package make it.
type Func[T, V any] stmt.Term

// As names the result: after it a struct's field is found by Project, and a key in JSON.
func (f *Func[T, V]) As(name string) *Func[T, V] { return (*Func[T, V])((*stmt.Term)(f).As(name)) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (f *Func[T, V]) expression(*T) *stmt.Term { return (*stmt.Term)(f).Sure() }

//lint:ignore U1000 tells an Expr's Go type
func (f *Func[T, V]) valued(*V) {}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *Column[T, V]) expression(*T) *stmt.Term { return refOf(c).Term(reflect.TypeFor[V]()) }

//lint:ignore U1000 tells an Expr's Go type
func (c *Column[T, V]) valued(*V) {}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *AnyColumn[T]) expression(*T) *stmt.Term { return (*stmt.Ref)(c).AnyTerm() }

//lint:ignore U1000 tells an Expr's Go type
func (c *AnyColumn[T]) valued(*any) {}

// Nullable is e with null told apart from the zero V: it is nil.
func Nullable[T, V any](e Expr[T, V]) *Func[T, *V] {
	return (*Func[T, *V])(selected1(e).Nullable(reflect.TypeFor[*V]()))
}

// selected1 is the term of s, which may be nil.
func selected1[T any](s Selectable[T]) *stmt.Term {
	if s == nil {
		return stmt.NoTerm()
	}
	return s.expression(nil)
}
