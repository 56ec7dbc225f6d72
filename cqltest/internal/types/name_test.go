package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

func TestTypeNames(t *testing.T) {
	const pkg = "org.apache.cassandra.db.marshal."
	for _, tt := range []struct{ written, cql, class string }{
		{"int", "int", pkg + "Int32Type"},
		{"varchar", "text", pkg + "UTF8Type"},
		{"counter", "counter", pkg + "CounterColumnType"},
		{"duration", "duration", pkg + "DurationType"},
		{"list<int>", "list<int>", pkg + "ListType(" + pkg + "Int32Type)"},
		{"frozen<list<int>>", "frozen<list<int>>", pkg + "FrozenType(" + pkg + "ListType(" + pkg + "Int32Type))"},
		{"map<text, frozen<set<int>>>", "map<text, frozen<set<int>>>",
			pkg + "MapType(" + pkg + "UTF8Type," + pkg + "FrozenType(" + pkg + "SetType(" + pkg + "Int32Type)))"},
		{"frozen<map<text, list<int>>>", "frozen<map<text, frozen<list<int>>>>",
			pkg + "FrozenType(" + pkg + "MapType(" + pkg + "UTF8Type," + pkg + "ListType(" + pkg + "Int32Type)))"},
		{"tuple<int, list<text>>", "frozen<tuple<int, frozen<list<text>>>>",
			pkg + "TupleType(" + pkg + "Int32Type," + pkg + "ListType(" + pkg + "UTF8Type))"},
		{"vector<float, 3>", "vector<float, 3>", pkg + "VectorType(" + pkg + "FloatType , 3)"},
		{"address", "address", pkg + "UserType(ks,61646472657373,737472656574:" + pkg + "UTF8Type,4e6f:" + pkg + "Int32Type)"},
		{"frozen<address>", "frozen<address>",
			pkg + "FrozenType(" + pkg + "UserType(ks,61646472657373,737472656574:" + pkg + "UTF8Type,4e6f:" + pkg + "Int32Type))"},
	} {
		typ := resolve(t, tt.written)
		require.Equal(t, tt.cql, typ.String(), tt.written)
		require.Equal(t, tt.class, typ.ClassName(), tt.written)
		back, err := ParseClass(typ.ClassName())
		require.NoError(t, err)
		require.True(t, typ.EqualIgnoringFrozen(back), "%s became %s", typ, back)
	}
}

func TestLexicalUUID(t *testing.T) {
	const class, text = "org.apache.cassandra.db.marshal.LexicalUUIDType", "123e4567-e89b-12d3-a456-426614174000"
	typ, err := ParseClass(class)
	require.NoError(t, err)
	require.Equal(t, KindCustom, typ.Kind)
	require.Equal(t, class, typ.ClassName())
	require.Equal(t, value(t, UUID, text), value(t, typ, text))
	require.Error(t, typ.Validate([]byte{1}))
}

func TestParseClassRefuses(t *testing.T) {
	for _, class := range []string{"", "NoSuchType", "ListType", "ListType(", "ListType()", "MapType(Int32Type)", "VectorType(FloatType , 0)",
		"VectorType(FloatType , x)", "UserType(ks,zz)", "Int32Type(", "FrozenType(Int32Type,Int32Type)", "TupleType(TupleType("} {
		_, err := ParseClass(class)
		require.Error(t, err, class)
	}
}

func TestResolveRefuses(t *testing.T) {
	for written, message := range map[string]string{
		"list<list<int>>":                  "Non-frozen collections are not allowed inside collections: list<list<int>>",
		"map<text, set<int>>":              "Non-frozen collections are not allowed inside collections: map<text, set<int>>",
		"map<frozen<set<int>>, list<int>>": "Non-frozen collections are not allowed inside collections: map<frozen<set<int>>, list<int>>",
		"list<address>":                    "Non-frozen UDTs are not allowed inside collections: list<address>",
		"set<counter>":                     "Counters are not allowed inside collections: set<counter>",
		"map<counter, int>":                "Counters are not allowed inside collections: map<counter, int>",
		"set<duration>":                    "Durations are not allowed inside sets: set<duration>",
		"map<duration, int>":               "Durations are not allowed as map keys: map<duration, int>",
		"tuple<int, counter>":              "Counters are not allowed inside tuples",
		"'no.such.Type'":                   "Error setting type no.such.Type: Unable to find abstract-type class 'no.such.Type'",
		"nosuch":                           "Unknown type ks.nosuch",
		"other.address":                    "Statement on keyspace ks cannot refer to a user type in keyspace other; user types can only be used in the keyspace they are defined in",
	} {
		w, err := cqlparse.ParseType(written)
		require.NoError(t, err, written)
		_, err = Resolve("ks", w, lookup)
		require.EqualError(t, err, message)
	}
}

func TestFreezeAndReferences(t *testing.T) {
	typ := Map(Text, List(address, false), false)
	require.True(t, typ.IsMultiCell())
	require.Equal(t, "frozen<map<text, frozen<list<frozen<address>>>>>", typ.Freeze().String())
	require.False(t, address.Frozen, "freezing must not touch the original")
	require.True(t, typ.References("ks", "address"))
	require.False(t, typ.References("other", "address"))
	require.True(t, Tuple(Int, Duration).Contains(KindDuration))
}

func TestAssignableTo(t *testing.T) {
	for _, tt := range []struct {
		from, to *Type
		want     Assignability
	}{
		{Int, Int, ExactMatch}, {Int, Bigint, NotAssignable}, {Int, Varint, WeaklyAssignable}, {Timestamp, Bigint, WeaklyAssignable},
		{Bigint, Timestamp, WeaklyAssignable}, {ASCII, Text, WeaklyAssignable}, {Text, ASCII, NotAssignable}, {Inet, Blob, WeaklyAssignable},
		{TimeUUID, UUID, WeaklyAssignable}, {UUID, TimeUUID, NotAssignable}, {Int, Date, WeaklyAssignable}, {Bigint, Time, WeaklyAssignable},
		{List(Int, true), List(Int, false), ExactMatch}, {List(Int, false), List(Int, true), NotAssignable},
		{List(ASCII, true), List(Text, true), WeaklyAssignable}, {Set(Int, true), List(Int, true), NotAssignable},
		{Map(Int, ASCII, true), Map(Int, Text, true), WeaklyAssignable}, {Map(Int, Int, true), Map(Varint, Int, true), NotAssignable},
		{Tuple(Int), Tuple(Int, Text), WeaklyAssignable}, {Tuple(Int, Text), Tuple(Int), NotAssignable},
		{Vector(Float, 2), Vector(Float, 3), NotAssignable},
	} {
		require.Equal(t, tt.want, tt.from.AssignableTo(tt.to), "%s to %s", tt.from, tt.to)
	}
}
