package coodie

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// Expr is what a query on T's table can select: a column, a part of one (a map's value, a
// field of a user-defined type), the Token, or a function such as Sum, Cast and WriteTime.
// In Go its values are of type V; null is the zero V, or with Nullable a nil pointer.
type Expr[T, V any] interface {
	Selectable[T]
	valued(*V)
}

// Selectable is an Expr whatever the Go type of its values.
type Selectable[T any] interface{ expression(*T) *expr }

// Func is a function of columns, to be selected. The functions of this package make it.
type Func[T, V any] expr

// As names the result: after it a struct's field is found by Project, and a key in JSON.
func (f *Func[T, V]) As(name string) *Func[T, V] { return (*Func[T, V])((*expr)(f).as(name)) }

//go:noinline
func (e *expr) as(name string) *expr {
	c := *e.sure()
	c.name, c.named = name, true
	return &c
}

// sure is e, or why a zero one cannot be selected.
func (e *expr) sure() *expr {
	if e == nil || e.goType == nil && e.err == nil {
		return &expr{err: errZeroFunc}
	}
	return e
}

var errZeroFunc = errors.New("the Func is a zero value; make it with Sum, Cast or another function")

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (f *Func[T, V]) expression(*T) *expr { return (*expr)(f).sure() }

//lint:ignore U1000 tells an Expr's Go type
func (f *Func[T, V]) valued(*V) {}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *Column[T, V]) expression(*T) *expr { return refOf(c).expr(reflect.TypeFor[V]()) }

func (r *ref) expr(typ reflect.Type) *expr {
	e := columnExpr(r)
	e.codec, e.goType = r.sure().values, typ
	return e
}

//lint:ignore U1000 tells an Expr's Go type
func (c *Column[T, V]) valued(*V) {}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *AnyColumn[T]) expression(*T) *expr { return (*ref)(c).anyExpr() }

//go:noinline
func (r *ref) anyExpr() *expr {
	e := columnExpr(r)
	e.goType = anyType
	return e
}

//lint:ignore U1000 tells an Expr's Go type
func (c *AnyColumn[T]) valued(*any) {}

var anyType = reflect.TypeFor[any]()

// expr is one term of a SELECT list. It is immutable.
type expr struct {
	name      string       // of the result
	named     bool         // by As
	ref       ref          // a column or part of one, if neither call nor cast is set
	call      string       // function of args
	cast      *codec.Type  // what the one argument is cast to
	args      []*expr      //
	value     *operand     // a bound argument, instead of all these
	typ       *codec.Type  // of the result, as far as it is known; nil if it is not
	goType    reflect.Type // of V
	codec     *codec.Codec // a column's own
	decode    decoder      // where V is not what the CQL type is by itself; nil: the codec does
	aggregate bool         // one value of many rows
	err       error
}

// decoder sets the V at p, which is zero, from a cell that is not null.
type decoder func(p codec.Addr, cell []byte) error

func columnExpr(r *ref) *expr {
	r = r.sure()
	return &expr{name: r.name, ref: *r, typ: r.typ, err: r.err}
}

// called is the call of a function whose result is of CQL type typ, read as goType.
func called(name string, typ *codec.Type, goType reflect.Type, args []*expr) *expr {
	e := &expr{call: name, args: args, typ: typ, goType: goType}
	for _, a := range args {
		if a.err != nil && e.err == nil {
			e.err, e.name = a.err, a.name
		}
	}
	if e.err == nil && typ != nil && e.goType != anyType {
		_, e.err = codec.For(e.goType, typ)
	}
	return e
}

// Nullable is e with null told apart from the zero V: it is nil.
func Nullable[T, V any](e Expr[T, V]) *Func[T, *V] {
	return (*Func[T, *V])(selected1(e).nullable(reflect.TypeFor[*V]()))
}

// selected1 is the term of s, which may be nil.
func selected1[T any](s Selectable[T]) *expr {
	if s == nil {
		return noExpr()
	}
	return s.expression(nil)
}

// noExpr is in the place of one that is nil.
func noExpr() *expr { return &expr{err: errNoColumn} }

// term binds a term of the SELECT list, and writes it.
func (b *builder) term(e *expr) (text string) {
	switch {
	case e.err != nil:
		b.fail(e.name, "", e.err)
	case e.value != nil:
		marker, null := b.bind(e.name, e.typ, e.value)
		if null {
			b.fail(e.name, "a function's argument is null", nil)
		}
		return marker
	case e.call == "" && e.cast == nil && e.ref.col == nil:
		b.fail(e.name, "", errNoColumn)
	}
	if b.err != nil {
		return ""
	}
	if e.call == "" && e.cast == nil {
		t := cql.Target{Column: named(e.ref.col), Field: e.ref.field}
		if e.ref.elem != nil {
			if e.ref.col.Type.Kind == codec.List {
				b.fail(e.name, "CQL cannot select one element of a list; select the list", nil)
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
		if b.rows.by != nil && b.rows.known {
			return countOf(b.rows.by) // a line without a row is none
		}
		return "count(*)"
	}
	return cql.Call(e.call, args...)
}

// aggregated reports whether the term makes one value of many rows.
func (e *expr) aggregated() bool {
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
func (e *expr) columns(f func(*meta.Column)) {
	if e.ref.col != nil {
		f(e.ref.col)
	}
	for _, a := range e.args {
		a.columns(f)
	}
}

// bare reports whether the term is a whole column.
func (e *expr) bare() bool {
	return e.ref.col != nil && e.call == "" && e.cast == nil && e.ref.elem == nil && e.ref.field == ""
}

// cellReader sets the Go value at p from a cell; nil is null.
type cellReader func(p codec.Addr, cell []byte) error

// readerOf reads the term's cells, those of column i, as target.
func readerOf(e *expr, columns driver.Columns, i int, target reflect.Type) (cellReader, error) {
	if e.decode != nil {
		own := e.goType
		if own.Kind() == reflect.Pointer { // Nullable's
			own = own.Elem()
		}
		switch {
		case target == own:
			return func(p codec.Addr, cell []byte) error {
				p.Value(target).SetZero()
				if cell == nil {
					return nil
				}
				return e.decode(p, cell)
			}, nil
		case target.Kind() == reflect.Pointer && target.Elem() == own:
			return func(p codec.Addr, cell []byte) error {
				at := p.Value(target)
				at.SetZero()
				if cell == nil {
					return nil
				}
				v := reflect.New(own)
				at.Set(v)
				return e.decode(codec.AddrOf(v), cell)
			}, nil
		}
	}
	if e.codec != nil && target == e.goType && columns.Is(i, e.codec.Type()) {
		return e.codec.Decode, nil
	}
	t, err := columns.Type(i)
	if err != nil {
		return nil, err
	}
	if target == anyType {
		return func(p codec.Addr, cell []byte) (err error) {
			v := codec.As[any](p)
			switch *v = nil; {
			case cell == nil:
			case e.bare() && columns.Is(i, e.ref.typ):
				*v, err = decodeAny(&e.ref, cell)
			default:
				*v, err = codec.DecodeAny(t, cell)
			}
			return err
		}, nil
	}
	c, err := codec.ForLive(target, t)
	if err != nil {
		return nil, err
	}
	return c.Decode, nil
}
