package define

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// ofFunctions is what definitions of functions share: they may change any keyspace
// but the system's.
func ofFunctions(p *server.Preparer, name cqlparse.QualifiedName) (string, error) {
	ks, err := p.KeyspaceOf(name)
	if err != nil {
		return "", err
	}
	if space := p.Schema.Keyspaces[ks]; space != nil && space.System {
		return "", protocol.Invalid("System keyspace '%s' is not user-modifiable", ks)
	}
	return ks, nil
}

func createFunction(p *server.Preparer, s *cqlparse.CreateFunction) (server.Statement, error) {
	ks, err := ofFunctions(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "create_function", Keyspace: ks}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		f := &schema.Function{Name: name, Strict: !s.CalledOnNullInput, Language: s.Language.Name, Text: s.Body.Text}
		if s.OrReplace && s.IfNotExists {
			return nil, nil, protocol.Invalid("Cannot use both 'OR REPLACE' and 'IF NOT EXISTS' directives")
		}
		if f.Language != "java" {
			return nil, nil, protocol.Invalid("Currently only Java UDFs are available in Cassandra. For more information - CASSANDRA-18252 and CASSANDRA-17281")
		}
		var written []*cqlparse.Type
		for _, a := range s.Args {
			f.ArgNames = append(f.ArgNames, a.Name.Name)
			written = append(written, a.Type)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(f.ArgNames)))) < len(f.ArgNames) {
			return nil, nil, protocol.Invalid("Duplicate argument names for given function %s with argument names [%s]", name, strings.Join(f.ArgNames, ", "))
		}
		space, err := resolveArguments(f, sch, ks, written, func() error { return notFrozen("Return type", s.Returns) })
		if err != nil {
			return nil, nil, err
		}
		if f.Result, err = resolve(ks, s.Returns, sch); err != nil {
			return nil, nil, err
		}
		old := space.Function(name, f.Args)
		switch {
		case old == nil:
		case old.Aggregate != nil:
			return nil, nil, protocol.Invalid("Function '%s' cannot replace an aggregate", name)
		case s.IfNotExists:
			return sch, nil, nil
		case !s.OrReplace:
			return nil, nil, protocol.Invalid("Function '%s' already exists", name)
		case old.Strict != f.Strict && f.Strict:
			return nil, nil, protocol.Invalid("Function '%s' must have RETURNS NULL ON NULL INPUT directive", name)
		case old.Strict != f.Strict:
			return nil, nil, protocol.Invalid("Function '%s' must have CALLED ON NULL INPUT directive", name)
		case !f.Result.EqualIgnoringFrozen(old.Result):
			return nil, nil, protocol.Invalid("Cannot replace function '%s', the new return type %s is not compatible with the return type %s of existing function", name, f.Result, old.Result)
		case old.Text == f.Text && slices.Equal(old.ArgNames, f.ArgNames):
			return sch, nil, nil
		}
		return defineFunction(space, x.Server.Opts.Functions, sch, old, f)
	}}, nil
}

// resolveArguments sets the types of the arguments and returns the keyspace.
func resolveArguments(f *schema.Function, sch *schema.Schema, ks string, written []*cqlparse.Type, more func() error) (*schema.Keyspace, error) {
	for _, t := range written {
		if err := notFrozen("Argument", t); err != nil {
			return nil, err
		}
	}
	if err := more(); err != nil {
		return nil, err
	}
	space := sch.Keyspaces[ks]
	if space == nil {
		return nil, protocol.Invalid("Keyspace '%s' doesn't exist", ks)
	}
	for _, w := range written {
		t, err := resolve(ks, w, sch)
		if err != nil {
			return nil, err
		}
		f.Args = append(f.Args, t)
	}
	return space, nil
}

func notFrozen(what string, t *cqlparse.Type) error {
	if t.Kind == cqlparse.FrozenType && t.Params[0].Kind != cqlparse.TupleType { // tuples always are
		return protocol.Invalid("%s '%s' cannot be frozen; remove frozen<> modifier from '%[2]s'", what, t)
	}
	return nil
}

