package stmt

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Term is one term of a SELECT list. It is immutable.
type Term struct {
	name      string       // of the result
	named     bool         // by As
	ref       Ref          // a column or part of one, if neither call nor cast is set
	call      string       // function of args
	cast      *codec.Type  // what the one argument is cast to
	args      []*Term      //
	value     *Operand     // a bound argument, instead of all these
	typ       *codec.Type  // of the result, as far as it is known; nil if it is not
	goType    reflect.Type // of V
	codec     *codec.Codec // a column's own
	decode    decoder      // where V is not what the CQL type is by itself; nil: the codec does
	aggregate bool         // one value of many rows
	err       error
}

// decoder sets the V at p, which is zero, from a cell that is not null.
type decoder func(p codec.Addr, cell []byte) error

//go:noinline
func (e *Term) As(name string) *Term {
	c := *e.Sure()
	c.name, c.named = name, true
	return &c
}

// Sure is e, or why a zero one cannot be selected.
func (e *Term) Sure() *Term {
	if e == nil || e.goType == nil && e.err == nil {
		return &Term{err: errZeroFunc}
	}
	return e
}

var errZeroFunc = errors.New("the Func is a zero value; make it with Sum, Cast or another function")

// Term is the column as a term that is read as the Go type, or as whatever it is.
func (r *Ref) Term(typ reflect.Type) *Term {
	switch r = r.Sure(); {
	case r.together != nil && r.together.token != nil:
		return TokenTerm(r.together.token.table, r.together.token.err)
	case r.any:
		typ = AnyType
	}
	e := columnTerm(r)
	e.codec, e.goType = r.Sure().values, typ
	return e
}

// AnyType is the Go type of a term that is read as whatever it is.
var AnyType = reflect.TypeFor[any]()

// columnTerm is the column as a term.
func columnTerm(r *Ref) *Term {
	r = r.Sure()
	return &Term{name: r.name, ref: *r, typ: r.typ, err: r.Err()}
}

// Called is the call of a function whose result is of CQL type typ, read as goType.
func Called(name string, typ *codec.Type, goType reflect.Type, args []*Term) *Term {
	e := &Term{call: name, args: args, typ: typ, goType: goType}
	for _, a := range args {
		if a.err != nil && e.err == nil {
			e.err, e.name = a.err, a.name
		}
	}
	if e.err == nil && typ != nil && e.goType != AnyType {
		_, e.err = codec.For(e.goType, typ)
	}
	return e
}

// NoTerm is in the place of one that is nil.
func NoTerm() *Term { return &Term{err: errNoColumn} }

// term binds a term of the SELECT list, and writes it.
func (b *Bound) term(e *Term) (text string) {
	switch {
	case e.err != nil:
		b.Fail(e.name, "", e.err)
	case e.value != nil:
		marker, null := b.bind(e.name, e.typ, e.value)
		if null {
			b.Fail(e.name, "a function's argument is null", nil)
		}
		return marker
	case e.call == "" && e.cast == nil && e.ref.col == nil:
		b.Fail(e.name, "", errNoColumn)
	}
	if b.Err != nil {
		return ""
	}
	if e.call == "" && e.cast == nil {
		t := cql.Target{Column: Named(e.ref.col), Field: e.ref.field}
		if e.ref.elem != nil {
			if e.ref.col.Type.Kind == codec.List {
				b.Fail(e.name, "CQL cannot select one element of a list; select the list", nil)
				return ""
			}
			t.Elem = b.key(&e.ref)
		}
		return t.Text()
	}
	args := make([]string, len(e.args))
	for i, a := range e.args {
		args[i] = b.term(a)
	}
	switch {
	case e.cast != nil:
		return cql.Cast(args[0], e.cast.String())
	case e.call == "count" && len(args) == 0:
		if b.RowMark.By != nil && b.RowMark.known {
			return countOf(b.RowMark.By) // a line without a row is none
		}
		return "count(*)"
	}
	return cql.Call(e.call, args...)
}

// aggregated reports whether the term makes one value of many rows.
func (e *Term) aggregated() bool {
	if e.aggregate {
		return true
	}
	for _, a := range e.args {
		if a.aggregated() {
			return true
		}
	}
	return false
}

// columns calls f with the columns that the term is made of.
func (e *Term) columns(f func(*meta.Column)) {
	if e.ref.col != nil {
		f(e.ref.col)
	}
	for _, a := range e.args {
		a.columns(f)
	}
}

// Bare reports whether the term is a whole column.
func (e *Term) Bare() bool {
	return e.ref.col != nil && e.call == "" && e.cast == nil && e.ref.elem == nil && e.ref.field == ""
}

// Name is the result's name.
func (e *Term) Name() string { return e.name }

// Err says why the term cannot be selected.
func (e *Term) Err() error { return e.err }

// Type is the type of the result, as far as it is known.
func (e *Term) Type() *codec.Type { return e.typ }

// GoType is the Go type that the term is read as.
func (e *Term) GoType() reflect.Type { return e.goType }

// Codec is that of a column.
func (e *Term) Codec() *codec.Codec { return e.codec }

// Decoder sets a value of GoType, where this is not what the CQL type is by itself; nil: the codec does.
func (e *Term) Decoder() decoder { return e.decode }

// Ref is the column that the term is, if it is bare.
func (e *Term) Ref() *Ref { return &e.ref }

// FieldTerm is a column as a term that is read as its field's Go type.
func FieldTerm(r *Ref) *Term {
	e := columnTerm(r)
	e.goType = r.col.GoType
	return e
}

// Nullable is the term read as a pointer type, with nil for null.
func (e *Term) Nullable(goType reflect.Type) *Term {
	n := *e
	n.goType, n.codec = goType, nil
	return &n
}
