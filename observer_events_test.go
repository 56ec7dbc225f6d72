package coodie

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// heard is a DB on a sender of canned answers, whose events are kept.
func heard(opts ...Option) (db *DB, events *[]Event) {
	events = new([]Event)
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		if r.Kind == driver.CAS {
			return applied
		}
		return fake.Answer{}
	}}
	return newDB(sender, append(opts, WithObserver(ObserverFunc(func(_ context.Context, e Event) { *events = append(*events, e) })))), events
}

type noted struct {
	K string `cql:"k,partition"`
	V int    `cql:"v"`
}

// TestEventKinds: an event tells what it is about, whether the statement was built or is raw CQL.
func TestEventKinds(t *testing.T) {
	ctx := t.Context()
	db, events := heard()
	table, err := Open[noted](db)
	require.NoError(t, err)
	row := table.New(noted{K: "a"})
	exec := func(r Raw) error { return r.Exec(ctx) }
	cas := func(r Raw) error { _, err := r.CAS(ctx); return err }
	rows := func(r Raw) error {
		for _, err := range r.Rows(ctx) {
			return err
		}
		return nil
	}
	batched := func(add func(*Batch)) error {
		batch := db.Batch()
		add(batch)
		return batch.Exec(ctx)
	}
	for name, tt := range map[string]struct {
		call func() error
		kind EventKind
	}{
		"read": {func() error { _, err := table.Find().All(ctx); return err }, EventRead},
		"serial read": {func() error {
			_, err := table.Find().Filter(AnyCol(table, "k").Eq("a")).With(WithLinearizable()).Exists(ctx)
			return err
		}, EventSerialRead},
		"write":                 {func() error { return row.Save(ctx) }, EventWrite},
		"LWT":                   {func() error { _, err := row.IfExists().Delete(ctx); return err }, EventLWT},
		"batch":                 {func() error { return batched(func(b *Batch) { row.SaveIn(b) }) }, EventWrite},
		"conditional batch":     {func() error { return batched(func(b *Batch) { row.IfExists().DeleteIn(b) }) }, EventLWT},
		"create":                {func() error { return Schema(db, table).Create(ctx) }, EventDDL},
		"truncate":              {func() error { return table.Truncate(ctx) }, EventDDL},
		"drop":                  {func() error { return Schema(db, table).Drop(ctx) }, EventDDL},
		"raw read":              {func() error { return rows(db.Raw("SELECT * FROM noted")) }, EventRead},
		"raw serial read":       {func() error { return rows(db.Raw("SELECT * FROM noted WHERE k = 'a'").With(WithLinearizable())) }, EventSerialRead},
		"raw write":             {func() error { return exec(db.Raw("DELETE FROM noted WHERE k = 'a'")) }, EventWrite},
		"raw LWT":               {func() error { return cas(db.Raw("INSERT INTO noted (k) VALUES ('a') IF NOT EXISTS")) }, EventLWT},
		"raw batch":             {func() error { return exec(db.Raw("BEGIN BATCH DELETE FROM noted WHERE k = 'a' APPLY BATCH")) }, EventWrite},
		"raw unlogged batch":    {func() error { return exec(db.Raw("BEGIN UNLOGGED BATCH DELETE FROM noted WHERE k = 'a' APPLY BATCH")) }, EventWrite},
		"raw conditional batch": {func() error { return cas(db.Raw("BEGIN BATCH DELETE FROM noted WHERE k = 'a' IF EXISTS APPLY BATCH")) }, EventLWT},
		"raw DDL":               {func() error { return exec(db.Raw("DROP TABLE IF EXISTS noted")) }, EventDDL},
		"raw truncate":          {func() error { return exec(db.Raw("TRUNCATE noted")) }, EventDDL},

		"unparsed read":        {func() error { return rows(db.Raw("SELECT @ FROM noted").Unparsed()) }, EventRead},
		"unparsed serial read": {func() error { return rows(db.Raw("SELECT @ FROM noted").Unparsed().With(WithLinearizable())) }, EventSerialRead},
		"unparsed, discarded":  {func() error { return exec(db.Raw("/* all */ select @ FROM noted").Unparsed()) }, EventRead},
		"unparsed write":       {func() error { return exec(db.Raw("UPSERT noted").Unparsed()) }, EventWrite},
		"unparsed LWT":         {func() error { return cas(db.Raw("UPSERT noted IF NEW").Unparsed()) }, EventLWT},
		"unparsed DDL":         {func() error { return exec(db.Raw("-- new\n CREATE THING IF NOT EXISTS noted").Unparsed()) }, EventDDL},
		"unparsed truncate":    {func() error { return exec(db.Raw("TRUNCATE ALL noted").Unparsed()) }, EventDDL},
	} {
		t.Run(name, func(t *testing.T) {
			*events = nil
			require.NoError(t, tt.call())
			require.Len(t, *events, 1)
			e := (*events)[0]
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, e.Kind == EventLWT || e.Kind == EventSerialRead, e.Paxos)
		})
	}
}

// TestMemoryIsBounded: what a DB keeps of texts and tables does not grow with data.
func TestMemoryIsBounded(t *testing.T) {
	ctx := t.Context()
	db, events := heard()
	table, err := Open[noted](db)
	require.NoError(t, err)
	for i := range 3000 {
		_, err := table.InKeyspace(fmt.Sprint("tenant", i))
		require.NoError(t, err)
		require.NoError(t, db.Raw(fmt.Sprintf("DELETE FROM noted WHERE k = '%d'", i)).Exec(ctx))
	}
	require.LessOrEqual(t, len(table.copies.made), maxCopies)
	require.LessOrEqual(t, len(db.texts.seen), manyShapes+1)
	warned := 0
	for _, e := range *events {
		if e.Warning != "" {
			warned++
		}
	}
	require.Equal(t, 1, warned)
}

