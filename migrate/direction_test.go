package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

// letters are migrations that create a table each, and drop it on the way back.
func letters(names ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i, n := range names {
		fsys = with(fsys, fmt.Sprintf("%04d_%s.up.cql", i+1, n), "CREATE TABLE "+n+" (k int PRIMARY KEY)", fmt.Sprintf("%04d_%s.down.cql", i+1, n), "DROP TABLE "+n)
	}
	return fsys
}

// applied are the numbers of the migrations that are applied.
func applied(t *testing.T, m *migrate.Migrator) (numbers []int64) {
	t.Helper()
	all, err := m.Status(context.Background())
	require.NoError(t, err)
	for _, s := range all {
		if s.State == migrate.StateApplied {
			numbers = append(numbers, s.Version)
		}
	}
	return numbers
}

// TestWhileWaiting: another process migrates while this one waits for the lease. What it has applied is not reverted, and what it has
// reverted is not applied again.
func TestWhileWaiting(t *testing.T) {
	ctx := context.Background()
	type migrator = *migrate.Migrator
	upTo := func(n int64) func(migrator) ([]migrate.Step, error) {
		return func(m migrator) ([]migrate.Step, error) { return m.UpTo(ctx, n) }
	}
	down := func(n int64) func(migrator) ([]migrate.Step, error) {
		return func(m migrator) ([]migrate.Step, error) { return m.Down(ctx, n) }
	}
	to := func(n int64) func(migrator) ([]migrate.Step, error) {
		return func(m migrator) ([]migrate.Step, error) { return m.To(ctx, n) }
	}
	for name, test := range map[string]struct {
		before      int64 // the last one that is applied
		this, other func(migrator) ([]migrate.Step, error)
		steps       int
		err         error
		after       []int64
	}{
		"up behind up":         {0, upTo(1), upTo(3), 0, nil, []int64{1, 2, 3}},
		"up behind half of it": {0, upTo(3), upTo(1), 2, nil, []int64{1, 2, 3}},
		"up behind down":       {2, upTo(2), down(1), 1, nil, []int64{1, 2}},
		"down behind up":       {1, down(0), upTo(2), 0, migrate.ErrHistory, []int64{1, 2}},
		"down behind another up": {2, down(1), func(m migrator) ([]migrate.Step, error) {
			if steps, err := m.Down(ctx, 1); err != nil {
				return steps, err
			}
			return m.Up(ctx) // with data that this Down knew nothing of, perhaps
		}, 0, migrate.ErrHistory, []int64{1, 2, 3}},
		"down behind down":        {3, down(2), down(1), 0, nil, []int64{1}},
		"down behind the same":    {3, down(2), down(2), 0, nil, []int64{1, 2}},
		"down behind half of it":  {3, down(0), down(2), 2, nil, nil},
		"to behind up":            {0, to(1), upTo(2), 0, migrate.ErrHistory, []int64{1, 2}},
		"to, back, behind up":     {2, to(1), upTo(3), 0, migrate.ErrHistory, []int64{1, 2, 3}},
		"to, forth, behind down":  {1, to(2), down(0), 2, nil, []int64{1, 2}},
		"to, back, behind down":   {3, to(2), down(1), 1, nil, []int64{1, 2}},
		"down to what is not yet": {1, down(3), upTo(2), 0, nil, []int64{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t)
			fsys := letters("a", "b", "c")
			m, other := on(t, srv, fsys), on(t, srv, fsys, migrate.WithOwner("the other"))
			if _, err := m.To(ctx, test.before); err != nil {
				t.Fatal(err)
			}
			srv.Fault(cqltest.On(cqltest.Conditional, migrate.DefaultTable+"_lease").First(1), cqltest.Do(func(cqltest.Statement) {
				if _, err := test.other(other); err != nil {
					t.Error(err)
				}
			}))
			steps, err := test.this(m)
			require.ErrorIs(t, err, test.err)
			if test.err != nil {
				require.ErrorContains(t, err, "the other applied it while this waited to revert migrations; call this again if it is to be reverted too")
			}
			require.Len(t, steps, test.steps)
			require.Equal(t, test.after, applied(t, m))
		})
	}
}

// on is a migrator of a process of its own.
func on(t *testing.T, srv *cqltest.Server, fsys fstest.MapFS, opts ...migrate.Option) *migrate.Migrator {
	t.Helper()
	return migrator(t, client(t, srv), fsys, opts...)
}

