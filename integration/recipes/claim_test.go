package recipes_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/claim"
)

type User struct {
	ID    string `cql:"id,partition"`
	Email string `cql:"email"`
	Void  bool   `cql:"void"`
}

// Ten users want one address; a repair frees what a dead one has reserved; an address moves.
func TestClaim(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	db, _ := connect(t, keyspace(t))
	emails, err := claim.Open(db, coodie.WithTable("emails"))
	require.NoError(t, err)
	users, err := coodie.Open[User](db, coodie.WithTable("users"), coodie.WithLWTOnly())
	require.NoError(t, err)
	require.NoError(t, errors.Join(emails.Create(ctx), coodie.Schema(db, users).Create(ctx)))
	signUp := func(id, address string) error {
		return emails.Do(ctx, address, id, func(ctx context.Context) error {
			res, err := users.New(User{ID: id, Email: address}).Insert(ctx)
			if err == nil && !res.Applied && res.Existing.Value.Email == address {
				return nil
			}
			return cmp.Or(err, res.Err())
		})
	}
	bar := func(ctx context.Context, value, owner string) (bool, error) {
		res, err := users.New(User{ID: owner, Void: true}).Insert(ctx)
		if err != nil || res.Applied {
			return false, err
		}
		return res.Existing.Value.Email == value, nil
	}

	_, err = emails.Reserve(ctx, "ann@example.org", "dead")
	require.NoError(t, err)
	require.ErrorIs(t, signUp("u0", "ann@example.org"), claim.ErrTaken)
	require.NoError(t, emails.Repair(ctx, -time.Minute, bar))

	var won atomic.Int64
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() {
			err := signUp(fmt.Sprint("u", i), "ann@example.org")
			for errors.Is(err, coodie.ErrOutcomeUnknown) {
				err = signUp(fmt.Sprint("u", i), "ann@example.org")
			}
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, claim.ErrTaken) {
				t.Error(err)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 1, won.Load())
	owner, confirmed, err := emails.Owner(ctx, "ann@example.org")
	require.NoError(t, err)
	require.True(t, confirmed)

	email := coodie.Col(func(u *User) *string { return &u.Email })
	require.NoError(t, emails.Move(ctx, "ann@example.org", "ann@example.com", owner, func(ctx context.Context) error {
		res, err := users.New(User{ID: owner}).If(email.Eq("ann@example.org")).Update(ctx, email.Set("ann@example.com"))
		return cmp.Or(err, res.Err())
	}))
	require.NoError(t, signUp("u10", "ann@example.org"))
	require.ErrorIs(t, signUp("u11", "ann@example.com"), claim.ErrTaken)
	require.ErrorIs(t, signUp("dead", "dead@example.org"), coodie.ErrNotApplied)
}
