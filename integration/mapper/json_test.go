package mapper_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Rows as the server's JSON.
func TestJSONRows(t *testing.T) {
	t.Parallel()
	s, table := sales(t)
	day := table.Find(shop.Eq("a"), year.Eq(1), onDay.Eq(3))
	read := func(q coodie.Readable[Sale]) (out []string) {
		t.Helper()
		for row, err := range q.Reads().JSON().Iter(t.Context()) {
			require.NoError(t, err)
			require.True(t, json.Valid(row))
			out = append(out, string(row))
		}
		return out
	}
	require.Equal(t, []string{
		`{"shop": "a", "year": 1, "day": 3, "seq": 1, "owner": "owner of a", "item": "xxx", "price": 30, "weight": 1.5, "tags": ["3", "t"], "counts": {"n": 3}, "vec": [3.0, 1.0, 0.0]}`,
		`{"shop": "a", "year": 1, "day": 3, "seq": 2, "owner": "owner of a", "item": null, "price": null, "weight": 1.5, "tags": null, "counts": null, "vec": null}`,
	}, read(day))
	require.Equal(t, []string{`{"item": "xxx", "seq": 1}`, `{"item": null, "seq": 2}`}, read(day.Only(item, saleNo)))
	require.Equal(t, []string{`{"shop": "a", "year": 1, "owner": "owner of a"}`}, read(table.Find(shop.Eq("a"), year.Eq(1)).Distinct()))

	// A name with capitals is quoted within its key, as INSERT JSON wants it; one with a space is not.
	type Cased struct {
		ID  int `cql:"ID,partition"`
		Odd int `cql:"odd name"`
	}
	cased := create[Cased](t, s)
	require.NoError(t, cased.New(Cased{1, 2}).Save(t.Context()))
	row, err := cased.Find().JSON().One(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, `{"\"ID\"": 1, "odd name": 2}`, string(row))

	// What the server writes, it takes again.
	text, err := day.JSON().First(t.Context())
	require.NoError(t, err)
	require.NoError(t, table.New(Sale{Shop: "a", Year: 1, Day: 3, Seq: 1}).Delete(t.Context()))
	require.NoError(t, over(t, s).Raw("INSERT INTO sale JSON ?", string(text)).Exec(t.Context()))
	again, err := day.JSON().First(t.Context())
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
}
