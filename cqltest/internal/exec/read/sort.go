package read

import (
	"bytes"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func (q *query) sort() {
	type pair struct{ line, keys [][]byte }
	pairs := make([]pair, len(q.result.Rows))
	for i := range pairs {
		pairs[i] = pair{q.result.Rows[i], q.sortRow[i]}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		if q.s.json && q.s.sel == nil { // the server sorts by the document
			o := bytes.Compare(a.line[0], b.line[0])
			if q.s.sortBy[0].desc {
				o = -o
			}
			return o
		}
		for i, c := range q.s.sortBy {
			if o := q.compare(c, a.keys[i], b.keys[i]); o != 0 {
				return o
			}
		}
		return 0
	})
	for i := range pairs {
		q.result.Rows[i] = pairs[i].line
	}
}

// compare orders two values of an ORDER BY column. Null, which a partition with
// nothing but static columns has, comes first in the direction of reading.
func (q *query) compare(c sortColumn, a, b []byte) int {
	first := -1
	if q.s.reversed {
		first = 1
	}
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return first
	case b == nil:
		return -first
	}
	if c.desc {
		return c.col.Type.Compare(b, a)
	}
	return c.col.Type.Compare(a, b)
}

func orderings(p *server.Preparer, t *schema.Table, list []*cqlparse.Ordering) ([]sortColumn, error) {
	var out []sortColumn
	for _, o := range list {
		c, err := t.Column(o.Column.Name)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(x sortColumn) bool { return x.col == c }); i >= 0 {
			out[i].desc = o.Desc
			continue
		}
		out = append(out, sortColumn{c, o.Desc})
	}
	return out, nil
}

// order checks ORDER BY and works out the direction of reading.
func (s *Selection) order(list []sortColumn) error {
	if len(list) == 0 {
		return nil
	}
	if s.where.UsesIndex {
		return protocol.Invalid("ORDER BY with 2ndary indexes is not supported, except for ANN queries.")
	}
	if s.where.KeyRange {
		return protocol.Invalid("ORDER BY is only supported when the partition key is restricted by an EQ or an IN.")
	}
	position := 0
	var reversed *bool
	for _, o := range list {
		if o.col.Kind != schema.ClusteringKey {
			return protocol.Invalid("Order by is currently only supported on the clustered columns of the PRIMARY KEY, got %s", o.col.Name)
		}
		for position != o.col.Position {
			if position >= len(s.table.Clustering) || position > o.col.Position || !s.where.EqOn(s.table.Clustering[position]) {
				return protocol.Invalid("Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY")
			}
			position++
		}
		position++
		r := o.desc != o.col.Desc
		if reversed != nil && *reversed != r {
			return protocol.Invalid("Unsupported order by relation")
		}
		reversed = &r
		if s.where.Partition.HasIn {
			s.sortBy = append(s.sortBy, o)
		}
	}
	s.reversed = *reversed
	return nil
}
