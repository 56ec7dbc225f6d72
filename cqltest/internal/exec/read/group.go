package read

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// groupRow adds a row to its group, closing the one before.
func (q *query) groupRow(key store.Key, v *where.RowView) (bool, error) {
	at, err := q.groupAt(key, v)
	if err != nil {
		return false, err
	}
	if q.s.grouped && !(q.groupOf.set && q.sameGroup(q.groupOf, at)) {
		if q.group != nil {
			if err := q.closeGroup(); err != nil {
				return false, err
			}
			if q.count >= q.limit || q.count >= q.pageSize {
				q.stop()
				return false, nil
			}
		}
		q.groupOf = at
		if q.inPart >= q.perPart {
			return true, nil
		}
		q.inPart++
		q.group = q.newGroup()
		q.groupBy = q.sortKeys(v)
	}
	if q.group == nil {
		if q.s.grouped {
			return true, nil // beyond PER PARTITION LIMIT
		}
		q.group = q.newGroup()
	}
	own := *v
	q.x.Env.Row = &own
	if err := q.group.Add(&q.x.Env); err != nil {
		return false, err
	}
	q.mark(key, v)
	return true, nil
}

func (q *query) newGroup() *terms.Group { return q.s.selector().NewGroup() }

// groupAt returns which group the row belongs to.
func (q *query) groupAt(key store.Key, v *where.RowView) (groupKey, error) {
	g := groupKey{set: true, key: key}
	if v.Row == nil || q.s.aggregate {
		return g, nil
	}
	n := q.s.groupSize
	if q.s.groupExpr == nil {
		g.rest = v.Row.Clustering[:n]
		return g, nil
	}
	q.x.Env.Row = v
	last, err := q.s.groupExpr.Eval(&q.x.Env)
	if err != nil {
		return g, err
	}
	g.rest = append(append([][]byte{}, v.Row.Clustering[:n-1]...), last[0])
	return g, nil
}

// sameGroup compares as the columns do: the decimals 1 and 1.0 make one group.
func (q *query) sameGroup(a, b groupKey) bool {
	if a.key != b.key || len(a.rest) != len(b.rest) {
		return false
	}
	for i := range a.rest {
		t := q.s.table.Clustering[i].Type
		if q.s.groupExpr != nil && i == len(a.rest)-1 {
			t = q.s.groupExpr.Columns[0].Type
		}
		if x, y := a.rest[i], b.rest[i]; (x == nil) != (y == nil) || x != nil && t.Compare(x, y) != 0 {
			return false
		}
	}
	return true
}

// closeGroup adds the group's result row.
func (q *query) closeGroup() error {
	if q.group == nil {
		q.group = q.newGroup()
	}
	line, err := q.group.Result(&q.x.Env)
	if err != nil {
		return err
	}
	q.group = nil
	q.result.Rows = append(q.result.Rows, line)
	q.sortRow = append(q.sortRow, q.groupBy)
	q.count++
	return nil
}

func groupBy(p *server.Preparer, sc *terms.Scope, s *Selection, ast *cqlparse.Select) error {
	if len(ast.GroupBy) == 0 {
		s.aggregate = s.sel != nil && s.sel.IsAggregate()
		return nil
	}
	t := s.table
	s.grouped = true
	keys := slices.Concat(t.Partition, t.Clustering)
	at := 0
	for _, g := range ast.GroupBy {
		named, err := selectedColumns(t, []*cqlparse.Selector{{Expr: g}})
		if err != nil {
			return err
		}
		var col *schema.Column
		if ref, plain := g.(*cqlparse.ColumnRef); plain {
			col = t.ByName[ref.Name.Name]
			if !col.PrimaryKey() {
				return protocol.Invalid("Group by is currently only supported on the columns of the PRIMARY KEY, got %s", col.Name)
			}
			if s.groupExpr != nil {
				return protocol.Invalid("Functions are only supported on the last element of the GROUP BY clause")
			}
		} else {
			expr, err := terms.PrepareSelection(sc, []*cqlparse.Selector{{Expr: g}})
			if err != nil {
				return err
			}
			if expr.IsAggregate() {
				call, _ := g.(*cqlparse.FunctionCall)
				name := cqlparse.Print(g)
				if call != nil {
					name = "system." + call.Name.Name.Name
				}
				return protocol.Invalid("Aggregate functions are not supported within the GROUP BY clause, got: %s", name)
			}
			if len(named) == 0 {
				return protocol.Invalid("GROUP BY functions must have one clustering column name as parameter")
			}
			if len(named) > 1 {
				names := ""
				for i, c := range named {
					if i > 0 {
						names += ","
					}
					names += c.CQL()
				}
				return protocol.Invalid("GROUP BY functions accept only one clustering column as parameter, got: %s", names)
			}
			col = named[0]
			if col.Kind != schema.ClusteringKey {
				return protocol.Invalid("Group by functions are only supported on clustering columns, got %s", col.Name)
			}
			s.groupExpr = expr
		}
		for {
			if at == len(keys) {
				return protocol.Invalid("Group by currently only support groups of columns following their declared order in the PRIMARY KEY")
			}
			k := keys[at]
			at++
			if k.Kind == schema.ClusteringKey {
				s.groupSize++
			}
			if k == col {
				break
			}
			if !s.where.EqOn(k) {
				return protocol.Invalid("Group by currently only support groups of columns following their declared order in the PRIMARY KEY")
			}
		}
	}
	if at < len(t.Partition) {
		return protocol.Invalid("Group by is not supported on only a part of the partition key")
	}
	if s.groupSize > 0 && s.distinct {
		return protocol.Invalid("Grouping on clustering columns is not allowed for SELECT DISTINCT queries")
	}
	return nil
}
