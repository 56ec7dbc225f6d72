package mapper_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Lock is a deploy lock.
type Lock struct {
	Service  string     `cql:"service,partition"`
	LockedBy *string    `cql:"locked_by"`
	LockedAt *time.Time `cql:"locked_at"`
}

var (
	service  = coodie.Col(func(l *Lock) *string { return &l.Service })
	lockedBy = coodie.NullCol(func(l *Lock) **string { return &l.LockedBy })
)

// 32 owners race for one lock: one gets it, all the others are told who has it.
func TestLockRace(t *testing.T) {
	t.Parallel()
	table := create[Lock](t, connect(t))
	ctx := t.Context()
	const owners = 32
	for round := range 3 {
		name := fmt.Sprint("api", round)
		var applied atomic.Int64
		told := make([]string, owners)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range owners {
			done.Go(func() {
				start.Wait()
				me := fmt.Sprint("owner", i)
				res, err := table.New(Lock{Service: name, LockedBy: &me}).Insert(ctx)
				switch {
				case errors.Is(err, coodie.ErrOutcomeUnknown): // contention: the row tells
					lock, err := table.Find(service.Eq(name)).With(coodie.WithLinearizable()).Get(ctx)
					if err != nil {
						t.Error(err)
						return
					}
					if told[i] = *lock.LockedBy; told[i] == me {
						applied.Add(1)
					}
				case err != nil:
					t.Error(err)
				case res.Applied:
					applied.Add(1)
					told[i] = me
				default:
					told[i], _ = lockedBy.From(res.Existing)
				}
			})
		}
		start.Done()
		done.Wait()
		require.EqualValues(t, 1, applied.Load(), "exactly one gets the lock")
		lock, err := table.Find(service.Eq(name)).With(coodie.WithLinearizable()).Get(ctx)
		require.NoError(t, err)
		for i := range told {
			require.Equal(t, *lock.LockedBy, told[i], "owner %d", i)
		}

		stranger := "owner32"
		res, err := table.Find(service.Eq(name)).If(lockedBy.Eq(stranger)).Delete(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied, "who does not hold the lock cannot release it")
		res, err = table.Find(service.Eq(name)).If(lockedBy.Eq(*lock.LockedBy)).Delete(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
}

// 16 goroutines count in one row by compare-and-set, each fed by what refused it.
func TestCounterRace(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	const goroutines, increments = 16, 4
	start := bare("p")
	start.N = ptr(0)
	res, err := table.New(start).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	row := table.Find(p.Eq("p"), c.Eq(1))

	var done sync.WaitGroup
	for i := range goroutines {
		done.Go(func() {
			me := fmt.Sprint("g", i)
			current := 0
			for mine := 1; mine <= increments; {
				// Beside the count each goroutine writes its own share: so an unknown outcome
				// can be settled.
				res, err := row.If(n.Eq(current)).Update(ctx, n.Set(current+1), coodie.Entry(attrs, me).Set(mine))
				switch {
				case errors.Is(err, coodie.ErrOutcomeUnknown):
					got, err := row.With(coodie.WithLinearizable()).Get(ctx)
					if err != nil {
						t.Error(err)
						return
					}
					current = *got.N
					if got.Attrs[me] == mine {
						mine++
					}
				case err != nil:
					t.Error(err)
					return
				case res.Applied:
					current++
					mine++
				default:
					current, _ = n.From(res.Existing)
				}
			}
		})
	}
	done.Wait()
	got, err := row.With(coodie.WithLinearizable()).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, goroutines*increments, *got.N)
	require.Len(t, got.Attrs, goroutines)
	for who, share := range got.Attrs {
		require.Equal(t, increments, share, who)
	}
}
