package types

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTimestampText has what the real server made of each text, running in
// UTC.
func TestTimestampText(t *testing.T) {
	const day = "2011-02-03T00:00:00.000Z"
	for text, want := range map[string]string{
		"2011-02-03": day, "2011-02-03Z": day, "2011-02-03 UTC": day, "2011-02-03+0100": "2011-02-02T23:00:00.000Z",
		"2011-02-03T04:05": "2011-02-03T04:05:00.000Z", "2011-02-03 04:05": "2011-02-03T04:05:00.000Z", "2011-2-3 4:5": "2011-02-03T04:05:00.000Z",
		"2011-02-03T04:05Z": "2011-02-03T04:05:00.000Z", "2011-02-03 04:05 Z": "2011-02-03T04:05:00.000Z",
		"2011-02-03T04:05+01": "2011-02-03T03:05:00.000Z", "2011-02-03T04:05+01:30": "2011-02-03T02:35:00.000Z",
		"2011-02-03 04:05 +0100": "2011-02-03T03:05:00.000Z", "2011-02-03T04:05:06.7": "2011-02-03T04:05:06.700Z",
		"2011-02-03T04:05:06.789123456": "2011-02-03T04:05:06.789Z", "2011-02-03T04:05:06.789 GMT": "2011-02-03T04:05:06.789Z",
		"2011-02-30": "2011-02-28T00:00:00.000Z", "2011-04-31 10:00": "2011-04-30T10:00:00.000Z", "2011-02-03 24:00": "2011-02-04T00:00:00.000Z",
		"12345": "1970-01-01T00:00:12.345Z", "-1": "1969-12-31T23:59:59.999Z", "+99999-01-01": "+99999-01-01T00:00:00.000Z", "": "",
	} {
		require.Equal(t, want, Timestamp.Text(value(t, Timestamp, text)), text)
	}
	for _, text := range []string{"2011-02-32", "2011-13-01", "2011-02", "2011-02-03 24:01", "2011-02-03 23:60", "2011-02-03T04:05:60", "2011-2-3",
		"2011-02-03t04:05", "2011-02-03T04:05z", "2011-02-03T04:05.5", " 2011-02-03", "2011-02-03 ", "99999-01-01", "2011-02-03T04:05:06+19:00", "x"} {
		_, err := Timestamp.FromString(text)
		require.EqualError(t, err, "Unable to parse a date/time from '"+text+"'")
	}
	_, err := Timestamp.FromString("99999999999999999999")
	require.EqualError(t, err, "Unable to make long (for date) from: '99999999999999999999'")
}

func TestDateAndTimeText(t *testing.T) {
	for text, want := range map[string]string{
		"2011-02-03": "2011-02-03", "1969-12-31": "1969-12-31", "0": "-5877641-06-23", "2147483648": "1970-01-01", "4294967295": "+5881580-07-11",
		"0000-01-01": "0000-01-01", "-0001-01-01": "-0001-01-01", "+99999-01-01": "+99999-01-01",
	} {
		require.Equal(t, want, Date.Text(value(t, Date, text)), text)
	}
	for text, message := range map[string]string{
		"2011-02-30": "Unable to coerce '2011-02-30' to a formatted date (long)", "2011-2-3": "Unable to coerce '2011-2-3' to a formatted date (long)",
		"-1": "Unable to make unsigned int (for date) from: '-1'", "4294967296": "Unable to make unsigned int (for date) from: '4294967296'",
		"-5877641-06-22": "Input date -5877641-06-22 is less than min supported date -5877641-06-23T00:00Z",
		"+5881580-07-12": "Input date +5881580-07-12 is greater than max supported date +5881580-07-11T00:00Z",
	} {
		_, err := Date.FromString(text)
		require.EqualError(t, err, message)
	}
	for text, want := range map[string]string{
		"12:34:56": "12:34:56.000000000", "1:2:3": "01:02:03.000000000", " 12:34:56.1 ": "12:34:56.100000000", "86399999999999": "23:59:59.999999999",
	} {
		require.Equal(t, want, Time.Text(value(t, Time, text)), text)
	}
	for _, text := range []string{"24:00:00", "12:60:00", "12:34", "12:34:56.", "12:34:56.1234567890", "12:34:56Z", "x"} {
		_, err := Time.FromString(text)
		require.EqualError(t, err, "(TimeType) Unable to coerce '"+text+"' to a formatted time (long)")
	}
	require.Equal(t, EncodeDate(0), DateFromMillis(-1), "the last day of 1969 is the first of 1970")
	require.Equal(t, EncodeDate(-1), DateFromMillis(-millisPerDay))
}

