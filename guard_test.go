package coodie_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Shelf has a static column. The structs that embed it are guarded in every way.
type Shelf struct {
	P     string  `cql:"p,partition"`
	C     int     `cql:"c,clustering"`
	Total int     `cql:"total,static"`
	Label *string `cql:"label,static"`
	N     int     `cql:"n"`
	M     *int    `cql:"m"`
}

type plainShelf struct{ Shelf }

type attemptShelf struct {
	Shelf
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

type versionShelf struct {
	Shelf
	Version int64 `cql:"version,version"`
}

type guardedShelf struct {
	Shelf
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

func (plainShelf) TableName() string   { return "shelf" }
func (attemptShelf) TableName() string { return "shelf" }
func (versionShelf) TableName() string { return "shelf" }
func (guardedShelf) TableName() string { return "shelf" }

// shelves is one kind of table, without its type.
type shelves struct {
	name      string
	versioned bool
	open      func(t *testing.T, session *gocql.Session) shelfTable
}

// shelfTable is what the tests do with a table, on one client.
type shelfTable struct {
	insert func(ctx context.Context, s Shelf) error
	mutate func(ctx context.Context, c int, change func(ctx context.Context, s *Shelf) error, opts ...coodie.MutateOption) (coodie.MutateResult[Shelf], error)
	get    func(ctx context.Context, c int) (Shelf, error)
}

func kind[T any](name string, versioned bool, shelf func(*T) *Shelf) shelves {
	return shelves{name, versioned, func(t *testing.T, session *gocql.Session) shelfTable {
		table, err := coodie.Open[T](coodie.New(session))
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(nil, table).Create(context.Background()))
		key := func(c int) *coodie.QuerySet[T] {
			return table.Find(coodie.AnyCol(table, "p").Eq("a"), coodie.AnyCol(table, "c").Eq(c))
		}
		return shelfTable{
			insert: func(ctx context.Context, s Shelf) error {
				var v T
				*shelf(&v) = s
				res, err := table.New(v).Insert(ctx)
				return errors.Join(err, res.Err())
			},
			mutate: func(ctx context.Context, c int, change func(ctx context.Context, s *Shelf) error, opts ...coodie.MutateOption) (coodie.MutateResult[Shelf], error) {
				res, err := key(c).Mutate(ctx, func(ctx context.Context, v *T) error { return change(ctx, shelf(v)) }, opts...)
				return coodie.MutateResult[Shelf]{Value: *shelf(&res.Value), Changed: res.Changed, Created: res.Created, Attempts: res.Attempts, Refused: res.Refused}, err
			},
			get: func(ctx context.Context, c int) (Shelf, error) {
				v, err := key(c).Get(ctx)
				return *shelf(&v), err
			},
		}
	}}
}

var shelfKinds = []shelves{
	kind("no guard of its own", false, func(v *plainShelf) *Shelf { return &v.Shelf }),
	kind("attempt", false, func(v *attemptShelf) *Shelf { return &v.Shelf }),
	kind("version", true, func(v *versionShelf) *Shelf { return &v.Shelf }),
	kind("version and attempt", true, func(v *guardedShelf) *Shelf { return &v.Shelf }),
}

// eachDialect runs a test on servers that answer as either database.
func eachDialect(t *testing.T, test func(t *testing.T, srv *cqltest.Server, session *gocql.Session)) {
	for name, dialect := range map[string]cqltest.Dialect{"cassandra": cqltest.Cassandra, "scylla": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			srv, session := server(t, cqltest.WithDialect(dialect))
			test(t, srv, session)
		})
	}
}

// another is a second client.
func another(t *testing.T, srv *cqltest.Server) *gocql.Session {
	t.Helper()
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// once runs do at the first call.
func once(do func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			do()
		}
	}
}

