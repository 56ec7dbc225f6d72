package cqltest_test

import (
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// What ScyllaDB answers otherwise than Cassandra, as its own recordings have it.
func TestScyllaAnswers(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("ks"), cqltest.WithSchema(`
		CREATE TABLE t (p int, c int, s int static, v int, w text, l list<int>, m map<text, int>, PRIMARY KEY (p, c));
		INSERT INTO t (p, c, v, w) VALUES (1, 1, 1, 'abc');
		INSERT INTO t (p, c, v, w) VALUES (1, 2, 2, 'a%c');
		INSERT INTO t (p, s) VALUES (2, 20);
		UPDATE t SET l = [7], m = {'a': 1} WHERE p = 1 AND c = 1`))
	rows := func(cql string) []cqltest.Row { return srv.MustRows(cql) }
	type row = cqltest.Row

	// A static row that is not there shows the key only of a partition that is.
	require.Equal(t, []row{{"[applied]": false, "p": 1, "c": nil, "s": nil, "v": nil, "w": nil, "l": nil, "m": nil}}, rows("UPDATE t SET s = 1 WHERE p = 1 IF EXISTS"))
	require.Equal(t, []row{{"[applied]": false, "p": nil, "c": nil, "s": nil, "v": nil, "w": nil, "l": nil, "m": nil}}, rows("UPDATE t SET s = 1 WHERE p = 9 IF EXISTS"))
	// Existence of a row shows nothing of one that is not there, a condition the static column.
	require.Equal(t, []row{{"[applied]": false, "p": nil, "c": nil, "s": nil, "v": nil, "w": nil, "l": nil, "m": nil}}, rows("UPDATE t SET v = 1 WHERE p = 2 AND c = 1 IF EXISTS"))
	require.Equal(t, []row{{"[applied]": false, "s": 20, "v": nil}}, rows("UPDATE t SET v = 1 WHERE p = 2 AND c = 1 IF s = 20 AND v = 1"))

	// An element at null, or before the first, is null.
	for condition, applied := range map[string]bool{
		"m[null] = null": true, "m[null] = 1": false, "l[null] = null": true, "l[null] = 7": false, "l[-1] = 7": false, "l[0] = 7": true, "l[5] = null": true,
	} {
		require.Equal(t, applied, rows("UPDATE t SET v = 1 WHERE p = 1 AND c = 1 IF " + condition)[0]["[applied]"], condition)
	}
	var refused *cqltest.Error
	require.ErrorAs(t, srv.Exec("UPDATE t SET v = 1 WHERE p = 1 AND c = 1 IF v > null"), &refused)
	require.Equal(t, 0x2200, refused.Code)

	// LIKE needs no index, but ALLOW FILTERING.
	for pattern, want := range map[string]int{"a%": 2, "a_c": 2, "%b%": 1, `a\%c`: 1, "abc": 1, "": 0, "b%": 0} {
		require.Len(t, rows("SELECT c FROM t WHERE w LIKE '"+pattern+"' ALLOW FILTERING"), want, pattern)
	}
	require.ErrorContains(t, srv.Exec("SELECT c FROM t WHERE w LIKE 'a%'"), "ALLOW FILTERING")
	require.Error(t, srv.Exec("SELECT c FROM t WHERE v LIKE 'a%' ALLOW FILTERING"))
	require.Equal(t, true, rows("UPDATE t SET v = 1 WHERE p = 1 AND c = 1 IF w LIKE '_b_'")[0]["[applied]"])

	require.Len(t, rows("SELECT dateof(now()), unixtimestampof(now()) FROM system.local"), 1)
	require.Error(t, cqltest.RunT(t).Exec("SELECT dateof(now()) FROM system.local"))
}

// A local index serves what names the partition, and nothing else.
func TestScyllaLocalIndex(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("ks"), cqltest.WithSchema(`
		CREATE TABLE t (p int, c int, v int, PRIMARY KEY (p, c));
		CREATE INDEX tv ON t ((p), v);
		INSERT INTO t (p, c, v) VALUES (1, 1, 7);
		INSERT INTO t (p, c, v) VALUES (1, 2, 8);
		INSERT INTO t (p, c, v) VALUES (2, 1, 7)`))
	require.Equal(t, []cqltest.Row{{"c": 1}}, srv.MustRows("SELECT c FROM t WHERE p = 1 AND v = 7"))
	require.ErrorContains(t, srv.Exec("SELECT c FROM t WHERE v = 7"), "ALLOW FILTERING")
	require.Error(t, srv.Exec("CREATE INDEX ON t ((c), v)"))
	require.Contains(t, srv.MustRows("DESCRIBE INDEX tv")[0]["create_statement"], "ON ks.t ((p), v);")
	require.Equal(t, map[string]string{"target": `{"pk": ["p"], "ck": ["v"]}`},
		srv.MustRows("SELECT options FROM system_schema.indexes WHERE keyspace_name = 'ks'")[0]["options"])
}

