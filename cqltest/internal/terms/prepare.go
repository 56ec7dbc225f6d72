package terms

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Prepare checks that t can be assigned to recv and makes it ready.
func Prepare(s *Scope, t cqlparse.Term, recv types.Column) (Term, error) {
	r, err := (&preparer{s: s}).raw(t)
	if err != nil {
		return nil, err
	}
	return r.prepare(recv)
}

// PrepareTuple prepares the right side of a relation on several columns,
// (a, b) = t. A literal gives one term for each column; a marker gives a single
// term, whose value is a tuple of them all.
func PrepareTuple(s *Scope, t cqlparse.Term, recv []types.Column) ([]Term, error) {
	switch t := t.(type) {
	case *cqlparse.Marker:
		c := TupleColumn(recv)
		s.setMarker(t.Index, t.Name, c)
		return []Term{&marker{index: t.Index, recv: c, unset: "Invalid unset value for tuple " + c.Name}}, nil
	case *cqlparse.TupleLiteral:
		elems, err := (&preparer{s: s}).raws(t.Elems)
		if err != nil {
			return nil, err
		}
		if len(elems) != len(recv) {
			return nil, types.Invalidf("Expected %d elements in value tuple, but got %d: %s", len(recv), len(elems), join(elems, "(", ")", rawText))
		}
		out := make([]Term, len(elems))
		for i, e := range elems {
			if out[i], err = e.prepare(recv[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, types.Invalidf("Expected a tuple of %d elements", len(recv))
}

// InColumn is the receiver of the marker of `column IN ?`.
func InColumn(recv types.Column) types.Column {
	return part(recv, "in("+recv.Name+")", types.List(recv.Type, true))
}

// TupleColumn is the receiver of the marker of `(a, b) = ?`.
func TupleColumn(recv []types.Column) types.Column {
	elems, names := make([]*types.Type, len(recv)), make([]string, len(recv))
	for i, c := range recv {
		elems[i], names[i] = c.Type.Freeze(), c.Name
	}
	return part(recv[0], "("+strings.Join(names, ",")+")", types.Tuple(elems...))
}

// InTupleColumn is the receiver of the marker of `(a, b) IN ?`.
func InTupleColumn(recv []types.Column) types.Column {
	c := TupleColumn(recv)
	return part(c, "in"+c.Name, types.List(c.Type, true))
}

// ResolveType turns a written type into a [types.Type].
func (s *Scope) ResolveType(t *cqlparse.Type) (*types.Type, error) {
	return types.Resolve(s.Keyspace, t, s.UDT)
}
