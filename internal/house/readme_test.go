package house_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeSnippetsAreExamples: every Go snippet of the README and of docs stands in a compiled Example or test,
// line by line. Those of docs/vet are programs of a test in vet.
func TestReadmeSnippetsAreExamples(t *testing.T) {
	examples := map[string][]string{
		"README.md":             {"example*_test.go"},
		"docs/antipatterns.md":  {"examples/pages/*_test.go"},
		"docs/bulk.md":          {"examples/pages/*_test.go"},
		"docs/columns.md":       {"example_columns_test.go"},
		"docs/cqltest.md":       {"cqltest/*_test.go", "examples/pages/*_test.go", "apache/cqltest_test.go"},
		"docs/drivers.md":       {"apache/example_test.go"},
		"docs/exactly-once.md":  {"example_slots_test.go"},
		"docs/idempotence.md":   {"example_raw_test.go"},
		"docs/observability.md": {"otel/example_test.go", "observe/example_test.go"},
		"docs/performance.md":   {"examples/pages/*_test.go"},
		"docs/reading.md":       {"example*_test.go"},
		"docs/recipes.md":       {"recipes/*/example_test.go"},
		"docs/schema.md":        {"example_schema_test.go", "migrate/example_test.go", "integration/gen/*/*.go", "cmd/coodie/testdata/session.txtar"},
		"docs/testing.md":       {"cqltest/explore/example_test.go", "linear/example_test.go"},
	}
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md") {
		if files := examples[page]; files != nil {
			requireExamples(t, page, files...)
		} else {
			require.NotContains(t, read(t, page), "```go", "%s has a snippet: name its Example here", page)
		}
	}
}

func requireExamples(t *testing.T, page string, files ...string) {
	t.Helper()
	lines := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	}
	examples := ""
	for _, pattern := range files {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			examples += lines(read(t, name)) + "\n"
		}
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, page), -1)
	require.NotEmpty(t, snippets)
	for _, s := range snippets {
		require.Contains(t, examples, lines(s[1]), "this snippet of %s is in no Example", page)
	}
}
