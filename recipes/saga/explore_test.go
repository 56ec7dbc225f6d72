//go:build !race

package saga_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/saga"
)

// Whatever request fails, in whatever way, and whoever takes over when the claim has ended: once
// it is recovered the saga has done everything or nothing, and says which.
func TestExplore(t *testing.T) {
	for _, undone := range []bool{false, true} {
		explore.Run(t, func(x *explore.T) {
			ctx := x.Context()
			w := &world{done: map[string]bool{}}
			if undone {
				w.hook = func(_ context.Context, event string) error {
					if event == "do car" {
						return saga.Permanent(errBoom)
					}
					return nil
				}
			}
			open := func(client string) *saga.Saga[trip] {
				trips, err := saga.Open(coodie.New(x.Session(client)), "trip", w.steps())
				require.NoError(x, err)
				return trips
			}
			ann, bob := open("ann"), open("bob")
			require.NoError(x, ann.Create(ctx))
			x.Meanwhile("ann's claim ended, and bob recovered what he found", func() {
				time.Sleep(time.Minute)
				_ = bob.Recover(ctx)
			})
			_, told := ann.Run(ctx, "t1", trip{City: "Rome"})
			x.Check(func() {
				eve := open("eve")
				time.Sleep(time.Minute)
				require.NoError(x, eve.Recover(ctx))
				status, err := eve.Status(ctx, "t1")
				switch {
				case err != nil:
					require.ErrorIs(x, err, coodie.ErrNotFound)
					require.Error(x, told)
					require.Empty(x, w.booked())
				case undone:
					require.Equal(x, saga.StateCompensated, status.State)
					require.Error(x, told)
					require.Empty(x, w.booked())
				default:
					require.Equal(x, saga.StateCompleted, status.State)
					require.Equal(x, names, w.booked())
					require.Equal(x, names, status.Data.Booked)
				}
			})
		}, explore.With(cqltest.WithDialect(cqltest.Cassandra)))
	}
}
