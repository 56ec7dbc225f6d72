package codec

import (
	"reflect"
	"unsafe"
)

// Maps are written in the server's order of their keys, so that equal maps have
// equal cells: Go's order is random, and a frozen map or set is compared and
// stored as it was sent.

// mapCoder is any Go map as a map, or a map[K]struct{} as a set. nil is null.
type mapCoder struct {
	typ      reflect.Type
	key, val coder // val is nil for a set
	order    *cellOrder
}

func (c *mapCoder) appendEmpty(dst []byte) []byte { return appendInt(dst, 0) }

func (c *mapCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	m := reflect.NewAt(c.typ, p).Elem()
	if m.IsNil() {
		return dst, true, nil
	}
	n := m.Len()
	dst = appendInt(dst, n)
	start := len(dst)
	k, v := reflect.New(c.typ.Key()), reflect.New(c.typ.Elem())
	for it := m.MapRange(); it.Next(); {
		k.Elem().SetIterKey(it)
		if dst, err = appendElem(dst, c.key, k.UnsafePointer()); err != nil {
			return dst, false, at(err, "[key]")
		}
		if c.val == nil {
			continue
		}
		v.Elem().SetIterValue(it)
		if dst, err = appendElem(dst, c.val, v.UnsafePointer()); err != nil {
			return dst, false, at(err, "[value]")
		}
	}
	dst, err = c.order.finish(dst, start, n)
	return dst, false, err
}

func (c *mapCoder) decode(p unsafe.Pointer, data []byte) error {
	m := reflect.NewAt(c.typ, p).Elem()
	m.SetZero()
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 4*c.order.cells)
	if err != nil {
		return err
	}
	m.Set(reflect.MakeMapWithSize(c.typ, n))
	k, v := reflect.New(c.typ.Key()), reflect.New(c.typ.Elem())
	for range n {
		var cell []byte
		if cell, data, err = next(data); err == nil {
			err = c.key.decode(k.UnsafePointer(), cell)
		}
		if err != nil {
			return at(err, "[key]")
		}
		if c.val != nil {
			if cell, data, err = next(data); err == nil {
				err = c.val.decode(v.UnsafePointer(), cell)
			}
			if err != nil {
				return at(err, "[value]")
			}
		}
		m.SetMapIndex(k.Elem(), v.Elem())
		k.Elem().SetZero()
		v.Elem().SetZero()
	}
	if c.val != nil && m.Len() < n {
		return fail("two of the keys are one in Go, and the map would lose an entry")
	}
	return end(data)
}

// valueCoder is a coder that also works without a pointer, for values that have
// no address in a map.
type valueCoder[V any] interface {
	appendValue(dst []byte, v V) ([]byte, error)
	value(data []byte) (V, error)
}

// textMapCoder is a map[string]V as a map<text, …> of scalars, without reflection.
type textMapCoder[V any] struct {
	val   valueCoder[V]
	order *cellOrder
}

func (c *textMapCoder[V]) appendEmpty(dst []byte) []byte { return appendInt(dst, 0) }

func (c *textMapCoder[V]) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	m := *(*map[string]V)(p)
	if m == nil {
		return dst, true, nil
	}
	dst = appendInt(dst, len(m))
	start := len(dst)
	for k, v := range m {
		dst = append(appendInt(dst, len(k)), k...)
		dst = reserve(dst)
		from := len(dst)
		if dst, err = c.val.appendValue(dst, v); err != nil {
			return dst, false, at(err, "[value]")
		}
		closeCell(dst, from)
	}
	dst, err = c.order.finish(dst, start, len(m))
	return dst, false, err
}

func (c *textMapCoder[V]) decode(p unsafe.Pointer, data []byte) error {
	*(*map[string]V)(p) = nil
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 8)
	if err != nil {
		return err
	}
	m := make(map[string]V, n)
	all, rest := string(data), data // the keys share one string
	for range n {
		var key, cell []byte
		if key, rest, err = next(rest); err != nil {
			return at(err, "[key]")
		}
		stop := len(data) - len(rest)
		if cell, rest, err = next(rest); err != nil {
			return at(err, "[value]")
		}
		v, err := c.val.value(cell)
		if err != nil {
			return at(err, "[value]")
		}
		m[all[stop-len(key):stop]] = v
	}
	*(*map[string]V)(p) = m
	return end(rest)
}

// stringMapCoder is a map[string]string as a map<text, text>: keys and values
// share one string.
type stringMapCoder struct{ order *cellOrder }

