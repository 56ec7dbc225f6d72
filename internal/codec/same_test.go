package codec

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"
)

// TestKeysThatAreOne: a map loses no entry on its way, in either direction.
func TestKeysThatAreOne(t *testing.T) {
	noon := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	times := map[time.Time]int{noon: 1, noon.In(time.FixedZone("", 3600)): 2}
	one, same := inf.NewDec(10, 1), inf.NewDec(100, 2)
	v1, v4 := gocql.UUID{6: 0x10, 15: 1}, gocql.UUID{6: 0x40, 15: 1}
	for cql, v := range map[string]any{
		"map<timestamp, int>":                      times,
		"frozen<map<timestamp, int>>":              times,
		"list<frozen<map<timestamp, int>>>":        []map[time.Time]int{times},
		"map<decimal, int>":                        map[*inf.Dec]int{one: 1, same: 1},
		"set<decimal>":                             map[*inf.Dec]struct{}{one: {}, same: {}}, // which of them would be a matter of chance
		"map<timeuuid, int>":                       map[gocql.UUID]int{v1: 1, v4: 2},
		"map<frozen<tuple<timestamp>>, int>":       map[struct{ T time.Time }]int{{noon}: 1, {noon.Local().Add(1)}: 2},
		"map<frozen<tuple<timestamp>>, tinyint>":   []Entry{{[]any{noon}, int8(1)}, {[]any{noon}, int8(1)}},
		"map<inet, int>":                           map[netip.Addr]int{netip.MustParseAddr("10.0.0.1"): 1, netip.MustParseAddr("::ffff:10.0.0.1"): 2},
		"map<text, frozen<map<timestamp, int>>>":   map[string]map[time.Time]int{"a": times},
		"tuple<frozen<map<timestamp, int>>, text>": []any{times, "x"},
	} {
		_, err := encode(t, mustParse(t, cql), v)
		require.ErrorContains(t, err, "two keys of the map are one in CQL", cql)
	}
	for cql, v := range map[string]any{
		"set<timestamp>": map[time.Time]struct{}{noon: {}, noon.In(time.FixedZone("", 3600)): {}},
		"set<decimal>":   []*inf.Dec{one, same},
		"set<uuid>":      []gocql.UUID{v1, v1},
	} {
		require.Equal(t, byte(1), mustEncode(t, mustParse(t, cql), v)[3], "an element is in a set once")
	}

	cell := mustEncode(t, mustParse(t, "map<blob, int>"), []Entry{{[]byte{10, 0, 0, 1}, 1}, {netip.MustParseAddr("::ffff:10.0.0.1").AsSlice(), 2}})
	_, err := decode(t, mustParse(t, "map<inet, int>"), map[netip.Addr]int{}, cell)
	require.ErrorContains(t, err, "two of the keys are one in Go")
}

// keyedBy is a map of int with keys of that type.
func keyedBy(key *Type) *Type { return &Type{Kind: Map, Key: key.Freeze(), Elem: Native(Int)} }

