package driver

import (
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
)

// Arg is a value for a marker of which only the server knows the type: it is encoded for
// what the server says when it prepares the statement. A value that the type cannot hold
// is a *NotSentError.
func Arg(v any) any {
	if v == gocql.UnsetValue {
		return v
	}
	return &arg{value: v}
}

type arg struct {
	value   any
	encoded atomic.Bool // gocql may have sent it
}

// MarshalCQL implements gocql.Marshaler.
func (a *arg) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	a.encoded.Store(true)
	if a.value == nil {
		return nil, nil
	}
	t, err := typeOf(info)
	if err != nil {
		return nil, &NotSentError{err}
	}
	cd, err := codec.For(reflect.TypeOf(a.value), t)
	if err != nil {
		return nil, &NotSentError{&misfit{fmt.Errorf("a %T is no %v: %w", a.value, t, err)}}
	}
	p := reflect.New(reflect.TypeOf(a.value))
	p.Elem().Set(reflect.ValueOf(a.value))
	cell, null, err := cd.Append([]byte{}, codec.AddrOf(p))
	if err != nil {
		return nil, &NotSentError{err}
	}
	if null {
		return nil, nil
	}
	return cell, nil
}
