package mapper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Event is verified against tables that differ from it.
type Event struct {
	Tenant string   `cql:"tenant,partition"`
	Day    int      `cql:"day,partition"`
	At     int64    `cql:"at,clustering,desc"`
	Seq    int      `cql:"seq,clustering"`
	Owner  *string  `cql:"owner,static"`
	Tags   []string `cql:"tags,set"`
	Place  *Spot    `cql:"place"`
}

// Spot is its user-defined type.
type Spot struct {
	Name *string
	Code int
}

func TestCreateAndVerify(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := open[Event](t, s)
	ctx := t.Context()
	require.ErrorContains(t, coodie.Schema(nil, table).Verify(ctx), "table is missing")
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	require.NoError(t, coodie.Schema(nil, table).Create(ctx), "what is there is left alone")
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))

	execute(t, s, "ALTER TABLE event ADD more text")
	execute(t, s, "ALTER TYPE spot ADD more text")
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx), "columns and fields that only the table has are fine")

	all := create[Types](t, s)
	require.NoError(t, coodie.Schema(nil, all).Verify(ctx))
	require.NoError(t, coodie.Schema(nil, create[Thing](t, s)).Verify(ctx))
	require.NoError(t, coodie.Schema(nil, create[Quoted](t, s)).Verify(ctx))
	require.NoError(t, coodie.Schema(nil, create[Counts](t, s)).Verify(ctx))

	elsewhere := over(t, session(t, ""), coodie.WithKeyspace(s.Query("").Keyspace()))
	qualified, err := coodie.Open[Event](elsewhere)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, qualified).Verify(ctx))
	lost, err := coodie.Open[Event](over(t, session(t, "")))
	require.NoError(t, err)
	requireUsage(t, coodie.Schema(nil, lost).Verify(ctx))
}

// Quoted has names that CQL wants quoted.
type Quoted struct {
	Key    string `cql:"Key,partition"`
	Select int    `cql:"select,clustering"`
	Odd    *Odd   `cql:"a b"`
}

func (Quoted) TableName() string { return "Order" }

// Odd is a user-defined type with names that CQL wants quoted.
type Odd struct {
	From *string `cql:"from"`
	Case *int    `cql:"Case"`
}

func (Odd) UDTName() string { return "Odd" }

// told are the differences as lines.
func told(list []coodie.Difference) (lines []string) {
	for _, d := range list {
		lines = append(lines, d.String())
	}
	return lines
}

// Stall has what Event lacks: indexes, options, and a view.
type Stall struct {
	Room  string            `cql:"room,partition"`
	At    int               `cql:"at,clustering"`
	Who   string            `cql:"who,index"`
	Note  string            `cql:"note,index=sai case_sensitive=false"`
	Attrs map[string]string `cql:"attrs"`
}

// StallByWho is a view of it.
type StallByWho struct {
	Who  string `cql:"who,partition"`
	Room string `cql:"room,clustering"`
	At   int    `cql:"at,clustering"`
	Note string `cql:"note"`
}

