package terms

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// entry is key: value. In a UDT literal the key is a field's name; it is
// a column's in a selection's map literal, and key is nil if there is no such
// column.
type entry struct {
	name string
	key  raw
	err  error // why key is nil
	val  raw
}

func (e entry) text() string {
	if e.name != "" {
		return e.name + ": " + e.val.String()
	}
	return e.key.String() + ": " + e.val.String()
}

// mapRaw is {k: v}: a map, or a UDT when all keys are names.
type mapRaw struct {
	base
	p       *preparer
	entries []entry
	names   bool // written as {name: value}
}

func (p *preparer) mapRaw(t *cqlparse.MapLiteral) (raw, error) {
	r := &mapRaw{p: p}
	for _, e := range t.Entries {
		k, err := p.raw(e.Key)
		if err != nil {
			return nil, err
		}
		v, err := p.raw(e.Value)
		if err != nil {
			return nil, err
		}
		r.entries = append(r.entries, entry{key: k, val: v})
	}
	return r, nil
}

func (p *preparer) udtRaw(t *cqlparse.UDTLiteral) (raw, error) {
	r := &mapRaw{p: p, names: true}
	for _, f := range t.Fields {
		v, err := p.raw(f.Value)
		if err != nil {
			return nil, err
		}
		e := entry{name: f.Name.Name, val: v}
		if p.selection {
			e.key, e.err = p.column(&cqlparse.ColumnRef{Pos: f.Name.Pos, Name: f.Name})
			if e.err != nil {
				e.key = nil
			}
		}
		r.entries = append(r.entries, e)
	}
	return r, nil
}

func (r *mapRaw) String() string { return join(r.entries, "{", "}", entry.text) }

func (r *mapRaw) keysAndValues() (keys, values []raw) {
	for _, e := range r.entries {
		if e.key != nil {
			keys = append(keys, e.key)
		}
		values = append(values, e.val)
	}
	return keys, values
}

func (r *mapRaw) exact() *types.Type  { return r.mapType(firstExact) }
func (r *mapRaw) Likely() *types.Type { return r.mapType(commonType) }

func (r *mapRaw) mapType(of func([]raw) *types.Type) *types.Type {
	if r.names || r.p.selection {
		return nil
	}
	keys, values := r.keysAndValues()
	k, v := of(keys), of(values)
	if k == nil || v == nil {
		return nil
	}
	return types.Map(k, v, true)
}

func (r *mapRaw) asUDT(recv types.Column) bool {
	return r.names && (!r.p.selection || recv.Type.Kind == types.KindUDT)
}

func (r *mapRaw) Assignable(recv types.Column) types.Assignability {
	if r.asUDT(recv) {
		if r.checkUDT(recv) != nil {
			return types.NotAssignable
		}
		return types.WeaklyAssignable
	}
	if recv.Type.Kind != types.KindMap {
		return types.NotAssignable
	}
	fit := types.ExactMatch
	for _, e := range r.entries {
		if e.key == nil {
			return types.NotAssignable
		}
		fit = min(fit, e.key.Assignable(keyPart(recv)), e.val.Assignable(valuePart(recv)))
	}
	return fit
}

func (r *mapRaw) field(name string) raw {
	for i := len(r.entries) - 1; i >= 0; i-- {
		if r.entries[i].name == name {
			return r.entries[i].val
		}
	}
	return nil
}

func fieldPart(recv types.Column, i int) types.Column {
	return part(recv, recv.Name+"."+recv.Type.Fields[i], recv.Type.Elems[i])
}

func (r *mapRaw) checkUDT(recv types.Column) error {
	if recv.Type.Kind != types.KindUDT {
		return types.Invalidf("Invalid user type literal for %s of type %s", recv.Name, recv.Type)
	}
	for i, f := range recv.Type.Fields {
		if v := r.field(f); v != nil {
			if c := fieldPart(recv, i); v.Assignable(c) == types.NotAssignable {
				return types.Invalidf("Invalid user type literal for %s: field %s is not of type %s", recv.Name, f, c.Type)
			}
		}
	}
	return nil
}