func TestDurationText(t *testing.T) {
	for text, want := range map[string]string{
		"1y2mo3w4d5h6m7s8ms9us10ns": "1y2mo25d5h6m7s8ms9us10ns", "-1h": "-1h", "1Y2MO": "1y2mo", "1µs": "1us", "P1Y2M3DT4H5M6S": "1y2mo3d4h5m6s",
		"P2W": "14d", "-P1W": "-7d", "P0001-02-03T04:05:06": "1y2mo3d4h5m6s", "0h": "", "90m": "1h30m", "9223372036854775807ns": "2562047h47m16s854ms775us807ns",
	} {
		require.Equal(t, want, Duration.Text(value(t, Duration, text)), text)
	}
	for text, message := range map[string]string{
		"1h1h": "Invalid duration. The hours are specified multiple times", "1h1y": "Invalid duration. The hours should be after years",
		"2147483648mo": "Invalid duration. The total number of months must be less or equal to 2147483647",
		"1000000000w":  "Invalid duration. The total number of days must be less or equal to 2147483647",
		"2562048h":     "Invalid duration. The total number of nanoseconds must be less or equal to 2147483647",
		"x":            "Unable to convert 'x' to a duration", "12": "Unable to convert '12' to a duration", "1hx": "Unable to convert '1hx' to a duration",
		"P1X": "Unable to convert 'P1X' to a duration", "P1M1Y": "Unable to convert 'P1M1Y' to a duration",
	} {
		_, err := Duration.FromString(text)
		require.EqualError(t, err, message, text)
	}
}

func TestSpanAddTo(t *testing.T) {
	for _, tt := range []struct{ from, span, want string }{
		{"2024-01-31", "1mo", "2024-02-29T00:00:00.000Z"}, {"2024-03-31", "-1mo", "2024-02-29T00:00:00.000Z"},
		{"2024-02-29 10:00", "1y", "2025-02-28T10:00:00.000Z"}, {"2024-12-31", "2mo1d2h", "2025-03-01T02:00:00.000Z"},
		{"1970-01-01", "-1ms", "1969-12-31T23:59:59.999Z"},
	} {
		span, err := ParseDuration(tt.span)
		require.NoError(t, err)
		require.Equal(t, tt.want, FormatTimestamp(span.AddTo(DecodeInteger(value(t, Timestamp, tt.from))), 'T'), "%s + %s", tt.from, tt.span)
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		typ        *Type
		text, want string
	}{
		{Inet, "::1", "0:0:0:0:0:0:0:1"}, {Inet, "::ffff:1.2.3.4", "1.2.3.4"}, {Inet, "1.2", "1.0.0.2"}, {Inet, "localhost", "127.0.0.1"},
		{Decimal, "1.50", "1.50"}, {Decimal, "1e3", "1E+3"}, {Decimal, "0.0000001", "1E-7"}, {Decimal, "-12.5e-3", "-0.0125"}, {Decimal, "0e2", "0E+2"},
		{Double, "1", "1.0"}, {Double, "1e7", "1.0E7"}, {Double, "1e-3", "0.001"}, {Double, "9.99e-4", "9.99E-4"}, {Double, "-0.0", "-0.0"},
		{Double, "123456789.125", "1.23456789125E8"}, {Double, "NaN", "NaN"}, {Double, "-Infinity", "-Infinity"}, {Double, "4.9e-324", "4.9E-324"},
		{Float, "0.1", "0.1"}, {Float, "-1.5E10", "-1.50000005E10"}, {Float, "16777217", "1.6777216E7"},
		{UUID, "123E4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"},
		{Boolean, "TRUE", "true"}, {Varint, "-123456789012345678901234567890", "-123456789012345678901234567890"},
	} {
		require.Equal(t, tt.want, tt.typ.Text(value(t, tt.typ, tt.text)), "%s %s", tt.typ, tt.text)
	}
}

