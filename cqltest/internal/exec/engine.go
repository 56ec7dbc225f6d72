// Package exec prepares and executes CQL statements against the in-memory
// store, answering as Cassandra 5.0 (or, in its dialect, ScyllaDB) does.
//
// An Engine is one node. It knows nothing of the wire: callers hand in CQL text
// and bound values as bytes, and get results or an error back.
//
// The statements are in rooms of their own: read has SELECT, write has INSERT,
// UPDATE, DELETE and batches, define changes the schema, access is about roles. They stand on where, which prepares and evaluates WHERE, on server,
// whose state they read and change, and on schema, the definitions of tables.
package exec

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/catalog"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Engine is one node: schema, data and prepared statements. It is safe for many
// goroutines.
type Engine struct {
	server   *server.Server
	prepared struct {
		sync.RWMutex
		byID  map[string]*Prepared
		bytes int // of their texts
	}
}

// New returns an engine that holds only the system keyspaces.
func New(opts server.Options) *Engine {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&opts.ClusterName, "Test Cluster")
	def(&opts.User, "cassandra")
	def(&opts.Password, "cassandra")
	nodes := slices.Clone(opts.Nodes)
	if len(nodes) == 0 {
		nodes = []server.Node{{}}
	}
	for i := range nodes {
		n := &nodes[i]
		def(&n.Address, "127.0.0.1")
		def(&n.DataCenter, "datacenter1")
		def(&n.Rack, "rack1")
		n.Port = cmp.Or(n.Port, 9042)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	e := &Engine{server: &server.Server{Opts: opts, Ring: server.NewRing(nodes, opts.Cluster)}}
	e.server.Replaced = e.outdate
	e.server.Clock.Source = opts.Now
	e.server.Clock.Elements.Store(1 << 40)
	e.prepared.byID = map[string]*Prepared{}
	e.server.Subscribers.Fns = map[int]func(protocol.SchemaChange){}
	e.server.Schema.Store(catalog.InitialSchema(opts.Dialect))
	e.server.SetRoles(roles.First(opts.User, opts.Password))
	return e
}

// Execute runs a prepared statement. One whose schema has changed meanwhile is
// prepared anew first. Only USE changes c.
func (e *Engine) Execute(ctx context.Context, c *protocol.Client, p *Prepared, params protocol.Params) (*protocol.Result, error) {
	p, err := e.fresh(c, p)
	if err != nil {
		return nil, err
	}
	x, err := e.execution(ctx, c, p, params)
	if err != nil {
		return nil, err
	}
	warnUse(x, p)
	if err := authorize(x, p); err != nil {
		return nil, warned(x, e.asError(err))
	}
	res, err := p.stmt.Run(x)
	if err != nil {
		return nil, warned(x, e.asError(err))
	}
	res.Info = p.Info
	res.Warnings = append(x.Warnings, res.Warnings...)
	return res, nil
}

// authorize refuses a statement that its client may not run.
func authorize(x *server.Execution, p *Prepared) error {
	if !x.Enforces() {
		return nil
	}
	for _, n := range p.called {
		for _, f := range p.schema.FunctionsNamed(n) {
			if err := x.Ensure("EXECUTE", roles.FunctionResource(f, n.Keyspace)); err != nil {
				return err
			}
		}
	}
	if s, ok := p.stmt.(server.Guarded); ok {
		return s.Allowed(x)
	}
	return nil
}

// Query prepares and runs one statement. USE sets c.Keyspace.
func (e *Engine) Query(ctx context.Context, c *protocol.Client, cql string, params protocol.Params) (*protocol.Result, error) {
	p, err := e.Compile(c, cql)
	if err != nil {
		return nil, err
	}
	return e.Execute(ctx, c, p, params)
}

// Subscribe calls fn after every schema change, in order, on the goroutine that
// made it and outside the engine's locks. The returned function ends it.
func (e *Engine) Subscribe(fn func(protocol.SchemaChange)) (cancel func()) {
	e.server.Subscribers.Lock()
	defer e.server.Subscribers.Unlock()
	id := e.server.Subscribers.Next
	e.server.Subscribers.Next++
	e.server.Subscribers.Fns[id] = fn
	return func() {
		e.server.Subscribers.Lock()
		defer e.server.Subscribers.Unlock()
		delete(e.server.Subscribers.Fns, id)
	}
}

