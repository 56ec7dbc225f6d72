package cqltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/wire"
)

// handler stands between the wire and the engine: here statements are logged
// and faults strike.
type handler struct{ *Server }

// call is one request for the execution of a statement.
type call struct {
	server  *Server
	conn    *wire.Conn
	params  wire.Params
	tracing bool
	began   time.Time
	id      []byte // of a prepared statement

	// Of an EXECUTE from version 5 of the protocol on: what names the result columns
	// that the client knows.
	metadataID []byte
	version    int

	statement Statement
	run       func(context.Context) (*protocol.Result, error)

	applied bool
	result  *protocol.Result
	err     error
}

// scyllaExtensions announce what of ScyllaDB's protocol extensions is served: a
// node of one shard, by which ScyllaDB's drivers recognise it, and the mark of
// lightweight transactions.
var scyllaExtensions = map[string][]string{
	"SCYLLA_SHARD":               {"0"},
	"SCYLLA_NR_SHARDS":           {"1"},
	"SCYLLA_PARTITIONER":         {"org.apache.cassandra.dht.Murmur3Partitioner"},
	"SCYLLA_SHARDING_ALGORITHM":  {"biased-token-round-robin"},
	"SCYLLA_SHARDING_IGNORE_MSB": {"12"},
	lwtMarkExtension:             {fmt.Sprintf("LWT_OPTIMIZATION_META_BIT_MASK=%d", wire.LWTMark)},
}

const lwtMarkExtension = "SCYLLA_LWT_ADD_METADATA_MARK"

func (h handler) Authenticate(user, password string) error {
	return h.engine.Authenticate(user, password)
}

func (h handler) Query(ctx context.Context, conn *wire.Conn, q *wire.Query) wire.Response {
	c := h.call(conn, q.Request)
	client := conn.Client()
	if err := h.inKeyspace(&client, q.Keyspace); err != nil {
		return *c.failure(err)
	}
	p, err := h.engine.Compile(&client, q.CQL)
	if err != nil {
		return *c.failure(err)
	}
	c.prepared(&client, p)
	return c.serve(ctx)
}

func (h handler) Execute(ctx context.Context, conn *wire.Conn, e *wire.Execute) wire.Response {
	c := h.call(conn, e.Request)
	client := conn.Client()
	p, ok := h.engine.Lookup(e.ID)
	if !ok {
		return *c.failure(unprepared(e.ID))
	}
	c.id, c.metadataID, c.version = e.ID, e.MetadataID, client.ProtocolVersion
	c.prepared(&client, p)
	c.statement.Prepared = true
	return c.serve(ctx)
}

func (h handler) Prepare(ctx context.Context, conn *wire.Conn, p *wire.Prepare) wire.Response {
	c := h.call(conn, wire.Request{Tracing: p.Tracing})
	client := conn.Client()
	if err := h.inKeyspace(&client, p.Keyspace); err != nil {
		return *c.failure(err)
	}
	prepared, warnings, err := h.engine.Prepare(&client, p.CQL)
	if err != nil {
		return *c.failure(err)
	}
	c.statement = describe(prepared, nil)
	c.statement.Kind = Prepare
	c.run = func(context.Context) (*protocol.Result, error) { return &protocol.Result{}, nil }
	r := c.serve(ctx)
	if _, ok := r.Message.(wire.Result); ok {
		r.Warnings = warnings
		r.Message = wire.Prepared{Prepared: prepared, MarkLWT: conn.Option(lwtMarkExtension) != ""}
	}
	return r
}

func (h handler) Batch(ctx context.Context, conn *wire.Conn, b *wire.Batch) wire.Response {
	c := h.call(conn, b.Request)
	client := conn.Client()
	if err := h.inKeyspace(&client, b.Keyspace); err != nil {
		return *c.failure(err)
	}
	batch := exec.Batch{Type: b.Type, Entries: make([]exec.BatchEntry, len(b.Entries))}
	c.statement.Kind = Batch
	c.statement.BatchType = gocql.BatchType(b.Type)
	c.statement.Entries = make([]Statement, len(b.Entries))
	for i, e := range b.Entries {
		p, known := (*exec.Prepared)(nil), true
		var err error
		if e.ID != nil {
			p, known = h.engine.Lookup(e.ID)
		} else {
			p, err = h.engine.Compile(&client, e.CQL)
		}
		if !known {
			return *c.failure(unprepared(e.ID))
		}
		if err != nil {
			return *c.failure(err)
		}
		batch.Entries[i] = exec.BatchEntry{Prepared: p, CQL: e.CQL, Values: e.Values}
		entry := describe(p, e.Values)
		entry.Prepared = e.ID != nil
		c.statement.Entries[i] = entry
		c.statement.Kind |= entry.Kind & Conditional
	}
	c.statement.Keyspace, c.statement.Table = commonTable(c.statement.Entries)
	c.run = func(ctx context.Context) (*protocol.Result, error) {
		return h.engine.Batch(ctx, &client, batch, c.params.Params)
	}
	return c.serve(ctx)
}

