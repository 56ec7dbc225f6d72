//go:build !race

package migrate_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/migrate"
)

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
		// Later than the lease of the process that was killed has ended, while the next one looks for the effect.
		"late": func(kill cqltest.Step) []cqltest.Step { return []cqltest.Step{kill, cqltest.Delay(40 * time.Second)} },
	}
	for name, steps := range faults {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= statements; at++ {
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					leak.Bubble(t, func(t *testing.T) {
						srv := start(t, cqltest.WithPipe())
						session, err := srv.Cluster().CreateSession()
						require.NoError(t, err)
						ctx, cancel := context.WithCancel(context.Background())
						defer cancel()
						kill := cqltest.Do(func(cqltest.Statement) {
							cancel()
							go session.Close()
							time.Sleep(5 * time.Millisecond)
						})
						fault := srv.Fault(cqltest.On(cqltest.Any).Nth(at), steps(kill)...)
						first, err := migrate.New(coodie.New(session), counted)
						require.NoError(t, err)
						_, err = first.Up(ctx)
						session.Close()
						if at < statements { // the last one releases the lease
							require.Error(t, err)
						}
						require.Equal(t, 1, fault.Hits())
						fault.Remove()

						second, err := migrate.New(client(t, srv), counted)
						require.NoError(t, err)
						up(t, second)
						time.Sleep(time.Minute) // what is late has come
						require.Equal(t, want, schema(srv))
						require.EqualValues(t, 1, srv.MustRows("SELECT n FROM hits")[0]["n"])
						require.Len(t, srv.MustRows("SELECT * FROM orders"), 1)
						require.Empty(t, up(t, second))
					})
				})
			}
		})
	}
}
