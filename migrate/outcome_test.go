package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
	"github.com/coodie-go/coodie/migrate/lint"
	"github.com/coodie-go/coodie/recipes/lease"
)

// TestFunctionsAreNotRepeated: a function makes another key the second time, which IF NOT EXISTS does not find.
func TestFunctionsAreNotRepeated(t *testing.T) {
	srv := start(t)
	srv.Fault(cqltest.On(cqltest.Insert, "u"), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	m := on(t, srv, files("0001_a.up.cql", "CREATE TABLE u (id uuid PRIMARY KEY, n text);\nINSERT INTO u (id, n) VALUES (uuid(), 'root') IF NOT EXISTS;"))
	_, err := m.Up(context.Background())
	require.ErrorIs(t, err, migrate.ErrUnknownStep)
	require.ErrorContains(t, err, "a function may give another value the second time; give it a coodie:check")
	require.Len(t, srv.MustRows("SELECT * FROM u"), 1)
}

// TestRefusedAfterUnknown: a statement is refused after an attempt whose outcome was unknown. It can be mended, as its
// error says.
func TestRefusedAfterUnknown(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	const first = "CREATE TABLE a (k int PRIMARY KEY, v int);\n"
	srv.Fault(cqltest.On(cqltest.Schema).Containing("CREATE INDEX").First(1), cqltest.ServerError("lost"))
	_, err := on(t, srv, files("0001_a.up.cql", first+"CREATE INDEX i ON a (none);")).Up(ctx)
	require.Equal(t, coodie.KindInvalid, coodie.KindOf(err))
	require.ErrorContains(t, err, "migrate: 0001_a.up.cql:2:1: failed: ")
	require.ErrorContains(t, err, "; mend the statement and run this again: those before it are recorded, and stay")
	require.Len(t, up(t, on(t, srv, files("0001_a.up.cql", first+"CREATE INDEX i ON a (v);"))), 1)
}

// TestAddKey: a column that is already part of the key was not added by ALTER TABLE.
func TestAddKey(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	const first = "CREATE TABLE a (k int, c int, v int, PRIMARY KEY (k, c));\n"
	srv.Fault(cqltest.On(cqltest.Schema).Containing("ADD").First(1), cqltest.ServerError("lost"))
	m := on(t, srv, files("0001_a.up.cql", first+"ALTER TABLE a ADD c int;"))
	_, err := m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrUnknownStep)
	require.ErrorContains(t, err, "column c of a is clustering int")
	require.ErrorContains(t, err, "tell by Repair(1, Executed) or Repair(1, NotExecuted)")

	// What the errors say leads on.
	mended := on(t, srv, files("0001_a.up.cql", first+"ALTER TABLE a ADD d int;"))
	_, err = mended.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrChanged)
	require.ErrorContains(t, err, "migrate: 0001_a.up.cql:2:1: an applied migration has changed: statement 2 may have been executed already; "+
		"take the change back; or find out whether it was executed, tell by Repair(1, NotExecuted) that it was not, and mend it then")
	require.NoError(t, mended.Repair(ctx, 1, migrate.NotExecuted))
	require.Len(t, up(t, mended), 1)
}