// inKeyspace has a request run in a keyspace of its own, if it names one. It is warned
// of USE apart from its connection.
func (h handler) inKeyspace(client *protocol.Client, keyspace string) error {
	if keyspace == "" || keyspace == client.Keyspace {
		return nil
	}
	if !h.engine.HasKeyspace(keyspace) {
		return &protocol.Error{Code: protocol.CodeInvalid, Message: "Keyspace '" + keyspace + "' does not exist"}
	}
	client.Keyspace, client.UseWarned = keyspace, new(atomic.Bool)
	return nil
}

func (h handler) call(conn *wire.Conn, r wire.Request) *call {
	return &call{server: h.Server, conn: conn, params: r.Params, tracing: r.Tracing, began: h.Now()}
}

// prepared has c run p.
func (c *call) prepared(client *protocol.Client, p *exec.Prepared) {
	c.statement = describe(p, c.params.Values)
	c.statement.Names = c.params.Names
	c.run = func(ctx context.Context) (*protocol.Result, error) {
		return c.server.engine.Execute(ctx, client, p, c.params.Params)
	}
}

// serve logs the statement, runs it or has a fault strike it, and answers.
func (c *call) serve(ctx context.Context) wire.Response {
	s := &c.statement
	s.Consistency = gocql.Consistency(c.params.Consistency)
	s.SerialConsistency = gocql.SerialConsistency(c.params.SerialConsistency)
	s.DefaultTimestamp = c.params.DefaultTimestamp
	s.PageSize = c.params.PageSize
	s.NextPage = c.params.PagingState != nil
	s.SkipMetadata = c.params.SkipMetadata
	s.Tracing = c.tracing
	s.Client = c.conn.RemoteAddr()

	steps := c.server.faults.strike(*s)
	s.Faulted = steps != nil
	c.server.log.add(*s)
	for _, step := range steps {
		if r := step.take(ctx, c); r != nil {
			return *r
		}
	}
	return c.answer(ctx)
}

// apply runs the statement, once.
func (c *call) apply(ctx context.Context) (*protocol.Result, error) {
	if !c.applied {
		c.applied = true
		c.result, c.err = c.run(ctx)
	}
	return c.result, c.err
}

// answer is what the server says without a fault.
func (c *call) answer(ctx context.Context) wire.Response {
	result, err := c.apply(ctx)
	if err != nil {
		return *c.failure(err)
	}
	if result.Kind == protocol.SetKeyspace {
		c.conn.SetKeyspace(result.Keyspace)
	}
	message := wire.Result{Result: result, SkipMetadata: c.params.SkipMetadata}
	switch {
	case c.statement.Conditional() && c.statement.Prepared:
		// The columns of a prepared conditional statement change from one execution
		// to the next, so no client can know them beforehand.
		message.SkipMetadata = false
	case c.version >= 5 && c.id != nil && result.Kind == protocol.Rows:
		if id := exec.MetadataID(result.Columns); !bytes.Equal(id, c.metadataID) {
			message.MetadataID = id
		}
	}
	return wire.Response{
		Message:  message,
		Warnings: result.Warnings,
		TraceID:  c.trace(),
	}
}

func (c *call) failure(err error) *wire.Response {
	var e *protocol.Error
	if !errors.As(err, &e) {
		e = &protocol.Error{Code: protocol.CodeServer, Message: err.Error()}
	}
	return &wire.Response{Message: wire.Error{Error: e}, TraceID: c.trace()}
}

func unprepared(id []byte) *protocol.Error {
	return &protocol.Error{
		Code: protocol.CodeUnprepared,
		Message: fmt.Sprintf("Prepared query with ID %x not found"+
			" (either the query was not prepared on this host (maybe the host has been restarted?)"+
			" or you have prepared too many queries and it has been evicted from the internal cache)", id),
		UnpreparedID: id,
	}
}

func describe(p *exec.Prepared, values []protocol.Value) Statement {
	return Statement{
		CQL:      p.CQL,
		Kind:     kindOf(p.Info),
		Keyspace: p.Info.Keyspace,
		Table:    p.Info.Table,
		values:   values,
		binds:    p.Binds,
	}
}

func kindOf(info protocol.StatementInfo) Kind {
	k := Other
	switch info.Kind {
	case "select":
		k = Select
	case "insert":
		k = Insert
	case "update":
		k = Update
	case "delete":
		k = Delete
	case "batch":
		k = Batch
	case "truncate":
		k = Truncate
	case "use":
		k = Use
	default:
		verb, object, _ := strings.Cut(info.Kind, "_")
		if (verb == "create" || verb == "alter" || verb == "drop") && object != "role" && object != "user" {
			k = Schema
		}
	}
	if info.Conditional {
		k |= Conditional
	}
	return k
}

// commonTable returns the keyspace and table that all entries share.
func commonTable(entries []Statement) (keyspace, table string) {
	for i, e := range entries {
		if i == 0 {
			keyspace, table = e.Keyspace, e.Table
		} else {
			if e.Keyspace != keyspace {
				return "", ""
			}
			if e.Table != table {
				table = ""
			}
		}
	}
	return keyspace, table
}

func consistencyName(c uint16) string {
	switch c {
	case protocol.Serial, protocol.LocalSerial:
		return gocql.SerialConsistency(c).String()
	}
	return gocql.Consistency(c).String()
}
