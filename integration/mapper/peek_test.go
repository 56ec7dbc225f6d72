package mapper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// What is a row to IF NOT EXISTS is one to a peek, and answers the same; what is none goes to the LWT.
func TestPeekFirst(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	ctx := t.Context()
	for _, tt := range []struct {
		name, cql string
		wait      time.Duration
		there     bool
	}{
		{name: "nothing", cql: "DELETE FROM thing WHERE p = '%'"},
		{name: "another row", cql: "INSERT INTO thing (p, c, mark) VALUES ('%', 2, 5)"},
		{name: "static columns alone", cql: "INSERT INTO thing (p, owner) VALUES ('%', 'ann')"},
		{name: "a row", cql: "INSERT INTO thing (p, c, owner, mark, tags, addr) VALUES ('%', 1, 'ann', 5, ['a'], {city: 'rome'})", there: true},
		{name: "a row of nulls", cql: "INSERT INTO thing (p, c) VALUES ('%', 1)", there: true},
		{name: "a row without marker", cql: "UPDATE thing SET mark = 5 WHERE p = '%' AND c = 1", there: true},
		{name: "a row of what the struct lacks", cql: "UPDATE thing SET later = 5 WHERE p = '%' AND c = 1", there: true},
		{name: "an expired row", cql: "INSERT INTO thing (p, c, mark) VALUES ('%', 1, 5) USING TTL 1", wait: 1100 * time.Millisecond},
		{name: "a deleted row", cql: "DELETE FROM thing WHERE p = '%' AND c = 1"},
	} {
		if strings.Contains(tt.cql, "later") {
			execute(t, s, "ALTER TABLE thing ADD later int")
		}
		execute(t, s, strings.ReplaceAll(tt.cql, "%", tt.name))
		time.Sleep(tt.wait)
		res, err := table.New(Thing{P: tt.name, C: 1}).With(coodie.WithPeekFirst()).Insert(ctx)
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.there, res.Peeked, tt.name)
		require.Equal(t, !tt.there, res.Applied, tt.name)
		if tt.there {
			refused, err := table.Find().IfNotExists().Create(ctx, Thing{P: tt.name, C: 1})
			require.NoError(t, err)
			require.False(t, refused.Applied)
			require.Equal(t, refused.Existing.Value, res.Existing.Value, tt.name)
			for _, column := range refused.Existing.Pairs() {
				if column.Column == "later" { // a peek reads the struct's columns
					continue
				}
				require.Equal(t, refused.Existing.State(column.Column), res.Existing.State(column.Column), "%s, %s", tt.name, column.Column)
			}
		}
	}
}

// A refused peek takes no Paxos round: the server traces a read.
func TestPeekTakesNoPaxos(t *testing.T) {
	t.Parallel()
	s := connect(t, traceable)
	table := create[Simple](t, s)
	doc := table.New(Simple{K: 1, V: ptr(1)})
	failureless := func(_ coodie.LWTResult[Simple], err error) { require.NoError(t, err) }
	failureless(doc.Insert(t.Context()))
	failureless(doc.With(coodie.WithPeekFirst()).Insert(t.Context())) // prepared by now
	traces := traced(t, s, func() { failureless(doc.With(coodie.WithPeekFirst()).Insert(t.Context())) })
	require.Len(t, traces, 1)
	require.Equal(t, "QUORUM", traces[0].parameters["consistency_level"])
	require.NotContains(t, strings.Join(traces[0].activities, "\n"), "axos")
	traces = traced(t, s, func() { failureless(doc.Insert(t.Context())) })
	require.Contains(t, strings.Join(traces[0].activities, "\n"), "axos", "a refused LWT does")
}

// The price of a peek: a release that Paxos has decided, but that no quorum has committed, is
// not seen by a plain read. The lock looks held, and the LWT would have been granted.
func TestStalePeek(t *testing.T) {
	t.Parallel()
	s := connect(t)
	var peers int
	scan(t, s, "SELECT count(*) FROM system.peers", &peers)
	if peers > 1 {
		t.Skip("the keyspace has three replicas")
	}
	locks := create[Simple](t, s)
	strict := open[Simple](t, s, coodie.WithCommitConsistency(coodie.Three))
	ctx := t.Context()
	res, err := locks.New(Simple{K: 1, V: ptr(1)}).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	_, err = strict.Find(simpleK.Eq(1)).If(simpleV.Eq(1)).Delete(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "decided, and not committed")

	next := locks.New(Simple{K: 1, V: ptr(2)})
	res, err = next.With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.True(t, res.Peeked)
	require.Equal(t, ptr(1), res.Existing.Value.V, "who has released it")
	res, err = next.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied, "the LWT completes the release")
	res, err = locks.New(Simple{K: 1, V: ptr(3)}).With(coodie.WithPeekFirst()).Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, ptr(2), res.Existing.Value.V)
}
