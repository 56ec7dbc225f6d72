package exec

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// node is an engine with one client, driven by CQL text.
type node struct {
	*Engine
	c *protocol.Client
}

func newNode(t *testing.T, d protocol.Dialect, setup ...string) *node {
	t.Helper()
	n := &node{New(server.Options{Dialect: d}), &protocol.Client{}}
	n.must(t, "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", "USE ks")
	n.must(t, setup...)
	return n
}

func (n *node) query(cql string) (*protocol.Result, error) {
	return n.Query(context.Background(), n.c, cql, protocol.Params{Consistency: protocol.One})
}

func (n *node) must(t *testing.T, cql ...string) *protocol.Result {
	t.Helper()
	var res *protocol.Result
	for _, q := range cql {
		var err error
		res, err = n.query(q)
		require.NoError(t, err, q)
	}
	return res
}

// answer shows a result as "col, col | cell, cell | …", an error as its message.
func (n *node) answer(cql string) string {
	res, err := n.query(cql)
	if err != nil {
		return "error: " + err.Error()
	}
	return show(res)
}

func show(res *protocol.Result) string {
	var names []string
	for _, c := range res.Columns {
		names = append(names, c.Name)
	}
	out := strings.Join(names, ", ")
	for _, r := range res.Rows {
		var cells []string
		for i, b := range r {
			if b == nil {
				cells = append(cells, "null")
			} else {
				cells = append(cells, res.Columns[i].Type.Literal(b))
			}
		}
		out += " | " + strings.Join(cells, ", ")
	}
	return out
}

func TestPreparedStatementsFollowTheSchema(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)", "CREATE TABLE other (k int PRIMARY KEY)", "INSERT INTO t (k, v) VALUES (1, 2)")
	p, _, err := n.Prepare(n.c, "SELECT * FROM t WHERE k = ?")
	require.NoError(t, err)
	require.Equal(t, []uint16{0}, p.PKIndexes)
	keep, _, err := n.Prepare(n.c, "SELECT * FROM other")
	require.NoError(t, err)

	n.must(t, "ALTER TABLE t ADD w text")
	_, known := n.Lookup(p.ID)
	require.False(t, known, "a statement on an altered table is forgotten")
	_, known = n.Lookup(keep.ID)
	require.True(t, known)

	res, err := n.Execute(context.Background(), n.c, p, protocol.Params{Consistency: protocol.One, Values: []protocol.Value{{Bytes: types.EncodeInt(1)}}})
	require.NoError(t, err)
	require.Equal(t, "k, v, w | 1, 2, null", show(res))
	again, _, err := n.Prepare(n.c, "SELECT * FROM t WHERE k = ?")
	require.NoError(t, err)
	require.Equal(t, p.ID, again.ID)
	require.Len(t, again.Columns, 3)

	n.must(t, "DROP TABLE t")
	_, err = n.Execute(context.Background(), n.c, p, protocol.Params{Consistency: protocol.One, Values: []protocol.Value{{Bytes: types.EncodeInt(1)}}})
	require.EqualError(t, err, "table t does not exist")
}

// What Cassandra does is recorded in integration/diff.
func TestScyllaPreparesUnderOneID(t *testing.T) {
	n := newNode(t, protocol.Scylla, "CREATE TABLE t (k int PRIMARY KEY, v int)")
	n.c.UseWarned = new(atomic.Bool)
	in, warnings, err := n.Prepare(n.c, "SELECT v FROM ks.t")
	require.NoError(t, err)
	require.Empty(t, warnings)
	elsewhere, _, err := n.Prepare(&protocol.Client{}, "SELECT v FROM ks.t")
	require.NoError(t, err)
	require.NotEqual(t, in.ID, elsewhere.ID)

	n.must(t, "ALTER TABLE t WITH comment = 'x'")
	_, known := n.Lookup(in.ID)
	require.False(t, known, "any change of a table counts")
}

