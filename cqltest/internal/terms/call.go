package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// callRaw is a call of a function, an operator or a cast. In a selection it is
// resolved at once, elsewhere when its receiver is known.
type callRaw struct {
	base
	p              *preparer
	keyspace, name string
	args           []raw
	fn             *funcs.Function // in a selection
}

func (p *preparer) callRaw(keyspace, name string, args ...cqlparse.Term) (raw, error) {
	raws, err := p.raws(args)
	if err != nil {
		return nil, err
	}
	return p.newCall(keyspace, name, raws)
}

func (p *preparer) newCall(keyspace, name string, args []raw) (raw, error) {
	r := &callRaw{p: p, keyspace: keyspace, name: name, args: args}
	if !p.selection {
		return r, nil
	}
	fn, err := r.resolve(nil)
	if err != nil {
		return nil, err
	}
	if fn == nil {
		return nil, types.Invalidf("Unknown function '%s'", r.call(nil).DisplayName())
	}
	r.fn = fn
	return r, nil
}

func (p *preparer) functionCall(t *cqlparse.FunctionCall) (raw, error) {
	keyspace, name := t.Name.Keyspace.Name, t.Name.Name.Name
	if t.Star {
		return p.newCall("system", funcs.CountRows, nil)
	}
	if p.selection && keyspace == "" {
		if kind, ok := metaKinds[name]; ok && len(t.Args) == 1 {
			return p.meta(kind, name, t.Args[0])
		}
	}
	args, err := p.raws(t.Args)
	if err != nil {
		return nil, err
	}
	if p.selection && name == "count" && len(args) == 1 {
		if _, ok := args[0].(*literalRaw); ok {
			return p.newCall("system", funcs.CountRows, nil)
		}
	}
	return p.newCall(keyspace, name, args)
}

func (r *callRaw) call(recv *types.Type) *funcs.Call {
	args := make([]funcs.Arg, len(r.args))
	for i, a := range r.args {
		args[i] = a
	}
	return &funcs.Call{Keyspace: r.keyspace, Name: r.name, Args: args, Receiver: recv, PartitionKey: r.p.s.PartitionKey, User: r.p.s.Functions, Home: r.p.s.Keyspace}
}

func (r *callRaw) resolve(recv *types.Type) (*funcs.Function, error) {
	return funcs.Resolve(r.call(recv))
}

func (r *callRaw) String() string {
	if r.fn != nil {
		names := make([]string, len(r.args))
		for i, a := range r.args {
			names[i] = a.String()
		}
		return r.fn.ColumnName(names)
	}
	name := cqlparse.QuoteIdentifier(r.name)
	switch {
	case r.name == "token":
		name = r.name
	case r.keyspace != "":
		name = cqlparse.QuoteIdentifier(r.keyspace) + "." + name
	}
	return name + join(r.args, "(", ")", rawText)
}

func (r *callRaw) exact() *types.Type {
	if r.fn != nil {
		return r.fn.Result
	}
	if fn, err := r.resolve(nil); err == nil && fn != nil {
		return fn.Result
	}
	return nil
}

func (r *callRaw) Likely() *types.Type { return r.exact() }

func (r *callRaw) Assignable(recv types.Column) types.Assignability {
	if r.fn != nil {
		return r.fn.Result.AssignableTo(recv.Type)
	}
	// A call that cannot be resolved is let through here: preparing it will
	// tell what is wrong.
	fn, err := r.resolve(recv.Type)
	switch {
	case err != nil || fn == nil || fn.FromFactory():
		return types.WeaklyAssignable
	}
	return fn.Result.ValueFits(recv.Type)
}

