package exec

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// FunctionBody computes a user's function in Go. A value is nil for null.
type FunctionBody func(args []*types.Type, result *types.Type, values [][]byte) ([]byte, error)

// function is a user's function, or an aggregate. What its language says is kept
// and shown, but not run: it computes what its body in Go does.
type function struct {
	name           string
	args           []*types.Type
	argNames       []string
	result         *types.Type
	strict         bool // RETURNS NULL ON NULL INPUT
	language, text string

	aggregate *aggregate // nil for a scalar function
	call      *funcs.Function
}

// aggregate is what a user's aggregate is made of.
type aggregate struct {
	state, final string // names of functions; no final one if empty
	stateType    *types.Type
	initial      []byte
}

// same says whether two functions have the same name and arguments.
func (f *function) same(name string, args []*types.Type) bool {
	return f.name == name && slices.EqualFunc(f.args, args, (*types.Type).EqualIgnoringFrozen)
}

// signature is the name with the types of the arguments, as messages show it.
func (f *function) signature() string {
	return quoteIdent(f.name) + "(" + strings.Join(f.argTexts(), ", ") + ")"
}

func (f *function) argTexts() []string {
	texts := make([]string, len(f.args))
	for i, t := range f.args {
		texts[i] = t.StringIgnoringFrozen()
	}
	return texts
}

// changed is the event of a change to f: it names the keyspaces of user types.
func (f *function) changed(change, keyspace string) *SchemaChange {
	target := "FUNCTION"
	if f.aggregate != nil {
		target = "AGGREGATE"
	}
	args := f.argTexts()
	for i, t := range f.args {
		if t.Kind == types.KindUDT {
			args[i] = quoteIdent(t.Keyspace) + "." + args[i]
		}
	}
	return &SchemaChange{Change: change, Target: target, Keyspace: keyspace, Name: f.name, Arguments: args}
}

// function returns the function of that name and those arguments, or nil.
func (k *keyspace) function(name string, args []*types.Type) *function {
	for _, f := range k.functions {
		if f.same(name, args) {
			return f
		}
	}
	return nil
}

// sortedFunctions returns the functions, or the aggregates, as they are listed.
func (k *keyspace) sortedFunctions(aggregates bool) []*function {
	list := slices.DeleteFunc(slices.Clone(k.functions), func(f *function) bool { return (f.aggregate != nil) != aggregates })
	slices.SortFunc(list, func(a, b *function) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.signature(), b.signature()))
	})
	return list
}

// withFunctions returns the keyspace with other functions, all made callable anew.
func (k *keyspace) withFunctions(bodies map[string]FunctionBody, list []*function) *keyspace {
	next := *k
	next.functions = nil
	for _, f := range list {
		c := *f
		if f.aggregate == nil {
			c.call = f.scalar(k.name, bodies)
		}
		next.functions = append(next.functions, &c)
	}
	for _, f := range next.functions {
		if a := f.aggregate; a != nil {
			state := next.function(a.state, f.stateArgs())
			var final *funcs.Function
			if a.final != "" {
				final = next.function(a.final, []*types.Type{a.stateType}).call
			}
			f.call = funcs.UserAggregate(k.name, f.name, state.call, state.strict, final, a.initial)
		}
	}
	return &next
}

// stateArgs are the arguments of an aggregate's state function.
func (f *function) stateArgs() []*types.Type {
	return slices.Concat([]*types.Type{f.aggregate.stateType}, f.args)
}

// scalar makes a scalar function callable. A body is found by the function's
// name, with its keyspace or without.
func (f *function) scalar(keyspace string, bodies map[string]FunctionBody) *funcs.Function {
	body := bodies[keyspace+"."+f.name]
	if body == nil {
		body = bodies[f.name]
	}
	call := funcs.User(keyspace, f.name, f.args, f.result, f.strict, func(values [][]byte) ([]byte, error) {
		return body(f.args, f.result, values)
	})
	if body == nil {
		call.Refusal = invalid("Function %s.%s has no body in Go: give it one by cqltest.WithFunction(%[2]q, …)", keyspace, f.name)
	}
	return call
}

