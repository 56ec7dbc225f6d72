package cqltest

import (
	"math/big"
	"net"
	"reflect"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Empty stands for a value of no bytes in a type whose values have some: it is
// neither null nor zero. Drivers write it by mistake; gocql's zero [time.Time]
// is one.
type Empty struct{}

// goValue decodes a cell as the documentation of [Row] says. A nil cell is nil.
func goValue(t *types.Type, b []byte) (any, error) {
	if b == nil {
		return nil, nil
	}
	if err := t.Validate(b); err != nil {
		return nil, err
	}
	if len(b) == 0 && !holdsNothing(t.Kind) {
		return Empty{}, nil
	}
	v, err := reflectValue(t, b)
	if err != nil {
		return nil, err
	}
	return v.Interface(), nil
}

// holdsNothing says whether no bytes are an ordinary value of the kind.
func holdsNothing(k types.Kind) bool {
	return k == types.KindText || k == types.KindASCII || k == types.KindBlob || k == types.KindCustom
}

// goTypes are the Go types of CQL's own types.
var goTypes = map[types.Kind]reflect.Type{
	types.KindASCII:     reflect.TypeFor[string](),
	types.KindText:      reflect.TypeFor[string](),
	types.KindBigint:    reflect.TypeFor[int64](),
	types.KindCounter:   reflect.TypeFor[int64](),
	types.KindBlob:      reflect.TypeFor[[]byte](),
	types.KindBoolean:   reflect.TypeFor[bool](),
	types.KindDecimal:   reflect.TypeFor[*inf.Dec](),
	types.KindDouble:    reflect.TypeFor[float64](),
	types.KindFloat:     reflect.TypeFor[float32](),
	types.KindInt:       reflect.TypeFor[int](),
	types.KindSmallint:  reflect.TypeFor[int16](),
	types.KindTinyint:   reflect.TypeFor[int8](),
	types.KindVarint:    reflect.TypeFor[*big.Int](),
	types.KindTimestamp: reflect.TypeFor[time.Time](),
	types.KindDate:      reflect.TypeFor[time.Time](),
	types.KindTime:      reflect.TypeFor[time.Duration](),
	types.KindDuration:  reflect.TypeFor[gocql.Duration](),
	types.KindUUID:      reflect.TypeFor[gocql.UUID](),
	types.KindTimeUUID:  reflect.TypeFor[gocql.UUID](),
	types.KindInet:      reflect.TypeFor[net.IP](),
	types.KindTuple:     reflect.TypeFor[[]any](),
	types.KindUDT:       reflect.TypeFor[map[string]any](),
}

func goType(t *types.Type) reflect.Type {
	switch t.Kind {
	case types.KindList, types.KindSet, types.KindVector:
		return reflect.SliceOf(goType(t.Elem()))
	case types.KindMap:
		key := goType(t.Key())
		if !hashable(t.Key().Kind) {
			key = reflect.TypeFor[string]()
		}
		return reflect.MapOf(key, goType(t.Value()))
	}
	if typ, ok := goTypes[t.Kind]; ok {
		return typ
	}
	return goTypes[types.KindBlob]
}

// hashable says whether values of the kind's Go type are equal with == when
// they are equal in CQL.
func hashable(k types.Kind) bool {
	switch k {
	case types.KindBlob, types.KindInet, types.KindDecimal, types.KindVarint, types.KindCustom, types.KindEmpty,
		types.KindList, types.KindSet, types.KindMap, types.KindVector, types.KindTuple, types.KindUDT:
		return false
	}
	return true
}

// reflectValue decodes a valid value into its goType.
func reflectValue(t *types.Type, b []byte) (reflect.Value, error) {
	typ := goType(t)
	switch t.Kind {
	case types.KindList, types.KindSet, types.KindVector:
		unpack := types.UnpackList
		if t.Kind == types.KindVector {
			unpack = t.UnpackVector
		}
		elems, err := unpack(b)
		if err != nil {
			return reflect.Value{}, err
		}
		v := reflect.MakeSlice(typ, len(elems), len(elems))
		for i, e := range elems {
			x, err := reflectValue(t.Elem(), e)
			if err != nil {
				return reflect.Value{}, err
			}
			v.Index(i).Set(x)
		}
		return v, nil
	case types.KindMap:
		return reflectMap(t, typ, b)
	case types.KindTuple, types.KindUDT:
		elems, err := types.UnpackTuple(b, len(t.Elems))
		if err != nil {
			return reflect.Value{}, err
		}
		tuple, fields := make([]any, len(elems)), map[string]any{}
		for i, e := range elems {
			if tuple[i], err = goValue(t.Elems[i], e); err != nil {
				return reflect.Value{}, err
			}
			if t.Kind == types.KindUDT {
				fields[t.Fields[i]] = tuple[i]
			}
		}
		if t.Kind == types.KindUDT {
			return reflect.ValueOf(fields), nil
		}
		return reflect.ValueOf(tuple), nil
	}
	if len(b) == 0 && !holdsNothing(t.Kind) { // inside a collection there is no room for Empty
		return reflect.Zero(typ), nil
	}
	return reflect.ValueOf(scalar(t.Kind, b)).Convert(typ), nil
}

func reflectMap(t *types.Type, typ reflect.Type, b []byte) (reflect.Value, error) {
	elems, err := types.UnpackMap(b)
	if err != nil {
		return reflect.Value{}, err
	}
	m := reflect.MakeMapWithSize(typ, len(elems)/2)
	for i := 0; i < len(elems); i += 2 {
		key := reflect.ValueOf(t.Key().Literal(elems[i]))
		if hashable(t.Key().Kind) {
			if key, err = reflectValue(t.Key(), elems[i]); err != nil {
				return reflect.Value{}, err
			}
		}
		value, err := reflectValue(t.Value(), elems[i+1])
		if err != nil {
			return reflect.Value{}, err
		}
		m.SetMapIndex(key, value)
	}
	return m, nil
}

func scalar(k types.Kind, b []byte) any {
	switch k {
	case types.KindASCII, types.KindText:
		return string(b)
	case types.KindInt, types.KindBigint, types.KindCounter, types.KindSmallint, types.KindTinyint:
		return types.DecodeInteger(b)
	case types.KindBoolean:
		return b[0] != 0
	case types.KindDecimal:
		d := types.DecodeDecimal(b)
		return inf.NewDecBig(d.Unscaled, inf.Scale(d.Scale))
	case types.KindDouble:
		return types.DecodeDouble(b)
	case types.KindFloat:
		return types.DecodeFloat(b)
	case types.KindVarint:
		return types.DecodeVarint(b)
	case types.KindTimestamp:
		return time.UnixMilli(types.DecodeInteger(b)).UTC()
	case types.KindDate:
		return time.Unix(types.DecodeDate(b)*24*60*60, 0).UTC()
	case types.KindTime:
		return time.Duration(types.DecodeInteger(b))
	case types.KindDuration:
		d := types.DecodeDuration(b)
		return gocql.Duration{Months: d.Months, Days: d.Days, Nanoseconds: d.Nanos}
	case types.KindUUID, types.KindTimeUUID:
		return gocql.UUID(b)
	case types.KindInet:
		return net.IP(b)
	}
	return b
}