// TestRepairOfChanged: Repair does not hide that a statement which was executed has changed.
func TestRepairOfChanged(t *testing.T) {
	ctx := context.Background()
	const a, b, c = "CREATE TABLE a (k int PRIMARY KEY);", "CREATE TABLE b (k int PRIMARY KEY);", "CREATE TABLE c (k int PRIMARY KEY);"
	const count = "UPDATE hits SET n = n + 1 WHERE k = 1;"
	stopped := func(t *testing.T) *cqltest.Server {
		srv := start(t)
		srv.MustExec("CREATE TABLE hits (k int PRIMARY KEY, n counter)")
		fault := srv.Fault(cqltest.On(cqltest.Update, "hits"), cqltest.WriteTimeout("COUNTER"))
		_, err := on(t, srv, files("0001_a.up.cql", a+b+count+c)).Up(ctx)
		require.ErrorIs(t, err, migrate.ErrUnknownStep)
		fault.Remove()
		return srv
	}
	for name, test := range map[string]struct {
		file  string
		how   migrate.Remedy
		err   error
		text  string
		steps int // of Up then
	}{
		"not executed, mended":          {a + b + "-- mended\n" + c, migrate.NotExecuted, nil, "", 1},
		"not executed, other before":    {"CREATE TABLE a (k int PRIMARY KEY, v int);" + b + count + c, migrate.NotExecuted, migrate.ErrChanged, "statement 1 was executed already", 0},
		"executed":                      {a + b + count, migrate.Executed, nil, "", 0},
		"executed, other":               {a + b + "UPDATE hits SET n = n + 2 WHERE k = 1;" + c, migrate.Executed, migrate.ErrChanged, "statement 3 was executed already", 0},
		"executed, left out":            {a + b, migrate.Executed, migrate.ErrChanged, "statement 3 was executed already", 0},
		"accept, others":                {b + a + count, migrate.Accept, nil, "", -1},
		"accept, shortened":             {a, migrate.Accept, migrate.ErrHistory, "3 of its statements were or may have been executed, and there are 1: bring the others back, or tell by Applied or Forget", 0},
		"accept, without the pending 1": {a + b, migrate.Accept, migrate.ErrHistory, "and there are 2", 0},
		"applied, shortened":            {a, migrate.Applied, nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			srv := stopped(t)
			m := on(t, srv, files("0001_a.up.cql", test.file))
			err := m.Repair(ctx, 1, test.how)
			require.ErrorIs(t, err, test.err)
			if test.err != nil {
				require.ErrorContains(t, err, test.text)
				_, err = m.Up(ctx)
				require.ErrorIs(t, err, migrate.ErrChanged, "it is as before")
				return
			}
			steps, err := m.Up(ctx)
			if test.steps < 0 {
				require.ErrorIs(t, err, migrate.ErrUnknownStep, "nobody has told yet")
				return
			}
			require.NoError(t, err)
			require.Len(t, steps, test.steps)
			require.Equal(t, []int64{1}, applied(t, m))
		})
	}
}

// TestSerialCheck: Paxos may have accepted a conditional statement whose answer was lost; its check completes that.
func TestSerialCheck(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	const insert = "INSERT INTO s (k, v) VALUES (uuid(), 1) IF NOT EXISTS"
	srv.MustExec("CREATE TABLE s (k uuid PRIMARY KEY, v int)")
	var mu sync.Mutex
	kinds := map[string]coodie.EventKind{}
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	db := coodie.New(session, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		mu.Lock()
		defer mu.Unlock()
		kinds[e.Statement] = e.Kind
	})))
	const id = "550e8400-e29b-41d4-a716-446655440000"
	const check, other = "SELECT k FROM s WHERE k = " + id + " AND v = 1 ALLOW FILTERING", "SELECT v FROM s WHERE k = " + id
	m := migrator(t, db, files("0001_a.up.cql", "-- coodie:check "+check+"\nINSERT INTO s (k, v) VALUES ("+id+", 1) IF NOT EXISTS;\n"+
		"-- coodie:check "+other+"\nINSERT INTO s (k, v) VALUES ("+id+", 1)"))
	srv.Fault(cqltest.On(cqltest.Insert, "s"), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	up(t, m)
	require.Equal(t, coodie.EventSerialRead, kinds[check])
	require.Equal(t, coodie.EventRead, kinds[other])

	srv.ClearFaults()
	m = migrator(t, db, files("0001_a.up.cql", "-- coodie:check SELECT k FROM s WHERE v = 1 ALLOW FILTERING\n"+insert), migrate.WithTable("other"))
	srv.Fault(cqltest.On(cqltest.Insert, "s"), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Select, "s"), cqltest.Invalid("SERIAL/LOCAL_SERIAL consistency may only be requested for one partition at a time"))
	_, err = m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrFailed)
	require.ErrorContains(t, err, "that of a statement with a condition is a serial read, which is for one partition")
}