// Each difference is told with the statement that settles it. Sync carries out those that add something ("+"); the others
// ("-") are carried out by the test.
func TestVerifyDifferences(t *testing.T) {
	t.Parallel()
	const (
		spot      = "CREATE TYPE spot (name text, code int)"
		event     = "CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"
		anew      = "DROP TABLE event; CREATE TABLE IF NOT EXISTS event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"
		stall     = "CREATE TABLE stall (room text, at int, who text, note text, attrs map<text, text>, PRIMARY KEY (room, at)) WITH comment = 'stalls' AND default_time_to_live = 60"
		who       = "CREATE INDEX stall_who_idx ON stall (who)"
		note      = "CREATE INDEX stall_note_idx ON stall (note) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false'}"
		view      = "CREATE MATERIALIZED VIEW stall_by_who AS SELECT who, room, at, note FROM stall WHERE who IS NOT NULL AND room IS NOT NULL AND at IS NOT NULL PRIMARY KEY (who, room, at)"
		makeWho   = "CREATE INDEX IF NOT EXISTS stall_who_idx ON stall (who)"
		makeNote  = "CREATE INDEX IF NOT EXISTS stall_note_idx ON stall (note) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false'}"
		makeView  = "CREATE MATERIALIZED VIEW IF NOT EXISTS stall_by_who AS SELECT who, room, at, note FROM stall WHERE who IS NOT NULL AND room IS NOT NULL AND at IS NOT NULL PRIMARY KEY (who, room, at) WITH CLUSTERING ORDER BY (room ASC, at ASC)"
		viewAnew  = "DROP MATERIALIZED VIEW stall_by_who; " + makeView
		makeEvent = "CREATE TABLE IF NOT EXISTS event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"
	)
	events := func(t *testing.T, db *coodie.DB) *coodie.Tables {
		table, err := coodie.Open[Event](db)
		require.NoError(t, err)
		return coodie.Schema(db, table)
	}
	stalls := func(t *testing.T, db *coodie.DB) *coodie.Tables {
		table, err := coodie.Open[Stall](db, coodie.WithProperty("comment", "stalls"), coodie.WithDefaultTTL(time.Minute),
			coodie.WithProperty("speculative_retry", "99PERCENTILE"), coodie.WithProperty("caching", map[string]string{"keys": "ALL"}),
			coodie.WithProperty("compaction", map[string]string{"class": "SizeTieredCompactionStrategy"}), coodie.WithProperty("bloom_filter_fp_chance", 0.01))
		require.NoError(t, err)
		byWho, err := coodie.OpenView[StallByWho](table)
		require.NoError(t, err)
		return coodie.Schema(db, byWho, table)
	}
	strict := func(of func(t *testing.T, db *coodie.DB) *coodie.Tables) func(t *testing.T, db *coodie.DB) *coodie.Tables {
		return func(t *testing.T, db *coodie.DB) *coodie.Tables { return of(t, db).Strict() }
	}
	cases := []struct {
		name   string
		schema func(t *testing.T, db *coodie.DB) *coodie.Tables
		setup  []string
		want   []string // + or -, the difference without the keyspace, then =>, and the statement
	}{
		{"none", events, []string{spot, event}, nil},
		{"nothing there", events, nil, []string{
			"+spot: type is missing on the server: name, code => CREATE TYPE IF NOT EXISTS spot (name text, code int)",
			"+event: table is missing on the server: mapper_test.Event => " + makeEvent,
		}},
		{"missing type", events, []string{"CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place text, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"}, []string{
			"+spot: type is missing on the server: name, code => CREATE TYPE IF NOT EXISTS spot (name text, code int)",
			"-event: column place (field Place): type spot in the struct, text on the server => " + anew,
		}},
		{"missing and other fields", events, []string{"CREATE TYPE spot (name ascii)", event}, []string{
			"-spot: field name: type text in the struct, ascii on the server => ALTER TYPE spot RENAME name TO name_old; ALTER TYPE spot ADD name text",
			"+spot: field code is missing on the server: int => ALTER TYPE spot ADD code int",
		}},
		{"missing columns", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"}, []string{
			"+event: column owner (field Owner) is missing on the server: text static => ALTER TABLE event ADD owner text STATIC",
			"+event: column tags (field Tags) is missing on the server: set<text> => ALTER TABLE event ADD tags set<text>",
		}},
		{"dropped columns", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)",
			"ALTER TABLE event DROP owner", "ALTER TABLE event DROP tags"}, []string{
			"-event: column owner (field Owner): text static in the struct, text, dropped on the server => ",
			"+event: column tags (field Tags) is missing on the server: set<text> => ALTER TABLE event ADD tags set<text>",
		}},
		{"missing key column", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at)) WITH CLUSTERING ORDER BY (at DESC)"}, []string{
			"-event: column seq (field Seq) is missing on the server: int clustering => " + anew,
		}},
		{"no clustering column for a static one", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, tags set<text>, place spot, PRIMARY KEY ((tenant, day)))"}, []string{
			"-event: column at (field At): kind clustering in the struct, regular on the server => " + anew,
			"-event: column seq (field Seq): kind clustering in the struct, regular on the server => " + anew,
			"-event: column owner (field Owner) is missing on the server: text static => " + anew,
		}},
		{"counters", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, n counter, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"}, []string{
			"-event: column owner (field Owner) is missing on the server: text static => " + anew,
			"-event: column tags (field Tags) is missing on the server: set<text> => " + anew,
			"-event: column place (field Place) is missing on the server: spot => " + anew,
		}},
		{"other types", events, []string{spot, "CREATE TABLE event (tenant ascii, day int, at timestamp, seq int, owner text STATIC, tags list<text>, place frozen<spot>, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"}, []string{
			"-event: column tenant (field Tenant): type text in the struct, ascii on the server => " + anew,
			"-event: column at (field At): type bigint in the struct, timestamp on the server => " + anew,
			"-event: column tags (field Tags): type set<text> in the struct, list<text> on the server => " + anew,
			"-event: column place (field Place): type spot in the struct, frozen<spot> on the server => " + anew,
		}},
		{"other key", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY (tenant, at, day)) WITH CLUSTERING ORDER BY (at DESC, day ASC)"}, []string{
			"-event: column day (field Day): kind partition key in the struct, clustering on the server => " + anew,
			"-event: column seq (field Seq): kind clustering in the struct, regular on the server => " + anew,
		}},
		{"other order of the key", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((day, tenant), seq, at)) WITH CLUSTERING ORDER BY (seq ASC, at DESC)"}, []string{
			"-event: column tenant (field Tenant): position 1 in the struct, 2 on the server => " + anew,
			"-event: column day (field Day): position 2 in the struct, 1 on the server => " + anew,
			"-event: column at (field At): position 1 in the struct, 2 on the server => " + anew,
			"-event: column seq (field Seq): position 2 in the struct, 1 on the server => " + anew,
		}},
		{"other clustering order", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at ASC, seq DESC)"}, []string{
			"-event: column at (field At): order desc in the struct, asc on the server => " + anew,
			"-event: column seq (field Seq): order asc in the struct, desc on the server => " + anew,
		}},
		{"a key column more, and static not", events, []string{spot, "CREATE TABLE event (tenant text, day int, at bigint, seq int, more int, owner text, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq, more)) WITH CLUSTERING ORDER BY (at DESC, seq ASC, more ASC)"}, []string{
			"-event: column owner (field Owner): kind static in the struct, regular on the server => " + anew,
			"-event: column more is only on the server: int clustering => " + anew,
		}},
		{"more on the server", events, []string{spot, event, "ALTER TABLE event ADD more int", "ALTER TYPE spot ADD more int", "CREATE TYPE other (a int)", "CREATE TABLE another (k int PRIMARY KEY)"}, nil},
		{"more on the server, strictly", strict(events), []string{spot, event, "ALTER TABLE event ADD more int", "ALTER TYPE spot ADD more int", "CREATE TYPE other (a int)", "CREATE TABLE another (k int PRIMARY KEY)", "CREATE INDEX odd ON event (more)"}, []string{
			"-spot: field more is only on the server: int => ",
			"-event: column more is only on the server: int => DROP INDEX odd; ALTER TABLE event DROP more",
			"-event: index odd is only on the server: index on event(more) => DROP INDEX odd",
			"-another: table is only on the server: table => DROP TABLE another",
			"-other: type is only on the server: a => DROP TYPE other",
		}},
		{"a view in the place of the table", events, []string{spot, "CREATE TABLE base (tenant text PRIMARY KEY, v text)", "CREATE MATERIALIZED VIEW event AS SELECT tenant, v FROM base WHERE v IS NOT NULL AND tenant IS NOT NULL PRIMARY KEY (v, tenant)"}, []string{
			"-event: table of the struct is a view of base on the server => DROP MATERIALIZED VIEW event; " + makeEvent,
		}},

		{"indexes, options and a view", stalls, []string{stall, who, note, view}, nil},
		{"missing indexes, options and view", stalls, []string{"CREATE TABLE stall (room text, at int, who text, note text, attrs map<text, text>, PRIMARY KEY (room, at)) WITH bloom_filter_fp_chance = 0.1 AND speculative_retry = '10ms' AND caching = {'keys': 'NONE'} AND compaction = {'class': 'LeveledCompactionStrategy'}"}, []string{
			"+stall: option comment: 'stalls' in the struct, '' on the server => ALTER TABLE stall WITH comment = 'stalls'",
			"+stall: option default_time_to_live: 60 in the struct, 0 on the server => ALTER TABLE stall WITH default_time_to_live = 60",
			"+stall: option speculative_retry: '99PERCENTILE' in the struct, '10ms' on the server => ALTER TABLE stall WITH speculative_retry = '99PERCENTILE'",
			"+stall: option caching: {'keys': 'ALL'} in the struct, {'keys': 'NONE', 'rows_per_partition': 'NONE'} on the server => ALTER TABLE stall WITH caching = {'keys': 'ALL'}",
			"+stall: option compaction: {'class': 'SizeTieredCompactionStrategy'} in the struct, @ on the server => ALTER TABLE stall WITH compaction = {'class': 'SizeTieredCompactionStrategy'}",
			"+stall: option bloom_filter_fp_chance: 0.01 in the struct, 0.1 on the server => ALTER TABLE stall WITH bloom_filter_fp_chance = 0.01",
			"+stall: index stall_who_idx (field Who) is missing on the server: index on stall(who) => " + makeWho,
			"+stall: index stall_note_idx (field Note) is missing on the server: storage-attached index on stall(note) => " + makeNote,
			"+stall_by_who: view is missing on the server: view of stall => " + makeView,
		}},
		{"an index of another kind", stalls, []string{stall, who, view, "CREATE INDEX stall_note_idx ON stall (note)"}, []string{
			"-stall: index stall_note_idx (field Note): storage-attached index on stall(note) in the struct, index on stall(note) on the server => DROP INDEX stall_note_idx; " + makeNote,
		}},
		{"an index by another name, and one of other options", stalls, []string{stall, "CREATE INDEX by_who ON stall (who)", view, "CREATE INDEX stall_note_idx ON stall (note) USING 'sai' WITH OPTIONS = {'case_sensitive': 'true'}"}, []string{
			"-stall: index stall_note_idx (field Note): options {'case_sensitive': 'false'} in the struct, {'case_sensitive': 'true'} on the server => DROP INDEX stall_note_idx; " + makeNote,
		}},
		{"a view of other columns", stalls, []string{stall, who, note, "CREATE MATERIALIZED VIEW stall_by_who AS SELECT who, room, at FROM stall WHERE who IS NOT NULL AND room IS NOT NULL AND at IS NOT NULL PRIMARY KEY (who, at, room)"}, []string{
			"-stall_by_who: column room (field Room): position 1 in the struct, 2 on the server => " + viewAnew,
			"-stall_by_who: column at (field At): position 2 in the struct, 1 on the server => " + viewAnew,
			"-stall_by_who: column note (field Note) is missing on the server: text => " + viewAnew,
		}},
		{"a table in the place of the view", stalls, []string{stall, who, note, "CREATE TABLE stall_by_who (who text PRIMARY KEY)"}, []string{
			"-stall_by_who: view of the struct is a table on the server => DROP TABLE stall_by_who; " + makeView,
		}},
		{"a view and a column of it more", strict(stalls), []string{stall, who, note, "CREATE MATERIALIZED VIEW stall_by_who AS SELECT who, room, at, note, attrs FROM stall WHERE who IS NOT NULL AND room IS NOT NULL AND at IS NOT NULL PRIMARY KEY (who, room, at)",
			"CREATE MATERIALIZED VIEW zz AS SELECT who, room, at FROM stall WHERE who IS NOT NULL AND room IS NOT NULL AND at IS NOT NULL PRIMARY KEY (who, room, at)"}, []string{
			"-stall_by_who: column attrs is only on the server: map<text, text> => " + viewAnew,
			"-zz: view is only on the server: view of stall => DROP MATERIALIZED VIEW zz",
		}},
	}
	for server, connect := range map[string]func(*testing.T) *gocql.Session{"cassandra": func(t *testing.T) *gocql.Session { return connect(t) }, "cqltest": embedded} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			s := connect(t)
			keyspace := s.Query("").Keyspace()
			lines := func(list []coodie.Difference, done bool) (lines []string) {
				for _, d := range list {
					if sign := map[bool]string{true: "+", false: "-"}[d.Reason == ""]; !done || sign == "+" {
						lines = append(lines, strings.ReplaceAll(sign+d.String()+" => "+d.CQL, keyspace+".", ""))
					}
				}
				return lines
			}
			for _, tt := range cases {
				t.Run(tt.name, func(t *testing.T) {
					ctx := t.Context()
					clear(t, s)
					for _, statement := range tt.setup {
						execute(t, s, statement)
					}
					schema := tt.schema(t, over(t, s))
					found, err := schema.Diff(ctx)
					require.NoError(t, err)
					got := lines(found, false)
					for i := range got {
						if i < len(tt.want) {
							if before, after, ok := strings.Cut(tt.want[i], "@"); ok && strings.HasPrefix(got[i], before) && strings.HasSuffix(got[i], after) {
								got[i] = tt.want[i]
							}
						}
					}
					require.Equal(t, tt.want, got)
					var run []string
					for _, d := range found {
						if d.Reason == "" {
							run = append(run, d.CQL)
						}
					}
					dry, err := schema.DryRun(ctx)
					require.NoError(t, err)
					require.Equal(t, run, dry)

					done, err := schema.Sync(ctx)
					require.Equal(t, lines(found, true), lines(done, true))
					if len(done) == len(found) {
						require.NoError(t, err)
						require.NoError(t, schema.Verify(ctx))
						return
					}
					var mismatch *coodie.MismatchError
					require.ErrorAs(t, err, &mismatch)
					require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
					require.Len(t, mismatch.Differences, len(found)-len(done))
					require.Equal(t, mismatch, schema.Verify(ctx))
					ran := map[string]bool{}
					left := 0
					for _, d := range mismatch.Differences {
						if d.CQL == "" {
							left++
						}
						for statement := range strings.SplitSeq(d.CQL, "; ") {
							if statement != "" && !ran[statement] {
								execute(t, s, statement)
							}
							ran[statement] = true
						}
					}
					found, err = schema.Diff(ctx)
					require.NoError(t, err)
					require.Len(t, found, left, "%v", lines(found, false))
				})
			}
		})
	}
}

