package terms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func sampleTable(t testing.TB) *table {
	tab := newTable()
	tab.exec(t, "CREATE TYPE u (a int, b text)")
	tab.exec(t, "CREATE TABLE t (k int PRIMARY KEY, i int, tx text, m map<text, int>, fm frozen<map<text, int>>, s set<int>, l list<int>, ud u, fu frozen<u>)")
	tab.exec(t, "INSERT INTO t (k, i, tx, m, fm, s, l, ud) VALUES (1, 5, 'x', {'a': 1, 'b': 2, 'c': 3}, {'a': 1}, {1, 2, 3}, [1], {a: 7})")
	return tab
}

func TestSelection(t *testing.T) {
	tab := sampleTable(t)
	for _, tt := range []struct{ expr, name, want string }{
		{"i", "i", "5"}, {"i AS \"X\"", "X", "5"}, {"m['b']", "m['b']", "2"}, {"m['z']", "m['z']", "null"}, {"s[2]", "s[2]", "2"}, {"s[9]", "s[9]", "null"},
		{"m['b'..]", "m['b'..]", "{'b': 2, 'c': 3}"}, {"m[..'b']", "m[..'b']", "{'a': 1, 'b': 2}"}, {"m['x'..'z']", "m['x'..'z']", "null"},
		{"fm['x'..'z']", "fm['x'..'z']", "{}"}, {"ud.a", "ud.a", "7"}, {"ud.b", "ud.b", "null"}, {"fu.a", "fu.a", "null"},
		{"i + 1", "i + 1", "6"}, {"-(i)", "-(i)", "-5"}, {"abs(i - 9)", "system.abs(i - 9)", "4"}, {"cast(i as text)", "cast(i as text)", "'5'"},
		{"(text) 'y'", "(text)'y'", "'y'"}, {"[i, k]", "[i, k]", "[5, 1]"}, {"{i, k}", "{i, k}", "{1, 5}"}, {"(i, tx)", "(i, tx)", "(5, 'x')"},
		{"(map<text, int>) {tx: i}", "(map<text, int>){tx: i}", "{'x': 5}"}, {"(u) {a: i}", "(ks.u){a: i}", "{a: 5, b: null}"},
		{"writetime(i)", "writetime(i)", "1"}, {"ttl(m['a'])", "ttl(m['a'])", "3"}, {"maxwritetime(m)", "maxwritetime(m)", "2"},
		{"map_keys(m)", "system.map_keys(m)", "{'a', 'b', 'c'}"}, {"tojson(ud)", "system.tojson(ud)", `'{"a": 7, "b": null}'`},
	} {
		sel, err := tab.prepare(t, tt.expr)
		require.NoError(t, err, tt.expr)
		require.Equal(t, tt.name, sel.Columns[0].Name)
		if strings.Contains(tt.expr, "ttl(") {
			require.Equal(t, types.Int, sel.Columns[0].Type)
			continue
		}
		row, err := sel.Eval(env(tab.row))
		require.NoError(t, err, tt.expr)
		require.Equal(t, tt.want, sel.Columns[0].Type.Literal(row[0]), tt.expr)
	}
	sel, err := tab.prepare(t, "m['a'], i + k, writetime(ud.b)")
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 3, 7}, sel.Uses())
	require.Equal(t, []Meta{{Kind: WriteTime, Column: 7, Field: 1}}, sel.Metas())
	_, ok := sel.SimpleColumn(0)
	require.False(t, ok)
}

func TestSelectionMarkers(t *testing.T) {
	tab := sampleTable(t)
	sel, err := tab.prepare(t, "m[?], i + (int) ?, (text) :x")
	require.NoError(t, err)
	var names []string
	for _, m := range tab.scope.Markers {
		names = append(names, m.Name+" "+m.Type.String())
	}
	require.Equal(t, []string{"key(m) text", "[selection] int", "x text"}, names)
	row, err := sel.Eval(env(tab.row, []byte("c"), types.EncodeInt(2), []byte("y")))
	require.NoError(t, err)
	require.Equal(t, [][]byte{types.EncodeInt(3), types.EncodeInt(7), []byte("y")}, row)
	_, err = sel.Eval(env(tab.row, nil, types.EncodeInt(2), []byte("y")))
	require.EqualError(t, err, "Invalid null value for element selection on m")
	_, err = sel.Eval(env(tab.row, types.Unset, types.EncodeInt(2), []byte("y")))
	require.EqualError(t, err, "Invalid unset value for element selection on m")
}

