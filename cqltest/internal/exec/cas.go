package exec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// casEntry is one statement of a conditional write, with its own bound values.
type casEntry struct {
	m *modification
	x *execution
}

// casRequest is a conditional write on one partition.
type casRequest struct {
	table   *table
	key     store.Key
	entries []casEntry
	rows    [][][][]byte // the clusterings of each entry
	ranges  [][]store.Slice
	batch   bool

	static *rowCondition
	byRow  []*rowCondition // in clustering order
	order  []*rowCondition // of each conditional entry, as written

	visible map[*column]bool // columns that the read for the conditions fetches
	current *casRows
}

// casRows is the partition as it was read for the conditions.
type casRows struct {
	partition *store.Partition
	read      func(clustering [][]byte) *store.Row // nil: the static row
}

type conditionKind uint8

const (
	columnsHold conditionKind = iota
	rowExists
	rowMissing
)

// rowCondition is all that is asked of one row.
type rowCondition struct {
	kind       conditionKind
	clustering [][]byte // nil for the static row
	conds      []*boundCondition
}

func (r *rowCondition) holds(row *store.Row) (bool, error) {
	switch r.kind {
	case rowExists:
		return row != nil, nil
	case rowMissing:
		return row == nil, nil
	}
	conds := slices.Clone(r.conds)
	slices.SortStableFunc(conds, func(a, b *boundCondition) int { return int(a.hashOrder()) - int(b.hashOrder()) })
	for _, c := range conds {
		if ok, err := c.holds(row); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// cas executes a conditional write: one statement, or a batch that has at least
// one conditional one.
func (x *execution) cas(entries []casEntry, batch bool) (*Result, error) {
	q := &casRequest{table: entries[0].m.table, entries: entries, batch: batch}
	for i := range entries {
		if err := q.add(entries[i]); err != nil {
			return nil, err
		}
	}
	if err := x.checkCASConsistency(q.table.keyspace); err != nil {
		return nil, err
	}
	q.fetch()

	x.server.write.Lock()
	defer x.server.write.Unlock()
	if err := q.promise(x); err != nil {
		return nil, err
	}
	q.current = &casRows{partition: q.table.data.View().Partition(q.key)}
	q.current.read = func(clustering [][]byte) *store.Row { return q.fetched(x, clustering) }
	ok, err := q.holds(x)
	if err != nil {
		return nil, err
	}
	if ok {
		w := newWrites()
		if err := q.collect(x, w); err != nil {
			return nil, err
		}
		if err := w.commit(x, "SIMPLE"); err != nil {
			return nil, err
		}
	}
	if entries[0].m.dialect == Scylla {
		return q.scyllaResult(x, ok), nil
	}
	return q.result(x, ok), nil
}

// promise asks the replicas to take part in Paxos. Without enough of them nothing is
// written.
func (q *casRequest) promise(x *execution) error {
	level := cmp.Or(x.params.SerialConsistency, Serial)
	short := x.shortfall(q.table, level, []int64{q.key.Token})
	if err := short.unavailable(); err != nil {
		return err
	}
	if err := short.timeout(CodeWriteTimeout, "CAS"); err != nil {
		return err
	}
	return nil
}

func (x *execution) checkCASConsistency(keyspace string) error {
	switch s := x.params.SerialConsistency; s {
	case 0, Serial, LocalSerial:
	default:
		return invalid("Invalid consistency for conditional update. Must be one of SERIAL or LOCAL_SERIAL")
	}
	switch c := x.params.Consistency; c {
	case EachQuorum:
		if ks := x.schema.keyspaces[keyspace]; ks != nil && ks.replication["class"] != locatorPackage+"NetworkTopologyStrategy" {
			return invalid("consistency level EACH_QUORUM not compatible with replication strategy (%s)", ks.replication["class"])
		}
	case Serial, LocalSerial:
		return invalid("%s is not supported as conditional update commit consistency. Use ANY if you mean \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"", consistencyName(c))
	}
	return nil
}

// available says whether enough replicas could answer, where one node stands for a
// cluster: where there are several, see [execution.shortfall]. As many nodes are taken
// to be up as the keyspace has replicas, so that a schema made for a cluster
// works; only TWO and THREE can ask for more than that.
func (x *execution) available(keyspace string) error {
	need := 0
	switch x.params.Consistency {
	case Two:
		need = 2
	case Three:
		need = 3
	default:
		return nil
	}
	ks := x.schema.keyspaces[keyspace]
	if ks == nil || ks.system || x.server.ring.real {
		return nil
	}
	if alive := ks.replicas(); alive < need {
		return &Error{Code: CodeUnavailable, Message: "Cannot achieve consistency level " + consistencyName(x.params.Consistency),
			Consistency: x.params.Consistency, Required: need, Alive: alive}
	}
	return nil
}

// replicas is the number of copies that a keyspace asks for.
func (k *keyspace) replicas() int {
	n := 0
	for o, v := range k.replication {
		if o == "class" {
			continue
		}
		if i, err := strconv.Atoi(v); err == nil {
			n += i
		}
	}
	return n
}

func consistencyName(c uint16) string {
	names := []string{"ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("UNKNOWN(%d)", c)
}

// add evaluates what an entry concerns and asks for.
func (q *casRequest) add(e casEntry) error {
	m := e.m
	keys, err := e.x.partitionKeys(m.where)
	if err != nil {
		return err
	}
	verb := "updates"
	if m.verb == "DELETE" {
		verb = "deletions"
	}
	if m.where.partition.hasIn {
		if q.batch {
			return serverError("java.lang.IllegalArgumentException: Batch with conditions cannot span multiple partitions (you cannot use IN on the partition key)")
		}
		return invalid("IN on the partition key is not supported with conditional %s", verb)
	}
	if len(q.rows) == 0 {
		q.key = keys[0]
	} else if q.key != keys[0] {
		return invalid("Batch with conditions cannot span multiple partitions")
	}
	if m.where.clustering.hasIn {
		return invalid("IN on the clustering key columns is not supported with conditional %s", verb)
	}
	if m.verb == "DELETE" && !m.where.clustering.empty() && m.where.columnRange() {
		ranges, err := e.x.slices(m.where)
		q.rows, q.ranges = append(q.rows, nil), append(q.ranges, ranges)
		return err
	}
	clustering := [][]byte(nil)
	static := m.onlyStatic() && m.where.clustering.empty()
	if !static {
		rows, err := e.x.clusterings(m.where)
		if err != nil {
			return err
		}
		clustering = rows[0]
	}
	row := clustering
	if row == nil {
		row = [][]byte{}
	}
	q.rows, q.ranges = append(q.rows, [][][]byte{row}), append(q.ranges, nil)
	if !m.conditional() {
		return nil
	}
	return q.addConditions(e, clustering)
}

func (q *casRequest) addConditions(e casEntry, clustering [][]byte) error {
	m := e.m
	if m.ifExists || m.ifNotExists {
		kind := rowExists
		if m.ifNotExists {
			kind = rowMissing
		}
		return q.addExistence(kind, clustering)
	}
	own := &rowCondition{clustering: clustering}
	for _, part := range []struct {
		conds      []*condition
		clustering [][]byte
	}{{m.regularIf, clustering}, {m.staticIf, nil}} {
		var bound []*boundCondition
		for _, c := range part.conds {
			b, err := e.x.bindCondition(c)
			if err != nil {
				return err
			}
			bound = append(bound, b)
		}
		if len(bound) == 0 {
			continue
		}
		own.conds = append(own.conds, bound...)
		rc := q.conditionOn(part.clustering)
		if rc != nil && rc.kind != columnsHold && m.dialect == Cassandra {
			return invalid("Cannot mix IF conditions and IF NOT EXISTS for the same row")
		}
		if rc == nil || rc.kind != columnsHold {
			rc = &rowCondition{clustering: part.clustering}
			q.setCondition(rc)
		}
		rc.conds = append(rc.conds, bound...)
	}
	q.order = append(q.order, own)
	return nil
}

func (q *casRequest) addExistence(kind conditionKind, clustering [][]byte) error {
	rc := &rowCondition{kind: kind, clustering: clustering}
	q.order = append(q.order, rc)
	old := q.conditionOn(clustering)
	switch {
	case old == nil, q.entries[0].m.dialect == Scylla:
		q.setCondition(rc)
	case old.kind == kind:
	case old.kind != columnsHold:
		return invalid("Cannot mix IF EXISTS and IF NOT EXISTS conditions for the same row")
	case kind == rowMissing:
		return invalid("Cannot mix IF conditions and IF NOT EXISTS for the same row")
	default:
		return invalid("Cannot mix IF conditions and IF EXISTS for the same row")
	}
	return nil
}

// conditionOn returns what is already asked of a row.
func (q *casRequest) conditionOn(clustering [][]byte) *rowCondition {
	if clustering == nil {
		return q.static
	}
	for _, rc := range q.byRow {
		if clusteringEqual(q.table, rc.clustering, clustering) {
			return rc
		}
	}
	return nil
}

func (q *casRequest) setCondition(rc *rowCondition) {
	if rc.clustering == nil {
		q.static = rc
		return
	}
	order := q.table.order()
	at, _ := slices.BinarySearchFunc(q.byRow, rc, func(a, b *rowCondition) int {
		for i := range order {
			if c := order[i](a.clustering[i], b.clustering[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	q.byRow = slices.Insert(q.byRow, at, rc)
}

// fetch works out which columns the read for the conditions fetches.
func (q *casRequest) fetch() {
	q.visible = map[*column]bool{}
	rows, statics := false, false
	for _, e := range q.entries {
		m := e.m
		rows = rows || m.updatesRows()
		if !m.conditional() {
			continue
		}
		statics = statics || len(m.staticOps) > 0
		for _, c := range m.conditions {
			q.visible[c.col] = true
		}
		for _, o := range slices.Concat(m.regularOps, m.staticOps) {
			if o.reads() {
				q.visible[o.col] = true
			}
		}
	}
	for _, c := range q.table.columns {
		if c.primaryKey() || rows && c.kind == regularColumn || statics && c.kind == staticColumn {
			q.visible[c] = true
		}
	}
}

// mask returns what is fetched of a live row; nil if that is nothing.
func (q *casRequest) mask(r *store.Row) *store.Row {
	if r == nil {
		return nil
	}
	out := &store.Row{Clustering: r.Clustering, Liveness: r.Liveness}
	for _, c := range q.table.columns {
		if !q.visible[c] || c.primaryKey() {
			continue
		}
		if cell := r.Cell(c.id); cell != nil {
			out.Put(c.id, *cell)
		} else if cx := r.Complex(c.id); cx != nil {
			for i := range cx.Cells {
				out.PutElement(c.id, cx.Compare, cx.Cells[i].Path, cx.Cells[i].Cell)
			}
		}
	}
	if !out.Liveness.Set && len(out.Columns) == 0 {
		return nil
	}
	return out
}

func (q *casRequest) row(x *execution, clustering [][]byte) *store.Row {
	if clustering == nil {
		return q.mask(q.current.partition.Static(x.nowSec))
	}
	return q.mask(q.current.partition.Row(clustering, x.nowSec))
}

// fetched is what a statement that looks before it writes may see: the rows that
// conditions are about; without any, the partition's first row.
func (q *casRequest) fetched(x *execution, clustering [][]byte) *store.Row {
	if clustering == nil {
		return q.row(x, nil)
	}
	if len(q.byRow) > 0 {
		if q.conditionOn(clustering) == nil {
			return nil
		}
		return q.row(x, clustering)
	}
	first := q.firstRow(x)
	if first == nil || !clusteringEqual(q.table, first.Clustering, clustering) {
		return nil
	}
	return first
}

// firstRow returns the first row of the partition.
func (q *casRequest) firstRow(x *execution) *store.Row {
	var first *store.Row
	q.current.partition.Rows(store.All, false, x.nowSec, func(r *store.Row) bool {
		first = q.mask(r)
		return first == nil
	})
	return first
}

func (q *casRequest) holds(x *execution) (bool, error) {
	if q.entries[0].m.dialect == Scylla {
		all := true
		for _, rc := range q.order {
			ok, err := q.scyllaHolds(x, rc)
			if err != nil {
				return false, err
			}
			all = all && ok
		}
		return all, nil
	}
	if q.static != nil {
		if ok, err := q.static.holds(q.row(x, nil)); !ok || err != nil {
			return false, err
		}
	}
	for _, rc := range q.byRow {
		if ok, err := rc.holds(q.row(x, rc.clustering)); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (q *casRequest) scyllaHolds(x *execution, rc *rowCondition) (bool, error) {
	if rc.kind != columnsHold {
		return rc.holds(q.row(x, rc.clustering))
	}
	for _, c := range rc.conds {
		at := rc.clustering
		if c.col.kind == staticColumn {
			at = nil
		}
		if ok, err := c.holds(q.row(x, at)); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// collect gathers what the statements write, all with one timestamp.
func (q *casRequest) collect(x *execution, w *writes) error {
	ts := x.server.clock.timestamp()
	u := w.partition(q.table, q.key)
	for i, e := range q.entries {
		for _, s := range q.ranges[i] {
			u.Ranges = append(u.Ranges, store.RangeTombstone{Slice: s, Deletion: store.Deletion{Timestamp: ts - 1, Set: true}})
		}
		if q.rows[i] == nil {
			continue
		}
		ttl, err := e.m.usingTTL(e.x)
		if err != nil {
			return err
		}
		if err := e.m.collectRow(e.x, u, q.rows[i][0], ts, ttl, q.current); err != nil {
			return err
		}
	}
	if u.Deletion.Set { // what covers more than a row comes before what is written beside it
		u.Deletion.Timestamp = ts - 1
	}
	return nil
}

func appliedSpec(t *table) ColumnSpec {
	return ColumnSpec{t.keyspace, t.name, "[applied]", types.Boolean}
}

// result is Cassandra's answer.
func (q *casRequest) result(x *execution, applied bool) *Result {
	res := &Result{Kind: Rows, Columns: []ColumnSpec{appliedSpec(q.table)}}
	lone := [][]byte{types.EncodeBoolean(applied)}
	if applied {
		res.Rows = [][][]byte{lone}
		return res
	}
	cols := q.resultColumns()
	for _, r := range q.resultRows(x) {
		line := [][]byte{types.EncodeBoolean(false)}
		for _, c := range cols {
			line = append(line, r.value(c))
		}
		res.Rows = append(res.Rows, line)
	}
	if len(res.Rows) == 0 {
		res.Rows = [][][]byte{lone}
		return res
	}
	for _, c := range cols {
		res.Columns = append(res.Columns, ColumnSpec{q.table.keyspace, q.table.name, c.name, c.typ})
	}
	return res
}

// resultColumns are the columns of a refusal: all of them if anything is about
// existence; else those of the conditions, after the primary key in a batch.
func (q *casRequest) resultColumns() []*column {
	var cols []*column
	if q.batch {
		cols = append(cols, q.table.partition...)
		cols = append(cols, q.table.clustering...)
	}
	for _, e := range q.entries {
		if e.m.ifExists || e.m.ifNotExists {
			return q.table.columns
		}
		for _, c := range slices.Concat(e.m.regularIf, e.m.staticIf) {
			if !slices.Contains(cols, c.col) {
				cols = append(cols, c.col)
			}
		}
	}
	return cols
}

// resultRows are the rows that the read for the conditions finds.
func (q *casRequest) resultRows(x *execution) []*rowView {
	view := rowView{table: q.table, key: q.keyComponents(), static: q.row(x, nil), now: x.nowSec}
	var out []*rowView
	add := func(r *store.Row) {
		v := view
		v.row = r
		out = append(out, &v)
	}
	if len(q.byRow) == 0 {
		if first := q.firstRow(x); first != nil {
			add(first)
		}
	}
	for _, rc := range q.byRow {
		if r := q.row(x, rc.clustering); r != nil {
			add(r)
		}
	}
	if len(out) == 0 && view.static != nil {
		add(nil)
	}
	return out
}

func (q *casRequest) keyComponents() [][]byte {
	return splitKey(q.table, q.key)
}

func splitKey(t *table, key store.Key) [][]byte {
	parts, err := types.SplitPartitionKey([]byte(key.Bytes), len(t.partition))
	if err != nil {
		return make([][]byte, len(t.partition))
	}
	return parts
}

// scyllaColumns are the columns of every answer, applied or not: all of them if
// anything is about existence, else those of the conditions, with the primary
// key in a batch, as they stand in the table.
func scyllaColumns(t *table, list []*modification, batch bool) []*column {
	var cols []*column
	for _, m := range list {
		if m.ifExists || m.ifNotExists {
			return t.columns
		}
		for _, c := range m.conditions {
			if !slices.Contains(cols, c.col) {
				cols = append(cols, c.col)
			}
		}
	}
	if batch {
		for _, c := range slices.Concat(t.partition, t.clustering) {
			if !slices.Contains(cols, c) {
				cols = append(cols, c)
			}
		}
	}
	sortColumns(cols)
	return cols
}

// casColumns are the columns that PREPARE announces for a conditional write:
// ScyllaDB knows them, Cassandra only when it answers.
func casColumns(d Dialect, list []*modification, batch bool) []ColumnSpec {
	if d != Scylla || !slices.ContainsFunc(list, (*modification).conditional) {
		return nil
	}
	t := list[0].table
	specs := []ColumnSpec{appliedSpec(t)}
	for _, c := range scyllaColumns(t, list, batch) {
		specs = append(specs, ColumnSpec{t.keyspace, t.name, c.name, c.typ})
	}
	return specs
}

// scyllaResult is ScyllaDB's answer: one line for each conditional statement,
// with the row as it was before.
func (q *casRequest) scyllaResult(x *execution, applied bool) *Result {
	res := &Result{Kind: Rows, Columns: []ColumnSpec{appliedSpec(q.table)}}
	list := make([]*modification, len(q.entries))
	for i, e := range q.entries {
		list[i] = e.m
	}
	cols := scyllaColumns(q.table, list, q.batch)
	for _, c := range cols {
		res.Columns = append(res.Columns, ColumnSpec{q.table.keyspace, q.table.name, c.name, c.typ})
	}
	part := q.current.partition
	static := part.Static(x.nowSec)
	for _, rc := range q.order {
		v := &rowView{table: q.table, key: q.keyComponents(), static: static, now: x.nowSec}
		onlyStatic := rc.clustering == nil
		there := static != nil
		if !onlyStatic {
			v.row = part.Row(rc.clustering, x.nowSec)
			there = there && rc.kind == columnsHold // of a row that is not there, existence shows nothing
		} else {
			part.Rows(store.All, false, x.nowSec, func(*store.Row) bool { there = true; return false })
		}
		line := [][]byte{types.EncodeBoolean(applied)}
		for _, c := range cols {
			var b []byte
			switch {
			case v.row != nil || there && c.kind == staticColumn:
				b = v.value(c)
			case c.kind == partitionKey && there:
				b = v.value(c)
			}
			line = append(line, b)
		}
		res.Rows = append(res.Rows, line)
	}
	return res
}
