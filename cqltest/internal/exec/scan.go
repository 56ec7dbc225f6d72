package exec

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// query is one run of a SELECT: what to read, and how far it has come.
type query struct {
	x      *execution
	s      *selection
	keys   []store.Key // nil for a scan
	from   int64       // tokens of a scan
	to     int64
	slices []store.Slice
	filter []expression
	fresh  bool // statics of partitions without rows count

	limit, perPart int
	pageSize       int
	resume         *pageState

	result  *Result
	sortRow [][][]byte // the ORDER BY columns of each result row
	target  []byte     // of ANN OF
	scores  []float32  // of each result row
	group   *terms.Group
	groupOf groupKey
	groupBy [][]byte  // the ORDER BY columns of the group's first row
	count   int       // rows, or groups, in this page
	inPart  int       // of the present partition
	visited store.Key // the partition last looked at
	last    pageState
	more    bool
	failed  error
}

type groupKey struct {
	set  bool
	key  store.Key
	rest [][]byte
}

func (s *selection) run(x *execution) (*Result, error) {
	if x.params.Consistency == Any {
		return nil, invalid("ANY ConsistencyLevel is only supported for writes")
	}
	if err := x.checkTimeout(s.timeout); err != nil {
		return nil, err
	}
	if err := x.available(s.table.keyspace); err != nil {
		return nil, err
	}
	q := &query{x: x, s: s, result: &Result{Kind: Rows, Columns: s.cols}, pageSize: x.params.PageSize}
	var err error
	if q.limit, err = x.evalLimit(s.limit); err != nil {
		return nil, err
	}
	if q.perPart, err = x.evalLimit(s.perPart); err != nil {
		return nil, err
	}
	if s.distinct {
		q.perPart = 1
	}
	if s.near != nil {
		if err := q.startNearest(); err != nil {
			return nil, err
		}
	}
	if s.sel != nil {
		if err := s.sel.Start(&x.env); err != nil {
			return nil, err
		}
	}
	ok, err := q.prepare()
	if err != nil {
		return nil, err
	}
	direct := !s.aggregate && !s.grouped && (q.pageSize <= 0 || q.limit <= q.pageSize)
	if c := x.params.Consistency; (c == Serial || c == LocalSerial) && len(q.keys) > 1 && direct {
		// What is read in pages is read one partition at a time.
		return nil, invalid("SERIAL/LOCAL_SERIAL consistency may only be requested for one partition at a time")
	}
	s.warn(x)
	sorted := len(s.sortBy) > 0
	if s.near != nil {
		q.pageSize = 0
		for i := range q.filter {
			if q.filter[i].op == opNearest {
				q.target = q.filter[i].value
			}
		}
	}
	paged := q.pageSize > 0 && (q.limit > q.pageSize || sorted) && !s.aggregate && !(s.grouped && s.distinct)
	if q.pageSize > 0 && sorted && (ok || s.aggregate || s.grouped) {
		return nil, invalid("Cannot page queries with both ORDER BY and a IN restriction on the partition key;" +
			" you must either remove the ORDER BY or the IN and sort client side, or disable paging for this query")
	}
	if !paged {
		q.pageSize = math.MaxInt
	}
	if len(x.params.PagingState) > 0 && !s.aggregate {
		if q.resume, err = decodePageState(x.params.PagingState); err != nil {
			return nil, err
		}
		q.limit = q.resume.remaining
	}
	userLimit := q.limit
	if sorted || s.near != nil || s.aggregate {
		q.limit = math.MaxInt
	}
	if ok {
		if err := q.read(); err != nil {
			return nil, err
		}
	}
	if err := q.finish(); err != nil {
		return nil, err
	}
	if s.json {
		q.toJSON()
	}
	if sorted && !s.aggregate {
		q.sort()
	}
	if s.near != nil {
		q.sortNearest()
	}
	if len(q.result.Rows) > userLimit {
		q.result.Rows = q.result.Rows[:userLimit]
	}
	return q.result, nil
}

func (s *selection) warn(x *execution) {
	if !s.aggregate && !s.grouped {
		return
	}
	switch {
	case s.where.partition.empty() && s.where.token == nil:
		x.warn("Aggregation query used without partition key")
	case s.where.partition.hasIn:
		x.warn("Aggregation query used on multiple partition keys (IN restriction)")
	}
}

// prepare evaluates WHERE. It returns false if nothing can match.
func (q *query) prepare() (bool, error) {
	w, x := q.s.where, q.x
	var err error
	if q.filter, err = x.rowFilter(w); err != nil {
		return false, err
	}
	q.fresh = w.fullPartitions()
	var ok bool
	if q.from, q.to, ok, err = x.tokenRange(w.token); err != nil || !ok {
		return false, err
	}
	if !w.keyRange {
		if q.keys, err = x.namedKeys(w); err != nil || len(q.keys) == 0 {
			return false, err
		}
	}
	switch {
	case q.s.distinct:
		q.slices = []store.Slice{store.All}
	case w.columnRange():
		if q.slices, err = x.slices(w); err != nil {
			return false, err
		}
	default:
		rows, err := x.clusterings(w)
		if err != nil {
			return false, err
		}
		for _, r := range rows {
			q.slices = append(q.slices, store.Exactly(r))
		}
	}
	if len(q.slices) == 0 {
		return false, nil
	}
	if err := validKeys(q.keys); err != nil { // Cassandra looks at the keys when it reads them
		return false, err
	}
	short := x.shortfall(q.s.table, x.params.Consistency, x.tokensOf(q.keys))
	if err := short.unavailable(); err != nil {
		return false, err
	}
	if err := short.timeout(CodeReadTimeout, ""); err != nil {
		return false, err
	}
	return true, nil
}

