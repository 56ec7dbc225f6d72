package coodie_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// statement is one of each kind that is sent in its own way.
type statement struct {
	kind cqltest.Kind
	do   func(context.Context, *coodie.DB, *coodie.Table[Claim]) error
}

var statements = map[string]statement{
	"LWT": {cqltest.Conditional, func(ctx context.Context, _ *coodie.DB, claims *coodie.Table[Claim]) error {
		res, err := claims.New(Claim{Name: "a", Owner: "alice"}).Insert(ctx)
		if err == nil && !res.Applied {
			return errors.New("refused")
		}
		return err
	}},
	"conditional batch": {cqltest.Conditional, func(ctx context.Context, db *coodie.DB, claims *coodie.Table[Claim]) error {
		batch := db.Batch()
		h := claims.New(Claim{Name: "a", Owner: "alice"}).InsertIn(batch)
		if err := batch.Exec(ctx); err != nil {
			return err
		}
		return answerOf(h.Result()).Err()
	}},
	"write": {cqltest.Insert, func(ctx context.Context, _ *coodie.DB, claims *coodie.Table[Claim]) error {
		return claims.New(Claim{Name: "a", Owner: "alice"}).Save(ctx)
	}},
	"batch": {cqltest.Batch, func(ctx context.Context, db *coodie.DB, claims *coodie.Table[Claim]) error {
		batch := db.Batch()
		claims.New(Claim{Name: "a", Owner: "alice"}).SaveIn(batch)
		claims.New(Claim{Name: "b", Owner: "alice"}).SaveIn(batch)
		return batch.Exec(ctx)
	}},
	"read": {cqltest.Select, func(ctx context.Context, _ *coodie.DB, claims *coodie.Table[Claim]) error {
		_, err := claims.Find().All(ctx)
		return err
	}},
	"serial read": {cqltest.Select, func(ctx context.Context, _ *coodie.DB, claims *coodie.Table[Claim]) error {
		_, err := claims.Find(claimName.Eq("a")).With(coodie.WithLinearizable()).Get(ctx)
		if errors.Is(err, coodie.ErrNotFound) {
			return nil
		}
		return err
	}},
}

func answerOf[T any](res coodie.LWTResult[T], err error) coodie.LWTResult[T] {
	if err != nil {
		panic(err)
	}
	return res
}

// TestOwnRetries: a statement is sent again after an error that proves that it was not
// executed, and after no other, be it an error of the server or the end of a connection.
func TestOwnRetries(t *testing.T) {
	all := []string{"LWT", "conditional batch", "write", "batch", "read", "serial read"}
	for name, tt := range map[string]struct {
		steps []cqltest.Step
		again []string // the statements that are sent again
	}{
		"bootstrapping":              {[]cqltest.Step{cqltest.Bootstrapping()}, all},
		"unavailable":                {[]cqltest.Step{cqltest.Unavailable()}, all},
		"unavailable for the commit": {[]cqltest.Step{cqltest.UnavailableAt(gocql.Quorum, 2, 1)}, []string{"write", "batch", "read", "serial read"}},
		"overloaded":                 {[]cqltest.Step{cqltest.Overloaded()}, []string{"read", "serial read"}},

		"write timeout CAS":    {[]cqltest.Step{cqltest.Apply, cqltest.WriteTimeout("CAS")}, nil},
		"write timeout SIMPLE": {[]cqltest.Step{cqltest.Apply, cqltest.WriteTimeout("SIMPLE")}, nil},
		"write failure":        {[]cqltest.Step{cqltest.Apply, cqltest.WriteFailure("SIMPLE")}, nil},
		"CAS write unknown":    {[]cqltest.Step{cqltest.Apply, cqltest.CASWriteUnknown()}, nil},
		"read timeout":         {[]cqltest.Step{cqltest.Apply, cqltest.ReadTimeout()}, nil},
		"read failure":         {[]cqltest.Step{cqltest.Apply, cqltest.ReadFailure()}, nil},
		"server error":         {[]cqltest.Step{cqltest.Apply, cqltest.ServerError("?")}, nil},
		"truncate":             {[]cqltest.Step{cqltest.Apply, cqltest.TruncateError("?")}, nil},
		"function failure":     {[]cqltest.Step{cqltest.FunctionFailure("f")}, nil},
		"syntax":               {[]cqltest.Step{cqltest.SyntaxError("?")}, nil},
		"invalid":              {[]cqltest.Step{cqltest.Invalid("?")}, nil},
		"unauthorized":         {[]cqltest.Step{cqltest.Unauthorized("?")}, nil},
		"config":               {[]cqltest.Step{cqltest.ConfigError("?")}, nil},
		"protocol":             {[]cqltest.Step{cqltest.ProtocolError("?")}, nil},
		"already exists":       {[]cqltest.Step{cqltest.AlreadyExists("app", "claim")}, nil},
		"lost answer":          {[]cqltest.Step{cqltest.Apply, cqltest.LoseAnswer}, nil},
		"closed connection":    {[]cqltest.Step{cqltest.Apply, cqltest.CloseConnection}, nil},
		"closed before":        {[]cqltest.Step{cqltest.CloseConnection}, nil},
	} {
		for kind, s := range statements {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
				cluster := srv.Cluster()
				cluster.Timeout = 300 * time.Millisecond
				session, err := cluster.CreateSession()
				require.NoError(t, err)
				t.Cleanup(session.Close)
				db := coodie.New(session)
				claims, err := coodie.Open[Claim](db)
				require.NoError(t, err)
				require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))

				match := cqltest.On(s.kind, "claim")
				srv.Fault(match.First(2), tt.steps...)
				err = s.do(t.Context(), db, claims)
				sent := srv.Log().Matching(match)
				if slices.Contains(tt.again, kind) {
					require.NoError(t, err, "the third time it works")
					require.Len(t, sent, 3)
					return
				}
				require.Error(t, err)
				require.Len(t, sent, 1, "sent once")
			})
		}
	}
}

