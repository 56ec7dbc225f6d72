package cqltest_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

var update = flag.Bool("update", false, "write docs/cqltest-cql.md anew")

const supportSchema = `
	CREATE TYPE address (street text, no int);
	CREATE TABLE t (p int, c int, s int static, v int, w text, l list<int>, st set<int>, m map<text, int>, a address, fa frozen<address>,
		tu tuple<int, text>, ve vector<float, 2>, d duration, u timeuuid, PRIMARY KEY (p, c));
	CREATE TABLE counts (k int PRIMARY KEY, n counter);
	CREATE TABLE base (k int PRIMARY KEY, v int, w text, ve vector<float, 2>);
	INSERT INTO t (p, c, s, v, w, l, st, m) VALUES (1, 1, 1, 1, 'abc', [1, 2], {1, 2}, {'a': 1})`

// supported are the features of CQL, each with an example of it. Those before the last
// statement only prepare for it.
var supported = []struct {
	title    string
	features [][2]string
}{
	{"Reading", [][2]string{
		{"selection of columns, fields, elements and slices", "SELECT p, a.street, m['a'], st[1..2] FROM t"},
		{"aliases, arithmetic, casts, type hints", "SELECT v + 1 AS next, CAST(v AS text), (bigint) 1 FROM t"},
		{"native functions", "SELECT toDate(now()), uuid(), abs(v), token(p), blobAsInt(intAsBlob(v)) FROM t"},
		{"functions of collections and vectors", "SELECT map_keys(m), collection_sum(l), similarity_cosine([1, 2], [2, 1]) FROM t"},
		{"writetime, maxwritetime and ttl, of elements too", "SELECT writetime(v), maxwritetime(l), ttl(w), writetime(m['a']) FROM t"},
		{"aggregates", "SELECT count(*), min(v), max(v), sum(v), avg(v) FROM t WHERE p = 1"},
		{"GROUP BY, of functions too", "SELECT p, c, count(v) FROM t GROUP BY p, c"},
		{"DISTINCT", "SELECT DISTINCT p, s FROM t"},
		{"JSON", "SELECT JSON * FROM t"},
		{"ranges and IN, of several columns too", "SELECT * FROM t WHERE p IN (1, 2) AND (c) > (0)"},
		{"token ranges", "SELECT * FROM t WHERE token(p) > 0"},
		{"ORDER BY, PER PARTITION LIMIT, LIMIT", "SELECT * FROM t WHERE p = 1 ORDER BY c DESC PER PARTITION LIMIT 1 LIMIT 5"},
		{"ALLOW FILTERING, CONTAINS, elements of maps", "SELECT * FROM t WHERE l CONTAINS 1 AND m['a'] = 1 ALLOW FILTERING"},
		{"ORDER BY … ANN OF", "CREATE CUSTOM INDEX ON base (ve) USING 'sai'; SELECT k FROM base ORDER BY ve ANN OF [1, 2] LIMIT 3"},
		{"LIKE with a SASI index", "CREATE CUSTOM INDEX ON base (w) USING 'org.apache.cassandra.index.sasi.SASIIndex'; SELECT * FROM base WHERE w LIKE 'a%'"},
		{"LIKE without an index", "SELECT * FROM t WHERE w LIKE '%b_' ALLOW FILTERING"},
		{"BYPASS CACHE, USING TIMEOUT", "SELECT * FROM t BYPASS CACHE USING TIMEOUT 1s"},
	}},
	{"Writing", [][2]string{
		{"INSERT with TTL and timestamp", "INSERT INTO t (p, c, v) VALUES (2, 1, 1) USING TTL 60 AND TIMESTAMP 5"},
		{"INSERT JSON, DEFAULT UNSET", `INSERT INTO t JSON '{"p": 2, "c": 1}' DEFAULT UNSET`},
		{"collections: elements, append, prepend, remove", "UPDATE t SET l = [0] + l, st = st - {1}, m['b'] = 2, a.no = 5 WHERE p = 1 AND c = 1"},
		{"counters", "UPDATE counts SET n = n + 1 WHERE k = 1"},
		{"static columns", "UPDATE t SET s = 2 WHERE p = 1"},
		{"v = v + 1 of a number, in a conditional UPDATE", "UPDATE t SET v = v + 1 WHERE p = 1 AND c = 1 IF v = 1"},
		{"DELETE of columns, elements, rows, ranges, partitions", "DELETE FROM t WHERE p = 1 AND c > 0"},
		{"TRUNCATE", "TRUNCATE t"},
		{"batches: logged, unlogged, counter", "BEGIN UNLOGGED BATCH INSERT INTO t (p, c) VALUES (1, 2); DELETE FROM t WHERE p = 1 AND c = 1; APPLY BATCH"},
	}},
	{"Lightweight transactions", [][2]string{
		{"IF NOT EXISTS, IF EXISTS", "INSERT INTO t (p, c) VALUES (3, 1) IF NOT EXISTS"},
		{"IF with =, !=, <, <=, >, >=, IN", "UPDATE t SET v = 2 WHERE p = 1 AND c = 1 IF v = 1 AND s IN (1, 2) AND w != 'x'"},
		{"IF of elements and fields", "UPDATE t SET v = 2 WHERE p = 1 AND c = 1 IF m['a'] = 1 AND l[0] = 1 AND a.no = null"},
		{"IF … CONTAINS", "UPDATE t SET v = 2 WHERE p = 1 AND c = 1 IF l CONTAINS 1"},
		{"IF … LIKE, NOT IN", "UPDATE t SET v = 2 WHERE p = 1 AND c = 1 IF w LIKE 'a%' AND v NOT IN (5)"},
		{"conditional batches", "BEGIN BATCH UPDATE t SET v = 2 WHERE p = 1 AND c = 1 IF v = 1; INSERT INTO t (p, c) VALUES (1, 9); APPLY BATCH"},
	}},
	{"Schema", [][2]string{
		{"keyspaces", "CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}; ALTER KEYSPACE other WITH durable_writes = false; DROP KEYSPACE other"},
		{"tables, with every option of Cassandra's", "CREATE TABLE x (k int PRIMARY KEY) WITH comment = 'x' AND default_time_to_live = 60; ALTER TABLE x ADD v int; ALTER TABLE x DROP v; DROP TABLE x"},
		{"COMPACT STORAGE", "CREATE TABLE x (k int PRIMARY KEY, v int) WITH COMPACT STORAGE"},
		{"user-defined types", "CREATE TYPE x (a int); ALTER TYPE x ADD b int; ALTER TYPE x RENAME b TO c; DROP TYPE x"},
		{"secondary indexes", "CREATE INDEX x ON t (KEYS(m)); DROP INDEX x"},
		{"storage-attached indexes", "CREATE CUSTOM INDEX ON t (w) USING 'StorageAttachedIndex' WITH OPTIONS = {'case_sensitive': 'false'}"},
		{"SASI indexes", "CREATE CUSTOM INDEX ON t (w) USING 'org.apache.cassandra.index.sasi.SASIIndex' WITH OPTIONS = {'mode': 'CONTAINS'}"},
		{"materialized views", "CREATE MATERIALIZED VIEW x AS SELECT * FROM base WHERE v IS NOT NULL AND k IS NOT NULL PRIMARY KEY (v, k); ALTER MATERIALIZED VIEW x WITH comment = 'x'; DROP MATERIALIZED VIEW x"},
		{"functions and aggregates", "CREATE FUNCTION f (s int, v int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return s;'; CREATE AGGREGATE g (int) SFUNC f STYPE int; DROP AGGREGATE g; DROP FUNCTION f"},
		{"calls of functions", "CREATE FUNCTION twice (v int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 2 * v;'; SELECT twice(v) FROM t"},
		{"calls of functions without WithFunction", "CREATE FUNCTION f (v int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return v;'; SELECT f(v) FROM t"},
		{"triggers", "CREATE TRIGGER x ON t USING 'Class'"},
		{"dynamic data masking", "CREATE TABLE x (k int PRIMARY KEY, v text MASKED WITH DEFAULT)"},
		{"tablets, cdc options, tombstone_gc", "CREATE TABLE x (k int PRIMARY KEY) WITH cdc = {'enabled': true} AND tombstone_gc = {'mode': 'timeout'}"},
		{"local indexes", "CREATE INDEX ON t ((p), v)"},
		{"SCYLLA_CLUSTERING_BOUND", "SELECT * FROM t WHERE p = 1 AND SCYLLA_CLUSTERING_BOUND (c) > (1)"},
		{"service levels", "CREATE SERVICE LEVEL x WITH timeout = 50ms; ATTACH SERVICE LEVEL x TO cassandra; LIST ALL SERVICE LEVELS; DROP SERVICE LEVEL x"},
		{"DESCRIBE", "DESCRIBE TABLE t"},
		{"system_schema and system tables", "SELECT * FROM system_schema.columns"},
	}},
	{"Roles and permissions, with WithAuth", [][2]string{
		{"roles and users", "CREATE ROLE x WITH PASSWORD = 'x' AND LOGIN = true; ALTER ROLE x WITH SUPERUSER = true; LIST ROLES; DROP ROLE x"},
		{"roles of roles", "CREATE ROLE x; CREATE ROLE y; GRANT x TO y; REVOKE x FROM y"},
		{"permissions", "CREATE ROLE x; GRANT SELECT ON KEYSPACE ks TO x; LIST ALL PERMISSIONS OF x; REVOKE ALL ON KEYSPACE ks FROM x"},
		{"permissions on MBeans", "CREATE ROLE x; GRANT SELECT ON ALL MBEANS TO x"},
		{"identities of certificates", "ADD IDENTITY 'x' TO ROLE 'cassandra'"},
	}},
}

