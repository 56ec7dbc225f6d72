package mapper_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/chaos"
	"github.com/coodie-go/coodie/integration/proxy"
)

// story is the tale of two clients and a register that holds 1. Client 1 swaps 1 for 4: it is
// applied, and the answer is eaten. Before its connection is cut, so before anybody can try
// again, client 2 swaps 4 for another number. Client 1's session is one that sends again
// whatever fails.
type story struct {
	truth       *gocql.Session
	one, two    *line
	first       *gocql.Session
	second      *gocql.Session
	table, next *coodie.Table[Register] // client 1's and client 2's
	k           int
}

// swapped is what a client is told of its swap.
type swapped struct {
	applied  bool
	existing int // what refused it
	err      error
}

// byHand is a swap as it is written with gocql.
func (s *story) byHand(session *gocql.Session, from, to int, idempotent bool) (a swapped) {
	a.applied, a.err = session.Query("UPDATE register SET v=? WHERE k=? IF v=?", to, s.k, from).
		Idempotent(idempotent).ScanCAS(&a.existing)
	return a
}

// byCoodie is the same swap through the mapper.
func (s *story) byCoodie(table *coodie.Table[Register], from, to int) (coodie.LWTResult[Register], error) {
	return table.Find(registerK.Eq(s.k)).If(registerV.Eq(from)).Update(context.Background(), registerV.Set(to))
}

// begin makes a register, and has client 1's next LWT lose its answer, and client 2 act meanwhile.
func (s *story) begin(t *testing.T, meanwhile func()) (struck <-chan struct{}) {
	t.Helper()
	s.k++
	execute(t, s.truth, "INSERT INTO register (k, v, attempt) VALUES (?, 1, uuid()) IF NOT EXISTS", s.k)
	s.one.take()
	s.two.take()
	f := proxy.CutAnswer
	f.Do = meanwhile
	return s.one.next(proxy.Conditional, f)
}

// swap is a swap as it is sent by hand, and by coodie.
func (s *story) swap(from, to int) string {
	return fmt.Sprintf("UPDATE register SET v=%d WHERE k=%d IF v=%d", to, s.k, from)
}

func (s *story) swapByCoodie(from, to int) string {
	return fmt.Sprintf("UPDATE register SET v=%d,attempt=id WHERE k=%d IF v=%d", to, s.k, from)
}

// explained reports whether some order of 1 → 4 and, if it happened, 4 → 2 explains what client 1
// was told, and what the register holds in the end.
func (s *story) explained(t *testing.T, first chaos.Answer, second bool) bool {
	t.Helper()
	at := func(from, to time.Duration, action chaos.Action, old, next int64, a chaos.Answer) chaos.Operation {
		return chaos.Operation{Kind: chaos.Register, Action: action, Old: old, New: next, Call: from, Return: to, Answer: a}
	}
	seen := chaos.Answer{Seen: int64(stored(t, s.truth, s.k)), Told: true}
	history := []chaos.Operation{at(0, 1, chaos.Swap, 0, 1, chaos.Answer{}), at(2, 5, chaos.Swap, 1, 4, first)}
	if second {
		history = append(history, at(3, 4, chaos.Swap, 4, 2, chaos.Answer{}))
	}
	return len(chaos.Check(append(history, at(6, 7, chaos.Read, 0, 0, seen)), time.Minute).Violations) == 0
}

// settle repeats Settle while the session connects again.
func settle[T any](t *testing.T, res coodie.LWTResult[T]) (out coodie.LWTResult[T], err error) {
	t.Helper()
	require.Eventually(t, func() bool {
		out, err = res.Settle(context.Background())
		return !errors.Is(err, coodie.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "could not be read")
	}, 30*time.Second, 20*time.Millisecond)
	return out, err
}

