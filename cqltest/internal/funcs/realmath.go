package funcs

import (
	"math"
	"math/big"
)

// Java rounds exp and the logarithms to the nearest double but for a few
// arguments in a thousand; the math package is off by one in the last place
// more often. So they are worked out to more digits here.

const realPrec = 128

func realExp(x float64) float64 {
	if math.IsNaN(x) || math.Abs(x) > 800 || x == 0 {
		return math.Exp(x)
	}
	f, _ := expFloat(new(big.Float).SetPrec(realPrec).SetFloat64(x), realPrec).Float64()
	return f
}

func realLog(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) || x == 1 {
		return math.Log(x)
	}
	f, _ := logFloat(new(big.Float).SetPrec(realPrec).SetFloat64(x), realPrec).Float64()
	return f
}

func realLog10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) || x == 1 {
		return math.Log10(x)
	}
	y := logFloat(new(big.Float).SetPrec(realPrec).SetFloat64(x), realPrec)
	f, _ := y.Quo(y, logFloat(new(big.Float).SetPrec(realPrec).SetInt64(10), realPrec)).Float64()
	return f
}
