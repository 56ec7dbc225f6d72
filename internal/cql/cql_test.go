package cql

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func update() *Statement {
	return &Statement{
		Verb: Update, Table: "app_config", TTL: true,
		Assignments: []Assignment{{Target: Target{Column: "value"}, Marker: Mark}, {Target: Target{Column: "version"}, Marker: Mark}},
		Where:       []Relation{{Target: Target{Column: "key"}, Marker: Mark}},
		If:          []Relation{{Target: Target{Column: "version"}, Marker: Mark}},
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		s    *Statement
		want string
	}{
		{update(), `UPDATE app_config USING TTL ? SET value=?,version=? WHERE key=? IF version=?`},
		{&Statement{Verb: Insert, Table: "t", Values: []Value{{"a", Mark}, {"Group", "(?, ?)"}}, IfNotExists: true, TTL: true},
			`INSERT INTO t (a,"Group") VALUES (?,(?, ?)) IF NOT EXISTS USING TTL ?`},
		{&Statement{Verb: Insert, Table: "t", Values: []Value{{"a", Mark}}, TTL: true, Timestamp: true},
			`INSERT INTO t (a) VALUES (?) USING TTL ? AND TIMESTAMP ?`},
		{&Statement{Verb: Delete, Table: `"KS".t`, Deletions: []Target{{Column: "m", Elem: Mark}, {Column: "u", Field: "f"}}, Timestamp: true,
			Where: []Relation{{Target: Target{Column: "k"}, Op: In, Marker: Mark}, {Target: Target{Column: "c"}, Op: Ge, Marker: Mark}}},
			`DELETE m[?],u.f FROM "KS".t USING TIMESTAMP ? WHERE k IN ? AND c>=?`},
		{&Statement{Verb: Delete, Table: "t", Where: []Relation{{Target: Target{Column: "k"}, Marker: Mark}}, IfExists: true},
			`DELETE FROM t WHERE k=? IF EXISTS`},
		{&Statement{Verb: Select, Table: "t", Columns: []string{"a", "order"}, Where: []Relation{{Target: Target{Column: "k"}, Op: Contains, Marker: Mark}}, Limit: true},
			`SELECT a,"order" FROM t WHERE k CONTAINS ? LIMIT ?`},
		{&Statement{Verb: Select, Table: "t", Count: true}, `SELECT count(*) FROM t`},
		{&Statement{Verb: Update, Table: "t", Assignments: []Assignment{
			{Target: Target{Column: "l"}, Change: Prepend, Marker: Mark}, {Target: Target{Column: "s"}, Change: Remove, Marker: Mark}, {Target: Target{Column: "c"}, Change: Add, Marker: Mark}},
			If: []Relation{{Target: Target{Column: "m"}, Op: ContainsKey, Marker: Mark}, {Target: Target{Column: "m", Elem: Mark}, Op: Ne, Marker: Null}}},
			`UPDATE t SET l=?+l,s=s-?,c=c+? IF m CONTAINS KEY ? AND m[?]!=null`},
	} {
		require.Equal(t, tt.want, tt.s.Text())
	}
}

// TestCacheTellsShapesApart: two statements share a text only if they are the same.
func TestCacheTellsShapesApart(t *testing.T) {
	column := func(names ...string) *Statement {
		s := &Statement{Verb: Select, Table: "t"}
		s.Columns = append(s.Columns, names...)
		return s
	}
	where := func(s *Statement, name string) *Statement {
		s.Where = append(s.Where, Relation{Target: Target{Column: name}, Marker: Mark})
		return s
	}
	statements := []*Statement{
		column("a"), column("a", "b"), column("ab"), column("b", "a"), column("a\x00b"), column("a\x01", "b"), column("a", "\x01b"),
		where(column("a"), "b"), where(column("a", "b"), "c"), where(where(column("a"), "b"), "c"),
		{Verb: Delete, Table: "t", IfExists: true}, {Verb: Delete, Table: "t"}, {Verb: Delete, Table: "t", Timestamp: true},
		{Verb: Delete, Table: "t", Deletions: []Target{{Column: "a", Elem: "?"}}}, {Verb: Delete, Table: "t", Deletions: []Target{{Column: "a", Field: "?"}}},
	}
	for op := Eq; op <= ContainsKey; op++ {
		statements = append(statements, &Statement{Verb: Delete, Table: "t", If: []Relation{{Target: Target{Column: "a"}, Op: op, Marker: Mark}}})
	}
	for change := Set; change <= Prepend; change++ {
		statements = append(statements, &Statement{Verb: Update, Table: "t", Assignments: []Assignment{{Target: Target{Column: "a"}, Change: change, Marker: Mark}}})
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
				s := &Statement{Verb: Select, Table: "t", Columns: []string{fmt.Sprintf("c%d_%d", g, i)}}
				if got := cache.Text(s); !strings.Contains(got, s.Columns[0]) {
					t.Errorf("%q for %v", got, s.Columns)
				}
			}
		})
	}
	wait.Wait()
	require.LessOrEqual(t, cache.Len(), maxShapes)
}

func TestCacheDoesNotAllocate(t *testing.T) {
	var cache Cache
	s := update()
	cache.Text(s)
	require.Zero(t, testing.AllocsPerRun(100, func() { cache.Text(s) }))
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

func BenchmarkCacheText(b *testing.B) {
	var cache Cache
	s := update()
	b.ReportAllocs()
	for b.Loop() {
		cache.Text(s)
	}
}
