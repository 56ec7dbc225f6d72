package cqlparse_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// A number is read as what it is, whichever other kind its beginning suggests.
func TestRandomLiterals(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('0' + rnd.Intn(10))
		}
		return string(b)
	}
	check := func(want cqlparse.LiteralKind, src string) {
		t.Helper()
		term, err := cqlparse.ParseTerm(src)
		require.NoError(t, err, src)
		lit, ok := term.(*cqlparse.Literal)
		require.True(t, ok, "%s is a %T", src, term)
		require.Equal(t, want, lit.Kind, src)
		require.Equal(t, src, lit.Text)
		_, err = cqlparse.ParseAs(cqlparse.Cassandra, "INSERT INTO t (a) VALUES ("+src+")")
		require.NoError(t, err, src)
	}
	units := []string{"y", "MO", "w", "d", "H", "m", "s", "ms", "us", "µs", "NS"}
	for range 5000 {
		uuid := make([]byte, 16)
		rnd.Read(uuid)
		if rnd.Intn(2) == 0 { // mostly digits, which look like numbers
			for i := range uuid {
				uuid[i] = byte(rnd.Intn(10)<<4 | rnd.Intn(16))
			}
		}
		check(cqlparse.UUIDLiteral, fmt.Sprintf("%x-%x-%x-%x-%x", uuid[:4], uuid[4:6], uuid[6:8], uuid[8:10], uuid[10:]))
		check(cqlparse.BlobLiteral, fmt.Sprintf("0x%x", uuid[:rnd.Intn(16)]))

		sign := []string{"", "-"}[rnd.Intn(2)]
		check(cqlparse.IntegerLiteral, sign+digits(1+rnd.Intn(20)))
		check(cqlparse.FloatLiteral, sign+digits(1+rnd.Intn(4))+"."+digits(rnd.Intn(9)))
		check(cqlparse.FloatLiteral, sign+digits(1+rnd.Intn(4))+"."+digits(rnd.Intn(9))+"e"+[]string{"", "-", "+"}[rnd.Intn(3)]+digits(2))
		check(cqlparse.FloatLiteral, sign+digits(1+rnd.Intn(4))+"E"+digits(2))

		var duration strings.Builder
		duration.WriteString(sign)
		for range 1 + rnd.Intn(4) {
			duration.WriteString(digits(1+rnd.Intn(3)) + units[rnd.Intn(len(units))])
		}
		check(cqlparse.DurationLiteral, duration.String())
	}
}

// Cassandra's lexer takes -n, -i and -P for the beginning of something else.
func TestNegatedNames(t *testing.T) {
	for _, name := range []string{"name", "id", "Price", "n", "info"} {
		src := "SELECT -" + name + " FROM t"
		_, err := cqlparse.Parse(src)
		require.NoError(t, err, src)
		_, err = cqlparse.ParseAs(cqlparse.Cassandra, src)
		require.Error(t, err, src)
		_, err = cqlparse.ParseAs(cqlparse.Cassandra, cqlparse.Print(parse[*cqlparse.Select](t, src)))
		require.NoError(t, err, src)
	}
	for _, name := range []string{"key", "price", "a"} {
		_, err := cqlparse.ParseAs(cqlparse.Cassandra, "SELECT -"+name+" FROM t")
		require.NoError(t, err, name)
	}
}

// What looks like a number inside a word is part of the word.
func TestWords(t *testing.T) {
	for _, word := range []string{"p1y", "P1Yx", "PT", "PT5Mx", "abcdef12", "e5", "nano", "infinityx", "truely", "x0x1", "exprs"} {
		s := parse[*cqlparse.Select](t, "SELECT "+word+" FROM t")
		require.Equal(t, strings.ToLower(word), s.Selectors[0].Expr.(*cqlparse.ColumnRef).Name.Name)
	}
}
