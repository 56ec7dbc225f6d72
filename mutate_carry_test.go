package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// inLine runs first, which must say that it is inside and wait until it may write, and the others
// one after the other behind it: each is in the queue before the next begins, and all of them
// before first writes.
func inLine(t *testing.T, db *coodie.DB, first func(inside func()) error, others ...func() error) {
	t.Helper()
	entered, written := make(chan struct{}, 16), make(chan struct{})
	var workers errgroup.Group
	workers.Go(func() error { return first(func() { entered <- struct{}{}; <-written }) })
	<-entered
	for i, other := range others {
		workers.Go(other)
		require.Eventually(t, func() bool { return db.Queued() == i+2 }, time.Minute, time.Millisecond)
	}
	close(written)
	require.NoError(t, workers.Wait())
}

// queued is inLine for changes of one account.
func queued(t *testing.T, db *coodie.DB, row *coodie.QuerySet[Account], first func(context.Context, *Account) error, others ...func(context.Context, *Account) error) []coodie.MutateResult[Account] {
	t.Helper()
	results := make([]coodie.MutateResult[Account], 1+len(others))
	mutate := func(i int, change func(context.Context, *Account) error) (err error) {
		results[i], err = row.Mutate(context.Background(), change)
		return err
	}
	var behind []func() error
	for i, change := range others {
		behind = append(behind, func() error { return mutate(i+1, change) })
	}
	inLine(t, db, func(inside func()) error {
		return mutate(0, func(ctx context.Context, a *Account) error { inside(); return first(ctx, a) })
	}, behind...)
	return results
}