// read walks the partitions until the page, or the limit, is full.
func (q *query) read() error {
	view := q.x.server.view(q.s.table, q.x.client.Node)
	var failed error
	visit := func(p *store.Partition) bool {
		if failed = q.x.err(); failed != nil {
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
	v := &rowView{table: q.s.table, key: splitKey(q.s.table, p.Key), static: p.Static(q.x.nowSec), now: q.x.nowSec}
	for i := range q.filter {
		e := &q.filter[i]
		if (e.col.kind == partitionKey || e.col.kind == staticColumn) && !q.holds(e, v) {
			return true, nil
		}
	}
	any, more := false, true
	var failed error
	each := func(r *store.Row) bool {
		v.row = r
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
		if !p.Rows(s, q.s.reversed, q.x.nowSec, each) {
			break
		}
	}
	if failed != nil || !more {
		return false, failed
	}
	if !any && !resumed && v.static != nil && q.fresh {
		v.row = nil
		return q.row(p.Key, v)
	}
	return true, nil
}

// after narrows a slice to what comes behind the row that a page ended with.
func (q *query) after(s store.Slice) (store.Slice, bool) {
	order := q.s.table.order()
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
func (q *query) holds(e *expression, v *rowView) bool {
	if e.op <= opGTE && e.col.typ.Kind == types.KindList && v.Column(e.col.index) != nil && noNulls(e.value) != nil {
		q.failed = q.x.failure(CodeReadFailure, "")
		return false
	}
	return e.holds(v)
}

// matches evaluates the filters on clustering and regular columns.
func (q *query) matches(v *rowView) bool {
	for i := range q.filter {
		e := &q.filter[i]
		if e.col.kind != partitionKey && e.col.kind != staticColumn && !q.holds(e, v) {
			return false
		}
	}
	return true
}

// row takes one row. It returns false when the page or the limit is full.
func (q *query) row(key store.Key, v *rowView) (bool, error) {
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
func (q *query) sortKeys(v *rowView) [][]byte {
	if len(q.s.sortBy) == 0 {
		return nil
	}
	keys := make([][]byte, len(q.s.sortBy))
	for i, c := range q.s.sortBy {
		keys[i] = v.value(c.col)
	}
	return keys
}

func (q *query) mark(key store.Key, v *rowView) {
	q.last = pageState{key: key, inPartition: q.inPart, done: v.row == nil || len(v.row.Clustering) == 0}
	if !q.last.done {
		q.last.clustering = v.row.Clustering
	}
}

// stop ends a page before the query's end.
func (q *query) stop() {
	// Of the last partition asked for the server knows when it is read out.
	last := q.keys != nil && q.last.key == q.keys[len(q.keys)-1]
	q.more = q.count < q.limit && !(last && (q.last.inPartition >= q.perPart || q.last.done))
}

func (q *query) line(v *rowView) ([][]byte, error) {
	if q.s.sel == nil {
		line := make([][]byte, len(q.s.table.columns))
		for i, c := range q.s.table.columns {
			line[i] = v.value(c)
		}
		return line, nil
	}
	q.x.env.Row = v
	return q.s.sel.Eval(&q.x.env)
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
		return c.col.typ.Compare(b, a)
	}
	return c.col.typ.Compare(a, b)
}

// pageState says where a page ended. Clients keep it and must not look inside.
type pageState struct {
	key         store.Key
	clustering  [][]byte
	inPartition int
	remaining   int
	done        bool // the partition has been read
}

func (s *pageState) encode() []byte {
	b := []byte{1}
	b = binary.BigEndian.AppendUint64(b, uint64(s.key.Token))
	b = binary.AppendUvarint(b, uint64(len(s.key.Bytes)))
	b = append(b, s.key.Bytes...)
	b = binary.AppendUvarint(b, uint64(s.inPartition))
	b = binary.AppendUvarint(b, uint64(s.remaining))
	if s.done || s.clustering == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendUvarint(b, uint64(len(s.clustering)))
	for _, c := range s.clustering {
		b = binary.AppendUvarint(b, uint64(len(c)))
		b = append(b, c...)
	}
	return b
}

func decodePageState(b []byte) (*pageState, error) {
	bad := &Error{Code: CodeProtocol, Message: "Invalid value for the paging state"}
	if len(b) < 10 || b[0] != 1 {
		return nil, bad
	}
	s := &pageState{}
	s.key.Token = int64(binary.BigEndian.Uint64(b[1:]))
	b = b[9:]
	number := func() (int, bool) {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > math.MaxInt32 {
			return 0, false
		}
		b = b[used:]
		return int(n), true
	}
	take := func() ([]byte, bool) {
		n, ok := number()
		if !ok || n > len(b) {
			return nil, false
		}
		out := b[:n:n]
		b = b[n:]
		return out, true
	}
	key, ok := take()
	if !ok {
		return nil, bad
	}
	s.key.Bytes = string(key)
	if s.inPartition, ok = number(); !ok {
		return nil, bad
	}
	if s.remaining, ok = number(); !ok || len(b) == 0 {
		return nil, bad
	}
	rows := b[0] == 1
	b = b[1:]
	if !rows {
		s.done = true
		return s, nil
	}
	n, ok := number()
	if !ok || n > len(b)+1 {
		return nil, bad
	}
	s.clustering = [][]byte{}
	for range n {
		c, ok := take()
		if !ok {
			return nil, bad
		}
		s.clustering = append(s.clustering, c)
	}
	return s, nil
}
