package codec

import (
	"math/big"
	"net/netip"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"gopkg.in/inf.v0"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	bigIntType   = reflect.TypeFor[big.Int]()
	decType      = reflect.TypeFor[inf.Dec]()
	durationType = reflect.TypeFor[Span]()
	calendarType = reflect.TypeFor[Calendar]()
	addrType     = reflect.TypeFor[netip.Addr]()
	anyType      = reflect.TypeFor[any]()
)

// like reports whether t is base or a type of the same underlying struct.
func like(t, base reflect.Type) bool {
	return t == base || t.Kind() == reflect.Struct && t.ConvertibleTo(base)
}

// compiler carries what a nested compilation must know.
type compiler struct {
	depth   int
	structs []reflect.Type // being compiled or inferred, against recursion
	live    bool           // for a live column's type: see ForLive
}

func (c compiler) nested() compiler {
	c.depth++
	return c
}

func (c compiler) enter(t reflect.Type) (compiler, error) {
	if slices.Contains(c.structs, t) {
		return c, fail("%s contains itself; CQL types cannot", t)
	}
	c.structs = append(slices.Clip(c.structs), t)
	return c, nil
}

// compile returns the coder of a Go type for a CQL type, and the CQL type with
// unknown fields filled in.
func (c compiler) compile(goType reflect.Type, t *Type) (coder, *Type, error) {
	if t == nil || c.depth > maxDepth {
		return nil, nil, fail("the CQL type is incomplete or nested too deep")
	}
	if goType.Kind() == reflect.Pointer {
		elem, typ, err := c.compile(goType.Elem(), t)
		if err != nil {
			return nil, nil, err
		}
		fresh, _ := elem.(newDecoder)
		return &pointerCoder{elem: elem, typ: goType.Elem(), empty: hasEmpty(t.Kind), fresh: fresh}, typ, nil
	}
	if goType == anyType && c.depth > 0 {
		return anyCoder{t}, t, nil
	}
	if cd, err := c.compileCustom(goType, t); cd != nil || err != nil {
		return cd, t, err
	}
	cd, typ, err := c.compileNative(goType, t)
	if cd == nil && err == nil {
		err = c.cannot(goType, t)
	}
	return cd, typ, err
}

func (c compiler) compileNative(goType reflect.Type, t *Type) (coder, *Type, error) {
	kind := goType.Kind()
	switch t.Kind {
	case List, Set:
		return c.compileList(goType, t)
	case Map:
		switch {
		case kind == reflect.Map:
			return c.compileMap(goType, t)
		case goType == entriesType:
			return &entriesCoder{t: t, order: &cellOrder{compare: comparator(t.Key), cells: 2}}, t, nil
		}
		return nil, nil, nil
	case Vector:
		return c.compileVector(goType, t)
	case Tuple:
		switch {
		case goType == reflect.TypeFor[[]any]():
			return &tupleAnyCoder{t}, t, nil
		case kind == reflect.Struct && !isScalar(goType):
			return c.compileTuple(goType, t)
		}
		return nil, nil, nil
	case UDT:
		switch {
		case goType == reflect.TypeFor[map[string]any]() && t.Fields != nil:
			return &udtAnyCoder{t}, t, nil
		case kind == reflect.Struct && !isScalar(goType):
			return c.compileUDT(goType, t)
		}
		return nil, nil, nil
	}
	return compileScalar(goType, t.Kind), t, nil
}

func (c compiler) compileList(goType reflect.Type, t *Type) (coder, *Type, error) {
	switch goType.Kind() {
	case reflect.Slice:
		e, typ, err := c.elems(goType.Elem(), t)
		return &sliceCoder{elems: e, typ: goType}, typ, err
	case reflect.Array:
		e, typ, err := c.elems(goType.Elem(), t)
		return &arrayCoder{elems: e, typ: goType}, typ, err
	case reflect.Map:
		if t.Kind == Set && goType.Elem() == emptyStruct {
			return c.compileMap(goType, t)
		}
	}
	return nil, nil, nil
}

