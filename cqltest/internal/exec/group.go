package exec

import (
	"bytes"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
)

// groupRow adds a row to its group, closing the one before.
func (q *query) groupRow(key store.Key, v *rowView) (bool, error) {
	at, err := q.groupAt(key, v)
	if err != nil {
		return false, err
	}
	if q.s.grouped && !(q.groupOf.set && sameGroup(q.groupOf, at)) {
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
	q.x.env.Row = &own
	if err := q.group.Add(&q.x.env); err != nil {
		return false, err
	}
	q.mark(key, v)
	return true, nil
}

func (q *query) newGroup() *terms.Group { return q.s.selector().NewGroup() }

// groupAt returns which group the row belongs to.
func (q *query) groupAt(key store.Key, v *rowView) (groupKey, error) {
	g := groupKey{set: true, key: key}
	if v.row == nil || q.s.aggregate {
		return g, nil
	}
	n := q.s.groupSize
	if q.s.groupExpr == nil {
		g.rest = v.row.Clustering[:n]
		return g, nil
	}
	q.x.env.Row = v
	last, err := q.s.groupExpr.Eval(&q.x.env)
	if err != nil {
		return g, err
	}
	g.rest = append(append([][]byte{}, v.row.Clustering[:n-1]...), last[0])
	return g, nil
}

func sameGroup(a, b groupKey) bool {
	if a.key != b.key || len(a.rest) != len(b.rest) {
		return false
	}
	for i := range a.rest {
		if !bytes.Equal(a.rest[i], b.rest[i]) {
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
	line, err := q.group.Result(&q.x.env)
	if err != nil {
		return err
	}
	q.group = nil
	q.result.Rows = append(q.result.Rows, line)
	q.sortRow = append(q.sortRow, q.groupBy)
	q.count++
	return nil
}
