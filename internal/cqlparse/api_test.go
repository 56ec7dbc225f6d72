package cqlparse_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

func parse[S cqlparse.Statement](t *testing.T, src string) S {
	t.Helper()
	stmt, err := cqlparse.Parse(src)
	require.NoError(t, err, src)
	s, ok := stmt.(S)
	require.True(t, ok, "%s is a %T", src, stmt)
	return s
}

func TestPrint(t *testing.T) {
	tests := []struct{ src, want string }{
		{"select A,\"B\" from T;", `SELECT a, "B" FROM t`},
		{"select a from t order by b asc", "SELECT a FROM t ORDER BY b"},
		{"SELECT a-1 FROM t", ""}, // a, then the number -1
		{"SELECT a - 1, -a, - 1, -1 FROM t", "SELECT a - 1, - a, - 1, -1 FROM t"},
		{"SELECT l[1..2],l[..'x'] FROM t", "SELECT l[1 .. 2], l[ .. 'x'] FROM t"},
		{"SELECT token(a), \"token\"(a) FROM t", `SELECT token(a), "token"(a) FROM t`},
		{"UPDATE t SET c += 1, d -= 2 WHERE k=1", "UPDATE t SET c = c + 1, d = d - 2 WHERE k = 1"},
		{"UPDATE t SET c = c -1 WHERE k=1", "UPDATE t SET c = c + -1 WHERE k = 1"},
		{"INSERT INTO t (a) VALUES ($$it's$$)", "INSERT INTO t (a) VALUES ($$it's$$)"},
		{"INSERT INTO t (a) VALUES (-NaN)", "INSERT INTO t (a) VALUES (NaN)"},
		{"BEGIN BATCH DELETE FROM t WHERE k=1 APPLY BATCH", "BEGIN BATCH DELETE FROM t WHERE k = 1; APPLY BATCH"},
		{"CREATE TABLE t (a int, b int, PRIMARY KEY ((a), b))", "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))"},
		{"CREATE USER Bob", "CREATE USER 'Bob'"},
		{"LIST ALL", "LIST ALL PERMISSIONS"},
		{"GRANT SELECT PERMISSION ON t TO r", "GRANT SELECT ON TABLE t TO r"},
		{"DESC TABLE T", "DESCRIBE TABLE t"},
		{"CREATE TYPE t (a frozen < list<TEXT> >)", "CREATE TYPE t (a frozen<list<text>>)"},
	}
	for _, tt := range tests {
		stmt, err := cqlparse.Parse(tt.src)
		if tt.want == "" {
			require.Error(t, err, tt.src)
			continue
		}
		require.NoError(t, err, tt.src)
		require.Equal(t, tt.want, cqlparse.Print(stmt))
	}
}

// A tree made by hand prints with the quotes and parentheses it needs.
func TestPrintByHand(t *testing.T) {
	col := func(name string) cqlparse.Term {
		return &cqlparse.ColumnRef{Name: cqlparse.Identifier{Name: name}}
	}
	sum := &cqlparse.Binary{Op: '+', X: col("a"), Y: col("B")}
	product := &cqlparse.Binary{Op: '*', X: sum, Y: &cqlparse.Negation{X: sum}}
	require.Equal(t, `(a + "B") * - (a + "B")`, cqlparse.Print(product))
	require.Equal(t, `a - (a + "B")`, cqlparse.Print(&cqlparse.Binary{Op: '-', X: col("a"), Y: sum}))
	text := &cqlparse.Literal{Kind: cqlparse.StringLiteral, Text: "a$$b'c", Dollar: true}
	require.Equal(t, "'a$$b''c'", cqlparse.Print(text))
}

