package mapper_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// stubborn is a retry policy that tries the same host again, three times.
type stubborn struct{ gocql.SimpleRetryPolicy }

func (stubborn) GetRetryType(error) gocql.RetryType { return gocql.Retry }

// attempts counts what gocql sends, by an observer.
type attempts struct{ n atomic.Int64 }

func (a *attempts) ObserveQuery(context.Context, gocql.ObservedQuery) { a.n.Add(1) }

// count is how many attempts f makes.
func (a *attempts) count(f func()) int {
	before := a.n.Load()
	f()
	return int(a.n.Load() - before)
}

// A session whose config retries everything: what may be sent twice is, an LWT never.
func TestSentOnce(t *testing.T) {
	t.Parallel()
	seen := &attempts{}
	s := connect(t, func(config *gocql.ClusterConfig) {
		config.RetryPolicy = &stubborn{gocql.SimpleRetryPolicy{NumRetries: 3}}
		config.DefaultIdempotence = true
		config.QueryObserver = seen
	})
	ctx := t.Context()
	keyspace := s.Query("").Keyspace() + "_rf3"
	// Its ring has one node only: Paxos is content with that, QUORUM is not.
	execute(t, s, "CREATE KEYSPACE "+keyspace+" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}")
	t.Cleanup(func() { execute(t, s, "DROP KEYSPACE "+keyspace) })
	db := over(t, s, coodie.WithKeyspace(keyspace), coodie.WithClientTimestamps(), coodie.WithRetries(0))
	table, err := coodie.Open[Thing](db)
	require.NoError(t, err)
	one, err := coodie.Open[Thing](db, coodie.WithConsistency(coodie.One))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, one).Create(ctx))
	timeless, err := coodie.Open[Thing](over(t, s, coodie.WithKeyspace(keyspace), coodie.WithRetries(0)))
	require.NoError(t, err)

	doc, row := table.New(full("p")), table.Find(p.Eq("p"), c.Eq(1))
	for _, tt := range []struct {
		name    string
		want    int
		unknown bool
		send    func() error
	}{
		{"insert if not exists", 1, true, func() error { return failure(doc.Insert(ctx)) }},
		{"create if not exists", 1, true, func() error { return failure(table.Find().IfNotExists().Create(ctx, full("p"))) }},
		{"update if", 1, true, func() error { return failure(doc.If(mark.Eq(1)).Update(ctx, mark.Set(2))) }},
		{"update if exists", 1, true, func() error { return failure(row.IfExists().Update(ctx, mark.Set(2))) }},
		{"delete if", 1, true, func() error { return failure(row.If(mark.Eq(1)).Delete(ctx)) }},
		{"delete if exists", 1, true, func() error { return failure(doc.IfExists().Delete(ctx)) }},
		{"delete columns if", 1, true, func() error { return failure(doc.If(mark.Eq(1)).DeleteColumns(ctx, n)) }},
		{"linearizable get", 1, false, func() error { _, err := row.With(coodie.WithLinearizable()).Get(ctx); return err }},
		{"append, with client timestamps", 1, false, func() error { return doc.Update(ctx, coodie.Append(tags, "x")) }},
		{"save without client timestamp", 1, false, func() error { return timeless.New(full("p")).Save(ctx) }},
		{"update without client timestamp", 1, false, func() error { return timeless.New(full("p")).Update(ctx, mark.Set(1)) }},
		{"save with a list, with client timestamps", 1, false, func() error { return doc.Save(ctx) }},
		{"save, with client timestamps", 4, true, func() error { return table.New(bare("p")).Save(ctx) }},
		{"update, with client timestamps", 4, true, func() error { return doc.Update(ctx, mark.Set(1)) }},
		{"get", 4, false, func() error { _, err := row.Get(ctx); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			got := seen.count(func() { err = tt.send() })
			requireUnavailable(t, err) // two replicas of three are missing
			// Of an LWT, Unavailable at QUORUM can come from its read or from its commit. Of
			// several attempts only the last one is known.
			require.Equal(t, tt.unknown, errors.Is(err, coodie.ErrOutcomeUnknown))
			require.Equal(t, tt.want, got)
		})
	}
}

// The proposal was accepted but its commit cannot be acknowledged by as many replicas as
// asked: an unknown outcome, never a refusal, and not sent again.
func TestCommitUnavailable(t *testing.T) {
	t.Parallel()
	seen := &attempts{}
	s := connect(t, func(config *gocql.ClusterConfig) {
		config.RetryPolicy = &stubborn{gocql.SimpleRetryPolicy{NumRetries: 3}}
		config.QueryObserver = seen
	})
	var peers int
	scan(t, s, "SELECT count(*) FROM system.peers", &peers)
	if peers > 1 {
		t.Skip("the keyspace has three replicas")
	}
	table := create[Simple](t, s)
	strict := open[Simple](t, s, coodie.WithCommitConsistency(coodie.Three))
	ctx := t.Context()
	doc := strict.New(Simple{K: 1, V: ptr(1)})
	var res coodie.LWTResult[Simple]
	var err error
	got := seen.count(func() { res, err = doc.Insert(ctx) })
	require.Equal(t, 1, got)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.False(t, res.Applied)
	require.True(t, doc.Stale())
	requireUnavailable(t, err)

	settled, err := table.Find(simpleK.Eq(1)).With(coodie.WithLinearizable()).Get(ctx)
	require.NoError(t, err, "the next Paxos round completes it")
	require.Equal(t, Simple{K: 1, V: ptr(1)}, settled)
}

// A context that ends before sending is a definite error: nothing was sent.
func TestContextEndsBeforeSending(t *testing.T) {
	t.Parallel()
	seen := &attempts{}
	s := connect(t, func(config *gocql.ClusterConfig) { config.QueryObserver = seen })
	table := create[Simple](t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	doc := table.New(Simple{K: 1, V: ptr(1)})
	got := seen.count(func() {
		_, err := doc.Insert(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		err = doc.Save(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	})
	require.Zero(t, got)
	require.False(t, doc.Stale())
	_, err := table.Find(simpleK.Eq(1)).With(coodie.WithLinearizable()).Get(t.Context())
	require.ErrorIs(t, err, coodie.ErrNotFound)
}
