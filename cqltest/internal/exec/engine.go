package exec

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Engine is one node: schema, data and prepared statements. It is safe for many
// goroutines.
type Engine struct {
	server   *server
	prepared struct {
		sync.RWMutex
		byID  map[string]*Prepared
		bytes int // of their texts
	}
}

// server is what statements run on: the schema with the data, and who may change it.
type server struct {
	opts Options

	// write serializes everything that changes schema or data, and so makes
	// conditional writes linearizable. Readers take views instead.
	write  sync.Mutex
	schema atomic.Pointer[schema]
	clock  clock
	ring   ring

	subscribers struct {
		sync.Mutex
		next int
		fns  map[int]func(SchemaChange)
	}
	system   systemViews
	auth     roles
	replaced func(old, next *schema) // told of each schema that takes another's place
}

// setSchema installs a schema. The caller holds the write lock.
func (s *server) setSchema(next *schema) {
	old := s.schema.Load()
	s.schema.Store(next)
	s.replaced(old, next)
}

// New returns an engine that holds only the system keyspaces.
func New(opts Options) *Engine {
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
		nodes = []Node{{}}
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
	e := &Engine{server: &server{opts: opts, ring: newRing(nodes, opts.Cluster)}}
	e.server.replaced = e.outdate
	e.server.clock.source = opts.Now
	e.server.clock.elements.Store(1 << 40)
	e.prepared.byID = map[string]*Prepared{}
	e.server.subscribers.fns = map[int]func(SchemaChange){}
	e.server.auth.reset(e.server.opts.User, e.server.opts.Password)
	e.server.schema.Store(initialSchema(opts.Dialect))
	return e
}

// Execute runs a prepared statement. One whose schema has changed meanwhile is
// prepared anew first. Only USE changes c.
func (e *Engine) Execute(ctx context.Context, c *Client, p *Prepared, params Params) (*Result, error) {
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
		return nil, x.warned(e.asError(err))
	}
	res, err := p.stmt.run(x)
	if err != nil {
		return nil, x.warned(e.asError(err))
	}
	res.Info = p.Info
	res.Warnings = append(x.warnings, res.Warnings...)
	return res, nil
}

// guarded is a statement that not everybody may run.
type guarded interface{ allowed(x *execution) error }

// authorize refuses a statement that its client may not run.
func authorize(x *execution, p *Prepared) error {
	if !x.enforces() {
		return nil
	}
	for _, n := range p.called {
		for _, f := range p.schema.functionsNamed(n) {
			if err := x.ensure("EXECUTE", f.resource(n.keyspace)); err != nil {
				return err
			}
		}
	}
	if s, ok := p.stmt.(guarded); ok {
		return s.allowed(x)
	}
	return nil
}

// Query prepares and runs one statement. USE sets c.Keyspace.
func (e *Engine) Query(ctx context.Context, c *Client, cql string, params Params) (*Result, error) {
	p, err := e.Compile(c, cql)
	if err != nil {
		return nil, err
	}
	return e.Execute(ctx, c, p, params)
}

// Subscribe calls fn after every schema change, in order, on the goroutine that
// made it and outside the engine's locks. The returned function ends it.
func (e *Engine) Subscribe(fn func(SchemaChange)) (cancel func()) {
	e.server.subscribers.Lock()
	defer e.server.subscribers.Unlock()
	id := e.server.subscribers.next
	e.server.subscribers.next++
	e.server.subscribers.fns[id] = fn
	return func() {
		e.server.subscribers.Lock()
		defer e.server.subscribers.Unlock()
		delete(e.server.subscribers.fns, id)
	}
}

func (s *server) publish(ch SchemaChange) {
	s.subscribers.Lock()
	fns := make([]func(SchemaChange), 0, len(s.subscribers.fns))
	for i := range s.subscribers.next {
		if fn := s.subscribers.fns[i]; fn != nil {
			fns = append(fns, fn)
		}
	}
	s.subscribers.Unlock()
	for _, fn := range fns {
		fn(ch)
	}
}

// Snapshot is the engine's state at one moment. It costs nothing to keep but
// memory for what changes afterwards.
type Snapshot struct {
	schema *schema
	data   map[*store.Table]*store.View
	roles  map[string]role
}

