package contract

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

var errOnlyPrepared = errors.New("prepared, not executed")

// PreparedBy has another client prepare every text that was sent so far, in the order in which it was.
func PreparedBy(t *testing.T, other *gocql.Session, log cqltest.Log) {
	t.Helper()
	for _, s := range log {
		if len(s.Entries) > 0 {
			PreparedBy(t, other, s.Entries)
		} else if s.Kind&(cqltest.Select|cqltest.Write) != 0 {
			err := other.Bind(s.CQL, func(*gocql.QueryInfo) ([]any, error) { return nil, errOnlyPrepared }).Exec()
			if err != nil && strings.Contains(err.Error(), "does not have a field named zip") {
				continue // an assignment by field: the text of the new name is another
			}
			require.ErrorIs(t, err, errOnlyPrepared, s.CQL)
		}
	}
}

// tableMadeAgain: a table is dropped and created again with another type of the same length,
// and another client has prepared the very texts that this one keeps. Reads fail at once, and
// from then on writes fail too, instead of storing an int's bytes as a float.
func tableMadeAgain(t *testing.T, d Driver) {
	reads := map[string]func(ctx context.Context, s *coodie.Table[Stock]) error{
		"Get": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.Eq("b")).Get(ctx)
			return err
		},
		"Get, missing": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.Eq("z")).Get(ctx)
			return err
		},
		"Linearizable": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.Eq("b")).With(coodie.WithLinearizable()).Get(ctx)
			return err
		},
		"First": func(ctx context.Context, s *coodie.Table[Stock]) error { _, err := s.Find().First(ctx); return err },
		"All":   func(ctx context.Context, s *coodie.Table[Stock]) error { _, err := s.Find().All(ctx); return err },
		"All, none": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.Eq("z")).All(ctx)
			return err
		},
		"filtered": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockN.Eq(5)).AllowFiltering().All(ctx)
			return err
		},
		"In": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.In("a", "b")).All(ctx)
			return err
		},
		"Page": func(ctx context.Context, s *coodie.Table[Stock]) error { _, err := s.Find().Page(ctx, ""); return err },
		"Values": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := coodie.Values(s.Find(), stockN).All(ctx)
			return err
		},
		"Project": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := coodie.Project[struct{ N int }](s.Find()).All(ctx)
			return err
		},
		"GetMany": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.GetMany(ctx, []Stock{{Name: "b"}})
			return err
		},
		"Scan": func(ctx context.Context, s *coodie.Table[Stock]) error {
			return s.ScanParallel(ctx, func(context.Context, Stock) error { return nil }, coodie.MinRanges(1))
		},
		"Mutate": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find(stockName.Eq("b")).Mutate(ctx, func(_ context.Context, s *Stock) error { s.N++; return nil })
			return err
		},
		"Insert, refused": func(ctx context.Context, s *coodie.Table[Stock]) error {
			_, err := s.Find().IfNotExists().Create(ctx, Stock{Name: "b"})
			return err
		},
	}
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		for read, do := range reads {
			t.Run(name+"/"+read, func(t *testing.T) {
				t.Parallel()
				srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect))
				db, other := d.Open(t, srv, "none"), client(t, srv)
				stocks, err := coodie.Open[Stock](db)
				require.NoError(t, err)
				calls, err := coodie.Open[Calls](db)
				require.NoError(t, err)
				require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
				require.NoError(t, coodie.Schema(db, calls).Create(t.Context()))
				writes := []string{"Save", "Update", "logged batch", "Update if", "conditional batch", "SaveAll"}
				for _, w := range writes {
					srv.Truncate()
					srv.MustExec("INSERT INTO app.stock (name, n) VALUES ('a', 5)")
					if sentWrites[w].kind&cqltest.Conditional != 0 && !sentWrites[w].seed {
						srv.Truncate()
					}
					require.NoError(t, sentWrites[w].write(t.Context(), db, stocks, calls), w)
				}
				srv.MustExec("INSERT INTO app.stock (name, n) VALUES ('b', 1)")
				_ = do(t.Context(), stocks)

				srv.MustExec("DROP TABLE app.stock")
				srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n float)")
				srv.MustExec("INSERT INTO app.stock (name, n) VALUES ('b', 1.5)")
				PreparedBy(t, other, srv.Log())

				err = do(t.Context(), stocks)
				require.Error(t, err)
				require.NotErrorIs(t, err, coodie.ErrNotFound)
				for _, w := range writes {
					err := sentWrites[w].write(t.Context(), db, stocks, calls)
					require.Error(t, err, w)
					require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, w)
				}
				require.Len(t, srv.MustRows("SELECT * FROM app.stock"), 1, "nothing was stored")

				// As it was: it works again.
				srv.MustExec("DROP TABLE app.stock")
				srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n int)")
				PreparedBy(t, other, srv.Log())
				require.EventuallyWithT(t, func(c *assert.CollectT) { // once the driver tries again
					require.NoError(c, stocks.New(Stock{"b", 1}).Save(t.Context()))
				}, 10*time.Second, 10*time.Millisecond)
				if err := do(t.Context(), stocks); read != "Get, missing" {
					require.NoError(t, err)
				}
			})
		}
	}
}