// A table that is not what the struct says: a typed error, nothing written, never bytes
// of one type stored as another.
func TestWritingToAnotherType(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE t (k int PRIMARY KEY, v double, x int)")
	table := open[Simple](t, s)
	_, err := table.New(Simple{K: 1, V: ptr(1)}).Insert(t.Context())
	var usage *coodie.Error
	require.ErrorAs(t, err, &usage, "an int is no double: %v", err)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "v", usage.Column)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	var count int
	scan(t, s, "SELECT count(*) FROM t", &count)
	require.Zero(t, count)

	execute(t, s, "INSERT INTO t (k, v, x) VALUES (1, 1.5, 2)")
	_, err = table.Find(simpleK.Eq(1)).Get(t.Context())
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "V", decode.Field)

	execute(t, s, "CREATE TABLE wide (k int PRIMARY KEY, v bigint, x varint)")
	wide := open[Simple](t, s, coodie.WithTable("wide"))
	res, err := wide.New(Simple{K: 1, V: ptr(-1), X: ptr(300)}).Insert(t.Context())
	require.NoError(t, err, "a field that fits the live type is encoded for it")
	require.True(t, res.Applied)
	got, err := wide.Find(simpleK.Eq(1)).Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, Simple{K: 1, V: ptr(-1), X: ptr(300)}, got)
	var v int64
	scan(t, s, "SELECT v FROM wide WHERE k = 1", &v)
	require.EqualValues(t, -1, v)
}

// embedded is a session in an embedded server.
func embedded(t *testing.T) *gocql.Session {
	t.Helper()
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// clear removes everything from the session's keyspace.
func clear(t *testing.T, s *gocql.Session) {
	t.Helper()
	keyspace := s.Query("").Keyspace()
	for _, of := range [][2]string{{"view", "MATERIALIZED VIEW"}, {"table", "TABLE"}, {"type", "TYPE"}} {
		names := s.Query("SELECT "+of[0]+"_name FROM system_schema."+of[0]+"s WHERE keyspace_name = ?", keyspace).Iter()
		for name := ""; names.Scan(&name); {
			execute(t, s, "DROP "+of[1]+" "+name)
		}
		require.NoError(t, names.Close())
	}
}
