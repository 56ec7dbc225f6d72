package gen_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/gen"
	"github.com/coodie-go/coodie/internal/meta"
)

const table = "CREATE TABLE t (k int PRIMARY KEY, v text);\n"

func TestFilesRefuse(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"syntax":             {table + "CREATE TABEL u (k int)", "a.cql:2:8: "},
		"unknown table":      {table + "\nALTER TABLE u ADD x int", "a.cql:3:1: there is no table u"},
		"unknown column":     {table + "ALTER TABLE t DROP x", "there is no column x"},
		"twice":              {table + table, "a.cql:2:1: the table t exists already"},
		"column twice":       {table + "ALTER TABLE t ADD v int", "the column v exists already"},
		"no key":             {"CREATE TABLE t (k int)", "no primary key"},
		"key of no column":   {"CREATE TABLE t (k int, PRIMARY KEY (x))", "there is no column x"},
		"unknown type":       {"ALTER TYPE y ADD f int", "there is no type y"},
		"view of nothing":    {"CREATE MATERIALIZED VIEW v AS SELECT * FROM u WHERE k IS NOT NULL PRIMARY KEY (k)", "there is no table u"},
		"index of nothing":   {"CREATE INDEX ON u (v)", "there is no table u"},
		"two keyspaces":      {"CREATE TABLE a.t (k int PRIMARY KEY);\nCREATE TABLE b.t (k int PRIMARY KEY)", "a.cql:2:1: this is of the keyspace b, and what comes before of a; name the keyspace"},
		"renamed to another": {table + "ALTER TABLE t RENAME k TO v", "the column v exists already"},
		"index of no field":  {table + "CREATE INDEX ON t (x)", "there is no column x"},
		"index twice":        {table + "CREATE INDEX ON t (v);\nCREATE INDEX ON t (v)", "a.cql:3:1: the index t_v_idx exists already"},
		"password":           {"CREATE ROLE r WITH PASSWORD = 'hidden' AND AND", "a.cql:1:44: line 1:43 no viable alternative"},
		"its own mistake":    {"CREATE ROLE r WITH PASSWORD 'hidden'", "a.cql:1:29: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte(tt.text)}}, "", "a.cql")
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "hid")
		})
	}
	_, err := gen.Files(fstest.MapFS{}, "", "a.cql")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestFiles(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{
		"1.up.cql":   {Data: []byte("USE app; CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t (k) VALUES (1); CREATE TABLE other.u (k int PRIMARY KEY)")},
		"1.down.cql": {Data: []byte("DROP TABLE app.t")},
		"2.up.cql":   {Data: []byte("CREATE TABLE IF NOT EXISTS app.t (x int PRIMARY KEY); ALTER TABLE t ADD IF NOT EXISTS (v text, w int); ALTER TABLE IF EXISTS none ADD x int")},
	}, "app", "1.up.cql", "1.down.cql", "2.up.cql")
	require.NoError(t, err)
	require.Len(t, live.Tables, 1)
	require.Len(t, live.Tables["t"].Columns, 3)
}

