package types

import (
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOrder lists values in the order the real server sorts them.
func TestOrder(t *testing.T) {
	for _, tt := range []struct {
		typ    *Type
		sorted []string
	}{
		{Int, []string{"-2147483648", "-1", "0", "1", "2147483647"}},
		{Tinyint, []string{"-128", "-1", "1", "127"}},
		{Smallint, []string{"-32768", "-1", "0", "256"}},
		{Bigint, []string{"-9223372036854775808", "-1", "0", "9223372036854775807"}},
		{Timestamp, []string{"-1", "0", "1"}},
		{Boolean, []string{"false", "true"}},
		{Decimal, []string{"-1e2147483647", "-2.5", "-1e-2147483647", "0", "0.001", "1.0", "99.99", "100", "1e10", "1e2147483647"}},
		{Varint, []string{"-123456789012345678901234567890", "-129", "-128", "0", "127", "128", "123456789012345678901234567890"}},
		{Double, []string{"-Infinity", "-2", "-0.0", "0.0", "1.5", "Infinity", "NaN"}},
		{Float, []string{"-Infinity", "-2", "-0.0", "0.0", "1.5", "Infinity", "NaN"}},
		{Inet, []string{"::1", "1.2.3.4", "10.0.0.1", "fe80::1"}},
		{Text, []string{"", "A", "a", "aa", "é"}},
		{Date, []string{"0", "1969-12-31", "1970-01-01", "2024-02-29"}},
		{Time, []string{"00:00:00", "12:00:00", "23:59:59.999999999"}},
		{TimeUUID, []string{"00000000-0000-1000-8080-808080808080", "00000000-0000-1000-7f7f-7f7f7f7f7f7f", "ffffffff-0000-1000-8080-808080808080",
			"00000000-0001-1000-8080-808080808080"}},
		{UUID, []string{"ffffffff-0001-0000-8080-808080808080", "00000000-0000-1000-7f7f-7f7f7f7f7f7f", "00000000-0000-1000-8080-808080808080",
			"ffffffff-0000-1000-8080-808080808080", "00000000-0001-1000-8080-808080808080", "00000000-0001-4000-8080-808080808080",
			"ffffffff-0001-4000-8080-808080808080"}},
		{Tuple(Int, Text), []string{"@:z", "0:b", "1:@", "1:a", "1:b", "2"}},
	} {
		for i, a := range tt.sorted {
			for j, b := range tt.sorted {
				got := sign(tt.typ.Compare(value(t, tt.typ, a), value(t, tt.typ, b)))
				require.Equal(t, sign(i-j), got, "%s: %s against %s", tt.typ, a, b)
			}
		}
	}
}

func TestOrderOfEqualValues(t *testing.T) {
	require.Zero(t, Decimal.Compare(value(t, Decimal, "1.0"), value(t, Decimal, "1.000")))
	require.Zero(t, Decimal.Compare(value(t, Decimal, "1e3"), value(t, Decimal, "1000.0")))
	require.Zero(t, Varint.Compare([]byte{0, 0, 5}, []byte{5}))
	require.Zero(t, Varint.Compare([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb}, []byte{0xfb}))
	require.Zero(t, Tuple(Int, Int).Compare(value(t, Tuple(Int, Int), "1:@"), value(t, Tuple(Int, Int), "1")))
	for _, typ := range []*Type{Int, Boolean, Decimal, UUID, TimeUUID, Double, Varint} {
		require.Negative(t, typ.Compare([]byte{}, maxOf(typ)), "%s: empty comes first", typ)
		require.Zero(t, typ.Compare([]byte{}, []byte{}))
	}
}

func maxOf(typ *Type) []byte {
	b := make([]byte, max(1, typ.fixedSize()))
	if typ.Kind == KindDecimal {
		return EncodeDecimal(Big{Unscaled: DecodeVarint(b)})
	}
	return b
}

func TestOrderOfCollections(t *testing.T) {
	list := List(Int, true)
	pack := func(vs ...int32) []byte {
		var elems [][]byte
		for _, v := range vs {
			elems = append(elems, EncodeInt(v))
		}
		return PackList(len(elems), elems)
	}
	sorted := [][]byte{pack(), pack(-1, 5), pack(1), pack(1, 2), pack(2)}
	require.True(t, slices.IsSortedFunc(sorted, list.Compare))

	vec := Vector(Float, 2)
	a := vec.PackVector([][]byte{EncodeFloat(-1), EncodeFloat(5)})
	b := vec.PackVector([][]byte{EncodeFloat(1), EncodeFloat(0)})
	require.Negative(t, vec.Compare(a, b))

	m := Map(Int, Text, true)
	require.Negative(t, m.Compare(m.PackMap([][]byte{EncodeInt(1), []byte("a")}), m.PackMap([][]byte{EncodeInt(1), []byte("b")})))
}

func TestPackSortsAndDropsDuplicates(t *testing.T) {
	set := Set(Int, false)
	require.Equal(t, "{-1, 1, 3}", set.Literal(set.PackSet([][]byte{EncodeInt(3), EncodeInt(1), EncodeInt(3), EncodeInt(-1)})))
	m := Map(Int, Text, false)
	b := m.PackMap([][]byte{EncodeInt(2), []byte("x"), EncodeInt(1), []byte("y"), EncodeInt(2), []byte("z")})
	require.Equal(t, "{1: 'y', 2: 'z'}", m.Literal(b))
}

func BenchmarkCompare(b *testing.B) {
	for _, tt := range []struct {
		typ  *Type
		x, y string
	}{
		{Int, "1", "2"}, {Text, "abcdef", "abcdeg"}, {TimeUUID, "00000000-0000-1000-8080-808080808080", "ffffffff-0000-1000-8080-808080808080"},
		{Decimal, "1.10", "1.20"}, {Double, "1", "2"},
	} {
		x, _ := tt.typ.FromString(tt.x)
		y, _ := tt.typ.FromString(tt.y)
		b.Run(tt.typ.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tt.typ.Compare(x, y)
			}
		})
	}
}

