package house_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exports maps import paths to the compiler's export data of coodie and what it imports.
func exports(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".").Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return files
}

// TestWhatMustNotCompile: the type system refuses what would be a mistake at run time.
func TestWhatMustNotCompile(t *testing.T) {
	files := exports(t)
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	check := func(body string) error {
		src := `package p
import ("context"; "github.com/coodie-go/coodie")
type A struct { K string ` + "`cql:\"k,partition\"`" + `; V int; N *int; L []string }
type B struct { K string ` + "`cql:\"k,partition\"`" + `; V int }
var (
	aK = coodie.Col(func(a *A) *string { return &a.K })
	aV = coodie.Col(func(a *A) *int { return &a.V })
	aN = coodie.NullCol(func(a *A) **int { return &a.N })
	aL = coodie.Col(func(a *A) *[]string { return &a.L })
	bV = coodie.Col(func(b *B) *int { return &b.V })
)
func f(ctx context.Context, as *coodie.Table[A], view *coodie.View[A], doc *coodie.Document[A]) {
	` + body + `
	_, _, _, _, _ = aK, aV, aN, aL, bV
}`
		file, err := parser.ParseFile(fset, "p.go", src, 0)
		require.NoError(t, err)
		config := types.Config{Importer: imports}
		_, err = config.Check("p", fset, []*ast.File{file}, nil)
		return err
	}
	for _, good := range []string{
		`as.Find().IfNotExists().Create(ctx, A{})`,
		`as.Find(aK.Eq("a")).IfExists().Update(ctx, aV.Set(1), aN.Set(1), coodie.Append(aL, "x"))`,
		`doc.If(aV.Eq(1), aN.IsNull()).DeleteColumns(ctx, aN, coodie.At(aL, 0))`,
		`var err error = doc.Save(ctx); _ = err`,
	} {
		require.NoError(t, check(good), good)
	}
	for bad, says := range map[string]string{
		`as.Find().IfNotExists().Update(ctx, aV.Set(1))`:               "no field or method Update",
		`as.Find().IfNotExists().Delete(ctx)`:                          "no field or method Delete",
		`as.Find(aK.Eq("a")).IfExists().Create(ctx, A{})`:              "no field or method Create",
		`as.Find(aK.Eq("a")).If(aV.Eq(1)).Create(ctx, A{})`:            "no field or method Create",
		`doc.If().Update(ctx, aV.Set(1))`:                              "not enough arguments",
		`as.Find(aK.Eq("a")).If().Delete(ctx)`:                         "not enough arguments",
		`doc.If(bV.Eq(1)).Delete(ctx)`:                                 "coodie.Cond[B]",
		`doc.IfExists().Update(ctx, bV.Set(1))`:                        "coodie.Assign[B]",
		`doc.IfExists().DeleteColumns(ctx, bV)`:                        "coodie.Target[A]",
		`as.Find(bV.Eq(1))`:                                            "coodie.Cond[B]",
		`aV.Eq("1")`:                                                   "cannot use",
		`aV.Set("1")`:                                                  "cannot use",
		`aN.Set("1")`:                                                  "cannot use",
		`coodie.Append(aL, 1)`:                                         "cannot use",
		`coodie.At(aL, "0")`:                                           "cannot use",
		`as.Find().IfNotExists().Create(ctx, B{})`:                     "cannot use",
		`res := doc.Save(ctx); _ = res.Applied`:                        "Applied",
		`if err := doc.IfExists().Delete(ctx); err != nil { }`:         "assignment mismatch",
		`coodie.Col(func(a *A) *string { return &a.V })`:               "cannot use",
		`coodie.Col(func(a *A) *string { return &a.Renamed })`:         "Renamed",
		`coodie.Append(aV, 1)`:                                         "does not",
		`doc.If(aV.Eq(1)).IfExists()`:                                  "no field or method IfExists",
		`as.Find(aK.Eq("a")).If(aV.Eq(1)).Find()`:                      "no field or method Find",
		`as.Find(aK.Eq("a")).Limit(1).Delete(ctx)`:                     "no field or method Delete",
		`as.Find(aK.Eq("a")).AllowFiltering().Update(ctx, aV.Set(1))`:  "no field or method Update",
		`as.Find(aK.Eq("a")).Limit(1).IfExists()`:                      "no field or method IfExists",
		`as.Find().Limit(1).IfNotExists()`:                             "no field or method IfNotExists",
		`as.Find(aK.Eq("a")).OrderBy(coodie.Asc(aV)).Mutate(ctx, nil)`: "no field or method Mutate",
		`as.Find().Limit(1).SaveJSON(ctx, nil)`:                        "no field or method SaveJSON",
		`view.Find().IfExists()`:                                       "no field or method IfExists",
		`view.Find().Update(ctx)`:                                      "no field or method Update",
		`view.New(A{})`:                                                "no field or method New",
		`view.SaveAll(ctx, []A{})`:                                     "no field or method SaveAll",
		`view.Truncate(ctx)`:                                           "no field or method Truncate",
		`as.Find(aK.Eq("a")).IfExists().Get(ctx)`:                      "no field or method Get",
		`as.Find(aK.Eq("a")).SaveAll(ctx, []A{})`:                      "no field or method SaveAll",
	} {
		err := check(bad)
		require.Error(t, err, bad)
		require.Contains(t, err.Error(), says, bad)
	}
}