// Snapshot is the engine's state at one moment. It costs nothing to keep but
// memory for what changes afterwards.
type Snapshot struct {
	schema *schema.Schema
	data   map[*store.Table]*store.View
	roles  map[string]roles.Role
}

// Snapshot takes one.
func (e *Engine) Snapshot() *Snapshot {
	e.server.Write.Lock()
	defer e.server.Write.Unlock()
	s := &Snapshot{schema: e.server.Schema.Load(), data: map[*store.Table]*store.View{}, roles: e.server.Auth.Copy()}
	s.schema.EachTable(func(t *schema.Table) { s.data[t.Data] = t.Data.View() })
	return s
}

// Restore returns to s, schema included. Prepared statements are prepared anew
// where they no longer fit. Subscribers are not told.
func (e *Engine) Restore(s *Snapshot) {
	e.server.Write.Lock()
	defer e.server.Write.Unlock()
	for t, v := range s.data {
		t.Restore(v)
	}
	e.server.Auth.Restore(s.roles)
	if e.server.Schema.Load() != s.schema {
		e.server.Schema.Store(s.schema)
		e.forget()
	}
}

// Reset drops every keyspace, table, type and row that is not the system's.
func (e *Engine) Reset() {
	e.server.Write.Lock()
	defer e.server.Write.Unlock()
	e.server.Schema.Store(catalog.InitialSchema(e.server.Opts.Dialect))
	e.server.SetRoles(roles.First(e.server.Opts.User, e.server.Opts.Password))
	e.forget()
}

// Truncate empties every user table and keeps the schema.
func (e *Engine) Truncate() {
	e.server.Write.Lock()
	defer e.server.Write.Unlock()
	e.server.Schema.Load().EachTable(func(t *schema.Table) { t.Data.Truncate() })
	e.server.SetRoles(e.server.Auth.Copy())
}

// HasKeyspace says whether there is a keyspace of that name.
func (e *Engine) HasKeyspace(name string) bool { return e.server.Schema.Load().Keyspaces[name] != nil }

// Tables returns the users' tables by name, as keyspace.table.
func (e *Engine) Tables() []string {
	var names []string
	for _, ks := range e.server.Schema.Load().SortedKeyspaces() {
		if ks.System {
			continue
		}
		for _, t := range schema.SortedTables(ks) {
			names = append(names, t.Keyspace+"."+t.Name)
		}
	}
	return names
}

// Advance moves the engine's clock forward by d, so that TTLs expire.
func (e *Engine) Advance(d time.Duration) { e.server.Clock.Offset.Add(int64(d)) }

// Now is the engine's clock.
func (e *Engine) Now() time.Time { return e.server.Clock.Now() }

// SetAddress changes the first node's address and port; call it once the listener
// is bound, before clients connect.
func (e *Engine) SetAddress(host string, port int) {
	e.server.Write.Lock()
	defer e.server.Write.Unlock()
	e.server.Ring.Nodes[0].Address, e.server.Ring.Nodes[0].Port = host, port
	e.server.System.Forget()
}

// warned puts the warnings so far on an error.
func warned(x *server.Execution, err error) error {
	var own *protocol.Error
	if len(x.Warnings) > 0 && errors.As(err, &own) {
		e := *own
		e.Warnings = x.Warnings
		return &e
	}
	return err
}

// asError makes an error of any layer the one that clients see. Where Cassandra's
// Java trips over a value, ScyllaDB refuses it.
func (e *Engine) asError(err error) error {
	own := asError(err)
	if e.server.Opts.Dialect == protocol.Scylla && own.Code == protocol.CodeServer && strings.HasPrefix(own.Message, "java.") {
		return protocol.Invalid("Invalid null, unset or empty value")
	}
	return own
}

func asError(err error) *protocol.Error {
	var own *protocol.Error
	if errors.As(err, &own) {
		return own
	}
	var t *types.Error
	if errors.As(err, &t) {
		return &protocol.Error{Code: int(t.Code), Message: t.Message, Keyspace: t.Keyspace, Function: t.Function, ArgTypes: t.ArgTypes}
	}
	return protocol.ServerError("%s", err.Error())
}

// SetNode says what a node does.
func (e *Engine) SetNode(node int, s server.NodeState) {
	e.server.Ring.Nodes[node].State.Store(int32(s))
}