func TestMarkers(t *testing.T) {
	sel := parse[*cqlparse.Select](t, "SELECT f(?) FROM t WHERE a IN ? AND (b, c) > (:x, ?) LIMIT :\"Y\"")
	var names []string
	for i, m := range sel.Markers {
		require.Equal(t, i, m.Index)
		names = append(names, m.Name.Name)
	}
	require.Equal(t, []string{"", "", "x", "", "Y"}, names)

	// Type hints and malformed alternatives that are tried leave none behind.
	require.Len(t, parse[*cqlparse.Select](t, "SELECT DISTINCT (int) ?, l[?] FROM t").Markers, 2)
	require.Len(t, parse[*cqlparse.Select](t, "SELECT json - ? FROM t").Markers, 1)

	batch := parse[*cqlparse.Batch](t, `BEGIN BATCH USING TIMESTAMP ?
		UPDATE t USING TTL ? SET a = ? WHERE k = ?; INSERT INTO t (a) VALUES (1);
		DELETE FROM t WHERE k = ? APPLY BATCH`)
	require.Len(t, batch.Markers, 5)
	require.Len(t, batch.Statements[0].Header().Markers, 3)
	require.Equal(t, 1, batch.Statements[0].Header().Markers[0].Index)
	require.Empty(t, batch.Statements[1].Header().Markers)
	require.Equal(t, 4, batch.Statements[2].Header().Markers[0].Index)
}

func TestNames(t *testing.T) {
	s := parse[*cqlparse.Select](t, `SELECT Type FROM KS."Tab""le" WHERE "" = 1`)
	require.Equal(t, "ks", s.From.Keyspace.Name)
	require.Equal(t, `Tab"le`, s.From.Name.Name)
	require.Equal(t, `ks."Tab""le"`, s.From.String())
	require.Equal(t, "type", s.Selectors[0].Expr.(*cqlparse.ColumnRef).Name.Name)
	require.False(t, s.Where[0].Columns[0].IsZero())
	require.True(t, s.Selectors[0].Alias.IsZero())
	require.Equal(t, "Bob", parse[*cqlparse.CreateUser](t, "CREATE USER Bob").User)
	require.Equal(t, "bob", parse[*cqlparse.CreateRole](t, "CREATE ROLE Bob").Role.Name)
}

func TestAssignments(t *testing.T) {
	s := parse[*cqlparse.Update](t, `UPDATE t SET a = 1, b = b + 1, c += 1, d = d - 1, e -= 1, f = [1] + f,
		g['x'] = 1, h.i = 1, j = j -5 WHERE k = 1`)
	ops := []cqlparse.AssignOp{
		cqlparse.AssignSet, cqlparse.AssignAdd, cqlparse.AssignAdd, cqlparse.AssignSubtract,
		cqlparse.AssignSubtract, cqlparse.AssignPrepend, cqlparse.AssignSet, cqlparse.AssignSet,
		cqlparse.AssignAdd,
	}
	require.Len(t, s.Assignments, len(ops))
	for i, op := range ops {
		require.Equal(t, op, s.Assignments[i].Op, cqlparse.Print(s.Assignments[i]))
	}
	require.NotNil(t, s.Assignments[6].Key)
	require.Equal(t, "i", s.Assignments[7].Field.Name)
	require.Equal(t, "-5", s.Assignments[8].Value.(*cqlparse.Literal).Text)
}

func TestRelations(t *testing.T) {
	where := func(src string) *cqlparse.Relation {
		return parse[*cqlparse.Select](t, "SELECT * FROM t WHERE "+src).Where[0]
	}
	require.Equal(t, cqlparse.OnTuple, where("(a, b) IN ((1, 2))").On)
	require.Equal(t, cqlparse.OnToken, where("token(a) > 1").On)
	require.Equal(t, cqlparse.OnColumn, where("((a > 1))").On)
	require.Equal(t, cqlparse.OnElement, where("m['a'] = 1").On)
	require.Equal(t, cqlparse.OnIndexExpr, where("expr(i, 'x')").On)

	list := where("a IN ()")
	require.NotNil(t, list.Values)
	require.Empty(t, list.Values)
	marker := where("a IN ?")
	require.Nil(t, marker.Values)
	require.IsType(t, &cqlparse.Marker{}, marker.Value)
	require.Len(t, where("a BETWEEN 1 AND 2").Values, 2)
	require.Equal(t, cqlparse.OpNotContainsKey, where("m NOT CONTAINS KEY 1").Op)
	require.Equal(t, cqlparse.OpIsNot, where("a IS NOT NULL").Op)
}

