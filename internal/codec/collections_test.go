package codec

import (
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"
)

type owners []owner

var collections = []struct {
	cql   string
	value any
	cell  string
}{
	{"list<int>", []int{}, "00000000"},
	{"list<int>", []int{1, -1}, "00000002" + "0000000400000001" + "00000004ffffffff"},
	{"list<int>", []level{1}, "000000010000000400000001"},
	{"list<int>", []*int{ptr(7)}, "000000010000000400000007"},
	{"list<int>", [2]int{1, 2}, "00000002" + "0000000400000001" + "0000000400000002"},
	{"list<text>", []string{"a", "", "b"}, "00000003" + "0000000161" + "00000000" + "0000000162"},
	{"list<text>", owners{"x"}, "000000010000000178"},
	{"list<text>", [1]string{"x"}, "000000010000000178"},
	{"list<blob>", [][]byte{{1}, {}}, "00000002" + "0000000101" + "00000000"},
	{"list<frozen<list<int>>>", [][]int{{1}, {}}, "00000002" + "0000000c000000010000000400000001" + "0000000400000000"},
	{"set<int>", []int{-2, -1, 3}, "00000003" + "00000004fffffffe" + "00000004ffffffff" + "0000000400000003"},
	{"set<text>", []string{"a", "b"}, "00000002" + "0000000161" + "0000000162"},
	{"set<text>", map[string]struct{}{"b": {}, "a": {}}, "00000002" + "0000000161" + "0000000162"},
	{"set<text>", map[owner]struct{}{"b": {}, "a": {}}, "00000002" + "0000000161" + "0000000162"},
	{"set<int>", map[int8]struct{}{1: {}, -1: {}}, "00000002" + "00000004ffffffff" + "0000000400000001"},
	{"map<text, int>", map[string]int{}, "00000000"},
	{"map<text, int>", map[string]int{"b": 2, "a": 1}, "00000002" + "0000000161" + "0000000400000001" + "0000000162" + "0000000400000002"},
	{"map<text, int>", map[owner]int64{"b": 2, "a": 1}, "00000002" + "0000000161" + "0000000400000001" + "0000000162" + "0000000400000002"},
	{"map<text, bigint>", map[string]int64{"a": 1}, "00000001" + "0000000161" + "000000080000000000000001"},
	{"map<text, text>", map[string]string{"k": "v", "": ""}, "00000002" + "00000000" + "00000000" + "000000016b" + "0000000176"},
	{"map<text, boolean>", map[string]bool{"k": true}, "00000001" + "000000016b" + "0000000101"},
	{"map<text, double>", map[string]float64{"k": 1}, "00000001" + "000000016b" + "000000083ff0000000000000"},
	{"map<text, varint>", map[string]int{"k": 1}, "00000001" + "000000016b" + "0000000101"},
	{"map<int, frozen<list<text>>>", map[int][]string{-1: {"x"}, 1: {}}, "00000002" + "00000004ffffffff" + "00000009000000010000000178" + "0000000400000001" + "0000000400000000"},
	{"map<text, blob>", map[string][]byte{"k": {}}, "00000001" + "000000016b" + "00000000"},
	{"vector<float, 2>", [2]float32{1, 2}, "3f80000040000000"},
	{"vector<float, 2>", []float32{1, 2}, "3f80000040000000"},
	{"vector<smallint, 2>", []int16{1, 2}, "020001" + "020002"},
	{"vector<text, 2>", []string{"a", ""}, "0161" + "00"},
	{"vector<text, 1>", []string{strings.Repeat("a", 200)}, "80c8" + strings.Repeat("61", 200)},
	{"vector<vector<int, 2>, 2>", [2][2]int32{{1, 2}, {3, 4}}, "00000001000000020000000300000004"},
	{"vector<boolean, 3>", []bool{true, false, true}, "010001"},
	{"tuple<int, text>", []any{1, "a"}, "0000000400000001" + "0000000161"},
	{"tuple<int, text>", []any{nil, "a"}, "ffffffff" + "0000000161"},
}

