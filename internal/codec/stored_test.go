package codec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestComparedAsKey: the conditions on a map's value that Cassandra 5.0.6 was seen to decide
// wrongly, and those that come out right.
func TestComparedAsKey(t *testing.T) {
	for _, tt := range []struct {
		typ            string
		equal, ordered bool // what is refused
	}{
		{"map<text, text>", false, false},
		{"map<text, int>", false, true},
		{"map<text, frozen<list<int>>>", false, true},
		{"map<ascii, date>", false, false},
		{"map<blob, double>", false, true},
		{"map<int, int>", false, false},
		{"map<int, bigint>", false, false},
		{"map<bigint, timestamp>", false, false},
		{"map<int, text>", false, true},
		{"map<tinyint, text>", true, true},
		{"map<tinyint, tinyint>", false, false},
		{"map<uuid, uuid>", false, false},
		{"map<uuid, int>", true, true},
		{"map<uuid, timeuuid>", true, true},
		{"map<timeuuid, text>", true, true},
		{"map<boolean, text>", true, true},
		{"map<boolean, boolean>", false, false},
		{"map<double, text>", true, true},
		{"map<double, double>", false, false},
		{"map<decimal, int>", true, true},
		{"map<varint, text>", true, true},
		{"map<frozen<tuple<int, int>>, int>", true, true},
		{"map<frozen<list<int>>, frozen<list<text>>>", true, true},
		{"map<frozen<list<int>>, frozen<list<int>>>", false, false},
	} {
		typ, err := ParseType(tt.typ)
		require.NoError(t, err)
		require.Equal(t, !tt.equal, typ.Elem.ComparedAsKey(typ.Key, false), tt.typ)
		require.Equal(t, !tt.ordered, typ.Elem.ComparedAsKey(typ.Key, true), tt.typ)
	}
}
