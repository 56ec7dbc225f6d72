package coodie

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Cond is a filter of Find or a condition of If on a column of T's table. Columns make it.
type Cond[T any] cond

// Assign is a change of a column of T's table, for Update. Columns make it.
//
// The assignments of one Update have one timestamp and no order. Of two values of one element the
// server keeps the greater one, and of a value and a deletion the deletion. So an Update that
// assigns a column, element or field twice, or adds and removes one element, is a *UsageError.
// Elements are compared as CQL compares them: an instant is the same in every time zone.
type Assign[T any] assign

// Target is a column of T's table, or a part of one, for DeleteColumns. One that is named twice,
// or a part beside its whole column, is a *UsageError.
type Target[T any] interface{ target(*T) *ref }

// Column is a column of T's table whose values are of Go type V, or a part of such a
// column: a map value, a list element, a field of a user-defined type.
//
// A Column is resolved once and safe for many goroutines. Its methods never fail: what
// is wrong with the column or a value comes out of the call that sends the statement. A
// slice or map given to them must not change before that call.
type Column[T, V any] ref

// ref is a column or a part of one. It is shared and does not change. Nil stands for the
// zero one, which a zero Column, Cond or Assign has: see sure.
type ref struct {
	col   *meta.Column
	name  string      // for messages when col is nil
	elem  *operand    // list index or map key
	field string      // field of a user-defined type
	typ   *codec.Type // of what is referred to
	err   error

	_ [0]func() // nobody compares columns: spares a function for each type of column

	// Of a typed column: the codecs of its Go type, and of a collection's elements, keys and sets of keys.
	values, elems, keys, keySets *codec.Codec
}

var noRef ref

func (r *ref) sure() *ref {
	if r == nil {
		return &noRef
	}
	return r
}

// cond compares what it is on with a value.
type cond struct {
	on    *ref
	op    cql.Op
	value operand
}

func (c *cond) ref() *ref { return c.on.sure() }

// assign changes what it is of.
type assign struct {
	of     *ref
	change cql.Change
	value  operand
}

func (a *assign) ref() *ref { return a.of.sure() }

// operand is a value not yet encoded. It has two words, so that Go keeps a condition in registers.
type operand struct {
	codec *codec.Codec // nil: the value is null
	p     codec.Addr   // at the value, or, if codec is elsewhere, at an otherOperand
}

// elsewhere is the codec of an operand that is not a value at p, which is seldom.
var elsewhere = new(codec.Codec)

type otherOperand struct {
	codec *codec.Codec // of the cell, the list's values or the token; nil if the column's type says it
	cell  []byte       // the value, encoded already,
	typ   *codec.Type  // as this type; of a list the type of its values, nil if it is the column's
	list  []operand    // of IN
	many  *many        // of a filter on several columns
	err   error
}

func (o *otherOperand) operand() operand { return operand{elsewhere, codec.At(o)} }

// other is what is not a value at p; nil if there is such a value or null.
func (o *operand) other() *otherOperand {
	if o.codec == elsewhere {
		return codec.As[otherOperand](o.p)
	}
	return nil
}

// encodes is the codec of the value or values; nil if there is none.
func (o *operand) encodes() *codec.Codec {
	if other := o.other(); other != nil {
		return other.codec
	}
	return o.codec
}

func (o *operand) cell() []byte {
	if other := o.other(); other != nil {
		return other.cell
	}
	return nil
}

func (o *operand) list() []operand {
	if other := o.other(); other != nil {
		return other.list
	}
	return nil
}

func (o *operand) many() *many {
	if other := o.other(); other != nil {
		return other.many
	}
	return nil
}

func (o *operand) err() error {
	if other := o.other(); other != nil {
		return other.err
	}
	return nil
}

func badOperand(err error) operand { return (&otherOperand{err: err}).operand() }

