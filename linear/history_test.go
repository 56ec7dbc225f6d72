package linear_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/linear"
)

// The text names what contradicts each other, and the picture is a page.
func TestViolation(t *testing.T) {
	history := []lock{
		op("alice", 0, 1, linear.Acquire("alice"), ok), op("carol", 0, 2, linear.Acquire("carol"), no),
		op("bob", 2, 3, linear.Acquire("bob"), ok), op("bob", 4, 5, linear.Release("bob"), ok),
	}
	dir := t.TempDir()
	r := linear.Lock().Check(history, linear.Pictures(dir))
	require.Equal(t, 1, r.Keys)
	require.Equal(t, 4, r.Operations)
	v := r.Violations[0]
	require.Equal(t, fmt.Sprintf(`linear: no order of these operations on "job" explains their answers:
       0.000 s to    1.000 s  alice: acquires as alice: done
       2.000 s to    3.000 s  bob: acquires as bob: done
Other operations before them: 1. Whether each of these happened or not, no order explains the ones above.
Picture: %s
`, v.Picture), v.Error())
	require.Len(t, v.History, 3, "up to the contradiction")
	page, err := os.ReadFile(v.Picture)
	require.NoError(t, err)
	require.Contains(t, string(page), "alice: acquires as alice: done")
	var again bytes.Buffer
	require.NoError(t, v.WriteHTML(&again))
	require.Contains(t, linear.Lock().Check(history, linear.Pictures("/does/not/exist")).Err().Error(), "Picture: none:")
}

// Who took an unknown outcome for a refusal is named.
func TestSuspects(t *testing.T) {
	history := []lock{
		failed[linear.LockAnswer]("carol", 0, 1, linear.Acquire("carol")), failed[linear.LockAnswer]("alice", 2, 3, linear.Acquire("alice")),
		op("bob", 4, 5, linear.Acquire("bob"), linear.LockAnswer{Owner: "alice", Told: true}),
	}
	r := linear.Lock().Check(history)
	require.Equal(t, 1, r.Operations)
	require.Equal(t, history[1:2], r.Violations[0].Suspects)
	require.Equal(t, `linear: no order of these operations on "job" explains their answers:
       4.000 s to    5.000 s  bob: acquires as bob: refused, held by alice
One does if any of these took effect, which are said to have had none:
       2.000 s to    3.000 s  alice: acquires as alice
`, r.Err().Error())
}

// Keys are checked apart, and one that takes too long is told apart from one that is wrong.
func TestUndecided(t *testing.T) {
	var history []counter
	for range 40 {
		history = append(history, open[linear.CounterAnswer]("a", 0, 1, linear.Add(1)))
	}
	history = append(history, op("b", 2, 3, linear.Get(), linear.Count(20)), op("b", 4, 5, linear.Get(), linear.Count(10)))
	fine := op("b", 0, 1, linear.Add(1), linear.Count(1))
	fine.Key = "fine"
	r := linear.Counter().Check(append(history, fine), linear.Limit(500*time.Millisecond))
	require.Equal(t, []string{"job"}, r.Undecided)
	require.Empty(t, r.Violations)
	require.ErrorContains(t, r.Err(), "took too long")
}

// What an operation's error says of its outcome.
func TestOutcomes(t *testing.T) {
	h := linear.New(linear.Lock())
	for _, test := range []struct {
		err  error
		want linear.Outcome
	}{
		{nil, linear.Answered},
		{coodie.ErrOutcomeUnknown, linear.Unknown},
		{linear.ErrUnknown, linear.Unknown},
		{errors.New("whatever"), linear.Unknown},
		{context.DeadlineExceeded, linear.Unknown},
		{gocql.ErrTimeoutNoResponse, linear.Unknown},
		{gocql.ErrNoConnections, linear.NoEffect},
		{coodie.ErrContended, linear.NoEffect},
		{&coodie.Error{Kind: coodie.KindUnavailable}, linear.NoEffect},
		{&coodie.Error{Kind: coodie.KindTimeout, Unknown: true}, linear.Unknown},
		{&coodie.Error{Kind: coodie.KindDecode}, linear.Unknown},
		{fmt.Errorf("stopped: %w", linear.ErrNoEffect), linear.NoEffect},
	} {
		_, err := h.Do("a", "k", linear.Holder(), func() (linear.LockAnswer, error) { return linear.LockAnswer{}, test.err })
		require.Equal(t, test.err, err)
		ops := h.Operations()
		last := ops[len(ops)-1]
		require.Equal(t, test.want, last.Outcome, test.err)
		require.Less(t, last.Call, last.Return)
	}
	require.NoError(t, h.Check().Err())
	require.Panics(t, func() {
		_, _ = h.Do("a", "k", linear.Acquire("a"), func() (linear.LockAnswer, error) { panic("oops") })
	})
	ops := h.Operations()
	require.Equal(t, linear.Unknown, ops[len(ops)-1].Outcome)
}