// TestLate: the request of a statement whose answer was lost is executed within WithLateness, and a later statement of the
// file would undo its effect, or the other way round. The schema is the same as without that.
func TestLate(t *testing.T) {
	for _, pair := range [][2]string{
		{"DROP TABLE IF EXISTS c", "CREATE TABLE c (k int PRIMARY KEY)"},
		{"CREATE TABLE IF NOT EXISTS b (k int PRIMARY KEY)", "DROP TABLE b"},
		{"ALTER TABLE a ADD IF NOT EXISTS s text", "ALTER TABLE a DROP s"},
		{"ALTER TABLE a DROP IF EXISTS w", "ALTER TABLE a ADD w int"},
		{"CREATE TYPE IF NOT EXISTS t (x int)", "DROP TYPE t"},
		{"DROP INDEX IF EXISTS none", "CREATE INDEX none ON a (s)"},
		{"CREATE INDEX IF NOT EXISTS i ON a (v)", "DROP INDEX i"},
		{"ALTER TABLE a WITH comment = 'one'", "ALTER TABLE a WITH comment = 'two'"},
		{"ALTER TABLE a ADD x int", "ALTER TABLE a DROP x"},
		{"CREATE TABLE c (k int PRIMARY KEY)", "DROP TABLE c"},
		{"DROP TABLE b", "CREATE TABLE b (key int PRIMARY KEY)"},
		{"DROP INDEX i", "CREATE INDEX i ON a (s)"},
	} {
		t.Run(pair[0], func(t *testing.T) {
			t.Parallel()
			const before = "CREATE TABLE a (k int PRIMARY KEY, v int, s text); CREATE TABLE b (k int PRIMARY KEY); CREATE TYPE t (x int); CREATE INDEX i ON a (v);"
			fsys := files("0001_a.up.cql", before, "0002_b.up.cql", pair[0]+";\n"+pair[1])
			whole := start(t)
			up(t, on(t, whole, fsys))

			srv := start(t)
			came := make(chan struct{})
			m := on(t, srv, fsys, migrate.WithStatementTimeout(50*time.Millisecond), migrate.WithLateness(400*time.Millisecond))
			_, err := m.UpTo(context.Background(), 1)
			require.NoError(t, err)
			srv.Fault(cqltest.On(cqltest.Schema).Containing(pair[0]).First(1), cqltest.Do(func(cqltest.Statement) { time.Sleep(200 * time.Millisecond) }),
				cqltest.Apply, cqltest.Do(func(cqltest.Statement) { close(came) }))
			up(t, m)
			<-came
			require.Equal(t, schema(whole), schema(srv))
			const comments = "SELECT table_name, comment FROM system_schema.tables WHERE keyspace_name = 'app'"
			require.Equal(t, whole.MustRows(comments), srv.MustRows(comments))
		})
	}
}

// TestVeryLateUndone: a request that comes later than WithLateness, after a statement that has undone its effect, brings that back. It
// is a limit; the linter reports such files.
func TestVeryLateUndone(t *testing.T) {
	for _, pair := range [][2]string{
		{"CREATE TABLE c (k int PRIMARY KEY)", "DROP TABLE c"},
		{"CREATE TABLE IF NOT EXISTS c (k int PRIMARY KEY)", "DROP TABLE c"},
		{"ALTER TABLE a ADD x int", "ALTER TABLE a DROP x"},
		{"DROP TABLE b", "CREATE TABLE b (k int PRIMARY KEY)"},
		{"DROP INDEX i", "CREATE INDEX i ON a (v)"},
		{"ALTER TABLE a RENAME k TO key", "ALTER TABLE a RENAME key TO k"},
		{"ALTER TABLE a WITH comment = 'one'", "ALTER TABLE a WITH comment = 'two'"},
	} {
		t.Run(pair[0], func(t *testing.T) {
			t.Parallel()
			const before = "CREATE TABLE a (k int PRIMARY KEY, v int); CREATE TABLE b (k int PRIMARY KEY); CREATE INDEX i ON a (v);\n"
			const comments = "SELECT comment FROM system_schema.tables WHERE keyspace_name = 'app' AND table_name = 'a'"
			fsys := files("0001_a.up.cql", before, "0002_b.up.cql", pair[0]+";\n"+pair[1])
			whole := start(t)
			up(t, on(t, whole, fsys))

			srv := start(t)
			release, came := make(chan struct{}), make(chan struct{})
			srv.Fault(cqltest.On(cqltest.Schema).Containing(pair[0]).First(1), cqltest.Do(func(cqltest.Statement) { <-release }),
				cqltest.Apply, cqltest.Do(func(cqltest.Statement) { close(came) }))
			up(t, on(t, srv, fsys, migrate.WithStatementTimeout(50*time.Millisecond)))
			require.Equal(t, schema(whole), schema(srv))
			close(release)
			<-came
			require.NotEqual(t, schema(whole)+fmt.Sprint(whole.MustRows(comments)), schema(srv)+fmt.Sprint(srv.MustRows(comments)))
			found, err := lint.Lint(fsys)
			require.NoError(t, err)
			require.True(t, slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Rule == lint.ReusedName }), "%v", found)
		})
	}
}