// A few kilobytes of IN lists name billions of rows.
func TestCombinationsAreBounded(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (a int, b int, c int, d int, v int, PRIMARY KEY ((a, b), c, d))", "INSERT INTO t (a, b, c, d, v) VALUES (1, 1, 1, 1, 7)")
	list := func(n int) string { return "(" + strings.Repeat("1, ", n-1) + "1)" }
	require.Equal(t, "v | 7", n.answer("SELECT v FROM t WHERE a IN "+list(100)+" AND b IN "+list(100)+" AND c = 1 AND d = 1"))
	for _, cql := range []string{
		"SELECT v FROM t WHERE a IN " + list(1500) + " AND b IN " + list(1500) + " AND c IN " + list(1500) + " AND d IN " + list(1500),
		"SELECT v FROM t WHERE a = 1 AND b = 1 AND c IN " + list(1500) + " AND d IN " + list(1500),
		"DELETE FROM t WHERE a = 1 AND b = 1 AND c IN " + list(1500) + " AND d IN " + list(1500),
		"UPDATE t SET v = 1 WHERE a IN " + list(1500) + " AND b IN " + list(1500) + " AND c = 1 AND d = 1",
	} {
		require.Contains(t, n.answer(cql), "error: IN names 2250000 combinations of values", cql[:40])
	}
}

func TestReadsEndWithTheirClient(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY)", "INSERT INTO t (k) VALUES (1)", "INSERT INTO t (k) VALUES (2)")
	gone := make(chan struct{})
	n.c.Gone = gone
	require.Equal(t, "count | 2", n.answer("SELECT count(*) FROM t"))
	close(gone)
	require.Equal(t, "error: context canceled", n.answer("SELECT count(*) FROM t"))
	n.must(t, "INSERT INTO t (k) VALUES (3)") // what was sent is written
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY)")
	var last *Prepared
	for i := range 10 {
		p, _, err := n.Prepare(n.c, fmt.Sprintf("SELECT k FROM ks.t WHERE k = %d", i)+strings.Repeat(" ", 4<<20))
		require.NoError(t, err)
		last = p
	}
	_, known := n.Lookup(last.ID)
	require.True(t, known)
	require.LessOrEqual(t, n.prepared.bytes, maxPreparedBytes)
	require.NotEmpty(t, n.prepared.byID)
}

func TestConditionalStatementsPrepareNoColumns(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)")
	p, _, err := n.Prepare(n.c, "UPDATE t SET v = ? WHERE k = ? IF v = ?")
	require.NoError(t, err)
	require.Nil(t, p.Columns)
	require.True(t, p.Info.Conditional)
}

func TestSnapshotRestoreReset(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)", "INSERT INTO t (k, v) VALUES (1, 1)")
	s := n.Snapshot()
	n.must(t, "UPDATE t SET v = 2 WHERE k = 1", "CREATE TABLE u (k int PRIMARY KEY)", "ALTER TABLE t ADD w int", "INSERT INTO t (k, v) VALUES (2, 2)")
	n.Restore(s)
	require.Equal(t, "k, v | 1, 1", n.answer("SELECT * FROM t"))
	require.Equal(t, "error: table u does not exist", n.answer("SELECT * FROM u"))
	n.must(t, "DROP TABLE t")
	n.Restore(s)
	require.Equal(t, "k, v | 1, 1", n.answer("SELECT * FROM t"))
	n.Truncate()
	require.Equal(t, "k, v", n.answer("SELECT * FROM t"))
	n.Reset()
	require.Equal(t, "error: keyspace ks does not exist", n.answer("SELECT * FROM t"))
}

func TestAdvanceExpiresCells(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int, w int)",
		"INSERT INTO t (k, v, w) VALUES (1, 1, 1) USING TTL 60", "UPDATE t SET w = 2 WHERE k = 1")
	require.Equal(t, "v, ttl(w) | 1, null", n.answer("SELECT v, ttl(w) FROM t"))
	n.Advance(61 * time.Second)
	require.Equal(t, "k, v, w | 1, null, 2", n.answer("SELECT * FROM t"))
	require.Equal(t, "[applied], k, v, w | false, 1, null, 2", n.answer("INSERT INTO t (k, v) VALUES (1, 1) IF NOT EXISTS"))
}

func TestSubscribersHearChangesInOrder(t *testing.T) {
	n := newNode(t, protocol.Cassandra)
	var got []string
	cancel := n.Subscribe(func(c protocol.SchemaChange) { got = append(got, c.Change+" "+c.Target+" "+c.Name) })
	n.must(t, "CREATE TABLE t (k int PRIMARY KEY)", "CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)", "ALTER TABLE t ADD v int", "DROP TABLE t")
	cancel()
	n.must(t, "CREATE TABLE t (k int PRIMARY KEY)")
	require.Equal(t, []string{"CREATED TABLE t", "UPDATED TABLE t", "DROPPED TABLE t"}, got)
}

