package scylla

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql" // ScyllaDB's, by a replace in go.mod
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Claim struct {
	Name  string            `cql:"name,partition"`
	N     int               `cql:"n,clustering"`
	Owner string            `cql:"owner"`
	Blob  []byte            `cql:"blob"`
	Tags  map[string]string `cql:"tags"`
}

var (
	claimName  = coodie.Col(func(c *Claim) *string { return &c.Name })
	claimN     = coodie.Col(func(c *Claim) *int { return &c.N })
	claimOwner = coodie.Col(func(c *Claim) *string { return &c.Owner })
)

// stubborn retries everything, LWTs too.
type stubborn struct{}

func (stubborn) Attempt(q gocql.RetryableQuery) bool    { return q.Attempts() <= 3 }
func (stubborn) GetRetryType(error) gocql.RetryType     { return gocql.Retry }
func (stubborn) AttemptLWT(q gocql.RetryableQuery) bool { return q.Attempts() <= 3 }
func (stubborn) GetRetryTypeLWT(error) gocql.RetryType  { return gocql.Retry }

// marks is a host selection policy that notes which statements the driver knows to be LWTs, and
// which host it picks first.
type marks struct {
	gocql.HostSelectionPolicy
	mu    sync.Mutex
	lwt   []bool
	first []string
}

func (m *marks) Pick(q gocql.ExecutableQuery) gocql.NextHost {
	next := m.HostSelectionPolicy.Pick(q)
	picked := false
	return func() gocql.SelectedHost {
		h := next()
		m.mu.Lock()
		defer m.mu.Unlock()
		if h != nil && !picked && q != nil {
			picked = true
			m.lwt, m.first = append(m.lwt, q.IsLWT()), append(m.first, h.Info().HostID())
		}
		return h
	}
}

func (m *marks) reset() { m.mu.Lock(); defer m.mu.Unlock(); m.lwt, m.first = nil, nil }

var policies = map[string]gocql.RetryPolicy{
	"none": nil, "simple": &gocql.SimpleRetryPolicy{NumRetries: 3}, "stubborn": stubborn{},
	"backoff": &gocql.ExponentialBackoffRetryPolicy{NumRetries: 3, Min: time.Microsecond, Max: time.Millisecond},
}

// lwts are conditional writes, single ones and in batches.
func lwts(db *coodie.DB, claims *coodie.Table[Claim]) map[string]func(context.Context) error {
	return lwtsOf("a", db, claims)
}

func lwtsOf(name string, db *coodie.DB, claims *coodie.Table[Claim]) map[string]func(context.Context) error {
	one := func(res coodie.LWTResult[Claim], err error) error { return err }
	return map[string]func(context.Context) error{
		"insert": func(ctx context.Context) error { return one(claims.New(Claim{Name: name, N: 1}).Insert(ctx)) },
		"update if": func(ctx context.Context) error {
			return one(claims.Find(claimName.Eq(name), claimN.Eq(1)).If(claimOwner.Eq("x")).Update(ctx, claimOwner.Set("y")))
		},
		"delete if exists": func(ctx context.Context) error {
			return one(claims.Find(claimName.Eq(name), claimN.Eq(1)).IfExists().Delete(ctx))
		},
		"batch": func(ctx context.Context) error {
			b := db.Batch()
			claims.New(Claim{Name: name, N: 1}).InsertIn(b)
			claims.New(Claim{Name: name, N: 2}).SaveIn(b)
			return b.Exec(ctx)
		},
	}
}

// TestSentOnce: an LWT whose answer is a timeout is executed once, whatever the cluster config
// says of retries, idempotence and speculative execution, and its outcome is unknown.
func TestSentOnce(t *testing.T) {
	for name, rt := range policies {
		for dialect, d := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
			t.Run(name+"/"+dialect, func(t *testing.T) {
				srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(d))
				cluster := srv.Cluster()
				cluster.RetryPolicy, cluster.DefaultIdempotence = rt, true
				db, err := coodie.Connect(t.Context(), cluster, coodie.WithIdempotent(true))
				require.NoError(t, err)
				defer db.Close()
				claims, err := coodie.Open[Claim](db)
				require.NoError(t, err)
				require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
				srv.Fault(cqltest.On(cqltest.Conditional), cqltest.WriteTimeout("CAS"))
				for lwt, send := range lwts(db, claims) {
					srv.ResetLog()
					err := send(t.Context())
					require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, lwt)
					require.Equal(t, coodie.KindTimeout, coodie.KindOf(err), lwt)
					require.NotContains(t, err.Error(), "potentially executed: false", lwt)
					require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), 1, lwt)
					var timeout *gocql.RequestErrWriteTimeout
					require.ErrorAs(t, err, &timeout, lwt)
					var answer gocql.RequestError
					require.ErrorAs(t, err, &answer, "which the fork's own errors are not")
					require.Equal(t, gocql.ErrCodeWriteTimeout, answer.Code())
				}
			})
		}
	}
}

