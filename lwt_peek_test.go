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
	"github.com/coodie-go/coodie/observe"
)

// TestPeekFirst: a row that is there refuses the claim without an LWT, and as an LWT would; a
// row that is not leaves everything to the LWT.
func TestPeekFirst(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	claims := open[Claim](t, session)
	claim := func(owner string) (coodie.LWTResult[Claim], error) {
		return claims.Find().IfNotExists().With(coodie.WithPeekFirst()).Create(ctx, Claim{Name: "a", Owner: owner})
	}

	srv.ResetLog()
	res, err := claim("ann")
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.False(t, res.Peeked)
	require.NoError(t, res.Err())
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Select, "claim")), 1)
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional, "claim")), 1)

	srv.ResetLog()
	doc := claims.New(Claim{Name: "a", Owner: "bob"})
	res, err = doc.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.True(t, res.Peeked)
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Conditional, "claim")), "no LWT was sent")
	require.Equal(t, "ann", res.Existing.Value.Owner)
	require.Equal(t, coodie.StatePresent, res.Row())
	require.Equal(t, coodie.StatePresent, res.Existing.Row())
	require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
	require.EqualError(t, res.Err(), "coodie: insert claim (name): not applied: the row existed when it was peeked at")
	require.Equal(t, "bob", doc.Value.Owner, "a document follows what is applied")
	require.False(t, doc.Stale())
	settled, err := res.Settle(ctx)
	require.NoError(t, err)
	require.True(t, settled.Peeked, "there is nothing to settle")

	refused, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.False(t, refused.Peeked)
	require.Equal(t, refused.Existing.Value, res.Existing.Value)
	require.Equal(t, refused.Existing.Map(), res.Existing.Map(), "a peek answers what the LWT would have")

	_, err = claims.Find(claimName.Eq("a")).IfExists().Delete(ctx)
	require.NoError(t, err)
	res, err = claim("bob")
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// TestPeekLevel: the peek is a plain read at the level that the table's LWTs commit at, also
// where reads are otherwise serial or weaker.
func TestPeekLevel(t *testing.T) {
	srv, session := patient(t)
	for _, tt := range []struct {
		opts []coodie.TableOption
		want gocql.Consistency
	}{
		{nil, gocql.Quorum},
		{[]coodie.TableOption{coodie.WithLWTOnly()}, gocql.Quorum},
		{[]coodie.TableOption{coodie.WithConsistency(coodie.LocalOne)}, gocql.Quorum},
		{[]coodie.TableOption{coodie.WithSerialConsistency(coodie.LocalSerial)}, gocql.LocalQuorum},
	} {
		claims := open[Claim](t, session, tt.opts...)
		srv.ResetLog()
		_, err := claims.New(Claim{Name: "a"}).With(coodie.WithPeekFirst()).Insert(t.Context())
		require.NoError(t, err)
		selects := srv.Log().Matching(cqltest.On(cqltest.Select, "claim"))
		require.Len(t, selects, 1)
		require.Equal(t, tt.want, selects[0].Consistency)
	}
}

// TestPeekSeesRowsAsLWTsDo: what is a row to IF NOT EXISTS is one to the peek.
func TestPeekSeesRowsAsLWTsDo(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	readings := openReadings(t, session, 0)
	for _, tt := range []struct {
		name, cql string
		expire    bool
		there     bool
	}{
		{name: "nothing", cql: "INSERT INTO app.reading (sensor, n) VALUES ('%', 2)"},
		{name: "static columns alone", cql: "INSERT INTO app.reading (sensor, unit) VALUES ('%', 'm')"},
		{name: "a row of nulls", cql: "INSERT INTO app.reading (sensor, n) VALUES ('%', 1)", there: true},
		{name: "a row without marker", cql: "UPDATE app.reading SET value = 'v' WHERE sensor = '%' AND n = 1", there: true},
		{name: "an expired row", cql: "INSERT INTO app.reading (sensor, n, value) VALUES ('%', 1, 'v') USING TTL 60", expire: true},
		{name: "a deleted row", cql: "DELETE FROM app.reading WHERE sensor = '%' AND n = 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.MustExec(strings.ReplaceAll(tt.cql, "%", tt.name))
			if tt.expire {
				srv.FastForward(time.Minute)
			}
			doc := readings.New(Reading{Sensor: tt.name, N: 1, Value: "mine"})
			res, err := doc.With(coodie.WithPeekFirst()).Insert(ctx)
			require.NoError(t, err)
			require.Equal(t, tt.there, res.Peeked)
			require.Equal(t, !tt.there, res.Applied)
			if tt.there {
				refused, err := doc.Insert(ctx)
				require.NoError(t, err)
				require.Equal(t, refused.Existing.Map(), res.Existing.Map())
			}
		})
	}
}

