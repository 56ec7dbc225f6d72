package gocqlv1

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
)

func mustParse(t testing.TB, s string) *codec.Type {
	t.Helper()
	typ, err := codec.ParseType(s)
	require.NoError(t, err, s)
	return typ
}

func address(fields ...string) *codec.Type {
	u := &codec.Type{Kind: codec.UDT, Name: "address", Fields: []codec.Field{}}
	for i := 0; i < len(fields); i += 2 {
		typ, _ := codec.ParseType(fields[i+1])
		u.Fields = append(u.Fields, codec.Field{Name: fields[i], Type: typ})
	}
	return u
}

func TestTypeInfoBothWays(t *testing.T) {
	types := []*codec.Type{
		mustParse(t, "list<frozen<map<text, set<int>>>>"), mustParse(t, "tuple<int, text, vector<float, 3>>"),
		mustParse(t, "vector<vector<bigint, 2>, 3>"), mustParse(t, "vector<frozen<list<text>>, 2>"),
		mustParse(t, "vector<tuple<int, smallint>, 2>"), address("street", "text", "zip", "int"),
		{Kind: codec.Vector, Len: 2, Elem: address("street", "text", "tags", "list<text>")},
		mustParse(t, "'org.example.MyType'"),
	}
	for k := codec.ASCII; k < codec.List; k++ {
		types = append(types, codec.Native(k))
	}
	for _, typ := range types {
		info := infoOf(typ)
		require.Equal(t, byte(4), info.Version())
		back, err := typeOf(info)
		require.NoError(t, err)
		require.True(t, typ.Equal(back), "%s came back as %s", typ, back)
		require.True(t, same(typ, info), typ.String())
		require.Zero(t, testing.AllocsPerRun(10, func() { same(typ, info) }), "Same(%s) allocates", typ)
	}
}

// What a real Cassandra 5.0 sends for a vector.
func TestVectorsOfTheServer(t *testing.T) {
	const prefix = "org.apache.cassandra.db.marshal."
	info := withClass(prefix + "VectorType(" + prefix + "FloatType, 3)")
	typ, err := typeOf(info)
	require.NoError(t, err)
	require.Equal(t, "vector<float, 3>", typ.String())
	require.True(t, same(typ, info))

	info = withClass(prefix + "VectorType(" + prefix + "UserType(ks,61646472,7a6970:" + prefix + "Int32Type,74616773:" +
		prefix + "FrozenType(" + prefix + "ListType(" + prefix + "UTF8Type))) , 2)")
	typ, err = typeOf(info)
	require.NoError(t, err)
	require.Equal(t, `vector<frozen<addr>, 2>`, typ.String())
	require.Equal(t, []string{"zip", "tags"}, []string{typ.Elem.Fields[0].Name, typ.Elem.Fields[1].Name})

	for _, class := range []string{"", "x(", prefix + "VectorType(", prefix + "VectorType(" + prefix + "FloatType)", prefix + "VectorType(" + prefix + "FloatType,x)",
		prefix + "UserType(ks,zz)", prefix + "ListType()", strings.Repeat(prefix+"ListType(", 100)} {
		typ, err := typeOf(withClass(class))
		require.NoError(t, err)
		require.Equal(t, codec.Custom, typ.Kind)
		require.Equal(t, class, typ.Name)
	}
}

func TestSameIsStrict(t *testing.T) {
	same := func(a, b *codec.Type) bool {
		require.Equal(t, a.Same(b), same(a, infoOf(b)), "%s, %s", a, b)
		return same(a, infoOf(b))
	}
	for _, pair := range [][2]string{{"text", "ascii"}, {"ascii", "text"}, {"uuid", "timeuuid"}, {"bigint", "counter"},
		{"list<text>", "list<ascii>"}, {"frozen<list<int>>", "list<int>"}} {
		require.True(t, same(mustParse(t, pair[0]), mustParse(t, pair[1])), "%v", pair)
	}
	for _, pair := range [][2]string{{"text", "blob"}, {"bigint", "timestamp"}, {"int", "bigint"}, {"list<int>", "set<int>"},
		{"map<text, int>", "map<text, text>"}, {"map<int, text>", "map<text, text>"}, {"tuple<int>", "tuple<int, int>"},
		{"tuple<int>", "tuple<text>"}, {"vector<float, 3>", "vector<float, 4>"}, {"int", "list<int>"}, {"list<int>", "int"},
		{"'a'", "'b'"}, {"int", "'b'"}, {"time", "bigint"}, {"date", "int"}} {
		require.False(t, same(mustParse(t, pair[0]), mustParse(t, pair[1])), "%v", pair)
	}
	a := address("street", "text", "zip", "int")
	require.False(t, same(a, address("zip", "int", "street", "text")), "another order is another cell")
	require.False(t, same(a, address("street", "text")))
	require.False(t, same(a, address("street", "text", "zip", "text")))
	require.False(t, same(&codec.Type{Kind: codec.UDT, Name: "address"}, a), "unknown fields are not the same")
}

func FuzzTypeInfo(f *testing.F) {
	for _, s := range []string{"map<text, frozen<list<int>>>", "vector<float, 3>", `tuple<"A", 'x(y)'>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		typ, err := codec.ParseType(s)
		if err != nil {
			return
		}
		if back, err := typeOf(infoOf(typ)); err != nil || typ.Kind != codec.UDT && typ.Kind != codec.Custom && back.Kind != typ.Kind {
			t.Fatalf("%q: %v, %v", s, back, err)
		}
	})
}
