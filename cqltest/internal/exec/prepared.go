package exec

import (
	"crypto/md5"
	"slices"

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

func (e *Engine) forget() {
	e.prepared.Lock()
	defer e.prepared.Unlock()
	clear(e.prepared.byID)
	e.prepared.bytes = 0
}
