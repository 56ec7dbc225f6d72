package types

import "slices"

// PackSet encodes the elements of a set of type t, sorting them and dropping
// duplicates. It reorders elems.
func (t *Type) PackSet(elems [][]byte) []byte {
	elem := t.Elem()
	slices.SortStableFunc(elems, elem.Compare)
	elems = slices.CompactFunc(elems, func(a, b []byte) bool { return elem.Compare(a, b) == 0 })
	return PackList(len(elems), elems)
}

// PackMap encodes keys and values, alternating, of a map of type t, sorting
// them; of equal keys the last counts.
func (t *Type) PackMap(kvs [][]byte) []byte {
	type pair struct{ k, v []byte }
	pairs := make([]pair, 0, len(kvs)/2)
	for i := len(kvs) - 2; i >= 0; i -= 2 {
		pairs = append(pairs, pair{kvs[i], kvs[i+1]})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return t.Key().Compare(a.k, b.k) })
	pairs = slices.CompactFunc(pairs, func(a, b pair) bool { return t.Key().Compare(a.k, b.k) == 0 })
	out := make([][]byte, 0, 2*len(pairs))
	for _, p := range pairs {
		out = append(out, p.k, p.v)
	}
	return PackList(len(pairs), out)
}
