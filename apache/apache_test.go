package apache_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/contract"
)

// Lock is a row that one client holds.
type Lock struct {
	Name    string     `cql:"name,partition"`
	Owner   string     `cql:"owner"`
	Cents   Money      `cql:"cents,type=bigint"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// Money encodes itself for this driver.
type Money int64

func (m Money) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	if info.Type() != gocql.TypeBigInt {
		return nil, fmt.Errorf("money is a bigint, not %v", info)
	}
	return gocql.Marshal(info, -int64(m))
}

func (m *Money) UnmarshalCQL(info gocql.TypeInfo, data []byte) error {
	var n int64
	err := gocql.Unmarshal(info, data, &n)
	*m = Money(-n)
	return err
}

func locks(t *testing.T, db *coodie.DB) *coodie.Table[Lock] {
	t.Helper()
	table, err := coodie.Open[Lock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	return table
}

func session(t *testing.T, cluster *gocql.ClusterConfig) *gocql.Session {
	t.Helper()
	s, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// TestNew: a session of the user's works, and its Marshalers, UUIDs and value for unset do.
func TestNew(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := apache.New(session(t, config(srv)))
	table := locks(t, db)
	res, err := table.New(Lock{Name: "a", Owner: "ann", Cents: 5}).Insert(t.Context())
	require.NoError(t, err)
	require.True(t, res.Applied)
	res, err = table.New(Lock{Name: "a", Owner: "bob"}).Insert(t.Context())
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, Money(5), res.Existing.Value.Cents)
	require.NotZero(t, res.Existing.Value.Attempt)
	require.Equal(t, int64(-5), srv.MustRows("SELECT cents FROM app.lock")[0]["cents"])

	require.NoError(t, db.Raw("INSERT INTO lock (name, owner) VALUES (?, ?)", "a", gocql.UnsetValue).Exec(t.Context()))
	got, err := table.Find(coodie.Col(func(l *Lock) *string { return &l.Name }).Eq("a")).Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ann", got.Owner)

	require.ErrorContains(t, func() error { _, err := coodie.Open[Lock](apache.New(nil)); return err }(), "session")
}

// TestProtocol: version 5 where the server has it, or the version that the config names.
func TestProtocol(t *testing.T) {
	for asked, used := range map[int]uint32{0: 5, 4: 4, 5: 5} {
		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
		cluster := config(srv)
		cluster.ProtoVersion = asked
		seen := &versions{}
		cluster.FrameHeaderObserver = seen
		db, err := apache.Connect(t.Context(), cluster)
		require.NoError(t, err)
		defer db.Close()
		contract.Values(t, db)
		contract.Pages(t, db)
		require.Equal(t, used, seen.last.Load(), "asked for %d", asked)
	}
	cluster := gocql.NewCluster("127.0.0.1")
	cluster.ProtoVersion = 3
	_, err := apache.Connect(t.Context(), cluster)
	var refused *coodie.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "connect", refused.Op)
	require.Equal(t, "ProtoVersion", refused.Field)
}

// versions keeps that of the last frame, of any connection.
type versions struct{ last atomic.Uint32 }

func (v *versions) ObserveFrameHeader(_ context.Context, h gocql.ObservedFrameHeader) {
	v.last.Store(uint32(h.Version) & 0x7f)
}

// TestIgnore: the policy of a session that ignores errors never makes a failure look like a success.
func TestIgnore(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := config(srv)
	cluster.RetryPolicy, cluster.DefaultIdempotence = answers{2, gocql.Ignore}, true
	connected, err := apache.Connect(t.Context(), cluster, coodie.WithClientTimestamps())
	require.NoError(t, err)
	defer connected.Close()
	for name, db := range map[string]*coodie.DB{"New": apache.New(session(t, cluster), coodie.WithClientTimestamps()), "Connect": connected} {
		table := locks(t, db)
		srv.Fault(cqltest.On(cqltest.Write|cqltest.Select), cqltest.ServerError("?"))
		require.ErrorIs(t, table.New(Lock{Name: "a"}).Save(t.Context()), coodie.ErrOutcomeUnknown, name)
		b := db.Batch()
		table.New(Lock{Name: "a"}).SaveIn(b)
		table.New(Lock{Name: "b"}).SaveIn(b)
		require.ErrorIs(t, b.Exec(t.Context()), coodie.ErrOutcomeUnknown, name)
		_, err := table.New(Lock{Name: "a"}).Insert(t.Context())
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
		_, err = table.Find().All(t.Context())
		require.Error(t, err, name)
		require.NotErrorIs(t, err, coodie.ErrNotFound, name)
		srv.ClearFaults()
	}
}

// TestConnectKeepsWhatItWatches: the config's own HostFilter and ConnectObserver are still asked and told.
func TestConnectKeepsWhatItWatches(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := config(srv)
	var asked, told atomic.Int32
	cluster.HostFilter = gocql.HostFilterFunc(func(*gocql.HostInfo) bool { asked.Add(1); return true })
	cluster.ConnectObserver = connects(func(gocql.ObservedConnect) { told.Add(1) })
	db, err := apache.Connect(t.Context(), cluster)
	require.NoError(t, err)
	db.Close()
	require.NotZero(t, asked.Load())
	require.NotZero(t, told.Load())
}

type connects func(gocql.ObservedConnect)

func (f connects) ObserveConnect(c gocql.ObservedConnect) { f(c) }

// TestIgnoreOfALaterPage: a read is not cut short without an error.
func TestIgnoreOfALaterPage(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := config(srv)
	cluster.RetryPolicy, cluster.DefaultIdempotence = answers{2, gocql.Ignore}, true
	table := locks(t, apache.New(session(t, cluster)))
	for i := range 10 {
		require.NoError(t, table.New(Lock{Name: fmt.Sprint(i)}).Save(t.Context()))
	}
	all := table.Find().With(coodie.WithPageSize(3))
	rows, err := all.All(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 10)
	srv.Fault(cqltest.On(cqltest.Select, "lock").After(1), cqltest.ServerError("?"))
	_, err = all.All(t.Context())
	require.Error(t, err)
}

// TestUnparsedWriteUnderRows: an answer without columns is no error of a session whose policy ignores none.
func TestUnparsedWriteUnderRows(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, err := apache.Connect(t.Context(), config(srv))
	require.NoError(t, err)
	defer db.Close()
	locks(t, db)
	for _, err := range db.Raw("INSERT INTO lock (name) VALUES ('a')").Unparsed().Rows(t.Context()) {
		require.NoError(t, err)
	}
}

// TestObservers: the config's observers are told of each statement, once.
func TestObservers(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := config(srv)
	seen := &observed{}
	cluster.QueryObserver, cluster.BatchObserver = seen, seen
	db, err := apache.Connect(t.Context(), cluster)
	require.NoError(t, err)
	defer db.Close()
	table := locks(t, db)
	seen.queries = 0
	_, err = table.New(Lock{Name: "a"}).Insert(t.Context())
	require.NoError(t, err)
	require.NoError(t, table.New(Lock{Name: "a"}).Save(t.Context()))
	b := db.Batch()
	table.New(Lock{Name: "a"}).SaveIn(b)
	table.New(Lock{Name: "b"}).SaveIn(b)
	require.NoError(t, b.Exec(t.Context()))
	require.Equal(t, observed{2, 1}, *seen)
}

type observed struct{ queries, batches int }

func (o *observed) ObserveQuery(context.Context, gocql.ObservedQuery) { o.queries++ }
func (o *observed) ObserveBatch(context.Context, gocql.ObservedBatch) { o.batches++ }

// TestConnect: what cannot work is refused as with the other driver, and coordinators are where they are wanted.
func TestConnect(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithAuth("ann", "secret"))
	for name, tt := range map[string]struct {
		change func(*gocql.ClusterConfig)
		kind   coodie.ErrorKind
		field  string
	}{
		"no hosts":   {func(c *gocql.ClusterConfig) { c.Hosts = nil }, coodie.KindUsage, "Hosts"},
		"no timeout": {func(c *gocql.ClusterConfig) { c.Timeout = 0 }, coodie.KindUsage, "Timeout"},
		"no login":   {func(c *gocql.ClusterConfig) { c.Authenticator = nil }, coodie.KindAuth, ""},
		"a wrong password": {func(c *gocql.ClusterConfig) {
			c.Authenticator = gocql.PasswordAuthenticator{Username: "ann", Password: "x"}
		}, coodie.KindAuth, ""},
		"no such keyspace":            {func(c *gocql.ClusterConfig) { c.Keyspace = "missing" }, coodie.KindInvalid, "Keyspace"},
		"nobody":                      {func(c *gocql.ClusterConfig) { c.Hosts = []string{"127.0.0.1:1"} }, coodie.KindNoHost, ""},
		"no such name":                {func(c *gocql.ClusterConfig) { c.Hosts = []string{"nobody.invalid"} }, coodie.KindNoHost, ""},
		"TLS to a port that has none": {func(c *gocql.ClusterConfig) { c.SslOpts = &gocql.SslOptions{} }, coodie.KindConnection, ""},
	} {
		cluster := config(srv)
		cluster.ProtoVersion = 5 // not one attempt for each version
		cluster.Authenticator = gocql.PasswordAuthenticator{Username: "ann", Password: "secret"}
		tt.change(cluster)
		_, err := apache.Connect(t.Context(), cluster)
		var refused *coodie.Error
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, "connect", refused.Op)
		require.Equal(t, tt.field, refused.Field, "%s: %v", name, err)
		require.Equal(t, tt.kind, coodie.KindOf(err), "%s: %v", name, err)
	}
	_, err := apache.Connect(t.Context(), nil)
	require.ErrorContains(t, err, "nil")

	there := cqltest.RunT(t, cqltest.WithAddress("127.0.0.2:0"), cqltest.WithKeyspace("app"), cqltest.WithDatacenter("dc2"))
	here := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDatacenter("dc1"), cqltest.WithPeer(there.Addr(), "dc2"))
	_, err = apache.Connect(t.Context(), config(here))
	require.ErrorContains(t, err, "WithLocalDatacenter")
	db, err := apache.Connect(t.Context(), config(here), coodie.WithLocalDatacenter("dc1"))
	require.NoError(t, err)
	defer db.Close()
	locks(t, db)
	there.ResetLog()
	for range 10 {
		require.NoError(t, locks(t, db).New(Lock{Name: "a"}).Save(t.Context()))
	}
	require.Empty(t, there.Log().Matching(cqltest.On(cqltest.Insert)))
}

// TestErrors: each error of the driver has a kind.
func TestErrors(t *testing.T) {
	contract.Errors(t, "github.com/apache/cassandra-gocql-driver/v2", map[string]error{
		"ErrTimeoutNoResponse": gocql.ErrTimeoutNoResponse, "ErrConnectionClosed": gocql.ErrConnectionClosed, "ErrNoStreams": gocql.ErrNoStreams,
		"ErrNoHosts": gocql.ErrNoHosts, "ErrNoConnectionsStarted": gocql.ErrNoConnectionsStarted,
		"ErrTooManyStmts": gocql.ErrTooManyStmts, "ErrUseStmt": gocql.ErrUseStmt,
		"ErrSessionClosed": gocql.ErrSessionClosed, "ErrNoConnections": gocql.ErrNoConnections, "ErrNoKeyspace": gocql.ErrNoKeyspace,
		"ErrKeyspaceDoesNotExist": gocql.ErrKeyspaceDoesNotExist,
	}, map[string]string{
		"ErrFrameTooBig": "of a request or of an answer", "ErrQueryArgLength": "never returned", "ErrTooManyTimeouts": "never returned", "ErrHostQueryFailed": "never returned", "ErrNotFound": "of Scan, which coodie does not use",
		"ErrUnavailable": "never returned", "ErrUnsupported": "of protocols before 4", "ErrNoMetadata": "of StatementMetadata", "ErrCannotFindHost": "of the ring's own",
		"ErrHostAlreadyExists": "of the ring's own", "ErrUnknownRetryType": "of a wrong policy, after an attempt",
	})
	var timeout *gocql.RequestErrWriteTimeout
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := apache.New(session(t, config(srv)))
	table := locks(t, db)
	srv.Fault(cqltest.On(cqltest.Conditional), cqltest.WriteTimeout("CAS"))
	_, err := table.New(Lock{Name: "a"}).Insert(t.Context())
	require.ErrorAs(t, err, &timeout, "the driver's own error")
	var unknown *coodie.Error
	require.ErrorAs(t, err, &unknown)
	require.True(t, unknown.Unknown)
	require.Equal(t, "CAS", unknown.WriteType)
	srv.ClearFaults()
	_, err = db.Raw("SELECT * FROM nowhere").CAS(t.Context())
	require.Error(t, err)

	require.Equal(t, coodie.KindNoHost, coodie.KindOf(&net.DNSError{}))
	require.Equal(t, coodie.KindTimeout, coodie.KindOf(errors.Join(gocql.ErrTimeoutNoResponse)))
	srv.Close()
	require.Eventually(t, func() bool {
		_, err = table.New(Lock{Name: "a"}).Insert(t.Context())
		return coodie.KindOf(err) == coodie.KindNoHost
	}, 10*time.Second, 10*time.Millisecond, "%v", err)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
}
