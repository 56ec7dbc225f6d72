package stmt

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// Ref is a column or a part of one. It is shared and does not change. Nil stands for the
// zero one, which a zero Column, Cond or Assign has: see sure.
type Ref struct {
	col   *meta.Column
	name  string      // for messages when col is nil
	elem  *Operand    // list index or map key
	field string      // field of a user-defined type
	typ   *codec.Type // of what is referred to
	err   error
	code  uintptr // of the selector that has picked it; 0: it is known by its name

	_ [0]func() // nobody compares columns: spares a function for each type of column

	// Of a typed column: the codecs of its Go type, and of a collection's elements, keys and sets of keys.
	values, elems, keys, keySets *codec.Codec

	together *Columns // compared at once, or a token; nil: it is one column

	any bool // of one known by its name: values are of any Go type, each at an interface
}

// kept is r with the key of its element as it is bound now.
func (r *Ref) kept() *Ref {
	if r == nil || r.elem == nil || !r.elem.shares() {
		return r
	}
	own, elem := *r, r.elem.kept()
	own.elem = &elem
	return &own
}

// overlaps reports whether a and b are of one column, and of one element or field of it unless
// one of them is all of it.
func (r *Ref) overlaps(o *Ref) bool {
	switch {
	case r.col != o.col:
		return false
	case r.elem == nil && r.field == "" || o.elem == nil && o.field == "":
		return true
	case r.elem == nil || o.elem == nil:
		return r.field == o.field
	}
	x, _, errX := r.elem.Encode()
	y, _, errY := o.elem.Encode()
	if errX != nil || errY != nil {
		return false
	}
	if r.col.Type.Kind == codec.Map {
		return r.col.Type.Key.Compare(x, y) == 0
	}
	return bytes.Equal(x, y)
}

var noRef Ref

// Sure is r, or for nil one that refers to nothing.
func (r *Ref) Sure() *Ref {
	if r == nil {
		return &noRef
	}
	return r
}

var errNoColumn = errors.New("the column is a zero value; make it with Col or AnyCol")

// Missing says why r is no column of a struct; nil if it is one.
func (r *Ref) Missing() error {
	if r.err == nil && r.col == nil {
		return errNoColumn
	}
	return r.Err()
}

// ErrNilColumn is why nil is no column.
var ErrNilColumn = errors.New("a nil column; make it with Col or AnyCol")

// Valued makes values of the Go type those of r.
func (r *Ref) Valued(typ reflect.Type) *Ref {
	r.values, r.elems, r.keys, r.keySets, r.any = nil, nil, nil, nil, false
	if r.err != nil {
		return r
	}
	if r.values, r.err = r.codecFor(typ); r.err != nil || r.IsPart() || r.opaque() {
		return r
	}
	// A codec of the whole has those of the parts within, so that they fit.
	switch kind := r.typ.Kind; {
	case typ.Kind() == reflect.Slice && (kind == codec.List || kind == codec.Set):
		r.elems, r.err = codec.For(typ.Elem(), r.typ.Elem)
	case typ.Kind() == reflect.Map && kind == codec.Map:
		r.elems, r.err = codec.For(typ.Elem(), r.typ.Elem)
		var errs [2]error
		r.keys, errs[0] = codec.For(typ.Key(), r.typ.Key)
		r.keySets, errs[1] = codec.For(reflect.SliceOf(typ.Key()), &codec.Type{Kind: codec.Set, Elem: r.typ.Key})
		r.err = errors.Join(r.err, errs[0], errs[1])
	}
	return r
}

// NamedRef refers to a whole column that is known by its name, with values of any Go type.
func NamedRef(col *meta.Column) *Ref {
	r := RefTo(col)
	r.any = true
	return r
}

// valueAt is the operand of the value at p.
func (r *Ref) valueAt(p codec.Addr) Operand {
	switch {
	case p.None():
		return Operand{}
	case r.Sure().any:
		return r.operand(sameType, *codec.As[any](p))
	}
	return Operand{codec: r.Sure().values, p: p}
}

// ColumnAt refers to the column whose field lies at the offset in the struct.
func ColumnAt(table *meta.Table, field reflect.Type, offset, code uintptr, err error) *Ref {
	r := &Ref{name: "(selector)", code: code, err: err}
	if err != nil {
		return r
	}
	if r.col = table.At(offset, field); r.col == nil {
		r.err = fmt.Errorf("the selector points at no column of %s: at a skipped field, or inside of one", table.Go)
		return r
	}
	r.name, r.typ = r.col.Name, r.col.Type
	return r
}

