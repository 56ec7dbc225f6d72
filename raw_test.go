package coodie

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
	"github.com/coodie-go/coodie/internal/rawcql"
)

// rawServer is a session on an embedded server with a table of everything that matters here.
func rawServer(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *gocql.Session) {
	t.Helper()
	srv := cqltest.RunT(t, append(opts, cqltest.WithKeyspace("app"), cqltest.WithSchema(`
		CREATE TYPE address (street text, city text);
		CREATE TABLE r (k int, c int, s int static, v int, name text, l list<text>, m map<text, int>, tu tuple<int, text>, a address,
			at timestamp, PRIMARY KEY (k, c));
		CREATE TABLE n (k int PRIMARY KEY, n counter)`))...)
	cluster := srv.Cluster()
	cluster.Timeout = 300 * time.Millisecond
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return srv, session
}

// TestRawRefused: what cannot be right is refused before anything is sent.
func TestRawRefused(t *testing.T) {
	ctx := context.Background()
	sender := &fake.Sender{}
	db, lwtOnly := newDB(sender, nil), newDB(sender, []Option{WithLWTOnly()})
	exec := func(r Raw) error { return r.Exec(ctx) }
	cas := func(r Raw) error { _, err := r.CAS(ctx); return err }
	rows := func(r Raw) error {
		for _, err := range r.Rows(ctx) {
			return err
		}
		return errors.New("no error")
	}
	for _, tt := range []struct {
		raw  Raw
		call func(Raw) error
		says string
	}{
		{db.Raw("INSERT INTO r (k) VALUES (1) IF NOT EXISTS"), exec, "use CAS"},
		{db.Raw("UPDATE r SET v = 1 WHERE k = 1 IF EXISTS"), exec, "use CAS"},
		{db.Raw("UPDATE r SET v = 1 WHERE k = 1 IF v = 2"), rows, "use CAS"},
		{db.Raw("DELETE FROM r WHERE k = 1 if v=2"), exec, "use CAS"},
		{db.Raw("BEGIN BATCH DELETE FROM r WHERE k = 1; UPDATE r SET v = 1 WHERE k = 1 IF v = 2; APPLY BATCH"), exec, "use CAS"},
		{db.Raw("UPDATE r SET v = 1 WHERE k = 1"), cas, "Exec or Rows"},
		{db.Raw("SELECT * FROM r"), cas, "Exec or Rows"},
		{db.Raw("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)"), cas, "Exec or Rows"},
		{db.Raw("SELECT * FROM r"), exec, "use Rows"},
		{db.Raw("DELETE FROM r WHERE k = 1"), rows, "use Exec"},
		{db.Raw("USE app"), exec, "keyspace"},
		{db.Raw("DELETE FROM r WHERE k = 1; DELETE FROM r WHERE k = 2"), exec, "one statement"},
		{db.Raw("DELETE FROM r WHERE k = ?"), exec, "1 markers and got 0 values"},
		{db.Raw("DELETE FROM r WHERE k = ?", 1, 2), exec, "1 markers and got 2 values"},
		{db.Raw("DELTE FROM r"), exec, "Unparsed"},
		{db.Raw(""), exec, "not understood"},
		{db.Raw("UPSERT r WITH ? IF x"), exec, "not understood"},
		{db.Raw("UPSERT r WITH ? IF x").Unparsed(), exec, "word IF"},
		{db.Raw("UPSERT r WITH 'what if'").Unparsed(), rows, "word IF"},
		{db.Raw("DELETE FROM r WHERE k = 1 IF EXISTS").With(WithIdempotent(true)), cas, "never idempotent"},
		{db.Raw("DELETE FROM r WHERE k = 1").With(WithLinearizable()), exec, "only a SELECT"},
		{db.Raw("SELECT * FROM r").With(WithLinearizable(), WithConsistency(One)), rows, "takes no other"},
		{db.Raw("SELECT * FROM r").With(WithConsistency(Consistency(Serial))), rows, "WithSerialConsistency"},
		{db.Raw("SELECT * FROM r").With(WithConsistency(Any)), rows, "ANY"},
		{db.Raw("DELETE FROM r WHERE k = 1 IF EXISTS").With(WithConsistency(Any)), cas, "ANY"},
		{db.Raw("SELECT * FROM r").With(WithPageSize(-1)), rows, "at least 1 row"},
		{db.Raw("SELECT * FROM r").With(WithPrefetch(7)), rows, "a share of a page"},
		{lwtOnly.Raw("DELETE FROM r WHERE k = 1"), exec, "WithLWTOnly"},
		{newDB(nil, nil).Raw("DELETE FROM r WHERE k = 1"), exec, "live session"},
		{Raw{}, exec, "live session"},
	} {
		t.Run(tt.raw.text+" "+tt.says, func(t *testing.T) {
			err := tt.call(tt.raw)
			var usage *Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.ErrorContains(t, err, tt.says)
		})
	}
	require.Empty(t, sender.Sent())
}

