package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// Scheme is a way to store Go values that is not their type's own: as JSON, or by functions
// of the application's.
type Scheme struct {
	name    string
	compile func(goType reflect.Type, t *Type) (coder, error)
}

// For returns the codec of a Go type for a CQL type by the scheme. A nil pointer is null.
func (s *Scheme) For(goType reflect.Type, t *Type) (*Codec, error) {
	if goType == nil || t == nil {
		return nil, fail("a Go type and a CQL type are needed")
	}
	cd, err := s.coder(goType, t)
	if err != nil {
		return nil, named(err, goType, t)
	}
	return &Codec{goType: goType, typ: t, coder: cd, scheme: s}, nil
}

func (s *Scheme) coder(goType reflect.Type, t *Type) (coder, error) {
	if goType.Kind() == reflect.Pointer {
		elem, err := s.coder(goType.Elem(), t)
		if err != nil {
			return nil, err
		}
		return &pointerCoder{elem: elem, typ: goType.Elem(), empty: true}, nil
	}
	return s.compile(goType, t)
}

// With returns the codec of a Go type for a CQL type that stores values as c does.
func (c *Codec) With(goType reflect.Type, t *Type) (*Codec, error) {
	if c.scheme == nil {
		return For(goType, t)
	}
	return c.scheme.For(goType, t)
}

// Whole reports whether the cell says nothing of the value's parts: a scheme made it.
func (c *Codec) Whole() bool { return c.scheme != nil }

// JSON stores any Go type as JSON in a text, by encoding/json and without escapes for HTML. A
// nil slice, map or interface is null, and null is the zero value; the text null is a value.
var JSON = &Scheme{"json", func(goType reflect.Type, t *Type) (coder, error) {
	if t.Kind != Text && t.Kind != ASCII {
		return nil, fail("JSON is stored in a text column")
	}
	var unsupported *json.UnsupportedTypeError
	if _, err := json.Marshal(reflect.New(goType).Interface()); errors.As(err, &unsupported) {
		return nil, fail("%s has no JSON", unsupported.Type)
	}
	return jsonCoder{goType}, nil
}}

type jsonCoder struct{ typ reflect.Type }

func (c jsonCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	v := reflect.NewAt(c.typ, p)
	switch c.typ.Kind() {
	case reflect.Slice, reflect.Map, reflect.Interface:
		if v.Elem().IsNil() {
			return dst, true, nil
		}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return dst, false, because("the value cannot be written as JSON", err)
	}
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), false, nil
}

func (c jsonCoder) decode(p unsafe.Pointer, data []byte) error {
	v := reflect.NewAt(c.typ, p)
	v.Elem().SetZero()
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		return &Error{Reason: "the text is no JSON for it", Err: err}
	}
	return nil
}

// CustomScheme is a pair of functions that turn a V into a W, which has a cell, and back. A struct has it
// for its fields by that name.
type CustomScheme struct {
	name   string
	v, w   reflect.Type
	encode func(v Addr) (w Addr, err error)
	decode func(v, w Addr) error
}

// NewCustomScheme returns the CustomScheme of two functions.
func NewCustomScheme(name string, v, w reflect.Type, encode func(v Addr) (w Addr, err error), decode func(v, w Addr) error) CustomScheme {
	return CustomScheme{name, v, w, encode, decode}
}

// Name is what a tag calls it.
func (c CustomScheme) Name() string { return c.name }

// Scheme stores values as the functions do.
func (c CustomScheme) Scheme() *Scheme {
	return &Scheme{c.name, func(goType reflect.Type, t *Type) (coder, error) {
		if c.v != goType {
			return nil, fail("codec %q is for %s, not for %s", c.name, c.v, goType)
		}
		inner, err := For(c.w, t)
		if err != nil {
			return nil, fail("codec %q makes %s, which is not for the column: %s", c.name, c.w, err)
		}
		return &schemeCoder{c, inner.coder}, nil
	}}
}

// schemeCoder is the coder of a CustomScheme.
type schemeCoder struct {
	CustomScheme
	inner coder
}

func (c *schemeCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	w, err := c.CustomScheme.encode(Addr{p})
	if err != nil {
		return dst, false, because(fmt.Sprintf("codec %q failed", c.name), err)
	}
	return c.inner.encode(dst, w.p)
}

func (c *schemeCoder) decode(p unsafe.Pointer, data []byte) error {
	if data == nil {
		setZero(c.v, p)
		return nil
	}
	w := New(c.w)
	if err := c.inner.decode(w.p, data); err != nil {
		return err
	}
	if err := c.CustomScheme.decode(Addr{p}, w); err != nil {
		return because(fmt.Sprintf("codec %q failed", c.name), err)
	}
	return nil
}