// EXISTS is also a column.
func TestConditions(t *testing.T) {
	require.True(t, parse[*cqlparse.Update](t, "UPDATE t SET a = 1 WHERE k = 1 IF EXISTS").IfExists)
	s := parse[*cqlparse.Update](t, "UPDATE t SET a = 1 WHERE k = 1 IF exists = 1 AND m['k'] IN (1) AND u.f != ?")
	require.False(t, s.IfExists)
	require.Len(t, s.If, 3)
	require.Equal(t, "exists", s.If[0].Column.Name)
	require.NotNil(t, s.If[1].Key)
	require.Equal(t, "f", s.If[2].Field.Name)

	for src, want := range map[string]bool{
		"INSERT INTO t (a) VALUES (1)":                                 false,
		"INSERT INTO t (a) VALUES (1) IF NOT EXISTS":                   true,
		"DELETE FROM t WHERE k = 1 IF a = 1":                           true,
		"DELETE FROM t WHERE k = 1":                                    false,
		"BEGIN BATCH DELETE FROM t WHERE k = 1; APPLY BATCH":           false,
		"BEGIN BATCH DELETE FROM t WHERE k = 1 IF EXISTS; APPLY BATCH": true,
		"SELECT a FROM t":                                              false,
		"CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)":             false,
	} {
		require.Equal(t, want, cqlparse.HasCondition(parse[cqlparse.Statement](t, src)), src)
	}
}

func TestUsing(t *testing.T) {
	s := parse[*cqlparse.Insert](t, "INSERT INTO t (a) VALUES (1) USING TTL 1 AND TIMESTAMP ? AND TTL 2 AND TIMEOUT 5s")
	require.Equal(t, "2", s.Using.TTL().(*cqlparse.Literal).Text)
	require.IsType(t, &cqlparse.Marker{}, s.Using.Timestamp())
	require.Equal(t, cqlparse.DurationLiteral, s.Using.Timeout().(*cqlparse.Literal).Kind)
	require.Nil(t, parse[*cqlparse.Insert](t, "INSERT INTO t (a) VALUES (1)").Using.TTL())
}

func TestTableKeys(t *testing.T) {
	keys := func(src string) []*cqlparse.PrimaryKey { return parse[*cqlparse.CreateTable](t, src).Keys() }
	one := keys("CREATE TABLE t (a int, b int, c int, PRIMARY KEY ((a, b), c))")
	require.Len(t, one, 1)
	require.Len(t, one[0].Partition, 2)
	require.Len(t, one[0].Clustering, 1)
	require.Len(t, keys("CREATE TABLE t (a int PRIMARY KEY)"), 1)
	require.Empty(t, keys("CREATE TABLE t (a int)"))
	require.Len(t, keys("CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY, PRIMARY KEY (a))"), 3)
}

func TestParseType(t *testing.T) {
	for src, want := range map[string]string{
		"TEXT":                             "text",
		"varchar":                          "varchar",
		"Map < text , frozen<list<Int>> >": "map<text, frozen<list<int>>>",
		"vector<float, 3>":                 "vector<float, 3>",
		"tuple<int, ks.\"Type\", address>": "tuple<int, ks.\"Type\", address>",
		"'org.apache.cassandra.db.It''s'":  "'org.apache.cassandra.db.It''s'",
		"frozen<\"text\">":                 "frozen<\"text\">",
	} {
		typ, err := cqlparse.ParseType(src)
		require.NoError(t, err, src)
		require.Equal(t, want, typ.String())
	}
	for _, src := range []string{"", "list", "list<", "map<int>", "text x", "vector<int>", "frozen<int>", "select", "list<int>>"} {
		typ, err := cqlparse.ParseType(src)
		if src == "list" { // a user type of that name
			require.NoError(t, err)
			require.Equal(t, cqlparse.UserType, typ.Kind)
			continue
		}
		require.Error(t, err, src)
	}
}

func TestParseTerm(t *testing.T) {
	for src, want := range map[string]any{
		"'a'": &cqlparse.Literal{}, "?": &cqlparse.Marker{}, "{}": &cqlparse.SetLiteral{},
		"{1: 2}": &cqlparse.MapLiteral{}, "{a: 2}": &cqlparse.UDTLiteral{}, "{f(): 2}": &cqlparse.MapLiteral{},
		"(1)": &cqlparse.TupleLiteral{}, "(int) 1": &cqlparse.TypeHint{}, "[1]": &cqlparse.ListLiteral{},
		"now()": &cqlparse.FunctionCall{}, "1 + 1": &cqlparse.Binary{}, "- ?": &cqlparse.Negation{},
		"CAST(1 AS text)": &cqlparse.Cast{}, "('a')": &cqlparse.TupleLiteral{},
	} {
		term, err := cqlparse.ParseTerm(src)
		require.NoError(t, err, src)
		require.IsType(t, want, term, src)
	}
	for _, src := range []string{"", "a", "1 2", "f(", "{", "(a)"} {
		_, err := cqlparse.ParseTerm(src)
		require.Error(t, err, src)
	}
}