type row struct {
	Name    string      `cql:"name,partition"`
	Owner   string      `cql:"owner"`
	Count   int64       `cql:"count"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	name  = coodie.Col(func(r *row) *string { return &r.Name })
	owner = coodie.Col(func(r *row) *string { return &r.Owner })
)

// observed opens a table whose calls h records.
func observed(t *testing.T, o coodie.Observer) (*cqltest.Server, *coodie.Table[row]) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	table, err := coodie.Open[row](coodie.New(session, coodie.WithObserver(o)), coodie.WithTable("locks"), coodie.WithLWTOnly())
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(t.Context()))
	return srv, table
}

// The observer records the calls that are named, with their outcomes.
func TestObserver(t *testing.T) {
	h := linear.New(linear.Lock())
	srv, table := observed(t, h.Observer())
	lwt := cqltest.On(cqltest.Conditional)
	call := func(client string, in linear.LockInput, f func(context.Context) (coodie.LWTResult[row], error)) coodie.LWTResult[row] {
		res, _ := f(h.With(t.Context(), client, "job", in))
		return res
	}
	acquire := func(who string) coodie.LWTResult[row] {
		return call(who, linear.Acquire(who), table.New(row{Name: "job", Owner: who}).Insert)
	}
	free := func(who string) coodie.LWTResult[row] {
		return call(who, linear.Release(who), table.Find(name.Eq("job")).If(owner.Eq(who)).Delete)
	}
	last := func() lock {
		ops := h.Operations()
		return ops[len(ops)-1]
	}

	acquire("alice")
	require.Equal(t, linear.LockAnswer{OK: true}, last().Output)
	acquire("bob")
	require.Equal(t, linear.LockAnswer{}, last().Output)
	require.Equal(t, linear.Answered, last().Outcome)

	srv.Fault(lwt.Nth(1), cqltest.Unavailable())
	srv.Fault(lwt.Nth(2), cqltest.Unavailable())
	srv.Fault(lwt.Nth(3), cqltest.Unavailable())
	free("alice")
	require.Equal(t, linear.NoEffect, last().Outcome)
	srv.ClearFaults()

	srv.Fault(lwt.Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	free("alice")
	require.Equal(t, linear.Unknown, last().Outcome)
	srv.ClearFaults()

	srv.Fault(lwt.Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res := acquire("bob")
	require.Equal(t, linear.Unknown, last().Outcome)
	before := last().Return
	_, err := res.Settle(t.Context())
	require.NoError(t, err)
	require.Equal(t, linear.LockAnswer{OK: true}, last().Output)
	require.Greater(t, last().Return, before, "it was applied by the time it was settled")
	srv.ClearFaults()

	// Not named: further calls with the same context, other calls, and what a call does by itself.
	n := len(h.Operations())
	ctx := h.With(t.Context(), "carol", "job", linear.Acquire("carol"))
	for range 2 {
		_, err := table.New(row{Name: "job", Owner: "carol"}).Insert(ctx)
		require.NoError(t, err)
	}
	_, err = table.Find(name.Eq("job")).Get(t.Context())
	require.NoError(t, err)
	require.Len(t, h.Operations(), n+1)
	require.NoError(t, h.Check().Err())

	_, err = table.New(row{Name: "job", Owner: "dave"}).With(coodie.WithPeekFirst()).Insert(h.With(t.Context(), "dave", "job", linear.Acquire("dave")))
	require.NoError(t, err)
	require.Equal(t, linear.LockAnswer{}, last().Output, "refused by what it peeked at")
	free("bob")
	_, err = table.New(row{Name: "job", Owner: "dave"}).With(coodie.WithPeekFirst()).Insert(h.With(t.Context(), "dave", "job", linear.Acquire("dave")))
	require.NoError(t, err)
	require.Equal(t, linear.LockAnswer{OK: true}, last().Output)
	require.NoError(t, h.Check().Err())
}

// A Mutate is one operation, whatever it sends.
func TestObserverOfMutate(t *testing.T) {
	h := linear.New(linear.Counter())
	srv, table := observed(t, h.Observer())
	srv.Fault(cqltest.On(cqltest.Conditional).Nth(2), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	for range 3 {
		_, err := table.Find(name.Eq("job")).Mutate(h.With(t.Context(), "alice", "job", linear.Add(1)), func(_ context.Context, r *row) error {
			r.Count++
			return nil
		}, coodie.OrCreate())
		require.NoError(t, err)
	}
	_, err := table.Find(name.Eq("job")).Mutate(h.With(t.Context(), "alice", "job", linear.Add(1)), func(context.Context, *row) error { return errors.New("no") })
	require.Error(t, err)
	ops := h.Operations()
	require.Len(t, ops, 4)
	require.Equal(t, linear.NoEffect, ops[3].Outcome)
	_, err = h.Do("eve", "job", linear.Get(), func() (linear.CounterAnswer, error) {
		r, err := table.Find(name.Eq("job")).Get(t.Context())
		return linear.Count(r.Count), err
	})
	require.NoError(t, err)
	require.NoError(t, h.Check().Err())
}