// functions returns the users' functions of a name, and remembers that the
// statement asked for them.
func (p *preparer) functions(keyspace, name string) []*funcs.Function {
	if f := funcs.Legacy(name); f != nil && p.dialect == Scylla {
		return []*funcs.Function{f}
	}
	ks := p.schema.keyspaces[keyspace]
	if ks == nil {
		return nil
	}
	var list []*funcs.Function
	for _, f := range ks.functions {
		if f.name == name {
			list = append(list, f.call)
		}
	}
	if len(list) > 0 {
		p.called = append(p.called, tableName{keyspace, name})
	}
	return list
}

// functionsNamed returns the functions of a name, to see whether they change.
func (s *schema) functionsNamed(n tableName) (list []*function) {
	if ks := s.keyspaces[n.keyspace]; ks != nil {
		for _, f := range ks.functions {
			if f.name == n.name {
				list = append(list, f)
			}
		}
	}
	return list
}

// sameFunctions says whether a statement that calls functions of a name means the
// same as before.
func sameFunctions(old, next []*function) bool {
	return slices.EqualFunc(old, next, func(a, b *function) bool {
		return a.same(b.name, b.args) && a.result.Equal(b.result) && a.text == b.text && slices.EqualFunc(a.args, b.args, (*types.Type).Equal)
	})
}

// ofFunctions is what definitions of functions share: they may change any keyspace
// but the system's.
func (p *preparer) ofFunctions(name cqlparse.QualifiedName) (string, error) {
	ks, err := p.keyspaceOf(name)
	if err != nil {
		return "", err
	}
	if space := p.schema.keyspaces[ks]; space != nil && space.system {
		return "", invalid("System keyspace '%s' is not user-modifiable", ks)
	}
	return ks, nil
}

func (p *preparer) createFunction(s *cqlparse.CreateFunction) (statement, error) {
	ks, err := p.ofFunctions(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "create_function", Keyspace: ks}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		f := &function{name: name, strict: !s.CalledOnNullInput, language: s.Language.Name, text: s.Body.Text}
		if s.OrReplace && s.IfNotExists {
			return nil, nil, invalid("Cannot use both 'OR REPLACE' and 'IF NOT EXISTS' directives")
		}
		if f.language != "java" {
			return nil, nil, invalid("Currently only Java UDFs are available in Cassandra. For more information - CASSANDRA-18252 and CASSANDRA-17281")
		}
		var written []*cqlparse.Type
		for _, a := range s.Args {
			f.argNames = append(f.argNames, a.Name.Name)
			written = append(written, a.Type)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(f.argNames)))) < len(f.argNames) {
			return nil, nil, invalid("Duplicate argument names for given function %s with argument names [%s]", name, strings.Join(f.argNames, ", "))
		}
		space, err := f.resolve(sch, ks, written, func() error { return notFrozen("Return type", s.Returns) })
		if err != nil {
			return nil, nil, err
		}
		if f.result, err = resolve(ks, s.Returns, sch); err != nil {
			return nil, nil, err
		}
		old := space.function(name, f.args)
		switch {
		case old == nil:
		case old.aggregate != nil:
			return nil, nil, invalid("Function '%s' cannot replace an aggregate", name)
		case s.IfNotExists:
			return sch, nil, nil
		case !s.OrReplace:
			return nil, nil, invalid("Function '%s' already exists", name)
		case old.strict != f.strict && f.strict:
			return nil, nil, invalid("Function '%s' must have RETURNS NULL ON NULL INPUT directive", name)
		case old.strict != f.strict:
			return nil, nil, invalid("Function '%s' must have CALLED ON NULL INPUT directive", name)
		case !f.result.EqualIgnoringFrozen(old.result):
			return nil, nil, invalid("Cannot replace function '%s', the new return type %s is not compatible with the return type %s of existing function", name, f.result, old.result)
		case old.text == f.text && slices.Equal(old.argNames, f.argNames):
			return sch, nil, nil
		}
		return space.define(x.server.opts.Functions, sch, old, f)
	}}, nil
}

