package codec

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"
)

// The order of cells is the order of the numbers in them.
func TestComparatorsOrderNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	numbers := []int64{0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, -32768, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64}
	for range 40 {
		numbers = append(numbers, rng.Int64()>>rng.IntN(64), -rng.Int64()>>rng.IntN(64))
	}
	bigint, varint, double, decimal := comparator(Native(BigInt)), comparator(Native(Varint)), comparator(Native(Double)), comparator(Native(Decimal))
	for _, a := range numbers {
		for _, b := range numbers {
			want := cmp.Compare(a, b)
			require.Equal(t, want, bigint(mustEncode(t, Native(BigInt), a), mustEncode(t, Native(BigInt), b)))
			require.Equal(t, want, varint(mustEncode(t, Native(Varint), a), mustEncode(t, Native(Varint), b)), "%d %d", a, b)
			require.Equal(t, cmp.Compare(float64(a), float64(b)), double(mustEncode(t, Native(Double), float64(a)), mustEncode(t, Native(Double), float64(b))))
			x, y := inf.NewDec(a, inf.Scale(rng.IntN(40)-20)), inf.NewDec(b, inf.Scale(rng.IntN(40)-20))
			require.Equal(t, x.Cmp(y), decimal(mustEncode(t, Native(Decimal), x), mustEncode(t, Native(Decimal), y)), "%s %s", x, y)
		}
	}
	wide := new(big.Int).Lsh(big.NewInt(1), 200)
	require.Equal(t, 1, varint(mustEncode(t, Native(Varint), wide), []byte{1}))
	require.Equal(t, -1, varint(mustEncode(t, Native(Varint), new(big.Int).Neg(wide)), []byte{0xff}))
	require.Equal(t, 0, varint([]byte{0, 0, 5}, []byte{5}), "padding does not count")
}

func TestComparatorOfFloats(t *testing.T) {
	ordered := []float64{math.Inf(-1), -1, math.Copysign(0, -1), 0, 1, math.Inf(1), math.NaN()}
	for _, typ := range []*Type{Native(Float), Native(Double)} {
		for i, a := range ordered {
			for j, b := range ordered {
				require.Equal(t, cmp.Compare(i, j), comparator(typ)(mustEncode(t, typ, a), mustEncode(t, typ, b)), "%v %v", a, b)
			}
		}
	}
}

func TestComparatorsOfNestedTypes(t *testing.T) {
	for cql, ordered := range map[string][]any{
		"map<text, int>":     {map[string]int{}, map[string]int{"a": -1}, map[string]int{"a": 1}, map[string]int{"a": 1, "b": 0}, map[string]int{"b": 0}},
		"tuple<int, text>":   {[]any{nil, nil}, []any{nil, "a"}, []any{-1, nil}, []any{-1, "a"}, []any{1, "a"}},
		"list<smallint>":     {[]int{}, []int{-1}, []int{1}, []int{1, -1}, []int{1, 1}},
		"vector<text, 2>":    {[]string{"", "b"}, []string{"a", ""}, []string{"a", "b"}},
		"vector<tinyint, 2>": {[]int{-1, 5}, []int{1, -5}, []int{1, 5}},
		"vector<varint, 1>":  {[]int{-300}, []int{-1}, []int{1}, []int{300}},
		"set<boolean>":       {[]bool{}, []bool{false}, []bool{true}},
		"vector<boolean, 2>": {[]bool{false, true}, []bool{true, false}},
		"vector<bigint, 2>":  {[]int{-2, 1}, []int{-1, 0}},
	} {
		typ := mustParse(t, cql)
		for i, a := range ordered {
			for j, b := range ordered {
				require.Equal(t, cmp.Compare(i, j), comparator(typ)(mustEncode(t, typ, a), mustEncode(t, typ, b)), "%s %v %v", cql, a, b)
			}
		}
	}
	u := address("street", "text", "zip", "int")
	full, short := unhex(t, "0000000161"+"0000000400000001"), unhex(t, "0000000161")
	require.Equal(t, 1, comparator(u)(full, short))
	require.Equal(t, -1, comparator(u)(short, full))
	require.Equal(t, 0, comparator(u)(short, unhex(t, "0000000161"+"ffffffff")), "a field that is not there is null")
}

// A comparator is an order even over cells that are no cells.
func TestComparatorsDoNotPanic(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range fuzzTargets(t) {
		compare := comparator(c.Type())
		for range 200 {
			a, b := make([]byte, rng.IntN(24)), make([]byte, rng.IntN(24))
			for _, s := range [][]byte{a, b} {
				for i := range s {
					s[i] = byte(rng.IntN(256)) >> rng.IntN(9)
				}
			}
			require.Zero(t, compare(a, a))
			require.Equal(t, compare(a, b), -compare(b, a), "%s %x %x", c.Type(), a, b)
		}
	}
}

// Equal maps have equal cells, however Go happens to walk them.
func TestMapsAreDeterministic(t *testing.T) {
	for _, build := range []func(keys []int) any{
		func(keys []int) any {
			m := map[string]int{}
			for _, k := range keys {
				m[string(rune('a'+k))] = k
			}
			return m
		},
		func(keys []int) any {
			m := map[int]struct{}{}
			for _, k := range keys {
				m[k-50] = struct{}{}
			}
			return m
		},
		func(keys []int) any {
			m := map[int8][]string{}
			for _, k := range keys {
				m[int8(k-50)] = []string{"x"}
			}
			return m
		},
	} {
		keys := rand.New(rand.NewPCG(5, 6)).Perm(100)
		first := build(keys)
		typ, err := Infer(reflect.TypeOf(first), Options{})
		require.NoError(t, err)
		want := mustEncode(t, typ, first)
		slices.Reverse(keys)
		for range 3 {
			require.Equal(t, want, mustEncode(t, typ, build(keys)))
		}
		back, err := decode(t, typ, first, want)
		require.NoError(t, err)
		require.Equal(t, first, back)
	}
}

func TestNilMapsInCollectionsAreEmpty(t *testing.T) {
	for cql, v := range map[string]any{
		"list<frozen<map<text, int>>>":  []map[string]int{nil},
		"list<frozen<map<text, text>>>": []map[string]string{nil},
		"list<frozen<map<int, int>>>":   []map[int]int{nil},
		"list<frozen<set<text>>>":       []map[string]struct{}{nil},
	} {
		require.Equal(t, unhex(t, "00000001"+"00000004"+"00000000"), mustEncode(t, mustParse(t, cql), v), cql)
	}
}
