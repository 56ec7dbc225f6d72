package read

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
)

// readable are the system's tables that every client may read, for drivers do.
var readable = []string{"system.local", "system.peers", "system.peers_v2"}

func (s *Selection) Allowed(x *server.Execution) error {
	t, name := s.table, s.table.Name
	switch {
	case t.Keyspace == "system_schema" || t.Keyspace == "system_virtual_schema" || slices.Contains(readable, t.Keyspace+"."+t.Name):
		return nil
	case t.IsView():
		name = t.View.Base
	}
	return x.Ensure("SELECT", roles.TableResource(t.Keyspace, name))
}

// query is one run of a SELECT: what to read, and how far it has come.
type query struct {
	x      *server.Execution
	s      *Selection
	keys   []store.Key // nil for a scan
	from   int64       // tokens of a scan
	to     int64
	slices []store.Slice
	filter []where.Expression
	fresh  bool // statics of partitions without rows count

	limit, perPart int
	pageSize       int
	resume         *pageState

	result  *protocol.Result
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

func (s *Selection) Run(x *server.Execution) (*protocol.Result, error) {
	if x.Params.Consistency == protocol.Any {
		return nil, protocol.Invalid("ANY ConsistencyLevel is only supported for writes")
	}
	if err := x.CheckTimeout(s.timeout); err != nil {
		return nil, err
	}
	if err := x.Available(s.table.Keyspace); err != nil {
		return nil, err
	}
	q := &query{x: x, s: s, result: &protocol.Result{Kind: protocol.Rows, Columns: s.cols}, pageSize: x.Params.PageSize}
	var err error
	if q.limit, err = evalLimit(x, s.limit); err != nil {
		return nil, err
	}
	if q.perPart, err = evalLimit(x, s.perPart); err != nil {
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
		if err := s.sel.Start(&x.Env); err != nil {
			return nil, err
		}
	}
	ok, err := q.prepare()
	if err != nil {
		return nil, err
	}
	direct := !s.aggregate && !s.grouped && (q.pageSize <= 0 || q.limit <= q.pageSize)
	if c := x.Params.Consistency; (c == protocol.Serial || c == protocol.LocalSerial) && len(q.keys) > 1 && direct {
		// What is read in pages is read one partition at a time.
		return nil, protocol.Invalid("SERIAL/LOCAL_SERIAL consistency may only be requested for one partition at a time")
	}
	s.warn(x)
	sorted := len(s.sortBy) > 0
	if s.near != nil {
		q.pageSize = 0
		for i := range q.filter {
			if q.filter[i].Op == where.OpNearest {
				q.target = q.filter[i].Value
			}
		}
	}
	paged := q.pageSize > 0 && (q.limit > q.pageSize || sorted) && !s.aggregate && !(s.grouped && s.distinct)
	if q.pageSize > 0 && sorted && (ok || s.aggregate || s.grouped) {
		return nil, protocol.Invalid("Cannot page queries with both ORDER BY and a IN restriction on the partition key;" +
			" you must either remove the ORDER BY or the IN and sort client side, or disable paging for this query")
	}
	if !paged {
		q.pageSize = math.MaxInt
	}
	if len(x.Params.PagingState) > 0 && !s.aggregate {
		if q.resume, err = DecodePageState(x.Params.PagingState); err != nil {
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

func (s *Selection) warn(x *server.Execution) {
	if !s.aggregate && !s.grouped {
		return
	}
	switch {
	case s.where.Partition.Empty() && s.where.Token == nil:
		x.Warn("Aggregation query used without partition key")
	case s.where.Partition.HasIn:
		x.Warn("Aggregation query used on multiple partition keys (IN restriction)")
	}
}

// prepare evaluates WHERE. It returns false if nothing can match.
func (q *query) prepare() (bool, error) {
	w, x := q.s.where, q.x
	var err error
	if q.filter, err = where.RowFilter(x, w); err != nil {
		return false, err
	}
	q.fresh = w.FullPartitions()
	var ok bool
	if q.from, q.to, ok, err = where.TokenRange(x, w.Token); err != nil || !ok {
		return false, err
	}
	if !w.KeyRange {
		if q.keys, err = where.NamedKeys(x, w); err != nil || len(q.keys) == 0 {
			return false, err
		}
	}
	switch {
	case q.s.distinct:
		q.slices = []store.Slice{store.All}
	case w.ColumnRange():
		if q.slices, err = where.Slices(x, w); err != nil {
			return false, err
		}
	default:
		rows, err := where.Clusterings(x, w)
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
	if err := where.ValidKeys(q.keys); err != nil { // Cassandra looks at the keys when it reads them
		return false, err
	}
	short := x.Shortfall(q.s.table, x.Params.Consistency, x.TokensOf(q.keys))
	if err := short.Unavailable(); err != nil {
		return false, err
	}
	if err := short.Timeout(protocol.CodeReadTimeout, ""); err != nil {
		return false, err
	}
	return true, nil
}
