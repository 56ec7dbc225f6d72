package coodie

import (
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Order is how a read orders its rows: by a clustering column, or by likeness to a vector.
// Columns make it.
type Order[T any] ordering

type ordering struct {
	of        *ref
	direction cql.Direction
	vector    operand // of ANN
}

func (o *ordering) ref() *ref { return o.of.sure() }

// Asc orders by the clustering column, the lowest first.
func (c *Column[T, V]) Asc() Order[T] { return Order[T](orderOf(refOf(c), cql.Asc)) }

// Desc orders by the clustering column, the highest first.
func (c *Column[T, V]) Desc() Order[T] { return Order[T](orderOf(refOf(c), cql.Desc)) }

// Asc orders by the clustering column, the lowest first.
func (c *AnyColumn[T]) Asc() Order[T] { return Order[T](orderOf((*ref)(c), cql.Asc)) }

// Desc orders by the clustering column, the highest first.
func (c *AnyColumn[T]) Desc() Order[T] { return Order[T](orderOf((*ref)(c), cql.Desc)) }

// OrderBy orders the rows within their partition; a later OrderBy replaces it. CQL can
// read a partition in its clustering order or in the reverse, no other way: so the columns
// are those of the clustering key in their order, all as declared or all reversed (those
// that a filter fixes by Eq may be left out), and the filters name the partition. With In
// over partitions the server orders the rows of all of them together, without paging: every
// row is held in memory.
func (q *QuerySet[T]) OrderBy(first Order[T], more ...Order[T]) *QuerySet[T] {
	orders := make([]ordering, 0, 1+len(more))
	for _, o := range append([]Order[T]{first}, more...) {
		orders = append(orders, ordering(o))
	}
	return (*QuerySet[T])((*query)(q).withOrders(orders))
}

// orderBy binds ORDER BY.
func (ch *readOptions) orderBy(b *builder, where []cond, limit *int) {
	for i := range ch.orders {
		o := &ch.orders[i]
		col := b.whole(o.ref(), "OrderBy")
		if b.err != nil {
			return
		}
		if o.direction == cql.ANN {
			ch.ann(b, o, limit)
		} else if col.Kind != meta.Clustering {
			b.fail(col.Name, "only clustering columns have an order; "+
				"sort the rows in Go, or keep a table or view whose clustering columns have this order", nil)
		}
		b.stmt.OrderBy = append(b.stmt.OrderBy, cql.Order{Column: named(col), Direction: o.direction})
	}
	if len(ch.orders) > 0 && ch.orders[0].direction != cql.ANN {
		ch.clusteringOrder(b, where)
	}
}

// clusteringOrder refuses an order that a partition cannot be read in.
func (ch *readOptions) clusteringOrder(b *builder, where []cond) {
	for _, c := range b.table.Partition {
		if !b.fixed(where, c, cql.Eq, cql.In) {
			b.fail(c.Name, "OrderBy orders rows within a partition: add a filter on this partition key column, by Eq or In", nil)
		}
	}
	next, reversed := 0, false
	for i := range ch.orders {
		col := ch.orders[i].ref().col
		at := slices.Index(b.table.Clustering, col)
		for next < at && b.fixed(where, b.table.Clustering[next], cql.Eq) {
			next++
		}
		if next != at {
			b.fail(col.Name, "OrderBy takes the clustering columns in the order of the key, each once; "+
				"those before it that no filter fixes by Eq are missing", nil)
			return
		}
		next++
		back := (ch.orders[i].direction == cql.Desc) != col.Desc
		if i > 0 && back != reversed {
			b.fail(col.Name, "OrderBy takes the clustering order as the table declares it or all of it reversed, not in part", nil)
		}
		reversed = back
	}
}

// fixed reports whether a filter on the whole column is by one of ops.
func (b *builder) fixed(where []cond, c *meta.Column, ops ...cql.Op) bool {
	for i := range where {
		if w := &where[i]; w.ref().col == c && w.ref().elem == nil && w.ref().field == "" {
			for _, op := range ops {
				if w.op == op {
					return true
				}
			}
		}
	}
	return false
}

// maxANN is how many rows Cassandra orders by likeness at most.
const maxANN = 1000

// ann binds the vector of ANN, after refusing what the server would.
func (ch *readOptions) ann(b *builder, o *ordering, limit *int) {
	name := o.ref().name
	switch {
	case o.ref().typ.Kind != codec.Vector:
		b.fail(name, "ANN orders by likeness to a vector, and the column is a "+o.ref().typ.String(), nil)
	case len(ch.orders) > 1:
		b.fail(name, "ANN is an order of its own and takes no other beside it", nil)
	case limit == nil || *limit > maxANN:
		b.fail(name, "ANN needs a Limit, of 1000 at most", nil)
	case ch.perPartition != nil || len(ch.groups) > 0 || ch.distinct || ch.aggregates():
		b.fail(name, "ANN takes no PerPartitionLimit, GroupBy, Distinct or aggregate", nil)
	}
	if _, null := b.bind(name, o.ref().typ, &o.vector); null {
		b.fail(name, "the vector is null", nil)
	}
}
