package migrate_test

import (
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

func TestBaseline(t *testing.T) {
	ctx := context.Background()
	a, b, c := "CREATE TABLE a (k int PRIMARY KEY)", "CREATE TABLE b (k int PRIMARY KEY)", "CREATE TABLE c (k int PRIMARY KEY)"
	srv := start(t)
	db := client(t, srv)
	srv.MustExec(a)
	srv.MustExec(b)
	m := migrator(t, db, files("0001_a.up.cql", a, "0002_b.up.cql", b, "0003_c.up.cql", c))
	require.ErrorIs(t, m.Baseline(ctx, 4), migrate.ErrMissing)
	require.NoError(t, m.Baseline(ctx, 2))
	require.Len(t, up(t, m), 1)
	require.ErrorIs(t, m.Baseline(ctx, 2), migrate.ErrHistory)
	require.Empty(t, up(t, migrator(t, db, files("0003_c.up.cql", c))), "the files of a baseline may be gone")
	status, err := m.Status(ctx)
	require.NoError(t, err)
	require.Equal(t, migrate.StateBaseline, status[1].State)

	srv = start(t)
	m = migrator(t, client(t, srv), files("0003_c.up.cql", c))
	require.NoError(t, m.Baseline(ctx, 2))
	require.Len(t, up(t, m), 1)
	_, err = m.To(ctx, 0)
	require.ErrorIs(t, err, migrate.ErrNoWayBack)
}

func TestRepair(t *testing.T) {
	ctx := context.Background()
	a, b := "CREATE TABLE a (k int PRIMARY KEY)", "CREATE TABLE b (k int PRIMARY KEY)"
	srv := start(t)
	db := client(t, srv)
	up(t, migrator(t, db, files("0001_a.up.cql", a, "0002_b.up.cql", b)))
	m := migrator(t, db, files("0001_a.up.cql", "-- a\n"+a, "0002_b.up.cql", b))
	status, err := m.Status(ctx)
	require.NoError(t, err)
	require.True(t, status[0].Changed)
	require.NoError(t, m.Repair(ctx, 1, migrate.Accept))
	require.Empty(t, up(t, m))
	require.ErrorIs(t, m.Repair(ctx, 3, migrate.Accept), migrate.ErrMissing)
	require.ErrorIs(t, m.Repair(ctx, 1, migrate.Executed), migrate.ErrHistory)
	require.ErrorIs(t, m.Repair(ctx, 1, "else"), migrate.ErrHistory)

	m = migrator(t, db, files("0001_a.up.cql", "-- a\n"+a))
	status, err = m.Status(ctx)
	require.NoError(t, err)
	require.True(t, status[1].Missing)
	require.NoError(t, m.Repair(ctx, 2, migrate.Forget))
	require.Empty(t, up(t, m))

	m = migrator(t, db, files("0001_a.up.cql", "-- a\n"+a, "0002_b.up.cql", b))
	require.NoError(t, m.Repair(ctx, 2, migrate.Applied))
	require.Empty(t, up(t, m))
}

func TestAdopt(t *testing.T) {
	ctx := context.Background()
	a, b, c := "CREATE TABLE a (k int PRIMARY KEY);\n", "CREATE TABLE b (k int PRIMARY KEY)", "CREATE TABLE c (k int PRIMARY KEY)"
	fsys := files("0001_a.up.cql", a, "0002_b.up.cql", b, "0003_c.up.cql", c)
	prepare := func(statements ...string) *cqltest.Server {
		srv := start(t)
		for _, s := range append([]string{a, b}, statements...) {
			srv.MustExec(s)
		}
		return srv
	}
	sum := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	const golang = "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)"
	const gocqlx = "CREATE TABLE gocqlx_migrate (name text, checksum text, done int, start_time timestamp, end_time timestamp, PRIMARY KEY(name))"
	const python = `CREATE TABLE "_coodie_migrations" (migration_name text PRIMARY KEY, applied_at timestamp, description text, checksum text)`
	row := func(name, text string, done int) string {
		return fmt.Sprintf("INSERT INTO gocqlx_migrate (name, checksum, done, start_time, end_time) VALUES ('%s', '%s', %d, 1000, 2000)", name, sum(text), done)
	}

	for name, test := range map[string]struct {
		srv  *cqltest.Server
		from migrate.Source
		kind error
		text string
	}{
		"golang-migrate": {prepare(golang, "INSERT INTO schema_migrations (version, dirty) VALUES (2, false)"), migrate.GolangMigrate, nil, ""},
		"dirty":          {prepare(golang, "INSERT INTO schema_migrations (version, dirty) VALUES (2, true)"), migrate.GolangMigrate, migrate.ErrHistory, "golang-migrate's version is dirty"},
		"ahead":          {prepare(golang, "INSERT INTO schema_migrations (version, dirty) VALUES (4, false)"), migrate.GolangMigrate, migrate.ErrMissing, "migration 4: "},
		"empty":          {prepare(golang), migrate.GolangMigrate, migrate.ErrHistory, "table schema_migrations is empty; there is nothing to adopt"},
		"no table":       {prepare(), migrate.GolangMigrate, migrate.ErrFailed, "the history of golang-migrate could not be read"},
		"gocqlx":         {prepare(gocqlx, row("0001_a.cql", a, 1), row("0002_b.cql", b, 1)), migrate.Gocqlx, nil, ""},
		"changed":        {prepare(gocqlx, row("0001_a.cql", a, 1), row("0002_b.cql", c, 1)), migrate.Gocqlx, migrate.ErrChanged, "0002_b.up.cql: an applied migration has changed; gocqlx has applied another content"},
		"unfinished":     {prepare(gocqlx, row("0001_a.cql", a, 1), row("0002_b.cql", b, 0)), migrate.Gocqlx, migrate.ErrUnfinished, "gocqlx has executed 0 of 1 parts"},
		"left out":       {prepare(gocqlx, row("0002_b.cql", b, 1)), migrate.Gocqlx, migrate.ErrOrder, "0001_a.up.cql: not applied, but a later one is: gocqlx has applied 2"},
		"unknown":        {prepare(gocqlx, row("0009_z.cql", b, 1)), migrate.Gocqlx, migrate.ErrMissing, "0009_z.cql: no such migration: gocqlx has applied it, and it has no file"},
		"other tool":     {prepare(), "flyway", migrate.ErrMissing, "the sources are golang-migrate, gocqlx and python"},
	} {
		t.Run(name, func(t *testing.T) {
			m := migrator(t, client(t, test.srv), fsys)
			last, err := m.Adopt(ctx, test.from, "")
			if test.kind != nil {
				require.ErrorIs(t, err, test.kind)
				require.Contains(t, err.Error(), test.text)
				status, err := m.Status(ctx)
				require.NoError(t, err)
				require.Equal(t, migrate.StatePending, status[0].State)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 2, last)
			require.Len(t, up(t, m), 1)
			_, err = m.Adopt(ctx, test.from, "")
			require.ErrorIs(t, err, migrate.ErrHistory)
		})
	}
	t.Run("python", func(t *testing.T) {
		srv := prepare(python, `INSERT INTO "_coodie_migrations" (migration_name, applied_at) VALUES ('20260115_001_a', 1000)`,
			`INSERT INTO "_coodie_migrations" (migration_name, applied_at) VALUES ('20260115_002_b', 2000)`)
		m := migrator(t, client(t, srv), files("20260115_001_a.up.cql", a, "20260115_002_b.up.cql", b, "20260116_001_c.up.cql", c))
		last, err := m.Adopt(ctx, migrate.Python, "")
		require.NoError(t, err)
		require.Equal(t, int64(20260115002), last)
		status, err := m.Status(ctx)
		require.NoError(t, err)
		require.Equal(t, time.Unix(2, 0).UTC(), status[1].Finished.UTC())
		require.Len(t, up(t, m), 1)
	})
}

func TestAutogenerate(t *testing.T) {
	dir := t.TempDir()
	upFile, downFile, err := migrate.Autogenerate(dir, "Create users!", []string{
		"CREATE TYPE address (street text)",
		"CREATE TABLE users (id uuid PRIMARY KEY, home frozen<address>);",
		"CREATE INDEX users_home ON users (home)",
		"ALTER TABLE users ADD (name text, \"Age\" int)",
		"ALTER TABLE users RENAME id TO user_id",
	}, nil)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "0001_create_users.up.cql"), upFile)
	require.Equal(t, filepath.Join(dir, "0001_create_users.down.cql"), downFile)
	text, err := os.ReadFile(downFile)
	require.NoError(t, err)
	require.Equal(t, `ALTER TABLE users RENAME user_id TO id;
ALTER TABLE users DROP (name, "Age");
DROP INDEX users_home;
DROP TABLE users;
DROP TYPE address;
`, string(text))

	upFile, downFile, err = migrate.Autogenerate(dir, "drop", []string{"ALTER TABLE users DROP name"}, nil)
	require.NoError(t, err)
	text, err = os.ReadFile(upFile)
	require.NoError(t, err)
	require.Equal(t, "-- This destroys data.\nALTER TABLE users DROP name;\n", string(text))
	text, err = os.ReadFile(downFile)
	require.NoError(t, err)
	require.Equal(t, "-- coodie:no-way-back ALTER TABLE users DROP name\n", string(text))

	upFile, _, err = migrate.Autogenerate(dir, "more", nil, nil)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "0003_more.up.cql"), upFile)
	_, _, err = migrate.Autogenerate(dir, "bad", []string{"CREATE TABEL"}, nil)
	require.ErrorIs(t, err, migrate.ErrSyntax)
	_, _, err = migrate.Autogenerate(dir, "", nil, nil)
	require.ErrorIs(t, err, migrate.ErrName)
	_, _, err = migrate.Autogenerate(filepath.Join(dir, "none"), "x", nil, nil)
	require.ErrorIs(t, err, migrate.ErrFailed)

	dates := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dates, "20260101000000_a.up.cql"), nil, 0o666))
	upFile, _, err = migrate.Autogenerate(dates, "b", nil, nil)
	require.NoError(t, err)
	require.Regexp(t, `/20\d{12}_b\.up\.cql$`, filepath.ToSlash(upFile))
	python := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(python, "20260101_001_a.up.cql"), nil, 0o666))
	_, _, err = migrate.Autogenerate(python, "b", nil, nil)
	require.ErrorIs(t, err, migrate.ErrName)

	db := client(t, start(t))
	_, err = migrate.New(db, os.DirFS(dir), quick...)
	require.ErrorIs(t, err, migrate.ErrEmpty, "the last one is not filled in")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0003_more.up.cql"), []byte("ALTER TABLE users ADD more int;"), 0o666))
	m, err := migrate.New(db, os.DirFS(dir), quick...)
	require.NoError(t, err)
	up(t, m)
	_, err = m.Down(context.Background(), 2)
	require.ErrorIs(t, err, migrate.ErrNoWayBack)
	_, err = m.Down(context.Background(), 1)
	require.ErrorIs(t, err, migrate.ErrNoWayBack)
}

