package define

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var indexModes = map[cqlparse.IndexTargetKind]string{
	cqlparse.IndexColumn: "", cqlparse.IndexKeys: "keys", cqlparse.IndexValues: "values",
	cqlparse.IndexEntries: "entries", cqlparse.IndexFull: "full",
}

func createIndex(p *server.Preparer, s *cqlparse.CreateIndex) (server.Statement, error) {
	name := s.Table
	ks, err := inKeyspace(p, name)
	if err != nil {
		return nil, err
	}
	info := protocol.StatementInfo{Kind: "create_index", Keyspace: ks, Table: name.Name.Name}
	return &definition{about: info, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		next, err := addIndex(x, sch, ks, s)
		if err != nil || next == nil {
			return sch, nil, err
		}
		return sch.With(sch.Keyspaces[ks].WithTable(next)), &protocol.SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: next.Name}, nil
	}}, nil
}

// addIndex returns the table with the index, or nil if it is there already.
func addIndex(x *server.Execution, sch *schema.Schema, ks string, s *cqlparse.CreateIndex) (*schema.Table, error) {
	ix := &schema.Index{Name: s.Name.Name, Kind: "COMPOSITES"}
	if s.Using != nil {
		ix.Kind, ix.Class = "CUSTOM", s.Using.Text
		if !s.Custom && strings.EqualFold(ix.Class, "legacy_local_table") {
			ix.Kind, ix.Class = "COMPOSITES", ""
		}
	}
	props, err := schema.ReadProperties(s.Options, "options")
	if err != nil {
		return nil, err
	}
	r := props.Reader()
	r.Mapping("options", func(m map[string]string) { ix.Options = m })
	switch {
	case r.Err != nil:
		return nil, r.Err
	case s.Custom && s.Using == nil:
		ix.Kind, ix.Class = "CUSTOM", "legacy_local_table"
	case ix.Kind != "CUSTOM" && len(props) > 0:
		return nil, protocol.Invalid("Cannot specify options for a non-CUSTOM index")
	}
	for _, reserved := range []string{"class_name", "target"} {
		if _, ok := ix.Options[reserved]; ok {
			return nil, protocol.Invalid("Cannot specify %s as a CUSTOM option", reserved)
		}
	}
	space := sch.Keyspaces[ks]
	if space == nil {
		return nil, protocol.Invalid("Keyspace '%s' doesn't exist", ks)
	}
	t := space.Tables[s.Table.Name.Name]
	if t == nil {
		return nil, protocol.Invalid("Table '%s' doesn't exist", s.Table.Name.Name)
	}
	if ix.Name != "" && space.HasIndex(ix.Name) != nil {
		if s.IfNotExists {
			return nil, nil
		}
		return nil, protocol.Invalid("Index '%s' already exists", ix.Name)
	}
	if t.IsView() {
		return nil, protocol.Invalid("Secondary indexes on materialized views aren't supported")
	}
	if t.Counter {
		return nil, protocol.Invalid("Secondary indexes on counter tables aren't supported")
	}
	if err := aim(ix, t, s.Targets); err != nil {
		return nil, err
	}
	if ix.Name == "" {
		ix.Name = freeIndexName(space, t.Name, ix)
	}
	if !validName(ix.Name) {
		return nil, protocol.ConfigError("Illegal index name %s", ix.Name)
	}
	if ix.Kind == "CUSTOM" && !ix.StorageAttached() && !ix.SASI() {
		return nil, protocol.ConfigError("Unable to find custom indexer class '%s'", ix.Class)
	}
	for _, o := range t.Indexes {
		if o.Kind == ix.Kind && o.Class == ix.Class && o.Target == ix.Target && o.Mode == ix.Mode && maps.Equal(o.Options, ix.Options) {
			if s.IfNotExists {
				return nil, nil
			}
			return nil, protocol.Invalid("Index %s is a duplicate of existing index %s", ix.Name, o.Name)
		}
	}
	if ix.StorageAttached() {
		if err := ix.CheckKnown(); err != nil {
			return nil, err
		}
	}
	for _, o := range t.Indexes {
		if ix.StorageAttached() && o.StorageAttached() && o.Target == ix.Target && o.Mode == ix.Mode {
			return nil, protocol.Invalid("Cannot create more than one storage-attached index on the same column: %s", ix.Target.Name)
		}
	}
	if err := ix.CheckOptions(t, x.Warn); err != nil {
		return nil, err
	}
	if ix.SASI() {
		x.Warn("SASI indexes are experimental and are not recommended for production use.")
	}
	for _, o := range t.Indexes {
		if o.Target != nil && t.VectorIndex(o.Target) == o {
			x.Warn(schema.VectorWarning) // the server looks at all indexes again
		}
	}
	next := t.Clone()
	next.Indexes = append(next.Indexes, ix)
	slices.SortFunc(next.Indexes, func(a, b *schema.Index) int { return strings.Compare(a.Name, b.Name) })
	return next.Finish(), nil
}

