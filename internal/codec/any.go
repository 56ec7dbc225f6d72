package codec

import (
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"time"
	"unsafe"

	"gopkg.in/inf.v0"
)

// EncodeAny appends the cell of v as type t, for columns that are known by name
// only. Any Go value that [For] accepts will do, as will []any for a tuple, list
// or set and map[string]any for a user-defined type; nil is null.
func EncodeAny(dst []byte, t *Type, v any) (out []byte, null bool, err error) {
	if v == nil {
		return dst, true, nil
	}
	rv := reflect.ValueOf(v)
	c, err := For(rv.Type(), t)
	if err != nil {
		return dst, false, err
	}
	return c.AppendValue(dst, rv)
}

// DecodeAny returns the natural Go value of a cell, nil for null:
//
//	ascii, text        string          boolean            bool
//	tinyint, smallint  int8, int16     int                int
//	bigint, counter    int64           varint             *big.Int
//	float, double      float32, float64   decimal         *inf.Dec
//	uuid, timeuuid     the driver's    blob               []byte
//	timestamp, date    time.Time, UTC  time               time.Duration
//	duration           the driver's    inet               net.IP
//	list, set, vector  []E             map                map[K]V
//	tuple              []any           user-defined type  map[string]any
//	custom             []byte
//
// A uuid and a duration are of the types of [Naturals]. A map whose keys
// are no Go map keys is []Entry; an inet key is a netip.Addr.
func DecodeAny(t *Type, data []byte) (any, error) {
	if t == nil {
		return nil, fail("a CQL type is needed")
	}
	if data == nil || len(data) == 0 && !hasEmpty(t.Kind) {
		return nil, nil
	}
	switch t.Kind { // without a codec's detour
	case Text, ASCII:
		return string(data), nil
	case Custom:
		return append([]byte{}, data...), nil
	}
	goType := natural(t, 0)
	if goType == nil {
		return nil, named(fail("there is no Go type for it"), anyType, t)
	}
	c, err := For(goType, t)
	if err != nil {
		return nil, err
	}
	v := reflect.New(goType)
	if err := c.Decode(AddrOf(v), data); err != nil {
		return nil, err
	}
	return v.Elem().Interface(), nil
}

// Entry is an entry of a map whose keys are no Go map keys.
type Entry struct{ Key, Value any }

var entriesType = reflect.TypeFor[[]Entry]()

// Naturals sets the types that DecodeAny returns of a uuid, a [16]byte, and of a duration, a struct with the
// fields of Span. Call it from an init function.
func Naturals(uuid, duration reflect.Type) {
	naturals[UUID], naturals[TimeUUID], naturals[Duration] = uuid, uuid, duration
}

// naturals are the Go types of the native kinds.
var naturals = [...]reflect.Type{
	ASCII: reflect.TypeFor[string](), BigInt: reflect.TypeFor[int64](), Blob: reflect.TypeFor[[]byte](),
	Boolean: reflect.TypeFor[bool](), Counter: reflect.TypeFor[int64](), Date: reflect.TypeFor[time.Time](),
	Decimal: reflect.TypeFor[*inf.Dec](), Double: reflect.TypeFor[float64](), Duration: reflect.TypeFor[Span](),
	Float: reflect.TypeFor[float32](), Inet: reflect.TypeFor[net.IP](), Int: reflect.TypeFor[int](),
	SmallInt: reflect.TypeFor[int16](), Text: reflect.TypeFor[string](), Time: reflect.TypeFor[time.Duration](),
	Timestamp: reflect.TypeFor[time.Time](), TimeUUID: reflect.TypeFor[[16]byte](), TinyInt: reflect.TypeFor[int8](),
	UUID: reflect.TypeFor[[16]byte](), Varint: reflect.TypeFor[*big.Int](),
	Tuple: reflect.TypeFor[[]any](), UDT: reflect.TypeFor[map[string]any](),
}

// natural returns the Go type that DecodeAny answers, nil if there is none.
func natural(t *Type, depth int) reflect.Type {
	if t == nil || depth > maxDepth {
		return nil
	}
	switch t.Kind {
	case List, Set, Vector:
		if t.Elem != nil && t.Elem.Kind == Custom {
			return reflect.TypeFor[[]any]()
		}
		if elem := natural(t.Elem, depth+1); elem != nil {
			return reflect.SliceOf(elem)
		}
	case Map:
		key, elem := natural(t.Key, depth+1), natural(t.Elem, depth+1)
		switch {
		case key == nil || elem == nil:
			return nil
		case t.Key.Kind == Inet:
			key = reflect.TypeFor[netip.Addr]()
		case !key.Comparable() || key.Kind() == reflect.Pointer:
			return entriesType
		}
		return reflect.MapOf(key, elem)
	case Custom:
		return anyType
	default:
		if int(t.Kind) < len(naturals) {
			return naturals[t.Kind]
		}
	}
	return nil
}