// tableMadeAgainUnseen: a program that only writes learns of it through the driver's schema
// events.
func tableMadeAgainUnseen(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, other := d.Open(t, srv, "none"), client(t, srv)
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
	require.NoError(t, stocks.New(Stock{"a", 5}).Save(t.Context()))
	require.NoError(t, db.Raw("INSERT INTO stock (name, n) VALUES (?, ?)", "a", 5).Exec(t.Context()))
	save := func() error { return stocks.New(Stock{"a", 5}).Save(t.Context()) }

	srv.MustExec("DROP TABLE app.stock")
	srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n float)")
	PreparedBy(t, other, srv.Log())
	require.Eventually(t, func() bool { return save() != nil }, 10*time.Second, 10*time.Millisecond)
	srv.Truncate()
	require.ErrorContains(t, save(), "the server expects float where the struct declares int")
	require.ErrorContains(t, db.Raw("INSERT INTO stock (name, n) VALUES (?, ?)", "a", 5).Exec(t.Context()), "float")
	require.Empty(t, srv.MustRows("SELECT * FROM app.stock"))

	srv.MustExec("DROP TABLE app.stock")
	srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n int)")
	require.Eventually(t, func() bool { return save() == nil }, 10*time.Second, 10*time.Millisecond)
}

// tableMadeAgainBetweenPages: each page has columns of its own.
func tableMadeAgainBetweenPages(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, other := d.Open(t, srv, "none"), client(t, srv)
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
	fill := func(n string) {
		for i := range 4 {
			srv.MustExec("INSERT INTO app.stock (name, n) VALUES ('" + string(rune('a'+i)) + "', " + n + ")")
		}
	}
	fill("1")
	read := 0
	var failed error
	for s, err := range stocks.Find().With(coodie.WithPageSize(1), coodie.WithPrefetch(0)).Iter(t.Context()) {
		if failed = err; err != nil {
			break
		}
		require.Equal(t, 1, s.N)
		if read++; read == 1 {
			srv.MustExec("DROP TABLE app.stock")
			srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n float)")
			fill("1.5")
			PreparedBy(t, other, srv.Log())
		}
	}
	require.Equal(t, 1, read)
	var decode *coodie.Error
	require.ErrorAs(t, failed, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "n", decode.Column)
}

// Home has a user-defined type of which a field gets another name.
type OldHome struct {
	Name string  `cql:"name,partition"`
	At   OldAddr `cql:"at"`
}

type OldAddr struct {
	Street string `cql:"street"`
	Zip    int    `cql:"zip"`
}

type NewHome struct {
	Name string  `cql:"name,partition"`
	At   NewAddr `cql:"at"`
}

type NewAddr struct {
	Street string `cql:"street"`
	Code   int    `cql:"code"`
}

func (OldHome) TableName() string { return "home" }
func (NewHome) TableName() string { return "home" }
func (OldAddr) UDTName() string   { return "addr" }
func (NewAddr) UDTName() string   { return "addr" }

