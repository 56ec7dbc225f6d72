package types

import (
	"math"
	"math/big"
	stdbits "math/bits"
	"strconv"
	"strings"
)

// FormatDouble writes f like Java's Double.toString.
func FormatDouble(f float64) string { return formatFloat(f, 64) }

// FormatFloat writes f like Java's Float.toString.
func FormatFloat(f float32) string { return formatFloat(float64(f), 32) }

func formatFloat(f float64, bits int) string {
	switch {
	case f != f:
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		if math.Signbit(f) {
			return "-0.0"
		}
		return "0.0"
	}
	if a := math.Abs(f); a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	s := strconv.FormatFloat(f, 'e', -1, bits)
	if !strings.Contains(s, ".") { // Java wants two digits, and both to be right
		s = strconv.FormatFloat(f, 'e', 1, bits)
	}
	if a := math.Abs(f); a < 1<<63 && a == math.Trunc(a) {
		s = formatIntegral(f, bits)
	}
	m, e, _ := strings.Cut(s, "e")
	if !strings.Contains(m, ".") {
		m += ".0" // from formatIntegral
	}
	n, _ := strconv.Atoi(e)
	return m + "E" + strconv.Itoa(n)
}

// formatIntegral writes a whole number with all digits that its magnitude makes
// significant, rather than just those that tell it from its neighbours.
func formatIntegral(f float64, bits int) string {
	mantissa := 53
	if bits == 32 {
		mantissa = 24
	}
	v := uint64(math.Abs(f))
	drop := 0
	if spare := stdbits.Len64(v) - mantissa - 2; spare > 1 {
		drop = digits(new(big.Int).Lsh(big.NewInt(1), uint(spare))) - 1
	}
	pow := uint64(1)
	for range drop {
		pow *= 10
	}
	v = (v + pow/2) / pow * pow
	s := strings.TrimRight(strconv.FormatUint(v, 10), "0")
	exp := len(strconv.FormatUint(v, 10)) - 1
	if len(s) > 1 {
		s = s[:1] + "." + s[1:]
	}
	if f < 0 {
		s = "-" + s
	}
	return s + "e" + strconv.Itoa(exp)
}

// parseFloat parses what Java's Double.valueOf does.
func parseFloat(s string, bits int) (float64, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	switch digits {
	case "NaN":
		return math.Float64frombits(0x7ff8000000000000), true
	case "Infinity":
		return math.Inf(1 - 2*int(boolByte(s[0] == '-'))), true
	}
	hex := strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X")
	if n := len(s); n > 1 && strings.IndexByte("dDfF", s[n-1]) >= 0 && (!hex || strings.ContainsAny(s, "pP")) {
		s = s[:n-1]
	}
	if digits == "" || strings.Contains(s, "_") || !hex && strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, false
	}
	return f, true
}
