package codec

import (
	"reflect"
	"slices"
	"unsafe"
)

// structField is a field of a user-defined type or an element of a tuple.
type structField struct {
	name   string
	offset uintptr
	coder  coder // nil: the Go struct has no such field
}

func appendField(dst []byte, f *structField, p unsafe.Pointer) ([]byte, error) {
	dst = reserve(dst)
	start := len(dst)
	if f.coder == nil {
		return appendNull(dst[:start-4]), nil
	}
	dst, null, err := f.coder.encode(dst, unsafe.Add(p, f.offset))
	if err != nil {
		return dst, atField(err, f.name)
	}
	if null {
		return appendNull(dst[:start-4]), nil
	}
	closeCell(dst, start)
	return dst, nil
}

// structCoder is a struct as a user-defined type or tuple.
type structCoder struct {
	fields []structField
	open   bool // the type may have more fields than the struct: what follows is skipped
}

func (c *structCoder) encode(dst []byte, p unsafe.Pointer) (_ []byte, _ bool, err error) {
	for i := range c.fields {
		if dst, err = appendField(dst, &c.fields[i], p); err != nil {
			return dst, false, err
		}
	}
	return dst, false, nil
}

func (c *structCoder) decode(p unsafe.Pointer, data []byte) (err error) {
	for i := range c.fields {
		f := &c.fields[i]
		var cell []byte
		if len(data) > 0 {
			if cell, data, err = next(data); err != nil {
				return atField(err, f.name)
			}
		}
		if f.coder == nil {
			continue
		}
		if err = f.coder.decode(unsafe.Add(p, f.offset), cell); err != nil {
			return atField(err, f.name)
		}
	}
	if c.open {
		return nil
	}
	return end(data)
}

// compileUDT matches the fields of the type with those of the struct by name. A
// field that only the type has is null when written and skipped when read; one
// that only the struct has is an error, since it would be lost.
func (c compiler) compileUDT(goType reflect.Type, t *Type) (coder, *Type, error) {
	c, err := c.enter(goType)
	if err != nil {
		return nil, nil, err
	}
	fields, err := structFields(goType)
	if err != nil {
		return nil, nil, err
	}
	if t.Fields == nil {
		known, err := c.inferUDT(t.Name, fields)
		if err != nil {
			return nil, nil, err
		}
		known.Frozen = t.Frozen
		t = known
	}
	byName := make(map[string]*goField, len(fields))
	for i := range fields {
		byName[fields[i].name] = &fields[i]
	}
	cd := &structCoder{open: true}
	resolved := *t
	resolved.Fields = make([]Field, len(t.Fields))
	last := 0
	for i, f := range t.Fields {
		sf := structField{name: f.Name}
		resolved.Fields[i] = f
		if g := byName[f.Name]; g != nil {
			delete(byName, f.Name)
			sf.offset = g.offset
			if sf.coder, resolved.Fields[i].Type, err = c.nested().compile(g.typ, f.Type); err != nil {
				return nil, nil, atField(named(err, g.typ, f.Type), f.Name)
			}
			last = i + 1
		}
		cd.fields = append(cd.fields, sf)
	}
	for _, f := range fields {
		if byName[f.name] != nil {
			return nil, nil, fail("the type has no field %s for the struct's %s: add it with ALTER TYPE, or leave it out with cql:\"-\"", f.name, f.goName)
		}
	}
	if last == 0 {
		return nil, nil, fail("the struct has none of the fields of the type")
	}
	cd.fields = cd.fields[:last] // a shorter cell ends with nulls
	return cd, &resolved, nil
}

func (c compiler) inferUDT(name string, fields []goField) (*Type, error) {
	if len(fields) == 0 {
		return nil, fail("the struct has no exported fields")
	}
	t := &Type{Kind: UDT, Name: name, Fields: make([]Field, len(fields))}
	for i := range fields {
		ft, err := c.inferField(&fields[i])
		if err != nil {
			return nil, err
		}
		t.Fields[i] = Field{Name: fields[i].name, Type: ft}
	}
	return t, nil
}

// compileTuple matches the elements of the type with the fields of the struct in order.
func (c compiler) compileTuple(goType reflect.Type, t *Type) (coder, *Type, error) {
	c, err := c.enter(goType)
	if err != nil {
		return nil, nil, err
	}
	fields, err := structFields(goType)
	if err != nil {
		return nil, nil, err
	}
	if len(fields) > len(t.Elems) || len(fields) < len(t.Elems) && !c.live {
		return nil, nil, fail("the struct has %d fields, the tuple %d elements", len(fields), len(t.Elems))
	}
	cd := &structCoder{fields: make([]structField, len(fields)), open: len(fields) < len(t.Elems)}
	resolved := *t
	resolved.Elems = slices.Clone(t.Elems)
	for i, f := range fields {
		inner, typ, err := c.nested().compile(f.typ, t.Elems[i])
		if err != nil {
			return nil, nil, atField(named(err, f.typ, t.Elems[i]), f.goName)
		}
		cd.fields[i] = structField{name: f.goName, offset: f.offset, coder: inner}
		resolved.Elems[i] = typ
	}
	return cd, &resolved, nil
}
