package vet

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Lock struct {
	Name  string `cql:"name,partition"`
	Owner string `cql:"owner"`
	Uses  int    `cql:"uses"`
}

var (
	name  = coodie.Col(func(l *Lock) *string { return &l.Name })
	owner = coodie.Col(func(l *Lock) *string { return &l.Owner })
)

// open starts a server and opens the table of locks.
func open(t *testing.T) (*cqltest.Server, *coodie.DB, *coodie.Table[Lock]) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, err := coodie.Connect(t.Context(), srv.Cluster())
	require.NoError(t, err)
	t.Cleanup(db.Close)
	locks, err := coodie.Open[Lock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, locks).Create(t.Context()))
	srv.ResetLog()
	return srv, db, locks
}

// lose makes the server execute the next conditional write and answer that it timed out.
func lose(srv *cqltest.Server) {
	srv.Fault(cqltest.On(cqltest.Conditional, "lock").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
}

func row(t *testing.T, locks *coodie.Table[Lock], key string) Lock {
	t.Helper()
	v, err := locks.Find(name.Eq(key)).With(coodie.WithLinearizable()).Get(t.Context())
	require.NoError(t, err)
	return v
}

// lwtresult: two clients look at the error alone, and both believe that they hold the lock.
func TestRefusedIsNoError(t *testing.T) {
	_, db, locks := open(t)
	for _, who := range []string{"ann", "bob"} {
		_, err := locks.New(Lock{Name: "a", Owner: who}).Insert(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, "ann", row(t, locks, "a").Owner)

	batch := db.Batch()
	locks.New(Lock{Name: "a"}).If(owner.Eq("bob")).UpdateIn(batch, owner.Set("bob"))
	require.NoError(t, batch.Exec(t.Context()))
	require.Equal(t, "ann", row(t, locks, "a").Owner)
}

// lwtunknown: the call fails, and the lock is taken.
func TestErrorOfAnAppliedWrite(t *testing.T) {
	srv, _, locks := open(t)
	lose(srv)
	res, err := locks.New(Lock{Name: "a", Owner: "ann"}).Insert(t.Context())
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.False(t, res.Applied)
	require.Equal(t, "ann", row(t, locks, "a").Owner)
}

// lwtretry: after a lost answer the second attempt is refused by the row of the first.
func TestRetriedIsRefusedByItself(t *testing.T) {
	srv, _, locks := open(t)
	lose(srv)
	var res coodie.LWTResult[Lock]
	retry := func(attempt func() error) (err error) { // as retry libraries do it
		for range 3 {
			if err = attempt(); err == nil {
				return nil
			}
		}
		return err
	}
	require.NoError(t, retry(func() (err error) {
		res, err = locks.New(Lock{Name: "a", Owner: "ann"}).Insert(t.Context())
		return err
	}))
	require.False(t, res.Applied)
	require.Equal(t, "ann", res.Existing.Value.Owner)
}

// lostchain: nothing is sent, and a step changes no chain that is there.
func TestChainWithoutLastCall(t *testing.T) {
	srv, _, locks := open(t)
	locks.New(Lock{Name: "a"}).If(owner.Eq("ann"))
	locks.Find().Iter(t.Context())
	require.Empty(t, srv.Log())

	require.NoError(t, locks.SaveAll(t.Context(), []Lock{{Name: "a"}, {Name: "b"}}))
	q := locks.Find()
	q.Limit(1)
	all, err := q.All(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
}

// lostbatch: nothing is sent.
func TestBatchWithoutExec(t *testing.T) {
	srv, db, locks := open(t)
	batch := db.Batch()
	locks.New(Lock{Name: "a"}).SaveIn(batch)
	require.Empty(t, srv.Log())
}

// mixedwrites: a client whose clock is ahead releases the lock by a plain delete. The next two who ask for it are
// both told that they hold it.
func TestPlainDeleteUndoesAnLWT(t *testing.T) {
	_, _, locks := open(t)
	ahead := time.Now().Add(time.Minute)
	require.NoError(t, locks.New(Lock{Name: "a"}).With(coodie.WithTimestamp(ahead)).Delete(t.Context()))
	for _, who := range []string{"ann", "bob"} {
		res, err := locks.New(Lock{Name: "a", Owner: who}).Insert(t.Context())
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	_, err := locks.Find(name.Eq("a")).Get(t.Context())
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

// perrequest: to open a table costs many times what a query of an open one does, before anything is sent.
func TestOpenIsExpensive(t *testing.T) {
	_, db, locks := open(t)
	opened := testing.AllocsPerRun(20, func() { _, _ = coodie.Open[Lock](db) })
	asked := testing.AllocsPerRun(20, func() { _ = locks.Find(name.Eq("a")) })
	require.Greater(t, opened, 5*asked)
}

// columnkind: each call with the column fails.
func TestColumnOfTheWrongKind(t *testing.T) {
	type Doc struct {
		Key  string   `cql:"key,partition"`
		Tags []string `cql:"tags,set"`
		Note string   `cql:"-"`
	}
	srv, db, _ := open(t)
	docs, err := coodie.Open[Doc](db)
	require.NoError(t, err)
	key := coodie.Col(func(d *Doc) *string { return &d.Key })
	tags := coodie.Col(func(d *Doc) *[]string { return &d.Tags })
	note := coodie.Col(func(d *Doc) *string { return &d.Note })
	for _, assign := range []coodie.Assign[Doc]{coodie.Append(tags, "x"), note.Set("x")} {
		var usage *coodie.Error
		require.ErrorAs(t, docs.Find(key.Eq("a")).Update(t.Context(), assign), &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	require.Empty(t, srv.Log())
}

// mutateeffect: the function runs again after a refusal.
func TestMutateRunsItsFunctionAgain(t *testing.T) {
	_, _, locks := open(t)
	require.NoError(t, locks.New(Lock{Name: "a"}).Save(t.Context()))
	mails := 0
	_, err := locks.Find(name.Eq("a")).Mutate(t.Context(), func(ctx context.Context, l *Lock) error {
		if mails++; mails == 1 { // somebody else writes meanwhile
			require.NoError(t, locks.New(Lock{Name: "a", Uses: 7}).Save(context.WithoutCancel(t.Context())))
		}
		l.Uses++
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, mails)
	require.Equal(t, 8, row(t, locks, "a").Uses)
}

// lostcontext: the call goes on although the client is gone.
func TestBackgroundOutlivesTheRequest(t *testing.T) {
	_, _, locks := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, locks.New(Lock{Name: "a"}).Save(ctx), context.Canceled)
	require.NoError(t, locks.New(Lock{Name: "b"}).Save(context.Background()))
	all, err := locks.Find().All(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Lock{{Name: "b"}}, all)
}