// TestRawIsSent: each with the guarantees of its kind.
func TestRawIsSent(t *testing.T) {
	ctx := context.Background()
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		if r.Kind == driver.CAS {
			return applied
		}
		return fake.Answer{}
	}}
	for name, tt := range map[string]struct {
		raw  func(*DB) Raw
		call rawcql.Call
		opts []Option
		want driver.Request // Kind, Consistency, Serial, PageSize, Replayable, Once, ClientTimestamp
	}{
		"write":             {func(db *DB) Raw { return db.Raw("DELETE FROM r WHERE k = 1") }, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Once: true}},
		"stamped":           {func(db *DB) Raw { return db.Raw("DELETE FROM r WHERE k = 1") }, rawcql.Exec, []Option{WithClientTimestamps()}, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Replayable: true, ClientTimestamp: true}},
		"its own timestamp": {func(db *DB) Raw { return db.Raw("DELETE FROM r USING TIMESTAMP 5 WHERE k = 1") }, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Replayable: true}},
		"a list":            {func(db *DB) Raw { return db.Raw("UPDATE r USING TIMESTAMP 5 SET l = ? WHERE k = 1", []string{"a"}) }, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Once: true}},
		"no list":           {func(db *DB) Raw { return db.Raw("UPDATE r USING TIMESTAMP 5 SET v = ? WHERE k = 1", 5) }, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Replayable: true}},
		"declared": {func(db *DB) Raw {
			return db.Raw("UPDATE n SET n = n + 1 WHERE k = 1").With(WithIdempotent(true))
		}, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Replayable: true}},
		"function":          {func(db *DB) Raw { return db.Raw("UPDATE r USING TIMESTAMP 5 SET at = currentTimestamp() WHERE k = 1") }, rawcql.Exec, nil, driver.Request{Kind: driver.Write, Consistency: driver.Quorum, Once: true}},
		"unlogged batch":    {func(db *DB) Raw { return db.Raw("BEGIN UNLOGGED BATCH DELETE FROM r WHERE k = 1; APPLY BATCH") }, rawcql.Exec, nil, driver.Request{Kind: driver.TextBatch, Consistency: driver.Quorum, Once: true}},
		"schema":            {func(db *DB) Raw { return db.Raw("DROP TABLE IF EXISTS r") }, rawcql.Exec, nil, driver.Request{Kind: driver.Schema, Consistency: driver.Quorum, Once: true}},
		"unparsed":          {func(db *DB) Raw { return db.Raw("FROBNICATE r").Unparsed().With(WithConsistency(One)) }, rawcql.Exec, nil, driver.Request{Kind: driver.TextBatch, Consistency: driver.One, Once: true}},
		"unparsed schema":   {func(db *DB) Raw { return db.Raw("CREATE THING IF NOT EXISTS r").Unparsed() }, rawcql.Exec, nil, driver.Request{Kind: driver.Schema, Consistency: driver.Quorum, Once: true}},
		"read":              {func(db *DB) Raw { return db.Raw("SELECT * FROM r").With(WithPageSize(7), WithConsistency(One)) }, rawcql.Rows, nil, driver.Request{Kind: driver.Read, Consistency: driver.One, PageSize: 7, Replayable: true}},
		"read once":         {func(db *DB) Raw { return db.Raw("SELECT * FROM r") }, rawcql.Rows, []Option{WithIdempotent(false)}, driver.Request{Kind: driver.Read, Consistency: driver.Quorum, Once: true}},
		"Scylla's":          {func(db *DB) Raw { return db.Raw("SELECT * FROM r BYPASS CACHE USING TIMEOUT 5s") }, rawcql.Rows, nil, driver.Request{Kind: driver.Read, Consistency: driver.Quorum, Replayable: true}},
		"serial read":       {func(db *DB) Raw { return db.Raw("SELECT * FROM r WHERE k = 1").With(WithLinearizable()) }, rawcql.Rows, []Option{WithSerialConsistency(LocalSerial)}, driver.Request{Kind: driver.SerialRead, Consistency: driver.Consistency(driver.LocalSerial), Serial: driver.LocalSerial, Replayable: true}},
		"LWT":               {func(db *DB) Raw { return db.Raw("DELETE FROM r WHERE k = 1 IF EXISTS") }, rawcql.CAS, []Option{WithIdempotent(true), WithClientTimestamps()}, driver.Request{Kind: driver.CAS, Consistency: driver.Quorum, Once: true, ClientTimestamp: true}},
		"LWT, local":        {func(db *DB) Raw { return db.Raw("DELETE FROM r WHERE k = 1 IF EXISTS").With(WithConsistency(LocalOne)) }, rawcql.CAS, []Option{WithSerialConsistency(LocalSerial)}, driver.Request{Kind: driver.CAS, Consistency: driver.LocalOne, Serial: driver.LocalSerial, Once: true}},
		"conditional batch": {func(db *DB) Raw { return db.Raw("BEGIN BATCH DELETE FROM r WHERE k = 1 IF EXISTS APPLY BATCH") }, rawcql.CAS, nil, driver.Request{Kind: driver.CAS, Consistency: driver.Quorum, Once: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []Event
			db := newDB(sender, append(tt.opts, WithObserver(ObserverFunc(func(_ context.Context, e Event) { seen = append(seen, e) }))))
			raw, err := tt.raw(db), error(nil)
			switch tt.call {
			case rawcql.Exec:
				err = raw.Exec(ctx)
			case rawcql.Rows:
				for _, err = range raw.Rows(ctx) {
				}
			case rawcql.CAS:
				var res RawResult
				res, err = raw.CAS(ctx)
				require.True(t, res.Applied)
			}
			require.NoError(t, err)
			sent := sender.Sent()
			got, want := sent[len(sent)-1], tt.want
			require.Equal(t, raw.text, got.Statement)
			require.True(t, got.Metadata, "columns may have changed since it was prepared")
			if want.Serial == 0 {
				want.Serial = driver.Serial
			}
			got.Statement, got.Values, got.Metadata, got.Reason = "", nil, false, ""
			require.Equal(t, want, got)
			require.Len(t, seen, 1)
			require.Equal(t, "raw", seen[0].Op)
			require.Equal(t, raw.text, seen[0].Statement)
			require.Equal(t, tt.call == rawcql.CAS, seen[0].Outcome == OutcomeApplied)
			require.Equal(t, got.Kind == driver.CAS || got.Kind == driver.SerialRead, seen[0].Paxos)
		})
	}
}

