package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// TestMemoryStaysFlat counts what is in use after a while and at the end: of the mapper, of
// gocql and of the embedded server together. COODIE_LONG=1 asks for a million operations.
func TestMemoryStaysFlat(t *testing.T) {
	operations := 20_000
	if os.Getenv("COODIE_LONG") == "1" {
		operations = 1_000_000
	}
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession() // with a timeout for slow machines
	require.NoError(t, err)
	t.Cleanup(session.Close)
	accounts := open[Account](t, session)
	work := func(from, to int) {
		var workers errgroup.Group
		const clients = 4
		for c := range clients {
			workers.Go(func() error {
				for i := from + c; i < to; i += clients {
					if err := operate(accounts, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		require.NoError(t, workers.Wait())
	}
	// Until then the server's log, pools and caches fill up.
	warm := min(operations/2, 50_000)
	work(0, warm)
	before, goroutines := inUse()
	work(warm, operations)
	after, now := inUse()
	t.Logf("%d operations: %d kB in use after %d, %d kB at the end; %d goroutines, then %d",
		operations, before>>10, warm, after>>10, goroutines, now)
	const noise = 1 << 20
	require.LessOrEqual(t, after, before+noise, "the heap grows")
	require.LessOrEqual(t, now, goroutines+2, "goroutines are left behind")
}

// operate inserts, updates, reads, mutates and deletes the rows of a bounded set.
func operate(accounts *coodie.Table[Account], i int) error {
	ctx := context.Background()
	key := fmt.Sprint("account", i%97)
	row := accounts.Find(accountID.Eq(key))
	var err error
	switch i % 6 {
	case 0:
		_, err = accounts.New(Account{ID: key, Balance: i, Tags: []string{"a", "b"}}).Insert(ctx)
	case 1:
		_, err = row.If(balance.Ge(0)).Update(ctx, balance.Set(i))
	case 2:
		_, err = row.Mutate(ctx, addTen, coodie.OrCreate())
	case 3:
		_, err = row.Get(ctx)
	case 4:
		for _, err = range accounts.Find().Limit(10).Iter(ctx) {
			if err != nil {
				break
			}
		}
	case 5:
		_, err = row.IfExists().Delete(ctx)
	}
	if errors.Is(err, coodie.ErrNotFound) {
		return nil
	}
	return err
}

// inUse is the heap after a collection, and the number of goroutines.
func inUse() (heap uint64, goroutines int) {
	for range 3 {
		runtime.GC() // pools are emptied by the second
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc, runtime.NumGoroutine()
}
