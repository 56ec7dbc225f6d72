package coodie

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Cond is a filter of Find or a condition of If on a column of T's table. Columns make it.
type Cond[T any] struct{ cond }

// Assign is a change of a column of T's table, for Update. Columns make it.
//
// The assignments of one Update have one timestamp and no order. Of two values of one element the
// server keeps the greater one, and of a value and a deletion the deletion. So an Update that
// assigns a column, element or field twice, or adds and removes one element, is a *UsageError.
// Elements are compared as CQL compares them: an instant is the same in every time zone.
type Assign[T any] struct{ assign }

// Target is a column of T's table, or a part of one, for DeleteColumns. One that is named twice,
// or a part beside its whole column, is a *UsageError.
type Target[T any] interface{ target(*T) *ref }

// Column is a column of T's table whose values are of Go type V, or a part of such a
// column: a map value, a list element, a field of a user-defined type.
//
// A Column is resolved once and safe for many goroutines. Its methods never fail: what
// is wrong with the column or a value comes out of the call that sends the statement. A
// slice or map given to them must not change before that call.
type Column[T, V any] struct {
	ref   *ref
	codec *codec.Codec // of V
}

// ref is a column or a part of one. It is shared and does not change. Nil stands for the
// zero one, which a zero Column, Cond or Assign has: see sure.
type ref struct {
	col   *meta.Column
	name  string      // for messages when col is nil
	elem  *operand    // list index or map key
	field string      // field of a user-defined type
	typ   *codec.Type // of what is referred to
	err   error
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

// operand is a value not yet encoded.
type operand struct {
	codec *codec.Codec // nil: the value is null
	p     unsafe.Pointer
	other *otherOperand // what is not a value at p: seldom, so that operands are small
}

type otherOperand struct {
	cell []byte      // the value, encoded already,
	typ  *codec.Type // as this type; of a list the type of its values, nil if it is the column's
	list []operand   // of IN
	many *many       // of a filter on several columns
	err  error
}

func (o *operand) cell() []byte {
	if o.other == nil {
		return nil
	}
	return o.other.cell
}

func (o *operand) list() []operand {
	if o.other == nil {
		return nil
	}
	return o.other.list
}

func (o *operand) many() *many {
	if o.other == nil {
		return nil
	}
	return o.other.many
}

func (o *operand) err() error {
	if o.other == nil {
		return nil
	}
	return o.other.err
}

func badOperand(err error) operand { return operand{other: &otherOperand{err: err}} }

// Col is the column that holds the selected field:
//
//	version := coodie.Col(func(c *AppConfig) *int { return &c.Version })
//
// A renamed field or a value of another type is then a compile error. For a pointer
// field whose values are written without the pointer, use NullCol.
func Col[T, V any](selector func(*T) *V) Column[T, V] {
	return column[T, V](selected(selector))
}

// NullCol is the column of a pointer field: nil is null, and values are written as V.
//
//	lockedBy := coodie.NullCol(func(l *Lock) **string { return &l.LockedBy })
//	… lockedBy.Set("bob"), lockedBy.SetNull(), lockedBy.IsNull()
func NullCol[T, V any](selector func(*T) **V) Column[T, V] {
	return column[T, V](selected(selector))
}

// Field is a field of a user-defined type: for conditions on every such column, for
// Set on those that are not frozen. U is the Go struct of the type.
//
//	city := coodie.Field(address, func(a *Address) *string { return &a.City })
func Field[T, U, V any](c Column[T, U], selector func(*U) *V) Column[T, V] {
	offset, err := offsetOf(selector)
	return column[T, V](c.ref.fieldAt(reflect.TypeFor[U](), reflect.TypeFor[V](), offset, err))
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
func column[T, V any](r *ref) Column[T, V] {
	return Column[T, V]{ref: r, codec: r.valued(reflect.TypeFor[V]())}
}

func (r *ref) valued(typ reflect.Type) (c *codec.Codec) {
	if r.err == nil {
		c, r.err = r.codecFor(typ)
	}
	return c
}

// selected resolves a selector to the column it points at.
func selected[T, F any](selector func(*T) *F) *ref {
	offset, err := offsetOf(selector)
	return columnAt(reflect.TypeFor[T](), reflect.TypeFor[F](), offset, err)
}

func columnAt(typ, field reflect.Type, offset uintptr, err error) *ref {
	r := &ref{name: "(selector)"}
	table, described := meta.Of(typ)
	if described != nil {
		r.err = described
		return r
	}
	if err != nil {
		r.err = err
		return r
	}
	if r.col = table.At(offset, field); r.col == nil {
		r.err = fmt.Errorf("the selector points at no column of %s: at a skipped field, or inside of one", typ)
		return r
	}
	r.name, r.typ = r.col.Name, r.col.Type
	return r
}

// offsetOf is how far into a T the field lies that the selector points at.
func offsetOf[T, F any](selector func(*T) *F) (offset uintptr, err error) {
	if selector == nil {
		return 0, errors.New("the column's selector is nil")
	}
	zero := new(T)
	call := func() uintptr { return uintptr(unsafe.Pointer(selector(zero))) }
	return fieldOffset(reflect.TypeFor[T](), reflect.TypeFor[F](), uintptr(unsafe.Pointer(zero)), call)
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
func operandAt(col *meta.Column, v unsafe.Pointer) operand {
	return operand{codec: col.Codec, p: unsafe.Add(v, col.Offset)}
}

func operandOf[V any](c *codec.Codec, v V) operand {
	return operand{codec: c, p: unsafe.Pointer(&v)}
}

func operandsOf[V any](c *codec.Codec, vs []V) operand {
	list := make([]operand, len(vs))
	for i := range vs {
		list[i] = operandOf(c, vs[i])
	}
	return operand{codec: c, other: &otherOperand{list: list}}
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c Column[T, V]) target(*T) *ref { return c.ref }

// Name is the column's name.
func (c Column[T, V]) Name() string { return c.ref.sure().name }

func (c Column[T, V]) compare(op cql.Op, v V) Cond[T] {
	return Cond[T]{cond{c.ref, op, operandOf(c.codec, v)}}
}

// Eq is `column = v`. A v that stands for null (a nil pointer, a zero time) asks for null.
func (c Column[T, V]) Eq(v V) Cond[T] { return c.compare(cql.Eq, v) }

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
func (c Column[T, V]) Ne(v V) Cond[T] { return c.compare(cql.Ne, v) }

// Lt is `column < v`; false on null.
func (c Column[T, V]) Lt(v V) Cond[T] { return c.compare(cql.Lt, v) }

// Le is `column <= v`; false on null.
func (c Column[T, V]) Le(v V) Cond[T] { return c.compare(cql.Le, v) }

// Gt is `column > v`; false on null.
func (c Column[T, V]) Gt(v V) Cond[T] { return c.compare(cql.Gt, v) }

// Ge is `column >= v`; false on null.
func (c Column[T, V]) Ge(v V) Cond[T] { return c.compare(cql.Ge, v) }

// In is `column IN ?` with vs bound as one list, so that it is one prepared statement
// whatever its length. A read of many partitions by In is sent as several such statements,
// and its rows come in the order of vs: see docs/bulk.md.
func (c Column[T, V]) In(vs ...V) Cond[T] {
	return Cond[T]{cond{c.ref, cql.In, operandsOf(c.codec, vs)}}
}

// IsNull is the condition `column = null`: no value, or no row at all.
func (c Column[T, V]) IsNull() Cond[T] { return Cond[T]{cond{c.ref, cql.Eq, operand{}}} }

// IsNotNull is the condition `column != null`.
func (c Column[T, V]) IsNotNull() Cond[T] { return Cond[T]{cond{c.ref, cql.Ne, operand{}}} }

// Set is `column = v`. A v that stands for null deletes the value.
func (c Column[T, V]) Set(v V) Assign[T] {
	return Assign[T]{assign{c.ref, cql.Set, operandOf(c.codec, v)}}
}

// SetNull is `column = null`.
func (c Column[T, V]) SetNull() Assign[T] { return Assign[T]{assign{c.ref, cql.Set, operand{}}} }

func (c Column[T, V]) change(op cql.Change, cd *codec.Codec, v V) Assign[T] {
	return Assign[T]{assign{c.ref, op, operandOf(cd, v)}}
}

// From reads the column from the row that refused an LWT. The value is zero unless it is Present.
func (c Column[T, V]) From(e *Existing[T]) (V, Presence) {
	var v V
	if e == nil || c.ref.sure().err != nil {
		return v, Missing
	}
	cell, p := e.row.cell(c.ref.sure())
	if p != Present {
		return v, p
	}
	if err := c.codec.Decode(unsafe.Pointer(&v), cell); err != nil {
		var zero V
		return zero, Missing // the call that made e has reported the *DecodeError
	}
	return v, Present
}
