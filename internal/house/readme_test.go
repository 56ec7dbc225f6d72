package house_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSnippetsAreExamples: every Go snippet of docs stands in a compiled Example or test,
// line by line. Those of docs/vet are programs of a test in vet.
func TestSnippetsAreExamples(t *testing.T) {
	examples := map[string][]string{
		"docs/antipatterns.md":       {"examples/pages/*_test.go"},
		"docs/batches.md":            {"example*_test.go"},
		"docs/bulk.md":               {"examples/pages/*_test.go"},
		"docs/columns.md":            {"example_columns_test.go"},
		"docs/conditional-writes.md": {"example*_test.go"},
		"docs/connecting.md":         {"example*_test.go"},
		"docs/cqltest.md":            {"cqltest/*_test.go", "examples/pages/*_test.go", "apache/cqltest_test.go"},
		"docs/drivers.md":            {"apache/example_test.go"},
		"docs/exactly-once.md":       {"example_slots_test.go"},
		"docs/idempotence.md":        {"example_raw_test.go"},
		"docs/observability.md":      {"otel/example_test.go", "observe/example_test.go"},
		"docs/performance.md":        {"examples/pages/*_test.go"},
		"docs/reading.md":            {"example*_test.go"},
		"docs/recipes.md":            {"recipes/*/example_test.go"},
		"docs/schema.md":             {"example_schema_test.go", "migrate/example_test.go", "integration/gen/*/*.go", "cmd/coodie/testdata/session.txtar"},
		"docs/testing.md":            {"cqltest/explore/example_test.go", "linear/example_test.go"},
	}
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		if files := examples[page]; files != nil {
			requireExamples(t, page, files...)
		} else {
			require.NotContains(t, read(t, page), "```go", "%s has a snippet: name its Example here", page)
		}
	}
}

// TestReadme: the program of the README is a whole file, and its output that of the file's test. Each test that the
// README names is there.
func TestReadme(t *testing.T) {
	readme := read(t, "README.md")
	programs := regexp.MustCompile("(?s)```go\n(.*?)```\n\n```\n(.*?)```").FindAllStringSubmatch(readme, -1)
	require.Len(t, programs, strings.Count(readme, "```go"), "a program and its output")
	for _, p := range programs {
		requireProgram(t, "examples/hello/main.go", p[1], p[2])
	}
	all := ""
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "*/*/*_test.go", "*/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			all += read(t, file)
		}
	}
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(readme, -1) {
		require.True(t, strings.Contains(all, "func "+name+"("), "there is no %s", name)
	}
	lines := strings.Count(readme, "\n")
	require.LessOrEqual(t, lines, 180, "the README fits two screens")
}

// TestCqltestReadme: its test is a whole file.
func TestCqltestReadme(t *testing.T) {
	programs := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "cqltest/README.md"), -1)
	require.Len(t, programs, 1)
	require.Equal(t, read(t, "cqltest/readme_test.go"), programs[0][1])
}

// TestGuide: each program of the guide is a whole file, followed by the output that its test asserts.
func TestGuide(t *testing.T) {
	pages, err := filepath.Glob("docs/guide/*.md")
	require.NoError(t, err)
	index := read(t, "docs/guide/README.md")
	programs := 0
	for _, page := range pages {
		name := filepath.Base(page)
		require.True(t, name == "README.md" || strings.Contains(index, "]("+name+")"), "%s is not in the index", page)
		text := read(t, page)
		found := regexp.MustCompile("(?s)\\]\\(\\.\\./\\.\\./(\\S+)\\)\\):\n\n```go\n(.*?)```\n\n```\n(.*?)```").FindAllStringSubmatch(text, -1)
		require.Len(t, found, strings.Count(text, "```go"), "%s: a program is a whole file with its link before and its output after", page)
		for _, p := range found {
			requireProgram(t, p[1], p[2], p[3])
			programs++
		}
	}
	files, err := filepath.Glob("examples/guide/*/main.go")
	require.NoError(t, err)
	require.Len(t, files, programs, "each program of examples/guide has its page")
}

// requireProgram: the text is that of the file, and the output is that of the Example beside it.
func requireProgram(t *testing.T, file, text, output string) {
	t.Helper()
	require.Equal(t, read(t, file), text, file)
	_, asserted, _ := strings.Cut(read(t, strings.TrimSuffix(file, ".go")+"_test.go"), "// Output:\n")
	asserted, _, _ = strings.Cut(asserted, "\n}")
	require.Equal(t, output, regexp.MustCompile(`(?m)^\s*// ?`).ReplaceAllString(asserted, "")+"\n", file)
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
