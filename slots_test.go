package coodie_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Register struct {
	ID string   `cql:"id,partition"`
	N  int      `cql:"n"`
	_  struct{} `cql:"slots,slots"`
}

var (
	registerID = coodie.Col(func(r *Register) *string { return &r.ID })
	registerN  = coodie.Col(func(r *Register) *int { return &r.N })
)

func TestSlotsFirst(t *testing.T) {
	ctx := context.Background()
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		srv, session := server(t, cqltest.WithDialect(dialect))
		registers := open[Register](t, session)
		res, err := registers.New(Register{ID: "a", N: 1}).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		srv.ResetLog()
		row := registers.Find(registerID.Eq("a"))
		for n := 1; n < 4; n++ {
			res, err = row.If(registerN.Eq(n)).Update(ctx, registerN.Set(n+1))
			require.NoError(t, err)
			require.True(t, res.Applied)
		}
		res, err = row.If(registerN.Eq(1)).Update(ctx, registerN.Set(9))
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Equal(t, 4, res.Existing.Value.N)
		require.Equal(t, "refused: n", res.String())
		t.Log(srv.Log())
		t.Log(srv.MustRows("SELECT * FROM register"))

		// Lost answers.
		for name, steps := range lost {
			t.Run(name, func(t *testing.T) {
				f := srv.Fault(cqltest.On(cqltest.Conditional, "register").Nth(1), steps...)
				res, err = row.If(registerN.Eq(4)).Update(ctx, registerN.Set(5))
				require.NoError(t, err)
				require.True(t, res.Applied)
				f.Remove()
				res, err = row.If(registerN.Eq(5)).Update(ctx, registerN.Set(4))
				require.NoError(t, err)
				require.True(t, res.Applied)
			})
		}
		_ = time.Now
	}
}
