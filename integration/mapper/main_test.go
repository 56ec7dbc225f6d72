// Package mapper_test runs the mapper against a real Cassandra.
package mapper_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// connect returns a session in a keyspace of the test's own.
func connect(t *testing.T, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	cluster := cassandra.Shared(t)
	keyspace := cassandra.NewKeyspace(t, cluster.Session(t, ""))
	return session(t, keyspace, change...)
}

// session returns one more session in a keyspace.
func session(t *testing.T, keyspace string, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	config := cassandra.Shared(t).Config()
	config.Keyspace = keyspace
	for _, f := range change {
		f(config)
	}
	return opened(t, config)
}

// open opens T's table, which exists already.
func open[T any](t *testing.T, s *gocql.Session, opts ...coodie.TableOption) *coodie.Table[T] {
	t.Helper()
	table, err := coodie.Open[T](over(t, s), opts...)
	require.NoError(t, err)
	return table
}

// create opens T's table and makes it.
func create[T any](t *testing.T, s *gocql.Session, opts ...coodie.TableOption) *coodie.Table[T] {
	t.Helper()
	table := open[T](t, s, opts...)
	require.NoError(t, coodie.Schema(nil, table).Create(t.Context()))
	return table
}

// execute runs raw CQL.
func execute(t *testing.T, s *gocql.Session, statement string, args ...any) {
	t.Helper()
	require.NoError(t, s.Query(statement, args...).Exec(), statement)
}

// scan reads the one row of a raw query.
func scan(t *testing.T, s *gocql.Session, query string, dest ...any) {
	t.Helper()
	require.NoError(t, s.Query(query).Scan(dest...), query)
}

// six reports whether the server is of Cassandra 6, where a few things are otherwise than in 5.0.
func six(t *testing.T, s *gocql.Session) bool {
	t.Helper()
	var version string
	scan(t, s, "SELECT release_version FROM system.local", &version)
	return strings.HasPrefix(version, "6.")
}

// built waits until the keyspace's indexes are built: Cassandra refuses queries by one that is not.
func built(t *testing.T, s *gocql.Session) {
	t.Helper()
	keyspace := s.Query("").Keyspace()
	require.Eventually(t, func() bool {
		var made, ready int
		scan(t, s, `SELECT count(*) FROM system_schema.indexes WHERE keyspace_name = '`+keyspace+`'`, &made)
		scan(t, s, `SELECT count(*) FROM system."IndexInfo" WHERE table_name = '`+keyspace+`'`, &ready) // so is the keyspace called there
		return made == ready
	}, time.Minute, 10*time.Millisecond)
}

// requireUsage checks that err was found before anything was sent.
func requireUsage(t *testing.T, err error) {
	t.Helper()
	var usage *coodie.Error
	require.True(t, errors.As(err, &usage) && usage.Kind == coodie.KindUsage, "want an error of KindUsage, got %v", err)
}

func ptr[V any](v V) *V { return &v }

func assertEqual(want, got any) bool { return assert.ObjectsAreEqual(want, got) }
