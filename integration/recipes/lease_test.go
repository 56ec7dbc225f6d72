package recipes_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/recipes/lease"
)

func openLeases(t *testing.T, keyspace string) (*lease.Leases, *gocql.Session) {
	t.Helper()
	db, session := connect(t, keyspace)
	leases, err := lease.Open(db)
	require.NoError(t, err)
	leases.MaxClockSkew = 0 // one node
	return leases, session
}

// The life of a lease: granted, renewed, left to end, granted with the next token, released.
func TestLease(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	ks := keyspace(t)
	leases, session := openLeases(t, ks)
	require.NoError(t, leases.Create(ctx))
	other, _ := openLeases(t, ks)

	alice, err := leases.Acquire(ctx, "job", "alice", time.Second)
	require.NoError(t, err)
	require.EqualValues(t, 1, alice.Token())
	_, err = other.Acquire(ctx, "job", "bob", time.Second)
	require.ErrorIs(t, err, lease.ErrHeld)
	require.NoError(t, alice.Renew(ctx))

	bob, err := other.Wait(ctx, "job", "bob", time.Minute)
	require.NoError(t, err)
	require.False(t, alice.Valid(), "nobody gets it before the deadline")
	require.EqualValues(t, 2, bob.Token())
	require.ErrorIs(t, alice.Renew(ctx), lease.ErrLost)
	require.ErrorIs(t, alice.Release(ctx), lease.ErrLost)

	var ttlOwner, ttlGrant, ttlRenewals int
	var ttlFence *int
	require.NoError(t, session.Query("SELECT ttl(owner), ttl(grant_id), ttl(renewals), ttl(fence) FROM leases WHERE name = 'job'").
		Scan(&ttlOwner, &ttlGrant, &ttlRenewals, &ttlFence))
	require.Nil(t, ttlFence, "the token stays, though one statement set it beside what ends")
	require.Equal(t, ttlOwner, ttlGrant)
	require.Equal(t, ttlOwner, ttlRenewals)
	require.InDelta(t, 61, ttlOwner, 2)

	require.NoError(t, bob.Release(ctx))
	carol, err := leases.Acquire(ctx, "job", "carol", time.Second)
	require.NoError(t, err)
	require.EqualValues(t, 3, carol.Token())
}

// The server counts whole seconds, and the second that it is in already counts as one: the
// reason for the second that is added to the TTL.
func TestTTLIsShorterThanItSays(t *testing.T) {
	t.Parallel()
	ks := keyspace(t)
	_, session := connect(t, ks)
	require.NoError(t, session.Query("CREATE TABLE t (k int PRIMARY KEY, v int)").Exec())
	shortest := time.Hour
	for range 20 {
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1950 * time.Millisecond))) // late in a second
		begin := time.Now()
		require.NoError(t, session.Query("UPDATE t USING TTL 1 SET v = 1 WHERE k = 1").Exec())
		for v := new(int); v != nil; {
			if err := session.Query("SELECT v FROM t WHERE k = 1").Scan(&v); err != nil {
				require.ErrorIs(t, err, gocql.ErrNotFound)
				break
			}
		}
		shortest = min(shortest, time.Since(begin))
		if shortest < 800*time.Millisecond {
			return
		}
	}
	t.Errorf("a TTL of 1 lasted %v at least", shortest)
}

// 8 processes, so to speak, want one lease: one at a time, in the order of the tokens.
func TestLeaseContention(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	ks := keyspace(t)
	first, _ := openLeases(t, ks)
	require.NoError(t, first.Create(ctx))
	var inside atomic.Int64
	var tokens []int64
	var running sync.WaitGroup
	for i := range 8 {
		leases, _ := openLeases(t, ks)
		running.Go(func() {
			for range 3 {
				x, err := leases.Wait(ctx, "job", fmt.Sprint("process ", i), 10*time.Second)
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two inside")
				}
				tokens = append(tokens, x.Token())
				inside.Add(-1)
				if err := x.Release(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	require.Len(t, tokens, 24)
	require.IsIncreasing(t, tokens)
}

// A default TTL that somebody has set on the table does not make the tokens begin again.
func TestLeaseOnATableWithDefaultTTL(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	leases, session := openLeases(t, keyspace(t))
	require.NoError(t, leases.Create(ctx))
	require.NoError(t, session.Query("ALTER TABLE leases WITH default_time_to_live = 2").Exec())
	alice, err := leases.Acquire(ctx, "job", "alice", time.Second)
	require.NoError(t, err)
	require.NoError(t, alice.Renew(ctx))
	require.NoError(t, alice.Release(ctx))
	time.Sleep(3 * time.Second)
	owner, token, err := leases.Holder(ctx, "job")
	require.NoError(t, err)
	require.Empty(t, owner)
	require.EqualValues(t, 1, token)
	bob, err := leases.Acquire(ctx, "job", "bob", time.Second)
	require.NoError(t, err)
	require.EqualValues(t, 2, bob.Token())
}