// TestMutateGuardsStatics: a static column that another client has changed between the read and
// the write, by the same row or another one, is not overwritten, and no decision stands on its old value.
func TestMutateGuardsStatics(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		for _, kind := range shelfKinds {
			t.Run(kind.name, func(t *testing.T) {
				ours, theirs := kind.open(t, session), kind.open(t, another(t, srv))
				defer srv.MustExec("DROP TABLE app.shelf")
				for c := range 2 {
					require.NoError(t, ours.insert(ctx, Shelf{P: "a", C: c, Total: 0}))
				}
				total := func(_ context.Context, s *Shelf) error { s.Total++; return nil }
				for want, other := range []int{0, 1} {
					between := once(func() {
						_, err := theirs.mutate(ctx, other, total)
						require.NoError(t, err)
					})
					res, err := ours.mutate(ctx, 0, func(ctx context.Context, s *Shelf) error { between(); return total(ctx, s) })
					require.NoError(t, err)
					require.Equal(t, 2*want+2, res.Value.Total)
					require.Equal(t, 1, res.Refused)
				}
				// A change of the row that was decided on the static column.
				between := once(func() {
					_, err := theirs.mutate(ctx, 1, func(_ context.Context, s *Shelf) error { s.Total = 100; return nil })
					require.NoError(t, err)
				})
				res, err := ours.mutate(ctx, 0, func(_ context.Context, s *Shelf) error { between(); s.N = s.Total; return nil })
				require.NoError(t, err)
				require.Equal(t, 100, res.Value.N)
				row, err := ours.get(ctx, 0)
				require.NoError(t, err)
				require.Equal(t, Shelf{P: "a", C: 0, N: 100, Total: 100}, row)
			})
		}
	})
}

// TestMutateCreatesBesideStatics: OrCreate shows the function the partition's static columns, leaves
// those alone that it leaves alone, and is refused if one of them has changed.
func TestMutateCreatesBesideStatics(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		for _, kind := range shelfKinds {
			t.Run(kind.name, func(t *testing.T) {
				ours, theirs := kind.open(t, session), kind.open(t, another(t, srv))
				defer srv.MustExec("DROP TABLE app.shelf")
				srv.MustExec("UPDATE app.shelf SET total = 500, label = 'l' WHERE p = 'a'")
				res, err := ours.mutate(ctx, 2, func(_ context.Context, s *Shelf) error {
					require.Equal(t, 500, s.Total)
					require.Equal(t, "l", *s.Label)
					s.N++
					return nil
				}, coodie.OrCreate())
				require.NoError(t, err)
				require.True(t, res.Created)
				require.Equal(t, 500, res.Value.Total)
				require.Equal(t, []cqltest.Row{{"c": 2, "total": 500, "label": "l", "n": 1}}, srv.MustRows("SELECT c, total, label, n FROM app.shelf"))

				// Another client changes the static column, or creates the row, in between.
				calls := 0
				between := once(func() {
					_, err := theirs.mutate(ctx, 2, func(_ context.Context, s *Shelf) error { s.Total = 600; return nil })
					require.NoError(t, err)
				})
				res, err = ours.mutate(ctx, 3, func(_ context.Context, s *Shelf) error {
					calls++
					between()
					s.N, s.Total = s.Total, s.Total+1
					return nil
				}, coodie.OrCreate())
				require.NoError(t, err)
				require.Equal(t, [2]int{2, 1}, [2]int{calls, res.Refused})
				require.Equal(t, [2]int{600, 601}, [2]int{res.Value.N, res.Value.Total})
				between = once(func() {
					_, err := theirs.mutate(ctx, 4, func(_ context.Context, s *Shelf) error { s.N = 7; return nil }, coodie.OrCreate())
					require.NoError(t, err)
				})
				res, err = ours.mutate(ctx, 4, func(_ context.Context, s *Shelf) error { between(); s.N++; return nil }, coodie.OrCreate())
				require.NoError(t, err)
				require.False(t, res.Created)
				require.Equal(t, 8, res.Value.N)

				// In a partition that is not there at all.
				srv.MustExec("DELETE FROM app.shelf WHERE p = 'a'")
				res, err = ours.mutate(ctx, 1, func(_ context.Context, s *Shelf) error { s.M = new(int); return nil }, coodie.OrCreate())
				require.NoError(t, err)
				require.True(t, res.Created)
				require.Equal(t, []cqltest.Row{{"total": nil, "label": nil, "m": 0}}, srv.MustRows("SELECT total, label, m FROM app.shelf"))
			})
		}
	})
}

