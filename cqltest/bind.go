package cqltest

import (
	"fmt"
	"math"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// bindAll encodes the arguments of a statement.
func bindAll(binds []protocol.ColumnSpec, args []any) ([]protocol.Value, error) {
	if len(args) != len(binds) {
		return nil, fmt.Errorf("%d arguments for %d bind markers", len(args), len(binds))
	}
	values := make([]protocol.Value, len(args))
	for i, arg := range args {
		if arg == gocql.UnsetValue {
			values[i].State = protocol.Unset
			continue
		}
		b, err := encode(binds[i].Type, reflect.ValueOf(arg))
		if err != nil {
			return nil, fmt.Errorf("argument %d, %s: %w", i+1, binds[i].Name, err)
		}
		values[i].Bytes = b
		if b == nil {
			values[i].State = protocol.Null
		}
	}
	return values, nil
}

// encode encodes a Go value as a t: one of the type that goValue gives, or one
// of its kind, or the text of a literal without its quotes. Nil and nil pointers
// are null.
func encode(t *types.Type, v reflect.Value) ([]byte, error) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && !isNumber(v.Type()) {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, nil
	}
	if v.Type() == reflect.TypeFor[Empty]() {
		return []byte{}, nil
	}
	switch t.Kind {
	case types.KindText, types.KindASCII, types.KindBlob, types.KindCustom:
		return encodeBytes(t, v)
	case types.KindList, types.KindSet, types.KindVector, types.KindTuple:
		if v.Kind() == reflect.Slice || v.Kind() == reflect.Array {
			return encodeSlice(t, v)
		}
	case types.KindMap, types.KindUDT:
		if v.Kind() == reflect.Map {
			return encodeMap(t, v)
		}
	default:
		if v.Kind() == reflect.String {
			return t.FromString(v.String())
		}
	}
	if b := encodeScalar(t, v); b != nil {
		return b, t.Validate(b)
	}
	return nil, fmt.Errorf("cannot bind %v to %s", v.Type(), t)
}

// isNumber says whether t is a number although it is a pointer.
func isNumber(t reflect.Type) bool {
	return t == reflect.TypeFor[*big.Int]() || t == reflect.TypeFor[*inf.Dec]()
}

func encodeBytes(t *types.Type, v reflect.Value) ([]byte, error) {
	switch {
	case v.Kind() == reflect.String:
		return []byte(v.String()), nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.IsNil() {
			return nil, nil
		}
		return slices.Clone(v.Bytes()), nil
	}
	return nil, fmt.Errorf("cannot bind %v to %s", v.Type(), t)
}

func encodeSlice(t *types.Type, v reflect.Value) ([]byte, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return nil, nil
	}
	if t.Kind == types.KindTuple && v.Len() > len(t.Elems) {
		return nil, fmt.Errorf("%d components for %s", v.Len(), t)
	}
	elems := make([][]byte, v.Len())
	for i := range elems {
		elem := t.Elems[0]
		if t.Kind == types.KindTuple {
			elem = t.Elems[i]
		}
		var err error
		if elems[i], err = encode(elem, v.Index(i)); err != nil {
			return nil, err
		}
	}
	switch t.Kind {
	case types.KindTuple:
		return types.PackTuple(elems), nil
	case types.KindVector:
		return t.PackVector(elems), nil
	case types.KindSet:
		return t.PackSet(elems), nil
	}
	return types.PackList(len(elems), elems), nil
}

// encodeMap encodes a map[K]V, or a user-defined type from a map of its fields.
func encodeMap(t *types.Type, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return nil, nil
	}
	if t.Kind == types.KindUDT {
		fields := make([][]byte, len(t.Elems))
		for _, name := range v.MapKeys() {
			i := t.FieldIndex(name.String())
			if i < 0 {
				return nil, fmt.Errorf("%s has no field %q", t, name)
			}
			var err error
			if fields[i], err = encode(t.Elems[i], v.MapIndex(name)); err != nil {
				return nil, err
			}
		}
		return types.PackTuple(fields), nil
	}
	pairs := make([][]byte, 0, 2*v.Len())
	for _, k := range v.MapKeys() {
		key, err := encode(t.Key(), k)
		if err != nil {
			return nil, err
		}
		value, err := encode(t.Value(), v.MapIndex(k))
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, key, value)
	}
	return t.PackMap(pairs), nil
}

