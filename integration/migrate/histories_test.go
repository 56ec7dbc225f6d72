// Package migrate_test runs migrations on a real Cassandra.
package migrate_test

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/migrate"
	"github.com/coodie-go/coodie/migrate/lint"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// histories are how the schemas of public projects came about: the facts, written by ourselves.
//
//go:embed histories
var histories embed.FS

func projects(t *testing.T) map[string]fs.FS {
	t.Helper()
	entries, err := fs.ReadDir(histories, "histories")
	require.NoError(t, err)
	all := map[string]fs.FS{}
	for _, e := range entries {
		all[e.Name()], err = fs.Sub(histories, "histories/"+e.Name())
		require.NoError(t, err)
	}
	require.Len(t, all, 8)
	return all
}

// connect returns one more client of a keyspace.
func connect(t *testing.T, keyspace string) (*coodie.DB, *gocql.Session) {
	t.Helper()
	config := cassandra.Shared(t).Config()
	config.Keyspace = keyspace
	config.Timeout = 20 * time.Second
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return coodie.New(session), session
}

func keyspace(t *testing.T) string {
	t.Helper()
	return cassandra.NewKeyspace(t, cassandra.Shared(t).Session(t, ""))
}

// schema is what the server says of a keyspace, less the history.
func schema(t *testing.T, session *gocql.Session, keyspace string) string {
	t.Helper()
	var lines []string
	for _, query := range []string{
		"SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns WHERE keyspace_name = ?",
		"SELECT type_name, field_names, field_types FROM system_schema.types WHERE keyspace_name = ?",
		"SELECT table_name, index_name, kind, options FROM system_schema.indexes WHERE keyspace_name = ?",
		"SELECT table_name, comment, compaction, default_time_to_live, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ?",
	} {
		rows, err := session.Query(query, keyspace).Iter().SliceMap()
		require.NoError(t, err)
		for _, row := range rows {
			if name, _ := row["table_name"].(string); !strings.HasPrefix(name, migrate.DefaultTable) {
				lines = append(lines, fmt.Sprint(row))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestHistories: the schemas of public projects are migrated step by step. The server agrees with the judge about each statement: the
// process dies before it is sent, or once it is executed and before that is recorded, and the next one executes it, or finds it.
func TestHistories(t *testing.T) {
	for name, files := range projects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			ks := keyspace(t)
			db, session := connect(t, ks)
			m, err := migrate.New(db, files)
			require.NoError(t, err)
			status, err := m.Status(ctx)
			require.NoError(t, err)
			steps := 0
			for _, s := range status {
				done, err := m.To(ctx, s.Version)
				require.NoError(t, err)
				require.Len(t, done, s.Steps)
				steps += s.Steps
			}
			done, err := m.Up(ctx)
			require.NoError(t, err)
			require.Empty(t, done)
			want := schema(t, session, ks)

			for _, executed := range []bool{false, true} {
				ks := keyspace(t)
				db, session := connect(t, ks)
				var resumed []migrate.Event
				dies := func(e migrate.Event) {
					if !e.Step.Resumed && e.Phase == migrate.PhaseRun {
						if executed {
							require.NoError(t, session.Query(e.Step.CQL).Exec(), e.Step.CQL)
						}
						panic("dead")
					}
					if e.Step.Resumed && e.Phase != migrate.PhaseRun && e.Phase != migrate.PhaseWatch {
						resumed = append(resumed, e)
					}
				}
				m, err := migrate.New(db, files, migrate.WithLateness(0), migrate.WithObserver(dies))
				require.NoError(t, err)
				for range steps {
					require.PanicsWithValue(t, "dead", func() { _, _ = m.Up(ctx) })
				}
				_, err = m.Up(ctx)
				require.NoError(t, err)
				require.Equal(t, strings.ReplaceAll(want, ks, ""), strings.ReplaceAll(schema(t, session, ks), ks, ""))
				require.Len(t, resumed, steps)
				for _, e := range resumed {
					repeated := strings.HasPrefix(e.Step.CQL, "INSERT") || strings.HasPrefix(e.Step.CQL, "TRUNCATE") || strings.Contains(e.Step.CQL, " WITH comment") ||
						strings.HasPrefix(e.Step.CQL, "ALTER TABLE") && strings.Contains(e.Step.CQL, " WITH ")
					phase := migrate.PhaseDone
					if executed && !repeated {
						phase = migrate.PhaseFound
					}
					if !strings.HasPrefix(e.Step.CQL, "INSERT") { // whose condition may refuse it
						require.Equal(t, phase, e.Phase, e.Step.CQL)
					}
				}
			}
		})
	}
}

// TestHistoriesLint: what the linter says of these histories.
func TestHistoriesLint(t *testing.T) {
	for name, files := range projects(t) {
		findings, err := lint.Lint(files)
		require.NoError(t, err)
		for _, f := range findings {
			require.Contains(t, []string{lint.Destructive}, f.Rule, "%s: %s", name, f)
		}
	}
}
