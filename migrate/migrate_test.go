package migrate_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

var shop = files(
	"0001_users.up.cql", `-- The users.
CREATE TYPE address (street text, city text);
CREATE TABLE users (
	id uuid PRIMARY KEY, -- random
	name text,
	home frozen<address>
);
/* by name; for the login */
CREATE INDEX users_name ON users (name);
`,
	"0001_users.down.cql", "DROP TABLE users; DROP TYPE address",
	"0002_orders.up.cql", `CREATE TABLE orders (customer uuid, at timestamp, total decimal, note text STATIC, PRIMARY KEY (customer, at)) WITH CLUSTERING ORDER BY (at DESC);
BEGIN BATCH
	INSERT INTO orders (customer, at, total) VALUES (550e8400-e29b-41d4-a716-446655440000, 1000, 1.5);
	UPDATE orders SET note = 'first; of all' WHERE customer = 550e8400-e29b-41d4-a716-446655440000;
APPLY BATCH;
ALTER TABLE orders ADD (paid boolean, tags set<text>);
INSERT INTO users (id, name) VALUES (550e8400-e29b-41d4-a716-446655440000, 'ann') IF NOT EXISTS;
`,
	"0002_orders.down.cql", "DROP TABLE orders;",
	"0003_rename.up.cql", "ALTER TABLE orders RENAME at TO placed; ALTER TABLE orders DROP note; ALTER TYPE address ADD zip text;",
)

func TestUpAndDown(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "Scylla": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) { upAndDown(t, start(t, cqltest.WithDialect(dialect))) })
	}
}

func upAndDown(t *testing.T, srv *cqltest.Server) {
	ctx := context.Background()
	m := migrator(t, client(t, srv), shop)
	empty := schema(srv)

	plan, err := m.Plan(ctx)
	require.NoError(t, err)
	require.Len(t, plan, 10)
	require.Equal(t, "0001_users.up.cql:3:1", plan[1].Position())
	require.Equal(t, "CREATE INDEX users_name ON users (name)", plan[2].CQL)
	require.Equal(t, empty, schema(srv))

	require.Equal(t, plan, up(t, m))
	require.Empty(t, up(t, m), "there is nothing left to do")
	require.Len(t, srv.MustRows("SELECT * FROM orders WHERE placed = 1000 ALLOW FILTERING"), 1)
	status, err := m.Status(ctx)
	require.NoError(t, err)
	require.Len(t, status, 3)
	for _, s := range status {
		require.Equal(t, migrate.StateApplied, s.State)
		require.Equal(t, s.Steps, s.Done)
		require.False(t, s.Unknown || s.Changed || s.Missing)
		require.Equal(t, "test", s.Owner)
		require.False(t, s.Finished.Before(s.Started))
	}

	_, err = m.Down(ctx, 2)
	require.ErrorIs(t, err, migrate.ErrNoWayBack)
	require.EqualError(t, err, "migrate: 0003_rename.up.cql: no way back; write a .down.cql for it, or a migration that undoes it")
	m = migrator(t, client(t, srv), with(shop, "0003_rename.down.cql", "ALTER TABLE orders ADD note text STATIC; ALTER TABLE orders RENAME placed TO at"))
	plan, err = m.PlanTo(ctx, 1)
	require.NoError(t, err)
	down, err := m.PlanDown(ctx, 2)
	require.NoError(t, err)
	require.Equal(t, plan[:2], down)
	_, err = m.PlanTo(ctx, 9)
	require.ErrorIs(t, err, migrate.ErrMissing)
	steps, err := m.To(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, plan, steps)
	for i := range 2 {
		steps, err = m.Down(ctx, 0)
		require.NoError(t, err)
		require.Len(t, steps, 2-2*i)
		require.Equal(t, empty, schema(srv))
	}
}
