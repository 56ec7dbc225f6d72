package codec

import (
	"encoding/json"
	"math"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"
)

type (
	owner   string
	level   int16
	flag    bool
	ratio   float64
	payload []byte
	rawID   [16]byte
	stamp   time.Time
	nanos   time.Duration
)

func bigOf(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 10)
	return n
}

var (
	someUUID = gocql.UUID{0x55, 0x0e, 0x84, 0, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55, 0x44, 0, 0}
	ms       = time.Date(2024, 2, 29, 12, 30, 15, 123e6, time.UTC)
)

// nativeCells is the type table: every native type with every Go type it takes, with
// cells that were checked against the protocol's specification.
var nativeCells = []struct {
	cql   string
	value any
	cell  string
}{
	{"text", "", ""},
	{"text", "héllo", "68c3a96c6c6f"},
	{"varchar", owner("ann"), "616e6e"},
	{"ascii", "ann", "616e6e"},
	{"boolean", true, "01"},
	{"boolean", flag(false), "00"},
	{"tinyint", int8(math.MinInt8), "80"},
	{"tinyint", int8(math.MaxInt8), "7f"},
	{"tinyint", int(-1), "ff"},
	{"tinyint", uint8(127), "7f"},
	{"smallint", int16(math.MinInt16), "8000"},
	{"smallint", level(math.MaxInt16), "7fff"},
	{"smallint", uint16(1), "0001"},
	{"int", int(0), "00000000"},
	{"int", int32(math.MinInt32), "80000000"},
	{"int", int64(math.MaxInt32), "7fffffff"},
	{"int", uint32(math.MaxInt32), "7fffffff"},
	{"bigint", int64(math.MinInt64), "8000000000000000"},
	{"bigint", int64(math.MaxInt64), "7fffffffffffffff"},
	{"bigint", uint64(math.MaxInt64), "7fffffffffffffff"},
	{"bigint", uint(7), "0000000000000007"},
	{"bigint", uintptr(7), "0000000000000007"},
	{"bigint", int8(-2), "fffffffffffffffe"},
	{"bigint", bigOf("-9223372036854775808"), "8000000000000000"},
	{"counter", int64(-5), "fffffffffffffffb"},
	{"varint", 0, "00"},
	{"varint", 127, "7f"},
	{"varint", 128, "0080"},
	{"varint", int16(-128), "80"},
	{"varint", -129, "ff7f"},
	{"varint", int64(math.MinInt64), "8000000000000000"},
	{"varint", uint64(math.MaxUint64), "00ffffffffffffffff"},
	{"varint", uint64(math.MaxInt64) + 1, "008000000000000000"},
	{"varint", big.NewInt(255), "00ff"},
	{"varint", bigOf("18446744073709551616"), "010000000000000000"},
	{"varint", bigOf("-18446744073709551616"), "ff0000000000000000"},
	{"varint", bigOf("-9223372036854775809"), "ff7fffffffffffffff"},
	{"varint", *bigOf("-170141183460469231731687303715884105728"), "80000000000000000000000000000000"},
	{"float", float32(1.5), "3fc00000"},
	{"float", float32(math.MaxFloat32), "7f7fffff"},
	{"float", float32(math.Inf(-1)), "ff800000"},
	{"float", 0.25, "3e800000"},
	{"double", 0.1, "3fb999999999999a"},
	{"double", ratio(-math.MaxFloat64), "ffefffffffffffff"},
	{"double", math.SmallestNonzeroFloat64, "0000000000000001"},
	{"double", float32(0.5), "3fe0000000000000"},
	{"decimal", inf.NewDec(12345, 2), "000000023039"},
	{"decimal", inf.NewDec(-1, -3), "fffffffdff"},
	{"decimal", *inf.NewDec(0, math.MaxInt32), "7fffffff00"},
	{"decimal", inf.NewDecBig(bigOf("-18446744073709551616"), 1), "00000001ff0000000000000000"},
	{"blob", []byte{}, ""},
	{"blob", []byte{0, 255}, "00ff"},
	{"blob", payload("x"), "78"},
	{"blob", json.RawMessage("{}"), "7b7d"},
	{"blob", [3]byte{1, 2, 3}, "010203"},
	{"uuid", someUUID, "550e8400e29b41d4a716446655440000"},
	{"uuid", uuid.UUID(someUUID), "550e8400e29b41d4a716446655440000"},
	{"uuid", rawID{}, "00000000000000000000000000000000"},
	{"uuid", someUUID.String(), "550e8400e29b41d4a716446655440000"},
	{"timeuuid", [16]byte(someUUID), "550e8400e29b41d4a716446655440000"},
	{"timestamp", ms, "0000018df4d80853"},
	{"timestamp", time.UnixMilli(0).UTC(), "0000000000000000"},
	{"timestamp", time.UnixMilli(-1).UTC(), "ffffffffffffffff"},
	{"timestamp", time.UnixMilli(math.MaxInt64 - 2000).UTC(), "7ffffffffffff82f"},
	{"timestamp", time.UnixMilli(math.MinInt64 + 2000).UTC(), "80000000000007d0"},
	{"timestamp", stamp(ms), "0000018df4d80853"},
	{"timestamp", int64(1), "0000000000000001"},
	{"date", time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "80000000"},
	{"date", time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), "7fffffff"},
	{"date", time.Unix(math.MinInt32*secondsPerDay, 0).UTC(), "00000000"},
	{"date", time.Unix(math.MaxInt32*secondsPerDay, 0).UTC(), "ffffffff"},
	{"time", time.Duration(0), "0000000000000000"},
	{"time", 24*time.Hour - 1, "00004e94914effff"},
	{"time", nanos(1), "0000000000000001"},
	{"duration", gocql.Duration{}, "000000"},
	{"duration", gocql.Duration{Months: 1, Days: 2, Nanoseconds: 3}, "020406"},
	{"duration", gocql.Duration{Months: math.MinInt32, Days: math.MinInt32, Nanoseconds: math.MinInt64}, "f0fffffffff0ffffffffffffffffffffffffff"},
	{"duration", gocql.Duration{Months: math.MaxInt32, Days: math.MaxInt32, Nanoseconds: math.MaxInt64}, "f0fffffffef0fffffffefffffffffffffffffe"},
	{"duration", -time.Second, "0000f0773593ff"},
	{"inet", net.IP{127, 0, 0, 1}, "7f000001"},
	{"inet", net.ParseIP("::1"), "00000000000000000000000000000001"},
	{"inet", netip.MustParseAddr("10.0.0.1"), "0a000001"},
	{"inet", netip.MustParseAddr("2001:db8::1"), "20010db8000000000000000000000001"},
}

