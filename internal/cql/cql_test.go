package cql

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

var ids = map[string]int{}

// col is a column of the tests' table.
func col(name string) Column {
	if _, ok := ids[name]; !ok {
		ids[name] = len(ids)
	}
	return Column{ids[name], name}
}

func update() *Statement {
	return &Statement{
		Verb: Update, Table: "app_config", TTL: true,
		Assignments: []Assignment{{Target: Target{Column: col("value")}, Marker: Mark}, {Target: Target{Column: col("version")}, Marker: Mark}},
		Where:       []Relation{{Target: Target{Column: col("key")}, Marker: Mark}},
		If:          []Relation{{Target: Target{Column: col("version")}, Marker: Mark}},
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		s    *Statement
		want string
	}{
		{update(), `UPDATE app_config USING TTL ? SET value=?,version=? WHERE key=? IF version=?`},
		{&Statement{Verb: Insert, Table: "t", Values: []Value{{col("a"), Mark}, {col("Group"), "(?, ?)"}}, IfNotExists: true, TTL: true},
			`INSERT INTO t (a,"Group") VALUES (?,(?, ?)) IF NOT EXISTS USING TTL ?`},
		{&Statement{Verb: Insert, Table: "t", Values: []Value{{col("a"), Mark}}, TTL: true, Timestamp: true},
			`INSERT INTO t (a) VALUES (?) USING TTL ? AND TIMESTAMP ?`},
		{&Statement{Verb: Insert, Table: "t", JSON: true}, `INSERT INTO t JSON ? DEFAULT UNSET`},
		{&Statement{Verb: Insert, Table: "t", JSON: true, IfNotExists: true, TTL: true},
			`INSERT INTO t JSON ? DEFAULT UNSET IF NOT EXISTS USING TTL ?`},
		{&Statement{Verb: Insert, Table: "t", JSON: true, Timestamp: true, TTL: true, Timeout: true},
			`INSERT INTO t JSON ? DEFAULT UNSET USING TTL ? AND TIMESTAMP ? AND TIMEOUT ?`},
		{&Statement{Verb: Delete, Table: `"KS".t`, Deletions: []Target{{Column: col("m"), Elem: Mark}, {Column: col("u"), Field: "f"}}, Timestamp: true,
			Where: []Relation{{Target: Target{Column: col("k")}, Op: In, Marker: Mark}, {Target: Target{Column: col("c")}, Op: Ge, Marker: Mark}}},
			`DELETE m[?],u.f FROM "KS".t USING TIMESTAMP ? WHERE k IN ? AND c>=?`},
		{&Statement{Verb: Delete, Table: "t", Where: []Relation{{Target: Target{Column: col("k")}, Marker: Mark}}, IfExists: true},
			`DELETE FROM t WHERE k=? IF EXISTS`},
		{&Statement{Verb: Select, Table: "t", Columns: []Column{col("a"), col("order")}, Where: []Relation{{Target: Target{Column: col("k")}, Op: Contains, Marker: Mark}}, Limit: true},
			`SELECT a,"order" FROM t WHERE k CONTAINS ? LIMIT ?`},
		{&Statement{Verb: Select, Table: "t", Count: true}, `SELECT count(*) FROM t`},
		{&Statement{Verb: Select, Table: "t", Columns: []Column{col("a"), col("order")}, Distinct: true, Where: []Relation{
			{Tuple: &Tuple{Columns: []Column{col("a"), col("token")}, Token: true}, Op: Gt, Marker: Mark}}, PerPart: true, Limit: true, Filtering: true},
			`SELECT DISTINCT a,"order" FROM t WHERE token(a,"token")>? PER PARTITION LIMIT ? LIMIT ? ALLOW FILTERING`},
		{&Statement{Verb: Select, Table: "t", Columns: []Column{col("a")}, Where: []Relation{
			{Tuple: &Tuple{Columns: []Column{col("a"), col("b")}}, Op: Ge, Marker: "(?, ?)"}, {Target: Target{Column: col("c")}, Op: Like, Marker: Mark}},
			GroupBy: []Column{col("a"), col("b")}, OrderBy: []Order{{col("a"), Desc}, {col("order"), Asc}}},
			`SELECT a FROM t WHERE (a,b)>=(?, ?) AND c LIKE ? GROUP BY a,b ORDER BY a DESC,"order" ASC`},
		{&Statement{Verb: Select, Table: "t", Columns: []Column{col("a")}, OrderBy: []Order{{col("v"), ANN}}, Limit: true},
			`SELECT a FROM t ORDER BY v ANN OF ? LIMIT ?`},
		{&Statement{Verb: Update, Table: "t", Assignments: []Assignment{
			{Target: Target{Column: col("l")}, Change: Prepend, Marker: Mark}, {Target: Target{Column: col("s")}, Change: Remove, Marker: Mark}, {Target: Target{Column: col("c")}, Change: Add, Marker: Mark}},
			If: []Relation{{Target: Target{Column: col("m")}, Op: ContainsKey, Marker: Mark}, {Target: Target{Column: col("m"), Elem: Mark}, Op: Ne, Marker: Null}}},
			`UPDATE t SET l=?+l,s=s-?,c=c+? IF m CONTAINS KEY ? AND m[?]!=null`},
	} {
		require.Equal(t, tt.want, tt.s.Text())
	}
}

