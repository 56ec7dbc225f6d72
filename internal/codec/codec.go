package codec

import (
	"reflect"
	"sync"
	"unsafe"
)

// Codec reads and writes cells of one CQL type as values of one Go type. It is
// safe for concurrent use.
type Codec struct {
	goType reflect.Type
	typ    *Type
	coder  coder
	scheme *Scheme // nil: the Go type's own way
}

// coder is the inside of a Codec. p always points to a value of the coder's Go type.
type coder interface {
	// encode appends the cell to dst; with null nothing was appended. After an
	// error dst may hold part of a cell.
	encode(dst []byte, p unsafe.Pointer) (out []byte, null bool, err error)
	// decode sets the value; nil data is null. It keeps no part of data.
	decode(p unsafe.Pointer, data []byte) error
}

type cacheKey struct {
	goType    reflect.Type
	signature string
	live      bool
}

// maxCodecs bounds the cache: each change of a user-defined type on the server makes new pairs. Those of
// a program's structs come first.
const maxCodecs = 8192

var cache = struct {
	sync.RWMutex
	m map[cacheKey]*Codec
}{m: map[cacheKey]*Codec{}}

// For returns the codec of a Go type for a CQL type; a pair is compiled once.
// The fields of a struct and of a user-defined type meet by name. The error,
// an [*Error], says what the CQL type takes.
func For(goType reflect.Type, t *Type) (*Codec, error) { return compiled(goType, t, false) }

func compiled(goType reflect.Type, t *Type, live bool) (*Codec, error) {
	if goType == nil || t == nil {
		return nil, fail("a Go type and a CQL type are needed")
	}
	key := cacheKey{goType, t.signature(), live}
	cache.RLock()
	c := cache.m[key]
	cache.RUnlock()
	if c != nil {
		return c, nil
	}
	cd, typ, err := compiler{live: live}.compile(goType, t)
	if err != nil {
		return nil, named(err, goType, t)
	}
	c = &Codec{goType: goType, typ: typ, coder: cd}
	cache.Lock()
	if len(cache.m) < maxCodecs {
		cache.m[key] = c
	}
	cache.Unlock()
	return c, nil
}

// Type returns the CQL type. Fields of user-defined types that were not known
// are filled in from the Go type.
func (c *Codec) Type() *Type { return c.typ }

// Text reports whether the values are strings that hold the cells' bytes as they are.
func (c *Codec) Text() bool { return c.coder == textCoder{} }

// GoType returns the Go type.
func (c *Codec) GoType() reflect.Type { return c.goType }

// Append appends the cell of the value at a to dst. null reports that the value
// is CQL null and that nothing was appended: a nil pointer, slice, map or
// net.IP, a zero time.Time, coodie.Date or netip.Addr, an empty string that
// stands for a uuid. After an error out holds what dst held.
func (c *Codec) Append(dst []byte, a Addr) (out []byte, null bool, err error) {
	out, null, err = c.coder.encode(dst, a.p)
	if err != nil {
		return out[:len(dst)], false, named(err, c.goType, c.typ)
	}
	return out, null, nil
}

// Decode sets the value at a from a cell. Nil data is null and sets the zero
// value, as does an empty cell of a type that has no empty value. data is never
// kept, except by an Unmarshaler that does so. After an error the value is
// undefined.
func (c *Codec) Decode(a Addr, data []byte) error {
	if err := c.coder.decode(a.p, data); err != nil {
		return named(err, c.goType, c.typ)
	}
	return nil
}

// AppendValue is [Codec.Append] for a reflect.Value of the codec's Go type. It
// copies a value that is not addressable.
func (c *Codec) AppendValue(dst []byte, v reflect.Value) (out []byte, null bool, err error) {
	if !v.IsValid() || v.Type() != c.goType {
		return dst, false, named(fail("the value is of another Go type"), c.goType, c.typ)
	}
	if !v.CanAddr() {
		p := reflect.New(c.goType)
		p.Elem().Set(v)
		v = p.Elem()
	}
	return c.Append(dst, AddrOf(v.Addr()))
}

// setZero sets the value of type t at p to its zero value.
func setZero(t reflect.Type, p unsafe.Pointer) { reflect.NewAt(t, p).Elem().SetZero() }
