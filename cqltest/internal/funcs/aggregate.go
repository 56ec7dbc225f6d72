package funcs

import (
	"math"
	"math/big"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// CountRows is the function behind count(*) and count(1).
const CountRows = "count_rows"

func aggregates() []*Function {
	out := []*Function{
		{Name: CountRows, Result: types.Bigint, New: func() Aggregate { return new(rowCount) },
			column: func([]string) string { return "count" }},
		{Name: "countRows", Result: types.Bigint, New: func() Aggregate { return new(rowCount) },
			column: func([]string) string { return "count" }},
		{Name: "count", Args: []*types.Type{types.Blob}, Result: types.Bigint, New: func() Aggregate { return new(valueCount) }},
	}
	for _, t := range numeric {
		out = append(out,
			&Function{Name: "sum", Args: []*types.Type{t}, Result: t, New: func() Aggregate { return newSum(t) }},
			&Function{Name: "avg", Args: []*types.Type{t}, Result: t, New: func() Aggregate { return newAvg(t) }})
	}
	return out
}

func aggregateFactories() []*factory {
	var out []*factory
	for name, sign := range map[string]int{"min": -1, "max": 1} {
		out = append(out, &factory{name: name, params: []param{anyParam(true)}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			return &Function{Args: args, Result: args[0], New: func() Aggregate { return &extreme{t: args[0], sign: sign} }}, nil
		}})
	}
	return out
}

type rowCount int64

func (c *rowCount) Add([][]byte)            { *c++ }
func (c *rowCount) Result() ([]byte, error) { return types.EncodeBigint(int64(*c)), nil }

type valueCount int64

func (c *valueCount) Add(args [][]byte) {
	if args[0] != nil {
		*c++
	}
}
func (c *valueCount) Result() ([]byte, error) { return types.EncodeBigint(int64(*c)), nil }

// extreme is min or max, by the type's order.
type extreme struct {
	t    *types.Type
	sign int
	best []byte
}

func (e *extreme) Add(args [][]byte) {
	if v := args[0]; v != nil && (e.best == nil || e.t.Compare(v, e.best)*e.sign > 0) {
		e.best = v
	}
}
func (e *extreme) Result() ([]byte, error) { return e.best, nil }

func newSum(t *types.Type) Aggregate {
	switch t.Kind {
	case types.KindFloat, types.KindDouble:
		return &floatSum{t: t}
	case types.KindVarint:
		return &varintSum{sum: new(big.Int)}
	case types.KindDecimal:
		return &decimalSum{types.Big{Unscaled: new(big.Int)}}
	}
	return &integerSum{t: t}
}

// integerSum wraps around at the size of its type.
type integerSum struct {
	t   *types.Type
	sum int64
}

func (s *integerSum) Add(args [][]byte)       { s.sum += types.DecodeInteger(args[0]) }
func (s *integerSum) Result() ([]byte, error) { return encodeInteger(s.t, s.sum), nil }

type varintSum struct{ sum *big.Int }

func (s *varintSum) Add(args [][]byte)       { s.sum.Add(s.sum, types.DecodeVarint(args[0])) }
func (s *varintSum) Result() ([]byte, error) { return types.EncodeVarint(s.sum), nil }

type decimalSum struct{ sum types.Big }

func (s *decimalSum) Add(args [][]byte) {
	if len(args[0]) == 0 {
		return
	}
	if sum, err := addDecimal(s.sum, types.DecodeDecimal(args[0])); err == nil {
		s.sum = sum
	}
}
func (s *decimalSum) Result() ([]byte, error) { return types.EncodeDecimal(s.sum), nil }

// floatSum carries the lost low bits along, the way the server does; it adds
// the compensation in the end instead of taking it away, as the server does
// too.
type floatSum struct {
	t                         *types.Type
	sum, compensation, simple float64
	given                     bool // NaN was among the values
}