// defineFunction returns the schema with a new function, or one in place of an old one.
func defineFunction(k *schema.Keyspace, bodies map[string]schema.FunctionBody, sch *schema.Schema, old, f *schema.Function) (*schema.Schema, *protocol.SchemaChange, error) {
	list := slices.Clone(k.Functions)
	change := "CREATED"
	if old != nil {
		change = "UPDATED"
		list[slices.Index(list, old)] = f
	} else {
		list = append(list, f)
	}
	return sch.With(k.WithFunctions(bodies, list)), f.Changed(change, k.Name), nil
}

func createAggregate(p *server.Preparer, s *cqlparse.CreateAggregate) (server.Statement, error) {
	ks, err := ofFunctions(p, s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "create_aggregate", Keyspace: ks}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		if s.OrReplace && s.IfNotExists {
			return nil, nil, protocol.Invalid("Cannot use both 'OR REPLACE' and 'IF NOT EXISTS' directives")
		}
		f := &schema.Function{Name: name, Aggregate: &schema.Aggregate{State: s.StateFunc.Name, Final: s.FinalFunc.Name}}
		space, err := resolveArguments(f, sch, ks, s.Args, func() error { return notFrozen("State type", s.StateType) })
		if err != nil {
			return nil, nil, err
		}
		state, err := resolve(ks, s.StateType, sch)
		if err != nil {
			return nil, nil, err
		}
		f.Aggregate.StateType = state
		if err := assembleAggregate(f, space); err != nil {
			return nil, nil, err
		}
		if s.InitCond != nil {
			sc := &terms.Scope{Keyspace: ks, UDT: sch.UDT}
			term, err := terms.Prepare(sc, s.InitCond, types.Column{Keyspace: "--dummy--", Table: "--dummy--", Name: "(dummy)", Type: state})
			if err != nil {
				return nil, nil, err
			}
			if f.Aggregate.Initial, err = x.Eval(term); err != nil {
				return nil, nil, err
			}
		}
		step := space.Function(f.Aggregate.State, f.StateArgs())
		if step.Strict && f.Aggregate.Initial == nil {
			return nil, nil, protocol.Invalid("Cannot create aggregate '%s' without INITCOND because state function %s.%s does not accept 'null' arguments", name, ks, step.Name)
		}
		old := space.Function(name, f.Args)
		switch {
		case old == nil:
		case old.Aggregate == nil:
			return nil, nil, protocol.Invalid("Aggregate '%s' cannot replace a function", name)
		case s.IfNotExists:
			return sch, nil, nil
		case !s.OrReplace:
			return nil, nil, protocol.Invalid("Aggregate '%s' already exists", name)
		case !f.Result.EqualIgnoringFrozen(old.Result):
			return nil, nil, protocol.Invalid("Cannot replace aggregate '%s', the new return type %s isn't compatible with the return type %s of existing function", name, f.Result, old.Result)
		case f.Aggregate.State == old.Aggregate.State && f.Aggregate.Final == old.Aggregate.Final && slices.Equal(f.Aggregate.Initial, old.Aggregate.Initial) &&
			old.Aggregate.StateType.EqualIgnoringFrozen(state):
			return sch, nil, nil
		}
		return defineFunction(space, x.Server.Opts.Functions, sch, old, f)
	}}, nil
}

// assembleAggregate finds the functions that an aggregate is made of, and its result.
func assembleAggregate(f *schema.Function, k *schema.Keyspace) error {
	state := f.Aggregate.StateType
	wanted := &schema.Function{Name: f.Aggregate.State, Args: f.StateArgs()}
	step := k.Function(wanted.Name, wanted.Args)
	switch {
	case step == nil:
		return protocol.Invalid("State function %s.%s doesn't exist", k.Name, wanted.Signature())
	case step.Aggregate != nil:
		return protocol.Invalid("State function %s.%s isn't a scalar function", k.Name, wanted.Signature())
	case !step.Result.EqualIgnoringFrozen(state):
		return protocol.Invalid("State function %s.%s return type must be the same as the first argument type - check STYPE, argument and return types", k.Name, wanted.Signature())
	}
	f.Result = state
	if f.Aggregate.Final == "" {
		return nil
	}
	wanted = &schema.Function{Name: f.Aggregate.Final, Args: []*types.Type{state}}
	final := k.Function(wanted.Name, wanted.Args)
	switch {
	case final == nil:
		return protocol.Invalid("Final function %s.%s doesn't exist", k.Name, wanted.Signature())
	case final.Aggregate != nil:
		return protocol.Invalid("Final function %s.%s isn't a scalar function", k.Name, wanted.Signature())
	}
	f.Result = final.Result
	return nil
}

