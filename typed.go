package coodie

import (
	"iter"
	"reflect"
	"unsafe"

	"github.com/coodie-go/coodie/internal/fanout"
)

// Generic code is compiled again for each struct of a program. So what has a type parameter
// is thin, and everything beneath it handles a row by its address: a chain, table, existing
// and result are the same for all T. This file leads from one side to the other.

// plainConds is conds without the type parameter.
func plainConds[T any](conds []Cond[T]) []cond {
	return unsafe.Slice((*cond)(unsafe.Pointer(unsafe.SliceData(conds))), len(conds))
}

// plainAssigns is assigns without the type parameter.
func plainAssigns[T any](assigns []Assign[T]) []assign {
	return unsafe.Slice((*assign)(unsafe.Pointer(unsafe.SliceData(assigns))), len(assigns))
}

// both is the list of a condition, which may be nil, and more.
//
//go:noinline
func both(c *cond, more []cond) []cond {
	conds := make([]cond, 0, 1+len(more))
	if c != nil {
		conds = append(conds, *c)
	}
	return append(conds, more...)
}

// refs are the columns that the targets name.
func refs[T any](targets []Target[T]) []*ref {
	out := make([]*ref, len(targets))
	for i, t := range targets {
		if t == nil {
			out[i] = &ref{err: errNilColumn}
			continue
		}
		out[i] = t.target(nil).sure()
	}
	return out
}

// newExisting makes an Existing[T].
func newExisting[T any]() *existing { return &new(Existing[T]).row }

// existingOf is the Existing[T] that e begins.
func existingOf[T any](e *existing) *Existing[T] { return (*Existing[T])(unsafe.Pointer(e)) }

// plainExisting is e without the type parameter.
func plainExisting[T any](e *Existing[T]) *existing { return (*existing)(unsafe.Pointer(e)) }

// value is the Value of the Existing[T] that e begins.
func (e *existing) value() unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(e), e.table.rowAt.existing)
}

// plainResult is r without the type parameter.
func plainResult[T any](r *LWTResult[T]) *result { return (*result)(unsafe.Pointer(r)) }

// plainDocument is d without the type parameter.
func plainDocument[T any](d *Document[T]) *document { return (*document)(unsafe.Pointer(d)) }

// What is read as another type here has its layout, which no T changes.
const (
	_ = -unsafe.Offsetof(Existing[int]{}.row) - unsafe.Offsetof(Document[int]{}.doc)
	_ = -(unsafe.Sizeof(LWTResult[int]{}) - unsafe.Sizeof(result{})) - (unsafe.Sizeof(result{}) - unsafe.Sizeof(LWTResult[int]{}))
	_ = -(unsafe.Offsetof(LWTResult[int]{}.rest) - unsafe.Offsetof(result{}.rest)) - (unsafe.Offsetof(LWTResult[int]{}.Existing) - unsafe.Offsetof(result{}.existing))
	_ = -(unsafe.Sizeof(Cond[int]{}) - unsafe.Sizeof(cond{})) - (unsafe.Sizeof(Assign[int]{}) - unsafe.Sizeof(assign{}))
)

// yielding yields rows that are given by their address.
func yielding[T any](yield func(T, error) bool) func(unsafe.Pointer, error) bool {
	return func(p unsafe.Pointer, err error) bool {
		if err != nil {
			var zero T
			return yield(zero, err)
		}
		return yield(*(*T)(p), nil)
	}
}

// newDocument makes a Document[T].
func newDocument[T any]() *document { return &new(Document[T]).doc }

// documentAt is the chain of a document whose Value is at p, which is nobody else's.
func (t *table) documentAt(p unsafe.Pointer) chain {
	return chain{table: t, doc: &document{table: t}, held: p, value: p}
}

// newRow is a zero row.
func (t *table) newRow() unsafe.Pointer { return reflect.New(t.meta.Go).UnsafePointer() }

// copyRow is a row with the value of the one at p.
func (t *table) copyRow(p unsafe.Pointer) unsafe.Pointer {
	row := t.newRow()
	t.setRow(row, p)
	return row
}

// setRow gives the row at to the value of the one at from.
func (t *table) setRow(to, from unsafe.Pointer) {
	reflect.NewAt(t.meta.Go, to).Elem().Set(reflect.NewAt(t.meta.Go, from).Elem())
}

// rooms gives a zero row at each call. The rows lie together in blocks, the larger the more
// there are.
func (t *table) rooms() func() unsafe.Pointer {
	var block reflect.Value
	next, size := 0, 0
	return func() unsafe.Pointer {
		if next == size {
			next, size = 0, min(max(1, 2*size), fanout.Batch)
			block = reflect.MakeSlice(reflect.SliceOf(t.meta.Go), size, size)
		}
		next++
		return block.Index(next - 1).Addr().UnsafePointer()
	}
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
func reused[T any](v *T) func() unsafe.Pointer {
	return func() unsafe.Pointer {
		var zero T
		*v = zero
		return unsafe.Pointer(v)
	}
}
