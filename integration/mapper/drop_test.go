package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

func TestTruncateAndDrop(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	table := create[Thing](t, s)
	require.NoError(t, table.New(full("a")).Save(ctx))

	require.NoError(t, table.Truncate(ctx))
	rows, err := table.Find().All(ctx)
	require.NoError(t, err)
	require.Empty(t, rows)

	require.NoError(t, coodie.Schema(nil, table).Drop(ctx))
	require.NoError(t, coodie.Schema(nil, table).Drop(ctx), "of a table that does not exist")
	require.Error(t, coodie.Schema(nil, table).Verify(ctx))
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
}
