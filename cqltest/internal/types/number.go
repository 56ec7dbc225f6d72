package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// EncodeInt encodes an int.
func EncodeInt(v int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

// EncodeBigint encodes a bigint, counter, time, or timestamp in milliseconds.
func EncodeBigint(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

// EncodeDouble encodes a double.
func EncodeDouble(v float64) []byte { return EncodeBigint(int64(math.Float64bits(v))) }

// EncodeFloat encodes a float.
func EncodeFloat(v float32) []byte { return EncodeInt(int32(math.Float32bits(v))) }

// EncodeBoolean encodes a boolean.
func EncodeBoolean(v bool) []byte { return []byte{boolByte(v)} }

// DecodeInteger decodes a tinyint, smallint, int, bigint, counter, time or
// timestamp. The empty value gives 0.
func DecodeInteger(b []byte) int64 {
	if len(b) == 0 || len(b) > 8 {
		return 0
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v
}

// DecodeDouble decodes a double, 0 if it is empty.
func DecodeDouble(b []byte) float64 {
	if len(b) != 8 {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// DecodeFloat decodes a float, 0 if it is empty.
func DecodeFloat(b []byte) float32 {
	if len(b) != 4 {
		return 0
	}
	return math.Float32frombits(binary.BigEndian.Uint32(b))
}

// EncodeVarint encodes a varint: two's complement in as few bytes as possible.
func EncodeVarint(v *big.Int) []byte {
	switch v.Sign() {
	case 0:
		return []byte{0}
	case 1:
		b := v.Bytes()
		if b[0] >= 0x80 {
			return append([]byte{0}, b...)
		}
		return b
	}
	// -v-1 has the inverted bits.
	b := new(big.Int).Not(v).Bytes()
	if len(b) == 0 {
		return []byte{0xff}
	}
	for i := range b {
		b[i] = ^b[i]
	}
	if b[0] < 0x80 {
		return append([]byte{0xff}, b...)
	}
	return b
}

// DecodeVarint decodes a varint, 0 if it is empty.
func DecodeVarint(b []byte) *big.Int {
	if len(b) <= 8 {
		return big.NewInt(DecodeInteger(b))
	}
	v := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

func compareVarint(a, b []byte) int {
	if len(a) <= 8 && len(b) <= 8 {
		return cmp.Compare(DecodeInteger(a), DecodeInteger(b))
	}
	a, b = trimSign(a), trimSign(b)
	na, nb := a[0] >= 0x80, b[0] >= 0x80
	switch {
	case na != nb:
		return cmp.Compare(boolByte(nb), boolByte(na))
	case len(a) != len(b):
		if na {
			return cmp.Compare(len(b), len(a))
		}
		return cmp.Compare(len(a), len(b))
	}
	return bytes.Compare(a, b)
}

// trimSign drops leading bytes that only repeat the sign.
func trimSign(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

// Big is a decimal: Unscaled × 10^-Scale.
type Big struct {
	Unscaled *big.Int
	Scale    int32
}

// EncodeDecimal encodes a decimal.
func EncodeDecimal(d Big) []byte {
	return append(EncodeInt(d.Scale), EncodeVarint(d.Unscaled)...)
}

// DecodeDecimal decodes a decimal, 0 if it is empty.
func DecodeDecimal(b []byte) Big {
	if len(b) < 5 {
		return Big{Unscaled: new(big.Int)}
	}
	return Big{Unscaled: DecodeVarint(b[4:]), Scale: int32(binary.BigEndian.Uint32(b))}
}

func compareDecimal(a, b []byte) int {
	if len(a) < 5 || len(b) < 5 {
		return bytes.Compare(a, b)
	}
	if bytes.Equal(a[:4], b[:4]) {
		return compareVarint(a[4:], b[4:])
	}
	return DecodeDecimal(a).Cmp(DecodeDecimal(b))
}

// Precision returns the number of decimal digits of d's unscaled value, 1 for
// zero.
func (d Big) Precision() int { return digits(d.Unscaled) }

func digits(v *big.Int) int {
	if v.IsInt64() {
		n := 1
		for u := v.Int64() / 10; u != 0; u /= 10 {
			n++
		}
		return n
	}
	return len(strings.TrimPrefix(v.String(), "-"))
}

// Cmp compares numerically; the scale does not matter.
func (d Big) Cmp(o Big) int {
	sd, so := d.Unscaled.Sign(), o.Unscaled.Sign()
	if sd != so || sd == 0 {
		return cmp.Compare(sd, so)
	}
	// Only numbers of the same magnitude are worth scaling, and then the
	// difference of the scales is no more than the digits there are.
	md, mo := int64(d.Precision())-int64(d.Scale), int64(o.Precision())-int64(o.Scale)
	if md != mo {
		return sd * cmp.Compare(md, mo)
	}
	x, y := d.Unscaled, o.Unscaled
	if diff := int64(d.Scale) - int64(o.Scale); diff > 0 {
		y = new(big.Int).Mul(y, pow10(diff))
	} else if diff < 0 {
		x = new(big.Int).Mul(x, pow10(-diff))
	}
	return x.Cmp(y)
}

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// String writes d like Java's BigDecimal: 1.50, 1E+3, 1E-7.
func (d Big) String() string {
	s := d.Unscaled.String()
	if d.Scale == 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	exp := int64(len(s)-1) - int64(d.Scale)
	if d.Scale > 0 && exp >= -6 {
		if pad := int(d.Scale) - len(s) + 1; pad > 0 {
			s = strings.Repeat("0", pad) + s
		}
		point := len(s) - int(d.Scale)
		return sign + s[:point] + "." + s[point:]
	}
	if len(s) > 1 {
		s = s[:1] + "." + s[1:]
	}
	if exp == 0 {
		return sign + s
	}
	e := strconv.FormatInt(exp, 10)
	if exp > 0 {
		e = "+" + e
	}
	return sign + s + "E" + e
}

// ParseDecimal parses what Java's BigDecimal does.
func ParseDecimal(s string) (Big, bool) {
	mantissa, exp := s, int64(0)
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.ParseInt(s[i+1:], 10, 32)
		if err != nil {
			return Big{}, false
		}
		mantissa, exp = s[:i], e
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	unsigned := strings.TrimPrefix(whole, "-")
	if unsigned == whole {
		unsigned = strings.TrimPrefix(whole, "+")
	}
	if !isDigits(unsigned) || !isDigits(frac) || unsigned+frac == "" {
		return Big{}, false
	}
	scale := int64(len(frac)) - exp
	if scale != int64(int32(scale)) {
		return Big{}, false
	}
	v, ok := new(big.Int).SetString(strings.TrimPrefix(whole, "+")+frac, 10)
	return Big{Unscaled: v, Scale: int32(scale)}, ok
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