// resolve sets the types of the arguments and returns the keyspace.
func (f *function) resolve(sch *schema, ks string, written []*cqlparse.Type, more func() error) (*keyspace, error) {
	for _, t := range written {
		if err := notFrozen("Argument", t); err != nil {
			return nil, err
		}
	}
	if err := more(); err != nil {
		return nil, err
	}
	space := sch.keyspaces[ks]
	if space == nil {
		return nil, invalid("Keyspace '%s' doesn't exist", ks)
	}
	for _, w := range written {
		t, err := resolve(ks, w, sch)
		if err != nil {
			return nil, err
		}
		f.args = append(f.args, t)
	}
	return space, nil
}

func notFrozen(what string, t *cqlparse.Type) error {
	if t.Kind == cqlparse.FrozenType {
		return invalid("%s '%s' cannot be frozen; remove frozen<> modifier from '%[2]s'", what, t)
	}
	return nil
}

// define returns the schema with a new function, or one in place of an old one.
func (k *keyspace) define(bodies map[string]FunctionBody, sch *schema, old, f *function) (*schema, *SchemaChange, error) {
	list := slices.Clone(k.functions)
	change := "CREATED"
	if old != nil {
		change = "UPDATED"
		list[slices.Index(list, old)] = f
	} else {
		list = append(list, f)
	}
	return sch.with(k.withFunctions(bodies, list)), f.changed(change, k.name), nil
}

func (p *preparer) createAggregate(s *cqlparse.CreateAggregate) (statement, error) {
	ks, err := p.ofFunctions(s.Name)
	if err != nil {
		return nil, err
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "create_aggregate", Keyspace: ks}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		if s.OrReplace && s.IfNotExists {
			return nil, nil, invalid("Cannot use both 'OR REPLACE' and 'IF NOT EXISTS' directives")
		}
		f := &function{name: name, aggregate: &aggregate{state: s.StateFunc.Name, final: s.FinalFunc.Name}}
		space, err := f.resolve(sch, ks, s.Args, func() error { return notFrozen("State type", s.StateType) })
		if err != nil {
			return nil, nil, err
		}
		state, err := resolve(ks, s.StateType, sch)
		if err != nil {
			return nil, nil, err
		}
		f.aggregate.stateType = state
		if err := f.assemble(space); err != nil {
			return nil, nil, err
		}
		if s.InitCond != nil {
			sc := &terms.Scope{Keyspace: ks, UDT: sch.udt}
			term, err := terms.Prepare(sc, s.InitCond, types.Column{Keyspace: "--dummy--", Table: "--dummy--", Name: "(dummy)", Type: state})
			if err != nil {
				return nil, nil, err
			}
			if f.aggregate.initial, err = x.eval(term); err != nil {
				return nil, nil, err
			}
		}
		step := space.function(f.aggregate.state, f.stateArgs())
		if step.strict && f.aggregate.initial == nil {
			return nil, nil, invalid("Cannot create aggregate '%s' without INITCOND because state function %s.%s does not accept 'null' arguments", name, ks, step.name)
		}
		old := space.function(name, f.args)
		switch {
		case old == nil:
		case old.aggregate == nil:
			return nil, nil, invalid("Aggregate '%s' cannot replace a function", name)
		case s.IfNotExists:
			return sch, nil, nil
		case !s.OrReplace:
			return nil, nil, invalid("Aggregate '%s' already exists", name)
		case !f.result.EqualIgnoringFrozen(old.result):
			return nil, nil, invalid("Cannot replace aggregate '%s', the new return type %s isn't compatible with the return type %s of existing function", name, f.result, old.result)
		case f.aggregate.state == old.aggregate.state && f.aggregate.final == old.aggregate.final && slices.Equal(f.aggregate.initial, old.aggregate.initial) &&
			old.aggregate.stateType.EqualIgnoringFrozen(state):
			return sch, nil, nil
		}
		return space.define(x.server.opts.Functions, sch, old, f)
	}}, nil
}

