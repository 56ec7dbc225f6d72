package funcs

import (
	"math"
	"math/big"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Exponential and logarithms of decimals, to as many digits as the argument
// has and at least 32.

const (
	// maxLogDigits bounds the work; the server would go on to 10,000 digits.
	maxLogDigits = 1000
	// maxExponent bounds exp's argument: e^2000000 has 868,589 digits.
	maxExponent = 2_000_000
)

func precisionFor(x types.Big) int { return min(max(minScale, x.Precision()), maxLogDigits) }

// bitsFor returns the binary precision for so many digits and some to spare.
func bitsFor(digits int) uint { return uint(float64(digits)*math.Log2(10)) + 96 }

func toBigFloat(d types.Big, prec uint) (*big.Float, error) {
	if d.Scale > maxShift || d.Scale < -maxShift {
		return nil, errOverflow
	}
	f := new(big.Float).SetPrec(prec).SetInt(d.Unscaled)
	p := new(big.Float).SetPrec(prec).SetInt(pow10(max(int64(d.Scale), -int64(d.Scale))))
	if d.Scale > 0 {
		return f.Quo(f, p), nil
	}
	return f.Mul(f, p), nil
}

// fromBigFloat rounds f to so many digits.
func fromBigFloat(f *big.Float, digits int) types.Big {
	d, _ := types.ParseDecimal(f.Text('e', digits-1))
	return d
}

func expDecimal(x types.Big) (types.Big, error) {
	if x.Unscaled.Sign() == 0 {
		return types.Big{Unscaled: big.NewInt(1)}, nil
	}
	digits := precisionFor(x)
	prec := bitsFor(digits) + 64
	f, err := toBigFloat(x, prec)
	if err != nil {
		return types.Big{}, err
	}
	if a, _ := f.Float64(); math.Abs(a) > maxExponent {
		return types.Big{}, errOverflow
	}
	return fromBigFloat(expFloat(f, prec), digits), nil
}

// expFloat halves the argument until the series converges fast, and squares
// the result as often.
func expFloat(x *big.Float, prec uint) *big.Float {
	r := new(big.Float).SetPrec(prec).Set(x)
	halvings := max(0, r.MantExp(nil)+8)
	r.SetMantExp(r, -halvings)
	sum := new(big.Float).SetPrec(prec).SetInt64(1)
	term := new(big.Float).SetPrec(prec).SetInt64(1)
	for n := int64(1); term.Sign() != 0 && sum.MantExp(nil)-term.MantExp(nil) < int(prec); n++ {
		term.Mul(term, r)
		term.Quo(term, new(big.Float).SetPrec(prec).SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

func logDecimal(x types.Big) (types.Big, error) {
	if x.Unscaled.Sign() <= 0 {
		return types.Big{}, arithmeticError("Natural log of number zero or less")
	}
	return logTo(x, nil)
}

func log10Decimal(x types.Big) (types.Big, error) {
	if x.Unscaled.Sign() <= 0 {
		return types.Big{}, arithmeticError("Log10 of number zero or less")
	}
	return logTo(x, big.NewFloat(10))
}

func logTo(x types.Big, base *big.Float) (types.Big, error) {
	digits := precisionFor(x)
	prec := bitsFor(digits) + 64
	f, err := toBigFloat(x, prec)
	if err != nil {
		return types.Big{}, err
	}
	if f.Cmp(big.NewFloat(1)) == 0 {
		zero := types.Big{Unscaled: new(big.Int)}
		if base != nil { // the zero of the server's division has a scale of its own
			zero.Scale = int32(-digits - 1)
		}
		return zero, nil
	}
	y := logFloat(f, prec)
	if base != nil {
		y.Quo(y, logFloat(new(big.Float).SetPrec(prec).Set(base), prec))
		if y.IsInt() {
			v, _ := y.Int(nil)
			return types.Big{Unscaled: v}, nil
		}
	}
	return fromBigFloat(y, digits), nil
}

// logFloat refines a first guess by Newton's method, y += x·e^-y - 1, which
// doubles the digits each time.
func logFloat(x *big.Float, prec uint) *big.Float {
	mant := new(big.Float)
	exp := x.MantExp(mant)
	m, _ := mant.Float64()
	y := new(big.Float).SetPrec(prec).SetFloat64(math.Log(m) + float64(exp)*math.Ln2)
	one := big.NewFloat(1)
	for bits := 40; bits < 2*int(prec); bits *= 2 {
		e := expFloat(new(big.Float).SetPrec(prec).Neg(y), prec)
		e.Mul(e, x)
		e.Sub(e, one)
		y.Add(y, e)
	}
	return y
}
