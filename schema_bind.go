package coodie

import "sync"

// bindings are the tables that have been made of one by On and InKeyspace.
type bindings struct {
	mu    sync.Mutex
	bound map[boundTo]*table
}

type boundTo struct {
	db       *DB
	keyspace string
}

// maxBindings bounds what is kept, in case that keyspaces are named by data.
const maxBindings = 1024

// On is the table on another DB: the same struct and options, on another session with that
// DB's defaults.
//
// Binding is cheap, and the same table comes out for the same DB and keyspace, with the
// statements that it has rendered: it may be done for each request.
func (t *Table[T]) On(db *DB) (*Table[T], error) {
	return t.bound(db, (*table)(t).keyspace)
}

// InKeyspace is the table in another keyspace of the same session, as cheaply as On:
//
//	orders, err := orders.InKeyspace("tenant_7")
func (t *Table[T]) InKeyspace(name string) (*Table[T], error) { return t.bound((*table)(t).db, name) }

func (t *Table[T]) bound(db *DB, keyspace string) (*Table[T], error) {
	core, err := (*table)(t).bind(db, keyspace)
	return (*Table[T])(core), err
}

func (t *table) bind(db *DB, keyspace string) (*table, error) {
	if db == t.db && keyspace == t.keyspace {
		return t, nil
	}
	to := boundTo{db, keyspace}
	t.bindings.mu.Lock()
	defer t.bindings.mu.Unlock()
	if bound := t.bindings.bound[to]; bound != nil {
		return bound, nil
	}
	opts := t.opts
	if keyspace != "" {
		opts = append(opts[:len(opts):len(opts)], WithKeyspace(keyspace))
	}
	bound, err := open(t.schema.Meta.Go, db, opts)
	if err != nil {
		return nil, err
	}
	bound.opts, bound.keyspace, bound.bindings = t.opts, keyspace, t.bindings
	bound.document, bound.valueAt = t.document, t.valueAt
	bound.source.New, bound.source.ValueAt = t.source.New, t.source.ValueAt
	if len(t.bindings.bound) >= maxBindings || t.bindings.bound == nil {
		t.bindings.bound = map[boundTo]*table{}
	}
	t.bindings.bound[to] = bound
	return bound, nil
}
