package mapper_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Parcel and what it holds: Box uses Corner.
type Parcel struct {
	ID    int            `cql:"id,partition"`
	Seq   int            `cql:"seq,clustering"`
	Box   *Box           `cql:"box"`
	Who   string         `cql:"who,index"`
	Marks map[string]Box `cql:"marks"`
	Note  string         `cql:"note,index=sai"`
}

type Box struct {
	Label *string
	From  *Corner
}

type Corner struct{ X, Y int }

// ParcelState is another struct of the table, with a column more.
type ParcelState struct {
	ID    int    `cql:"id,partition"`
	Seq   int    `cql:"seq,clustering"`
	Who   string `cql:"who"`
	State string `cql:"state"`
}

func (ParcelState) TableName() string { return "parcel" }

// Shelf shares the type Box, and has more of it.
type Shelf struct {
	ID    int     `cql:"id,partition"`
	Box   *BoxTop `cql:"box"`
	Title string  `cql:"title"`
}

type BoxTop struct {
	Label *string
	Lid   *bool
}

func (BoxTop) UDTName() string { return "box" }

// parcels opens the three tables.
func parcels(t *testing.T, db *coodie.DB) []coodie.AnyTable {
	t.Helper()
	parcel, err := coodie.Open[Parcel](db)
	require.NoError(t, err)
	state, err := coodie.Open[ParcelState](db)
	require.NoError(t, err)
	shelf, err := coodie.Open[Shelf](db)
	require.NoError(t, err)
	return []coodie.AnyTable{shelf, state, parcel}
}

// servers runs a test on both servers.
func servers(t *testing.T, test func(t *testing.T, s *gocql.Session)) {
	t.Parallel()
	t.Run("cassandra", func(t *testing.T) { t.Parallel(); test(t, connect(t)) })
	t.Run("cqltest", func(t *testing.T) { t.Parallel(); test(t, embedded(t)) })
}

func TestSyncFromNothing(t *testing.T) {
	servers(t, func(t *testing.T, s *gocql.Session) {
		ctx := t.Context()
		schema := coodie.Schema(over(t, s), parcels(t, over(t, s))...)
		require.Equal(t, []string{
			"CREATE TYPE IF NOT EXISTS corner (x int, y int)",
			"CREATE TYPE IF NOT EXISTS box (label text, lid boolean, \"from\" frozen<corner>)",
			"CREATE TABLE IF NOT EXISTS shelf (id int, box box, title text, PRIMARY KEY (id))",
			"CREATE TABLE IF NOT EXISTS parcel (id int, seq int, who text, state text, box box, marks map<text, frozen<box>>, note text, PRIMARY KEY (id, seq))",
			"CREATE INDEX IF NOT EXISTS parcel_who_idx ON parcel (who)",
			"CREATE INDEX IF NOT EXISTS parcel_note_idx ON parcel (note) USING 'sai'",
		}, schema.CQL())
		done, err := schema.Sync(ctx)
		require.NoError(t, err)
		require.Len(t, done, 6)
		require.NoError(t, schema.Strict().Verify(ctx), "not even strictly")
		done, err = schema.Sync(ctx)
		require.NoError(t, err)
		require.Empty(t, done, "the second time there is nothing to do")

		// A table alone.
		execute(t, s, "ALTER TABLE shelf DROP title")
		one := coodie.Schema(over(t, s), parcels(t, over(t, s))[0])
		done, err = one.Sync(ctx)
		require.NoError(t, err)
		require.Len(t, done, 1)

		// Drop leaves the types that another table uses.
		require.NoError(t, one.Drop(ctx))
		require.Equal(t, 2, count(t, s, "types"))
		require.NoError(t, schema.Drop(ctx))
		require.Zero(t, count(t, s, "types")+count(t, s, "tables"))
		require.NoError(t, schema.Drop(ctx), "of what does not exist")
	})
}

