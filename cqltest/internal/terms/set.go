package terms

import "github.com/coodie-go/coodie/cqltest/internal/types"

// setRaw is {a, b}; {} may be a map.
type setRaw struct {
	p     *preparer
	elems []raw
}

func (r *setRaw) IsMarker() bool { return false }
func (r *setRaw) ArrayLen() int  { return -1 }
func (r *setRaw) String() string { return join(r.elems, "{", "}", rawText) }

func (r *setRaw) exact() *types.Type  { return setOf(firstExact(r.elems)) }
func (r *setRaw) Likely() *types.Type { return setOf(commonType(r.elems)) }

func setOf(elem *types.Type) *types.Type {
	if elem == nil {
		return nil
	}
	return types.Set(elem, true)
}

func (r *setRaw) isEmptyMap(t *types.Type) bool { return t.Kind == types.KindMap && len(r.elems) == 0 }

func (r *setRaw) Assignable(recv types.Column) types.Assignability {
	switch {
	case r.isEmptyMap(recv.Type):
		return types.WeaklyAssignable
	case recv.Type.Kind != types.KindSet:
		return types.NotAssignable
	case len(r.elems) == 0:
		return types.WeaklyAssignable
	}
	return worst(r.elems, valuePart(recv))
}

func (r *setRaw) prepare(recv types.Column) (Term, error) {
	if r.isEmptyMap(recv.Type) {
		return &constant{recv.Type, types.PackList(0, nil)}, nil
	}
	if recv.Type.Kind != types.KindSet {
		return nil, types.Invalidf("Invalid set literal for %s of type %s", recv.Name, recv.Type)
	}
	elems, err := prepareElems(r.elems, recv, "set")
	if err != nil {
		return nil, err
	}
	return fold(&composite{recv.Type, elems})
}

func (r *setRaw) selector(expected *types.Type) (Term, string, error) {
	t := r.exact()
	if t == nil {
		t = expected
	}
	if t == nil {
		return nil, "", cannotInfer(r)
	}
	if r.isEmptyMap(t) {
		return &constant{t, types.PackList(0, nil)}, "{}", nil
	}
	if t.Kind != types.KindSet {
		return nil, "", cannotInfer(r)
	}
	if t.Elem().Kind == types.KindDuration {
		return nil, "", types.Invalidf("Durations are not allowed inside sets: %s", t)
	}
	elems, names, err := selectElems(r.elems, same(t.Elem()))
	if err != nil {
		return nil, "", err
	}
	return &composite{t, elems}, join(names, "{", "}", plain), nil
}
