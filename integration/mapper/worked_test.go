package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// The four statements that the Python driver's guide works through, read in each of its
// three forms: named fields, an ordered tuple, a dict.
func TestWorkedStatements(t *testing.T) {
	s := connect(t)
	execute(t, s, "CREATE TABLE t (k int PRIMARY KEY, v int, x int)")
	table := open[Simple](t, s)
	doc := table.New(Simple{K: 0, V: ptr(0)})
	row := table.Find(simpleK.Eq(0))

	for _, tt := range []struct {
		name    string
		write   func() (coodie.LWTResult[Simple], error)
		applied bool
		value   Simple
		pairs   []coodie.Pair
		row     coodie.State
	}{
		{
			"INSERT (0, 0)", func() (coodie.LWTResult[Simple], error) { return doc.Insert(t.Context()) },
			true, Simple{}, nil, coodie.StateAbsent,
		},
		{
			"INSERT (0, 0) again", func() (coodie.LWTResult[Simple], error) { return doc.Insert(t.Context()) },
			false, Simple{K: 0, V: ptr(0)},
			[]coodie.Pair{
				{Column: "k", Value: 0}, {Column: "v", Value: 0}, {Column: "x", Value: nil},
			}, coodie.StatePresent,
		},
		{
			"UPDATE SET v=1, x=2 IF v=0", func() (coodie.LWTResult[Simple], error) {
				return row.If(simpleV.Eq(0)).Update(t.Context(), simpleV.Set(1), simpleX.Set(2))
			},
			true, Simple{}, nil, coodie.StatePresent,
		},
		{
			"UPDATE SET v=3, x=4 IF v=0 AND x=1", func() (coodie.LWTResult[Simple], error) {
				return row.If(simpleV.Eq(0), simpleX.Eq(1)).Update(t.Context(), simpleV.Set(3), simpleX.Set(4))
			},
			false, Simple{V: ptr(1), X: ptr(2)},
			[]coodie.Pair{
				{Column: "v", Value: 1}, {Column: "x", Value: 2},
			}, coodie.StatePresent,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := tt.write()
			require.NoError(t, err)
			require.Equal(t, tt.applied, res.Applied)
			require.Equal(t, tt.row, res.Row())
			require.Equal(t, tt.pairs, res.Existing.Pairs(), "the tuple form, in the server's order")
			dict := map[string]any{}
			for _, pair := range tt.pairs {
				dict[pair.Column] = pair.Value
			}
			require.Equal(t, dict, res.Existing.Map(), "the dict form")
			if tt.applied {
				require.Nil(t, res.Existing)
				require.NoError(t, res.Err())
				return
			}
			require.Equal(t, tt.value, res.Existing.Value, "the named form")
			require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
			for _, column := range []string{"k", "v", "x"} {
				want := coodie.StateUnknown
				if v, sent := dict[column]; sent && v == nil {
					want = coodie.StateAbsent
				} else if sent {
					want = coodie.StatePresent
				}
				require.Equal(t, want, res.Existing.State(column), column)
			}
		})
	}

	got, err := row.With(coodie.WithLinearizable()).Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, Simple{K: 0, V: ptr(1), X: ptr(2)}, got)
}
