package codec

import (
	"github.com/gocql/gocql"
)

var kindOfType = [...]Kind{
	gocql.TypeAscii: ASCII, gocql.TypeBigInt: BigInt, gocql.TypeBlob: Blob, gocql.TypeBoolean: Boolean,
	gocql.TypeCounter: Counter, gocql.TypeDate: Date, gocql.TypeDecimal: Decimal, gocql.TypeDouble: Double,
	gocql.TypeDuration: Duration, gocql.TypeFloat: Float, gocql.TypeInet: Inet, gocql.TypeInt: Int,
	gocql.TypeSmallInt: SmallInt, gocql.TypeText: Text, gocql.TypeTime: Time, gocql.TypeTimestamp: Timestamp,
	gocql.TypeTimeUUID: TimeUUID, gocql.TypeTinyInt: TinyInt, gocql.TypeUUID: UUID, gocql.TypeVarchar: Text,
	gocql.TypeVarint: Varint,
}

var typeOfKind = func() (ts [Custom + 1]gocql.Type) {
	for t, k := range kindOfType {
		ts[k] = gocql.Type(t)
	}
	ts[Text] = gocql.TypeVarchar // the wire knows no text
	ts[List], ts[Set], ts[Map] = gocql.TypeList, gocql.TypeSet, gocql.TypeMap
	ts[Tuple], ts[UDT] = gocql.TypeTuple, gocql.TypeUDT
	return
}()

func nativeKind(t gocql.Type) Kind {
	if t < 0 || int(t) >= len(kindOfType) {
		return Invalid
	}
	return kindOfType[t]
}

// FromTypeInfo returns the type that the server reports. Whether it is frozen
// does not travel. A custom type is kept by its class, except for vectors.
func FromTypeInfo(info gocql.TypeInfo) (*Type, error) {
	return fromTypeInfo(info, 0)
}

func fromTypeInfo(info gocql.TypeInfo, depth int) (t *Type, err error) {
	if info == nil || depth > maxDepth {
		return nil, fail("the server's type is missing or nested too deep")
	}
	child := func(i gocql.TypeInfo) *Type {
		c, e := fromTypeInfo(i, depth+1)
		if e != nil {
			err = e
		}
		return c
	}
	switch i := info.(type) {
	case gocql.CollectionType:
		switch i.Type() {
		case gocql.TypeList:
			t = &Type{Kind: List, Elem: child(i.Elem)}
		case gocql.TypeSet:
			t = &Type{Kind: Set, Elem: child(i.Elem)}
		case gocql.TypeMap:
			t = &Type{Kind: Map, Key: child(i.Key), Elem: child(i.Elem)}
		}
	case gocql.TupleTypeInfo:
		t = &Type{Kind: Tuple, Elems: make([]*Type, len(i.Elems))}
		for n, e := range i.Elems {
			t.Elems[n] = child(e)
		}
	case gocql.UDTTypeInfo:
		t = &Type{Kind: UDT, Name: i.Name, Fields: make([]Field, len(i.Elements))}
		for n, e := range i.Elements {
			t.Fields[n] = Field{Name: e.Name, Type: child(e.Type)}
		}
	default:
		if info.Type() == gocql.TypeCustom {
			t = classType(info.Custom())
		} else if k := nativeKind(info.Type()); k != Invalid {
			t = Native(k)
		}
	}
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, fail("the server's type %s is not known", info.Type())
	}
	return t, nil
}

// TypeInfo returns the type as gocql describes it to Marshalers.
func (t *Type) TypeInfo(proto byte) gocql.TypeInfo {
	if t == nil {
		return gocql.NewNativeType(proto, gocql.TypeCustom, "")
	}
	native := gocql.NewNativeType(proto, typeOfKind[t.Kind], "")
	switch t.Kind {
	case List, Set:
		return gocql.CollectionType{NativeType: native, Elem: t.Elem.TypeInfo(proto)}
	case Map:
		return gocql.CollectionType{NativeType: native, Key: t.Key.TypeInfo(proto), Elem: t.Elem.TypeInfo(proto)}
	case Tuple:
		info := gocql.TupleTypeInfo{NativeType: native}
		for _, e := range t.Elems {
			info.Elems = append(info.Elems, e.TypeInfo(proto))
		}
		return info
	case UDT:
		info := gocql.UDTTypeInfo{NativeType: native, Name: t.Name}
		for _, f := range t.Fields {
			info.Elements = append(info.Elements, gocql.UDTField{Name: f.Name, Type: f.Type.TypeInfo(proto)})
		}
		return info
	case Vector, Custom:
		return gocql.NewNativeType(proto, gocql.TypeCustom, className(t))
	}
	return native
}

// Same reports whether a codec compiled for t reads and writes cells of the
// server's type. It does not allocate. Types count as the same only where their
// cells are byte for byte alike and mean the same: text, varchar and ascii;
// uuid and timeuuid; bigint and counter. A user-defined type must have the same
// name and the same fields in the same order. Where Same is false, compile a
// codec for what [FromTypeInfo] returns: it fits the fields by name.
func (t *Type) Same(info gocql.TypeInfo) bool {
	if t == nil || info == nil {
		return false
	}
	switch i := info.(type) {
	case gocql.NativeType: // nearly always the very type
		if typ := i.Type(); typ == typeOfKind[t.Kind] && typ != gocql.TypeCustom && t.Kind.native() {
			return true
		}
	case gocql.CollectionType:
		if typeOfKind[t.Kind] != i.Type() || !t.Elem.Same(i.Elem) {
			return false
		}
		return t.Kind != Map || t.Key.Same(i.Key)
	case gocql.TupleTypeInfo:
		if t.Kind != Tuple || len(t.Elems) != len(i.Elems) {
			return false
		}
		for n, e := range i.Elems {
			if !t.Elems[n].Same(e) {
				return false
			}
		}
		return true
	case gocql.UDTTypeInfo:
		if t.Kind != UDT || t.Name != i.Name || t.Fields == nil || len(t.Fields) != len(i.Elements) {
			return false
		}
		for n := range i.Elements {
			if e := &i.Elements[n]; t.Fields[n].Name != e.Name || !t.Fields[n].Type.Same(e.Type) {
				return false
			}
		}
		return true
	}
	if info.Type() == gocql.TypeCustom {
		return t.alike(classType(info.Custom()))
	}
	k := nativeKind(info.Type())
	return k != Invalid && t.Kind.native() && cellKind(k) == cellKind(t.Kind)
}

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

// alike is Same for a server's type known by its class.
func (t *Type) alike(o *Type) bool {
	if t == nil || o == nil {
		return t == o
	}
	if cellKind(t.Kind) != cellKind(o.Kind) || t.Name != o.Name || t.Len != o.Len ||
		len(t.Elems) != len(o.Elems) || len(t.Fields) != len(o.Fields) || !t.Key.alike(o.Key) || !t.Elem.alike(o.Elem) {
		return false
	}
	for i, e := range t.Elems {
		if !e.alike(o.Elems[i]) {
			return false
		}
	}
	for i, f := range t.Fields {
		if f.Name != o.Fields[i].Name || !f.Type.alike(o.Fields[i].Type) {
			return false
		}
	}
	return true
}