// TestBehindTheEnd: what another process was still applying when Down was called is not reverted either.
func TestBehindTheEnd(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	fsys := with(letters("a", "b"), "0002_b.up.cql", "CREATE TABLE b (k int PRIMARY KEY); ALTER TABLE b ADD v int")
	fault := srv.Fault(cqltest.On(cqltest.Schema).Containing("ADD v"), cqltest.Unavailable())
	m, other := on(t, srv, fsys), on(t, srv, fsys)
	_, err := other.Up(ctx)
	require.Error(t, err)
	fault.Remove()
	srv.Fault(cqltest.On(cqltest.Conditional, migrate.DefaultTable+"_lease").First(1), cqltest.Do(func(cqltest.Statement) {
		if _, err := other.Up(ctx); err != nil {
			t.Error(err)
		}
	}))
	_, err = m.Down(ctx, 1)
	require.ErrorIs(t, err, migrate.ErrHistory)
	require.Equal(t, []int64{1, 2}, applied(t, m))
}

// TestRepairWhileWaiting: a remedy is for the statement that was under way when Repair was called, not for a later one that another
// process has come to.
func TestRepairWhileWaiting(t *testing.T) {
	ctx := context.Background()
	for _, remedy := range []migrate.Remedy{migrate.Executed, migrate.NotExecuted, migrate.Accept, migrate.Applied, migrate.Forget} {
		srv := start(t)
		fsys := files("0001_a.up.cql", "CREATE TABLE hits (k int PRIMARY KEY, n counter); UPDATE hits SET n = n + 1 WHERE k = 1; UPDATE hits SET n = n + 2 WHERE k = 1")
		srv.Fault(cqltest.On(cqltest.Update, "hits"), cqltest.WriteTimeout("COUNTER"))
		m, other := on(t, srv, fsys), on(t, srv, fsys)
		_, err := m.Up(ctx)
		require.ErrorIs(t, err, migrate.ErrUnknownStep)
		srv.Fault(cqltest.On(cqltest.Conditional, migrate.DefaultTable+"_lease").First(1), cqltest.Do(func(cqltest.Statement) {
			if err := other.Repair(ctx, 1, migrate.Executed); err != nil {
				t.Error(err)
			}
			if _, err := other.Up(ctx); !errors.Is(err, migrate.ErrUnknownStep) {
				t.Error(err)
			}
		}))
		err = m.Repair(ctx, 1, remedy)
		require.ErrorIs(t, err, migrate.ErrHistory, remedy)
		require.ErrorContains(t, err, "another process has gone on with it while this waited: see Status")
		all, err := m.Status(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, all[0].Done)
		require.True(t, all[0].Unknown)
	}
}

