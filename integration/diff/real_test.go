package diff_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/diff"
)

var update = flag.Bool("update", false, "record the answers of the real server")

func TestMain(m *testing.M) {
	flag.Parse()
	// A run without wishes of its own draws the same scripts every time; -rapid.seed and
	// -rapid.checks look further.
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": "25"} {
		given := false
		flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
		if !given {
			_ = flag.Set(name, value)
		}
	}
	cassandra.Main(m)
}

// realServer returns the address of a real Cassandra, or skips the test.
func realServer(t *testing.T) string {
	t.Helper()
	host := cassandra.Shared(t).Hosts()[0]
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
		if strings.HasPrefix(filepath.Base(path), "auth") {
			continue // for servers that ask for a login, see TestAuth
		}
		s, err := diff.Load(path)
		require.NoError(t, err)
		loaded = append(loaded, s)
	}
	return loaded
}

func goldenPath(s *diff.Script) string { return filepath.Join("testdata", s.Name+".golden") }

// recording holds the script's recording against a real server, or makes it.
func recording(t *testing.T, addr string, s *diff.Script) {
	t.Helper()
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
}

// TestRecordings holds the recordings against a real server, or makes them.
func TestRecordings(t *testing.T) {
	addr := realServer(t)
	for _, s := range scripts(t) {
		t.Run(s.Name, func(t *testing.T) {
			recording(t, addr, s)
		})
	}
}
