package cqltest_test

import (
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/cqltest"
)

func TestValues(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TYPE address (street text, no int)"))
	id := gocql.MustRandomUUID()
	day := time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	at := time.Date(2024, 2, 29, 12, 30, 0, 123e6, time.UTC)
	for _, test := range []struct {
		typ  string
		bind any
		want any // nil: what was bound
	}{
		{"ascii", "abc", nil},
		{"text", "äöü", nil},
		{"text", "", nil},
		{"tinyint", int8(-5), nil},
		{"smallint", int16(-500), nil},
		{"int", -5, nil},
		{"int", uint8(5), 5},
		{"int", "17", 17},
		{"bigint", int64(1) << 40, nil},
		{"varint", new(big.Int).Lsh(big.NewInt(1), 80), nil},
		{"varint", 5, big.NewInt(5)},
		{"decimal", inf.NewDec(-12345, 2), nil},
		{"decimal", 7, inf.NewDec(7, 0)},
		{"float", float32(1.5), nil},
		{"double", 1.5, nil},
		{"double", 2, 2.0},
		{"boolean", true, nil},
		{"boolean", false, nil},
		{"blob", []byte{1, 2, 3}, nil},
		{"blob", []byte{}, nil},
		{"uuid", id, nil},
		{"uuid", uuid.UUID(id), id},
		{"uuid", id.String(), id},
		{"timeuuid", gocql.UUIDFromTime(at), nil},
		{"timestamp", at, nil},
		{"timestamp", at.In(time.FixedZone("", 3600)), at},
		{"timestamp", cqltest.Empty{}, nil},
		{"date", day, nil},
		{"date", day.Add(12 * time.Hour), day},
		{"date", "1969-12-31", day},
		{"time", 13*time.Hour + 7, nil},
		{"duration", gocql.Duration{Months: 1, Days: 2, Nanoseconds: 3}, nil},
		{"inet", net.IP{10, 0, 0, 1}, nil},
		{"inet", net.ParseIP("10.0.0.1"), net.IP{10, 0, 0, 1}},
		{"inet", netip.MustParseAddr("::1"), net.ParseIP("::1")},
		{"list<int>", []int{3, 1, 2}, nil},
		{"set<text>", []string{"b", "a", "b"}, []string{"a", "b"}},
		{"map<text, int>", map[string]int{"a": 1, "b": 2}, nil},
		{"frozen<map<blob, int>>", map[string]int{"\x01": 1}, map[string]int{"0x01": 1}},
		{"frozen<list<frozen<set<int>>>>", [][]int{{2, 1}, {3}}, [][]int{{1, 2}, {3}}},
		{"vector<float, 3>", []float32{1, 2, 3}, nil},
		{"tuple<int, text>", []any{1, "a"}, nil},
		{"tuple<int, text>", []any{1, nil}, nil},
		{"address", map[string]any{"street": "Elm", "no": 5}, nil},
		{"address", map[string]any{"street": "Elm"}, map[string]any{"street": "Elm", "no": nil}},
		{"frozen<list<frozen<address>>>", []map[string]any{{"street": "Elm", "no": nil}}, nil},
	} {
		t.Run(test.typ, func(t *testing.T) {
			srv.MustExec("DROP TABLE IF EXISTS t")
			srv.MustExec("CREATE TABLE t (k int PRIMARY KEY, v " + test.typ + ")")
			srv.MustExec("INSERT INTO t (k, v) VALUES (?, ?)", 1, test.bind)
			srv.MustExec("INSERT INTO t (k, v) VALUES (?, ?)", 2, nil)
			srv.MustExec("INSERT INTO t (k, v) VALUES (?, ?)", 3, gocql.UnsetValue)
			want := test.want
			if want == nil {
				want = test.bind
			}
			require.Equal(t, []cqltest.Row{{"v": want}}, srv.MustRows("SELECT v FROM t WHERE k = 1"))
			require.Equal(t, []cqltest.Row{{"v": nil}, {"v": nil}}, srv.MustRows("SELECT v FROM t WHERE k IN (2, 3)"))
		})
	}
}

func TestArgumentsThatDoNotFit(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema(`
		CREATE TYPE address (street text);
		CREATE TABLE t (k int PRIMARY KEY, s smallint, x text, l list<int>, m map<text, int>, p frozen<tuple<int>>, a address, u uuid, d date)`))
	for column, arg := range map[string]any{
		"s": 40_000, "x": 5, "l": []string{"x"}, "m": map[string]string{"a": "x"},
		"p": []any{1, 2}, "a": map[string]any{"nowhere": 1}, "u": "nonsense", "d": 1.5, "k": struct{}{},
	} {
		require.Error(t, srv.Exec("UPDATE t SET "+column+" = ? WHERE k = 1", arg), column)
	}
	require.ErrorContains(t, srv.Exec("INSERT INTO t (k, s) VALUES (?, ?)", 1), "1 arguments for 2 bind markers")
}

