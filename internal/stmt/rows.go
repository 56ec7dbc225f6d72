package stmt

import (
	"bytes"
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// Listed are values that lie side by side.
type Listed struct {
	first codec.Addr
	size  uintptr
	N     int
}

// KeptRow is the row at p with columns that share no memory with it: p itself if they do not.
func (t *Table) KeptRow(p codec.Addr, columns []*meta.Column) codec.Addr {
	row := p
	for _, col := range columns {
		if plain(col.GoType) {
			continue
		}
		o := OperandAt(col, p)
		cell, null, err := o.Encode()
		if err != nil || null {
			continue
		}
		own := reflect.New(col.GoType)
		if col.Codec.Decode(codec.AddrOf(own), cell) != nil {
			continue
		}
		// A value that does not come back as it was, such as JSON's numbers in an any, stays shared.
		if again, null, err := col.Codec.Append([]byte{}, codec.AddrOf(own)); err != nil || null || !bytes.Equal(again, cell) {
			continue
		}
		if row == p {
			row = t.Copy(p)
		}
		row.Field(col.Offset).Value(col.GoType).Set(own.Elem())
	}
	return row
}

// copied is a copy of the values, which are of the type.
func (l Listed) copied(t reflect.Type) Listed {
	all := reflect.MakeSlice(reflect.SliceOf(t), l.N, l.N)
	for i := range l.N {
		all.Index(i).Set(l.At(i).Value(t))
	}
	l.first = codec.AddrOf(all)
	return l
}

// ListAt are n values of that size, of which the first lies there.
func ListAt(first codec.Addr, size uintptr, n int) Listed { return Listed{first, size, n} }

// At is value i.
func (l Listed) At(i int) codec.Addr { return l.first.Field(uintptr(i) * l.size) }

// New is a zero row.
func (t *Table) New() codec.Addr { return codec.New(t.Meta.Go) }

// Copy is a row with the value of the one at p.
func (t *Table) Copy(p codec.Addr) codec.Addr { return p.Copy(t.Meta.Go) }

// Set gives the row at to the value of the one at from.
func (t *Table) Set(to, from codec.Addr) { to.Set(t.Meta.Go, from) }

// rowsTogether is how many rows a block has at most.
const rowsTogether = 64

// Rooms gives a zero row at each call. The rows lie together in blocks, the larger the more
// there are.
func (t *Table) Rooms() func() codec.Addr {
	var block reflect.Value
	next, size := 0, 0
	return func() codec.Addr {
		if next == size {
			next, size = 0, min(max(1, 2*size), rowsTogether)
			block = reflect.MakeSlice(reflect.SliceOf(t.Meta.Go), size, size)
		}
		next++
		return codec.AddrOf(block.Index(next - 1).Addr())
	}
}

// Differs is the first of the columns in which a and b would be stored differently.
func Differs(a, b codec.Addr, columns []*meta.Column) *meta.Column {
	for _, col := range columns {
		x, xNull, xErr := col.Codec.Append(nil, a.Field(col.Offset))
		y, yNull, yErr := col.Codec.Append(nil, b.Field(col.Offset))
		if xErr != nil || yErr != nil || xNull != yNull || !bytes.Equal(x, y) {
			return col
		}
	}
	return nil
}

// CannotHold says that a key does not fit into its field.
func CannotHold(col *meta.Column) string { return "field " + col.Field + " cannot hold the key" }

// hold sets a column's field to the value of a cell. The error is that the field cannot hold it,
// or holds it as another value: a key that is read back would name another row.
func hold(col *meta.Column, field codec.Addr, cell []byte) error {
	if err := col.Codec.Decode(field, cell); err != nil {
		return err
	}
	again, null, err := col.Codec.Append([]byte{}, field)
	if err == nil && (null || !bytes.Equal(again, cell)) {
		err = errors.New("the field holds it as another value")
	}
	return err
}