// assemble finds the functions that an aggregate is made of, and its result.
func (f *function) assemble(k *keyspace) error {
	state := f.aggregate.stateType
	wanted := &function{name: f.aggregate.state, args: f.stateArgs()}
	step := k.function(wanted.name, wanted.args)
	switch {
	case step == nil:
		return invalid("State function %s.%s doesn't exist", k.name, wanted.signature())
	case step.aggregate != nil:
		return invalid("State function %s.%s isn't a scalar function", k.name, wanted.signature())
	case !step.result.EqualIgnoringFrozen(state):
		return invalid("State function %s.%s return type must be the same as the first argument type - check STYPE, argument and return types", k.name, wanted.signature())
	}
	f.result = state
	if f.aggregate.final == "" {
		return nil
	}
	wanted = &function{name: f.aggregate.final, args: []*types.Type{state}}
	final := k.function(wanted.name, wanted.args)
	switch {
	case final == nil:
		return invalid("Final function %s.%s doesn't exist", k.name, wanted.signature())
	case final.aggregate != nil:
		return invalid("Final function %s.%s isn't a scalar function", k.name, wanted.signature())
	}
	f.result = final.result
	return nil
}

func (p *preparer) dropFunction(s *cqlparse.DropFunction) (statement, error) {
	return p.dropOf("function", s.Name, s.Signature, s.IfExists)
}

func (p *preparer) dropAggregate(s *cqlparse.DropAggregate) (statement, error) {
	return p.dropOf("aggregate", s.Name, s.Signature, s.IfExists)
}

// dropOf prepares DROP FUNCTION or DROP AGGREGATE.
func (p *preparer) dropOf(what string, name cqlparse.QualifiedName, signature *cqlparse.Signature, ifExists bool) (statement, error) {
	ks, err := p.ofFunctions(name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	return &definition{about: StatementInfo{Kind: "drop_" + what, Keyspace: ks}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		space := sch.keyspaces[ks]
		found, shown, err := space.named(sch, ks, n, what == "aggregate", signature)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) > 1:
			verb := "DROP " + strings.ToUpper(what)
			return nil, nil, invalid("'%s %s' matches multiple function definitions; specify the argument types by issuing a statement like '%[1]s %s (type, type, ...)'. "+
				"You can use cqlsh 'DESCRIBE %[3]s %[2]s' command to find all overloads", verb, n, strings.ToUpper(what))
		case len(found) == 0 && ifExists:
			return sch, nil, nil
		case len(found) == 0:
			return nil, nil, invalid("%s%s '%s.%s' doesn't exist", strings.ToUpper(what[:1]), what[1:], ks, shown)
		}
		f := found[0]
		if err := x.ensure("DROP", f.resource(ks)); err != nil {
			return nil, nil, err
		}
		var users []string
		for _, a := range space.functions {
			if a.aggregate != nil && a.uses(f) {
				users = append(users, ks+"."+a.name)
			}
		}
		if len(users) > 0 {
			return nil, nil, invalid("Function '%s.%s' is still referenced by aggregates %s", ks, shown, strings.Join(users, ", "))
		}
		list := slices.DeleteFunc(slices.Clone(space.functions), func(o *function) bool { return o == f })
		return sch.with(space.withFunctions(x.server.opts.Functions, list)), f.changed("DROPPED", ks), nil
	}}, nil
}

// named returns the functions that DROP means, and how it shows their name.
func (k *keyspace) named(sch *schema, ks, name string, aggregates bool, signature *cqlparse.Signature) (found []*function, shown string, err error) {
	wanted := &function{name: name}
	shown = name
	if signature != nil {
		for _, w := range signature.Types {
			t, err := resolve(ks, w, sch)
			if err != nil {
				return nil, "", err
			}
			wanted.args = append(wanted.args, t)
		}
		shown = wanted.signature()
	}
	if k == nil {
		return nil, shown, nil
	}
	for _, f := range k.functions {
		if (f.aggregate != nil) == aggregates && f.name == name && (signature == nil || f.same(name, wanted.args)) {
			found = append(found, f)
		}
	}
	return found, shown, nil
}

