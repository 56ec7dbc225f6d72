package migrate_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

// before is the schema that the statements of these tests meet.
const before = `CREATE TABLE z (k int, c int, v int, PRIMARY KEY (k, c)); CREATE TYPE t (x int, y text); CREATE TYPE "T" (x int); CREATE TABLE a (k int, c int, v int, s text, m map<text, int>, f frozen<list<int>>, PRIMARY KEY (k, c));
	CREATE INDEX a_s ON a (s); CREATE MATERIALIZED VIEW by_s AS SELECT * FROM a WHERE s IS NOT NULL AND k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (s, k, c);
	CREATE FUNCTION plus (a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a;';
	CREATE AGGREGATE total (int) SFUNC plus STYPE int;`

// TestJudged: if the answer to a statement is lost, the live schema tells whether it was executed; one that it does not tell of is repeated.
func TestJudged(t *testing.T) {
	for statement, found := range map[string]bool{
		"CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}":                     true,
		"CREATE TABLE b (k int, c timeuuid, t tuple<int, text>, u t, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)": true,
		"CREATE TYPE u (x frozen<t>)":                                     true,
		"ALTER TABLE a ADD (d int, e frozen<t>, g int STATIC)":            true,
		"ALTER TABLE a ADD d varchar":                                     true,
		"ALTER TABLE a ADD (d VARCHAR, e LIST<frozen<SET<varchar>>>)":     true,
		"ALTER TABLE a ADD d \"T\"":                                       true,
		"ALTER TABLE a ADD d frozen<app.\"T\">":                           true,
		"ALTER TABLE a ADD d app.t":                                       true,
		"ALTER TABLE a ADD d frozen<list<set<int>>>":                      true,
		"ALTER TABLE a ADD d tuple<varchar, frozen<t>>":                   true,
		"ALTER TABLE a ADD d vector<float, 3>":                            true,
		"CREATE TABLE \"B\" (\"K\" varchar PRIMARY KEY, v frozen<\"T\">)": true,
		"ALTER TYPE t ADD z frozen<list<varchar>>":                        true,
		"ALTER TABLE z DROP v":                                            true,
		"ALTER TABLE z DROP IF EXISTS (v, none)":                          true,
		"ALTER TABLE a ADD IF NOT EXISTS (v int, d int)":                  true,
		"ALTER TYPE t RENAME IF EXISTS none TO z AND x TO w":              true,
		"ALTER TABLE z RENAME c TO d":                                     true,
		"ALTER TABLE a WITH comment = 'x'":                                false,
		"ALTER TYPE t ADD z int":                                          true,
		"ALTER TYPE t RENAME x TO z":                                      true,
		"CREATE INDEX a_m ON a (KEYS(m))":                                 true,
		"CREATE INDEX ON a (v)":                                           true,
		"CREATE INDEX a_v ON a (v) USING 'sai'":                           true,
		"CREATE CUSTOM INDEX a_v ON a (v) USING 'StorageAttachedIndex'":   true,
		"CREATE INDEX a_f ON a (FULL(f))":                                 true,
		"DROP INDEX a_s":                                                  true,
		"DROP MATERIALIZED VIEW by_s":                                     true,
		"ALTER MATERIALIZED VIEW by_s WITH comment = 'x'":                 false,
		"DROP AGGREGATE total":                                            true,
		"DROP AGGREGATE total (int)":                                      true,
		"CREATE FUNCTION plus (a text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return a;'":                                   true,
		"CREATE OR REPLACE FUNCTION plus (a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return b;'":                   true,
		"CREATE OR REPLACE AGGREGATE total (int) SFUNC plus STYPE int":                                                                   false,
		"CREATE AGGREGATE sums (int) SFUNC plus STYPE int":                                                                               true,
		"CREATE MATERIALIZED VIEW by_v AS SELECT * FROM a WHERE v IS NOT NULL AND k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (v, k, c)": true,
	} {
		for _, executed := range []bool{false, true} {
			srv := start(t)
			var phases []migrate.Phase
			m := migrator(t, client(t, srv), files("0001_a.up.cql", before, "0002_b.up.cql", statement), migrate.WithLateness(0), migrate.WithObserver(func(e migrate.Event) {
				if e.Step.Version == 2 {
					phases = append(phases, e.Phase)
				}
			}))
			_, err := m.To(context.Background(), 1)
			require.NoError(t, err)
			steps := []cqltest.Step{cqltest.ServerError("lost")}
			if executed {
				steps = append([]cqltest.Step{cqltest.Apply}, steps...)
			}
			srv.Fault(cqltest.On(cqltest.Schema).First(1), steps...)
			up(t, m)
			last := migrate.PhaseDone
			if executed && found {
				last = migrate.PhaseFound
			}
			require.Equal(t, []migrate.Phase{migrate.PhaseRun, migrate.PhaseWatch, last}, phases, statement)
		}
	}
}

