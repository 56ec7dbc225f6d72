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

// typedTable is the Table[T] that a table is of T.
func typedTable[T any](t *table) *Table[T] { return (*Table[T])(unsafe.Pointer(t)) }

func (t *Table[T]) plain() *table { return (*table)(unsafe.Pointer(t)) }

// newExisting makes an Existing[T], of which the result is the part that knows no T.
func newExisting[T any]() *existing {
	e := new(Existing[T])
	return &e.row
}

// existingOf is the Existing[T] of which e is a part.
func existingOf[T any](e *existing) *Existing[T] {
	if e == nil {
		return nil
	}
	return (*Existing[T])(e.value())
}

// value is the Value of the Existing[T] that e is a part of, and so the Existing[T].
func (e *existing) value() unsafe.Pointer { return unsafe.Add(unsafe.Pointer(e), -int(e.table.behind)) }

func (e *Existing[T]) plain() *existing {
	if e == nil {
		return nil
	}
	return &e.row
}

func resultOf[T any](r result) LWTResult[T] {
	return LWTResult[T]{Applied: r.applied, Peeked: r.peeked, Existing: existingOf[T](r.existing), rest: r}
}

func (r *LWTResult[T]) plain() *result {
	r.rest.applied, r.rest.peeked, r.rest.existing = r.Applied, r.Peeked, r.Existing.plain()
	return &r.rest
}

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

// document is the chain of a document whose Value is at p.
func (t *table) document(p unsafe.Pointer) chain {
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
