package coodie_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Entry struct {
	Book    string     `cql:"book,partition"`
	Line    int        `cql:"line,clustering"`
	Open    *bool      `cql:"open,static"`
	Amount  int        `cql:"amount"`
	Note    *string    `cql:"note"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	entryBook   = coodie.Col(func(e *Entry) *string { return &e.Book })
	entryLine   = coodie.Col(func(e *Entry) *int { return &e.Line })
	entryAmount = coodie.Col(func(e *Entry) *int { return &e.Amount })
)

type Visits struct {
	Page string `cql:"page,partition"`
	N    int64  `cql:"n,type=counter"`
}

// TestBatchOnBothServers: the answers differ in shape, and mean the same.
func TestBatchOnBothServers(t *testing.T) {
	ctx := context.Background()
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			srv, session := server(t, cqltest.WithDialect(dialect))
			db := coodie.New(session)
			entries, err := coodie.Open[Entry](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, entries).Create(ctx))
			visits, err := coodie.Open[Visits](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, visits).Create(ctx))

			batch := db.Batch()
			one, two := entries.New(Entry{Book: "b", Line: 1, Amount: 10}), entries.New(Entry{Book: "b", Line: 2, Amount: 20})
			h1, h2 := two.InsertIn(batch), one.InsertIn(batch)
			require.NoError(t, batch.Exec(ctx))
			for _, h := range []*coodie.Handle[Entry]{h1, h2} {
				res, err := h.Result()
				require.NoError(t, err)
				require.True(t, res.Applied)
				require.Equal(t, coodie.StateAbsent, res.Row())
			}
			require.NotZero(t, one.Value.Attempt)
			require.Equal(t, one.Value.Attempt, two.Value.Attempt, "one batch, one attempt")

			// Refused by the second alone; the third row does not exist.
			batch = db.Batch()
			h1 = two.If(entryAmount.Eq(20)).UpdateIn(batch, entryAmount.Set(21))
			h2 = one.If(entryAmount.Eq(11)).UpdateIn(batch, entryAmount.Set(12))
			h3 := entries.Find(entryBook.Eq("b"), entryLine.Eq(3)).IfExists().DeleteIn(batch)
			require.NoError(t, batch.Exec(ctx))
			for i, want := range []struct {
				h       *coodie.Handle[Entry]
				amount  int
				row     coodie.State
				verdict []coodie.JudgedCondition
			}{
				{h1, 20, coodie.StatePresent, []coodie.JudgedCondition{{Text: "amount = ?", Held: true}}},
				{h2, 10, coodie.StatePresent, []coodie.JudgedCondition{{Text: "amount = ?", Refused: true}}},
				{h3, 0, coodie.StateAbsent, []coodie.JudgedCondition{}},
			} {
				res, err := want.h.Result()
				require.NoError(t, err)
				require.False(t, res.Applied)
				require.Equal(t, want.row, res.Row(), i)
				require.Equal(t, want.verdict, res.Conditions(), i)
				amount, _ := entryAmount.From(res.Existing)
				require.Equal(t, want.amount, amount, i)
			}
			require.Equal(t, 20, two.Value.Amount)

			// One condition, and a plain write that goes along.
			batch = db.Batch()
			h1 = two.If(entryAmount.Eq(20)).UpdateIn(batch, entryAmount.Set(21))
			entries.New(Entry{Book: "b", Line: 4, Amount: 4}).SaveIn(batch)
			one.DeleteIn(batch)
			require.NoError(t, batch.Exec(ctx))
			res, err := h1.Result()
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.Equal(t, 21, two.Value.Amount)
			all, err := entries.Find(entryBook.Eq("b")).All(ctx)
			require.NoError(t, err)
			require.Len(t, all, 2)
			require.Equal(t, []int{21, 4}, []int{all[0].Amount, all[1].Amount})

			for _, batch := range []*coodie.Batch{db.Batch(), db.UnloggedBatch()} {
				entries.New(Entry{Book: "c", Amount: 1}).SaveIn(batch)
				entries.New(Entry{Book: "d", Amount: 2}).SaveIn(batch)
				require.NoError(t, batch.Exec(ctx))
			}
			require.Len(t, srv.MustRows("SELECT * FROM app.entry WHERE book IN ('c', 'd')"), 2)
			batch = db.CounterBatch()
			page := visits.Find(coodie.AnyCol(visits, "page").Eq("/"))
			page.UpdateIn(batch, coodie.AnyCol(visits, "n").Add(2))
			page.UpdateIn(batch, coodie.AnyCol(visits, "n").Add(3))
			require.NoError(t, batch.Exec(ctx))
			got, err := page.Get(ctx)
			require.NoError(t, err)
			require.Equal(t, int64(5), got.N)
		})
	}
}

// TestBatchAppliedButUnanswered: each is unknown, is sent once, and each handle settles it
// by the id that all of the batch's writes store.
func TestBatchAppliedButUnanswered(t *testing.T) {
	ctx := context.Background()
	for name, steps := range lost {
		t.Run(name, func(t *testing.T) {
			srv, session := server(t)
			db := coodie.New(session)
			entries, err := coodie.Open[Entry](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, entries).Create(ctx))
			fault := srv.Fault(cqltest.On(cqltest.Conditional, "entry").Nth(1), steps...)
			batch := db.Batch()
			doc := entries.New(Entry{Book: "b", Line: 1})
			h := doc.InsertIn(batch)
			gone := entries.New(Entry{Book: "b", Line: 2})
			gone.SaveIn(batch)
			require.ErrorIs(t, batch.Exec(ctx), coodie.ErrOutcomeUnknown)
			require.Equal(t, 1, fault.Hits())
			require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Conditional)), 1, "sent once")
			res, err := h.Result()
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			require.True(t, doc.Stale())
			require.True(t, gone.Stale())
			res, err = settle(ctx, res)
			require.NoError(t, err)
			require.True(t, res.Applied)
		})
	}
	t.Run("WithSettle", func(t *testing.T) {
		srv, session := server(t)
		db := coodie.New(session, coodie.WithSettle())
		entries, err := coodie.Open[Entry](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, entries).Create(ctx))
		srv.Fault(cqltest.On(cqltest.Conditional, "entry").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
		batch := db.Batch()
		doc := entries.New(Entry{Book: "b", Line: 1})
		h := doc.InsertIn(batch)
		other := entries.Find().IfNotExists().CreateIn(batch, Entry{Book: "b", Line: 2})
		require.NoError(t, batch.Exec(ctx))
		for _, h := range []*coodie.Handle[Entry]{h, other} {
			res, err := h.Result()
			require.NoError(t, err)
			require.True(t, res.Applied, "one settled write settles all")
			require.Nil(t, res.Existing)
		}
		require.False(t, doc.Stale())
	})
}

// TestBatchIsSettledAsOne: what tells of one write of a batch tells of all, in whichever order
// they are settled.
func TestBatchIsSettledAsOne(t *testing.T) {
	ctx := context.Background()
	timeout := cqltest.WriteTimeout("CAS")
	type batch struct {
		srv              *cqltest.Server
		entries          *coodie.Table[Entry]
		one, two, three  *coodie.Document[Entry]
		updated, deleted *coodie.Handle[Entry]
		static           *coodie.Handle[Entry] // names no row that could be read
		err              error
	}
	// sent is a batch that updates row 1, deletes row 2 and saves a plain row 3.
	sent := func(t *testing.T, dialect cqltest.Dialect, opts []coodie.Option, steps ...cqltest.Step) *batch {
		srv, session := server(t, cqltest.WithDialect(dialect))
		db := coodie.New(session, opts...)
		entries, err := coodie.Open[Entry](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, entries).Create(ctx))
		b := &batch{srv: srv, entries: entries}
		b.one, b.two = entries.New(Entry{Book: "b", Line: 1, Amount: 1}), entries.New(Entry{Book: "b", Line: 2, Amount: 2})
		b.three = entries.New(Entry{Book: "b", Line: 3, Amount: 3})
		for _, d := range []*coodie.Document[Entry]{b.one, b.two} {
			_, err := d.Insert(ctx)
			require.NoError(t, err)
		}
		srv.Fault(cqltest.On(cqltest.Conditional, "entry").Nth(1), steps...)
		group := db.Batch()
		b.deleted = entries.Find(entryBook.Eq("b"), entryLine.Eq(2)).IfExists().DeleteIn(group)
		b.updated = b.one.If(entryAmount.Eq(1)).UpdateIn(group, entryAmount.Set(10))
		b.three.UpdateIn(group, entryAmount.Set(30))
		open := coodie.NullCol(func(e *Entry) **bool { return &e.Open })
		b.static = entries.Find(entryBook.Eq("b")).If(open.IsNull()).AllowCreate().UpdateIn(group, open.Set(true))
		b.err = group.Exec(ctx)
		return b
	}
	result := func(t *testing.T, h *coodie.Handle[Entry]) coodie.LWTResult[Entry] {
		res, err := h.Result()
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorIs(t, res.Err(), coodie.ErrOutcomeUnknown)
		return res
	}
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name+", the delete first", func(t *testing.T) {
			b := sent(t, dialect, nil, cqltest.Apply, timeout)
			require.ErrorIs(t, b.err, coodie.ErrOutcomeUnknown)
			require.True(t, b.one.Stale() && b.three.Stale())
			static, deleted := result(t, b.static), result(t, b.deleted)
			res, err := deleted.Settle(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.NoError(t, res.Err())
			require.Nil(t, res.Existing)
			static, err = static.Settle(ctx)
			require.NoError(t, err)
			require.True(t, static.Applied)
			for _, h := range []*coodie.Handle[Entry]{b.updated, b.deleted, b.static} {
				res, err := h.Result()
				require.NoError(t, err, "one decides for all")
				require.True(t, res.Applied)
			}
		})
		t.Run(name+", the static row first", func(t *testing.T) {
			for applied, steps := range map[bool][]cqltest.Step{true: {cqltest.Apply, timeout}, false: {timeout}} {
				b := sent(t, dialect, nil, steps...)
				res, err := result(t, b.static).Settle(ctx)
				require.NoError(t, err)
				require.Equal(t, applied, res.Applied)
			}
		})
		t.Run(name+", the update first, and then the row is overwritten", func(t *testing.T) {
			b := sent(t, dialect, nil, cqltest.Apply, timeout)
			updated, deleted := result(t, b.updated), result(t, b.deleted)
			updated, err := updated.Settle(ctx)
			require.NoError(t, err)
			require.True(t, updated.Applied)
			_, err = b.entries.Find(entryBook.Eq("b"), entryLine.Eq(1)).IfExists().Update(ctx, entryAmount.Set(99))
			require.NoError(t, err)
			deleted, err = deleted.Settle(ctx)
			require.NoError(t, err)
			require.True(t, deleted.Applied)
			require.Nil(t, deleted.Existing)
		})
		t.Run(name+", not executed", func(t *testing.T) {
			b := sent(t, dialect, nil, timeout)
			res, err := result(t, b.deleted).Settle(ctx)
			require.NoError(t, err, "row 1 holds the id that its document knows, so nothing was written")
			require.False(t, res.Applied)
			require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
			require.Equal(t, 2, res.Existing.Value.Amount)
			res, err = b.updated.Result()
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, coodie.StateUnknown, res.Row())
		})
		t.Run(name+", overwritten before", func(t *testing.T) {
			b := sent(t, dialect, nil, cqltest.Apply, timeout)
			for _, line := range []int{1, 3} { // both stored the batch's id
				_, err := b.entries.Find(entryBook.Eq("b"), entryLine.Eq(line)).If(entryAmount.Ne(-1)).AllowCreate().Update(ctx, entryAmount.Set(99))
				require.NoError(t, err)
			}
			for h, says := range map[*coodie.Handle[Entry]]string{
				b.deleted: "absent now", b.updated: "another write's attempt id", b.static: "a write of static columns alone stores no attempt id",
			} {
				_, err := result(t, h).Settle(ctx)
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
				require.ErrorContains(t, err, says)
				require.NotContains(t, err.Error(), "could not be read")
				result(t, h)
			}
			res, err := result(t, b.static).Settle(ctx)
			require.Error(t, err)
			require.Equal(t, Entry{Book: "b", Open: ptr(true)}, res.Existing.Value, "the static row")
			require.Equal(t, coodie.StatePresent, res.Row())
		})
		for applied, steps := range map[bool][]cqltest.Step{true: {cqltest.Apply, timeout}, false: {timeout}} {
			t.Run(fmt.Sprintf("%s, WithSettle, %v", name, applied), func(t *testing.T) {
				b := sent(t, dialect, []coodie.Option{coodie.WithSettle()}, steps...)
				require.NoError(t, b.err)
				for _, h := range []*coodie.Handle[Entry]{b.updated, b.deleted} {
					res, err := h.Result()
					require.NoError(t, err)
					require.Equal(t, applied, res.Applied)
					require.Equal(t, !applied, res.Existing != nil)
				}
				require.False(t, b.one.Stale() || b.three.Stale())
				want := map[bool][2]int{true: {10, 30}, false: {1, 3}}[applied]
				require.Equal(t, want, [2]int{b.one.Value.Amount, b.three.Value.Amount})
			})
		}
	}
}

// TestSettleOfStaticColumns: a write of static columns alone leaves nothing that tells whose it is, and
// Settle says so instead of looking for a row that the write does not name.
func TestSettleOfStaticColumns(t *testing.T) {
	ctx := t.Context()
	isOpen := coodie.NullCol(func(e *Entry) **bool { return &e.Open })
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		db := coodie.New(session)
		entries, err := coodie.Open[Entry](db)
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, entries).Create(ctx))
		partition := func() coodie.ConditionalWrite[Entry] {
			return entries.Find(entryBook.Eq("b")).If(isOpen.IsNull()).AllowCreate()
		}
		for name, write := range map[string]func() (coodie.LWTResult[Entry], error){
			"partition": func() (coodie.LWTResult[Entry], error) { return partition().Update(ctx, isOpen.Set(true)) },
			"document": func() (coodie.LWTResult[Entry], error) {
				return entries.New(Entry{Book: "b", Line: 7}).If(isOpen.IsNull()).AllowCreate().Update(ctx, isOpen.Set(true))
			},
			"batch": func() (coodie.LWTResult[Entry], error) {
				batch := db.Batch()
				h := partition().UpdateIn(batch, isOpen.Set(true))
				if err := batch.Exec(ctx); err != nil {
					res, _ := h.Result()
					return res, err
				}
				return h.Result()
			},
		} {
			for applied, steps := range map[bool][]cqltest.Step{true: {cqltest.Apply, cqltest.WriteTimeout("CAS")}, false: {cqltest.WriteTimeout("CAS")}} {
				srv.MustExec("TRUNCATE app.entry")
				fault := srv.Fault(cqltest.On(cqltest.Conditional, "entry").Nth(1), steps...)
				res, err := write()
				fault.Remove()
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
				res, err = res.Settle(ctx)
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
				if !applied {
					require.ErrorContains(t, err, "the partition has no static values now", name)
					require.Nil(t, res.Existing)
					require.Equal(t, coodie.StateAbsent, res.Row())
					continue
				}
				require.ErrorContains(t, err, "a write of static columns alone stores no attempt id", name)
				require.Equal(t, Entry{Book: "b", Open: ptr(true)}, res.Existing.Value, name)
				require.Equal(t, coodie.StatePresent, res.Row())
			}
		}
	})
}

// TestSettleOfDeletedColumns: the write stores an attempt id, as an update does.
func TestSettleOfDeletedColumns(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	entries := open[Entry](t, session)
	doc := entries.New(Entry{Book: "b", Line: 1, Amount: 3})
	_, err := doc.Insert(ctx)
	require.NoError(t, err)
	srv.Fault(cqltest.On(cqltest.Conditional, "entry").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err := doc.If(entryAmount.Eq(3)).DeleteColumns(ctx, entryAmount)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	res, err = res.Settle(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
}
