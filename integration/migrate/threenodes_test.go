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

// upAgain calls Up until it succeeds, as its errors say: nodes that are busy or paused let requests time out.
func upAgain(ctx context.Context, t *testing.T, m *migrate.Migrator) (all []migrate.Step) {
	t.Helper()
	for {
		done, err := m.Up(ctx)
		all = append(all, done...)
		switch {
		case err == nil:
			return all
		case ctx.Err() != nil, !errors.Is(err, migrate.ErrFailed) && !errors.Is(err, migrate.ErrDisagreement) && !errors.Is(err, migrate.ErrLeaseLost):
			t.Error(err)
			return all
		}
		t.Log(err)
	}
}

// firstUps: processes that migrate an empty keyspace at the same moment, each by another node, create the tables of the
// history before there is a lease. All nodes take them for the same tables.
func firstUps(t *testing.T, cluster *cassandra.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	admin := session(t, cluster, "")
	for round := range 3 {
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
				steps[i] = len(upAgain(ctx, t, m))
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

// pausedNodes: two processes migrate, each by a node of its own. That node stands still when a statement is sent to it, twice, for
// longer than the lease lasts: the other process takes over, and the node executes the statement late. In the end each was executed
// once.
func pausedNodes(t *testing.T, cluster *cassandra.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const lease, pause, late = 4 * time.Second, 15 * time.Second, 30 * time.Second
	files := stepsOf("CREATE TABLE users (id int PRIMARY KEY, name text); CREATE INDEX users_name ON users (name); ALTER TABLE users ADD age int",
		"CREATE TABLE hits (page text PRIMARY KEY, n counter);\n-- coodie:check SELECT n FROM hits WHERE page = 'home'\nUPDATE hits SET n = n + 1 WHERE page = 'home';\n"+
			"ALTER TABLE users DROP age; INSERT INTO users (id, name) VALUES (1, 'ann') IF NOT EXISTS; ALTER TABLE users ADD city text")
	admin := session(t, cluster, "")
	ks := keyspaceOfThree(t, admin, "paused")

	var mu sync.Mutex
	var resumed sync.WaitGroup
	ended := map[string]int{}       // how often a statement was recorded
	watched := map[string]bool{}    // whose outcome was unknown
	paused := map[string]struct{}{} // at which a node stood still
	observe := func(node *cassandra.Node) func(migrate.Event) {
		return func(e migrate.Event) {
			mu.Lock()
			defer mu.Unlock()
			t.Log(node.Address(), e.Phase, e.Step.CQL, e.Owner)
			switch e.Phase {
			case migrate.PhaseDone, migrate.PhaseFound:
				ended[e.Step.CQL]++
			case migrate.PhaseWatch:
				watched[e.Step.CQL] = true
			case migrate.PhaseRun:
				if _, again := paused[e.Step.CQL]; again || !strings.Contains(e.Step.CQL, "ADD age") && !strings.Contains(e.Step.CQL, "DROP age") {
					return
				}
				paused[e.Step.CQL] = struct{}{}
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
		}
	}
	var all sync.WaitGroup
	for _, node := range cluster.Nodes()[:2] {
		m, err := migrate.New(coodie.New(session(t, cluster, ks, node.Address())), files, migrate.WithOwner(node.Address()), migrate.WithLease(lease),
			migrate.WithLateness(late), migrate.WithAgreement(30*time.Second), migrate.WithObserver(observe(node)))
		require.NoError(t, err)
		all.Go(func() { upAgain(ctx, t, m) })
	}
	all.Wait()
	resumed.Wait()
	require.Len(t, paused, 2)
	require.Len(t, ended, 8)
	for cql, n := range ended {
		require.Equal(t, 1, n, cql)
	}
	for cql := range paused {
		require.True(t, watched[cql], cql)
	}
	require.NoError(t, admin.AwaitSchemaAgreement(ctx))
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
