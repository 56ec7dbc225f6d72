package once_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/once"
)

func TestMain(m *testing.M) { leak.Main(m) }

func start(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *once.Keys) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	keys := client(t, srv)
	require.NoError(t, keys.Create(context.Background()))
	return srv, keys
}

// client is one more process.
func client(t *testing.T, srv *cqltest.Server) *once.Keys {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = time.Second
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	cluster.DefaultIdempotence = true
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	keys, err := once.Open(coodie.New(session))
	require.NoError(t, err)
	return keys
}

// answer is work that answers with s.
func answer(s string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(s), nil }
}

// never is work that must not be done.
func never(context.Context) ([]byte, error) { panic("done again") }
