// Package define has the statements that change the schema or describe it.
package define

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// definition is a statement that changes the schema.
type definition struct {
	about protocol.StatementInfo
	on    string // the table that permissions are about, if not about.Table
	// apply returns the changed schema and the change; no change if the
	// schema stays as it is. The caller holds the write lock.
	apply func(x *server.Execution, s *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error)
}

func (d *definition) Info() protocol.StatementInfo { return d.about }

func (d *definition) Run(x *server.Execution) (*protocol.Result, error) {
	ch, err := d.change(x)
	if err != nil {
		return nil, err
	}
	if ch == nil {
		return &protocol.Result{Kind: protocol.Void}, nil
	}
	x.Server.Publish(*ch)
	return &protocol.Result{Kind: protocol.SchemaChanged, Change: ch}, nil
}

func (d *definition) change(x *server.Execution) (*protocol.SchemaChange, error) {
	s := x.Server
	s.Write.Lock()
	defer s.Write.Unlock()
	next, ch, err := d.apply(x, s.Schema.Load())
	if err != nil || ch == nil {
		return nil, err
	}
	s.SetSchema(next)
	x.Follow(ch)
	return ch, nil
}

// Prepare prepares a statement that changes the schema or describes it; nil if ast
// does not.
func Prepare(p *server.Preparer, ast cqlparse.Statement) (server.Statement, error) {
	switch s := ast.(type) {
	case *cqlparse.CreateKeyspace:
		return createKeyspace(p, s)
	case *cqlparse.AlterKeyspace:
		return alterKeyspace(p, s)
	case *cqlparse.DropKeyspace:
		return dropKeyspace(p, s)
	case *cqlparse.CreateTable:
		return createTable(p, s)
	case *cqlparse.AlterTable:
		return alterTable(p, s)
	case *cqlparse.DropTable:
		return dropTable(p, s)
	case *cqlparse.CreateType:
		return createType(p, s)
	case *cqlparse.AlterType:
		return alterType(p, s)
	case *cqlparse.DropType:
		return dropType(p, s)
	case *cqlparse.CreateFunction:
		return createFunction(p, s)
	case *cqlparse.DropFunction:
		return dropFunction(p, s)
	case *cqlparse.CreateAggregate:
		return createAggregate(p, s)
	case *cqlparse.DropAggregate:
		return dropAggregate(p, s)
	case *cqlparse.CreateView:
		return createView(p, s)
	case *cqlparse.AlterView:
		return alterView(p, s)
	case *cqlparse.DropView:
		return dropView(p, s)
	case *cqlparse.CreateIndex:
		return createIndex(p, s)
	case *cqlparse.DropIndex:
		return dropIndex(p, s)
	case *cqlparse.Describe:
		return &Describe{s}, nil
	}
	return trigger(p, ast)
}

// trigger refuses triggers, of which no schema here can have any.
func trigger(p *server.Preparer, ast cqlparse.Statement) (server.Statement, error) {
	switch s := ast.(type) {
	case *cqlparse.CreateTrigger:
		if _, err := p.Table(s.Table); err != nil {
			return nil, err
		}
		return nil, protocol.Invalid("Trigger class '%s' couldn't be loaded", s.Class.Text)
	case *cqlparse.DropTrigger:
		t, err := p.Table(s.Table)
		if err != nil {
			return nil, err
		}
		if s.IfExists {
			return &nothing{ast.Kind()}, nil
		}
		return nil, protocol.Invalid("Trigger '%s' on '%s.%s' doesn't exist", s.Name.Name, t.Keyspace, t.Name)
	}
	return nil, nil
}

// nothing is a statement without effect.
type nothing struct{ kind cqlparse.Kind }

func (s *nothing) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: server.InfoKind(string(s.kind))}
}

func (s *nothing) Run(*server.Execution) (*protocol.Result, error) {
	return &protocol.Result{Kind: protocol.Void}, nil
}

// editable refuses to change the system's keyspaces, but for the options of the
// replicated ones.
func editable(p *server.Preparer, keyspace, verb, resource string) error {
	ks := p.Schema.Keyspaces[keyspace]
	if ks == nil || !ks.System {
		return nil
	}
	switch keyspace {
	case "system_auth", "system_distributed", "system_traces":
		if verb == "ALTER" && strings.HasPrefix(resource, "keyspace ") {
			return nil
		}
		return protocol.Unauthorized("Cannot %s <%s>", verb, resource)
	}
	return protocol.Unauthorized("%s keyspace is not user-modifiable.", keyspace)
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

// Allowed checks what can be told before the definition looks at the schema.
func (d *definition) Allowed(x *server.Execution) error {
	ks, name := d.about.Keyspace, d.about.Table
	if d.on != "" {
		name = d.on
	}
	verb, what, _ := strings.Cut(d.about.Kind, "_")
	p := cqlparse.Permission(strings.ToUpper(verb))
	switch {
	case what == "keyspace" && verb == "create":
		return x.Ensure(p, "data")
	case what == "keyspace":
		return x.Ensure(p, roles.KeyspaceResource(ks))
	case what == "type", what == "table" && verb == "create":
		return x.Ensure(p, roles.TablesIn(ks))
	case what == "table":
		return x.Ensure(p, roles.TableResource(ks, name))
	case verb == "create" && (what == "index" || what == "view"):
		return x.Ensure("ALTER", roles.TableResource(ks, name))
	case verb == "create" && (what == "function" || what == "aggregate"):
		return x.Ensure(p, roles.FunctionsIn(ks))
	}
	return nil
}
