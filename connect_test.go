package coodie_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// TestConnectEndsWithTheContext: a server that takes connections and says nothing does not hold the caller.
func TestConnectEndsWithTheContext(t *testing.T) {
	gone := leak.Check(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	taken := make(chan net.Conn, 1)
	go func() {
		if c, err := silent.Accept(); err == nil {
			taken <- c
			cancel()
		}
	}()
	cluster := gocql.NewCluster(silent.Addr().String())
	cluster.Logger = log.New(io.Discard, "", 0)
	_, err = coodie.Connect(ctx, cluster)
	var connect *coodie.Error
	require.ErrorAs(t, err, &connect)
	require.Equal(t, "connect", connect.Op)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, coodie.KindCanceled, coodie.KindOf(err))
	(<-taken).Close() // the driver gives up as well
	silent.Close()
	gone()
}

// TestConnectKeepsWhatItWatches: the config's own HostFilter and ConnectObserver are still asked and told.
func TestConnectKeepsWhatItWatches(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	var asked, told atomic.Int32
	cluster.HostFilter = gocql.HostFilterFunc(func(*gocql.HostInfo) bool { asked.Add(1); return true })
	cluster.ConnectObserver = connects(func(gocql.ObservedConnect) { told.Add(1) })
	db, err := coodie.Connect(t.Context(), cluster)
	require.NoError(t, err)
	db.Close()
	require.NotZero(t, asked.Load())
	require.NotZero(t, told.Load())

	none := srv.Cluster()
	none.HostFilter = gocql.HostFilterFunc(func(*gocql.HostInfo) bool { return false })
	_, err = coodie.Connect(t.Context(), none)
	require.ErrorContains(t, err, "filtered", "by the config's own filter")
}

type connects func(gocql.ObservedConnect)

func (f connects) ObserveConnect(c gocql.ObservedConnect) { f(c) }

// TestConnectRefuses: what cannot work, or could wait for ever, is refused by name, before
// anything is sent.
func TestConnectRefuses(t *testing.T) {
	dials := 0
	for _, tt := range []struct {
		field, says string
		change      func(*gocql.ClusterConfig)
		opts        []coodie.ConnectOption
	}{
		{field: "Hosts", says: "at least one", change: func(c *gocql.ClusterConfig) { c.Hosts = nil }},
		{field: "Timeout", says: "for ever", change: func(c *gocql.ClusterConfig) { c.Timeout = 0 }},
		{field: "ConnectTimeout", says: "for ever", change: func(c *gocql.ClusterConfig) { c.ConnectTimeout = 0 }},
		{field: "WriteTimeout", says: "for ever", change: func(c *gocql.ClusterConfig) { c.WriteTimeout = -1 }},
		{says: "timeout of 0s would wait for ever", opts: []coodie.ConnectOption{coodie.WithTimeout(0)}},
		{field: "PageSize", says: "one page", change: func(c *gocql.ClusterConfig) { c.PageSize = 0 }},
		{field: "NumConns", says: "at least one", change: func(c *gocql.ClusterConfig) { c.NumConns = 0 }},
		{field: "MaxPreparedStmts", says: "for ever", change: func(c *gocql.ClusterConfig) { c.MaxPreparedStmts = 0 }},
		{field: "ProtoVersion", says: "unset values", change: func(c *gocql.ClusterConfig) { c.ProtoVersion = 3 }},
		{field: "CQLVersion", says: "gocql.NewCluster", change: func(c *gocql.ClusterConfig) { *c = gocql.ClusterConfig{Hosts: c.Hosts} }},
		{field: "AuthProvider", says: "choose one", change: func(c *gocql.ClusterConfig) {
			c.Authenticator = gocql.PasswordAuthenticator{}
			c.AuthProvider = func(*gocql.HostInfo) (gocql.Authenticator, error) { return nil, nil }
		}},
		{field: "PoolConfig.HostSelectionPolicy", says: "leave", opts: []coodie.ConnectOption{coodie.WithLocalDatacenter("dc1")},
			change: func(c *gocql.ClusterConfig) { c.PoolConfig.HostSelectionPolicy = gocql.RoundRobinHostPolicy() }},
		{field: "DisableInitialHostLookup", says: "datacenter", opts: []coodie.ConnectOption{coodie.WithLocalDatacenter("dc1")},
			change: func(c *gocql.ClusterConfig) { c.DisableInitialHostLookup = true }},
		{says: "exclude", opts: []coodie.ConnectOption{coodie.WithLocalDatacenter("dc1"), coodie.WithAnyDatacenter()}},
		{says: "SERIAL or LOCAL_SERIAL", change: func(c *gocql.ClusterConfig) { c.SerialConsistency = gocql.SerialConsistency(gocql.Quorum) }},
	} {
		cluster := gocql.NewCluster("127.0.0.1")
		cluster.Dialer = dialer(func() { dials++ })
		if tt.change != nil {
			tt.change(cluster)
		}
		_, err := coodie.Connect(t.Context(), cluster, tt.opts...)
		var refused *coodie.Error
		require.ErrorAs(t, err, &refused, "%s %s", tt.field, tt.says)
		require.Equal(t, "connect", refused.Op)
		require.Equal(t, tt.field, refused.Field)
		require.ErrorContains(t, err, tt.says)
		require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
	}
	_, err := coodie.Connect(t.Context(), nil)
	require.ErrorContains(t, err, "gocql.NewCluster")
	require.Zero(t, dials)
}

