package codec

import (
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"
)

func TestDecodeAnyGivesNaturalValues(t *testing.T) {
	for _, tt := range []struct {
		cql  string
		want any
	}{
		{"ascii", "a"}, {"text", ""}, {"boolean", true}, {"tinyint", int8(-1)}, {"smallint", int16(1)}, {"int", 1},
		{"bigint", int64(1)}, {"counter", int64(1)}, {"varint", big.NewInt(1)}, {"float", float32(1)}, {"double", 1.0},
		{"decimal", inf.NewDec(1, 1)}, {"uuid", [16]byte(someUUID)}, {"timeuuid", [16]byte(someUUID)}, {"blob", []byte{}}, {"timestamp", ms},
		{"date", time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)}, {"time", time.Second}, {"duration", Span{Days: 1}},
		{"inet", net.IP{127, 0, 0, 1}}, {"list<int>", []int{1}}, {"set<text>", []string{"a"}}, {"vector<float, 2>", []float32{1, 2}},
		{"map<text, int>", map[string]int{"a": 1}}, {"map<int, frozen<list<text>>>", map[int][]string{1: {"a"}}},
		{"map<inet, int>", map[netip.Addr]int{netip.MustParseAddr("1.2.3.4"): 1}},
		{"map<blob, int>", []Entry{{[]byte{1}, 1}}}, {"map<frozen<list<int>>, text>", []Entry{{[]int{1}, "a"}, {[]int{2}, "b"}}},
		{"map<decimal, int>", []Entry{{inf.NewDec(1, 0), 1}}},
		{"tuple<int, text, list<int>>", []any{1, nil, []int{2}}}, {"list<frozen<tuple<int, int>>>", [][]any{{1, nil}}},
	} {
		typ := mustParse(t, tt.cql)
		cell, null, err := EncodeAny(nil, typ, tt.want)
		require.NoError(t, err, tt.cql)
		require.False(t, null)
		if cell == nil {
			cell = []byte{}
		}
		got, err := DecodeAny(typ, cell)
		require.NoError(t, err)
		require.Equal(t, tt.want, got, tt.cql)
		got, err = DecodeAny(typ, nil)
		require.NoError(t, err)
		require.Nil(t, got)
	}

	typ := address("street", "text", "zip", "int", "added", "int")
	got, err := DecodeAny(typ, unhex(t, "0000000161"+"ffffffff"))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"street": "a", "zip": nil}, got, "null is there, missing is not")
	cell, _, err := EncodeAny(nil, typ, map[string]any{"street": "a"})
	require.NoError(t, err)
	require.Equal(t, unhex(t, "0000000161"+"ffffffff"+"ffffffff"), cell)
	_, _, err = EncodeAny(nil, typ, map[string]any{"stret": "a"})
	require.ErrorContains(t, err, "a key of the map is no field of the type")

	got, err = DecodeAny(mustParse(t, "'org.example.T'"), []byte("x"))
	require.NoError(t, err)
	require.Equal(t, []byte("x"), got)
	got, err = DecodeAny(mustParse(t, "list<'org.example.T'>"), unhex(t, "00000001"+"0000000178"))
	require.NoError(t, err)
	require.Equal(t, []any{[]byte("x")}, got)
	got, err = DecodeAny(Native(Int), []byte{})
	require.NoError(t, err)
	require.Nil(t, got)
	_, err = DecodeAny(nil, []byte{1})
	require.Error(t, err)
}

func TestEncodeAnyTakesWhatUsersWrite(t *testing.T) {
	for cql, vs := range map[string][]any{
		"bigint": {1, int8(1), ptr(1)}, "tinyint": {1}, "varint": {1}, "text": {"a", owner("a")}, "uuid": {someUUID, someUUID.String()},
		"list<bigint>": {[]int{1}, []any{1, int64(2)}}, "set<text>": {[]string{"a"}, []any{"a"}},
		"map<text, int>": {map[string]any{"a": 1}}, "vector<float, 2>": {[]float64{1, 2}}, "tuple<int, text>": {[]any{1, "a"}},
	} {
		for _, v := range vs {
			out, null, err := EncodeAny([]byte{9}, mustParse(t, cql), v)
			require.NoError(t, err, "%T as %s", v, cql)
			require.False(t, null)
			require.Greater(t, len(out), 1)
		}
	}
	for _, v := range []any{nil, (*int)(nil)} {
		out, null, err := EncodeAny([]byte{9}, Native(Int), v)
		require.NoError(t, err)
		require.True(t, null)
		require.Equal(t, []byte{9}, out)
	}
	_, _, err := EncodeAny(nil, Native(Int), "x")
	require.Error(t, err)
	_, _, err = EncodeAny(nil, mustParse(t, "list<int>"), []any{1, nil})
	require.ErrorContains(t, err, "cannot hold null")
	_, _, err = EncodeAny(nil, mustParse(t, "tuple<int, text>"), []any{1, 2})
	require.ErrorContains(t, err, "[1]")
}

func TestSplitAndJoin(t *testing.T) {
	cell, null := Join([]byte("p"), [][]byte{{1}, nil, {}})
	require.False(t, null)
	require.Equal(t, "p", string(cell[0]))
	elems, err := Split(nil, cell[1:], 3)
	require.NoError(t, err)
	require.Equal(t, [][]byte{{1}, nil, {}}, elems)
	elems, err = Split(nil, cell[1:6], 3)
	require.NoError(t, err)
	require.Equal(t, [][]byte{{1}, nil, nil}, elems)
	elems, err = Split(nil, nil, 2)
	require.NoError(t, err)
	require.Equal(t, [][]byte{nil, nil}, elems)
	_, err = Split(nil, cell[1:], 2)
	require.Error(t, err)
	_, err = Split(nil, cell[1:5], 2)
	require.Error(t, err)
	out, null := Join([]byte("p"), [][]byte{nil, nil})
	require.True(t, null)
	require.Equal(t, "p", string(out))
}

func TestLookingIntoCells(t *testing.T) {
	mapType := mustParse(t, "map<text, int>")
	m := mustEncode(t, mapType, map[string]int{"a": 1, "b": 2})
	v, ok, err := MapValue(mapType, m, []byte("b"))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []byte{0, 0, 0, 2}, v)
	_, ok, err = MapValue(mapType, m, []byte("c"))
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = MapValue(mapType, nil, []byte("c"))
	require.NoError(t, err)
	require.False(t, ok)
	_, _, err = MapValue(mapType, m[:len(m)-1], []byte("b"))
	require.Error(t, err)

	l := mustEncode(t, mustParse(t, "list<int>"), []int{5, 6})
	v, ok, err = ListElem(l, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []byte{0, 0, 0, 6}, v)
	for _, i := range []int{2, -1} {
		_, ok, err = ListElem(l, i)
		require.NoError(t, err)
		require.False(t, ok)
	}
	_, _, err = ListElem(l[:8], 1)
	require.Error(t, err)

	u := unhex(t, "0000000161"+"ffffffff")
	typ := address("street", "text", "zip", "int", "added", "int")
	v, ok, err = FieldCell(typ, u, "street")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "a", string(v))
	v, ok, err = FieldCell(typ, u, "zip")
	require.NoError(t, err)
	require.True(t, ok)
	require.Nil(t, v)
	_, ok, err = FieldCell(typ, u, "added")
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = FieldCell(typ, u, "none")
	require.NoError(t, err)
	require.False(t, ok)
	_, _, err = FieldCell(typ, u[:3], "street")
	require.Error(t, err)
}
