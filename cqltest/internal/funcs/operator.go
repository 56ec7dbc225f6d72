package funcs

import (
	"math"
	"math/big"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Negate is the name of the function that unary minus calls.
const Negate = "_negate"

var operatorNames = map[byte]string{'+': "_add", '-': "_substract", '*': "_multiply", '/': "_divide", '%': "_modulo"}

// OperatorName returns the name of the function that an operator calls.
func OperatorName(op byte) string { return operatorNames[op] }

// operatorSymbol undoes OperatorName; it is empty for other functions.
func operatorSymbol(name string) string {
	for op, n := range operatorNames {
		if n == name {
			return string(op)
		}
	}
	return ""
}

// OperatorSymbol returns the operator that calls f, or "".
func (f *Function) OperatorSymbol() string { return operatorSymbol(f.Name) }

func operators() []*Function {
	var out []*Function
	add := func(op byte, call func(args [][]byte) ([]byte, error), result, left, right *types.Type) {
		f := scalar(operatorNames[op], result, nil, left, right)
		f.column = func(args []string) string { return args[0] + " " + string(op) + " " + args[1] }
		f.Call = func(_ *Env, args [][]byte) ([]byte, error) {
			if isNull(left, args[0]) || isNull(right, args[1]) {
				return nil, nil
			}
			b, err := call(args)
			if err != nil {
				return nil, f.failure("the operation '" + left.String() + " " + string(op) + " " + right.String() + "' failed: " + err.Error())
			}
			return b, nil
		}
		out = append(out, f)
	}
	for _, left := range numeric {
		for _, right := range numeric {
			result := arithmeticType(left, right)
			for _, op := range []byte("+-*/%") {
				add(op, arithmetic(op, result, left, right), result, left, right)
			}
		}
		neg := scalar(Negate, left, func(args [][]byte) ([]byte, error) { return negate(left, args[0]), nil }, left)
		neg.column = func(args []string) string { return "-" + args[0] }
		out = append(out, neg)
	}
	for _, op := range []byte("+-") {
		add(op, func(args [][]byte) ([]byte, error) {
			d := types.DecodeDuration(args[1])
			if d.Nanos%1e6 != 0 {
				return nil, types.Invalidf("The duration must have a millisecond precision. Was: %s", d)
			}
			if op == '-' {
				d = d.Negate()
			}
			return types.EncodeBigint(d.AddTo(types.DecodeInteger(args[0]))), nil
		}, types.Timestamp, types.Timestamp, types.Duration)
		add(op, func(args [][]byte) ([]byte, error) {
			d := types.DecodeDuration(args[1])
			if d.Nanos != 0 {
				return nil, types.Invalidf("The duration must have a day precision. Was: %s", d)
			}
			if op == '-' {
				d = d.Negate()
			}
			return types.DateFromMillis(d.AddTo(types.DecodeDate(args[0]) * millisPerDay)), nil
		}, types.Date, types.Date, types.Duration)
	}
	concat := func(args [][]byte) ([]byte, error) {
		return append(args[0][:len(args[0]):len(args[0])], args[1]...), nil
	}
	add('+', concat, types.Text, types.Text, types.Text)
	add('+', concat, types.ASCII, types.ASCII, types.ASCII)
	add('+', concat, types.Text, types.ASCII, types.Text)
	add('+', concat, types.Text, types.Text, types.ASCII)
	return out
}

// arithmeticType is the type of left op right: floating point if either is,
// and as wide as the wider.
func arithmeticType(left, right *types.Type) *types.Type {
	size := max(sizeOf(left), sizeOf(right))
	if isFloating(left) || isFloating(right) {
		switch size {
		case 4:
			return types.Float
		case 8:
			return types.Double
		}
		// A float with a tinyint is four bytes wide, so only decimal is left.
		return types.Decimal
	}
	switch size {
	case 1:
		return types.Tinyint
	case 2:
		return types.Smallint
	case 4:
		return types.Int
	case 8:
		return types.Bigint
	}
	return types.Varint
}

func arithmetic(op byte, result, left, right *types.Type) func(args [][]byte) ([]byte, error) {
	switch result.Kind {
	case types.KindFloat:
		return func(args [][]byte) ([]byte, error) {
			return types.EncodeFloat(computeFloat32(op, toFloat32(left, args[0]), toFloat32(right, args[1]))), nil
		}
	case types.KindDouble:
		return func(args [][]byte) ([]byte, error) {
			return types.EncodeDouble(computeFloat64(op, toFloat64(left, args[0]), toFloat64(right, args[1]))), nil
		}
	case types.KindDecimal:
		return func(args [][]byte) ([]byte, error) {
			x, err := toDecimal(left, args[0])
			if err != nil {
				return nil, err
			}
			y, err := toDecimal(right, args[1])
			if err != nil {
				return nil, err
			}
			d, err := computeDecimal(op, x, y)
			if err != nil {
				return nil, err
			}
			return types.EncodeDecimal(d), nil
		}
	case types.KindVarint:
		return func(args [][]byte) ([]byte, error) {
			v, err := computeVarint(op, toVarint(left, args[0]), toVarint(right, args[1]))
			if err != nil {
				return nil, err
			}
			return types.EncodeVarint(v), nil
		}
	}
	return func(args [][]byte) ([]byte, error) {
		v, err := computeInteger(op, types.DecodeInteger(args[0]), types.DecodeInteger(args[1]))
		if err != nil {
			return nil, err
		}
		return encodeInteger(result, v), nil
	}
}

func computeInteger(op byte, x, y int64) (int64, error) {
	switch op {
	case '+':
		return x + y, nil
	case '-':
		return x - y, nil
	case '*':
		return x * y, nil
	}
	if y == 0 {
		return 0, arithmeticError("/ by zero")
	}
	if op == '/' {
		return x / y, nil
	}
	return x % y, nil
}

func computeFloat32(op byte, x, y float32) float32 {
	switch op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	case '/':
		return x / y
	}
	return float32(mod(float64(x), float64(y)))
}