// support returns the page of what is supported, by trying it.
func support(t *testing.T) string {
	answer := map[cqltest.Dialect]func(statements string) string{}
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		srv := cqltest.RunT(t, cqltest.WithDialect(dialect), cqltest.WithAuth("cassandra", "cassandra"), cqltest.WithKeyspace("ks"), cqltest.WithSchema(supportSchema),
			cqltest.WithFunction("twice", func(args []any) (any, error) { return 2 * args[0].(int), nil }))
		answer[dialect] = func(statements string) string {
			srv.Reset()
			for _, cql := range strings.Split(statements, "; ") {
				if strings.HasPrefix(cql, "BEGIN") {
					cql = statements
				}
				if err := srv.Exec(cql); err != nil {
					return "no: " + strings.ReplaceAll(err.Error(), "|", "\\|")
				}
				if cql == statements {
					break
				}
			}
			return "yes"
		}
	}
	var b strings.Builder
	b.WriteString("# CQL of cqltest\n\nWhat the embedded server takes, and its answer to what it refuses. A test of cqltest writes this page by trying each\n" +
		"example; `go test ./cqltest -run TestSupportedCQL -update` writes it anew. That the answers are those of Cassandra 5.0.6 is\n" +
		"shown statement by statement in integration/diff.\n")
	for _, group := range supported {
		fmt.Fprintf(&b, "\n## %s\n\n| feature | example | Cassandra | ScyllaDB |\n|---|---|---|---|\n", group.title)
		for _, f := range group.features {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", f[0], strings.ReplaceAll(f[1], "|", "\\|"), answer[cqltest.Cassandra](f[1]), answer[cqltest.Scylla](f[1]))
		}
	}
	return b.String()
}

// The page of supported CQL says what is so.
func TestSupportedCQL(t *testing.T) {
	const path = "../docs/cqltest-cql.md"
	page := support(t)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, strings.Split(page, "\n"), strings.Split(string(written), "\n"), "run it with -update")
}
