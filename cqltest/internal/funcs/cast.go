package funcs

import (
	"math/big"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// CastName returns the name of the function that CAST(… AS t) calls.
func CastName(t *types.Type) string { return "cast_as_" + t.String() }

func castFunctions() []*Function {
	var out []*Function
	add := func(from, to *types.Type, call func(b []byte) ([]byte, error)) {
		f := scalar(CastName(to), to, func(args [][]byte) ([]byte, error) { return call(args[0]) }, from)
		f.column = func(args []string) string { return "cast(" + args[0] + " as " + to.String() + ")" }
		old := *f
		old.Name = "castAs" + strings.ToUpper(to.String()[:1]) + to.String()[1:]
		out = append(out, f, &old)
	}
	asText := func(from *types.Type) {
		for _, to := range []*types.Type{types.ASCII, types.Text} {
			add(from, to, func(b []byte) ([]byte, error) { return []byte(from.Text(b)), nil })
		}
	}
	for _, from := range numeric {
		for _, to := range numeric {
			if from != to && to != types.Counter {
				add(from, to, func(b []byte) ([]byte, error) { return castNumber(from, to, b) })
			}
		}
		asText(from)
	}
	add(types.ASCII, types.Text, func(b []byte) ([]byte, error) { return b, nil })
	for _, from := range []*types.Type{types.Inet, types.Boolean, types.TimeUUID, types.Timestamp, types.Date, types.Time, types.UUID} {
		asText(from)
	}
	for _, from := range []*types.Type{types.TimeUUID, types.Timestamp} {
		add(from, types.Date, func(b []byte) ([]byte, error) { return types.DateFromMillis(millisOf(from, b)), nil })
	}
	for _, from := range []*types.Type{types.TimeUUID, types.Date} {
		add(from, types.Timestamp, func(b []byte) ([]byte, error) { return types.EncodeBigint(millisOf(from, b)), nil })
	}
	return out
}

func castNumber(from, to *types.Type, b []byte) ([]byte, error) {
	switch to.Kind {
	case types.KindTinyint, types.KindSmallint, types.KindInt:
		return encodeInteger(to, toInt32(from, b)), nil
	case types.KindBigint:
		return types.EncodeBigint(toInt64(from, b)), nil
	case types.KindFloat:
		return types.EncodeFloat(toFloat32(from, b)), nil
	case types.KindDouble:
		return types.EncodeDouble(toFloat64(from, b)), nil
	case types.KindVarint:
		return types.EncodeVarint(big.NewInt(toInt64(from, b))), nil
	}
	switch from.Kind {
	case types.KindFloat, types.KindDouble:
		d, ok := types.ParseDecimal(from.Text(b))
		if !ok {
			return nil, &types.Error{Code: types.CodeServer, Message: "java.lang.NumberFormatException: Character " + from.Text(b)[:1] +
				` is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`}
		}
		return types.EncodeDecimal(d), nil
	}
	return types.EncodeDecimal(types.Big{Unscaled: toVarint(from, b)}), nil
}
