package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/migrate"
)

// TestThreeNodes migrates on three nodes: about two minutes.
func TestThreeNodes(t *testing.T) {
	if os.Getenv("COODIE_LONG") != "1" {
		t.Skip("takes three nodes and two minutes: COODIE_LONG=1 asks for it")
	}
	cluster := cassandra.Run(t, cassandra.Options{Nodes: 3, Faults: true})
	t.Run("first", func(t *testing.T) { firstUps(t, cluster) })
	t.Run("paused", func(t *testing.T) { pausedNodes(t, cluster) })
}

// session is one of a process. It reaches only that node, if one is named.
func session(t *testing.T, cluster *cassandra.Cluster, keyspace string, only ...string) *gocql.Session {
	t.Helper()
	config := cluster.Config()
	config.Keyspace, config.Timeout, config.ConnectTimeout, config.ReconnectInterval = keyspace, 3*time.Second, 3*time.Second, time.Second
	if len(only) > 0 {
		config.Hosts, config.HostFilter = only, gocql.WhiteListHostFilter(only...)
	}
	s, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// keyspaceOfThree is a new keyspace with a replica on each node.
func keyspaceOfThree(t *testing.T, s *gocql.Session, name string) string {
	t.Helper()
	require.NoError(t, s.Query("CREATE KEYSPACE "+name+" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}").Exec())
	require.NoError(t, s.AwaitSchemaAgreement(t.Context()))
	return name
}

// firstUps: processes that migrate an empty keyspace at the same moment, each by another node, create the tables of the
// history before there is a lease. All nodes take them for the same tables.
func firstUps(t *testing.T, cluster *cassandra.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	admin := session(t, cluster, "")
	for round := range 5 {
		ks := keyspaceOfThree(t, admin, fmt.Sprintf("first_%d", round))
		var migrators []*migrate.Migrator
		for _, node := range cluster.Nodes() {
			m, err := migrate.New(coodie.New(session(t, cluster, ks, node.Address())), stepsOf("CREATE TABLE a (k int PRIMARY KEY); ALTER TABLE a ADD v int"), migrate.WithLease(5*time.Second))
			require.NoError(t, err)
			migrators = append(migrators, m)
		}
		var all sync.WaitGroup
		var steps [3]int
		for i, m := range migrators {
			all.Go(func() {
				done, err := m.Up(ctx)
				if err != nil {
					t.Error(err)
				}
				steps[i] = len(done)
			})
		}
		all.Wait()
		require.Equal(t, 2, steps[0]+steps[1]+steps[2])
		ids := map[string]bool{}
		for _, node := range cluster.Nodes() {
			rows, err := session(t, cluster, ks, node.Address()).Query("SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = ?", ks).Iter().SliceMap()
			require.NoError(t, err)
			for _, row := range rows {
				ids[fmt.Sprint(row["table_name"], row["id"])] = true
			}
		}
		require.Len(t, ids, 3, "%v", ids)
	}
}

// pausedNodes: two processes migrate, and at some statements a node stands still for a while: each in turn, so that a
// request waits there, too. In the end each statement was executed once.
func pausedNodes(t *testing.T, cluster *cassandra.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const pause, late = 6 * time.Second, 10 * time.Second
	files := stepsOf("CREATE TABLE users (id int PRIMARY KEY, name text); CREATE INDEX users_name ON users (name); ALTER TABLE users ADD age int",
		"CREATE TABLE hits (page text PRIMARY KEY, n counter);\n-- coodie:check SELECT n FROM hits WHERE page = 'home'\nUPDATE hits SET n = n + 1 WHERE page = 'home';\n"+
			"ALTER TABLE users DROP age; INSERT INTO users (id, name) VALUES (1, 'ann') IF NOT EXISTS; ALTER TABLE users ADD city text")
	admin := session(t, cluster, "")
	ks := keyspaceOfThree(t, admin, "paused")

	var mu sync.Mutex
	var resumed sync.WaitGroup
	paused := map[string]bool{}
	pauses := func(e migrate.Event) {
		mu.Lock()
		defer mu.Unlock()
		stands := strings.Contains(e.Step.CQL, "ADD age") || strings.Contains(e.Step.CQL, "CREATE TABLE hits") || strings.Contains(e.Step.CQL, "DROP age")
		if e.Phase != migrate.PhaseRun || !stands || paused[e.Step.CQL] {
			return
		}
		node := cluster.Nodes()[len(paused)]
		paused[e.Step.CQL] = true
		if err := node.Pause(); err != nil {
			t.Error(err)
		}
		resumed.Go(func() {
			time.Sleep(pause)
			if err := node.Resume(); err != nil {
				t.Error(err)
			}
		})
	}
	var all sync.WaitGroup
	steps := map[string]int{}
	for i := range 2 {
		m, err := migrate.New(coodie.New(session(t, cluster, ks)), files, migrate.WithOwner(fmt.Sprint("process ", i)), migrate.WithLease(10*time.Second),
			migrate.WithLateness(late), migrate.WithAgreement(30*time.Second), migrate.WithObserver(pauses))
		require.NoError(t, err)
		all.Go(func() {
			for {
				done, err := m.Up(ctx)
				mu.Lock()
				for _, s := range done {
					steps[s.CQL]++
				}
				mu.Unlock()
				switch {
				case err == nil:
					return
				case ctx.Err() != nil, !errors.Is(err, migrate.ErrFailed) && !errors.Is(err, migrate.ErrDisagreement) && !errors.Is(err, migrate.ErrLeaseLost):
					t.Error(err)
					return
				}
				t.Log(i, err) // as to a user, who runs it again
			}
		})
	}
	all.Wait()
	resumed.Wait()
	require.Len(t, paused, 3)
	require.Len(t, steps, 8)
	for cql, n := range steps {
		require.Equal(t, 1, n, cql)
	}
	require.NoError(t, admin.AwaitSchemaAgreement(ctx))
	time.Sleep(late) // whatever still comes has come
	var n int64
	require.NoError(t, admin.Query("SELECT n FROM paused.hits WHERE page = 'home'").Consistency(gocql.All).Scan(&n))
	require.EqualValues(t, 1, n)
	for _, node := range cluster.Nodes() {
		var columns []string
		iter := session(t, cluster, ks, node.Address()).Query("SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'users'", ks).Iter()
		for column := ""; iter.Scan(&column); {
			columns = append(columns, column)
		}
		require.NoError(t, iter.Close())
		require.ElementsMatch(t, []string{"id", "name", "city"}, columns)
	}
}
