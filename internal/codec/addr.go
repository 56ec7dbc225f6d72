package codec

import (
	"reflect"
	"unsafe"
)

// Addr is the address of a Go value whose type whoever has it knows: the field of a column, or the row that
// it belongs to. It keeps the value alive. The zero Addr is of none.
type Addr struct{ p unsafe.Pointer }

// At is the address of v's value.
func At[V any](v *V) Addr { return Addr{unsafe.Pointer(v)} }

// AddrOf is the address that a pointer or slice holds.
func AddrOf(v reflect.Value) Addr { return Addr{v.UnsafePointer()} }

// New is the address of a new zero value of the type.
func New(t reflect.Type) Addr { return AddrOf(reflect.New(t)) }

// As is the value at the address, which is a V.
func As[V any](a Addr) *V { return (*V)(a.p) }

// None reports whether there is no value.
func (a Addr) None() bool { return a.p == nil }

// Field is the address of the struct's field at the offset.
func (a Addr) Field(offset uintptr) Addr { return Addr{unsafe.Add(a.p, offset)} }

// Value is the value, which is of the type.
func (a Addr) Value(t reflect.Type) reflect.Value { return reflect.NewAt(t, a.p).Elem() }

// Set gives the value the one at from; both are of the type.
func (a Addr) Set(t reflect.Type, from Addr) { a.Value(t).Set(from.Value(t)) }

// Copy is the address of a copy of the value, which is of the type.
func (a Addr) Copy(t reflect.Type) Addr {
	c := New(t)
	c.Set(t, a)
	return c
}

// From are the n values that begin at first.
func From[E any](first *E, n int) []E { return unsafe.Slice(first, n) }

// First is where the values begin.
func First[E any](values []E) *E { return unsafe.SliceData(values) }