// SCYLLA_CLUSTERING_BOUND goes by the order of the rows, not of the values.
func TestScyllaClusteringBound(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("ks"), cqltest.WithSchema(`
		CREATE TABLE t (p int, a int, b int, PRIMARY KEY (p, a, b)) WITH CLUSTERING ORDER BY (a DESC, b ASC);
		INSERT INTO t (p, a, b) VALUES (1, 2, 1);
		INSERT INTO t (p, a, b) VALUES (1, 2, 2);
		INSERT INTO t (p, a, b) VALUES (1, 1, 1);
		INSERT INTO t (p, a, b) VALUES (1, 1, 2)`))
	at := func(where string) (list [][2]int) {
		for _, r := range srv.MustRows("SELECT a, b FROM t WHERE p = 1 AND " + where) {
			list = append(list, [2]int{r["a"].(int), r["b"].(int)})
		}
		return list
	}
	require.Equal(t, [][2]int{{2, 2}, {1, 1}, {1, 2}}, at("SCYLLA_CLUSTERING_BOUND (a, b) > (2, 1)"))
	require.Equal(t, [][2]int{{2, 1}, {2, 2}, {1, 1}}, at("SCYLLA_CLUSTERING_BOUND (a, b) <= (1, 1)"))
	require.Equal(t, [][2]int{{2, 2}, {1, 1}}, at("SCYLLA_CLUSTERING_BOUND (a, b) > (2, 1) AND SCYLLA_CLUSTERING_BOUND (a, b) < (1, 2)"))
	require.Equal(t, [][2]int{{1, 1}, {1, 2}}, at("SCYLLA_CLUSTERING_BOUND (a) > (2)"))
	require.Equal(t, [][2]int{{2, 2}}, at("(a, b) > (2, 1)"), "values go by their own order")
	require.Error(t, srv.Exec("SELECT a FROM t WHERE p = 1 AND SCYLLA_CLUSTERING_BOUND (a, b) = (1, 1)"))
	require.Error(t, cqltest.RunT(t, cqltest.WithKeyspace("ks"), cqltest.WithSchema("CREATE TABLE t (p int, a int, PRIMARY KEY (p, a))")).
		Exec("SELECT a FROM t WHERE p = 1 AND SCYLLA_CLUSTERING_BOUND (a) > (1)"))
}

// The elements of a list are ordered by the timestamps of what wrote them.
func TestScyllaListTimestamps(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("ks"), cqltest.WithSchema("CREATE TABLE t (k int PRIMARY KEY, l list<int>)"))
	const base = "160710000000000"
	for _, step := range []struct {
		cql  string
		want []int
	}{
		{"UPDATE t USING TIMESTAMP " + base + "5 SET l = l + [3] WHERE k = 1", []int{3}},
		{"UPDATE t USING TIMESTAMP " + base + "5 SET l = l + [2] WHERE k = 1", []int{3}},
		{"UPDATE t USING TIMESTAMP " + base + "5 SET l = l + [1, 5] WHERE k = 1", []int{3, 5}},
		{"UPDATE t USING TIMESTAMP " + base + "7 SET l = l + [9] WHERE k = 1", []int{3, 5, 9}},
		{"UPDATE t USING TIMESTAMP " + base + "6 SET l = l + [8] WHERE k = 1", []int{3, 5, 8, 9}},
		{"UPDATE t USING TIMESTAMP " + base + "1 SET l = [1, 2] + l WHERE k = 1", []int{1, 2, 3, 5, 8, 9}},
		{"BEGIN BATCH USING TIMESTAMP " + base + "0 UPDATE t SET l = [-1] + l WHERE k = 1; UPDATE t SET l = [-3, -2] + l WHERE k = 1; UPDATE t SET l = l + [0] WHERE k = 1; APPLY BATCH",
			[]int{1, 2, -3, -2, -1, 0, 3, 5, 8, 9}},
	} {
		srv.MustExec(step.cql)
		require.Equal(t, step.want, srv.MustRows("SELECT l FROM t")[0]["l"], step.cql)
	}
	require.ErrorContains(t, srv.Exec("UPDATE t USING TIMESTAMP 1000 SET l = [1] + l WHERE k = 1"), "2010")
	srv.MustExec("UPDATE t SET l = [1, 2, 3] WHERE k = 2; UPDATE t SET l = l + [4] WHERE k = 2; UPDATE t SET l = [0] + l WHERE k = 2;")
	require.Equal(t, []int{0, 1, 2, 3, 4}, srv.MustRows("SELECT l FROM t WHERE k = 2")[0]["l"])
}