var (
	shelfP     = coodie.Col(func(s *guardedShelf) *string { return &s.P })
	shelfC     = coodie.Col(func(s *guardedShelf) *int { return &s.C })
	shelfTotal = coodie.Col(func(s *guardedShelf) *int { return &s.Total })
	shelfN     = coodie.Col(func(s *guardedShelf) *int { return &s.N })
	shelfM     = coodie.NullCol(func(s *guardedShelf) **int { return &s.M })
)

// TestMutateOnly: Only and Defer narrow what the function is shown, what is a condition, and what may be changed.
func TestMutateOnly(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		shelf := open[guardedShelf](t, session)
		other := open[guardedShelf](t, another(t, srv))
		for c := range 2 {
			_, err := shelf.New(guardedShelf{Shelf: Shelf{P: "a", C: c, N: 5, Total: 3}}).Insert(ctx)
			require.NoError(t, err)
		}
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
		busy := func() {
			_, err := other.Find(shelfP.Eq("a"), shelfC.Eq(1)).Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.Total++; return nil })
			require.NoError(t, err)
		}
		for name, narrowed := range map[string]*coodie.QuerySet[guardedShelf]{
			"only": row.Only(shelfN), "defer": row.Defer(shelfTotal, coodie.AnyCol(shelf, "label"), shelfM),
		} {
			t.Run(name, func(t *testing.T) {
				res, err := narrowed.Mutate(ctx, func(_ context.Context, s *guardedShelf) error {
					require.Zero(t, s.Total, "it is not shown")
					require.NotZero(t, s.N)
					busy()
					s.N++
					return nil
				})
				require.NoError(t, err)
				require.Zero(t, res.Refused, "the static column is no condition")
				var usage *coodie.Error
				_, err = narrowed.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.Total = 1; return nil })
				require.ErrorAs(t, err, &usage)
				require.Equal(t, coodie.KindUsage, usage.Kind)
				require.Equal(t, "total", usage.Column)
				require.Equal(t, "(p, c)", usage.Key.String())
				_, err = narrowed.Filter().Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.M = new(int); return nil })
				require.ErrorAs(t, err, &usage)
				require.Equal(t, coodie.KindUsage, usage.Kind)
			})
		}
		// A new row leaves what is not shown alone.
		res, err := shelf.Find(shelfP.Eq("a"), shelfC.Eq(9)).Only(shelfN).Mutate(ctx, func(_ context.Context, s *guardedShelf) error { busy(); s.N = 1; return nil }, coodie.OrCreate())
		require.NoError(t, err)
		require.True(t, res.Created)
		require.Equal(t, []cqltest.Row{{"total": 6, "n": 1}}, srv.MustRows("SELECT total, n FROM app.shelf WHERE p = 'a' AND c = 9"))
	})
}

// TestMutateHandsOnStatics: who goes on from the row of the call before is refused if a static
// column has changed since.
func TestMutateHandsOnStatics(t *testing.T) {
	srv, session := server(t)
	db := coodie.New(session)
	shelf, err := coodie.Open[guardedShelf](db)
	require.NoError(t, err)
	ctx := context.Background()
	require.NoError(t, coodie.Schema(db, shelf).Create(ctx))
	for c := range 2 {
		_, err = shelf.New(guardedShelf{Shelf: Shelf{P: "a", C: c, Total: 10}}).Insert(ctx)
		require.NoError(t, err)
	}
	row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
	inLine(t, db, func(inside func()) error {
		_, err := row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { inside(); s.N = 1; return nil })
		return err
	}, func() error {
		between := once(func() { srv.MustExec("UPDATE app.shelf SET total = 20 WHERE p = 'a' IF total = 10") })
		_, err := row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { between(); s.N += s.Total; return nil })
		return err
	})
	stored, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, 21, stored.N)
}

