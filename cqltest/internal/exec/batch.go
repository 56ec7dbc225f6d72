package exec

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// batchStatement is BEGIN BATCH … APPLY BATCH, or a batch of the protocol.
type batchStatement struct {
	typ       BatchType
	timestamp terms.Term
	ttl       bool
	list      []*modification
}

func (b *batchStatement) info() StatementInfo {
	i := StatementInfo{Kind: "batch", Conditional: b.conditional()}
	for _, m := range b.list {
		i.Counter = i.Counter || m.table.counter
		if i.Table == "" {
			i.Keyspace, i.Table = m.table.keyspace, m.table.name
		}
	}
	return i
}

func (b *batchStatement) columns() []ColumnSpec {
	if len(b.list) == 0 {
		return nil
	}
	return casColumns(b.list[0].dialect, b.list, true)
}

func (b *batchStatement) allowed(x *execution) error {
	for _, m := range b.list {
		if err := m.allowed(x); err != nil {
			return err
		}
	}
	return nil
}

func (b *batchStatement) conditional() bool {
	return slices.ContainsFunc(b.list, (*modification).conditional)
}

func (p *preparer) batch(s *cqlparse.Batch) (statement, error) {
	b := &batchStatement{typ: BatchType(s.Type)}
	for _, ast := range s.Statements {
		m, err := p.modification(ast)
		if err != nil {
			return nil, err
		}
		b.list = append(b.list, m)
	}
	if ts := s.Using.Timestamp(); ts != nil {
		sc := &terms.Scope{Keyspace: "[batch]", Table: "[batch]", UDT: p.schema.udt, Markers: p.markers}
		recv := types.Column{Keyspace: "[batch]", Table: "[batch]", Name: "[timestamp]", Type: types.Bigint}
		var err error
		if b.timestamp, err = terms.Prepare(sc, ts, recv); err != nil {
			return nil, err
		}
		p.done(sc)
	}
	b.ttl = s.Using.TTL() != nil
	if err := b.validate(); err != nil {
		return nil, err
	}
	for _, m := range b.list {
		if err := m.validate(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *batchStatement) validate() error {
	if b.ttl {
		return invalid("Global TTL on the BATCH statement is not supported.")
	}
	if b.timestamp != nil {
		if b.conditional() {
			return invalid("Cannot provide custom timestamp for conditional BATCH")
		}
		if b.typ == Counter {
			return invalid("Cannot provide custom timestamp for counter BATCH")
		}
	}
	counters, others := false, false
	for _, m := range b.list {
		if b.timestamp != nil && m.timestamp != nil {
			return invalid("Timestamp must be set either on BATCH or individual statements")
		}
		counters = counters || m.table.counter
		others = others || !m.table.counter
	}
	switch {
	case b.timestamp != nil && counters:
		return invalid("Cannot provide custom timestamp for a BATCH containing counters")
	case b.typ == Counter && others:
		return invalid("Cannot include non-counter statement in a counter batch")
	case counters && others:
		return invalid("Counter and non-counter mutations cannot exist in the same batch")
	case b.typ == Logged && counters:
		return invalid("Cannot include a counter statement in a logged batch")
	}
	if !b.conditional() {
		return nil
	}
	for _, m := range b.list {
		if m.table.keyspace != b.list[0].table.keyspace || m.table.name != b.list[0].table.name {
			return invalid("Batch with conditions cannot span multiple tables")
		}
	}
	return nil
}

func (b *batchStatement) run(x *execution) (*Result, error) {
	entries := make([]casEntry, len(b.list))
	for i, m := range b.list {
		entries[i] = casEntry{m, x}
	}
	return b.runEntries(x, entries)
}

func (b *batchStatement) runEntries(x *execution, entries []casEntry) (*Result, error) {
	if len(entries) == 0 {
		return &Result{Kind: Void}, nil
	}
	p := b.list[0].table
	if err := x.available(p.keyspace); err != nil && !b.conditional() {
		return nil, err
	}
	if b.conditional() {
		return x.cas(entries, true)
	}
	x.server.write.Lock()
	defer x.server.write.Unlock()
	ts := x.timestamp()
	if b.timestamp != nil {
		var err error
		if ts, err = evalTimestamp(x, b.timestamp, ts); err != nil {
			return nil, err
		}
	}
	w := newWrites()
	for _, e := range entries {
		if err := e.m.collect(e.x, w, ts); err != nil {
			return nil, err
		}
	}
	if err := b.check(x, w); err != nil {
		return nil, err
	}
	return &Result{Kind: Void}, w.apply(x, b.writeType(w))
}

// check refuses batches that are too large, and says what the server says about
// those that are not a good idea.
func (b *batchStatement) check(x *execution, w *writes) error {
	if b.typ == Logged {
		zero := map[string]bool{}
		for _, m := range b.list {
			if m.table.params.gcGraceSeconds == 0 {
				zero[m.table.String()] = true
			}
		}
		if len(zero) > 0 {
			s := ""
			if len(zero) > 1 {
				s = "s"
			}
			x.warn(fmt.Sprintf("Executing a LOGGED BATCH on table%s %s, configured with a gc_grace_seconds of 0. The gc_grace_seconds is used to TTL "+
				"batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch might cause batchlog entries to expire before being replayed.",
				s, javaList(slices.Sorted(maps.Keys(zero)))))
		}
	}
	if err := w.checkIndexed(); err != nil {
		return err
	}
	if err := w.checkSize(x); err != nil || b.typ == Logged {
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
		x.warn(fmt.Sprintf("Unlogged batch covering %d partitions detected against table%s %s. You should use a logged batch for atomicity, or asynchronous writes for performance.",
			len(keys), s, javaList(slices.Sorted(maps.Keys(tables)))))
	}
	return nil
}

func javaList(names []string) string {
	s := "["
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s + "]"
}

// Batch runs a protocol-level batch. params.Values is not used.
func (e *Engine) Batch(ctx context.Context, c *Client, in Batch, params Params) (*Result, error) {
	b := &batchStatement{typ: in.Type}
	params.Values, params.Names = nil, nil
	x := e.server.newExecution(ctx, c, &params)
	var entries []casEntry
	for _, entry := range in.Entries {
		p := entry.Prepared
		var err error
		if p == nil {
			p, err = e.Compile(c, entry.CQL)
		} else {
			p, err = e.fresh(c, p)
		}
		if err != nil {
			return nil, err
		}
		m, ok := p.stmt.(*modification)
		if !ok {
			return nil, invalid("Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.")
		}
		if len(entry.Values) != len(p.Binds) {
			return nil, invalid("There were %d markers(?) in CQL but %d bound variables", len(p.Binds), len(entry.Values))
		}
		own := *x
		own.env.Values = rawValues(entry.Values)
		b.list = append(b.list, m)
		entries = append(entries, casEntry{m, &own})
	}
	if x.enforces() {
		if err := b.allowed(x); err != nil {
			return nil, e.asError(err)
		}
	}
	if err := b.validate(); err != nil {
		return nil, e.asError(err)
	}
	res, err := b.runEntries(x, entries)
	if err != nil {
		return nil, e.asError(err)
	}
	res.Info = b.info()
	res.Warnings = append(x.warnings, res.Warnings...)
	return res, nil
}

// writeType is how the server speaks of the batch's write: as of a logged batch
// only if it has several mutations.
func (b *batchStatement) writeType(w *writes) string {
	switch {
	case b.typ == Counter:
		return "COUNTER"
	case len(w.list) == 1:
		return "SIMPLE"
	case b.typ == Logged:
		return "BATCH"
	}
	return "UNLOGGED_BATCH"
}
