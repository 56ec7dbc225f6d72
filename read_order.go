package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/cql"
)

// Order is how a read orders its rows: by a clustering column, or by likeness to a vector.
// Columns make it.
type Order[T any] stmt.Order

// Asc orders by the clustering column, the lowest first.
func (c *Column[T, V]) Asc() Order[T] { return Order[T](stmt.OrderBy(refOf(c), cql.Asc)) }

// Desc orders by the clustering column, the highest first.
func (c *Column[T, V]) Desc() Order[T] { return Order[T](stmt.OrderBy(refOf(c), cql.Desc)) }

// Asc orders by the clustering column, the lowest first.
func (c *AnyColumn[T]) Asc() Order[T] { return Order[T](stmt.OrderBy((*stmt.Ref)(c), cql.Asc)) }

// Desc orders by the clustering column, the highest first.
func (c *AnyColumn[T]) Desc() Order[T] { return Order[T](stmt.OrderBy((*stmt.Ref)(c), cql.Desc)) }

// OrderBy orders the rows within their partition; a later OrderBy replaces it. CQL can
// read a partition in its clustering order or in the reverse, no other way: so the columns
// are those of the clustering key in their order, all as declared or all reversed (those
// that a filter fixes by Eq may be left out), and the filters name the partition. With In
// over partitions the server orders the rows of all of them together, without paging: every
// row is held in memory.
func (q *QuerySet[T]) OrderBy(first Order[T], more ...Order[T]) *QuerySet[T] {
	orders := make([]stmt.Order, 0, 1+len(more))
	for _, o := range append([]Order[T]{first}, more...) {
		orders = append(orders, stmt.Order(o))
	}
	return (*QuerySet[T])((*query)(q).withOrders(orders))
}
