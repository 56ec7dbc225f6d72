package coodie_test

import (
	"context"
	"sync"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// late makes the next conditional write arrive after the client has given it up, when
// arrive is called, which returns once it has been executed.
func late(t *testing.T, srv *cqltest.Server, table string) (arrive func()) {
	let, executed := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(let) })
	t.Cleanup(release)
	srv.Fault(cqltest.On(cqltest.Conditional, table).Nth(1),
		cqltest.Do(func(cqltest.Statement) { <-let }), cqltest.Apply, cqltest.Do(func(cqltest.Statement) { close(executed) }))
	return func() { release(); <-executed }
}

// A row that has not changed does not prove that a write whose answer got lost was refused:
// it may be executed after Settle has read the row.
func TestSettleBeforeTheWriteArrives(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	claims := open[Claim](t, session)
	doc := claims.New(Claim{Name: "a", Owner: "alice"})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	arrive := late(t, srv, "claim")
	res, err := doc.If(claimOwner.Eq("alice")).Update(ctx, claimOwner.Set("bob"))
	require.ErrorIs(t, err, gocql.ErrTimeoutNoResponse)
	settled, err := res.Settle(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "may still be on its way")
	require.Equal(t, "alice", settled.Existing.Value.Owner)
	arrive()
	res, err = res.Settle(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// Parcel is an order whose writes can be told apart.
type Parcel struct {
	ID      int        `cql:"id,partition"`
	State   string     `cql:"state"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	parcelID = coodie.Col(func(p *Parcel) *int { return &p.ID })
)

// Mutate's first attempt is executed late. It must not take effect beside another one.
func TestMutateAndAWriteThatArrivesLate(t *testing.T) {
	ctx := context.Background()
	type fixture struct {
		table, text string
		other       string // somebody else's write
		told        bool   // it can be told whose write is in the row
		mutate      func(called func(call int) error) (text string, attempts int, err error)
	}
	for name, setup := range map[string]func(*testing.T, *gocql.Session) fixture{
		"guarded by all columns": func(t *testing.T, session *gocql.Session) fixture {
			claims := open[Claim](t, session)
			_, err := claims.New(Claim{Name: "a", Owner: "."}).Insert(ctx)
			require.NoError(t, err)
			return fixture{"claim", "owner", "UPDATE app.claim SET attempt = uuid() WHERE name = 'a'", true, func(called func(int) error) (string, int, error) {
				calls := 0
				res, err := claims.Find(claimName.Eq("a")).Mutate(ctx, func(_ context.Context, c *Claim) error { calls++; c.Owner += "+"; return called(calls) })
				return res.Value.Owner, res.Attempts, err
			}}
		},
		"guarded by version and attempt": func(t *testing.T, session *gocql.Session) fixture {
			parcels := open[Parcel](t, session)
			_, err := parcels.New(Parcel{ID: 1, State: "."}).Insert(ctx)
			require.NoError(t, err)
			return fixture{"parcel", "state", "UPDATE app.parcel SET attempt = uuid(), version = 9 WHERE id = 1", true, func(called func(int) error) (string, int, error) {
				calls := 0
				res, err := parcels.Find(parcelID.Eq(1)).Mutate(ctx, func(_ context.Context, p *Parcel) error { calls++; p.State += "+"; return called(calls) })
				return res.Value.State, res.Attempts, err
			}}
		},
		"guarded by version": func(t *testing.T, session *gocql.Session) fixture {
			orders := open[Order](t, session, coodie.WithTable("orders"))
			_, err := orders.New(Order{ID: 1, State: "."}).Insert(ctx)
			require.NoError(t, err)
			return fixture{"orders", "state", "UPDATE app.orders SET version = 9 WHERE id = 1 AND line = 0", false, func(called func(int) error) (string, int, error) {
				calls := 0
				res, err := orders.Find(orderID.Eq(1), orderLine.Eq(0)).Mutate(ctx, func(_ context.Context, o *Order) error { calls++; o.State += "+"; return called(calls) })
				return res.Value.State, res.Attempts, err
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tt := range []struct {
				name        string
				second      func(arrive func(), other func()) error // what happens in the second call of the function
				known, told bool
			}{
				{"after the next attempt", func(func(), func()) error { return nil }, true, true},
				{"before the next attempt", func(arrive, _ func()) error { arrive(); return nil }, false, true},
				{"and is overwritten", func(arrive, other func()) error { arrive(); other(); return nil }, false, false},
				{"and the function gives up", func(func(), func()) error { return context.Canceled }, false, false},
			} {
				t.Run(tt.name, func(t *testing.T) {
					srv, session := server(t)
					f := setup(t, session)
					var arrive func()
					text, attempts, err := f.mutate(func(call int) error {
						if call == 1 {
							arrive = late(t, srv, f.table)
							return nil
						}
						return tt.second(arrive, func() { srv.MustExec(f.other) })
					})
					arrive()
					if tt.known || tt.told && f.told {
						require.NoError(t, err)
						require.Equal(t, ".+", text)
						require.Equal(t, 2, attempts)
					} else {
						require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
					}
					require.Equal(t, []cqltest.Row{{f.text: ".+"}}, srv.MustRows("SELECT "+f.text+" FROM app."+f.table), "it took effect once")
				})
			}
		})
	}
}