// TestDeleteColumnsCounts: deleting columns is a write like others.
func TestDeleteColumnsCounts(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		db := coodie.New(session)
		shelf := opened[guardedShelf](t, db)
		row := func() *coodie.QuerySet[guardedShelf] { return shelf.Find(shelfP.Eq("a"), shelfC.Eq(0)) }
		for name, remove := range map[string]func(a *coodie.Document[guardedShelf]) (coodie.LWTResult[guardedShelf], error){
			"IfUnchanged": func(a *coodie.Document[guardedShelf]) (coodie.LWTResult[guardedShelf], error) {
				return a.IfUnchanged().DeleteColumns(ctx, shelfN)
			},
			"IfExists": func(a *coodie.Document[guardedShelf]) (coodie.LWTResult[guardedShelf], error) {
				return a.IfExists().DeleteColumns(ctx, shelfN, shelfTotal)
			},
			"query": func(a *coodie.Document[guardedShelf]) (coodie.LWTResult[guardedShelf], error) {
				res, err := row().If(shelfN.Eq(5)).DeleteColumns(ctx, shelfN)
				a.Value.N, a.Value.Version, a.Value.Attempt = 0, 0, gocql.UUID{}
				return res, err
			},
			"batch": func(a *coodie.Document[guardedShelf]) (coodie.LWTResult[guardedShelf], error) {
				batch := db.Batch()
				h := a.IfUnchanged().DeleteColumnsIn(batch, shelfN)
				require.NoError(t, batch.Exec(ctx))
				return h.Result()
			},
		} {
			t.Run(name, func(t *testing.T) {
				defer srv.MustExec("TRUNCATE app.shelf")
				a := shelf.New(guardedShelf{Shelf: Shelf{P: "a", N: 5, Total: 1}})
				_, err := a.Insert(ctx)
				require.NoError(t, err)
				old, err := row().Get(ctx)
				require.NoError(t, err)
				res, err := remove(a)
				require.NoError(t, err)
				require.True(t, res.Applied)
				now, err := row().Get(ctx)
				require.NoError(t, err)
				require.Zero(t, now.N)
				require.Greater(t, now.Version, old.Version)
				require.NotEqual(t, old.Attempt, now.Attempt)
				require.NotZero(t, now.Attempt)
				if name != "query" {
					require.Equal(t, now, a.Value, "the document has followed")
				}
				res, err = shelf.New(old).IfUnchanged().Update(ctx, shelfN.Set(7))
				require.NoError(t, err)
				require.False(t, res.Applied)
			})
		}
	})
}

// TestVersionNeverComesAgain: between the read and the write the row is deleted and inserted again,
// or has expired.
func TestVersionNeverComesAgain(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		orders := open[Order](t, session)
		row := orders.Find(orderID.Eq(1), orderLine.Eq(2))
		insert := func(state string) *coodie.Document[Order] {
			doc := orders.New(Order{ID: 1, Line: 2, State: state})
			res, err := doc.Insert(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			return doc
		}
		seen := map[int64]bool{}
		see := func() {
			got, err := row.Get(ctx)
			require.NoError(t, err)
			require.False(t, seen[got.Version])
			seen[got.Version] = true
		}
		old := insert("old")
		see()
		for range 3 {
			_, err := old.IfUnchanged().Update(ctx, state.Set("older"))
			require.NoError(t, err)
			see()
		}
		for name, gone := range map[string]func(){
			"delete": func() {
				_, err := row.IfExists().Delete(ctx)
				require.NoError(t, err)
			},
			"plain delete": func() { srv.MustExec(`DELETE FROM app."order" WHERE id = 1 AND line = 2`) },
			"ttl": func() {
				srv.MustExec(`DELETE FROM app."order" WHERE id = 1 AND line = 2`)
				_, err := orders.Find().IfNotExists().With(coodie.WithTTL(time.Second)).Create(ctx, Order{ID: 1, Line: 2})
				require.NoError(t, err)
				see()
				srv.FastForward(2 * time.Second)
			},
		} {
			t.Run(name, func(t *testing.T) {
				between := once(func() {
					gone()
					insert("theirs")
					see()
				})
				res, err := row.Mutate(ctx, func(_ context.Context, o *Order) error { between(); o.State += " ours"; return nil })
				require.NoError(t, err)
				require.Equal(t, "theirs ours", res.Value.State)
				require.Equal(t, 1, res.Refused)
				see()
				refused, err := old.IfUnchanged().Replace(ctx)
				require.NoError(t, err)
				require.False(t, refused.Applied)
			})
		}
	})
}

