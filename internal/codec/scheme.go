package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
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

// Functions turn a V into a W, which has a cell, and back.
type Functions struct {
	V, W   reflect.Type
	Encode func(v Addr) (w Addr, err error)
	Decode func(v, w Addr) error
}

var registry = struct {
	sync.RWMutex
	m     map[string]Functions
	twice map[string]bool
}{m: map[string]Functions{}, twice: map[string]bool{}}

// Register names functions for Named.
func Register(name string, f Functions) {
	registry.Lock()
	defer registry.Unlock()
	if _, ok := registry.m[name]; ok {
		registry.twice[name] = true
	}
	registry.m[name] = f
}

func registered(name string) (Functions, error) {
	registry.RLock()
	defer registry.RUnlock()
	f, ok := registry.m[name]
	switch {
	case !ok:
		return f, fail("no codec %q is registered: call RegisterCodec before Open", name)
	case registry.twice[name]:
		return f, fail("two codecs %q are registered", name)
	}
	return f, nil
}

// Named is the scheme of the functions that are, or will be, registered by that name. They
// are looked up when they are first needed: columns are made before any init function runs.
func Named(name string) *Scheme {
	return &Scheme{name, func(goType reflect.Type, t *Type) (coder, error) {
		return &namedCoder{name: name, goType: goType, typ: t}, nil
	}}
}

type namedCoder struct {
	name   string
	goType reflect.Type
	typ    *Type

	once  sync.Once
	f     Functions
	inner coder
	err   error
}

// ready looks up the functions. That there are none yet is no reason not to look again.
func (c *namedCoder) ready() error {
	f, err := registered(c.name)
	if err != nil {
		return err
	}
	c.once.Do(func() {
		c.f = f
		if f.V != c.goType {
			c.err = fail("codec %q is for %s, not for %s", c.name, f.V, c.goType)
			return
		}
		inner, err := For(f.W, c.typ)
		if err != nil {
			c.err = fail("codec %q makes %s, which is not for the column: %s", c.name, f.W, err)
			return
		}
		c.inner = inner.coder
	})
	return c.err
}

func (c *namedCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	if err := c.ready(); err != nil {
		return dst, false, err
	}
	w, err := c.f.Encode(Addr{p})
	if err != nil {
		return dst, false, because(fmt.Sprintf("codec %q failed", c.name), err)
	}
	return c.inner.encode(dst, w.p)
}

func (c *namedCoder) decode(p unsafe.Pointer, data []byte) error {
	if data == nil {
		setZero(c.goType, p)
		return nil
	}
	if err := c.ready(); err != nil {
		return err
	}
	w := New(c.f.W)
	if err := c.inner.decode(w.p, data); err != nil {
		return err
	}
	if err := c.f.Decode(Addr{p}, w); err != nil {
		return because(fmt.Sprintf("codec %q failed", c.name), err)
	}
	return nil
}

// Ready reports why the codec cannot be used, if its functions are not registered or do not fit.
func (c *Codec) Ready() error {
	cd := c.coder
	for {
		switch inner := cd.(type) {
		case *pointerCoder:
			cd = inner.elem
			continue
		case *namedCoder:
			if err := inner.ready(); err != nil {
				return named(err, c.goType, c.typ)
			}
		}
		return nil
	}
}