func TestStructsRefuse(t *testing.T) {
	const view = table + "CREATE MATERIALIZED VIEW by_v AS SELECT * FROM t WHERE k IS NOT NULL AND v IS NOT NULL PRIMARY KEY (v, k);"
	for name, tt := range map[string]struct {
		text   string
		config gen.Config
		want   string
	}{
		"a name that is not there":    {table, gen.Config{Names: map[string]string{"t.x": "X"}}, `"t.x"`},
		"a type of what is not there": {table, gen.Config{GoTypes: map[string]string{"u.v": "int"}}, `"u.v"`},
		"a table that is not there":   {table, gen.Config{Tables: []string{"u"}}, "no table or view u"},
		"a view without its table":    {view, gen.Config{Tables: []string{"by_v"}}, "the view by_v needs its table t"},
		"a type that is not there":    {"CREATE TABLE t (k int PRIMARY KEY, v frozen<place>)", gen.Config{}, "place is not in the schema"},
		"a key without a Go type":     {"CREATE TABLE t (k frozen<map<blob, int>> PRIMARY KEY, v int)", gen.Config{}, "GoTypes"},
		"no Go identifier":            {table, gen.Config{Names: map[string]string{"t": "a b"}}, "t=a b is not valid"},
		"a keyword":                   {table, gen.Config{Names: map[string]string{"t": "type"}}, "t=type is not valid"},
		"a field that is not seen":    {table, gen.Config{Names: map[string]string{"t.v": "value"}}, "t.v=value is not valid"},
		"one name for two":            {table + "CREATE TABLE u (k int PRIMARY KEY)", gen.Config{Names: map[string]string{"t": "T", "u": "T"}}, "u=T: the name is taken"},
		"one name for two fields":     {table, gen.Config{Names: map[string]string{"t.k": "A", "t.v": "A"}}, "t.v=A: the name is taken"},
		"a predeclared name":          {table, gen.Config{Names: map[string]string{"t": "string"}}, "t=string is not valid"},
		"a name in the function":      {table, gen.Config{Names: map[string]string{"t": "db"}}, "t=db is not valid"},
		"the name of a package":       {table, gen.Config{Names: map[string]string{"t": "coodie"}}, "a type is named coodie"},
		"a name that is generated":    {table, gen.Config{Names: map[string]string{"t": "Tables"}}, "t=Tables: the name is taken"},
	} {
		t.Run(name, func(t *testing.T) {
			live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte(tt.text)}}, "", "a.cql")
			require.NoError(t, err)
			_, err = gen.Structs(live, tt.config)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestStructsLeavesOut(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte("CREATE TABLE t (k int PRIMARY KEY, v map<blob, int>, type text, func int)")}}, "", "a.cql")
	require.NoError(t, err)
	code, err := gen.Structs(live, gen.Config{NoColumns: true, NoTables: true})
	require.NoError(t, err)
	require.Contains(t, string(code), "// v: map<blob, int> has no Go type of its own; give one by GoTypes")
	require.NotContains(t, string(code), "import")
}

// Packages of one name have two in the file, and structs may have any name if nothing opens them.
func TestStructsNames(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte("CREATE TABLE t (k int PRIMARY KEY, a text, b text, c text, d text)")}}, "", "a.cql")
	require.NoError(t, err)
	code, err := gen.Structs(live, gen.Config{NoColumns: true, NoTables: true, Names: map[string]string{"t": "Tables"}, GoTypes: map[string]string{
		"t.a": "example.org/a/money.Amount", "t.b": "example.org/b/money.Amount", "t.c": "example.org/go-time.Clock", "t.d": "example.org/coodie.Thing",
	}})
	require.NoError(t, err)
	for _, want := range []string{
		"\t\"example.org/a/money\"\n", "\tmoney2 \"example.org/b/money\"\n", "\ttime2 \"example.org/go-time\"\n", "\tcoodie2 \"example.org/coodie\"\n",
		" money.Amount ", " money2.Amount ", " time2.Clock ", " coodie2.Thing ", "type Tables struct",
	} {
		require.Contains(t, string(code), want)
	}
}

// What an index has as a text comes back from the tag.
func TestStructsIndexOptions(t *testing.T) {
	const analyzer = `{"tokenizer": {"name": "it''s"}, "filters": ["a", "b"]}`
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte("CREATE TABLE t (k int PRIMARY KEY, v text);\n" +
		"CREATE INDEX ON t (v) USING 'sai' WITH OPTIONS = {'index_analyzer': '" + analyzer + "', 'case_sensitive': 'false'}")}}, "", "a.cql")
	require.NoError(t, err)
	code, err := gen.Structs(live, gen.Config{NoColumns: true, NoTables: true})
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), "", code, 0)
	require.NoError(t, err)
	var tags []reflect.StructField
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok {
			tag, err := strconv.Unquote(f.Tag.Value)
			require.NoError(t, err)
			tags = append(tags, reflect.StructField{Name: f.Names[0].Name, Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)})
		}
		return true
	})
	table, err := meta.Of(reflect.StructOf(tags))
	require.NoError(t, err)
	require.Equal(t, []meta.Index{{SAI: true, Options: [][2]string{{"case_sensitive", "false"}, {"index_analyzer", strings.ReplaceAll(analyzer, "''", "'")}}}}, table.Column("v").Indexes)
}