// TestRaw on both dialects: writes, rows taken by name, conditional statements.
func TestRaw(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			srv, session := rawServer(t, cqltest.WithDialect(dialect))
			db := New(session)
			insert := "INSERT INTO r (k, c, s, v, name, l, m, tu, a, at) VALUES (?, ?, ?, ?, ?, ?, ?, (?, ?), ?, ?)"
			type Place struct{ Street, City string }
			for c := range 5 {
				require.NoError(t, db.Raw(insert, 1, c, int64(7), gocql.UnsetValue, nil, []string{"x", "y"}, map[string]int{"a": 1}, 5, "t",
					Place{"s", "ö"}, epoch).Exec(ctx))
			}
			require.NoError(t, db.Raw("UPDATE r SET v = ?, name = ? WHERE k = ? AND c = ?", 3, "n", 1, 4).Exec(ctx))

			srv.ResetLog()
			n := 0
			for row, err := range db.Raw("SELECT k, c, v, name, l, m, tu, a, at FROM r WHERE k = ?", 1).With(WithPageSize(2)).Rows(ctx) {
				require.NoError(t, err)
				var got struct {
					K, C  int
					Value *int `cql:"v"`
					Name  string
					L     []string
					M     map[string]int
					Place `cql:"a"`
					At    time.Time
					Other string
				}
				require.NoError(t, row.Scan(&got))
				require.Equal(t, n, got.C)
				require.Equal(t, []string{"x", "y"}, got.L)
				require.Equal(t, map[string]int{"a": 1}, got.M)
				require.Equal(t, "ö", got.City)
				require.True(t, got.At.Equal(epoch))
				require.Equal(t, n == 4, got.Value != nil)
				want := StateAbsent
				if n == 4 {
					want = StatePresent
				}
				require.Equal(t, want, row.State("name"))
				require.Equal(t, StateUnknown, row.State("s"))
				var c int64
				require.NoError(t, row.Get("c", &c))
				require.EqualValues(t, n, c)
				all, err := row.Map()
				require.NoError(t, err)
				require.Len(t, all, 9)
				require.Equal(t, 1, all["k"])
				require.Equal(t, "k", row.Columns()[0])
				n++
			}
			require.Equal(t, 5, n)
			reads := srv.Log().Matching(cqltest.On(cqltest.Select, "r"))
			require.Len(t, reads, 3, "pages of two")
			require.False(t, reads[0].SkipMetadata)

			srv.ResetLog()
			for row, err := range db.Raw("SELECT c FROM r WHERE k = 1").With(WithPageSize(2)).Rows(ctx) {
				require.NoError(t, err)
				var s string
				var decode *Error
				require.ErrorAs(t, row.Get("c", &s), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Get("d", &s), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Get("c", s), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Get("c", nil), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Scan(&s), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Scan(nil), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				require.ErrorAs(t, row.Scan(&struct{ C string }{}), &decode)
				require.Equal(t, KindDecode, decode.Kind)
				break
			}
			require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Select, "r")), 1, "breaking off ends the reading")

			res, err := db.Raw("UPDATE r SET v = ? WHERE k = ? AND c = ? IF v = ? AND name = ?", 4, 1, 4, 3, "n").CAS(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.Nil(t, res.Existing)
			res, err = db.Raw("UPDATE r SET v = ? WHERE k = ? AND c = ? IF v = ? AND name = ?", 4, 1, 4, 3, "n").CAS(ctx)
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Len(t, res.Existing, 1)
			var v int
			require.NoError(t, res.Existing[0].Get("v", &v))
			require.Equal(t, 4, v)
			require.Equal(t, StateUnknown, res.Existing[0].State("[applied]"))
			require.Nil(t, res.Previous)

			res, err = db.Raw(`BEGIN BATCH UPDATE r SET v = 5 WHERE k = 1 AND c = ? IF v = ?;
				UPDATE r SET v = 5 WHERE k = 1 AND c = ? IF name = 'x' APPLY BATCH`, 4, 4, 3).CAS(ctx)
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Len(t, res.Existing, 2)

			res, err = db.Raw("DELETE FROM r WHERE k = 9 AND c = 9 IF EXISTS").CAS(ctx)
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.NoError(t, db.Raw("BEGIN BATCH DELETE FROM r WHERE k = 1; APPLY BATCH").Exec(ctx))
			require.NoError(t, db.Raw("TRUNCATE r").Exec(ctx))
			for range db.Raw("SELECT * FROM r").With(WithLinearizable()).Rows(ctx) {
				require.Fail(t, "no rows are left")
			}
		})
	}
}