type dialer func()

func (d dialer) DialContext(context.Context, string, string) (net.Conn, error) {
	d()
	return nil, io.EOF
}

// TestConnectKeepsTLSAndLogin: the session is the caller's config's, through TLS and with
// its login, and the config itself is as it was.
func TestConnectKeepsTLSAndLogin(t *testing.T) {
	quiet(t)
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithAuth("ann", "secret"))
	cert := httptest.NewTLSServer(nil)
	defer cert.Close()
	front, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: cert.TLS.Certificates})
	require.NoError(t, err)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer front.Close()
	wait.Go(func() { forward(front, srv.Addr(), &wait) })

	cluster := srv.Cluster()
	cluster.Port = front.Addr().(*net.TCPAddr).Port
	cluster.AddressTranslator = gocql.AddressTranslatorFunc(func(ip net.IP, _ int) (net.IP, int) { return ip, cluster.Port })
	_, err = coodie.Connect(t.Context(), cluster)
	require.Equal(t, coodie.KindConnection, coodie.KindOf(err), "the front speaks TLS alone: %v", err)
	require.ErrorContains(t, err, "SslOpts")
	cluster.SslOpts = &gocql.SslOptions{EnableHostVerification: true}
	_, err = coodie.Connect(t.Context(), cluster)
	require.Equal(t, coodie.KindConnection, coodie.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "the node's certificate is not trusted")

	var warning string
	warned := coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) { warning = e.Warning }))
	for _, unverified := range []*gocql.SslOptions{{}, {Config: &tls.Config{InsecureSkipVerify: true}}} {
		cluster.SslOpts = unverified
		db, err := coodie.Connect(t.Context(), cluster, warned)
		require.NoError(t, err)
		db.Close()
		require.Contains(t, warning, "EnableHostVerification")
	}

	roots := x509.NewCertPool()
	roots.AddCert(cert.Certificate())
	itself := func(s tls.ConnectionState) error {
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots})
		return err
	}
	cluster.SslOpts = &gocql.SslOptions{Config: &tls.Config{InsecureSkipVerify: true, VerifyConnection: itself}}
	own, err := coodie.Connect(t.Context(), cluster, warned)
	require.NoError(t, err)
	own.Close()
	require.Empty(t, warning, "the program verifies the node itself")
	cluster.SslOpts = &gocql.SslOptions{Config: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}, EnableHostVerification: true}
	before := fmt.Sprintf("%+v", *cluster)
	db, err := coodie.Connect(t.Context(), cluster, warned)
	require.NoError(t, err)
	defer db.Close()
	require.Empty(t, warning)
	require.Equal(t, before, fmt.Sprintf("%+v", *cluster), "the caller's config is not touched")
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	res, err := claims.New(Claim{Name: "a"}).Insert(t.Context())
	require.NoError(t, err)
	require.True(t, res.Applied)

	cluster.Authenticator = gocql.PasswordAuthenticator{Username: "ann", Password: "wrong"}
	_, err = coodie.Connect(t.Context(), cluster)
	require.Equal(t, coodie.KindAuth, coodie.KindOf(err), "%v", err)
	require.NotContains(t, err.Error(), "wrong")
}

// forward copies what comes to a listener to addr, and back, until the listener is closed.
func forward(l net.Listener, addr string, wait *sync.WaitGroup) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", addr)
		if err != nil {
			from.Close()
			continue
		}
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			wait.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				from.Close()
				to.Close()
			})
		}
	}
}

