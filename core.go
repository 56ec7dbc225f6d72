package coodie

import (
	"errors"
	"iter"
	"reflect"
	"unsafe"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
)

// Generic code is compiled again for each struct of a program. So what has a type parameter
// is thin, and everything beneath it handles a row by its address: a chain, table, existing
// and result are the same for all T. This file leads from one side to the other.

// plainConds is conds without the type parameter.
func plainConds[T any](conds []Cond[T]) []stmt.Cond {
	return unsafe.Slice((*stmt.Cond)(unsafe.Pointer(unsafe.SliceData(conds))), len(conds))
}

// plainAssigns is assigns without the type parameter.
func plainAssigns[T any](assigns []Assign[T]) []stmt.Assign {
	return unsafe.Slice((*stmt.Assign)(unsafe.Pointer(unsafe.SliceData(assigns))), len(assigns))
}

// addrsOf are the pointers, as the addresses of rows.
func addrsOf[T any](rows []*T) []codec.Addr {
	return unsafe.Slice((*codec.Addr)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows))
}

func listOf[V any](vs []V) stmt.Listed {
	return stmt.ListAt(codec.At(unsafe.SliceData(vs)), unsafe.Sizeof(*new(V)), len(vs))
}

// recast is a Column as a column of its kind, which has the same layout.
func recast[K, C any](c *C) *K { return (*K)(unsafe.Pointer(c)) }

// offsetOf is how far into a T the field lies that the selector points at.
func offsetOf[T, F any](selector func(*T) *F) (offset uintptr, err error) {
	if selector == nil {
		return 0, errors.New("the column's selector is nil")
	}
	zero := new(T)
	call := func() uintptr { return uintptr(unsafe.Pointer(selector(zero))) }
	return stmt.FieldOffset(reflect.TypeFor[T](), reflect.TypeFor[F](), uintptr(unsafe.Pointer(zero)), call)
}

// both is the list of a condition, which may be nil, and more.
//
//go:noinline
func both(c *stmt.Cond, more []stmt.Cond) []stmt.Cond {
	conds := make([]stmt.Cond, 0, 1+len(more))
	if c != nil {
		conds = append(conds, *c)
	}
	return append(conds, more...)
}

// refs are the columns that the targets name.
func refs[T any](targets []Target[T]) []*stmt.Ref {
	out := make([]*stmt.Ref, len(targets))
	for i, t := range targets {
		if t == nil {
			out[i] = stmt.BadRef("", stmt.ErrNilColumn)
			continue
		}
		out[i] = t.target(nil).Sure()
	}
	return out
}

// newExisting makes an Existing[T].
func newExisting[T any]() *answer.Row { return &new(Existing[T]).row }

// existingOf is the Existing[T] that e begins.
func existingOf[T any](e *answer.Row) *Existing[T] { return (*Existing[T])(unsafe.Pointer(e)) }

// plainExisting is e without the type parameter.
func plainExisting[T any](e *Existing[T]) *answer.Row { return (*answer.Row)(unsafe.Pointer(e)) }

// places are how far the Value of an Existing[T] and that of a Document[T] are behind their beginning.
func places[T any]() (existing, document uintptr) {
	return unsafe.Offsetof(Existing[T]{}.Value), unsafe.Offsetof(Document[T]{}.Value)
}

// value is the Value of the Document[T] that d begins.
func (d *document) value() codec.Addr { return codec.At(d).Field(d.table.valueAt) }

// plainResult is r without the type parameter.
func plainResult[T any](r *LWTResult[T]) *result { return (*result)(unsafe.Pointer(r)) }

// plainDocument is d without the type parameter.
func plainDocument[T any](d *Document[T]) *document { return (*document)(unsafe.Pointer(d)) }

// What is read as another type here has its layout, which no T changes.
const (
	_ = -unsafe.Offsetof(Existing[int]{}.row) - unsafe.Offsetof(Document[int]{}.doc)
	_ = -(unsafe.Sizeof(LWTResult[int]{}) - unsafe.Sizeof(result{})) - (unsafe.Sizeof(result{}) - unsafe.Sizeof(LWTResult[int]{}))
	_ = -(unsafe.Offsetof(LWTResult[int]{}.rest) - unsafe.Offsetof(result{}.rest)) - (unsafe.Offsetof(LWTResult[int]{}.Existing) - unsafe.Offsetof(result{}.existing))
	_ = -(unsafe.Sizeof(codec.Addr{}) - unsafe.Sizeof(new(int)))
	_ = -(unsafe.Sizeof(ListColumn[int, []int, int]{}) - unsafe.Sizeof(stmt.Ref{})) - (unsafe.Sizeof(SetColumn[int, []int, int]{}) - unsafe.Sizeof(stmt.Ref{}))
	_ = -(unsafe.Sizeof(MapColumn[int, map[int]int, int, int]{}) - unsafe.Sizeof(stmt.Ref{})) - (unsafe.Sizeof(VectorColumn[int, int]{}) - unsafe.Sizeof(stmt.Ref{}))
	_ = -(unsafe.Sizeof(CounterColumn[int, int]{}) - unsafe.Sizeof(stmt.Ref{}))
	_ = -(unsafe.Sizeof(Cond[int]{}) - unsafe.Sizeof(stmt.Cond{})) - (unsafe.Sizeof(Assign[int]{}) - unsafe.Sizeof(stmt.Assign{}))
)

// yielding yields rows that are given by their address.
func yielding[T any](yield func(T, error) bool) func(codec.Addr, error) bool {
	return func(p codec.Addr, err error) bool {
		if err != nil {
			var zero T
			return yield(zero, err)
		}
		return yield(*codec.As[T](p), nil)
	}
}

// newDocument makes a Document[T].
func newDocument[T any]() *document { return &new(Document[T]).doc }

// documentAt is the chain of a document whose Value is at p, which is nobody else's.
func (t *table) documentAt(p codec.Addr) chain {
	c := t.chain()
	c.doc, c.held, c.spec.Value = &document{table: t}, p, p
	return c
}

// collect is all that rows yields, nothing if that ends with an error.
func collect[V any](rows iter.Seq2[V, error]) ([]V, error) {
	var out []V
	for v, err := range rows {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// reused makes room for one row after another in v: each is handed on as a copy.
func reused[T any](v *T) func() codec.Addr {
	return func() codec.Addr {
		var zero T
		*v = zero
		return codec.At(v)
	}
}