// TestOwnLease: what a Go function does with leases of its own says nothing about that of the migrations.
func TestOwnLease(t *testing.T) {
	srv := start(t)
	for _, own := range []error{&lease.HeldError{Name: "mine", Owner: "somebody"}, &lease.LostError{Name: "mine"}} {
		m := migrator(t, client(t, srv), nil, migrate.WithGo(1, "own", func(context.Context, *migrate.Run) error { return fmt.Errorf("own lease: %w", own) }, nil))
		_, err := m.Up(context.Background())
		require.ErrorIs(t, err, own)
		require.ErrorIs(t, err, migrate.ErrFailed)
		require.False(t, errors.Is(err, migrate.ErrHeld) || errors.Is(err, migrate.ErrLeaseLost), err)
		require.ErrorContains(t, err, `the Go function "own": own lease: lease: `)
	}
}

// TestTableID: processes that create the tables of the history at the same time, before there is a lease, say the same id.
func TestTableID(t *testing.T) {
	for name, steps := range map[string][]cqltest.Step{"accepted": nil, "refused": {cqltest.Invalid("unknown property 'id'")},
		"a syntax error": {cqltest.SyntaxError("id")}, "not configured": {cqltest.ConfigError("id")}} {
		t.Run(name, func(t *testing.T) {
			srv := start(t)
			if steps != nil {
				srv.Fault(cqltest.On(cqltest.Schema).Containing("id = '"), steps...)
			}
			var all sync.WaitGroup
			for range 4 {
				m := on(t, srv, letters("a"))
				all.Go(func() {
					if _, err := m.Up(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			ids, without := map[string]bool{}, 0
			for _, s := range srv.Log().Matching(cqltest.On(cqltest.Schema).Containing(migrate.DefaultTable)) {
				_, id, found := strings.Cut(s.CQL, "id = ")
				if found {
					ids[strings.Fields(id)[0]] = true
				} else {
					without++
				}
			}
			require.Len(t, ids, map[bool]int{false: 2, true: 1}[steps != nil], "one of each table; the second one is not tried")
			require.Equal(t, steps != nil, without > 0)
		})
	}
}

// TestPassword: a role's password is sent, and is neither in a step nor in an error.
func TestPassword(t *testing.T) {
	ctx := context.Background()
	srv := start(t, cqltest.WithAuth("cassandra", "cassandra"))
	fsys := files("0001_role.up.cql", "CREATE ROLE app WITH LOGIN = true AND PASSWORD = 'secret'")
	m := on(t, srv, fsys)
	plan, err := m.Plan(ctx)
	require.NoError(t, err)
	require.Equal(t, "CREATE ROLE app WITH LOGIN = true AND PASSWORD = '***'", plan[0].CQL)
	require.Equal(t, plan, up(t, m))
	cluster := srv.Cluster()
	cluster.Authenticator = nil
	_, err = on(t, srv, with(fsys, "0002_again.up.cql", "CREATE ROLE app WITH PASSWORD = 'secret'")).Up(ctx)
	require.ErrorIs(t, err, migrate.ErrFailed)
	require.ErrorContains(t, err, "PASSWORD = '***'")
	require.NotContains(t, err.Error(), "secret")
}
