package mapper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

const rawTable = `CREATE TABLE r (k int, c int, s int static, v int, name text, l list<text>, m map<text, int>, tu tuple<int, text>,
	a frozen<address>, at timestamp, d duration, n vector<float, 2>, PRIMARY KEY (k, c))`

// Raw CQL: writes of every type, rows taken by name over several pages, conditional statements,
// batches and changes of the schema.
func TestRaw(t *testing.T) {
	t.Parallel()
	db := over(t, connect(t))
	ctx := t.Context()
	exec := func(statement string, args ...any) {
		t.Helper()
		require.NoError(t, db.Raw(statement, args...).Exec(ctx), statement)
	}
	exec("CREATE TYPE address (street text, city text)")
	exec(rawTable)
	type Place struct{ Street, City *string }
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for c := range 5 {
		exec("INSERT INTO r (k, c, s, v, name, l, m, tu, a, at, d, n) VALUES (?, ?, ?, ?, ?, ?, ?, (?, ?), ?, ?, ?, ?)",
			1, c, int64(7), gocql.UnsetValue, nil, []string{"x", "y"}, map[string]int{"a": 1}, 5, "t", Place{City: ptr("ö")}, at,
			gocql.Duration{Months: 1}, []float32{1, 2})
	}
	exec("UPDATE r SET v = ?, name = ? WHERE k = ? AND c = ?", 3, "n", 1, 4)

	var cs []int
	for row, err := range db.Raw("SELECT * FROM r WHERE k = ?", 1).With(coodie.WithPageSize(2)).Rows(ctx) {
		require.NoError(t, err)
		var got struct {
			K, C  int
			Value *int `cql:"v"`
			Name  string
			L     []string
			M     map[string]int
			Place Place `cql:"a"`
			At    time.Time
			D     gocql.Duration
			N     [2]float32
			S     *int64
			Other string
		}
		require.NoError(t, row.Scan(&got))
		cs = append(cs, got.C)
		require.Equal(t, []string{"x", "y"}, got.L)
		require.Equal(t, map[string]int{"a": 1}, got.M)
		require.Equal(t, Place{City: ptr("ö")}, got.Place)
		require.Equal(t, at, got.At)
		require.Equal(t, gocql.Duration{Months: 1}, got.D)
		require.Equal(t, [2]float32{1, 2}, got.N)
		require.EqualValues(t, 7, *got.S)
		require.Equal(t, got.C == 4, got.Value != nil)
		want := coodie.StateAbsent
		if got.C == 4 {
			want = coodie.StatePresent
		}
		require.Equal(t, want, row.State("name"))
		require.Equal(t, coodie.StateUnknown, row.State("other"))
		require.Equal(t, []string{"k", "c", "s", "a", "at", "d", "l", "m", "n", "name", "tu", "v"}, row.Columns())
		all, err := row.Map()
		require.NoError(t, err)
		require.Len(t, all, 12)
		require.Equal(t, 1, all["k"])
	}
	require.Equal(t, []int{0, 1, 2, 3, 4}, cs)

	// Conditional statements, applied and refused; of a missing row Cassandra sends nothing.
	update := db.Raw("UPDATE r SET v = ? WHERE k = ? AND c = ? IF v = ? AND name = ?", 4, 1, 4, 3, "n")
	res, err := update.CAS(ctx)
	require.NoError(t, err)
	require.Equal(t, coodie.RawResult{Applied: true}, res)
	res, err = update.CAS(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Len(t, res.Existing, 1)
	require.Equal(t, []string{"v", "name"}, res.Existing[0].Columns())
	var v int
	require.NoError(t, res.Existing[0].Get("v", &v))
	require.Equal(t, 4, v)
	res, err = db.Raw("DELETE FROM r WHERE k = 9 AND c = 9 IF EXISTS").CAS(ctx)
	require.NoError(t, err)
	require.Equal(t, coodie.RawResult{}, res)

	res, err = db.Raw(`BEGIN BATCH UPDATE r SET v = 5 WHERE k = 1 AND c = ? IF v = ?; UPDATE r SET v = 5 WHERE k = 1 AND c = ? IF name = 'x' APPLY BATCH`, 4, 4, 3).CAS(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Len(t, res.Existing, 2, "one row for each that was conditioned")
	require.NoError(t, res.Existing[1].Get("c", &v))
	require.Equal(t, 4, v)

	// A read that Paxos ends; and what the server's own functions and clauses say.
	for row, err := range db.Raw("SELECT max(c) AS most, count(*) FROM r WHERE k = 1").With(coodie.WithLinearizable()).Rows(ctx) {
		require.NoError(t, err)
		require.NoError(t, row.Get("most", &v))
		require.Equal(t, 4, v)
		require.Equal(t, []string{"most", "count"}, row.Columns())
	}
	exec("BEGIN UNLOGGED BATCH DELETE FROM r WHERE k = 1 AND c = 0; INSERT INTO r JSON '{\"k\": 2, \"c\": 2}' APPLY BATCH")
	var left []string
	for row, err := range db.Raw("SELECT JSON k, c FROM r WHERE k IN (1, 2) PER PARTITION LIMIT 1").Rows(ctx) {
		require.NoError(t, err)
		var text string
		require.NoError(t, row.Get("[json]", &text))
		left = append(left, text)
	}
	require.Equal(t, []string{`{"k": 1, "c": 1}`, `{"k": 2, "c": 2}`}, left)

	exec("ALTER TABLE r ADD later int")
	exec("UPDATE r SET later = 1 WHERE k = 2 AND c = 2")
	exec("TRUNCATE r")
	for range db.Raw("SELECT * FROM r").Rows(ctx) {
		t.Fatal("a row is left")
	}
	exec("DROP TABLE r")
}

// What a raw statement can do wrong, and when that is seen.
func TestRawErrors(t *testing.T) {
	t.Parallel()
	db := over(t, connect(t))
	ctx := t.Context()
	require.NoError(t, db.Raw("CREATE TABLE w (k int PRIMARY KEY, v int, tu tuple<int, text>, l list<int>)").Exec(ctx))
	for statement, args := range map[string][]any{
		"INSERT INTO w (k) VALUES (1) IF NOT EXISTS": nil, // Exec would lose the answer
		"SELECT * FROM w":                           nil,        // or the rows
		"INSERT INTO w (k, v) VALUES (?, ?)":        {1},        // fewer values than markers
		"UPDATE w SET v = ? WHERE k = 1":            {"x"},      // not an int
		"UPDATE w SET v = ? WHERE k = 2":            {1 << 40},  // too great an int
		"UPDATE w SET tu = ? WHERE k = 1":           {[]int{1}}, // a tuple wants two markers
		"INSERT INTO w (k) VALUES (1; DROP TABLE w": nil,        // no CQL
	} {
		requireUsage(t, db.Raw(statement, args...).Exec(ctx))
	}
	for statement, says := range map[string]string{
		"DELETE FROM nowhere WHERE k = 1":       "table nowhere does not exist",
		"UPDATE w SET nothing = 1 WHERE k = 1":  "Undefined column name nothing",
		"DELETE FROM w WHERE v = 1":             "Some partition key parts are missing: k",
		"UPDATE w SET l[3] = 1 WHERE k = 1":     "Attempted to set an element on a list which is null",
		"ALTER TABLE w DROP k":                  "Cannot drop PRIMARY KEY column k",
		"CREATE TABLE w (k int PRIMARY KEY)":    "Cannot add already existing table",
		"INSERT INTO w (k, v) VALUES (1, null)": "",
	} {
		err := db.Raw(statement).Exec(ctx)
		if says == "" {
			require.NoError(t, err)
			continue
		}
		var refused *coodie.Error
		require.ErrorAs(t, err, &refused, statement)
		require.True(t, !refused.Unknown && refused.Kind < coodie.KindUsage, "%v", refused)
		require.Contains(t, strings.ToLower(err.Error()), strings.ToLower(says))
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, statement)
	}
	_, err := db.Raw("INSERT INTO w (k) VALUES (null) IF NOT EXISTS").CAS(ctx)
	require.ErrorContains(t, err, "Invalid null value")
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	for _, err := range db.Raw("SELECT * FROM w WHERE v = 1").Rows(ctx) {
		require.ErrorContains(t, err, "ALLOW FILTERING")
	}

	// CQL that the parser does not know goes through unparsed.
	require.NoError(t, db.Raw("UPDATE w SET v = 9 WHERE k = 9").Unparsed().Exec(ctx))
	res, err := db.Raw("UPDATE w SET v = ? WHERE k = ? IF v = 9", 10, 9).Unparsed().CAS(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
}
