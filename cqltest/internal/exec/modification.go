package exec

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// modification is an INSERT, UPDATE or DELETE.
type modification struct {
	verb                    string // INSERT, UPDATE, DELETE
	table                   *table
	timestamp, ttl, timeout terms.Term
	regularOps              []*operation
	staticOps               []*operation
	where                   *restrictions

	ifExists, ifNotExists bool
	regularIf, staticIf   []*condition // the conditions of IF, in order
	conditions            []*condition // all of them, as written
	dialect               Dialect
}

func (m *modification) info() StatementInfo {
	kind := map[string]string{"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}[m.verb]
	return StatementInfo{Kind: kind, Keyspace: m.table.keyspace, Table: m.table.name, Conditional: m.conditional(), Counter: m.table.counter}
}

func (m *modification) columns() []ColumnSpec {
	return casColumns(m.dialect, []*modification{m}, false)
}

func (m *modification) conditional() bool {
	return m.ifExists || m.ifNotExists || len(m.conditions) > 0
}

// updatesRows says whether rows, not only the static one, are written.
func (m *modification) updatesRows() bool {
	return len(m.table.clustering) == 0 || !m.where.clustering.empty()
}

// onlyStatic says whether operations and conditions concern static columns only.
func (m *modification) onlyStatic() bool {
	if m.verb == "DELETE" && len(m.regularOps)+len(m.staticOps) == 0 {
		return false // deletes whole rows
	}
	return len(m.regularOps) == 0 && len(m.regularIf) == 0 && (len(m.staticOps) > 0 || len(m.staticIf) > 0)
}

func (m *modification) addOperation(o *operation) {
	if o.col.kind == staticColumn {
		m.staticOps = append(m.staticOps, o)
	} else {
		m.regularOps = append(m.regularOps, o)
	}
}

func (m *modification) reads() bool {
	for _, ops := range [][]*operation{m.regularOps, m.staticOps} {
		for _, o := range ops {
			if o.reads() {
				return true
			}
		}
	}
	return false
}

// modification prepares an INSERT, UPDATE or DELETE.
func (p *preparer) modification(ast cqlparse.Statement) (*modification, error) {
	switch s := ast.(type) {
	case *cqlparse.Insert:
		return p.insert(s)
	case *cqlparse.Update:
		return p.update(s)
	}
	return p.delete(ast.(*cqlparse.Delete))
}

// begin prepares what all modifications share.
func (p *preparer) begin(verb string, name cqlparse.QualifiedName, using cqlparse.Using, ifExists, ifNotExists bool, conds []*cqlparse.Condition) (*modification, *terms.Scope, error) {
	t, err := p.table(name)
	if err != nil {
		return nil, nil, err
	}
	sc := p.scope(t)
	m := &modification{verb: verb, table: t, ifExists: ifExists, ifNotExists: ifNotExists, dialect: p.dialect}
	if ts := using.Timestamp(); ts != nil {
		recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: "[timestamp]", Type: types.Bigint}
		if m.timestamp, err = terms.Prepare(sc, ts, recv); err != nil {
			return nil, nil, err
		}
	}
	if ttl := using.TTL(); ttl != nil {
		recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: "[ttl]", Type: types.Int}
		if m.ttl, err = terms.Prepare(sc, ttl, recv); err != nil {
			return nil, nil, err
		}
	}
	if m.timeout, err = p.timeout(sc, t, using); err != nil {
		return nil, nil, err
	}
	if len(conds) > 0 && m.timestamp != nil {
		return nil, nil, invalid("Cannot provide custom timestamp for conditional updates")
	}
	for _, c := range conds {
		cond, err := p.condition(sc, t, c)
		if err != nil {
			return nil, nil, err
		}
		if cond.col.primaryKey() {
			return nil, nil, invalid("PRIMARY KEY column '%s' cannot have IF conditions", cond.col.name)
		}
		m.conditions = append(m.conditions, cond)
		if cond.col.kind == staticColumn {
			m.staticIf = append(m.staticIf, cond)
		} else {
			m.regularIf = append(m.regularIf, cond)
		}
	}
	return m, sc, nil
}

// finish checks what can only be checked of the whole statement.
func (m *modification) finish() error {
	if m.table.data == nil {
		return invalid("Modification is not supported by table %s", m.table)
	}
	if m.conditional() {
		if m.table.counter {
			return invalid("Conditional updates are not supported on counter tables")
		}
		if m.timestamp != nil {
			return invalid("Cannot provide custom timestamp for conditional updates")
		}
	}
	return nil
}

