package claim_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/claim"
)

const ann = "ann@example.org"

func TestOneOwner(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		c := start(t, cqltest.WithDialect(dialect))
		_, _, err := c.emails.Owner(ctx, ann)
		require.ErrorIs(t, err, coodie.ErrNotFound)

		require.NoError(t, c.signUp(ctx, "u1", ann))
		owner, confirmed, err := c.emails.Owner(ctx, ann)
		require.NoError(t, err)
		require.Equal(t, "u1", owner)
		require.True(t, confirmed)

		err = c.emails.Do(ctx, ann, "u2", func(context.Context) error { panic("not called") })
		var taken *claim.TakenError
		require.ErrorAs(t, err, &taken)
		require.ErrorIs(t, err, claim.ErrTaken)
		require.Equal(t, "u1", taken.Owner)
		require.True(t, taken.Confirmed)
		require.NotContains(t, err.Error(), "ann")

		require.NoError(t, c.signUp(ctx, "u1", ann), "once more")
		c.requireWhole(t)

		require.NoError(t, c.rename(ctx, "u1", ann, "ann@example.com"))
		c.requireWhole(t)
		require.NoError(t, c.signUp(ctx, "u2", ann), "it is free again")
		require.ErrorIs(t, c.rename(ctx, "u1", "ann@example.com", ann), claim.ErrTaken)
		require.ErrorIs(t, c.rename(ctx, "u1", ann, "third@example.com"), claim.ErrTaken, "from is not u1's")
		c.requireWhole(t)
	}
}

func TestBadInput(t *testing.T) {
	ctx := context.Background()
	c := start(t)
	var usage *coodie.Error
	_, err := c.emails.Reserve(ctx, ann, "")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = c.emails.Reserve(ctx, "", "u1")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorAs(t, c.emails.Move(ctx, ann, ann, "u1", nil), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	const odd = "an\xffn"
	c.srv.ResetLog()
	_, err = c.emails.Reserve(ctx, odd, "u1")
	refused := []error{err}
	_, err = c.emails.Reserve(ctx, ann, odd)
	refused = append(refused, err)
	_, _, err = c.emails.Owner(ctx, odd)
	refused = append(refused, err, c.emails.Resolve(ctx, odd, c.decide), c.emails.Do(ctx, odd, "u1", nil),
		c.emails.Move(ctx, odd, ann, "u1", nil), c.emails.Move(ctx, ann, odd, "u1", nil))
	for i, err := range refused {
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, []string{"value", "owner", "value", "value", "value", "value", "value"}[i], usage.Column)
		require.NotContains(t, err.Error(), odd)
	}
	require.Empty(t, c.srv.Log())
}

// An error of the write gives the value back; an unknown outcome does not.
func TestWriteFails(t *testing.T) {
	ctx := context.Background()
	c := start(t)
	boom := errors.New("boom")
	fail := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	require.ErrorIs(t, c.emails.Do(ctx, ann, "u1", fail(boom)), boom)
	_, _, err := c.emails.Owner(ctx, ann)
	require.ErrorIs(t, err, coodie.ErrNotFound)

	require.ErrorIs(t, c.emails.Do(ctx, ann, "u1", fail(coodie.ErrOutcomeUnknown)), coodie.ErrOutcomeUnknown)
	require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken)
	require.ErrorIs(t, c.emails.Do(ctx, ann, "u1", fail(boom)), boom)
	require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken, "what was found is not given back: the entity may be there")
	require.NoError(t, c.signUp(ctx, "u1", ann))
	c.requireWhole(t)

	cancelled, cancel := context.WithCancel(ctx)
	require.ErrorIs(t, c.emails.Move(cancelled, ann, "new@example.org", "u1", func(context.Context) error {
		cancel()
		return boom
	}), boom)
	c.requireWhole(t)
}

// The same owner, twice at once: the one that fails does not take the value from the other.
func TestGiveBackBesideAnother(t *testing.T) {
	ctx := context.Background()
	c := start(t)
	err := c.emails.Do(ctx, ann, "u1", func(ctx context.Context) error {
		x, err := c.emails.Reserve(ctx, ann, "u1") // the other has found it, and not written yet
		require.NoError(t, err)
		require.Equal(t, ann, x.Value())
		require.Equal(t, "u1", x.Owner())
		return errors.New("boom")
	})
	require.Error(t, err)
	require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken)
	require.NoError(t, c.signUp(ctx, "u1", ann))
	c.requireWhole(t)
}

