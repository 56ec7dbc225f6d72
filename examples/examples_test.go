// Package examples_test runs the examples as a new user would.
package examples_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func output(t *testing.T, example string) string {
	t.Helper()
	cmd := exec.Command("go", "run", "./"+example)
	cmd.Env = append(cmd.Environ(), "COODIE_HOSTS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestLock(t *testing.T) {
	out := output(t, "lock")
	require.Equal(t, 4, strings.Count(out, "\n    applied "), out)
	require.Equal(t, 2, strings.Count(out, "\n    refused "), out)
	require.Equal(t, 2, strings.Count(out, "held by alice"), out)
}

func TestOptimistic(t *testing.T) {
	require.Contains(t, output(t, "optimistic"), "4 workers added 5 each: +20")
}
