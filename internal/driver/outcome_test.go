package driver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestErrorKinds: each kind has a name of its own.
func TestErrorKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := range ErrorKind(len(kinds)) {
		require.NotEmpty(t, k.String())
		require.False(t, seen[k.String()])
		seen[k.String()] = true
	}
}
