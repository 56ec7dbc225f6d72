package cqltest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// Views follow their base table through what only a test does with it: snapshots,
// the server's clock, Truncate and Reset. What CQL does is compared with a real
// server in integration/diff.
func TestViewsFollowSnapshotsAndTheClock(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema(`
		CREATE TABLE users (id int PRIMARY KEY, email text, name text);
		CREATE MATERIALIZED VIEW by_email AS SELECT * FROM users WHERE email IS NOT NULL AND id IS NOT NULL PRIMARY KEY (email, id)`))
	emails := func() (list []any) {
		for _, r := range srv.MustRows("SELECT email FROM by_email") {
			list = append(list, r["email"])
		}
		return list
	}
	srv.MustExec("INSERT INTO users (id, email, name) VALUES (1, 'a@x', 'Ann')")
	held := srv.Snapshot()

	srv.MustExec("UPDATE users SET email = 'b@x' WHERE id = 1")
	require.Equal(t, []any{"b@x"}, emails())
	srv.Restore(held)
	require.Equal(t, []any{"a@x"}, emails())

	srv.MustExec("UPDATE users USING TTL 60 SET email = 'c@x' WHERE id = 1")
	require.Equal(t, []any{"c@x"}, emails())
	srv.FastForward(61 * time.Second)
	require.Empty(t, emails(), "the row is there, without an email")
	require.Len(t, srv.MustRows("SELECT * FROM users"), 1)

	srv.Restore(held)
	srv.Truncate()
	require.Empty(t, emails())
	srv.MustExec("INSERT INTO users (id, email) VALUES (2, 'd@x')")
	require.Equal(t, []any{"d@x"}, emails())

	srv.MustExec("DROP MATERIALIZED VIEW by_email")
	srv.Reset()
	srv.MustExec("INSERT INTO users (id, email) VALUES (3, 'e@x')")
	require.Equal(t, []any{"e@x"}, emails(), "Reset returns to the view and its empty base")
}
