package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var indexModes = map[cqlparse.IndexTargetKind]string{
	cqlparse.IndexColumn: "", cqlparse.IndexKeys: "keys", cqlparse.IndexValues: "values",
	cqlparse.IndexEntries: "entries", cqlparse.IndexFull: "full",
}

func (p *preparer) createIndex(s *cqlparse.CreateIndex) (statement, error) {
	name := s.Table
	ks, err := p.inKeyspace(name)
	if err != nil {
		return nil, err
	}
	info := StatementInfo{Kind: "create_index", Keyspace: ks, Table: name.Name.Name}
	return &definition{about: info, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		next, err := addIndex(x, sch, ks, s)
		if err != nil || next == nil {
			return sch, nil, err
		}
		return sch.with(sch.keyspaces[ks].withTable(next)), &SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: next.name}, nil
	}}, nil
}

// addIndex returns the table with the index, or nil if it is there already.
func addIndex(x *execution, sch *schema, ks string, s *cqlparse.CreateIndex) (*table, error) {
	ix := &index{name: s.Name.Name, kind: "COMPOSITES"}
	if s.Using != nil {
		ix.kind, ix.class = "CUSTOM", s.Using.Text
		if !s.Custom && strings.EqualFold(ix.class, "legacy_local_table") {
			ix.kind, ix.class = "COMPOSITES", ""
		}
	}
	props, err := readProperties(s.Options, "options")
	if err != nil {
		return nil, err
	}
	r := props.reader()
	r.mapping("options", func(m map[string]string) { ix.options = m })
	switch {
	case r.err != nil:
		return nil, r.err
	case s.Custom && s.Using == nil:
		ix.kind, ix.class = "CUSTOM", "legacy_local_table"
	case ix.kind != "CUSTOM" && len(props) > 0:
		return nil, invalid("Cannot specify options for a non-CUSTOM index")
	}
	for _, reserved := range []string{"class_name", "target"} {
		if _, ok := ix.options[reserved]; ok {
			return nil, invalid("Cannot specify %s as a CUSTOM option", reserved)
		}
	}
	space := sch.keyspaces[ks]
	if space == nil {
		return nil, invalid("Keyspace '%s' doesn't exist", ks)
	}
	t := space.tables[s.Table.Name.Name]
	if t == nil {
		return nil, invalid("Table '%s' doesn't exist", s.Table.Name.Name)
	}
	if ix.name != "" && space.hasIndex(ix.name) != nil {
		if s.IfNotExists {
			return nil, nil
		}
		return nil, invalid("Index '%s' already exists", ix.name)
	}
	if t.isView() {
		return nil, invalid("Secondary indexes on materialized views aren't supported")
	}
	if t.counter {
		return nil, invalid("Secondary indexes on counter tables aren't supported")
	}
	if err := ix.aim(t, s.Targets); err != nil {
		return nil, err
	}
	if ix.name == "" {
		ix.name = space.freeIndexName(t.name, ix)
	}
	if !validName(ix.name) {
		return nil, configError("Illegal index name %s", ix.name)
	}
	if ix.kind == "CUSTOM" && !ix.storageAttached() && !ix.sasi() {
		return nil, configError("Unable to find custom indexer class '%s'", ix.class)
	}
	for _, o := range t.indexes {
		if o.kind == ix.kind && o.class == ix.class && o.target == ix.target && o.mode == ix.mode && maps.Equal(o.options, ix.options) {
			if s.IfNotExists {
				return nil, nil
			}
			return nil, invalid("Index %s is a duplicate of existing index %s", ix.name, o.name)
		}
	}
	if ix.storageAttached() {
		if err := ix.checkKnown(); err != nil {
			return nil, err
		}
	}
	for _, o := range t.indexes {
		if ix.storageAttached() && o.storageAttached() && o.target == ix.target && o.mode == ix.mode {
			return nil, invalid("Cannot create more than one storage-attached index on the same column: %s", ix.target.name)
		}
	}
	if err := ix.checkOptions(t, x.warn); err != nil {
		return nil, err
	}
	if ix.sasi() {
		x.warn("SASI indexes are experimental and are not recommended for production use.")
	}
	for _, o := range t.indexes {
		if o.target != nil && t.vectorIndex(o.target) == o {
			x.warn(vectorWarning) // the server looks at all indexes again
		}
	}
	next := t.clone()
	next.indexes = append(next.indexes, ix)
	slices.SortFunc(next.indexes, func(a, b *index) int { return strings.Compare(a.name, b.name) })
	return next.finish(), nil
}