func (r *mapRaw) unknownField(t *types.Type) error {
	for _, e := range r.entries {
		if t.FieldIndex(e.name) < 0 {
			return types.Invalidf("Unknown field '%s' in value of user defined type %s", e.name, t.Name)
		}
	}
	return nil
}

func (r *mapRaw) prepare(recv types.Column) (Term, error) {
	if r.asUDT(recv) {
		return r.prepareUDT(recv)
	}
	if recv.Type.Kind != types.KindMap {
		return nil, types.Invalidf("Invalid map literal for %s of type %s", recv.Name, recv.Type)
	}
	k, v := keyPart(recv), valuePart(recv)
	for _, e := range r.entries {
		if e.key == nil {
			return nil, e.err
		}
		if e.key.Assignable(k) == types.NotAssignable {
			return nil, types.Invalidf("Invalid map literal for %s: key %s is not of type %s", recv.Name, e.key, k.Type)
		}
		if e.val.Assignable(v) == types.NotAssignable {
			return nil, types.Invalidf("Invalid map literal for %s: value %s is not of type %s", recv.Name, e.val, v.Type)
		}
	}
	elems := make([]Term, 0, 2*len(r.entries))
	for _, e := range r.entries {
		kt, err := e.key.prepare(k)
		if err != nil {
			return nil, err
		}
		vt, err := e.val.prepare(v)
		if err != nil {
			return nil, err
		}
		if hasMarker(kt) || hasMarker(vt) {
			return nil, noMarkers("map", recv)
		}
		elems = append(elems, kt, vt)
	}
	return fold(&composite{recv.Type, elems})
}

func (r *mapRaw) prepareUDT(recv types.Column) (Term, error) {
	if err := r.checkUDT(recv); err != nil {
		return nil, err
	}
	elems := make([]Term, len(recv.Type.Fields))
	for i, f := range recv.Type.Fields {
		v := r.field(f)
		if v == nil {
			elems[i] = &constant{t: recv.Type.Elems[i]}
			continue
		}
		var err error
		if elems[i], err = v.prepare(fieldPart(recv, i)); err != nil {
			return nil, err
		}
	}
	if err := r.unknownField(recv.Type); err != nil {
		return nil, err
	}
	return fold(&composite{recv.Type, elems})
}

func (r *mapRaw) selector(t *types.Type) (Term, string, error) {
	switch {
	case t == nil:
		return nil, "", cannotInfer(r)
	case t.Kind == types.KindUDT:
		return r.selectUDT(t)
	case t.Kind != types.KindMap:
		return nil, "", cannotInfer(r)
	case t.Key().Kind == types.KindDuration:
		return nil, "", types.Invalidf("Durations are not allowed as map keys: %s", t)
	}
	elems, names := make([]Term, 0, 2*len(r.entries)), make([]string, 0, len(r.entries))
	for _, e := range r.entries {
		if e.key == nil {
			return nil, "", e.err
		}
		k, kname, err := e.key.selector(t.Key())
		if err != nil {
			return nil, "", err
		}
		v, vname, err := e.val.selector(t.Value())
		if err != nil {
			return nil, "", err
		}
		elems, names = append(elems, k, v), append(names, kname+": "+vname)
	}
	return &composite{t, elems}, "{" + strings.Join(names, ", ") + "}", nil
}

func (r *mapRaw) selectUDT(t *types.Type) (Term, string, error) {
	elems := make([]Term, len(t.Fields))
	for i, e := range t.Elems {
		elems[i] = &constant{t: e}
	}
	names := make([]string, len(r.entries))
	for j, e := range r.entries {
		if e.name == "" {
			return nil, "", types.Invalidf("%s is not a valid field identifier of type %s ", e.key, t.Name)
		}
		i := t.FieldIndex(e.name)
		if i < 0 {
			return nil, "", r.unknownField(t)
		}
		v, name, err := e.val.selector(t.Elems[i])
		if err != nil {
			return nil, "", err
		}
		elems[i], names[j] = v, e.name+": "+name
	}
	return &composite{t, elems}, "{" + strings.Join(names, ", ") + "}", nil
}
