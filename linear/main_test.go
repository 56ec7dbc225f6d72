package linear_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/linear"
)

// op is an operation that lasts from one second to another.
func op[I, O any](client string, from, to int, in I, out O) linear.Operation[I, O] {
	return linear.Operation[I, O]{
		Client: client, Key: "job", Input: in, Output: out,
		Call: time.Duration(from) * time.Second, Return: time.Duration(to) * time.Second,
	}
}

// open is an operation whose outcome is unknown.
func open[O, I any](client string, from, to int, in I) linear.Operation[I, O] {
	var none O
	o := op(client, from, to, in, none)
	o.Outcome = linear.Unknown
	return o
}

// failed is an operation that had no effect.
func failed[O, I any](client string, from, to int, in I) linear.Operation[I, O] {
	o := open[O](client, from, to, in)
	o.Outcome = linear.NoEffect
	return o
}

// requireShortest checks a history, of which the operations of these places contradict each other;
// none: an order explains it.
func requireShortest[S comparable, I, O any](t *testing.T, m linear.Model[S, I, O], history []linear.Operation[I, O], places ...int) {
	t.Helper()
	r := m.Check(history)
	require.Empty(t, r.Undecided)
	if len(places) == 0 {
		require.NoError(t, r.Err())
		require.Empty(t, r.Violations)
		return
	}
	require.Error(t, r.Err())
	require.Len(t, r.Violations, 1)
	var want []linear.Operation[I, O]
	for _, i := range places {
		want = append(want, history[i])
	}
	require.Equal(t, want, r.Violations[0].Shortest, r.Err())
}
