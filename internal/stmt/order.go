package stmt

import (
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Order is a column that rows are ordered by.
type Order struct {
	of        *Ref
	direction cql.Direction
	vector    Operand // of ANN
}

// Ref is the column.
func (o *Order) Ref() *Ref { return o.of.Sure() }

// orderBy binds ORDER BY.
func (ch *ReadOptions) orderBy(b *Bound, where []Cond, limit *int) {
	for i := range ch.Orders {
		o := &ch.Orders[i]
		col := b.wholeColumn(o.Ref(), "OrderBy")
		if b.Err != nil {
			return
		}
		if o.direction == cql.ANN {
			ch.ann(b, o, limit)
		} else if col.Kind != meta.Clustering {
			b.Fail(col.Name, "only clustering columns have an order; "+
				"sort the rows in Go, or keep a table or view whose clustering columns have this order", nil)
		}
		b.Stmt.OrderBy = append(b.Stmt.OrderBy, cql.Order{Column: Named(col), Direction: o.direction})
	}
	if len(ch.Orders) > 0 && ch.Orders[0].direction != cql.ANN {
		ch.clusteringOrder(b, where)
	}
}

// clusteringOrder refuses an order that a partition cannot be read in.
func (ch *ReadOptions) clusteringOrder(b *Bound, where []Cond) {
	for _, c := range b.Meta.Partition {
		if !b.fixed(where, c, cql.Eq, cql.In) {
			b.Fail(c.Name, "OrderBy orders rows within a partition: add a filter on this partition key column, by Eq or In", nil)
		}
	}
	next, reversed := 0, false
	for i := range ch.Orders {
		col := ch.Orders[i].Ref().col
		at := slices.Index(b.Meta.Clustering, col)
		for next < at && b.fixed(where, b.Meta.Clustering[next], cql.Eq) {
			next++
		}
		if next != at {
			b.Fail(col.Name, "OrderBy takes the clustering columns in the order of the key, each once; "+
				"those before it that no filter fixes by Eq are missing", nil)
			return
		}
		next++
		back := (ch.Orders[i].direction == cql.Desc) != col.Desc
		if i > 0 && back != reversed {
			b.Fail(col.Name, "OrderBy takes the clustering order as the table declares it or all of it reversed, not in part", nil)
		}
		reversed = back
	}
}

// fixed reports whether a filter on the whole column is by one of ops.
func (b *Bound) fixed(where []Cond, c *meta.Column, ops ...cql.Op) bool {
	for i := range where {
		if w := &where[i]; w.Ref().col == c && w.Ref().elem == nil && w.Ref().field == "" {
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
func (ch *ReadOptions) ann(b *Bound, o *Order, limit *int) {
	name := o.Ref().name
	switch {
	case o.Ref().typ.Kind != codec.Vector:
		b.Fail(name, "ANN orders by likeness to a vector, and the column is a "+o.Ref().typ.String(), nil)
	case len(ch.Orders) > 1:
		b.Fail(name, "ANN is an order of its own and takes no other beside it", nil)
	case limit == nil || *limit > maxANN:
		b.Fail(name, "ANN needs a Limit, of 1000 at most", nil)
	case ch.PerPartition != nil || len(ch.Groups) > 0 || ch.Distinct || ch.aggregates():
		b.Fail(name, "ANN takes no PerPartitionLimit, GroupBy, Distinct or aggregate", nil)
	}
	if _, null := b.bind(name, o.Ref().typ, &o.vector); null {
		b.Fail(name, "the vector is null", nil)
	}
}

// OrderBy orders by the column.
func OrderBy(r *Ref, direction cql.Direction) Order { return Order{of: r, direction: direction} }