func TestDirectErrors(t *testing.T) {
	srv := cqltest.RunT(t)
	var refused *cqltest.Error
	require.ErrorAs(t, srv.Exec("SELECT * FROM nowhere.t"), &refused)
	require.Equal(t, 0x2200, refused.Code)
	require.ErrorAs(t, srv.Exec("SELEC * FROM t"), &refused)
	require.Equal(t, 0x2000, refused.Code)
	_, err := srv.Rows("SELECT * FROM nowhere.t")
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, srv.Exec("CREATE KEYSPACE a WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}; USE b;"), "USE b: ")

	own, err := cqltest.Run()
	require.NoError(t, err)
	defer own.Close()
	require.Panics(t, func() { own.MustExec("nonsense") }, "no test to end")
	require.Panics(t, func() { own.MustRows("nonsense") })
}

func TestScriptsAndUse(t *testing.T) {
	srv := cqltest.RunT(t)
	srv.MustExec(`
		CREATE KEYSPACE "Shop" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
		USE "Shop"; // lasts
		CREATE TABLE t (k int PRIMARY KEY, v text);
		INSERT INTO t (k, v) VALUES (1, 'a;b')
	`)
	require.Equal(t, []cqltest.Row{{"k": 1, "v": "a;b"}}, srv.MustRows("SELECT * FROM t"))
	require.Equal(t, []cqltest.Row{{"[applied]": false, "k": 1, "v": "a;b"}},
		srv.MustRows("INSERT INTO t (k, v) VALUES (?, ?) IF NOT EXISTS", 1, "c"))
}

func TestKeyspaceOfClients(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("Shop"), cqltest.WithSchema("CREATE TABLE t (k int PRIMARY KEY)"))
	require.NoError(t, connect(t, srv).Query("SELECT * FROM t").Exec())
	require.Len(t, srv.MustRows(`SELECT * FROM system_schema.tables WHERE keyspace_name = 'Shop'`), 1)
}

func TestSnapshot(t *testing.T) {
	srv, session := start(t)
	srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')")
	held := srv.Snapshot()

	for range 2 {
		require.NoError(t, session.Query("DELETE FROM locks WHERE name = ?", "deploy").Exec())
		require.NoError(t, session.Query("CREATE TABLE extra (k int PRIMARY KEY)").Exec())
		require.NoError(t, session.Query("INSERT INTO extra (k) VALUES (?)", 1).Exec())
		require.Nil(t, owner(srv))

		srv.Restore(held)
		require.Equal(t, "alice", owner(srv))
		require.Error(t, srv.Exec("SELECT * FROM extra"))
		var name string
		require.NoError(t, session.Query("SELECT owner FROM locks WHERE name = ?", "deploy").Scan(&name), "the session goes on")
	}
}

func TestReset(t *testing.T) {
	srv, session := start(t, cqltest.WithSchema("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')"))
	srv.MustExec("CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}; USE other")
	srv.Fault(cqltest.On(cqltest.Any), cqltest.Overloaded())
	require.Error(t, session.Query("TRUNCATE locks").RetryPolicy(nil).Exec())

	srv.Reset()
	require.Empty(t, srv.Log())
	require.NoError(t, session.Query("SELECT * FROM locks").Exec(), "no fault")
	require.Equal(t, "alice", owner(srv), "what the options made is there")
	require.Error(t, srv.Exec("USE other"))
}

func TestTruncate(t *testing.T) {
	srv, _ := start(t)
	srv.MustExec("INSERT INTO locks (name) VALUES ('a')")
	srv.Truncate()
	require.Empty(t, srv.MustRows("SELECT * FROM locks"))
}

func TestFastForward(t *testing.T) {
	srv, session := start(t)
	require.NoError(t, session.Query("INSERT INTO locks (name, owner) VALUES (?, ?) USING TTL 30", "deploy", "alice").Exec())
	before := srv.Now()
	srv.FastForward(29 * time.Second)
	require.Equal(t, "alice", owner(srv))
	srv.FastForward(2 * time.Second)
	require.Nil(t, owner(srv))
	require.GreaterOrEqual(t, srv.Now().Sub(before), 31*time.Second)
}

func TestClock(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	srv := cqltest.RunT(t, cqltest.WithClock(func() time.Time { return now }), cqltest.WithKeyspace("app"), cqltest.WithSchema(locks))
	srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice') USING TTL 10")
	require.Equal(t, now.UnixMicro(), srv.MustRows("SELECT writetime(owner) AS w FROM locks")[0]["w"])
	now = now.Add(11 * time.Second)
	require.Nil(t, owner(srv))
}
