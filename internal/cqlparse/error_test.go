package cqlparse_test

import (
	_ "embed"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// recorded holds statements and what Cassandra 5.0.6 said of each, after a tab.
// \n stands for a line end.
//
//go:embed testdata/errors.txt
var recorded string

// unlike are the statements we refuse in other words.
var unlike = map[string]string{
	"GRANT SELECT, ON t TO x":     "a NullPointerException of the server",
	"CREATE TABLE t (k tuple<>)":  "a NullPointerException of the server",
	"CREATE TABLE t (k frozen<>)": "a NullPointerException of the server",
}

func TestErrorsAsCassandra(t *testing.T) {
	for _, line := range lines(recorded) {
		src, want, ok := strings.Cut(line, "\t")
		require.True(t, ok, line)
		src = strings.ReplaceAll(src, `\n`, "\n")
		_, err := cqlparse.ParseAs(cqlparse.Cassandra, src)
		var syntax *cqlparse.Error
		if !errors.As(err, &syntax) {
			t.Errorf("%s\n got no error\nwant %s", src, want)
			continue
		}
		if unlike[src] != "" {
			require.NotEqual(t, want, syntax.Msg, "no longer unlike: %s", src)
			continue
		}
		if syntax.Msg != want {
			t.Errorf("%s\n got %s\nwant %s", src, syntax.Msg, want)
		}
	}
}

func TestErrorPosition(t *testing.T) {
	tests := []struct {
		src                string
		line, column, byte int
	}{
		{"SELEC 1", 1, 0, 0},
		{"SELECT a b FROM t", 1, 9, 9},
		{"SELECT a\nFROM t\n  WERE x = 1", 3, 2, 18},
		{"SELECT 'é' b FROM t", 1, 11, 12},
		{"SELECT a FROM t WHERE", 1, 21, 21},
		{"SELECT a FROM t WHERE a = 'open", 1, 31, 31},
		{"SELECT a\r\nFROM @", 2, 5, 15},
		{"CREATE TABLE t (k frozen<int> PRIMARY KEY)", 1, 18, 18},
		{"UPDATE t SET a = 1, a = 2 WHERE k = 1", 1, 20, 20},
		{"CREATE TABLE t (k int PRIMARY KEY) WITH a = 1 AND a = 2", 1, 50, 50},
	}
	for _, tt := range tests {
		_, err := cqlparse.Parse(tt.src)
		var syntax *cqlparse.Error
		require.ErrorAs(t, err, &syntax, tt.src)
		require.Equal(t, cqlparse.Pos{Offset: tt.byte, Line: tt.line, Col: tt.column}, syntax.Pos, tt.src)
	}
}

// Hostile text ends in an error, not in an exhausted stack or in minutes of
// work.
func TestLimits(t *testing.T) {
	const n = 100_000
	for name, src := range map[string]string{
		"parentheses":   "SELECT " + strings.Repeat("(", n),
		"lists":         "INSERT INTO t (a) VALUES (" + strings.Repeat("[", n),
		"sets":          "INSERT INTO t (a) VALUES (" + strings.Repeat("{", n),
		"maps":          "INSERT INTO t (a) VALUES (" + strings.Repeat("{1:", n),
		"calls":         "SELECT " + strings.Repeat("f(", n),
		"minus":         "SELECT " + strings.Repeat("- ", n) + "a FROM t",
		"sum":           "SELECT a" + strings.Repeat(" + a", n) + " FROM t",
		"term sum":      "INSERT INTO t (a) VALUES (1" + strings.Repeat(" * 1", n) + ")",
		"hints":         "SELECT " + strings.Repeat("(int) ", n) + "a FROM t",
		"elements":      "SELECT a" + strings.Repeat("[1]", n) + " FROM t",
		"open elements": "SELECT " + strings.Repeat("a[", n),
		"fields":        "SELECT a" + strings.Repeat(".b", n) + " FROM t",
		"types":         "CREATE TABLE t (a " + strings.Repeat("list<", n),
		"tuple hint":    "INSERT INTO t (a) VALUES (" + strings.Repeat("(list<", n),
		"relations":     "SELECT a FROM t WHERE " + strings.Repeat("(", n) + "a = 1",
	} {
		for _, d := range []cqlparse.Dialect{cqlparse.Any, cqlparse.Cassandra} {
			_, err := cqlparse.ParseAs(d, src)
			require.Error(t, err, name)
		}
	}
}

func TestDialects(t *testing.T) {
	for _, src := range lines(beyond) {
		_, err := cqlparse.ParseAs(cqlparse.Cassandra, src)
		require.Error(t, err, src)
	}
}
