package codec

import (
	"reflect"
	"slices"
	"unsafe"
)

// Marshaler is a type that encodes itself, for a column of a type in CQL; nil is null.
type Marshaler interface {
	MarshalCell(cqlType string) ([]byte, error)
}

// Unmarshaler is a type that decodes itself. The cell is the driver's memory; nil is null.
type Unmarshaler interface {
	UnmarshalCell(cqlType string, cell []byte) error
}

// Foreign describes the interfaces by which Go types encode and decode themselves for one driver, such
// as gocql.Marshaler. Their methods take the driver's own description of a CQL type, which the codec does
// not know.
type Foreign struct {
	Marshaler, Unmarshaler reflect.Type   // the interfaces; a type or its pointer implements them
	NotSupported           []reflect.Type // interfaces that the codec refuses
	// Of returns the functions that call a Marshaler and an Unmarshaler for CQL type t. v is a pointer
	// to the Go type. The codec calls each function only if the type implements its interface.
	Of func(t *Type) (marshal func(v any) ([]byte, error), unmarshal func(v any, cell []byte) error)
}

// foreign are our own interfaces and those of the drivers in the program.
var foreign = []*Foreign{{
	Marshaler: reflect.TypeFor[Marshaler](), Unmarshaler: reflect.TypeFor[Unmarshaler](),
	Of: func(t *Type) (func(any) ([]byte, error), func(any, []byte) error) {
		text := t.String()
		return func(v any) ([]byte, error) { return v.(Marshaler).MarshalCell(text) },
			func(v any, cell []byte) error { return v.(Unmarshaler).UnmarshalCell(text, cell) }
	},
}}

// Adapt registers the interfaces of a driver. Call it from an init function, because codecs that are
// compiled earlier do not know them.
func Adapt(f *Foreign) { foreign = append(foreign, f) }

// customCoder is a Go type that encodes or decodes itself. A direction that it does not implement
// is left to native.
type customCoder struct {
	typ       reflect.Type
	marshal   func(v any) ([]byte, error)
	unmarshal func(v any, cell []byte) error
	native    coder
}

func (c *customCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	if c.marshal == nil {
		return c.native.encode(dst, p)
	}
	data, err := c.marshal(reflect.NewAt(c.typ, p).Interface())
	if err != nil {
		return dst, false, because("its own encoding failed", err)
	}
	return append(dst, data...), data == nil, nil
}

func (c *customCoder) decode(p unsafe.Pointer, data []byte) error {
	if c.unmarshal == nil {
		return c.native.decode(p, data)
	}
	if err := c.unmarshal(reflect.NewAt(c.typ, p).Interface(), data); err != nil {
		return because("its own decoding failed", err)
	}
	return nil
}

func implements(t, iface reflect.Type) bool { return reflect.PointerTo(t).Implements(iface) }

// Marshals reports whether a value of the type encodes itself.
func Marshals(t reflect.Type) bool {
	return slices.ContainsFunc(foreign, func(f *Foreign) bool { return t.Implements(f.Marshaler) })
}

// Unmarshals reports whether a pointer to the type decodes itself.
func Unmarshals(t reflect.Type) bool {
	return slices.ContainsFunc(foreign, func(f *Foreign) bool { return implements(t, f.Unmarshaler) })
}

func isCustom(t reflect.Type) bool { return t.Kind() != reflect.Interface && customOf(t) != nil }

// customOf returns the driver whose interfaces the type implements; nil if there is none.
func customOf(t reflect.Type) *Foreign {
	for _, f := range foreign {
		if implements(t, f.Marshaler) || implements(t, f.Unmarshaler) {
			return f
		}
	}
	return nil
}

// compileCustom returns nil for a type that is not custom.
func (c compiler) compileCustom(goType reflect.Type, t *Type) (coder, error) {
	if goType.Kind() == reflect.Interface {
		return nil, nil
	}
	f := customOf(goType)
	if f == nil {
		if t.Kind == UDT && notSupported(goType) {
			return nil, fail("gocql.UDTMarshaler and UDTUnmarshaler are not supported: use cql tags, or implement coodie.Marshaler and coodie.Unmarshaler")
		}
		return nil, nil
	}
	cd := &customCoder{typ: goType}
	cd.marshal, cd.unmarshal = f.Of(t)
	if !implements(goType, f.Marshaler) {
		cd.marshal = nil
	}
	if !implements(goType, f.Unmarshaler) {
		cd.unmarshal = nil
	}
	if cd.marshal != nil && cd.unmarshal != nil {
		return cd, nil
	}
	native, _, err := c.compileNative(goType, t)
	if native == nil || err != nil {
		return nil, fail("implement both MarshalCell and UnmarshalCell, or the Marshaler and Unmarshaler of the driver")
	}
	cd.native = native
	return cd, nil
}

func notSupported(t reflect.Type) bool {
	return slices.ContainsFunc(foreign, func(f *Foreign) bool {
		return slices.ContainsFunc(f.NotSupported, func(iface reflect.Type) bool { return implements(t, iface) })
	})
}
