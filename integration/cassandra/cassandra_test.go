package cassandra_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// TestAnswers pins what Cassandra 5.0.6 answers to conditional statements, as
// raw cells: the ground that the mapper and cqltest stand on. An answer is
// "column=value …", a line for each row; the statements run in order.
func TestAnswers(t *testing.T) {
	session := cassandra.Shared(t).Session(t, "")
	keyspace := cassandra.NewKeyspace(t, session)
	for _, cql := range []string{
		`CREATE TABLE KS.t (k int PRIMARY KEY, v int, x int)`,
		`CREATE TABLE KS.c (k int PRIMARY KEY, m map<text, int>, l list<int>, ss set<int>)`,
		`CREATE TABLE KS.s (p int, c int, st int static, v int, PRIMARY KEY (p, c))`,
	} {
		require.NoError(t, session.Query(in(keyspace, cql)).Exec())
	}

	for _, step := range []struct{ cql, want string }{
		{`INSERT INTO KS.t (k, v) VALUES (1, 1) IF NOT EXISTS`, `[applied]=true`},
		{`INSERT INTO KS.t (k, v) VALUES (1, 1) IF NOT EXISTS`, `[applied]=false k=1 v=1 x=null`},
		{`UPDATE KS.t SET v = 2, x = 3 WHERE k = 1 IF v = 1`, `[applied]=true`},
		{`UPDATE KS.t SET v = 9 WHERE k = 1 IF v = 1 AND x = 3`, `[applied]=false v=2 x=3`},
		{`UPDATE KS.t SET v = 9 WHERE k = 9 IF v = 1`, `[applied]=false`},
		{`UPDATE KS.t SET v = 9 WHERE k = 8 IF EXISTS`, `[applied]=false`},
		{`DELETE FROM KS.t WHERE k = 8 IF EXISTS`, `[applied]=false`},
		{`UPDATE KS.t SET v = 3 WHERE k = 9 IF v = null`, `[applied]=true`},
		{`SELECT k, v FROM KS.t WHERE k = 9`, `k=9 v=3`},
		{`DELETE FROM KS.t WHERE k = 9 IF v = 99`, `[applied]=false v=3`},
		{`UPDATE KS.t USING TTL 1000 SET x = 5 WHERE k = 1 IF v = 2`, `[applied]=true`},
		{`INSERT INTO KS.t (k) VALUES (7) IF NOT EXISTS USING TIMESTAMP 5`,
			`error 2200: Cannot provide custom timestamp for conditional updates`},

		{`INSERT INTO KS.c (k, m, l, ss) VALUES (1, {'a': 1}, [1], {1}) IF NOT EXISTS`, `[applied]=true`},
		{`UPDATE KS.c SET m['b'] = 2 WHERE k = 1 IF m['a'] = 2`, `[applied]=false m=map[a:1]`},
		{`UPDATE KS.c SET m['b'] = 2 WHERE k = 1 IF l[0] = 2`, `[applied]=false l=[1]`},
		{`UPDATE KS.c SET m['b'] = 2 WHERE k = 1 IF ss CONTAINS 1`, `[applied]=true`},

		{`INSERT INTO KS.s (p, c, v) VALUES (1, 1, 1)`, ``},
		{`INSERT INTO KS.s (p, c, v) VALUES (1, 2, 2)`, ``},
		{`UPDATE KS.s SET v = 9 WHERE p = 1 AND c = 1 IF st = 5`, `[applied]=false st=null`},
		{`UPDATE KS.s SET v = 9 WHERE p = 1 AND c IN (1, 2) IF v = 1`,
			`error 2200: IN on the clustering key columns is not supported with conditional updates`},
		{`DELETE FROM KS.s WHERE p = 1 IF EXISTS`,
			`error 2200: DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns`},
		{`BEGIN BATCH
			UPDATE KS.s SET v = 8 WHERE p = 1 AND c = 2 IF v = 0;
			UPDATE KS.s SET v = 8 WHERE p = 1 AND c = 1 IF v = 1;
			UPDATE KS.s SET v = 8 WHERE p = 1 AND c = 3 IF v = 1;
		APPLY BATCH`, "[applied]=false p=1 c=1 v=1\n[applied]=false p=1 c=2 v=2"},
		{`BEGIN BATCH
			UPDATE KS.s SET v = 8 WHERE p = 1 AND c = 1 IF v = 0;
			UPDATE KS.s SET v = 8 WHERE p = 1 AND c = 2 IF EXISTS;
		APPLY BATCH`, "[applied]=false p=1 c=1 st=null v=1\n[applied]=false p=1 c=2 st=null v=2"},
		{`BEGIN BATCH
			UPDATE KS.s SET v = 7 WHERE p = 1 AND c = 1 IF v = 1;
			INSERT INTO KS.s (p, c, v) VALUES (1, 4, 4);
		APPLY BATCH`, `[applied]=true`},
		{`SELECT c, v FROM KS.s WHERE p = 1`, "c=1 v=7\nc=2 v=2\nc=4 v=4"},
		{`BEGIN BATCH
			UPDATE KS.s SET v = 1 WHERE p = 1 AND c = 1 IF v = 7;
			UPDATE KS.s SET v = 1 WHERE p = 2 AND c = 1;
		APPLY BATCH`, `error 2200: Batch with conditions cannot span multiple partitions`},
	} {
		require.Equal(t, step.want, answer(session, in(keyspace, step.cql)), step.cql)
	}
}

// answer runs a statement and prints the cells that the server sent.
func answer(session *gocql.Session, cql string) string {
	iter := session.Query(cql).NoSkipMetadata().SerialConsistency(gocql.Serial).Iter()
	var rows []string
	for {
		cells := make([]cell, len(iter.Columns()))
		targets := make([]any, len(cells))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if len(cells) == 0 || !iter.Scan(targets...) {
			break
		}
		var row []string
		for i, column := range iter.Columns() {
			row = append(row, column.Name+"="+cells[i].text)
		}
		rows = append(rows, strings.Join(row, " "))
	}
	if err := iter.Close(); err != nil {
		if e := gocql.RequestError(nil); errors.As(err, &e) {
			return fmt.Sprintf("error %x: %s", e.Code(), e.Message())
		}
		return err.Error()
	}
	return strings.Join(rows, "\n")
}

// cell keeps null apart from every value.
type cell struct{ text string }

func (c *cell) UnmarshalCQL(info gocql.TypeInfo, data []byte) error {
	if data == nil {
		c.text = "null"
		return nil
	}
	value, err := info.NewWithError()
	if err != nil {
		return err
	}
	if err := gocql.Unmarshal(info, data, value); err != nil {
		return err
	}
	switch v := value.(type) {
	case *int:
		c.text = fmt.Sprint(*v)
	case *bool:
		c.text = fmt.Sprint(*v)
	case *map[string]int:
		c.text = fmt.Sprint(*v)
	case *[]int:
		c.text = fmt.Sprint(*v)
	default:
		return fmt.Errorf("unexpected %T", value)
	}
	return nil
}

// TestPassword logs in as the superuser, and not at all without a password.
func TestPassword(t *testing.T) {
	long(t)
	cluster := cassandra.Run(t, cassandra.Options{Password: true})
	session := cluster.Session(t, "")
	require.NoError(t, session.Query("CREATE ROLE guest").Exec())

	config := cluster.Config()
	config.Authenticator = nil
	_, err := config.CreateSession()
	require.ErrorContains(t, err, "authenticat")
}

func long(t *testing.T) {
	t.Helper()
	if os.Getenv("COODIE_LONG") != "1" {
		t.Skip("takes a minute: set COODIE_LONG=1")
	}
}
