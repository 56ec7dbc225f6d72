package driver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRegistry: it counts, and forgets.
func TestRegistry(t *testing.T) {
	var r registry
	require.Equal(t, 0, r.join([]string{"a", "b"}))
	require.Equal(t, 1, r.join([]string{"b", "c"}))
	require.Equal(t, 2, r.join([]string{"b"}))
	require.Equal(t, 0, r.join([]string{"d"}))
	r.leave([]string{"b", "c"})
	r.leave([]string{"d"})
	r.leave([]string{"b"})
	r.leave([]string{"a", "b"})
	require.Empty(t, r.nodes)
}