// Service levels are kept and shown, and attached to roles.
func TestScyllaServiceLevels(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithSchema(`
		CREATE SERVICE LEVEL slow WITH timeout = 500ms AND shares = 250;
		CREATE SERVICE_LEVEL IF NOT EXISTS quick WITH timeout = 50ms AND workload_type = 'interactive';
		CREATE SERVICE LEVEL IF NOT EXISTS quick;
		ATTACH SERVICE LEVEL quick TO cassandra`))
	levels := func(cql string) (list [][]any) {
		for _, r := range srv.MustRows(cql) {
			list = append(list, []any{r["service_level"], r["workload_type"], r["shares"], r["percentage of all service level shares"]})
		}
		return list
	}
	require.Equal(t, [][]any{{"quick", "interactive", 1000, "80.00%"}, {"slow", nil, 250, "20.00%"}}, levels("LIST ALL SERVICE LEVELS"))
	require.Equal(t, [][]any{{"slow", nil, 250, nil}}, levels("LIST SERVICE LEVEL slow"))
	require.Equal(t, gocql.Duration{Nanoseconds: 50e6}, srv.MustRows("LIST SERVICE LEVEL quick")[0]["timeout"])
	require.Equal(t, []cqltest.Row{{"role": "cassandra", "service_level": "quick"}}, srv.MustRows("LIST ALL ATTACHED SERVICE LEVELS"))
	require.Equal(t, "50ms", srv.MustRows("LIST EFFECTIVE SERVICE LEVEL OF cassandra")[1]["value"])
	srv.MustExec("ALTER SERVICE LEVEL quick WITH timeout = null AND workload_type = 'unspecified'")
	require.Nil(t, srv.MustRows("LIST SERVICE LEVEL quick")[0]["timeout"])
	for cql, want := range map[string]string{
		"CREATE SERVICE LEVEL slow":                        "The service level 'slow' already exists.",
		"ALTER SERVICE LEVEL none WITH shares = 1":         "The service level 'none' doesn't exist.",
		"CREATE SERVICE LEVEL x WITH shares = 0":           "'SHARES' can only take values of 1-1000 (given 0)",
		"CREATE SERVICE LEVEL x WITH timeout = 1d":         "days/months",
		"CREATE SERVICE LEVEL x WITH workload_type = 'so'": "Invalid workload type: so",
		"ATTACH SERVICE LEVEL none TO cassandra":           "Service Level none doesn't exists.",
		"ATTACH SERVICE LEVEL slow TO nobody":              "Role nobody doesn't exist.",
		"DROP SERVICE LEVEL default":                       "cannot be dropped",
	} {
		require.ErrorContains(t, srv.Exec(cql), want, cql)
	}
	srv.MustExec("DROP SERVICE LEVEL quick")
	require.Empty(t, srv.MustRows("LIST ATTACHED SERVICE LEVEL OF cassandra"), "it goes with the level")
	require.ErrorContains(t, srv.Exec("LIST EFFECTIVE SERVICE LEVEL OF cassandra"), "doesn't have assigned any service level")
	srv.MustExec("ATTACH SERVICE LEVEL slow TO cassandra; DETACH SERVICE LEVEL FROM cassandra; DROP SERVICE LEVEL IF EXISTS none")
}

// A table that is to keep a log of its changes has one, which follows it and stays empty.
func TestScyllaChangeLog(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithDialect(cqltest.Scylla), cqltest.WithKeyspace("ks"), cqltest.WithSchema(`
		CREATE TABLE t (k int, c text, s int static, l list<int>, PRIMARY KEY (k, c)) WITH cdc = {'enabled': true, 'preimage': 'full'}`))
	columns := func() map[string]string {
		of := map[string]string{}
		for _, r := range srv.MustRows("SELECT column_name, type FROM system_schema.columns WHERE keyspace_name = 'ks' AND table_name = 't_scylla_cdc_log'") {
			of[r["column_name"].(string)] = r["type"].(string)
		}
		return of
	}
	want := map[string]string{
		"cdc$stream_id": "blob", "cdc$time": "timeuuid", "cdc$batch_seq_no": "int", "cdc$operation": "tinyint", "cdc$ttl": "bigint", "cdc$end_of_batch": "boolean",
		"k": "int", "c": "text", "s": "int", "cdc$deleted_s": "boolean",
		"l": "frozen<map<timeuuid, int>>", "cdc$deleted_l": "boolean", "cdc$deleted_elements_l": "frozen<set<timeuuid>>",
	}
	require.Equal(t, want, columns())
	srv.MustExec("ALTER TABLE t ADD v int; INSERT INTO t (k, c, v) VALUES (1, 'a', 2)")
	want["v"], want["cdc$deleted_v"] = "int", "boolean"
	require.Equal(t, want, columns())
	require.Empty(t, srv.MustRows("SELECT * FROM t_scylla_cdc_log"))
	require.Equal(t, map[string]string{"enabled": "true", "preimage": "full", "postimage": "false", "delta": "full", "ttl": "86400"},
		srv.MustRows("SELECT cdc FROM system_schema.scylla_tables WHERE keyspace_name = 'ks' AND table_name = 't'")[0]["cdc"])

	srv.MustExec("ALTER TABLE t WITH cdc = {'enabled': false}")
	require.Empty(t, columns())
	srv.MustExec("ALTER TABLE t WITH cdc = {'enabled': true}; DROP TABLE t")
	require.Empty(t, columns())
	require.ErrorContains(t, srv.Exec("CREATE TABLE x (k int PRIMARY KEY) WITH cdc = {'enabled': 'perhaps'}"), `Invalid value for CDC option "enabled": perhaps`)
	require.ErrorContains(t, srv.Exec("CREATE TABLE x (k int PRIMARY KEY) WITH cdc = {'unknown': 'x'}"), "Invalid CDC option: unknown")
}