func TestFromStringRefuses(t *testing.T) {
	for _, tt := range []struct {
		typ           *Type
		text, message string
	}{
		{Int, "2147483648", "Unable to make int from '2147483648'"}, {Tinyint, "128", "Unable to make byte from '128'"},
		{Smallint, "x", "Unable to make short from 'x'"}, {Bigint, "1.0", "Unable to make long from '1.0'"}, {Varint, "1.5", "unable to make int from '1.5'"},
		{Decimal, "NaN", "unable to make BigDecimal from 'NaN'"}, {Decimal, "1e2147483648", "unable to make BigDecimal from '1e2147483648'"},
		{Double, "0x", "Unable to make double from '0x'"}, {Double, "nan", "Unable to make double from 'nan'"}, {Float, "1_0", "Unable to make float from '1_0'"},
		{Boolean, "yes", "Unable to make boolean from 'yes'"}, {Blob, "abc", "cannot parse 'abc' as hex bytes"},
		{UUID, "x", "Unable to make UUID from 'x'"}, {TimeUUID, "x", "Unknown timeuuid representation: x"},
		{TimeUUID, "123e4567-e89b-42d3-a456-426614174000", "TimeUUID supports only version 1 UUIDs"},
		{Inet, "256.1.1.1", "Unable to make inet address from '256.1.1.1'"}, {Inet, "1.2.3.4.5", "Unable to make inet address from '1.2.3.4.5'"},
		{ASCII, "é", "Invalid ASCII character in string literal: java.nio.charset.UnmappableCharacterException: Input length = 1"},
		{Tuple(Int), "1:2", "Invalid tuple literal: too many elements. Type frozen<tuple<int>> expects 1 but got 2"},
	} {
		_, err := tt.typ.FromString(tt.text)
		require.EqualError(t, err, tt.message)
	}
}

func TestLiteral(t *testing.T) {
	m := resolve(t, "map<text, frozen<list<int>>>")
	require.Equal(t, "{'it''s': [1, 2]}", m.Literal(m.PackMap([][]byte{[]byte("it's"), PackList(2, [][]byte{EncodeInt(1), EncodeInt(2)})})))
	require.Equal(t, `{street: 'x', "No": null}`, address.Literal(PackTuple([][]byte{[]byte("x"), nil})))
	require.Equal(t, "(1, null)", Tuple(Int, Text).Literal(PackTuple([][]byte{EncodeInt(1), nil})))
	require.Equal(t, "0xcafe", Blob.Literal([]byte{0xca, 0xfe}))
	require.Equal(t, "'1970-01-01T00:00:00.000Z'", Timestamp.Literal(EncodeBigint(0)))
	require.Equal(t, "[1.0, 2.5]", Vector(Float, 2).Literal(Vector(Float, 2).PackVector([][]byte{EncodeFloat(1), EncodeFloat(2.5)})))
	require.Equal(t, "null", Int.Literal(nil))
	require.Equal(t, "null", Int.Literal([]byte{}))
	require.Equal(t, "''", Text.Literal([]byte{}))
}

func TestNumbersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "negative") {
			v.Neg(v)
		}
		b := EncodeVarint(v)
		if DecodeVarint(b).Cmp(v) != 0 {
			t.Fatalf("%s became %s", v, DecodeVarint(b))
		}
		if len(trimSign(b)) != len(b) {
			t.Fatalf("%s is encoded as %x, which is not the shortest", v, b)
		}
		d := Big{v, rapid.Int32Range(-50, 50).Draw(t, "scale")}
		back, ok := ParseDecimal(d.String())
		if !ok || back.Cmp(d) != 0 || back.Scale != d.Scale {
			t.Fatalf("%s became %s", d, back)
		}
		i := rapid.Int64().Draw(t, "int64")
		if got, rest, ok := cutVint(appendVint(nil, i)); !ok || got != i || len(rest) > 0 {
			t.Fatalf("vint of %d became %d", i, got)
		}
		f := rapid.Float64().Draw(t, "float64")
		if got, ok := parseFloat(FormatDouble(f), 64); !ok || math.Float64bits(got) != math.Float64bits(f) {
			t.Fatalf("%v became %v by way of %s", f, got, FormatDouble(f))
		}
	})
}
