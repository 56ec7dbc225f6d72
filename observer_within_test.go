package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Ledger is a row whose hooks call what a test sets.
type Ledger struct {
	Name    string      `cql:"name,partition"`
	Sum     int         `cql:"sum"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	ledgerName = coodie.Col(func(l *Ledger) *string { return &l.Name })
	ledgerSum  = coodie.Col(func(l *Ledger) *int { return &l.Sum })
	// onLoad and onSave are the hooks; nil: none.
	onLoad, onSave func(context.Context)
)

// AfterLoad is a hook.
func (l *Ledger) AfterLoad(ctx context.Context) error {
	if onLoad != nil {
		onLoad(ctx)
	}
	return nil
}

// BeforeSave is a hook.
func (l *Ledger) BeforeSave(ctx context.Context) error {
	if onSave != nil {
		onSave(ctx)
	}
	return nil
}

// ledgers is a table with one row, a, and a recorder of its calls.
func ledgers(t *testing.T, opts ...coodie.TableOption) (*cqltest.Server, *coodie.DB, *coodie.Table[Ledger], *recorder) {
	t.Helper()
	rec := new(recorder)
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, err := coodie.Connect(t.Context(), srv.Cluster(), coodie.WithObserver(rec))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	table, err := coodie.Open[Ledger](db, opts...)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	_, err = table.New(Ledger{Name: "a"}).Insert(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { onLoad, onSave = nil, nil })
	rec.clear()
	return srv, db, table, rec
}

// of are the events of calls that ended, by their operation.
func (r *recorder) endsOf(op string) (events []coodie.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.ends {
		if e.Op == op {
			events = append(events, e)
		}
	}
	return events
}

// TestCallsWithinCalls: what coodie does within a Mutate or Settle is told from what the program does there, in Mutate's
// function, in a hook, in a loop, and in an observer.
func TestCallsWithinCalls(t *testing.T) {
	ctx := t.Context()
	_, db, table, rec := ledgers(t)
	claims, err := coodie.Open[Claim](db, coodie.WithSettle())
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	claim := func(ctx context.Context) { // is the program's own LWT
		_, err := claims.New(Claim{Name: "x"}).Insert(ctx)
		require.NoError(t, err)
	}
	row := table.Find(ledgerName.Eq("a"))
	add := func(_ context.Context, l *Ledger) error { l.Sum++; return nil }
	for name, tt := range map[string]struct {
		do     func() error
		within string // the operation of the call that it is made in; "": none
	}{
		"function": {func() error {
			_, err := row.Mutate(ctx, func(ctx context.Context, l *Ledger) error { claim(ctx); return add(ctx, l) })
			return err
		}, "mutate"},
		"AfterLoad of a Mutate": {func() error {
			onLoad = claim
			_, err := row.Mutate(ctx, add)
			return err
		}, "mutate"},
		"BeforeSave of a Mutate": {func() error {
			onSave = claim
			_, err := row.Mutate(ctx, add)
			return err
		}, "mutate"},
		"BeforeSave of a Mutate that creates": {func() error {
			onSave = claim
			_, err := table.Find(ledgerName.Eq("b")).Mutate(ctx, add, coodie.OrCreate())
			return err
		}, "mutate"},
		"AfterLoad of a read": {func() error {
			onLoad = claim
			_, err := row.Get(ctx)
			return err
		}, "select"},
		"loop": {func() error {
			for _, err := range table.Find().Iter(ctx) {
				claim(ctx)
				return err
			}
			return nil
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rec.clear()
			onLoad, onSave = nil, nil
			require.NoError(t, tt.do())
			own := 0
			for _, e := range rec.ends {
				switch {
				case e.Table == "claim":
					own++
					require.False(t, e.Internal)
					if tt.within == "" {
						require.Zero(t, e.Parent)
						continue
					}
					within := slices.IndexFunc(rec.starts, func(s coodie.Event) bool { return s.Call == e.Parent })
					require.GreaterOrEqual(t, within, 0)
					require.Equal(t, tt.within, rec.starts[within].Op)
				case tt.within == "mutate" && e.Op != "mutate":
					require.True(t, e.Internal, e.Op)
				default:
					require.False(t, e.Internal, e.Op)
				}
			}
			require.Positive(t, own)
		})
	}
}

// asking is an observer that calls coodie itself.
type asking struct {
	recorder
	ask func(context.Context)
}

func (a *asking) Observe(ctx context.Context, e coodie.Event) {
	a.recorder.Observe(ctx, e)
	if e.Internal {
		a.ask(ctx)
	}
}

// TestCallsOfAnObserver are the program's own.
func TestCallsOfAnObserver(t *testing.T) {
	ctx := t.Context()
	_, db, _, _ := ledgers(t)
	rec := new(asking)
	table, err := coodie.Open[Ledger](db, coodie.WithObserver(rec))
	require.NoError(t, err)
	rec.ask = func(ctx context.Context) { _, _ = table.Find(ledgerName.Eq("b")).If(ledgerSum.Eq(1)).Delete(ctx) }
	_, err = table.Find(ledgerName.Eq("a")).Mutate(ctx, func(_ context.Context, l *Ledger) error { l.Sum++; return nil })
	require.NoError(t, err)
	require.Len(t, rec.endsOf("delete"), 2, "one for the read, one for the update")
	for _, e := range rec.endsOf("delete") {
		require.False(t, e.Internal)
	}
}

// TestInternalSettlement: WithSettle within a Mutate is the Mutate's affair, and otherwise the caller's.
func TestInternalSettlement(t *testing.T) {
	ctx := t.Context()
	srv, _, table, rec := ledgers(t, coodie.WithSettle())
	lose := func() func() {
		return srv.Fault(cqltest.On(cqltest.Conditional, "ledger").First(1), cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove
	}
	row := table.Find(ledgerName.Eq("a"))
	defer lose()()
	_, err := row.Mutate(ctx, func(_ context.Context, l *Ledger) error { l.Sum++; return nil })
	require.NoError(t, err)
	defer lose()()
	_, err = row.If(ledgerSum.Eq(1)).Update(ctx, ledgerSum.Set(2))
	require.NoError(t, err)
	settled := rec.endsOf("settle")
	require.Len(t, settled, 2)
	require.Equal(t, []bool{true, false}, []bool{settled[0].Internal, settled[1].Internal})
	for i, e := range rec.endsOf("update") {
		require.Equal(t, coodie.OutcomeUnknown, e.Outcome)
		require.Equal(t, e.Call, settled[i].Parent)
		require.Equal(t, i == 0, e.Internal)
	}
}

// TestSettledOnce: observers are told once how a write was settled, however often and by how many callers it is.
func TestSettledOnce(t *testing.T) {
	ctx := t.Context()
	srv, db, table, rec := ledgers(t)
	doc := table.New(Ledger{Name: "a"})
	require.NoError(t, doc.Reload(ctx))
	tell := func() (outcomes []coodie.Outcome) {
		for _, e := range rec.endsOf("settle") {
			outcomes = append(outcomes, e.Outcome)
		}
		rec.clear()
		return outcomes
	}
	lost := func(effects ...cqltest.Step) coodie.LWTResult[Ledger] {
		defer srv.Fault(cqltest.On(cqltest.Conditional, "ledger").First(1), append(effects, cqltest.WriteTimeout("CAS"))...).Remove()
		res, err := doc.If(ledgerSum.Eq(0)).Update(ctx, ledgerSum.Set(0))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		rec.clear()
		return res
	}

	refused := lost()
	for range 3 {
		res, err := refused.Settle(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Equal(t, coodie.StatePresent, res.Row())
	}
	require.Equal(t, []coodie.Outcome{coodie.OutcomeRefused, coodie.OutcomeDone, coodie.OutcomeDone}, tell())
	require.NoError(t, table.New(Ledger{Name: "a", Sum: 7}).Save(ctx))
	res, err := refused.Settle(ctx)
	require.NoError(t, err, "it is known, whatever has been written since")
	require.False(t, res.Applied)

	_, err = table.New(Ledger{Name: "c"}).Insert(ctx)
	require.NoError(t, err)
	doc = table.New(Ledger{Name: "c"})
	require.NoError(t, doc.Reload(ctx))
	applied := lost(cqltest.Apply)
	var several sync.WaitGroup
	for range 8 {
		several.Go(func() {
			res, err := applied.Settle(ctx)
			if err != nil || !res.Applied {
				t.Error(res, err)
			}
		})
	}
	several.Wait()
	found := 0
	for _, outcome := range tell() {
		if outcome == coodie.OutcomeApplied {
			found++
		}
	}
	require.Equal(t, 1, found)

	defer srv.Fault(cqltest.On(cqltest.Conditional).First(1), cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
	batch := db.Batch()
	handles := []*coodie.Handle[Ledger]{
		table.New(Ledger{Name: "b"}).InsertIn(batch),
		table.Find(ledgerName.Eq("b")).If(ledgerSum.Eq(0)).UpdateIn(batch, ledgerSum.Set(1)),
	}
	_ = batch.Exec(ctx)
	unsettled := []coodie.LWTResult[Ledger]{}
	for _, h := range handles {
		res, err := h.Result()
		if errors.Is(err, coodie.ErrOutcomeUnknown) {
			unsettled = append(unsettled, res)
		}
	}
	sent := rec.endsOf("batch")
	rec.clear()
	for _, res := range unsettled {
		_, err := res.Settle(ctx)
		require.NoError(t, err)
	}
	for i, e := range rec.endsOf("settle") {
		require.Zero(t, i)
		require.Equal(t, sent[0].Table, e.Table)
		require.Equal(t, sent[0].Call, e.Parent)
	}
}

// TestMutateKnowsARefusal: an attempt that was settled as refused is not unknown, when it is the last one.
func TestMutateKnowsARefusal(t *testing.T) {
	add := func(_ context.Context, l *Ledger) error { l.Sum++; return nil }
	t.Run("attempts used up", func(t *testing.T) {
		srv, _, table, rec := ledgers(t)
		defer srv.Fault(cqltest.On(cqltest.Conditional, "ledger").First(1), cqltest.WriteTimeout("CAS")).Remove()
		res, err := table.Find(ledgerName.Eq("a")).Mutate(t.Context(), add, coodie.MaxAttempts(1))
		require.ErrorIs(t, err, coodie.ErrContended)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Equal(t, coodie.KindContended, coodie.KindOf(err))
		require.ErrorContains(t, err, "timed out")
		require.Equal(t, []int{1, 0, 1}, []int{res.Attempts, res.Refused, res.Unknown})
		require.Equal(t, coodie.OutcomeFailed, rec.last().Outcome)
		got, err := table.Find(ledgerName.Eq("a")).Get(t.Context())
		require.NoError(t, err)
		require.Zero(t, got.Sum)
	})
	t.Run("the context ends", func(t *testing.T) {
		srv, _, table, rec := ledgers(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		defer srv.Fault(cqltest.On(cqltest.Conditional, "ledger").First(1), cqltest.WriteTimeout("CAS")).Remove()
		rec.onEnd = func(e coodie.Event) {
			if e.Op == "settle" {
				cancel()
			}
		}
		_, err := table.Find(ledgerName.Eq("a")).Mutate(ctx, add)
		require.Error(t, err)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.Equal(t, coodie.OutcomeFailed, rec.last().Outcome)
		require.Equal(t, "mutate", rec.last().Op)
	})
	t.Run("an earlier one is open", func(t *testing.T) {
		// The first attempt's answer is lost, and it may still be executed; the second one is settled as refused.
		srv, session := server(t)
		table := open[Ledger](t, session)
		_, err := table.New(Ledger{Name: "a"}).Insert(t.Context())
		require.NoError(t, err)
		arrive := late(t, srv, "ledger")
		srv.Fault(cqltest.On(cqltest.Conditional, "ledger").Nth(2), cqltest.WriteTimeout("CAS"))
		_, err = table.Find(ledgerName.Eq("a")).Mutate(t.Context(), add, coodie.MaxAttempts(2))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		arrive()
		got, err := table.Find(ledgerName.Eq("a")).Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, got.Sum, "the first one was executed after all")
	})
}

// Narrow is a Ledger whose sum is another type than the table's.
type Narrow struct {
	Name string `cql:"name,partition"`
	Sum  string `cql:"sum"`
}

// TestAttemptsWereSent: what is refused before it is sent is no attempt.
func TestAttemptsWereSent(t *testing.T) {
	ctx := t.Context()
	_, db, _, rec := ledgers(t)
	narrow, err := coodie.Open[Narrow](db, coodie.WithTable("ledger"))
	require.NoError(t, err)
	session, err := cqltest.RunT(t, cqltest.WithKeyspace("app")).Cluster().CreateSession()
	require.NoError(t, err)
	over := coodie.New(session, coodie.WithObserver(rec))
	closed, err := coodie.Open[Ledger](over)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(over, closed).Create(ctx))
	_, err = closed.New(Ledger{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	misfit, err := coodie.Open[Narrow](over, coodie.WithTable("ledger"))
	require.NoError(t, err)
	sum := coodie.Col(func(n *Narrow) *string { return &n.Sum })
	for name, do := range map[string]func() error{
		"a value that does not fit": func() error { return narrow.New(Narrow{Name: "a", Sum: "x"}).Save(ctx) },
		"the same of an LWT": func() error {
			_, err := narrow.New(Narrow{Name: "a"}).IfExists().Update(ctx, sum.Set("x"))
			return err
		},
		"the same of a batch": func() error {
			batch := db.Batch()
			narrow.New(Narrow{Name: "a", Sum: "x"}).SaveIn(batch)
			return batch.Exec(ctx)
		},
		"the same over a session of the program's": func() error { return misfit.New(Narrow{Name: "a", Sum: "x"}).Save(ctx) },
		"a context that has ended": func() error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			return narrow.New(Narrow{Name: "a"}).Delete(ended)
		},
		"a Mutate whose write does not fit": func() error {
			_, err := narrow.Find(coodie.AnyCol(narrow, "name").Eq("b")).Mutate(ctx, func(_ context.Context, n *Narrow) error { n.Sum = "x"; return nil }, coodie.OrCreate())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec.clear()
			require.Error(t, do())
			for _, e := range rec.ends {
				if e.Kind != coodie.EventSerialRead {
					require.Zero(t, e.Attempts, e.Op)
				}
			}
			require.NotEmpty(t, rec.ends)
		})
	}
	session.Close()
	rec.clear()
	require.Error(t, closed.New(Ledger{Name: "a"}).Save(ctx))
	_, err = closed.New(Ledger{Name: "a"}).Insert(ctx)
	require.Error(t, err)
	require.Empty(t, rec.attempts, "there is no connection")
}

// TestAttemptsToldAsOne: over a session of the program's, an attempt says how many it stands for.
func TestAttemptsToldAsOne(t *testing.T) {
	ctx := t.Context()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	cluster := srv.Cluster()
	cluster.RetryPolicy = persistent{}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	rec := new(recorder)
	db := coodie.New(session, coodie.WithObserver(rec))
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	rec.clear()
	defer srv.Fault(cqltest.On(cqltest.Select, "claim").First(2), cqltest.Unavailable()).Remove()
	_, err = claims.Find(claimName.Eq("a")).All(ctx)
	require.NoError(t, err)
	require.Len(t, rec.attempts, 1)
	require.Equal(t, []int{3, 3}, []int{rec.attempts[0].Several, rec.attempts[0].Number})
}

// TestSameObserverTwice: it is told once, of a DB, a table, and both.
func TestSameObserverTwice(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	pointer := new(recorder)
	n := 0
	function := coodie.WithObserver(coodie.ObserverFunc(func(context.Context, coodie.Event) { n++ }))
	value := coodie.WithObserver(harmful{func() {}})
	db := coodie.New(session, coodie.WithObserver(pointer), function, coodie.WithObserver(pointer), value, value)
	claims, err := coodie.Open[Claim](db, coodie.WithObserver(pointer), function, coodie.WithObserver(harmful{func() {}}), coodie.WithObserver(new(recorder)))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	pointer.clear()
	n = 0
	require.NoError(t, claims.New(Claim{Name: "a"}).Save(ctx))
	require.Equal(t, []string{"start insert", "attempt", "end /insert/insert"}, pointer.order)
	require.Equal(t, 1, n)
}

// TestEndOfAPanic: a call has an end, too, if the program's code in it panics or ends its goroutine.
func TestEndOfAPanic(t *testing.T) {
	ctx := t.Context()
	srv, db, table, rec := ledgers(t)
	row := table.Find(ledgerName.Eq("a"))
	for name, stop := range map[string]func(){"panic": func() { panic("mine") }, "exit": runtime.Goexit} {
		for place, tt := range map[string]struct {
			do   func()
			want coodie.Event
		}{
			"Iter": {func() {
				for range table.Find().Iter(ctx) {
					stop()
				}
			}, coodie.Event{Op: "select", Outcome: coodie.OutcomeFailed, Rows: 1}},
			"raw rows": {func() {
				for range db.Raw("SELECT name FROM app.ledger").Rows(ctx) {
					stop()
				}
			}, coodie.Event{Op: "raw", Outcome: coodie.OutcomeFailed, Rows: 1}},
			"values": {func() {
				for range coodie.Values(table.Find(), ledgerName).Iter(ctx) {
					stop()
				}
			}, coodie.Event{Op: "select", Outcome: coodie.OutcomeFailed, Rows: 1}},
			"AfterLoad": {func() {
				onLoad = func(context.Context) { stop() }
				_, _ = row.Get(ctx)
			}, coodie.Event{Op: "select", Outcome: coodie.OutcomeFailed, Rows: 1}},
			"Mutate": {func() {
				_, _ = row.Mutate(ctx, func(context.Context, *Ledger) error { stop(); return nil })
			}, coodie.Event{Op: "mutate", Outcome: coodie.OutcomeFailed}},
			"Mutate's hook": {func() {
				onSave = func(context.Context) { stop() }
				_, _ = row.Mutate(ctx, func(_ context.Context, l *Ledger) error { l.Sum++; return nil })
			}, coodie.Event{Op: "mutate", Outcome: coodie.OutcomeFailed}},
		} {
			t.Run(name+" in "+place, func(t *testing.T) {
				rec.clear()
				onLoad, onSave = nil, nil
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer func() { _ = recover() }()
					tt.do()
				}()
				<-done
				end := rec.last()
				require.Equal(t, tt.want, coodie.Event{Op: end.Op, Outcome: end.Outcome, Rows: end.Rows})
				require.ErrorContains(t, end.Err, "panicked")
				require.NotContains(t, end.Err.Error(), "mine")
				require.Len(t, rec.ends, len(rec.starts), "each start has an end")
			})
		}
	}
	onLoad, onSave = nil, nil

	// An earlier attempt may still be executed: that is what the end says.
	rec.clear()
	srv.Fault(cqltest.On(cqltest.Conditional, "ledger").Nth(1), cqltest.LoseAnswer)
	calls := 0
	require.PanicsWithValue(t, "second", func() {
		_, _ = row.Mutate(ctx, func(_ context.Context, l *Ledger) error {
			if calls++; calls == 2 {
				panic("second")
			}
			l.Sum++
			return nil
		})
	})
	require.Equal(t, "mutate", rec.last().Op)
	require.Equal(t, coodie.OutcomeUnknown, rec.last().Outcome)
	require.Equal(t, []int{1, 0}, []int{rec.last().Attempts, rec.last().Refused})
}

// TestTimeOfTheCaller: an event tells how much of the call the program's own code took.
func TestTimeOfTheCaller(t *testing.T) {
	ctx := t.Context()
	srv, db, table, rec := ledgers(t)
	const long = 50 * time.Millisecond
	pause := func(context.Context) { time.Sleep(long) }
	row := table.Find(ledgerName.Eq("a"))
	defer srv.Fault(cqltest.On(cqltest.Any), cqltest.Delay(long)).Remove()
	for name, do := range map[string]func() error{
		"Iter": func() error {
			for _, err := range table.Find().Iter(ctx) {
				pause(ctx)
				return err
			}
			return nil
		},
		"raw rows": func() error {
			for _, err := range db.Raw("SELECT name FROM app.ledger").Rows(ctx) {
				pause(ctx)
				return err
			}
			return nil
		},
		"values": func() error {
			for _, err := range coodie.Values(table.Find(), ledgerName).Iter(ctx) {
				pause(ctx)
				return err
			}
			return nil
		},
		"AfterLoad": func() error {
			onLoad = pause
			_, err := row.Get(ctx)
			return err
		},
		"Mutate": func() error {
			_, err := row.Mutate(ctx, func(context.Context, *Ledger) error { pause(ctx); return nil })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec.clear()
			onLoad = nil
			require.NoError(t, do())
			end := rec.last()
			require.GreaterOrEqual(t, end.Caller, long)
			require.GreaterOrEqual(t, end.Duration-end.Caller, long, "the server's time is none of the caller's")
		})
	}
	onLoad = nil
	rec.clear()
	_, err := row.Get(ctx)
	require.NoError(t, err)
	require.Less(t, rec.last().Caller, long)
}

// TestPatienceIsOfTheCall: a call waits for an observer that takes long for each event no longer than for one that blocks.
func TestPatienceIsOfTheCall(t *testing.T) {
	ctx := t.Context()
	logged(t)
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	var on bool
	var mu sync.Mutex
	sluggish := harmful{func() {
		mu.Lock()
		slow := on
		mu.Unlock()
		if slow {
			time.Sleep(300 * time.Millisecond)
		}
	}}
	db, err := coodie.Connect(ctx, srv.Cluster(), coodie.WithObserver(sluggish))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	for i := range 10 {
		require.NoError(t, claims.New(Claim{Name: fmt.Sprint(i)}).Save(ctx))
	}
	mu.Lock()
	on = true
	mu.Unlock()
	start := time.Now()
	rows, err := claims.Find().With(coodie.WithPageSize(1)).All(ctx)
	require.NoError(t, err)
	require.Len(t, rows, 10)
	require.Less(t, time.Since(start), 2*time.Second, "12 events of 300 ms")
}

// counting is a context that counts what it is asked for.
type counting struct {
	context.Context
	asked *atomic.Int64
}

func (c counting) Value(key any) any {
	if _, ok := key.(counting); ok {
		c.asked.Add(1)
	}
	return c.Context.Value(key)
}

// TestContextOfManyObservers: each observer adds one step to what a context is asked for, however calls nest.
func TestContextOfManyObservers(t *testing.T) {
	_, db, _, _ := ledgers(t)
	var observers []coodie.TableOption
	for range 5 {
		observers = append(observers, coodie.WithObserver(new(recorder)))
	}
	table, err := coodie.Open[Ledger](db, observers...)
	require.NoError(t, err)
	ctx := counting{t.Context(), new(atomic.Int64)}
	row := table.Find(ledgerName.Eq("a"))
	_, err = row.Mutate(ctx, func(ctx context.Context, _ *Ledger) error {
		_, err := table.Find(ledgerName.Eq("b")).Mutate(ctx, func(ctx context.Context, _ *Ledger) error {
			require.Nil(t, ctx.Value(counting{}))
			return nil
		}, coodie.OrCreate())
		return err
	})
	require.NoError(t, err)
	require.Equal(t, int64(1), ctx.asked.Load())
}

// foreign is an observer whose context is not derived from the call's.
type foreign struct{ recorder }

func (f *foreign) Start(ctx context.Context, e coodie.Event) context.Context {
	return context.WithValue(context.Background(), spanKey{}, "/foreign")
}

// TestContextOfAForeignObserver: the call's own context still says when it ends, and what it holds.
func TestContextOfAForeignObserver(t *testing.T) {
	_, db, _, _ := ledgers(t)
	table, err := coodie.Open[Ledger](db, coodie.WithObserver(new(foreign)))
	require.NoError(t, err)
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "mine"))
	defer cancel()
	_, err = table.Find(ledgerName.Eq("a")).Mutate(ctx, func(ctx context.Context, _ *Ledger) error {
		require.Equal(t, "mine", ctx.Value(key{}))
		require.Equal(t, "/foreign", ctx.Value(spanKey{}))
		cancel()
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
}

// TestTablesOfABatch: the order of its writes makes no other kind of batch.
func TestTablesOfABatch(t *testing.T) {
	ctx := t.Context()
	_, db, table, rec := ledgers(t)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(ctx))
	for _, ledgerFirst := range []bool{true, false} {
		batch := db.Batch()
		if ledgerFirst {
			table.New(Ledger{Name: "x"}).SaveIn(batch)
		}
		claims.New(Claim{Name: "x"}).SaveIn(batch)
		if !ledgerFirst {
			table.New(Ledger{Name: "x"}).SaveIn(batch)
		}
		require.NoError(t, batch.Exec(ctx))
		require.Equal(t, "BATCH claim, ledger", rec.last().Summary())
	}
}