// mod gives an invalid operation the NaN that the processor would, which has
// its sign bit set.
func mod(x, y float64) float64 {
	switch m := math.Mod(x, y); {
	case !math.IsNaN(m):
		return m
	case math.IsNaN(x) || math.IsNaN(y):
		return givenNaN
	}
	return invalidNaN
}

// The NaN that comes of an operation, and the one that a literal is.
var (
	invalidNaN = math.Float64frombits(0xfff8000000000000)
	givenNaN   = math.Float64frombits(0x7ff8000000000000)
)

func computeFloat64(op byte, x, y float64) float64 {
	switch op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	case '/':
		return x / y
	}
	return mod(x, y)
}

func computeVarint(op byte, x, y *big.Int) (*big.Int, error) {
	v := new(big.Int)
	switch op {
	case '+':
		return v.Add(x, y), nil
	case '-':
		return v.Sub(x, y), nil
	case '*':
		return v.Mul(x, y), nil
	}
	if y.Sign() == 0 {
		return nil, arithmeticError("BigInteger divide by zero")
	}
	if op == '/' {
		return v.Quo(x, y), nil
	}
	return v.Rem(x, y), nil
}

func computeDecimal(op byte, x, y types.Big) (types.Big, error) {
	switch op {
	case '+':
		return addDecimal(x, y)
	case '-':
		return addDecimal(x, negated(y))
	case '*':
		return mulDecimal(x, y)
	case '/':
		return divDecimal(x, y)
	}
	return remDecimal(x, y)
}

func negate(t *types.Type, b []byte) []byte {
	switch t.Kind {
	case types.KindFloat:
		return types.EncodeFloat(-types.DecodeFloat(b))
	case types.KindDouble:
		return types.EncodeDouble(-types.DecodeDouble(b))
	case types.KindVarint:
		return types.EncodeVarint(new(big.Int).Neg(types.DecodeVarint(b)))
	case types.KindDecimal:
		return types.EncodeDecimal(negated(types.DecodeDecimal(b)))
	}
	return encodeInteger(t, -types.DecodeInteger(b))
}