func TestSelectionRefuses(t *testing.T) {
	for expr, message := range map[string]string{
		"nosuch":               "Undefined column name nosuch in table ks.t",
		"writetime(k)":         "Cannot use selection function writetime on PRIMARY KEY part k",
		"(i)":                  "Cannot infer type for term (i) in selection clause (try using a cast to force a type)",
		"l[0]":                 "Element selection is only allowed on sets and maps, but l is a list",
		"i['a']":               "Invalid element selection: i is of type int is not a collection",
		"tx[0..1]":             "Invalid slice selection: tx of type text is not a collection",
		"i.a":                  "Invalid field selection: i of type int is not a user type",
		"ud.c":                 "ud of type u has no field c",
		"1":                    "Cannot infer type for term 1 in selection clause (try using a cast to force a type)",
		"foo(i)":               "Unknown function 'foo'",
		"max(max(i))":          "aggregate functions cannot be used as arguments of aggregate functions",
		"fromJson('1')":        "fromjson() cannot be used in the selection clause of a SELECT statement",
		"collection_sum(s, 1)": "Invalid number of arguments for function system.collection_sum(numeric_set_or_list)",
		"map_keys(i)":          "Function system.map_keys requires a map argument, but found argument i of type int",
	} {
		_, err := sampleTable(t).prepare(t, expr)
		require.EqualError(t, err, message, expr)
	}
}

// TestGroup has sums and averages of the real server, overflow included.
func TestGroup(t *testing.T) {
	tab := newTable()
	tab.exec(t, "CREATE TABLE t (p int PRIMARY KEY, c int, ti tinyint, i int, bi bigint, f float, d double, de decimal, vi varint, tx text)")
	group := func(exprs string, rows ...string) string {
		sel, err := tab.prepare(t, exprs)
		require.NoError(t, err)
		require.True(t, sel.IsAggregate())
		g := sel.NewGroup()
		for _, values := range rows {
			tab.row = make(memRow, len(tab.scope.Columns))
			tab.exec(t, "INSERT INTO t "+values)
			require.NoError(t, g.Add(env(tab.row)))
		}
		row, err := g.Result(env(nil))
		require.NoError(t, err)
		var out []string
		for i, b := range row {
			out = append(out, sel.Columns[i].Type.Literal(b))
		}
		return strings.Join(out, " ")
	}
	rows := []string{
		"(p, c, ti, i, bi, f, d, de, vi, tx) VALUES (1, 1, 100, 2147483647, 9223372036854775807, 0.1, 0.1, 1.5, 10, 'b')",
		"(p, c, ti, i, bi, f, d, de, vi, tx) VALUES (1, 2, 100, 1, 9223372036854775807, 0.2, 0.2, 2.25, 11, 'a')",
		"(p, c, ti, i, bi, f, d, de, vi, tx) VALUES (1, 3, 3, 5, 1, 0.3, 0.3, 3.1, -3, 'c')",
		"(p, c) VALUES (1, 4)",
	}
	require.Equal(t, "-53 67 -2147483643 715827884 -1 6148914691236517205 0.6 0.2 0.6 0.19999999999999998 6.85 2.29 18 6",
		group("sum(ti), avg(ti), sum(i), avg(i), sum(bi), avg(bi), sum(f), avg(f), sum(d), avg(d), sum(de), avg(de), sum(vi), avg(vi)", rows...))
	require.Equal(t, "'a' 'c' 1.5 11 3 4 4 0.1 4", group("min(tx), max(tx), min(de), max(vi), count(tx), count(*), count(1), min(f), max(c)", rows...))
	require.Equal(t, "'b' 4 0.0 11", group("tx, max(c), round(avg(d)), sum(c) + 1", rows...), "a plain column shows the first row's")
	require.Equal(t, "0 0 0 0 0.0 0.0 0 null 0 null", group("sum(ti), avg(ti), sum(de), avg(de), sum(f), avg(d), avg(vi), min(tx), count(*), tx"))
}

// FuzzSelection prepares and evaluates any expression that parses, with markers
// bound to any bytes: an error is fine, a panic is not.
func FuzzSelection(f *testing.F) {
	for _, seed := range []string{"i + 1", "m['a'..?]", "cast(? as text)", "(u) {a: 1}.a", "floor((timestamp) ?, 1mo)", "max(abs(i))", "similarity_cosine([1,2],[2,1])",
		"exp((decimal) ?)", "(decimal) ? % (decimal) ?", "mask_inner(tx, ?, ?)", "to_json((tuple<int, text>) (1, ?))", "{'a': [i, ?]}", "log10((varint) ?)"} {
		f.Add(seed, []byte{0, 0, 0, 5, 1})
	}
	tab := sampleTable(f)
	f.Fuzz(func(t *testing.T, expr string, value []byte) {
		stmt, err := cqlparse.Parse("SELECT " + expr + " FROM t")
		if err != nil {
			return
		}
		s, ok := stmt.(*cqlparse.Select)
		if !ok {
			return
		}
		scope := *tab.scope
		scope.Markers = nil
		sel, err := PrepareSelection(&scope, s.Selectors)
		if err != nil {
			return
		}
		values := make([][]byte, len(scope.Markers))
		for i := range values {
			values[i] = value
		}
		if !sel.IsAggregate() {
			sel.Eval(env(tab.row, values...))
			return
		}
		g := sel.NewGroup()
		if g.Add(env(tab.row, values...)) == nil {
			g.Result(env(nil, values...))
		}
	})
}

func BenchmarkSelection(b *testing.B) {
	tab := sampleTable(b)
	for _, expr := range []string{"i", "i + 1", "m['b']"} {
		sel, err := tab.prepare(b, expr)
		require.NoError(b, err)
		e := env(tab.row)
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sel.Eval(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