func TestCollectionsRoundTrip(t *testing.T) {
	for _, tt := range collections {
		typ := mustParse(t, tt.cql)
		for range 4 { // Go's map order is random
			require.Equal(t, unhex(t, tt.cell), mustEncode(t, typ, tt.value), "%T as %s", tt.value, tt.cql)
		}
		back, err := decode(t, typ, tt.value, unhex(t, tt.cell))
		require.NoError(t, err, "%T as %s", tt.value, tt.cql)
		require.Equal(t, tt.value, back, "%T as %s", tt.value, tt.cql)
		back, err = decode(t, typ, tt.value, nil)
		require.NoError(t, err)
		require.Equal(t, reflect.Zero(reflect.TypeOf(tt.value)).Interface(), back, "null %s as %T", tt.cql, tt.value)
	}
}

func TestCollectionsAgreeWithGocql(t *testing.T) {
	for _, tt := range collections {
		typ := mustParse(t, tt.cql)
		if typ.Kind == Vector {
			continue
		}
		if want, err := gocql.Marshal(info(t, typ), tt.value); err == nil && reflect.TypeOf(tt.value).Kind() != reflect.Map {
			require.Equal(t, want, unhex(t, tt.cell), "%T as %s", tt.value, tt.cql)
		}
	}
}

func TestSetsAreSortedAndUnique(t *testing.T) {
	v1 := func(s string) gocql.UUID { u, _ := gocql.ParseUUID(s); return u }
	for _, tt := range []struct {
		cql       string
		given     any
		canonical any
	}{
		{"set<int>", []int{3, -1, 3, 2, -1}, []int{-1, 2, 3}},
		{"set<text>", []string{"b", "a", "ab", "b"}, []string{"a", "ab", "b"}},
		{"set<tinyint>", []int8{1, -128, 127}, []int8{-128, 1, 127}},
		{"set<varint>", []int{300, -300, 5, -5, 70000, -70000}, []int{-70000, -300, -5, 5, 300, 70000}},
		{"set<double>", []float64{1, -1, 0.5, -20}, []float64{-20, -1, 0.5, 1}},
		{"set<float>", []float32{1, -1}, []float32{-1, 1}},
		{"set<boolean>", []bool{true, false, true}, []bool{false, true}},
		{"set<timestamp>", []time.Time{ms, time.UnixMilli(-5).UTC()}, []time.Time{time.UnixMilli(-5).UTC(), ms}},
		{"set<inet>", []netip.Addr{netip.MustParseAddr("9.0.0.0"), netip.MustParseAddr("1.0.0.0")}, []netip.Addr{netip.MustParseAddr("1.0.0.0"), netip.MustParseAddr("9.0.0.0")}},
		{"set<frozen<list<int>>>", [][]int{{1, 2}, {-1}, {1}, {}}, [][]int{{}, {-1}, {1}, {1, 2}}},
		{"set<frozen<tuple<int, text>>>", [][]any{{1, "b"}, {1, nil}, {-1, "z"}, {nil, "q"}}, [][]any{{nil, "q"}, {-1, "z"}, {1, nil}, {1, "b"}}},
		{"set<vector<int, 2>>", [][2]int{{1, 0}, {-1, 5}}, [][2]int{{-1, 5}, {1, 0}}},
		{"set<decimal>", []*inf.Dec{inf.NewDec(15, 1), inf.NewDec(-2, 0), inf.NewDec(1, -6), inf.NewDec(1, 0), inf.NewDec(150, 2)},
			[]*inf.Dec{inf.NewDec(-2, 0), inf.NewDec(1, 0), inf.NewDec(15, 1), inf.NewDec(1, -6)}},
		{"set<decimal>", []*inf.Dec{inf.NewDec(1, -2147483648), inf.NewDec(1, 2147483647), inf.NewDec(-1, -2147483648), inf.NewDec(0, 5)},
			[]*inf.Dec{inf.NewDec(-1, -2147483648), inf.NewDec(0, 5), inf.NewDec(1, 2147483647), inf.NewDec(1, -2147483648)}},
		{"set<uuid>", []gocql.UUID{v1("ffffffff-ffff-4fff-bfff-ffffffffffff"), v1("00000002-0000-1000-8000-000000000000"), v1("00000001-0000-1001-8000-000000000000")},
			[]gocql.UUID{v1("00000002-0000-1000-8000-000000000000"), v1("00000001-0000-1001-8000-000000000000"), v1("ffffffff-ffff-4fff-bfff-ffffffffffff")}},
		{"set<timeuuid>", []gocql.UUID{v1("00000001-0000-1001-0000-000000000000"), v1("00000001-0000-1001-8000-000000000000")},
			[]gocql.UUID{v1("00000001-0000-1001-8000-000000000000"), v1("00000001-0000-1001-0000-000000000000")}},
	} {
		typ := mustParse(t, tt.cql)
		back, err := decode(t, typ, tt.given, mustEncode(t, typ, tt.given))
		require.NoError(t, err)
		require.Equal(t, tt.canonical, back, tt.cql)
	}

	many := make([]int, 200)
	for i := range many {
		many[i] = (i * 7919) % 100
	}
	back, err := decode(t, mustParse(t, "set<int>"), []int(nil), mustEncode(t, mustParse(t, "set<int>"), many))
	require.NoError(t, err)
	require.Len(t, back, 100)
	require.IsIncreasing(t, back)
}

