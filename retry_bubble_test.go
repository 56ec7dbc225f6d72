//go:build !race

package coodie_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// TestRetriesEndWithTheContext: between two attempts nothing is on its way, so that the error is definite.
func TestRetriesEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithPipe(), cqltest.WithKeyspace("app"))
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		claims := open[Claim](t, session, coodie.WithRetries(1000))
		conditional := cqltest.On(cqltest.Conditional, "claim")
		srv.Fault(conditional, cqltest.Unavailable())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		srv.ResetLog()
		_, err = claims.New(Claim{Name: "a"}).Insert(ctx)
		require.Error(t, err)
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, "nothing was left on its way")
		require.Less(t, len(srv.Log().Matching(conditional)), 100)
	})
}
