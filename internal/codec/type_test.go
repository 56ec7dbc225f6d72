package codec

import (
	"strings"
	"testing"

	"github.com/gocql/gocql"
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

func TestTypeInfoBothWays(t *testing.T) {
	types := []*Type{
		mustParse(t, "list<frozen<map<text, set<int>>>>"), mustParse(t, "tuple<int, text, vector<float, 3>>"),
		mustParse(t, "vector<vector<bigint, 2>, 3>"), mustParse(t, "vector<frozen<list<text>>, 2>"),
		mustParse(t, "vector<tuple<int, smallint>, 2>"), address("street", "text", "zip", "int"),
		{Kind: Vector, Len: 2, Elem: address("street", "text", "tags", "list<text>")},
		mustParse(t, "'org.example.MyType'"),
	}
	for k := ASCII; k < List; k++ {
		types = append(types, Native(k))
	}
	for _, typ := range types {
		info := typ.TypeInfo(4)
		require.Equal(t, byte(4), info.Version())
		back, err := FromTypeInfo(info)
		require.NoError(t, err)
		require.True(t, typ.equal(back), "%s came back as %s", typ, back)
		require.True(t, typ.Same(info), typ.String())
		require.Zero(t, testing.AllocsPerRun(10, func() { typ.Same(info) }), "Same(%s) allocates", typ)
	}
}

// What a real Cassandra 5.0 sends for a vector.
func TestVectorsOfTheServer(t *testing.T) {
	const prefix = "org.apache.cassandra.db.marshal."
	info := gocql.NewNativeType(4, gocql.TypeCustom, prefix+"VectorType("+prefix+"FloatType, 3)")
	typ, err := FromTypeInfo(info)
	require.NoError(t, err)
	require.Equal(t, "vector<float, 3>", typ.String())
	require.True(t, typ.Same(info))

	info = gocql.NewNativeType(4, gocql.TypeCustom, prefix+"VectorType("+prefix+"UserType(ks,61646472,7a6970:"+prefix+"Int32Type,74616773:"+
		prefix+"FrozenType("+prefix+"ListType("+prefix+"UTF8Type))) , 2)")
	typ, err = FromTypeInfo(info)
	require.NoError(t, err)
	require.Equal(t, `vector<frozen<addr>, 2>`, typ.String())
	require.Equal(t, []string{"zip", "tags"}, []string{typ.Elem.Fields[0].Name, typ.Elem.Fields[1].Name})

	for _, class := range []string{"", "x(", prefix + "VectorType(", prefix + "VectorType(" + prefix + "FloatType)", prefix + "VectorType(" + prefix + "FloatType,x)",
		prefix + "UserType(ks,zz)", prefix + "ListType()", strings.Repeat(prefix+"ListType(", 100)} {
		typ, err := FromTypeInfo(gocql.NewNativeType(4, gocql.TypeCustom, class))
		require.NoError(t, err)
		require.Equal(t, Custom, typ.Kind)
		require.Equal(t, class, typ.Name)
	}
}

func TestSameIsStrict(t *testing.T) {
	same := func(a, b string) bool { return mustParse(t, a).Same(mustParse(t, b).TypeInfo(4)) }
	for _, pair := range [][2]string{{"text", "ascii"}, {"ascii", "text"}, {"uuid", "timeuuid"}, {"bigint", "counter"},
		{"list<text>", "list<ascii>"}, {"frozen<list<int>>", "list<int>"}} {
		require.True(t, same(pair[0], pair[1]), "%v", pair)
	}
	for _, pair := range [][2]string{{"text", "blob"}, {"bigint", "timestamp"}, {"int", "bigint"}, {"list<int>", "set<int>"},
		{"map<text, int>", "map<text, text>"}, {"map<int, text>", "map<text, text>"}, {"tuple<int>", "tuple<int, int>"},
		{"tuple<int>", "tuple<text>"}, {"vector<float, 3>", "vector<float, 4>"}, {"int", "list<int>"}, {"list<int>", "int"},
		{"'a'", "'b'"}, {"int", "'b'"}, {"time", "bigint"}, {"date", "int"}} {
		require.False(t, same(pair[0], pair[1]), "%v", pair)
	}
	a := address("street", "text", "zip", "int")
	require.False(t, a.Same(address("zip", "int", "street", "text").TypeInfo(4)), "another order is another cell")
	require.False(t, a.Same(address("street", "text").TypeInfo(4)))
	require.False(t, a.Same(address("street", "text", "zip", "text").TypeInfo(4)))
	require.False(t, (&Type{Kind: UDT, Name: "address"}).Same(a.TypeInfo(4)), "unknown fields are not the same")
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
