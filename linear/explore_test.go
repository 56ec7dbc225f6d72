//go:build !race

package linear_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/linear"
)

// With explore: whatever fails, what the clients were told has an order. The broken lock has none.
func TestWithExplore(t *testing.T) {
	r, err := explore.Find(t, func(x *explore.T) {
		history := linear.New(linear.Lock())
		alice, bob := x.Session("alice"), x.Session("bob")
		x.Meanwhile("bob took the lock", func() {
			_, _ = history.Do("bob", "deploy", linear.Acquire("bob"), func() (linear.LockAnswer, error) { return take(bob, "bob") })
		})
		_, _ = history.Do("alice", "deploy", linear.Acquire("alice"), func() (linear.LockAnswer, error) { return take(alice, "alice") })
		x.Check(func() { require.NoError(x, history.Check().Err()) })
	}, explore.With(cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)")))
	require.NoError(t, err)
	require.NotNil(t, r.Failure)
	require.Equal(t, []string{"before alice's 1st write on locks: bob took the lock"}, r.Failure.Words)
	message := strings.Join(r.Failure.Messages, "")
	require.Contains(t, message, `no order of these operations on "deploy" explains their answers`)
	require.Contains(t, message, "alice: acquires as alice: done")
	require.Contains(t, message, "bob: acquires as bob: done")
	t.Log(r)
}
