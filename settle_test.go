package coodie_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Claim struct {
	Name    string     `cql:"name,partition"`
	Owner   string     `cql:"owner"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	claimName  = coodie.Col(func(c *Claim) *string { return &c.Name })
	claimOwner = coodie.Col(func(c *Claim) *string { return &c.Owner })
)

func server(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *gocql.Session) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	cluster := srv.Cluster()
	cluster.Timeout = 300 * time.Millisecond
	// What would break an LWT if it were not switched off for it.
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	cluster.DefaultIdempotence = true
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return srv, session
}

func open[T any](t *testing.T, session *gocql.Session, opts ...coodie.TableOption) *coodie.Table[T] {
	t.Helper()
	table, err := coodie.Open[T](coodie.New(session), opts...)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(context.Background()))
	return table
}

// lost are the ways an executed write can end without its answer.
var lost = map[string][]cqltest.Step{
	"write timeout CAS":    {cqltest.Apply, cqltest.WriteTimeout("CAS")},
	"write timeout SIMPLE": {cqltest.Apply, cqltest.WriteTimeout("SIMPLE")},
	"write failure":        {cqltest.Apply, cqltest.WriteFailure("CAS")},
	"CAS write unknown":    {cqltest.Apply, cqltest.CASWriteUnknown()},
	"read timeout":         {cqltest.Apply, cqltest.ReadTimeout()},
	"read failure":         {cqltest.Apply, cqltest.ReadFailure()},
	"overloaded":           {cqltest.Apply, cqltest.Overloaded()},
	"server error":         {cqltest.Apply, cqltest.ServerError("?")},
	"truncate error":       {cqltest.Apply, cqltest.TruncateError("?")},
	"lost answer":          {cqltest.Apply, cqltest.LoseAnswer},
	"closed connection":    {cqltest.Apply, cqltest.CloseConnection},
}

// TestAppliedButUnanswered: each is unknown, is sent once although the session's retry
// policy would repeat it, and is settled by the id that the write stored.
func TestAppliedButUnanswered(t *testing.T) {
	ctx := context.Background()
	for name, steps := range lost {
		t.Run(name, func(t *testing.T) {
			srv, session := server(t)
			claims := open[Claim](t, session)
			fault := srv.Fault(cqltest.On(cqltest.Conditional, "claim").Nth(1), steps...)
			srv.ResetLog()
			doc := claims.New(Claim{Name: "secret-name", Owner: "alice"})

			res, err := doc.Insert(ctx)
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			require.False(t, res.Applied)
			require.True(t, doc.Stale())
			require.Equal(t, 1, fault.Hits())
			require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), 1, "sent once")
			var unknown *coodie.Error
			require.ErrorAs(t, err, &unknown)
			require.True(t, unknown.Unknown)
			require.Equal(t, coodie.Key{{Column: "name", Value: "secret-name"}}, unknown.Key)
			require.Equal(t, "(name)", unknown.Key.String())
			require.NotContains(t, err.Error(), "secret-name")
			if strings.HasPrefix(name, "write timeout") {
				require.Equal(t, strings.TrimPrefix(name, "write timeout "), unknown.WriteType)
				require.Less(t, unknown.Received, unknown.Required)
			}

			res, err = settle(ctx, res)
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.Nil(t, res.Existing)
			require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), 1, "settling writes nothing")
		})
	}
}

// settle repeats Settle while the session reconnects.
func settle[T any](ctx context.Context, res coodie.LWTResult[T]) (out coodie.LWTResult[T], err error) {
	for range 20 {
		if out, err = res.Settle(ctx); !errors.Is(err, coodie.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "could not be read") {
			return out, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return out, err
}

// TestDefinite: what proves that nothing was written is not unknown.
func TestDefinite(t *testing.T) {
	ctx := context.Background()
	for name, step := range map[string]cqltest.Step{
		"bootstrapping": cqltest.Bootstrapping(), "syntax": cqltest.SyntaxError("?"), "invalid": cqltest.Invalid("?"),
		"unauthorized": cqltest.Unauthorized("?"), "config": cqltest.ConfigError("?"), "unavailable at SERIAL": cqltest.Unavailable(),
		"protocol": cqltest.ProtocolError("?"),
	} {
		t.Run(name, func(t *testing.T) {
			srv, session := server(t)
			claims := open[Claim](t, session, coodie.WithRetries(0))
			srv.Fault(cqltest.On(cqltest.Conditional, "claim").Nth(1), step)
			srv.ResetLog()
			_, err := claims.New(Claim{Name: "a", Owner: "alice"}).Insert(ctx)
			var query *coodie.Error
			require.ErrorAs(t, err, &query)
			require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
			require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
			require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), 1, "not retried by the driver")
			require.Empty(t, srv.MustRows("SELECT * FROM app.claim"))
		})
	}
}

func TestSettle(t *testing.T) {
	ctx := context.Background()
	timeout := cqltest.WriteTimeout("CAS")
	setup := func(t *testing.T) (*cqltest.Server, *coodie.Table[Claim], *coodie.Document[Claim]) {
		srv, session := server(t)
		claims := open[Claim](t, session)
		doc := claims.New(Claim{Name: "a", Owner: "alice"})
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.NotZero(t, doc.Value.Attempt, "an applied write leaves its id in the document")
		return srv, claims, doc
	}
	conditional := cqltest.On(cqltest.Conditional, "claim")

	t.Run("update applied", func(t *testing.T) {
		srv, _, doc := setup(t)
		srv.Fault(conditional.Nth(1), cqltest.Apply, timeout)
		res, err := doc.If(claimOwner.Eq("alice")).Update(ctx, claimOwner.Set("bob"))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		res, err = res.Settle(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
	})
	t.Run("the connection of its read breaks", func(t *testing.T) {
		for broken, settled := range map[int]bool{1: true, 2: true, 3: false} {
			srv, _, doc := setup(t)
			srv.Fault(conditional.Nth(1), cqltest.Apply, timeout)
			for i := range broken {
				srv.Fault(cqltest.On(cqltest.Select, "claim").Nth(i+1), cqltest.CloseConnection)
			}
			res, err := doc.If(claimOwner.Eq("alice")).Update(ctx, claimOwner.Set("bob"))
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			res, err = res.Settle(ctx)
			require.Equal(t, settled, err == nil, err)
			require.Equal(t, settled, res.Applied)
			if !settled {
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			}
		}
	})
	t.Run("update not executed", func(t *testing.T) {
		srv, _, doc := setup(t)
		srv.Fault(conditional.Nth(1), timeout)
		res, err := doc.If(claimOwner.Eq("alice")).Update(ctx, claimOwner.Set("bob"))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		res, err = res.Settle(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Equal(t, "alice", res.Existing.Value.Owner)
		require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
	})
	t.Run("applied and overwritten", func(t *testing.T) {
		srv, claims, doc := setup(t)
		srv.Fault(conditional.Nth(1), cqltest.Apply, timeout)
		res, err := doc.If(claimOwner.Eq("alice")).Update(ctx, claimOwner.Set("bob"))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		other, err := claims.Find(claimName.Eq("a")).If(claimOwner.Eq("bob")).Update(ctx, claimOwner.Set("carol"))
		require.NoError(t, err)
		require.True(t, other.Applied)
		res, err = res.Settle(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "another write's attempt id")
		require.False(t, res.Applied)
		require.Equal(t, "carol", res.Existing.Value.Owner)
	})
	t.Run("insert not executed", func(t *testing.T) {
		srv, claims, _ := setup(t)
		srv.Fault(conditional.Nth(1), timeout)
		res, err := claims.New(Claim{Name: "b"}).Insert(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		res, err = res.Settle(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "absent now")
		require.Nil(t, res.Existing)
		require.Equal(t, coodie.StateAbsent, res.Row())
	})
	for name, steps := range map[string][]cqltest.Step{"delete applied": {cqltest.Apply, timeout}, "delete not executed": {timeout}} {
		t.Run(name, func(t *testing.T) {
			srv, claims, _ := setup(t)
			srv.Fault(conditional.Nth(1), steps...)
			res, err := claims.Find(claimName.Eq("a")).IfExists().Delete(ctx)
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			_, err = res.Settle(ctx)
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "never applied from absence alone")
			if len(steps) == 2 {
				require.ErrorContains(t, err, "absent now")
			} else {
				require.ErrorContains(t, err, "the row exists")
			}
		})
	}
	t.Run("delete by a document that knows the row", func(t *testing.T) {
		srv, _, doc := setup(t)
		srv.Fault(conditional.Nth(1), timeout)
		res, err := doc.IfExists().Delete(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		res, err = res.Settle(ctx)
		require.NoError(t, err, "the row still holds the id that the document wrote")
		require.False(t, res.Applied)
	})
	t.Run("without an attempt column", func(t *testing.T) {
		srv, session := server(t)
		configs := open[AppConfig](t, session)
		srv.Fault(cqltest.On(cqltest.Conditional).Nth(1), cqltest.Apply, timeout)
		res, err := configs.New(AppConfig{Key: "a"}).Insert(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		_, err = res.Settle(ctx)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "attempt column")
	})
	t.Run("by itself", func(t *testing.T) {
		srv, session := server(t)
		claims := open[Claim](t, session, coodie.WithSettle())
		srv.Fault(conditional.Nth(1), cqltest.Apply, timeout)
		doc := claims.New(Claim{Name: "a"})
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.NotZero(t, doc.Value.Attempt)
		require.False(t, doc.Stale())
	})
	t.Run("a known outcome", func(t *testing.T) {
		_, claims, _ := setup(t)
		res, err := claims.New(Claim{Name: "a"}).Insert(ctx)
		require.NoError(t, err)
		again, err := res.Settle(ctx)
		require.NoError(t, err)
		require.Equal(t, res.Existing, again.Existing)
	})
	t.Run("the attempt column cannot be assigned", func(t *testing.T) {
		_, claims, doc := setup(t)
		_, err := doc.IfExists().Update(ctx, coodie.AnyCol(claims, "attempt").Set(gocql.TimeUUID()))
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	})
}

// TestDeadline: a context that ends while the server works leaves the outcome open.
func TestDeadline(t *testing.T) {
	srv, session := server(t)
	claims := open[Claim](t, session)
	srv.Fault(cqltest.On(cqltest.Conditional, "claim"), cqltest.Apply, cqltest.Delay(200*time.Millisecond))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	res, err := claims.New(Claim{Name: "a"}).Insert(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	res, err = settle(context.Background(), res)
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// An LWT that a driver or proxy sends twice is refused by its own row, which holds its attempt id.
func TestSentTwiceBeneath(t *testing.T) {
	ctx := context.Background()
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		srv, session := server(t, cqltest.WithDialect(dialect))
		db := coodie.New(session)
		claims, err := coodie.Open[Claim](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, claims).Create(ctx))
		srv.Fault(cqltest.On(cqltest.Conditional, "claim"), cqltest.Apply, cqltest.Repeat)
		doc := claims.New(Claim{Name: "n", Owner: "alice"})

		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Nil(t, res.Existing)

		attempt := coodie.AnyCol(claims, "attempt")
		res, err = doc.If(attempt.Eq(doc.Value.Attempt)).Update(ctx, claimOwner.Set("bob"))
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Equal(t, "bob", doc.Value.Owner)

		batch := db.Batch()
		h := doc.If(attempt.Eq(doc.Value.Attempt)).UpdateIn(batch, claimOwner.Set("carol"))
		require.NoError(t, batch.Exec(ctx))
		res, err = h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Equal(t, "carol", doc.Value.Owner)

		res, err = claims.New(Claim{Name: "n", Owner: "dave"}).Insert(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied, "another's row still refuses")
		require.Equal(t, "carol", res.Existing.Value.Owner)
	}
}
