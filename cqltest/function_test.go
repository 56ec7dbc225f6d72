package cqltest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// A function computes what its body in Go does; one without a body is schema only.
// What CQL does with them is compared with a real server in integration/diff.
func TestWithFunction(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"),
		cqltest.WithFunction("join", func(args []any) (any, error) {
			if args[1] == nil {
				return nil, errors.New("nothing to join")
			}
			s := ""
			for i, v := range args[0].([]string) {
				if i > 0 {
					s += args[1].(string)
				}
				s += v
			}
			return s, nil
		}),
		cqltest.WithFunction("app.pair", func(args []any) (any, error) { return []any{args[0], fmt.Sprint(args[0])}, nil }),
		cqltest.WithFunction("wrong", func([]any) (any, error) { return "no number", nil }),
		cqltest.WithSchema(`
			CREATE TABLE t (k int PRIMARY KEY, words list<text>);
			CREATE FUNCTION join (words list<text>, sep text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return null;';
			CREATE FUNCTION pair (k int) CALLED ON NULL INPUT RETURNS tuple<int, text> LANGUAGE java AS 'return null;';
			CREATE FUNCTION wrong (k int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return null;';
			CREATE FUNCTION bare (k int, n int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return k;';
			CREATE AGGREGATE bares (int) SFUNC bare STYPE int;
			INSERT INTO t (k, words) VALUES (1, ['a', 'b'])`))
	require.Equal(t, []cqltest.Row{{"j": "a-b", "p": []any{1, "1"}}}, srv.MustRows("SELECT join(words, '-') AS j, pair(k) AS p FROM t"))

	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	var failed *gocql.RequestErrFunctionFailure
	require.ErrorAs(t, session.Query("SELECT join(words, ?) FROM t", nil).Exec(), &failed)
	require.Equal(t, []string{"app", "join", "nothing to join"}, []string{failed.Keyspace, failed.Function, failed.Message()})
	require.ErrorContains(t, srv.Exec("SELECT wrong(k) FROM t"), "no number")

	const refused = `Function app.bare has no body in Go: give it one by cqltest.WithFunction("bare", …)`
	for _, cql := range []string{"SELECT bare(k, k) FROM t", "SELECT bares(k) FROM t", "INSERT INTO t (k) VALUES (bare(1, 2))"} {
		require.EqualError(t, srv.Exec(cql), refused)
	}
}
