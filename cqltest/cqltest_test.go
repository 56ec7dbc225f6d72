package cqltest_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const locks = "CREATE TABLE locks (name text PRIMARY KEY, owner text, fence int)"

// start runs a server with a table of locks and connects to it.
func start(t testing.TB, opts ...cqltest.Option) (*cqltest.Server, *gocql.Session) {
	t.Helper()
	opts = append([]cqltest.Option{cqltest.WithKeyspace("app"), cqltest.WithSchema(locks)}, opts...)
	srv := cqltest.RunT(t, opts...)
	return srv, connect(t, srv)
}

func connect(t testing.TB, srv *cqltest.Server, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	cluster := srv.Cluster()
	for _, fn := range change {
		fn(cluster)
	}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// cas runs a lightweight transaction and never lets the driver repeat it.
func cas(session *gocql.Session, cql string, args ...any) (bool, map[string]any, error) {
	existing := map[string]any{}
	applied, err := session.Query(cql, args...).RetryPolicy(nil).MapScanCAS(existing)
	return applied, existing, err
}

const acquire = "INSERT INTO locks (name, owner) VALUES (?, ?) IF NOT EXISTS"

func TestLock(t *testing.T) {
	for name, opts := range map[string][]cqltest.Option{
		"tcp": nil, "pipe": {cqltest.WithPipe()}, "scylla": {cqltest.WithDialect(cqltest.Scylla)},
	} {
		t.Run(name, func(t *testing.T) {
			_, session := start(t, opts...)
			applied, _, err := cas(session, acquire, "deploy", "alice")
			require.NoError(t, err)
			require.True(t, applied)

			applied, existing, err := cas(session, acquire, "deploy", "bob")
			require.NoError(t, err)
			require.False(t, applied)
			require.Equal(t, "alice", existing["owner"])
		})
	}
}

func TestPlainStatements(t *testing.T) {
	_, session := start(t)
	require.NoError(t, session.Query("CREATE TABLE items (k int, c int, v text, PRIMARY KEY (k, c))").Exec())
	batch := session.NewBatch(gocql.UnloggedBatch)
	for i := range 100 {
		batch.Query("INSERT INTO items (k, c, v) VALUES (?, ?, ?)", 1, i, fmt.Sprint("v", i))
	}
	require.NoError(t, session.ExecuteBatch(batch))

	var n int
	require.NoError(t, session.Query("SELECT count(*) FROM items WHERE k = 1").Scan(&n))
	require.Equal(t, 100, n)

	iter := session.Query("SELECT c, v FROM items WHERE k = ?", 1).PageSize(7).Iter()
	var c, seen int
	var v string
	for iter.Scan(&c, &v) {
		require.Equal(t, seen, c)
		require.Equal(t, fmt.Sprint("v", seen), v)
		seen++
	}
	require.NoError(t, iter.Close())
	require.Equal(t, 100, seen, "over all pages")

	err := session.Query("SELECT nothing FROM items").Exec()
	var refused gocql.RequestError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 0x2200, refused.Code())

	require.NoError(t, session.Query("UPDATE items SET v = :v WHERE k = :k AND c = :c",
		gocql.NamedValue("v", "named"), gocql.NamedValue("k", 1), gocql.NamedValue("c", 5)).Exec())
	require.NoError(t, session.Query("INSERT INTO items (k, c, v) VALUES (?, ?, ?)", 1, 6, gocql.UnsetValue).Exec())
	var texts []string
	iter = session.Query("SELECT v FROM items WHERE k = 1 AND c IN (5, 6)").Iter()
	for iter.Scan(&v) {
		texts = append(texts, v)
	}
	require.NoError(t, iter.Close())
	require.Equal(t, []string{"named", "v6"}, texts)
}

// Statements prepared before ALTER TABLE are prepared again by the driver.
func TestAlterUnderPreparedStatements(t *testing.T) {
	_, session := start(t)
	read := func() map[string]any {
		m := map[string]any{}
		require.NoError(t, session.Query("SELECT * FROM locks WHERE name = ?", "a").NoSkipMetadata().MapScan(m))
		return m
	}
	require.NoError(t, session.Query("INSERT INTO locks (name, owner) VALUES (?, ?)", "a", "alice").Exec())
	require.Len(t, read(), 3)
	require.NoError(t, session.Query("ALTER TABLE locks ADD since int").Exec())
	require.Len(t, read(), 4)
}

