package write

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// usingTimestamp returns the timestamp of USING, or the fallback.
func (m *Modification) usingTimestamp(x *server.Execution, fallback int64) (int64, error) {
	if m.timestamp == nil {
		return fallback, nil
	}
	return evalTimestamp(x, m.timestamp, fallback)
}

func evalTimestamp(x *server.Execution, t terms.Term, fallback int64) (int64, error) {
	b, err := x.Eval(t)
	switch {
	case err != nil:
		return 0, err
	case b == nil:
		return 0, protocol.Invalid("Invalid null value of timestamp")
	case types.IsUnset(b):
		return fallback, nil
	case len(b) != 8:
		return 0, protocol.NullPointer(`Cannot invoke "java.lang.Long.longValue()" because the return value of "org.apache.cassandra.db.marshal.LongType.compose(java.nio.ByteBuffer)" is null`)
	}
	ts := types.DecodeInteger(b)
	if ts == math.MinInt64 {
		return 0, protocol.Invalid("Out of bound timestamp, must be in [%d, %d]", int64(math.MinInt64+1), int64(math.MaxInt64))
	}
	return ts, nil
}

// usingTTL returns the seconds that written cells live; 0 is for ever.
func (m *Modification) usingTTL(x *server.Execution) (int32, error) {
	if m.ttl == nil {
		return m.checkExpiry(x, m.table.Params.DefaultTTL, "default ")
	}
	b, err := x.Eval(m.ttl)
	switch {
	case err != nil:
		return 0, err
	case types.IsUnset(b):
		return m.table.Params.DefaultTTL, nil
	case len(b) == 0:
		return 0, nil
	case len(b) != 4:
		return 0, protocol.Invalid("Invalid TTL value: %x", b)
	}
	ttl := int32(types.DecodeInteger(b))
	if ttl < 0 {
		return 0, protocol.Invalid("A TTL must be greater or equal to 0, but was %d", ttl)
	}
	if ttl > schema.MaxTTL {
		return 0, protocol.Invalid("ttl is too large. requested (%d) maximum (%d)", ttl, schema.MaxTTL)
	}
	return m.checkExpiry(x, ttl, "")
}

// checkExpiry refuses cells that would live longer than the server can say.
func (m *Modification) checkExpiry(x *server.Execution, ttl int32, which string) (int32, error) {
	const last = math.MaxInt32 - 1
	if ttl != 0 && x.NowSec+int64(ttl) > last {
		return 0, protocol.Invalid("Request on table %s.%s with %sttl of %d seconds exceeds maximum supported expiration date of 2038-01-19T03:14:06+00:00. "+
			"In order to avoid this use a lower TTL, change the expiration date overflow policy or upgrade to a version where this limitation is fixed. "+
			"See CASSANDRA-14092 and CASSANDRA-14227 for more details.", m.table.Keyspace, m.table.Name, which, ttl)
	}
	return ttl, nil
}

// Run executes the statement outside of a batch.
func (m *Modification) Run(x *server.Execution) (*protocol.Result, error) {
	if err := x.CheckTimeout(m.timeout); err != nil {
		return nil, err
	}
	if m.conditional() {
		return cas(x, []Entry{{m, x}}, false)
	}
	if err := checkWriteConsistency(x, m.table); err != nil {
		return nil, err
	}
	if err := x.Available(m.table.Keyspace); err != nil {
		return nil, err
	}
	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	w := newWrites()
	if err := m.collect(x, w, x.Timestamp()); err != nil {
		return nil, err
	}
	return &protocol.Result{Kind: protocol.Void}, w.apply(x, "SIMPLE")
}

func checkWriteConsistency(x *server.Execution, t *schema.Table) error {
	serial := x.Params.Consistency == protocol.Serial || x.Params.Consistency == protocol.LocalSerial
	switch {
	case t.Counter && x.Params.Consistency == protocol.Any:
		return protocol.Invalid("Consistency level ANY is not yet supported for counter table %s", t.Name)
	case t.Counter && serial:
		return protocol.Invalid("Counter operations are inherently non-serializable")
	case serial:
		return protocol.Invalid("You must use conditional updates for serializable writes")
	}
	return nil
}

