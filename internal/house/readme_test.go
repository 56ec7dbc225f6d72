package house_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeSnippetsAreExamples: every Go snippet of the README, and of the pages on
// recipes, columns, idempotence and reading, stands in a compiled Example, line by line.
func TestReadmeSnippetsAreExamples(t *testing.T) {
	requireExamples(t, "README.md", "example*_test.go")
	requireExamples(t, "docs/recipes.md", "recipes/*/example_test.go")
	requireExamples(t, "docs/columns.md", "example_columns_test.go")
	requireExamples(t, "docs/idempotence.md", "example_raw_test.go")
	requireExamples(t, "docs/reading.md", "example*_test.go")
}

func requireExamples(t *testing.T, page, files string) {
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
	names, err := filepath.Glob(files)
	require.NoError(t, err)
	examples := ""
	for _, name := range names {
		examples += lines(read(t, name)) + "\n"
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, page), -1)
	require.NotEmpty(t, snippets)
	for _, s := range snippets {
		require.Contains(t, examples, lines(s[1]), "this snippet of %s is in no Example", page)
	}
}
