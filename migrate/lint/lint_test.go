package lint_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/migrate/lint"
)

func TestLint(t *testing.T) {
	const users = "CREATE TABLE users (id int PRIMARY KEY, name text, age int);\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"clean":  {map[string]string{"0001_a.up.cql": users, "0001_a.down.cql": "DROP TABLE users", "q/all.cql": "SELECT name FROM users WHERE id = ?;"}, nil},
		"syntax": {map[string]string{"0001_a.up.cql": users + "\nDROP TABEL users"}, []string{"0001_a.up.cql:3:6: no viable alternative at input 'TABEL' "}},
		"rule":   {map[string]string{"0001_a.up.cql": "-- coodie:allow detsructive\nCREATE TABLE a (k int PRIMARY KEY)"}, []string{"0001_a.up.cql:2:1: coodie:allow detsructive: there is no such rule; the rules are destructive, "}},
		"destructive": {
			map[string]string{"0001_a.up.cql": users, "0002_b.up.cql": "ALTER TABLE users DROP (age, name);\n-- coodie:repeatable\nTRUNCATE users;\n-- coodie:allow destructive\nDROP TABLE users"},
			[]string{
				"0002_b.up.cql:1:1: destroys the values of age, name in table users [destructive]",
				"0002_b.up.cql:3:1: destroys the rows of table users [destructive]",
			},
		},
		"filtering": {
			map[string]string{"a.cql": "SELECT * FROM users WHERE age = 1 ALLOW FILTERING;\n-- coodie:allow allow-filtering\nSELECT * FROM users WHERE age = 1 ALLOW FILTERING;"},
			[]string{"a.cql:1:1: ALLOW FILTERING reads rows to drop them; "},
		},
		"dropped": {
			map[string]string{
				"0001_a.up.cql": users, "0002_b.up.cql": "-- coodie:allow destructive\nALTER TABLE users DROP age;\nALTER TABLE users RENAME id TO key;",
				"0003_c.up.cql":   "CREATE INDEX ON users (age);",
				"0003_c.down.cql": "ALTER TABLE users ADD age int",
				"queries.cql": "SELECT name, max(age) FROM users WHERE key = 1;\nUPDATE users SET age = 2 WHERE id = 1 IF age = 1;\n" +
					"BEGIN BATCH INSERT INTO users (key, age) VALUES (1, 2) IF NOT EXISTS; DELETE age FROM users WHERE key = 2; APPLY BATCH;\n" +
					"SELECT age FROM other;",
			},
			[]string{
				"0003_c.up.cql:1:24: column age of table users was dropped at 0002_b.up.cql:2 [dropped-name]",
				"queries.cql:1:18: column age of table users was dropped at 0002_b.up.cql:2 [dropped-name]",
				"queries.cql:2:18: column age",
				"queries.cql:2:32: column id of table users was renamed to key at 0002_b.up.cql:3 [dropped-name]",
				"queries.cql:2:42: column age",
				"queries.cql:3:37: column age",
				"queries.cql:3:78: column age",
			},
		},
		"table": {
			map[string]string{"0001_a.up.cql": users + "-- coodie:allow destructive\nDROP TABLE users;", "0002_b.up.cql": "ALTER TABLE users ADD v int;\n" + users, "q.cql": "SELECT age FROM users"},
			[]string{
				"0001_a.up.cql:3:12: table users is made at 0001_a.up.cql:1: a statement there that is executed late makes it again; leave both out, or drop it in a later migration [reused-name]",
				"0002_b.up.cql:1:13: table users was dropped at 0001_a.up.cql:3 [dropped-name]",
				"0002_b.up.cql:2:14: table users was dropped at 0001_a.up.cql:3: a DROP that is executed late drops it again; use another name [reused-name]",
			},
		},
		"reused": {
			map[string]string{
				"0001_a.up.cql": users + "CREATE INDEX by_age ON users (age);\nCREATE TYPE t (x int);\nCREATE MATERIALIZED VIEW v AS SELECT id, age FROM users WHERE age IS NOT NULL AND id IS NOT NULL PRIMARY KEY (age, id);",
				"0002_b.up.cql": "DROP INDEX by_age;\n-- coodie:allow destructive\nDROP TYPE t;\n-- coodie:allow destructive\nDROP MATERIALIZED VIEW v;\n" +
					"ALTER TABLE users RENAME id TO key;\nALTER TABLE users WITH comment = 'a' AND gc_grace_seconds = 1;\nALTER TYPE u RENAME x TO y;",
				"0003_c.up.cql": "CREATE INDEX by_age ON users (age);\nCREATE TYPE t (x int);\nCREATE TABLE v (k int PRIMARY KEY);\nALTER TABLE users RENAME key TO id;\n" +
					"ALTER TABLE users WITH comment = 'b';\nALTER TABLE users WITH comment = 'c' AND gc_grace_seconds = 2;\nALTER TYPE u RENAME y TO x;",
				"0004_d.up.cql": "ALTER TABLE users ADD w int;\n-- coodie:allow destructive\nALTER TABLE users DROP w;\nCREATE INDEX IF NOT EXISTS i ON users (age);\nDROP INDEX i;",
				"0005_e.up.cql": "-- coodie:allow destructive\nDROP TABLE v;",
			},
			[]string{
				"0003_c.up.cql:1:1: index by_age was dropped at 0002_b.up.cql:1: a DROP that is executed late drops it again; use another name [reused-name]",
				"0003_c.up.cql:2:13: type t was dropped at 0002_b.up.cql:3: a DROP",
				"0003_c.up.cql:3:14: table v was dropped at 0002_b.up.cql:5: a DROP",
				"0003_c.up.cql:4:33: column id of table users was renamed to key at 0002_b.up.cql:6: a RENAME that is executed late renames it again; use another name [reused-name]",
				"0003_c.up.cql:6:24: option comment of table users is set at 0003_c.up.cql:5 too: that statement, executed late, sets it again; set it once [reused-name]",
				"0003_c.up.cql:7:26: field x of type u was renamed to y at",
				"0004_d.up.cql:3:24: column w of table users is made at 0004_d.up.cql:1: a statement there",
				"0004_d.up.cql:5:12: index i is made at 0004_d.up.cql:4: a statement there",
			},
		},
		"empty": {
			map[string]string{"0001_a.up.cql": "-- Statements of CQL.", "0002_b.up.cql": "-- coodie:empty", "0002_b.down.cql": "", "q.cql": ""},
			[]string{"0001_a.up.cql:1:1: the migration has no statement: write what it does, or -- coodie:empty [syntax]"},
		},
		"keyspaces": {
			map[string]string{"q.cql": "UPDATE app.users SET age = 1 WHERE id = 1;\nINSERT INTO users (id) VALUES (1) IF NOT EXISTS;\nDELETE FROM \"users\" WHERE id = 1;\n" +
				"INSERT INTO a.hits (k) VALUES (1) IF NOT EXISTS;\nDELETE FROM b.hits WHERE k = 1; DELETE FROM a.hits WHERE k = 1;"},
			[]string{
				"q.cql:1:1: a plain write of table users, which is written by LWT at q.cql:2: ",
				"q.cql:3:1: a plain write of table users",
				"q.cql:5:33: a plain write of table a.hits, which is written by LWT at q.cql:4",
			},
		},
		"dropped, qualified": {
			map[string]string{"0001_a.up.cql": users, "0002_b.up.cql": "-- coodie:allow destructive\nALTER TABLE app.users DROP age;", "q.cql": "SELECT age FROM users;"},
			[]string{"q.cql:1:8: column age of table users was dropped at 0002_b.up.cql:2 [dropped-name]"},
		},
		"lwt beside plain": {
			map[string]string{"q.cql": "UPDATE users SET age = 1 WHERE id = 1;\nINSERT INTO users (id) VALUES (1) IF NOT EXISTS;\nDELETE FROM users WHERE id = 1;\n" +
				"-- coodie:allow lwt-plain\nDELETE FROM users WHERE id = 2;\nDELETE FROM others WHERE id = 2;\n" +
				"BEGIN BATCH UPDATE users SET age = 1 WHERE id = 1 IF EXISTS; DELETE name FROM users WHERE id = 1; APPLY BATCH"},
			[]string{
				"q.cql:1:1: a plain write of table users, which is written by LWT at q.cql:2: the two are not ordered; give this one a condition too [lwt-plain]",
				"q.cql:3:1: a plain write",
			},
		},
		"unknown": {
			map[string]string{"0001_a.up.cql": "UPDATE hits SET n = n + 1 WHERE k = 1;\n-- coodie:check SELECT k FROM hits WHERE k = 1\nUPDATE hits SET n = n + 1 WHERE k = 1;\n" +
				"INSERT INTO a (k, v) VALUES (1, now());\nINSERT INTO a (k, v) VALUES (1, 2);\nINSERT INTO b (k, v) VALUES (1, 2) IF NOT EXISTS;\n-- coodie:allow unknown-outcome\nUPDATE b SET v = 2 WHERE k = 1 IF v = 1"},
			[]string{
				"0001_a.up.cql:1:1: if the answer is lost, Up stops here: ",
				"0001_a.up.cql:4:1: if the answer is lost, Up stops here: a function may give another value the second time; give it a coodie:check",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range test.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			found, err := lint.Lint(fsys)
			require.NoError(t, err)
			var got []string
			for _, f := range found {
				got = append(got, f.String())
			}
			require.Len(t, got, len(test.want), strings.Join(got, "\n"))
			for i, want := range test.want {
				require.True(t, strings.HasPrefix(got[i], want), got[i])
			}
		})
	}
}