func TestJSONKeysThatAreOne(t *testing.T) {
	street := address("street", "text", "at", "map<int, frozen<map<decimal, text>>>")
	for _, tt := range []struct {
		t      *Type
		json   string
		refuse bool
	}{
		{mustParse(t, "map<text, int>"), `{"a": 1, "A": 2}`, false},
		{mustParse(t, "map<text, int>"), `{"a": 1, "\u0061": 2}`, true},
		{mustParse(t, "map<int, int>"), `{"1": 1, "+1": 2}`, true},
		{mustParse(t, "map<decimal, int>"), `{"1.0": 1, "1.00": 2}`, true},
		{mustParse(t, "map<frozen<list<int>>, int>"), `{"[1]": 1, "[1]": 2}`, true},
		{mustParse(t, "map<frozen<list<int>>, int>"), `{"[1]": 1, "[2]": 2}`, false},
		{mustParse(t, "map<frozen<list<int>>, int>"), `{"[1, 2]": 1, "[1,2]": 2}`, true},
		{mustParse(t, "map<frozen<list<int>>, int>"), `{"[1, 2]": 1, "[2, 1]": 2}`, false},
		{mustParse(t, "map<frozen<set<int>>, int>"), `{"[1, 2]": 1, "[2, 1, 2]": 2}`, true},
		{mustParse(t, "map<frozen<tuple<int, decimal>>, int>"), `{"[1, \"1.0\"]": 1, "[1, \"1.00\"]": 2}`, true},
		{mustParse(t, "map<frozen<tuple<int, text>>, int>"), `{"[1, null]": 1, "[1, \"\"]": 2}`, false},
		{mustParse(t, "map<frozen<map<int, int>>, int>"), `{"{\"1\": 1, \"2\": 2}": 1, "{\"2\": 2, \"1\": 1}": 2}`, true},
		{mustParse(t, "map<frozen<map<int, int>>, int>"), `{"{\"1\": 1, \"+1\": 2}": 1}`, true},
		{mustParse(t, "map<frozen<map<int, int>>, int>"), `{"{\"1\": 1}": 1, "{\"1\": 2}": 2}`, false},
		{mustParse(t, "map<frozen<map<int, int>>, int>"), `{"{\"1\": 1": 1, "[1]": 2, "null": 3}`, false},
		{keyedBy(address("street", "text", "no", "int")), `{"{\"street\": \"a\", \"no\": null}": 1, "{\"STREET\": \"a\"}": 2}`, true},
		{keyedBy(address("street", "text", "no", "int")), `{"{\"street\": \"a\"}": 1, "{\"street\": \"b\"}": 2}`, false},
		{mustParse(t, "list<frozen<map<int, text>>>"), `[{"1": "a"}, {"1": "b"}]`, false},
		{mustParse(t, "list<frozen<map<int, text>>>"), `"[{\"1\": \"a\", \"1\": \"b\"}]"`, true},
		{mustParse(t, "tuple<int, frozen<map<int, text>>>"), `[1, {"1": "a", "1": "b"}]`, true},
		{mustParse(t, "map<text, text>"), `{"a": "{\"x\": 1, \"x\": 2}"}`, false},
		{street, `{"street": "a", "at": {"1": {"1": "x", "2": "y"}, "2": {"1": "z"}}}`, false},
		{street, `{"street": "a", "STREET": "b"}`, true},
		{street, `{"street": "a", "\"street\"": "b"}`, true},
		{street, `{"at": {"1": {"1": "x", "1.0": "y"}}}`, true},
		{Native(Text), `{"a": 1, "a": 2}`, false},
		{mustParse(t, "map<text, int>"), `{"a": 1, "a`, false},
	} {
		err := CheckJSON(tt.t, []byte(tt.json))
		require.Equal(t, tt.refuse, err != nil, "%s %s %v", tt.t, tt.json, err)
	}
}

// TestCompareOfCellsThatGrew: fields that a type does not know yet count like those that it knows.
func TestCompareOfCellsThatGrew(t *testing.T) {
	u := address("street", "text")
	known, null, more := unhex(t, "0000000161"), unhex(t, "0000000161"+"ffffffff"), unhex(t, "0000000161"+"0000000400000001")
	require.Zero(t, u.Compare(known, null))
	require.Equal(t, 1, u.Compare(more, known))
	require.Equal(t, -1, u.Compare(null, more))

	decimals := mustParse(t, "vector<decimal, 2>")
	x, y := []*inf.Dec{inf.NewDec(10, 1), inf.NewDec(2, 0)}, []*inf.Dec{inf.NewDec(1, 0), inf.NewDec(200, 2)}
	require.Zero(t, decimals.Compare(mustEncode(t, decimals, x), mustEncode(t, decimals, y)))
}

func TestReasonsQuoteNoValues(t *testing.T) {
	err := because("it failed", errors.New("s3cret is short"))
	require.EqualError(t, err, "codec: it failed; its error may quote the value and is not printed: errors.As finds it")
	require.EqualError(t, errors.Unwrap(err), "s3cret is short")
}