// Snapshot takes one.
func (e *Engine) Snapshot() *Snapshot {
	e.server.write.Lock()
	defer e.server.write.Unlock()
	s := &Snapshot{schema: e.server.schema.Load(), data: map[*store.Table]*store.View{}, roles: e.server.auth.copy()}
	s.schema.eachTable(func(t *table) { s.data[t.data] = t.data.View() })
	return s
}

// Restore returns to s, schema included. Prepared statements are prepared anew
// where they no longer fit. Subscribers are not told.
func (e *Engine) Restore(s *Snapshot) {
	e.server.write.Lock()
	defer e.server.write.Unlock()
	for t, v := range s.data {
		t.Restore(v)
	}
	e.server.auth.restore(s.roles)
	if e.server.schema.Load() != s.schema {
		e.server.schema.Store(s.schema)
		e.forget()
	}
}

// Reset drops every keyspace, table, type and row that is not the system's.
func (e *Engine) Reset() {
	e.server.write.Lock()
	defer e.server.write.Unlock()
	e.server.auth.reset(e.server.opts.User, e.server.opts.Password)
	e.server.schema.Store(initialSchema(e.server.opts.Dialect))
	e.forget()
}

// Truncate empties every user table and keeps the schema.
func (e *Engine) Truncate() {
	e.server.write.Lock()
	defer e.server.write.Unlock()
	e.server.schema.Load().eachTable(func(t *table) { t.data.Truncate() })
}

// HasKeyspace says whether there is a keyspace of that name.
func (e *Engine) HasKeyspace(name string) bool { return e.server.schema.Load().keyspaces[name] != nil }

// Tables returns the users' tables by name, as keyspace.table.
func (e *Engine) Tables() []string {
	var names []string
	for _, ks := range e.server.schema.Load().sortedKeyspaces() {
		if ks.system {
			continue
		}
		for _, t := range sortedTables(ks) {
			names = append(names, t.keyspace+"."+t.name)
		}
	}
	return names
}

// eachTable visits the tables that hold rows of users.
func (s *schema) eachTable(fn func(*table)) {
	for _, ks := range s.keyspaces {
		for _, t := range ks.tables {
			if t.data != nil {
				fn(t)
			}
		}
	}
}

// Advance moves the engine's clock forward by d, so that TTLs expire.
func (e *Engine) Advance(d time.Duration) { e.server.clock.offset.Add(int64(d)) }

// Now is the engine's clock.
func (e *Engine) Now() time.Time { return e.server.clock.now() }

// SetAddress changes the first node's address and port; call it once the listener
// is bound, before clients connect.
func (e *Engine) SetAddress(host string, port int) {
	e.server.write.Lock()
	defer e.server.write.Unlock()
	e.server.ring.nodes[0].Address, e.server.ring.nodes[0].Port = host, port
	e.server.system.forget()
}

// clock gives times, and timestamps that never repeat.
type clock struct {
	source   func() time.Time
	offset   atomic.Int64
	last     atomic.Int64
	elements atomic.Int64
}

func (c *clock) now() time.Time { return c.source().Add(time.Duration(c.offset.Load())) }

// timestamp returns microseconds, greater than every one it returned before.
func (c *clock) timestamp() int64 {
	now := c.now().UnixMicro()
	for {
		last := c.last.Load()
		next := max(now, last+1)
		if c.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// warned puts the warnings so far on an error.
func (x *execution) warned(err error) error {
	var own *Error
	if len(x.warnings) > 0 && errors.As(err, &own) {
		e := *own
		e.Warnings = x.warnings
		return &e
	}
	return err
}

// asError makes an error of any layer the one that clients see. Where Cassandra's
// Java trips over a value, ScyllaDB refuses it.
func (e *Engine) asError(err error) error {
	own := asError(err)
	if e.server.opts.Dialect == Scylla && own.Code == CodeServer && strings.HasPrefix(own.Message, "java.") {
		return invalid("Invalid null, unset or empty value")
	}
	return own
}

func asError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var t *types.Error
	if errors.As(err, &t) {
		return &Error{Code: int(t.Code), Message: t.Message, Keyspace: t.Keyspace, Function: t.Function, ArgTypes: t.ArgTypes}
	}
	return serverError("%s", err.Error())
}
