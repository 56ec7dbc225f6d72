package terms

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func join[T any](elems []T, left, right string, text func(T) string) string {
	out := make([]string, len(elems))
	for i, e := range elems {
		out[i] = text(e)
	}
	return left + strings.Join(out, ", ") + right
}

func rawText(r raw) string { return r.String() }

func part(recv types.Column, name string, t *types.Type) types.Column {
	return types.Column{Keyspace: recv.Keyspace, Table: recv.Table, Name: name, Type: t}
}

func valuePart(recv types.Column) types.Column {
	return part(recv, "value("+recv.Name+")", recv.Type.Elems[len(recv.Type.Elems)-1])
}

func keyPart(recv types.Column) types.Column {
	return part(recv, "key("+recv.Name+")", recv.Type.Key())
}

// worst is the fit of the element that fits least.
func worst(elems []raw, recv types.Column) types.Assignability {
	fit := types.ExactMatch
	for _, e := range elems {
		fit = min(fit, e.Assignable(recv))
	}
	return fit
}

// firstExact returns the first known type of the elements.
func firstExact(elems []raw) *types.Type {
	for _, e := range elems {
		if t := e.exact(); t != nil {
			return t
		}
	}
	return nil
}

// commonType returns a type of one of the elements that the others can be
// assigned to.
func commonType(elems []raw) *types.Type {
	var all []*types.Type
	for _, e := range elems {
		if t := e.Likely(); t != nil && !slices.ContainsFunc(all, t.Equal) {
			all = append(all, t)
		}
	}
	for _, t := range all {
		if !slices.ContainsFunc(all, func(o *types.Type) bool { return o.AssignableTo(t) == types.NotAssignable }) {
			return t
		}
	}
	return nil
}

// selectElems prepares the elements of a literal in a selection.
func selectElems(elems []raw, expected func(i int) *types.Type) ([]Term, []string, error) {
	out, names := make([]Term, len(elems)), make([]string, len(elems))
	for i, e := range elems {
		t, name, err := e.selector(expected(i))
		if err != nil {
			return nil, nil, err
		}
		out[i], names[i] = t, name
	}
	return out, names, nil
}

func same(t *types.Type) func(int) *types.Type { return func(int) *types.Type { return t } }

func plain(s string) string { return s }

// arrayRaw is [a, b], a list or a vector.
type arrayRaw struct {
	p     *preparer
	elems []raw
}

func (r *arrayRaw) IsMarker() bool { return false }
func (r *arrayRaw) String() string { return join(r.elems, "[", "]", rawText) }

func (r *arrayRaw) ArrayLen() int {
	if r.p.selection {
		return len(r.elems)
	}
	return -1
}

func (r *arrayRaw) exact() *types.Type {
	if !r.p.selection {
		return nil
	}
	return listOf(firstExact(r.elems))
}

func (r *arrayRaw) Likely() *types.Type {
	if !r.p.selection {
		return nil
	}
	return listOf(commonType(r.elems))
}

func listOf(elem *types.Type) *types.Type {
	if elem == nil {
		return nil
	}
	return types.List(elem, true)
}

func (r *arrayRaw) Assignable(recv types.Column) types.Assignability {
	switch {
	case recv.Type.Kind == types.KindVector:
		if len(r.elems) != recv.Type.Dim && !r.p.selection {
			return types.NotAssignable
		}
	case recv.Type.Kind != types.KindList:
		return types.NotAssignable
	case len(r.elems) == 0:
		return types.WeaklyAssignable
	}
	return worst(r.elems, valuePart(recv))
}

func (r *arrayRaw) prepare(recv types.Column) (Term, error) {
	kind := cqlKind(recv.Type)
	switch {
	case recv.Type.Kind != types.KindVector && recv.Type.Kind != types.KindList:
		return nil, types.Invalidf("Unexpected receiver type '%s'; only list and vector are expected", recv.Type)
	case recv.Type.Kind == types.KindVector && len(r.elems) != recv.Type.Dim:
		return nil, types.Invalidf("Invalid vector literal for %s of type %s; expected %d elements, but given %d",
			recv.Name, recv.Type, recv.Type.Dim, len(r.elems))
	}
	elems, err := prepareElems(r.elems, recv, kind)
	if err != nil {
		return nil, err
	}
	return fold(&composite{recv.Type, elems})
}

func cqlKind(t *types.Type) string {
	switch t.Kind {
	case types.KindVector:
		return "vector"
	case types.KindSet:
		return "set"
	}
	return "list"
}

// prepareElems prepares the elements of a list, set or vector literal outside
// of a selection.
func prepareElems(elems []raw, recv types.Column, kind string) ([]Term, error) {
	elem := valuePart(recv)
	for _, e := range elems {
		if e.Assignable(elem) == types.NotAssignable {
			return nil, types.Invalidf("Invalid %s literal for %s: value %s is not of type %s", kind, recv.Name, e, elem.Type)
		}
	}
	out := make([]Term, len(elems))
	for i, e := range elems {
		t, err := e.prepare(elem)
		if err != nil {
			return nil, err
		}
		if kind != "vector" && hasMarker(t) {
			return nil, noMarkers(kind, recv)
		}
		out[i] = t
	}
	return out, nil
}

func noMarkers(kind string, recv types.Column) error {
	return types.Invalidf("Invalid %s literal for %s: bind variables are not supported inside collection literals", kind, recv.Name)
}

// hasMarker says whether the value depends on a bind marker. Nested
// collections hide theirs, but they have been refused already.
func hasMarker(t Term) bool {
	switch t := t.(type) {
	case *marker:
		return true
	case *composite:
		return slices.ContainsFunc(t.elems, hasMarker)
	case *call:
		return slices.ContainsFunc(t.args, hasMarker)
	case *retyped:
		return hasMarker(t.Term)
	}
	return false
}

func (r *arrayRaw) selector(expected *types.Type) (Term, string, error) {
	t := expected
	if t == nil || t.Kind != types.KindVector {
		if t = r.exact(); t == nil {
			t = expected
		}
	}
	if t == nil {
		return nil, "", cannotInfer(r)
	}
	if t.Kind != types.KindVector && t.Kind != types.KindList {
		return nil, "", types.Invalidf("Unsupported target type: %s", t)
	}
	if t.Kind == types.KindVector && t.Dim != len(r.elems) {
		return nil, "", types.Invalidf("Unable to create a vector selector of type %s from %d elements", t, len(r.elems))
	}
	elems, names, err := selectElems(r.elems, same(t.Elem()))
	if err != nil {
		return nil, "", err
	}
	return &composite{t, elems}, join(names, "[", "]", plain), nil
}