// TestCacheTellsShapesApart: two statements share a text only if they are the same.
func TestCacheTellsShapesApart(t *testing.T) {
	column := func(names ...string) *Statement {
		s := &Statement{Verb: Select, Table: "t"}
		for _, name := range names {
			s.Columns = append(s.Columns, col(name))
		}
		return s
	}
	where := func(s *Statement, name string) *Statement {
		s.Where = append(s.Where, Relation{Target: Target{Column: col(name)}, Marker: Mark})
		return s
	}
	statements := []*Statement{
		column("a"), column("a", "b"), column("ab"), column("b", "a"), column("a\x00b"), column("a\x01", "b"), column("a", "\x01b"),
		where(column("a"), "b"), where(column("a", "b"), "c"), where(where(column("a"), "b"), "c"),
		{Verb: Delete, Table: "t", IfExists: true}, {Verb: Delete, Table: "t"}, {Verb: Delete, Table: "t", Timestamp: true},
		{Verb: Delete, Table: "t", Deletions: []Target{{Column: col("a"), Elem: "?"}}}, {Verb: Delete, Table: "t", Deletions: []Target{{Column: col("a"), Field: "?"}}},
	}
	for _, s := range []*Statement{{Distinct: true}, {PerPart: true}, {Filtering: true}, {Limit: true},
		{GroupBy: []Column{col("a"), col("b")}}, {GroupBy: []Column{col("b"), col("a")}},
		{OrderBy: []Order{{col("a"), Asc}}}, {OrderBy: []Order{{col("a"), Desc}}}, {OrderBy: []Order{{col("a"), ANN}}}} {
		s.Verb, s.Table, s.Columns = Select, "t", []Column{col("a")}
		statements = append(statements, s)
	}
	pair := []Column{col("a"), col("b")}
	for _, r := range []Relation{
		{Tuple: &Tuple{Columns: pair}, Op: Gt, Marker: "(?, ?)"}, {Tuple: &Tuple{Columns: pair, Token: true}, Op: Gt, Marker: Mark},
		{Tuple: &Tuple{Columns: pair, Token: true}, Op: Gt, Marker: "token(?, ?)"}, {Tuple: &Tuple{Columns: pair[:1]}, Op: Gt, Marker: "(?)"},
		{Target: Target{Column: col("a")}, Op: Gt, Marker: Mark},
	} {
		statements = append(statements, &Statement{Verb: Select, Table: "t", Columns: pair, Where: []Relation{r}})
	}
	for op := Eq; op <= Like; op++ {
		statements = append(statements, &Statement{Verb: Delete, Table: "t", If: []Relation{{Target: Target{Column: col("a")}, Op: op, Marker: Mark}}})
	}
	for change := Set; change <= Prepend; change++ {
		statements = append(statements, &Statement{Verb: Update, Table: "t", Assignments: []Assignment{{Target: Target{Column: col("a")}, Change: change, Marker: Mark}}})
	}
	var cache Cache
	for range 2 {
		for _, s := range statements {
			require.Equal(t, s.Text(), cache.Text(s))
		}
	}
	require.Equal(t, len(statements), cache.Len())
}

func TestCacheIsBoundedAndConcurrent(t *testing.T) {
	var cache Cache
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range maxShapes {
				s := &Statement{Verb: Select, Table: "t", Columns: []Column{{ID: g*maxShapes + i, Name: fmt.Sprintf("c%d_%d", g, i)}}}
				if got := cache.Text(s); !strings.Contains(got, s.Columns[0].Name) {
					t.Errorf("%q for %v", got, s.Columns)
				}
			}
		})
	}
	wait.Wait()
	require.LessOrEqual(t, cache.Len(), maxShapes)
}

func TestCacheDoesNotAllocate(t *testing.T) {
	for _, s := range []*Statement{update(), insert12(), select12()} {
		var cache Cache
		cache.Text(s)
		require.Zero(t, testing.AllocsPerRun(100, func() { cache.Text(s) }))
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"name": "name", "locked_by": "locked_by", "a1": "a1",
		"Name": `"Name"`, "1a": `"1a"`, "_a": `"_a"`, "a-b": `"a-b"`, `a"b`: `"a""b"`, "größe": `"größe"`, "": `""`,
		"select": `"select"`, "token": `"token"`, "order": `"order"`, "key": "key", "value": "value", "ttl": "ttl",
	} {
		require.Equal(t, want, Quote(in), in)
	}
	require.Equal(t, "t", TableName("", "t"))
	require.Equal(t, `"KS"."table"`, TableName("KS", "table"))
}

func insert12() *Statement {
	s := &Statement{Verb: Insert, Table: "row", IfNotExists: true}
	for _, c := range strings.Fields("name seq total id at done ratio data tags counts labels balance") {
		s.Values = append(s.Values, Value{col(c), Mark})
	}
	return s
}

func select12() *Statement {
	s := &Statement{Verb: Select, Table: "row", Where: []Relation{{Target: Target{Column: col("name")}, Marker: Mark}, {Target: Target{Column: col("seq")}, Marker: Mark}}}
	for _, v := range insert12().Values {
		s.Columns = append(s.Columns, v.Column)
	}
	return s
}

// TestQuoteReserved: whatever the parser of the embedded server holds for reserved is quoted.
func TestQuoteReserved(t *testing.T) {
	source, err := os.ReadFile("../cqlparse/token.go")
	require.NoError(t, err)
	words := append(regexp.MustCompile(`[A-Za-z_]{2,}`).FindAllString(string(source), -1), "true", "false", "nan", "infinity")
	reserved := 0
	for _, word := range words {
		word = strings.ToLower(word)
		if cqlparse.IsReserved(word) {
			reserved++
			require.Equal(t, `"`+word+`"`, Quote(word))
		}
	}
	require.Greater(t, reserved, 50)
}

func BenchmarkCacheText(b *testing.B) {
	for name, s := range map[string]*Statement{"insert": insert12(), "select": select12(), "update": update()} {
		b.Run(name, func(b *testing.B) {
			var cache Cache
			b.ReportAllocs()
			for b.Loop() {
				cache.Text(s)
			}
		})
	}
}