// TestRawErrors: values that do not fit are definite, and what may have been executed is not.
func TestRawErrors(t *testing.T) {
	ctx := context.Background()
	srv, session := rawServer(t)
	db := New(session)
	var usage *Error
	require.ErrorAs(t, db.Raw("UPDATE r SET v = ? WHERE k = 1 AND c = 1", int64(1)<<40).Exec(ctx), &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.ErrorAs(t, db.Raw("UPDATE r SET v = ? WHERE k = 1 AND c = 1", "x").Exec(ctx), &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.ErrorAs(t, db.Raw("UPDATE r SET tu = ? WHERE k = 1 AND c = 1", struct{ A int }{1}).Exec(ctx), &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.ErrorContains(t, usage, "(?, ?)")
	_, err := db.Raw("UPDATE r SET v = 1 WHERE k = ? AND c = 1 IF EXISTS", "x").CAS(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Write)))

	var query *Error
	require.ErrorAs(t, db.Raw("DELETE FROM missing WHERE k = 1").Exec(ctx), &query)
	require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorAs(t, db.Raw("DELETE FROM r WHERE k = 1").Exec(ended), &query)
	require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
	require.ErrorIs(t, query, context.Canceled)

	for name, steps := range map[string][]cqltest.Step{
		"timeout": {cqltest.Apply, cqltest.WriteTimeout("CAS")}, "silence": {cqltest.Apply, cqltest.LoseAnswer}, "cut": {cqltest.Apply, cqltest.CloseConnection},
	} {
		fault := srv.Fault(cqltest.On(cqltest.Write), steps...)
		res, err := db.Raw("INSERT INTO r (k, c) VALUES (2, 2) IF NOT EXISTS").CAS(ctx)
		require.ErrorIs(t, err, ErrOutcomeUnknown, name)
		require.False(t, res.Applied)
		var unknown *Error
		require.ErrorAs(t, err, &unknown)
		require.True(t, unknown.Unknown)
		require.Equal(t, "r", unknown.Table)
		require.Equal(t, 1, fault.Hits(), "sent once")
		fault.Remove()
		require.Eventually(t, func() bool { return db.Raw("DELETE FROM r WHERE k = 3").Exec(ctx) == nil }, 5*time.Second, 10*time.Millisecond)
		fault = srv.Fault(cqltest.On(cqltest.Write), steps...)
		require.ErrorIs(t, db.Raw("DELETE FROM r WHERE k = 1").Exec(ctx), ErrOutcomeUnknown, name)
		fault.Remove()
		require.Eventually(t, func() bool { return db.Raw("DELETE FROM r WHERE k = 3").Exec(ctx) == nil }, 5*time.Second, 10*time.Millisecond)
	}
	for _, err := range db.Raw("SELECT * FROM missing").Rows(ctx) {
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
	}
	// An Unavailable of one partition says nothing of another that came before it.
	defer srv.Fault(cqltest.On(cqltest.Write), cqltest.Unavailable()).Remove()
	require.ErrorIs(t, db.Raw("BEGIN UNLOGGED BATCH DELETE FROM r WHERE k = 1; DELETE FROM r WHERE k = 2; APPLY BATCH").Exec(ctx), ErrOutcomeUnknown)
	require.ErrorAs(t, db.Raw("DELETE FROM r WHERE k = 1").Exec(ctx), &query)
	require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
}

// TestRawPassword: neither an error nor an event has the password of a role.
func TestRawPassword(t *testing.T) {
	_, session := rawServer(t) // which has no roles
	var shown []string
	db := New(session, WithObserver(ObserverFunc(func(_ context.Context, e Event) { shown = append(shown, e.Statement) })))
	for _, text := range []string{
		"CREATE ROLE bob WITH PASSWORD = 'secret' AND LOGIN = true",
		"ALTER USER bob WITH PASSWORD 'secret'",
	} {
		err := db.Raw(text).Exec(context.Background())
		require.ErrorContains(t, err, "PASSWORD")
		require.NotContains(t, err.Error(), "secret")
	}
	err := db.Raw("CREATE ROLE bob WITH PASSWORD = 'secret' LOGIN = true").Exec(context.Background())
	require.ErrorContains(t, err, "the CQL is not understood")
	require.NotContains(t, err.Error(), "secret")
	require.Len(t, shown, 2)
	require.NotContains(t, shown[0]+shown[1], "secret")
}
