package cassandra_test

import (
	"strings"
	"testing"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/stretchr/testify/require"
)

// TestFeatures needs what is off unless cassandra.yaml says otherwise.
func TestFeatures(t *testing.T) {
	session := cassandra.Shared(t).Session(t, "")
	keyspace := cassandra.NewKeyspace(t, session)
	for _, cql := range []string{
		`CREATE TABLE KS.t (k int PRIMARY KEY, v text)`,
		`CREATE MATERIALIZED VIEW KS.by_v AS SELECT * FROM KS.t WHERE v IS NOT NULL AND k IS NOT NULL PRIMARY KEY (v, k)`,
		`CREATE FUNCTION KS.twice (x int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return x == null ? null : 2 * x;'`,
		`CREATE TABLE KS.s (k int PRIMARY KEY, v text)`,
		`CREATE CUSTOM INDEX ON KS.s (v) USING 'org.apache.cassandra.index.sasi.SASIIndex'`,
		`CREATE TABLE KS.e (k int PRIMARY KEY, v vector<float, 3>)`,
		`CREATE INDEX ON KS.e (v) USING 'sai'`,
	} {
		require.NoError(t, session.Query(in(keyspace, cql)).Exec(), cql)
	}
	require.NoError(t, session.Query(in(keyspace, `INSERT INTO KS.t (k, v) VALUES (21, 'a')`)).Exec())
	require.Equal(t, "twice=42", answer(session, in(keyspace, `SELECT KS.twice(k) AS twice FROM KS.t WHERE k = 21`)))
}

// in puts a keyspace's name for KS.
func in(keyspace, cql string) string { return strings.ReplaceAll(cql, "KS.", keyspace+".") }
