package coodie_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSnippetsAreExamples: every Go snippet of the README and of docs/columns.md stands in
// a compiled Example, line by line.
func TestSnippetsAreExamples(t *testing.T) {
	lines := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	}
	for document, file := range map[string]string{
		"README.md":       "example_test.go",
		"docs/columns.md": "example_columns_test.go",
	} {
		examples := lines(read(t, file))
		snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, document), -1)
		require.NotEmpty(t, snippets, document)
		for _, s := range snippets {
			require.Contains(t, examples, lines(s[1]), "this snippet of %s is in no Example", document)
		}
	}
}
