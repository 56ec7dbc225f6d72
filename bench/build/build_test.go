package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProgramDoesNotShrink: what is measured is the whole program, for each table.
func TestProgramDoesNotShrink(t *testing.T) {
	const tables = 2
	for library, want := range map[string]map[string]int{
		"coodie": {
			"Col": 10, "NullCol": 1,
			"Open": 1, "New": 1, "Insert": 1, "Find": 2, "If": 1, "Gt": 1, "IsNull": 1,
			"Update": 1, "Append": 1, "Add": 1, "Entry": 1, "Set": 4, "Mutate": 1, "Iter": 1, "All": 1,
		},
		"gocqlx": {"InsertBuilder": 1, "UpdateBuilder": 1, "If": 1, "GetCASRelease": 2, "Iter": 1, "StructScan": 1, "SelectRelease": 1},
	} {
		source, err := source(library, tables)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), "main.go", source, parser.SkipObjectResolution)
		require.NoError(t, err)
		calls, columns := map[string]int{}, 0
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called := n.Fun
				if typed, ok := called.(*ast.IndexExpr); ok {
					called = typed.X
				}
				if f, ok := called.(*ast.SelectorExpr); ok {
					calls[f.Sel.Name]++
				}
			case *ast.StructType:
				columns += n.Fields.NumFields()
			}
			return true
		})
		require.Equal(t, 12*tables, columns, library)
		for name, n := range want {
			require.GreaterOrEqual(t, calls[name], n*tables, "%s: %s", library, name)
		}
	}
}

// TestGateFails beyond a bound, and says by how much.
func TestGateFails(t *testing.T) {
	var r report
	gocql := spent{binary: 8 * mib}
	bounds := programBounds{cpu: bound{most: 9}, peak: bound{most: 500}, binary: bound{most: 5}}
	r.programs(gocql, gocql, spent{cpu: 1}, spent{cpu: 9, peak: 500 * mib, binary: 13 * mib}, many, bounds)
	require.NoError(t, r.err())
	r.programs(gocql, gocql, spent{cpu: 1}, spent{cpu: 9.5, peak: 501 * mib, binary: 14 * mib}, many, bounds)
	require.EqualError(t, r.err(), `30 tables, build again: CPU, × gocqlx: 9.50, and at most 9 are allowed
30 tables, build again: peak memory, MiB: 501.00, and at most 500 are allowed
30 tables, binary: MiB over gocql's: 6.00, and at most 5 are allowed`)
}
