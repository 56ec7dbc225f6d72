// Package model_test runs random programs of two clients, and compares each step with a simple
// model of the partition that they write.
package model_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/integration/cassandra"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// server is what the programs run on, one after the other, each in a partition of its own.
type server struct {
	raw            *gocql.Session
	clients        map[string][2]client // by kind
	forward        func(time.Duration)  // the server's clock; nil: it cannot be set
	grown          []string             // fields that the type of addr has got
	programs       int
	taken, refused int                       // batches
	told           [2]atomic.Pointer[func()] // is called once, when a Mutate of that client has ended
}

func newServer(t *testing.T, connect func() *gocql.Session, forward func(time.Duration)) *server {
	s := &server{raw: connect(), clients: map[string][2]client{}, forward: forward}
	var dbs [2]*coodie.DB
	for i := range dbs {
		dbs[i] = coodie.New(connect(), coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
			if e.Op != "mutate" {
				return
			}
			if told := s.told[i].Swap(nil); told != nil {
				(*told)()
			}
		})))
	}
	for _, k := range kinds {
		require.NoError(t, k.create(t.Context(), dbs[0]))
		var both [2]client
		for i, db := range dbs {
			var err error
			both[i], err = k.open(db)
			require.NoError(t, err)
		}
		s.clients[k.name] = both
	}
	return s
}

// program runs one random program. It has few verbs and columns, which finds more than all at once.
func (s *server) program(t *testing.T, rt *rapid.T) {
	s.programs++
	k := kinds[between(rt, "table", 0, len(kinds)-1)]
	w := &world{
		T: rt, server: s, ctx: t.Context(), kind: k, clients: s.clients[k.name], p: fmt.Sprint("p", s.programs),
		part: &partition{statics: map[string]cell{}, rows: map[int]*row{}, seen: map[string]bool{}},
	}
	w.columns = []column{columns[0]}
	w.columns = append(w.columns, rapid.Permutation(k.columns()[1:]).Draw(rt, "columns")[:between(rt, "how many columns", 0, 3)]...)
	if total := columns[6]; k.static && !slices.Contains(w.columns, total) && w.one("total", 2) {
		w.columns = append(w.columns, total)
	}
	all := slices.Sorted(maps.Keys(steps))
	w.verbs = append([]string{"insert", "get", from(rt, "often", []string{"mutate", "mutate", "guarded", "find"})}, rapid.Permutation(all).Draw(rt, "verbs")[:between(rt, "how many verbs", 1, 4)]...)
	rt.Log(k.name, w.columns, w.verbs)
	for range between(rt, "steps", 1, 25) {
		w.step(between(rt, "client", 0, 1), false)
	}
}

func (w *world) step(x int, inner bool) {
	verbs := w.verbs
	if inner {
		verbs = append([]string{"static", "mutate"}, verbs...) // what is not to be lost
	}
	steps[from(w.T, "step", verbs)](w, x, inner)
}

// run runs so many programs, and many more with COODIE_LONG=1.
func (s *server) run(t *testing.T, programs int) {
	if os.Getenv("COODIE_LONG") == "1" {
		programs *= 10
	}
	checks := flag.Lookup("rapid.checks")
	defer flag.Set(checks.Name, checks.Value.String())
	require.NoError(t, flag.Set(checks.Name, strconv.Itoa(programs)))
	rapid.Check(t, func(rt *rapid.T) { s.program(t, rt) })
	t.Logf("%d programs; %d batches applied, %d refused as contradictory", s.programs, s.taken, s.refused)
	require.GreaterOrEqual(t, s.taken, s.refused/2)
}

// TestPrograms: what two clients do to a partition ends as the model says, and nothing else is
// stored. No update is lost, no deleted row comes back, and nothing is refused though it has not changed.
func TestPrograms(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"cqltest": cqltest.Cassandra, "cqltest, ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect), cqltest.WithLogLimit(0))
			newServer(t, func() *gocql.Session {
				s, err := srv.Cluster().CreateSession()
				require.NoError(t, err)
				t.Cleanup(s.Close)
				return s
			}, srv.FastForward).run(t, 1000)
		})
	}
	t.Run("Cassandra", func(t *testing.T) {
		cluster := cassandra.Shared(t)
		keyspace := cassandra.NewKeyspace(t, cluster.Session(t, ""))
		newServer(t, func() *gocql.Session { return cluster.Session(t, keyspace) }, nil).run(t, 60)
	})
}
