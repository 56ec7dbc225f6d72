package types

import (
	"slices"
	"strings"
)

// Type is a CQL data type. Types are immutable and compared with [Type.Equal];
// the native ones are also package variables.
//
// Sorting direction is not part of a type: the table keeps it.
type Type struct {
	Kind Kind
	// Elems holds the element type of a list, set or vector, the key and value
	// types of a map, and the component or field types of a tuple, UDT or composite.
	Elems []*Type
	// Frozen is meaningful for lists, sets, maps and UDTs. Tuples and vectors
	// are always stored whole.
	Frozen bool
	// Keyspace, Name and Fields describe a UDT.
	Keyspace, Name string
	Fields         []string
	// Dim is the dimension of a vector.
	Dim int
	// Class is the Java class name of a custom type.
	Class string
}

// The native types.
var (
	ASCII     = &Type{Kind: KindASCII}
	Bigint    = &Type{Kind: KindBigint}
	Blob      = &Type{Kind: KindBlob}
	Boolean   = &Type{Kind: KindBoolean}
	Counter   = &Type{Kind: KindCounter}
	Date      = &Type{Kind: KindDate}
	Decimal   = &Type{Kind: KindDecimal}
	Double    = &Type{Kind: KindDouble}
	Duration  = &Type{Kind: KindDuration}
	Empty     = &Type{Kind: KindEmpty}
	Float     = &Type{Kind: KindFloat}
	Inet      = &Type{Kind: KindInet}
	Int       = &Type{Kind: KindInt}
	Smallint  = &Type{Kind: KindSmallint}
	Text      = &Type{Kind: KindText}
	Time      = &Type{Kind: KindTime}
	Timestamp = &Type{Kind: KindTimestamp}
	TimeUUID  = &Type{Kind: KindTimeUUID}
	Tinyint   = &Type{Kind: KindTinyint}
	UUID      = &Type{Kind: KindUUID}
	Varint    = &Type{Kind: KindVarint}
)

// List returns list<elem>, frozen or not.
func List(elem *Type, frozen bool) *Type {
	return &Type{Kind: KindList, Elems: []*Type{elem}, Frozen: frozen}
}

// Set returns set<elem>, frozen or not.
func Set(elem *Type, frozen bool) *Type {
	return &Type{Kind: KindSet, Elems: []*Type{elem}, Frozen: frozen}
}

// Map returns map<key, value>, frozen or not.
func Map(key, value *Type, frozen bool) *Type {
	return &Type{Kind: KindMap, Elems: []*Type{key, value}, Frozen: frozen}
}

// Tuple returns tuple<elems...>.
func Tuple(elems ...*Type) *Type {
	return &Type{Kind: KindTuple, Elems: elems, Frozen: true}
}

// Vector returns vector<elem, dim>.
func Vector(elem *Type, dim int) *Type {
	return &Type{Kind: KindVector, Elems: []*Type{elem}, Dim: dim, Frozen: true}
}

// UDT returns the user-defined type keyspace.name. Fields and elems are
// parallel.
func UDT(keyspace, name string, fields []string, elems []*Type, frozen bool) *Type {
	return &Type{Kind: KindUDT, Keyspace: keyspace, Name: name, Fields: fields, Elems: elems, Frozen: frozen}
}

// Custom returns the custom type of a Java class. Its values are opaque bytes.
func Custom(class string) *Type {
	return &Type{Kind: KindCustom, Class: class}
}

// Composite returns the type of several values in one, as tables of before CQL
// have it: a custom type that orders by its components.
func Composite(components ...*Type) *Type {
	names := make([]string, len(components))
	for i, c := range components {
		names[i] = c.ClassName()
	}
	return &Type{Kind: KindCustom, Class: marshalPackage + composite + "(" + strings.Join(names, ",") + ")", Elems: components}
}

// IsComposite says whether t was made by [Composite].
func (t *Type) IsComposite() bool {
	return t.Kind == KindCustom && strings.HasPrefix(t.Class, marshalPackage+composite+"(")
}

