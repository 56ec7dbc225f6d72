package types

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJSONOfValues(t *testing.T) {
	list := PackList(2, [][]byte{EncodeInt(1), EncodeInt(2)})
	for _, tt := range []struct {
		typ  *Type
		b    []byte
		want string
	}{
		{Int, EncodeInt(-5), "-5"}, {Int, []byte{}, `""`}, {Int, nil, "null"}, {Text, []byte("a\"b\\é\t\x01/"), `"a\"b\\é\t\u0001/"`}, {Text, []byte{}, `""`},
		{Blob, []byte{0xca, 0xfe}, `"0xcafe"`}, {Boolean, []byte{1}, "true"}, {Double, value(t, Double, "NaN"), "null"}, {Float, value(t, Float, "1.5"), "1.5"},
		{Decimal, value(t, Decimal, "1.50"), "1.50"}, {Timestamp, EncodeBigint(1), `"1970-01-01 00:00:00.001Z"`}, {Date, EncodeDate(0), `"1970-01-01"`},
		{Time, EncodeBigint(1), `"00:00:00.000000001"`}, {Inet, value(t, Inet, "::1"), `"0:0:0:0:0:0:0:1"`}, {Duration, value(t, Duration, "1h"), `"1h"`},
		{List(Int, false), list, "[1, 2]"}, {Set(Int, false), list, "[1, 2]"},
		{Map(Int, Text, false), PackList(1, [][]byte{EncodeInt(1), []byte("x")}), `{"1": "x"}`},
		{Map(Text, Int, false), PackList(1, [][]byte{[]byte(`a"`), EncodeInt(1)}), `{"a\"": 1}`},
		{Map(List(Text, true), Int, false), PackList(1, [][]byte{PackList(1, [][]byte{[]byte("a")}), EncodeInt(1)}), `{"[\"a\"]": 1}`},
		{Tuple(Int, Text), PackTuple([][]byte{EncodeInt(1)}), "[1, null]"}, {address, PackTuple([][]byte{[]byte("x"), EncodeInt(3)}), `{"street": "x", "\"No\"": 3}`},
		{Vector(Float, 2), Vector(Float, 2).PackVector([][]byte{EncodeFloat(1), EncodeFloat(2)}), "[1.0, 2.0]"},
	} {
		require.Equal(t, tt.want, string(tt.typ.AppendJSON(nil, tt.b)), "%s", tt.typ)
	}
}

func TestParseJSON(t *testing.T) {
	for _, tt := range []struct {
		typ  *Type
		json string
		want string // as a literal
	}{
		{Int, "5", "5"}, {Int, `"5"`, "5"}, {Int, "null", "null"}, {Decimal, "1.10", "1.1"}, {Varint, "12345678901234567890", "12345678901234567890"},
		{Boolean, `"true"`, "true"}, {Blob, `"0xcafe"`, "0xcafe"}, {Timestamp, "9999999999999", "'2286-11-20T17:46:39.999Z'"},
		{Text, `"a\u00e9\ud83d\ude42\n"`, "'aé🙂\n'"}, {Set(Int, false), "[3, 1, 3]", "{1, 3}"}, {List(Int, false), `"[1, 2]"`, "[1, 2]"},
		{Map(Int, Text, false), `{"2": "b", "1": "a"}`, "{1: 'a', 2: 'b'}"}, {Tuple(Int, Text), "[1, null]", "(1, null)"},
		{address, `{"STREET": "x", "\"No\"": 4}`, `{street: 'x', "No": 4}`}, {address, `{}`, `{street: null, "No": null}`},
		{Vector(Float, 2), "[1, 2.5]", "[1.0, 2.5]"}, {Double, "1e400", "Infinity"}, {Duration, `"1h"`, "1h"},
	} {
		b, err := tt.typ.ParseJSON(tt.json)
		require.NoError(t, err, tt.json)
		require.NoError(t, tt.typ.Validate(b))
		require.Equal(t, tt.want, tt.typ.Literal(b), tt.json)
	}
}

func TestParseJSONRow(t *testing.T) {
	columns := []Column{{Name: "k", Type: Int}, {Name: "Q", Type: Text}, {Name: "v", Type: Int}}
	row, err := ParseJSONRow(`{"K": 1, "\"Q\"": null} and the rest is ignored`, columns)
	require.NoError(t, err)
	require.Equal(t, EncodeInt(1), row[0])
	require.Nil(t, row[1])
	require.True(t, IsUnset(row[2]))
	require.False(t, IsUnset([]byte{}))
}