// validate checks what the server checks after preparation.
func (m *modification) validate() error {
	switch {
	case m.table.counter && m.timestamp != nil:
		return invalid("Cannot provide custom timestamp for counter updates")
	case m.table.counter && m.ttl != nil:
		return invalid("Cannot provide custom TTL for counter updates")
	case m.table.isView():
		return invalid("Cannot directly modify a materialized view")
	}
	return nil
}

func (p *preparer) insert(s *cqlparse.Insert) (*modification, error) {
	m, sc, err := p.begin("INSERT", s.Table, s.Using, false, s.IfNotExists, nil)
	if err != nil {
		return nil, err
	}
	defer p.done(sc)
	t := m.table
	if t.counter {
		return nil, invalid("INSERT statements are not allowed on counter tables, use UPDATE instead")
	}
	if s.JSON != nil {
		return m, p.insertJSON(m, sc, s)
	}
	if len(s.Columns) != len(s.Values) {
		return nil, invalid("Unmatched column names/values")
	}
	seen := map[string]bool{}
	for _, id := range s.Columns {
		if seen[id.Name] {
			return nil, invalid("The column names contains duplicates")
		}
		seen[id.Name] = true
	}
	var keys []*cqlparse.Relation
	clustered := false
	for i, id := range s.Columns {
		col, err := t.column(id.Name)
		if err != nil {
			return nil, err
		}
		clustered = clustered || col.kind == clusteringKey
		if col.primaryKey() {
			keys = append(keys, &cqlparse.Relation{Columns: []cqlparse.Identifier{id}, Op: cqlparse.OpEQ, Value: s.Values[i]})
			continue
		}
		o, err := p.assignment(sc, t, &cqlparse.Assignment{Column: id, Value: s.Values[i]}, col, m.conditional())
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = p.where(sc, t, "INSERT", keys, !clustered && m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	return m, m.finish()
}

func (p *preparer) update(s *cqlparse.Update) (*modification, error) {
	m, sc, err := p.begin("UPDATE", s.Table, s.Using, s.IfExists, false, s.If)
	if err != nil {
		return nil, err
	}
	defer p.done(sc)
	for _, a := range s.Assignments {
		col, err := m.table.column(a.Column.Name)
		if err != nil {
			return nil, err
		}
		if col.primaryKey() {
			return nil, invalid("PRIMARY KEY part %s found in SET part", col.name)
		}
		o, err := p.assignment(sc, m.table, a, col, m.conditional())
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = p.where(sc, m.table, "UPDATE", s.Where, m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	return m, m.finish()
}

func (p *preparer) delete(s *cqlparse.Delete) (*modification, error) {
	m, sc, err := p.begin("DELETE", s.Table, s.Using, s.IfExists, false, s.If)
	if err != nil {
		return nil, err
	}
	defer p.done(sc)
	for _, d := range s.Columns {
		col, err := m.table.column(d.Column.Name)
		if err != nil {
			return nil, err
		}
		if col.primaryKey() {
			return nil, invalid("Invalid identifier %s for deletion (should not be a PRIMARY KEY part)", col.name)
		}
		o, err := p.deletion(sc, m.table, d, col)
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = p.where(sc, m.table, "DELETE", s.Where, m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	if err := m.finish(); err != nil {
		return nil, err
	}
	if m.conditional() && !m.where.allKeysByEquality() {
		const all = "DELETE statements must restrict all PRIMARY KEY columns with equality relations"
		deletesRows := len(m.regularOps) > 0 || len(m.staticOps) == 0
		if deletesRows {
			return nil, invalid(all + " in order to delete non static columns")
		}
		if len(m.regularIf) > 0 {
			return nil, invalid(all + " in order to use IF condition on non static columns")
		}
	}
	return m, nil
}

// usingTimestamp returns the timestamp of USING, or the fallback.
func (m *modification) usingTimestamp(x *execution, fallback int64) (int64, error) {
	if m.timestamp == nil {
		return fallback, nil
	}
	return evalTimestamp(x, m.timestamp, fallback)
}

func evalTimestamp(x *execution, t terms.Term, fallback int64) (int64, error) {
	b, err := x.eval(t)
	switch {
	case err != nil:
		return 0, err
	case b == nil:
		return 0, invalid("Invalid null value of timestamp")
	case types.IsUnset(b):
		return fallback, nil
	case len(b) != 8:
		return 0, nullPointer(`Cannot invoke "java.lang.Long.longValue()" because the return value of "org.apache.cassandra.db.marshal.LongType.compose(java.nio.ByteBuffer)" is null`)
	}
	ts := types.DecodeInteger(b)
	if ts == math.MinInt64 {
		return 0, invalid("Out of bound timestamp, must be in [%d, %d]", int64(math.MinInt64+1), int64(math.MaxInt64))
	}
	return ts, nil
}

// usingTTL returns the seconds that written cells live; 0 is for ever.
func (m *modification) usingTTL(x *execution) (int32, error) {
	if m.ttl == nil {
		return m.checkExpiry(x, m.table.params.defaultTTL, "default ")
	}
	b, err := x.eval(m.ttl)
	switch {
	case err != nil:
		return 0, err
	case types.IsUnset(b):
		return m.table.params.defaultTTL, nil
	case len(b) == 0:
		return 0, nil
	case len(b) != 4:
		return 0, invalid("Invalid TTL value: %x", b)
	}
	ttl := int32(types.DecodeInteger(b))
	if ttl < 0 {
		return 0, invalid("A TTL must be greater or equal to 0, but was %d", ttl)
	}
	if ttl > maxTTL {
		return 0, invalid("ttl is too large. requested (%d) maximum (%d)", ttl, maxTTL)
	}
	return m.checkExpiry(x, ttl, "")
}

// checkExpiry refuses cells that would live longer than the server can say.
func (m *modification) checkExpiry(x *execution, ttl int32, which string) (int32, error) {
	const last = math.MaxInt32 - 1
	if ttl != 0 && x.nowSec+int64(ttl) > last {
		return 0, invalid("Request on table %s.%s with %sttl of %d seconds exceeds maximum supported expiration date of 2038-01-19T03:14:06+00:00. "+
			"In order to avoid this use a lower TTL, change the expiration date overflow policy or upgrade to a version where this limitation is fixed. "+
			"See CASSANDRA-14092 and CASSANDRA-14227 for more details.", m.table.keyspace, m.table.name, which, ttl)
	}
	return ttl, nil
}

// run executes the statement outside of a batch.
func (m *modification) run(x *execution) (*Result, error) {
	if err := x.checkTimeout(m.timeout); err != nil {
		return nil, err
	}
	if m.conditional() {
		return x.cas([]casEntry{{m, x}}, false)
	}
	if err := x.checkWriteConsistency(m.table); err != nil {
		return nil, err
	}
	if err := x.available(m.table.keyspace); err != nil {
		return nil, err
	}
	x.server.write.Lock()
	defer x.server.write.Unlock()
	w := newWrites()
	if err := m.collect(x, w, x.timestamp()); err != nil {
		return nil, err
	}
	return &Result{Kind: Void}, w.apply(x, "SIMPLE")
}

func (x *execution) checkWriteConsistency(t *table) error {
	serial := x.params.Consistency == Serial || x.params.Consistency == LocalSerial
	switch {
	case t.counter && x.params.Consistency == Any:
		return invalid("Consistency level ANY is not yet supported for counter table %s", t.name)
	case t.counter && serial:
		return invalid("Counter operations are inherently non-serializable")
	case serial:
		return invalid("You must use conditional updates for serializable writes")
	}
	return nil
}

// collect evaluates the statement and adds what it writes to w. The caller
// holds the write lock.
func (m *modification) collect(x *execution, w *writes, timestamp int64) error {
	keys, err := x.partitionKeys(m.where)
	if err != nil {
		return err
	}
	if m.verb == "DELETE" && !m.where.clustering.empty() && m.where.columnRange() {
		return m.collectRanges(x, w, keys, timestamp)
	}
	var rows [][][]byte
	static := m.onlyStatic() && m.where.clustering.empty()
	if !static {
		if rows, err = x.clusterings(m.where); err != nil {
			return err
		}
		if !m.where.clustering.empty() && len(rows) == 0 {
			return nil
		}
	}
	if m.where.clustering.empty() {
		rows = [][][]byte{{}}
	}
	if err := checkClustering(rows); err != nil {
		return err
	}
	ts, ttl, err := m.attributes(x, timestamp)
	if err != nil {
		return err
	}
	if n := int64(len(keys)) * int64(len(rows)); n > maxCombined {
		return tooMany(n)
	}
	for _, key := range keys {
		for _, c := range rows {
			if err := m.collectRow(x, w.partition(m.table, key), c, ts, ttl, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *modification) attributes(x *execution, timestamp int64) (ts int64, ttl int32, err error) {
	if ts, err = m.usingTimestamp(x, timestamp); err == nil {
		ttl, err = m.usingTTL(x)
	}
	return ts, ttl, err
}

func (m *modification) collectRanges(x *execution, w *writes, keys []store.Key, timestamp int64) error {
	ranges, err := x.slices(m.where)
	if err != nil || len(ranges) == 0 {
		return err
	}
	ts, _, err := m.attributes(x, timestamp)
	if err != nil {
		return err
	}
	if len(m.regularOps)+len(m.staticOps) > 0 {
		return invalid("Range deletions are not supported for specific columns")
	}
	for _, key := range keys {
		u := w.partition(m.table, key)
		for _, s := range ranges {
			u.Ranges = append(u.Ranges, store.RangeTombstone{Slice: s, Deletion: store.Deletion{Timestamp: ts, Set: true}})
		}
	}
	return nil
}

// collectRow adds to u what the statement writes to one row. current is what a
// conditional statement has read; others read for themselves.
func (m *modification) collectRow(x *execution, u *store.Update, clustering [][]byte, ts int64, ttl int32, current *casRows) error {
	up := &updater{x: x, timestamp: ts, ttl: ttl}
	if m.verb == "DELETE" && len(m.regularOps)+len(m.staticOps) == 0 {
		d := store.Deletion{Timestamp: ts, Set: true}
		switch {
		case len(clustering) == 0 && len(m.where.clustering.cols) == 0:
			u.Deletion = u.Deletion.Max(d)
		default:
			addRow(u, &store.Row{Clustering: clustering, Deletion: d})
		}
		return nil
	}
	if m.verb == "DELETE" && len(m.regularOps) > 0 && len(clustering) == 0 && len(m.table.clustering) > 0 {
		return invalid("Range deletions are not supported for specific columns")
	}
	if m.verb == "DELETE" && len(m.regularOps) > 0 || m.verb != "DELETE" && m.updatesRows() {
		up.row = &store.Row{Clustering: clustering}
		if err := m.checkCompact(); err != nil {
			return err
		}
		if m.verb == "INSERT" && m.table.rowMarkers() {
			up.row.Liveness = store.NewLiveness(ts, ttl, x.nowSec)
		}
		if m.reads() {
			up.current = m.readRow(x, u.Key, clustering, false, current)
		}
		for _, o := range m.regularOps {
			if err := o.apply(up); err != nil {
				return err
			}
		}
		addRow(u, up.row)
	}
	if len(m.staticOps) > 0 {
		up.row = &store.Row{}
		if m.reads() {
			up.current = m.readRow(x, u.Key, clustering, true, current)
		}
		for _, o := range m.staticOps {
			if err := o.apply(up); err != nil {
				return err
			}
		}
		u.Static = store.Merge(u.Static, up.row)
	}
	return nil
}

// rowMarkers says whether INSERT marks rows of the table as there: tables with
// COMPACT STORAGE have none, unless they have no column to do without.
func (t *table) rowMarkers() bool { return !t.compact || len(t.regulars) == 0 }

// checkCompact refuses to write a row of a COMPACT STORAGE table without value.
func (m *modification) checkCompact() error {
	if m.table.rowMarkers() || len(m.regularOps) > 0 {
		return nil
	}
	if len(m.table.clustering) == 0 {
		return invalid("Some clustering keys are missing: column1")
	}
	return invalid("Column %s is mandatory for this COMPACT STORAGE table", m.table.regulars[0].name)
}

func (m *modification) readRow(x *execution, key store.Key, clustering [][]byte, static bool, current *casRows) *store.Row {
	if current != nil {
		if static {
			clustering = nil
		}
		return current.read(clustering)
	}
	part := m.table.data.View().Partition(key)
	if static {
		return part.Static(x.nowSec)
	}
	return part.Row(clustering, x.nowSec)
}

// addRow adds a row to an update, merging it with one of the same clustering.
func addRow(u *store.Update, row *store.Row) { u.Rows = append(u.Rows, row) }
