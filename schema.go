package coodie

import (
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/rowqueue"
	"github.com/coodie-go/coodie/internal/slots"
	"github.com/coodie-go/coodie/internal/stmt"
)

// DB is a gocql session with coodie's options: Connect makes the session too, New takes
// yours. It is safe for many goroutines; several on one session are fine.
type DB struct {
	sender   driver.Sender
	defaults settings
	session  *driver.Session // of Connect; nil if it is the user's
	queue    rowqueue.Queue[*answer.Row]
	slots    slots.Pool
	texts    textCounter
}

func newDB(sender driver.Sender, opts []Option) *DB {
	db := &DB{sender: sender}
	for _, o := range opts {
		if o != nil {
			o.applyDB(&db.defaults)
		}
	}
	return db
}

// Table is the table of the struct type T. It is safe for many goroutines.
type Table[T any] table

//lint:ignore U1000 called through AnyCol, which staticcheck does not see of a generic type
func (t *Table[T]) described(*T) *table { return (*table)(t) }

// table is a Table, whatever its T.
type table struct {
	db         *DB
	opts       []TableOption // for On and InKeyspace
	keyspace   string        // that InKeyspace gave it
	copies     *copies
	sender     driver.Sender
	settings   settings
	schema     stmt.Table
	source     answer.Source
	queue      *rowqueue.Queue[*answer.Row] // of the DB
	warned     atomic.Bool                  // of its many shapes
	lost       lost                         // what its writes have set to null unknowingly
	hooks      hooks
	hasStatics bool             // it has static columns
	document   func() *document // makes a Document[T]
	all        query            // selects the whole table
	valueAt    uintptr          // how far its Value is behind its beginning
}

// Open describes T's table on db. It sends nothing: Schema makes the table, compares it
// with the struct and brings it up to date. Every mistake in T's tags is a *SchemaError
// that names the Go type and field.
func Open[T any](db *DB, opts ...TableOption) (*Table[T], error) {
	core, err := open(reflect.TypeFor[T](), db, opts)
	if err != nil {
		return nil, err
	}
	core.source.New, core.document = newExisting[T], newDocument[T]
	core.source.ValueAt, core.valueAt = places[T]()
	return (*Table[T])(core), nil
}

func open(typ reflect.Type, db *DB, opts []TableOption) (*table, error) {
	fail := func(reason string) error { return &SchemaError{Type: typ, Reason: reason} }
	if db == nil || db.sender == nil {
		return nil, fail("Open needs a DB on a live session: coodie.New(session)")
	}
	of, err := described(typ)
	if err != nil {
		return nil, err
	}
	s := db.defaults
	s.table = of.Name
	for _, o := range opts {
		if o != nil {
			o.applyTable(&s)
		}
	}
	if of.Slots != nil {
		if err := s.resolveSlots(); err != nil {
			return nil, fail(err.Error())
		}
	}
	if err := s.resolve(); err != nil {
		return nil, fail(err.Error())
	}
	for _, c := range s.columns {
		if c.of != typ {
			return nil, fail("WithColumns got columns of " + c.of.String())
		}
		if err := c.ref.Missing(); err != nil {
			return nil, &SchemaError{Type: typ, Reason: "WithColumns: " + err.Error()}
		}
	}
	if err := s.checkProperties(of.Counter); err != nil {
		return nil, fail(err.Error())
	}
	if s.lwtOnly && of.Counter {
		return nil, fail("counters cannot be written conditionally, so a counter table cannot be WithLWTOnly")
	}
	if err := meta.CheckName("table", s.table); err != nil {
		return nil, fail(err.Error())
	}
	if s.keyspace != "" {
		if err := meta.CheckName("keyspace", s.keyspace); err != nil {
			return nil, fail(err.Error())
		}
	}
	t := &table{
		db: db, opts: slices.Clone(opts), copies: new(copies),
		sender: driver.Retry(db.sender, s.retries), settings: s, queue: &db.queue,
	}
	t.schema.Meta, t.schema.Name, t.schema.Quoted, t.schema.Rules = of, s.table, cql.TableName(s.keyspace, s.table), s.rules()
	t.all.table = t
	t.source = answer.Source{
		Table: &t.schema,
		Fault: func(column, field string, err error) error {
			return decodeError(t.schema.Name, column, field, err)
		},
		Refresh: func(statement string) { driver.Refresh(t.sender, statement) },
	}
	t.schema.Statics.Store(slices.ContainsFunc(of.Columns, func(c *meta.Column) bool { return c.Kind == meta.Static }))
	if t.hooks, err = hooksOf(typ, s.noValidate); err != nil {
		return nil, err
	}
	if s.keyspace != "" {
		t.schema.Name = s.keyspace + "." + s.table
	}
	driver.Watch(db.sender, s.keyspace, s.table, func(column string) *codec.Type {
		if c := of.Column(column); c != nil {
			return c.Type
		}
		return nil
	})
	for _, c := range of.Columns {
		t.hasStatics = t.hasStatics || c.Kind == meta.Static
		t.schema.Columns = append(t.schema.Columns, stmt.Named(c))
		t.schema.Refs = append(t.schema.Refs, *stmt.NamedRef(c))
	}
	return t, nil
}

