package schema

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// VectorIndex returns the index that orders by the column's vectors, or nil.
func (t *Table) VectorIndex(c *Column) *Index {
	for _, ix := range t.IndexesOn(c) {
		if ix.StorageAttached() && ix.Mode == "" && c.Type.Kind == types.KindVector {
			return ix
		}
	}
	return nil
}

// StoreKey names a partition. Virtual tables are sorted by key, not by token. No
// partition has a key that is too long, whose token would take its time.
func (t *Table) StoreKey(raw []byte) store.Key {
	if t.Virtual || len(raw) > math.MaxUint16 {
		return store.Key{Bytes: string(raw)}
	}
	return store.Key{Token: types.Token(raw), Bytes: string(raw)}
}

// SplitKey returns the components of a partition's key.
func SplitKey(t *Table, key store.Key) [][]byte {
	parts, err := types.SplitPartitionKey([]byte(key.Bytes), len(t.Partition))
	if err != nil {
		return make([][]byte, len(t.Partition))
	}
	return parts
}

// DeclareViewKeys adds the primary key of a view, which holds that of its base
// and at most one column more.
func (t *Table) DeclareViewKeys(base *Table, selected map[string]*Column, s *cqlparse.CreateView) error {
	keys := slices.Concat(s.Key.Partition, s.Key.Clustering)
	has := func(name string) bool {
		return slices.ContainsFunc(keys, func(id cqlparse.Identifier) bool { return id.Name == name })
	}
	seen := map[string]bool{}
	for _, id := range keys {
		c := selected[id.Name]
		switch {
		case c == nil:
			return protocol.Invalid("Unknown column '%s' referenced in PRIMARY KEY for materialized view '%s'", id.Name, t.Name)
		case seen[id.Name]:
			return protocol.Invalid("Duplicate column '%s' in PRIMARY KEY clause for materialized view '%s'", id.Name, t.Name)
		case c.Type.IsMultiCell() && c.Type.IsCollection():
			return protocol.Invalid("Invalid non-frozen collection type '%s' for PRIMARY KEY column '%s'", c.Type.ClassName(), id.Name)
		case c.Type.IsMultiCell():
			return protocol.Invalid("Invalid non-frozen user-defined type '%s' for PRIMARY KEY column '%s'", c.Type.ClassName(), id.Name)
		case c.Type.Contains(types.KindDuration):
			return protocol.Invalid("duration type is not supported for PRIMARY KEY column '%s'", id.Name)
		}
		seen[id.Name] = true
	}
	desc := map[string]bool{}
	for _, id := range s.Key.Clustering { // as in the base, unless the view says otherwise
		desc[id.Name] = selected[id.Name].Desc
	}
	for _, o := range s.ClusteringOrder {
		desc[o.Column.Name] = o.Desc
	}
	if len(s.ClusteringOrder) > 0 && !slices.EqualFunc(s.ClusteringOrder, s.Key.Clustering, func(o *cqlparse.ColumnOrder, id cqlparse.Identifier) bool { return o.Column.Name == id.Name }) {
		return protocol.Invalid("Clustering key columns must exactly match columns in CLUSTERING ORDER BY directive")
	}
	var without []string
	for _, c := range slices.Concat(base.Partition, base.Clustering) {
		if !has(c.Name) {
			without = append(without, c.CQL())
		}
	}
	if len(without) > 0 {
		return protocol.Invalid("Cannot create materialized view '%s' without primary key columns %s from base table '%s'", t.Name, strings.Join(without, ", "), base.Name)
	}
	var more []string
	for _, id := range keys {
		if c := selected[id.Name]; !c.PrimaryKey() {
			more = append(more, c.CQL())
		}
	}
	if len(more) > 1 {
		return protocol.Invalid("Cannot include more than one non-primary key column in materialized view primary key (got %s)", strings.Join(more, ", "))
	}
	for _, id := range s.Key.Partition {
		t.Adopt(selected[id.Name], PartitionKey, false)
	}
	for _, id := range s.Key.Clustering {
		t.Adopt(selected[id.Name], ClusteringKey, desc[id.Name])
	}
	return nil
}

// RowMarkers says whether INSERT marks rows of the table as there: tables with
// COMPACT STORAGE have none, unless they have no column to do without.
func (t *Table) RowMarkers() bool { return !t.Compact || len(t.Regulars) == 0 }

// VirtualSchema says whether the server filters the table unasked.
func (t *Table) VirtualSchema() bool { return t.Virtual }

// DroppedColumn is a column that a table had, and when it was dropped.
type DroppedColumn struct {
	Column
	At int64
}