func count(t *testing.T, s *gocql.Session, table string) (n int) {
	t.Helper()
	require.NoError(t, s.Query("SELECT count(*) FROM system_schema."+table+" WHERE keyspace_name = ?", s.Query("").Keyspace()).Scan(&n))
	return n
}

// Several processes sync at once, over a table that exists, again and again.
func TestSyncAtOnce(t *testing.T) {
	servers(t, func(t *testing.T, s *gocql.Session) {
		ctx := t.Context()
		const processes, rounds = 4, 3
		keyspace := s.Query("").Keyspace()
		sessions := []*gocql.Session{s, s, s, s}
		for round := range rounds {
			clear(t, s)
			execute(t, s, "CREATE TYPE corner (x int)")
			execute(t, s, "CREATE TYPE box (label text)")
			execute(t, s, "CREATE TABLE shelf (id int PRIMARY KEY)")
			execute(t, s, "CREATE TABLE parcel (id int, seq int, PRIMARY KEY (id, seq))")
			var wg sync.WaitGroup
			errs := make([]error, processes)
			for i := range processes {
				wg.Go(func() {
					db := coodie.New(sessions[i])
					_, errs[i] = coodie.Schema(db, parcels(t, db)...).Sync(ctx)
				})
			}
			wg.Wait()
			for i, err := range errs {
				require.NoError(t, err, "process %d of round %d in %s", i, round, keyspace)
			}
			require.NoError(t, coodie.Schema(over(t, s), parcels(t, over(t, s))...).Strict().Verify(ctx))
		}
	})
}

// After Sync an index can be used at once, although the table has rows.
func TestSyncAwaitsIndexes(t *testing.T) {
	servers(t, func(t *testing.T, s *gocql.Session) {
		ctx := t.Context()
		execute(t, s, "CREATE TYPE corner (x int, y int)")
		execute(t, s, `CREATE TYPE box (label text, "from" frozen<corner>)`)
		execute(t, s, "CREATE TABLE parcel (id int, seq int, who text, note text, box box, marks map<text, frozen<box>>, PRIMARY KEY (id, seq))")
		for i := range 300 {
			execute(t, s, fmt.Sprintf("INSERT INTO parcel (id, seq, who, note) VALUES (%d, 0, 'ann', 'n%d')", i, i%3))
		}
		table := open[Parcel](t, s)
		done, err := coodie.Schema(over(t, s), table).Sync(ctx)
		require.NoError(t, err)
		require.Len(t, done, 2)
		n, err := table.Find(coodie.AnyCol(table, "who").Eq("ann")).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 300, n)
		n, err = table.Find(coodie.AnyCol(table, "note").Eq("n1")).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 100, n)
	})
}

func TestSchemaMistakes(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	ctx := t.Context()
	shelf := open[Shelf](t, s)
	var none *coodie.Table[Shelf]
	other, err := coodie.Open[Shelf](db, coodie.WithProperty("comment", "a"))
	require.NoError(t, err)
	another, err := coodie.Open[Shelf](db, coodie.WithProperty("comment", "b"))
	require.NoError(t, err)
	type Narrow struct {
		ID  int    `cql:"id,partition"`
		Box string `cql:"box"`
	}
	narrow, err := coodie.Open[Narrow](db, coodie.WithTable("shelf"))
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		schema *coodie.Tables
		want   string
	}{
		"no tables":           {coodie.Schema(db), "no tables"},
		"a nil table":         {coodie.Schema(db, shelf, nil), "nil table"},
		"a nil *Table":        {coodie.Schema(db, none), "nil table"},
		"a zero DB":           {coodie.Schema(new(coodie.DB), shelf), "live session"},
		"two comments":        {coodie.Schema(db, other, another), "comment"},
		"two types of column": {coodie.Schema(db, shelf, narrow), "box"},
		"a nil schema":        {nil, "no tables"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.schema.Sync(ctx)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
			require.ErrorContains(t, tt.schema.Create(ctx), tt.want)
			require.ErrorContains(t, tt.schema.Drop(ctx), tt.want)
			require.ErrorContains(t, tt.schema.Verify(ctx), tt.want)
			_, err = tt.schema.DryRun(ctx)
			require.ErrorContains(t, err, tt.want)
			require.Nil(t, tt.schema.CQL())
		})
	}
	missing, err := coodie.Open[Shelf](db, coodie.WithKeyspace("no_such_keyspace"))
	require.NoError(t, err)
	_, err = coodie.Schema(db, missing).Sync(ctx)
	require.ErrorContains(t, err, "no_such_keyspace")
	require.Equal(t, coodie.KindInvalid, coodie.KindOf(err))
	require.ErrorContains(t, coodie.Schema(db, missing).Verify(ctx), "no_such_keyspace.shelf: table is missing")

	late, cancel := context.WithDeadline(ctx, time.Now())
	defer cancel()
	_, err = coodie.Schema(db, shelf).Sync(late)
	require.ErrorIs(t, err, coodie.ErrNotSent)
}