// TestVersionOfANullVersion: a row that is older than its version column.
func TestVersionOfANullVersion(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		shelf := open[guardedShelf](t, session)
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
		srv.MustExec("INSERT INTO app.shelf (p, c, n) VALUES ('a', 0, 5)")
		read, err := row.Get(ctx)
		require.NoError(t, err)
		doc, stale := shelf.New(read), shelf.New(read)
		res, err := doc.IfUnchanged().Update(ctx, shelfN.Set(6))
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.NotZero(t, doc.Value.Version)
		for _, write := range []func() (coodie.LWTResult[guardedShelf], error){
			func() (coodie.LWTResult[guardedShelf], error) { return stale.IfUnchanged().Update(ctx, shelfN.Set(7)) },
			func() (coodie.LWTResult[guardedShelf], error) { return stale.IfExists().Delete(ctx) },
			func() (coodie.LWTResult[guardedShelf], error) { return stale.IfUnchanged().Replace(ctx) },
		} {
			res, err = write()
			require.NoError(t, err)
			require.False(t, res.Applied)
		}
		res, err = doc.IfUnchanged().Update(ctx, shelfN.Set(8))
		require.NoError(t, err)
		require.True(t, res.Applied)

		// A row that is missing is not created.
		srv.MustExec("DELETE FROM app.shelf WHERE p = 'a'")
		res, err = stale.IfUnchanged().Replace(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Empty(t, srv.MustRows("SELECT * FROM app.shelf"))

		// Nothing that was read proves the row.
		srv.MustExec("INSERT INTO app.shelf (p, c, n) VALUES ('a', 0, 0)")
		read, err = row.Get(ctx)
		require.NoError(t, err)
		_, err = shelf.New(read).IfUnchanged().Update(ctx, shelfN.Set(1))
		require.ErrorIs(t, err, coodie.ErrCannotGuard)
		require.ErrorContains(t, err, "not null but has the zero value, use Mutate")
		_, err = row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.N = 1; return nil })
		require.NoError(t, err, "Mutate sees that the column is not null")

		srv.MustExec("DELETE FROM app.shelf WHERE p = 'a'")
		srv.MustExec("INSERT INTO app.shelf (p, c) VALUES ('a', 0)")
		_, err = row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.N = 1; return nil })
		require.ErrorIs(t, err, coodie.ErrCannotGuard)
		require.NotContains(t, err.Error(), "give the struct")
		read, err = row.Get(ctx)
		require.NoError(t, err)
		for _, refused := range []coodie.ConditionalWrite[guardedShelf]{shelf.New(read).IfUnchanged(), shelf.New(read).IfExists()} {
			_, err = refused.Update(ctx, shelfN.Set(1))
			require.ErrorIs(t, err, coodie.ErrCannotGuard)
			require.ErrorContains(t, err, "If all are null, set one by Find(…).IfExists().Update")
		}
		applied, err := row.IfExists().Update(ctx, shelfN.Set(1)) // as the error says
		require.NoError(t, err)
		require.True(t, applied.Applied)
		read, err = row.Get(ctx)
		require.NoError(t, err)
		applied, err = shelf.New(read).IfUnchanged().Update(ctx, shelfN.Set(2))
		require.NoError(t, err)
		require.True(t, applied.Applied)
		_, err = row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.N = 2; return nil })
		require.NoError(t, err)
	})
}

// TestVersionsEnd: a version does not wrap.
func TestVersionsEnd(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	orders := open[Order](t, session)
	srv.MustExec(`INSERT INTO app."order" (id, line, state, version) VALUES (1, 2, 's', ?)`, int64(math.MaxInt64))
	row := orders.Find(orderID.Eq(1), orderLine.Eq(2))
	var usage *coodie.Error
	_, err := row.Mutate(ctx, func(_ context.Context, o *Order) error { o.State = "x"; return nil })
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "version", usage.Column)
	read, err := row.Get(ctx)
	require.NoError(t, err)
	_, err = orders.New(read).IfUnchanged().Replace(ctx)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	doc := orders.New(Order{ID: 2})
	_, err = doc.Insert(ctx)
	require.NoError(t, err)
	require.Less(t, doc.Value.Version, time.Now().Add(time.Hour).UnixNano(), "other rows do not follow it")
}

