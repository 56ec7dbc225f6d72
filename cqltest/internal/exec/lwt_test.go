package exec

import (
	"context"
	"fmt"
	"math/rand"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// step is a statement and what the server answers to it.
type step struct{ cql, want string }

func runSteps(t *testing.T, n *node, steps []step) {
	t.Helper()
	for _, s := range steps {
		if s.want == "" {
			n.must(t, s.cql)
			continue
		}
		require.Equal(t, s.want, n.answer(s.cql), s.cql)
	}
}

// TestConditionalWrites holds what a real Cassandra 5.0.6 answers.
func TestConditionalWrites(t *testing.T) {
	simple := []string{"CREATE TABLE t (k int PRIMARY KEY, v int, x int)"}
	wide := []string{"CREATE TABLE w (p int, c int, s int static, v int, z int, PRIMARY KEY (p, c))"}
	coll := []string{"CREATE TYPE u (a int, b int)", "CREATE TABLE c (k int PRIMARY KEY, m map<text, int>, l list<int>, ss set<int>, fl frozen<list<int>>, ud u)"}
	tests := []struct {
		name  string
		setup []string
		steps []step
	}{
		{"insert", simple, []step{
			{"INSERT INTO t (k, v) VALUES (1, 1) IF NOT EXISTS", "[applied] | true"},
			{"INSERT INTO t (k, v) VALUES (1, 1) IF NOT EXISTS", "[applied], k, v, x | false, 1, 1, null"},
		}},
		{"update", simple, []step{
			{"INSERT INTO t (k, v) VALUES (1, 1)", ""},
			{"UPDATE t SET v = 2, x = 3 WHERE k = 1 IF v = 1", "[applied] | true"},
			{"UPDATE t SET v = 2 WHERE k = 1 IF v = 1 AND x = 3", "[applied], v, x | false, 2, 3"},
			{"UPDATE t SET v = 2 WHERE k = 1 IF x = 1 AND v = 3 AND x = 2", "[applied], x, v | false, 3, 2"},
			{"UPDATE t SET v = 2 WHERE k = 9 IF v = 1", "[applied] | false"},
			{"UPDATE t SET v = 2 WHERE k = 9 IF EXISTS", "[applied] | false"},
			{"DELETE FROM t WHERE k = 9 IF EXISTS", "[applied] | false"},
			{"DELETE FROM t WHERE k = 1 IF v = 99", "[applied], v | false, 2"},
			{"UPDATE t SET v = 2 WHERE k = 9 IF v = null", "[applied] | true"},
			{"SELECT * FROM t WHERE k = 9", "k, v, x | 9, 2, null"},
			{"UPDATE t SET x = 1 WHERE k = 8 IF v != 5", "[applied] | true"},
			{"UPDATE t SET x = 1 WHERE k = 7 IF v IN (1, null)", "[applied] | true"},
			{"UPDATE t SET x = 1 WHERE k = 6 IF v < 5", "[applied] | false"},
		}},
		{"refusals", simple, []step{
			{"UPDATE t SET v = 1 WHERE k = 1 IF v < null", `error: Invalid comparison with null for operator "<"`},
			{"INSERT INTO t (k) VALUES (1) IF NOT EXISTS USING TIMESTAMP 5", "error: Cannot provide custom timestamp for conditional updates"},
			{"UPDATE t USING TIMESTAMP 5 SET v = 1 WHERE k = 1 IF v = 1", "error: Cannot provide custom timestamp for conditional updates"},
			{"UPDATE t USING TTL 5 SET v = 1 WHERE k = 1 IF v = null", "[applied] | true"},
			{"UPDATE t SET v = 1 WHERE k IN (1, 2) IF v = 1", "error: IN on the partition key is not supported with conditional updates"},
			{"UPDATE t SET v = 1 WHERE k IN (1) IF v = 2", "[applied], v | false, 1"},
		}},
		{"refusals on rows", wide, []step{
			{"UPDATE w SET v = 1 WHERE p = 1 AND c IN (1, 2) IF v = 1", "error: IN on the clustering key columns is not supported with conditional updates"},
			{"DELETE FROM w WHERE p = 1 IF EXISTS", "error: DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns"},
			{"DELETE FROM w WHERE p = 1 AND c > 1 IF EXISTS", "error: DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns"},
		}},
		{"collections and user types", coll, []step{
			{"INSERT INTO c (k, m, l, ss, fl, ud) VALUES (1, {'a': 1}, [1], {1}, [], {a: 1, b: 2})", ""},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF m['a'] = 2", "[applied], m | false, {'a': 1}"},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF l[0] = 2", "[applied], l | false, [1]"},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF ud.a = 2", "[applied], ud | false, {a: 1, b: 2}"},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF m['nosuch'] = null AND l[7] = null", "[applied] | true"},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF l[-1] = 1", "error: Invalid negative list index -1"},
			{"UPDATE c SET m['b'] = 2 WHERE k = 1 IF ss CONTAINS 1", "[applied] | true"},
			{"UPDATE c SET ss = {} WHERE k = 1 IF EXISTS", "[applied] | true"},
			{"UPDATE c SET l = l + [2] WHERE k = 1 IF ss = null AND ss = {}", "[applied] | true"},
			{"UPDATE c SET l = l + [2] WHERE k = 1 IF fl = null", "[applied], fl | false, []"},
		}},
		{"static columns", wide, []step{
			{"INSERT INTO w (p, c, v) VALUES (1, 1, 1)", ""},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF s = 5", "[applied], s | false, null"},
			{"UPDATE w SET s = 1 WHERE p = 1 IF EXISTS", "[applied], p, c, s, v, z | false, 1, 1, null, null, null"},
			{"UPDATE w SET s = 1 WHERE p = 1 IF s = null", "[applied] | true"},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 9 IF s = 5", "[applied], s | false, 1"},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 9 IF s = 1", "[applied] | true"},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF s = 5 AND v = 7", "[applied], v, s | false, 1, 1"},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 8 IF v = 1 AND s = 1", "[applied], v, s | false, null, 1"},
			{"INSERT INTO w (p, c, v) VALUES (1, 1, 1) IF NOT EXISTS", "[applied], p, c, s, v, z | false, 1, 1, null, 1, null"},
			{"INSERT INTO w (p, c, s) VALUES (1, 1, 1) IF NOT EXISTS", "[applied], p, c, s, v, z | false, 1, 1, 1, 1, null"},
			{"UPDATE w SET s = 1 WHERE p = 7 IF EXISTS", "[applied] | false"},
		}},
		{"batches", wide, []step{
			{"INSERT INTO w (p, c, v) VALUES (1, 2, 2)", ""},
			{"INSERT INTO w (p, c, v) VALUES (1, 1, 1)", ""},
			{"BEGIN BATCH UPDATE w SET v = 5 WHERE p = 1 AND c = 2 IF v = 9; UPDATE w SET v = 5 WHERE p = 1 AND c = 1 IF v = 1; UPDATE w SET v = 5 WHERE p = 1 AND c = 7 IF z = 1; APPLY BATCH",
				"[applied], p, c, v, z | false, 1, 1, 1, null | false, 1, 2, 2, null"},
			{"BEGIN BATCH UPDATE w SET v = 5 WHERE p = 1 AND c = 7 IF v = 9; UPDATE w SET v = 5 WHERE p = 1 AND c = 8 IF v = 1; APPLY BATCH", "[applied] | false"},
			{"BEGIN BATCH UPDATE w SET v = 5 WHERE p = 1 AND c = 1 IF v = 9; UPDATE w SET v = 5 WHERE p = 1 AND c = 2 IF EXISTS; APPLY BATCH",
				"[applied], p, c, s, v, z | false, 1, 1, null, 1, null | false, 1, 2, null, 2, null"},
			{"BEGIN BATCH UPDATE w SET v = 5 WHERE p = 1 AND c = 1 IF v = 1; INSERT INTO w (p, c, v) VALUES (1, 3, 3); APPLY BATCH", "[applied] | true"},
			{"SELECT c, v FROM w", "c, v | 1, 5 | 2, 2 | 3, 3"},
			{"BEGIN BATCH UPDATE w SET v = 6 WHERE p = 1 AND c = 1 IF v = 1; INSERT INTO w (p, c, v) VALUES (1, 4, 4); APPLY BATCH", "[applied], p, c, v | false, 1, 1, 5"},
			{"SELECT count(*) FROM w WHERE p = 1", "count | 3"},
			{"BEGIN BATCH UPDATE w SET v = 6 WHERE p = 1 AND c = 1 IF v = 1; INSERT INTO w (p, c, v) VALUES (2, 4, 4); APPLY BATCH", "error: Batch with conditions cannot span multiple partitions"},
			{"BEGIN BATCH DELETE FROM w WHERE p = 1 AND c = 1 IF EXISTS; INSERT INTO w (p, c, v) VALUES (1, 1, 9); APPLY BATCH", "[applied] | true"},
			{"SELECT c FROM w WHERE p = 1", "c | 2 | 3"},
			{"BEGIN BATCH UPDATE w SET v = 6 WHERE p = 1 AND c = 2 IF v = 1; UPDATE w SET v = 6 WHERE p = 1 AND c = 2 IF EXISTS; APPLY BATCH", "error: Cannot mix IF conditions and IF EXISTS for the same row"},
		}},
		{"timestamps", simple, []step{
			{"INSERT INTO t (k, v) VALUES (1, 1) USING TIMESTAMP 9000000000000000", ""},
			{"UPDATE t SET v = 2 WHERE k = 1 IF v = 1", "[applied] | true"},
			{"SELECT v FROM t", "v | 1"},
		}},
		{"arithmetic", simple, []step{
			{"INSERT INTO t (k, v) VALUES (1, 41)", ""},
			{"UPDATE t SET v = v + 1, x = x + 1 WHERE k = 1 IF EXISTS", "[applied] | true"},
			{"SELECT * FROM t", "k, v, x | 1, 42, null"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runSteps(t, newNode(t, protocol.Cassandra, tt.setup...), tt.steps)
		})
	}
}

