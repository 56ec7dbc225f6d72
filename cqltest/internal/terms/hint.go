package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// markerRaw is a bind marker.
type markerRaw struct {
	base
	p     *preparer
	index int
	name  cqlparse.Identifier
}

func (r *markerRaw) String() string                               { return "?" }
func (r *markerRaw) IsMarker() bool                               { return true }
func (r *markerRaw) exact() *types.Type                           { return nil }
func (r *markerRaw) Likely() *types.Type                          { return nil }
func (r *markerRaw) Assignable(types.Column) types.Assignability  { return types.WeaklyAssignable }
func (r *markerRaw) selector(e *types.Type) (Term, string, error) { return selectTerm(r.p, r, e) }

func (r *markerRaw) prepare(recv types.Column) (Term, error) {
	r.p.s.setMarker(r.index, r.name, recv)
	return &marker{index: r.index, recv: recv}, nil
}

func (s *Scope) setMarker(i int, name cqlparse.Identifier, recv types.Column) {
	for len(s.Markers) <= i {
		s.Markers = append(s.Markers, types.Column{})
	}
	// A named marker is bound under its own name, with the receiver's type.
	if !name.IsZero() {
		recv.Name = name.Name
	}
	recv.Keyspace, recv.Table = s.Keyspace, s.Table
	s.Markers[i] = recv
}

// hintRaw is (type) term.
type hintRaw struct {
	base
	p       *preparer
	t       *types.Type
	written string
	arg     raw
}

func (p *preparer) hintRaw(t *cqlparse.TypeHint) (raw, error) {
	arg, err := p.raw(t.Arg)
	if err != nil {
		return nil, err
	}
	typ, err := p.s.ResolveType(t.Type)
	if err != nil {
		return nil, err
	}
	if p.selection {
		typ = typ.Freeze()
	}
	return &hintRaw{p: p, t: typ, written: types.Display(p.qualified(t.Type)), arg: arg}, nil
}

// qualified is the type with the keyspace of its user types, which shows in the
// name of a column once they are resolved.
func (p *preparer) qualified(t *cqlparse.Type) *cqlparse.Type {
	q := *t
	if q.Kind == cqlparse.UserType && q.Name.Keyspace.IsZero() {
		q.Name.Keyspace = cqlparse.Identifier{Name: p.s.Keyspace}
	}
	q.Params = make([]*cqlparse.Type, len(t.Params))
	for i, param := range t.Params {
		q.Params[i] = p.qualified(param)
	}
	return &q
}

func (r *hintRaw) String() string      { return "(" + r.written + ")" + r.arg.String() }
func (r *hintRaw) exact() *types.Type  { return r.t }
func (r *hintRaw) Likely() *types.Type { return r.t }

func (r *hintRaw) Assignable(recv types.Column) types.Assignability {
	return r.t.ValueFits(recv.Type)
}

func (r *hintRaw) prepare(recv types.Column) (Term, error) {
	if r.arg.Assignable(types.Column{Keyspace: recv.Keyspace, Table: recv.Table, Name: r.String(), Type: r.t}) == types.NotAssignable {
		return nil, types.Invalidf("Cannot cast value %s to type %s", r.arg, r.written)
	}
	if r.Assignable(recv) == types.NotAssignable {
		return nil, types.Invalidf("Cannot assign value %s to %s of type %s", r, recv.Name, recv.Type)
	}
	return r.arg.prepare(recv)
}

func (r *hintRaw) selector(*types.Type) (Term, string, error) {
	recv := types.Column{Keyspace: r.p.s.Keyspace, Table: r.p.s.Table, Name: r.String(), Type: r.t}
	if r.arg.Assignable(recv) == types.NotAssignable {
		return nil, "", types.Invalidf("Cannot assign value %s to %s of type %s", r, recv.Name, r.t)
	}
	t, name, err := r.arg.selector(r.t)
	if err != nil {
		return nil, "", err
	}
	if !t.Type().Equal(r.t) {
		t = &retyped{t, r.t}
	}
	return t, "(" + r.written + ")" + name, nil
}
