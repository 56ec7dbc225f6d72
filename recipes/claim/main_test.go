package claim_test

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/claim"
)

func TestMain(m *testing.M) { leak.Main(m) }

// User is the entity. One that is void has only barred the way for a late one.
type User struct {
	ID      string      `cql:"id,partition"`
	Email   string      `cql:"email"`
	Void    bool        `cql:"void"`
	Checks  int         `cql:"checks"`
	Version int64       `cql:"version,version"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	userID = coodie.Col(func(u *User) *string { return &u.ID })
	email  = coodie.Col(func(u *User) *string { return &u.Email })
)

// client is a process.
type client struct {
	srv    *cqltest.Server
	emails *claim.Claims
	users  *coodie.Table[User]
}

func connect(t *testing.T, srv *cqltest.Server) *client {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = 2 * time.Second
	if cluster.Dialer != nil { // in a bubble, where time is exact
		cluster.Timeout = 300 * time.Millisecond
	}
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	db := coodie.New(session)
	emails, err := claim.Open(db, coodie.WithTable("emails"))
	require.NoError(t, err)
	users, err := coodie.Open[User](db, coodie.WithTable("users"), coodie.WithLWTOnly())
	require.NoError(t, err)
	return &client{srv, emails, users}
}

func start(t *testing.T, opts ...cqltest.Option) *client {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	c := connect(t, srv)
	ctx := context.Background()
	require.NoError(t, errors.Join(c.emails.Create(ctx), coodie.Schema(nil, c.users).Create(ctx)))
	return c
}

var errBarred = errors.New("the user has been barred")

// insert writes the entity, any number of times.
func (c *client) insert(id, address string) func(context.Context) error {
	return func(ctx context.Context) error {
		res, err := c.users.New(User{ID: id, Email: address}).Insert(ctx)
		if err == nil && !res.Applied && res.Existing.Value.Email == address {
			return nil
		}
		return cmp.Or(err, res.Err())
	}
}

func (c *client) signUp(ctx context.Context, id, address string) error {
	return c.emails.Do(ctx, address, id, c.insert(id, address))
}

// rename changes the entity if it is still as it was before anything else.
func (c *client) rename(ctx context.Context, id, from, to string) error {
	user, err := c.users.Find(userID.Eq(id)).Get(ctx)
	if err != nil {
		return err
	}
	return c.emails.Move(ctx, from, to, id, func(ctx context.Context) error {
		if user.Email == to {
			return nil
		}
		if user.Email != from {
			return errBarred
		}
		res, err := c.users.New(user).IfUnchanged().Update(ctx, email.Set(to))
		return cmp.Or(err, res.Err())
	})
}

// decide looks at the entity, and bars whatever its owner may be about to write.
func (c *client) decide(ctx context.Context, address, id string) (bool, error) {
	res, err := c.users.Find(userID.Eq(id)).Mutate(ctx, func(_ context.Context, u *User) error {
		switch {
		case u.Version == 0:
			u.Void = true
		case u.Email != address:
			u.Checks++ // and with it the version
		}
		return nil
	}, coodie.OrCreate())
	return res.Value.Email == address, err
}

// requireWhole checks that every user has its address and every address its user.
func (c *client) requireWhole(t testing.TB) {
	t.Helper()
	owners := map[any]any{}
	for _, row := range c.srv.MustRows("SELECT value, owner, confirmed FROM emails") {
		require.Equal(t, true, row["confirmed"])
		owners[row["value"]] = row["owner"]
	}
	held := map[any]any{}
	for _, row := range c.srv.MustRows("SELECT id, email, void FROM users") {
		if row["void"] != true {
			require.NotContains(t, held, row["email"])
			held[row["email"]] = row["id"]
		}
	}
	require.Equal(t, held, owners)
}