// Col is the column that holds the selected field:
//
//	version := coodie.Col(func(c *AppConfig) *int { return &c.Version })
//
// A renamed field or a value of another type is then a compile error. For a pointer
// field whose values are written without the pointer, use NullCol.
func Col[T, V any](selector func(*T) *V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// NullCol is the column of a pointer field: nil is null, and values are written as V.
//
//	lockedBy := coodie.NullCol(func(l *Lock) **string { return &l.LockedBy })
//	… lockedBy.Set("bob"), lockedBy.SetNull(), lockedBy.IsNull()
func NullCol[T, V any](selector func(*T) **V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// Field is a field of a user-defined type: for conditions on every such column, for
// Set on those that are not frozen. U is the Go struct of the type.
//
//	city := coodie.Field(address, func(a *Address) *string { return &a.City })
func Field[T, U, V any](c *Column[T, U], selector func(*U) *V) *Column[T, V] {
	offset, err := offsetOf(selector)
	return column[T, V](refOf(c).fieldAt(reflect.TypeFor[U](), reflect.TypeFor[V](), offset, err))
}

// fieldAt refers to the field of r's user-defined type that lies at the offset in the struct.
func (r *ref) fieldAt(typ, field reflect.Type, offset uintptr, err error) *ref {
	part := *r.sure()
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
	return part.member(name)
}

var (
	errNoColumn  = errors.New("the column is a zero value; make it with Col or Table.Col")
	errNilColumn = errors.New("a nil column; make it with Col or Table.Col")
)

// member refers to a field of the user-defined type that r refers to.
func (r *ref) member(name string) *ref {
	part := *r.sure()
	switch {
	case part.err != nil:
		return &part
	case part.typ == nil:
		part.err = errNoColumn
		return &part
	case part.whole():
		part.err = errors.New(errWhole)
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
func (r *ref) at(key operand) *ref {
	part := *r.sure()
	switch {
	case part.err != nil:
	case part.typ == nil:
		part.err = errNoColumn
	case part.whole():
		part.err = errors.New(errWhole)
	case part.elem != nil || part.field != "":
		part.err = errors.New("CQL reaches into a column one level deep: only a whole column has elements here")
	case part.typ.Kind == codec.Map || part.typ.Kind == codec.List:
		part.elem, part.typ = &key, part.typ.Elem.Freeze()
	default:
		part.err = fmt.Errorf("%s has no elements to address; lists and maps have", part.typ)
	}
	return &part
}

// column is the Column of a ref that is not shared yet.
func column[T, V any](r *ref) *Column[T, V] {
	return (*Column[T, V])(r.valued(reflect.TypeFor[V]()))
}

// valued makes values of the Go type those of r.
func (r *ref) valued(typ reflect.Type) *ref {
	r.values = nil
	if r.err == nil {
		r.values, r.err = r.codecFor(typ)
	}
	return r
}

// refOf is what a column refers to; nil of a nil one.
func refOf[T, V any](c *Column[T, V]) *ref { return (*ref)(c) }

// cond compares r with the value at p, which is of the Go type of r's column; nil is null.
//
//go:noinline
func (r *ref) cond(op cql.Op, p codec.Addr) cond { return cond{r, op, r.valueAt(p)} }

// assign changes r by the value at p; nil is null.
//
//go:noinline
func (r *ref) assign(change cql.Change, p codec.Addr) assign {
	return assign{r, change, r.valueAt(p)}
}

// valueAt is the operand of the value at p.
func (r *ref) valueAt(p codec.Addr) operand {
	if p.None() {
		return operand{}
	}
	return operand{codec: r.sure().values, p: p}
}

// selected resolves a selector to the column it points at.
func selected[T, F any](selector func(*T) *F) *ref {
	offset, err := offsetOf(selector)
	return selectedAt(reflect.TypeFor[T](), reflect.TypeFor[F](), offset, err)
}

func selectedAt(typ, field reflect.Type, offset uintptr, err error) *ref {
	table, wrong := described(typ)
	if wrong != nil {
		err = wrong
	}
	return columnAt(table, field, offset, err)
}

// columnAt refers to the column whose field lies at the offset in the struct.
func columnAt(table *meta.Table, field reflect.Type, offset uintptr, err error) *ref {
	r := &ref{name: "(selector)", err: err}
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

// fieldOffset is how far the address that selector returns is behind base.
func fieldOffset(typ, field reflect.Type, base uintptr, selector func() uintptr) (offset uintptr, err error) {
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

// refTo refers to a whole column.
func refTo(col *meta.Column) *ref { return &ref{col: col, name: col.Name, typ: col.Type} }

// operandAt is what the column's field in v holds.
func operandAt(col *meta.Column, v codec.Addr) operand {
	return operand{codec: col.Codec, p: v.Field(col.Offset)}
}

func operandOf[V any](c *codec.Codec, v V) operand {
	return operand{codec: c, p: codec.At(&v)}
}

// copied is a copy of the values, which are of the type.
func (l listed) copied(t reflect.Type) listed {
	all := reflect.MakeSlice(reflect.SliceOf(t), l.n, l.n)
	for i := range l.n {
		all.Index(i).Set(l.at(i).Value(t))
	}
	l.first = codec.AddrOf(all)
	return l
}

// in asks for one of the values, as they are now.
//
//go:noinline
func (r *ref) in(vs listed) cond {
	list, cd := make([]operand, vs.n), r.sure().values
	if cd != nil {
		vs = vs.copied(cd.GoType())
	}
	for i := range list {
		list[i] = operand{codec: cd, p: vs.at(i)}
	}
	return cond{r, cql.In, (&otherOperand{codec: cd, list: list}).operand()}
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *Column[T, V]) target(*T) *ref { return refOf(c) }

// Name is the column's name.
func (c *Column[T, V]) Name() string { return refOf(c).sure().name }

// Eq is `column = v`. A v that stands for null (a nil pointer, a zero time) asks for null.
//
//go:noinline
func (c *Column[T, V]) Eq(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Eq, codec.At(&v))) }

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *Column[T, V]) Ne(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Ne, codec.At(&v))) }

// Lt is `column < v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Lt(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Lt, codec.At(&v))) }

// Le is `column <= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Le(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Le, codec.At(&v))) }

// Gt is `column > v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Gt(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Gt, codec.At(&v))) }

// Ge is `column >= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Ge(v V) Cond[T] { return Cond[T](refOf(c).cond(cql.Ge, codec.At(&v))) }

// In is `column IN ?` with vs bound as one list, so that it is one prepared statement
// whatever its length. A read of many partitions by In is sent as several such statements,
// and its rows come in the order of vs: see docs/bulk.md.
//
//go:noinline
func (c *Column[T, V]) In(vs ...V) Cond[T] {
	return Cond[T](refOf(c).in(listOf(vs)))
}

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *Column[T, V]) IsNull() Cond[T] { return Cond[T](refOf(c).cond(cql.Eq, codec.Addr{})) }

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *Column[T, V]) IsNotNull() Cond[T] { return Cond[T](refOf(c).cond(cql.Ne, codec.Addr{})) }

// Set is `column = v`. A v that stands for null deletes the value.
//
//go:noinline
func (c *Column[T, V]) Set(v V) Assign[T] {
	return Assign[T](refOf(c).assign(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *Column[T, V]) SetNull() Assign[T] { return Assign[T](refOf(c).assign(cql.Set, codec.Addr{})) }

// From reads the column from the row that refused an LWT. The value is zero unless it is Present.
//
//go:noinline
func (c *Column[T, V]) From(e *Existing[T]) (V, Presence) {
	var v V
	p := plainExisting(e).read(refOf(c), codec.At(&v))
	if p != Present {
		var zero V
		return zero, p
	}
	return v, p
}

// read decodes what r refers to into the zero value at p.
func (e *existing) read(r *ref, p codec.Addr) Presence {
	if e == nil || r.sure().err != nil {
		return Missing
	}
	cell, presence := e.cell(r.sure())
	if presence != Present {
		return presence
	}
	if r.values == nil || r.values.Decode(p, cell) != nil {
		return Missing // the call that made e has reported the *DecodeError
	}
	return Present
}
