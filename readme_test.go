package coodie_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeSnippetsAreExamples: every Go snippet of the README stands in a compiled
// Example, line by line.
func TestReadmeSnippetsAreExamples(t *testing.T) {
	lines := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	}
	examples := lines(read(t, "example_test.go"))
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	require.NotEmpty(t, snippets)
	for _, s := range snippets {
		require.Contains(t, examples, lines(s[1]), "this snippet is in no Example")
	}
}
