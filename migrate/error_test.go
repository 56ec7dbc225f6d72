package migrate_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
)

func TestBadFiles(t *testing.T) {
	db := client(t, start(t))
	for name, test := range map[string]struct {
		files fstest.MapFS
		kind  error
		text  string
	}{
		"syntax": {
			files("0001_a.up.cql", strings.Repeat("DROP TABLE a;\n", 39)+"  CREATE TABEL a (k int);"),
			migrate.ErrSyntax, "migrate: 0001_a.up.cql:40:10: bad statement: no viable alternative at input 'TABEL' (",
		},
		"end":         {files("0001_a.up.cql", "DROP TABLE a;\nDROP TABLE"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:2:11: bad statement: "},
		"not UTF-8":   {files("0001_a.up.cql", "DROP TABLE a;\n  \xff"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:2:3: bad statement: the text is not UTF-8"},
		"use":         {files("0001_a.up.cql", "USE b;"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:1: bad statement; each statement may go to another connection: connect with the keyspace, or write keyspace.table"},
		"select":      {files("0001_a.up.cql", "SELECT * FROM a;"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:1: bad statement; a migration only writes"},
		"marker":      {files("0001_a.up.cql", "\nINSERT INTO a (k) VALUES (?);"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:2:1: bad statement; there is no value for a marker"},
		"directive":   {files("0001_a.up.cql", "DROP TABLE a;\n\t-- coodie:chekc SELECT 1\nDROP TABLE b"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:2:2: bad statement: unknown directive coodie:chekc; there are check, repeatable, allow, empty and no-way-back"},
		"check":       {files("0001_a.up.cql", "-- coodie:check SELECT k FORM a\nDROP TABLE b"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:26: bad statement: "},
		"no check":    {files("0001_a.up.cql", "-- coodie:check DROP TABLE a\nDROP TABLE b"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:1: bad statement: coodie:check needs a SELECT without markers"},
		"last":        {files("0001_a.up.cql", "DROP TABLE a;\n-- coodie:repeatable\n"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:2:1: bad statement: the directive coodie:repeatable has no statement after it"},
		"end of line": {files("0001_a.up.cql", "DROP TABLE a; -- coodie:repeatable"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:15: bad statement: a directive at the end of a line has no effect"},
		"empty":       {files("0001_a.up.cql", "-- Statements of CQL.\n"), migrate.ErrEmpty, "migrate: 0001_a.up.cql: the file has no statement; write what it does, or -- coodie:empty on a line of its own if that is nothing"},
		"no way back": {files("0001_a.up.cql", "-- coodie:no-way-back x\nDROP TABLE a"), migrate.ErrSyntax, "migrate: 0001_a.up.cql:1:1: bad statement; coodie:no-way-back belongs into the .down.cql"},
		"capitals":    {files("0001_a.UP.CQL", "DROP TABLE a"), migrate.ErrName, "call it like 0001_create_users.up.cql"},
		"password":    {files("0001_a.up.cql", "CREATE ROLE r WITH PASSWORD = 'secret' LOGIN = true"), migrate.ErrSyntax, "PASSWORD = '***' [LOGIN]"},
		"gap":         {files("0001_a.up.cql", "DROP TABLE a", "0003_c.up.cql", "DROP TABLE a"), migrate.ErrGap, "migrate: 0003_c.up.cql: a number is missing: 3 comes after 1; count migrations 1, 2, 3, …, or use dates such as 20260131120000"},
		"twice":       {files("0001_a.up.cql", "", "001_b.up.cql", ""), migrate.ErrDuplicate, "migrate: 001_b.up.cql: two migrations with one number: 0001_a.up.cql has number 1 too; give one of them a number of its own, greater than all others"},
		"zeros":       {files("0001_a.up.cql", "", "1_a.up.cql", ""), migrate.ErrDuplicate, "0001_a.up.cql has number 1 too"},
		"name":        {files("create.cql", ""), migrate.ErrName, "migrate: create.cql: bad file name; call it like 0001_create_users.up.cql, or keep it in another directory"},
		"zero":        {files("0000_a.up.cql", ""), migrate.ErrName, "migrate: 0000_a.up.cql: bad file name; number migrations from 1"},
		"great":       {files("99999999999999999999_a.up.cql", ""), migrate.ErrName, "number migrations from 1"},
		"only down":   {files("0001_a.down.cql", ""), migrate.ErrName, "migrate: 0001_a.down.cql: bad file name; a way back needs a way there: add 0001_a.up.cql"},
		"other name":  {files("0001_a.up.cql", "", "0001_b.down.cql", ""), migrate.ErrDuplicate, "0001_a.up.cql has number 1 too"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := migrate.New(db, test.files)
			require.ErrorIs(t, err, test.kind)
			require.Contains(t, err.Error(), test.text)
			var e *migrate.Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.File)
		})
	}

	_, err := migrate.New(db, files("0001_a.up.cql", "DROP", "0003_b.up.cql", "DROP"))
	require.ErrorIs(t, err, migrate.ErrGap)
	require.Len(t, strings.Split(err.Error(), "\n"), 3, "all mistakes at once")

	for fsys, text := range map[*fstest.MapFS]string{
		{"migrations/0001_a.up.cql": {}, "migrations/0002_b.up.cql": {}, "other/x.cql": {}}: "migrate: there are no migrations: the top directory has no files of migrations, and migrations has 2; give that directory: fs.Sub(files, \"migrations\"), or --dir",
		{"readme.md": {}}: "migrate: there are no migrations; the first file is called like 0001_create_users.up.cql",
	} {
		_, err = migrate.New(db, *fsys)
		require.ErrorIs(t, err, migrate.ErrNoFiles)
		require.EqualError(t, err, text)
	}
	goOnly := migrate.WithGo(1, "a", func(context.Context, *migrate.Run) error { return nil }, nil)
	_, err = migrate.New(db, files("x/0001_a.up.cql", ""), goOnly)
	require.ErrorIs(t, err, migrate.ErrNoFiles, "a Go function is no file")
	_, err = migrate.New(db, fstest.MapFS{}, goOnly)
	require.NoError(t, err)

	_, err = migrate.New(nil, nil)
	require.ErrorIs(t, err, migrate.ErrFailed)
	_, err = migrate.New(db, nil, migrate.WithLease(0))
	require.ErrorIs(t, err, migrate.ErrFailed)
	_, err = migrate.New(db, nil, migrate.WithTable(""))
	require.ErrorIs(t, err, migrate.ErrFailed)
	_, err = migrate.New(db, nil, migrate.WithGo(1, "a", nil, nil))
	require.ErrorIs(t, err, migrate.ErrName)
	dates := files("20260101000000_a.up.cql", "DROP TABLE a", "20260301000000_b.up.cql", "DROP TABLE a")
	_, err = migrate.New(db, dates)
	require.NoError(t, err, "dates have gaps")
}

func TestBadHistory(t *testing.T) {
	ctx := context.Background()
	a, b := "CREATE TABLE a (k int PRIMARY KEY);", "CREATE TABLE b (k int PRIMARY KEY);"
	both := files("0001_a.up.cql", a, "0002_b.up.cql", b)
	for name, test := range map[string]struct {
		before, files fstest.MapFS
		kind          error
		text          string
	}{
		"changed": {both, with(both, "0001_a.up.cql", a+" "), migrate.ErrChanged,
			"migrate: 0001_a.up.cql: an applied migration has changed; take the change back and write a new migration, or accept it by Repair(…, Accept) if it makes no difference"},
		"missing":      {both, files("0001_a.up.cql", a), migrate.ErrMissing, "migrate: migration 2: no such migration: 0002_b is applied, and has no file; bring the file back"},
		"out of order": {files("20260102000000_a.up.cql", a), files("20260101000000_b.up.cql", b, "20260102000000_a.up.cql", a), migrate.ErrOrder, "migrate: 20260101000000_b.up.cql: not applied, but a later one is: 20260102000000 is applied; "},
		"begins late":  {nil, files("0002_b.up.cql", b), migrate.ErrGap, "migrate: 0002_b.up.cql: a number is missing: it is the first one; add those before it, or take them as applied by Baseline(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t)
			db := client(t, srv)
			if test.before != nil {
				up(t, migrator(t, db, test.before))
			}
			was := schema(srv)
			m := migrator(t, db, test.files)
			for range 2 {
				_, err := m.Up(ctx)
				require.ErrorIs(t, err, test.kind)
				require.Contains(t, err.Error(), test.text)
			}
			_, err := m.Plan(ctx)
			require.ErrorIs(t, err, test.kind)
			require.Equal(t, was, schema(srv))
			_, err = m.Status(ctx)
			require.NoError(t, err)
		})
	}
	t.Run("line ends", func(t *testing.T) {
		db := client(t, start(t))
		up(t, migrator(t, db, files("0001_a.up.cql", a+"\n"+b+"\n")))
		require.Empty(t, up(t, migrator(t, db, files("0001_a.up.cql", a+"\r\n"+b+"\r\n"))))
	})
	t.Run("allowed order", func(t *testing.T) {
		db := client(t, start(t))
		up(t, migrator(t, db, files("20260102000000_a.up.cql", a)))
		require.Len(t, up(t, migrator(t, db, files("20260101000000_b.up.cql", b, "20260102000000_a.up.cql", a), migrate.WithOutOfOrder())), 1)
	})
}

// A statement that the server refuses stops Up. Those before it stay, and the rest of the file may be mended.
func TestRefusedAndMended(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	db := client(t, srv)
	bad := files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY);\nALTER TABLE a\n  ADD k int;\nCREATE TABLE c (k int PRIMARY KEY);",
		"0001_a.down.cql", "DROP TABLE a")
	m := migrator(t, db, bad)
	for i := range 2 {
		steps, err := m.Up(ctx)
		require.Len(t, steps, 1-i)
		require.ErrorIs(t, err, migrate.ErrFailed)
		require.Equal(t, coodie.KindInvalid, coodie.KindOf(err))
		require.True(t, strings.HasPrefix(err.Error(), "migrate: 0001_a.up.cql:2:1: failed: coodie: raw"), err)
		require.True(t, strings.HasSuffix(err.Error(), "; mend the statement and run this again: those before it are recorded, and stay"), err)
		status, err := m.Status(ctx)
		require.NoError(t, err)
		require.Equal(t, migrate.StateApplying, status[0].State)
		require.Equal(t, 1, status[0].Done)
		require.False(t, status[0].Unknown)
	}
	_, err := m.Down(ctx, 0)
	require.ErrorIs(t, err, migrate.ErrUnfinished)

	_, err = migrator(t, db, with(bad, "0001_a.up.cql", "CREATE TABLE a (key int PRIMARY KEY);")).Up(ctx)
	require.ErrorIs(t, err, migrate.ErrChanged)
	require.Contains(t, err.Error(), "migrate: 0001_a.up.cql:1:1: an applied migration has changed: statement 1 was executed already")

	m = migrator(t, db, with(bad, "0001_a.up.cql", "-- mended\nCREATE TABLE a (k int PRIMARY KEY);\nALTER TABLE a ADD v int;"))
	require.Len(t, up(t, m), 1)
	_, err = m.Down(ctx, 0)
	require.NoError(t, err)
}

// TestUnknownStep: a statement that can be neither judged nor repeated stops Up, until somebody tells.
func TestUnknownStep(t *testing.T) {
	ctx := context.Background()
	for _, remedy := range []migrate.Remedy{migrate.Executed, migrate.NotExecuted} {
		srv := start(t)
		m := migrator(t, client(t, srv), files("0001_a.up.cql", "CREATE TABLE hits (k int PRIMARY KEY, n counter);\nUPDATE hits SET n = n + 1 WHERE k = 1;\nCREATE TABLE b (k int PRIMARY KEY);"))
		fault := srv.Fault(cqltest.On(cqltest.Update, "hits"), cqltest.Apply, cqltest.WriteTimeout("COUNTER"))
		for range 2 {
			_, err := m.Up(ctx)
			require.ErrorIs(t, err, migrate.ErrUnknownStep)
			var unknown *migrate.UnknownStepError
			require.ErrorAs(t, err, &unknown)
			require.Equal(t, "0001_a.up.cql:2:1", unknown.Step.Position())
			require.Contains(t, err.Error(), "migrate: 0001_a.up.cql:2:1: the outcome of a statement is unknown: a counter would be added to twice; give it a coodie:check")
			require.Contains(t, err.Error(), "tell by Repair(1, Executed) or Repair(1, NotExecuted)")
		}
		fault.Remove()
		require.NoError(t, m.Repair(ctx, 1, remedy))
		err := m.Repair(ctx, 1, remedy)
		require.ErrorIs(t, err, migrate.ErrHistory)
		up(t, m)
		require.EqualValues(t, map[migrate.Remedy]int64{migrate.Executed: 1, migrate.NotExecuted: 2}[remedy], srv.MustRows("SELECT n FROM hits")[0]["n"])
	}
}

// TestConflictForgotten: what exists is not what the statement says, so somebody else has made it.
func TestConflictForgotten(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	m := migrator(t, client(t, srv), files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY, v text);"))
	srv.Fault(cqltest.On(cqltest.Schema).Containing("CREATE TABLE a").First(1), cqltest.Do(func(cqltest.Statement) {
		srv.MustExec("CREATE TABLE a (k int PRIMARY KEY, v blob)")
	}), cqltest.ServerError("boom"))
	_, err := m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrUnknownStep)
	require.Contains(t, err.Error(), "table a exists, but column v is blob")
	require.NoError(t, m.Repair(ctx, 1, migrate.Forget))
	srv.MustExec("DROP TABLE a")
	up(t, m)
}

func TestNoKeyspace(t *testing.T) {
	srv := start(t)
	cluster := srv.Cluster()
	cluster.Keyspace = ""
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	_, err = migrator(t, coodie.New(session), shop).Up(context.Background())
	require.ErrorIs(t, err, migrate.ErrNoKeyspace)
	require.Contains(t, err.Error(), "set the cluster config's Keyspace")

	gone := client(t, srv)
	m := migrator(t, gone, shop)
	srv.MustExec("DROP KEYSPACE app")
	_, err = m.Up(context.Background())
	require.ErrorIs(t, err, migrate.ErrNoKeyspace)
	require.Contains(t, err.Error(), `no keyspace: "app" does not exist; create it`)
}

// TestNoQuorum: nothing is executed, and nothing recorded, while the history cannot be written.
func TestNoQuorum(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	m := migrator(t, client(t, srv), files("0001_a.up.cql", "CREATE TABLE a (k int PRIMARY KEY);"))
	fault := srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Unavailable())
	_, err := m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrFailed)
	require.Equal(t, coodie.KindUnavailable, coodie.KindOf(err))
	require.Empty(t, schema(srv))
	require.Contains(t, err.Error(), "too few nodes can take it now")
	fault.Remove()
	up(t, m)
}

// TestDisagreement: the error names the nodes that disagree, and nothing is recorded.
func TestDisagreement(t *testing.T) {
	ctx := context.Background()
	free, err := net.Listen("tcp", "127.0.0.9:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(free.Addr().String())
	require.NoError(t, err)
	require.NoError(t, free.Close())
	// They know of each other, and share nothing.
	other := start(t, cqltest.WithAddress("127.0.0.9:"+port), cqltest.WithPeer("127.0.0.8:"+port, "datacenter1"))
	srv := start(t, cqltest.WithAddress("127.0.0.8:"+port), cqltest.WithPeer(other.Addr(), "datacenter1"))
	other.MustExec("CREATE TABLE more (k int PRIMARY KEY)")
	m := migrator(t, client(t, srv), shop, migrate.WithAgreement(50*time.Millisecond))
	_, err = m.Up(ctx)
	require.ErrorIs(t, err, migrate.ErrDisagreement)
	var disagreement *migrate.AgreementError
	require.ErrorAs(t, err, &disagreement)
	require.Len(t, disagreement.Versions, 2)
	require.Regexp(t, "disagree on the schema after .*: 127.0.0.[89].* has .*; 127.0.0.[89].* has .*; see whether a node is down", err)
	require.Contains(t, err.Error(), "127.0.0.8")
	require.Contains(t, err.Error(), "127.0.0.9")
	require.Empty(t, schema(srv))

}

// TestAgreementWithoutWork: Up and Down wait for agreement although there is nothing to do, since another process may have
// ended before the nodes agreed.
func TestAgreementWithoutWork(t *testing.T) {
	ctx := context.Background()
	srv := start(t)
	m := migrator(t, client(t, srv), letters("a"), migrate.WithAgreement(50*time.Millisecond))
	up(t, m)
	srv.Fault(cqltest.On(cqltest.Select, "system.peers"), cqltest.ServerError("boom"))
	for _, again := range []func() ([]migrate.Step, error){
		func() ([]migrate.Step, error) { return m.Up(ctx) },
		func() ([]migrate.Step, error) { return m.UpTo(ctx, 1) },
		func() ([]migrate.Step, error) { return m.Down(ctx, 1) },
	} {
		_, err := again()
		require.ErrorContains(t, err, "the nodes' versions of the schema could not be read")
	}
}
