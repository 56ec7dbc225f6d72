package exec

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// schema is everything that DDL changes. It is immutable: a change builds a new
// one that shares what stayed the same.
type schema struct {
	keyspaces map[string]*keyspace
	version   [16]byte
}

type keyspace struct {
	name        string
	durable     bool
	replication map[string]string
	virtual     bool
	system      bool // not for users to alter
	tables      map[string]*table
	types       map[string]*types.Type // not frozen
	functions   []*function            // as they were created
}

type columnKind uint8

const (
	partitionKey columnKind = iota
	clusteringKey
	staticColumn
	regularColumn
)

func (k columnKind) String() string {
	return [...]string{"partition_key", "clustering", "static", "regular"}[k]
}

type column struct {
	name     string
	typ      *types.Type
	kind     columnKind
	position int // among its kind's key columns; -1 for others
	desc     bool
	id       int32 // the store's name of the column
	index    int   // place in table.columns
}

func (c *column) primaryKey() bool { return c.kind <= clusteringKey }

// path orders the cells of a column that has more than one.
func (c *column) path() store.Comparator {
	switch c.typ.Kind {
	case types.KindSet, types.KindMap:
		return c.typ.Key().Compare
	}
	return bytes.Compare
}

// cql returns the column's name as CQL.
func (c *column) cql() string { return quoteIdent(c.name) }

type droppedColumn struct {
	column
	at int64
}

type index struct {
	name, kind string // COMPOSITES or CUSTOM
	class      string // of CUSTOM
	target     *column
	mode       string // values, keys, entries, full, or ""
	options    map[string]string
	local      bool // of ScyllaDB: serves what names the partition
}

// table is a table's definition.
type table struct {
	keyspace, name string
	id             [16]byte
	columns        []*column // as SELECT * shows them
	byName         map[string]*column
	partition      []*column
	clustering     []*column
	statics        []*column // by name
	regulars       []*column // by name
	counter        bool
	compact        bool
	virtual        bool
	system         bool
	params         tableParams
	indexes        []*index // by name
	dropped        map[string]droppedColumn
	nextID         int32
	changed        uint64        // the greater, the later
	views          []string      // names of the materialized views on it, the oldest first
	view           *materialized // what it shows, if it is a view itself

	data  *store.Table   // shared by all versions of the table; nil if the rows are made up when read
	scope []types.Column // the columns as terms sees them
	pk    []*types.Type
}

// String is the table's name as CQL.
func (t *table) String() string { return quoteIdent(t.keyspace) + "." + quoteIdent(t.name) }

// column returns the named column or the error that it is undefined.
func (t *table) column(name string) (*column, error) {
	if c := t.byName[name]; c != nil {
		return c, nil
	}
	return nil, invalid("Undefined column name %s in table %s", quoteIdent(name), t)
}

// finish derives what can be derived from the columns.
func (t *table) finish() *table {
	byName := func(a, b *column) int { return compareNames(a.name, b.name) }
	slices.SortFunc(t.statics, byName)
	slices.SortFunc(t.regulars, byName)
	t.columns = slices.Concat(t.partition, t.clustering, t.statics, t.regulars)
	t.byName = make(map[string]*column, len(t.columns))
	t.scope = make([]types.Column, len(t.columns))
	t.pk = nil
	for i, c := range t.columns {
		cc := *c
		cc.index = i
		t.columns[i] = &cc
		t.byName[c.name] = &cc
		t.scope[i] = t.spec(&cc)
		if c.kind == partitionKey {
			t.pk = append(t.pk, c.typ)
		}
	}
	n := len(t.partition)
	t.partition = t.columns[:n:n]
	t.clustering = t.columns[n : n+len(t.clustering) : n+len(t.clustering)]
	n += len(t.clustering)
	t.statics = t.columns[n : n+len(t.statics) : n+len(t.statics)]
	t.regulars = t.columns[n+len(t.statics):]
	for i, ix := range t.indexes {
		if ix.target != nil {
			c := *ix
			c.target = t.byName[ix.target.name]
			t.indexes[i] = &c
		}
	}
	return t
}

