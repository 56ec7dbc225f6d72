//go:build !race

package once_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/once"
)

// Whatever request fails, in whatever way, and whenever another process comes with the same key: the
// work is done once at most, and who is told a result is told the right one.
func TestExplore(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		explore.Run(t, func(x *explore.T) {
			ctx := x.Context()
			open := func(client string) *once.Keys {
				keys, err := once.Open(coodie.New(x.Session(client)))
				require.NoError(x, err)
				return keys
			}
			ann, bob := open("ann"), open("bob")
			require.NoError(x, ann.Create(ctx))
			done, told := 0, 0
			ask := func(keys *once.Keys) {
				result, err := keys.Do(ctx, "order-17", func(context.Context) ([]byte, error) {
					done++
					return []byte("paid"), nil
				})
				if err == nil {
					told++
					require.Equal(x, "paid", string(result))
				}
			}
			x.Meanwhile("bob came with the same key", func() { ask(bob) })
			ask(ann)
			ask(ann) // who did not hear the first time comes again
			x.Check(func() {
				require.LessOrEqual(x, done, 1)
				require.True(x, told == 0 || done == 1)
			})
		}, explore.With(cqltest.WithDialect(dialect)))
	}
}

// Work that was not done frees its key, and may be done by the next.
func TestExploreNotDone(t *testing.T) {
	explore.Run(t, func(x *explore.T) {
		ctx := x.Context()
		keys, err := once.Open(coodie.New(x.Session("ann")))
		require.NoError(x, err)
		require.NoError(x, keys.Create(ctx))
		tried, done := 0, 0
		for range 2 {
			_, _ = keys.Do(ctx, "order-17", func(context.Context) ([]byte, error) {
				if tried++; tried == 1 {
					return nil, once.NotDone(context.DeadlineExceeded)
				}
				done++
				return nil, nil
			})
		}
		x.Check(func() { require.LessOrEqual(x, done, 1) })
	})
}