// TestConflicts: the live schema is neither as before a statement nor as after it, because somebody else has changed it.
func TestConflicts(t *testing.T) {
	for _, test := range []struct{ statement, other, reason string }{
		{"CREATE TABLE b (k int PRIMARY KEY, v text)", "CREATE TABLE b (k int PRIMARY KEY)", "table b exists, but it has no column v"},
		{"CREATE TABLE b (k int PRIMARY KEY)", "CREATE TABLE b (k int PRIMARY KEY, v text)", "table b exists, but it has 2 columns instead of 1"},
		{"CREATE TABLE b (k int, c int, PRIMARY KEY (k, c))", "CREATE TABLE b (k int, c int, PRIMARY KEY ((k, c)))", "table b exists, but its primary key is another"},
		{"CREATE TABLE b (k int, c int, PRIMARY KEY (k, c))", "CREATE TABLE b (k int, c int, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)", "column c is in desc order"},
		{"CREATE TABLE b (k int, c int, v int STATIC, PRIMARY KEY (k, c))", "CREATE TABLE b (k int, c int, v int, PRIMARY KEY (k, c))", "column v is regular"},
		{"CREATE TYPE u (x int)", "CREATE TYPE u (x text)", "type u exists, but its fields are others"},
		{"ALTER TABLE a ADD (d int, e int)", "ALTER TABLE a ADD d int", "of the columns of a some are as before the statement and some as after it"},
		{"ALTER TABLE a ADD d int", "ALTER TABLE a ADD d text", "column d of a is regular text"},
		{"ALTER TABLE a ADD k int", "", "column k of a is partition_key int"},
		{"ALTER TABLE a ADD c int STATIC", "", "column c of a is clustering int"},
		{"ALTER TABLE a ADD (d int, v int)", "ALTER TABLE a ADD d int STATIC", "column d of a is static int"},
		{"ALTER TABLE a ADD d list<int>", "ALTER TABLE a ADD d frozen<list<int>>", "column d of a is regular frozen<list<int>>"},
		{"ALTER TABLE a ADD d frozen<t>", "ALTER TABLE a ADD d t", "column d of a is regular t"},
		{"ALTER TABLE a ADD d t", "ALTER TABLE a ADD d \"T\"", "column d of a is regular \"T\""},
		{"ALTER TABLE a ADD d vector<float, 3>", "ALTER TABLE a ADD d vector<float, 2>", "column d of a is regular vector<float, 2>"},
		{"ALTER TYPE t ADD z int", "ALTER TYPE t ADD z text", "field z of type t is text"},
		{"CREATE INDEX i ON a (v)", "CREATE INDEX i ON a (m)", "index i exists, on a(values(m))"},
		{"CREATE INDEX i ON a (v) USING 'sai'", "CREATE INDEX i ON a (v)", "index i exists, on a(v)"},
		{"CREATE MATERIALIZED VIEW b AS SELECT * FROM a WHERE v IS NOT NULL AND k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (v, k, c)",
			"CREATE MATERIALIZED VIEW b AS SELECT * FROM a WHERE v IS NOT NULL AND k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (k, v, c)", "view b exists, but its primary key is another"},
		{"CREATE FUNCTION one (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 1;'", "CREATE FUNCTION one (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 2;'", "function one exists with another body"},
		{"TRUNCATE a", "", "the live schema does not show whether it was executed; give it a coodie:check, or declare it coodie:repeatable"},
	} {
		srv := start(t)
		m := migrator(t, client(t, srv), files("0001_a.up.cql", before, "0002_b.up.cql", test.statement), migrate.WithLateness(0))
		_, err := m.To(context.Background(), 1)
		require.NoError(t, err)
		srv.Fault(cqltest.On(cqltest.Schema|cqltest.Truncate).First(1), cqltest.Do(func(cqltest.Statement) {
			if test.other != "" {
				srv.MustExec(test.other)
			}
		}), cqltest.ServerError("lost"))
		_, err = m.Up(context.Background())
		require.ErrorIs(t, err, migrate.ErrUnknownStep, test.statement)
		require.Contains(t, err.Error(), test.reason)
	}
}

// TestTriggers: a trigger belongs to its table. The embedded server has none, so that none is there.
func TestTriggers(t *testing.T) {
	ctx := context.Background()
	for statement, executed := range map[string]bool{"CREATE TRIGGER t ON a USING 'X'": false, "DROP TRIGGER t ON a": true} {
		srv := start(t)
		fsys := files("0001_a.up.cql", before+statement)
		dies := migrate.WithObserver(func(e migrate.Event) {
			if e.Step.CQL == statement {
				panic("dead")
			}
		})
		require.PanicsWithValue(t, "dead", func() { _, _ = migrator(t, client(t, srv), fsys, dies).Up(ctx) })
		asked := srv.Fault(cqltest.On(cqltest.Select, "system_schema.triggers").Containing("table_name = ?"), cqltest.Do(func(cqltest.Statement) {}))
		steps, err := migrator(t, client(t, srv), fsys).Up(ctx)
		if executed {
			require.NoError(t, err)
			require.Len(t, steps, 1)
		} else {
			require.ErrorContains(t, err, "Trigger class 'X' couldn't be loaded")
		}
		require.Positive(t, asked.Hits())
	}
}
