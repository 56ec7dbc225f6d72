package diff_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/integration/diff"
)

var update = flag.Bool("update", false, "record the answers of the server in COODIE_HOSTS")

// realServer returns the address of a real Cassandra, or skips the test.
func realServer(t *testing.T) string {
	t.Helper()
	host, _, _ := strings.Cut(os.Getenv("COODIE_HOSTS"), ",")
	if host == "" {
		t.Skip("no real Cassandra: COODIE_HOSTS is not set")
	}
	if !strings.Contains(host, ":") {
		host += ":9042"
	}
	return host
}

func scripts(t *testing.T) []*diff.Script {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.cql")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var loaded []*diff.Script
	for _, path := range paths {
		s, err := diff.Load(path)
		require.NoError(t, err)
		loaded = append(loaded, s)
	}
	return loaded
}

func goldenPath(s *diff.Script) string { return filepath.Join("testdata", s.Name+".golden") }

// TestRecordings holds the recordings against a real server, or makes them.
func TestRecordings(t *testing.T) {
	addr := realServer(t)
	for _, s := range scripts(t) {
		t.Run(s.Name, func(t *testing.T) {
			answers, err := diff.Run(context.Background(), addr, s)
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(goldenPath(s), []byte(diff.FormatGolden(s, answers)), 0o644))
				return
			}
			golden, err := diff.LoadGolden(goldenPath(s), s)
			require.NoError(t, err)
			for i := range s.Steps {
				if len(diff.Compare(golden[i], answers[i])) > 0 {
					t.Error(diff.FormatDiff(s, &s.Steps[i], golden[i], answers[i]))
				}
			}
		})
	}
}