// TestConnectFails: each way to fail is of its kind, and its message says what to do.
func TestConnectFails(t *testing.T) {
	quiet(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	srv := cqltest.RunT(t)
	login := cqltest.RunT(t, cqltest.WithAuth("ann", "secret"))
	at := func(addr net.Addr) *gocql.ClusterConfig {
		c := srv.Cluster()
		c.Port, c.ConnectTimeout = addr.(*net.TCPAddr).Port, 100*time.Millisecond
		return c
	}
	for _, tt := range []struct {
		name   string
		config *gocql.ClusterConfig
		kind   coodie.ErrorKind
		says   string
	}{
		{"nobody listens", at(closed.Addr()), coodie.KindNoHost, "check the contact points"},
		{"nobody answers", at(silent.Addr()), coodie.KindTimeout, "too long"},
		{"no login", func() *gocql.ClusterConfig { c := login.Cluster(); c.Authenticator = nil; return c }(), coodie.KindAuth, "Authenticator"},
		{"a wrong password", func() *gocql.ClusterConfig {
			c := login.Cluster()
			c.Authenticator = gocql.PasswordAuthenticator{Username: "ann", Password: "wrong"}
			return c
		}(), coodie.KindAuth, "Authenticator"},
		{"no such name", func() *gocql.ClusterConfig { c := srv.Cluster(); c.Hosts = []string{"nobody.invalid"}; return c }(), coodie.KindNoHost, "DNS"},
		{"TLS to a port that has none", func() *gocql.ClusterConfig { c := srv.Cluster(); c.SslOpts = &gocql.SslOptions{}; return c }(), coodie.KindConnection, "TLS"},
		{"a CA that is not there", func() *gocql.ClusterConfig {
			c := srv.Cluster()
			c.SslOpts = &gocql.SslOptions{CaPath: "no/such/file", EnableHostVerification: true}
			return c
		}(), coodie.KindUsage, "SslOpts.CaPath"},
		{"no such keyspace", func() *gocql.ClusterConfig { c := srv.Cluster(); c.Keyspace = "missing"; return c }(), coodie.KindInvalid, `no keyspace "missing"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := coodie.Connect(t.Context(), tt.config)
			var failed *coodie.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, "connect", failed.Op)
			require.Equal(t, tt.kind, coodie.KindOf(err), "%v", err)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// quiet keeps gocql's own log of failed connections out of the test's output.
func quiet(t *testing.T) {
	t.Helper()
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
}

// TestClose: it ends a session of Connect, once, with all its goroutines, and leaves one of
// the user's alone.
func TestClose(t *testing.T) {
	ctx := t.Context()
	gone := leak.Check(t)
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	require.NoError(t, err)
	db, err := coodie.Connect(ctx, srv.Cluster())
	require.NoError(t, err)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))

	arrived := make(chan bool)
	srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Do(func(cqltest.Statement) { close(arrived) }), cqltest.LoseAnswer)
	ended := make(chan error)
	go func() {
		_, err := claims.New(Claim{Name: "a"}).Insert(ctx)
		ended <- err
	}()
	<-arrived
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(db.Close)
	}
	wait.Wait()
	db.Close()
	err = <-ended
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "it was under way")
	require.Equal(t, coodie.KindConnection, coodie.KindOf(err), "%v", err)

	_, err = claims.New(Claim{Name: "a"}).Insert(ctx)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.Equal(t, coodie.KindClosed, coodie.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "share one DB")

	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	coodie.New(session).Close()
	require.False(t, session.Closed(), "it is the user's")
	session.Close()
	(*coodie.DB)(nil).Close()

	srv.Close()
	gone()
}

// TestNewSeesTheSession: what New can see of a session is that it is open, and its keyspace.
func TestNewSeesTheSession(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	claims, err := coodie.Open[Claim](coodie.New(session))
	require.NoError(t, err)
	require.ErrorContains(t, coodie.Schema(nil, claims).Verify(ctx), "app.claim: table is missing")
	session.Close()
	_, err = claims.New(Claim{Name: "a"}).Insert(ctx)
	require.Equal(t, coodie.KindClosed, coodie.KindOf(err))
}

// TestConnectWarnsOfSessions: a second live session to one cluster is worth a warning,
// whatever its contact point is called; one after the other is not, nor another cluster's.
func TestConnectWarnsOfSessions(t *testing.T) {
	srv, other := cqltest.RunT(t), cqltest.RunT(t)
	var events []coodie.Event
	connect := func(cluster *gocql.ClusterConfig) (db *coodie.DB, warning string) {
		t.Helper()
		events = nil
		db, err := coodie.Connect(t.Context(), cluster, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
			events = append(events, e)
		})))
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, "connect", events[0].Op)
		require.Equal(t, coodie.OutcomeDone, events[0].Outcome)
		return db, events[0].Warning
	}
	one, warning := connect(srv.Cluster())
	require.Empty(t, warning)
	elsewhere, warning := connect(other.Cluster())
	require.Empty(t, warning)
	named := srv.Cluster()
	named.Hosts = []string{"localhost"}
	two, warning := connect(named)
	require.Contains(t, warning, "2 live sessions")
	one.Close()
	one.Close()
	three, warning := connect(srv.Cluster())
	require.Contains(t, warning, "2 live sessions", "closing one twice is closing one")
	two.Close()
	three.Close()
	four, warning := connect(srv.Cluster())
	require.Empty(t, warning)

	var out bytes.Buffer // where no observer is, slog is told
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	five, err := coodie.Connect(t.Context(), srv.Cluster())
	require.NoError(t, err)
	require.Contains(t, out.String(), "level=WARN")
	require.Contains(t, out.String(), "2 live sessions")
	for _, db := range []*coodie.DB{elsewhere, four, five} {
		db.Close()
	}
}

// TestConsistencyOfTheConfig: what the config says of consistency is the default of the
// tables, unless an option says otherwise.
func TestConsistencyOfTheConfig(t *testing.T) {
	ctx := t.Context()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.Consistency, cluster.SerialConsistency = gocql.LocalOne, gocql.LocalSerial
	for _, tt := range []struct {
		opts   []coodie.ConnectOption
		plain  coodie.Consistency
		serial coodie.SerialConsistency
	}{
		{nil, coodie.LocalOne, coodie.LocalSerial},
		{[]coodie.ConnectOption{coodie.WithConsistency(coodie.All), coodie.WithSerialConsistency(coodie.Serial)}, coodie.All, coodie.Serial},
	} {
		db, err := coodie.Connect(ctx, cluster, tt.opts...)
		require.NoError(t, err)
		claims, err := coodie.Open[Claim](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, claims).Create(ctx))
		claim := claims.New(Claim{Name: "a"})
		require.NoError(t, claim.Save(ctx))
		require.Equal(t, gocql.Consistency(tt.plain), last(srv).Consistency)
		_, err = claim.Insert(ctx)
		require.NoError(t, err)
		require.Equal(t, gocql.SerialConsistency(tt.serial), last(srv).SerialConsistency)
		db.Close()
	}
}

func last(srv *cqltest.Server) cqltest.Statement {
	entries := srv.Log()
	return entries[len(entries)-1]
}

// TestErrorKinds: what the server says, and what it does not, comes out of a call as its
// kind, in a message that says what to do.
func TestErrorKinds(t *testing.T) {
	ctx := t.Context()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{} // no retry: ScyllaDB's fork takes none for three
	db, err := coodie.Connect(ctx, cluster)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	row := claims.Find(claimName.Eq("a"))
	for _, tt := range []struct {
		step cqltest.Step
		kind coodie.ErrorKind
	}{
		{cqltest.ReadTimeout(), coodie.KindTimeout},
		{cqltest.WriteTimeout("CAS"), coodie.KindTimeout},
		{cqltest.CASWriteUnknown(), coodie.KindTimeout},
		{cqltest.Unavailable(), coodie.KindUnavailable},
		{cqltest.Overloaded(), coodie.KindUnavailable},
		{cqltest.Bootstrapping(), coodie.KindUnavailable},
		{cqltest.SyntaxError("line 1"), coodie.KindSyntax},
		{cqltest.Invalid("no"), coodie.KindInvalid},
		{cqltest.ConfigError("no"), coodie.KindInvalid},
		{cqltest.FunctionFailure("f"), coodie.KindInvalid},
		{cqltest.Unauthorized("User ann has no SELECT permission"), coodie.KindAuth},
		{cqltest.ServerError("java.lang.NullPointerException"), coodie.KindFailure},
		{cqltest.ReadFailure(), coodie.KindFailure},
		{cqltest.WriteFailure("CAS"), coodie.KindFailure},
		{cqltest.TruncateError("no"), coodie.KindFailure},
		{cqltest.CloseConnection, coodie.KindConnection},
	} {
		fault := srv.Fault(cqltest.On(cqltest.Any, "claim"), tt.step)
		_, read := row.Get(ctx)
		require.Equal(t, tt.kind, coodie.KindOf(read), "%v", read)
		require.ErrorContains(t, read, tt.kind.Advice())
		var query *coodie.Error
		require.ErrorAs(t, read, &query)
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		require.Eventually(t, func() bool { // a connection that was cut comes again
			_, write := claims.New(Claim{Name: "a"}).Insert(ctx)
			return coodie.KindOf(write) == tt.kind
		}, 10*time.Second, 10*time.Millisecond, "%v", tt.kind)
		fault.Remove()
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = row.Get(ended)
	require.Equal(t, coodie.KindCanceled, coodie.KindOf(err))
	_, err = claims.Find().Get(ctx)
	require.Equal(t, coodie.KindUsage, coodie.KindOf(err), "%v", err)
	_, err = coodie.Open[struct{ A chan int }](db)
	require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
	require.Equal(t, coodie.KindNotFound, coodie.KindOf(coodie.ErrNotFound))
	require.Equal(t, coodie.KindNone, coodie.KindOf(nil))
	require.Equal(t, "no host", coodie.KindNoHost.String())

	srv.Close()
	quiet(t)
	require.Eventually(t, func() bool {
		_, err := row.Get(ctx)
		return coodie.KindOf(err) == coodie.KindNoHost && strings.Contains(err.Error(), "check the contact points")
	}, 10*time.Second, 10*time.Millisecond)
}
