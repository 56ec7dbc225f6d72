package read

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// read walks the partitions until the page, or the limit, is full.
func (q *query) read() error {
	view := q.x.Server.View(q.s.table, q.x.Client.Node)
	var failed error
	visit := func(p *store.Partition) bool {
		if failed = q.x.Err(); failed != nil {
			return false
		}
		more, err := q.partition(p)
		if failed = err; q.failed != nil {
			failed = q.failed
		}
		return more && failed == nil
	}
	if q.keys != nil {
		q.readKeys(view, visit)
		return failed
	}
	from := &store.Key{Token: q.from}
	if q.resume != nil {
		from = &q.resume.key
	}
	view.Scan(from, func(p *store.Partition) bool {
		return p.Key.Token <= q.to && visit(p)
	})
	return failed
}

func (q *query) readKeys(view *store.View, visit func(*store.Partition) bool) {
	keys := q.keys
	if q.resume != nil {
		at := slices.Index(keys, q.resume.key)
		if at < 0 {
			return
		}
		keys = keys[at:]
	}
	for _, k := range keys {
		if k.Token < q.from || k.Token > q.to {
			continue
		}
		if !visit(view.Partition(k)) {
			return
		}
	}
}

// partition reads one partition. It returns false when the query is done.
func (q *query) partition(p *store.Partition) (bool, error) {
	q.inPart, q.visited = 0, p.Key
	resumed := q.resume != nil && q.resume.key == p.Key
	if resumed {
		q.inPart = q.resume.inPartition
		if q.resume.done || q.inPart >= q.perPart {
			return true, nil
		}
	}
	v := &where.RowView{Table: q.s.table, Key: schema.SplitKey(q.s.table, p.Key), Static: p.Static(q.x.NowSec), Now: q.x.NowSec}
	for i := range q.filter {
		e := &q.filter[i]
		if (e.Col.Kind == schema.PartitionKey || e.Col.Kind == schema.StaticColumn) && !q.holds(e, v) {
			return true, nil
		}
	}
	any, more := false, true
	var failed error
	each := func(r *store.Row) bool {
		v.Row = r
		if q.s.distinct && any {
			return false
		}
		if !q.matches(v) {
			return true
		}
		any = true
		if !q.s.grouped && q.inPart >= q.perPart {
			return false
		}
		more, failed = q.row(p.Key, v)
		return more && failed == nil
	}
	for i := range q.slices {
		s := q.slices[i]
		if q.s.reversed {
			s = q.slices[len(q.slices)-1-i]
		}
		if resumed && q.resume.clustering != nil {
			var skip bool
			if s, skip = q.after(s); skip {
				continue
			}
		}
		if !p.Rows(s, q.s.reversed, q.x.NowSec, each) {
			break
		}
	}
	if failed != nil || !more {
		return false, failed
	}
	if !any && !resumed && v.Static != nil && q.fresh {
		v.Row = nil
		return q.row(p.Key, v)
	}
	return true, nil
}

// after narrows a slice to what comes behind the row that a page ended with.
func (q *query) after(s store.Slice) (store.Slice, bool) {
	order := q.s.table.Order()
	edge := store.Bound{Prefix: q.resume.clustering}
	if q.s.reversed {
		if order.Empty(store.Slice{Start: s.Start, End: edge}) {
			return s, true
		}
		if order.Contains(store.Slice{Start: store.All.Start, End: s.End}, q.resume.clustering) {
			s.End = edge
		}
		return s, order.Empty(s)
	}
	if order.Empty(store.Slice{Start: edge, End: s.End}) {
		return s, true
	}
	if order.Contains(store.Slice{Start: s.Start, End: store.All.End}, q.resume.clustering) {
		s.Start = edge
	}
	return s, order.Empty(s)
}

// holds evaluates one filter. A replica cannot compare with a list that holds a
// null: it fails on the first row that has a value.
func (q *query) holds(e *where.Expression, v *where.RowView) bool {
	if e.Op <= where.OpGTE && e.Col.Type.Kind == types.KindList && v.Column(e.Col.Index) != nil && where.NoNulls(e.Value) != nil {
		q.failed = q.x.Failure(protocol.CodeReadFailure, "")
		return false
	}
	return e.Holds(v)
}

// matches evaluates the filters on clustering and regular columns.
func (q *query) matches(v *where.RowView) bool {
	for i := range q.filter {
		e := &q.filter[i]
		if e.Col.Kind != schema.PartitionKey && e.Col.Kind != schema.StaticColumn && !q.holds(e, v) {
			return false
		}
	}
	return true
}

// row takes one row. It returns false when the page or the limit is full.
func (q *query) row(key store.Key, v *where.RowView) (bool, error) {
	if q.s.aggregate || q.s.grouped {
		return q.groupRow(key, v)
	}
	if q.count >= q.limit || q.count >= q.pageSize {
		q.stop()
		return false, nil
	}
	line, err := q.line(v)
	if err != nil {
		return false, err
	}
	q.result.Rows = append(q.result.Rows, line)
	q.sortRow = append(q.sortRow, q.sortKeys(v))
	if q.s.near != nil {
		q.scores = append(q.scores, q.score(v))
	}
	q.count++
	q.inPart++
	q.mark(key, v)
	if q.count >= q.limit {
		return false, nil
	}
	if q.count >= q.pageSize {
		q.stop()
		return false, nil
	}
	return true, nil
}

// sortKeys are the ORDER BY columns of a row that is to be sorted later.
func (q *query) sortKeys(v *where.RowView) [][]byte {
	if len(q.s.sortBy) == 0 {
		return nil
	}
	keys := make([][]byte, len(q.s.sortBy))
	for i, c := range q.s.sortBy {
		keys[i] = v.Value(c.col)
	}
	return keys
}

func (q *query) mark(key store.Key, v *where.RowView) {
	q.last = pageState{key: key, inPartition: q.inPart, done: v.Row == nil || len(v.Row.Clustering) == 0}
	if !q.last.done {
		q.last.clustering = v.Row.Clustering
	}
}

// stop ends a page before the query's end.
func (q *query) stop() {
	// Of the last partition asked for the server knows when it is read out.
	last := q.keys != nil && q.last.key == q.keys[len(q.keys)-1]
	q.more = q.count < q.limit && !(last && (q.last.inPartition >= q.perPart || q.last.done))
}

func (q *query) line(v *where.RowView) ([][]byte, error) {
	if q.s.sel == nil {
		line := make([][]byte, len(q.s.table.Columns))
		for i, c := range q.s.table.Columns {
			line[i] = v.Value(c)
		}
		return line, nil
	}
	q.x.Env.Row = v
	return q.s.sel.Eval(&q.x.Env)
}

// finish closes the last group and says where the next page starts.
func (q *query) finish() error {
	if q.group != nil || q.s.aggregate {
		if err := q.closeGroup(); err != nil {
			return err
		}
		if q.s.grouped && q.count >= q.pageSize && (q.keys == nil || q.visited == q.last.key) {
			q.stop()
		}
	}
	if q.more && q.limit-q.count > 0 {
		q.last.remaining = q.limit - q.count
		q.result.PagingState = q.last.encode()
	}
	return nil
}
