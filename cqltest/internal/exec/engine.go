package exec

import (
	"context"
	"time"
)

// Engine is one node: schema, data and prepared statements. It is safe for many
// goroutines.
type Engine struct {
	opts Options
}

// New returns an engine that holds only the system keyspaces.
func New(opts Options) *Engine { return &Engine{opts: opts} }

// Prepare parses and validates cql, remembers the outcome under its id and
// returns it.
func (e *Engine) Prepare(c *Client, cql string) (*Prepared, error) { return nil, errTODO }

// Lookup returns the prepared statement with that id. As on a real server a
// statement is forgotten when its table or types change: the caller then
// answers UNPREPARED.
func (e *Engine) Lookup(id []byte) (*Prepared, bool) { return nil, false }

// Execute runs a prepared statement. One whose schema has changed meanwhile is
// prepared anew first.
func (e *Engine) Execute(ctx context.Context, c *Client, p *Prepared, params Params) (*Result, error) {
	return nil, errTODO
}

// Query prepares and runs one statement. USE sets c.Keyspace.
func (e *Engine) Query(ctx context.Context, c *Client, cql string, params Params) (*Result, error) {
	return nil, errTODO
}

// Batch runs a protocol-level batch. params.Values is not used.
func (e *Engine) Batch(ctx context.Context, c *Client, b Batch, params Params) (*Result, error) {
	return nil, errTODO
}

// Describe parses and validates cql and says what it is, without running it. It is
// what hooks that fire before execution want; an error is what Query would say.
func (e *Engine) Describe(c *Client, cql string) (StatementInfo, error) {
	return StatementInfo{}, errTODO
}

// Authenticate says whether the pair is known.
func (e *Engine) Authenticate(user, password string) bool { return false }

// Subscribe calls fn after every schema change, in order, on the goroutine that
// made it and outside the engine's locks. The returned function ends it.
func (e *Engine) Subscribe(fn func(SchemaChange)) (cancel func()) { return func() {} }

// Snapshot is the engine's state at one moment. It costs nothing to keep but
// memory for what changes afterwards.
type Snapshot struct{}

// Snapshot takes one.
func (e *Engine) Snapshot() *Snapshot { return nil }

// Restore returns to s, schema included. Prepared statements are kept if they
// are still valid. Subscribers are not told.
func (e *Engine) Restore(s *Snapshot) {}

// Reset drops every keyspace, table, type and row that is not the system's.
func (e *Engine) Reset() {}

// Truncate empties every user table and keeps the schema.
func (e *Engine) Truncate() {}

// Advance moves the engine's clock forward by d, so that TTLs expire.
func (e *Engine) Advance(d time.Duration) {}

// Now is the engine's clock.
func (e *Engine) Now() time.Time { return time.Time{} }

// SetAddress changes the address and port that system.local advertises; call it
// once the listener is bound.
func (e *Engine) SetAddress(host string, port int) {}

type statement interface{}

var errTODO = serverError("not built yet")
