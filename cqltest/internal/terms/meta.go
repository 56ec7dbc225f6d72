package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var metaKinds = map[string]MetaKind{"writetime": WriteTime, "maxwritetime": MaxWriteTime, "ttl": TTL}

// metaTerm is writetime(x), maxwritetime(x) or ttl(x).
type metaTerm struct {
	t    *types.Type
	meta Meta
	elem *elementTerm
	part *sliceTerm
}

func (m *metaTerm) Type() *types.Type { return m.t }
func (m *metaTerm) Constant() bool    { return false }

func (m *metaTerm) Eval(env *Env) ([]byte, error) {
	if m.elem == nil && m.part == nil {
		return env.Row.Meta(&m.meta)
	}
	meta := m.meta
	var err error
	if m.elem != nil {
		meta.Key, err = m.elem.evalKey(env)
	} else {
		meta.From, meta.To, err = m.part.bounds(env)
	}
	if err != nil {
		return nil, err
	}
	return env.Row.Meta(&meta)
}

func (p *preparer) meta(kind MetaKind, name string, arg cqlparse.Term) (raw, error) {
	r, err := p.raw(arg)
	if err != nil {
		return nil, err
	}
	sel, ok := r.(*selectedRaw)
	if !ok {
		return nil, types.Invalidf("%s expects a column, an element or a field, not %s", name, r)
	}
	m := &metaTerm{meta: Meta{Kind: kind, Field: -1}}
	x := sel.term
	switch t := x.(type) {
	case *elementTerm:
		if _, bound := t.key.(*marker); bound {
			return nil, &types.Error{Code: types.CodeServer, Message: types.CastError("Constants$Marker", "Term$Terminal")}
		}
		m.elem, x = t, t.x
	case *sliceTerm:
		m.part, m.meta.Slice, x = t, true, t.x
	case *fieldTerm:
		m.meta.Field, x = t.i, t.x
	}
	col, ok := x.(*columnTerm)
	if !ok {
		return nil, types.Invalidf("%s cannot look that deep into %s", name, r)
	}
	m.meta.Column = col.i
	if p.s.IsKey != nil && p.s.IsKey(col.i) {
		return nil, types.Invalidf("Cannot use selection function %s on PRIMARY KEY part %s", name, p.s.Columns[col.i].Name)
	}
	m.t = types.Bigint
	if kind == TTL {
		m.t = types.Int
	}
	if sel.typ.IsMultiCell() && kind != MaxWriteTime {
		m.t = types.List(m.t, true)
	}
	return &selectedRaw{term: m, name: name + "(" + sel.name + ")", typ: m.t}, nil
}
