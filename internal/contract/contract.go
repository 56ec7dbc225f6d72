// Package contract holds what every driver has to keep, as tests that run over each of them: outcomes, sending once,
// retries, types, pages, and a schema that changes.
package contract

import (
	"context"
	"net"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Driver is a driver under test.
type Driver struct {
	// Open returns a DB on the server in keyspace app, over a session that takes it for three nodes, declares all its
	// statements idempotent, and has a retry policy of that name. The test's end closes it.
	Open func(t *testing.T, srv *cqltest.Server, policy string, opts ...coodie.Option) *coodie.DB
	// Policies are the names of its retry policies. Among them are none; Retry, RetryNextHost, Ignore, Rethrow and
	// undefined, which answer so at the first two errors; SimpleRetryPolicy. Not among them is endless, which
	// answers Retry for ever.
	Policies []string
	// RetriesByItself: without a policy the driver sends a statement again.
	RetriesByItself bool
}

// Run runs all tests.
func Run(t *testing.T, d Driver) {
	for name, test := range map[string]func(*testing.T, Driver){
		"outcomes": outcomes, "causes": causes, "settling": settling, "attempts": attempts, "attempts not sent": attemptsNotSent,
		"one timestamp per call": oneTimestampPerCall, "unprepared for ever": unpreparedForever, "unprepared at times": unpreparedAtTimes,
		"a policy without end": policyWithoutEnd, "a table made again": tableMadeAgain, "a table made again unseen": tableMadeAgainUnseen,
		"a table made again between pages": tableMadeAgainBetweenPages, "a field renamed": fieldRenamed, "a type made again": typeMadeAgain,
		"values": func(t *testing.T, d Driver) {
			Values(t, d.Open(t, cqltest.RunT(t, cqltest.WithKeyspace("app")), "none"))
		},
		"pages": func(t *testing.T, d Driver) {
			Pages(t, d.Open(t, cqltest.RunT(t, cqltest.WithKeyspace("app")), "none"))
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, d) })
	}
}

// ToServer dials one server, whatever the address: a session takes each host for a node of
// its own, and all of them have the same rows.
type ToServer struct{ net.Dialer }

// DialContext dials the address's port.
func (d *ToServer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return d.Dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// client is another client of the server, over gocql.
func client(t *testing.T, srv *cqltest.Server) *gocql.Session {
	t.Helper()
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}
