package apache

import (
	"fmt"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

var kindOfType = [...]codec.Kind{
	gocql.TypeAscii: codec.ASCII, gocql.TypeBigInt: codec.BigInt, gocql.TypeBlob: codec.Blob, gocql.TypeBoolean: codec.Boolean,
	gocql.TypeCounter: codec.Counter, gocql.TypeDate: codec.Date, gocql.TypeDecimal: codec.Decimal, gocql.TypeDouble: codec.Double,
	gocql.TypeDuration: codec.Duration, gocql.TypeFloat: codec.Float, gocql.TypeInet: codec.Inet, gocql.TypeInt: codec.Int,
	gocql.TypeSmallInt: codec.SmallInt, gocql.TypeText: codec.Text, gocql.TypeTime: codec.Time, gocql.TypeTimestamp: codec.Timestamp,
	gocql.TypeTimeUUID: codec.TimeUUID, gocql.TypeTinyInt: codec.TinyInt, gocql.TypeUUID: codec.UUID, gocql.TypeVarchar: codec.Text,
	gocql.TypeVarint: codec.Varint,
}

// nativeKind is the kind of a native type; Invalid of another.
func nativeKind(t gocql.Type) codec.Kind {
	if t < 0 || int(t) >= len(kindOfType) {
		return codec.Invalid
	}
	return kindOfType[t]
}

// maxDepth bounds the nesting of a type.
const maxDepth = 32

// typeOf is the type that the server reports. Whether it is frozen does not travel. The driver keeps no class of a
// custom type, except for vectors.
func typeOf(info gocql.TypeInfo) (*codec.Type, error) { return nestedType(info, 0) }

func nestedType(info gocql.TypeInfo, depth int) (t *codec.Type, err error) {
	if info == nil || depth > maxDepth {
		return nil, &codec.Error{Reason: "the server's type is missing or nested too deep"}
	}
	child := func(i gocql.TypeInfo) *codec.Type {
		c, e := nestedType(i, depth+1)
		if e != nil {
			err = e
		}
		return c
	}
	switch i := info.(type) {
	case gocql.CollectionType:
		switch i.Type() {
		case gocql.TypeList:
			t = &codec.Type{Kind: codec.List, Elem: child(i.Elem)}
		case gocql.TypeSet:
			t = &codec.Type{Kind: codec.Set, Elem: child(i.Elem)}
		case gocql.TypeMap:
			t = &codec.Type{Kind: codec.Map, Key: child(i.Key), Elem: child(i.Elem)}
		}
	case gocql.TupleTypeInfo:
		t = &codec.Type{Kind: codec.Tuple, Elems: make([]*codec.Type, len(i.Elems))}
		for n, e := range i.Elems {
			t.Elems[n] = child(e)
		}
	case gocql.UDTTypeInfo:
		t = &codec.Type{Kind: codec.UDT, Name: i.Name, Fields: make([]codec.Field, len(i.Elements))}
		for n, e := range i.Elements {
			t.Fields[n] = codec.Field{Name: e.Name, Type: child(e.Type)}
		}
	case gocql.VectorType:
		t = &codec.Type{Kind: codec.Vector, Len: i.Dimensions, Elem: child(i.SubType)}
	default:
		if info.Type() == gocql.TypeCustom {
			t = &codec.Type{Kind: codec.Custom, Name: fmt.Sprintf("%T", info)}
		} else if k := nativeKind(info.Type()); k != codec.Invalid {
			t = codec.Native(k)
		}
	}
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, &codec.Error{Reason: fmt.Sprintf("the server's type %s is not known", fmt.Sprint(info.Type()))}
	}
	return t, nil
}

// same is codec.Type.Same of the server's type, without making a codec.Type of it. It does not allocate. Where it
// is false, compile a codec for what typeOf returns: it fits the fields of user-defined types by name.
func same(t *codec.Type, info gocql.TypeInfo) bool {
	if t == nil || info == nil {
		return false
	}
	switch i := info.(type) {
	case gocql.CollectionType:
		switch i.Type() {
		case gocql.TypeList:
			return t.Kind == codec.List && same(t.Elem, i.Elem)
		case gocql.TypeSet:
			return t.Kind == codec.Set && same(t.Elem, i.Elem)
		}
		return t.Kind == codec.Map && same(t.Key, i.Key) && same(t.Elem, i.Elem)
	case gocql.TupleTypeInfo:
		if t.Kind != codec.Tuple || len(t.Elems) != len(i.Elems) {
			return false
		}
		for n, e := range i.Elems {
			if !same(t.Elems[n], e) {
				return false
			}
		}
		return true
	case gocql.UDTTypeInfo:
		if t.Kind != codec.UDT || t.Name != i.Name || t.Fields == nil || len(t.Fields) != len(i.Elements) {
			return false
		}
		for n := range i.Elements {
			if e := &i.Elements[n]; t.Fields[n].Name != e.Name || !same(t.Fields[n].Type, e.Type) {
				return false
			}
		}
		return true
	case gocql.VectorType:
		return t.Kind == codec.Vector && t.Len == i.Dimensions && same(t.Elem, i.SubType)
	}
	if info.Type() == gocql.TypeCustom {
		return t.Kind == codec.Custom
	}
	k := nativeKind(info.Type())
	return k != codec.Invalid && t.Same(codec.Native(k))
}

