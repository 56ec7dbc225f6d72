package replay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/replay"
)

// TestOf: unstamped, as plain writes are by default, and under a client's timestamp.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		cql     string
		want    replay.Reason
		stamped replay.Reason
	}{
		{"SELECT now(), v FROM t WHERE k = uuid()", replay.Read, replay.Read},
		{"INSERT INTO t (k, v) VALUES (1, 'a')", replay.Same, replay.Same},
		{"INSERT INTO t (k, v) VALUES (?, ?)", replay.Same, replay.StampedList},
		{"INSERT INTO t (k, v) VALUES (1, 'a') USING TTL 5", replay.Same, replay.Same},
		{"INSERT INTO t (k, l) VALUES (1, ['a'])", replay.Same, replay.StampedList},
		{"INSERT INTO t (k, l) VALUES (1, []) USING TIMESTAMP 5", replay.Same, replay.Same},
		{"INSERT INTO t (k, l) VALUES (1, ['a']) USING TIMESTAMP 5", replay.StampedList, replay.StampedList},
		{"INSERT INTO t (k, l) VALUES (1, ?) USING TIMESTAMP ?", replay.StampedList, replay.StampedList},
		{"INSERT INTO t (k, s, m) VALUES (1, {'a'}, {'a': [1]}) USING TIMESTAMP 5", replay.Same, replay.Same},
		{"INSERT INTO t JSON '{\"k\": 1}'", replay.Same, replay.StampedList},
		{"INSERT INTO t (k, v) VALUES (now(), 1)", replay.Function, replay.Function},
		{"INSERT INTO t (k, v) VALUES (1, [uuid()])", replay.Function, replay.Function},
		{"INSERT INTO t (k, v) VALUES (1, toDate(5))", replay.Function, replay.Function},
		{"INSERT INTO t (k, v) VALUES (1, ks.f(5))", replay.Function, replay.Function},
		{"INSERT INTO t (k, v) VALUES (1, 2) IF NOT EXISTS", replay.Conditional, replay.Conditional},
		{"INSERT INTO t (k, v) VALUES (now(), 2) IF NOT EXISTS", replay.Conditional, replay.Conditional},

		{"UPDATE t SET v = 1, w = null, u = -2 WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET v = ? WHERE k = 1", replay.Same, replay.StampedList},
		{"UPDATE t SET l = (list<int>) [1] WHERE k = 1", replay.Same, replay.StampedList},
		{"UPDATE t SET l = ([1]) WHERE k = 1", replay.Same, replay.StampedList},
		{"UPDATE t SET l = (?) WHERE k = 1", replay.Same, replay.StampedList},
		{"INSERT INTO t (k, l) VALUES (1, ((list<int>) ([1])))", replay.Same, replay.StampedList},
		{"UPDATE t SET n = n + (1) WHERE k = 1", replay.Counter, replay.Counter},
		{"UPDATE t SET l += ([1]) WHERE k = 1", replay.ListAppend, replay.ListAppend},
		{"UPDATE t SET l[(0)] = 1 WHERE k = 1", replay.ListIndex, replay.ListIndex},
		{"UPDATE t SET l[((?))] = 1 WHERE k = 1", replay.Unproved, replay.Unproved},
		{"DELETE l[(0)] FROM t WHERE k = 1", replay.ListIndex, replay.ListIndex},
		{"UPDATE t SET m[(1, 2)] = 1 WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET v = 1 + 2 WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET u.f = 1 WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET v = now() WHERE k = 1", replay.Function, replay.Function},
		{"UPDATE t SET v = 1 WHERE k = now()", replay.Function, replay.Function},
		{"UPDATE t SET n = n + 1 WHERE k = 1", replay.Counter, replay.Counter},
		{"UPDATE t SET n += 1 WHERE k = 1", replay.Counter, replay.Counter},
		{"UPDATE t SET n = n - 1 WHERE k = 1", replay.Counter, replay.Counter},
		{"UPDATE t SET n = n + ? WHERE k = 1", replay.Unproved, replay.Unproved},
		{"UPDATE t SET n -= :d WHERE k = 1", replay.Unproved, replay.Unproved},
		{"UPDATE t SET s = s + {1} WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET s = s - {1} WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET m = m + {'a': 1} WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET l = l + [1] WHERE k = 1", replay.ListAppend, replay.ListAppend},
		{"UPDATE t SET l += [1] WHERE k = 1", replay.ListAppend, replay.ListAppend},
		{"UPDATE t SET l = [1] + l WHERE k = 1", replay.ListAppend, replay.ListAppend},
		{"UPDATE t SET l = ? + l WHERE k = 1", replay.ListAppend, replay.ListAppend},
		{"UPDATE t SET l = l - [1] WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET l[0] = 1 WHERE k = 1", replay.ListIndex, replay.ListIndex},
		{"UPDATE t SET m['a'] = 1 WHERE k = 1", replay.Same, replay.Same},
		{"UPDATE t SET m[?] = 1 WHERE k = 1", replay.Unproved, replay.Unproved},
		{"UPDATE t SET v = 1 WHERE k = 1 IF EXISTS", replay.Conditional, replay.Conditional},
		{"UPDATE t SET v = 1 WHERE k = 1 IF v = 2", replay.Conditional, replay.Conditional},

		{"DELETE FROM t WHERE k = 1", replay.Same, replay.Same},
		{"DELETE v, u.f FROM t USING TIMESTAMP 5 WHERE k = 1", replay.Same, replay.Same},
		{"DELETE m['a'] FROM t WHERE k = 1", replay.Same, replay.Same},
		{"DELETE l[0] FROM t WHERE k = 1", replay.ListIndex, replay.ListIndex},
		{"DELETE c[?] FROM t WHERE k = 1", replay.Unproved, replay.Unproved},
		{"DELETE FROM t WHERE k = uuid()", replay.Function, replay.Function},
		{"DELETE FROM t WHERE k = 1 IF EXISTS", replay.Conditional, replay.Conditional},
		{"DELETE v FROM t WHERE k = 1 IF v > 1", replay.Conditional, replay.Conditional},

		{"BEGIN BATCH DELETE FROM t WHERE k = 1; UPDATE t SET v = 1 WHERE k = 2; APPLY BATCH", replay.Same, replay.Same},
		{"BEGIN BATCH USING TIMESTAMP 5 UPDATE t SET l = [1] WHERE k = 2; APPLY BATCH", replay.StampedList, replay.StampedList},
		{"BEGIN BATCH UPDATE t SET l = l + [1] WHERE k = 1; DELETE FROM t WHERE k = 1; APPLY BATCH", replay.ListAppend, replay.ListAppend},
		{"BEGIN BATCH UPDATE t SET l = l + [1] WHERE k = 1; DELETE FROM t WHERE k = 1 IF EXISTS; APPLY BATCH", replay.Conditional, replay.Conditional},
		{"BEGIN COUNTER BATCH UPDATE t SET n = n + ? WHERE k = 1; APPLY BATCH", replay.Unproved, replay.Unproved},
		{"BEGIN COUNTER BATCH UPDATE t SET n = n + {1} WHERE k = 1; APPLY BATCH", replay.Counter, replay.Counter},

		{"TRUNCATE t", replay.Other, replay.Other},
		{"CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)", replay.Other, replay.Other},
	} {
		t.Run(tt.cql, func(t *testing.T) {
			s, err := cqlparse.Parse(tt.cql)
			require.NoError(t, err)
			require.Equal(t, tt.want, replay.Of(s, replay.Facts{}), "%v", replay.Of(s, replay.Facts{}))
			got := replay.Of(s, replay.Facts{Stamped: true})
			require.Equal(t, tt.stamped, got, "%v", got)
		})
	}
}

// TestKnownMarkers: what the client knows of a marker's value counts.
func TestKnownMarkers(t *testing.T) {
	s, err := cqlparse.Parse("INSERT INTO t (k, l) VALUES (?, ?)")
	require.NoError(t, err)
	second := func(m *cqlparse.Marker) bool { return m.Index == 1 }
	never := func(*cqlparse.Marker) bool { return false }
	require.Equal(t, replay.StampedList, replay.Of(s, replay.Facts{Stamped: true, List: second}))
	require.Equal(t, replay.Same, replay.Of(s, replay.Facts{Stamped: true, List: never}))
	require.Equal(t, replay.Same, replay.Of(s, replay.Facts{List: second}))
}

// TestReasons: each says something, and only the first three may be sent twice.
func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := replay.Same; r <= replay.Reordered; r++ {
		require.NotEmpty(t, r.String())
		require.False(t, seen[r.String()])
		seen[r.String()] = true
		require.Equal(t, r == replay.Same || r == replay.Read || r == replay.Declared, r.Safe())
	}
}