// TestPlainWritesRenewTheAttempt: no plain write puts an old id back, or leaves one that is no
// longer the last write's.
func TestPlainWritesRenewTheAttempt(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		db := coodie.New(session)
		accounts, err := coodie.Open[Account](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, accounts).Create(ctx))
		row := accounts.Find(accountID.Eq("a"))
		for name, write := range map[string]func(old Account) error{
			"Save": func(old Account) error {
				doc := accounts.New(old)
				err := doc.Save(ctx)
				stored, _ := row.Get(ctx)
				require.Equal(t, stored, doc.Value)
				return err
			},
			"SaveAll": func(old Account) error { return accounts.SaveAll(ctx, []Account{old}) },
			"OmitNil": func(old Account) error { return accounts.New(old).With(coodie.WithOmitNil()).Save(ctx) },
			"Update": func(old Account) error {
				doc := accounts.New(old)
				err := doc.Update(ctx, balance.Set(9))
				stored, _ := row.Get(ctx)
				require.Equal(t, stored, doc.Value)
				return err
			},
			"Find.Update":   func(Account) error { return row.Update(ctx, balance.Set(9)) },
			"SaveJSON":      func(Account) error { return accounts.Find().SaveJSON(ctx, []byte(`{"id": "a", "balance": 3}`)) },
			"DeleteColumns": func(old Account) error { return accounts.New(old).DeleteColumns(ctx, balance) },
			"batch": func(old Account) error {
				batch := db.Batch()
				accounts.New(old).SaveIn(batch)
				return batch.Exec(ctx)
			},
			"conditional batch": func(old Account) error {
				if _, err := accounts.New(Account{ID: "a"}).Insert(ctx); err != nil {
					return err
				}
				batch := db.Batch()
				accounts.New(old).SaveIn(batch)
				row.IfExists().UpdateIn(batch, balance.Set(old.Balance))
				return batch.Exec(ctx)
			},
		} {
			t.Run(name, func(t *testing.T) {
				defer srv.MustExec("TRUNCATE app.account")
				doc := accounts.New(Account{ID: "a", Balance: 1})
				_, err := doc.Insert(ctx)
				require.NoError(t, err)
				old := doc.Value
				require.NoError(t, write(old))
				stored, err := row.Get(ctx)
				require.NoError(t, err)
				require.NotEqual(t, old.Attempt, stored.Attempt)
			})
		}
	})
}

