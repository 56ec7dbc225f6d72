package define

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func checkKeyspaceName(name string) error {
	if !validName(name) {
		return protocol.Invalid("Keyspace name must not be empty and must contain alphanumeric or underscore characters only (got \"%s\")", name)
	}
	if len(name) > 48 {
		return protocol.Invalid("Keyspace name must not be more than 48 characters long (got %d characters for \"%s\")", len(name), name)
	}
	return nil
}

func createKeyspace(p *server.Preparer, s *cqlparse.CreateKeyspace) (server.Statement, error) {
	name := s.Keyspace.Name
	if ks := p.Schema.Keyspaces[name]; ks != nil && ks.Virtual {
		return nil, protocol.Invalid("Virtual keyspace '%s' is not user-modifiable", name)
	}
	if name == "system" || name == "system_schema" {
		return nil, protocol.Invalid("System keyspace '%s' is not user-modifiable", name)
	}
	return &definition{about: protocol.StatementInfo{Kind: "create_keyspace", Keyspace: name}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		if err := checkKeyspaceName(name); err != nil {
			return nil, nil, err
		}
		ks := &schema.Keyspace{Name: name, Durable: true, Tables: map[string]*schema.Table{}, Types: map[string]*types.Type{}}
		if err := setOptions(ks, x, s.Options, sch.Keyspaces[name] != nil, s.IfNotExists); err != nil {
			return nil, nil, err
		}
		if sch.Keyspaces[name] != nil {
			return sch, nil, nil
		}
		return sch.With(ks), &protocol.SchemaChange{Change: "CREATED", Target: "KEYSPACE", Keyspace: name}, nil
	}}, nil
}

// setOptions reads the options of CREATE or ALTER KEYSPACE.
func setOptions(k *schema.Keyspace, x *server.Execution, options []*cqlparse.Property, exists, ifNotExists bool) error {
	props, err := schema.ReadProperties(options, "replication", "durable_writes")
	if err != nil {
		return err
	}
	r := props.Reader()
	var replication map[string]string
	r.Mapping("replication", func(m map[string]string) { replication = m })
	if r.Err != nil {
		return r.Err
	}
	if len(replication) > 0 && replication["class"] == "" {
		return protocol.ConfigError("Missing replication strategy class")
	}
	if _, given := props["replication"]; !given && k.Replication == nil {
		return protocol.Invalid("Missing mandatory option 'replication'")
	}
	if exists {
		if ifNotExists {
			return nil
		}
		return &protocol.Error{Code: protocol.CodeAlreadyExists, Message: "Cannot add existing keyspace \"" + k.Name + "\"", Keyspace: k.Name}
	}
	r.Boolean("durable_writes", func(b bool) { k.Durable = b })
	if r.Err != nil {
		return r.Err
	}
	if replication == nil {
		return nil
	}
	checked, warnings, err := readReplication(k.Name, &x.Server.Ring, replication)
	if err != nil {
		return err
	}
	k.Replication = checked
	for _, w := range warnings {
		x.Warn(w)
	}
	return nil
}

func alterKeyspace(p *server.Preparer, s *cqlparse.AlterKeyspace) (server.Statement, error) {
	name := s.Keyspace.Name
	if err := editable(p, name, "ALTER", "keyspace "+name); err != nil {
		return nil, err
	}
	return &definition{about: protocol.StatementInfo{Kind: "alter_keyspace", Keyspace: name}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		old := sch.Keyspaces[name]
		if old == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Keyspace '%s' doesn't exist", name)
		}
		ks := *old
		if err := setOptions(&ks, x, s.Options, false, false); err != nil {
			return nil, nil, err
		}
		if ks.Durable == old.Durable && mapsEqual(ks.Replication, old.Replication) {
			return sch, nil, nil
		}
		if ks.Replicas() > old.Replicas() {
			x.Warn("When increasing replication factor you need to run a full (-full) repair to distribute the data.")
		}
		return sch.With(&ks), &protocol.SchemaChange{Change: "UPDATED", Target: "KEYSPACE", Keyspace: name}, nil
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

func dropKeyspace(p *server.Preparer, s *cqlparse.DropKeyspace) (server.Statement, error) {
	name := s.Keyspace.Name
	if err := editable(p, name, "DROP", "keyspace "+name); err != nil {
		return nil, err
	}
	return &definition{about: protocol.StatementInfo{Kind: "drop_keyspace", Keyspace: name}, apply: func(_ *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		if sch.Keyspaces[name] == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Keyspace '%s' doesn't exist", name)
		}
		return sch.Without(name), &protocol.SchemaChange{Change: "DROPPED", Target: "KEYSPACE", Keyspace: name}, nil
	}}, nil
}
