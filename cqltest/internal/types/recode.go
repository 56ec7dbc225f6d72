package types

import "slices"

// Recode returns a bound collection of type t the way the server keeps it. It
// reads the elements as Java objects and writes them again: sets and maps come
// out sorted and without duplicates at every depth, and numbers in their only
// proper form. Tuples and UDTs it passes through as bytes, whatever they hold.
func (t *Type) Recode(b []byte) ([]byte, error) {
	elems, err := unpack(b, len(t.Elems))
	if err != nil {
		return nil, err
	}
	for i, e := range elems {
		elem := t.Elems[i%len(t.Elems)]
		switch {
		case e == nil:
		case t.Kind == KindList && len(e) == 0 && elem.EmptyIsNull():
			elems[i] = nil // as an object it is null, which only a list may hold
		default:
			if elems[i], err = elem.recodeElement(e); err != nil {
				return nil, err
			}
		}
	}
	switch t.Kind {
	case KindSet:
		return t.PackSet(elems), nil
	case KindMap:
		return t.PackMap(elems), nil
	}
	return PackList(len(elems), elems), nil
}

// recodeElement recodes what is inside of a collection. Here a Java set or map
// drops duplicates: those with equal bytes, not those that compare as equal.
func (t *Type) recodeElement(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return b, nil
	case t.Kind == KindBoolean:
		return []byte{min(b[0], 1)}, nil
	case t.Kind == KindVarint:
		return trimSign(b), nil
	case t.Kind == KindDecimal && len(b) > 4:
		return EncodeDecimal(DecodeDecimal(b)), nil
	case t.Kind == KindDuration:
		return EncodeDuration(DecodeDuration(b)), nil
	case !t.IsCollection():
		return b, nil
	}
	per := len(t.Elems)
	elems, err := unpack(b, per)
	if err != nil {
		return nil, err
	}
	for i, e := range elems {
		if elems[i], err = t.Elems[i%per].recodeElement(e); err != nil {
			return nil, err
		}
		if elems[i] == nil {
			elems[i] = []byte{} // null is written as the empty value
		}
	}
	if t.Kind == KindList {
		return PackList(len(elems), elems), nil
	}
	var unique [][]byte
	at := map[string]int{}
	for i := 0; i < len(elems); i += per {
		if old, twice := at[string(elems[i])]; twice {
			copy(unique[old+1:old+per], elems[i+1:i+per]) // of equal keys the last value counts
			continue
		}
		at[string(elems[i])] = len(unique)
		unique = append(unique, elems[i:i+per]...)
	}
	if t.Kind == KindSet {
		slices.SortStableFunc(unique, t.Elem().Compare)
		return PackList(len(unique), unique), nil
	}
	pairs := slices.Collect(slices.Chunk(unique, 2))
	slices.SortStableFunc(pairs, func(a, b [][]byte) int { return t.Key().Compare(a[0], b[0]) })
	return PackList(len(pairs), slices.Concat(pairs...)), nil
}