// TestHandedOn: who waits for a row begins with what the one before has written, without a read.
func TestHandedOn(t *testing.T) {
	srv, session := server(t)
	db := coodie.New(session)
	accounts, err := coodie.Open[Account](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, accounts).Create(context.Background()))
	row := accounts.Find(accountID.Eq("a"))
	start := func() {
		t.Helper()
		srv.MustExec("TRUNCATE app.account")
		_, err := accounts.New(Account{ID: "a", Balance: 5, Note: "n"}).Insert(context.Background())
		require.NoError(t, err)
		srv.ResetLog()
	}
	reads := func() int { return len(srv.Log().Matching(cqltest.On(cqltest.Select, "account"))) }

	t.Run("the row as it is now", func(t *testing.T) {
		start()
		var seen Account
		res := queued(t, db, row, addTen, func(ctx context.Context, a *Account) error { seen = *a; return addTen(ctx, a) })
		require.Equal(t, 1, reads())
		require.Equal(t, res[0].Value, seen, "its new attempt id included")
		require.Equal(t, 25, res[1].Value.Balance)
		require.Equal(t, "n", res[1].Value.Note)
		require.Equal(t, [2]int{1, 1}, [2]int{res[0].Attempts, res[1].Attempts})
		stored, err := row.Get(context.Background())
		require.NoError(t, err)
		require.Equal(t, res[1].Value, stored)
	})
	t.Run("null stays null", func(t *testing.T) {
		start()
		srv.MustExec("INSERT INTO app.account (id, note) VALUES ('a', null)")
		res := queued(t, db, row, addTen, addTen)
		require.Equal(t, [2]int{1, 25}, [2]int{res[1].Attempts, res[1].Value.Balance})
		require.Equal(t, []cqltest.Row{{"note": nil}}, srv.MustRows("SELECT note FROM app.account"))
	})
	t.Run("written by somebody else meanwhile", func(t *testing.T) {
		start()
		calls := 0
		res := queued(t, db, row, addTen, func(ctx context.Context, a *Account) error {
			if calls++; calls == 1 {
				srv.MustExec("UPDATE app.account SET balance = 100 WHERE id = 'a'")
			}
			return addTen(ctx, a)
		})
		require.Equal(t, [3]int{110, 2, 1}, [3]int{res[1].Value.Balance, res[1].Attempts, res[1].Refused})
	})
	t.Run("an error stands on what is read", func(t *testing.T) {
		start()
		var seen []int
		res := queued(t, db, row, addTen, func(ctx context.Context, a *Account) error {
			if seen = append(seen, a.Balance); len(seen) == 1 {
				srv.MustExec("UPDATE app.account SET balance = 100 WHERE id = 'a'")
				return errors.New("too little")
			}
			return addTen(ctx, a)
		})
		require.Equal(t, []int{15, 100}, seen)
		require.Equal(t, 110, res[1].Value.Balance)
		require.Equal(t, 2, reads())
	})
	t.Run("so does the error of a write that cannot be guarded", func(t *testing.T) {
		start()
		notes, err := coodie.Open[Remark](db)
		require.NoError(t, err)
		text, calls := "m", 0
		inLine(t, db, func(inside func()) error {
			_, err := notes.Find(remarkID.Eq("a")).Mutate(context.Background(), func(_ context.Context, r *Remark) error { inside(); r.Note = nil; return nil })
			return err
		}, func() error {
			_, err := notes.Find(remarkID.Eq("a")).Mutate(context.Background(), func(_ context.Context, r *Remark) error {
				if calls++; calls == 1 {
					require.Nil(t, r.Note, "as the call before has written it, and nothing else to guard the row by")
					srv.MustExec("UPDATE app.account SET note = 'x' WHERE id = 'a'")
				}
				r.Note = &text
				return nil
			})
			return err
		})
		require.Equal(t, 2, calls)
		require.Equal(t, []cqltest.Row{{"note": "m"}}, srv.MustRows("SELECT note FROM app.account"))
	})
	t.Run("so does the value of an unchanged row", func(t *testing.T) {
		start()
		res := queued(t, db, row, addTen, func(context.Context, *Account) error {
			srv.MustExec("UPDATE app.account SET balance = 100 WHERE id = 'a'")
			return nil
		})
		require.False(t, res[1].Changed)
		require.Equal(t, 100, res[1].Value.Balance)
	})
	t.Run("replaced by another row meanwhile", func(t *testing.T) {
		start()
		calls := 0
		res := queued(t, db, row, addTen, func(ctx context.Context, a *Account) error {
			if calls++; calls == 1 {
				srv.MustExec("DELETE FROM app.account WHERE id = 'a'")
				srv.MustExec("INSERT INTO app.account (id, balance) VALUES ('a', 7)")
			}
			return addTen(ctx, a)
		})
		require.Equal(t, [2]int{17, 2}, [2]int{res[1].Value.Balance, res[1].Attempts})
	})
	t.Run("a collection is read again", func(t *testing.T) {
		start()
		res := queued(t, db, row,
			func(ctx context.Context, a *Account) error { a.Tags = []string{"x"}; return nil },
			func(ctx context.Context, a *Account) error { a.Tags = append(a.Tags, "y"); return nil })
		require.Equal(t, 2, reads())
		require.Equal(t, []string{"x", "y"}, res[1].Value.Tags)
		require.Equal(t, []string{"x"}, res[0].Value.Tags)
	})
	t.Run("an outcome that was unknown", func(t *testing.T) {
		start()
		srv.Fault(cqltest.On(cqltest.Conditional, "account").Nth(1), cqltest.WriteTimeout("CAS"))
		res := queued(t, db, row, addTen, addTen)
		require.Equal(t, 25, res[1].Value.Balance)
		require.Equal(t, 1, res[1].Attempts)
	})
	t.Run("a read now and then", func(t *testing.T) {
		start()
		others := make([]func(context.Context, *Account) error, 66)
		for i := range others {
			others[i] = addTen
		}
		queued(t, db, row, addTen, others...)
		require.Equal(t, 3, reads(), "one call of 33")
	})
	t.Run("another struct of the table", func(t *testing.T) {
		start()
		slips, err := coodie.Open[Slip](db)
		require.NoError(t, err)
		inLine(t, db, func(inside func()) error {
			_, err := row.Mutate(context.Background(), func(ctx context.Context, a *Account) error { inside(); return addTen(ctx, a) })
			return err
		}, func() error {
			_, err := slips.Find(slipID.Eq("a")).Mutate(context.Background(), func(_ context.Context, s *Slip) error { s.Note = fmt.Sprint(s.Note, "m"); return nil })
			return err
		})
		require.Equal(t, []cqltest.Row{{"balance": 15, "note": "nm"}}, srv.MustRows("SELECT balance, note FROM app.account"))
	})
}

// Remark is the note of an Account, which may be null.
type Remark struct {
	ID   string  `cql:"id,partition"`
	Note *string `cql:"note"`
}

// TableName makes it the same table.
func (Remark) TableName() string { return "account" }

var remarkID = coodie.Col(func(r *Remark) *string { return &r.ID })

// Slip is the part of an Account that is not about money.
type Slip struct {
	ID   string `cql:"id,partition"`
	Note string `cql:"note"`
}

// TableName makes it the same table.
func (Slip) TableName() string { return "account" }

var slipID = coodie.Col(func(s *Slip) *string { return &s.ID })
