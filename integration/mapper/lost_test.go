package mapper_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/proxy"
)

// write is an LWT, with gocql and with coodie. The register holds 1 before, unless it is inserted.
type write struct {
	name          string
	before, after int // what the register holds without the write, and with it
	byHand        func(s *gocql.Session, k int) *gocql.Query
	byCoodie      func(ctx context.Context, doc *coodie.Document[Register]) (coodie.LWTResult[Register], error)
}

var writes = []write{
	{
		"INSERT", 0, 4,
		func(s *gocql.Session, k int) *gocql.Query {
			return s.Query("INSERT INTO register (k, v) VALUES (?, 4) IF NOT EXISTS", k)
		},
		func(ctx context.Context, doc *coodie.Document[Register]) (coodie.LWTResult[Register], error) {
			doc.Value.V = 4
			return doc.Insert(ctx)
		},
	},
	{
		"UPDATE", 1, 4,
		func(s *gocql.Session, k int) *gocql.Query {
			return s.Query("UPDATE register SET v = 4 WHERE k = ? IF v = 1", k)
		},
		func(ctx context.Context, doc *coodie.Document[Register]) (coodie.LWTResult[Register], error) {
			return doc.If(registerV.Eq(1)).Update(ctx, registerV.Set(4))
		},
	},
	{
		"DELETE", 1, 0,
		func(s *gocql.Session, k int) *gocql.Query {
			return s.Query("DELETE FROM register WHERE k = ? IF v = 1", k)
		},
		func(ctx context.Context, doc *coodie.Document[Register]) (coodie.LWTResult[Register], error) {
			return doc.If(registerV.Eq(1)).Delete(ctx)
		},
	},
}

// prepare makes the register as it is before the write.
func (w *write) prepare(t *testing.T, truth *gocql.Session, k int) Register {
	t.Helper()
	r := Register{K: k, V: w.before}
	if w.before != 0 {
		r.Attempt = gocql.MustRandomUUID()
		execute(t, truth, "INSERT INTO register (k, v, attempt) VALUES (?, ?, ?) IF NOT EXISTS", r.K, r.V, r.Attempt)
	}
	return r
}

// losses are how an answer, or a request, gets lost.
var losses = []struct {
	name    string
	fault   proxy.Fault
	applied bool
}{
	{"the answer, cut off", proxy.CutAnswer, true},
	{"the answer, in silence", proxy.LoseAnswer, true},
	{"the request, cut off", proxy.CutRequest, false},
	{"the request, in silence", proxy.LoseRequest, false},
}

// TestLostAnswers: an LWT is applied and its answer lost. gocql with a retry policy sends it
// again and calls it refused, without an error; coodie calls it unknown, and Settle says what
// is true. Where it was the request that got lost nothing can be told from outside.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	truth, keyspace := registers(t)
	for i, loss := range losses {
		for j, w := range writes {
			k := 2 * (i*len(writes) + j)
			connect := func(t *testing.T) (*line, *gocql.Session) {
				return throughProxies(t, keyspace, 2, retrying, func(config *gocql.ClusterConfig) { config.Timeout = time.Second })
			}
			t.Run(loss.name+"/"+w.name+"/gocql", func(t *testing.T) {
				t.Parallel()
				ofGocql(t)
				w.prepare(t, truth, k)
				l, s := connect(t)
				struck := l.next(proxy.Conditional, loss.fault)
				existing := map[string]any{}
				applied, err := w.byHand(s, k).MapScanCAS(existing)
				await(t, struck)
				require.NoError(t, err)
				sent := l.take()
				require.Len(t, sent, 2)
				require.Equal(t, sent[0], sent[1])
				require.Equal(t, !loss.applied, applied, "refused, if it was applied")
				require.Equal(t, w.after, stored(t, truth, k))
				if loss.applied && w.after != 0 {
					require.Equal(t, w.after, existing["v"], "and its own row is the reason")
				}
			})
			t.Run(loss.name+"/"+w.name+"/coodie", func(t *testing.T) {
				t.Parallel()
				before := w.prepare(t, truth, k+1)
				l, s := connect(t)
				doc := open[Register](t, s).New(before)
				struck := l.next(proxy.Conditional, loss.fault)
				res, err := w.byCoodie(t.Context(), doc)
				await(t, struck)
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
				require.False(t, res.Applied)
				require.Len(t, l.take(), 1)
				requireTruth(t, &w, loss.applied, truth, before.K, res)
			})
		}
	}
}

