package types

// Assignability says how well a value fits a receiver.
type Assignability int

// The degrees of fit.
const (
	NotAssignable Assignability = iota
	WeaklyAssignable
	ExactMatch
)

// AssignableTo says whether values of t can be used for receiver: exactly
// because it is the same type, or weakly because its values mean something
// there, as those of any type do in a blob.
func (t *Type) AssignableTo(receiver *Type) Assignability {
	if (t.IsCollection() || t.Kind == KindUDT) && t.Frozen {
		t, receiver = t.Freeze(), receiver.Freeze()
	}
	switch {
	case t.Equal(receiver):
		return ExactMatch
	case receiver.accepts(t):
		return WeaklyAssignable
	}
	return NotAssignable
}

// accepts says whether every value of o is a value of t.
func (t *Type) accepts(o *Type) bool {
	if t.Equal(o) {
		return true
	}
	switch t.Kind {
	case KindBlob:
		return true
	case KindText:
		return o.Kind == KindASCII
	case KindBigint:
		return o.Kind == KindTimestamp
	case KindTimestamp:
		return o.Kind == KindBigint
	case KindVarint:
		return o.Kind == KindInt || o.Kind == KindBigint || o.Kind == KindTimestamp
	case KindDate:
		return o.Kind == KindInt
	case KindTime:
		return o.Kind == KindBigint
	case KindUUID:
		return o.Kind == KindTimeUUID
	}
	if t.Kind != o.Kind && !(t.Kind == KindTuple && o.Kind == KindUDT) || t.IsMultiCell() != o.IsMultiCell() {
		return false
	}
	switch t.Kind {
	case KindList, KindSet:
		return !t.IsMultiCell() && t.Elem().accepts(o.Elem())
	case KindMap:
		return !t.IsMultiCell() && t.Key().extends(o.Key()) && t.Value().accepts(o.Value())
	case KindTuple:
		return componentsFit(t, o, (*Type).accepts)
	case KindUDT:
		return t.Keyspace == o.Keyspace && componentsFit(t, o, (*Type).extends)
	}
	return false
}

// extends says whether t could take the place of o as a column's type, so that
// values keep their order as well.
func (t *Type) extends(o *Type) bool {
	if t.Equal(o) {
		return true
	}
	switch t.Kind {
	case KindBlob:
		return o.IsText()
	case KindText:
		return o.Kind == KindASCII
	case KindTuple, KindUDT:
		return (o.Kind == KindTuple || o.Kind == KindUDT) && componentsFit(t, o, (*Type).extends)
	}
	return false
}

func componentsFit(t, o *Type, fit func(t, o *Type) bool) bool {
	if len(t.Elems) < len(o.Elems) {
		return false
	}
	for i, e := range o.Elems {
		if !fit(t.Elems[i], e) {
			return false
		}
	}
	return true
}

// ValueFits says how well values of t fit receiver, taking the frozen flags as
// they are: exactly if the types are equal, weakly if receiver's values include
// those of t.
func (t *Type) ValueFits(receiver *Type) Assignability {
	switch {
	case t.Equal(receiver):
		return ExactMatch
	case receiver.accepts(t):
		return WeaklyAssignable
	}
	return NotAssignable
}
