package codec

import "bytes"

// What a column holds, as the server sees it.

// EmptyIsNull reports whether the cell is an empty collection that the server stores as null: of a
// collection that is not frozen it keeps the elements alone.
func (t *Type) EmptyIsNull(cell []byte) bool {
	switch t.Kind {
	case List, Set, Map:
		n, _, err := count(cell, 0)
		return !t.Frozen && err == nil && n == 0
	}
	return false
}

// StoredAsNull reports whether a row cannot tell the cell from null: an empty collection
// or a user-defined type of nulls that is not frozen.
func (t *Type) StoredAsNull(cell []byte) bool {
	if t.Kind == UDT && !t.Frozen {
		return len(bytes.TrimLeft(cell, "\xff")) == 0 // a field's length of -1 is null
	}
	return t.EmptyIsNull(cell)
}

// Elements cuts a collection's cell into its values, of which an entry has step: 2 of a map, a key and its value.
func Elements(cell []byte, step int) (elems [][]byte, ok bool) {
	n, rest, err := count(cell, 4*step)
	for range n * step {
		var elem []byte
		if elem, rest, err = next(rest); err != nil {
			return nil, false
		}
		elems = append(elems, elem)
	}
	return elems, err == nil
}

// ComparedAsKey reports whether two values of the type come out the same, equal or not and, if ordered,
// one before the other, when the server compares them as if they were of type key. Cassandra, 5.0 included,
// evaluates `IF m[k] <op> value` so, with the comparator of the map's keys: with uuid keys, say, any two
// values that are no uuids are equal, so that the condition holds whatever the value is.
func (t *Type) ComparedAsKey(key *Type, ordered bool) bool {
	as, own := key.order(), t.order()
	if as == orderOfType {
		return key.Kind == t.Kind && key.Equal(t)
	}
	return !ordered || as == own // both orders tell any two values apart
}

// order is how Cassandra compares the cells of a type.
type order uint8

const (
	orderOfType order = iota // in a way that makes no sense of other types' cells
	orderBytes               // as unsigned bytes
	orderSigned              // as unsigned bytes after a signed one
)

func (t *Type) order() order {
	switch t.Kind {
	case ASCII, Text, Blob, Inet, Date, Time:
		return orderBytes
	case SmallInt, Int, BigInt, Timestamp:
		return orderSigned
	}
	return orderOfType
}
