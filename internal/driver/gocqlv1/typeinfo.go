package gocqlv1

import (
	"fmt"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
)

var kindOfType = [...]codec.Kind{
	gocql.TypeAscii: codec.ASCII, gocql.TypeBigInt: codec.BigInt, gocql.TypeBlob: codec.Blob, gocql.TypeBoolean: codec.Boolean,
	gocql.TypeCounter: codec.Counter, gocql.TypeDate: codec.Date, gocql.TypeDecimal: codec.Decimal, gocql.TypeDouble: codec.Double,
	gocql.TypeDuration: codec.Duration, gocql.TypeFloat: codec.Float, gocql.TypeInet: codec.Inet, gocql.TypeInt: codec.Int,
	gocql.TypeSmallInt: codec.SmallInt, gocql.TypeText: codec.Text, gocql.TypeTime: codec.Time, gocql.TypeTimestamp: codec.Timestamp,
	gocql.TypeTimeUUID: codec.TimeUUID, gocql.TypeTinyInt: codec.TinyInt, gocql.TypeUUID: codec.UUID, gocql.TypeVarchar: codec.Text,
	gocql.TypeVarint: codec.Varint,
}

var typeOfKind = func() (ts [codec.Custom + 1]gocql.Type) {
	for t, k := range kindOfType {
		ts[k] = gocql.Type(t)
	}
	ts[codec.Text] = gocql.TypeVarchar // the wire knows no text
	ts[codec.List], ts[codec.Set], ts[codec.Map] = gocql.TypeList, gocql.TypeSet, gocql.TypeMap
	ts[codec.Tuple], ts[codec.UDT] = gocql.TypeTuple, gocql.TypeUDT
	return
}()

// nativeKind is the kind of a native type; Invalid of another.
func nativeKind(t gocql.Type) codec.Kind {
	if t < 0 || int(t) >= len(kindOfType) {
		return codec.Invalid
	}
	return kindOfType[t]
}

// maxDepth bounds the nesting of a type.
const maxDepth = 32

// typeOf is the type that the server reports. Whether it is frozen does not travel. A custom
// type is kept by its class, except for vectors.
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
	default:
		if info.Type() == gocql.TypeCustom {
			t = codec.FromClass(info.Custom())
		} else if k := nativeKind(info.Type()); k != codec.Invalid {
			t = codec.Native(k)
		}
	}
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, &codec.Error{Reason: fmt.Sprintf("the server's type %s is not known", info.Type())}
	}
	return t, nil
}

// infoOf is the type as gocql describes it to Marshalers.
func infoOf(t *codec.Type) gocql.TypeInfo {
	if t == nil {
		return withClass("")
	}
	native := nativeOf(typeOfKind[t.Kind])
	switch t.Kind {
	case codec.List, codec.Set:
		return gocql.CollectionType{NativeType: native, Elem: infoOf(t.Elem)}
	case codec.Map:
		return gocql.CollectionType{NativeType: native, Key: infoOf(t.Key), Elem: infoOf(t.Elem)}
	case codec.Tuple:
		info := gocql.TupleTypeInfo{NativeType: native}
		for _, e := range t.Elems {
			info.Elems = append(info.Elems, infoOf(e))
		}
		return info
	case codec.UDT:
		info := gocql.UDTTypeInfo{NativeType: native, Name: t.Name}
		for _, f := range t.Fields {
			info.Elements = append(info.Elements, gocql.UDTField{Name: f.Name, Type: infoOf(f.Type)})
		}
		return info
	case codec.Vector, codec.Custom:
		return withClass(t.Class())
	}
	return native
}

// same is codec.Type.Same of the server's type, without making a codec.Type of it. It does not
// allocate. Where it is false, compile a codec for what typeOf returns: it fits the fields of
// user-defined types by name.
func same(t *codec.Type, info gocql.TypeInfo) bool {
	if t == nil || info == nil {
		return false
	}
	switch i := info.(type) {
	case gocql.NativeType: // nearly always the very type
		if k := nativeKind(i.Type()); k == t.Kind && k != codec.Invalid {
			return true
		}
	case gocql.CollectionType:
		if typeOfKind[t.Kind] != i.Type() || !same(t.Elem, i.Elem) {
			return false
		}
		return t.Kind != codec.Map || same(t.Key, i.Key)
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
	}
	if info.Type() == gocql.TypeCustom {
		return t.Same(codec.FromClass(info.Custom()))
	}
	k := nativeKind(info.Type())
	return k != codec.Invalid && t.Same(codec.Native(k))
}
