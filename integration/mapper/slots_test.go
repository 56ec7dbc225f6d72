package mapper_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/proxy"
)

// Slotted is a register that lists each write that was executed.
type Slotted struct {
	K   int      `cql:"k,partition"`
	V   int      `cql:"v"`
	Log []string `cql:"log"`
	_   struct{} `cql:"slots,slots"`
}

// Rack is a register of a partition that has the slots of all.
type Rack struct {
	K   int      `cql:"k,partition"`
	No  int      `cql:"no,clustering"`
	V   int      `cql:"v"`
	Log []string `cql:"log"`
	_   struct{} `cql:"slots,slots,static"`
}

var (
	slottedK   = coodie.Col(func(r *Slotted) *int { return &r.K })
	slottedV   = coodie.Col(func(r *Slotted) *int { return &r.V })
	slottedLog = coodie.Col(func(r *Slotted) *[]string { return &r.Log })
	rackK      = coodie.Col(func(r *Rack) *int { return &r.K })
	rackNo     = coodie.Col(func(r *Rack) *int { return &r.No })
	rackV      = coodie.Col(func(r *Rack) *int { return &r.V })
	rackLog    = coodie.Col(func(r *Rack) *[]string { return &r.Log })
)

// What a program sees of a table with slots is what it sees of any other.
func TestSlots(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	table, err := coodie.Open[Slotted](db)
	require.NoError(t, err)
	ctx := t.Context()
	schema := coodie.Schema(db, table)
	require.NoError(t, schema.Create(ctx))
	require.NoError(t, schema.Verify(ctx))
	row, missing := table.Find(slottedK.Eq(1)), table.Find(slottedK.Eq(2))
	applied := func(want bool) func(coodie.LWTResult[Slotted], error) coodie.LWTResult[Slotted] {
		return func(res coodie.LWTResult[Slotted], err error) coodie.LWTResult[Slotted] {
			t.Helper()
			require.NoError(t, err)
			require.Equal(t, want, res.Applied)
			return res
		}
	}
	applied(true)(table.New(Slotted{K: 1, V: 1}).Insert(ctx))
	applied(true)(row.If(slottedV.Eq(1)).Update(ctx, slottedV.Set(2)))
	applied(true)(row.IfExists().Update(ctx, slottedV.Set(3)))
	require.Equal(t, "refused: v", applied(false)(row.If(slottedV.Eq(1)).Update(ctx, slottedV.Set(9))).String())
	require.Equal(t, coodie.StateAbsent, applied(false)(missing.IfExists().Update(ctx, slottedV.Set(9))).Row())
	require.Equal(t, coodie.StateAbsent, applied(false)(missing.If(slottedV.Eq(1)).Update(ctx, slottedV.Set(9))).Row())
	require.Equal(t, "refused: k, log, v", applied(false)(table.New(Slotted{K: 1, V: 1}).Insert(ctx)).String())
	applied(true)(row.If(slottedV.Eq(3)).DeleteColumns(ctx, slottedLog))
	_, err = row.Mutate(ctx, func(_ context.Context, r *Slotted) error { r.V++; return nil })
	require.NoError(t, err)

	batch := db.Batch()
	h := row.If(slottedV.Eq(4)).UpdateIn(batch, slottedV.Set(5))
	require.NoError(t, batch.Exec(ctx))
	applied(true)(h.Result())
	batch = db.Batch()
	h = row.If(slottedV.Eq(4)).UpdateIn(batch, slottedV.Set(9))
	require.NoError(t, batch.Exec(ctx))
	require.Equal(t, "v = ?: not held", applied(false)(h.Result()).Conditions()[0].String())

	// The row is deleted and inserted anew: the slot is claimed again.
	applied(true)(row.IfExists().Delete(ctx))
	require.Equal(t, coodie.StateAbsent, applied(false)(row.If(slottedV.Eq(5)).Update(ctx, slottedV.Set(9))).Row())
	applied(true)(table.New(Slotted{K: 1, V: 1}).Insert(ctx))
	applied(true)(row.If(slottedV.Eq(1)).Update(ctx, slottedV.Set(2)))

	racks := create[Rack](t, s)
	one := racks.Find(rackK.Eq(1), rackNo.Eq(1))
	res, err := one.If(rackV.Eq(1)).Update(ctx, rackV.Set(2))
	require.NoError(t, err)
	require.False(t, res.Applied)
	_, err = racks.New(Rack{K: 1, No: 1, V: 1}).Insert(ctx)
	require.NoError(t, err)
	for v := range 3 {
		res, err = one.If(rackV.Eq(v+1)).Update(ctx, rackV.Set(v+2))
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	res, err = one.If(rackV.Eq(1)).Update(ctx, rackV.Set(9))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, 4, res.Existing.Value.V)
	res, err = racks.New(Rack{K: 1, No: 1, V: 9}).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, 4, res.Existing.Value.V, "the row that refused it")
	require.Equal(t, coodie.StateUnknown, res.Existing.State("slots"))
	two := racks.Find(rackK.Eq(1), rackNo.Eq(2))
	res, err = two.IfExists().Update(ctx, rackV.Set(1))
	require.NoError(t, err)
	require.False(t, res.Applied)
	res, err = racks.New(Rack{K: 1, No: 2, V: 1}).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	res, err = two.IfExists().Update(ctx, rackV.Set(2))
	require.NoError(t, err)
	require.True(t, res.Applied)
	res, err = two.If(rackV.Eq(1)).Delete(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, 2, res.Existing.Value.V)
	res, err = two.If(rackV.Eq(2)).Delete(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	res, err = two.IfExists().Delete(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	var n int
	require.NoError(t, s.Query("SELECT count(*) FROM rack WHERE k = 1").Scan(&n))
	require.Equal(t, 1, n, "a claim makes no row")
}

// Clients swap the values of a few registers, modulo 4, so that values return all the time, through proxies that lose
// requests and answers and hold requests back until their client has given up. Each write is executed as often as its
// caller was told, and none is left open.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	truth := connect(t)
	create[Slotted](t, truth)
	create[Rack](t, truth)
	const clients, rows = 6, 3
	for k := range rows {
		execute(t, truth, "INSERT INTO slotted (k, v) VALUES (?, 0) IF NOT EXISTS", k)
		execute(t, truth, "INSERT INTO rack (k, no, v) VALUES (0, ?, 0) IF NOT EXISTS", k)
	}
	during := 5 * time.Second
	if os.Getenv("COODIE_LONG") != "" {
		during = time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	var mu sync.Mutex
	told := map[string]bool{}
	unknown := 0
	var wg sync.WaitGroup
	for c := range clients {
		l, s := throughProxies(t, truth.Query("").Keyspace(), 2, func(config *gocql.ClusterConfig) { config.Timeout = 500 * time.Millisecond })
		for i, p := range l.proxies {
			seed := uint64(10*c + i)
			p.Fault(proxy.On(proxy.Conditional).Chance(0.05, seed), proxy.LoseAnswer)
			p.Fault(proxy.On(proxy.Conditional).Chance(0.05, seed+1000), proxy.LoseRequest)
			p.Fault(proxy.On(proxy.Conditional).Chance(0.05, seed+2000), proxy.Fault{Point: proxy.BeforeRequest, Way: proxy.Pass, Delay: 1500 * time.Millisecond})
			p.Fault(proxy.On(proxy.Conditional).Chance(0.01, seed+3000), proxy.CutAnswer)
		}
		db := over(t, s)
		slotted, err := coodie.Open[Slotted](db)
		require.NoError(t, err)
		racks, err := coodie.Open[Rack](db)
		require.NoError(t, err)
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(c)))
			for n := 0; ctx.Err() == nil; n++ {
				k, name := random.IntN(rows), fmt.Sprintf("%d-%d", c, n)
				call, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				var applied bool
				var err error
				if n%3 == 0 {
					v := 0
					_ = truth.Query("SELECT v FROM slotted WHERE k = ?", k).Scan(&v)
					var res coodie.LWTResult[Slotted]
					res, err = slotted.Find(slottedK.Eq(k)).If(slottedV.Eq(v)).Update(call, slottedV.Set((v+1)%4), coodie.Append(slottedLog, name))
					applied = res.Applied
				} else if n%3 == 1 { // rows come and go, and another row lists it
					batch := db.Batch()
					var h *coodie.Handle[Rack]
					if comes := random.IntN(2) == 0; comes {
						h = racks.Find().IfNotExists().CreateIn(batch, Rack{K: 0, No: 10 + k})
					} else {
						h = racks.Find(rackK.Eq(0), rackNo.Eq(10+k)).IfExists().DeleteIn(batch)
					}
					racks.Find(rackK.Eq(0), rackNo.Eq(k)).UpdateIn(batch, coodie.Append(rackLog, name))
					err = batch.Exec(call)
					res, _ := h.Result()
					applied = res.Applied
				} else {
					v := 0
					_ = truth.Query("SELECT v FROM rack WHERE k = 0 AND no = ?", k).Scan(&v)
					var res coodie.LWTResult[Rack]
					res, err = racks.Find(rackK.Eq(0), rackNo.Eq(k)).If(rackV.Eq(v)).Update(call, rackV.Set((v+1)%4), coodie.Append(rackLog, name))
					applied = res.Applied
				}
				cancel()
				mu.Lock()
				told[name] = applied
				if errors.Is(err, coodie.ErrOutcomeUnknown) {
					unknown++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	time.Sleep(2 * time.Second) // the requests that are held back
	executed := map[string]int{}
	for _, table := range []string{"slotted", "rack"} {
		iter := truth.Query("SELECT log FROM " + table).Iter()
		var log []string
		for iter.Scan(&log) {
			for _, name := range log {
				executed[name]++
			}
		}
		require.NoError(t, iter.Close())
	}
	wrong, applied := 0, 0
	for name, was := range told {
		if was {
			applied++
		}
		if n := executed[name]; was && n != 1 || !was && n != 0 {
			wrong++
		}
	}
	t.Logf("%d writes, %d applied, %d executed, %d told wrongly, %d open", len(told), applied, len(executed), wrong, unknown)
	require.Zero(t, wrong)
	require.Zero(t, unknown)
	require.Greater(t, applied, 10)
}
