package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/stmt"
)

const module = "github.com/coodie-go/coodie"

// TestDirectionOfImports keeps the data's one way: struct T → meta → stmt → cql → driver →
// answer → codec → LWTResult[T]. A package may import only those named for it.
func TestDirectionOfImports(t *testing.T) {
	allowed := map[string][]string{
		"": {"internal/meta", "internal/stmt", "internal/answer", "internal/cql", "internal/driver", "internal/driver/gocqlv1", "internal/codec", "internal/replay",
			"internal/conflict", "internal/ddl", "internal/fanout", "internal/pagetoken", "internal/rawcql", "internal/ring", "internal/ringscan",
			"internal/rowqueue", "internal/pace", "internal/slots"},
		"internal/stmt":           {"internal/meta", "internal/cql", "internal/codec", "internal/driver", "internal/replay", "internal/ddl", "internal/versions"},
		"internal/answer":         {"internal/stmt", "internal/meta", "internal/cql", "internal/codec", "internal/driver", "internal/versions"},
		"internal/meta":           {"internal/codec"},
		"internal/cql":            {},
		"internal/codec":          {},
		"internal/driver":         {"internal/codec", "internal/pace"},
		"internal/driver/fake":    {"internal/driver", "internal/codec"},
		"internal/driver/gocqlv1": {"internal/driver", "internal/codec"},
		"internal/cqlparse":       {},
		"internal/conflict":       {"internal/meta", "internal/cql", "internal/codec"},
		"internal/replay":         {"internal/cqlparse"},
		"internal/pace":           {},
		"internal/ddl":            {"internal/codec", "internal/cql", "internal/meta"},
		"internal/gen":            {"", "internal/codec", "internal/cql", "internal/cqlparse", "internal/ddl", "internal/meta"},
		"internal/fanout":         {"internal/driver"},
		"internal/pagetoken":      {},
		"internal/ring":           {},
		"internal/ringscan":       {"internal/codec", "internal/driver", "internal/fanout", "internal/pace", "internal/ring"},
		"internal/rawcql":         {"internal/codec", "internal/cqlparse", "internal/driver", "internal/replay"},
		"internal/rowqueue":       {},
		"internal/slots":          {},
		"internal/versions":       {},
		// Migrations stand on the API and the recipe of leases, and below nothing.
		"migrate":                  {"", "recipes/lease", "internal/cqlparse", "migrate/internal/cqlfile"},
		"migrate/internal/cqlfile": {"internal/cqlparse", "internal/replay"},
		"migrate/lint":             {"internal/cqlparse", "migrate/internal/cqlfile"},
	}
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	require.NoError(t, err)
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := local(words[0])
		for _, imported := range words[1:] {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			room := local(imported)
			switch {
			case strings.HasPrefix(name, "cqltest"):
				require.True(t, strings.HasPrefix(room, "cqltest") || room == "internal/cqlparse",
					"%s imports %s: the embedded server knows nothing of the mapper", name, room)
			case strings.HasPrefix(name, "examples"), strings.HasPrefix(name, "cmd"):
				require.False(t, strings.HasPrefix(room, "internal"), "%s imports %s: it uses what users can use", name, room)
			case name == "internal/contract":
				require.Contains(t, []string{"", "cqltest"}, room, "%s imports %s: it knows what users know", name, room)
			case strings.HasPrefix(name, "recipes"), name == "observe":
				require.Equal(t, "", room, "%s imports %s: it stands on the root alone", name, room)
			default:
				require.Contains(t, allowed[name], room, "%s imports %s", name, room)
			}
		}
		if _, ok := allowed[name]; ok {
			seen++
		}
	}
	require.Equal(t, len(allowed), seen, "a package of the house has moved")
}

// TestDirectionOfTheServer keeps the rooms of the embedded server's statements in their
// order: a room imports only those before it.
func TestDirectionOfTheServer(t *testing.T) {
	const engine = "cqltest/internal/exec"
	order := []string{"/protocol", "/java", "/schema", "/catalog", "/roles", "/server", "/where", "/read", "/write", "/define", "/access", ""}
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./"+engine+"/...").Output()
	require.NoError(t, err)
	rooms := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		room := strings.TrimPrefix(local(words[0]), engine)
		at := slices.Index(order, room)
		require.GreaterOrEqual(t, at, 0, "%s%s has no place in the order", engine, room)
		rooms++
		for _, imported := range words[1:] {
			if below, inside := strings.CutPrefix(imported, module+"/"+engine); inside {
				require.Contains(t, order[:at], below, "%s imports %s", words[0], imported)
			}
		}
	}
	require.Len(t, order, rooms, "a room of the embedded server has moved")
}

// TestOnlyTheDriverNamesGocql: internal/driver/gocqlv1 is the seam to gocql, and of the root connect.go has what
// names gocql in the API: New and Connect, which hand the user's session or config to it. Recipes, like users,
// still hold gocql's UUIDs, because the root has no UUID type.
func TestOnlyTheDriverNamesGocql(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{.Dir}} {{join .GoFiles \" \"}}", ".", "./internal/...").Output()
	require.NoError(t, err)
	named := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		room := local(words[0])
		for _, file := range words[2:] {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(words[1], file), nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, imported := range parsed.Imports {
				if imported.Path.Value != `"github.com/gocql/gocql"` {
					continue
				}
				named++
				require.True(t, room == "internal/driver/gocqlv1" || room == "internal/contract" || room == "" && file == "connect.go",
					"%s/%s imports gocql: only internal/driver/gocqlv1 and connect.go do", room, file)
			}
		}
	}
	require.NotZero(t, named)

	names := regexp.MustCompile(`gocql\.[A-Z]`)
	handed := 0
	for code := range strings.Lines(read(t, "connect.go")) {
		code, _, _ = strings.Cut(code, "//")
		if strings.HasPrefix(code, "func New(session *gocql.Session,") || strings.HasPrefix(code, "func Connect(ctx context.Context, cfg *gocql.ClusterConfig,") {
			handed++
		} else {
			require.False(t, names.MatchString(code), "connect.go: %s", code)
		}
	}
	require.Equal(t, 2, handed)
}