func TestSchemaEvents(t *testing.T) {
	srv, session := start(t)
	heard := connect(t, srv, func(c *gocql.ClusterConfig) { c.Events.DisableSchemaEvents = false })
	before, err := heard.KeyspaceMetadata("app")
	require.NoError(t, err)
	require.Len(t, before.Tables, 1)
	require.NoError(t, session.Query("CREATE TABLE other (k int PRIMARY KEY)").Exec())
	require.Eventually(t, func() bool {
		now, err := heard.KeyspaceMetadata("app")
		return err == nil && len(now.Tables) == 2
	}, 5*time.Second, 10*time.Millisecond)
}

func TestProtocolVersions(t *testing.T) {
	srv, _ := start(t)
	for _, version := range []int{0, 3, 4} { // 0: let the driver find out
		session := connect(t, srv, func(c *gocql.ClusterConfig) { c.ProtoVersion = version })
		require.NoError(t, session.Query("INSERT INTO locks (name, fence) VALUES (?, ?)", "v", version).Exec())
		var fence int
		require.NoError(t, session.Query("SELECT fence FROM locks WHERE name = ?", "v").Scan(&fence))
		require.Equal(t, version, fence)
	}
}

func TestCompression(t *testing.T) {
	srv, _ := start(t)
	session := connect(t, srv, func(c *gocql.ClusterConfig) { c.Compressor = gocql.SnappyCompressor{} })
	long := fmt.Sprintf("%0500d", 7)
	require.NoError(t, session.Query("INSERT INTO locks (name, owner) VALUES (?, ?)", "a", long).Exec())
	var owner string
	require.NoError(t, session.Query("SELECT owner FROM locks WHERE name = 'a'").Scan(&owner))
	require.Equal(t, long, owner)
}

func TestAuth(t *testing.T) {
	srv, session := start(t, cqltest.WithAuth("alice", "secret"))
	require.NoError(t, session.Query("SELECT * FROM locks").Exec())

	for _, login := range []gocql.Authenticator{
		gocql.PasswordAuthenticator{Username: "alice", Password: "wrong"},
		gocql.PasswordAuthenticator{Username: "cassandra", Password: "cassandra"},
		nil,
	} {
		cluster := srv.Cluster()
		cluster.Authenticator = login
		cluster.Logger = silent{}
		_, err := cluster.CreateSession()
		require.Error(t, err)
	}
}

type silent struct{}

func (silent) Print(...any)          {}
func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func TestTracing(t *testing.T) {
	srv, session := start(t)
	var ids [][]byte
	q := session.Query("SELECT * FROM locks").Trace(tracer(func(id []byte) { ids = append(ids, id) }))
	require.NoError(t, q.Exec())
	require.Len(t, ids, 2, "of PREPARE and of EXECUTE")
	id, err := gocql.UUIDFromBytes(ids[0])
	require.NoError(t, err)
	require.Equal(t, 1, id.Version())
	traced := srv.MustRows("SELECT request, parameters FROM system_traces.sessions WHERE session_id = ?", ids[1])
	require.Equal(t, []cqltest.Row{{
		"request":    "Execute CQL3 prepared query",
		"parameters": map[string]string{"query": "SELECT * FROM locks", "consistency_level": "QUORUM", "page_size": "5000"},
	}}, traced)
}

type tracer func(id []byte)

func (t tracer) Trace(id []byte) { t(id) }

func TestAddresses(t *testing.T) {
	srv, session := start(t)
	var ip net.IP
	var port int
	require.NoError(t, session.Query("SELECT rpc_address, rpc_port FROM system.local").Scan(&ip, &port))
	require.Equal(t, srv.Addr(), (&net.TCPAddr{IP: ip, Port: port}).String())

	again, err := cqltest.Run(cqltest.WithAddress(srv.Addr()))
	require.Error(t, err, "the address is taken")
	require.Nil(t, again)

	srv.Close()
	srv.Close()
	_, err = net.Dial("tcp", srv.Addr())
	require.Error(t, err)
}

// A server that listens everywhere advertises an address one can connect to.
func TestUnspecifiedAddress(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithAddress("0.0.0.0:0"))
	require.Contains(t, srv.Addr(), "127.0.0.1:")
	connect(t, srv)
}