func (s *floatSum) Add(args [][]byte) {
	if !isNull(s.t, args[0]) {
		s.add(toFloat64(s.t, args[0]))
	}
}

func (s *floatSum) add(d float64) {
	s.given = s.given || math.IsNaN(d)
	s.simple += d
	tmp := d - s.compensation
	rounded := s.sum + tmp
	s.compensation = (rounded - s.sum) - tmp
	s.sum = rounded
}

func (s *floatSum) total() float64 {
	switch f := s.sum + s.compensation; {
	case !math.IsNaN(f):
		return f
	case s.given:
		return givenNaN
	case math.IsInf(s.simple, 0):
		return s.simple
	}
	return invalidNaN
}

func (s *floatSum) Result() ([]byte, error) { return encodeFloating(s.t, s.total()), nil }

func newAvg(t *types.Type) Aggregate {
	switch t.Kind {
	case types.KindFloat, types.KindDouble:
		return &floatAvg{floatSum: floatSum{t: t}}
	case types.KindDecimal:
		return &decimalAvg{avg: types.Big{Unscaled: new(big.Int)}}
	}
	return &integerAvg{t: t, sum: new(big.Int)}
}

// integerAvg serves all integer types; the average is cut towards zero.
type integerAvg struct {
	t     *types.Type
	sum   *big.Int
	count int64
}

func (a *integerAvg) Add(args [][]byte) {
	if !isNull(a.t, args[0]) {
		a.sum.Add(a.sum, toVarint(a.t, args[0]))
		a.count++
	}
}

func (a *integerAvg) Result() ([]byte, error) {
	q := new(big.Int)
	if a.count > 0 {
		q.Quo(a.sum, big.NewInt(a.count))
	}
	if a.t.Kind == types.KindVarint {
		return types.EncodeVarint(q), nil
	}
	return encodeInteger(a.t, q.Int64()), nil
}

// floatAvg falls back on decimals when finite numbers add up to infinity.
type floatAvg struct {
	floatSum
	count int64
	big   *types.Big
}

func (a *floatAvg) Add(args [][]byte) {
	if isNull(a.t, args[0]) {
		return
	}
	a.count++
	d := toFloat64(a.t, args[0])
	if a.big == nil {
		before := a.sum
		a.add(d)
		if !math.IsInf(a.sum, 0) || math.IsInf(d, 0) {
			return
		}
		b, err := decimalOfDouble(before)
		if err != nil {
			return
		}
		a.big = &b
	}
	x, err := decimalOfDouble(d)
	if err != nil {
		return
	}
	if sum, err := addDecimal(*a.big, x); err == nil {
		a.big = &sum
	}
}

func (a *floatAvg) Result() ([]byte, error) {
	switch {
	case a.count == 0:
		return encodeFloating(a.t, 0), nil
	case a.big != nil:
		q, err := quoDecimal(*a.big, types.Big{Unscaled: big.NewInt(a.count)}, a.big.Scale, halfEven)
		if err == nil {
			return encodeFloating(a.t, toFloat64(types.Decimal, types.EncodeDecimal(q))), nil
		}
	}
	return encodeFloating(a.t, a.total()/float64(a.count)), nil
}

// decimalAvg keeps a running average, rounded at the scale of what comes in.
type decimalAvg struct {
	avg   types.Big
	count int64
}

func (a *decimalAvg) Add(args [][]byte) {
	if len(args[0]) == 0 {
		return
	}
	a.count++
	diff, err := addDecimal(types.DecodeDecimal(args[0]), negated(a.avg))
	if err != nil {
		return
	}
	step, err := quoDecimal(diff, types.Big{Unscaled: big.NewInt(a.count)}, diff.Scale, halfEven)
	if err != nil {
		return
	}
	if avg, err := addDecimal(a.avg, step); err == nil {
		a.avg = avg
	}
}

func (a *decimalAvg) Result() ([]byte, error) { return types.EncodeDecimal(a.avg), nil }