func TestLiterals(t *testing.T) {
	for src, want := range map[string]cqlparse.LiteralKind{
		"'1'": cqlparse.StringLiteral, "$$1$$": cqlparse.StringLiteral, "1": cqlparse.IntegerLiteral,
		"-1": cqlparse.IntegerLiteral, "1.": cqlparse.FloatLiteral, "1e5": cqlparse.FloatLiteral,
		"nan": cqlparse.FloatLiteral, "-infinity": cqlparse.FloatLiteral, "TRUE": cqlparse.BooleanLiteral,
		"0x": cqlparse.BlobLiteral, "0xaF": cqlparse.BlobLiteral, "null": cqlparse.NullLiteral,
		"123e4567-e89b-12d3-a456-426614174000": cqlparse.UUIDLiteral,
		"abcdefab-cdef-abcd-efab-cdefabcdefab": cqlparse.UUIDLiteral,
		"1h30m":                                cqlparse.DurationLiteral, "-1mo": cqlparse.DurationLiteral, "P1Y": cqlparse.DurationLiteral,
		"PT5M": cqlparse.DurationLiteral, "P3W": cqlparse.DurationLiteral, "1us2µs3ns": cqlparse.DurationLiteral,
		"-P0001-02-03T04:05:06": cqlparse.DurationLiteral, "P1Y2DT3S": cqlparse.DurationLiteral,
	} {
		term, err := cqlparse.ParseTerm(src)
		require.NoError(t, err, src)
		lit, ok := term.(*cqlparse.Literal)
		require.True(t, ok, src)
		require.Equal(t, want, lit.Kind, src)
	}
}

func TestPositions(t *testing.T) {
	src := "SELECT 'é', b\nFROM t -- x\n  WHERE k = ?;"
	s := parse[*cqlparse.Select](t, src)
	require.Equal(t, cqlparse.Pos{Offset: 13, Line: 1, Col: 12}, s.Selectors[1].Position())
	require.Equal(t, cqlparse.Pos{Offset: 20, Line: 2, Col: 5}, s.From.Position())
	require.Equal(t, cqlparse.Pos{Offset: strings.Index(src, "k ="), Line: 3, Col: 8}, s.Where[0].Position())
	require.Equal(t, strings.Index(src, ";"), s.End.Offset)
	require.Equal(t, strings.Index(src, "?"), s.Markers[0].Offset)
}

func TestParseScript(t *testing.T) {
	src := `-- schema; not a statement
CREATE TABLE t (k int PRIMARY KEY);; /* ; */
INSERT INTO t (k) VALUES (';'); // one
BEGIN BATCH INSERT INTO t (k) VALUES (?); DELETE FROM t WHERE k = ?; APPLY BATCH;
CREATE FUNCTION f () CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
SELECT ? FROM t`
	stmts, err := cqlparse.ParseScript(src)
	require.NoError(t, err)
	var kinds []cqlparse.Kind
	for _, s := range stmts {
		kinds = append(kinds, s.Kind())
	}
	require.Equal(t, []cqlparse.Kind{
		cqlparse.KindCreateTable, cqlparse.KindInsert, cqlparse.KindBatch,
		cqlparse.KindCreateFunction, cqlparse.KindSelect,
	}, kinds)
	h := stmts[1].Header()
	require.Equal(t, "INSERT INTO t (k) VALUES (';')", src[h.Offset:h.End.Offset])
	require.Equal(t, 0, stmts[4].Header().Markers[0].Index)

	stmts, err = cqlparse.ParseScript("SELECT a FROM t;\nSELECT b FROM t SELECT c FROM t")
	require.Len(t, stmts, 1)
	var syntax *cqlparse.Error
	require.ErrorAs(t, err, &syntax)
	require.Equal(t, 2, syntax.Pos.Line)

	stmts, err = cqlparse.ParseScript(" ; -- nothing")
	require.NoError(t, err)
	require.Empty(t, stmts)
}

