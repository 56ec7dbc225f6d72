package define

import (
	"slices"
	"sort"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func createType(p *server.Preparer, s *cqlparse.CreateType) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "create_type", Keyspace: ks}, apply: func(_ *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		space := sch.Keyspaces[ks]
		if space == nil {
			return nil, nil, protocol.Invalid("Keyspace '%s' doesn't exist", ks)
		}
		if space.Types[name] != nil {
			if s.IfNotExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("A user type with name '%s' already exists", name)
		}
		var fields []string
		for _, f := range s.Fields {
			if slices.Contains(fields, f.Name.Name) {
				return nil, nil, protocol.Invalid("Duplicate field name '%s' in type '%s'", f.Name.Name, name)
			}
			fields = append(fields, f.Name.Name)
		}
		for _, f := range s.Fields {
			if err := checkField(f.Type); err != nil {
				return nil, nil, err
			}
		}
		var elems []*types.Type
		for _, f := range s.Fields {
			t, err := resolve(ks, f.Type, sch)
			if err != nil {
				return nil, nil, err
			}
			elems = append(elems, t)
		}
		t := types.UDT(ks, name, fields, elems, false)
		return sch.With(space.WithType(t)), &protocol.SchemaChange{Change: "CREATED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}

func checkField(t *cqlparse.Type) error {
	if t.Kind == cqlparse.NativeType && t.Name.Name.Name == "counter" {
		return protocol.Invalid("A user type cannot contain counters")
	}
	if t.Kind == cqlparse.UserType {
		return protocol.Invalid("A user type cannot contain non-frozen UDTs")
	}
	return nil
}

func alterType(p *server.Preparer, s *cqlparse.AlterType) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "alter_type", Keyspace: ks}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		old := sch.UDT(ks, name)
		if old == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Type %s.%s doesn't exist", ks, name)
		}
		next, err := alterUDT(sch, old, s)
		if err != nil || next == old {
			return sch, nil, err
		}
		return sch.With(sch.Keyspaces[ks].ReplaceType(next).WithFunctionTypes(x.Server.Opts.Functions, next)), &protocol.SchemaChange{Change: "UPDATED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}

func alterUDT(sch *schema.Schema, old *types.Type, s *cqlparse.AlterType) (*types.Type, error) {
	shown := old.Keyspace + "." + old.Name
	switch s.Op {
	case cqlparse.AlterFieldType:
		return nil, protocol.Invalid("Altering field types is no longer supported")
	case cqlparse.AlterAddField:
		if err := checkField(s.Field.Type); err != nil {
			return nil, err
		}
		field := s.Field.Name.Name
		if old.FieldIndex(field) >= 0 {
			if s.IfFieldNotExists {
				return old, nil
			}
			return nil, protocol.Invalid("Cannot add field %s to type %s: a field with name %s already exists", field, shown, field)
		}
		t, err := resolve(old.Keyspace, s.Field.Type, sch)
		if err != nil {
			return nil, err
		}
		if t.References(old.Keyspace, old.Name) {
			return nil, protocol.Invalid("Cannot add new field %s of type %s to user type %s as it would create a circular reference", field, rawType(old.Keyspace, s.Field.Type), shown)
		}
		var users []string
		for _, tab := range schema.ByChange(sch.Keyspaces[old.Keyspace]) {
			if slices.ContainsFunc(tab.PK, func(k *types.Type) bool { return k.References(old.Keyspace, old.Name) }) {
				users = append(users, tab.String())
			}
		}
		if len(users) > 0 {
			return nil, protocol.Invalid("Cannot add new field %s of type %s to user type %s as the type is being used in partition key by the following tables: %s",
				field, rawType(old.Keyspace, s.Field.Type), shown, strings.Join(users, ", "))
		}
		return types.UDT(old.Keyspace, old.Name, append(slices.Clone(old.Fields), field), append(slices.Clone(old.Elems), t), false), nil
	}
	fields := slices.Clone(old.Fields)
	for _, r := range s.Renames {
		i := old.FieldIndex(r.From.Name)
		if i < 0 {
			if s.IfFieldExists {
				continue
			}
			return nil, protocol.Invalid("Unkown field %s in user type %s", r.From.Name, shown)
		}
		fields[i] = r.To.Name
	}
	if slices.Equal(fields, old.Fields) {
		return old, nil
	}
	for i, f := range fields {
		if slices.Contains(fields[:i], f) {
			// The server's own message names the keyspace where the type belongs.
			return nil, protocol.Invalid("Duplicate field name %s in type %s", f, old.Keyspace)
		}
	}
	return types.UDT(old.Keyspace, old.Name, fields, old.Elems, false), nil
}

// rawType shows a type as written, with the keyspace of user types.
func rawType(keyspace string, t *cqlparse.Type) string {
	c := *t
	if c.Kind == cqlparse.UserType && c.Name.Keyspace.IsZero() {
		c.Name.Keyspace = cqlparse.Identifier{Name: keyspace}
	}
	if len(c.Params) == 0 {
		return c.String()
	}
	s := c.String()
	for _, p := range c.Params {
		s = strings.Replace(s, p.String(), rawType(keyspace, p), 1)
	}
	return s
}

func dropType(p *server.Preparer, s *cqlparse.DropType) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "drop_type", Keyspace: ks}, apply: func(_ *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		if sch.UDT(ks, name) == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Type '%s.%s' doesn't exist", ks, name)
		}
		space := sch.Keyspaces[ks]
		users := space.UsersOf(name)
		if len(users) > 0 {
			return nil, nil, protocol.Invalid("Cannot drop user type '%s.%s' as it is still used by functions %s", ks, name, strings.Join(users, ", "))
		}
		for n, t := range space.Types {
			if n != name && t.References(ks, name) {
				users = append(users, n)
			}
		}
		if len(users) > 0 {
			sort.Strings(users)
			return nil, nil, protocol.Invalid("Cannot drop user type '%s.%s' as it is still used by user types %s", ks, name, strings.Join(users, ", "))
		}
		for _, t := range schema.ByChange(space) {
			if !t.IsView() && slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return c.Type.References(ks, name) }) {
				users = append(users, t.Name)
			}
		}
		if len(users) > 0 {
			return nil, nil, protocol.Invalid("Cannot drop user type '%s.%s' as it is still used by tables %s", ks, name, strings.Join(users, ", "))
		}
		next := *space
		next.Types = map[string]*types.Type{}
		for n, t := range space.Types {
			if n != name {
				next.Types[n] = t
			}
		}
		return sch.With(&next), &protocol.SchemaChange{Change: "DROPPED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}