// fieldRenamed: ALTER TYPE RENAME under a session, another client has prepared the texts
// since, and the corrected struct works in the same session.
func fieldRenamed(t *testing.T, d Driver) {
	oldName := coodie.Col(func(h *OldHome) *string { return &h.Name })
	oldAt := coodie.Col(func(h *OldHome) *OldAddr { return &h.At })
	newName := coodie.Col(func(h *NewHome) *string { return &h.Name })
	newAt := coodie.Col(func(h *NewHome) *NewAddr { return &h.At })
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect))
			db, other := d.Open(t, srv, "none"), client(t, srv)
			before, err := coodie.Open[OldHome](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, before).Create(ctx))
			lwt := func(applied bool, err error) error { return refusal(applied, err) }
			batched := func(add func(*coodie.Batch)) error {
				b := db.Batch()
				add(b)
				return b.Exec(ctx)
			}
			const raw = "INSERT INTO home (name, at) VALUES (?, ?)"

			a := OldAddr{"s", 1}
			require.NoError(t, before.New(OldHome{"a", a}).Save(ctx))
			res, err := before.New(OldHome{"b", a}).Insert(ctx)
			require.NoError(t, lwt(res.Applied, err))
			res, err = before.Find(oldName.Eq("a")).If(oldAt.Eq(a)).Update(ctx, oldAt.Set(a))
			require.NoError(t, lwt(res.Applied, err))
			require.NoError(t, before.Find(oldName.Eq("a")).Update(ctx, oldAt.Set(a)))
			require.NoError(t, batched(func(b *coodie.Batch) { before.New(OldHome{"a", a}).SaveIn(b) }))
			require.NoError(t, db.Raw(raw, "a", a).Exec(ctx))
			_, err = before.Find(oldName.Eq("a")).Get(ctx)
			require.NoError(t, err)

			srv.MustExec("ALTER TYPE app.addr RENAME zip TO code")
			PreparedBy(t, other, srv.Log())
			after, err := coodie.Open[NewHome](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, after).Verify(ctx))

			got, err := after.Find(newName.Eq("a")).Get(ctx)
			require.NoError(t, err)
			require.Equal(t, NewHome{"a", NewAddr{"s", 1}}, got)
			n := NewAddr{"t", 2}
			require.NoError(t, after.New(NewHome{"c", n}).Save(ctx))
			made, err := after.New(NewHome{"d", n}).Insert(ctx)
			require.NoError(t, lwt(made.Applied, err))
			made, err = after.Find(newName.Eq("a")).If(newAt.Eq(NewAddr{"s", 1})).Update(ctx, newAt.Set(n))
			require.NoError(t, lwt(made.Applied, err))
			require.NoError(t, after.Find(newName.Eq("b")).Update(ctx, newAt.Set(n)))
			require.NoError(t, batched(func(b *coodie.Batch) { after.New(NewHome{"e", n}).SaveIn(b) }))
			require.NoError(t, db.Raw(raw, "f", n).Exec(ctx))
			_, err = after.Find(newName.Eq("a")).Mutate(ctx, func(_ context.Context, h *NewHome) error { h.At.Code++; return nil })
			require.NoError(t, err)
			all, err := after.Find(newName.In("a", "b", "c", "d", "e", "f")).All(ctx)
			require.NoError(t, err)
			require.Len(t, all, 6)
			for _, h := range all {
				want := n
				if h.Name == "a" {
					want.Code++
				}
				require.Equal(t, want, h.At, h.Name)
			}

			// The old struct can be read no more. A write of it is refused, or stored by the node of a statement that the
			// driver has not prepared again: then its fields are in their places.
			_, err = before.Find(oldName.Eq("a")).Get(ctx)
			require.ErrorContains(t, err, "zip")
			if before.New(OldHome{"x", a}).Save(ctx) == nil {
				got, err := after.Find(newName.Eq("x")).Get(ctx)
				require.NoError(t, err)
				require.Equal(t, NewAddr{"s", 1}, got.At)
			} else {
				found, err := after.Find(newName.Eq("x")).Exists(ctx)
				require.NoError(t, err)
				require.False(t, found)
			}
		})
	}
}

// typeMadeAgain: a user-defined type is made again with another type of a field.
func typeMadeAgain(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db, other := d.Open(t, srv, "none"), client(t, srv)
	homes, err := coodie.Open[OldHome](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, homes).Create(t.Context()))
	save := func() error { return homes.New(OldHome{"a", OldAddr{"s", 1}}).Save(t.Context()) }
	require.NoError(t, save())

	srv.MustExec("DROP TABLE app.home")
	srv.MustExec("DROP TYPE app.addr")
	srv.MustExec("CREATE TYPE app.addr (street text, zip float)")
	srv.MustExec("CREATE TABLE app.home (name text PRIMARY KEY, at frozen<addr>)")
	PreparedBy(t, other, srv.Log())
	require.Eventually(t, func() bool { return save() != nil }, 10*time.Second, 10*time.Millisecond)
}
