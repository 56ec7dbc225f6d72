package house_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAntipatternsAreTested: docs/antipatterns.md has twelve, and the tests that it names for
// each are there.
func TestAntipatternsAreTested(t *testing.T) {
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			for _, m := range function.FindAllStringSubmatch(read(t, path), -1) {
				declared[m[1]] = true
			}
		}
		return err
	}))
	sections := strings.Split(read(t, "docs/antipatterns.md"), "\n## ")[1:]
	require.Len(t, sections, 12)
	named := regexp.MustCompile("`(Test\\w+)`")
	for i, s := range sections {
		title, _, _ := strings.Cut(s, "\n")
		require.Regexp(t, `^\d+\. `, title)
		tests := named.FindAllStringSubmatch(s, -1)
		require.NotEmpty(t, tests, "%d: %s", i+1, title)
		for _, m := range tests {
			require.True(t, declared[m[1]], "%s: there is no %s", title, m[1])
		}
	}
}