// FieldOffset is how far the address that selector returns is behind base.
func FieldOffset(typ, field reflect.Type, base uintptr, selector func() uintptr) (offset uintptr, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("the column's selector panics on a zero %s: it may only return the address of a field, &x.Field", typ)
		}
	}()
	if field.Size() == 0 {
		return 0, errors.New("the selected field has size zero, so its address names no field")
	}
	at := selector()
	if at < base || at-base >= typ.Size() {
		return 0, fmt.Errorf("the column's selector returns an address outside of %s: return &x.Field", typ)
	}
	return at - base, nil
}

// RefTo refers to a whole column.
func RefTo(col *meta.Column) *Ref { return &Ref{col: col, name: col.Name, typ: col.Type} }

// codecFor is the codec of values of a Go type for what r refers to.
func (r *Ref) codecFor(goType reflect.Type) (*codec.Codec, error) {
	if r.col != nil && r.elem == nil && r.field == "" {
		return r.col.Codec.With(goType, r.typ)
	}
	return codec.For(goType, r.typ)
}

// opaque reports whether the column is only read and written as a whole.
func (r *Ref) opaque() bool { return r.col != nil && r.col.Codec.Whole() }

const errOpaque = "a column with a codec, or of JSON, is read and written whole"

// Cut is the element or field that r refers to of a cell of the column, which is of type t; nil
// is null.
func (r *Ref) Cut(t *codec.Type, cell []byte) ([]byte, error) {
	if r.field != "" {
		part, _, err := codec.FieldCell(t, cell, r.field)
		return part, err
	}
	key, null, err := r.elem.Encode()
	if err != nil || null {
		return nil, errors.Join(err, errNullKey)
	}
	if r.col.Type.Kind == codec.Map {
		part, _, err := codec.MapValue(r.col.Type, cell, key)
		return part, err
	}
	index, err := codec.DecodeAny(indexCodec.Type(), key)
	if err != nil {
		return nil, err
	}
	part, _, err := codec.ListElem(cell, index.(int))
	return part, err
}

var errNullKey = errors.New("an element's key cannot be null")

// TypeIn is the type of what r refers to in a column of type t; nil if there is no such field.
func (r *Ref) TypeIn(t *codec.Type) *codec.Type {
	switch {
	case r.elem != nil:
		return t.Elem.Freeze()
	case r.field == "":
		return t
	}
	for i := range t.Fields {
		if t.Fields[i].Name == r.field {
			return t.Fields[i].Type.Freeze()
		}
	}
	return nil
}

// Column is the column that r is, or is a part of; nil if there is none.
func (r *Ref) Column() *meta.Column { return r.col }

// Type is the type of what is referred to.
func (r *Ref) Type() *codec.Type { return r.typ }

// Name is the column's name, for messages too.
func (r *Ref) Name() string { return r.name }

// Err says why there is no such column, and where its selector is.
func (r *Ref) Err() error {
	if r.err == nil || r.code == 0 {
		return r.err
	}
	file, line := runtime.FuncForPC(r.code).FileLine(r.code)
	return &selectorError{r.err, file, line}
}

// selectorError is an error of a column that a selector has picked.
type selectorError struct {
	err  error
	file string
	line int
}

func (e *selectorError) Error() string {
	return fmt.Sprintf("%s (its selector is at %s:%d)", e.err, e.file, e.line)
}

func (e *selectorError) Unwrap() error { return e.err }

// IsPart reports whether r is an element or a field, and not the whole column.
func (r *Ref) IsPart() bool { return r.elem != nil || r.field != "" }

// IsAny reports whether values are of any Go type.
func (r *Ref) IsAny() bool { return r.any }

// IsElement reports whether r is an element of a list, or the value of a map's key.
func (r *Ref) IsElement() bool { return r.elem != nil }

// Codec encodes values of the Go type of a typed column.
func (r *Ref) Codec() *codec.Codec { return r.values }

// BadRef stands for a column that there is not.
func BadRef(name string, err error) *Ref { return &Ref{name: name, err: err} }