// Table is a table's definition.
type Table struct {
	Keyspace, Name string
	ID             [16]byte
	Columns        []*Column // as SELECT * shows them
	ByName         map[string]*Column
	Partition      []*Column
	Clustering     []*Column
	Statics        []*Column // by name
	Regulars       []*Column // by name
	Counter        bool
	Compact        bool
	Virtual        bool
	System         bool
	Params         TableParams
	Indexes        []*Index // by name
	Dropped        map[string]DroppedColumn
	nextID         int32
	changed        uint64            // the greater, the later
	Views          []string          // names of the materialized views on it, the oldest first
	View           *Materialized     // what it shows, if it is a view itself
	CDC            map[string]string // the options of its log of changes, of ScyllaDB; nil if none were given
	LogOf          string            // the table whose changes it is for, if it is a log of ScyllaDB

	Data  *store.Table   // shared by all versions of the table; nil if the rows are made up when read
	Scope []types.Column // the columns as terms sees them
	PK    []*types.Type
}

// String is the table's name as CQL.
func (t *Table) String() string { return QuoteIdent(t.Keyspace) + "." + QuoteIdent(t.Name) }

// Column returns the named column or the error that it is undefined.
func (t *Table) Column(name string) (*Column, error) {
	if c := t.ByName[name]; c != nil {
		return c, nil
	}
	return nil, protocol.Invalid("Undefined column name %s in table %s", QuoteIdent(name), t)
}

// Finish derives what can be derived from the columns.
func (t *Table) Finish() *Table {
	byName := func(a, b *Column) int { return compareNames(a.Name, b.Name) }
	slices.SortFunc(t.Statics, byName)
	slices.SortFunc(t.Regulars, byName)
	t.Columns = slices.Concat(t.Partition, t.Clustering, t.Statics, t.Regulars)
	t.ByName = make(map[string]*Column, len(t.Columns))
	t.Scope = make([]types.Column, len(t.Columns))
	t.PK = nil
	for i, c := range t.Columns {
		cc := *c
		cc.Index = i
		t.Columns[i] = &cc
		t.ByName[c.Name] = &cc
		t.Scope[i] = t.Spec(&cc)
		if c.Kind == PartitionKey {
			t.PK = append(t.PK, c.Type)
		}
	}
	n := len(t.Partition)
	t.Partition = t.Columns[:n:n]
	t.Clustering = t.Columns[n : n+len(t.Clustering) : n+len(t.Clustering)]
	n += len(t.Clustering)
	t.Statics = t.Columns[n : n+len(t.Statics) : n+len(t.Statics)]
	t.Regulars = t.Columns[n+len(t.Statics):]
	for i, ix := range t.Indexes {
		if ix.Target != nil {
			c := *ix
			c.Target = t.ByName[ix.Target.Name]
			t.Indexes[i] = &c
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

// Clone returns a copy to change; call finish afterwards.
func (t *Table) Clone() *Table {
	c := *t
	c.Partition = slices.Clone(t.Partition)
	c.Clustering = slices.Clone(t.Clustering)
	c.Statics = slices.Clone(t.Statics)
	c.Regulars = slices.Clone(t.Regulars)
	c.Indexes = slices.Clone(t.Indexes)
	c.Dropped = maps.Clone(t.Dropped)
	return &c
}

// Add appends a column that is not yet there.
func (t *Table) Add(name string, typ *types.Type, kind ColumnKind, desc bool) {
	c := &Column{Name: name, Type: typ, Kind: kind, Desc: desc, ID: t.nextID, Position: -1}
	t.nextID++
	switch kind {
	case PartitionKey:
		c.Position = len(t.Partition)
		t.Partition = append(t.Partition, c)
	case ClusteringKey:
		c.Position = len(t.Clustering)
		t.Clustering = append(t.Clustering, c)
	case StaticColumn:
		t.Statics = append(t.Statics, c)
	default:
		t.Regulars = append(t.Regulars, c)
	}
}

// Spec describes a column to terms.
func (t *Table) Spec(c *Column) types.Column {
	return types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: c.Name, Type: c.Type}
}

// Order returns the comparators of the clustering columns.
func (t *Table) Order() store.Order {
	o := make(store.Order, len(t.Clustering))
	for i, c := range t.Clustering {
		cmp := store.Comparator(c.Type.Compare)
		if c.Desc {
			asc := cmp
			cmp = func(a, b []byte) int { return asc(b, a) }
		}
		o[i] = cmp
	}
	return o
}

// NewData returns an empty store for the table's rows.
func (t *Table) NewData() *store.Table {
	forms := slices.ContainsFunc(t.Clustering, func(c *Column) bool { return c.Type.Contains(types.KindDecimal) })
	return store.NewTable(t.Order(), forms)
}

// IndexesOn returns the indexes on a column.
func (t *Table) IndexesOn(c *Column) []*Index {
	var on []*Index
	for _, ix := range t.Indexes {
		if ix.Target != nil && ix.Target.Name == c.Name {
			on = append(on, ix)
		}
	}
	return on
}

// ClusteringEqual says whether two rows of a partition are the same.
func ClusteringEqual(t *Table, a, b [][]byte) bool {
	for i, c := range t.Clustering {
		if c.Type.Compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}
