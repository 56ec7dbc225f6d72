package idempotence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/datastax/cql-proxy/parser"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// asked counts how often gocql asks it whether a statement may be sent again: as often as
// one that failed was handed to it.
type asked struct{ n int }

func (a *asked) Attempt(gocql.RetryableQuery) bool  { a.n++; return false }
func (a *asked) GetRetryType(error) gocql.RetryType { return gocql.Rethrow }

// verdict is whether coodie hands the statement to the session's retry policy.
func verdict(t *testing.T, db *coodie.DB, policy *asked, s statement) bool {
	t.Helper()
	raw := db.Raw(s.cql, s.args...)
	for _, raw := range []coodie.Raw{raw, raw.Unparsed()} {
		for _, call := range []func() error{
			func() error { return raw.Exec(context.Background()) },
			func() error {
				var err error
				for _, err = range raw.Rows(context.Background()) {
				}
				return err
			},
			func() error { _, err := raw.CAS(context.Background()); return err },
		} {
			before := policy.n
			err := call()
			if usage := (*coodie.UsageError)(nil); errors.As(err, &usage) {
				continue
			}
			require.Error(t, err, "%s: there is no such table", s.cql)
			return policy.n > before
		}
	}
	require.FailNow(t, "it cannot be sent", s.cql)
	return false
}

func TestX(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("ks"))
	policy := &asked{}
	cluster := srv.Cluster()
	cluster.RetryPolicy = policy
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	db := coodie.New(session, coodie.WithRetries(0))
	stampedDB := coodie.New(session, coodie.WithRetries(0), coodie.WithClientTimestamps())
	all := corpus()
	fmt.Println(len(all))
	for _, s := range all {
		theirs, terr := parser.IsQueryIdempotent(s.cql)
		theirs = theirs && terr == nil
		a, b := verdict(t, db, policy, s), verdict(t, stampedDB, policy, s)
		if theirs != b || a != b {
			fmt.Printf("theirs %5t %5t/%5t  %s   %v\n", theirs, a, b, s.cql, terr)
		}
	}
}