func TestBadSchema(t *testing.T) {
	for _, script := range []string{"CREATE TABLE nowhere.t (k int PRIMARY KEY)", "CREATE TABEL t;"} {
		_, err := cqltest.Run(cqltest.WithSchema(script))
		require.Error(t, err)
		var refused *cqltest.Error
		require.ErrorAs(t, err, &refused)
	}
	tb := &fakeTB{}
	require.Nil(t, cqltest.RunT(tb, cqltest.WithSchema("nonsense")))
	require.Contains(t, tb.failure, "cqltest: ")
}

// fakeTB is a test that may fail.
type fakeTB struct{ failure string }

func (*fakeTB) Helper()                        {}
func (*fakeTB) Cleanup(func())                 {}
func (f *fakeTB) Fatalf(s string, args ...any) { f.failure = fmt.Sprintf(s, args...) }

func TestCloseConnections(t *testing.T) {
	srv, session := start(t)
	srv.CloseConnections()
	require.Eventually(t, func() bool {
		return session.Query("SELECT * FROM locks").WithContext(context.Background()).Exec() == nil
	}, 5*time.Second, 10*time.Millisecond, "the driver connects again")
}

// Clients race for a counter while the test looks on from every side. What they
// were told was applied is what is there.
func TestConcurrentUse(t *testing.T) {
	srv, session := start(t)
	srv.MustExec("INSERT INTO locks (name, fence) VALUES ('deploy', 0)")
	stop := make(chan struct{})
	var looking, racing sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			fault := srv.Fault(cqltest.On(cqltest.Conditional).Chance(0.5, 1), cqltest.Do(func(cqltest.Statement) { _ = owner(srv) }))
			_ = srv.Snapshot()
			_ = srv.Log().String()
			srv.FastForward(time.Millisecond)
			srv.ResetLog()
			fault.Remove()
		}
	})
	var applied atomic.Int64
	for range 8 {
		racing.Go(func() {
			fence := 0
			for range 50 {
				ok, existing, err := cas(session, "UPDATE locks SET fence = ? WHERE name = 'deploy' IF fence = ?", fence+1, fence)
				if err != nil {
					t.Error(err)
					return
				}
				if ok {
					applied.Add(1)
					fence++
				} else {
					fence = existing["fence"].(int)
				}
			}
		})
	}
	racing.Wait()
	close(stop)
	looking.Wait()
	require.Equal(t, int(applied.Load()), srv.MustRows("SELECT fence FROM locks")[0]["fence"])
}

// Roles follow the tables of system_auth.
func TestRolesAreWritten(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithAuth("cassandra", "cassandra"), cqltest.WithKeyspace("app"), cqltest.WithSchema(
		locks+"; CREATE ROLE bob WITH PASSWORD = 'x' AND LOGIN = true"))
	as := func(user, password string) (*gocql.Session, error) {
		config := srv.Cluster()
		config.Authenticator = gocql.PasswordAuthenticator{Username: user, Password: password}
		return config.CreateSession()
	}
	bob, err := as("bob", "x")
	require.NoError(t, err)
	defer bob.Close()
	read := bob.Query("SELECT name FROM locks")
	require.ErrorContains(t, read.Exec(), "no SELECT permission")
	require.NoError(t, srv.Exec("INSERT INTO system_auth.role_permissions (role, resource, permissions) VALUES ('bob', 'data/app', {'SELECT'})"))
	require.NoError(t, read.Exec())
	require.Equal(t, "<keyspace app>", srv.MustRows("LIST ALL PERMISSIONS OF bob")[0]["resource"])

	require.NoError(t, srv.Exec("UPDATE system_auth.roles SET can_login = false WHERE role = 'bob'"))
	_, err = as("bob", "x")
	require.ErrorContains(t, err, "bob is not permitted to log in")
	require.NoError(t, srv.Exec("DELETE FROM system_auth.roles WHERE role = 'bob'"))
	require.ErrorContains(t, srv.Exec("GRANT SELECT ON KEYSPACE app TO bob"), "Role bob doesn't exist")

	srv.Truncate()
	require.Len(t, srv.MustRows("SELECT role FROM system_auth.roles"), 1, "roles are not rows of the test's")
}