func TestLWTIgnoresTheDefaultTimestamp(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)", "INSERT INTO t (k, v) VALUES (1, 1)")
	old := int64(5)
	_, err := n.Query(context.Background(), n.c, "UPDATE t SET v = 2 WHERE k = 1 IF v = 1", protocol.Params{Consistency: protocol.Quorum, DefaultTimestamp: &old})
	require.NoError(t, err)
	require.Equal(t, "v | 2", n.answer("SELECT v FROM t"))
}

// TestScylla holds what ScyllaDB's documentation and recorded answers say.
func TestScylla(t *testing.T) {
	lwt := []string{"CREATE TABLE lwt (a int PRIMARY KEY, b int)"}
	wide := []string{"CREATE TABLE w (p int, c int, s int static, v int, PRIMARY KEY (p, c))"}
	tests := []struct {
		name  string
		setup []string
		steps []step
	}{
		{"the old row comes back", lwt, []step{
			{"INSERT INTO lwt (a, b) VALUES (1, 1) IF NOT EXISTS", "[applied], a, b | true, null, null"},
			{"UPDATE lwt SET b = 2 WHERE a = 1 IF b = 1", "[applied], b | true, 1"},
			{"UPDATE lwt SET b = 1 WHERE a = 9 IF b = 1", "[applied], b | false, null"},
			{"UPDATE lwt SET b = 1 WHERE a = 9 IF EXISTS", "[applied], a, b | false, null, null"},
			{"DELETE FROM lwt WHERE a = 1 IF EXISTS", "[applied], a, b | true, 1, 2"},
		}},
		{"statics", wide, []step{
			// The key shows if the partition is there, as in ScyllaDB's lwt_test.result.
			{"UPDATE w SET s = 1 WHERE p = 1 IF EXISTS", "[applied], p, c, s, v | false, null, null, null, null"},
			{"INSERT INTO w (p, c, v) VALUES (1, 2, 1)", ""},
			{"UPDATE w SET s = 1 WHERE p = 1 IF EXISTS", "[applied], p, c, s, v | false, 1, null, null, null"},
			{"INSERT INTO w (p, c, s, v) VALUES (1, 1, 1, 1)", ""},
			{"UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF v = 7 AND s = 1", "[applied], s, v | false, 1, 1"},
		}},
		{"batches answer in statement order", wide, []step{
			{"INSERT INTO w (p, c, v) VALUES (1, 1, 1)", ""},
			{"BEGIN BATCH UPDATE w SET v = 2 WHERE p = 1 AND c = 7 IF v = 2; UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF v = 1; APPLY BATCH",
				"[applied], p, c, v | false, null, null, null | false, 1, 1, 1"},
			{"BEGIN BATCH UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF v = 1; UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF EXISTS; APPLY BATCH",
				"[applied], p, c, s, v | true, 1, 1, null, 1 | true, 1, 1, null, 1"},
			{"BEGIN BATCH INSERT INTO w (p, c) VALUES (1, 1) IF NOT EXISTS; UPDATE w SET v = 2 WHERE p = 1 AND c = 1 IF EXISTS; APPLY BATCH",
				"[applied], p, c, s, v | false, 1, 1, null, 2 | false, 1, 1, null, 2"},
		}},
		{"its own conditions", lwt, []step{
			{"INSERT INTO lwt (a, b) VALUES (1, 1)", ""},
			{"UPDATE lwt SET b = b + 1 WHERE a = 1 IF b NOT IN (2, 3)", "[applied], b | true, 1"},
			{"SELECT b FROM lwt", "b | 2"},
		}},
		{"no row is beyond null", wide, []step{
			{"INSERT INTO w (p, c, v) VALUES (1, 1, 1)", ""},
			{"DELETE FROM w WHERE p = 1 AND c > null", ""},
			{"SELECT c FROM w WHERE p = 1 AND c > null", "c"},
			{"SELECT c FROM w", "c | 1"},
		}},
		{"no Java to trip over a null", lwt, []step{
			{"INSERT INTO lwt (a, b) VALUES (1, 1)", ""},
			{"UPDATE lwt SET b = b + null WHERE a = 1 IF EXISTS", "error: Invalid null, unset or empty value"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runSteps(t, newNode(t, protocol.Scylla, tt.setup...), tt.steps)
		})
	}
}

// Schemas written for ScyllaDB turn tablets off, for the sake of LWTs.
func TestScyllaOptions(t *testing.T) {
	statements := []string{
		"CREATE KEYSPACE s WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 1} AND tablets = {'enabled': false}",
		"ALTER KEYSPACE s WITH durable_writes = true AND tablets = {'enabled': false}",
		"CREATE TABLE s.t (k int PRIMARY KEY, v int) WITH comment = 'kept' AND cdc = {'enabled': true} AND tombstone_gc = {'mode': 'timeout'} AND paxos_grace_seconds = 864000",
		"ALTER TABLE s.t WITH synchronous_updates = true",
		"ALTER TABLE s.t WITH compression = {'sstable_compression': 'ZstdCompressor'} AND compaction = {'class': 'IncrementalCompactionStrategy'}",
	}
	n := newNode(t, protocol.Scylla, statements...)
	require.Equal(t, "comment | 'kept' | 'CDC log for s.t'", n.answer("SELECT comment FROM system_schema.tables WHERE keyspace_name = 's'"))
	require.Contains(t, n.answer("SELECT compression FROM system_schema.tables WHERE keyspace_name = 's'"), "'class': 'org.apache.cassandra.io.compress.ZstdCompressor'")

	n = newNode(t, protocol.Cassandra)
	require.Equal(t, "error: Unknown property 'tablets'", n.answer(statements[0]))
}

func TestScyllaPreparesTheColumnsOfConditionalWrites(t *testing.T) {
	n := newNode(t, protocol.Scylla, "CREATE TABLE t (k int PRIMARY KEY, v int, s int)")
	p, _, err := n.Prepare(n.c, "UPDATE t SET v = ? WHERE k = ? IF v = ? AND s = 1")
	require.NoError(t, err)
	require.Equal(t, "[applied], s, v", show(&protocol.Result{Columns: p.Columns}))
}

type casInput struct {
	kind     string // read, cas, insert, delete
	old, new int
}

type casOutput struct {
	applied bool
	value   int // -1: no row
}

// TestLinearizable runs racing conditional writes and checks that some order of
// them explains every answer.
func TestLinearizable(t *testing.T) {
	n := newNode(t, protocol.Cassandra, "CREATE TABLE t (k int PRIMARY KEY, v int)")
	model := porcupine.Model{
		Init: func() any { return -1 },
		Step: func(state, input, output any) (bool, any) {
			v, in, out := state.(int), input.(casInput), output.(casOutput)
			switch in.kind {
			case "read":
				return out.value == v, v
			case "insert":
				if v == -1 {
					return out.applied, in.new
				}
				return !out.applied && out.value == v, v
			case "delete":
				if v == in.old {
					return out.applied, -1
				}
				return !out.applied && out.value == v, v
			}
			if v == in.old {
				return out.applied, in.new
			}
			return !out.applied && out.value == v, v
		},
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	start := time.Now()
	for g := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewSource(int64(g)))
			own := &node{n.Engine, &protocol.Client{Keyspace: "ks"}}
			for range 60 {
				in := casInput{[]string{"read", "cas", "cas", "insert", "delete"}[rnd.Intn(5)], rnd.Intn(3), rnd.Intn(3)}
				call := time.Since(start)
				res, err := own.query(map[string]string{
					"read":   "SELECT v FROM t WHERE k = 1",
					"insert": fmt.Sprintf("INSERT INTO t (k, v) VALUES (1, %d) IF NOT EXISTS", in.new),
					"delete": fmt.Sprintf("DELETE FROM t WHERE k = 1 IF v = %d", in.old),
					"cas":    fmt.Sprintf("UPDATE t SET v = %d WHERE k = 1 IF v = %d", in.new, in.old),
				}[in.kind])
				done := time.Since(start)
				if err != nil {
					t.Error(err)
					return
				}
				out := casOutput{value: -1}
				for i, c := range res.Columns {
					if len(res.Rows) == 0 {
						break
					}
					switch c.Name {
					case "[applied]":
						out.applied = res.Rows[0][i][0] == 1
					case "v":
						out.value = int(types.DecodeInteger(res.Rows[0][i]))
					}
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: g, Input: in, Output: out, Call: int64(call), Return: int64(done)})
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	require.True(t, porcupine.CheckOperations(model, history))
}
