package exec

import (
	"slices"
	"sort"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func (p *preparer) createType(s *cqlparse.CreateType) (statement, error) {
	ks, err := p.inKeyspace(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "create_type", Keyspace: ks}, apply: func(_ *execution, sch *schema) (*schema, *SchemaChange, error) {
		space := sch.keyspaces[ks]
		if space == nil {
			return nil, nil, invalid("Keyspace '%s' doesn't exist", ks)
		}
		if space.types[name] != nil {
			if s.IfNotExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("A user type with name '%s' already exists", name)
		}
		var fields []string
		for _, f := range s.Fields {
			if slices.Contains(fields, f.Name.Name) {
				return nil, nil, invalid("Duplicate field name '%s' in type '%s'", f.Name.Name, name)
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
		return sch.with(space.withType(t)), &SchemaChange{Change: "CREATED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}

func checkField(t *cqlparse.Type) error {
	if t.Kind == cqlparse.NativeType && t.Name.Name.Name == "counter" {
		return invalid("A user type cannot contain counters")
	}
	if t.Kind == cqlparse.UserType {
		return invalid("A user type cannot contain non-frozen UDTs")
	}
	return nil
}

func (p *preparer) alterType(s *cqlparse.AlterType) (statement, error) {
	ks, err := p.inKeyspace(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "alter_type", Keyspace: ks}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		old := sch.udt(ks, name)
		if old == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Type %s.%s doesn't exist", ks, name)
		}
		next, err := alterUDT(sch, old, s)
		if err != nil || next == old {
			return sch, nil, err
		}
		return sch.with(sch.keyspaces[ks].replaceType(next).withFunctionTypes(x.server.opts.Functions, next)), &SchemaChange{Change: "UPDATED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}

func alterUDT(sch *schema, old *types.Type, s *cqlparse.AlterType) (*types.Type, error) {
	shown := old.Keyspace + "." + old.Name
	switch s.Op {
	case cqlparse.AlterFieldType:
		return nil, invalid("Altering field types is no longer supported")
	case cqlparse.AlterAddField:
		if err := checkField(s.Field.Type); err != nil {
			return nil, err
		}
		field := s.Field.Name.Name
		if old.FieldIndex(field) >= 0 {
			if s.IfFieldNotExists {
				return old, nil
			}
			return nil, invalid("Cannot add field %s to type %s: a field with name %s already exists", field, shown, field)
		}
		t, err := resolve(old.Keyspace, s.Field.Type, sch)
		if err != nil {
			return nil, err
		}
		if t.References(old.Keyspace, old.Name) {
			return nil, invalid("Cannot add new field %s of type %s to user type %s as it would create a circular reference", field, rawType(old.Keyspace, s.Field.Type), shown)
		}
		var users []string
		for _, tab := range byChange(sch.keyspaces[old.Keyspace]) {
			if slices.ContainsFunc(tab.pk, func(k *types.Type) bool { return k.References(old.Keyspace, old.Name) }) {
				users = append(users, tab.String())
			}
		}
		if len(users) > 0 {
			return nil, invalid("Cannot add new field %s of type %s to user type %s as the type is being used in partition key by the following tables: %s",
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
			return nil, invalid("Unkown field %s in user type %s", r.From.Name, shown)
		}
		fields[i] = r.To.Name
	}
	if slices.Equal(fields, old.Fields) {
		return old, nil
	}
	for i, f := range fields {
		if slices.Contains(fields[:i], f) {
			// The server's own message names the keyspace where the type belongs.
			return nil, invalid("Duplicate field name %s in type %s", f, old.Keyspace)
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

// replaceType returns the keyspace with a changed type wherever it is used.
func (k *keyspace) replaceType(t *types.Type) *keyspace {
	next := k.withType(t)
	for n, u := range next.types {
		next.types[n] = swapType(u, t)
	}
	next.tables = map[string]*table{}
	for n, tab := range k.tables {
		uses := false
		for _, c := range tab.columns {
			uses = uses || c.typ.References(t.Keyspace, t.Name)
		}
		if !uses {
			next.tables[n] = tab
			continue
		}
		changed := tab.clone()
		for _, set := range [][]*column{changed.partition, changed.clustering, changed.statics, changed.regulars} {
			for i, c := range set {
				cc := *c
				cc.typ = swapType(c.typ, t)
				set[i] = &cc
			}
		}
		next.tables[n] = changed.finish()
	}
	return next
}

func swapType(in, t *types.Type) *types.Type {
	if in.Kind == types.KindUDT && in.Keyspace == t.Keyspace && in.Name == t.Name {
		if !in.Frozen {
			return t
		}
		return t.Freeze()
	}
	if !in.References(t.Keyspace, t.Name) {
		return in
	}
	out := *in
	out.Elems = make([]*types.Type, len(in.Elems))
	for i, e := range in.Elems {
		out.Elems[i] = swapType(e, t)
	}
	return &out
}

func (p *preparer) dropType(s *cqlparse.DropType) (statement, error) {
	ks, err := p.inKeyspace(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "drop_type", Keyspace: ks}, apply: func(_ *execution, sch *schema) (*schema, *SchemaChange, error) {
		if sch.udt(ks, name) == nil {
			if s.IfExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Type '%s.%s' doesn't exist", ks, name)
		}
		space := sch.keyspaces[ks]
		users := space.usersOf(name)
		if len(users) > 0 {
			return nil, nil, invalid("Cannot drop user type '%s.%s' as it is still used by functions %s", ks, name, strings.Join(users, ", "))
		}
		for n, t := range space.types {
			if n != name && t.References(ks, name) {
				users = append(users, n)
			}
		}
		if len(users) > 0 {
			sort.Strings(users)
			return nil, nil, invalid("Cannot drop user type '%s.%s' as it is still used by user types %s", ks, name, strings.Join(users, ", "))
		}
		for _, t := range byChange(space) {
			if !t.isView() && slices.ContainsFunc(t.columns, func(c *column) bool { return c.typ.References(ks, name) }) {
				users = append(users, t.name)
			}
		}
		if len(users) > 0 {
			return nil, nil, invalid("Cannot drop user type '%s.%s' as it is still used by tables %s", ks, name, strings.Join(users, ", "))
		}
		next := *space
		next.types = map[string]*types.Type{}
		for n, t := range space.types {
			if n != name {
				next.types[n] = t
			}
		}
		return sch.with(&next), &SchemaChange{Change: "DROPPED", Target: "TYPE", Keyspace: ks, Name: name}, nil
	}}, nil
}