// TestJSONErrors has the messages of the real server.
func TestJSONErrors(t *testing.T) {
	const at = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
	const parse, eof, mismatch = "com.fasterxml.jackson.core.JsonParseException: ", "com.fasterxml.jackson.core.io.JsonEOFException: Unexpected end-of-input",
		"com.fasterxml.jackson.databind.exc.MismatchedInputException: "
	const linked = "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from "
	const expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	start := strings.TrimPrefix(at, "\n at ")
	for doc, want := range map[string]string{
		`{"k": 1`:         eof + ": expected close marker for Object (start marker at " + start + "1, column: 1])" + at + "1, column: 8]",
		`{"k": [1, 2`:     eof + ": expected close marker for Array (start marker at " + start + "1, column: 7])" + at + "1, column: 12]",
		`{"k": `:          eof + " within/between Object entries" + at + "1, column: 7]",
		`{"k"`:            eof + " within/between Object entries" + at + "1, column: 5]",
		`{"k": "abc}`:     eof + ": was expecting closing quote for a string value" + at + "1, column: 12]",
		`{"k" 1}`:         parse + "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value" + at + "1, column: 6]",
		`{"k": 1 "v": 2}`: parse + "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries" + at + "1, column: 9]",
		`{"k": 01}`:       parse + "Invalid numeric value: Leading zeroes not allowed" + at + "1, column: 8]",
		`{"k": -}`:        parse + "Unexpected character ('}' (code 125)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value" + at + "1, column: 8]",
		`{"k": 1.}`:       parse + "Unexpected character ('}' (code 125)) in numeric value: Decimal point not followed by a digit" + at + "1, column: 8]",
		`{"k": .5}`:       parse + "Unexpected character ('.' (code 46)): expected a valid value " + expected + at + "1, column: 7]",
		`{"k": "a\qc"}`:   parse + "Unrecognized character escape 'q' (code 113)" + at + "1, column: 10]",
		`{"k": "a\u12"}`:  parse + "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence" + at + "1, column: 13]",
		`{k: 1}`:          parse + "Unexpected character ('k' (code 107)): was expecting double-quote to start field name" + at + "1, column: 2]",
		`{"k": 19,}`:      parse + "Unexpected character ('}' (code 125)): was expecting double-quote to start field name" + at + "1, column: 10]",
		`{"k": [1,]}`:     parse + "Unexpected character (']' (code 93)): expected a valid value " + expected + at + "1, column: 10]",
		"{\n\"k\": nul}":  parse + "Unrecognized token 'nul': was expecting " + expected + at + "2, column: 9]",
		`{"k": NaN}`:      parse + "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow" + at + "1, column: 10]",
		`{"k": +1}`: parse + "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: " +
			"enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow" + at + "1, column: 8]",
		"":      mismatch + "No content to map due to end-of-input" + at + "1]",
		"[1, 2": mismatch + linked + "Array value (token `JsonToken.START_ARRAY`)" + at + "1, column: 1]",
		"1":     mismatch + linked + "Integer value (token `JsonToken.VALUE_NUMBER_INT`)" + at + "1, column: 1]",
		"1.5":   mismatch + linked + "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)" + at + "1, column: 1]",
		"true":  mismatch + linked + "Boolean value (token `JsonToken.VALUE_TRUE`)" + at + "1, column: 1]",
		`"abc"`: mismatch + "Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): " +
			"no String-argument constructor/factory method to deserialize from String value ('abc')" + at + "1, column: 1]",
	} {
		_, err := ParseJSONRow(doc, []Column{{Name: "k", Type: Int}})
		require.EqualError(t, err, "Could not decode JSON string as a map: "+want+". (String was: "+doc+")")
	}
	_, err := ParseJSONRow("null", nil)
	require.EqualError(t, err, "Got null for INSERT JSON values")
	_, err = ParseJSONRow(`{"x": 1}`, nil)
	require.EqualError(t, err, "JSON values map contains unrecognized column: x")
	_, err = ParseJSONRow(strings.Repeat(`{"k":`, 5000), nil)
	require.Error(t, err)

	for _, tt := range []struct {
		typ        *Type
		json, want string
	}{
		{Int, "1.0", "Expected an int value, but got a Double: 1.0"}, {Int, "2147483648", "Expected an int value, but got a Long: 2147483648"},
		{Int, `"x"`, "Unable to make int from 'x'"}, {Bigint, "9223372036854775808", "Expected a bigint value, but got a BigInteger: 9223372036854775808"},
		{Bigint, "true", "Expected a bigint value, but got a Boolean: true"}, {Tinyint, "200", "Unable to make byte from '200'"},
		{Text, `["a", {"b": null}]`, "Expected a UTF-8 string, but got a ArrayList: [a, {b=null}]"}, {Text, "1e10", "Expected a UTF-8 string, but got a Double: 1.0E10"},
		{Boolean, "1", "Expected a boolean value, but got a Integer: 1"}, {Decimal, "true", "Value 'true' is not a valid representation of a decimal value"},
		{Varint, "1.5", "Value '1.5' is not a valid representation of a varint value"},
		{Timestamp, "1000", "Expected a long or a datestring representation of a timestamp value, but got a Integer: 1000"},
		{Blob, `"cafe"`, "Value 'cafe' is not a valid blob representation: String representation of blob is missing 0x prefix: cafe"},
		{Blob, "5", "Value '5' is not a valid blob representation: class java.lang.Integer cannot be cast to class java.lang.String " +
			"(java.lang.Integer and java.lang.String are in module java.base of loader 'bootstrap')"},
		{List(Int, false), "[null]", "Invalid null element in list"}, {Set(Int, false), `{"a": 1}`, "Expected a list (representing a set), but got a LinkedHashMap: {a=1}"},
		{Map(Text, Int, false), `["a"]`, "Expected a map, but got a ArrayList: [a]"}, {Map(Text, Int, false), `{"a": null}`, "Invalid null value in map"},
		{Tuple(Int, Int), "[1]", "Tuple is missing items (expected 2): [1]"}, {Tuple(Int, Int), "[1, 2, 3]", "Tuple contains extra items (expected 2): [1, 2, 3]"},
		{Tuple(Int), "5", "Expected a list representation of a tuple, but got a Integer: 5"},
		{address, `{"nosuch": 1}`, "Unknown field 'nosuch' in value of user defined type address"},
		{Vector(Float, 2), "[1]", "List had incorrect size: expected 2 but given 1; [1]"}, {Duration, `"x"`, "Unable to convert 'x' to a duration"},
	} {
		_, err := tt.typ.ParseJSON(tt.json)
		require.EqualError(t, err, tt.want)
	}
}

func TestParseJSONRowReportsTheServersFirst(t *testing.T) {
	_, err := ParseJSONRow(`{"da": 5, "ti": 7, "ts": 1000}`, []Column{{Name: "da", Type: Date}, {Name: "ti", Type: Time}, {Name: "ts", Type: Timestamp}})
	require.ErrorContains(t, err, "for ts:")
}