// A struct with pointers in it is no key of a map: equal values would be different keys.
func TestStructsKeys(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte("CREATE TYPE y (f int); CREATE TYPE z (v vector<float, 3>);\n" +
		"CREATE TABLE t (k int PRIMARY KEY, m map<frozen<y>, int>, n map<frozen<z>, int>, o list<frozen<set<frozen<y>>>>)")}}, "", "a.cql")
	require.NoError(t, err)
	for _, tt := range []struct {
		cfg  gen.Config
		keys bool
	}{
		{gen.Config{}, true},
		{gen.Config{Pointers: []string{"t.k"}}, true},
		{gen.Config{GoTypes: map[string]string{"y.f": "time.Duration"}}, true},
		{gen.Config{GoTypes: map[string]string{"y.f": "*int"}}, false},
		{gen.Config{Pointers: []string{"y.f"}}, false},
		{gen.Config{Pointers: []string{"*"}}, false},
	} {
		code, err := gen.Structs(live, tt.cfg)
		require.NoError(t, err)
		require.Equal(t, tt.keys, strings.Contains(string(code), "map[Y]int"), "%+v", tt.cfg)
		require.Equal(t, tt.keys, strings.Contains(string(code), "[]map[Y]struct{}"), "%+v", tt.cfg)
		require.Equal(t, !tt.keys, strings.Contains(string(code), "// m: map<frozen<y>, int> has no Go type of its own"), "%+v", tt.cfg)
		require.NotContains(t, string(code), "map[Z]int")
	}
}

// Files that say IF EXISTS or name no index make what they make on a server.
func TestFilesIfExists(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte(`
		CREATE TABLE t (k int PRIMARY KEY, m map<text, text>, v int);
		CREATE TABLE t_m (k int PRIMARY KEY, v int);
		CREATE INDEX ON t (keys(m));
		CREATE INDEX ON t (values(m));
		CREATE INDEX IF NOT EXISTS ON t (values(m));
		CREATE INDEX ON t (entries(m));
		CREATE TYPE y (f int);
		ALTER TABLE t RENAME IF EXISTS none TO one AND k TO key;
		ALTER TYPE y RENAME IF EXISTS none TO one AND f TO g;
		ALTER TYPE IF EXISTS none ADD f int`)}}, "", "a.cql")
	require.NoError(t, err)
	targets := map[string]string{}
	for name, ix := range live.Indexes {
		targets[name] = ix.Options["target"]
	}
	require.Equal(t, map[string]string{"t_m_idx": "keys(m)", "t_m_idx_1": "values(m)", "t_m_idx_2": "entries(m)"}, targets)
	require.Contains(t, live.Tables["t"].Columns, "key")
	require.Equal(t, "g", live.Types["y"].Fields[0].Name)
}

// What files do to keys and columns, their views and indexes follow.
func TestFilesFollow(t *testing.T) {
	live, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte(`
		CREATE TYPE app.money (cents bigint);
		CREATE TABLE app.t (k int, "Part" text, sum frozen<app.money>, PRIMARY KEY (k, "Part")) WITH CLUSTERING ORDER BY ("Part" DESC);
		CREATE MATERIALIZED VIEW app.every AS SELECT * FROM app.t WHERE "Part" = 'a' AND k IS NOT NULL PRIMARY KEY ("Part", k);
		CREATE MATERIALIZED VIEW app.keys AS SELECT k, "Part" FROM app.t WHERE "Part" IS NOT NULL AND k IS NOT NULL PRIMARY KEY (k, "Part");
		CREATE INDEX ON app.t (sum);
		ALTER TABLE app.t ADD note text;
		ALTER TABLE app.t RENAME "Part" TO "Of" AND k TO key;
		ALTER TABLE app.t ALTER key TYPE varint`)}}, "", "a.cql")
	require.NoError(t, err)
	columns := func(table string) (out []string) {
		for _, c := range live.Tables[table].Sorted() {
			out = append(out, fmt.Sprint(c.Name, " ", c.Kind, " ", c.Order, " ", c.Type))
		}
		return out
	}
	require.Equal(t, []string{"key partition_key none varint", "Of clustering desc text", "note regular none text", "sum regular none frozen<money>"}, columns("t"))
	require.Equal(t, []string{"Of partition_key none text", "key clustering asc int", "note regular none text", "sum regular none frozen<money>"}, columns("every"))
	require.Equal(t, []string{"key partition_key none int", "Of clustering desc text"}, columns("keys"))
	require.Equal(t, `"Of" = 'a'`, live.Tables["every"].Filter())
	require.Empty(t, live.Tables["keys"].Filter())
}

