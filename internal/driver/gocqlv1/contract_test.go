package gocqlv1_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/contract"
)

// answers is a retry policy that makes up to n retries of the type.
type answers struct {
	n    int
	kind gocql.RetryType
}

func (a answers) Attempt(q gocql.RetryableQuery) bool { return q.Attempts() <= a.n }
func (a answers) GetRetryType(error) gocql.RetryType  { return a.kind }

var retryPolicies = map[string]gocql.RetryPolicy{
	"none":               nil,
	"SimpleRetryPolicy":  &gocql.SimpleRetryPolicy{NumRetries: 2},
	"ExponentialBackoff": &gocql.ExponentialBackoffRetryPolicy{NumRetries: 2, Min: time.Microsecond, Max: time.Millisecond},
	"Downgrading":        &gocql.DowngradingConsistencyRetryPolicy{ConsistencyLevelsToTry: []gocql.Consistency{gocql.One, gocql.One}},
	"Retry":              answers{2, gocql.Retry},
	"RetryNextHost":      answers{2, gocql.RetryNextHost},
	"Ignore":             answers{2, gocql.Ignore},
	"Rethrow":            answers{2, gocql.Rethrow},
	"undefined":          answers{2, 99},
}

// TestContract runs with gocql, and with ScyllaDB's fork in its place: make forks.
func TestContract(t *testing.T) {
	_, fork := any(gocql.NewNativeType).(func(byte, gocql.Type) gocql.NativeType) // it takes no policy for three retries
	contract.Run(t, contract.Driver{Open: overThreeNodes, Policies: slices.Collect(maps.Keys(retryPolicies)), RetriesByItself: fork})
}

func overThreeNodes(t *testing.T, srv *cqltest.Server, policy string, opts ...coodie.Option) *coodie.DB {
	t.Helper()
	cluster := srv.Cluster()
	for i := range 2 {
		cluster.Hosts = append(cluster.Hosts, "127.0.1."+strconv.Itoa(i+1))
	}
	cluster.DisableInitialHostLookup, cluster.DefaultIdempotence, cluster.Events.DisableSchemaEvents = true, true, false
	cluster.Dialer = &contract.ToServer{}
	if cluster.RetryPolicy = retryPolicies[policy]; policy == "endless" {
		cluster.RetryPolicy = answers{1000, gocql.Retry}
	}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return coodie.New(session, opts...)
}

// TestErrors: each error of the driver has a kind.
func TestErrors(t *testing.T) {
	contract.Errors(t, "github.com/gocql/gocql", map[string]error{
		"ErrTimeoutNoResponse": gocql.ErrTimeoutNoResponse, "ErrConnectionClosed": gocql.ErrConnectionClosed, "ErrNoStreams": gocql.ErrNoStreams,
		"ErrTooManyTimeouts": gocql.ErrTooManyTimeouts, "ErrNoHosts": gocql.ErrNoHosts, "ErrNoConnectionsStarted": gocql.ErrNoConnectionsStarted,
		"ErrHostQueryFailed": gocql.ErrHostQueryFailed, "ErrTooManyStmts": gocql.ErrTooManyStmts, "ErrUseStmt": gocql.ErrUseStmt,
		"ErrSessionClosed": gocql.ErrSessionClosed, "ErrNoConnections": gocql.ErrNoConnections, "ErrNoKeyspace": gocql.ErrNoKeyspace,
		"ErrKeyspaceDoesNotExist": gocql.ErrKeyspaceDoesNotExist,
	}, map[string]string{
		"ErrFrameTooBig": "of a request or of an answer", "ErrQueryArgLength": "never returned", "ErrNotFound": "of Scan, which coodie does not use",
		"ErrUnavailable": "never returned", "ErrUnsupported": "of protocols before 4", "ErrNoMetadata": "of the routing key, which goes without", "ErrCannotFindHost": "of the ring's own",
		"ErrHostAlreadyExists": "of the ring's own", "ErrUnknownRetryType": "of a wrong policy, after an attempt",
		"ErrHostDown": "the fork's, by its text", "ErrNoPool": "the fork's, by its text", "ErrNoConnectionsInPool": "the fork's, by its text",
		"ErrNoTable": "the fork's, of a table's description", "ErrTabletsNotUsed": "the fork's, of a description of tablets",
		"ErrSessionNotReady":              "the fork's, of a session that is being made",
		"ErrScyllaSourcePortAlreadyInUse": "the fork's, of a connection that is dialled again",
	})
}