// TestAutogenerateText: line breaks and comments in a statement stay what they are, and no file has a password.
func TestAutogenerateText(t *testing.T) {
	dir := t.TempDir()
	upFile, downFile, err := migrate.Autogenerate(dir, "text", []string{
		"ALTER TABLE users WITH comment = 'our\nDROP TABLE users;\r-- '",
		"CREATE TABLE a (k int PRIMARY KEY) -- the first; of all",
		"CREATE TABLE b (k int PRIMARY KEY); -- the second\n/* and last */",
		"-- coodie:allow destructive\nTRUNCATE c // now",
		"CREATE ROLE r WITH PASSWORD = 'secret'",
		"CREATE INDEX i ON a (\"\nDROP TABLE users;\")",
		"ALTER TABLE a ADD price money",
		"ALTER TABLE a ADD (whole frozen<money>, some list<text>)",
	}, nil)
	require.NoError(t, err)
	text, err := os.ReadFile(upFile)
	require.NoError(t, err)
	require.Equal(t, "ALTER TABLE users WITH comment = 'our\nDROP TABLE users;\r-- ';\n\nCREATE TABLE a (k int PRIMARY KEY); -- the first; of all\n\n"+
		"CREATE TABLE b (k int PRIMARY KEY); -- the second\n/* and last */\n\n-- This destroys data.\n-- coodie:allow destructive\nTRUNCATE c; // now\n\n"+
		"CREATE ROLE r WITH PASSWORD = 'secret';\n\nCREATE INDEX i ON a (\"\nDROP TABLE users;\");\n\n"+
		"ALTER TABLE a ADD price money;\n\nALTER TABLE a ADD (whole frozen<money>, some list<text>);\n", string(text))
	text, err = os.ReadFile(downFile)
	require.NoError(t, err)
	require.Equal(t, "ALTER TABLE a DROP (whole, some);\n-- coodie:no-way-back ALTER TABLE a ADD price money\nDROP INDEX i;\n-- coodie:no-way-back CREATE ROLE r WITH PASSWORD = '***'\n-- coodie:no-way-back TRUNCATE c\nDROP TABLE b;\nDROP TABLE a;\n"+
		"-- coodie:no-way-back ALTER TABLE users WITH comment = 'our DROP TABLE users; -- '\n", string(text))
	_, err = migrate.New(client(t, start(t)), os.DirFS(dir))
	require.NoError(t, err)

	_, _, err = migrate.Autogenerate(dir, "select", []string{"SELECT * FROM a"}, nil)
	require.ErrorIs(t, err, migrate.ErrSyntax)
	_, _, err = migrate.Autogenerate(dir, "use", []string{"DROP TABLE a"}, []string{"USE b"})
	require.ErrorIs(t, err, migrate.ErrSyntax)
	_, _, err = migrate.Autogenerate(dir, "password", []string{"CREATE ROLE r WITH PASSWORD = 'secret'; DROP TABLE a"}, nil)
	require.ErrorIs(t, err, migrate.ErrSyntax)
	require.NotContains(t, err.Error(), "secret")
	_, downFile, err = migrate.Autogenerate(dir, "down", []string{"TRUNCATE a"}, []string{"CREATE TABLE b (k int PRIMARY KEY) -- again"})
	require.NoError(t, err)
	text, err = os.ReadFile(downFile)
	require.NoError(t, err)
	require.Equal(t, "CREATE TABLE b (k int PRIMARY KEY); -- again\n", string(text))
}
