package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// columnTerm is a column of the table.
type columnTerm struct {
	t *types.Type
	i int
}

func (c *columnTerm) Type() *types.Type             { return c.t }
func (c *columnTerm) Constant() bool                { return false }
func (c *columnTerm) Eval(env *Env) ([]byte, error) { return env.Row.Column(c.i), nil }

// selectedRaw is a column or something that hangs on one. Its type is known
// from the start.
type selectedRaw struct {
	base
	term Term
	name string
	typ  *types.Type
}

func (r *selectedRaw) String() string      { return r.name }
func (r *selectedRaw) exact() *types.Type  { return r.typ }
func (r *selectedRaw) Likely() *types.Type { return r.typ }

func (r *selectedRaw) Assignable(recv types.Column) types.Assignability {
	if r.typ == nil {
		return types.NotAssignable
	}
	return r.typ.AssignableTo(recv.Type)
}

func (r *selectedRaw) prepare(types.Column) (Term, error) { return r.term, nil }

func (r *selectedRaw) selector(*types.Type) (Term, string, error) { return r.term, r.name, nil }

func (p *preparer) notSelection(what string) error {
	return types.Invalidf("%s is not allowed outside of a selection", what)
}

func (p *preparer) columnIndex(name cqlparse.Identifier) (int, error) {
	for i, c := range p.s.Columns {
		if c.Name == name.Name {
			p.uses[i] = true
			return i, nil
		}
	}
	return 0, types.Invalidf("Undefined column name %s in table %s.%s", cqlparse.QuoteIdentifier(name.Name),
		cqlparse.QuoteIdentifier(p.s.Keyspace), cqlparse.QuoteIdentifier(p.s.Table))
}

func (p *preparer) column(t *cqlparse.ColumnRef) (raw, error) {
	if !p.selection {
		return nil, p.notSelection("Column " + t.Name.String())
	}
	i, err := p.columnIndex(t.Name)
	if err != nil {
		return nil, err
	}
	c := p.s.Columns[i]
	return &selectedRaw{term: &columnTerm{c.Type, i}, name: c.Name, typ: c.Type}, nil
}

// fieldTerm is x.field.
type fieldTerm struct {
	x Term
	i int
}

func (f *fieldTerm) Type() *types.Type { return f.x.Type().Elems[f.i] }
func (f *fieldTerm) Constant() bool    { return false }

func (f *fieldTerm) Eval(env *Env) ([]byte, error) {
	v, err := f.x.Eval(env)
	if err != nil || v == nil {
		return nil, err
	}
	fields, err := types.UnpackTuple(v, len(f.x.Type().Elems))
	if err != nil {
		return nil, err
	}
	return fields[f.i], nil
}

func (p *preparer) field(t *cqlparse.FieldRef) (raw, error) {
	if !p.selection {
		return nil, p.notSelection("A field")
	}
	x, err := p.raw(t.X)
	if err != nil {
		return nil, err
	}
	var expected *types.Type
	if paren, ok := x.(*tupleRaw); ok && len(paren.elems) > 0 {
		expected = paren.elems[0].exact()
	}
	term, name, err := x.selector(expected)
	if err != nil {
		return nil, err
	}
	typ := term.Type()
	if typ.Kind != types.KindUDT {
		return nil, types.Invalidf("Invalid field selection: %s of type %s is not a user type", x, typ)
	}
	i := typ.FieldIndex(t.Field.Name)
	if i < 0 {
		return nil, types.Invalidf("%s of type %s has no field %s", x, typ, t.Field.Name)
	}
	return &selectedRaw{term: &fieldTerm{term, i}, name: name + "." + t.Field.Name, typ: typ.Elems[i]}, nil
}

// elementTerm is x[key].
type elementTerm struct {
	x, key Term
	name   string // of x
}

func (e *elementTerm) Type() *types.Type {
	t := e.x.Type()
	return t.Elems[len(t.Elems)-1]
}
func (e *elementTerm) Constant() bool { return false }

func (e *elementTerm) Eval(env *Env) ([]byte, error) {
	key, err := e.evalKey(env)
	if err != nil {
		return nil, err
	}
	v, err := e.x.Eval(env)
	if err != nil || v == nil {
		return nil, err
	}
	t := e.x.Type()
	elems, err := unpack(t, v)
	if err != nil {
		return nil, err
	}
	per := len(t.Elems)
	for i := 0; i < len(elems); i += per {
		if t.Elems[0].Compare(elems[i], key) == 0 {
			return elems[i+per-1], nil
		}
	}
	return nil, nil
}