func TestNativesRoundTrip(t *testing.T) {
	for _, tt := range nativeCells {
		typ := mustParse(t, tt.cql)
		cell, err := encode(t, typ, tt.value)
		require.NoError(t, err, "%T as %s", tt.value, tt.cql)
		require.Equal(t, unhex(t, tt.cell), cell, "%T(%v) as %s", tt.value, tt.value, tt.cql)
		back, err := decode(t, typ, tt.value, cell)
		require.NoError(t, err)
		require.Equal(t, tt.value, back, "%T as %s", tt.value, tt.cql)

		// A pointer is the same value, and may be null.
		p := reflect.New(reflect.TypeOf(tt.value))
		p.Elem().Set(reflect.ValueOf(tt.value))
		cell, err = encode(t, typ, p.Interface())
		require.NoError(t, err)
		require.Equal(t, unhex(t, tt.cell), cell)
		back, err = decode(t, typ, p.Interface(), cell)
		require.NoError(t, err)
		require.Equal(t, p.Interface(), back)
		require.NotSame(t, p.Interface(), back, "a decoded pointer must be fresh")
	}
}

// Where gocql is right, our cells are its cells.
func TestNativesAgreeWithGocql(t *testing.T) {
	for _, tt := range nativeCells {
		typ := mustParse(t, tt.cql)
		v := tt.value
		switch x := v.(type) {
		case netip.Addr, uuid.UUID, rawID, stamp, nanos, uintptr, payload, [3]byte, big.Int, level, float32, float64:
			continue // gocql does not take them so
		case time.Duration:
			if typ.Kind == Duration {
				continue // nor read them back
			}
		case *big.Int:
			if typ.Kind == BigInt {
				continue
			}
			v = *x
		case *inf.Dec:
			v = *x
		}
		if typ.Kind == Counter || typ.Kind == ASCII {
			continue
		}
		info := info(t, typ)
		want, err := gocql.Marshal(info, v)
		if err != nil {
			continue
		}
		if ts, ok := v.(time.Time); ok && (typ.Kind == Date && ts.Unix() < 0 || ts.Year() > 9999 || ts.Year() < 0) {
			continue // gocql is wrong before 1970
		}
		if want == nil {
			want = []byte{}
		}
		if s, ok := v.(string); ok && (s == "" || typ.Kind == UUID) {
			continue
		}
		require.Equal(t, want, unhex(t, tt.cell), "%T(%v) as %s", v, v, tt.cql)
	}
}

