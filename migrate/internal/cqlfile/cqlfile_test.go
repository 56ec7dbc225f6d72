package cqlfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/migrate/internal/cqlfile"
)

func TestParse(t *testing.T) {
	const text = "-- A file.\r\n/* -- coodie:repeatable\r\n*/ CREATE TABLE a (k int PRIMARY KEY); -- coodie:repeatable\r\n" +
		"\t-- coodie:check SELECT k FROM a WHERE k = 1;\r\n-- and so on\r\n// coodie:allow x, y z\r\n" +
		"INSERT INTO a (k) VALUES (1); ; INSERT INTO b (v) VALUES ('-- coodie:check ;')"
	for _, bom := range []string{"", "\ufeff"} {
		got, err := cqlfile.Parse(bom + text)
		require.NoError(t, err)
		require.Len(t, got, 3)
		require.Equal(t, "CREATE TABLE a (k int PRIMARY KEY)", got[0].Text)
		require.Equal(t, 3, got[0].Line)
		require.Equal(t, 4, got[0].Column)
		require.False(t, got[0].Repeatable, "neither in a block comment, nor behind a statement")
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
	} {
		s, err := cqlfile.Parse(text)
		require.NoError(t, err)
		got, _ := s[0].Replay()
		require.Equal(t, safe, got, text)
	}
}

// FuzzParse: the statements are where they are said to be, and an error is within the text.
func FuzzParse(f *testing.F) {
	f.Add("-- coodie:check SELECT k FROM a\nINSERT INTO a (k) VALUES (1); DROP TABLE b")
	f.Add("/* x */ // coodie:allow a\nDROP TABLE \"ü\";\r\n-- coodie:")
	f.Add("\ufeffDROP TABLE a; -- coodie:repeatable")
	f.Fuzz(func(t *testing.T, text string) {
		statements, err := cqlfile.Parse(text)
		lines := strings.Split(text, "\n")
		for _, s := range statements {
			if s.Line < 1 || s.Line > len(lines) || s.Column < 1 || !strings.Contains(text, s.Text) {
				t.Fatalf("%q is not at %d:%d", s.Text, s.Line, s.Column)
			}
			again, err := cqlfile.Parse(s.Text)
			if err != nil || len(again) != 1 {
				t.Fatalf("%q: %v", s.Text, err)
			}
		}
		var at *cqlfile.Error
		if err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Line > len(lines) || at.Column < 1) {
			t.Fatalf("%v", err)
		}
	})
}
