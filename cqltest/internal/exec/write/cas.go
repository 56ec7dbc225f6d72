package write

import (
	"cmp"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
)

// Entry is one statement of a conditional write, with its own bound values.
type Entry struct {
	M *Modification
	X *server.Execution
}

// casRequest is a conditional write on one partition.
type casRequest struct {
	table   *schema.Table
	key     store.Key
	entries []Entry
	rows    [][][][]byte // the clusterings of each entry
	ranges  [][]store.Slice
	batch   bool

	static *rowCondition
	byRow  []*rowCondition // in clustering order
	order  []*rowCondition // of each conditional entry, as written

	visible map[*schema.Column]bool // columns that the read for the conditions fetches
	current *casRows
}

// cas executes a conditional write: one statement, or a batch that has at least
// one conditional one.
func cas(x *server.Execution, entries []Entry, batch bool) (*protocol.Result, error) {
	q := &casRequest{table: entries[0].M.table, entries: entries, batch: batch}
	for i := range entries {
		if err := q.add(entries[i]); err != nil {
			return nil, err
		}
	}
	if err := checkCASConsistency(x, q.table.Keyspace); err != nil {
		return nil, err
	}
	q.fetch()

	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	if err := q.promise(x); err != nil {
		return nil, err
	}
	q.current = &casRows{partition: q.table.Data.View().Partition(q.key)}
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
	if entries[0].M.dialect == protocol.Scylla {
		return q.scyllaResult(x, ok), nil
	}
	return q.result(x, ok), nil
}

// promise asks the replicas to take part in Paxos. Without enough of them nothing is
// written.
func (q *casRequest) promise(x *server.Execution) error {
	level := cmp.Or(x.Params.SerialConsistency, protocol.Serial)
	short := x.Shortfall(q.table, level, []int64{q.key.Token})
	if err := short.Unavailable(); err != nil {
		return err
	}
	if err := short.Timeout(protocol.CodeWriteTimeout, "CAS"); err != nil {
		return err
	}
	return nil
}

func checkCASConsistency(x *server.Execution, keyspace string) error {
	switch s := x.Params.SerialConsistency; s {
	case 0, protocol.Serial, protocol.LocalSerial:
	default:
		return protocol.Invalid("Invalid consistency for conditional update. Must be one of SERIAL or LOCAL_SERIAL")
	}
	switch c := x.Params.Consistency; c {
	case protocol.EachQuorum:
		if ks := x.Schema.Keyspaces[keyspace]; ks != nil && ks.Replication["class"] != schema.LocatorPackage+"NetworkTopologyStrategy" {
			return protocol.Invalid("consistency level EACH_QUORUM not compatible with replication strategy (%s)", ks.Replication["class"])
		}
	case protocol.Serial, protocol.LocalSerial:
		return protocol.Invalid("%s is not supported as conditional update commit consistency. Use ANY if you mean \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"", protocol.ConsistencyName(c))
	}
	return nil
}

// collect gathers what the statements write, all with one timestamp.
func (q *casRequest) collect(x *server.Execution, w *writes) error {
	ts := x.Server.Clock.Timestamp()
	u := w.partition(q.table, q.key)
	for i, e := range q.entries {
		for _, s := range q.ranges[i] {
			u.Ranges = append(u.Ranges, store.RangeTombstone{Slice: s, Deletion: store.Deletion{Timestamp: ts - 1, Set: true}})
		}
		if q.rows[i] == nil {
			continue
		}
		ttl, err := e.M.usingTTL(e.X)
		if err != nil {
			return err
		}
		if err := e.M.collectRow(e.X, u, q.rows[i][0], ts, ttl, q.current); err != nil {
			return err
		}
	}
	if u.Deletion.Set { // what covers more than a row comes before what is written beside it
		u.Deletion.Timestamp = ts - 1
	}
	return nil
}