// TestUnparsedIF: the word IF is seen wherever a server would see it, as in texts that the parser
// understands and finds a condition in.
func TestUnparsedIF(t *testing.T) {
	ctx := t.Context()
	db, events := heard()
	refused := func(text string) bool {
		err := db.Raw(text).Unparsed().Exec(ctx)
		if err != nil {
			require.IsType(t, &Error{Kind: KindUsage}, err)
		}
		return err != nil
	}
	for _, before := range []string{
		"1", "-1", "0x1", "0xab", "0XFE", "0x", "1.5", "1.", "1.5e3", "1.e5", "1e-5", "1E+5", "1h", "1h30m", "2mo", "5us", "5µs", "-3d12h5ns",
		"P1Y", "PT2H", "P1Y2M3DT4H5M6S", "P5W", "P0001-02-03T04:05:06", "-NaN", "-Infinity",
		"123e4567-e89b-12d3-a456-426614174000", "ABCDEFAB-ABCD-ABCD-ABCD-ABCDEFABCDEF", "'x'", "'it''s'", "$$x$$", "?", "(1)", "{1}", "[1]",
		"f()", "1 ", "1\n", "1/* */", "1-- x\n", "1// x\n", "x ", "true ", "null\t",
	} {
		for _, word := range []string{"IF", "if", "If"} {
			for _, after := range []string{" v = 99", " EXISTS", "/**/v = 1", "-- x\nv = 1", "\nv IN (1)", "\"v\" = 1"} {
				text := "DELETE FROM r WHERE k = " + before + word + after
				stmt, err := cqlparse.Parse(text)
				if err == nil {
					require.True(t, cqlparse.HasCondition(stmt), "%q", text)
				}
				require.True(t, refused(text), "%q", text)
				require.True(t, refused("UPSERT "+text), "%q, not understood", text)
			}
		}
	}
	for _, text := range []string{
		"DELETE FROM r WHERE knif = 1", "DELETE FROM r WHERE k = :notif", "DELETE FROM r WHERE k = \"a if\"", "DELETE FROM r WHERE k = ifx",
		"DELETE FROM r WHERE if2 = 1", "DELETE FROM ks.notif WHERE k = a_1if", "DELETE FROM r WHERE e5if = 1",
	} {
		stmt, err := cqlparse.Parse(text)
		require.True(t, err != nil || !cqlparse.HasCondition(stmt), "%q", text)
		require.Equal(t, strings.Contains(text, " if\""), refused(text), "%q: what is quoted is not told from the rest", text)
	}
	for _, e := range *events {
		require.NotEqual(t, EventLWT, e.Kind)
	}
}

type spread struct {
	K string `cql:"k,partition"`
	C int    `cql:"c,clustering"`
	V int    `cql:"v"`
}

// TestUnloggedBatchOverPartitions: observers and plans are warned of an unlogged batch over more partitions than the
// server would put up with in silence.
func TestUnloggedBatchOverPartitions(t *testing.T) {
	ctx := t.Context()
	db, events := heard()
	table, err := Open[spread](db)
	require.NoError(t, err)
	rows := func(b *Batch, partitions, of int) *Batch {
		for i := range partitions {
			for c := range of {
				table.New(spread{K: fmt.Sprint(i), C: c}).SaveIn(b)
			}
		}
		return b
	}
	for name, tt := range map[string]struct {
		batch *Batch
		warns bool
	}{
		"ten":    {rows(db.UnloggedBatch(), 10, 2), false},
		"eleven": {rows(db.UnloggedBatch(), 11, 1), true},
		"thirty": {rows(db.UnloggedBatch(), 30, 3), true},
		"one":    {rows(db.UnloggedBatch(), 1, 40), false},
		"logged": {rows(db.Batch(), 11, 1), false},
		"by In": {func() *Batch {
			b := db.UnloggedBatch()
			table.Find(AnyCol(table, "k").In(keys(11)...)).DeleteIn(b)
			return b
		}(), true},
		"conditional, one": {func() *Batch { b := db.UnloggedBatch(); table.New(spread{K: "a"}).IfExists().DeleteIn(b); return b }(), false},
	} {
		t.Run(name, func(t *testing.T) {
			*events = nil
			require.NoError(t, tt.batch.Exec(ctx))
			require.Len(t, *events, 1)
			require.Equal(t, tt.warns, strings.Contains((*events)[0].Warning, "an unlogged batch over"), (*events)[0].Warning)
		})
	}
	plan, err := Plan(ctx, rows(db.UnloggedBatch(), 11, 1).Exec)
	require.NoError(t, err)
	require.Contains(t, plan[0].Warnings[0], "11 partitions")
}

func keys(n int) (out []any) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// TestWarnedBatchIsExecuted: a warning refuses nothing.
func TestWarnedBatchIsExecuted(t *testing.T) {
	ctx := t.Context()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	var warned string
	db := New(session, WithObserver(ObserverFunc(func(_ context.Context, e Event) { warned += e.Warning })))
	table, err := Open[spread](db)
	require.NoError(t, err)
	require.NoError(t, Schema(db, table).Create(ctx))
	batch := db.UnloggedBatch()
	for i := range 30 {
		table.New(spread{K: fmt.Sprint(i)}).SaveIn(batch)
	}
	require.NoError(t, batch.Exec(ctx))
	require.Contains(t, warned, "30 partitions")
	n, err := table.Find().Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 30, n)
}