// aim checks and sets what the index covers.
func aim(ix *schema.Index, t *schema.Table, targets []*cqlparse.IndexTarget) error {
	custom := ix.Kind == "CUSTOM"
	if len(targets) == 0 {
		if !custom {
			return protocol.Invalid("Only CUSTOM indexes can be created without specifying a target column")
		}
		return nil
	}
	if targets[0].Partition != nil {
		if err := isPartitionKey(t, targets[0].Partition); err != nil {
			return err
		}
		ix.Local, targets = true, targets[1:]
		if len(targets) == 0 {
			return protocol.Invalid("Missing column in a local index definition")
		}
	}
	if len(targets) > 1 {
		if !custom {
			return protocol.Invalid("Only CUSTOM indexes support multiple columns")
		}
		if ix.StorageAttached() {
			names := make([]string, len(targets))
			for i, target := range targets {
				names[i] = target.Column.Name
			}
			return protocol.Invalid("A storage-attached index cannot be created over multiple columns: %s", strings.Join(names, ", "))
		}
		return protocol.Invalid("Indexes on several columns are not supported by cqltest")
	}
	c, err := t.Column(targets[0].Column.Name)
	if err != nil {
		return err
	}
	mode := indexModes[targets[0].Kind]
	typ := c.Type
	if mode == "" && typ.IsCollection() {
		mode = "values"
	}
	frozen := typ.IsCollection() && !typ.IsMultiCell()
	switch {
	case typ.Contains(types.KindDuration) && typ.IsCollection():
		return protocol.Invalid("Secondary indexes are not supported on collections containing durations")
	case typ.Contains(types.KindDuration) && typ.Kind == types.KindTuple:
		return protocol.Invalid("Secondary indexes are not supported on tuples containing durations")
	case typ.Contains(types.KindDuration) && typ.Kind == types.KindUDT:
		return protocol.Invalid("Secondary indexes are not supported on UDTs containing durations")
	case typ.Contains(types.KindDuration):
		return protocol.Invalid("Secondary indexes are not supported on duration columns")
	case t.Compact && c.PrimaryKey():
		return protocol.Invalid("Secondary indexes are not supported on PRIMARY KEY columns in COMPACT STORAGE tables")
	case t.Compact && len(t.Clustering) > 0:
		return protocol.Invalid("Secondary indexes are not supported on compact value column of COMPACT STORAGE tables")
	case c.Kind == schema.PartitionKey && len(t.Partition) == 1:
		return protocol.Invalid("Cannot create secondary index on the only partition key column %s", c.Name)
	case frozen && mode != "full":
		return protocol.Invalid("Cannot create %s() index on frozen column %s. Frozen collections are immutable and must be fully indexed by using the 'full(%s)' modifier", mode, c.Name, c.CQL())
	case !frozen && mode == "full":
		return protocol.Invalid("full() indexes can only be created on frozen collections")
	case !typ.IsCollection() && mode != "":
		return protocol.Invalid("Cannot create %s() index on %s. Non-collection columns only support simple indexes", mode, c.Name)
	case (mode == "keys" || mode == "entries") && !(typ.Kind == types.KindMap && typ.IsMultiCell()):
		return protocol.Invalid("Cannot create index on %s of column %s with non-map type", mode, c.Name)
	case typ.Kind == types.KindUDT && typ.IsMultiCell():
		return protocol.Invalid("Cannot create index on non-frozen UDT column %s", c.Name)
	}
	ix.Target, ix.Mode = c, mode
	return nil
}

func freeIndexName(k *schema.Keyspace, table string, ix *schema.Index) string {
	base := table
	if ix.Target != nil {
		base += "_" + ix.Target.Name
	}
	base = strings.Map(func(r rune) rune {
		if validName(string(r)) {
			return r
		}
		return -1
	}, base) + "_idx"
	name := base
	for i := 1; k.HasIndex(name) != nil; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

// isPartitionKey refuses a list of columns that is not the whole partition key.
func isPartitionKey(t *schema.Table, list []cqlparse.Identifier) error {
	same := func(id cqlparse.Identifier, c *schema.Column) bool { return id.Name == c.Name }
	if slices.EqualFunc(list, t.Partition, same) {
		return nil
	}
	return protocol.Invalid("Local index definition must contain full partition key only")
}

func dropIndex(p *server.Preparer, s *cqlparse.DropIndex) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "drop_index", Keyspace: ks}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		var t *schema.Table
		if space := sch.Keyspaces[ks]; space != nil {
			t = space.HasIndex(name)
		}
		if t == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Index '%s.%s' doesn't exist'", ks, name)
		}
		if err := x.Ensure("ALTER", roles.TableResource(ks, t.Name)); err != nil {
			return nil, nil, err
		}
		next := t.Clone()
		next.Indexes = slices.DeleteFunc(next.Indexes, func(ix *schema.Index) bool { return ix.Name == name })
		return sch.With(sch.Keyspaces[ks].WithTable(next.Finish())), &protocol.SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: t.Name}, nil
	}}, nil
}
