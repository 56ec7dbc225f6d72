package cqlfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/migrate/internal/cqlfile"
)

func TestParse(t *testing.T) {
	const text = "-- A file.\r\n/* -- coodie:repeatable\r\n*/ CREATE TABLE a (k int PRIMARY KEY); -- not coodie:repeatable\r\n" +
		"\t-- coodie:check SELECT k FROM a WHERE k = 1;\r\n-- and so on\r\n// coodie:allow x, y z\r\n" +
		"INSERT INTO a (k) VALUES (1); ; INSERT INTO b (v) VALUES ('-- coodie:check ;')"
	for _, bom := range []string{"", "\ufeff"} {
		file, err := cqlfile.Parse(bom + text)
		require.NoError(t, err)
		got := file.Statements
		require.Len(t, got, 3)
		require.Equal(t, "CREATE TABLE a (k int PRIMARY KEY)", got[0].Text)
		require.Equal(t, 3, got[0].Line)
		require.Equal(t, 4, got[0].Column)
		require.False(t, got[0].Repeatable, "a block comment has it")
		require.Equal(t, "INSERT INTO a (k) VALUES (1)", got[1].Text)
		require.Equal(t, 7, got[1].Line)
		require.Equal(t, "SELECT k FROM a WHERE k = 1", got[1].Check)
		require.False(t, got[1].Repeatable)
		require.Equal(t, []string{"x", "y", "z"}, got[1].Allow)
		require.Empty(t, got[2].Check)
		require.Equal(t, 33, got[2].Column)
	}
	require.Equal(t, cqlfile.Sum("a\nb"), cqlfile.Sum("a\r\nb"))
	require.NotEqual(t, cqlfile.Sum("a\nb"), cqlfile.Sum("a b"))
}

func TestReplay(t *testing.T) {
	for text, safe := range map[string]bool{
		"INSERT INTO a (k, v) VALUES (1, 2)":                  true,
		"INSERT INTO a (k, v) VALUES (1, 2) IF NOT EXISTS":    true,
		"INSERT INTO a (k, v) VALUES (1, now())":              false,
		"UPDATE a SET v = 1 WHERE k = 1":                      true,
		"UPDATE a SET v = 1 WHERE k = 1 IF v = 2":             false,
		"UPDATE a SET v = v + 1 WHERE k = 1":                  false,
		"DELETE FROM a WHERE k = 1":                           true,
		"DELETE FROM a WHERE k = 1 IF EXISTS":                 false,
		"TRUNCATE a":                                          false,
		"-- coodie:repeatable\nTRUNCATE a":                    true,
		"BEGIN BATCH DELETE FROM a WHERE k = 1; APPLY BATCH":  true,
		"-- coodie:repeatable\nUPDATE a SET v += 1 WHERE k=1": true,

		"INSERT INTO a (k, v) VALUES (uuid(), 2) IF NOT EXISTS":                false,
		"INSERT INTO a (k, v) VALUES (1, toTimestamp(now())) IF NOT EXISTS":    false, // v may be part of the key
		"INSERT INTO a (k, v) VALUES (app.f(1), 2) IF NOT EXISTS":              false,
		"INSERT INTO a (k, v) VALUES (1, [current_timestamp()]) IF NOT EXISTS": false,
		"INSERT INTO a JSON '{\"k\": 1, \"v\": 2}' IF NOT EXISTS":              true,
		"INSERT INTO a (k, l) VALUES (1, [1, 2]) IF NOT EXISTS":                true,
		"INSERT INTO a (k, l) VALUES (1, [1, 2])":                              true,
		"INSERT INTO a (k, l) VALUES (1, [1, 2]) USING TIMESTAMP 5":            false, // the elements twice
		"INSERT INTO a (k, v) VALUES (1, 2) USING TIMESTAMP 5":                 true,
		"INSERT INTO a (k, v) VALUES (1, 2) USING TTL 60":                      false,
		"INSERT INTO a (k, v) VALUES (1, 2) USING TTL 0":                       true,
		"INSERT INTO a (k, v) VALUES (1, 2) IF NOT EXISTS USING TTL 60":        false, // there again after it has expired
		"UPDATE a USING TTL 60 AND TIMESTAMP 5 SET v = 1 WHERE k = 1":          false,
		"UPDATE a USING TIMESTAMP 5 SET v = 1 WHERE k = 1":                     true,
		"UPDATE a SET l = l + [1] WHERE k = 1":                                 false,
		"UPDATE a SET l = [1] + l WHERE k = 1":                                 false,
		"UPDATE a SET l += [1] WHERE k = 1":                                    false,
		"UPDATE a SET l[0] = 1 WHERE k = 1":                                    false,
		"UPDATE a SET l -= [1] WHERE k = 1":                                    true,
		"UPDATE a SET s += {1} WHERE k = 1":                                    true,
		"UPDATE a SET m['x'] = 1 WHERE k = 1":                                  true,
		"UPDATE a SET v = app.f(1) WHERE k = 1":                                false,
		"UPDATE a SET v = 1 WHERE k = 1 IF EXISTS":                             false,
		"DELETE l[0] FROM a WHERE k = 1":                                       false,
		"DELETE FROM a USING TIMESTAMP 5 WHERE k = 1":                          true,
		"DELETE FROM a WHERE k = minTimeuuid(now())":                           false,
		"BEGIN BATCH INSERT INTO a (k) VALUES (uuid()); APPLY BATCH":           false,
		"BEGIN BATCH INSERT INTO a (k) VALUES (1) IF NOT EXISTS; APPLY BATCH":  false,
		"BEGIN BATCH UPDATE a USING TTL 9 SET v = 1 WHERE k = 1; APPLY BATCH":  false,
		"BEGIN COUNTER BATCH UPDATE a SET n = n + 1 WHERE k = 1; APPLY BATCH":  false,
	} {
		f, err := cqlfile.Parse(text)
		require.NoError(t, err, text)
		got, _ := f.Statements[0].Replay()
		require.Equal(t, safe, got, text)
	}
}

