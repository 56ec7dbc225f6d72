package codec

// cellKind maps the kinds whose cells are alike to one of them.
func cellKind(k Kind) Kind {
	switch k {
	case ASCII:
		return Text
	case TimeUUID:
		return UUID
	case Counter:
		return BigInt
	}
	return k
}

// Same reports whether a codec that was compiled for t reads and writes cells of type o. Two types
// are the same if their cells have the same bytes and the same meaning: text, varchar and ascii;
// uuid and timeuuid; bigint and counter. User-defined types must have the same name, and the same
// fields in the same order.
func (t *Type) Same(o *Type) bool {
	if t == nil || o == nil {
		return t == o
	}
	if cellKind(t.Kind) != cellKind(o.Kind) || t.Name != o.Name || t.Len != o.Len ||
		len(t.Elems) != len(o.Elems) || len(t.Fields) != len(o.Fields) || !t.Key.Same(o.Key) || !t.Elem.Same(o.Elem) {
		return false
	}
	for i, e := range t.Elems {
		if !e.Same(o.Elems[i]) {
			return false
		}
	}
	for i, f := range t.Fields {
		if f.Name != o.Fields[i].Name || !f.Type.Same(o.Fields[i].Type) {
			return false
		}
	}
	return true
}