// TestPeekFails: a read that fails ends the call, and the error is definite.
func TestPeekFails(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	claims := open[Claim](t, session)
	srv.ResetLog()
	srv.Fault(cqltest.On(cqltest.Select, "claim"), cqltest.ReadTimeout())
	doc := claims.New(Claim{Name: "a"})
	res, err := doc.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	var failed *coodie.Error
	require.ErrorAs(t, err, &failed)
	require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)
	require.Equal(t, "peek", failed.Op)
	require.Equal(t, coodie.KindTimeout, coodie.KindOf(err))
	require.False(t, res.Applied || res.Peeked)
	require.Nil(t, res.Existing)
	require.False(t, doc.Stale())
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Conditional, "claim")), "the claim was not sent")
	srv.ClearFaults()

	// A context that has ended, before the peek and between it and the LWT.
	over, cancel := context.WithCancel(ctx)
	cancel()
	srv.ResetLog()
	_, err = doc.With(coodie.WithPeekFirst()).Insert(over)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.Empty(t, srv.Log())

	ending, cancel := context.WithCancel(ctx)
	observed, err := coodie.Open[Claim](coodie.New(session, coodie.WithObserver(coodie.ObserverFunc(
		func(_ context.Context, e coodie.Event) {
			if e.Op == "peek" {
				cancel()
			}
		}))))
	require.NoError(t, err)
	_, err = observed.New(Claim{Name: "a"}).With(coodie.WithPeekFirst()).Insert(ending)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, "the LWT was not sent")

	// The claim itself is of unknown outcome as ever, and can be settled.
	srv.Fault(cqltest.On(cqltest.Conditional, "claim").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err = doc.With(coodie.WithPeekFirst()).Insert(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	res, err = res.Settle(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.False(t, res.Peeked)
}

// TestPeekUsage: what cannot be peeked at is refused, and nothing is sent.
func TestPeekUsage(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	claims := open[Claim](t, session)
	srv.ResetLog()
	doc := claims.New(Claim{Name: "a"})
	batch := func(add func(*coodie.Batch)) error {
		b := coodie.New(session).Batch()
		add(b)
		return b.Exec(ctx)
	}
	for name, call := range map[string]func() error{
		"save":           func() error { return doc.With(coodie.WithPeekFirst()).Save(ctx) },
		"update":         func() error { return doc.With(coodie.WithPeekFirst()).Update(ctx, claimOwner.Set("x")) },
		"delete":         func() error { return doc.With(coodie.WithPeekFirst()).Delete(ctx) },
		"delete columns": func() error { return doc.With(coodie.WithPeekFirst()).DeleteColumns(ctx, claimOwner) },
		"update if": func() error {
			return second(doc.With(coodie.WithPeekFirst()).If(claimOwner.Eq("x")).Update(ctx, claimOwner.Set("y")))
		},
		"delete if exists": func() error { return second(doc.With(coodie.WithPeekFirst()).IfExists().Delete(ctx)) },
		"batch, insert":    func() error { return batch(func(b *coodie.Batch) { doc.With(coodie.WithPeekFirst()).InsertIn(b) }) },
		"batch, create": func() error {
			return batch(func(b *coodie.Batch) {
				claims.Find().IfNotExists().With(coodie.WithPeekFirst()).CreateIn(b, Claim{Name: "a"})
			})
		},
		"null key": func() error { return second(claims.New(Claim{}).With(coodie.WithPeekFirst()).Insert(ctx)) },
		"consistency": func() error {
			return second(doc.With(coodie.WithConsistency(coodie.One), coodie.WithPeekFirst()).Insert(ctx))
		},
	} {
		var usage *coodie.Error
		require.ErrorAs(t, call(), &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	require.Empty(t, srv.Log())
}

// TestPeekRunsHooksFirst: the row that is claimed is what BeforeSave makes of it, its key too.
func TestPeekRunsHooksFirst(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	users := open[hookedUser](t, session)
	srv.MustExec("INSERT INTO app.hooked_user (email) VALUES ('ann@example.org')")
	doc := users.New(hookedUser{Email: " Ann@Example.org"})
	res, err := doc.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Peeked)
	require.Equal(t, " Ann@Example.org", doc.Value.Email, "a refused document stays as it was")

	srv.ResetLog()
	_, err = users.New(hookedUser{}).With(coodie.WithPeekFirst()).Insert(ctx)
	var hook *coodie.Error
	require.ErrorAs(t, err, &hook)
	require.Equal(t, coodie.KindHook, hook.Kind)
	require.Empty(t, srv.Log(), "what Validate refuses is not even peeked at")
}

// TestPeekOfABrokenRow: the row is there, though the struct cannot hold it.
func TestPeekOfABrokenRow(t *testing.T) {
	type Narrow struct {
		K int   `cql:"k,partition"`
		N uint8 `cql:"n,type=int"`
	}
	srv, session := patient(t)
	rows := open[Narrow](t, session)
	srv.MustExec("INSERT INTO app.narrow (k, n) VALUES (1, 1000)")
	res, err := rows.New(Narrow{K: 1}).With(coodie.WithPeekFirst()).Insert(t.Context())
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.False(t, res.Applied)
	require.True(t, res.Peeked)
	require.Equal(t, 1000, res.Existing.Map()["n"], "as the server sent it")
}

// TestPeekIsObserved: the peek is an event of its own, and a refusal by it is told from an LWT's.
func TestPeekIsObserved(t *testing.T) {
	ctx := t.Context()
	var metrics observe.Metrics
	var events []coodie.Event
	_, _, claims := watched(t, coodie.WithObserver(&metrics), coodie.WithObserver(coodie.ObserverFunc(
		func(_ context.Context, e coodie.Event) { events = append(events, e) })))
	events = nil
	doc := claims.New(Claim{Name: "a"})
	for range 2 {
		_, err := doc.With(coodie.WithPeekFirst()).Insert(ctx)
		require.NoError(t, err)
	}
	type seen struct {
		op      string
		outcome coodie.Outcome
		paxos   bool
	}
	var got []seen
	for _, e := range events {
		got = append(got, seen{e.Op, e.Outcome, e.Paxos})
	}
	require.Equal(t, []seen{{"peek", coodie.OutcomeDone, false}, {"insert", coodie.OutcomeApplied, true}, {"peek", coodie.OutcomeRefused, false}}, got)
	require.Equal(t, []observe.TableMetrics{{Table: "claim", Reads: 2, Peeked: 1, LWTs: 1, Applied: 1}}, metrics.Snapshot())
}

// TestStalePeek: a peek whose answer is older than a release calls the lock held, which an LWT
// would have been granted. Nothing worse can happen: it is never granted by a peek.
func TestStalePeek(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	claims := open[Claim](t, session)
	holder := claims.New(Claim{Name: "a", Owner: "ann"})
	_, err := holder.Insert(ctx)
	require.NoError(t, err)
	srv.Fault(cqltest.On(cqltest.Select, "claim").Nth(1), cqltest.Apply, cqltest.Do(func(cqltest.Statement) {
		res, err := holder.If(claimOwner.Eq("ann")).Delete(ctx)
		if err != nil || !res.Applied {
			t.Error(res, err)
		}
	}))
	next := claims.New(Claim{Name: "a", Owner: "bob"})
	res, err := next.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.True(t, res.Peeked)
	require.Equal(t, "ann", res.Existing.Value.Owner, "who does not hold it any more")
	res, err = next.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// hookedUser has an e-mail address as its key, which BeforeSave brings into shape.
type hookedUser struct {
	Email string `cql:"email,partition"`
	Name  string `cql:"name"`
}

var errNoAddress = errors.New("no address")

func (u *hookedUser) BeforeSave(context.Context) error {
	u.Email = strings.ToLower(strings.TrimSpace(u.Email))
	return nil
}

func (u *hookedUser) Validate() error {
	if u.Email == "" {
		return errNoAddress
	}
	return nil
}
