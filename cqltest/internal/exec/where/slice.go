package where

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Slices returns the ranges of rows that WHERE names, as far as clustering
// order can say them, sorted and without overlap.
func Slices(x *server.Execution, w *Restrictions) ([]store.Slice, error) {
	order := w.Table.Order()
	prefixes := [][][]byte{{}}
	position := 0
	for _, r := range w.Clustering.all() {
		if filtered(r, position) {
			break
		}
		if r.kind == sliceRestriction {
			list, err := ranges(x, r)
			if err != nil {
				return nil, err
			}
			var out []store.Slice
			for _, p := range prefixes {
				for _, s := range list {
					s.Start.Prefix = slices.Concat(p, s.Start.Prefix)
					s.End.Prefix = slices.Concat(p, s.End.Prefix)
					out = append(out, s)
				}
			}
			return order.Normalize(out), nil
		}
		v, err := eqValues(x, r)
		if err != nil {
			return nil, err
		}
		if prefixes, err = product(prefixes, v); err != nil {
			return nil, err
		}
		position = r.last().Position + 1
	}
	if len(prefixes) == 1 && len(prefixes[0]) == 0 {
		return []store.Slice{store.All}, nil
	}
	out := make([]store.Slice, len(prefixes))
	for i, p := range prefixes {
		out[i] = store.Exactly(p)
	}
	return order.Normalize(out), nil
}

// ranges turns a slice restriction into slices in clustering order, relative to
// the columns before it.
func ranges(x *server.Execution, r *Restriction) ([]store.Slice, error) {
	var lo, hi [][]byte
	for _, end := range []struct {
		limit *limit
		into  *[][]byte
	}{{r.start, &lo}, {r.end, &hi}} {
		if end.limit == nil {
			continue
		}
		v, err := end.limit.value.eval(x)
		if err != nil {
			return nil, err
		}
		for i, b := range v {
			if types.IsUnset(b) {
				return nil, protocol.Invalid("Invalid unset value for column %s", r.Cols[i].Name)
			}
			if b == nil && r.multi {
				return nil, protocol.Invalid("Invalid null value in condition for column %s", r.Cols[i].Name)
			}
		}
		if v[0] == nil && x.Server.Opts.Dialect == protocol.Scylla {
			return nil, nil // to which null is comparable to nothing
		}
		*end.into = v
	}
	if len(r.Cols) == 1 || r.bound {
		return []store.Slice{simpleRange(r, lo, hi)}, nil
	}
	return mixedRanges(r, lo, hi), nil
}

func simpleRange(r *Restriction, lo, hi [][]byte) store.Slice {
	s := store.All
	if r.start != nil {
		s.Start = store.Bound{Prefix: lo, Inclusive: r.start.inclusive}
	}
	if r.end != nil {
		s.End = store.Bound{Prefix: hi, Inclusive: r.end.inclusive}
	}
	if r.First().Desc && !r.bound {
		s.Start, s.End = s.End, s.Start
	}
	return s
}

// mixedRanges writes (a, b) > (x, y) as a > x, or a = x and b > y: one slice for
// each column, so that columns may differ in direction.
func mixedRanges(r *Restriction, lo, hi [][]byte) []store.Slice {
	var out []store.Slice
	common := 0
	for common < len(lo) && common < len(hi) && r.Cols[common].Type.Compare(lo[common], hi[common]) == 0 {
		common++
	}
	prefix := func(v [][]byte, n int) [][]byte { return slices.Clone(v[:n]) }
	add := func(eq [][]byte, col int, from, to []byte, fromIn, toIn bool) {
		s := store.Slice{Start: store.Bound{Prefix: eq, Inclusive: true}, End: store.Bound{Prefix: eq, Inclusive: true}}
		if from != nil {
			s.Start = store.Bound{Prefix: append(slices.Clone(eq), from), Inclusive: fromIn}
		}
		if to != nil {
			s.End = store.Bound{Prefix: append(slices.Clone(eq), to), Inclusive: toIn}
		}
		if r.Cols[col].Desc {
			s.Start, s.End = s.End, s.Start
		}
		out = append(out, s)
	}
	loIn, hiIn := r.start != nil && r.start.inclusive, r.end != nil && r.end.inclusive
	if len(lo) > 0 && len(hi) > 0 {
		if common == len(lo) || common == len(hi) {
			return equalPrefixRanges(r, lo, hi, common)
		}
		if r.Cols[common].Type.Compare(lo[common], hi[common]) > 0 {
			return nil
		}
		add(prefix(lo, common), common, lo[common], hi[common], false, false)
		common++
	}
	for i := common; i < len(lo); i++ {
		add(prefix(lo, i), i, lo[i], nil, false, false)
	}
	for i := common; i < len(hi); i++ {
		add(prefix(hi, i), i, nil, hi[i], false, false)
	}
	if loIn && len(lo) > 0 {
		out = append(out, store.Exactly(lo))
	}
	if hiIn && len(hi) > 0 {
		out = append(out, store.Exactly(hi))
	}
	return out
}

// equalPrefixRanges handles bounds of which one is a prefix of the other.
func equalPrefixRanges(r *Restriction, lo, hi [][]byte, common int) []store.Slice {
	loIn, hiIn := r.start.inclusive, r.end.inclusive
	var out []store.Slice
	switch {
	case len(lo) == len(hi):
		if loIn && hiIn {
			out = append(out, store.Exactly(lo))
		}
		return out
	case len(lo) < len(hi): // (a) >= (x) and (a, b) < (x, y)
		if !loIn {
			return nil
		}
		sub := &Restriction{Cols: r.Cols, end: r.end}
		for _, s := range mixedRanges(sub, nil, hi) {
			if len(s.Start.Prefix) > common || len(s.End.Prefix) > common {
				out = append(out, s)
			}
		}
		return out
	default:
		if !hiIn {
			return nil
		}
		sub := &Restriction{Cols: r.Cols, start: r.start}
		for _, s := range mixedRanges(sub, lo, nil) {
			if len(s.Start.Prefix) > common || len(s.End.Prefix) > common {
				out = append(out, s)
			}
		}
		return out
	}
}

// TokenRange evaluates token() restrictions: the range [from, to], and whether
// it can hold anything.
func TokenRange(x *server.Execution, r *Restriction) (from, to int64, ok bool, err error) {
	from, to = math.MinInt64, math.MaxInt64
	if r == nil {
		return from, to, true, nil
	}
	one := func(t *Tuple) (int64, error) {
		v, err := t.eval(x)
		if err != nil {
			return 0, err
		}
		if v[0] == nil || len(v[0]) != 8 {
			if types.IsUnset(v[0]) {
				return 0, protocol.OutOfBounds()
			}
			return 0, protocol.Invalid("Invalid null token value")
		}
		return types.DecodeInteger(v[0]), nil
	}
	if r.kind == eqRestriction {
		n, err := one(&r.Eq)
		return n, n, true, err
	}
	if r.start != nil {
		n, err := one(&r.start.value)
		if err != nil {
			return 0, 0, false, err
		}
		from = n
		if !r.start.inclusive {
			if from == math.MaxInt64 {
				return 0, 0, false, nil
			}
			from++
		}
	}
	if r.end != nil {
		n, err := one(&r.end.value)
		if err != nil {
			return 0, 0, false, err
		}
		// The smallest token is the ring's minimum: as an end it bounds nothing.
		if n != math.MinInt64 {
			to = n
			if !r.end.inclusive {
				to--
			}
		}
	}
	return from, to, from <= to, nil
}
