package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

// counted has a statement that must not be executed twice.
var counted = with(shop, "0004_hits.up.cql", `CREATE TABLE hits (page text PRIMARY KEY, n counter);
-- coodie:check SELECT n FROM hits WHERE page = 'home'
UPDATE hits SET n = n + 1 WHERE page = 'home';
ALTER TABLE users ADD hits bigint;
DROP INDEX users_name;
CREATE INDEX ON users (hits);
ALTER TABLE users WITH comment = 'of the shop';
`)

// child is the process that TestSIGKILL kills.
func child() bool {
	addr := os.Getenv("MIGRATE_TEST_ADDR")
	if addr == "" {
		return false
	}
	cluster := gocql.NewCluster(addr)
	cluster.Keyspace = "app"
	session, err := cluster.CreateSession()
	if err == nil {
		var m *migrate.Migrator
		if m, err = migrate.New(coodie.New(session), counted, quick...); err == nil {
			_, err = m.Up(context.Background())
		}
	}
	fmt.Println("the child has ended:", err)
	os.Exit(1)
	return true
}

// TestSIGKILL: a process that is killed in the middle of a statement leaves what another one goes on from.
func TestSIGKILL(t *testing.T) {
	whole := start(t)
	up(t, migrator(t, client(t, whole), counted))
	for name, test := range map[string]struct {
		match cqltest.Match
		steps []cqltest.Step
	}{
		"after CREATE TABLE":      {cqltest.On(cqltest.Schema).Containing("CREATE TABLE orders"), []cqltest.Step{cqltest.Apply}},
		"before ALTER":            {cqltest.On(cqltest.Schema).Containing("ALTER TABLE orders ADD"), nil},
		"after a counter":         {cqltest.On(cqltest.Update, "hits"), []cqltest.Step{cqltest.Apply}},
		"while recording":         {cqltest.On(cqltest.Conditional, migrate.DefaultTable).Nth(9), nil},
		"when that it is written": {cqltest.On(cqltest.Conditional, migrate.DefaultTable).Nth(12), []cqltest.Step{cqltest.Apply}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t)
			cmd := exec.Command(os.Args[0], "-test.run=^$")
			cmd.Env = append(os.Environ(), "MIGRATE_TEST_ADDR="+srv.Addr())
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			started := make(chan *os.Process, 1)
			srv.Fault(test.match, append(test.steps, cqltest.Do(func(cqltest.Statement) { _ = (<-started).Kill() }), cqltest.LoseAnswer)...)
			require.NoError(t, cmd.Start())
			started <- cmd.Process
			err := cmd.Wait()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, -1, exit.ExitCode(), out.String())
			srv.ClearFaults()

			m := migrator(t, client(t, srv), counted)
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			_, err = m.Up(ctx)
			require.ErrorIs(t, err, migrate.ErrHeld)
			require.Contains(t, err.Error(), "another process is migrating: test: lease: held by another")
			srv.FastForward(10 * time.Second)
			up(t, m)
			require.Equal(t, schema(whole), schema(srv))
			require.EqualValues(t, 1, srv.MustRows("SELECT n FROM hits")[0]["n"])
		})
	}
}

// TestTwoAtOnce: of processes that begin at once one executes each statement, and the others find nothing to do.
func TestTwoAtOnce(t *testing.T) {
	srv := start(t)
	var mu sync.Mutex
	var steps []migrate.Step
	var all sync.WaitGroup
	for i := range 4 {
		m := migrator(t, client(t, srv), counted, migrate.WithOwner(fmt.Sprint("process ", i)))
		all.Go(func() {
			done, err := m.Up(context.Background())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			steps = append(steps, done...)
		})
	}
	all.Wait()
	require.Len(t, steps, 16)
	require.EqualValues(t, 1, srv.MustRows("SELECT n FROM hits")[0]["n"])
}

// TestPausedNode: of three nodes one stands still with a statement, and executes it when it goes on, while two processes migrate.
func TestPausedNode(t *testing.T) {
	nodes := cqltest.RunCluster(t, cqltest.Nodes(3, "datacenter1"), cqltest.WithSchema(
		"CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}; USE app;"))
	var once sync.Once
	for _, n := range nodes.Nodes() {
		n.Fault(cqltest.On(cqltest.Schema).Containing("ALTER TABLE orders ADD"), cqltest.Do(func(cqltest.Statement) {
			once.Do(func() {
				n.Pause()
				go func() {
					time.Sleep(300 * time.Millisecond)
					n.Resume()
				}()
			})
		})).Hits()
	}
	var all sync.WaitGroup
	for i := range 2 {
		cluster := nodes.Config()
		cluster.Keyspace, cluster.Timeout = "app", 150*time.Millisecond
		session, err := cluster.CreateSession()
		require.NoError(t, err)
		t.Cleanup(session.Close)
		m := migrator(t, coodie.New(session), counted, migrate.WithOwner(fmt.Sprint("process ", i)), migrate.WithLateness(500*time.Millisecond), migrate.WithAgreement(5*time.Second))
		all.Go(func() {
			for range 10 { // a read may have been sent to the paused node
				_, err := m.Up(context.Background())
				if err == nil {
					return
				}
				if !errors.Is(err, migrate.ErrFailed) {
					t.Error(err)
				}
			}
			t.Error("no Up has succeeded")
		})
	}
	all.Wait()
	whole := start(t)
	up(t, migrator(t, client(t, whole), counted))
	require.Equal(t, schema(whole), schema(nodes.Node(0)))
	require.EqualValues(t, 1, nodes.Node(0).MustRows("SELECT n FROM app.hits")[0]["n"])
}

