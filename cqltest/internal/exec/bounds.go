package exec

import (
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// values evaluates a restriction that names values: one tuple for =, several
// for IN.
func (x *execution) values(r *restriction) ([][][]byte, error) {
	list := r.in
	switch {
	case r.kind == eqRestriction:
		list = []tuple{r.eq}
	case r.inMarker != nil:
		return x.inList(r)
	}
	var out [][][]byte
	for _, t := range list {
		v, err := t.eval(x)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// eqValues is values for a key, which cannot be null.
func (x *execution) eqValues(r *restriction) ([][][]byte, error) {
	out, err := x.values(r)
	if err != nil {
		return nil, err
	}
	for _, v := range out {
		for i, b := range v {
			name := r.cols[i].name
			switch {
			case b == nil && r.multi && r.kind == inRestriction:
				return nil, invalid("Invalid null value in condition for columns: [%s]", columnNames(r.cols))
			case b == nil && r.multi:
				return nil, invalid("Invalid null value for column %s", name)
			case b == nil:
				return nil, invalid("Invalid null value in condition for column %s", name)
			case types.IsUnset(b):
				return nil, invalid("Invalid unset value for column %s", name)
			}
		}
	}
	return out, nil
}

// inList evaluates the marker of IN ?.
func (x *execution) inList(r *restriction) ([][][]byte, error) {
	b, err := x.eval(r.inMarker)
	if err != nil {
		return nil, err
	}
	switch {
	case b == nil && r.multi:
		return nil, invalid("Invalid null value for IN restriction")
	case b == nil:
		return nil, invalid("Invalid null value for column %s", r.first().name)
	case types.IsUnset(b) && r.multi:
		return nil, invalid("Invalid unset value for in(%s)", strings.ReplaceAll(columnNames(r.cols), ", ", ","))
	case types.IsUnset(b):
		return nil, invalid("Invalid unset value for column %s", r.first().name)
	}
	elems, err := types.UnpackList(b)
	if err != nil {
		return nil, err
	}
	out := make([][][]byte, len(elems))
	for i, e := range elems {
		out[i] = [][]byte{e}
		if r.multi {
			if e == nil {
				return nil, nullPointer(`Cannot invoke "java.nio.ByteBuffer.duplicate()" because "bytes" is null`)
			}
			if out[i], err = types.UnpackTuple(e, len(r.cols)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// maxCombined bounds the rows, or partitions, that the IN of several columns can
// name together. Cassandra bounds them by its memory.
const maxCombined = 250_000

func tooMany(n int64) error {
	return invalid("IN names %d combinations of values, more than the %d that cqltest takes: send several statements", n, maxCombined)
}

// product extends every prefix with every one of the values.
func product(prefixes, values [][][]byte) ([][][]byte, error) {
	if n := int64(len(prefixes)) * int64(len(values)); n > maxCombined {
		return nil, tooMany(n)
	}
	out := make([][][]byte, 0, len(prefixes)*len(values))
	for _, p := range prefixes {
		for _, v := range values {
			out = append(out, slices.Concat(p, v))
		}
	}
	return out, nil
}

// sortUnique sorts tuples and drops duplicates.
func sortUnique(tuples [][][]byte, order store.Order) [][][]byte {
	cmp := func(a, b [][]byte) int {
		for i := range a {
			if c := order[i](a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	}
	slices.SortStableFunc(tuples, cmp)
	return slices.CompactFunc(tuples, func(a, b [][]byte) bool { return cmp(a, b) == 0 })
}

// partitionKeys returns the keys that WHERE names, in the order of their values.
func (x *execution) partitionKeys(w *restrictions) ([]store.Key, error) {
	keys, err := x.namedKeys(w)
	if err == nil {
		err = validKeys(keys)
	}
	return keys, err
}

// validKeys refuses keys that no partition can have.
func validKeys(keys []store.Key) error {
	for _, k := range keys {
		if len(k.Bytes) == 0 {
			return invalid("Key may not be empty")
		}
		if len(k.Bytes) > math.MaxUint16 {
			return keyTooLong(len(k.Bytes))
		}
	}
	return nil
}

// namedKeys is partitionKeys without looking at the keys.
func (x *execution) namedKeys(w *restrictions) ([]store.Key, error) {
	tuples := [][][]byte{{}}
	for _, r := range w.partition.all() {
		v, err := x.eqValues(r)
		if err != nil {
			return nil, err
		}
		if tuples, err = product(tuples, v); err != nil {
			return nil, err
		}
	}
	if len(tuples) > 1 {
		order := make(store.Order, len(w.table.partition))
		for i, c := range w.table.partition {
			order[i] = c.typ.Compare
		}
		tuples = sortUnique(tuples, order)
	}
	keys := make([]store.Key, 0, len(tuples))
	for _, t := range tuples {
		if n := length(t); n > math.MaxUint16 && len(t) > 1 {
			return nil, keyTooLong(n)
		}
		keys = append(keys, w.table.storeKey(types.PartitionKey(t)))
	}
	return keys, nil
}

// storeKey names a partition. Virtual tables are sorted by key, not by token.
func (t *table) storeKey(raw []byte) store.Key {
	if t.virtual {
		return store.Key{Bytes: string(raw)}
	}
	return store.Key{Token: types.Token(raw), Bytes: string(raw)}
}

// clusterings returns the rows that WHERE names, in clustering order.
func (x *execution) clusterings(w *restrictions) ([][][]byte, error) {
	tuples := [][][]byte{{}}
	for _, r := range w.clustering.all() {
		v, err := x.eqValues(r)
		if err != nil {
			return nil, err
		}
		if tuples, err = product(tuples, v); err != nil {
			return nil, err
		}
	}
	if len(tuples) > 1 {
		tuples = sortUnique(tuples, w.table.order())
	}
	return tuples, nil
}

// slices returns the ranges of rows that WHERE names, as far as clustering
// order can say them, sorted and without overlap.
func (x *execution) slices(w *restrictions) ([]store.Slice, error) {
	order := w.table.order()
	prefixes := [][][]byte{{}}
	position := 0
	for _, r := range w.clustering.all() {
		if filtered(r, position) {
			break
		}
		if r.kind == sliceRestriction {
			list, err := x.ranges(r)
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
		v, err := x.eqValues(r)
		if err != nil {
			return nil, err
		}
		if prefixes, err = product(prefixes, v); err != nil {
			return nil, err
		}
		position = r.last().position + 1
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
func (x *execution) ranges(r *restriction) ([]store.Slice, error) {
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
				return nil, invalid("Invalid unset value for column %s", r.cols[i].name)
			}
			if b == nil && r.multi {
				return nil, invalid("Invalid null value in condition for column %s", r.cols[i].name)
			}
		}
		if v[0] == nil && x.server.opts.Dialect == Scylla {
			return nil, nil // to which null is comparable to nothing
		}
		*end.into = v
	}
	if len(r.cols) == 1 || r.bound {
		return []store.Slice{simpleRange(r, lo, hi)}, nil
	}
	return mixedRanges(r, lo, hi), nil
}

func simpleRange(r *restriction, lo, hi [][]byte) store.Slice {
	s := store.All
	if r.start != nil {
		s.Start = store.Bound{Prefix: lo, Inclusive: r.start.inclusive}
	}
	if r.end != nil {
		s.End = store.Bound{Prefix: hi, Inclusive: r.end.inclusive}
	}
	if r.first().desc && !r.bound {
		s.Start, s.End = s.End, s.Start
	}
	return s
}

// mixedRanges writes (a, b) > (x, y) as a > x, or a = x and b > y: one slice for
// each column, so that columns may differ in direction.
func mixedRanges(r *restriction, lo, hi [][]byte) []store.Slice {
	var out []store.Slice
	common := 0
	for common < len(lo) && common < len(hi) && r.cols[common].typ.Compare(lo[common], hi[common]) == 0 {
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
		if r.cols[col].desc {
			s.Start, s.End = s.End, s.Start
		}
		out = append(out, s)
	}
	loIn, hiIn := r.start != nil && r.start.inclusive, r.end != nil && r.end.inclusive
	if len(lo) > 0 && len(hi) > 0 {
		if common == len(lo) || common == len(hi) {
			return equalPrefixRanges(r, lo, hi, common)
		}
		if r.cols[common].typ.Compare(lo[common], hi[common]) > 0 {
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
func equalPrefixRanges(r *restriction, lo, hi [][]byte, common int) []store.Slice {
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
		sub := &restriction{cols: r.cols, end: r.end}
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
		sub := &restriction{cols: r.cols, start: r.start}
		for _, s := range mixedRanges(sub, lo, nil) {
			if len(s.Start.Prefix) > common || len(s.End.Prefix) > common {
				out = append(out, s)
			}
		}
		return out
	}
}

// tokenRange evaluates token() restrictions: the range [from, to], and whether
// it can hold anything.
func (x *execution) tokenRange(r *restriction) (from, to int64, ok bool, err error) {
	from, to = math.MinInt64, math.MaxInt64
	if r == nil {
		return from, to, true, nil
	}
	one := func(t *tuple) (int64, error) {
		v, err := t.eval(x)
		if err != nil {
			return 0, err
		}
		if v[0] == nil || len(v[0]) != 8 {
			if types.IsUnset(v[0]) {
				return 0, outOfBounds()
			}
			return 0, invalid("Invalid null token value")
		}
		return types.DecodeInteger(v[0]), nil
	}
	if r.kind == eqRestriction {
		n, err := one(&r.eq)
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

// sortColumns sorts columns the way they stand in the table.
func sortColumns(cols []*column) {
	sort.Slice(cols, func(i, j int) bool { return cols[i].index < cols[j].index })
}
