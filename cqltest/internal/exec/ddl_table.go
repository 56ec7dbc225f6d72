package exec

import (
	"crypto/rand"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func newID() [16]byte {
	var id [16]byte
	_, _ = rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x10
	id[8] = id[8]&0x3f | 0x80
	return id
}

// inKeyspace is what the parts of a schema that live in a keyspace share.
func (p *preparer) inKeyspace(name cqlparse.QualifiedName) (string, error) {
	ks, err := p.keyspaceOf(name)
	if err != nil {
		return "", err
	}
	return ks, p.editable(ks, "CREATE", "all tables in "+ks)
}

func (p *preparer) createTable(s *cqlparse.CreateTable) (statement, error) {
	ks, err := p.inKeyspace(s.Table)
	if err != nil {
		return nil, err
	}
	name := s.Table.Name.Name
	if err := checkTableSyntax(s, ks); err != nil {
		return nil, err
	}
	info := StatementInfo{Kind: "create_table", Keyspace: ks, Table: name}
	return &definition{about: info, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		space := sch.keyspaces[ks]
		if space == nil {
			return nil, nil, invalid("Keyspace '%s' doesn't exist", ks)
		}
		if space.tables[name] != nil {
			if s.IfNotExists {
				return sch, nil, nil
			}
			return nil, nil, &Error{Code: CodeAlreadyExists, Keyspace: ks, Table: name,
				Message: "Cannot add already existing table \"" + name + "\" to keyspace \"" + ks + "\""}
		}
		t, err := buildTable(sch, ks, s)
		if err != nil {
			return nil, nil, err
		}
		t.data = store.NewTable(t.order())
		return sch.with(space.withTable(t)), &SchemaChange{Change: "CREATED", Target: "TABLE", Keyspace: ks, Name: name}, nil
	}}, nil
}

// checkTableSyntax is what the server checks before it looks at the schema.
func checkTableSyntax(s *cqlparse.CreateTable, ks string) error {
	shown := s.Table.Name.Name
	if !s.Table.Keyspace.IsZero() {
		shown = ks + "." + shown
	}
	seen := map[string]bool{}
	for _, c := range s.Columns {
		if seen[c.Name.Name] {
			return invalid("Duplicate column '%s' declaration for table '%s'", c.Name.Name, shown)
		}
		seen[c.Name.Name] = true
	}
	switch n := len(s.Keys()); {
	case n == 0:
		return invalid("No PRIMARY KEY specifed for table '%s' (exactly one required)", shown)
	case n > 1:
		return invalid("Multiple PRIMARY KEY specified for table '%s' (exactly one required)", shown)
	}
	seen = map[string]bool{}
	for _, o := range s.ClusteringOrder {
		if seen[o.Column.Name] {
			return invalid("Duplicate column '%s' in CLUSTERING ORDER BY clause for table '%s'", o.Column.Name, shown)
		}
		seen[o.Column.Name] = true
	}
	return nil
}

type declared struct {
	typ     *types.Type
	written *cqlparse.Type
	static  bool
}

func buildTable(sch *schema, ks string, s *cqlparse.CreateTable) (*table, error) {
	name := s.Table.Name.Name
	props, err := readProperties(s.Options, tableProperties...)
	if err != nil {
		return nil, err
	}
	params, err := defaultParams().apply(props)
	if err != nil {
		return nil, err
	}
	bloom := params.bloomFilter()
	params.bloomFilterFPChance = &bloom
	t := &table{keyspace: ks, name: name, params: params, compact: s.CompactStorage, id: newID(), dropped: map[string]droppedColumn{}}
	if id, given := props["id"]; given {
		if t.id, err = tableID(id); err != nil {
			return nil, err
		}
	}
	columns := map[string]declared{}
	var names []string
	for _, c := range s.Columns {
		if c.Mask != nil {
			return nil, invalid("Cannot mask columns because dynamic data masking is not enabled. You can enable it with the dynamic_data_masking_enabled property on cassandra.yaml")
		}
		names = append(names, c.Name.Name)
		columns[c.Name.Name] = declared{written: c.Type, static: c.Static}
	}
	sort.Strings(names)
	for _, n := range names {
		d := columns[n]
		if d.typ, err = resolve(ks, d.written, sch); err != nil {
			return nil, err
		}
		columns[n] = d
	}
	for _, n := range names {
		if typ := columns[n].typ; typ.Kind == types.KindUDT && typ.IsMultiCell() {
			for _, f := range typ.Elems {
				if f.IsMultiCell() {
					return nil, invalid("Non-frozen UDTs with nested non-frozen collections are not supported")
				}
			}
		}
	}
	if err := t.declareKeys(s, columns); err != nil {
		return nil, err
	}
	if err := t.declareColumns(s, columns, names); err != nil {
		return nil, err
	}
	if err := checkTableName(ks, name); err != nil {
		return nil, err
	}
	return t.finish(), nil
}