func (e *elementTerm) evalKey(env *Env) ([]byte, error) {
	key, err := e.key.Eval(env)
	switch {
	case err != nil:
		return nil, err
	case key == nil && e.key.Constant():
		// The server stumbles over a null that is written out.
		return nil, &types.Error{Code: types.CodeServer, Message: "java.lang.NullPointerException: " +
			`Cannot invoke "java.nio.ByteBuffer.hasArray()" because "buffer1" is null`}
	case key == nil:
		return nil, types.Invalidf("Invalid null value for element selection on %s", e.name)
	case types.IsUnset(key):
		return nil, types.Invalidf("Invalid unset value for element selection on %s", e.name)
	}
	return key, nil
}

func unpack(t *types.Type, v []byte) ([][]byte, error) {
	if t.Kind == types.KindMap {
		return types.UnpackMap(v)
	}
	return types.UnpackList(v)
}

// collectionOf prepares what is indexed or sliced, and the receiver of its
// keys.
func (p *preparer) collectionOf(x cqlparse.Term, what, format string) (Term, string, types.Column, error) {
	var none types.Column
	if !p.selection {
		return nil, "", none, p.notSelection(what + " selection")
	}
	r, err := p.raw(x)
	if err != nil {
		return nil, "", none, err
	}
	term, name, err := r.selector(nil)
	if err != nil {
		return nil, "", none, err
	}
	t := term.Type()
	switch t.Kind {
	case types.KindSet:
		return term, name, valuePart(types.Column{Keyspace: p.s.Keyspace, Table: p.s.Table, Name: name, Type: t}), nil
	case types.KindMap:
		return term, name, keyPart(types.Column{Keyspace: p.s.Keyspace, Table: p.s.Table, Name: name, Type: t}), nil
	case types.KindList:
		return nil, "", none, types.Invalidf("%s selection is only allowed on sets and maps, but %s is a list", what, r)
	}
	return nil, "", none, types.Invalidf(format, r, t)
}

// inTerms prepares a key of an element or slice, which is a term even in
// a selection.
func (p *preparer) inTerms(t cqlparse.Term, recv types.Column) (Term, string, error) {
	r, err := (&preparer{s: p.s}).raw(t)
	if err != nil {
		return nil, "", err
	}
	term, err := r.prepare(recv)
	return term, r.String(), err
}

func (p *preparer) element(t *cqlparse.ElementRef) (raw, error) {
	x, name, recv, err := p.collectionOf(t.X, "Element", "Invalid element selection: %s is of type %s is not a collection")
	if err != nil {
		return nil, err
	}
	key, keyText, err := p.inTerms(t.Key, recv)
	if err != nil {
		return nil, err
	}
	e := &elementTerm{x, key, name}
	return &selectedRaw{term: e, name: name + "[" + keyText + "]", typ: e.Type()}, nil
}

// sliceTerm is x[from..to], both ends included.
type sliceTerm struct {
	x, from, to Term // from and to may be nil
	name        string
}

func (s *sliceTerm) Type() *types.Type { return s.x.Type() }
func (s *sliceTerm) Constant() bool    { return false }

func (s *sliceTerm) bounds(env *Env) (from, to []byte, err error) {
	bound := func(t Term) ([]byte, error) {
		if t == nil {
			return nil, nil
		}
		v, err := t.Eval(env)
		if err == nil && v == nil {
			err = types.Invalidf("Invalid null value for slice selection on %s", s.name)
		}
		if types.IsUnset(v) {
			v = nil
		}
		return v, err
	}
	if from, err = bound(s.from); err != nil {
		return nil, nil, err
	}
	to, err = bound(s.to)
	return from, to, err
}

func (s *sliceTerm) Eval(env *Env) ([]byte, error) {
	from, to, err := s.bounds(env)
	if err != nil {
		return nil, err
	}
	v, err := s.x.Eval(env)
	if err != nil || v == nil {
		return nil, err
	}
	t := s.x.Type()
	elems, err := unpack(t, v)
	if err != nil {
		return nil, err
	}
	per := len(t.Elems)
	var out [][]byte
	for i := 0; i < len(elems); i += per {
		if (from == nil || t.Elems[0].Compare(elems[i], from) >= 0) && (to == nil || t.Elems[0].Compare(elems[i], to) <= 0) {
			out = append(out, elems[i:i+per]...)
		}
	}
	if len(out) == 0 && t.IsMultiCell() {
		return nil, nil
	}
	return types.PackList(len(out)/per, out), nil
}

func (p *preparer) slice(t *cqlparse.SliceRef) (raw, error) {
	x, name, recv, err := p.collectionOf(t.X, "Slice", "Invalid slice selection: %s of type %s is not a collection")
	if err != nil {
		return nil, err
	}
	s := &sliceTerm{x: x, name: name}
	var from, to string
	if t.From != nil {
		if s.from, from, err = p.inTerms(t.From, recv); err != nil {
			return nil, err
		}
	}
	if t.To != nil {
		if s.to, to, err = p.inTerms(t.To, recv); err != nil {
			return nil, err
		}
	}
	return &selectedRaw{term: s, name: name + "[" + from + ".." + to + "]", typ: s.Type()}, nil
}