// The package of the directory: those files count that a build takes.
func TestColumnsPackage(t *testing.T) {
	lock := func(pkg, tag, name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(tag + "package " + pkg + "\n\ntype " + name + " struct{ A int `cql:\"a,partition\"` }\n")}
	}
	files := fstest.MapFS{
		"a.go": lock("a", "", "Plain"), "b_windows.go": lock("a", "", "Windows"), "c.go": lock("a", "//go:build special\n\n", "Special"),
		"z.go":       lock("main", "//go:build ignore\n\n", "Ignored"),
		"columns.go": {Data: []byte(gen.Header + "\n\npackage before\n")},
	}
	if runtime.GOOS == "windows" {
		delete(files, "b_windows.go")
	}
	code, err := gen.Columns(files, gen.Config{})
	require.NoError(t, err)
	require.Contains(t, string(code), "package a\n")
	require.Contains(t, string(code), "plainA")
	for _, out := range []string{"windowsA", "specialA", "ignoredA"} {
		require.NotContains(t, string(code), out)
	}
	code, err = gen.Columns(files, gen.Config{Tags: []string{"special"}})
	require.NoError(t, err)
	require.Contains(t, string(code), "specialA")

	files["a2.go"] = &fstest.MapFile{Data: []byte("package a\n\nvar plainA, other int\n\nfunc plainA_() {}\n")}
	code, err = gen.Columns(files, gen.Config{})
	require.NoError(t, err)
	require.Contains(t, string(code), "plainA__ = coodie.Col", "the package has the name, and the next one")
	delete(files, "a2.go")

	files["y.go"] = lock("b", "", "Other")
	_, err = gen.Columns(files, gen.Config{})
	require.ErrorContains(t, err, "a.go is of package a and y.go of package b; name the package")
	code, err = gen.Columns(files, gen.Config{Package: "b"})
	require.NoError(t, err)
	require.Contains(t, string(code), "package b\n")
	require.NotContains(t, string(code), "plainA")
	_, err = gen.Columns(files, gen.Config{Package: "c"})
	require.ErrorContains(t, err, "no file of package c, but of a, b")
	_, err = gen.Columns(fstest.MapFS{"z.go": files["z.go"]}, gen.Config{})
	require.ErrorContains(t, err, "leaves out all Go files")
}

func TestColumnsRefuse(t *testing.T) {
	for name, tt := range map[string]struct {
		source string
		config gen.Config
		want   string
	}{
		"no Go file":          {"", gen.Config{}, "no Go file"},
		"no table":            {"package a\ntype T struct{ A int }", gen.Config{}, "no struct of the package"},
		"syntax":              {"package a\ntype T struct{", gen.Config{}, "a.go:2"},
		"unknown struct":      {"package a\ntype T struct{ A int `cql:\"a,partition\"` }", gen.Config{Types: []string{"U"}}, "no struct U"},
		"embeds from outside": {"package a\nimport \"time\"\ntype T struct{ time.Time; A int `cql:\"a,partition\"` }", gen.Config{Types: []string{"T"}}, "a.go:3:16: T embeds"},
		"another name":        {"package a\nimport tt \"time\"\ntype T struct{ A tt.Time `cql:\"a,partition\"` }", gen.Config{}, "a.go:3:"},
		"type parameters":     {"package a\ntype T[K any] struct{ A K `cql:\"a,partition\"` }", gen.Config{Types: []string{"T"}}, "type parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"a_test.go": {Data: []byte("package a")}}
			if tt.source != "" {
				files["a.go"] = &fstest.MapFile{Data: []byte(tt.source)}
			}
			_, err := gen.Columns(files, tt.config)
			require.ErrorContains(t, err, tt.want)
		})
	}
}
