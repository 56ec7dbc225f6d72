package mapper_test

import (
	"net"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/internal/leak"
)

// Connection is a table of the test's own.
type Connection struct {
	K int `cql:"k,partition"`
	V int `cql:"v"`
}

// TestConnect: a session of Connect on a real node, whose one datacenter need not be named,
// and that is there to be closed.
func TestConnect(t *testing.T) {
	ctx := t.Context()
	cluster := cassandra.Shared(t)
	keyspace := cassandra.NewKeyspace(t, cluster.Session(t, ""))
	gone := leak.Check(t)
	config := cluster.Config()
	config.Keyspace = keyspace
	db, err := coodie.Connect(ctx, config)
	require.NoError(t, err)
	table, err := coodie.Open[Connection](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	res, err := table.New(Connection{K: 1}).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)

	missing, err := coodie.Open[Connection](db, coodie.WithTable("missing"))
	require.NoError(t, err)
	_, err = missing.Find().All(ctx)
	require.Equal(t, coodie.KindInvalid, coodie.KindOf(err), "%v", err)
	other, err := coodie.Open[struct {
		K int    `cql:"k,partition"`
		V string `cql:"v"`
	}](db, coodie.WithTable("connection"))
	require.NoError(t, err)
	_, err = other.New(struct {
		K int    `cql:"k,partition"`
		V string `cql:"v"`
	}{1, "x"}).Insert(ctx)
	require.Error(t, err)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)

	db.Close()
	_, err = table.New(Connection{K: 1}).Insert(ctx)
	require.Equal(t, coodie.KindClosed, coodie.KindOf(err), "%v", err)
	gone()

	config.Keyspace = keyspace + "_missing"
	_, err = coodie.Connect(ctx, config)
	require.ErrorIs(t, err, gocql.ErrKeyspaceDoesNotExist)
	require.ErrorContains(t, err, "there is no keyspace")

	config.Keyspace = keyspace
	_, err = coodie.Connect(ctx, config, coodie.WithLocalDatacenter("nowhere"))
	require.ErrorContains(t, err, `no datacenter "nowhere"`)

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config.Port = closed.Addr().(*net.TCPAddr).Port
	config.Hosts, config.ConnectTimeout = []string{"127.0.0.1"}, time.Second
	config.AddressTranslator = nil
	closed.Close()
	_, err = coodie.Connect(ctx, config)
	require.Equal(t, coodie.KindNoHost, coodie.KindOf(err), "%v", err)
}
