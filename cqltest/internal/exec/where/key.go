package where

import (
	"math"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// valuesOf evaluates a restriction that names values: one tuple for =, several
// for IN.
func valuesOf(x *server.Execution, r *Restriction) ([][][]byte, error) {
	list := r.in
	switch {
	case r.kind == eqRestriction:
		list = []Tuple{r.Eq}
	case r.inMarker != nil:
		return inList(x, r)
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
func eqValues(x *server.Execution, r *Restriction) ([][][]byte, error) {
	out, err := valuesOf(x, r)
	if err != nil {
		return nil, err
	}
	for _, v := range out {
		for i, b := range v {
			name := r.Cols[i].Name
			switch {
			case b == nil && r.multi && r.kind == inRestriction:
				return nil, protocol.Invalid("Invalid null value in condition for columns: [%s]", ColumnNames(r.Cols))
			case b == nil && r.multi:
				return nil, protocol.Invalid("Invalid null value for column %s", name)
			case b == nil:
				return nil, protocol.Invalid("Invalid null value in condition for column %s", name)
			case types.IsUnset(b):
				return nil, protocol.Invalid("Invalid unset value for column %s", name)
			}
		}
	}
	return out, nil
}

// inList evaluates the marker of IN ?.
func inList(x *server.Execution, r *Restriction) ([][][]byte, error) {
	b, err := x.Eval(r.inMarker)
	if err != nil {
		return nil, err
	}
	switch {
	case b == nil && r.multi:
		return nil, protocol.Invalid("Invalid null value for IN restriction")
	case b == nil:
		return nil, protocol.Invalid("Invalid null value for column %s", r.First().Name)
	case types.IsUnset(b) && r.multi:
		return nil, protocol.Invalid("Invalid unset value for in(%s)", strings.ReplaceAll(ColumnNames(r.Cols), ", ", ","))
	case types.IsUnset(b):
		return nil, protocol.Invalid("Invalid unset value for column %s", r.First().Name)
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
				return nil, protocol.NullPointer(`Cannot invoke "java.nio.ByteBuffer.duplicate()" because "bytes" is null`)
			}
			if out[i], err = types.UnpackTuple(e, len(r.Cols)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// MaxCombined bounds the rows, or partitions, that the IN of several columns can
// name together. Cassandra bounds them by its memory.
const MaxCombined = 250_000

// TooMany refuses more combinations than MaxCombined.
func TooMany(n int64) error {
	return protocol.Invalid("IN names %d combinations of values, more than the %d that cqltest takes: send several statements", n, MaxCombined)
}

// product extends every prefix with every one of the values.
func product(prefixes, values [][][]byte) ([][][]byte, error) {
	if n := int64(len(prefixes)) * int64(len(values)); n > MaxCombined {
		return nil, TooMany(n)
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

// PartitionKeys returns the keys that WHERE names, in the order of their values.
func PartitionKeys(x *server.Execution, w *Restrictions) ([]store.Key, error) {
	keys, err := NamedKeys(x, w)
	if err == nil {
		err = ValidKeys(keys)
	}
	for i := 0; i < len(keys) && err == nil; i++ {
		err = validComponents(w.Table, keys[i])
	}
	return keys, err
}

// ValidKeys refuses keys that no partition can have.
func ValidKeys(keys []store.Key) error {
	for _, k := range keys {
		if len(k.Bytes) == 0 {
			return protocol.Invalid("Key may not be empty")
		}
		if len(k.Bytes) > math.MaxUint16 {
			return keyTooLong(len(k.Bytes))
		}
	}
	return nil
}

// validComponents refuses what a literal in hex makes of a custom type's value, which
// nobody has looked at yet.
func validComponents(t *schema.Table, key store.Key) error {
	if !slices.ContainsFunc(t.Partition, func(c *schema.Column) bool { return c.Type.Kind == types.KindCustom }) {
		return nil
	}
	for i, b := range schema.SplitKey(t, key) {
		if err := t.Partition[i].Type.Validate(b); err != nil {
			return err
		}
	}
	return nil
}

// NamedKeys is partitionKeys without looking at the keys.
func NamedKeys(x *server.Execution, w *Restrictions) ([]store.Key, error) {
	tuples := [][][]byte{{}}
	for _, r := range w.Partition.all() {
		v, err := eqValues(x, r)
		if err != nil {
			return nil, err
		}
		if tuples, err = product(tuples, v); err != nil {
			return nil, err
		}
	}
	if len(tuples) > 1 {
		order := make(store.Order, len(w.Table.Partition))
		for i, c := range w.Table.Partition {
			order[i] = c.Type.Compare
		}
		tuples = sortUnique(tuples, order)
	}
	keys := make([]store.Key, 0, len(tuples))
	for _, t := range tuples {
		if n := Length(t); n > math.MaxUint16 && len(t) > 1 {
			return nil, keyTooLong(n)
		}
		keys = append(keys, w.Table.StoreKey(types.PartitionKey(t)))
	}
	return keys, nil
}

// Clusterings returns the rows that WHERE names, in clustering order.
func Clusterings(x *server.Execution, w *Restrictions) ([][][]byte, error) {
	tuples := [][][]byte{{}}
	for _, r := range w.Clustering.all() {
		v, err := eqValues(x, r)
		if err != nil {
			return nil, err
		}
		if tuples, err = product(tuples, v); err != nil {
			return nil, err
		}
	}
	if len(tuples) > 1 {
		tuples = sortUnique(tuples, w.Table.Order())
	}
	return tuples, nil
}