// Null is the zero value; a pointer tells it from a value.
func TestNullAndEmpty(t *testing.T) {
	for _, tt := range nativeCells {
		typ := mustParse(t, tt.cql)
		zero := reflect.Zero(reflect.TypeOf(tt.value)).Interface()
		got, err := decode(t, typ, tt.value, nil)
		require.NoError(t, err)
		require.Equal(t, zero, got, "null %s as %T", tt.cql, tt.value)

		pp := ptr(tt.value)
		_ = pp
		p := reflect.New(reflect.TypeOf(tt.value)).Interface()
		got, err = decode(t, typ, p, nil)
		require.NoError(t, err)
		require.True(t, reflect.ValueOf(got).IsNil())
		cell, err := encode(t, typ, reflect.Zero(reflect.TypeOf(p)).Interface())
		require.NoError(t, err)
		require.Nil(t, cell)

		// Empty cells exist in old data; only text and blob have an empty value.
		got, err = decode(t, typ, tt.value, []byte{})
		require.NoError(t, err)
		ptrGot, err := decode(t, typ, p, []byte{})
		require.NoError(t, err)
		if hasEmpty(typ.Kind) {
			require.False(t, reflect.ValueOf(ptrGot).IsNil())
			if reflect.TypeOf(tt.value).Kind() == reflect.Slice {
				require.False(t, reflect.ValueOf(got).IsNil(), "an empty blob is not null")
			}
		} else {
			require.Equal(t, zero, got)
			require.True(t, reflect.ValueOf(ptrGot).IsNil())
		}
	}
}

func TestNullValues(t *testing.T) {
	for cql, vs := range map[string][]any{
		"timestamp":        {time.Time{}, stamp{}, time.Time{}.In(time.FixedZone("", 3600))},
		"date":             {time.Time{}},
		"blob":             {[]byte(nil), payload(nil)},
		"inet":             {net.IP(nil), netip.Addr{}},
		"uuid":             {""},
		"varint":           {(*big.Int)(nil)},
		"decimal":          {(*inf.Dec)(nil)},
		"list<int>":        {[]int(nil), (*[]int)(nil), ptr([]int(nil))},
		"map<text, int>":   {map[string]int(nil), map[owner]int(nil)},
		"map<text, text>":  {map[string]string(nil)},
		"set<text>":        {[]string(nil), map[string]struct{}(nil), map[owner]struct{}(nil)},
		"vector<float, 3>": {[]float32(nil)},
		"tuple<int, text>": {[]any(nil)},
	} {
		for _, v := range vs {
			cell, err := encode(t, mustParse(t, cql), v)
			require.NoError(t, err)
			require.Nil(t, cell, "%T as %s", v, cql)
		}
	}
	for cql, vs := range map[string][]any{ // and these are not null
		"text": {""}, "int": {0}, "uuid": {gocql.UUID{}}, "blob": {[]byte{}}, "boolean": {false},
		"list<int>": {[]int{}}, "map<text, int>": {map[string]int{}, map[owner]int{}}, "set<text>": {map[string]struct{}{}},
		"decimal": {inf.Dec{}}, "varint": {big.Int{}}, "duration": {gocql.Duration{}}, "time": {time.Duration(0)},
	} {
		for _, v := range vs {
			cell, err := encode(t, mustParse(t, cql), v)
			require.NoError(t, err)
			require.NotNil(t, cell, "%T as %s", v, cql)
		}
	}
}