func (r *callRaw) prepare(recv types.Column) (Term, error) {
	if r.fn != nil {
		t, _, err := r.selector(recv.Type)
		return t, err
	}
	fn, err := r.resolve(recv.Type)
	switch {
	case err != nil:
		return nil, err
	case fn == nil:
		return nil, types.Invalidf("Unknown function %s called", r.call(nil).DisplayName())
	case fn.IsAggregate():
		return nil, types.Invalidf("Aggregation function are not supported in the where clause")
	}
	result := fn.Result
	if !recv.Type.IsMultiCell() {
		result = result.Freeze()
	}
	if result.ValueFits(recv.Type) == types.NotAssignable {
		if op := fn.OperatorSymbol(); op != "" {
			return nil, types.Invalidf("Type error: cannot assign result of operation %s (type %s) to %s (type %s)", op, fn.Result, recv.Name, recv.Type)
		}
		return nil, types.Invalidf("Type error: cannot assign result of function %s (type %s) to %s (type %s)",
			fn.FullName(), fn.Result, recv.Name, recv.Type)
	}
	if len(fn.Args) != len(r.args) {
		return nil, types.Invalidf("Incorrect number of arguments specified for function %s (expected %d, found %d)", fn, len(fn.Args), len(r.args))
	}
	args := make([]Term, len(r.args))
	for i, a := range r.args {
		c := funcs.ArgColumn(fn, i)
		c.Keyspace, c.Table = recv.Keyspace, recv.Table
		if args[i], err = a.prepare(c); err != nil {
			return nil, err
		}
	}
	return &call{fn, args}, nil
}

func (r *callRaw) selector(*types.Type) (Term, string, error) {
	return selectCall(r.p, r.fn, r.args)
}

func selectCall(p *preparer, fn *funcs.Function, raws []raw) (Term, string, error) {
	before := len(p.aggs)
	args, names, err := selectElems(raws, func(i int) *types.Type {
		if i < len(fn.Args) {
			return fn.Args[i]
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	name := fn.ColumnName(names)
	if !fn.IsAggregate() {
		return &call{fn, args}, name, nil
	}
	if len(p.aggs) > before {
		return nil, "", types.Invalidf("aggregate functions cannot be used as arguments of aggregate functions")
	}
	p.aggs = append(p.aggs, aggregateCall{fn, args})
	return &aggregateResult{fn.Result, len(p.aggs) - 1}, name, nil
}

// castRaw is CAST(arg AS type) in a selection. Elsewhere a cast is an ordinary
// call.
type castRaw struct {
	base
	p   *preparer
	arg raw
	t   *types.Type
}

func (p *preparer) castRaw(t *cqlparse.Cast) (raw, error) {
	arg, err := p.raw(t.Arg)
	if err != nil {
		return nil, err
	}
	typ, err := p.s.ResolveType(t.Type)
	if err != nil {
		return nil, err
	}
	if !p.selection {
		return p.newCall("system", funcs.CastName(typ), []raw{arg})
	}
	return &castRaw{p: p, arg: arg, t: typ}, nil
}

func (r *castRaw) String() string      { return "cast(" + r.arg.String() + " as " + r.t.String() + ")" }
func (r *castRaw) exact() *types.Type  { return r.t }
func (r *castRaw) Likely() *types.Type { return r.t }

func (r *castRaw) Assignable(recv types.Column) types.Assignability {
	return r.t.AssignableTo(recv.Type)
}

func (r *castRaw) prepare(recv types.Column) (Term, error) {
	t, _, err := r.selector(recv.Type)
	return t, err
}

func (r *castRaw) selector(*types.Type) (Term, string, error) {
	before := len(r.p.aggs)
	t, name, err := r.arg.selector(nil)
	if err != nil {
		return nil, "", err
	}
	if t.Type().Equal(r.t) {
		return t, name, nil
	}
	r.p.aggs = r.p.aggs[:before]
	fn, err := funcs.Resolve(&funcs.Call{Keyspace: "system", Name: funcs.CastName(r.t), Args: []funcs.Arg{r.arg}})
	if err != nil {
		return nil, "", err
	}
	if fn == nil {
		return nil, "", types.Invalidf("%s cannot be cast to %s", r.arg, r.t)
	}
	return selectCall(r.p, fn, []raw{r.arg})
}