// TestLeaseLost: a process that has lost its lease in the middle of a statement records nothing any more, and the
// one that has it now goes on.
func TestLeaseLost(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	fsys := files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY);\nALTER TABLE a ADD v int;\nALTER TABLE a ADD w int;", "0002_b.up.cql", "CREATE TABLE b (k int PRIMARY KEY);")
	slow, other := migrator(t, client(t, srv), fsys), migrator(t, client(t, srv), fsys)
	var taken []migrate.Step
	fault := srv.Fault(cqltest.On(cqltest.Schema).Containing("ADD v").First(1), cqltest.Apply, cqltest.Do(func(cqltest.Statement) {
		srv.FastForward(10 * time.Second)
		var err error
		taken, err = other.Up(ctx)
		if err != nil {
			t.Error(err)
		}
	}))
	steps, err := slow.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrLeaseLost)
	require.Contains(t, err.Error(), "the lease was lost")
	require.Equal(t, 1, fault.Hits())
	require.Len(t, steps, 1)
	require.Len(t, taken, 3)
	require.True(t, taken[0].Resumed)
	require.Empty(t, up(t, slow))
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Schema).Containing("ADD v")), 1)
}

// TestVeryLate: a change of the schema that comes after it was repeated is refused by the server, and harms nothing.
func TestVeryLate(t *testing.T) {
	for _, statement := range []string{
		"CREATE TABLE c (k int PRIMARY KEY)",
		"CREATE TABLE IF NOT EXISTS c (k int PRIMARY KEY)",
		"ALTER TABLE a ADD w int",
		"ALTER TABLE a DROP v",
		"ALTER TABLE a RENAME k TO key",
		"CREATE INDEX a_v ON a (v)",
		"CREATE TYPE t (x int)",
		"DROP TABLE b",
		"DROP TABLE IF EXISTS b",
		"ALTER TABLE a WITH comment = 'late'",
	} {
		t.Run(statement, func(t *testing.T) {
			fsys := files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY, v int); CREATE TABLE b (k int PRIMARY KEY);\n"+statement+";\nCREATE TABLE d (k int PRIMARY KEY)")
			whole := start(t)
			up(t, migrator(t, client(t, whole), fsys))

			srv := start(t)
			release, came := make(chan struct{}), make(chan struct{})
			srv.Fault(cqltest.On(cqltest.Schema).Containing(statement).First(1), cqltest.Do(func(cqltest.Statement) { <-release }),
				cqltest.Apply, cqltest.Do(func(cqltest.Statement) { close(came) }))
			m := migrator(t, client(t, srv), fsys, migrate.WithStatementTimeout(30*time.Millisecond))
			require.Len(t, up(t, m), 4)
			close(release)
			select {
			case <-came:
			case <-time.After(100 * time.Millisecond): // refused
			}
			require.Equal(t, schema(whole), schema(srv))
			require.Empty(t, up(t, m))
		})
	}
}

func TestGoFunction(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	var called []string
	dies := true
	fill := func(ctx context.Context, run *migrate.Run) error {
		called = append(called, run.Progress())
		require.EqualValues(t, len(called), run.Token())
		require.EqualValues(t, 2, run.Version())
		for i, name := range []string{"", "ann", "bob", "cid"} {
			if name <= run.Progress() {
				continue
			}
			if err := run.DB().Raw("INSERT INTO users (id, name) VALUES (?, ?)", coodie.NewUUID(), name).Exec(ctx); err != nil {
				return err
			}
			if err := run.Save(ctx, name); err != nil {
				return err
			}
			if dies && i == 2 {
				dies = false
				panic("dead")
			}
		}
		return nil
	}
	empty := func(ctx context.Context, run *migrate.Run) error { return run.DB().Raw("TRUNCATE users").Exec(ctx) }
	m := migrator(t, client(t, srv), files("0001_users.up.cql", "CREATE TABLE users (id uuid PRIMARY KEY, name text)", "0003_more.up.cql", "ALTER TABLE users ADD age int", "0003_more.down.cql", "ALTER TABLE users DROP age"),
		migrate.WithGo(2, "fill", fill, empty))
	steps, err := m.Up(ctx)
	require.Len(t, steps, 1)
	require.ErrorIs(t, err, migrate.ErrFailed)
	require.EqualError(t, err, `migrate: migration 2: failed: the Go function "fill": it panicked: dead; mend it and run this again: it is called with the progress that it has saved`)
	status, err := m.Status(ctx)
	require.NoError(t, err)
	require.Equal(t, "bob", status[1].Progress)
	require.Len(t, up(t, m), 2)
	require.Equal(t, []string{"", "bob"}, called)
	require.Len(t, srv.MustRows("SELECT * FROM users"), 3)
	_, err = m.To(ctx, 1)
	require.NoError(t, err)
	require.Empty(t, srv.MustRows("SELECT * FROM users"))

	_, err = migrate.New(client(t, srv), files("0002_x.up.cql", "DROP TABLE x"), migrate.WithGo(2, "fill", fill, nil))
	require.ErrorIs(t, err, migrate.ErrDuplicate)
	boom := errors.New("boom")
	m = migrator(t, client(t, srv), files("0001_users.up.cql", "CREATE TABLE users (id uuid PRIMARY KEY, name text)"),
		migrate.WithGo(2, "bad", func(context.Context, *migrate.Run) error { return boom }, nil))
	_, err = m.Up(ctx)
	require.ErrorIs(t, err, boom)
}
