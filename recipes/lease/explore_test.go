//go:build !race

package lease_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/lease"
)

// Whatever request of a lease fails, in whatever way, and whenever somebody else asks for it: it has
// one holder at a time, tokens grow, and it is free some time after.
func TestExplore(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		explore.Run(t, func(x *explore.T) {
			const ttl = 30 * time.Second
			ctx := x.Context()
			open := func(client string) *lease.Leases {
				leases, err := lease.Open(coodie.New(x.Session(client)))
				require.NoError(x, err)
				return leases
			}
			ann, bob := open("ann"), open("bob")
			require.NoError(x, ann.Create(ctx))

			var last int64 // token that was granted
			var annHas, bobHas *lease.Lease
			valid := func(l *lease.Lease) bool { return l != nil && l.Valid() }
			granted := func(l *lease.Lease, other *lease.Lease) {
				require.False(x, valid(l) && valid(other), "both hold the lease")
				require.Greater(x, l.Token(), last)
				last = l.Token()
			}
			x.Meanwhile("bob asked for the lease", func() {
				if l, err := bob.Acquire(ctx, "job", "bob", ttl); err == nil {
					bobHas = l
					granted(bobHas, annHas)
				}
			})
			if l, err := ann.Acquire(ctx, "job", "ann", ttl); err == nil {
				annHas = l
				if valid(annHas) {
					granted(annHas, bobHas)
				}
				_ = annHas.Renew(ctx)
				require.False(x, valid(annHas) && valid(bobHas), "both hold the lease")
				_ = annHas.Release(ctx)
				require.False(x, annHas.Valid())
			}
			x.Check(func() {
				l, err := open("eve").Wait(ctx, "job", "eve", ttl)
				require.NoError(x, err)
				require.False(x, valid(bobHas))
				granted(l, bobHas)
			})
		}, explore.With(cqltest.WithDialect(dialect)))
	}
}
