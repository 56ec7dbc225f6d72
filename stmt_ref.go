package coodie

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Column is the column that r is, or is a part of; nil if there is none.
func (r *ref) Column() *meta.Column { return r.col }

// Type is the type of what is referred to.
func (r *ref) Type() *codec.Type { return r.typ }

// Name is the column's name, for messages too.
func (r *ref) Name() string { return r.name }

// Err says why there is no such column.
func (r *ref) Err() error { return r.err }

// IsPart reports whether r is an element or a field, and not the whole column.
func (r *ref) IsPart() bool { return r.elem != nil || r.field != "" }

// IsElement reports whether r is an element of a list, or the value of a map's key.
func (r *ref) IsElement() bool { return r.elem != nil }

// Codec encodes values of the Go type of a typed column.
func (r *ref) Codec() *codec.Codec { return r.values }

// badRef stands for a column that there is not.
func badRef(name string, err error) *ref { return &ref{name: name, err: err} }

// only refuses a column of another kind than its constructor is for.
func (r *ref) only(want codec.Kind, constructor, advice string) {
	if r.err == nil && r.typ.Kind != want {
		r.err = errors.New("the column is a " + r.typ.String() + ", which is not for " + constructor + advice)
	}
}

// Op is how the condition compares.
func (c *cond) Op() cql.Op { return c.op }

// Value is what the condition compares with.
func (c *cond) Value() *operand { return &c.value }

// compare is the condition that what r refers to compares so with the value.
func compareTo(r *ref, op cql.Op, value operand) cond { return cond{r, op, value} }

// Value is what is assigned.
func (a *assign) Value() *operand { return &a.value }

// setTo sets what r refers to.
func setTo(r *ref, value operand) assign { return assign{of: r, value: value} }

// orderOf orders by the column.
func orderOf(r *ref, direction cql.Direction) ordering { return ordering{of: r, direction: direction} }

// likenessTo orders by likeness to a vector of any Go type.
func (r *ref) likenessTo(v any) ordering {
	return ordering{of: r, direction: cql.ANN, vector: r.operand(whole, v)}
}

// encoded is a value that is encoded already, by the codec.
func encoded(cd *codec.Codec, cell []byte) operand {
	return (&otherOperand{codec: cd, cell: cell}).operand()
}

// listOfOperands is the values of IN.
func listOfOperands(list []operand) operand {
	return (&otherOperand{codec: list[0].encodes(), list: list}).operand()
}

// columnsOf are columns that are compared at once.
func columnsOf(refs []*ref) columns { return columns{refs} }

// Name is the result's name.
func (e *expr) Name() string { return e.name }

// Err says why the term cannot be selected.
func (e *expr) Err() error { return e.err }

// Type is the type of the result, as far as it is known.
func (e *expr) Type() *codec.Type { return e.typ }

// GoType is the Go type that the term is read as.
func (e *expr) GoType() reflect.Type { return e.goType }

// Codec is that of a column.
func (e *expr) Codec() *codec.Codec { return e.codec }

// Decoder sets a value of GoType, where this is not what the CQL type is by itself; nil: the codec does.
func (e *expr) Decoder() decoder { return e.decode }

// Ref is the column that the term is, if it is bare.
func (e *expr) Ref() *ref { return &e.ref }

// termOf is a column as a term that is read as its field's Go type.
func termOf(r *ref) *expr {
	e := columnExpr(r)
	e.goType = r.col.GoType
	return e
}

// nullable is the term read as a pointer type, with nil for null.
func (e *expr) nullable(goType reflect.Type) *expr {
	n := *e
	n.goType, n.codec = goType, nil
	return &n
}