// TestRefusalsAreDefinite: what the server refuses before it executes anything is no unknown outcome.
func TestRefusalsAreDefinite(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(cqltest.Scylla))
	db, err := coodie.Connect(t.Context(), srv.Cluster(), coodie.WithRetries(0))
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	for step, kind := range map[string]coodie.ErrorKind{"invalid": coodie.KindInvalid, "unauthorized": coodie.KindAuth, "bootstrapping": coodie.KindUnavailable} {
		srv.ClearFaults()
		srv.Fault(cqltest.On(cqltest.Conditional), map[string]cqltest.Step{"invalid": cqltest.Invalid("no"),
			"unauthorized": cqltest.Unauthorized("no"), "bootstrapping": cqltest.Bootstrapping()}[step])
		for lwt, send := range lwts(db, claims) {
			err := send(t.Context())
			require.Error(t, err, lwt)
			require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, step+" "+lwt)
			require.Equal(t, kind, coodie.KindOf(err), step+" "+lwt)
		}
	}

	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	require.Equal(t, coodie.KindInvalid, coodie.KindOf(session.Query("SELECT * FROM missing").Exec()), "the driver's own error too")
}

// noneAtLast is a policy that ends with a host that is gone.
type noneAtLast struct{ gocql.HostSelectionPolicy }

func (n noneAtLast) Pick(q gocql.ExecutableQuery) gocql.NextHost {
	next, last := n.HostSelectionPolicy.Pick(q), false
	return func() gocql.SelectedHost {
		if h := next(); h != nil || last {
			return h
		}
		last = true
		return gone{}
	}
}

type gone struct{}

func (gone) Info() *gocql.HostInfo { return nil }
func (gone) Token() gocql.Token    { return nil }
func (gone) Mark(error)            {}

// nextHost retries on the next host.
type nextHost struct{ stubborn }

func (nextHost) GetRetryType(error) gocql.RetryType { return gocql.RetryNextHost }

// TestGoneAtLast: a plain write that may be sent twice was executed on the first host, and the next one is gone. The
// fork then says "host is down, not executed".
func TestGoneAtLast(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.RetryPolicy = nextHost{}
	cluster.PoolConfig.HostSelectionPolicy = noneAtLast{gocql.RoundRobinHostPolicy()}
	db, err := coodie.Connect(t.Context(), cluster, coodie.WithRetries(0), coodie.WithClientTimestamps())
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	srv.Fault(cqltest.On(cqltest.Write), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
	err = claims.New(Claim{Name: "a", N: 1}).Save(t.Context())
	require.ErrorContains(t, err, "host is nil or down")
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	b := db.Batch()
	claims.New(Claim{Name: "a", N: 2}).SaveIn(b)
	claims.New(Claim{Name: "b", N: 2}).SaveIn(b)
	require.ErrorIs(t, b.Exec(t.Context()), coodie.ErrOutcomeUnknown)
}

// TestUnreachable: a node without a connection got nothing.
func TestUnreachable(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.ReconnectInterval = time.Hour
	db, err := coodie.Connect(t.Context(), cluster, coodie.WithRetries(0))
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	_, err = claims.New(Claim{Name: "a", N: 1}).Insert(t.Context())
	require.NoError(t, err)
	srv.Close()
	require.Eventually(t, func() bool {
		_, err = claims.New(Claim{Name: "a", N: 2}).Insert(t.Context())
		return coodie.KindOf(err) == coodie.KindNoHost
	}, 10*time.Second, 10*time.Millisecond, "%v", err)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, err)
}

// Of a node that was passed over the driver knows no more than of the attempt before.
func TestUnreachableAfterAnAttempt(t *testing.T) {
	for _, sentinel := range []error{gocql.ErrHostDown, gocql.ErrNoPool, gocql.ErrNoConnectionsInPool} {
		require.Equal(t, coodie.KindNoHost, coodie.KindOf(passedOver{sentinel}), sentinel)
	}
}

// passedOver is as the fork's QueryError is.
type passedOver struct{ error }

func (passedOver) PotentiallyExecuted() bool { return true }
func (p passedOver) Unwrap() error           { return p.error }

// TestLWTMarkOfTheMapper: the fork knows our conditional statements and batches, and they have a
// routing key, which it needs to send them to the first replica.
func TestLWTMarkOfTheMapper(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(cqltest.Scylla))
	cluster := srv.Cluster()
	seen := &marks{HostSelectionPolicy: gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())}
	cluster.PoolConfig.HostSelectionPolicy = seen
	db, err := coodie.Connect(t.Context(), cluster)
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	for lwt, send := range lwts(db, claims) {
		seen.reset()
		require.NoError(t, notRefused(send(t.Context())), lwt)
		require.Equal(t, []bool{true}, seen.lwt, lwt)
	}
	seen.reset()
	require.NoError(t, claims.New(Claim{Name: "a", N: 1}).Save(t.Context()))
	require.Equal(t, []bool{false}, seen.lwt, "a plain write")
}

