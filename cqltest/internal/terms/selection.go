package terms

import (
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Selection is a prepared SELECT clause. It is immutable.
type Selection struct {
	// Columns are the columns of the result.
	Columns []types.Column

	terms []Term
	aggs  []aggregateCall
	uses  []int
	fixed []*call
}

// PrepareSelection prepares the selectors of a SELECT clause other than *.
func PrepareSelection(s *Scope, selectors []*cqlparse.Selector) (*Selection, error) {
	p := &preparer{s: s, selection: true, uses: map[int]bool{}}
	sel := &Selection{}
	raws := make([]raw, len(selectors))
	for i, written := range selectors {
		r, err := p.raw(written.Expr)
		if err != nil {
			return nil, err
		}
		raws[i] = r
	}
	for i, written := range selectors {
		term, name, err := raws[i].selector(nil)
		if err != nil {
			return nil, err
		}
		if !written.Alias.IsZero() {
			name = written.Alias.Name
		}
		sel.terms = append(sel.terms, term)
		sel.Columns = append(sel.Columns, types.Column{Keyspace: s.Keyspace, Table: s.Table, Name: name, Type: term.Type()})
	}
	sel.aggs, sel.uses = p.aggs, slices.Sorted(maps.Keys(p.uses))
	sel.fixed = appendFixed(nil, sel.terms)
	for _, a := range sel.aggs {
		sel.fixed = appendFixed(sel.fixed, a.args)
	}
	return sel, nil
}

// appendFixed appends the outermost calls that do not depend on rows.
func appendFixed(fixed []*call, ts []Term) []*call {
	for _, t := range ts {
		switch t := t.(type) {
		case *retyped:
			fixed = appendFixed(fixed, []Term{t.Term})
		case *composite:
			fixed = appendFixed(fixed, t.elems)
		case *call:
			if isFixed(t) {
				fixed = append(fixed, t)
			} else {
				fixed = appendFixed(fixed, t.args)
			}
		}
	}
	return fixed
}

func isFixed(t Term) bool {
	switch t := t.(type) {
	case *constant, *marker:
		return true
	case *retyped:
		return isFixed(t.Term)
	case *call:
		return !t.fn.Impure && len(t.args) > 0 && !slices.ContainsFunc(t.args, func(a Term) bool { return !isFixed(a) })
	}
	return false
}

// Start computes what does not depend on rows, for its errors: a SELECT that
// finds nothing fails on them too.
func (s *Selection) Start(env *Env) error {
	for _, c := range s.fixed {
		if _, err := c.Eval(env); err != nil {
			return err
		}
	}
	return nil
}

// IsAggregate says whether the selection has an aggregate function, so that
// rows have to go through a [Group].
func (s *Selection) IsAggregate() bool { return len(s.aggs) > 0 }

// Uses returns the columns of the [Scope] that the selection reads, in order.
func (s *Selection) Uses() []int { return s.uses }

// Metas returns the writetime(), maxwritetime() and ttl() calls of the
// selection, without the keys and bounds that only evaluation knows.
func (s *Selection) Metas() []Meta {
	var out []Meta
	var walk func(ts []Term)
	walk = func(ts []Term) {
		for _, t := range ts {
			switch t := t.(type) {
			case *metaTerm:
				out = append(out, t.meta)
			case *composite:
				walk(t.elems)
			case *call:
				walk(t.args)
			case *retyped:
				walk([]Term{t.Term})
			}
		}
	}
	walk(s.terms)
	for _, a := range s.aggs {
		walk(a.args)
	}
	return out
}

// SimpleColumn returns the column of the [Scope] that selector i is, if it is
// nothing but a column.
func (s *Selection) SimpleColumn(i int) (column int, ok bool) {
	c, ok := s.terms[i].(*columnTerm)
	if !ok {
		return 0, false
	}
	return c.i, true
}

// Eval computes the result row for the row in env.
func (s *Selection) Eval(env *Env) ([][]byte, error) {
	out := make([][]byte, len(s.terms))
	for i, t := range s.terms {
		v, err := t.Eval(env)
		if err != nil {
			return nil, err
		}
		if types.IsUnset(v) {
			return nil, types.Invalidf("Invalid unset value for argument in call to function %s", s.Columns[i].Name)
		}
		out[i] = v
	}
	return out, nil
}

// aggregateCall is a call of an aggregate function.
type aggregateCall struct {
	fn   *funcs.Function
	args []Term
}

// aggregateResult is the result of an aggregateCall of the selection.
type aggregateResult struct {
	t *types.Type
	i int
}

func (a *aggregateResult) Type() *types.Type             { return a.t }
func (a *aggregateResult) Constant() bool                { return false }
func (a *aggregateResult) Eval(env *Env) ([]byte, error) { return env.aggregates[a.i].Result() }

// Group gathers the rows of one group. What stands outside of aggregates shows
// the group's first row.
type Group struct {
	s     *Selection
	aggs  []funcs.Aggregate
	first Row
}

// NewGroup returns an empty group.
func (s *Selection) NewGroup() *Group {
	g := &Group{s: s, aggs: make([]funcs.Aggregate, len(s.aggs))}
	for i, a := range s.aggs {
		g.aggs[i] = a.fn.New()
	}
	return g
}

// Add adds the row in env. The group's first row must stay valid until Result.
func (g *Group) Add(env *Env) error {
	if g.first == nil {
		g.first = env.Row
	}
	for i, a := range g.s.aggs {
		args, err := evalArgs(a.fn, a.args, env)
		if err != nil {
			return err
		}
		g.aggs[i].Add(args)
	}
	return nil
}

// Result computes the result row of the group. It reads all but the row from
// env.
func (g *Group) Result(env *Env) ([][]byte, error) {
	e := *env
	e.Row, e.aggregates = g.first, g.aggs
	if e.Row == nil {
		e.Row = noRow{}
	}
	return g.s.Eval(&e)
}

// noRow stands for the first row of an empty group.
type noRow struct{}

func (noRow) Column(int) []byte          { return nil }
func (noRow) Meta(*Meta) ([]byte, error) { return nil, nil }