// TestTwoClients: with gocql and a retry policy the swap is sent again, and client 1 draws a
// wrong conclusion; with coodie on the same session it never is, and client 1 is told the truth.
func TestTwoClients(t *testing.T) {
	t.Parallel()
	s := &story{}
	var keyspace string
	s.truth, keyspace = registers(t)
	s.one, s.first = throughProxies(t, keyspace, 2, retrying)
	s.two, s.second = throughProxies(t, keyspace, 1)
	s.table, s.next = open[Register](t, s.first), open[Register](t, s.second)

	for _, idempotent := range []bool{false, true} {
		t.Run(fmt.Sprintf("gocql, Idempotent(%t): told refused, and was applied", idempotent), func(t *testing.T) {
			ofGocql(t)
			var then swapped
			struck := s.begin(t, func() { then = s.byHand(s.second, 4, 2, idempotent) })
			got := s.byHand(s.first, 1, 4, idempotent)
			await(t, struck)
			require.Equal(t, swapped{applied: true}, then)
			require.Equal(t, swapped{applied: false, existing: 2, err: nil}, got)
			require.Equal(t, []string{s.swap(1, 4), s.swap(1, 4)}, s.one.take(), "sent twice")
			require.Equal(t, []string{s.swap(4, 2)}, s.two.take())
			require.Equal(t, 2, stored(t, s.truth, s.k))
			require.False(t, s.explained(t, chaos.Answer{Outcome: chaos.Refused, Seen: 2, Told: true}, true),
				"no order of a refused 1 → 4 and an applied 4 → 2 leads from 1 to 2")
		})
		t.Run(fmt.Sprintf("gocql, Idempotent(%t): applied twice", idempotent), func(t *testing.T) {
			ofGocql(t)
			var then swapped
			struck := s.begin(t, func() { then = s.byHand(s.second, 4, 1, idempotent) })
			got := s.byHand(s.first, 1, 4, idempotent)
			await(t, struck)
			require.Equal(t, swapped{applied: true}, then)
			require.Equal(t, swapped{applied: true}, got)
			require.Equal(t, []string{s.swap(1, 4), s.swap(1, 4)}, s.one.take())
			require.Equal(t, 4, stored(t, s.truth, s.k), "1 → 4 → 1 → 4, where two swaps were called")
		})
	}

	t.Run("coodie: unknown, and overwritten since", func(t *testing.T) {
		var then coodie.LWTResult[Register]
		var thenErr error
		struck := s.begin(t, func() { then, thenErr = s.byCoodie(s.next, 4, 2) })
		res, err := s.byCoodie(s.table, 1, 4)
		await(t, struck)
		require.NoError(t, thenErr)
		require.True(t, then.Applied)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.False(t, res.Applied)
		require.Equal(t, []string{s.swapByCoodie(1, 4)}, s.one.take(), "sent once")
		require.Equal(t, []string{s.swapByCoodie(4, 2)}, s.two.take())
		require.Equal(t, 2, stored(t, s.truth, s.k))
		require.True(t, s.explained(t, chaos.Answer{Outcome: chaos.Open}, true))

		res, err = settle(t, res)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "another write's attempt id")
		require.Equal(t, 2, res.Existing.Value.V)
		for _, sent := range s.one.take() {
			require.Regexp(t, "^SELECT ", sent, "settling writes nothing")
		}
	})
	t.Run("coodie: unknown, and settled in time", func(t *testing.T) {
		struck := s.begin(t, nil)
		res, err := s.byCoodie(s.table, 1, 4)
		await(t, struck)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Equal(t, []string{s.swapByCoodie(1, 4)}, s.one.take(), "sent once")

		res, err = settle(t, res)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.True(t, s.explained(t, chaos.Answer{}, false))
		then, err := s.byCoodie(s.next, 4, 2)
		require.NoError(t, err)
		require.True(t, then.Applied)
		require.True(t, s.explained(t, chaos.Answer{}, true))
		again, err := res.Settle(t.Context())
		require.NoError(t, err)
		require.True(t, again.Applied, "what is settled stays so")
	})
	t.Run("coodie: never applied twice", func(t *testing.T) {
		var then swapped
		struck := s.begin(t, func() { then = s.byHand(s.second, 4, 1, false) })
		res, err := s.byCoodie(s.table, 1, 4)
		await(t, struck)
		require.Equal(t, swapped{applied: true}, then)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Equal(t, []string{s.swapByCoodie(1, 4)}, s.one.take(), "sent once")
		require.Equal(t, 1, stored(t, s.truth, s.k))

		// Client 2 left the attempt id alone, which is why coodie's tables are for coodie:
		// it still says that client 1's swap was applied, as it was.
		res, err = settle(t, res)
		require.NoError(t, err)
		require.True(t, res.Applied)
	})
	t.Run("coodie, settled inside the call", func(t *testing.T) {
		struck := s.begin(t, nil)
		res, err := s.byCoodie(open[Register](t, s.first, coodie.WithSettle()), 1, 4)
		await(t, struck)
		require.NoError(t, err)
		require.True(t, res.Applied)
		sent := s.one.take()
		require.Equal(t, s.swapByCoodie(1, 4), sent[0])
		for _, read := range sent[1:] {
			require.Regexp(t, "^SELECT ", read)
		}
	})
	t.Run("coodie, Mutate: not again where it cannot tell", func(t *testing.T) {
		var then coodie.LWTResult[Register]
		var thenErr error
		struck := s.begin(t, func() { then, thenErr = s.byCoodie(s.next, 4, 2) })
		runs := 0
		_, err := s.table.Find(registerK.Eq(s.k)).Mutate(t.Context(), func(_ context.Context, r *Register) error {
			runs++
			r.V = 4
			return nil
		})
		await(t, struck)
		require.NoError(t, thenErr)
		require.True(t, then.Applied)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Equal(t, 1, runs)
		read := fmt.Sprintf("SELECT k,v,attempt FROM register WHERE k=%d", s.k)
		require.Equal(t, []string{read, s.swapByCoodie(1, 4) + " AND attempt=id", read}, s.one.take())
		require.Equal(t, 2, stored(t, s.truth, s.k))
	})
}
