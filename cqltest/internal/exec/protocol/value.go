package protocol

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// ValueState tells a value from null and from unset.
type ValueState uint8

// The states of a bound value.
const (
	Set ValueState = iota
	Null
	Unset
)

// Value is one bound value as it came over the wire.
type Value struct {
	Bytes []byte
	State ValueState
}

// RawValues turns values of the protocol into values of terms. They are copied:
// what the store keeps must not hold on to a whole request.
func RawValues(values []Value) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		switch {
		case v.State == Unset:
			out[i] = types.Unset
		case v.State == Null:
		default:
			out[i] = append([]byte{}, v.Bytes...)
		}
	}
	return out
}
