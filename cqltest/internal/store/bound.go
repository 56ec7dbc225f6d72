package store

// Bound is one end of a slice of a partition: a clustering prefix, and whether
// the rows with that prefix belong to the slice. An empty prefix is the
// partition's end; it is always inclusive.
type Bound struct {
	Prefix    [][]byte
	Inclusive bool
}

// Slice is a range of rows, in clustering order.
type Slice struct {
	Start, End Bound
}

// All is the slice of a whole partition.
var All = Slice{Bound{Inclusive: true}, Bound{Inclusive: true}}

// Exactly returns the slice of the rows with that prefix.
func Exactly(prefix [][]byte) Slice {
	return Slice{Bound{prefix, true}, Bound{prefix, true}}
}

// RangeTombstone deletes the rows of a slice.
type RangeTombstone struct {
	Slice    Slice
	Deletion Deletion
}

// Order compares clusterings.
type Order []Comparator

// compare compares two clusterings on their common prefix.
func (o Order) compare(a, b [][]byte) int {
	n := min(len(a), len(b), len(o))
	for i := 0; i < n; i++ {
		if c := compareNullable(o[i], a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareNullable sorts null before everything, as a bound may hold one.
func compareNullable(cmp Comparator, a, b []byte) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp(a, b)
}

// startEdge and endEdge say on which side of the rows with a bound's prefix it lies.
func (b Bound) startEdge() int8 {
	if b.Inclusive {
		return -1
	}
	return 1
}

func (b Bound) endEdge() int8 { return -b.startEdge() }

// afterStart says whether the row lies at or after the slice's start.
func (o Order) afterStart(row [][]byte, b Bound) bool {
	c := o.compare(row, b.Prefix)
	return c > 0 || c == 0 && b.Inclusive
}

// beforeEnd says whether the row lies at or before the slice's end.
func (o Order) beforeEnd(row [][]byte, b Bound) bool {
	c := o.compare(row, b.Prefix)
	return c < 0 || c == 0 && b.Inclusive
}

// Contains says whether the slice holds the row.
func (o Order) Contains(s Slice, row [][]byte) bool {
	return o.afterStart(row, s.Start) && o.beforeEnd(row, s.End)
}

// pivot is a bound as a position between rows.
type pivot struct {
	prefix [][]byte
	edge   int8
}

func (o Order) comparePivots(a, b pivot) int {
	if c := o.compare(a.prefix, b.prefix); c != 0 {
		return c
	}
	switch {
	case len(a.prefix) < len(b.prefix):
		return int(a.edge)
	case len(a.prefix) > len(b.prefix):
		return -int(b.edge)
	}
	return int(a.edge) - int(b.edge)
}

// Empty says whether no row can lie in the slice.
func (o Order) Empty(s Slice) bool {
	return o.comparePivots(pivot{s.Start.Prefix, s.Start.startEdge()}, pivot{s.End.Prefix, s.End.endEdge()}) >= 0
}

// covers says whether outer holds every row of inner.
func (o Order) covers(outer, inner Slice) bool {
	return o.comparePivots(pivot{outer.Start.Prefix, outer.Start.startEdge()}, pivot{inner.Start.Prefix, inner.Start.startEdge()}) <= 0 &&
		o.comparePivots(pivot{outer.End.Prefix, outer.End.endEdge()}, pivot{inner.End.Prefix, inner.End.endEdge()}) >= 0
}

// Compare orders slices by where they start, then by where they end.
func (o Order) Compare(a, b Slice) int {
	if c := o.comparePivots(pivot{a.Start.Prefix, a.Start.startEdge()}, pivot{b.Start.Prefix, b.Start.startEdge()}); c != 0 {
		return c
	}
	return o.comparePivots(pivot{a.End.Prefix, a.End.endEdge()}, pivot{b.End.Prefix, b.End.endEdge()})
}

// Normalize sorts slices and joins those that overlap, dropping the empty ones.
func (o Order) Normalize(slices []Slice) []Slice {
	out := make([]Slice, 0, len(slices))
	for _, s := range slices {
		if !o.Empty(s) {
			out = append(out, s)
		}
	}
	sortSlices(o, out)
	merged := out[:0]
	for _, s := range out {
		if n := len(merged); n > 0 {
			last := &merged[n-1]
			lastEnd := pivot{last.End.Prefix, last.End.endEdge()}
			if o.comparePivots(pivot{s.Start.Prefix, s.Start.startEdge()}, lastEnd) <= 0 {
				if o.comparePivots(pivot{s.End.Prefix, s.End.endEdge()}, lastEnd) > 0 {
					last.End = s.End
				}
				continue
			}
		}
		merged = append(merged, s)
	}
	return merged
}