// The owner died before or after the entity was written, or is only slow.
func TestResolve(t *testing.T) {
	ctx := context.Background()
	t.Run("dead before", func(t *testing.T) {
		c := start(t)
		_, err := c.emails.Reserve(ctx, ann, "u1")
		require.NoError(t, err)
		err = c.signUp(ctx, "u2", ann)
		var taken *claim.TakenError
		require.ErrorAs(t, err, &taken)
		require.False(t, taken.Confirmed)
		require.WithinDuration(t, time.Now(), taken.Since, time.Minute)
		require.NoError(t, c.emails.Resolve(ctx, ann, c.decide))
		require.NoError(t, c.signUp(ctx, "u2", ann))
		c.requireWhole(t)
	})
	t.Run("dead after", func(t *testing.T) {
		c := start(t)
		_, err := c.emails.Reserve(ctx, ann, "u1")
		require.NoError(t, err)
		require.NoError(t, c.insert("u1", ann)(ctx))
		require.NoError(t, c.emails.Resolve(ctx, ann, c.decide))
		require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken)
		c.requireWhole(t)
	})
	t.Run("slow", func(t *testing.T) {
		c := start(t)
		err := c.emails.Do(ctx, ann, "u1", func(ctx context.Context) error {
			require.NoError(t, c.emails.Resolve(ctx, ann, c.decide))
			require.NoError(t, c.signUp(ctx, "u2", ann))
			return c.insert("u1", ann)(ctx)
		})
		require.ErrorIs(t, err, coodie.ErrNotApplied, "barred")
		c.requireWhole(t)
	})
	t.Run("a no that is not final", func(t *testing.T) {
		c := start(t)
		err := c.emails.Do(ctx, ann, "u1", func(ctx context.Context) error {
			require.NoError(t, c.emails.Resolve(ctx, ann, func(context.Context, string, string) (bool, error) { return false, nil }))
			require.NoError(t, c.signUp(ctx, "u2", ann))
			return c.insert("u1", ann)(ctx)
		})
		require.ErrorIs(t, err, claim.ErrLost, "the writer is told")
	})
	t.Run("confirmed meanwhile", func(t *testing.T) {
		c := start(t)
		x, err := c.emails.Reserve(ctx, ann, "u1")
		require.NoError(t, err)
		require.NoError(t, c.emails.Resolve(ctx, ann, func(context.Context, string, string) (bool, error) {
			return false, x.Confirm(ctx)
		}))
		require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken)
	})
	t.Run("claimed again meanwhile", func(t *testing.T) {
		c := start(t)
		x, err := c.emails.Reserve(ctx, ann, "u1")
		require.NoError(t, err)
		asked := 0
		require.NoError(t, c.emails.Resolve(ctx, ann, func(_ context.Context, _, owner string) (bool, error) {
			if asked++; owner == "u1" {
				require.NoError(t, x.Release(ctx))
				_, err := c.emails.Reserve(ctx, ann, "u2")
				require.NoError(t, err)
				return false, nil
			}
			return true, nil
		}))
		owner, confirmed, err := c.emails.Owner(ctx, ann)
		require.NoError(t, err)
		require.Equal(t, "u2", owner, "u2's was not deleted for u1's")
		require.True(t, confirmed)
		require.Equal(t, 2, asked)
	})
}

func TestRelease(t *testing.T) {
	ctx := context.Background()
	c := start(t)
	first, err := c.emails.Reserve(ctx, ann, "u1")
	require.NoError(t, err)
	require.NoError(t, first.Release(ctx))
	second, err := c.emails.Reserve(ctx, ann, "u1")
	require.NoError(t, err)
	require.ErrorIs(t, first.Release(ctx), claim.ErrLost)
	require.ErrorIs(t, first.Confirm(ctx), claim.ErrLost)
	require.NoError(t, second.Confirm(ctx))
	require.NoError(t, second.Confirm(ctx))
	require.NoError(t, second.Release(ctx))
	require.ErrorIs(t, second.Confirm(ctx), claim.ErrLost)
}

