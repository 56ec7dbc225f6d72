//go:build !race

package migrate_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/migrate"
)

// faults are what becomes of a statement. kill ends the process that has sent it.
var faults = map[string]func(kill cqltest.Step) []cqltest.Step{
	"not executed":             func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.Unavailable()} },
	"lost":                     func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.LoseAnswer} },
	"executed and answer lost": func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{cqltest.Apply, kill, cqltest.LoseAnswer} },
	// After a killed process the lease has ended by then, and the next one looks for the effect.
	"late": func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.Delay(40 * time.Second)} },
	// While the process looks for the effect.
	"somewhat late": func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.Delay(5 * time.Second)} },
}

// TestKilledAtEveryStatement: whatever becomes of a statement when its process dies around it, be it one of a migration, of the
// history or of the lease, the next Up ends with the same schema, and each statement has been executed once.
func TestKilledAtEveryStatement(t *testing.T) {
	everyStatement(t, forth, true, "not executed", "lost", "executed and answer lost", "late")
}

// TestKilledOnTheWayBack: the same of Down.
func TestKilledOnTheWayBack(t *testing.T) {
	everyStatement(t, back, true, "executed and answer lost", "late")
}

// TestFaultAtEveryStatement: the same of a process that lives on.
func TestFaultAtEveryStatement(t *testing.T) {
	everyStatement(t, forth, false, "not executed", "lost", "executed and answer lost", "somewhat late")
}

// way is that of a migration, from a schema to another one.
type way struct {
	begin func(*migrate.Migrator) error
	goOn  func(context.Context, *migrate.Migrator) ([]migrate.Step, error)
	end   func(*testing.T, *cqltest.Server)
}

var (
	forth = way{
		func(*migrate.Migrator) error { return nil },
		func(ctx context.Context, m *migrate.Migrator) ([]migrate.Step, error) { return m.Up(ctx) },
		func(t *testing.T, srv *cqltest.Server) {
			require.EqualValues(t, 1, srv.MustRows("SELECT n FROM hits")[0]["n"])
			require.Len(t, srv.MustRows("SELECT * FROM orders"), 1)
		},
	}
	back = way{
		func(m *migrate.Migrator) error { _, err := m.Up(context.Background()); return err },
		func(ctx context.Context, m *migrate.Migrator) ([]migrate.Step, error) { return m.Down(ctx, 0) },
		func(t *testing.T, srv *cqltest.Server) {
			require.Len(t, srv.MustRows("SELECT * FROM coodie_migrations"), 1, "the head is left")
		},
	}
	reversible = with(counted, "0003_rename.down.cql", "ALTER TABLE orders ADD note text STATIC; ALTER TABLE orders RENAME placed TO at;",
		"0004_hits.down.cql", "DROP TABLE hits; DROP INDEX users_hits_idx; CREATE INDEX users_name ON users (name); ALTER TABLE users DROP hits;")
)

func everyStatement(t *testing.T, w way, killed bool, names ...string) {
	whole := start(t)
	m := migrator(t, client(t, whole), reversible)
	require.NoError(t, w.begin(m))
	before := len(whole.Log().Matching(cqltest.On(cqltest.Any)))
	_, err := w.goOn(context.Background(), m)
	require.NoError(t, err)
	statements := len(whole.Log().Matching(cqltest.On(cqltest.Any))) - before
	require.Greater(t, statements, 30)
	want := schema(whole)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= statements; at++ {
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					leak.Bubble(t, func(t *testing.T) {
						srv := start(t, cqltest.WithPipe())
						session, err := srv.Cluster().CreateSession()
						require.NoError(t, err)
						defer session.Close()
						synctest.Wait() // gocql leaves a goroutine behind if it is closed before that has begun
						ctx, cancel := context.WithCancel(context.Background())
						defer cancel()
						kill := cqltest.Do(func(cqltest.Statement) {
							if killed {
								cancel()
								go session.Close()
								time.Sleep(5 * time.Millisecond)
							}
						})
						first, err := migrate.New(coodie.New(session), reversible)
						require.NoError(t, err)
						require.NoError(t, w.begin(first))
						fault := srv.Fault(cqltest.On(cqltest.Any).Nth(at), faults[name](kill)...)
						_, err = w.goOn(ctx, first)
						if killed {
							session.Close()
						}
						if killed && at < statements { // the last one releases the lease
							require.Error(t, err)
						}
						require.Equal(t, 1, fault.Hits())
						fault.Remove()

						second, err := migrate.New(client(t, srv), reversible)
						require.NoError(t, err)
						_, err = w.goOn(context.Background(), second)
						require.NoError(t, err)
						time.Sleep(time.Minute) // what is late has come
						require.Equal(t, want, schema(srv))
						w.end(t, srv)
						steps, err := w.goOn(context.Background(), second)
						require.NoError(t, err)
						require.Empty(t, steps)
					})
				})
			}
		})
	}
}

// TestSlowAlter: the lease is renewed while a statement takes longer than it lasts, so another process waits; and it
// is told for whom.
func TestSlowAlter(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		ctx := context.Background()
		srv := start(t, cqltest.WithPipe())
		cluster := srv.Cluster()
		cluster.Timeout = 5 * time.Minute
		session, err := cluster.CreateSession()
		require.NoError(t, err)
		defer session.Close()
		slow, err := migrate.New(coodie.New(session), counted, migrate.WithStatementTimeout(5*time.Minute), migrate.WithOwner("slow"))
		require.NoError(t, err)
		var waits string
		other, err := migrate.New(client(t, srv), counted, migrate.WithObserver(func(e migrate.Event) {
			if e.Phase == migrate.PhaseWait {
				waits = e.Owner
			}
		}))
		require.NoError(t, err)
		srv.Fault(cqltest.On(cqltest.Schema).Containing("ALTER TABLE orders ADD"), cqltest.Delay(3*time.Minute))
		began := time.Now()
		var steps []migrate.Step
		done := make(chan error, 1)
		go func() {
			var err error
			steps, err = slow.Up(ctx)
			done <- err
		}()
		time.Sleep(time.Second)
		require.Empty(t, up(t, other))
		require.NoError(t, <-done)
		require.Len(t, steps, 16)
		require.Equal(t, "slow", waits)
		require.Greater(t, time.Since(began), 3*time.Minute)
	})
}