func dropFunction(p *server.Preparer, s *cqlparse.DropFunction) (server.Statement, error) {
	return dropOf(p, "function", s.Name, s.Signature, s.IfExists)
}

func dropAggregate(p *server.Preparer, s *cqlparse.DropAggregate) (server.Statement, error) {
	return dropOf(p, "aggregate", s.Name, s.Signature, s.IfExists)
}

// dropOf prepares DROP FUNCTION or DROP AGGREGATE.
func dropOf(p *server.Preparer, what string, name cqlparse.QualifiedName, signature *cqlparse.Signature, ifExists bool) (server.Statement, error) {
	ks, err := ofFunctions(p, name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "drop_" + what, Keyspace: ks}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		space := sch.Keyspaces[ks]
		found, shown, err := functionsToDrop(space, sch, ks, n, what == "aggregate", signature)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) > 1:
			verb := "DROP " + strings.ToUpper(what)
			return nil, nil, protocol.Invalid("'%s %s' matches multiple function definitions; specify the argument types by issuing a statement like '%[1]s %s (type, type, ...)'. "+
				"You can use cqlsh 'DESCRIBE %[3]s %[2]s' command to find all overloads", verb, n, strings.ToUpper(what))
		case len(found) == 0 && ifExists:
			return sch, nil, nil
		case len(found) == 0:
			return nil, nil, protocol.Invalid("%s%s '%s.%s' doesn't exist", strings.ToUpper(what[:1]), what[1:], ks, shown)
		}
		f := found[0]
		if err := x.Ensure("DROP", roles.FunctionResource(f, ks)); err != nil {
			return nil, nil, err
		}
		var users []string
		for _, a := range space.Functions {
			if a.Aggregate != nil && aggregateUses(a, f) {
				users = append(users, ks+"."+a.Name)
			}
		}
		if len(users) > 0 {
			return nil, nil, protocol.Invalid("Function '%s.%s' is still referenced by aggregates %s", ks, shown, strings.Join(users, ", "))
		}
		list := slices.DeleteFunc(slices.Clone(space.Functions), func(o *schema.Function) bool { return o == f })
		return sch.With(space.WithFunctions(x.Server.Opts.Functions, list)), f.Changed("DROPPED", ks), nil
	}}, nil
}

// functionsToDrop returns the functions that DROP means, and how it shows their name.
func functionsToDrop(k *schema.Keyspace, sch *schema.Schema, ks, name string, aggregates bool, signature *cqlparse.Signature) (found []*schema.Function, shown string, err error) {
	wanted := &schema.Function{Name: name}
	shown = name
	if signature != nil {
		for _, w := range signature.Types {
			t, err := resolve(ks, w, sch)
			if err != nil {
				return nil, "", err
			}
			wanted.Args = append(wanted.Args, t)
		}
		shown = wanted.Signature()
	}
	if k == nil {
		return nil, shown, nil
	}
	for _, f := range k.Functions {
		if (f.Aggregate != nil) == aggregates && f.Name == name && (signature == nil || f.Same(name, wanted.Args)) {
			found = append(found, f)
		}
	}
	return found, shown, nil
}

// aggregateUses says whether an aggregate is made of f.
func aggregateUses(a *schema.Function, f *schema.Function) bool {
	return f.Same(a.Aggregate.State, a.StateArgs()) || f.Same(a.Aggregate.Final, []*types.Type{a.Aggregate.StateType})
}
