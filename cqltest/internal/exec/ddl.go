package exec

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// definition is a statement that changes the schema.
type definition struct {
	about StatementInfo
	on    string // the table that permissions are about, if not about.Table
	// apply returns the changed schema and the change; no change if the
	// schema stays as it is. The caller holds the write lock.
	apply func(x *execution, s *schema) (*schema, *SchemaChange, error)
}

func (d *definition) info() StatementInfo { return d.about }

func (d *definition) run(x *execution) (*Result, error) {
	ch, err := d.change(x)
	if err != nil {
		return nil, err
	}
	if ch == nil {
		return &Result{Kind: Void}, nil
	}
	x.server.publish(*ch)
	return &Result{Kind: SchemaChanged, Change: ch}, nil
}

func (d *definition) change(x *execution) (*SchemaChange, error) {
	s := x.server
	s.write.Lock()
	defer s.write.Unlock()
	next, ch, err := d.apply(x, s.schema.Load())
	if err != nil || ch == nil {
		return nil, err
	}
	s.setSchema(next)
	x.follow(ch)
	return ch, nil
}

// definition prepares a statement that changes the schema or describes it; nil if ast
// does not.
func (p *preparer) definition(ast cqlparse.Statement) (statement, error) {
	switch s := ast.(type) {
	case *cqlparse.CreateKeyspace:
		return p.createKeyspace(s)
	case *cqlparse.AlterKeyspace:
		return p.alterKeyspace(s)
	case *cqlparse.DropKeyspace:
		return p.dropKeyspace(s)
	case *cqlparse.CreateTable:
		return p.createTable(s)
	case *cqlparse.AlterTable:
		return p.alterTable(s)
	case *cqlparse.DropTable:
		return p.dropTable(s)
	case *cqlparse.CreateType:
		return p.createType(s)
	case *cqlparse.AlterType:
		return p.alterType(s)
	case *cqlparse.DropType:
		return p.dropType(s)
	case *cqlparse.CreateFunction:
		return p.createFunction(s)
	case *cqlparse.DropFunction:
		return p.dropFunction(s)
	case *cqlparse.CreateAggregate:
		return p.createAggregate(s)
	case *cqlparse.DropAggregate:
		return p.dropAggregate(s)
	case *cqlparse.CreateView:
		return p.createView(s)
	case *cqlparse.AlterView:
		return p.alterView(s)
	case *cqlparse.DropView:
		return p.dropView(s)
	case *cqlparse.CreateIndex:
		return p.createIndex(s)
	case *cqlparse.DropIndex:
		return p.dropIndex(s)
	case *cqlparse.Describe:
		return &describeStatement{s}, nil
	}
	return p.trigger(ast)
}

// trigger refuses triggers, of which no schema here can have any.
func (p *preparer) trigger(ast cqlparse.Statement) (statement, error) {
	switch s := ast.(type) {
	case *cqlparse.CreateTrigger:
		if _, err := p.table(s.Table); err != nil {
			return nil, err
		}
		return nil, invalid("Trigger class '%s' couldn't be loaded", s.Class.Text)
	case *cqlparse.DropTrigger:
		t, err := p.table(s.Table)
		if err != nil {
			return nil, err
		}
		if s.IfExists {
			return &nothing{ast.Kind()}, nil
		}
		return nil, invalid("Trigger '%s' on '%s.%s' doesn't exist", s.Name.Name, t.keyspace, t.name)
	}
	return nil, nil
}

// nothing is a statement without effect.
type nothing struct{ kind cqlparse.Kind }

func (s *nothing) info() StatementInfo { return StatementInfo{Kind: infoKind(string(s.kind))} }

func (s *nothing) run(*execution) (*Result, error) { return &Result{Kind: Void}, nil }

// infoKind is a statement's kind for StatementInfo: create_role for CREATE ROLE.
func infoKind(kind string) string {
	return strings.ReplaceAll(strings.ToLower(kind), " ", "_")
}

// editable refuses to change the system's keyspaces, but for the options of the
// replicated ones.
func (p *preparer) editable(keyspace, verb, resource string) error {
	ks := p.schema.keyspaces[keyspace]
	if ks == nil || !ks.system {
		return nil
	}
	switch keyspace {
	case "system_auth", "system_distributed", "system_traces":
		if verb == "ALTER" {
			return nil
		}
		return unauthorized("Cannot %s <%s>", verb, resource)
	}
	return unauthorized("%s keyspace is not user-modifiable.", keyspace)
}

// validName says whether a keyspace, table or index may have the name.
func validName(s string) bool {
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return s != ""
}

func checkKeyspaceName(name string) error {
	if !validName(name) {
		return invalid("Keyspace name must not be empty and must contain alphanumeric or underscore characters only (got \"%s\")", name)
	}
	if len(name) > 48 {
		return invalid("Keyspace name must not be more than 48 characters long (got %d characters for \"%s\")", len(name), name)
	}
	return nil
}

