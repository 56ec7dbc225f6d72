package terms

import (
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// tupleRaw is (a, b). With one element it may also be a mere parenthesis.
type tupleRaw struct {
	p     *preparer
	elems []raw
}

func (r *tupleRaw) IsMarker() bool { return false }
func (r *tupleRaw) ArrayLen() int  { return -1 }
func (r *tupleRaw) String() string { return join(r.elems, "(", ")", rawText) }

func (r *tupleRaw) exact() *types.Type {
	return r.tupleType(raw.exact)
}

func (r *tupleRaw) Likely() *types.Type {
	if !r.p.selection {
		return r.exact()
	}
	return r.tupleType(raw.Likely)
}

func (r *tupleRaw) tupleType(of func(raw) *types.Type) *types.Type {
	if r.p.selection && len(r.elems) == 1 {
		return nil
	}
	out := make([]*types.Type, len(r.elems))
	for i, e := range r.elems {
		if out[i] = of(e); out[i] == nil {
			return nil
		}
		out[i] = out[i].Freeze()
	}
	return types.Tuple(out...)
}

// isTuple says whether a type takes a tuple literal; a UDT does so as well.
func isTuple(t *types.Type) bool { return t.Kind == types.KindTuple || t.Kind == types.KindUDT }

func (r *tupleRaw) parenthesis(t *types.Type) bool { return len(r.elems) == 1 && !isTuple(t) }

func (r *tupleRaw) Assignable(recv types.Column) types.Assignability {
	if r.parenthesis(recv.Type) {
		return r.elems[0].Assignable(recv)
	}
	if r.check(recv) != nil {
		return types.NotAssignable
	}
	return types.WeaklyAssignable
}

func (r *tupleRaw) component(recv types.Column, i int) types.Column {
	return part(recv, recv.Name+"["+strconv.Itoa(i)+"]", recv.Type.Elems[i])
}

func (r *tupleRaw) check(recv types.Column) error {
	if !isTuple(recv.Type) {
		return types.Invalidf("Invalid tuple type literal for %s of type %s", recv.Name, recv.Type)
	}
	for i, e := range r.elems {
		if i >= len(recv.Type.Elems) {
			return types.Invalidf("Invalid tuple literal for %s: too many elements. Type %s expects %d but got %d",
				recv.Name, recv.Type, len(recv.Type.Elems), len(r.elems))
		}
		if c := r.component(recv, i); e.Assignable(c) == types.NotAssignable {
			return types.Invalidf("Invalid tuple literal for %s: component %d is not of type %s", recv.Name, i, c.Type)
		}
	}
	return nil
}

func (r *tupleRaw) prepare(recv types.Column) (Term, error) {
	if r.parenthesis(recv.Type) {
		return r.elems[0].prepare(recv)
	}
	if err := r.check(recv); err != nil {
		return nil, err
	}
	elems := make([]Term, len(r.elems))
	for i, e := range r.elems {
		var err error
		if elems[i], err = e.prepare(r.component(recv, i)); err != nil {
			return nil, err
		}
	}
	return fold(&composite{recv.Type, elems})
}

func (r *tupleRaw) selector(expected *types.Type) (Term, string, error) {
	t := r.exact()
	if t == nil {
		t = expected
	}
	if len(r.elems) == 1 && (t == nil || t.Kind != types.KindTuple) {
		if t == nil { // the server asks for a type even of a mere parenthesis
			return nil, "", cannotInfer(r)
		}
		term, name, err := r.elems[0].selector(expected)
		return term, "(" + name + ")", err
	}
	if t == nil {
		return nil, "", cannotInfer(r)
	}
	if t.Kind != types.KindTuple || len(t.Elems) < len(r.elems) {
		return nil, "", types.Invalidf("Invalid tuple literal: %s is not of type %s", r, t)
	}
	elems, names, err := selectElems(r.elems, func(i int) *types.Type { return t.Elems[i] })
	if err != nil {
		return nil, "", err
	}
	return &composite{t, elems}, join(names, "(", ")", plain), nil
}