// TestMisplacedDirectives: a directive where it would have no effect is an error.
func TestMisplacedDirectives(t *testing.T) {
	const ends, within = "a directive at the end of a line has no effect", "a directive within a statement has no effect"
	for text, want := range map[string]string{
		"DROP TABLE a; -- coodie:repeatable":                                                                    "1:15: " + ends,
		"DROP TABLE a; /* and */ // coodie:repeatable\nDROP TABLE b":                                            "1:25: " + ends,
		"DROP TABLE a -- coodie:repeatable\n;":                                                                  "1:14: " + within,
		"DROP TABLE a\n-- coodie:repeatable\n; DROP TABLE b":                                                    "2:1: " + within,
		"DROP TABLE\n-- coodie:allow destructive\na":                                                            "2:1: " + within,
		"BEGIN BATCH\n-- coodie:repeatable\nUPDATE a SET n = n + 1 WHERE k = 1;\nAPPLY BATCH":                   "2:1: " + within,
		"BEGIN BATCH DELETE FROM a WHERE k = ';'; -- coodie:repeatable\nDELETE FROM b WHERE k = 1; APPLY BATCH": "1:42: " + within,
		"/* coodie:repeatable */ DROP TABLE a":                                                                  "1:1: a directive is a comment of one line: -- coodie:…",
		"DROP TABLE a;\n-- coodie:repeatable\n":                                                                 "2:1: the directive coodie:repeatable has no statement after it",
		"-- coodie:empty\nDROP TABLE a":                                                                         "2:1: the file has a statement, although it is declared coodie:empty",
		"-- coodie:empty because":                                                                               "1:1: coodie:empty takes no argument",
		"-- coodie:emtpy":                                                                                       "1:1: unknown directive coodie:emtpy; there are check, repeatable, allow, empty and no-way-back",
	} {
		_, err := cqlfile.Parse(text)
		require.ErrorContains(t, err, want, text)
	}
	f, err := cqlfile.Parse("INSERT INTO a (k, v) VALUES ('-- coodie:x', $$\n-- coodie:x\n$$); INSERT INTO a (\"\n-- coodie:x\n\") VALUES ('it''s\n-- coodie:x\n')")
	require.NoError(t, err, "these are strings and names")
	require.Len(t, f.Statements, 2)
	f, err = cqlfile.Parse("-- coodie:no-way-back DROP COLUMN\nDROP TABLE a")
	require.NoError(t, err)
	require.EqualError(t, f.NoWayBack, "1:1: DROP COLUMN")
	f, err = cqlfile.Parse("-- for the number\n-- coodie:empty\n")
	require.NoError(t, err)
	require.True(t, f.Empty)
}

// FuzzParse: the statements are where they are said to be, and an error is within the text.
func FuzzParse(f *testing.F) {
	f.Add("-- coodie:check SELECT k FROM a\nINSERT INTO a (k) VALUES (1); DROP TABLE b")
	f.Add("/* x */ // coodie:allow a\nDROP TABLE \"ü\";\r\n-- coodie:")
	f.Add("\ufeffDROP TABLE a; -- coodie:repeatable")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := cqlfile.Parse(text)
		lines := strings.Split(text, "\n")
		for _, s := range file.Statements {
			if s.Line < 1 || s.Line > len(lines) || s.Column < 1 || !strings.Contains(text, s.Text) {
				t.Fatalf("%q is not at %d:%d", s.Text, s.Line, s.Column)
			}
			again, err := cqlfile.Parse(s.Text)
			if err != nil || len(again.Statements) != 1 {
				t.Fatalf("%q: %v", s.Text, err)
			}
		}
		var at *cqlfile.Error
		if err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Line > len(lines) || at.Column < 1) {
			t.Fatalf("%v", err)
		}
	})
}