// TestSettleAfterAnOldCopy: the copy does not put back the id that says "refused".
func TestSettleAfterAnOldCopy(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	accounts := open[Account](t, session)
	doc := accounts.New(Account{ID: "a", Balance: 1})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	old := doc.Value
	srv.Fault(cqltest.On(cqltest.Conditional, "account").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err := doc.If(balance.Eq(1)).Update(ctx, balance.Set(2))
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.NoError(t, accounts.New(old).Save(ctx))
	res, err = res.Settle(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "it was applied, and must not be called refused")
	require.False(t, res.Applied)
}

// TestGuardIsNamed: a refusal by the guard says so.
func TestGuardIsNamed(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	shelf := open[guardedShelf](t, session)
	doc := shelf.New(guardedShelf{Shelf: Shelf{P: "a", N: 1}})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	stale := shelf.New(doc.Value)
	_, err = doc.IfUnchanged().Update(ctx, shelfM.Set(1))
	require.NoError(t, err)

	res, err := stale.If(shelfN.Eq(1)).Update(ctx, shelfN.Set(2))
	require.NoError(t, err)
	require.False(t, res.Applied)
	conditions := res.Conditions()
	require.Equal(t, coodie.JudgedCondition{Text: "n = ?", Held: true}, conditions[0])
	require.Equal(t, coodie.JudgedCondition{Text: "version = ?", Refused: true, Guard: true}, conditions[1])
	require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
	require.ErrorContains(t, res.Err(), "version = ?")
	require.NotContains(t, res.Err().Error(), ": n = ?")

	srv.MustExec("UPDATE app.shelf SET total = 9 WHERE p = 'a'")
	res, err = doc.IfUnchanged().Update(ctx, shelfN.Set(2))
	require.NoError(t, err)
	require.ErrorContains(t, res.Err(), "total")
}

// TestWritesAreValues: what a document holds later does not change a write that was begun.
func TestWritesAreValues(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	shelf, accounts := open[guardedShelf](t, session), open[Account](t, session)
	doc := shelf.New(guardedShelf{Shelf: Shelf{P: "a", N: 1}})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	first := doc.Value.Version
	unchanged, replace := doc.IfUnchanged(), doc.IfUnchanged()
	doc.Value.Version, doc.Value.P = 7, "b"
	res, err := unchanged.Update(ctx, shelfN.Set(2))
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, first+1, doc.Value.Version)
	doc.Value.N = 50
	res, err = replace.Replace(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	before := res.Conditions()
	doc.Value.Version = first + 1
	require.Equal(t, before, res.Conditions(), "a verdict stays")

	account := accounts.New(Account{ID: "a", Balance: 1})
	_, err = account.Insert(ctx)
	require.NoError(t, err)
	write, save := account.If(balance.Eq(1)), account.With(coodie.WithTTL(time.Hour))
	account.Value.ID, account.Value.Balance = "b", 99
	updated, err := write.Update(ctx, coodie.Col(func(a *Account) *string { return &a.Note }).Set("n"))
	require.NoError(t, err)
	require.True(t, updated.Applied)
	require.NoError(t, save.Save(ctx))
	stored, err := accounts.Find(accountID.Eq("a")).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, stored.Balance)
	_, err = accounts.Find(accountID.Eq("b")).Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

// TestReplaceGuardsStatics: a Replace writes the static columns that it changes, if nobody else has.
func TestReplaceGuardsStatics(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		shelf := open[guardedShelf](t, session)
		for c := range 2 {
			_, err := shelf.New(guardedShelf{Shelf: Shelf{P: "a", C: c, Total: 1}}).Insert(ctx)
			require.NoError(t, err)
		}
		read := func() *coodie.Document[guardedShelf] {
			v, err := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0)).Get(ctx)
			require.NoError(t, err)
			return shelf.New(v)
		}
		total := func() any { return srv.MustRows("SELECT total FROM app.shelf WHERE p = 'a'")[0]["total"] }
		stale, fresh := read(), read()
		fresh.Value.Total, fresh.Value.N = 2, 5
		res, err := fresh.IfUnchanged().Replace(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Equal(t, 2, total())
		_, err = shelf.Find(shelfP.Eq("a"), shelfC.Eq(1)).Mutate(ctx, func(_ context.Context, s *guardedShelf) error { s.Total = 10; return nil })
		require.NoError(t, err)
		stale.Value.N = 7
		res, err = stale.IfUnchanged().Replace(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		fresh.Value.Total = 3
		res, err = fresh.IfUnchanged().Replace(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied, "its version is the last, but not its static column")
		require.Equal(t, 10, total())
		again := read()
		again.Value.Total++
		for range 2 {
			res, err = again.IfUnchanged().Replace(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			again.Value.Total++
		}
		require.Equal(t, 12, total())
	})
}

// TestMutatesInMutates: calls that wait for each other end.
func TestMutatesInMutates(t *testing.T) {
	_, session := server(t)
	accounts := open[Account](t, session)
	ctx := context.Background()
	for _, id := range []string{"a", "b"} {
		_, err := accounts.New(Account{ID: id}).Insert(ctx)
		require.NoError(t, err)
	}
	row := func(id string) *coodie.QuerySet[Account] { return accounts.Find(accountID.Eq(id)) }
	t.Run("crossed", func(t *testing.T) {
		var both errgroup.Group
		inside := make(chan struct{}, 1000)
		for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
			both.Go(func() error {
				first := true
				_, err := row(pair[0]).Mutate(ctx, func(ctx context.Context, a *Account) error {
					if inside <- struct{}{}; first {
						require.Eventually(t, func() bool { return len(inside) >= 2 }, time.Minute, time.Millisecond)
					}
					if first = false; strings.Contains(a.Note, pair[1]) {
						return nil
					}
					a.Note += pair[1]
					_, err := row(pair[1]).Mutate(ctx, addTen)
					return err
				}, coodie.MaxAttempts(100))
				return err
			})
		}
		require.NoError(t, both.Wait())
	})
	t.Run("another goroutine", func(t *testing.T) {
		defer coodie.SetQueuePatience(20 * time.Millisecond)()
		calls := 0
		_, err := row("a").Mutate(ctx, func(_ context.Context, a *Account) error {
			if calls++; calls == 1 {
				done := make(chan error)
				go func() {
					_, err := row("a").Mutate(context.Background(), addTen)
					done <- err
				}()
				return <-done
			}
			a.Note = "done"
			return nil
		})
		require.NoError(t, err)
	})
}

