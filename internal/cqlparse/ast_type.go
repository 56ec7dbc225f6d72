package cqlparse

import "strconv"

// TypeKind tells the forms of a [Type] apart.
type TypeKind int

// The forms of a type.
const (
	NativeType TypeKind = iota // text, int, …: Name
	ListType                   // list<Params[0]>
	SetType                    // set<Params[0]>
	MapType                    // map<Params[0], Params[1]>
	TupleType                  // tuple<Params…>
	VectorType                 // vector<Params[0], Dimension>
	FrozenType                 // frozen<Params[0]>
	UserType                   // Name, possibly with its keyspace
	CustomType                 // 'a.java.Class': Class
)

// Type is a CQL type as written. Whether a user type exists, or a collection
// has to be frozen, is for the server to say.
type Type struct {
	Pos
	Kind      TypeKind
	Name      QualifiedName // NativeType (canonical, lower case) and UserType
	Params    []*Type
	Dimension int    // VectorType
	Class     string // CustomType
}

// String returns the type as CQL, in the spelling of the schema tables:
// map<text, frozen<list<int>>>.
func (t *Type) String() string {
	switch t.Kind {
	case NativeType:
		return t.Name.Name.Name
	case UserType:
		return t.Name.String()
	case CustomType:
		return QuoteString(t.Class)
	}
	s := typeWords[t.Kind] + "<"
	for i, p := range t.Params {
		if i > 0 {
			s += ", "
		}
		s += p.String()
	}
	if t.Kind == VectorType {
		s += ", " + strconv.Itoa(t.Dimension)
	}
	return s + ">"
}

var typeWords = map[TypeKind]string{
	ListType: "list", SetType: "set", MapType: "map", TupleType: "tuple",
	VectorType: "vector", FrozenType: "frozen",
}