// Name is the table's name, qualified by the keyspace if one was given by option.
func (t *Table[T]) Name() string { return (*table)(t).name() }

func (t *table) name() string {
	if t == nil {
		return ""
	}
	return t.schema.Name
}

// ready reports whether Open has made the table.
func (t *table) ready() bool { return t != nil && t.schema.Meta != nil }

// New returns a document that holds v. It sends nothing.
func (t *Table[T]) New(v T) *Document[T] {
	d := &Document[T]{Value: v, doc: document{query: (*table)(t).query()}}
	d.doc.see(codec.At(&d.Value))
	return d
}

// Find selects the rows for which all filters hold; no filter selects the whole table.
// It sends nothing until a terminal call such as Get, All, Update or Delete.
func (t *Table[T]) Find(filters ...Cond[T]) *QuerySet[T] {
	return querySet[T]((*table)(t).find(plainConds(filters)))
}

// bindings are the tables that have been made of one by On and InKeyspace.
type copies struct {
	mu   sync.Mutex
	made map[copyKey]*table
}

type copyKey struct {
	db       *DB
	keyspace string
}

// maxBindings bounds what is kept, in case that keyspaces are named by data.
const maxCopies = 1024

// On is the table on another DB: the same struct and options, on another session with that
// DB's defaults.
//
// Binding is cheap, and the same table comes out for the same DB and keyspace, with the
// statements that it has rendered: it may be done for each request.
func (t *Table[T]) On(db *DB) (*Table[T], error) {
	var keyspace string
	if t != nil {
		keyspace = (*table)(t).keyspace
	}
	return t.copyFor(db, keyspace)
}

// InKeyspace is the table in another keyspace of the same session, as cheaply as On:
//
//	orders, err := orders.InKeyspace("tenant_7")
func (t *Table[T]) InKeyspace(name string) (*Table[T], error) {
	var db *DB
	if t != nil {
		db = (*table)(t).db
	}
	return t.copyFor(db, name)
}

func (t *Table[T]) copyFor(db *DB, keyspace string) (*Table[T], error) {
	core, err := (*table)(t).copyFor(db, keyspace)
	return (*Table[T])(core), err
}

func (t *table) copyFor(db *DB, keyspace string) (*table, error) {
	if !t.ready() {
		return nil, noTable("open")
	}
	if db == t.db && keyspace == t.keyspace {
		return t, nil
	}
	to := copyKey{db, keyspace}
	t.copies.mu.Lock()
	defer t.copies.mu.Unlock()
	if bound := t.copies.made[to]; bound != nil {
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
	bound.opts, bound.keyspace, bound.copies, bound.hooks = t.opts, keyspace, t.copies, t.hooks
	bound.schema.Meta, bound.schema.Columns, bound.schema.Refs = t.schema.Meta, t.schema.Columns, t.schema.Refs // of variants
	bound.document, bound.valueAt = t.document, t.valueAt
	bound.source.New, bound.source.ValueAt = t.source.New, t.source.ValueAt
	if len(t.copies.made) >= maxCopies || t.copies.made == nil {
		t.copies.made = map[copyKey]*table{}
	}
	t.copies.made[to] = bound
	return bound, nil
}

// View is the materialized view of the struct type T: what OpenView returns. It is read, never written. It is
// safe for many goroutines.
type View[T any] table

//lint:ignore U1000 called through AnyCol, which staticcheck does not see of a generic type
func (v *View[T]) described(*T) *table { return (*table)(v) }

// Name is Table.Name.
func (v *View[T]) Name() string { return (*table)(v).name() }

// Find is Table.Find, to read.
func (v *View[T]) Find(filters ...Cond[T]) *Query[T] {
	return (*Query[T])((*table)(v).find(plainConds(filters)))
}

// OpenView describes V's table as a materialized view of base, in its keyspace and on its
// DB. V has some of base's columns, of the same names and types; its key has all the key
// columns of base and at most one other column. The view shows the rows
// of base in which no column of its key is null. A method ViewFilter() string of V adds conditions
// to that, as CQL: "state = 'open'".
//
// The view follows base with some delay, so that no read of it is linearizable. Cassandra
// calls materialized views experimental, and makes them where materialized_views_enabled is set.
func OpenView[V, T any](base *Table[T], opts ...TableOption) (*View[V], error) {
	typ := reflect.TypeFor[V]()
	if base == nil {
		return nil, &SchemaError{Type: typ, Reason: "OpenView needs the table that the view is of"}
	}
	of := (*table)(base)
	all := []TableOption{tableOption(func(s *settings) {
		s.keyspace, s.viewOf, s.lwtOnly = of.settings.keyspace, of.settings.table, false
	})}
	view, err := Open[V](of.db, append(all, opts...)...)
	if err != nil {
		return nil, err
	}
	if err := (*table)(view).checkView(of); err != nil {
		return nil, err
	}
	return (*View[V])(view), nil
}

// checkView refuses what cannot be a view of base.
func (t *table) checkView(base *table) error {
	own, of := t.ddl(), base.ddl()
	if field, reason := ddl.CheckView(&own, &of); reason != "" {
		return &SchemaError{Type: t.schema.Meta.Go, Field: field, Reason: reason}
	}
	return nil
}