// requireTruth checks what the register holds, and that Settle says as much as can be known.
func requireTruth(t *testing.T, w *write, applied bool, truth *gocql.Session, k int, res coodie.LWTResult[Register]) {
	t.Helper()
	want := w.before
	if applied {
		want = w.after
	}
	require.Equal(t, want, stored(t, truth, k))
	res, err := settle(t, res)
	if applied && w.after != 0 {
		require.NoError(t, err)
		require.True(t, res.Applied)
		return
	}
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.False(t, res.Applied)
	if want == 0 {
		require.ErrorContains(t, err, "the row is absent now")
		require.Equal(t, coodie.StateAbsent, res.Row())
		return
	}
	require.ErrorContains(t, err, "nothing has been written so far")
	require.Equal(t, want, res.Existing.Value.V)
}

// TestDeadlineUnderWay: a deadline passes while an LWT is under way. gocql says the same
// whether it was applied or never arrived; coodie calls both unknown, and Settle finds the
// applied one.
func TestDeadlineUnderWay(t *testing.T) {
	t.Parallel()
	truth, keyspace := registers(t)
	for i, loss := range losses {
		if loss.fault.Way != proxy.Silence {
			continue
		}
		for j, w := range writes {
			k := 2 * (i*len(writes) + j)
			t.Run(loss.name+"/"+w.name+"/gocql", func(t *testing.T) {
				t.Parallel()
				ofGocql(t)
				w.prepare(t, truth, k)
				l, s := throughProxies(t, keyspace, 2, retrying)
				struck := l.next(proxy.Conditional, loss.fault)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				applied, err := w.byHand(s, k).WithContext(ctx).MapScanCAS(map[string]any{})
				await(t, struck)
				require.Equal(t, context.DeadlineExceeded, err, "and no more than that")
				require.False(t, applied)
				require.Equal(t, loss.applied, stored(t, truth, k) == w.after)
			})
			t.Run(loss.name+"/"+w.name+"/coodie", func(t *testing.T) {
				t.Parallel()
				before := w.prepare(t, truth, k+1)
				l, s := throughProxies(t, keyspace, 2, retrying)
				doc := open[Register](t, s).New(before)
				struck := l.next(proxy.Conditional, loss.fault)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				res, err := w.byCoodie(ctx, doc)
				await(t, struck)
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.False(t, res.Applied)
				require.Len(t, l.take(), 1)
				requireTruth(t, &w, loss.applied, truth, before.K, res)
			})
		}
	}
}

// TestShortDeadlines: deadlines from the call itself to past the answer, on a server that
// nothing is wrong with. What is definite is true; what is unknown Settle finds, if it was applied.
func TestShortDeadlines(t *testing.T) {
	t.Parallel()
	truth, keyspace := registers(t)
	table := open[Register](t, session(t, keyspace))
	rng := rand.New(rand.NewPCG(1, 2))
	var definite, unknown, applied int
	for k := range 200 {
		deadline := time.Duration(rng.IntN(3200)) * time.Microsecond
		if k%20 == 0 {
			deadline = 0
		}
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		res, err := table.New(Register{K: k, V: 4}).Insert(ctx)
		cancel()
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			unknown++
			res, err = res.Settle(t.Context())
			if err == nil {
				applied++
				require.True(t, res.Applied)
				require.Equal(t, 4, stored(t, truth, k))
			} else {
				require.ErrorContains(t, err, "the row is absent now")
			}
		case err != nil:
			definite++
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Zero(t, stored(t, truth, k))
		default:
			require.True(t, res.Applied)
			require.Equal(t, 4, stored(t, truth, k))
		}
	}
	t.Logf("of 200 with a deadline of 0 to 3.2 ms %d were never sent, %d unknown, of which %d had been applied", definite, unknown, applied)
	require.GreaterOrEqual(t, definite, 10)
}