// tableID reads the option id.
func tableID(option any) ([16]byte, error) {
	text, _ := option.(string)
	b, err := types.UUID.FromString(text)
	if err != nil || len(b) != 16 {
		return [16]byte{}, configError("Invalid table id")
	}
	return [16]byte(b), nil
}

func checkTableName(ks, name string) error {
	if !validName(name) {
		return configError("%s.%s: Table name must not be empty or not contain non-alphanumeric-underscore characters (got \"%[2]s\")", ks, name)
	}
	if len(name) > 222 {
		return configError("%s.%s: Table name must not be more than 222 characters long (got %d characters for \"%[2]s\")", ks, name, len(name))
	}
	return nil
}

// resolve turns a written type into a type of the schema.
func resolve(keyspace string, written *cqlparse.Type, sch *schema) (*types.Type, error) {
	t, err := types.Resolve(keyspace, written, sch.udt)
	var te *types.Error
	if errors.As(err, &te) && te.Code == types.CodeConfig && written.Kind == cqlparse.CustomType {
		return nil, syntaxError("Error setting type %s: %s", written.Class, te.Message)
	}
	return t, err
}

// declareKeys adds the primary key and removes its columns from the map.
func (t *table) declareKeys(s *cqlparse.CreateTable, columns map[string]declared) error {
	key := s.Keys()[0]
	seen := map[string]bool{}
	for _, id := range slices.Concat(key.Partition, key.Clustering) {
		d, ok := columns[id.Name]
		switch {
		case !ok:
			return invalid("Unknown column '%s' referenced in PRIMARY KEY for table '%s'", id.Name, t.name)
		case seen[id.Name]:
			return invalid("Duplicate column '%s' in PRIMARY KEY clause for table '%s'", id.Name, t.name)
		case d.typ.IsMultiCell() && d.typ.IsCollection():
			return invalid("Invalid non-frozen collection type %s for PRIMARY KEY column '%s'", d.typ, id.Name)
		case d.typ.IsMultiCell():
			return invalid("Invalid non-frozen user-defined type \"%s.%s\" for PRIMARY KEY column '%s'", t.keyspace, d.typ.Name, id.Name)
		case d.typ.IsCounter():
			return invalid("counter type is not supported for PRIMARY KEY column '%s'", id.Name)
		case d.typ.ContainsDuration():
			return invalid("duration type is not supported for PRIMARY KEY column '%s'", id.Name)
		case d.static:
			return invalid("Static column '%s' cannot be part of the PRIMARY KEY", id.Name)
		}
		seen[id.Name] = true
	}
	desc := map[string]bool{}
	var foreign []string
	for _, o := range s.ClusteringOrder {
		desc[o.Column.Name] = o.Desc
		if !slices.ContainsFunc(key.Clustering, func(c cqlparse.Identifier) bool { return c.Name == o.Column.Name }) {
			foreign = append(foreign, o.Column.Name)
		}
	}
	if len(foreign) > 0 {
		return invalid("Only clustering key columns can be defined in CLUSTERING ORDER directive: [%s] are not clustering columns", strings.Join(foreign, ", "))
	}
	for i, o := range s.ClusteringOrder {
		want := key.Clustering[i].Name
		if o.Column.Name == want {
			continue
		}
		if _, later := desc[want]; later {
			return invalid("The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns (%s must appear before %s)", want, o.Column.Name)
		}
		return invalid("Missing CLUSTERING ORDER for column %s", want)
	}
	for _, id := range key.Partition {
		t.add(id.Name, columns[id.Name].typ, partitionKey, false)
		delete(columns, id.Name)
	}
	for _, id := range key.Clustering {
		t.add(id.Name, columns[id.Name].typ, clusteringKey, desc[id.Name])
		delete(columns, id.Name)
	}
	return nil
}

