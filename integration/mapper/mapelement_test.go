package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCassandraMisjudgesMapElements is why coodie refuses some conditions on the value of a
// map's key: in Cassandra 5.0 all these hold, and none should. Cassandra 6 judges them right; the
// refusal can end for a server that is known to be one.
func TestCassandraMisjudgesMapElements(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE m (k int PRIMARY KEY, v int, u map<uuid, int>, b map<boolean, text>, t map<text, int>)")
	execute(t, s, "INSERT INTO m (k, u, b, t) VALUES (1, {c6dd293d-7c9a-4da2-b82f-2fd748f0e011: 1}, {true: 'x'}, {'a': -1})")
	for _, condition := range []string{"u[c6dd293d-7c9a-4da2-b82f-2fd748f0e011] = 2", "b[true] = 'y'", "t['a'] > 5"} {
		applied, err := s.Query("UPDATE m SET v = 1 WHERE k = 1 IF " + condition).MapScanCAS(map[string]any{})
		require.NoError(t, err)
		require.Equal(t, !six(t, s), applied, condition)
	}
}
