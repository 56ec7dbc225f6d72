package lease_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/lease"
)

func TestMain(m *testing.M) { leak.Main(m) }

// start returns a server with the table of leases, and those that a client of it sees.
func start(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *lease.Leases) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	leases := client(t, srv)
	require.NoError(t, leases.Create(context.Background()))
	return srv, leases
}

// client is one more process.
func client(t *testing.T, srv *cqltest.Server) *lease.Leases {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = 2 * time.Second
	if cluster.Dialer != nil { // in a bubble, where time is exact
		cluster.Timeout = 300 * time.Millisecond
	}
	// What would break an LWT if it were not switched off for it.
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	cluster.DefaultIdempotence = true
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	leases, err := lease.Open(coodie.New(session))
	require.NoError(t, err)
	return leases
}

func acquire(t *testing.T, leases *lease.Leases, owner string, ttl time.Duration) *lease.Lease {
	t.Helper()
	x, err := leases.Acquire(context.Background(), "job", owner, ttl)
	require.NoError(t, err)
	return x
}

// requireHeld checks that nobody else can have the lease.
func requireHeld(t *testing.T, leases *lease.Leases, by string) {
	t.Helper()
	_, err := leases.Acquire(context.Background(), "job", "thief", time.Minute)
	require.ErrorIs(t, err, lease.ErrHeld)
	var held *lease.HeldError
	require.ErrorAs(t, err, &held)
	require.Equal(t, by, held.Owner)
}
