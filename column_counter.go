package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/stmt"
)

// CounterColumn is a counter column; N is its field's Go type.
//
// A counter is only ever added to: it cannot be set, inserted, saved, given a TTL or a
// timestamp, or be part of a condition, and the *UsageError of a call that tries says so. An
// increment is sent once, whatever the session's retry policy: sent again it would count
// twice. If its answer is lost that is an *OutcomeUnknownError, and nothing can tell whether
// it was counted; what must be counted exactly is an int column under Mutate.
type CounterColumn[T any, N ~int | ~int64] struct{ column Column[T, N] }

// CounterCol is the counter column that holds the selected field:
//
//	type PageViews struct {
//		URL   string `cql:"url,partition"`
//		Views int64  `cql:"views,type=counter"`
//	}
//	views := coodie.CounterCol(func(p *PageViews) *int64 { return &p.Views })
//	err := pages.Find(url.Eq("/")).Update(ctx, views.Increment(1))
func CounterCol[T any, N ~int | ~int64](selector func(*T) *N) *CounterColumn[T, N] {
	r := selected(selector)
	r.Only(codec.Counter, "CounterCol", "; tag it type=counter")
	return recast[CounterColumn[T, N]](column[T, N](r))
}

// Increment is `column = column + n`: a row that is missing is created, and counts from 0.
func (c *CounterColumn[T, N]) Increment(n N) Assign[T] {
	return Assign[T](refOf(&c.column).Change(cql.Add, codec.At(&n)))
}

// Decrement is `column = column - n`.
func (c *CounterColumn[T, N]) Decrement(n N) Assign[T] {
	return Assign[T](refOf(&c.column).Change(cql.Remove, codec.At(&n)))
}

// Name is the column's name.
func (c *CounterColumn[T, N]) Name() string { return c.column.Name() }

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *CounterColumn[T, N]) target(*T) *stmt.Ref { return refOf(&c.column) }

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *CounterColumn[T, N]) expression(t *T) *stmt.Term { return c.column.expression(t) }

//lint:ignore U1000 tells an Expr's Go type
func (c *CounterColumn[T, N]) valued(*N) {}