func (p *preparer) createKeyspace(s *cqlparse.CreateKeyspace) (statement, error) {
	name := s.Keyspace.Name
	if ks := p.schema.keyspaces[name]; ks != nil && ks.virtual {
		return nil, invalid("Virtual keyspace '%s' is not user-modifiable", name)
	}
	if name == "system" || name == "system_schema" {
		return nil, invalid("System keyspace '%s' is not user-modifiable", name)
	}
	return &definition{about: StatementInfo{Kind: "create_keyspace", Keyspace: name}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		if err := checkKeyspaceName(name); err != nil {
			return nil, nil, err
		}
		ks := &keyspace{name: name, durable: true, tables: map[string]*table{}, types: map[string]*types.Type{}}
		if err := ks.set(x, s.Options, sch.keyspaces[name] != nil, s.IfNotExists); err != nil {
			return nil, nil, err
		}
		if sch.keyspaces[name] != nil {
			return sch, nil, nil
		}
		return sch.with(ks), &SchemaChange{Change: "CREATED", Target: "KEYSPACE", Keyspace: name}, nil
	}}, nil
}

// set reads the options of CREATE or ALTER KEYSPACE.
func (k *keyspace) set(x *execution, options []*cqlparse.Property, exists, ifNotExists bool) error {
	props, err := readProperties(options, "replication", "durable_writes")
	if err != nil {
		return err
	}
	r := props.reader()
	var replication map[string]string
	r.mapping("replication", func(m map[string]string) { replication = m })
	if r.err != nil {
		return r.err
	}
	if len(replication) > 0 && replication["class"] == "" {
		return configError("Missing replication strategy class")
	}
	if _, given := props["replication"]; !given && k.replication == nil {
		return invalid("Missing mandatory option 'replication'")
	}
	if exists {
		if ifNotExists {
			return nil
		}
		return &Error{Code: CodeAlreadyExists, Message: "Cannot add existing keyspace \"" + k.name + "\"", Keyspace: k.name}
	}
	r.boolean("durable_writes", func(b bool) { k.durable = b })
	if r.err != nil {
		return r.err
	}
	if replication == nil {
		return nil
	}
	checked, warnings, err := readReplication(k.name, &x.server.ring, replication)
	if err != nil {
		return err
	}
	k.replication = checked
	for _, w := range warnings {
		x.warn(w)
	}
	return nil
}

func (p *preparer) alterKeyspace(s *cqlparse.AlterKeyspace) (statement, error) {
	name := s.Keyspace.Name
	if err := p.editable(name, "ALTER", "keyspace "+name); err != nil {
		return nil, err
	}
	return &definition{about: StatementInfo{Kind: "alter_keyspace", Keyspace: name}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		old := sch.keyspaces[name]
		if old == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Keyspace '%s' doesn't exist", name)
		}
		ks := *old
		if err := ks.set(x, s.Options, false, false); err != nil {
			return nil, nil, err
		}
		if ks.durable == old.durable && mapsEqual(ks.replication, old.replication) {
			return sch, nil, nil
		}
		if ks.replicas() > old.replicas() {
			x.warn("When increasing replication factor you need to run a full (-full) repair to distribute the data.")
		}
		return sch.with(&ks), &SchemaChange{Change: "UPDATED", Target: "KEYSPACE", Keyspace: name}, nil
	}}, nil
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func (p *preparer) dropKeyspace(s *cqlparse.DropKeyspace) (statement, error) {
	name := s.Keyspace.Name
	if err := p.editable(name, "DROP", "keyspace "+name); err != nil {
		return nil, err
	}
	return &definition{about: StatementInfo{Kind: "drop_keyspace", Keyspace: name}, apply: func(_ *execution, sch *schema) (*schema, *SchemaChange, error) {
		if sch.keyspaces[name] == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Keyspace '%s' doesn't exist", name)
		}
		return sch.without(name), &SchemaChange{Change: "DROPPED", Target: "KEYSPACE", Keyspace: name}, nil
	}}, nil
}

type truncateStatement struct{ table *table }

func (s *truncateStatement) info() StatementInfo {
	return StatementInfo{Kind: "truncate", Keyspace: s.table.keyspace, Table: s.table.name}
}

func (s *truncateStatement) allowed(x *execution) error {
	return x.ensure("MODIFY", tableResource(s.table.keyspace, s.table.name))
}

func (s *truncateStatement) run(x *execution) (*Result, error) {
	if s.table.data != nil {
		x.server.write.Lock()
		defer x.server.write.Unlock()
		s.table.data.Truncate()
		for _, v := range x.server.schema.Load().keyspaces[s.table.keyspace].viewsOf(s.table) {
			v.data.Truncate()
		}
	}
	return &Result{Kind: Void}, nil
}

func (p *preparer) truncate(s *cqlparse.Truncate) (statement, error) {
	t, err := p.table(s.Table)
	if err != nil {
		return nil, err
	}
	if t.isView() {
		return nil, invalid("Cannot TRUNCATE materialized view directly; must truncate base table instead")
	}
	return &truncateStatement{t}, nil
}
