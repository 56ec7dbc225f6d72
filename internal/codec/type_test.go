package codec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTypeAndString(t *testing.T) {
	for in, want := range map[string]string{
		"INT": "int", " varchar ": "text", "ascii": "ascii",
		"list<int>":                         "list<int>",
		"map<text, frozen<list<int>>>":      "map<text, frozen<list<int>>>",
		"map<text,list<set<int>>>":          "map<text, frozen<list<frozen<set<int>>>>>",
		"frozen<map<text, int>>":            "frozen<map<text, int>>",
		"frozen<tuple<int, text>>":          "tuple<int, text>",
		"tuple<int,tuple<text,list<int>>>":  "tuple<int, tuple<text, frozen<list<int>>>>",
		"vector<float, 3>":                  "vector<float, 3>",
		"VECTOR < frozen<list<text>> , 2 >": "vector<frozen<list<text>>, 2>",
		"address":                           "address",
		"Address":                           "address",
		`"Address"`:                         `"Address"`,
		`"order"`:                           `"order"`,
		`"int"`:                             `"int"`,
		`frozen<"a""b">`:                    `frozen<"a""b">`,
		"list<frozen<address>>":             "list<frozen<address>>",
		"set<address>":                      "set<frozen<address>>",
		"'org.example.MyType'":              "'org.example.MyType'",
		"'org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType,4)'": "vector<float, 4>",
	} {
		typ, err := ParseType(in)
		require.NoError(t, err, in)
		require.Equal(t, want, typ.String())
		again, err := ParseType(typ.String())
		require.NoError(t, err)
		require.Equal(t, want, again.String())
		require.True(t, typ.Equal(again), in)
	}
}

func TestParseTypeRefuses(t *testing.T) {
	for _, s := range []string{
		"", " ", "list", "list<", "list<int", "list<>", "map<int>", "map<int,>", "list<int>>", "int int", "frozen<int>",
		"vector<int>", "vector<int, 0>", "vector<int, x>", "vector<int, 99999999999999999999>", "foo<int>", `"`, `""`, `"a`,
		"1a", "<int>", "tuple<>", "tuple<int,>", "ks.address", "'", strings.Repeat("list<", 100) + "int" + strings.Repeat(">", 100),
	} {
		_, err := ParseType(s)
		require.Error(t, err, s)
		require.Contains(t, err.Error(), "not a CQL type")
	}
}

func TestEqualKnowsWhereFrozenCounts(t *testing.T) {
	equal := func(a, b string) bool { return mustParse(t, a).Equal(mustParse(t, b)) }
	require.True(t, equal("varchar", "text"))
	require.True(t, equal("list<frozen<address>>", "list<address>"))
	require.True(t, equal("frozen<tuple<int, frozen<list<int>>>>", "tuple<int, list<int>>"))
	require.False(t, equal("frozen<list<int>>", "list<int>"))
	require.False(t, equal("frozen<address>", "address"))
	require.False(t, equal("list<int>", "set<int>"))
	require.False(t, equal("vector<float, 3>", "vector<float, 4>"))
	require.False(t, equal("uuid", "timeuuid"))
	require.False(t, equal("tuple<int>", "tuple<int, int>"))
	require.False(t, equal("map<int, text>", "map<text, int>"))
}

func address(fields ...string) *Type {
	u := &Type{Kind: UDT, Name: "address", Fields: []Field{}}
	for i := 0; i < len(fields); i += 2 {
		typ, _ := ParseType(fields[i+1])
		u.Fields = append(u.Fields, Field{fields[i], typ})
	}
	return u
}

func TestSnakeCase(t *testing.T) {
	for in, want := range map[string]string{
		"ID": "id", "UserID": "user_id", "HTTPServer": "http_server", "LockedBy": "locked_by", "userName": "user_name",
		"A": "a", "AB": "ab", "Line2": "line2", "Line2Text": "line2_text", "UserIDs": "user_ids", "IDs": "ids",
		"already_snake": "already_snake", "With_Under": "with_under", "ÄrgerÜber": "ärger_über", "X1Y2": "x1_y2", "": "",
	} {
		require.Equal(t, want, SnakeCase(in), in)
	}
}