// anyCoder is an any inside another value.
type anyCoder struct{ t *Type }

func (c anyCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	return EncodeAny(dst, c.t, *(*any)(p))
}

func (c anyCoder) decode(p unsafe.Pointer, data []byte) (err error) {
	*(*any)(p), err = DecodeAny(c.t, data)
	return err
}

// appendAny appends v as a field, null if it is nil.
func appendAny(dst []byte, t *Type, v any) ([]byte, error) {
	dst = reserve(dst)
	start := len(dst)
	dst, null, err := EncodeAny(dst, t, v)
	if null {
		return appendNull(dst[:start-4]), err
	}
	closeCell(dst, start)
	return dst, err
}

// tupleAnyCoder is a []any as a tuple.
type tupleAnyCoder struct{ t *Type }

func (c *tupleAnyCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	vs := *(*[]any)(p)
	if vs == nil {
		return dst, true, nil
	}
	if len(vs) != len(c.t.Elems) {
		return dst, false, fail("%d values for a tuple of %d", len(vs), len(c.t.Elems))
	}
	for i, v := range vs {
		if dst, err = appendAny(dst, c.t.Elems[i], v); err != nil {
			return dst, false, atIndex(err, i)
		}
	}
	return dst, false, nil
}

func (c *tupleAnyCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*[]any)(p) = nil
	if data == nil {
		return nil
	}
	cells, err := Split(nil, data, len(c.t.Elems))
	if err != nil {
		return err
	}
	vs := make([]any, len(cells))
	for i, cell := range cells {
		if vs[i], err = DecodeAny(c.t.Elems[i], cell); err != nil {
			return atIndex(err, i)
		}
	}
	*(*[]any)(p) = vs
	return nil
}

// udtAnyCoder is a map[string]any as a user-defined type.
type udtAnyCoder struct{ t *Type }

func (c *udtAnyCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	m := *(*map[string]any)(p)
	if m == nil {
		return dst, true, nil
	}
	known := 0
	for _, f := range c.t.Fields {
		v, ok := m[f.Name]
		if ok {
			known++
		}
		if dst, err = appendAny(dst, f.Type, v); err != nil {
			return dst, false, atField(err, f.Name)
		}
	}
	if known < len(m) {
		return dst, false, fail("a key of the map is no field of the type")
	}
	return dst, false, nil
}

func (c *udtAnyCoder) decode(p unsafe.Pointer, data []byte) (err error) {
	*(*map[string]any)(p) = nil
	if data == nil {
		return nil
	}
	m := make(map[string]any, len(c.t.Fields))
	for _, f := range c.t.Fields {
		if len(data) == 0 {
			break // fields that were added later are missing, not null
		}
		var cell []byte
		if cell, data, err = next(data); err == nil {
			m[f.Name], err = DecodeAny(f.Type, cell)
		}
		if err != nil {
			return atField(err, f.Name)
		}
	}
	*(*map[string]any)(p) = m
	return nil
}

// entriesCoder is a []Entry as a map.
type entriesCoder struct {
	t     *Type
	order *cellOrder
}

func (c *entriesCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	entries := *(*[]Entry)(p)
	if entries == nil {
		return dst, true, nil
	}
	dst = appendInt(dst, len(entries))
	start := len(dst)
	for i := range entries {
		if dst, err = appendElem(dst, anyCoder{c.t.Key}, unsafe.Pointer(&entries[i].Key)); err == nil {
			dst, err = appendElem(dst, anyCoder{c.t.Elem}, unsafe.Pointer(&entries[i].Value))
		}
		if err != nil {
			return dst, false, atIndex(err, i)
		}
	}
	dst, err = c.order.finish(dst, start, len(entries))
	return dst, false, err
}

func (c *entriesCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*[]Entry)(p) = nil
	n, data, err := count(data, 8)
	if err != nil {
		return err
	}
	entries := make([]Entry, n)
	for i := range entries {
		var key, val []byte
		if key, data, err = next(data); err == nil {
			val, data, err = next(data)
		}
		if err == nil {
			entries[i].Key, err = DecodeAny(c.t.Key, key)
		}
		if err == nil {
			entries[i].Value, err = DecodeAny(c.t.Elem, val)
		}
		if err != nil {
			return atIndex(err, i)
		}
	}
	*(*[]Entry)(p) = entries
	return end(data)
}