// Equal says whether t and o are the same type, the frozen flag included.
func (t *Type) Equal(o *Type) bool {
	return t.equal(o, false)
}

// EqualIgnoringFrozen says whether t and o differ at most in what is frozen.
func (t *Type) EqualIgnoringFrozen(o *Type) bool {
	return t.equal(o, true)
}

func (t *Type) equal(o *Type, ignoreFrozen bool) bool {
	if t == o {
		return true
	}
	if t == nil || o == nil || t.Kind != o.Kind || len(t.Elems) != len(o.Elems) {
		return false
	}
	if !ignoreFrozen && t.Frozen != o.Frozen {
		return false
	}
	if t.Dim != o.Dim || t.Class != o.Class || t.Keyspace != o.Keyspace || t.Name != o.Name || len(t.Fields) != len(o.Fields) {
		return false
	}
	for i, f := range t.Fields {
		if f != o.Fields[i] {
			return false
		}
	}
	for i, e := range t.Elems {
		if !e.equal(o.Elems[i], ignoreFrozen) {
			return false
		}
	}
	return true
}

// IsCollection says whether t is a list, set or map.
func (t *Type) IsCollection() bool {
	return t.Kind == KindList || t.Kind == KindSet || t.Kind == KindMap
}

// IsMultiCell says whether a column of type t is stored as one cell an element
// or field: a collection or UDT that is not frozen.
func (t *Type) IsMultiCell() bool {
	return !t.Frozen && (t.IsCollection() || t.Kind == KindUDT)
}

// IsCounter says whether t is counter.
func (t *Type) IsCounter() bool { return t.Kind == KindCounter }

// IsNumeric says whether t is one of the number types, counter included.
func (t *Type) IsNumeric() bool {
	switch t.Kind {
	case KindTinyint, KindSmallint, KindInt, KindBigint, KindCounter, KindVarint, KindFloat, KindDouble, KindDecimal:
		return true
	}
	return false
}

// IsText says whether t is ascii or text.
func (t *Type) IsText() bool { return t.Kind == KindASCII || t.Kind == KindText }

// Elem returns the element type of a list, set or vector.
func (t *Type) Elem() *Type { return t.Elems[0] }

// Key returns the key type of a map.
func (t *Type) Key() *Type { return t.Elems[0] }

// Value returns the value type of a map.
func (t *Type) Value() *Type { return t.Elems[1] }

// FieldIndex returns the position of the UDT field called name, or -1.
func (t *Type) FieldIndex(name string) int {
	for i, f := range t.Fields {
		if f == name {
			return i
		}
	}
	return -1
}

// Freeze returns t with it and everything inside frozen.
func (t *Type) Freeze() *Type {
	if t.allFrozen() {
		return t
	}
	c := *t
	c.Frozen = true
	c.Elems = freezeAll(t.Elems)
	return &c
}

func (t *Type) allFrozen() bool {
	if t.IsMultiCell() {
		return false
	}
	for _, e := range t.Elems {
		if !e.allFrozen() {
			return false
		}
	}
	return true
}

func freezeAll(ts []*Type) []*Type {
	out := make([]*Type, len(ts))
	for i, e := range ts {
		out[i] = e.Freeze()
	}
	return out
}

// References says whether t is, or contains, the UDT keyspace.name.
func (t *Type) References(keyspace, name string) bool {
	if t.Kind == KindUDT && t.Keyspace == keyspace && t.Name == name {
		return true
	}
	for _, e := range t.Elems {
		if e.References(keyspace, name) {
			return true
		}
	}
	return false
}

// Contains says whether the type is of a kind, or has a part that is.
func (t *Type) Contains(kind Kind) bool {
	return t.Kind == kind || slices.ContainsFunc(t.Elems, func(e *Type) bool { return e.Contains(kind) })
}

// Column says where a value goes: a column, or an argument of a function. Name
// and type appear in error messages; the type rules the conversion.
type Column struct {
	Keyspace, Table, Name string
	Type                  *Type
}