// TestTypesAreAtHome: go doc shows the fields and methods of each exported type of the root, because none is another
// name of an internal one.
func TestTypesAreAtHome(t *testing.T) {
	opaque := map[string]reflect.Type{ // parts of a statement, which show nothing but their methods
		"Ref": reflect.TypeFor[stmt.Ref](), "Cond": reflect.TypeFor[stmt.Cond](), "Assign": reflect.TypeFor[stmt.Assign](),
		"Order": reflect.TypeFor[stmt.Order](), "Term": reflect.TypeFor[stmt.Term](), "Columns": reflect.TypeFor[stmt.Columns](),
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	types := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, spec := range decl.Specs {
				of := spec.(*ast.TypeSpec)
				if !of.Name.IsExported() {
					continue
				}
				types++
				selector, ok := of.Type.(*ast.SelectorExpr)
				if !ok {
					continue
				}
				if beneath, ok := opaque[selector.Sel.Name]; ok && selector.X.(*ast.Ident).Name == "stmt" {
					for i := range beneath.NumField() {
						require.False(t, beneath.Field(i).IsExported(), "%s shows the field %s of stmt.%s", of.Name, beneath.Field(i).Name, beneath.Name())
					}
					continue
				}
				require.Fail(t, "another package's type", "%s: %s", name, of.Name)
			}
		}
	}
	require.NotZero(t, types)
}

func local(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

// TestBubblesWithoutRaceDetector: the race detector crashes now and then on the timers of a
// synctest bubble (golang/go#78156), so such files are built without it, and make
// runs them apart.
func TestBubblesWithoutRaceDetector(t *testing.T) {
	bubbles := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		explores := bytes.Contains(source, []byte("explore.Run(")) && !bytes.Contains(source, []byte("explore.RealTime()"))
		if err == nil && (explores || bytes.Contains(source, []byte("\t\"testing/synctest\"\n"))) {
			bubbles++
			require.True(t, bytes.HasPrefix(source, []byte("//go:build !race\n")), "%s begins with //go:build !race", path)
		}
		return err
	}))
	require.NotZero(t, bubbles)
}

// TestParityNamesTests: docs/parity.md names tests that exist: those of the real server's side of
// the house, and with a star others; and examples of the guide.
func TestParityNamesTests(t *testing.T) {
	page, err := os.ReadFile("docs/parity.md")
	require.NoError(t, err)
	there := func(where string) string {
		tests, err := exec.Command("grep", "-rhoE", "--include=*_test.go", `^func Test\w+`, where).Output()
		require.NoError(t, err)
		return string(tests)
	}
	real, any := there("integration"), there(".")
	named := regexp.MustCompile(`\b(Test[A-Z]\w*)(\*?)`).FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	for _, test := range named {
		tests := real
		if test[2] == "*" {
			tests = any
		}
		require.True(t, strings.Contains(tests, "func "+test[1]+"\n"), "%s is not there", test[0])
	}
	examples, err := exec.Command("grep", "-rhoE", `^func Example\w+`, "examples/guide").Output()
	require.NoError(t, err)
	named = regexp.MustCompile(`\b(Example_\w+)`).FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	for _, example := range named {
		require.True(t, strings.Contains(string(examples), "func "+example[1]+"\n"), "%s is not there", example[1])
	}
}

// TestMethodsByConstantName: reflect's MethodByName with a name that is no constant makes the linker keep all
// exported methods of every program that uses coodie. A small program was a third larger for it.
func TestMethodsByConstantName(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}} {{end}}", "./...").Output()
	require.NoError(t, err)
	calls := 0
	for _, name := range strings.Fields(string(out)) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "MethodByName" {
				calls++
				constant, ok := call.Args[0].(*ast.BasicLit)
				require.True(t, ok && constant.Kind == token.STRING, "%s calls MethodByName with a variable", name)
			}
			return true
		})
	}
	require.NotZero(t, calls)
}

// TestUnsafe: rows and fields are handled by codec.Addr. Only core.go, which leads from a T to the code
// beneath, and the codec look at memory otherwise.
func TestUnsafe(t *testing.T) {
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && path != "internal" && !strings.HasPrefix(path, "internal/"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, imported := range file.Imports {
			if imported.Path.Value == `"unsafe"` {
				require.True(t, path == "core.go" || filepath.Dir(path) == "internal/codec", path)
			}
		}
		return nil
	}))
}

// TestGenericCodeIsThin: code with the type of a table's struct as a parameter is compiled
// again for each struct of a program, so that all but a few lines lie beneath it.
func TestGenericCodeIsThin(t *testing.T) {
	const most = 17 // lines
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || !ofT(f) {
				continue
			}
			lines := set.Position(f.Body.End()).Line - set.Position(f.Body.Pos()).Line
			require.LessOrEqual(t, lines, most, "%s: %s", name, f.Name.Name)
		}
	}
}

// ofT reports whether a function or its receiver has a type parameter T.
func ofT(f *ast.FuncDecl) (found bool) {
	for _, list := range []*ast.FieldList{f.Recv, f.Type.TypeParams} {
		if list == nil {
			continue
		}
		ast.Inspect(list, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == "T" {
				found = true
			}
			return true
		})
	}
	return found
}
