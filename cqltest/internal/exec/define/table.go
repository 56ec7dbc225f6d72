package define

import (
	"crypto/rand"
	"sort"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
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
func inKeyspace(p *server.Preparer, name cqlparse.QualifiedName) (string, error) {
	ks, err := p.KeyspaceOf(name)
	if err != nil {
		return "", err
	}
	return ks, editable(p, ks, "CREATE", "all tables in "+ks)
}

func createTable(p *server.Preparer, s *cqlparse.CreateTable) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Table)
	if err != nil {
		return nil, err
	}
	name := s.Table.Name.Name
	if err := checkTableSyntax(s, ks); err != nil {
		return nil, err
	}
	info := protocol.StatementInfo{Kind: "create_table", Keyspace: ks, Table: name}
	return &definition{about: info, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		space := sch.Keyspaces[ks]
		if space == nil {
			return nil, nil, protocol.Invalid("Keyspace '%s' doesn't exist", ks)
		}
		if space.Tables[name] != nil {
			if s.IfNotExists {
				return sch, nil, nil
			}
			return nil, nil, &protocol.Error{Code: protocol.CodeAlreadyExists, Keyspace: ks, Table: name,
				Message: "Cannot add already existing table \"" + name + "\" to keyspace \"" + ks + "\""}
		}
		own := *s
		cdc, rest, err := takeLogOptions(x.Server.Opts.Dialect, s.Options, nil)
		if err != nil {
			return nil, nil, err
		}
		own.Options = rest
		t, err := buildTable(sch, ks, &own)
		if err != nil {
			return nil, nil, err
		}
		t.CDC, t.Data = cdc, t.NewData()
		return sch.With(withLog(space.WithTable(t), t)), &protocol.SchemaChange{Change: "CREATED", Target: "TABLE", Keyspace: ks, Name: name}, nil
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
			return protocol.Invalid("Duplicate column '%s' declaration for table '%s'", c.Name.Name, shown)
		}
		seen[c.Name.Name] = true
	}
	switch n := len(s.Keys()); {
	case n == 0:
		return protocol.Invalid("No PRIMARY KEY specifed for table '%s' (exactly one required)", shown)
	case n > 1:
		return protocol.Invalid("Multiple PRIMARY KEY specified for table '%s' (exactly one required)", shown)
	}
	seen = map[string]bool{}
	for _, o := range s.ClusteringOrder {
		if seen[o.Column.Name] {
			return protocol.Invalid("Duplicate column '%s' in CLUSTERING ORDER BY clause for table '%s'", o.Column.Name, shown)
		}
		seen[o.Column.Name] = true
	}
	return nil
}

func buildTable(sch *schema.Schema, ks string, s *cqlparse.CreateTable) (*schema.Table, error) {
	name := s.Table.Name.Name
	props, err := schema.ReadProperties(s.Options, schema.TableProperties...)
	if err != nil {
		return nil, err
	}
	params, err := schema.DefaultParams().Apply(props)
	if err != nil {
		return nil, err
	}
	bloom := params.BloomFilter()
	params.BloomFilterFPChance = &bloom
	t := &schema.Table{Keyspace: ks, Name: name, Params: params, Compact: s.CompactStorage, ID: newID(), Dropped: map[string]schema.DroppedColumn{}}
	if id, given := props["id"]; given {
		if t.ID, err = tableID(id); err != nil {
			return nil, err
		}
	}
	columns := map[string]declared{}
	var names []string
	for _, c := range s.Columns {
		if c.Mask != nil {
			return nil, protocol.Invalid("Cannot mask columns because dynamic data masking is not enabled. You can enable it with the dynamic_data_masking_enabled property on cassandra.yaml")
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
					return nil, protocol.Invalid("Non-frozen UDTs with nested non-frozen collections are not supported")
				}
			}
		}
	}
	if err := declareKeys(t, s, columns); err != nil {
		return nil, err
	}
	if err := declareColumns(t, s, columns, names); err != nil {
		return nil, err
	}
	if err := checkTableName(ks, name); err != nil {
		return nil, err
	}
	return t.Finish(), nil
}

// tableID reads the option id.
func tableID(option any) ([16]byte, error) {
	text, _ := option.(string)
	b, err := types.UUID.FromString(text)
	if err != nil || len(b) != 16 {
		return [16]byte{}, protocol.ConfigError("Invalid table id")
	}
	return [16]byte(b), nil
}

func checkTableName(ks, name string) error {
	if !validName(name) {
		return protocol.ConfigError("%s.%s: Table name must not be empty or not contain non-alphanumeric-underscore characters (got \"%[2]s\")", ks, name)
	}
	if len(name) > 222 {
		return protocol.ConfigError("%s.%s: Table name must not be more than 222 characters long (got %d characters for \"%[2]s\")", ks, name, len(name))
	}
	return nil
}

// onTable prepares a change to one table.
func onTable(p *server.Preparer, kind string, name cqlparse.QualifiedName, ifExists bool, apply func(x *server.Execution, s *schema.Schema, ks *schema.Keyspace, t *schema.Table) (*schema.Table, error)) (server.Statement, error) {
	ks, err := p.KeyspaceOf(name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	verb := "ALTER"
	if kind == "drop_table" {
		verb = "DROP"
	}
	if err := editable(p, ks, verb, "table "+ks+"."+n); err != nil {
		return nil, err
	}
	return &definition{about: protocol.StatementInfo{Kind: kind, Keyspace: ks, Table: n}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		var t *schema.Table
		if space := sch.Keyspaces[ks]; space != nil {
			t = space.Tables[n]
		}
		if t == nil {
			if ifExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Table '%s.%s' doesn't exist", ks, n)
		}
		if t.IsView() && verb == "DROP" {
			return nil, nil, protocol.Invalid("Cannot use DROP TABLE on a materialized view. Please use DROP MATERIALIZED VIEW instead.")
		}
		if t.IsView() {
			return nil, nil, protocol.Invalid("Cannot use ALTER TABLE on a materialized view; use ALTER MATERIALIZED VIEW instead")
		}
		next, err := apply(x, sch, sch.Keyspaces[ks], t)
		switch {
		case err != nil || next == t:
			return sch, nil, err
		case next == nil:
			gone := *t
			gone.CDC = nil
			return sch.With(withLog(sch.Keyspaces[ks], &gone).WithoutTable(n)), &protocol.SchemaChange{Change: "DROPPED", Target: "TABLE", Keyspace: ks, Name: n}, nil
		}
		return sch.With(withLog(sch.Keyspaces[ks].WithAltered(t, next), next)), &protocol.SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: ks, Name: n}, nil
	}}, nil
}

func dropTable(p *server.Preparer, s *cqlparse.DropTable) (server.Statement, error) {
	return onTable(p, "drop_table", s.Table, s.IfExists, func(_ *server.Execution, _ *schema.Schema, _ *schema.Keyspace, t *schema.Table) (*schema.Table, error) {
		if len(t.Views) > 0 {
			return nil, protocol.Invalid("Cannot drop a table when materialized views still depend on it (%s)", t.Keyspace)
		}
		return nil, nil
	})
}
