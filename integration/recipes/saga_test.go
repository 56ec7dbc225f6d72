package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/saga"
)

// Transfer is the data of a saga that moves money from one purse to another.
type Transfer struct {
	From, To string
	Amount   int
	Fails    bool // for good, at the other purse
	Dies     bool // once, after the deposit and before its record
}

// Purse remembers what was taken and given, by idempotency key.
type Purse struct {
	ID      string         `cql:"id,partition"`
	Amount  int            `cql:"amount"`
	Seen    map[string]int `cql:"seen"`
	Version int64          `cql:"version,version"`
	Attempt coodie.UUID    `cql:"attempt,attempt"`
}

// Two processes run and recover the same transfers, some of which fail and some of which lose their process: each is
// made or undone, the money stays as much as it was, and what has ended leaves no row behind.
func TestSaga(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	ks := keyspace(t)
	errDead := errors.New("dead")
	var mu sync.Mutex
	died := map[string]bool{}
	purseID := coodie.Col(func(p *Purse) *string { return &p.ID })
	var purses []*coodie.Table[Purse]
	var transfers []*saga.Saga[Transfer]
	for i := range 2 {
		db, _ := connect(t, ks)
		table, err := coodie.Open[Purse](db, coodie.WithLWTOnly())
		require.NoError(t, err)
		// book makes what key has done to a purse amount.
		book := func(ctx context.Context, purse, key string, amount int) error {
			_, err := table.Find(purseID.Eq(purse)).Mutate(ctx, func(_ context.Context, p *Purse) error {
				if p.Seen == nil {
					p.Seen = map[string]int{}
				}
				p.Amount += amount - p.Seen[key]
				p.Seen[key] = amount
				return nil
			})
			return err
		}
		s, err := saga.Open(db, "transfer", []saga.Step[Transfer]{{
			Name: "take",
			Do: func(ctx context.Context, c *saga.Call[Transfer]) error {
				return book(ctx, c.Data.From, c.Key, -c.Data.Amount)
			},
			Undo: func(ctx context.Context, c *saga.Call[Transfer]) error { return book(ctx, c.Data.From, c.Key, 0) },
		}, {
			Name: "give",
			Do: func(ctx context.Context, c *saga.Call[Transfer]) error {
				if err := book(ctx, c.Data.To, c.Key, c.Data.Amount); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case c.Data.Dies && !died[c.ID]:
					died[c.ID] = true
					panic(errDead)
				case c.Data.Fails:
					return saga.Permanent(errors.New("refused"))
				}
				return nil
			},
			Undo: func(ctx context.Context, c *saga.Call[Transfer]) error { return book(ctx, c.Data.To, c.Key, 0) },
		}})
		require.NoError(t, err)
		s.Lease = 2 * time.Second
		if i == 0 {
			require.NoError(t, coodie.Schema(db, table).Create(ctx))
			require.NoError(t, s.Create(ctx))
			for _, id := range []string{"a", "b", "c"} {
				_, err = table.New(Purse{ID: id, Amount: 100}).Insert(ctx)
				require.NoError(t, err)
			}
		}
		purses, transfers = append(purses, table), append(transfers, s)
	}

	const n = 12
	transfer := func(i int) (string, Transfer) {
		ids := []string{"a", "b", "c"}
		return fmt.Sprint("t", i), Transfer{From: ids[i%3], To: ids[(i+1)%3], Amount: i + 1, Fails: i%4 == 1, Dies: i%3 == 2}
	}
	// alive runs what may lose its process.
	alive := func(f func() error) (err error) {
		defer func() {
			if r := recover(); r == errDead {
				err = saga.ErrUnfinished
			} else if r != nil {
				panic(r)
			}
		}()
		return f()
	}
	var running sync.WaitGroup
	for worker := range 2 {
		for i := range n {
			running.Go(func() {
				id, data := transfer(i)
				err := alive(func() error { _, err := transfers[worker].Run(ctx, id, data); return err })
				if err != nil && !errors.Is(err, saga.ErrFailed) && !errors.Is(err, saga.ErrUnfinished) && !errors.Is(err, coodie.ErrOutcomeUnknown) {
					t.Error(err)
				}
			})
		}
	}
	running.Wait()
	want := map[string]int{"a": 100, "b": 100, "c": 100}
	for i := range n {
		id, data := transfer(i)
		var status saga.Status[Transfer]
		require.Eventually(t, func() bool {
			err := alive(func() error { return transfers[i%2].Recover(ctx) })
			if err != nil && !errors.Is(err, saga.ErrUnfinished) && !errors.Is(err, coodie.ErrOutcomeUnknown) {
				t.Error(err)
			}
			status, err = transfers[0].Status(ctx, id)
			if errors.Is(err, coodie.ErrNotFound) { // its beginning was unknown, and it was not stored
				err = alive(func() error { _, err := transfers[0].Run(ctx, id, data); return err })
			}
			return err == nil && slices.Contains([]saga.State{saga.StateCompleted, saga.StateCompensated}, status.State)
		}, 30*time.Second, 200*time.Millisecond, id)
		if data.Fails {
			require.Equal(t, saga.StateCompensated, status.State)
			require.Equal(t, "give", status.FailedStep)
			require.Equal(t, "refused", status.Failure)
			continue
		}
		require.Equal(t, saga.StateCompleted, status.State)
		want[data.From] -= data.Amount
		want[data.To] += data.Amount
	}
	require.Len(t, died, 4)
	for id, amount := range want {
		purse, err := purses[0].Find(purseID.Eq(id)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, amount, purse.Amount, id)
	}

	transfers[0].Keep = time.Second
	id, data := transfer(0)
	_, err := transfers[0].Run(ctx, "short-"+id, data)
	require.NoError(t, err)
	_, session := connect(t, ks)
	require.Eventually(t, func() bool {
		return session.Query("SELECT id FROM sagas WHERE name = 'transfer' AND id = 'short-t0'").Iter().NumRows() == 0
	}, 10*time.Second, 100*time.Millisecond)
}
