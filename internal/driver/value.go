package driver

import (
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/codec"
)

// Value is one bound value. A driver encodes it when it knows the type that the server expects.
type Value struct {
	call       *Call // nil: Arg made it
	start, end int   // where the cell lies in the call's scratch
	state      state
	list       bool // it is a list<typ>
	use        Use
	column     string
	typ        *codec.Type  // nil if it is not known
	codec      *codec.Codec // encodes p again if the server's type differs; nil if it cannot
	p          codec.Addr   //

	arg     any // of Arg
	encoded *atomic.Bool
}

type state uint8

const (
	set state = iota
	null
	unset
)

// Arg is a value for a marker of which only the server knows the type: it is encoded for
// what the server says when it prepares the statement. A value that the type cannot hold
// is a *NotSentError. The value that stands for "unset" in a driver leaves it unset.
func Arg(v any) *Value {
	a := &Value{arg: v, encoded: new(atomic.Bool)}
	switch {
	case v == nil:
		a.state = null
	case slices.ContainsFunc(drivers, func(d *Foreign) bool { return v == d.Unset }):
		a.state = unset
	}
	return a
}

// IsUnset reports whether the value is left unset. A driver then does not encode it.
func (v *Value) IsUnset() bool { return v.state == unset }

// Type returns the type that the value was encoded for, or that of its elements if the value is a
// list; nil if it is not known.
func (v *Value) Type() (t *codec.Type, list bool) { return v.typ, v.list }

// IsNull reports whether the value is null.
func (v *Value) IsNull() bool { return v.state == null }

// Encode returns the cell for a marker. Live is its type, or nil if the type is the value's own. Where
// they differ, the value is encoded again for what the server said, or refused: eight
// bytes of bigint must not become a double. Nil is null.
func (v *Value) Encode(live *codec.Type) ([]byte, error) {
	if v.call == nil {
		v.encoded.Store(true)
		return v.encodeArg(live)
	}
	v.call.encoded.Store(true)
	cell, err := v.encode(live)
	if c := v.call; err == nil && (v == c.first || v == c.last) {
		err = c.rows.frames.encoded(v == c.first, v == c.last)
	}
	return cell, err
}

func (v *Value) encode(live *codec.Type) ([]byte, error) {
	if v.state != set {
		return nil, nil
	}
	cell := v.call.scratch[v.start:v.end:v.end]
	if cell == nil {
		cell = []byte{} // nil would be null
	}
	if live == nil {
		return cell, nil
	}
	if err := v.loses(live); err != nil {
		return nil, &NotSentError{err}
	}
	cell, err := v.live(cell, live)
	if err != nil {
		return nil, v.Misfit(live.String(), err)
	}
	return cell, nil
}

// Misfit is the error of a value that does not fit a marker's type.
func (v *Value) Misfit(live string, err error) error {
	if v.call == nil {
		return &NotSentError{err}
	}
	return &NotSentError{&TypeError{Column: v.column, Err: fmt.Errorf(
		"the server expects %s where the struct declares %s (%w); Verify compares the struct with the table", live, v.typ, err)}}
}

func (v *Value) encodeArg(t *codec.Type) ([]byte, error) {
	if v.state == null {
		return nil, nil
	}
	cd, err := codec.For(reflect.TypeOf(v.arg), t)
	if err != nil {
		return nil, &NotSentError{&misfit{fmt.Errorf("a %T is no %v: %w", v.arg, t, err)}}
	}
	p := reflect.New(reflect.TypeOf(v.arg))
	p.Elem().Set(reflect.ValueOf(v.arg))
	cell, null, err := cd.Append([]byte{}, codec.AddrOf(p))
	if err != nil {
		return nil, &NotSentError{err}
	}
	if null {
		return nil, nil
	}
	return cell, nil
}

// wasEncoded reports whether the driver may have sent the value.
func (v *Value) wasEncoded() bool {
	if v.call == nil {
		return v.encoded.Load()
	}
	return v.state != unset && v.call.encoded.Load()
}
