package house_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTopics: the package documentation lists each exported name under one topic, and no topic has more than
// twenty. The constants of a type are told with the type.
func TestTopics(t *testing.T) {
	fset := token.NewFileSet()
	var files []*ast.File
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, read(t, path), parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, "coodie")
	require.NoError(t, err)
	names := 0 // beside those that are listed: methods, and the constants of types
	exported := map[string]bool{}
	values := func(list []*doc.Value) {
		for _, v := range list {
			for _, name := range v.Names {
				exported[name] = true
			}
		}
	}
	values(p.Consts)
	values(p.Vars)
	for _, f := range p.Funcs {
		exported[f.Name] = true
	}
	for _, typ := range p.Types {
		exported[typ.Name] = true
		names += len(typ.Methods)
		for _, v := range slices.Concat(typ.Consts, typ.Vars) {
			names += len(v.Names)
		}
		for _, f := range typ.Funcs {
			exported[f.Name] = true
		}
	}

	require.LessOrEqual(t, names+len(exported), 420, "the package has too many exported identifiers: merge some")

	_, topics, ok := strings.Cut(p.Doc, "# Names by topic\n")
	require.True(t, ok)
	link, listed := regexp.MustCompile(`\[(\w+)\]`), map[string]string{}
	for topic := range strings.SplitSeq(topics, "\n  - ") {
		title, _, _ := strings.Cut(topic, ":")
		linked := link.FindAllStringSubmatch(topic, -1)
		require.LessOrEqual(t, len(linked), 20, title)
		for _, m := range linked {
			require.Empty(t, listed[m[1]], "%s is listed twice", m[1])
			require.True(t, exported[m[1]], "%s: there is no %s", title, m[1])
			listed[m[1]] = title
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		require.NotEmpty(t, listed[name], "%s has no topic", name)
	}
}