// TestWithRetries: the number is bounded, by option and by the context.
func TestWithRetries(t *testing.T) {
	srv, session := server(t)
	conditional := cqltest.On(cqltest.Conditional, "claim")
	fault := srv.Fault(conditional, cqltest.Unavailable())
	for want, option := range map[int]coodie.TableOption{3: nil, 1: coodie.WithRetries(0), 5: coodie.WithRetries(4)} {
		claims := open[Claim](t, session, option)
		srv.ResetLog()
		_, err := claims.New(Claim{Name: "a"}).Insert(t.Context())
		var unavailable *gocql.RequestErrUnavailable
		require.ErrorAs(t, err, &unavailable)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Len(t, srv.Log().Matching(conditional), want)
	}
	_, err := coodie.Open[Claim](coodie.New(session), coodie.WithRetries(-1))
	require.ErrorContains(t, err, "retries")

	// Mutate counts by itself: one statement an attempt.
	claims := open[Claim](t, session)
	fault.Remove()
	_, err = claims.New(Claim{Name: "a", Owner: "alice"}).Insert(t.Context())
	require.NoError(t, err)
	srv.Fault(conditional, cqltest.Unavailable())
	srv.ResetLog()
	res, err := claims.Find(claimName.Eq("a")).Mutate(t.Context(), func(_ context.Context, c *Claim) error {
		c.Owner = "bob"
		return nil
	}, coodie.MaxAttempts(2))
	require.ErrorIs(t, err, coodie.ErrContended)
	require.Equal(t, 2, res.Attempts)
	require.Len(t, srv.Log().Matching(conditional), 2)
}

// again is a retry policy that repeats a statement on the one host there is.
type again struct{ n int }

func (a again) Attempt(q gocql.RetryableQuery) bool { return q.Attempts() <= a.n }
func (a again) GetRetryType(error) gocql.RetryType  { return gocql.Retry }

// TestSessionRetryPolicy: what may have been executed is left to the policy of the session
// if it is idempotent, and to the caller otherwise.
func TestSessionRetryPolicy(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.RetryPolicy, cluster.DefaultIdempotence = again{2}, true
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	srv.Fault(cqltest.On(cqltest.Write, "claim"), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
	srv.Fault(cqltest.On(cqltest.Select, "claim"), cqltest.ReadTimeout())
	never, always, stamped := coodie.WithIdempotent(false), coodie.WithIdempotent(true), coodie.WithClientTimestamps()
	for name, tt := range map[string]struct {
		statement string
		options   []coodie.Option
		want      int
	}{
		"read":                     {"read", nil, 3},
		"read, not idempotent":     {"read", []coodie.Option{never}, 1},
		"serial read":              {"serial read", nil, 1}, // the policy might lower its consistency
		"write, ordered anew":      {"write", nil, 1},
		"write, stamped":           {"write", []coodie.Option{stamped}, 3},
		"write, declared":          {"write", []coodie.Option{always}, 3},
		"write, stamped, declared": {"write", []coodie.Option{stamped, never}, 1},
		"batch":                    {"batch", nil, 1},
		"batch, stamped":           {"batch", []coodie.Option{stamped}, 3},
		"LWT":                      {"LWT", []coodie.Option{stamped, always}, 1},
		"conditional batch":        {"conditional batch", []coodie.Option{stamped, always}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			db := coodie.New(session, tt.options...)
			claims, err := coodie.Open[Claim](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
			s := statements[tt.statement]
			srv.ResetLog()
			require.Error(t, s.do(t.Context(), db, claims))
			require.Len(t, srv.Log().Matching(cqltest.On(s.kind, "claim")), tt.want)
		})
	}
}