func (t *table) declareColumns(s *cqlparse.CreateTable, columns map[string]declared, names []string) error {
	counters, others := false, false
	static := false
	for _, d := range columns {
		counters = counters || d.typ.IsCounter()
		others = others || !d.typ.IsCounter()
		static = static || d.static
	}
	if s.CompactStorage {
		if err := t.checkCompact(columns, static); err != nil {
			return err
		}
	} else if static && len(t.clustering) == 0 {
		return invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column")
	}
	if counters {
		if others {
			return invalid("Cannot mix counter and non counter columns in the same table")
		}
		if t.params.defaultTTL > 0 {
			return invalid("Cannot set default_time_to_live on a table with counters")
		}
	}
	t.counter = counters
	for _, n := range names {
		d, ok := columns[n]
		if !ok {
			continue
		}
		kind := regularColumn
		if d.static {
			kind = staticColumn
		}
		t.add(n, d.typ, kind, false)
	}
	return nil
}

func (t *table) checkCompact(columns map[string]declared, static bool) error {
	for _, d := range columns {
		if d.typ.IsMultiCell() {
			return invalid("Non-frozen collections and UDTs are not supported with COMPACT STORAGE")
		}
	}
	names := slices.Sorted(maps.Keys(columns))
	switch {
	case static:
		return invalid("Static columns are not supported in COMPACT STORAGE tables")
	case len(t.clustering) == 0 && len(columns) == 0:
		return invalid("No definition found that is not part of the PRIMARY KEY")
	case len(t.clustering) > 0 && len(columns) > 1:
		return invalid("COMPACT STORAGE with composite PRIMARY KEY allows no more than one column not part of the PRIMARY KEY (got: %s)", strings.Join(names, ", "))
	}
	return nil
}

// onTable prepares a change to one table.
func (p *preparer) onTable(kind string, name cqlparse.QualifiedName, ifExists bool, apply func(x *execution, s *schema, ks *keyspace, t *table) (*table, error)) (statement, error) {
	ks, err := p.keyspaceOf(name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	verb := "ALTER"
	if kind == "drop_table" {
		verb = "DROP"
	}
	if err := p.editable(ks, verb, "table "+ks+"."+n); err != nil {
		return nil, err
	}
	return &definition{about: StatementInfo{Kind: kind, Keyspace: ks, Table: n}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		var t *table
		if space := sch.keyspaces[ks]; space != nil {
			t = space.tables[n]
		}
		if t == nil {
			if ifExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Table '%s.%s' doesn't exist", ks, n)
		}
		if t.isView() && verb == "DROP" {
			return nil, nil, invalid("Cannot use DROP TABLE on a materialized view. Please use DROP MATERIALIZED VIEW instead.")
		}
		if t.isView() {
			return nil, nil, invalid("Cannot use ALTER TABLE on a materialized view; use ALTER MATERIALIZED VIEW instead")
		}
		next, err := apply(x, sch, sch.keyspaces[ks], t)
		switch {
		case err != nil || next == t:
			return sch, nil, err
		case next == nil:
			return sch.with(sch.keyspaces[ks].withoutTable(n)), &SchemaChange{Change: "DROPPED", Target: "TABLE", Keyspace: ks, Name: n}, nil
		}
		return sch.with(sch.keyspaces[ks].withAltered(t, next)), &SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: n}, nil
	}}, nil
}

func (p *preparer) dropTable(s *cqlparse.DropTable) (statement, error) {
	return p.onTable("drop_table", s.Table, s.IfExists, func(_ *execution, _ *schema, _ *keyspace, t *table) (*table, error) {
		if len(t.views) > 0 {
			return nil, invalid("Cannot drop a table when materialized views still depend on it (%s)", t.keyspace)
		}
		return nil, nil
	})
}