// A default TTL of the table, by option or on the server alone, does not free a value.
func TestDefaultTTL(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		c := start(t, cqltest.WithDialect(dialect))
		c.srv.MustExec("ALTER TABLE emails WITH default_time_to_live = 10")
		require.NoError(t, c.signUp(ctx, "u1", ann))
		_, err := c.emails.Reserve(ctx, "reserved@example.org", "u1")
		require.NoError(t, err)
		c.srv.FastForward(time.Hour)
		owner, confirmed, err := c.emails.Owner(ctx, ann)
		require.NoError(t, err)
		require.Equal(t, "u1", owner)
		require.True(t, confirmed)
		require.ErrorIs(t, c.signUp(ctx, "u2", ann), claim.ErrTaken)
		require.ErrorIs(t, c.signUp(ctx, "u2", "reserved@example.org"), claim.ErrTaken)
	}
}

// Wherever the answer gets lost, and wherever the process dies: the owner who tries again, or
// a repair, makes all whole, and never do two have one address.
func TestEveryPointOfFailure(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		t.Run(fmt.Sprint(dialect), func(t *testing.T) { everyPointOfFailure(t, dialect) })
	}
}

func everyPointOfFailure(t *testing.T, dialect cqltest.Dialect) {
	ctx := context.Background()
	on := cqltest.On(cqltest.Any, "emails", "users")
	for name, op := range map[string]func(*client) error{
		"do":   func(c *client) error { return c.signUp(ctx, "u1", ann) },
		"move": func(c *client) error { return c.rename(ctx, "u1", "old@example.org", ann) },
	} {
		for _, executed := range []bool{false, true} {
			for _, dies := range []bool{false, true} {
				for _, repair := range []string{"owner", "other"} {
					point, reached := 0, true
					for reached {
						point++
						t.Run(fmt.Sprint(name, point, executed, dies, repair), func(t *testing.T) {
							c := start(t, cqltest.WithDialect(dialect))
							if name == "move" {
								require.NoError(t, c.signUp(ctx, "u1", "old@example.org"))
							}
							steps := []cqltest.Step{cqltest.WriteTimeout("CAS")}
							if executed {
								steps = []cqltest.Step{cqltest.Apply, cqltest.CASWriteUnknown()}
							}
							fault := c.srv.Fault(on.Nth(point), steps...)
							if dies { // nothing of it comes any more
								c.srv.Fault(on.After(point), cqltest.Unavailable())
							}
							err := op(c)
							reached = fault.Hits() > 0
							c.srv.ClearFaults()
							if repair == "other" {
								second := c.signUp(ctx, "u2", ann)
								if err == nil {
									require.ErrorIs(t, second, claim.ErrTaken)
								}
								require.NoError(t, c.emails.Repair(ctx, -time.Minute, c.decide))
								if err := c.signUp(ctx, "u3", ann); err != nil {
									require.ErrorIs(t, err, claim.ErrTaken)
								}
							} else {
								require.NoError(t, op(c))
								owner, _, err := c.emails.Owner(ctx, ann)
								require.NoError(t, err)
								require.Equal(t, "u1", owner)
							}
							c.requireWhole(t)
						})
					}
					require.Greater(t, point, 3)
				}
			}
		}
	}
}

func TestContention(t *testing.T) {
	ctx := context.Background()
	c := start(t)
	d := connect(t, c.srv)
	on := cqltest.On(cqltest.Any, "emails", "users")
	c.srv.Fault(on.Chance(0.05, 1), cqltest.Apply, cqltest.CASWriteUnknown())
	c.srv.Fault(on.Chance(0.05, 2), cqltest.WriteTimeout("CAS"))
	var won atomic.Int64
	var running sync.WaitGroup
	for i := range 16 {
		from := c
		if i%2 == 0 {
			from = d
		}
		running.Go(func() {
			id := fmt.Sprint("u", i)
			err := from.signUp(ctx, id, ann)
			for err != nil && !errors.Is(err, claim.ErrTaken) {
				err = from.signUp(ctx, id, ann)
			}
			if err == nil {
				won.Add(1)
			}
		})
	}
	running.Wait()
	c.srv.ClearFaults()
	require.EqualValues(t, 1, won.Load())
	c.requireWhole(t)
}
