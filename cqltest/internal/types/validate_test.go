package types

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		typ  *Type
		hex  string
		want string // the message; empty if valid
	}{
		{Int, "00000001", ""}, {Int, "", ""}, {Int, "0001", "Expected 4 or 0 byte int (2)"},
		{Bigint, "0001", "Expected 8 or 0 byte long (2)"}, {Counter, "0001", "Expected 8 or 0 byte long (2)"},
		{Tinyint, "01", ""}, {Tinyint, "", "Expected 1 byte for a tinyint (0)"},
		{Smallint, "", "Expected 2 bytes for a smallint (0)"}, {Smallint, "01", "Expected 2 bytes for a smallint (1)"},
		{Float, "", ""}, {Float, "01", "Expected 4 or 0 byte value for a float (1)"}, {Double, "01", "Expected 8 or 0 byte value for a double (1)"},
		{Boolean, "0101", "Expected 1 or 0 byte value (2)"}, {Boolean, "", ""}, {Boolean, "07", ""},
		{Decimal, "0001", "Expected 0 or at least 4 bytes (2)"}, {Decimal, "", ""}, {Varint, "", ""},
		{Date, "", "Expected 4 byte long for date (0)"}, {Time, "00", "Expected 8 byte long for time (1)"},
		{Timestamp, "00", "Expected 8 or 0 byte long for date (1)"},
		{UUID, "00", "UUID should be 16 or 0 bytes (1)"}, {UUID, "", ""},
		{TimeUUID, "123e4567e89b42d3a456426614174000", "Invalid version for TimeUUID type: 0x1"}, {TimeUUID, "", ""},
		{Inet, "010203", "Expected 4 or 16 byte inetaddress; got 010203"}, {Inet, "", ""},
		{ASCII, "6180", "Invalid byte for ascii: -128"},
		{Text, "c3a9", ""}, {Text, "c328", "String didn't validate."}, {Text, "ff", "String didn't validate."}, {Text, "e28", "String didn't validate."},
		{Text, "c080", ""}, {Text, "eda080", ""}, {Text, "f0808080", "String didn't validate."},
		{Duration, "0000", "Expected at least 3 bytes for a duration (2)"}, {Duration, "020101", "The duration months, days and nanoseconds must be all of the same sign (1, -1, -1)"},
		{Duration, "f200000000", "Not enough bytes to read a duration"},
		{Duration, "f2000000000000", "The duration months must be a 32 bits integer but was: 4294967296"},
		{List(Int, false), "", "Not enough bytes to read a list"}, {List(Int, false), "00000000", ""},
		{List(Int, false), "00000001", "Not enough bytes to read a list"}, {List(Int, false), "7fffffff", "Not enough bytes to read a list"},
		{List(Int, false), "0000000100000004000000050a", "Unexpected extraneous bytes after list value"},
		{Set(Int, false), "00000001ffffffff", "Null value read when not allowed"},
		{Map(Int, Int, false), "0000000100000004000000050000000201", "Not enough bytes to read a map"},
		{List(Int, false), "000000010000000105", "Expected 4 or 0 byte int (1)"},
		{Tuple(Int, Text), "", ""}, {Tuple(Int, Text), "ffffffff", ""}, {Tuple(Int, Text), "0000", "Not enough bytes to read size of 0th component"},
		{Tuple(Int, Text), "0000000401", "Not enough bytes to read 0th component"}, {Tuple(Int), "ffffffffff", "Invalid remaining data after end of tuple value"},
		{address, "0000000161000000020001", "Failure validating the 1th field No; Expected 4 or 0 byte int (2)"},
		{address, "0000", "Not enough bytes to read size of 0th field street"}, {address, "0000000401", "Not enough bytes to read 0th field street"},
		{address, "ffffffffffffffffff", "Invalid remaining data after end of UDT value"},
		{Vector(Float, 2), "", "Invalid empty vector value"}, {Vector(Float, 2), "3f800000", "Not enough bytes to read a vector<float, 2>"},
		{Vector(Float, 1), "3f8000003f800000", "Unexpected 4 extraneous bytes after vector<float, 1> value"},
		{Vector(Text, 2), "01610162", ""}, {Vector(Text, 2), "01610562", "Not enough bytes to read a vector<text, 2>"},
		{Empty, "00", "EmptyType only accept empty values"},
	} {
		if len(tt.hex)%2 == 1 {
			tt.hex += "2"
		}
		b, err := hex.DecodeString(tt.hex)
		require.NoError(t, err)
		if err := tt.typ.Validate(b); tt.want == "" {
			require.NoError(t, err, "%s %s", tt.typ, tt.hex)
		} else {
			require.EqualError(t, err, tt.want, "%s %s", tt.typ, tt.hex)
		}
		require.NoError(t, tt.typ.Validate(nil), "null is valid for %s", tt.typ)
	}
}

var fuzzTypes = []*Type{
	ASCII, Bigint, Blob, Boolean, Date, Decimal, Double, Duration, Float, Inet, Int, Smallint, Text, Time, Timestamp, TimeUUID, Tinyint,
	UUID, Varint, List(Int, false), Set(Decimal, false), Map(Text, List(Varint, true), false), Tuple(Int, Text, Tuple(Double)), address,
	Vector(Float, 3), Vector(Text, 2), Vector(List(Int, true), 2), Vector(Vector(Int, 2), 2),
}

// FuzzDecode feeds any bytes to everything that reads values: nothing may
// panic, and order must be consistent.
func FuzzDecode(f *testing.F) {
	f.Add(uint8(0), []byte{}, []byte{})
	f.Add(uint8(19), []byte{0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7}, []byte{0x7f, 0xff, 0xff, 0xff})
	f.Add(uint8(24), []byte{0x3f, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []byte{})
	f.Fuzz(func(t *testing.T, which uint8, a, b []byte) {
		typ := fuzzTypes[int(which)%len(fuzzTypes)]
		okA, okB := typ.Validate(a) == nil, typ.Validate(b) == nil
		c := typ.Compare(a, b)
		if okA && okB && sign(c) != -sign(typ.Compare(b, a)) {
			t.Fatalf("%s: order of %x and %x is not antisymmetric", typ, a, b)
		}
		if !okA {
			return
		}
		if typ.Compare(a, a) != 0 {
			t.Fatalf("%s: %x is not equal to itself", typ, a)
		}
		typ.Literal(a)
		typ.AppendJSON(nil, a)
		Token(a)
	})
}

func sign(c int) int {
	switch {
	case c < 0:
		return -1
	case c > 0:
		return 1
	}
	return 0
}

// FuzzFromString feeds any text to the conversions from text and JSON; what
// they accept must be a valid value. (An empty text gives the empty value even
// where that is none, as on the real server.)
func FuzzFromString(f *testing.F) {
	for _, s := range []string{"1", "-1.5e10", "2011-02-03T04:05:06.789+01:00", "12:34:56.789", "1y2mo", "P1DT2H", "::1", `{"a": [1, "\u00e9"]}`, "[1,2", "'"} {
		for i := range fuzzTypes {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, s string) {
		typ := fuzzTypes[int(which)%len(fuzzTypes)]
		if b, err := typ.FromString(s); err == nil && len(b) > 0 && !typ.IsCollection() && typ.Kind != KindVector && typ.Kind != KindUDT {
			if err := typ.Validate(b); err != nil {
				t.Fatalf("%s from %q: %v", typ, s, err)
			}
		}
		typ.ParseJSON(s)
		ParseJSONRow(s, []Column{{Name: "a", Type: typ}})
		ParseClass(s)
	})
}
