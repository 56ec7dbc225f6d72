package codec

import (
	"reflect"
	"unsafe"
)

// sliceHeader is a slice as the runtime lays it out.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// emptier is a coder whose null is written as an empty value where a
// collection, which cannot hold null, has it as an element.
type emptier interface{ appendEmpty(dst []byte) []byte }

// appendElem appends an element of a collection with its length.
func appendElem(dst []byte, c coder, p unsafe.Pointer) ([]byte, error) {
	dst = reserve(dst)
	start := len(dst)
	dst, null, err := c.encode(dst, p)
	if err != nil {
		return dst, err
	}
	if null {
		e, ok := c.(emptier)
		if !ok {
			return dst, errNullElem
		}
		dst = e.appendEmpty(dst)
	}
	closeCell(dst, start)
	return dst, nil
}

// elems are the elements of a slice or array.
type elems struct {
	coder coder
	size  uintptr
	text  bool       // string kinds as text: they share one string
	order *cellOrder // of a set
}

func (e *elems) encode(dst []byte, p unsafe.Pointer, n int) (_ []byte, err error) {
	dst = appendInt(dst, n)
	start := len(dst)
	for i := range n {
		if e.text {
			s := *(*string)(unsafe.Add(p, uintptr(i)*e.size))
			dst = append(appendInt(dst, len(s)), s...)
			continue
		}
		if dst, err = appendElem(dst, e.coder, unsafe.Add(p, uintptr(i)*e.size)); err != nil {
			return dst, atIndex(err, i)
		}
	}
	if e.order != nil {
		var unique int
		dst, unique, _ = e.order.sort(dst, start, n) // the first of equal elements stays, as in any set
		putInt(dst[start-4:], unique)
	}
	return dst, nil
}

func (e *elems) decode(p unsafe.Pointer, data []byte, n int) (err error) {
	if e.text {
		return decodeStrings(unsafe.Slice((*string)(p), n), data)
	}
	for i := range n {
		var cell []byte
		if cell, data, err = next(data); err == nil {
			err = e.coder.decode(unsafe.Add(p, uintptr(i)*e.size), cell)
		}
		if err != nil {
			return atIndex(err, i)
		}
	}
	return end(data)
}

// decodeStrings cuts all strings from one copy of the payload: a string that is
// kept keeps its neighbours.
func decodeStrings(dst []string, data []byte) error {
	all, rest := string(data), data
	for i := range dst {
		cell, after, err := next(rest)
		if err != nil {
			return atIndex(err, i)
		}
		stop := len(data) - len(after)
		dst[i] = all[stop-len(cell) : stop]
		rest = after
	}
	return end(rest)
}

// sliceCoder is a slice as a list or set: nil is null, empty is empty.
type sliceCoder struct {
	elems
	typ reflect.Type
}

func (c *sliceCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	h := (*sliceHeader)(p)
	if h.data == nil {
		return dst, true, nil
	}
	dst, err := c.elems.encode(dst, h.data, h.len)
	return dst, false, err
}

func (c *sliceCoder) appendEmpty(dst []byte) []byte { return appendInt(dst, 0) }

func (c *sliceCoder) decode(p unsafe.Pointer, data []byte) error {
	h := (*sliceHeader)(p)
	*h = sliceHeader{}
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 4)
	if err != nil {
		return err
	}
	makeSlice(c.typ, p, n)
	return c.elems.decode(h.data, data, n)
}

// emptyBase is where empty slices point, aligned for any element.
var emptyBase uint64

// makeSlice sets the nil slice at p to one of n zero elements, never nil.
func makeSlice(t reflect.Type, p unsafe.Pointer, n int) {
	switch {
	case n == 0:
		*(*sliceHeader)(p) = sliceHeader{data: unsafe.Pointer(&emptyBase)}
	case t.Elem().Kind() == reflect.String:
		*(*[]string)(p) = make([]string, n)
	default:
		v := reflect.NewAt(t, p).Elem()
		v.Grow(n) // allocates the array only, unlike reflect.MakeSlice
		v.SetLen(n)
	}
}

// arrayCoder is an array as a list or set of exactly that many elements.
type arrayCoder struct {
	elems
	typ reflect.Type
}

func (c *arrayCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	dst, err := c.elems.encode(dst, p, c.typ.Len())
	return dst, false, err
}

func (c *arrayCoder) decode(p unsafe.Pointer, data []byte) error {
	setZero(c.typ, p)
	if len(data) == 0 {
		return nil
	}
	n, data, err := count(data, 4)
	if err == nil && n != c.typ.Len() {
		err = fail("%d elements do not fit the array", n)
	}
	if err != nil {
		return err
	}
	return c.elems.decode(p, data, n)
}

func (c compiler) elems(goElem reflect.Type, t *Type) (elems, *Type, error) {
	inner, typ, err := c.nested().compile(goElem, t.Elem)
	if err != nil {
		return elems{}, nil, named(err, goElem, t.Elem)
	}
	_, text := inner.(textCoder)
	e := elems{coder: inner, size: goElem.Size(), text: text}
	if t.Kind == Set {
		e.order = &cellOrder{compare: comparator(typ), cells: 1}
	}
	if typ != t.Elem {
		resolved := *t
		resolved.Elem = typ
		t = &resolved
	}
	return e, t, nil
}