// Whatever way a program spells an option, Sync sets it once: the server has a spelling of its own.
func TestSyncOptionSpellings(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	type spelled map[string]string
	for i, tt := range []struct {
		name   string
		values []any
	}{
		{"speculative_retry", []any{"NONE", "never", "Always", "99PERCENTILE", "98.0p", "50.5MS", "min(99percentile,50ms)", "MAX(50ms, 99p)"}},
		{"additional_write_policy", []any{"NONE", "95PERCENTILE", "always"}},
		{"read_repair", []any{"none", "Blocking"}},
		{"compression", []any{
			spelled{"class": "SnappyCompressor"}, spelled{"class": "org.apache.cassandra.io.compress.LZ4Compressor", "chunk_length_in_kb": "64"}, spelled{"enabled": "false"},
			spelled{"class": "ZstdCompressor", "compression_level": "3", "enabled": "true"},
		}},
		{"compaction", []any{
			spelled{"class": "org.apache.cassandra.db.compaction.LeveledCompactionStrategy"}, spelled{"class": "SizeTieredCompactionStrategy", "enabled": "TRUE"},
			spelled{"class": "UnifiedCompactionStrategy"},
		}},
		{"caching", []any{spelled{"keys": "none"}, spelled{"keys": "all", "rows_per_partition": "10"}}},
		{"bloom_filter_fp_chance", []any{"0.20", 0.1, 1e-3}},
		{"gc_grace_seconds", []any{"3600", 60}},
		{"cdc", []any{"false", false}},
		{"memtable", []any{"default"}},
		{"min_index_interval", []any{"64", 128}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := fmt.Sprint("spelled", i)
			for _, value := range tt.values {
				if m, ok := value.(spelled); ok {
					value = map[string]string(m)
				}
				table, err := coodie.Open[Simple](over(t, s), coodie.WithTable(name), coodie.WithProperty(tt.name, value))
				require.NoError(t, err)
				_, err = coodie.Schema(nil, table).Sync(ctx)
				require.NoError(t, err, value)
				done, err := coodie.Schema(nil, table).Sync(ctx)
				require.NoError(t, err, value)
				require.Empty(t, done, value)
			}
		})
	}
	// Cassandra takes cdc where CDC is not enabled, and does not keep it.
	table, err := coodie.Open[Simple](over(t, s), coodie.WithTable("captured"), coodie.WithProperty("cdc", true))
	require.NoError(t, err)
	done, err := coodie.Schema(nil, table).Sync(ctx)
	var mismatch *coodie.MismatchError
	if errors.As(err, &mismatch) { // it is not
		require.Empty(t, done)
		require.Len(t, mismatch.Differences, 1)
		require.Contains(t, mismatch.Differences[0].Reason, "does not keep the value")
	} else {
		require.NoError(t, err)
	}
}
