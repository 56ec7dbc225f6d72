package stmt

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
)

// FieldAt refers to the field of r's user-defined type that lies at the offset in the struct.
func (r *Ref) FieldAt(typ, field reflect.Type, offset, code uintptr, err error) *Ref {
	part := *r.Sure()
	if part.err == nil {
		part.code = code
	}
	switch {
	case part.err != nil:
		return &part
	case part.elem != nil || part.field != "":
		part.err = errors.New("CQL reaches into a column one level deep: only a whole column has fields here")
		return &part
	case err != nil:
		part.err = err
		return &part
	}
	name, ok := codec.FieldAt(typ, offset, field)
	if !ok {
		part.err = fmt.Errorf("the selector does not point at a field of %s that is stored", typ)
		return &part
	}
	return part.Member(name)
}

// Member refers to a field of the user-defined type that r refers to.
func (r *Ref) Member(name string) *Ref {
	part := *r.Sure()
	switch {
	case part.err != nil:
		return &part
	case part.typ == nil:
		part.err = errNoColumn
		return &part
	case part.opaque():
		part.err = errors.New(errOpaque)
		return &part
	case part.typ.Kind == codec.UDT:
		for _, f := range part.typ.Fields {
			if f.Name == name {
				part.field, part.typ = name, f.Type.Freeze()
				return &part
			}
		}
	}
	part.err = fmt.Errorf("%s has no field %q", part.typ, name)
	return &part
}

// at refers to a list element or a map value of the column that r refers to.
func (r *Ref) at(key Operand) *Ref {
	part := *r.Sure()
	switch {
	case part.err != nil:
	case part.typ == nil:
		part.err = errNoColumn
	case part.opaque():
		part.err = errors.New(errOpaque)
	case part.elem != nil || part.field != "":
		part.err = errors.New("CQL reaches into a column one level deep: only a whole column has elements here")
	case part.typ.Kind == codec.Map || part.typ.Kind == codec.List:
		part.elem, part.typ = &key, part.typ.Elem.Freeze()
	default:
		part.err = fmt.Errorf("%s has no elements to address; lists and maps have", part.typ)
	}
	return &part
}

var indexCodec = MustCodec(reflect.TypeFor[int](), &codec.Type{Kind: codec.Int})

// MustCodec is the codec of a pair of types that fit.
func MustCodec(t reflect.Type, typ *codec.Type) *codec.Codec {
	c, err := codec.For(t, typ)
	if err != nil {
		panic("coodie: " + err.Error()) // a constant pair of types
	}
	return c
}

// Index refers to the list element.
func (r *Ref) Index(i int) *Ref {
	r = r.whole("At", codec.List)
	index := operandOf(indexCodec, i)
	if i < 0 {
		index = BadOperand(errors.New("a list index is not negative"))
	}
	return r.at(index)
}

// AtKey refers to the map value of the key at p.
func (r *Ref) AtKey(p codec.Addr) *Ref {
	r = r.whole("Entry", codec.Map)
	return r.at(Operand{codec: r.keys, p: p})
}
