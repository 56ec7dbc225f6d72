package coodie

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

func TestNullOfAMapsKeyIsJudged(t *testing.T) {
	type Holds struct {
		K int                `cql:"k,partition"`
		M map[gocql.UUID]int `cql:"m"`
	}
	m := Col(func(h *Holds) *map[gocql.UUID]int { return &h.M })
	table, sent := answering[Holds](t, applied)
	id := gocql.TimeUUID()
	for _, c := range []Cond[Holds]{Entry(m, id).IsNull(), Entry(m, id).IsNotNull(), ContainsKey(m, id), m.Eq(nil)} {
		_, err := table.New(Holds{K: 1}).If(c).Delete(context.Background())
		require.NoError(t, err)
	}
	require.Len(t, sent.Sent(), 4)
	_, err := table.New(Holds{K: 1}).If(Entry(m, id).Eq(1)).Delete(context.Background())
	require.ErrorContains(t, err, "as if it were a uuid")
	_, err = table.New(Holds{K: 1}).If(Entry(m, id).In(1, 2)).Delete(context.Background())
	require.ErrorContains(t, err, "as if it were a uuid")
	require.Len(t, sent.Sent(), 4)
}