// compareNames orders columns as the server does: by the first eight bytes of
// the name as a signed number, then by all of them. It shows only in names that
// are not ASCII.
func compareNames(a, b string) int {
	head := func(s string) (n int64) {
		for i := range 8 {
			n <<= 8
			if i < len(s) {
				n |= int64(s[i])
			}
		}
		return n
	}
	if c := cmp.Compare(head(a), head(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// clone returns a copy to change; call finish afterwards.
func (t *table) clone() *table {
	c := *t
	c.partition = slices.Clone(t.partition)
	c.clustering = slices.Clone(t.clustering)
	c.statics = slices.Clone(t.statics)
	c.regulars = slices.Clone(t.regulars)
	c.indexes = slices.Clone(t.indexes)
	c.dropped = maps.Clone(t.dropped)
	return &c
}

// add appends a column that is not yet there.
func (t *table) add(name string, typ *types.Type, kind columnKind, desc bool) {
	c := &column{name: name, typ: typ, kind: kind, desc: desc, id: t.nextID, position: -1}
	t.nextID++
	switch kind {
	case partitionKey:
		c.position = len(t.partition)
		t.partition = append(t.partition, c)
	case clusteringKey:
		c.position = len(t.clustering)
		t.clustering = append(t.clustering, c)
	case staticColumn:
		t.statics = append(t.statics, c)
	default:
		t.regulars = append(t.regulars, c)
	}
}

func (t *table) spec(c *column) types.Column {
	return types.Column{Keyspace: t.keyspace, Table: t.name, Name: c.name, Type: c.typ}
}

// order returns the comparators of the clustering columns.
func (t *table) order() store.Order {
	o := make(store.Order, len(t.clustering))
	for i, c := range t.clustering {
		cmp := store.Comparator(c.typ.Compare)
		if c.desc {
			asc := cmp
			cmp = func(a, b []byte) int { return asc(b, a) }
		}
		o[i] = cmp
	}
	return o
}

// indexOn returns the first index on the column that serves the operator.
func (t *table) indexesOn(c *column) []*index {
	var on []*index
	for _, ix := range t.indexes {
		if ix.target != nil && ix.target.name == c.name {
			on = append(on, ix)
		}
	}
	return on
}

// with returns a schema in which the keyspace is ks.
func (s *schema) with(ks *keyspace) *schema {
	n := &schema{keyspaces: maps.Clone(s.keyspaces)}
	n.keyspaces[ks.name] = ks
	return n.stamp()
}

func (s *schema) without(name string) *schema {
	n := &schema{keyspaces: maps.Clone(s.keyspaces)}
	delete(n.keyspaces, name)
	return n.stamp()
}

// schemas counts schemas, so that no two have the same version.
var schemas atomic.Uint64

func (s *schema) stamp() *schema {
	s.version = uuid3("schema " + strconv.FormatUint(schemas.Add(1), 10))
	return s
}

func (k *keyspace) withTable(t *table) *keyspace {
	c := *k
	c.tables = maps.Clone(k.tables)
	t.changed = schemas.Add(1)
	c.tables[t.name] = t
	return &c
}

func (k *keyspace) withoutTable(name string) *keyspace {
	c := *k
	c.tables = maps.Clone(k.tables)
	delete(c.tables, name)
	return &c
}

func (k *keyspace) withType(t *types.Type) *keyspace {
	c := *k
	c.types = maps.Clone(k.types)
	c.types[t.Name] = t
	return &c
}

func (k *keyspace) hasIndex(name string) *table {
	for _, t := range sortedTables(k) {
		for _, ix := range t.indexes {
			if ix.name == name {
				return t
			}
		}
	}
	return nil
}

func sortedTables(k *keyspace) []*table {
	out := make([]*table, 0, len(k.tables))
	for _, t := range k.tables {
		out = append(out, t)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// baseTables returns the tables that are no materialized views, by name.
func (k *keyspace) baseTables() []*table {
	return slices.DeleteFunc(sortedTables(k), (*table).isView)
}

// byChange returns the tables, and behind them the materialized views, in the
// order of their last change, which is how the server lists those that are in the
// way.
func byChange(k *keyspace) []*table {
	out := sortedTables(k)
	slices.SortStableFunc(out, func(a, b *table) int {
		if a.isView() != b.isView() {
			return cmp.Compare(types.EncodeBoolean(a.isView())[0], types.EncodeBoolean(b.isView())[0])
		}
		return cmp.Compare(a.changed, b.changed)
	})
	return out
}

func (s *schema) sortedKeyspaces() []*keyspace {
	out := make([]*keyspace, 0, len(s.keyspaces))
	for _, k := range s.keyspaces {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// udt is the schema's answer to terms.Scope.UDT.
func (s *schema) udt(keyspace, name string) *types.Type {
	if ks := s.keyspaces[keyspace]; ks != nil {
		return ks.types[name]
	}
	return nil
}

// table finds the table a statement names.
func (s *schema) table(keyspace, name string) (*table, error) {
	ks := s.keyspaces[keyspace]
	if ks == nil {
		return nil, invalid("keyspace %s does not exist", keyspace)
	}
	if name == "" {
		return nil, invalid("non-empty table is required")
	}
	t := ks.tables[name]
	if t == nil {
		return nil, invalid("table %s does not exist", name)
	}
	return t, nil
}

// uuid3 makes a name-based UUID, for ids that must be the same on every start.
func uuid3(name string) [16]byte {
	u := md5.Sum([]byte(name))
	u[6] = u[6]&0x0f | 0x30
	u[8] = u[8]&0x3f | 0x80
	return u
}