func (c *stringMapCoder) appendEmpty(dst []byte) []byte { return appendInt(dst, 0) }

func (c *stringMapCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	m := *(*map[string]string)(p)
	if m == nil {
		return dst, true, nil
	}
	dst = appendInt(dst, len(m))
	start := len(dst)
	for k, v := range m {
		dst = append(appendInt(dst, len(k)), k...)
		dst = append(appendInt(dst, len(v)), v...)
	}
	dst, err = c.order.finish(dst, start, len(m))
	return dst, false, err
}

func (c *stringMapCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*map[string]string)(p) = nil
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 8)
	if err != nil {
		return err
	}
	m := make(map[string]string, n)
	all, rest := string(data), data
	for range n {
		var key, val []byte
		if key, rest, err = next(rest); err != nil {
			return at(err, "[key]")
		}
		stop := len(data) - len(rest)
		if val, rest, err = next(rest); err != nil {
			return at(err, "[value]")
		}
		vstop := len(data) - len(rest)
		m[all[stop-len(key):stop]] = all[vstop-len(val) : vstop]
	}
	*(*map[string]string)(p) = m
	return end(rest)
}

// textSetCoder is a map[string]struct{} as a set<text>.
type textSetCoder struct{ order *cellOrder }

func (c *textSetCoder) appendEmpty(dst []byte) []byte { return appendInt(dst, 0) }

func (c *textSetCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	m := *(*map[string]struct{})(p)
	if m == nil {
		return dst, true, nil
	}
	dst = appendInt(dst, len(m))
	start := len(dst)
	for k := range m {
		dst = append(appendInt(dst, len(k)), k...)
	}
	dst, err = c.order.finish(dst, start, len(m))
	return dst, false, err
}

func (c *textSetCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*map[string]struct{})(p) = nil
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 4)
	if err != nil {
		return err
	}
	m := make(map[string]struct{}, n)
	all, rest := string(data), data
	for range n {
		var key []byte
		if key, rest, err = next(rest); err != nil {
			return at(err, "[key]")
		}
		stop := len(data) - len(rest)
		m[all[stop-len(key):stop]] = struct{}{}
	}
	*(*map[string]struct{})(p) = m
	return end(rest)
}

var emptyStruct = reflect.TypeFor[struct{}]()

func (c compiler) compileMap(goType reflect.Type, t *Type) (coder, *Type, error) {
	keyType, valType := t.Key, t.Elem
	if t.Kind == Set {
		keyType, valType = t.Elem, nil
	}
	key, keyType, err := c.nested().compile(goType.Key(), keyType)
	if err != nil {
		return nil, nil, at(err, "[key]")
	}
	resolved := &Type{Kind: Set, Elem: keyType, Frozen: t.Frozen}
	order := &cellOrder{compare: comparator(keyType), cells: 1}
	var val coder
	if valType != nil {
		if val, valType, err = c.nested().compile(goType.Elem(), valType); err != nil {
			return nil, nil, at(err, "[value]")
		}
		resolved = &Type{Kind: Map, Key: keyType, Elem: valType, Frozen: t.Frozen}
		order.cells = 2
	}
	if fast := compileTextMap(goType, key, val, order); fast != nil {
		return fast, resolved, nil
	}
	return &mapCoder{typ: goType, key: key, val: val, order: order}, resolved, nil
}

// compileTextMap returns the coder of the commonest maps, or nil. Each type of values costs every program 2.5 KB.
func compileTextMap(goType reflect.Type, key, val coder, order *cellOrder) coder {
	if _, text := key.(textCoder); !text || goType.Key() != reflect.TypeFor[string]() {
		return nil
	}
	switch goType.Elem() {
	case reflect.TypeFor[string]():
		if _, text := val.(textCoder); text {
			return &stringMapCoder{order}
		}
	case emptyStruct:
		if val == nil {
			return &textSetCoder{order}
		}
	case reflect.TypeFor[int]():
		return newTextMap[int](val, order)
	case reflect.TypeFor[int64]():
		return newTextMap[int64](val, order)
	case reflect.TypeFor[float64]():
		return newTextMap[float64](val, order)
	}
	return nil
}

func newTextMap[V any](val coder, order *cellOrder) coder {
	if v, ok := val.(valueCoder[V]); ok {
		return &textMapCoder[V]{val: v, order: order}
	}
	return nil
}
