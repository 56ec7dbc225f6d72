package coodie_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Account is guarded by all of its columns, Order by its version.
type Account struct {
	ID      string     `cql:"id,partition"`
	Balance int        `cql:"balance"`
	Note    string     `cql:"note"`
	Tags    []string   `cql:"tags"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

type Order struct {
	ID      int    `cql:"id,partition"`
	Line    int    `cql:"line,clustering"`
	State   string `cql:"state"`
	Version int64  `cql:"version,version"`
}

type Bare struct {
	ID    int  `cql:"id,partition"`
	Total *int `cql:"total"`
}

var (
	accountID = coodie.Col(func(a *Account) *string { return &a.ID })
	balance   = coodie.Col(func(a *Account) *int { return &a.Balance })
	orderID   = coodie.Col(func(o *Order) *int { return &o.ID })
	orderLine = coodie.Col(func(o *Order) *int { return &o.Line })
	state     = coodie.Col(func(o *Order) *string { return &o.State })
	versionOf = coodie.Col(func(o *Order) *int64 { return &o.Version })
	bareID    = coodie.Col(func(b *Bare) *int { return &b.ID })
)

func addTen(_ context.Context, a *Account) error { a.Balance += 10; return nil }

func TestMutate(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	accounts := open[Account](t, session)
	doc := accounts.New(Account{ID: "a", Balance: 5, Tags: []string{"x"}})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	row := accounts.Find(accountID.Eq("a"))

	res, err := row.Mutate(ctx, addTen)
	require.NoError(t, err)
	require.True(t, res.Changed)
	require.Equal(t, 15, res.Value.Balance)
	require.Equal(t, []string{"x"}, res.Value.Tags)
	require.Equal(t, 1, res.Attempts)
	stored, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, res.Value, stored, "the result is the row as it is now, its new attempt id included")

	res, err = doc.Mutate(ctx, func(_ context.Context, a *Account) error { a.Tags = append(a.Tags, "y"); a.Note = "n"; return nil })
	require.NoError(t, err)
	require.Equal(t, res.Value, doc.Value)
	require.Equal(t, []string{"x", "y"}, doc.Value.Tags)
	require.Equal(t, 15, doc.Value.Balance)

	srv.ResetLog()
	res, err = row.Mutate(ctx, func(_ context.Context, _ *Account) error { return nil })
	require.NoError(t, err)
	require.False(t, res.Changed)
	require.Empty(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), "nothing changed, nothing written")

	stop := errors.New("too little")
	_, err = row.Mutate(ctx, func(_ context.Context, _ *Account) error { return stop })
	require.Equal(t, stop, err)

	var usage *coodie.Error
	_, err = row.Mutate(ctx, func(_ context.Context, a *Account) error { a.ID = "b"; return nil })
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "id", usage.Column)
	_, err = accounts.Find().Mutate(ctx, addTen)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = accounts.Find(accountID.In("a", "b")).Mutate(ctx, addTen)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = row.Mutate(ctx, nil)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = row.Mutate(ctx, func(ctx context.Context, _ *Account) error {
		_, err := row.Mutate(ctx, addTen)
		return err
	})
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorContains(t, err, "same row")
	_, err = row.Mutate(ctx, addTen)
	require.NoError(t, err, "the queue is left again after each error")
}

func TestMutateOfAMissingRow(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	orders := open[Order](t, session)
	row := orders.Find(orderID.Eq(1), orderLine.Eq(2))
	change := func(_ context.Context, o *Order) error { o.State += "+"; return nil }
	_, err := row.Mutate(ctx, change)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	res, err := row.Mutate(ctx, change, coodie.OrCreate())
	require.NoError(t, err)
	require.True(t, res.Created)
	first := res.Value.Version
	require.NotZero(t, first)
	require.Equal(t, Order{ID: 1, Line: 2, State: "+", Version: first}, res.Value)
	res, err = row.Mutate(ctx, change, coodie.OrCreate())
	require.NoError(t, err)
	require.False(t, res.Created)
	require.Equal(t, Order{ID: 1, Line: 2, State: "++", Version: first + 1}, res.Value)
	_, err = row.Mutate(ctx, func(_ context.Context, o *Order) error { o.Version = 9; return nil })
	require.ErrorContains(t, err, "counted by Mutate itself")
	_, err = row.Filter(orderLine.Eq(3)).Mutate(ctx, change)
	require.Error(t, err)
}

// TestMutateTakesNoOtherFilters: a filter beside the key would be one of the read alone. The row that is
// there would be missing, and then come from the refused INSERT.
func TestMutateTakesNoOtherFilters(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	orders := open[Order](t, session)
	srv.MustExec(`CREATE INDEX ON app."order" (state)`)
	require.NoError(t, answerOf(orders.New(Order{ID: 1, Line: 2, State: "open"}).Insert(ctx)).Err())
	row := orders.Find(orderID.Eq(1), orderLine.Eq(2))
	for column, q := range map[string]*coodie.QuerySet[Order]{"state": row.Filter(state.Eq("closed")), "": row.Filter(coodie.Token[Order]().Gt(0))} {
		for _, opts := range [][]coodie.MutateOption{nil, {coodie.OrCreate()}} {
			_, err := q.Mutate(ctx, func(context.Context, *Order) error { panic("shown a row") }, opts...)
			var usage *coodie.Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.Equal(t, column, usage.Column)
			require.ErrorContains(t, err, "coodie: mutate ")
		}
	}
}

// Ticket is a row of which Mutate's function does not set all that is stored.
type Ticket struct {
	ID      int        `cql:"id,partition"`
	Place   string     `cql:"place,static"`
	Line    int        `cql:"line,clustering"`
	N       int        `cql:"n"`
	State   *string    `cql:"state,default=new"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// Flyer is the same without a static column, so that one INSERT makes it.
type Flyer struct {
	ID      int        `cql:"id,partition"`
	N       int        `cql:"n"`
	State   *string    `cql:"state,default=new"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// TestMutateThatCreatesIsSettled: a row whose creation was not answered, and was settled, is the result
// with all that was stored.
func TestMutateThatCreatesIsSettled(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		tickets, flyers := open[Ticket](t, session), open[Flyer](t, session)
		srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS"))
		ticket := tickets.New(Ticket{ID: 1, Line: 2})
		made, err := ticket.Mutate(ctx, func(_ context.Context, v *Ticket) error { v.N, v.Place = 3, "here"; return nil }, coodie.OrCreate())
		require.NoError(t, err)
		require.Equal(t, [2]any{true, 1}, [2]any{made.Created, made.Unknown})
		flyer := flyers.New(Flyer{ID: 1})
		_, err = flyer.Mutate(ctx, func(_ context.Context, v *Flyer) error { v.N = 3; return nil }, coodie.OrCreate())
		require.NoError(t, err)
		stored, err := tickets.Find(coodie.AnyCol(tickets, "id").Eq(1), coodie.AnyCol(tickets, "line").Eq(2)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, stored, made.Value)
		require.Equal(t, stored, ticket.Value)
		require.Equal(t, "new", *stored.State)
		other, err := flyers.Find(coodie.AnyCol(flyers, "id").Eq(1)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, other, flyer.Value)
		srv.ClearFaults()
		require.NoError(t, answerOf(ticket.IfUnchanged().Update(ctx, coodie.AnyCol(tickets, "n").Set(4))).Err())
		require.NoError(t, answerOf(flyer.IfUnchanged().Delete(ctx)).Err())
	})
}

// TestMutateNeverBringsARowBack: between the read and the write the row is deleted.
func TestMutateNeverBringsARowBack(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	accounts, bares := open[Account](t, session), open[Bare](t, session)
	_, err := accounts.New(Account{ID: "a", Balance: 1}).Insert(ctx)
	require.NoError(t, err)
	_, err = accounts.Find(accountID.Eq("a")).Mutate(ctx, func(_ context.Context, a *Account) error {
		srv.MustExec("DELETE FROM app.account WHERE id = 'a'")
		return addTen(ctx, a)
	})
	require.ErrorIs(t, err, coodie.ErrNotFound)
	require.Empty(t, srv.MustRows("SELECT * FROM app.account"))

	_, err = bares.New(Bare{ID: 1}).Insert(ctx)
	require.NoError(t, err)
	_, err = bares.Find(bareID.Eq(1)).Mutate(ctx, func(_ context.Context, b *Bare) error { b.Total = new(int); return nil })
	require.ErrorIs(t, err, coodie.ErrCannotGuard)
}

// TestMutateReadsNullAsNull: a string field reads null as "", but the condition must say null.
func TestMutateReadsNullAsNull(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	accounts := open[Account](t, session)
	srv.MustExec("INSERT INTO app.account (id, balance) VALUES ('a', 1)")
	res, err := accounts.Find(accountID.Eq("a")).Mutate(ctx, addTen)
	require.NoError(t, err)
	require.Equal(t, 1, res.Attempts)
	require.Equal(t, 11, res.Value.Balance)
	require.Equal(t, []cqltest.Row{{"note": nil}}, srv.MustRows("SELECT note FROM app.account"))
}

func TestMutateRefused(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	accounts, orders := open[Account](t, session), open[Order](t, session)
	_, err := accounts.New(Account{ID: "a", Balance: 1}).Insert(ctx)
	require.NoError(t, err)
	calls := 0
	srv.ResetLog()
	res, err := accounts.Find(accountID.Eq("a")).Mutate(ctx, func(_ context.Context, a *Account) error {
		if calls++; calls == 1 {
			srv.MustExec("UPDATE app.account SET balance = 100 WHERE id = 'a'")
		}
		return addTen(ctx, a)
	})
	require.NoError(t, err)
	require.Equal(t, 110, res.Value.Balance)
	require.Equal(t, [2]int{2, 1}, [2]int{res.Attempts, res.Refused})
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Select, "account")), 1, "the refused answer is the next read")

	_, err = orders.New(Order{ID: 1, Line: 1, State: "new"}).Insert(ctx)
	require.NoError(t, err)
	row := orders.Find(orderID.Eq(1), orderLine.Eq(1))
	always := 0
	got, err := row.Mutate(ctx, func(_ context.Context, o *Order) error {
		always++
		srv.MustExec("UPDATE app.\"order\" SET version = ? WHERE id = 1 AND line = 1", int64(100+always))
		o.State = "paid"
		return nil
	}, coodie.MaxAttempts(3))
	require.ErrorIs(t, err, coodie.ErrContended)
	require.Equal(t, coodie.KindContended, coodie.KindOf(err))
	require.Equal(t, [2]int{3, 3}, [2]int{got.Attempts, got.Refused})
}

// TestMutateSettles: an unknown outcome is settled by the attempt id, or by the version
// when nothing was written; what cannot be settled is said to be unknown.
func TestMutateSettles(t *testing.T) {
	ctx := context.Background()
	timeout := cqltest.WriteTimeout("CAS")
	for _, tt := range []struct {
		name             string
		steps            []cqltest.Step
		account, order   error
		balance, attempt int
	}{
		{"applied", []cqltest.Step{cqltest.Apply, timeout}, nil, coodie.ErrOutcomeUnknown, 11, 1},
		{"not applied", []cqltest.Step{timeout}, nil, nil, 11, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, session := server(t)
			accounts, orders := open[Account](t, session), open[Order](t, session)
			_, err := accounts.New(Account{ID: "a", Balance: 1}).Insert(ctx)
			require.NoError(t, err)
			_, err = orders.New(Order{ID: 1, State: "new"}).Insert(ctx)
			require.NoError(t, err)

			srv.Fault(cqltest.On(cqltest.Conditional, "account").Nth(1), tt.steps...)
			res, err := accounts.Find(accountID.Eq("a")).Mutate(ctx, addTen)
			require.ErrorIs(t, err, tt.account)
			require.Equal(t, tt.balance, res.Value.Balance)
			require.Equal(t, [2]int{tt.attempt, 1}, [2]int{res.Attempts, res.Unknown})

			srv.Fault(cqltest.On(cqltest.Conditional, "order").Nth(1), tt.steps...)
			_, err = orders.Find(orderID.Eq(1), orderLine.Eq(0)).Mutate(ctx, func(_ context.Context, o *Order) error { o.State = "paid"; return nil })
			require.ErrorIs(t, err, tt.order)
		})
	}
}

func TestMutateRace(t *testing.T) {
	ctx := context.Background()
	for name, opts := range map[string][]coodie.MutateOption{
		"queued": nil, "fighting": {coodie.Unqueued(), coodie.MaxAttempts(1000)},
	} {
		t.Run(name, func(t *testing.T) {
			_, session := server(t)
			accounts, orders := open[Account](t, session), open[Order](t, session)
			var workers errgroup.Group
			var first atomic.Int64
			const clients, each = 8, 10
			for range clients {
				workers.Go(func() error {
					for range each {
						res, err := accounts.Find(accountID.Eq("a")).Mutate(ctx, addTen, append(opts, coodie.OrCreate())...)
						if err != nil {
							return err
						}
						if name == "queued" && res.Refused > 0 {
							return errors.New("refused although queued")
						}
						made, err := orders.Find(orderID.Eq(1), orderLine.Eq(1)).
							Mutate(ctx, func(_ context.Context, o *Order) error { o.State += "."; return nil }, append(opts, coodie.OrCreate())...)
						if err != nil {
							return err
						}
						if made.Created {
							first.Store(made.Value.Version)
						}
					}
					return nil
				})
			}
			require.NoError(t, workers.Wait())
			account, err := accounts.Find(accountID.Eq("a")).Get(ctx)
			require.NoError(t, err)
			require.Equal(t, clients*each*10, account.Balance)
			order, err := orders.Find(orderID.Eq(1), orderLine.Eq(1)).Get(ctx)
			require.NoError(t, err)
			require.Len(t, order.State, clients*each)
			require.EqualValues(t, clients*each-1, order.Version-first.Load())
		})
	}
}

// TestQueueWaitsUnderTheContext: who waits for a row gives up with its context.
func TestQueueWaitsUnderTheContext(t *testing.T) {
	_, session := server(t)
	accounts := open[Account](t, session)
	row := accounts.Find(accountID.Eq("a"))
	inside, done := make(chan struct{}), make(chan struct{})
	var workers errgroup.Group
	workers.Go(func() error {
		_, err := row.Mutate(context.Background(), func(_ context.Context, _ *Account) error { close(inside); <-done; return nil }, coodie.OrCreate())
		return err
	})
	<-inside
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := row.Mutate(ctx, addTen)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	_, err = accounts.Find(accountID.Eq("b")).Mutate(context.Background(), addTen, coodie.OrCreate())
	require.NoError(t, err, "another row does not wait")
	close(done)
	require.NoError(t, workers.Wait())
}

func TestVersion(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	orders := open[Order](t, session)
	doc := orders.New(Order{ID: 1, State: "new"})
	res, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	first := doc.Value.Version
	require.NotZero(t, first)
	other, err := orders.Find(orderID.Eq(1), orderLine.Eq(0)).Get(ctx)
	require.NoError(t, err)

	for _, update := range []func() (coodie.LWTResult[Order], error){
		func() (coodie.LWTResult[Order], error) { return doc.IfUnchanged().Update(ctx, state.Set("paid")) },
		func() (coodie.LWTResult[Order], error) { return doc.IfExists().Update(ctx, state.Set("sent")) },
		func() (coodie.LWTResult[Order], error) {
			return doc.If(state.Eq("sent")).Update(ctx, state.Set("done"))
		},
		func() (coodie.LWTResult[Order], error) {
			doc.Value.State = "over"
			return doc.IfUnchanged().Replace(ctx)
		},
	} {
		before := doc.Value.Version
		res, err = update()
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Equal(t, before+1, doc.Value.Version)
	}
	stored, err := orders.Find(orderID.Eq(1), orderLine.Eq(0)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Order{ID: 1, State: "over", Version: first + 4}, stored)

	stale := orders.New(other)
	for _, write := range []func() (coodie.LWTResult[Order], error){
		func() (coodie.LWTResult[Order], error) { return stale.IfUnchanged().Update(ctx, state.Set("x")) },
		func() (coodie.LWTResult[Order], error) { return stale.IfExists().Update(ctx, state.Set("x")) },
		func() (coodie.LWTResult[Order], error) { return stale.If(state.Eq("over")).Delete(ctx) },
		func() (coodie.LWTResult[Order], error) { return stale.IfExists().Delete(ctx) },
		func() (coodie.LWTResult[Order], error) { return stale.Insert(ctx) },
	} {
		res, err = write()
		require.NoError(t, err)
		require.False(t, res.Applied)
		current, p := versionOf.From(res.Existing)
		require.Equal(t, coodie.StatePresent, p)
		require.Equal(t, first+4, current)
		require.Equal(t, first, stale.Value.Version, "only an applied write changes the struct")
		require.Equal(t, coodie.StatePresent, res.Row(), "refused by the version, not for want of a row")
	}

	var usage *coodie.Error
	for _, err := range []error{
		doc.Save(ctx), doc.Update(ctx, state.Set("x")), doc.Delete(ctx), doc.DeleteColumns(ctx, state),
		orders.Find(orderID.Eq(1), orderLine.Eq(0)).Update(ctx, state.Set("x")),
	} {
		require.ErrorAs(t, err, &usage, "a plain write would pass by the version")
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	// A query counts the version as well: on, if it is a condition, or else with the clock.
	row := orders.Find(orderID.Eq(1), orderLine.Eq(0))
	version := first + 4
	for _, update := range []struct {
		on      coodie.ConditionalWrite[Order]
		assigns []coodie.Assign[Order]
		counted bool
	}{
		{row.If(versionOf.Eq(version)), []coodie.Assign[Order]{state.Set("x"), versionOf.Set(version + 1)}, true},
		{row.If(versionOf.Eq(version + 1)), []coodie.Assign[Order]{state.Set("y")}, true},
		{row.If(state.Eq("y")), []coodie.Assign[Order]{state.Set("z")}, false},
		{row.IfExists(), []coodie.Assign[Order]{state.Set("z")}, false},
	} {
		res, err = update.on.Update(ctx, update.assigns...)
		require.NoError(t, err)
		require.True(t, res.Applied)
		stored, err := row.Get(ctx)
		require.NoError(t, err)
		require.Greater(t, stored.Version, version)
		require.Equal(t, update.counted, stored.Version == version+1)
		version = stored.Version
	}
	for _, wrong := range []coodie.ConditionalWrite[Order]{row.IfExists(), row.If(state.Eq("z")), row.If(versionOf.Eq(version))} {
		_, err = wrong.Update(ctx, state.Set("x"), versionOf.Set(version))
		require.ErrorAs(t, err, &usage, "a version that was there before")
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, "version", usage.Column)
	}

	_, session2 := server(t)
	_, err = open[Account](t, session2).New(Account{ID: "a"}).IfUnchanged().Delete(ctx)
	require.ErrorContains(t, err, "`version`")
	_ = srv
	_ = balance
}

// Chair has a version and an attempt id.
type Chair struct {
	ID      int        `cql:"id,partition"`
	Holder  string     `cql:"holder"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// TestVersionOfAnotherRow: a document of a row that is gone does not pass for one of the row
// that has taken its place.
func TestVersionOfAnotherRow(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	chairs := open[Chair](t, session)
	chairHolder := coodie.Col(func(s *Chair) *string { return &s.Holder })
	chairID := coodie.Col(func(s *Chair) *int { return &s.ID })
	renew := func() *coodie.Document[Chair] {
		doc := chairs.New(Chair{ID: 1, Holder: "ann"})
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		return doc
	}
	for name, write := range map[string]func(old *coodie.Document[Chair]) (coodie.LWTResult[Chair], error){
		"IfUnchanged": func(old *coodie.Document[Chair]) (coodie.LWTResult[Chair], error) {
			return old.IfUnchanged().Update(ctx, chairHolder.Set("cid"))
		},
		"If": func(old *coodie.Document[Chair]) (coodie.LWTResult[Chair], error) {
			return old.If(chairHolder.Eq("ann")).Update(ctx, chairHolder.Set("cid"))
		},
		"Replace": func(old *coodie.Document[Chair]) (coodie.LWTResult[Chair], error) {
			return old.IfUnchanged().Replace(ctx)
		},
		"Delete": func(old *coodie.Document[Chair]) (coodie.LWTResult[Chair], error) { return old.IfExists().Delete(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			old := renew()
			res, err := chairs.Find(chairID.Eq(1)).IfExists().Delete(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			renewed := renew()
			require.Greater(t, renewed.Value.Version, old.Value.Version)

			res, err = write(old)
			require.NoError(t, err)
			require.False(t, res.Applied)
			res, err = write(renewed)
			require.NoError(t, err)
			require.True(t, res.Applied, "its own document may")
			_, err = chairs.Find(chairID.Eq(1)).IfExists().Delete(ctx)
			require.NoError(t, err)
		})
	}
}