// TestDownAgain: however often Down is called, and by however many processes, it reverts no more than was asked for.
func TestDownAgain(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	fsys := letters("a", "b", "c")
	dies := migrate.WithObserver(func(e migrate.Event) {
		if e.Step.Down && e.Phase == migrate.PhaseDone {
			panic("dead") // it is recorded, and nobody has been told
		}
	})
	up(t, on(t, srv, fsys))
	require.PanicsWithValue(t, "dead", func() { _, _ = on(t, srv, fsys, dies).Down(ctx, 2) })
	m := on(t, srv, fsys)
	for range 2 {
		steps, err := m.Down(ctx, 2)
		require.NoError(t, err)
		require.Empty(t, steps)
	}
	require.Equal(t, []int64{1, 2}, applied(t, m))

	up(t, m)
	var all sync.WaitGroup
	var steps [4][]migrate.Step
	for i := range steps {
		m := on(t, srv, fsys)
		all.Go(func() {
			var err error
			if steps[i], err = m.Down(ctx, 1); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 2, len(steps[0])+len(steps[1])+len(steps[2])+len(steps[3]))
	require.Equal(t, []int64{1}, applied(t, m))
}

// TestRevert: one migration is reverted, and no other one, whoever applies what meanwhile.
func TestRevert(t *testing.T) {
	ctx := context.Background()
	m := on(t, start(t), letters("a", "b", "c"))
	up(t, m)
	_, err := m.Revert(ctx, 2)
	require.ErrorIs(t, err, migrate.ErrHistory)
	require.ErrorContains(t, err, "it is applied after 2")
	require.ErrorContains(t, err, "Down(1)")
	require.Equal(t, []int64{1, 2, 3}, applied(t, m))
	steps, err := m.Revert(ctx, 3)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.Equal(t, []int64{1, 2}, applied(t, m))
	steps, err = m.Revert(ctx, 3)
	require.NoError(t, err)
	require.Empty(t, steps)
	for _, unknown := range []int64{0, 9} {
		_, err = m.Revert(ctx, unknown)
		require.ErrorIs(t, err, migrate.ErrMissing)
	}
	_, err = m.Revert(ctx, 2)
	require.NoError(t, err)
	_, err = m.Revert(ctx, 1)
	require.NoError(t, err)
	require.Empty(t, applied(t, m))
}

// TestRevertBeforeABaseline: a migration that Baseline has taken as applied, and that has no file, is a later one, too.
func TestRevertBeforeABaseline(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	require.NoError(t, on(t, srv, letters("a", "b", "c")).Baseline(ctx, 3))
	_, err := on(t, srv, letters("a", "b")).Revert(ctx, 2)
	require.ErrorIs(t, err, migrate.ErrHistory)
}

// TestOneDirection: Down applies nothing, though something is pending before; Up and UpTo revert nothing.
func TestOneDirection(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	table := func(day, name string) []string {
		return []string{day + "_x.up.cql", "CREATE TABLE " + name + " (k int PRIMARY KEY)", day + "_x.down.cql", "DROP TABLE " + name}
	}
	later := files(append(table("20260102000000", "b"), table("20260103000000", "c")...)...)
	up(t, on(t, srv, later))
	m := on(t, srv, with(later, table("20260101000000", "a")...), migrate.WithOutOfOrder())
	steps, err := m.Down(ctx, 20260102000000)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.True(t, steps[0].Down)
	require.Equal(t, []int64{20260102000000}, applied(t, m))
	steps, err = m.UpTo(ctx, 20260101000000)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.Equal(t, []int64{20260101000000, 20260102000000}, applied(t, m))

	for _, wrong := range []func() ([]migrate.Step, error){
		func() ([]migrate.Step, error) { return m.UpTo(ctx, 0) },
		func() ([]migrate.Step, error) { return m.UpTo(ctx, 9) },
		func() ([]migrate.Step, error) { return m.Down(ctx, -1) },
		func() ([]migrate.Step, error) { return m.Down(ctx, 9) },
	} {
		_, err := wrong()
		require.ErrorIs(t, err, migrate.ErrMissing)
		require.ErrorContains(t, err, "give the number of a migration")
	}
}

// TestHalfReverted: a Down that stopped is finished by the same Down, as its error says, before anything else is done.
func TestHalfReverted(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	fsys := with(letters("a", "b"), "0002_b.down.cql", "ALTER TABLE b ADD v int; DROP TABLE b")
	m := on(t, srv, fsys)
	up(t, m)
	fault := srv.Fault(cqltest.On(cqltest.Schema).Containing("DROP TABLE b"), cqltest.Unavailable())
	_, err := m.Down(ctx, 1)
	require.Equal(t, coodie.KindUnavailable, coodie.KindOf(err))
	require.ErrorContains(t, err, "run this again: those before it are recorded, and stay")
	fault.Remove()
	_, err = m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrUnfinished)
	require.ErrorContains(t, err, "1 of 2 steps are reverted; finish it by Down(1), or tell by Repair")
	_, err = m.UpTo(ctx, 1)
	require.ErrorIs(t, err, migrate.ErrUnfinished)
	steps, err := m.Down(ctx, 1)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.Len(t, up(t, m), 1)
}

// TestWayBack: a .down.cql that undoes nothing, or not all, is no way back, unless it says that there is nothing to undo.
func TestWayBack(t *testing.T) {
	ctx := context.Background()
	for down, text := range map[string]string{
		"": "migrate: 0001_a.down.cql: no way back: the file has no statement; write the statements that undo the migration, or -- coodie:empty if there is nothing to undo",
		"-- Statements that undo those of the .up.cql, in reverse order.\n": "migrate: 0001_a.down.cql: no way back: the file has no statement",
		"DROP TABLE a;\n-- coodie:no-way-back ALTER TYPE t ADD y int\n":     "migrate: 0001_a.down.cql:2:1: no way back: ALTER TYPE t ADD y int; undo it there and take coodie:no-way-back out",
		"-- Nothing depends on it.\n-- coodie:empty":                        "",
	} {
		srv := start(t)
		m := on(t, srv, files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY)", "0001_a.down.cql", down))
		up(t, m)
		_, planned := m.PlanDown(ctx, 0)
		_, err := m.Down(ctx, 0)
		require.Equal(t, planned, err)
		if text == "" {
			require.NoError(t, err)
			require.Empty(t, applied(t, m))
			continue
		}
		require.ErrorIs(t, err, migrate.ErrNoWayBack)
		require.ErrorContains(t, err, text)
		require.Equal(t, []int64{1}, applied(t, m))
	}
	// A migration without statements, on purpose, is applied.
	m := on(t, start(t), files("0001_a.up.cql", "-- Once the default data.\n-- coodie:empty\n"))
	require.Empty(t, up(t, m))
	require.Equal(t, []int64{1}, applied(t, m))
}