// compileScalar returns the coder of a Go type for a native kind, or nil.
func compileScalar(goType reflect.Type, k Kind) coder {
	kind := goType.Kind()
	isBytes := kind == reflect.Slice && goType.Elem().Kind() == reflect.Uint8
	switch k {
	case Text, ASCII:
		if kind == reflect.String {
			return textCoder{}
		}
	case Blob:
		if isBytes {
			return blobCoder{}
		}
		if isByteArray(goType) {
			return bytesCoder{goType.Len()}
		}
	case Boolean:
		if kind == reflect.Bool {
			return boolCoder{}
		}
	case TinyInt, SmallInt, Int, BigInt, Counter:
		if like(goType, bigIntType) && intWidths[k] == 8 {
			return bigIntCoder{8}
		}
		return compileInt(kind, intWidths[k])
	case Varint:
		if like(goType, bigIntType) {
			return bigIntCoder{}
		}
		return compileInt(kind, 0)
	case Float, Double:
		width := 4
		if k == Double {
			width = 8
		}
		switch kind {
		case reflect.Float32:
			return floatCoder[float32]{width}
		case reflect.Float64:
			return floatCoder[float64]{width}
		}
	case Decimal:
		if like(goType, decType) {
			return decimalCoder{}
		}
	case UUID, TimeUUID:
		if isByteArray(goType) && goType.Len() == 16 {
			return bytesCoder{16}
		}
		if kind == reflect.String {
			return uuidTextCoder{}
		}
	case Timestamp:
		if like(goType, timeType) {
			return timestampCoder{}
		}
		if kind == reflect.Int64 && goType != reflect.TypeFor[time.Duration]() {
			return intCoder[int64]{8}
		}
	case Date:
		if like(goType, timeType) {
			return dateCoder{}
		}
		if like(goType, calendarType) {
			return calendarCoder{}
		}
	case Time:
		if kind == reflect.Int64 {
			return timeCoder{}
		}
	case Duration:
		if like(goType, durationType) {
			return durationCoder{}
		}
		if kind == reflect.Int64 {
			return nanosCoder{}
		}
	case Inet:
		if isBytes {
			return ipCoder{}
		}
		if like(goType, addrType) {
			return addrCoder{}
		}
	}
	return nil
}

func isByteArray(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Elem().Kind() == reflect.Uint8
}

// hasEmpty reports whether an empty cell of the kind is a value, not the lack of one.
func hasEmpty(k Kind) bool {
	switch k {
	case Text, ASCII, Blob, Tuple, UDT, Custom:
		return true
	}
	return false
}

// pointerCoder is a pointer as a nullable value.
type pointerCoder struct {
	elem  coder
	typ   reflect.Type
	empty bool
	fresh newDecoder
}

// newDecoder is a coder that makes a value from a cell with fewer allocations
// than new and decode.
type newDecoder interface {
	decodeNew(data []byte) (unsafe.Pointer, error)
}

func (c *pointerCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	v := *(*unsafe.Pointer)(p)
	if v == nil {
		return dst, true, nil
	}
	return c.elem.encode(dst, v)
}

func (c *pointerCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*unsafe.Pointer)(p) = nil
	if data == nil || len(data) == 0 && !c.empty {
		return nil
	}
	if c.fresh != nil {
		v, err := c.fresh.decodeNew(data)
		*(*unsafe.Pointer)(p) = v
		return err
	}
	v := reflect.New(c.typ).UnsafePointer()
	*(*unsafe.Pointer)(p) = v
	return c.elem.decode(v, data)
}

// takes says which Go types a CQL type takes.
var takes = [...]string{
	ASCII: "a string type", Text: "a string type", Blob: "[]byte or [n]byte", Boolean: "a bool type",
	TinyInt: "a Go integer type", SmallInt: "a Go integer type", Int: "a Go integer type",
	BigInt: "a Go integer type or *big.Int", Counter: "a Go integer type or *big.Int",
	Varint: "*big.Int or a Go integer type", Float: "float32", Double: "float64", Decimal: "*inf.Dec",
	UUID: "any [16]byte type, such as coodie.UUID, or a string", TimeUUID: "any [16]byte type, such as coodie.UUID, or a string",
	Timestamp: "time.Time, or an int64 of milliseconds", Date: "coodie.Date or time.Time", Time: "time.Duration",
	Duration: "coodie.Duration or time.Duration", Inet: "net.IP or netip.Addr", List: "a slice or array of fitting elements",
	Set: "a slice, array or map[K]struct{} of fitting elements", Map: "a map of fitting keys and values",
	Tuple: "a struct with a field for each element, or []any", UDT: "a struct with a field for each of its own",
	Vector: "an array of its length, or a slice", Custom: "a type that implements coodie.Marshaler and coodie.Unmarshaler",
}

func (c compiler) cannot(goType reflect.Type, t *Type) error {
	if int(t.Kind) >= len(takes) || takes[t.Kind] == "" {
		return named(fail("there is no such CQL type"), goType, t)
	}
	return named(fail("the Go type does not fit: the CQL type takes %s, a pointer to it for null, or a coodie.Marshaler", takes[t.Kind]), goType, t)
}