func (p *preparer) alterTable(s *cqlparse.AlterTable) (statement, error) {
	return p.onTable("alter_table", s.Table, s.IfExists, func(x *execution, sch *schema, ks *keyspace, t *table) (*table, error) {
		switch s.Op {
		case cqlparse.AlterAddColumns:
			return addColumns(sch, t, s)
		case cqlparse.AlterDropColumns:
			return dropColumns(x, t, s)
		case cqlparse.AlterRenameColumns:
			return renameColumns(t, s)
		case cqlparse.AlterColumnType:
			return nil, invalid("Altering column types is no longer supported")
		case cqlparse.AlterOptions:
			return alterOptions(x, t, s)
		case cqlparse.AlterDropCompactStorage:
			return nil, invalid("DROP COMPACT STORAGE is disabled. Enable in cassandra.yaml to use.")
		}
		return nil, invalid("Cannot mask columns because dynamic data masking is not enabled. You can enable it with the dynamic_data_masking_enabled property on cassandra.yaml")
	})
}

func addColumns(sch *schema, t *table, s *cqlparse.AlterTable) (*table, error) {
	next := t.clone()
	added := map[string]bool{}
	for _, c := range s.Columns {
		n := c.Name.Name
		typ, err := resolve(t.keyspace, c.Type, sch)
		if err != nil {
			return nil, err
		}
		if t.byName[n] != nil || added[n] {
			if s.IfColumnNotExists {
				continue
			}
			return nil, invalid("Column with name '%s' already exists", n)
		}
		if err := t.checkAddition(c, n, typ); err != nil {
			return nil, err
		}
		kind := regularColumn
		if c.Static {
			kind = staticColumn
		}
		next.add(n, typ, kind, false)
		if old, ok := t.dropped[n]; ok {
			columnNamed(next, n).id = old.id
		}
		added[n] = true
	}
	if len(added) == 0 {
		return t, nil
	}
	for n := range added {
		switch typ := columnNamed(next, n).typ; {
		case t.counter && !typ.IsCounter():
			return nil, configError("%s.%s: Cannot have a non counter column (\"%s\") in a counter table", t.keyspace, t.name, n)
		case !t.counter && typ.IsCounter():
			return nil, configError("%s.%s: Cannot have a counter column (\"%s\") in a non counter table", t.keyspace, t.name, n)
		}
	}
	return next.finish(), nil
}