// TestConditionsOfAKnownForm: a write that was asked for before tells its conditions as the first one does.
func TestConditionsOfAKnownForm(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	accounts := open[Account](t, session)
	_, err := accounts.New(Account{ID: "a", Balance: 1}).Insert(ctx)
	require.NoError(t, err)
	for range 3 {
		res, err := accounts.Find(accountID.Eq("a")).If(balance.Eq(5)).Update(ctx, balance.Set(6))
		require.NoError(t, err)
		require.Equal(t, []coodie.JudgedCondition{{Text: "balance = ?", Refused: true}}, res.Conditions())
	}
}

// TestMutateHandsOnWhatIsShown: a row that another call hands on is cut to what the function is
// to be shown, since nothing would guard the rest.
func TestMutateHandsOnWhatIsShown(t *testing.T) {
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		db := coodie.New(session)
		shelf := opened[guardedShelf](t, db)
		_, err := shelf.New(guardedShelf{Shelf: Shelf{P: "a", N: 1, Total: 5, M: new(int)}}).Insert(ctx)
		require.NoError(t, err)
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
		inLine(t, db, func(inside func()) error {
			_, err := row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error { inside(); s.N++; return nil })
			return err
		}, func() error {
			res, err := row.Only(shelfN).Mutate(ctx, func(_ context.Context, s *guardedShelf) error {
				require.Zero(t, s.Total)
				require.Nil(t, s.M)
				s.N++
				return nil
			})
			require.Zero(t, res.Value.Total)
			return err
		})
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, [2]int{3, 5}, [2]int{got.N, got.Total})

		// What a refused write answers is cut, too.
		calls := 0
		res, err := row.Only(shelfN).Mutate(ctx, func(_ context.Context, s *guardedShelf) error {
			if calls++; calls == 1 {
				_, err := row.IfExists().Update(ctx, shelfN.Set(10))
				require.NoError(t, err)
			}
			require.Zero(t, s.Total)
			require.Nil(t, s.M)
			s.N++
			return nil
		}, coodie.Unqueued())
		require.NoError(t, err)
		require.Equal(t, 11, res.Value.N)
	})
}

// TestMutateHandsOnNothingExpired: a version does not count that a column has expired, so a row that was
// handed on is proven column by column.
func TestMutateHandsOnNothingExpired(t *testing.T) {
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		db := coodie.New(session)
		shelf := opened[guardedShelf](t, db)
		_, err := shelf.New(guardedShelf{Shelf: Shelf{P: "a", M: new(int)}}).Insert(ctx)
		require.NoError(t, err)
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
		_, err = row.IfExists().With(coodie.WithTTL(5*time.Second)).Update(ctx, shelfN.Set(5))
		require.NoError(t, err)
		_, err = row.IfExists().Update(ctx, shelfM.Set(1)) // a version that stays
		require.NoError(t, err)
		inLine(t, db, func(inside func()) error {
			_, err := row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error {
				inside()
				srv.FastForward(6 * time.Second)
				*s.M++
				return nil
			})
			return err
		}, func() error {
			_, err := row.Mutate(ctx, func(_ context.Context, s *guardedShelf) error {
				if s.N == 5 {
					*s.M = 1000
				}
				*s.M++
				return nil
			})
			return err
		})
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, [2]int{0, 3}, [2]int{got.N, *got.M})
	})
}

// TestNullVersionAgain: a version that was written with a TTL is null afterwards. A document of the
// row as it was before is not taken for one of the row as it is.
func TestNullVersionAgain(t *testing.T) {
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		shelf := open[guardedShelf](t, session)
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(0))
		srv.MustExec("INSERT INTO app.shelf (p, c, n, m) VALUES ('a', 0, 1, 5)")
		read, err := row.Get(ctx)
		require.NoError(t, err)
		a, b := shelf.New(read), shelf.New(read)
		res, err := b.IfUnchanged().With(coodie.WithTTL(time.Second)).Update(ctx, shelfM.Set(6))
		require.NoError(t, err)
		require.True(t, res.Applied)
		srv.FastForward(2 * time.Second)
		res, err = a.IfUnchanged().Update(ctx, shelfN.Set(*a.Value.M))
		require.NoError(t, err)
		require.False(t, res.Applied)
	})
}
