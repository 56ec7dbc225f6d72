package exec

import (
	"crypto/md5"
	"fmt"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/define"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/read"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/write"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// BatchEntry is a prepared statement or, if Prepared is nil, CQL text.
type BatchEntry struct {
	Prepared *Prepared
	CQL      string
	Values   []protocol.Value
}

// Batch is a protocol-level batch.
type Batch struct {
	Type    protocol.BatchType
	Entries []BatchEntry
}

// Prepared is the immutable outcome of a PREPARE.
type Prepared struct {
	ID        []byte // MD5 of the text, with the keyspace before it if that matters
	CQL       string
	Keyspace  string // the client's keyspace at the time
	Info      protocol.StatementInfo
	Binds     []protocol.ColumnSpec // one per bind marker
	PKIndexes []uint16              // which markers make the partition key; nil if unknown
	Columns   []protocol.ColumnSpec // nil for statements that answer no rows, and for conditional ones of Cassandra

	stmt       server.Statement
	schema     *schema.Schema // it was prepared against
	remembered bool           // by PREPARE
	qualified  bool           // names the keyspace of every table
	tables     []schema.TableName
	called     []schema.TableName // the users' functions it calls
}

// What clients can make the engine remember is bounded by number and by the
// length of the texts.
const (
	maxPrepared      = 10_000
	maxPreparedBytes = 64 << 20
)

// Prepare parses and validates cql and remembers the outcome, or returns what it
// remembers already. The warnings are for the client.
//
// Cassandra files a statement under two ids, made of the text alone and of
// keyspace and text. It answers with the former if the text names the keyspace
// of every table, which no statement does that changes the schema.
func (e *Engine) Prepare(c *protocol.Client, cql string) (*Prepared, []string, error) {
	if p := e.known(c, cql); p != nil {
		return p, nil, nil
	}
	p, err := e.Compile(c, cql)
	if err != nil {
		return nil, nil, err
	}
	p.remembered = true
	e.remember(p)
	if p.qualified || e.server.Opts.Dialect == protocol.Scylla {
		return p, nil, nil
	}
	return p, useWarning(c, p.ID, c.Keyspace), nil
}

// known returns a remembered statement that serves again. Like Cassandra it wants
// to find both ids.
func (e *Engine) known(c *protocol.Client, cql string) *Prepared {
	e.prepared.RLock()
	defer e.prepared.RUnlock()
	bare, own := e.prepared.byID[textID("", cql)], e.prepared.byID[textID(c.Keyspace, cql)]
	switch {
	case bare == nil || own == nil || e.server.Opts.Dialect == protocol.Scylla:
		return nil
	case bare.qualified:
		return bare
	case c.Keyspace != "":
		return own
	}
	return nil
}

func (e *Engine) remember(p *Prepared) {
	e.prepared.Lock()
	defer e.prepared.Unlock()
	for _, id := range e.ids(p) {
		e.drop(id)
		for old, other := range e.prepared.byID {
			if len(e.prepared.byID) < maxPrepared && e.prepared.bytes+len(p.CQL) <= maxPreparedBytes {
				break
			}
			if other != p {
				e.drop(old)
			}
		}
		e.prepared.byID[id] = p
		e.prepared.bytes += len(p.CQL)
	}
}

// drop forgets one id. The caller holds the lock.
func (e *Engine) drop(id string) {
	if p := e.prepared.byID[id]; p != nil {
		e.prepared.bytes -= len(p.CQL)
		delete(e.prepared.byID, id)
	}
}

// ids are those under which p is filed. ScyllaDB knows only its own.
func (e *Engine) ids(p *Prepared) []string {
	if e.server.Opts.Dialect == protocol.Scylla {
		return []string{string(p.ID)}
	}
	return []string{textID("", p.CQL), textID(p.Keyspace, p.CQL)}
}

func textID(keyspace, cql string) string {
	sum := md5.Sum([]byte(keyspace + cql))
	return string(sum[:])
}

// MetadataID names the columns of a result, as Cassandra does but for descending
// clustering columns. Clients only compare it.
func MetadataID(columns []protocol.ColumnSpec) []byte {
	sum := md5.New()
	for _, c := range columns {
		sum.Write([]byte(c.Name))
		sum.Write([]byte{0})
		sum.Write([]byte(c.Type.ClassName()))
		sum.Write([]byte{0, 0})
	}
	return sum.Sum(nil)
}

// Compile is Prepare without remembering the outcome.
func (e *Engine) Compile(c *protocol.Client, cql string) (*Prepared, error) {
	s := e.server.Schema.Load()
	ast, err := parse(e.server.Opts.Dialect, cql)
	if err != nil {
		return nil, err
	}
	p := &server.Preparer{Server: e.server, Schema: s, Client: c, Dialect: e.server.Opts.Dialect}
	stmt, err := prepare(p, ast)
	if err != nil {
		return nil, e.asError(err)
	}
	out := &Prepared{CQL: cql, Keyspace: c.Keyspace, Info: stmt.Info(), stmt: stmt, schema: s, qualified: qualified(ast)}
	id := textID(c.Keyspace, cql)
	if out.qualified && e.server.Opts.Dialect == protocol.Cassandra {
		id = textID("", cql)
	}
	out.ID = []byte(id)
	out.Binds = p.BindSpecs(ast.Header().Markers)
	out.PKIndexes = p.PKIndexes()
	switch stmt.(type) {
	case *read.Selection, *write.Modification, *write.Batch:
		for _, t := range p.Tables {
			out.tables = append(out.tables, schema.TableName{Keyspace: t.Keyspace, Name: t.Name})
		}
	}
	out.called = p.Called
	if r, ok := stmt.(server.Tabular); ok {
		out.Columns = r.Columns()
	}
	return out, nil
}

// qualified says whether the statement names the keyspace of every table. One
// that changes the schema counts as not doing so.
func qualified(ast cqlparse.Statement) bool {
	switch s := ast.(type) {
	case *cqlparse.Select:
		return !s.From.Keyspace.IsZero()
	case *cqlparse.Insert:
		return !s.Table.Keyspace.IsZero()
	case *cqlparse.Update:
		return !s.Table.Keyspace.IsZero()
	case *cqlparse.Delete:
		return !s.Table.Keyspace.IsZero()
	case *cqlparse.Truncate:
		return !s.Table.Keyspace.IsZero()
	case *cqlparse.Batch:
		return !slices.ContainsFunc(s.Statements, func(s cqlparse.Statement) bool { return !qualified(s) })
	}
	return false
}

// Lookup returns the prepared statement with that id. As on a real server a
// statement is forgotten when one of its tables changes: the caller then answers
// UNPREPARED.
func (e *Engine) Lookup(id []byte) (*Prepared, bool) {
	e.prepared.RLock()
	defer e.prepared.RUnlock()
	p, ok := e.prepared.byID[string(id)]
	return p, ok
}

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

func (e *Engine) forget() {
	e.prepared.Lock()
	defer e.prepared.Unlock()
	clear(e.prepared.byID)
	e.prepared.bytes = 0
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
