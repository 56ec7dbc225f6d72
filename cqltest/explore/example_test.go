//go:build !race

package explore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
)

// Lock is held by its owner.
type Lock struct {
	Name  string `cql:"name,partition"`
	Owner string `cql:"owner"`
}

// Acquire reports whether the owner has the lock.
func Acquire(ctx context.Context, locks *coodie.Table[Lock], owner string) (bool, error) {
	for {
		res, err := locks.New(Lock{Name: "deploy", Owner: owner}).Insert(ctx)
		switch {
		case err == nil:
			return res.Applied || res.Existing.Value.Owner == owner, nil
		case !errors.Is(err, coodie.ErrOutcomeUnknown):
			return false, err
		}
		// Once more. If the first request was applied, the row is the owner's.
	}
}

func TestAcquire(t *testing.T) {
	explore.Run(t, func(x *explore.T) {
		open := func(client string) *coodie.Table[Lock] {
			locks, err := coodie.Open[Lock](coodie.New(x.Session(client)), coodie.WithTable("locks"), coodie.WithLWTOnly())
			require.NoError(x, err)
			return locks
		}
		alice, bob := open("alice"), open("bob")

		var bobHas bool
		x.Meanwhile("bob asked for the lock", func() {
			bobHas, _ = Acquire(x.Context(), bob, "bob")
		})
		aliceHas, err := Acquire(x.Context(), alice, "alice")

		x.Check(func() { // when everything is healed
			require.False(x, aliceHas && bobHas)
			if err == nil && !aliceHas {
				rows := x.Server().MustRows("SELECT owner FROM locks WHERE name = 'deploy'")
				require.NotEqual(x, "alice", rows[0]["owner"], "alice does not know that she has it")
			}
		})
	}, explore.With(cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)")))
}

// The same without the loop: what docs/testing.md shows.
func TestAcquireTakesUnknownForRefused(t *testing.T) {
	r, err := explore.Find(t, func(x *explore.T) {
		alice, err := coodie.Open[Lock](coodie.New(x.Session("alice")), coodie.WithTable("locks"), coodie.WithLWTOnly())
		require.NoError(x, err)
		res, _ := alice.New(Lock{Name: "deploy", Owner: "alice"}).Insert(x.Context())
		x.Check(func() {
			if rows := x.Server().MustRows("SELECT owner FROM locks"); !res.Applied && len(rows) > 0 {
				x.Errorf("alice does not know that she has the lock")
			}
		})
	}, explore.With(cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)")))
	require.NoError(t, err)
	t.Log(r)
	require.Equal(t, []string{"alice's 1st LWT on locks was applied, and its answer was lost"}, r.Failure.Words)
}