// sameElements reports whether info is a list of that type.
func sameElements(elem *codec.Type, info gocql.TypeInfo) bool {
	list, ok := info.(gocql.CollectionType)
	return ok && list.Type() == gocql.TypeList && same(elem, list.Elem)
}

const marshal = "org.apache.cassandra.db.marshal."

// The collections of ints: the driver has no way to make another one but to change the elements.
var (
	listInfo = gocql.NewNativeType(4, gocql.TypeCustom, marshal+"ListType("+marshal+"Int32Type)").(gocql.CollectionType)
	setInfo  = gocql.NewNativeType(4, gocql.TypeCustom, marshal+"SetType("+marshal+"Int32Type)").(gocql.CollectionType)
	mapInfo  = gocql.NewNativeType(4, gocql.TypeCustom, marshal+"MapType("+marshal+"Int32Type,"+marshal+"Int32Type)").(gocql.CollectionType)
)

// typeOfKind are the native types.
var typeOfKind = func() map[codec.Kind]gocql.Type {
	types := map[codec.Kind]gocql.Type{}
	for t, k := range kindOfType {
		types[k] = gocql.Type(t)
	}
	types[codec.Text] = gocql.TypeVarchar // the wire knows no text
	return types
}()

// infoOf is the type as the driver describes it to Marshalers.
func infoOf(t *codec.Type) gocql.TypeInfo {
	if t == nil {
		return unknown("")
	}
	switch t.Kind {
	case codec.List:
		return collection(listInfo, nil, t.Elem)
	case codec.Set:
		return collection(setInfo, nil, t.Elem)
	case codec.Map:
		return collection(mapInfo, t.Key, t.Elem)
	case codec.Tuple:
		var info gocql.TupleTypeInfo
		for _, e := range t.Elems {
			info.Elems = append(info.Elems, infoOf(e))
		}
		return info
	case codec.UDT:
		info := gocql.UDTTypeInfo{Name: t.Name}
		for _, f := range t.Fields {
			info.Elements = append(info.Elements, gocql.UDTField{Name: f.Name, Type: infoOf(f.Type)})
		}
		return info
	case codec.Vector:
		return gocql.VectorType{SubType: infoOf(t.Elem), Dimensions: t.Len}
	case codec.Custom:
		return custom(t.Class())
	}
	return gocql.NewNativeType(4, typeOfKind[t.Kind], "")
}

func collection(info gocql.CollectionType, key, elem *codec.Type) gocql.TypeInfo {
	if key != nil {
		info.Key = infoOf(key)
	}
	info.Elem = infoOf(elem)
	return info
}

// custom is the type that a program has registered for a class.
func custom(class string) (info gocql.TypeInfo) {
	defer func() {
		if recover() != nil { // it has registered none
			info = unknown(class)
		}
	}()
	return gocql.NewNativeType(4, gocql.TypeCustom, class)
}

// unknown is a custom type of that class.
type unknown string

func (unknown) Type() gocql.Type { return gocql.TypeCustom }
func (unknown) Zero() any        { return nil }

func (u unknown) Marshal(any) ([]byte, error) {
	return nil, fmt.Errorf("the driver knows no type %s", string(u))
}
func (u unknown) Unmarshal([]byte, any) error {
	return fmt.Errorf("the driver knows no type %s", string(u))
}

// described is what the driver knows of a keyspace.
type described struct{ of *gocql.KeyspaceMetadata }

func (d *described) EachColumn(f func(table, column, typ string)) {
	for _, table := range d.of.Tables {
		for _, c := range table.Columns {
			f(table.Name, c.Name, c.Validator)
		}
	}
}

func (d *described) UserTypes() (all []driver.UserType) {
	for _, t := range d.of.UserTypes {
		all = append(all, driver.UserType{Name: t.Name, Fields: t.FieldNames, Text: fmt.Sprint(t.FieldNames, t.FieldTypes),
			Same: func(i int, declared *codec.Type) bool { return same(declared, t.FieldTypes[i]) }})
	}
	return all
}