// aim checks and sets what the index covers.
func (ix *index) aim(t *table, targets []*cqlparse.IndexTarget) error {
	custom := ix.kind == "CUSTOM"
	if len(targets) == 0 {
		if !custom {
			return invalid("Only CUSTOM indexes can be created without specifying a target column")
		}
		return nil
	}
	if targets[0].Partition != nil {
		if err := t.isPartitionKey(targets[0].Partition); err != nil {
			return err
		}
		ix.local, targets = true, targets[1:]
		if len(targets) == 0 {
			return invalid("Missing column in a local index definition")
		}
	}
	if len(targets) > 1 {
		if !custom {
			return invalid("Only CUSTOM indexes support multiple columns")
		}
		if ix.storageAttached() {
			names := make([]string, len(targets))
			for i, target := range targets {
				names[i] = target.Column.Name
			}
			return invalid("A storage-attached index cannot be created over multiple columns: %s", strings.Join(names, ", "))
		}
		return invalid("Indexes on several columns are not supported by cqltest")
	}
	c, err := t.column(targets[0].Column.Name)
	if err != nil {
		return err
	}
	mode := indexModes[targets[0].Kind]
	typ := c.typ
	if mode == "" && typ.IsCollection() {
		mode = "values"
	}
	frozen := typ.IsCollection() && !typ.IsMultiCell()
	switch {
	case typ.ContainsDuration() && typ.IsCollection():
		return invalid("Secondary indexes are not supported on collections containing durations")
	case typ.ContainsDuration() && typ.Kind == types.KindTuple:
		return invalid("Secondary indexes are not supported on tuples containing durations")
	case typ.ContainsDuration() && typ.Kind == types.KindUDT:
		return invalid("Secondary indexes are not supported on UDTs containing durations")
	case typ.ContainsDuration():
		return invalid("Secondary indexes are not supported on duration columns")
	case t.compact && c.primaryKey():
		return invalid("Secondary indexes are not supported on PRIMARY KEY columns in COMPACT STORAGE tables")
	case t.compact && len(t.clustering) > 0:
		return invalid("Secondary indexes are not supported on compact value column of COMPACT STORAGE tables")
	case c.kind == partitionKey && len(t.partition) == 1:
		return invalid("Cannot create secondary index on the only partition key column %s", c.name)
	case frozen && mode != "full":
		return invalid("Cannot create %s() index on frozen column %s. Frozen collections are immutable and must be fully indexed by using the 'full(%s)' modifier", mode, c.name, c.cql())
	case !frozen && mode == "full":
		return invalid("full() indexes can only be created on frozen collections")
	case !typ.IsCollection() && mode != "":
		return invalid("Cannot create %s() index on %s. Non-collection columns only support simple indexes", mode, c.name)
	case (mode == "keys" || mode == "entries") && !(typ.Kind == types.KindMap && typ.IsMultiCell()):
		return invalid("Cannot create index on %s of column %s with non-map type", mode, c.name)
	case typ.Kind == types.KindUDT && typ.IsMultiCell():
		return invalid("Cannot create index on non-frozen UDT column %s", c.name)
	}
	ix.target, ix.mode = c, mode
	return nil
}

func (k *keyspace) freeIndexName(table string, ix *index) string {
	base := table
	if ix.target != nil {
		base += "_" + ix.target.name
	}
	base = strings.Map(func(r rune) rune {
		if validName(string(r)) {
			return r
		}
		return -1
	}, base) + "_idx"
	name := base
	for i := 1; k.hasIndex(name) != nil; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

// targetOption is how system_schema.indexes shows what is indexed.
func (ix *index) targetOption() string {
	if ix.target == nil {
		return ""
	}
	name := ix.target.cql()
	switch {
	case ix.mode == "":
		return name
	case ix.mode == "values":
		return "values(" + name + ")"
	}
	return ix.mode + "(" + name + ")"
}

// isPartitionKey refuses a list of columns that is not the whole partition key.
func (t *table) isPartitionKey(list []cqlparse.Identifier) error {
	same := func(id cqlparse.Identifier, c *column) bool { return id.Name == c.name }
	if slices.EqualFunc(list, t.partition, same) {
		return nil
	}
	return invalid("Local index definition must contain full partition key only")
}

func (p *preparer) dropIndex(s *cqlparse.DropIndex) (statement, error) {
	ks, err := p.inKeyspace(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "drop_index", Keyspace: ks}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		var t *table
		if space := sch.keyspaces[ks]; space != nil {
			t = space.hasIndex(name)
		}
		if t == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Index '%s.%s' doesn't exist'", ks, name)
		}
		if err := x.ensure("ALTER", tableResource(ks, t.name)); err != nil {
			return nil, nil, err
		}
		next := t.clone()
		next.indexes = slices.DeleteFunc(next.indexes, func(ix *index) bool { return ix.name == name })
		return sch.with(sch.keyspaces[ks].withTable(next.finish())), &SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: t.name}, nil
	}}, nil
}
