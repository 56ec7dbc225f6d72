package gen_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/gen"
)

const table = "CREATE TABLE t (k int PRIMARY KEY, v text);\n"

func TestFilesRefuse(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"syntax":            {table + "CREATE TABEL u (k int)", "a.cql:2:8: "},
		"unknown table":     {table + "\nALTER TABLE u ADD x int", "a.cql:3:1: there is no table u"},
		"unknown column":    {table + "ALTER TABLE t DROP x", "there is no column x"},
		"twice":             {table + table, "a.cql:2:1: the table t exists already"},
		"column twice":      {table + "ALTER TABLE t ADD v int", "the column v exists already"},
		"no key":            {"CREATE TABLE t (k int)", "no primary key"},
		"key of no column":  {"CREATE TABLE t (k int, PRIMARY KEY (x))", "there is no column x"},
		"unknown type":      {"ALTER TYPE y ADD f int", "there is no type y"},
		"view of nothing":   {"CREATE MATERIALIZED VIEW v AS SELECT * FROM u WHERE k IS NOT NULL PRIMARY KEY (k)", "there is no table u"},
		"index of nothing":  {"CREATE INDEX ON u (v)", "there is no table u"},
		"index of no field": {table + "CREATE INDEX ON t (x)", "there is no column x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gen.Files(fstest.MapFS{"a.cql": {Data: []byte(tt.text)}}, "", "a.cql")
			require.ErrorContains(t, err, tt.want)
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
	}, "", "1.up.cql", "1.down.cql", "2.up.cql")
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
		"no Go identifier":            {table, gen.Config{Names: map[string]string{"t": "a b"}}, "not valid"},
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
