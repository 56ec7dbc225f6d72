package codec

import (
	"fmt"
	"net"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Options choose between the CQL types of one Go type.
type Options struct {
	Set   bool // a slice is a set instead of a list
	Tuple bool // a struct is a tuple instead of a user-defined type
}

// Infer returns the default CQL type of a Go type:
//
//	string kinds                      text
//	bool kinds                        boolean
//	int8                              tinyint
//	int16, uint8                      smallint
//	int, int32, uint16                int
//	int64, uint, uint32               bigint
//	uint64, *big.Int                  varint
//	float32, float64                  float, double
//	*inf.Dec                          decimal
//	[]byte kinds, [n]byte             blob
//	[16]byte kinds                    uuid (coodie.UUID, google/uuid …)
//	time.Time                         timestamp
//	coodie.Date                       date
//	time.Duration                     none: choose type=time, type=duration or type=bigint
//	coodie.Duration                   duration
//	net.IP, netip.Addr                inet
//	[]E                               list<E>, set<E> with the set option
//	[n]E                              vector<E, n>
//	map[K]struct{}                    set<K>
//	map[K]V                           map<K, V>
//	struct                            a user-defined type, a tuple with the tuple option
//	*T                                as T, null when nil
//	a type with CQLType() string      what it says
//
// Any integer may be given another integer type; one that does not fit, as a
// large int into the default int, is an error before anything is sent.
//
// The user-defined type of a struct is named by its method UDTName() string, or
// by its Go name in snake_case; its fields by their cql tags, or their Go names.
// Any text is a name, quoted where CQL needs it; a generic type needs the method.
// Interfaces, functions, channels and complex numbers have no CQL type, nor does
// a Marshaler that does not name its type by CQLType.
func Infer(t reflect.Type, opts Options) (*Type, error) {
	if t == nil {
		return nil, fail("a Go type is needed")
	}
	typ, err := compiler{}.infer(t, opts)
	if err != nil {
		return nil, named(err, t, nil)
	}
	return typ, nil
}

var inferKinds = map[reflect.Kind]Kind{
	reflect.String: Text, reflect.Bool: Boolean, reflect.Int8: TinyInt, reflect.Int16: SmallInt, reflect.Int32: Int,
	reflect.Int: Int, reflect.Int64: BigInt, reflect.Uint8: SmallInt, reflect.Uint16: Int, reflect.Uint32: BigInt,
	reflect.Uint: BigInt, reflect.Uint64: Varint, reflect.Float32: Float, reflect.Float64: Double,
}

// scalarKind returns the default kind of the structs and named types that are
// values, not containers.
func scalarKind(t reflect.Type) Kind {
	switch {
	case t == reflect.TypeFor[net.IP]():
		return Inet
	case t.Kind() != reflect.Struct:
		return Invalid
	case like(t, timeType):
		return Timestamp
	case like(t, bigIntType):
		return Varint
	case like(t, decType):
		return Decimal
	case like(t, durationType):
		return Duration
	case like(t, calendarType):
		return Date
	case like(t, addrType):
		return Inet
	}
	return Invalid
}

// isScalar reports whether a struct is one value, not a row of fields. Numbers of math/big that have no CQL type are
// known by their package: to name them here would link their methods into each program.
func isScalar(t reflect.Type) bool {
	return scalarKind(t) != Invalid || isCustom(t) || t.PkgPath() == "math/big"
}

func (c compiler) infer(t reflect.Type, opts Options) (*Type, error) {
	c = c.nested()
	if c.depth > maxDepth {
		return nil, fail("%s nests too deep", t)
	}
	if t.Kind() == reflect.Pointer {
		return c.infer(t.Elem(), opts)
	}
	if name, ok := callName[cqlTyper](t, cqlTyper.CQLType); ok {
		typ, err := ParseType(name)
		if err != nil {
			return nil, err
		}
		_, typ, err = c.compile(t, typ)
		return typ, err
	}
	if k := scalarKind(t); k != Invalid {
		return Native(k), nil
	}
	if isCustom(t) {
		return nil, fail("%s encodes itself: name its CQL type by a method CQLType() string or a type= option", t)
	}
	if t == reflect.TypeFor[time.Duration]() {
		return nil, fail("time.Duration has several CQL types: choose type=time (of day), type=duration or type=bigint (nanoseconds)")
	}
	if opts.Set && t.Kind() != reflect.Slice && t.Kind() != reflect.Array && (t.Kind() != reflect.Map || t.Elem() != emptyStruct) {
		return nil, fail("the set option needs a slice, not %s", t)
	}
	if opts.Tuple && t.Kind() != reflect.Struct {
		return nil, fail("the tuple option needs a struct, not %s", t)
	}
	if k, ok := inferKinds[t.Kind()]; ok {
		return Native(k), nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return c.inferList(t, opts)
	case reflect.Map:
		return c.inferMap(t)
	case reflect.Struct:
		return c.inferStruct(t, opts)
	}
	return nil, fail("%s has no CQL type", t)
}

func (c compiler) inferList(t reflect.Type, opts Options) (*Type, error) {
	if !opts.Set && t.Elem().Kind() == reflect.Uint8 {
		if t.Kind() == reflect.Array && t.Len() == 16 {
			return Native(UUID), nil
		}
		return Native(Blob), nil
	}
	elem, err := c.infer(t.Elem(), Options{})
	if err != nil {
		return nil, atField(err, "elem")
	}
	elem = elem.Freeze()
	switch {
	case opts.Set:
		return &Type{Kind: Set, Elem: elem}, nil
	case t.Kind() == reflect.Slice:
		return &Type{Kind: List, Elem: elem}, nil
	case t.Len() == 0:
		return nil, fail("%s has no elements: a vector has at least one", t)
	}
	return &Type{Kind: Vector, Elem: elem, Len: t.Len()}, nil
}

func (c compiler) inferMap(t reflect.Type) (*Type, error) {
	key, err := c.infer(t.Key(), Options{})
	if err != nil {
		return nil, at(err, "[key]")
	}
	if t.Elem() == emptyStruct {
		return &Type{Kind: Set, Elem: key.Freeze()}, nil
	}
	elem, err := c.infer(t.Elem(), Options{})
	if err != nil {
		return nil, at(err, "[value]")
	}
	return &Type{Kind: Map, Key: key.Freeze(), Elem: elem.Freeze()}, nil
}

func (c compiler) inferStruct(t reflect.Type, opts Options) (*Type, error) {
	c, err := c.enter(t)
	if err != nil {
		return nil, err
	}
	fields, err := structFields(t)
	if err != nil {
		return nil, err
	}
	if opts.Tuple {
		udt, err := c.inferUDT("", fields)
		if err != nil {
			return nil, err
		}
		tuple := &Type{Kind: Tuple}
		for _, f := range udt.Fields {
			tuple.Elems = append(tuple.Elems, f.Type)
		}
		return tuple, nil
	}
	name, ok := callName[udtNamer](t, udtNamer.UDTName)
	if !ok {
		name = SnakeCase(t.Name())
	}
	reason := "its method UDTName() returns no name"
	if !ok {
		reason = fmt.Sprintf("its Go name %q cannot be that of a user-defined type", t.Name())
		if strings.ContainsFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			name = "" // a generic type's
		}
	}
	if name == "" {
		return nil, fail("%s needs a name as a user-defined type, and %s: give it a method UDTName() string, or use the tuple option", t, reason)
	}
	return c.inferUDT(name, fields)
}

type (
	cqlTyper interface{ CQLType() string }
	udtNamer interface{ UDTName() string }
)

// callName calls a method that names a type on a zero value of it. A method that
// needs more than that counts as absent.
func callName[I any](t reflect.Type, method func(I) string) (name string, ok bool) {
	if t.Kind() == reflect.Interface {
		return "", false
	}
	i, ok := reflect.New(t).Interface().(I)
	if !ok {
		return "", false
	}
	defer func() {
		if recover() != nil {
			name, ok = "", false
		}
	}()
	return method(i), true
}
