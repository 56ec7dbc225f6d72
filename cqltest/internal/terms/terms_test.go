package terms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func column(name string, t *types.Type) types.Column {
	return types.Column{Keyspace: "ks", Table: "t", Name: name, Type: t}
}

var pair = types.UDT("ks", "pair", []string{"a", "b"}, []*types.Type{types.Int, types.Text}, false)

func scope() *Scope {
	return &Scope{Keyspace: "ks", Table: "t", PartitionKey: []*types.Type{types.Int, types.Text}, UDT: func(_, name string) *types.Type {
		if name == "pair" {
			return pair
		}
		return nil
	}}
}

// eval prepares text for a column v of type typ and evaluates it.
func eval(t testing.TB, s *Scope, text string, typ *types.Type, values ...[]byte) ([]byte, error) {
	t.Helper()
	term, err := cqlparse.ParseTerm(text)
	require.NoError(t, err, text)
	prepared, err := Prepare(s, term, column("v", typ))
	if err != nil {
		return nil, err
	}
	return prepared.Eval(env(nil, values...))
}

func TestPrepare(t *testing.T) {
	set, list, intMap := types.Set(types.Int, false), types.List(types.Int, false), types.Map(types.Text, types.Int, false)
	for _, tt := range []struct {
		text string
		typ  *types.Type
		want string // as a literal, or the error
	}{
		{"5", types.Int, "5"}, {"5", types.Double, "5.0"}, {"-5", types.Varint, "-5"}, {"null", types.Int, "null"}, {"'x'", types.Text, "'x'"},
		{"0xca", types.Blob, "0xca"}, {"[1, 2]", list, "[1, 2]"}, {"{2, 1, 2}", set, "{1, 2}"}, {"{}", intMap, "{}"}, {"{}", set, "{}"},
		{"{'b': 1, 'a': 2}", intMap, "{'a': 2, 'b': 1}"}, {"(1, 'x')", types.Tuple(types.Int, types.Text), "(1, 'x')"},
		{"(1)", types.Tuple(types.Int, types.Text), "(1)"}, {"(5)", types.Int, "5"}, {"{a: 1}", pair, "{a: 1, b: null}"},
		{"[1, 2]", types.Vector(types.Float, 2), "[1.0, 2.0]"}, {"(int) 5", types.Int, "5"}, {"(int) 5", types.Varint, "5"}, {"5 + 1.5", types.Double, "6.5"},
		{"cast((int) 5 as text)", types.Text, "'5'"}, {"fromJson('[1, 2]')", list, "[1, 2]"}, {"blobAsInt(0x00000005)", types.Int, "5"},
		{"toTimestamp(minTimeuuid('2024-01-01'))", types.Timestamp, "'2024-01-01T00:00:00.000Z'"}, {"toDate(currentTimestamp())", types.Date, "'2024-02-29'"},
		{"token(1, 'x')", types.Bigint, "746584927563629270"}, {"(timestamp) '2024-01-31' + 1mo", types.Timestamp, "'2024-02-29T00:00:00.000Z'"},

		{"'abc'", types.Int, `Invalid STRING constant (abc) for "v" of type int`}, {"1.5", types.Int, `Invalid FLOAT constant (1.5) for "v" of type int`},
		{"null", types.Counter, "Invalid null value for counter increment/decrement"}, {"5", list, `Invalid INTEGER constant (5) for "v" of type list<int>`},
		{"['a']", list, "Invalid list literal for v: value 'a' is not of type int"}, {"[null]", list, "null is not supported inside collections"},
		{"{1}", list, "Invalid set literal for v of type list<int>"}, {"[1]", set, "Unexpected receiver type 'set<int>'; only list and vector are expected"},
		{"{'a': 'b'}", intMap, "Invalid map literal for v: value 'b' is not of type int"}, {"{1: 1}", intMap, "Invalid map literal for v: key 1 is not of type text"},
		{"{1: 1}", list, "Invalid map literal for v of type list<int>"}, {"[?]", list, "Invalid list literal for v: bind variables are not supported inside collection literals"},
		{"(1, 2)", types.Tuple(types.Int, types.Text), "Invalid tuple literal for v: component 1 is not of type text"},
		{"(1, 'x', 2)", types.Tuple(types.Int, types.Text), "Invalid tuple literal for v: too many elements. Type frozen<tuple<int, text>> expects 2 but got 3"},
		{"(1, 2)", types.Int, "Invalid tuple type literal for v of type int"}, {"{a: 'x'}", pair, "Invalid user type literal for v: field a is not of type int"},
		{"{c: 1}", pair, "Unknown field 'c' in value of user defined type pair"}, {"{a: 1}", list, "Invalid user type literal for v of type list<int>"},
		{"[1]", types.Vector(types.Float, 2), "Invalid vector literal for v of type vector<float, 2>; expected 2 elements, but given 1"},
		{"(text) 5", types.Text, "Cannot cast value 5 to type text"}, {"(text) 'x'", types.Int, "Cannot assign value (text)'x' to v of type int"},
		{"nosuch(1)", types.Int, "Unknown function nosuch called"}, {"ks.f(1)", types.Int, "Unknown function ks.f called"},
		{"now()", types.Int, "Type error: cannot assign result of function system.now (type timeuuid) to v (type int)"},
		{"now(1)", types.TimeUUID, "Invalid number of arguments in call to function system.now: 0 required but 1 provided"},
		{"uuid('x')", types.UUID, "Invalid number of arguments in call to function system.uuid: 0 required but 1 provided"},
		{"token('x', 'y')", types.Bigint, "Type error: 'x' cannot be passed as argument 0 of function system.token of type int"},
		{"count(0xca)", types.Bigint, "Aggregation function are not supported in the where clause"},
		{"? + ?", types.Int, "Ambiguous '+' operation with args ? and ?: use type hint to disambiguate, example '(int) ?'"},
		{"(int) 1 / 0", types.Int, "the operation 'int / int' failed: / by zero"},
		{"blobAsInt(0x01)", types.Int, "In call to function system.blobasint, value 0x01 is not a valid binary representation for type int"},
		{"from_json('x')", types.Int, "execution of 'system.fromjson[text]' failed: Could not decode JSON string 'x': com.fasterxml.jackson.core.JsonParseException: " +
			"Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			" at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"},
		{"fromJson('x')", types.Duration, "execution of 'system.fromjson[text]' failed: Could not decode JSON string 'x': com.fasterxml.jackson.core.JsonParseException: " +
			"Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			" at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"},
	} {
		b, err := eval(t, scope(), tt.text, tt.typ)
		got := tt.typ.Literal(b)
		if err != nil {
			got = err.Error()
		}
		require.Equal(t, tt.want, got, "%s for %s", tt.text, tt.typ)
	}
}

func TestFunctionFailureTellsTheFunction(t *testing.T) {
	_, err := eval(t, scope(), "fromJson('\"x\"')", types.Int)
	var e *types.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, &types.Error{Code: types.CodeFunctionFailure, Keyspace: "system", Function: "fromjson", ArgTypes: []string{"text"},
		Message: "org.apache.cassandra.serializers.MarshalException: Unable to make int from 'x'"}, e)
}

func TestMarkers(t *testing.T) {
	s := scope()
	_, err := eval(t, s, "(?, :name)", types.Tuple(types.Int, types.Text))
	require.EqualError(t, err, "Invalid amount of bind variables")
	require.Equal(t, []types.Column{column("v[0]", types.Int), column("name", types.Text)}, s.Markers)

	set := types.Set(types.Int, false)
	unsorted := types.PackList(3, [][]byte{types.EncodeInt(2), types.EncodeInt(1), types.EncodeInt(2)})
	for _, tt := range []struct {
		text string
		typ  *types.Type
		bind []byte
		want string
	}{
		{"?", types.Int, types.EncodeInt(5), "5"}, {"?", types.Int, nil, "null"}, {"?", types.Int, []byte{1}, "Expected 4 or 0 byte int (1)"},
		{"?", set, unsorted, "{1, 2}"}, {"?", types.Text, []byte{0xff}, "String didn't validate."},
		{"(int) ? + 1", types.Int, types.EncodeInt(5), "6"}, {"(int) ? + 1", types.Int, nil, "null"},
		{"(int) ? + 1", types.Int, types.Unset, "Invalid unset value for argument in call to function _add"},
		{"(?, 'x')", types.Tuple(types.Int, types.Text), types.Unset, "Invalid unset value for tuple field number 0"},
		{"{a: ?}", pair.Freeze(), types.Unset, "Invalid unset value for field 'a' of user defined type pair"},
		{"[?, 2]", types.Vector(types.Float, 2), nil, "null is not supported inside vectors"},
	} {
		b, err := eval(t, scope(), tt.text, tt.typ, tt.bind)
		got := tt.typ.Literal(b)
		if err != nil {
			got = err.Error()
		}
		require.Equal(t, tt.want, got, "%s for %s", tt.text, tt.typ)
	}
	b, err := eval(t, scope(), "?", types.Int, types.Unset)
	require.NoError(t, err)
	require.True(t, types.IsUnset(b))
}

func TestInMarkers(t *testing.T) {
	in := InColumn(column("c", types.Int))
	require.Equal(t, "in(c)", in.Name)
	withNull := types.PackList(2, [][]byte{types.EncodeInt(1), nil})
	s := scope()
	term, err := Prepare(s, &cqlparse.Marker{}, in)
	require.NoError(t, err)
	b, err := term.Eval(env(nil, withNull))
	require.NoError(t, err, "whoever looks at the elements reports the null")
	require.Equal(t, withNull, b)
	_, err = term.Eval(env(nil, types.PackList(1, [][]byte{{1}})))
	require.EqualError(t, err, "Expected 4 or 0 byte int (1)")

	cols := []types.Column{column("a", types.Int), column("b", types.Text)}
	require.Equal(t, "in(a,b)", InTupleColumn(cols).Name)
	require.Equal(t, "frozen<list<frozen<tuple<int, text>>>>", InTupleColumn(cols).Type.String())
}

func TestPrepareTuple(t *testing.T) {
	cols := []types.Column{column("a", types.Int), column("b", types.Text)}
	prepare := func(text string) ([]Term, error) {
		term, err := cqlparse.ParseTerm(text)
		require.NoError(t, err)
		return PrepareTuple(scope(), term, cols)
	}
	terms, err := prepare("(1, ?)")
	require.NoError(t, err)
	require.Len(t, terms, 2)
	_, err = prepare("(1, 'x', 2)")
	require.EqualError(t, err, "Expected 2 elements in value tuple, but got 3: (1, 'x', 2)")
	_, err = prepare("('x', 'x')")
	require.EqualError(t, err, `Invalid STRING constant (x) for "a" of type int`)

	terms, err = prepare("?")
	require.NoError(t, err)
	require.Len(t, terms, 1)
	require.Equal(t, "frozen<tuple<int, text>>", terms[0].Type().String())
	_, err = terms[0].Eval(env(nil, types.Unset))
	require.EqualError(t, err, "Invalid unset value for tuple (a,b)")
}

func TestBoundLists(t *testing.T) {
	withNull := types.PackList(1, [][]byte{nil})
	b, err := eval(t, scope(), "?", types.List(types.Int, true), withNull)
	require.NoError(t, err, "whoever stores it element by element refuses the null")
	require.Equal(t, withNull, b)
	_, err = eval(t, scope(), "?", types.Set(types.Int, true), withNull)
	require.EqualError(t, err, "Null value read when not allowed")
	_, err = eval(t, scope(), "?", types.List(types.Int, false), []byte{0xff, 0xff, 0xff, 0xff})
	require.EqualError(t, err, "The data cannot be deserialized as a list")
}
