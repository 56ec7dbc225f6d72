package mapper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/proxy"
)

// Stock is a row of a number.
type Stock struct {
	Name string `cql:"name,partition"`
	N    int    `cql:"n"`
}

var (
	stockName = coodie.Col(func(s *Stock) *string { return &s.Name })
	stockN    = coodie.Col(func(s *Stock) *int { return &s.N })
)

var errOnlyPrepared = errors.New("prepared, not executed")

// onlyPrepare has a session prepare statements.
func onlyPrepare(t *testing.T, s *gocql.Session, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		err := s.Bind(statement, func(*gocql.QueryInfo) ([]any, error) { return nil, errOnlyPrepared }).Exec()
		require.ErrorIs(t, err, errOnlyPrepared, statement)
	}
}

// TestTableMadeAgain: a table is dropped and created again with another type of the same length,
// and another client has prepared the same texts. Reads fail at once, writes once gocql has seen
// the schema change.
func TestTableMadeAgain(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	table := create[Stock](t, s)
	only := open[Stock](t, session(t, s.Query("").Keyspace())) // which only writes
	require.NoError(t, table.New(Stock{"a", 5}).Save(ctx))
	require.NoError(t, only.New(Stock{"a", 5}).Save(ctx))
	row := table.Find(stockName.Eq("a"))
	_, err := row.Get(ctx)
	require.NoError(t, err)
	_, err = table.Find().All(ctx)
	require.NoError(t, err)

	admin := session(t, s.Query("").Keyspace())
	execute(t, admin, "DROP TABLE stock")
	execute(t, admin, "CREATE TABLE stock (name text PRIMARY KEY, n float)")
	execute(t, admin, "INSERT INTO stock (name, n) VALUES ('b', 1.5)")
	onlyPrepare(t, admin, "INSERT INTO stock (name,n) VALUES (?,?)", "SELECT name,n FROM stock WHERE name = ?", "SELECT name,n FROM stock")
	start := time.Now()

	_, err = row.Get(ctx)
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "n", decode.Column)
	_, err = table.Find().All(ctx)
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.ErrorContains(t, table.New(Stock{"a", 5}).Save(ctx), "the server expects float where the struct declares int", "a read has failed")

	require.Eventually(t, func() bool { return only.New(Stock{"a", 5}).Save(ctx) != nil }, time.Minute, 10*time.Millisecond)
	t.Logf("a session that only writes stored wrong bytes for %v", time.Since(start))
	execute(t, admin, "TRUNCATE stock")
	require.ErrorContains(t, only.New(Stock{"a", 5}).Save(ctx), "the server expects float where the struct declares int")
	require.ErrorContains(t, only.Find(stockName.Eq("a")).Update(ctx, stockN.Set(5)), "float")
	var n int
	scan(t, admin, "SELECT count(*) FROM stock", &n)
	require.Zero(t, n)
}

type oldAddr struct {
	Street string `cql:"street"`
	Zip    int    `cql:"zip"`
}

type newAddr struct {
	Street string `cql:"street"`
	Code   int    `cql:"code"`
}

// OldHome and NewHome are of one table, before and after a field of the type gets another name.
type OldHome struct {
	Name string  `cql:"name,partition"`
	At   oldAddr `cql:"at"`
}

type NewHome struct {
	Name string  `cql:"name,partition"`
	At   newAddr `cql:"at"`
}

func (OldHome) TableName() string { return "home" }
func (NewHome) TableName() string { return "home" }
func (oldAddr) UDTName() string   { return "addr" }
func (newAddr) UDTName() string   { return "addr" }

// TestFieldRenamed: ALTER TYPE RENAME under a session; another client has prepared the texts
// since, and the corrected struct works in the same session.
func TestFieldRenamed(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	name := coodie.Col(func(h *NewHome) *string { return &h.Name })
	at := coodie.Col(func(h *NewHome) *newAddr { return &h.At })
	before := create[OldHome](t, s)
	require.NoError(t, before.New(OldHome{"a", oldAddr{"s", 1}}).Save(ctx))
	require.NoError(t, failure(before.New(OldHome{"b", oldAddr{"s", 1}}).Insert(ctx)))
	_, err := before.Find(coodie.Col(func(h *OldHome) *string { return &h.Name }).Eq("a")).Get(ctx)
	require.NoError(t, err)

	admin := session(t, s.Query("").Keyspace())
	execute(t, admin, "ALTER TYPE addr RENAME zip TO code")
	onlyPrepare(t, admin, "INSERT INTO home (name,at) VALUES (?,?)", "INSERT INTO home (name,at) VALUES (?,?) IF NOT EXISTS", "SELECT name,at FROM home WHERE name = ?")
	after := open[NewHome](t, s)
	require.NoError(t, coodie.Schema(nil, after).Verify(ctx))
	require.NoError(t, after.New(NewHome{"c", newAddr{"t", 2}}).Save(ctx))
	require.NoError(t, failure(after.New(NewHome{"d", newAddr{"t", 2}}).Insert(ctx)))
	require.NoError(t, failure(after.Find(name.Eq("a")).If(at.Eq(newAddr{"s", 1})).Update(ctx, at.Set(newAddr{"t", 2}))))
	for _, key := range []string{"a", "c", "d"} {
		got, err := after.Find(name.Eq(key)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, NewHome{key, newAddr{"t", 2}}, got)
	}
	require.Eventually(t, func() bool { return before.New(OldHome{"x", oldAddr{"s", 1}}).Save(ctx) != nil }, time.Minute, 10*time.Millisecond)
}

// TestRepeatedWrite: the driver repeats a write whose answer was lost, after another client has
// written. One timestamp for both attempts: the later write stays. If no attempt is answered, the
// outcome is unknown.
func TestRepeatedWrite(t *testing.T) {
	t.Parallel()
	truth := connect(t)
	create[Stock](t, truth)
	l, s := throughProxies(t, truth.Query("").Keyspace(), 1, retrying, func(config *gocql.ClusterConfig) {
		config.Timeout = time.Second
		config.RetryPolicy = &stubborn{gocql.SimpleRetryPolicy{NumRetries: 3}}
	})
	db := over(t, s, coodie.WithClientTimestamps(), coodie.WithRetries(0))
	table, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	for name, save := range map[string]func(key string) error{
		"save": func(key string) error { return table.New(Stock{key, 1}).Save(t.Context()) },
		"batch": func(key string) error {
			b := db.UnloggedBatch()
			table.New(Stock{key, 1}).SaveIn(b)
			return b.Exec(t.Context())
		},
	} {
		require.NoError(t, save("warm"))
		l.take()
		other := proxy.LoseAnswer
		other.Do = func() { execute(t, truth, "UPDATE stock SET n = 2 WHERE name = ?", name) }
		struck := l.next(proxy.Write, other)
		require.NoError(t, save(name), name)
		await(t, struck)
		require.Len(t, l.take(), 2, name)
		var n int
		scan(t, truth, "SELECT n FROM stock WHERE name = '"+name+"'", &n)
		require.Equal(t, 2, n, "%s: the later write stays", name)
	}
}
