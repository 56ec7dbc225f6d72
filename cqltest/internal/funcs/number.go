package funcs

import (
	"math"
	"math/big"
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// numeric lists the number types in the order the server declares them.
var numeric = []*types.Type{
	types.Tinyint, types.Smallint, types.Int, types.Bigint, types.Float, types.Double, types.Decimal, types.Varint, types.Counter,
}

func isFloating(t *types.Type) bool {
	return t.Kind == types.KindFloat || t.Kind == types.KindDouble || t.Kind == types.KindDecimal
}

// unbounded is the size of varint and decimal.
const unbounded = math.MaxInt

func sizeOf(t *types.Type) int {
	switch t.Kind {
	case types.KindTinyint:
		return 1
	case types.KindSmallint:
		return 2
	case types.KindInt, types.KindFloat:
		return 4
	case types.KindVarint, types.KindDecimal:
		return unbounded
	}
	return 8
}

// encodeInteger encodes v as integer type t, dropping the bits that do not fit.
func encodeInteger(t *types.Type, v int64) []byte {
	return types.EncodeBigint(v)[8-sizeOf(t):]
}

// The conversions below are those of java.lang.Number: towards zero, cutting
// off the high bits of integers, saturating for floating point.

func toInt64(t *types.Type, b []byte) int64 {
	switch t.Kind {
	case types.KindFloat:
		return saturate(float64(types.DecodeFloat(b)), 64)
	case types.KindDouble:
		return saturate(types.DecodeDouble(b), 64)
	case types.KindVarint:
		return lowBits(types.DecodeVarint(b))
	case types.KindDecimal:
		return lowBits(integerPart(types.DecodeDecimal(b)))
	}
	return types.DecodeInteger(b)
}

// toInt32 differs from cutting toInt64 down for floating point only.
func toInt32(t *types.Type, b []byte) int64 {
	switch t.Kind {
	case types.KindFloat:
		return saturate(float64(types.DecodeFloat(b)), 32)
	case types.KindDouble:
		return saturate(types.DecodeDouble(b), 32)
	}
	return int64(int32(toInt64(t, b)))
}

func toFloat64(t *types.Type, b []byte) float64 {
	switch t.Kind {
	case types.KindFloat:
		return float64(types.DecodeFloat(b))
	case types.KindDouble:
		return types.DecodeDouble(b)
	case types.KindVarint:
		f, _ := new(big.Float).SetInt(types.DecodeVarint(b)).Float64()
		return f
	case types.KindDecimal:
		f, _ := strconv.ParseFloat(types.DecodeDecimal(b).String(), 64)
		return f
	}
	return float64(types.DecodeInteger(b))
}

func toFloat32(t *types.Type, b []byte) float32 {
	switch t.Kind {
	case types.KindFloat:
		return types.DecodeFloat(b)
	case types.KindDouble:
		return float32(types.DecodeDouble(b))
	case types.KindVarint:
		f, _ := new(big.Float).SetInt(types.DecodeVarint(b)).Float32()
		return f
	case types.KindDecimal:
		f, _ := strconv.ParseFloat(types.DecodeDecimal(b).String(), 32)
		return float32(f)
	}
	return float32(types.DecodeInteger(b))
}

func toVarint(t *types.Type, b []byte) *big.Int {
	if t.Kind == types.KindVarint {
		return types.DecodeVarint(b)
	}
	return big.NewInt(toInt64(t, b))
}

// toDecimal is how arithmetic makes a decimal of its operands: by way of
// double, so that the int 1 becomes 1.0.
func toDecimal(t *types.Type, b []byte) (types.Big, error) {
	switch t.Kind {
	case types.KindDecimal:
		return types.DecodeDecimal(b), nil
	case types.KindVarint:
		return types.Big{Unscaled: types.DecodeVarint(b)}, nil
	}
	return decimalOfDouble(toFloat64(t, b))
}

func decimalOfDouble(f float64) (types.Big, error) {
	if math.IsNaN(f) {
		return types.Big{}, arithmeticError("A NaN cannot be converted into a decimal")
	}
	if math.IsInf(f, 0) {
		return types.Big{}, arithmeticError("An infinite number cannot be converted into a decimal")
	}
	d, _ := types.ParseDecimal(types.FormatDouble(f))
	return d, nil
}

func saturate(f float64, bits int) int64 {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if bits == 32 {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	switch {
	case math.IsNaN(f):
		return 0
	case f <= float64(lo):
		return lo
	case f >= float64(hi):
		return hi
	}
	return int64(f)
}

func lowBits(v *big.Int) int64 {
	if v.IsInt64() {
		return v.Int64()
	}
	low := new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64))
	return int64(low.Uint64())
}

// encodeFloating turns the result f of a real function into type t.
func encodeFloating(t *types.Type, f float64) []byte {
	if math.IsNaN(f) && math.Float64bits(f) != math.Float64bits(givenNaN) {
		f = invalidNaN
	}
	switch t.Kind {
	case types.KindFloat:
		return types.EncodeFloat(float32(f))
	case types.KindDouble:
		return types.EncodeDouble(f)
	case types.KindBigint, types.KindCounter:
		return types.EncodeBigint(saturate(f, 64))
	}
	return encodeInteger(t, saturate(f, 32))
}

// arithmeticError is the message of a failed computation.
type arithmeticError string

func (e arithmeticError) Error() string { return string(e) }
