package apache_test

import (
	"context"
	"maps"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
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

// config is that of an embedded server, in keyspace app.
func config(srv *cqltest.Server) *gocql.ClusterConfig {
	cluster := gocql.NewCluster(srv.Addr())
	cluster.Keyspace, cluster.Timeout, cluster.WriteCoalesceWaitTime = "app", 5*time.Second, 0
	return cluster
}

// TestContract is what the other drivers keep too.
func TestContract(t *testing.T) {
	contract.Run(t, contract.Driver{Policies: slices.Collect(maps.Keys(retryPolicies)),
		Open: func(t *testing.T, srv *cqltest.Server, policy string, opts ...coodie.Option) *coodie.DB {
			t.Helper()
			cluster := config(srv)
			_, port, err := net.SplitHostPort(srv.Addr())
			require.NoError(t, err)
			for i := range 2 {
				cluster.Hosts = append(cluster.Hosts, net.JoinHostPort("127.0.1."+strconv.Itoa(i+1), port))
			}
			cluster.DisableInitialHostLookup, cluster.DefaultIdempotence, cluster.Dialer = true, true, &contract.ToServer{}
			if cluster.RetryPolicy = retryPolicies[policy]; policy == "endless" {
				cluster.RetryPolicy = answers{1000, gocql.Retry}
			}
			connect := []coodie.ConnectOption{coodie.WithObserver(coodie.ObserverFunc(func(context.Context, coodie.Event) {}))} // slog is not told
			for _, o := range opts {
				connect = append(connect, o)
			}
			db, err := apache.Connect(t.Context(), cluster, connect...)
			require.NoError(t, err)
			t.Cleanup(db.Close)
			return db
		}})
}
