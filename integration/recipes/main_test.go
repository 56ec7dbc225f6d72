// Package recipes_test runs the recipes against a real Cassandra.
package recipes_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// keyspace makes a keyspace of the test's own.
func keyspace(t *testing.T) string {
	t.Helper()
	return cassandra.NewKeyspace(t, cassandra.Shared(t).Session(t, ""))
}

// connect returns one more client of a keyspace.
func connect(t *testing.T, keyspace string) (*coodie.DB, *gocql.Session) {
	t.Helper()
	config := cassandra.Shared(t).Config()
	config.Keyspace = keyspace
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return coodie.New(session), session
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
