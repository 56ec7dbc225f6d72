package explore_test

import (
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
)

// Without a bubble, also under the race detector.
func TestRealTime(t *testing.T) {
	insert := func(s *gocql.Session) error {
		return s.Query("INSERT INTO t (k) VALUES (1) IF NOT EXISTS").RetryPolicy(nil).Exec()
	}
	schema := explore.With(cqltest.WithSchema("CREATE TABLE t (k int PRIMARY KEY)"))
	explore.Run(t, func(x *explore.T) {
		err := insert(x.Session("alice"))
		x.Check(func() { require.True(x, err != nil || len(x.Server().MustRows("SELECT * FROM t")) == 1) })
	}, schema, explore.RealTime(), explore.Budget(0))

	r, err := explore.Find(t, func(x *explore.T) {
		err := insert(x.Session("alice"))
		x.Check(func() { require.Equal(x, err == nil, len(x.Server().MustRows("SELECT * FROM t")) == 1) })
	}, schema, explore.RealTime())
	require.NoError(t, err)
	require.Equal(t, []string{"alice's 1st LWT on t was applied, and its answer was lost"}, r.Failure.Words)
}