func TestRecode(t *testing.T) {
	list := func(elems ...string) string {
		var b [][]byte
		for _, e := range elems {
			b = append(b, []byte(e))
		}
		return string(PackList(len(elems), b))
	}
	null := string(PackList(1, [][]byte{nil}))
	one, two, ten := string(EncodeDecimal(Big{Unscaled: big.NewInt(1)})), "\x02", string(EncodeDecimal(Big{Unscaled: big.NewInt(10), Scale: 1}))
	for name, tc := range map[string]struct {
		t          *Type
		bound, got string
	}{
		"a set in a set":                {Set(Set(Text, true), true), list(list("b", "a", "b"), list("a", "b")), list(list("a", "b"))},
		"a set in a list":               {List(Set(Text, true), true), list(list("b", "a")), list(list("a", "b"))},
		"a set in a tuple":              {List(Tuple(Set(Text, true)), true), list(list("b", "a")), list(list("b", "a"))},
		"an empty number":               {List(Int, true), list(""), null},
		"an empty number deeper inside": {List(List(Int, true), true), list(list("")), list(list(""))},
		"an empty text":                 {List(Text, true), list(""), list("")},
		"a long varint":                 {List(Varint, true), list("\x00\x00\x02"), list(two)},
		"a boolean":                     {List(Boolean, true), list("\x07"), list("\x01")},
		"numbers that compare as equal": {Set(Decimal, true), list(ten, one), list(ten)},
		"such numbers deeper inside":    {List(Set(Decimal, true), true), list(list(ten, one)), list(list(ten, one))},
	} {
		b, err := tc.t.Recode([]byte(tc.bound))
		require.NoError(t, err, name)
		require.Equal(t, []byte(tc.got), b, name)
	}
	m := Map(Set(Text, true), Int, true)
	b, err := m.Recode(PackList(2, [][]byte{[]byte(list("b", "a")), EncodeInt(9), []byte(list("a", "b")), EncodeInt(2)}))
	require.NoError(t, err)
	require.Equal(t, PackList(1, [][]byte{[]byte(list("a", "b")), EncodeInt(2)}), b, "of equal keys the last counts")
}
