package codec

import (
	"reflect"
	"unsafe"

	"github.com/gocql/gocql"
)

// protoVersion is what Marshalers are told: the only version coodie speaks.
const protoVersion = 4

// customCoder is a Go type that implements gocql's interfaces, on the value or
// on its pointer. A direction it does not implement is left to native.
type customCoder struct {
	typ              reflect.Type
	cql              *Type
	info             gocql.TypeInfo
	marshal, unmarsh bool
	native           coder
}

func (c *customCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	if !c.marshal {
		return c.native.encode(dst, p)
	}
	v := reflect.NewAt(c.typ, p)
	data, err := v.Interface().(gocql.Marshaler).MarshalCQL(c.info)
	if err != nil {
		return dst, false, because("its MarshalCQL failed", err)
	}
	return append(dst, data...), data == nil, nil
}

func (c *customCoder) decode(p unsafe.Pointer, data []byte) error {
	if !c.unmarsh {
		return c.native.decode(p, data)
	}
	if err := reflect.NewAt(c.typ, p).Interface().(gocql.Unmarshaler).UnmarshalCQL(c.info, data); err != nil {
		return because("its UnmarshalCQL failed", err)
	}
	return nil
}

var (
	marshalerType      = reflect.TypeFor[gocql.Marshaler]()
	unmarshalerType    = reflect.TypeFor[gocql.Unmarshaler]()
	udtMarshalerType   = reflect.TypeFor[gocql.UDTMarshaler]()
	udtUnmarshalerType = reflect.TypeFor[gocql.UDTUnmarshaler]()
)

func implements(t, iface reflect.Type) bool { return reflect.PointerTo(t).Implements(iface) }

// Marshals reports whether a value of the type encodes itself, as gocql has it.
func Marshals(t reflect.Type) bool { return t.Implements(marshalerType) }

// Unmarshals reports whether a pointer to the type decodes itself, as gocql has it.
func Unmarshals(t reflect.Type) bool { return implements(t, unmarshalerType) }

func isCustom(t reflect.Type) bool {
	return t.Kind() != reflect.Interface && (implements(t, marshalerType) || implements(t, unmarshalerType))
}

// compileCustom returns nil for a type that is not custom.
func (c compiler) compileCustom(goType reflect.Type, t *Type) (coder, error) {
	if goType.Kind() == reflect.Interface {
		return nil, nil
	}
	if !isCustom(goType) {
		if t.Kind == UDT && (implements(goType, udtMarshalerType) || implements(goType, udtUnmarshalerType)) {
			return nil, fail("gocql.UDTMarshaler and UDTUnmarshaler are not supported: use cql tags, or implement gocql.Marshaler and gocql.Unmarshaler")
		}
		return nil, nil
	}
	cd := &customCoder{
		typ: goType, cql: t, info: t.TypeInfo(protoVersion),
		marshal: implements(goType, marshalerType), unmarsh: implements(goType, unmarshalerType),
	}
	if cd.marshal && cd.unmarsh {
		return cd, nil
	}
	native, _, err := c.compileNative(goType, t)
	if native == nil || err != nil {
		return nil, fail("implement both gocql.Marshaler and gocql.Unmarshaler")
	}
	cd.native = native
	return cd, nil
}
