package idempotence_test

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/datastax/cql-proxy/parser"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// differences are those of one class.
type differences struct {
	theirs, ours bool
	n            int
}

// TestBesideCQLProxy compares coodie's verdicts on raw CQL with those of cql-proxy. Every
// difference is of a class that the statement is made for, and docs/idempotence.md lists the
// classes with their numbers.
func TestBesideCQLProxy(t *testing.T) {
	judges := []judge{newJudge(t), newJudge(t, coodie.WithClientTimestamps())}
	found := map[string]differences{}
	seen := map[string]bool{}
	for _, s := range corpus() {
		if seen[s.cql] {
			continue // made of other pieces
		}
		seen[s.cql] = true
		theirs, err := parser.IsQueryIdempotent(s.cql)
		theirs = theirs && err == nil
		for i, j := range judges {
			stamped := i == 1
			ours := j.repeats(t, s)
			if ours == theirs {
				continue
			}
			class := s.class(theirs, stamped)
			if class == "" {
				t.Errorf("cql-proxy says %t, coodie (client timestamps: %t) %t: %s", theirs, stamped, ours, s.cql)
				continue
			}
			found[class] = differences{theirs, ours, found[class].n + 1}
		}
	}
	require.Equal(t, documented(t), found)
	require.Contains(t, page(t), strconv.Itoa(len(seen))+" statements")
}

// documented are the classes in the documentation.
func documented(t *testing.T) map[string]differences {
	t.Helper()
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (yes|no) \| (yes|no) \| (\d+) \|`).FindAllStringSubmatch(page(t), -1)
	out := map[string]differences{}
	for _, row := range rows {
		n, err := strconv.Atoi(row[4])
		require.NoError(t, err)
		out[row[1]] = differences{row[2] == "yes", row[3] == "yes", n}
	}
	return out
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/idempotence.md")
	require.NoError(t, err)
	return string(text)
}

// judge tells what coodie hands to the session's retry policy. Its server has no table, so
// that whatever is sent to it fails.
type judge struct {
	db     *coodie.DB
	policy *policy
}

// policy counts how often gocql asks it whether to send a statement again.
type policy struct{ asked int }

func (p *policy) Attempt(gocql.RetryableQuery) bool { p.asked++; return false }
func (*policy) GetRetryType(error) gocql.RetryType  { return gocql.Rethrow }

func newJudge(t *testing.T, opts ...coodie.Option) judge {
	t.Helper()
	j := judge{policy: &policy{}}
	config := cqltest.RunT(t, cqltest.WithKeyspace("empty")).Cluster()
	config.RetryPolicy = j.policy
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	j.db = coodie.New(session, append(opts, coodie.WithRetries(0))...)
	return j
}

// repeats reports whether the session's retry policy is asked to repeat the statement: called
// as its kind is called, and unparsed if coodie does not understand it.
func (j judge) repeats(t *testing.T, s statement) bool {
	t.Helper()
	ctx := context.Background()
	for _, raw := range []coodie.Raw{j.db.Raw(s.cql, s.args...), j.db.Raw(s.cql, s.args...).Unparsed()} {
		for _, call := range []func() error{
			func() error { return raw.Exec(ctx) },
			func() (err error) {
				for _, err = range raw.Rows(ctx) {
				}
				return err
			},
			func() error { _, err := raw.CAS(ctx); return err },
		} {
			before := j.policy.asked
			err := call()
			if coodie.KindOf(err) == coodie.KindUsage {
				continue // nothing was sent
			}
			require.Error(t, err, s.cql)
			return j.policy.asked > before
		}
	}
	require.Fail(t, "no call takes it", s.cql)
	return false
}