func columnNamed(t *table, name string) *column {
	for _, c := range slices.Concat(t.statics, t.regulars) {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (t *table) checkAddition(c *cqlparse.ColumnDef, n string, typ *types.Type) error {
	if t.compact {
		return invalid("Cannot add new column to a COMPACT STORAGE table")
	}
	if c.Static && len(t.clustering) == 0 {
		return invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column")
	}
	if typ.Kind == types.KindUDT && typ.IsMultiCell() {
		for _, f := range typ.Elems {
			if f.IsMultiCell() {
				return invalid("Non-frozen UDTs with nested non-frozen collections are not supported for column %s", n)
			}
		}
	}
	old, dropped := t.dropped[n]
	if !dropped {
		return nil
	}
	if !typ.EqualIgnoringFrozen(old.typ) || typ.IsMultiCell() != old.typ.IsMultiCell() {
		if !compatible(typ, old.typ) {
			return invalid("Cannot re-add previously dropped column '%s' of type %s, incompatible with previous type %s", n, typ, old.typ)
		}
	}
	if (old.kind == staticColumn) != c.Static {
		kind, was := "REGULAR", "REGULAR"
		if c.Static {
			kind = "STATIC"
		}
		if old.kind == staticColumn {
			was = "STATIC"
		}
		return invalid("Cannot re-add previously dropped column '%s' of kind %s, incompatible with previous kind %s", n, kind, was)
	}
	if t.counter {
		return invalid("Cannot re-add previously dropped counter column %s", n)
	}
	return nil
}

// compatible says whether values of old can be read as ones of t.
func compatible(t, old *types.Type) bool {
	switch t.Kind {
	case types.KindBlob:
		return !old.IsMultiCell() && !old.IsCounter()
	case types.KindText:
		return old.Kind == types.KindASCII
	case types.KindBigint:
		return old.Kind == types.KindTimestamp
	case types.KindTimestamp:
		return old.Kind == types.KindBigint
	case types.KindVarint:
		return old.Kind == types.KindInt || old.Kind == types.KindBigint
	case types.KindUUID:
		return old.Kind == types.KindTimeUUID
	}
	return false
}

func dropColumns(x *execution, t *table, s *cqlparse.AlterTable) (*table, error) {
	next := t.clone()
	at := x.server.clock.timestamp()
	if s.Timestamp != nil {
		if n, err := types.Bigint.FromString(s.Timestamp.Text); err == nil {
			at = types.DecodeInteger(n)
		}
	}
	changed := false
	drops := slices.Clone(s.Drops) // the server keeps them in a hash set
	slices.SortStableFunc(drops, func(a, b cqlparse.Identifier) int { return hashedOrder(a.Name, b.Name) })
	for _, id := range drops {
		c := t.byName[id.Name]
		if c == nil {
			if s.IfColumnExists {
				continue
			}
			return nil, invalid("Column %s was not found in table '%s'", id.Name, t)
		}
		if c.primaryKey() {
			return nil, invalid("Cannot drop PRIMARY KEY column %s", c.name)
		}
		if c.typ.Kind == types.KindUDT && c.typ.IsMultiCell() {
			return nil, invalid("Cannot drop non-frozen column %s of user type %s", c.name, c.typ)
		}
		if deps := t.indexesOn(c); len(deps) > 0 {
			return nil, invalid("Cannot drop column %s because it has dependent secondary indexes (%s)", c.name, indexNames(deps))
		}
		if len(t.views) > 0 {
			return nil, invalid("Cannot drop column %s on base table %s with materialized views", c.cql(), t.name)
		}
		same := func(o *column) bool { return o.name == c.name }
		next.statics = slices.DeleteFunc(next.statics, same)
		next.regulars = slices.DeleteFunc(next.regulars, same)
		gone := *c
		gone.typ = withoutUserTypes(c.typ)
		next.dropped[c.name] = droppedColumn{gone, at}
		t.data.DropColumn(c.id, at)
		changed = true
	}
	if !changed {
		return t, nil
	}
	return next.finish(), nil
}

// withoutUserTypes is the type that a dropped column is remembered by: a user
// type is a tuple of its fields.
func withoutUserTypes(t *types.Type) *types.Type {
	if len(t.Elems) == 0 {
		return t
	}
	if t.Frozen {
		t = t.Freeze()
	}
	c := *t
	c.Elems = make([]*types.Type, len(t.Elems))
	for i, e := range t.Elems {
		if t.Frozen {
			e = e.Freeze()
		}
		c.Elems[i] = withoutUserTypes(e)
	}
	if t.Kind == types.KindUDT {
		return types.Tuple(c.Elems...)
	}
	return &c
}

func indexNames(list []*index) string {
	names := make([]string, len(list))
	for i, ix := range list {
		names[i] = ix.name
	}
	return strings.Join(names, ", ")
}

func renameColumns(t *table, s *cqlparse.AlterTable) (*table, error) {
	next := t.clone()
	for _, r := range s.Renames {
		from, to := r.From.Name, r.To.Name
		c, err := t.column(from)
		if err != nil {
			return nil, err
		}
		if !c.primaryKey() {
			return nil, invalid("Cannot rename non PRIMARY KEY column %s", from)
		}
		if t.byName[to] != nil {
			return nil, invalid("Cannot rename column %s to %s in table '%s'; another column with that name already exists", from, to, t)
		}
		if deps := t.indexesOn(c); len(deps) > 0 {
			return nil, invalid("Can't rename column %s because it has dependent secondary indexes (%s)", from, indexNames(deps))
		}
		for _, set := range [][]*column{next.partition, next.clustering} {
			for i, o := range set {
				if o.name == from {
					renamed := *o
					renamed.name = to
					set[i] = &renamed
				}
			}
		}
	}
	return next.finish(), nil
}

func alterOptions(x *execution, t *table, s *cqlparse.AlterTable) (*table, error) {
	props, err := readProperties(s.Options, tableProperties...)
	if err != nil {
		return nil, err
	}
	if _, id := props["id"]; id {
		return nil, configError("Cannot alter table id.")
	}
	params, err := t.params.apply(props)
	if err != nil {
		return nil, err
	}
	if t.counter && params.defaultTTL > 0 {
		return nil, invalid("Cannot set default_time_to_live on a table with counters")
	}
	if len(t.views) > 0 && params.gcGraceSeconds == 0 {
		return nil, invalid("Cannot alter gc_grace_seconds of the base table of a materialized view to 0, since this value is used to TTL undelivered updates. " +
			"Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.")
	}
	if x.server.opts.Dialect == Cassandra && reflect.DeepEqual(params, t.params) {
		return t, nil // and nobody is told of it
	}
	next := t.clone()
	next.params = params
	return next.finish(), nil
}