// Walk meets the markers in textual order, wherever they are.
func TestWalk(t *testing.T) {
	for _, src := range lines(corpus + beyond) {
		stmt, err := cqlparse.Parse(src)
		require.NoError(t, err)
		var met []*cqlparse.Marker
		cqlparse.Walk(stmt, func(n cqlparse.Node) bool {
			if m, ok := n.(*cqlparse.Marker); ok {
				met = append(met, m)
			}
			return true
		})
		require.Equal(t, stmt.Header().Markers, met, src)
	}

	count := 0
	cqlparse.Walk(parse[*cqlparse.Select](t, "SELECT f(a, g(b)), c FROM t"), func(n cqlparse.Node) bool {
		count++
		_, call := n.(*cqlparse.FunctionCall)
		return !call
	})
	require.Equal(t, 5, count) // the statement, two selectors, f(…) and c
}

func TestQuoting(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "a_1": "a_1", "type": "type", "key": "key", "timestamp": "timestamp",
		"select": `"select"`, "table": `"table"`, "token": `"token"`, "nan": `"nan"`, "true": `"true"`,
		"A": `"A"`, "1a": `"1a"`, "": `""`, "a b": `"a b"`, `a"b`: `"a""b"`, "_a": `"_a"`, "é": `"é"`,
	} {
		require.Equal(t, want, cqlparse.QuoteIdentifier(name))
		require.Equal(t, want != name, cqlparse.NeedsQuoting(name))
	}
	require.Equal(t, "'it''s'", cqlparse.QuoteString("it's"))
	require.True(t, cqlparse.IsKeyword("Ttl"))
	require.False(t, cqlparse.IsReserved("Ttl"))
	require.True(t, cqlparse.IsReserved("SeLeCt"))
	require.False(t, cqlparse.IsKeyword("banana"))
}

// Cassandra's own list, and what it reserves besides by how it reads text.
func TestReserved(t *testing.T) {
	const list = `ADD ALLOW ALTER AND APPLY ASC AUTHORIZE BATCH BEGIN BY COLUMNFAMILY CREATE DELETE DESC
		DESCRIBE DROP ENTRIES EXECUTE FROM FULL GRANT IF IN INDEX INFINITY INSERT INTO IS KEYSPACE LIMIT
		MATERIALIZED MODIFY NAN NORECURSIVE NOT NULL OF ON OR ORDER PRIMARY RENAME REVOKE SCHEMA SELECT
		SET TABLE TO TOKEN TRUNCATE UNLOGGED UPDATE USE USING VIEW WHERE WITH TRUE FALSE`
	for _, w := range strings.Fields(list) {
		require.True(t, cqlparse.IsReserved(w), w)
		_, err := cqlparse.Parse("SELECT " + w + " FROM t")
		if w != "NULL" && w != "NAN" && w != "INFINITY" && w != "TRUE" && w != "FALSE" {
			require.Error(t, err, w)
		}
	}
	const free = `KEYS AS CLUSTERING COMPACT STORAGE TYPE VALUES MAP LIST FILTERING PERMISSIONS KEYSPACES ALL
		USER ROLE SUPERUSER PASSWORD EXISTS CUSTOM TRIGGER CONTAINS STATIC FROZEN TUPLE FUNCTION AGGREGATE
		LANGUAGE LIKE PER PARTITION GROUP DEFAULT UNSET REPLACE MBEAN MASKED VECTOR ANN TTL COUNT WRITETIME
		KEY CAST JSON DISTINCT INT TEXT TIMESTAMP COUNTER UUID TABLES BETWEEN BYPASS TIMEOUT`
	for _, w := range strings.Fields(free) {
		require.False(t, cqlparse.IsReserved(w), w)
		_, err := cqlparse.Parse("SELECT a, " + w + " FROM t WHERE " + w + " = 1")
		require.NoError(t, err, w)
	}
}

func BenchmarkParse(b *testing.B) {
	const src = "UPDATE app_config SET value = ?, version = ? WHERE key = ? IF version = ?"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cqlparse.Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
