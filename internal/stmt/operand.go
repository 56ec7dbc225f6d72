package stmt

import (
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// Operand is a value not yet encoded. It has two words, so that Go keeps a condition in registers.
type Operand struct {
	codec *codec.Codec // nil: the value is null
	p     codec.Addr   // at the value, or, if codec is elsewhere, at an otherOperand
}

type otherOperand struct {
	codec *codec.Codec // of the cell, the list's values or the token; nil if the column's type says it
	cell  []byte       // the value, encoded already,
	typ   *codec.Type  // as this type; of a list the type of its values, nil if it is the column's
	list  []Operand    // of IN
	many  *many        // of a filter on several columns
	err   error
}

// What is kept of a write until its answer is there, or for longer, is what was bound: the program may
// change a map, a slice or what a pointer leads to once its call has returned. So values that share
// such memory are kept as their cells. Others are left as they are, which costs nothing.

// plain reports whether values of the type share no memory with their copies that could change.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for i := range t.NumField() {
			if !plain(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String
}

// shares reports whether the operand is a value that may change.
func (o *Operand) shares() bool {
	for i := range o.List() {
		if o.List()[i].shares() {
			return true
		}
	}
	return o.codec != nil && o.other() == nil && !plain(o.codec.GoType())
}

// kept is the operand as it is bound now.
func (o *Operand) kept() Operand {
	if !o.shares() {
		return *o
	}
	if list := o.List(); list != nil {
		other := *o.other()
		other.list = make([]Operand, len(list))
		for i := range list {
			other.list[i] = list[i].kept()
		}
		return other.operand()
	}
	cell, null, err := o.Encode()
	switch {
	case err != nil:
		return *o
	case null:
		return Operand{}
	}
	return CellOf(o.codec.Type(), cell)
}

// elsewhere is the codec of an operand that is not a value at p, which is seldom.
var elsewhere = new(codec.Codec)

func (o *otherOperand) operand() Operand { return Operand{elsewhere, codec.At(o)} }

// other is what is not a value at p; nil if there is such a value or null.
func (o *Operand) other() *otherOperand {
	if o.codec == elsewhere {
		return codec.As[otherOperand](o.p)
	}
	return nil
}

// encodes is the codec of the value or values; nil if there is none.
func (o *Operand) encodes() *codec.Codec {
	if other := o.other(); other != nil {
		return other.codec
	}
	return o.codec
}

// Cell is a value that is encoded already; nil of another.
func (o *Operand) Cell() []byte {
	if other := o.other(); other != nil {
		return other.cell
	}
	return nil
}

// List is the values of IN; nil of another.
func (o *Operand) List() []Operand {
	if other := o.other(); other != nil {
		return other.list
	}
	return nil
}

// Many is what a filter on several columns compares; nil of another.
func (o *Operand) Many() *many {
	if other := o.other(); other != nil {
		return other.many
	}
	return nil
}

func (o *Operand) err() error {
	if other := o.other(); other != nil {
		return other.err
	}
	return nil
}

// BadOperand stands for a value that cannot be encoded, and says why.
func BadOperand(err error) Operand { return (&otherOperand{err: err}).operand() }

// OperandAt is what the column's field in v holds.
func OperandAt(col *meta.Column, v codec.Addr) Operand {
	return Operand{codec: col.Codec, p: v.Field(col.Offset)}
}

// operandOf is the value v, which the codec encodes.
func operandOf[V any](c *codec.Codec, v V) Operand {
	return Operand{codec: c, p: codec.At(&v)}
}

// null reports whether the operand is null; one that has no encoding is not.
func (o *Operand) null() bool {
	_, null, err := o.Encode()
	return err == nil && null
}

// Encode is the operand's cell; null for null.
func (o *Operand) Encode() (cell []byte, null bool, err error) {
	if err := o.err(); err != nil {
		return nil, false, err
	}
	if cell := o.Cell(); cell != nil {
		return cell, false, nil
	}
	if o.codec == nil || o.other() != nil {
		return nil, true, nil
	}
	return o.codec.Append([]byte{}, o.p)
}

// CellOf is a value that is encoded already, as type t; nil is null.
func CellOf(t *codec.Type, cell []byte) Operand {
	if cell == nil {
		return Operand{}
	}
	return (&otherOperand{cell: cell, typ: t}).operand()
}

// Typ is the type that the value is encoded as; nil of null.
func (o *Operand) Typ() *codec.Type {
	if other := o.other(); other != nil && other.typ != nil {
		return other.typ
	}
	if cd := o.encodes(); cd != nil {
		return cd.Type()
	}
	return nil
}

// EncodeAs is the operand's cell as type t, which may be that of a live column; nil is null.
func (o *Operand) EncodeAs(t *codec.Type) (cell []byte, err error) {
	own := o.Typ()
	if o.codec != nil && o.other() == nil && own != t {
		cd, err := o.codec.Live(t)
		if err != nil {
			return nil, err
		}
		live := Operand{codec: cd, p: o.p}
		cell, null, err := live.Encode()
		if err != nil || null {
			return nil, err
		}
		return cell, nil
	}
	cell, null, err := o.Encode()
	if err != nil || null {
		return nil, err
	}
	return codec.Convert(cell, own, t)
}

// Encoded is a value that is encoded already, by the codec.
func Encoded(cd *codec.Codec, cell []byte) Operand {
	return (&otherOperand{codec: cd, cell: cell}).operand()
}

// ListOf is the values of IN.
func ListOf(list []Operand) Operand {
	return (&otherOperand{codec: list[0].encodes(), list: list}).operand()
}
