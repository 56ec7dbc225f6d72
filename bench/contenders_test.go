package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// TestContendersAgree: all three read the same rows, so they do the same work.
func TestContendersAgree(t *testing.T) {
	server, err := cqltest.Run()
	require.NoError(t, err)
	defer server.Close()
	session, err := connect(server.Addr(), "")
	require.NoError(t, err)
	require.NoError(t, seed(session))
	session.Close()
	session, err = connect(server.Addr(), keyspace)
	require.NoError(t, err)
	defer session.Close()
	coodie, err := newCoodie(session)
	require.NoError(t, err)

	ctx := context.Background()
	for _, c := range []contender{byHand{session}, newGocqlx(session), coodie} {
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
}