// encodeScalar encodes a number, time or other single value, or returns nil if
// v is none that t takes.
func encodeScalar(t *types.Type, v reflect.Value) []byte {
	switch x := v.Interface().(type) {
	case time.Time:
		switch t.Kind {
		case types.KindTimestamp:
			return types.EncodeBigint(x.UnixMilli())
		case types.KindDate:
			y, m, d := x.UTC().Date()
			return types.EncodeDate(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
		}
	case time.Duration:
		switch t.Kind {
		case types.KindTime:
			return types.EncodeBigint(int64(x))
		case types.KindDuration:
			return types.EncodeDuration(types.Span{Nanos: int64(x)})
		}
	case gocql.Duration:
		if t.Kind == types.KindDuration {
			return types.EncodeDuration(types.Span{Months: x.Months, Days: x.Days, Nanos: x.Nanoseconds})
		}
	case net.IP:
		if t.Kind == types.KindInet {
			if four := x.To4(); four != nil {
				return four
			}
			return x
		}
	case netip.Addr:
		if t.Kind == types.KindInet {
			return x.Unmap().AsSlice()
		}
	case *inf.Dec:
		if t.Kind == types.KindDecimal {
			return types.EncodeDecimal(types.Big{Unscaled: x.UnscaledBig(), Scale: int32(x.Scale())})
		}
	case *big.Int:
		return encodeInteger(t, x)
	case bool:
		if t.Kind == types.KindBoolean {
			return types.EncodeBoolean(x)
		}
	}
	switch {
	case (t.Kind == types.KindUUID || t.Kind == types.KindTimeUUID) && v.Type().ConvertibleTo(reflect.TypeFor[[16]byte]()):
		id := v.Convert(reflect.TypeFor[[16]byte]()).Interface().([16]byte)
		return id[:]
	case v.CanInt():
		return encodeInteger(t, big.NewInt(v.Int()))
	case v.CanUint():
		return encodeInteger(t, new(big.Int).SetUint64(v.Uint()))
	case v.CanFloat() && t.Kind == types.KindDouble:
		return types.EncodeDouble(v.Float())
	case v.CanFloat() && t.Kind == types.KindFloat:
		return types.EncodeFloat(float32(v.Float()))
	}
	return nil
}

// encodeInteger encodes n if t is a number it fits.
func encodeInteger(t *types.Type, n *big.Int) []byte {
	fits := func(low, high int64) bool { return n.IsInt64() && n.Int64() >= low && n.Int64() <= high }
	switch t.Kind {
	case types.KindTinyint:
		if fits(math.MinInt8, math.MaxInt8) {
			return []byte{byte(n.Int64())}
		}
	case types.KindSmallint:
		if fits(math.MinInt16, math.MaxInt16) {
			return []byte{byte(n.Int64() >> 8), byte(n.Int64())}
		}
	case types.KindInt:
		if fits(math.MinInt32, math.MaxInt32) {
			return types.EncodeInt(int32(n.Int64()))
		}
	case types.KindBigint, types.KindCounter, types.KindTimestamp, types.KindTime:
		if n.IsInt64() {
			return types.EncodeBigint(n.Int64())
		}
	case types.KindVarint:
		return types.EncodeVarint(n)
	case types.KindDecimal:
		return types.EncodeDecimal(types.Big{Unscaled: n})
	case types.KindDouble, types.KindFloat:
		f, _ := new(big.Float).SetInt(n).Float64()
		if t.Kind == types.KindFloat {
			return types.EncodeFloat(float32(f))
		}
		return types.EncodeDouble(f)
	}
	return nil
}