func TestOverflowIsAnErrorBothWays(t *testing.T) {
	for _, tt := range []struct {
		cql  string
		v    any
		cell string // what v's Go type cannot hold
	}{
		{"tinyint", 128, ""},
		{"tinyint", -129, ""},
		{"tinyint", uint8(128), "ff"},
		{"smallint", int32(math.MaxInt16 + 1), ""},
		{"smallint", int8(0), "0080"},
		{"int", int64(math.MaxInt32 + 1), ""},
		{"int", int64(math.MinInt32 - 1), ""},
		{"int", uint32(math.MaxUint32), "ffffffff"},
		{"int", int16(0), "00010000"},
		{"bigint", uint64(math.MaxUint64), "ffffffffffffffff"},
		{"bigint", int32(0), "0000000080000000"},
		{"bigint", bigOf("9223372036854775808"), ""},
		{"varint", int64(0), "008000000000000000"},
		{"varint", uint64(0), "ff"},
		{"varint", uint64(0), "010000000000000000"},
		{"varint", int8(0), "0080"},
		{"float", 0.1, ""},
		{"float", math.MaxFloat64, ""},
		{"double", float32(0), "3fb999999999999a"},
		{"timestamp", time.Date(300_000_000, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{"timestamp", time.Date(-300_000_000, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{"date", time.Date(5_881_580, 7, 12, 0, 0, 0, 0, time.UTC), ""},
		{"date", time.Date(-5_877_641, 6, 22, 0, 0, 0, 0, time.UTC), ""},
		{"time", 24 * time.Hour, "00004e94914f0000"},
		{"time", time.Duration(-1), "ffffffffffffffff"},
		{"duration", gocql.Duration{Months: 1, Days: -1}, "f8ffffffffff0000"},
		{"duration", time.Duration(0), "020000"},
		{"inet", net.IP{1, 2, 3}, "010203"},
		{"inet", netip.MustParseAddr("fe80::1%eth0"), "0102030405"},
		{"uuid", "not a uuid", "0102"},
	} {
		typ := mustParse(t, tt.cql)
		if cell, err := encode(t, typ, tt.v); tt.cell == "" || err != nil {
			require.Error(t, err, "%T(%v) as %s gave %x", tt.v, tt.v, tt.cql, cell)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, reflect.TypeOf(tt.v).String(), e.GoType)
			require.Equal(t, tt.cql, e.CQLType)
		}
		if tt.cell != "" {
			_, err := decode(t, typ, tt.v, unhex(t, tt.cell))
			require.Error(t, err, "%s as %T", tt.cql, tt.v)
		}
	}
}

func TestCellsOfTheWrongLength(t *testing.T) {
	for cql, v := range map[string]any{
		"int": 1, "bigint": int64(1), "boolean": true, "double": 1.0, "float": float32(1), "uuid": someUUID,
		"timestamp": ms, "date": ms, "time": time.Second, "decimal": inf.Dec{}, "duration": gocql.Duration{Days: 1},
	} {
		_, err := decode(t, mustParse(t, cql), v, []byte{0xff, 1, 2})
		require.Error(t, err, cql)
	}
	_, err := decode(t, mustParse(t, "blob"), [4]byte{}, []byte{1})
	require.Error(t, err)
}

func TestTimesAreUTCMilliseconds(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	typ := mustParse(t, "timestamp")
	back, err := decode(t, typ, time.Time{}, mustEncode(t, typ, time.Date(2024, 1, 1, 0, 30, 0, 999_999_999, berlin)))
	require.NoError(t, err)
	require.Equal(t, time.Date(2023, 12, 31, 23, 30, 0, 999e6, time.UTC), back)

	before, err := decode(t, typ, time.Time{}, mustEncode(t, typ, time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC)))
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(-1).UTC(), before, "truncation goes down, not toward 1970")

	typ = mustParse(t, "date")
	back, err = decode(t, typ, time.Time{}, mustEncode(t, typ, time.Date(2024, 1, 1, 0, 30, 0, 0, berlin)))
	require.NoError(t, err)
	require.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), back, "a date is the day on the calendar of its own zone")
	back, err = decode(t, typ, time.Time{}, mustEncode(t, typ, time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC)))
	require.NoError(t, err)
	require.Equal(t, time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), back)
}

func TestFloatsKeepTheirBits(t *testing.T) {
	for _, f := range []float64{math.Copysign(0, -1), math.Inf(1), math.NaN()} {
		cell := mustEncode(t, mustParse(t, "float"), f)
		back, err := decode(t, mustParse(t, "float"), 0.0, cell)
		require.NoError(t, err)
		require.Equal(t, math.IsNaN(f), math.IsNaN(back.(float64)))
		require.Equal(t, math.Signbit(f), math.Signbit(back.(float64)))
	}
}

func TestMappedAddressesAreIPv4(t *testing.T) {
	typ := mustParse(t, "inet")
	require.Len(t, mustEncode(t, typ, net.ParseIP("10.0.0.1")), 4)
	require.Len(t, mustEncode(t, typ, netip.MustParseAddr("::ffff:10.0.0.1")), 4)
}

func TestVarintsOfAnyLength(t *testing.T) {
	for _, cell := range []string{"00", "0001", "ffff", "00000000000000000000ff", "ffffffffffffffffffffff00"} {
		got, err := decode(t, mustParse(t, "varint"), int64(9), unhex(t, cell))
		require.NoError(t, err, cell)
		n, err := decode(t, mustParse(t, "varint"), (*big.Int)(nil), unhex(t, cell))
		require.NoError(t, err)
		require.Equal(t, n.(*big.Int).Int64(), got)
	}
}

func TestDecodedNumbersShareNothing(t *testing.T) {
	type row struct {
		N big.Int
		D inf.Dec
	}
	typ := &Type{Kind: Tuple, Elems: []*Type{Native(Varint), Native(Decimal)}}
	c, err := For(reflect.TypeFor[row](), typ)
	require.NoError(t, err)
	var r row
	decodeInto := func(n int64) row {
		cell, _, err := c.AppendValue(nil, reflect.ValueOf(row{*big.NewInt(n), *inf.NewDec(n, 0)}))
		require.NoError(t, err)
		require.NoError(t, c.Decode(AddrOf(reflect.ValueOf(&r)), cell))
		return r // as an iterator's caller copies its row
	}
	first := decodeInto(1)
	decodeInto(2)
	require.Equal(t, "1", first.N.String())
	require.Equal(t, "1", first.D.String())
}
