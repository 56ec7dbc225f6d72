//go:build !race

package claim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/claim"
)

// Whatever request of a sign-up and a change of address fails, in whatever way, and whenever
// another user wants the same: after a repair every user has its address and every address its user.
func TestExplore(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		explore.Run(t, func(x *explore.T) {
			ctx := x.Context()
			open := func(name string) *client {
				db := coodie.New(x.Session(name))
				emails, err := claim.Open(db, coodie.WithTable("emails"))
				require.NoError(x, err)
				users, err := coodie.Open[User](db, coodie.WithTable("users"), coodie.WithLWTOnly())
				require.NoError(x, err)
				require.NoError(x, coodie.Schema(db, users).Create(ctx))
				return &client{x.Server(), emails, users}
			}
			ann, bob := open("ann"), open("bob")
			require.NoError(x, ann.emails.Create(ctx))

			bobHas := false
			x.Meanwhile("bob signed up with the second address", func() {
				bobHas = bob.signUp(ctx, "bob", "second@example.org") == nil || bobHas
			})
			annHas := ""
			if ann.signUp(ctx, "ann", "first@example.org") == nil {
				annHas = "first@example.org"
				if ann.rename(ctx, "ann", "first@example.org", "second@example.org") == nil {
					annHas = "second@example.org"
				}
			}
			x.Check(func() {
				require.False(x, bobHas && annHas == "second@example.org", "both have the address")
				eve := open("eve")
				time.Sleep(time.Second)
				require.NoError(x, eve.emails.Repair(ctx, 0, eve.decide))
				eve.requireWhole(x)
			})
		}, explore.With(cqltest.WithDialect(dialect)))
	}
}