func TestPagingMeetsEveryRowOnce(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int, c int, s int static, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)")
	for k := range 7 {
		n.must(t, fmt.Sprintf("INSERT INTO t (k, s) VALUES (%d, 1)", k))
		for c := range k {
			n.must(t, fmt.Sprintf("INSERT INTO t (k, c) VALUES (%d, %d)", k, c))
		}
	}
	for _, q := range []string{
		"SELECT k, c FROM t", "SELECT k, c FROM t WHERE k = 6", "SELECT k, c FROM t WHERE k = 6 ORDER BY c ASC",
		"SELECT k, c FROM t WHERE k IN (1, 3, 6, 9)", "SELECT k, c FROM t PER PARTITION LIMIT 2", "SELECT k, c FROM t LIMIT 11",
		"SELECT k, c FROM t WHERE k = 6 AND c > 1 AND c < 5", "SELECT k, c FROM t WHERE c > 1 ALLOW FILTERING",
		"SELECT DISTINCT k, s FROM t", "SELECT k, count(c) FROM t GROUP BY k",
	} {
		whole := n.must(t, q)
		for size := 1; size <= 5; size++ {
			var rows [][][]byte
			var state []byte
			for {
				res, err := n.Query(context.Background(), n.c, q, protocol.Params{Consistency: protocol.One, PageSize: size, PagingState: state})
				require.NoError(t, err)
				require.LessOrEqual(t, len(res.Rows), size)
				rows = append(rows, res.Rows...)
				if state = res.PagingState; state == nil {
					break
				}
			}
			require.Equal(t, show(whole), show(&protocol.Result{Columns: whole.Columns, Rows: rows}), "%s in pages of %d", q, size)
		}
	}
}

func TestHostilePagingStates(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int, c int, PRIMARY KEY (k, c))", "INSERT INTO t (k, c) VALUES (1, 1)", "INSERT INTO t (k, c) VALUES (1, 2)")
	res, err := n.Query(context.Background(), n.c, "SELECT * FROM t", protocol.Params{Consistency: protocol.One, PageSize: 1})
	require.NoError(t, err)
	good := res.PagingState
	for i := range good {
		for _, b := range [][]byte{good[:i], append(append([]byte{}, good[:i]...), 0xff, 0xff, 0xff, 0xff, 0x7f)} {
			_, _ = n.Query(context.Background(), n.c, "SELECT * FROM t", protocol.Params{Consistency: protocol.One, PageSize: 1, PagingState: b})
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int, c int, v counter, PRIMARY KEY (k, c))", "CREATE TABLE l (k int PRIMARY KEY, owner int)")
	var wg sync.WaitGroup
	applied := make([]int, 8)
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			own := &node{n.Engine, &protocol.Client{Keyspace: "ks"}}
			for i := range 50 {
				_, _ = own.query(fmt.Sprintf("UPDATE t SET v = v + 1 WHERE k = 1 AND c = %d", i%3))
				_, _ = own.query("SELECT * FROM t")
				if res, err := own.query(fmt.Sprintf("INSERT INTO l (k, owner) VALUES (%d, %d) IF NOT EXISTS", i, g)); err == nil && res.Rows[0][0][0] == 1 {
					applied[g]++
				}
				if i == 25 && g < 2 {
					_, _ = own.query(fmt.Sprintf("ALTER TABLE l ADD x%d int", g))
				}
			}
		}()
	}
	wg.Wait()
	sum := 0
	for _, a := range applied {
		sum += a
	}
	require.Equal(t, 50, sum, "every lock was granted exactly once")
	require.Equal(t, "system.sum(v) | 400", n.answer("SELECT sum(v) FROM t"))
}

// As on Cassandra 5.0.6: what does not depend on rows is computed before them.
func TestConstantCallsFailWithoutRows(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)")
	for _, selector := range []string{"blob_as_int(0x01)", "v + blob_as_int(0x01)", "max(blob_as_int(0x01))", "JSON blob_as_int(0x01)", "[blob_as_int(0x01)]", "(k, blob_as_int(0x01))"} {
		require.Equal(t, "error: In call to function system.blob_as_int, value 0x01 is not a valid binary representation for type int",
			n.answer("SELECT "+selector+" FROM t"), selector)
	}
	require.Equal(t, "v / 0", n.answer("SELECT v / 0 FROM t"))
}
