package funcs

import (
	"math"
	"math/big"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func mathFunctions() []*Function {
	var out []*Function
	for _, t := range numeric {
		out = append(out, scalar("abs", t, func(args [][]byte) ([]byte, error) { return abs(t, args[0]), nil }, t),
			scalar("round", t, func(args [][]byte) ([]byte, error) { return round(t, args[0]) }, t))
		for name, f := range map[string]struct {
			real func(float64) float64
			big  func(types.Big) (types.Big, error)
		}{
			"exp": {realExp, expDecimal}, "log": {realLog, logDecimal}, "log10": {realLog10, log10Decimal},
		} {
			out = append(out, scalar(name, t, func(args [][]byte) ([]byte, error) {
				if sizeOf(t) < unbounded {
					return encodeFloating(t, f.real(toFloat64(t, args[0]))), nil
				}
				x, err := toDecimal(t, args[0])
				if err != nil {
					return nil, err
				}
				y, err := f.big(x)
				if err != nil {
					return nil, &types.Error{Code: types.CodeServer, Message: "java.lang.ArithmeticException: " + err.Error()}
				}
				if t.Kind == types.KindVarint {
					return types.EncodeVarint(integerPart(y)), nil
				}
				return types.EncodeDecimal(y), nil
			}, t))
		}
	}
	return out
}

func abs(t *types.Type, b []byte) []byte {
	switch t.Kind {
	case types.KindFloat:
		return types.EncodeFloat(float32(math.Abs(float64(types.DecodeFloat(b)))))
	case types.KindDouble:
		return types.EncodeDouble(math.Abs(types.DecodeDouble(b)))
	case types.KindVarint:
		v := types.DecodeVarint(b)
		return types.EncodeVarint(v.Abs(v))
	case types.KindDecimal:
		d := types.DecodeDecimal(b)
		d.Unscaled.Abs(d.Unscaled)
		return types.EncodeDecimal(d)
	}
	v := types.DecodeInteger(b)
	if v < 0 {
		v = -v
	}
	return encodeInteger(t, v)
}

// round rounds halves up, as Java's Math.round does, through the range of an
// integer of the same size.
func round(t *types.Type, b []byte) ([]byte, error) {
	switch t.Kind {
	case types.KindFloat:
		return types.EncodeFloat(float32(saturate(math.Floor(float64(types.DecodeFloat(b))+0.5), 32))), nil
	case types.KindDouble:
		f := types.DecodeDouble(b)
		r := math.Floor(f)
		if f-r >= 0.5 {
			r++
		}
		return types.EncodeDouble(float64(saturate(r, 64))), nil
	case types.KindDecimal:
		d := types.DecodeDecimal(b)
		one := types.Big{Unscaled: big.NewInt(1)}
		if int64(d.Scale) > int64(d.Precision())+1 {
			d = types.Big{Unscaled: new(big.Int)}
		}
		r, err := quoDecimal(d, one, 0, halfUp)
		if err != nil {
			return nil, types.Invalidf("round(%s) has too many digits", types.DecodeDecimal(b))
		}
		return types.EncodeDecimal(r), nil
	}
	return b, nil
}
