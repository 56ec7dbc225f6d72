package write

import (
	"fmt"
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Batch is BEGIN BATCH … APPLY BATCH, or a batch of the protocol.
type Batch struct {
	Type      protocol.BatchType
	timestamp terms.Term
	ttl       bool
	List      []*Modification
}

func (b *Batch) Info() protocol.StatementInfo {
	i := protocol.StatementInfo{Kind: "batch", Conditional: b.conditional()}
	for _, m := range b.List {
		i.Counter = i.Counter || m.table.Counter
		if i.Table == "" {
			i.Keyspace, i.Table = m.table.Keyspace, m.table.Name
		}
	}
	return i
}

func (b *Batch) Columns() []protocol.ColumnSpec {
	if len(b.List) == 0 {
		return nil
	}
	return casColumns(b.List[0].dialect, b.List, true)
}

func (b *Batch) Allowed(x *server.Execution) error {
	for _, m := range b.List {
		if err := m.Allowed(x); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) conditional() bool {
	return slices.ContainsFunc(b.List, (*Modification).conditional)
}

// PrepareBatch prepares BEGIN BATCH … APPLY BATCH.
func PrepareBatch(p *server.Preparer, s *cqlparse.Batch) (server.Statement, error) {
	b := &Batch{Type: protocol.BatchType(s.Type)}
	for _, ast := range s.Statements {
		m, err := Prepare(p, ast)
		if err != nil {
			return nil, err
		}
		b.List = append(b.List, m)
	}
	if ts := s.Using.Timestamp(); ts != nil {
		sc := &terms.Scope{Keyspace: "[batch]", Table: "[batch]", UDT: p.Schema.UDT, Markers: p.Markers}
		recv := types.Column{Keyspace: "[batch]", Table: "[batch]", Name: "[timestamp]", Type: types.Bigint}
		var err error
		if b.timestamp, err = terms.Prepare(sc, ts, recv); err != nil {
			return nil, err
		}
		p.Done(sc)
	}
	b.ttl = s.Using.TTL() != nil
	if err := b.Validate(); err != nil {
		return nil, err
	}
	for _, m := range b.List {
		if err := m.Validate(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Validate checks what the statements may not do together.
func (b *Batch) Validate() error {
	if b.ttl {
		return protocol.Invalid("Global TTL on the BATCH statement is not supported.")
	}
	if b.timestamp != nil {
		if b.conditional() {
			return protocol.Invalid("Cannot provide custom timestamp for conditional BATCH")
		}
		if b.Type == protocol.Counter {
			return protocol.Invalid("Cannot provide custom timestamp for counter BATCH")
		}
	}
	counters, others := false, false
	for _, m := range b.List {
		if b.timestamp != nil && m.timestamp != nil {
			return protocol.Invalid("Timestamp must be set either on BATCH or individual statements")
		}
		counters = counters || m.table.Counter
		others = others || !m.table.Counter
	}
	switch {
	case b.timestamp != nil && counters:
		return protocol.Invalid("Cannot provide custom timestamp for a BATCH containing counters")
	case b.Type == protocol.Counter && others:
		return protocol.Invalid("Cannot include non-counter statement in a counter batch")
	case counters && others:
		return protocol.Invalid("Counter and non-counter mutations cannot exist in the same batch")
	case b.Type == protocol.Logged && counters:
		return protocol.Invalid("Cannot include a counter statement in a logged batch")
	}
	if !b.conditional() {
		return nil
	}
	for _, m := range b.List {
		if m.table.Keyspace != b.List[0].table.Keyspace || m.table.Name != b.List[0].table.Name {
			return protocol.Invalid("Batch with conditions cannot span multiple tables")
		}
	}
	return nil
}

func (b *Batch) Run(x *server.Execution) (*protocol.Result, error) {
	entries := make([]Entry, len(b.List))
	for i, m := range b.List {
		entries[i] = Entry{m, x}
	}
	return b.RunEntries(x, entries)
}

// RunEntries runs the batch, each statement with its own values.
func (b *Batch) RunEntries(x *server.Execution, entries []Entry) (*protocol.Result, error) {
	if len(entries) == 0 {
		return &protocol.Result{Kind: protocol.Void}, nil
	}
	p := b.List[0].table
	if err := x.Available(p.Keyspace); err != nil && !b.conditional() {
		return nil, err
	}
	if b.conditional() {
		return cas(x, entries, true)
	}
	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	ts := x.Timestamp()
	if b.timestamp != nil {
		var err error
		if ts, err = evalTimestamp(x, b.timestamp, ts); err != nil {
			return nil, err
		}
	}
	w := newWrites()
	for _, e := range entries {
		if err := e.M.collect(e.X, w, ts); err != nil {
			return nil, err
		}
	}
	if err := b.check(x, w); err != nil {
		return nil, err
	}
	return &protocol.Result{Kind: protocol.Void}, w.apply(x, b.writeType(w))
}

// check refuses batches that are too large, and says what the server says about
// those that are not a good idea.
func (b *Batch) check(x *server.Execution, w *writes) error {
	if b.Type == protocol.Logged {
		zero := map[string]bool{}
		for _, m := range b.List {
			if m.table.Params.GcGraceSeconds == 0 {
				zero[m.table.String()] = true
			}
		}
		if len(zero) > 0 {
			s := ""
			if len(zero) > 1 {
				s = "s"
			}
			x.Warn(fmt.Sprintf("Executing a LOGGED BATCH on table%s %s, configured with a gc_grace_seconds of 0. The gc_grace_seconds is used to TTL "+
				"batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch might cause batchlog entries to expire before being replayed.",
				s, java.List(slices.Sorted(maps.Keys(zero)))))
		}
	}
	if err := w.checkIndexed(); err != nil {
		return err
	}
	if err := w.checkSize(x); err != nil || b.Type == protocol.Logged {
		return err
	}
	keys, tables := map[string]bool{}, map[string]bool{}
	for _, u := range w.list {
		keys[u.Key.Bytes] = true
		tables[u.table.String()] = true
	}
	if len(keys) > 10 {
		s := "s"
		if len(tables) == 1 {
			s = ""
		}
		x.Warn(fmt.Sprintf("Unlogged batch covering %d partitions detected against table%s %s. You should use a logged batch for atomicity, or asynchronous writes for performance.",
			len(keys), s, java.List(slices.Sorted(maps.Keys(tables)))))
	}
	return nil
}

// writeType is how the server speaks of the batch's write: as of a logged batch
// only if it has several mutations.
func (b *Batch) writeType(w *writes) string {
	switch {
	case b.Type == protocol.Counter:
		return "COUNTER"
	case len(w.list) == 1:
		return "SIMPLE"
	case b.Type == protocol.Logged:
		return "BATCH"
	}
	return "UNLOGGED_BATCH"
}
