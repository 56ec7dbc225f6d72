package exec

import (
	"fmt"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/define"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/read"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/write"
)

// fresh prepares p again if the schema it was prepared against is gone.
func (e *Engine) fresh(c *protocol.Client, p *Prepared) (*Prepared, error) {
	if p.schema == e.server.Schema.Load() {
		return p, nil
	}
	in := *c
	in.Keyspace = p.Keyspace
	again, err := e.Compile(&in, p.CQL)
	if err != nil {
		return nil, err
	}
	again.remembered = p.remembered
	e.replace(p, again)
	return again, nil
}

// replace files again under the ids where p still is.
func (e *Engine) replace(p, again *Prepared) {
	e.prepared.Lock()
	defer e.prepared.Unlock()
	for _, id := range e.ids(p) {
		if e.prepared.byID[id] == p {
			e.prepared.byID[id] = again
		}
	}
}

// outdate forgets the prepared statements on tables that a new schema changes or
// lacks.
func (e *Engine) outdate(old, next *schema.Schema) {
	e.prepared.Lock()
	defer e.prepared.Unlock()
	for id, p := range e.prepared.byID {
		if slices.ContainsFunc(p.tables, func(n schema.TableName) bool { return e.outdated(old.Find(n), next.Find(n)) }) {
			e.drop(id)
			continue
		}
		if slices.ContainsFunc(p.called, func(n schema.TableName) bool {
			return !schema.SameFunctions(old.FunctionsNamed(n), next.FunctionsNamed(n))
		}) {
			e.drop(id)
		}
	}
}

// outdated says whether statements on the table have to be prepared again.
// Cassandra asks whether the columns, the indexes, the default TTL or
// gc_grace_seconds changed, ScyllaDB whether anything did.
func (e *Engine) outdated(old, next *schema.Table) bool {
	if old == next {
		return false
	}
	if old == nil || next == nil || e.server.Opts.Dialect == protocol.Scylla {
		return true
	}
	sameColumn := func(a, b *schema.Column) bool {
		return a.Name == b.Name && a.Kind == b.Kind && a.Position == b.Position && a.Desc == b.Desc && a.ID == b.ID && a.Type.Equal(b.Type)
	}
	return old.Data != next.Data || old.Compact != next.Compact || !slices.EqualFunc(old.Columns, next.Columns, sameColumn) ||
		!slices.EqualFunc(old.Indexes, next.Indexes, func(a, b *schema.Index) bool { return a == b || a.Same(b) }) ||
		old.Params.DefaultTTL != next.Params.DefaultTTL || old.Params.GcGraceSeconds != next.Params.GcGraceSeconds
}

// useWarning warns, once on a connection, of a prepared statement whose tables
// depend on USE. keyspace is the one that the statement was prepared in.
func useWarning(c *protocol.Client, id []byte, keyspace string) []string {
	if c.UseWarned == nil || c.UseWarned.Swap(true) {
		return nil
	}
	orNull := func(s string) string {
		if s == "" {
			return "null"
		}
		return s
	}
	return []string{"`USE <keyspace>` with prepared statements is considered to be an anti-pattern due to ambiguity in non-qualified table names. " +
		"Please consider removing instances of `Session#setKeyspace(<keyspace>)`, `Session#execute(\"USE <keyspace>\")` and `cluster.newSession(<keyspace>)` from your code, " +
		"and always use fully qualified table names (e.g. <keyspace>.<table>). " +
		fmt.Sprintf("Keyspace used: %s, statement keyspace: %s, statement id: %x", orNull(c.Keyspace), orNull(keyspace), id)}
}

// warnUse warns of a prepared statement that is executed in another keyspace
// than the one it was prepared in. Cassandra cannot tell of batches.
func warnUse(x *server.Execution, p *Prepared) {
	if !p.remembered || p.qualified || x.Server.Opts.Dialect == protocol.Scylla {
		return
	}
	keyspace := p.Keyspace
	switch p.stmt.(type) {
	case *write.Batch:
		return
	case *read.Selection, *write.Modification, *define.Truncate:
	default:
		keyspace = "" // a statement without tables was prepared in none
	}
	if keyspace != x.Client.Keyspace {
		x.Warnings = append(x.Warnings, useWarning(x.Client, p.ID, keyspace)...)
	}
}
