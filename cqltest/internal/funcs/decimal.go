package funcs

import (
	"math"
	"math/big"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Decimal arithmetic with the server's precision: results are rounded half up
// to maxDigits.

const (
	maxDigits = 10_000
	// maxShift bounds the powers of ten that are worked out, so that a scale
	// of two thousand million costs an error instead of the memory.
	maxShift = 1_000_000

	minScale, maxScale = 32, 1000
)

var errOverflow = arithmeticError("Overflow")

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// align brings x and y to a common scale.
func align(x, y types.Big) (a, b *big.Int, scale int32, err error) {
	a, b, scale = x.Unscaled, y.Unscaled, max(x.Scale, y.Scale)
	dx, dy := int64(scale)-int64(x.Scale), int64(scale)-int64(y.Scale)
	if dx > maxShift || dy > maxShift {
		return nil, nil, 0, errOverflow
	}
	if dx > 0 {
		a = new(big.Int).Mul(a, pow10(dx))
	}
	if dy > 0 {
		b = new(big.Int).Mul(b, pow10(dy))
	}
	return a, b, scale, nil
}

func addDecimal(x, y types.Big) (types.Big, error) {
	a, b, scale, err := align(x, y)
	if err != nil {
		return types.Big{}, err
	}
	return limit(types.Big{Unscaled: new(big.Int).Add(a, b), Scale: scale})
}

func negated(x types.Big) types.Big {
	return types.Big{Unscaled: new(big.Int).Neg(x.Unscaled), Scale: x.Scale}
}

func mulDecimal(x, y types.Big) (types.Big, error) {
	scale := int64(x.Scale) + int64(y.Scale)
	if scale != int64(int32(scale)) {
		return types.Big{}, errOverflow
	}
	return limit(types.Big{Unscaled: new(big.Int).Mul(x.Unscaled, y.Unscaled), Scale: int32(scale)})
}

// limit rounds d to maxDigits.
func limit(d types.Big) (types.Big, error) {
	if d.Unscaled.BitLen() < 3*maxDigits {
		return d, nil
	}
	for drop := d.Precision() - maxDigits; drop > 0; drop = d.Precision() - maxDigits {
		scale := int64(d.Scale) - int64(drop)
		if scale < math.MinInt32 {
			return d, errOverflow
		}
		d = types.Big{Unscaled: roundQuo(d.Unscaled, pow10(int64(drop)), halfUp), Scale: int32(scale)}
	}
	return d, nil
}

type rounding int

const (
	halfUp rounding = iota
	halfEven
)

// roundQuo returns x/y rounded to the nearest integer.
func roundQuo(x, y *big.Int, mode rounding) *big.Int {
	q, r := new(big.Int).QuoRem(x, y, new(big.Int))
	c := r.Abs(r).Lsh(r, 1).CmpAbs(y)
	if c > 0 || c == 0 && (mode == halfUp || q.Bit(0) == 1) {
		q.Add(q, big.NewInt(int64(x.Sign()*y.Sign())))
	}
	return q
}

// quoDecimal returns x/y with scale digits behind the point.
func quoDecimal(x, y types.Big, scale int32, mode rounding) (types.Big, error) {
	if y.Unscaled.Sign() == 0 {
		return types.Big{}, arithmeticError("BigInteger divide by zero")
	}
	a, b := x.Unscaled, y.Unscaled
	shift := int64(scale) - int64(x.Scale) + int64(y.Scale)
	if shift > maxShift || shift < -maxShift {
		return types.Big{}, errOverflow
	}
	if shift > 0 {
		a = new(big.Int).Mul(a, pow10(shift))
	} else if shift < 0 {
		b = new(big.Int).Mul(b, pow10(-shift))
	}
	return types.Big{Unscaled: roundQuo(a, b, mode), Scale: scale}, nil
}

// divDecimal is the / of CQL: at least 32 significant digits.
func divDecimal(x, y types.Big) (types.Big, error) {
	first := int64(x.Precision()) - int64(x.Scale) - (int64(y.Precision()) - int64(y.Scale))
	scale := max(minScale-first, int64(x.Scale), int64(y.Scale), minScale)
	q, err := quoDecimal(x, y, int32(min(scale, maxScale)), halfUp)
	if err != nil {
		return q, err
	}
	return strip(q, math.MinInt32), nil
}

// strip drops trailing zeros down to the given scale.
func strip(d types.Big, least int32) types.Big {
	if d.Unscaled.Sign() == 0 {
		return types.Big{Unscaled: new(big.Int)}
	}
	ten := big.NewInt(10)
	v, r := new(big.Int).Set(d.Unscaled), new(big.Int)
	for d.Scale > least {
		q, _ := new(big.Int).QuoRem(v, ten, r)
		if r.Sign() != 0 {
			break
		}
		v = q
		d.Scale--
	}
	return types.Big{Unscaled: v, Scale: d.Scale}
}

func remDecimal(x, y types.Big) (types.Big, error) {
	if y.Unscaled.Sign() == 0 {
		if x.Unscaled.Sign() == 0 {
			return types.Big{}, arithmeticError("Division undefined")
		}
		return types.Big{}, arithmeticError("Division by zero")
	}
	a, b, _, err := align(x, y)
	if err != nil {
		return types.Big{}, err
	}
	least := min(max(int64(x.Scale)-int64(y.Scale), math.MinInt32), math.MaxInt32)
	q := types.Big{Unscaled: new(big.Int).Quo(a, b)}
	if q.Unscaled.Sign() == 0 {
		q.Scale = int32(least)
	} else {
		q = strip(q, int32(least))
	}
	product, err := mulDecimal(q, y)
	if err != nil {
		return product, err
	}
	return addDecimal(x, negated(product))
}

// integerPart returns d without its fraction; a number too large to write out
// gives the zero that its low bits are.
func integerPart(d types.Big) *big.Int {
	switch {
	case d.Scale == 0:
		return d.Unscaled
	case int64(d.Scale) > int64(d.Precision()) || d.Scale < -maxShift:
		return new(big.Int)
	case d.Scale > 0:
		return new(big.Int).Quo(d.Unscaled, pow10(int64(d.Scale)))
	}
	return new(big.Int).Mul(d.Unscaled, pow10(-int64(d.Scale)))
}
