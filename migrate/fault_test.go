package migrate_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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

// TestKilledAtEveryStatement: whatever becomes of a statement when its process dies around it, be it one of a migration, of the
// history or of the lease, the next Up ends with the same schema, and each statement has been executed once.
func TestKilledAtEveryStatement(t *testing.T) {
	whole := start(t)
	up(t, migrator(t, client(t, whole), counted))
	statements := len(whole.Log().Matching(cqltest.On(cqltest.Any)))
	want := schema(whole)

	faults := map[string]func(kill cqltest.Step) []cqltest.Step{
		"not sent":                 func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.Unavailable()} },
		"lost":                     func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.LoseAnswer} },
		"executed and answer lost": func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{cqltest.Apply, kill, cqltest.LoseAnswer} },
		"late": func(kill cqltest.Step) []cqltest.Step {
			return []cqltest.Step{kill, cqltest.Delay(50 * time.Millisecond)}
		},
	}
	for name, steps := range faults {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= statements; at++ {
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					t.Parallel()
					srv := start(t)
					cluster := srv.Cluster()
					session, err := cluster.CreateSession()
					require.NoError(t, err)
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					kill := cqltest.Do(func(cqltest.Statement) {
						cancel()
						go session.Close()
						time.Sleep(5 * time.Millisecond)
					})
					fault := srv.Fault(cqltest.On(cqltest.Any).Nth(at), steps(kill)...)
					first := migrator(t, coodie.New(session), counted)
					_, err = first.Up(ctx)
					session.Close()
					if at < statements { // the last one releases the lease
						require.Error(t, err)
					}
					require.Equal(t, 1, fault.Hits())
					fault.Remove()
					srv.FastForward(10 * time.Second) // the lease ends

					second := migrator(t, client(t, srv), counted, migrate.WithLateness(200*time.Millisecond))
					up(t, second)
					time.Sleep(50 * time.Millisecond) // what is late has come
					require.Equal(t, want, schema(srv))
					require.EqualValues(t, 1, srv.MustRows("SELECT n FROM hits")[0]["n"])
					require.Len(t, srv.MustRows("SELECT * FROM orders"), 1)
					require.Empty(t, up(t, second))
				})
			}
		})
	}
}
