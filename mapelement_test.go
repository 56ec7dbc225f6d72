package coodie

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// TestMisjudged: the conditions on a map's value that Cassandra 5.0.6 was seen to decide
// wrongly, and those that come out right.
func TestMisjudged(t *testing.T) {
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
		typ, err := codec.ParseType(tt.typ)
		require.NoError(t, err)
		for op := cql.Eq; op <= cql.In; op++ {
			want := tt.ordered
			if op == cql.Eq || op == cql.Ne || op == cql.In {
				want = tt.equal
			}
			require.Equal(t, want, misjudged(typ, op), "%s %s", tt.typ, op)
		}
	}
}

func TestNullOfAMapsKeyIsJudged(t *testing.T) {
	type Holds struct {
		K int                `cql:"k,partition"`
		M map[gocql.UUID]int `cql:"m"`
	}
	m := MapCol(func(h *Holds) *map[gocql.UUID]int { return &h.M })
	table, sent := answering[Holds](t, applied)
	id := gocql.TimeUUID()
	for _, c := range []Cond[Holds]{m.At(id).IsNull(), m.At(id).IsNotNull(), m.ContainsKey(id), m.Eq(nil)} {
		_, err := table.New(Holds{K: 1}).If(c).Delete(context.Background())
		require.NoError(t, err)
	}
	require.Len(t, sent.Sent(), 4)
	_, err := table.New(Holds{K: 1}).If(m.At(id).Eq(1)).Delete(context.Background())
	require.ErrorContains(t, err, "as if it were a uuid")
	_, err = table.New(Holds{K: 1}).If(m.At(id).In(1, 2)).Delete(context.Background())
	require.ErrorContains(t, err, "as if it were a uuid")
	require.Len(t, sent.Sent(), 4)
}