func TestCollectionsCannotHoldNull(t *testing.T) {
	for cql, v := range map[string]any{
		"list<int>": []*int{ptr(1), nil}, "set<text>": []*string{nil}, "map<text, int>": map[string]*int{"a": nil},
		"list<timestamp>": []time.Time{{}}, "list<inet>": []netip.Addr{{}}, "vector<int, 1>": []*int{nil},
		"list<varint>": []*big.Int{nil}, "vector<text, 1>": []any{nil},
	} {
		_, err := encode(t, mustParse(t, cql), v)
		require.ErrorContains(t, err, "cannot hold null", cql)
	}
	_, err := encode(t, mustParse(t, "list<frozen<list<int>>>"), [][]*int{{ptr(1)}, {ptr(1), nil}})
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "[1][1]", e.Path)

	// A nil slice or map inside a collection is an empty one.
	require.Equal(t, mustEncode(t, mustParse(t, "list<frozen<list<int>>>"), [][]int{{}}), mustEncode(t, mustParse(t, "list<frozen<list<int>>>"), [][]int{nil}))
	require.Equal(t, unhex(t, "00000001"+"00000000"), mustEncode(t, mustParse(t, "list<blob>"), [][]byte{nil}))

	// Null elements of a cell, which no Cassandra sends, read as zero.
	back, err := decode(t, mustParse(t, "list<int>"), []*int{}, unhex(t, "00000001ffffffff"))
	require.NoError(t, err)
	require.Equal(t, []*int{nil}, back)
}

func TestWrongCounts(t *testing.T) {
	_, err := encode(t, mustParse(t, "vector<int, 3>"), []int{1})
	require.ErrorContains(t, err, "the slice has 1 elements, the vector 3")
	_, err = encode(t, mustParse(t, "tuple<int, int>"), []any{1})
	require.ErrorContains(t, err, "1 values for a tuple of 2")
	_, err = decode(t, mustParse(t, "list<int>"), [2]int{}, mustEncode(t, mustParse(t, "list<int>"), []int{1}))
	require.ErrorContains(t, err, "do not fit the array")
	for cql, cell := range map[string]string{
		"list<int>": "7fffffff", "set<text>": "00000002" + "0000000161", "map<text, int>": "00000001" + "0000000161",
		"vector<float, 2>": "3f800000", "vector<text, 2>": "0161", "vector<text, 1>": "ff7fffffffffffffff",
		"tuple<int, int>": "00", "list<text>": "00000001" + "7fffffff61",
	} {
		goType := natural(mustParse(t, cql), 0)
		_, err := decode(t, mustParse(t, cql), reflect.Zero(goType).Interface(), unhex(t, cell))
		require.ErrorContains(t, err, "the cell ends too early", cql)
	}
	_, err = decode(t, mustParse(t, "list<int>"), []int{}, unhex(t, "00000000"+"00"))
	require.ErrorContains(t, err, "left over")
}

// Decoding twice into one variable must not write into what was decoded first.
func TestDecodedCollectionsAreFresh(t *testing.T) {
	for _, tt := range collections {
		if k := reflect.TypeOf(tt.value).Kind(); k != reflect.Slice && k != reflect.Map || reflect.ValueOf(tt.value).Len() == 0 {
			continue
		}
		back, err := decode(t, mustParse(t, tt.cql), tt.value, unhex(t, tt.cell))
		require.NoError(t, err)
		require.NotEqual(t, reflect.ValueOf(tt.value).UnsafePointer(), reflect.ValueOf(back).UnsafePointer(), "%T", tt.value)
	}
}
