package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
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

	require.NoError(t, table.DropTable(ctx))
	require.NoError(t, table.DropTable(ctx), "of a table that does not exist")
	require.Error(t, table.Verify(ctx))
	require.NoError(t, table.CreateTable(ctx))
	require.NoError(t, table.Verify(ctx))
}
