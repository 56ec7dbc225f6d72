package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// TestContendersAgree: all contenders read the same rows, over each driver, so they do the same work.
func TestContendersAgree(t *testing.T) {
	for driver, over := range fields {
		t.Run(driver, func(t *testing.T) {
			server, err := cqltest.Run()
			require.NoError(t, err)
			defer server.Close()
			session, err := connect(server.Addr(), "")
			require.NoError(t, err)
			require.NoError(t, seed(session))
			session.Close()
			field, err := over(server.Addr())
			require.NoError(t, err)
			defer field.close()

			ctx := context.Background()
			require.NoError(t, check(ctx, field.contenders))
			for _, c := range field.contenders {
				applied, existing, err := c.InsertRow(ctx, heldRow)
				require.NoError(t, err, "%T", c)
				require.False(t, applied, "%T", c)
				require.Equal(t, heldRow, existing, "%T", c)

				got, err := c.GetRow(ctx, held, 1)
				require.NoError(t, err, "%T", c)
				require.Equal(t, heldRow, got, "%T", c)

				seq := 0
				require.NoError(t, c.EachRow(ctx, held, func(r Row) {
					require.Equal(t, row(held, seq), r, "%T", c)
					seq++
				}))
				require.Equal(t, partitionRows, seq, "%T", c)
			}
		})
	}
}