// collect evaluates the statement and adds what it writes to w. The caller
// holds the write lock.
func (m *Modification) collect(x *server.Execution, w *writes, timestamp int64) error {
	keys, err := where.PartitionKeys(x, m.where)
	if err != nil {
		return err
	}
	if m.verb == "DELETE" && !m.where.Clustering.Empty() && m.where.ColumnRange() {
		return m.collectRanges(x, w, keys, timestamp)
	}
	var rows [][][]byte
	static := m.onlyStatic() && m.where.Clustering.Empty()
	if !static {
		if rows, err = where.Clusterings(x, m.where); err != nil {
			return err
		}
		if !m.where.Clustering.Empty() && len(rows) == 0 {
			return nil
		}
	}
	if m.where.Clustering.Empty() {
		rows = [][][]byte{{}}
	}
	if err := where.CheckClustering(rows); err != nil {
		return err
	}
	ts, ttl, err := m.attributes(x, timestamp)
	if err != nil {
		return err
	}
	if n := int64(len(keys)) * int64(len(rows)); n > where.MaxCombined {
		return where.TooMany(n)
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

func (m *Modification) attributes(x *server.Execution, timestamp int64) (ts int64, ttl int32, err error) {
	if ts, err = m.usingTimestamp(x, timestamp); err == nil {
		ttl, err = m.usingTTL(x)
	}
	return ts, ttl, err
}

func (m *Modification) collectRanges(x *server.Execution, w *writes, keys []store.Key, timestamp int64) error {
	ranges, err := where.Slices(x, m.where)
	if err != nil || len(ranges) == 0 {
		return err
	}
	ts, _, err := m.attributes(x, timestamp)
	if err != nil {
		return err
	}
	if len(m.regularOps)+len(m.staticOps) > 0 {
		return protocol.Invalid("Range deletions are not supported for specific columns")
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
func (m *Modification) collectRow(x *server.Execution, u *store.Update, clustering [][]byte, ts int64, ttl int32, current *casRows) error {
	up := &updater{x: x, timestamp: ts, ttl: ttl}
	if m.verb == "DELETE" && len(m.regularOps)+len(m.staticOps) == 0 {
		d := store.Deletion{Timestamp: ts, Set: true}
		switch {
		case len(clustering) == 0 && len(m.where.Clustering.Cols) == 0:
			u.Deletion = u.Deletion.Max(d)
		default:
			addRow(u, &store.Row{Clustering: clustering, Deletion: d})
		}
		return nil
	}
	if m.verb == "DELETE" && len(m.regularOps) > 0 && len(clustering) == 0 && len(m.table.Clustering) > 0 {
		return protocol.Invalid("Range deletions are not supported for specific columns")
	}
	if m.verb == "DELETE" && len(m.regularOps) > 0 || m.verb != "DELETE" && m.updatesRows() {
		up.row = &store.Row{Clustering: clustering}
		if err := m.checkCompact(); err != nil {
			return err
		}
		if m.verb == "INSERT" && m.table.RowMarkers() {
			up.row.Liveness = store.NewLiveness(ts, ttl, x.NowSec)
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

// checkCompact refuses to write a row of a COMPACT STORAGE table without value.
func (m *Modification) checkCompact() error {
	if m.table.RowMarkers() || len(m.regularOps) > 0 {
		return nil
	}
	if len(m.table.Clustering) == 0 {
		return protocol.Invalid("Some clustering keys are missing: column1")
	}
	return protocol.Invalid("Column %s is mandatory for this COMPACT STORAGE table", m.table.Regulars[0].Name)
}

func (m *Modification) readRow(x *server.Execution, key store.Key, clustering [][]byte, static bool, current *casRows) *store.Row {
	if current != nil {
		if static {
			clustering = nil
		}
		return current.read(clustering)
	}
	part := m.table.Data.View().Partition(key)
	if static {
		return part.Static(x.NowSec)
	}
	return part.Row(clustering, x.NowSec)
}

// addRow adds a row to an update, merging it with one of the same clustering.
func addRow(u *store.Update, row *store.Row) { u.Rows = append(u.Rows, row) }