// uses says whether an aggregate is made of f.
func (a *function) uses(f *function) bool {
	return f.same(a.aggregate.state, a.stateArgs()) || f.same(a.aggregate.final, []*types.Type{a.aggregate.stateType})
}

// usersOf names the functions that use a type.
func (k *keyspace) usersOf(typeName string) (users []string) {
	for _, f := range k.functions {
		if slices.ContainsFunc(append(slices.Clip(f.args), f.result), func(t *types.Type) bool { return t.References(k.name, typeName) }) {
			users = append(users, k.name+"."+f.name)
		}
	}
	return users
}

// withFunctionTypes returns the functions with a changed type wherever it is used.
func (k *keyspace) withFunctionTypes(bodies map[string]FunctionBody, t *types.Type) *keyspace {
	list := make([]*function, len(k.functions))
	for i, f := range k.functions {
		c := *f
		c.args = slices.Clone(f.args)
		for j, a := range c.args {
			c.args[j] = swapType(a, t)
		}
		c.result = swapType(f.result, t)
		if f.aggregate != nil {
			a := *f.aggregate
			a.stateType = swapType(a.stateType, t)
			c.aggregate = &a
		}
		list[i] = &c
	}
	return k.withFunctions(bodies, list)
}

// functionRows are the rows of system_schema.functions or aggregates.
func (k *keyspace) functionRows(aggregates bool) (rows []sysRow) {
	for _, f := range k.sortedFunctions(aggregates) {
		args := make([]string, len(f.args))
		for i, t := range f.args {
			args[i] = t.String()
		}
		row := sysRow{"keyspace_name": k.name, "argument_types": args, "return_type": f.result.String()}
		if a := f.aggregate; a != nil {
			state := a.stateType
			maps.Copy(row, sysRow{"aggregate_name": f.name, "state_func": a.state, "state_type": state.String()})
			if a.final != "" {
				row["final_func"] = a.final
			}
			if a.initial != nil {
				row["initcond"] = state.Literal(a.initial)
			}
		} else {
			maps.Copy(row, sysRow{"function_name": f.name, "argument_names": f.argNames, "body": f.text, "called_on_null_input": !f.strict, "language": f.language})
		}
		rows = append(rows, row)
	}
	return rows
}

// functionElements describes the functions, or the aggregates, of a name; all of
// them if it is empty.
func (k *keyspace) functionElements(aggregates bool, name string) (list []element) {
	kind := "function"
	if aggregates {
		kind = "aggregate"
	}
	for _, f := range k.sortedFunctions(aggregates) {
		if name == "" || f.name == name {
			list = append(list, element{keyspace: k.name, kind: kind, name: f.signature(), signed: true, cql: f.cql(k)})
		}
	}
	return list
}

func (f *function) cql(k *keyspace) string {
	name := quoteIdent(k.name) + "." + quoteIdent(f.name)
	if a := f.aggregate; a != nil {
		state := a.stateType
		s := "CREATE AGGREGATE " + name + "(" + strings.Join(f.argTexts(), ", ") + ")\n    SFUNC " + quoteIdent(a.state) + "\n    STYPE " + state.StringIgnoringFrozen()
		if a.final != "" {
			s += "\n    FINALFUNC " + quoteIdent(a.final)
		}
		if a.initial != nil {
			s += "\n    INITCOND " + state.Literal(a.initial)
		}
		return s + ";"
	}
	args := f.argTexts()
	for i, n := range f.argNames {
		args[i] = quoteIdent(n) + " " + args[i]
	}
	onNull := "CALLED"
	if f.strict {
		onNull = "RETURNS NULL"
	}
	return "CREATE FUNCTION " + name + "(" + strings.Join(args, ", ") + ")\n    " + onNull + " ON NULL INPUT\n    RETURNS " + f.result.StringIgnoringFrozen() +
		"\n    LANGUAGE " + f.language + "\n    AS $$" + f.text + "$$;"
}
