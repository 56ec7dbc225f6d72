// Package migrate_test runs migrations on a real Cassandra.
package migrate_test

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
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

// TestHistories: the schemas of public projects are migrated step by step.
func TestHistories(t *testing.T) {
	for name, files := range projects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liveAndDie(t, files)
		})
	}
}

// TestKinds: every other kind of statement that changes a schema, and every kind of type.
func TestKinds(t *testing.T) {
	t.Parallel()
	liveAndDie(t, stepsOf(`
CREATE TYPE "Point" (x double, y double);
CREATE TYPE shape (corners list<frozen<"Point">>, name text);
CREATE TABLE kinds (k int, c text, s varint STATIC, "Quoted" ascii, b blob, bo boolean, da date, de decimal, du duration, f float, i inet, si smallint, ti time,
	tu timeuuid, tiny tinyint, u uuid, v vector<float, 3>, t tuple<int, text, frozen<list<int>>>, ft frozen<tuple<int, "Point">>, m map<text, frozen<set<int>>>, ls list<frozen<map<int, text>>>,
	p "Point", fs frozen<shape>, fm frozen<map<text, int>>, PRIMARY KEY ((k), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'all; of them';
CREATE TABLE counters (k int PRIMARY KEY, n counter, m counter);
`, `
CREATE INDEX kinds_keys ON kinds (KEYS(m));
CREATE INDEX ON kinds (VALUES(m));
CREATE INDEX kinds_full ON kinds (FULL(fm));
CREATE INDEX IF NOT EXISTS kinds_u ON kinds (u);
CREATE CUSTOM INDEX kinds_v ON kinds (v) USING 'StorageAttachedIndex' WITH OPTIONS = {'similarity_function': 'cosine'};
CREATE INDEX kinds_quoted ON kinds ("Quoted") USING 'sai';
CREATE INDEX counters_none ON kinds (ENTRIES(m));
DROP INDEX kinds_keys;
DROP INDEX IF EXISTS kinds_full;
`, `
ALTER TABLE kinds ADD (a1 "Point", a2 frozen<map<varchar, "Point">>, a3 int STATIC, a4 VARCHAR, a5 tuple<varchar, frozen<"Point">>);
ALTER TABLE kinds ADD IF NOT EXISTS a1 "Point";
ALTER TABLE kinds RENAME c TO clustering AND k TO "Key";
ALTER TABLE kinds DROP (da, de);
ALTER TABLE kinds DROP IF EXISTS da;
ALTER TYPE shape ADD "Color" text;
ALTER TYPE shape RENAME name TO title AND "Color" TO color;
ALTER TYPE "Point" ADD z double;
CREATE TABLE IF NOT EXISTS counters (k int PRIMARY KEY, other int);
CREATE TYPE IF NOT EXISTS shape (other int);
DROP TABLE IF EXISTS counters;
DROP TABLE IF EXISTS counters;
CREATE MATERIALIZED VIEW by_u AS SELECT u, "Key", clustering, tiny FROM kinds WHERE u IS NOT NULL AND "Key" IS NOT NULL AND clustering IS NOT NULL PRIMARY KEY (u, "Key", clustering);
CREATE MATERIALIZED VIEW by_b AS SELECT b, "Key", clustering FROM kinds WHERE b IS NOT NULL AND "Key" IS NOT NULL AND clustering IS NOT NULL PRIMARY KEY (b, "Key", clustering);
ALTER MATERIALIZED VIEW by_u WITH comment = 'by u';
DROP MATERIALIZED VIEW by_b;
CREATE FUNCTION plus (s int, v list<int>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return s;';
CREATE FUNCTION plus (s int, v bigint) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return s; $$;
CREATE OR REPLACE FUNCTION plus (s int, v bigint) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return s + 1;';
CREATE AGGREGATE total (bigint) SFUNC plus STYPE int INITCOND 0;
DROP AGGREGATE total;
DROP FUNCTION plus (int, bigint);
CREATE TYPE dropped (x int);
DROP TYPE dropped;
`))
}

var (
	// noneOrAny are statements that may have nothing to do, so their effect is there before them.
	noneOrAny = regexp.MustCompile(`^INSERT|IF (NOT )?EXISTS`)
	// repeated are those that are executed again, since the live schema does not tell.
	repeated = regexp.MustCompile(`^TRUNCATE|^ALTER (TABLE|MATERIALIZED VIEW) \w+ WITH `)
)

// liveAndDie migrates step by step, and then again, with a process that dies before each statement is sent, or once it is
// executed and before that is recorded. The next process executes it, or finds it by the live schema.
func liveAndDie(t *testing.T, files fs.FS) {
	t.Helper()
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
			if noneOrAny.MatchString(e.Step.CQL) {
				continue
			}
			phase := migrate.PhaseDone
			if executed && !repeated.MatchString(e.Step.CQL) {
				phase = migrate.PhaseFound
			}
			require.Equal(t, phase, e.Phase, e.Step.CQL)
		}
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

// stepsOf is a file system with a migration for each text.
func stepsOf(texts ...string) fs.FS {
	files := fstest.MapFS{}
	for i, text := range texts {
		files[fmt.Sprintf("%04d_step.up.cql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}
