//go:build !race

package coodie_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// TestPageTokenExpires, if it was made with a key.
func TestPageTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithPipe(), cqltest.WithKeyspace("app"))
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		ctx := t.Context()
		plain := openReadings(t, session, 3).Find(sensor.Eq("a")).PageSize(1)
		sealed := open[Reading](t, session, coodie.WithPageTokenKeys(tokenKey), coodie.WithPageTokenLifetime(time.Hour)).
			Find(sensor.Eq("a")).PageSize(1)

		p, err := plain.Page(ctx, "")
		require.NoError(t, err)
		s, err := sealed.Page(ctx, "")
		require.NoError(t, err)

		time.Sleep(59 * time.Minute)
		_, err = sealed.Page(ctx, s.Next)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		_, err = sealed.Page(ctx, s.Next)
		var bad *coodie.PageTokenError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, coodie.PageTokenExpired, bad.Reason)
		_, err = plain.Page(ctx, p.Next)
		require.NoError(t, err)
	})
}