func notRefused(err error) error {
	if errors.Is(err, coodie.ErrNotApplied) {
		return nil
	}
	return err
}

// TestMemoryOfAnAnswer: the fork uses the memory of an answer again; nothing that was read changes.
func TestMemoryOfAnAnswer(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(cqltest.Scylla))
	db, err := coodie.Connect(t.Context(), srv.Cluster())
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	of := func(i int) Claim {
		return Claim{Name: fmt.Sprint("name", i), N: i, Owner: strings.Repeat(fmt.Sprint(i%10), 50), Blob: []byte(strings.Repeat("b", i)), Tags: map[string]string{"k": fmt.Sprint(i)}}
	}
	var kept []coodie.LWTResult[Claim]
	for i := range 50 {
		_, err := claims.New(of(i + 1)).Insert(t.Context())
		require.NoError(t, err)
		res, err := claims.New(of(i + 1)).Insert(t.Context())
		require.NoError(t, err)
		require.False(t, res.Applied)
		kept = append(kept, res)
	}
	var read []Claim
	for i := range 50 {
		c, err := claims.Find(claimName.Eq(fmt.Sprint("name", i+1)), claimN.Eq(i+1)).Get(t.Context())
		require.NoError(t, err)
		read = append(read, c)
	}
	for i := range 50 {
		require.Equal(t, of(i+1), read[i])
		require.Equal(t, of(i+1), kept[i].Existing.Value)
	}
}

// TestFirstReplica: of three nodes, two of which hold a partition, the first one gets all of its
// LWTs. It is the one that holds the partition alone in a keyspace of one replica.
func TestFirstReplica(t *testing.T) {
	const table = " (name text, n int, owner text, blob blob, tags map<text, text>, attempt uuid, PRIMARY KEY (name, n))"
	schema := cqltest.WithSchema("CREATE KEYSPACE one WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};" +
		"CREATE KEYSPACE two WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 2};" +
		"CREATE TABLE one.claim" + table + "; CREATE TABLE two.claim" + table)
	// The fork takes all nodes to listen on one port.
	nodes := []*cqltest.Server{cqltest.RunT(t, cqltest.WithAddress("127.0.0.2:0"), cqltest.WithDialect(cqltest.Scylla), schema)}
	_, port, err := net.SplitHostPort(nodes[0].Addr())
	require.NoError(t, err)
	nodes = append(nodes, cqltest.RunT(t, cqltest.WithAddress("127.0.0.3:"+port), cqltest.WithDialect(cqltest.Scylla), schema))
	nodes = append(nodes, cqltest.RunT(t, cqltest.WithAddress("127.0.0.1:"+port), cqltest.WithPeer(nodes[0].Addr(), "datacenter1"),
		cqltest.WithPeer(nodes[1].Addr(), "datacenter1"), cqltest.WithDialect(cqltest.Scylla), schema))
	cluster := nodes[2].Cluster()
	cluster.Keyspace = "two" // the driver knows the replicas of no other
	cluster.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy(), gocql.ShuffleReplicas())
	db, err := coodie.Connect(t.Context(), cluster)
	require.NoError(t, err)
	defer db.Close()
	one, err := coodie.Open[Claim](db, coodie.WithKeyspace("one"))
	require.NoError(t, err)
	two, err := coodie.Open[Claim](db, coodie.WithKeyspace("two"))
	require.NoError(t, err)

	// The nodes that get what f sends.
	sent := func(kind cqltest.Kind, f func()) (at []int) {
		for _, n := range nodes {
			n.ResetLog()
		}
		f()
		for i, n := range nodes {
			for range n.Log().Matching(cqltest.On(kind)) {
				at = append(at, i)
			}
		}
		return at
	}
	owners, plain := map[int]bool{}, 0
	for p := range 16 {
		name := fmt.Sprint("p", p)
		owner := sent(cqltest.Insert, func() { require.NoError(t, one.New(Claim{Name: name, N: 1}).Save(t.Context())) })
		require.Len(t, owner, 1)
		owners[owner[0]] = true
		for lwt, send := range lwtsOf(name, db, two) {
			for range 3 {
				at := sent(cqltest.Conditional, func() { require.NoError(t, notRefused(send(t.Context())), lwt) })
				require.Equal(t, owner, at, "%s of %s", lwt, name)
			}
		}
		for range 3 {
			at := sent(cqltest.Insert, func() { require.NoError(t, two.New(Claim{Name: name, N: 9}).Save(t.Context())) })
			if at[0] != owner[0] {
				plain++
			}
		}
	}
	require.Greater(t, len(owners), 1, "several nodes are the first replica of a partition")
	require.Positive(t, plain, "plain writes go to either replica")
}
