package coodie

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// Seat is a table with rows of one partition.
type Seat struct {
	Show   int  `cql:"show,partition"`
	No     int  `cql:"no,clustering"`
	Open   *int `cql:"open,static"`
	Holder *int `cql:"holder"`
	Price  *int `cql:"price"`
}

var (
	seatShow   = Col(func(s *Seat) *int { return &s.Show })
	seatNo     = Col(func(s *Seat) *int { return &s.No })
	seatOpen   = NullCol(func(s *Seat) **int { return &s.Open })
	seatHolder = NullCol(func(s *Seat) **int { return &s.Holder })
	seatPrice  = NullCol(func(s *Seat) **int { return &s.Price })
)

// lines is an answer of several rows: columns by name, then the cells of each row, in
// which -1 is null.
func lines(applied bool, columns string, rows ...[]int) fake.Answer {
	a := lwt(applied)
	first := a.Rows[0][0]
	a.Rows = nil
	for _, name := range strings.Fields(columns) {
		a.Columns = append(a.Columns, fake.Column(name, codec.Int))
	}
	for _, row := range rows {
		cells := [][]byte{first}
		for _, n := range row {
			if n < 0 {
				cells = append(cells, nil)
			} else {
				cells = append(cells, num(int32(n)))
			}
		}
		a.Rows = append(a.Rows, cells)
	}
	return a
}

// batching opens T's table on a DB whose sender answers an LWT with a.
func batching[T any](t *testing.T, a fake.Answer, opts ...TableOption) (*DB, *Table[T], *fake.Sender) {
	t.Helper()
	sender := &fake.Sender{Answer: func(*driver.Request) fake.Answer { return a }}
	db := newDB(sender, nil)
	table, err := Open[T](db, opts...)
	require.NoError(t, err)
	return db, table, sender
}

func TestBatchIsSentAsOne(t *testing.T) {
	ctx := context.Background()
	db, seats, sent := batching[Seat](t, applied, WithCommitConsistency(LocalQuorum), WithSerialConsistency(LocalSerial))
	batch := db.Batch()
	doc := seats.New(Seat{Show: 1, No: 2})
	h := doc.If(seatHolder.Eq(5)).UpdateIn(batch, seatHolder.Set(6), seatPrice.SetNull())
	seats.Find(seatShow.Eq(1), seatNo.Eq(3)).DeleteIn(batch)
	c := seats.Find().IfNotExists().With(WithTTL(time.Minute)).CreateIn(batch, Seat{Show: 1, No: 4})
	_, err := h.Result()
	require.ErrorContains(t, err, "not been executed")
	require.NoError(t, batch.Exec(ctx))

	require.Len(t, sent.Sent(), 1)
	r := sent.Sent()[0]
	require.Equal(t, tokens(`BEGIN BATCH UPDATE seat SET holder = ?, price = ? WHERE show = ? AND no = ? IF holder = ?;
		DELETE FROM seat WHERE show = ? AND no = ?;
		INSERT INTO seat (show, no, open, holder, price) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?; APPLY BATCH`), tokens(r.Statement))
	require.Equal(t, driver.CAS, r.Kind)
	require.Equal(t, driver.LocalSerial, r.Serial)
	require.Equal(t, driver.LocalQuorum, r.Consistency)
	require.False(t, r.ClientTimestamp || r.Replayable)
	require.Len(t, r.Values, 5+2+6)
	for _, h := range []*Handle[Seat]{h, c} {
		res, err := h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Nil(t, res.Existing)
	}
	require.Equal(t, Seat{Show: 1, No: 2, Holder: ptr(6)}, doc.Value, "the document follows")
	require.False(t, doc.Stale())
	require.ErrorContains(t, batch.Exec(ctx), "executed already")
	h = doc.IfExists().DeleteIn(batch)
	_, err = h.Result()
	require.ErrorContains(t, err, "executed already")
}

func TestPlainBatches(t *testing.T) {
	ctx := context.Background()
	for name, tt := range map[string]struct {
		make func(*DB) *Batch
		kind driver.Kind
		text string
	}{
		"logged":   {func(db *DB) *Batch { return db.Batch() }, driver.LoggedBatch, "BEGIN BATCH "},
		"unlogged": {func(db *DB) *Batch { return db.UnloggedBatch() }, driver.UnloggedBatch, "BEGIN UNLOGGED BATCH "},
	} {
		t.Run(name, func(t *testing.T) {
			db, seats, sent := batching[Seat](t, fake.Answer{}, WithConsistency(LocalOne))
			batch := tt.make(db)
			a, b := seats.New(Seat{Show: 1, Price: ptr(3)}), seats.New(Seat{Show: 2, Price: ptr(4)})
			a.SaveIn(batch)
			b.UpdateIn(batch, seatHolder.Set(7))
			b.DeleteColumnsIn(batch, seatPrice)
			require.NoError(t, batch.Exec(ctx))
			r := sent.Sent()[0]
			require.Equal(t, tt.kind, r.Kind)
			require.Equal(t, driver.LocalOne, r.Consistency)
			require.False(t, r.ClientTimestamp)
			require.True(t, strings.HasPrefix(r.Statement, tt.text))
			require.Len(t, r.Entries, 3)
			require.Equal(t, tokens("UPDATE seat SET holder = ? WHERE show = ? AND no = ?"), tokens(r.Entries[1].Statement))
			require.Len(t, r.Entries[1].Values, 3)
			require.Equal(t, Seat{Show: 2, Holder: ptr(7)}, b.Value)
		})
	}
	db, hits, sent := batching[Hits](t, fake.Answer{})
	batch := db.CounterBatch()
	hits.Find(AnyCol(hits, "page").Eq("/")).UpdateIn(batch, AnyCol(hits, "n").Add(1))
	require.NoError(t, batch.Exec(ctx))
	require.Equal(t, driver.CounterBatch, sent.Sent()[0].Kind)
}

// TestBatchAnswers: whichever way a server answers, each handle finds its own row.
func TestBatchAnswers(t *testing.T) {
	type want struct {
		existing *Seat
		row      State
		verdict  string
	}
	row := func(no, holder int) *Seat { return &Seat{Show: 1, No: no, Holder: ptr(holder)} }
	for _, tt := range []struct {
		name   string
		answer fake.Answer
		want   [3]want // of seat 3 IF holder = 5, seat 1 IF holder = 5, seat 2 IF EXISTS
	}{
		{"Cassandra: all there, in clustering order", lines(false, "show no holder", []int{1, 1, 9}, []int{1, 2, 8}, []int{1, 3, 5}),
			[3]want{{row(3, 5), StatePresent, "held"}, {row(1, 9), StatePresent, "not held"}, {row(2, 8), StatePresent, ""}}},
		{"Cassandra: one missing", lines(false, "show no open holder price", []int{1, 1, -1, 5, -1}, []int{1, 3, -1, 5, -1}),
			[3]want{{row(3, 5), StatePresent, "held"}, {row(1, 5), StatePresent, "held"}, {nil, StateAbsent, ""}}},
		{"Cassandra: none there", lwt(false), [3]want{{nil, StateAbsent, "not held"}, {nil, StateAbsent, "not held"}, {nil, StateAbsent, ""}}},
		{"ScyllaDB: all there, in statement order", lines(false, "show no holder", []int{1, 3, 5}, []int{1, 1, 9}, []int{1, 2, 8}),
			[3]want{{row(3, 5), StatePresent, "held"}, {row(1, 9), StatePresent, "not held"}, {row(2, 8), StatePresent, ""}}},
		{"ScyllaDB: two missing", lines(false, "show no holder", []int{-1, -1, -1}, []int{1, 1, 5}, []int{-1, -1, -1}),
			[3]want{{&Seat{}, StateAbsent, "not held"}, {row(1, 5), StatePresent, "held"}, {&Seat{}, StateAbsent, ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, seats, _ := batching[Seat](t, tt.answer)
			batch := db.Batch()
			doc := seats.New(Seat{Show: 1, No: 3})
			hs := []*Handle[Seat]{
				doc.If(seatHolder.Eq(5)).UpdateIn(batch, seatPrice.Set(1)),
				seats.Find(seatShow.Eq(1), seatNo.Eq(1)).If(seatHolder.Eq(5)).DeleteIn(batch),
				seats.Find(seatShow.Eq(1), seatNo.Eq(2)).IfExists().DeleteColumnsIn(batch, seatPrice),
			}
			plain := seats.New(Seat{Show: 1, No: 7})
			plain.UpdateIn(batch, seatPrice.Set(1))
			require.NoError(t, batch.Exec(context.Background()), "refused is no error")
			for i, h := range hs {
				res, err := h.Result()
				require.NoError(t, err)
				require.False(t, res.Applied)
				require.Equal(t, tt.want[i].row, res.Row(), i)
				if tt.want[i].existing == nil {
					require.Nil(t, res.Existing, i)
				} else {
					require.Equal(t, *tt.want[i].existing, res.Existing.Value, i)
				}
				if i < 2 {
					require.Equal(t, tt.want[i].verdict, verdictOf(res.Conditions()[0]), i)
				}
				require.ErrorContains(t, res.Err(), "a condition of its batch did not hold")
			}
			require.Nil(t, doc.Value.Price)
			require.Nil(t, plain.Value.Price, "a plain write goes along, or not")
		})
	}
}

func TestBatchAnswersOfScyllaWhenApplied(t *testing.T) {
	db, seats, _ := batching[Seat](t, lines(true, "show no holder", []int{-1, -1, -1}, []int{1, 1, 5}))
	batch := db.Batch()
	created := seats.Find().IfNotExists().CreateIn(batch, Seat{Show: 1, No: 3})
	updated := seats.Find(seatShow.Eq(1), seatNo.Eq(1)).If(seatHolder.Eq(5)).UpdateIn(batch, seatHolder.Set(6))
	require.NoError(t, batch.Exec(context.Background()))
	res, err := created.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, StateAbsent, res.Row())
	old, err := res.Previous()
	require.NoError(t, err)
	require.Nil(t, old)
	res, err = updated.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Nil(t, res.Existing)
	old, err = res.Previous()
	require.NoError(t, err)
	require.Equal(t, Seat{Show: 1, No: 1, Holder: ptr(5)}, old.Value)
}

// TestBatchOfStaticConditions: the static row has no line of its own, and a missing row's
// static columns are on the lines of others.
func TestBatchOfStaticConditions(t *testing.T) {
	db, seats, _ := batching[Seat](t, lines(false, "show no holder open", []int{1, 2, 5, 4}))
	batch := db.Batch()
	partition := seats.Find(seatShow.Eq(1))
	static := partition.If(seatOpen.Eq(3)).UpdateIn(batch, seatOpen.Set(4))
	missing := partition.Filter(seatNo.Eq(1)).If(seatHolder.Eq(5), seatOpen.Eq(4)).DeleteIn(batch)
	there := partition.Filter(seatNo.Eq(2)).If(seatHolder.Eq(5), seatOpen.Eq(4)).DeleteIn(batch)
	require.NoError(t, batch.Exec(context.Background()))
	for i, want := range []struct {
		h        *Handle[Seat]
		existing Seat
		row      State
		verdicts []JudgedCondition
	}{
		{static, Seat{Show: 1, Open: ptr(4)}, StatePresent, []JudgedCondition{{Text: "open = ?", Refused: true}}},
		{missing, Seat{Show: 1, Open: ptr(4)}, StateAbsent, []JudgedCondition{{Text: "holder = ?", Refused: true}, {Text: "open = ?", Held: true}}},
		{there, Seat{Show: 1, No: 2, Open: ptr(4), Holder: ptr(5)}, StatePresent, []JudgedCondition{{Text: "holder = ?", Held: true}, {Text: "open = ?", Held: true}}},
	} {
		res, err := want.h.Result()
		require.NoError(t, err)
		require.Equal(t, want.existing, res.Existing.Value, i)
		require.Equal(t, want.row, res.Row(), i)
		require.Equal(t, want.verdicts, res.Conditions(), i)
	}
}

func TestBatchWithoutAnAnswer(t *testing.T) {
	ctx := context.Background()
	disagree := lines(false, "show no holder", []int{1, 1, 5}, []int{1, 2, 5})
	disagree.Rows[1][0] = []byte{1}
	for name, a := range map[string]fake.Answer{
		"void":          {},
		"lost":          {Err: errors.New("EOF")},
		"panic":         {Columns: applied.Columns, Panic: "short frame"},
		"contradictory": disagree,
		"twice":         {Columns: append(applied.Columns[:1:1], applied.Columns[0]), Rows: [][][]byte{{{1}, {0}}}},
	} {
		t.Run(name, func(t *testing.T) {
			db, seats, _ := batching[Seat](t, a)
			batch := db.Batch()
			doc, other := seats.New(Seat{Show: 1, No: 1}), seats.New(Seat{Show: 1, No: 2})
			h := doc.If(seatHolder.Eq(5)).UpdateIn(batch, seatPrice.Set(1))
			other.UpdateIn(batch, seatPrice.Set(1))
			err := batch.Exec(ctx)
			var unknown *Error
			require.ErrorAs(t, err, &unknown)
			require.True(t, unknown.Unknown)
			require.Equal(t, "batch", unknown.Op)
			require.Equal(t, "seat", unknown.Table)
			res, err := h.Result()
			require.ErrorAs(t, err, &unknown)
			require.True(t, unknown.Unknown)
			require.Equal(t, Key{{"show", 1}, {"no", 1}}, unknown.Key)
			require.False(t, res.Applied)
			require.True(t, doc.Stale())
			require.True(t, other.Stale())
			require.Nil(t, doc.Value.Price)
		})
	}
	t.Run("refused, and then the connection breaks", func(t *testing.T) {
		a := lines(false, "show no holder", []int{1, 1, 5}, []int{1, 2, 5})
		a.Rows[1][3], a.Columns[3] = []byte{1}, fake.Column("holder", codec.Int)
		db, seats, _ := batching[Seat](t, a)
		batch := db.Batch()
		one := seats.Find(seatShow.Eq(1), seatNo.Eq(1)).If(seatHolder.Eq(6)).DeleteIn(batch)
		two := seats.Find(seatShow.Eq(1), seatNo.Eq(2)).If(seatHolder.Eq(6)).DeleteIn(batch)
		require.NoError(t, batch.Exec(ctx))
		_, err := one.Result()
		require.NoError(t, err)
		_, err = two.Result()
		var decode *Error
		require.ErrorAs(t, err, &decode, "one row's cell that cannot be decoded is that row's matter")
		require.Equal(t, KindDecode, decode.Kind)
	})
	t.Run("definite", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		db, seats, sent := batching[Seat](t, applied)
		batch := db.Batch()
		doc := seats.New(Seat{Show: 1})
		h := doc.IfExists().DeleteIn(batch)
		err := batch.Exec(ended)
		var query *Error
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
		_, err = h.Result()
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
		require.False(t, doc.Stale())
		require.Empty(t, sent.Sent())
	})
}

func TestBatchRefusedBeforeSending(t *testing.T) {
	ctx := context.Background()
	db, seats, sent := batching[Seat](t, applied)
	hits, err := Open[Hits](db)
	require.NoError(t, err)
	others, err := Open[Seat](db, WithTable("others"))
	require.NoError(t, err)
	_, foreign, _ := batching[Seat](t, applied)
	only, err := Open[Seat](db, WithTable("only"), WithLWTOnly())
	require.NoError(t, err)
	weak, err := Open[Seat](db, WithTable("weak"), WithConsistency(One))
	require.NoError(t, err)
	at := func(show, no int) *QuerySet[Seat] { return seats.Find(seatShow.Eq(show), seatNo.Eq(no)) }
	held := at(1, 1).If(seatHolder.Eq(5))

	for _, tt := range []struct {
		name, op, says string
		batch          *Batch
		fill           func(b *Batch)
	}{
		{"empty", "batch", "empty", db.Batch(), func(*Batch) {}},
		{"nil", "batch", "nil", nil, func(b *Batch) { at(1, 1).DeleteIn(b) }},
		{"a zero value", "batch", "is a zero value; make it with DB.Batch", new(Batch), func(b *Batch) { at(1, 1).DeleteIn(b) }},
		{"an empty zero value", "batch", "is a zero value; make it with DB.Batch", new(Batch), func(*Batch) {}},
		{"a mistake", "update", "at least one assignment", db.Batch(), func(b *Batch) { at(1, 1).DeleteIn(b); at(1, 1).IfExists().UpdateIn(b) }},
		{"a zero document", "delete", "zero value", db.Batch(), func(b *Batch) { new(Document[Seat]).DeleteIn(b) }},
		{"a nil document", "insert", "zero value", db.Batch(), func(b *Batch) { (*Document[Seat])(nil).InsertIn(b) }},
		{"a nil document saved", "insert", "zero value", db.Batch(), func(b *Batch) { (*Document[Seat])(nil).SaveIn(b) }},
		{"two partitions", "batch", "one partition", db.Batch(), func(b *Batch) { held.DeleteIn(b); at(2, 1).DeleteIn(b) }},
		{"IN over partitions", "batch", "one partition", db.Batch(), func(b *Batch) {
			held.DeleteIn(b)
			seats.Find(seatShow.In(1, 2)).DeleteIn(b)
		}},
		{"two tables", "batch", "one table", db.Batch(), func(b *Batch) {
			held.DeleteIn(b)
			others.Find(seatShow.Eq(1), seatNo.Eq(1)).DeleteIn(b)
		}},
		{"IF EXISTS and IF", "batch", "mixed", db.Batch(), func(b *Batch) { held.DeleteIn(b); at(1, 1).IfExists().DeleteIn(b) }},
		{"IF NOT EXISTS and IF EXISTS", "batch", "mixed", db.Batch(), func(b *Batch) {
			seats.New(Seat{Show: 1, No: 1}).InsertIn(b)
			at(1, 1).IfExists().DeleteIn(b)
		}},
		{"IF EXISTS and IF on the static row", "batch", "mixed", db.Batch(), func(b *Batch) {
			seats.Find(seatShow.Eq(1)).IfExists().UpdateIn(b, seatOpen.Set(1))
			at(1, 1).If(seatHolder.Eq(1), seatOpen.Eq(1)).DeleteIn(b)
		}},
		{"timestamp", "batch", "timestamp", db.Batch(), func(b *Batch) {
			held.DeleteIn(b)
			at(1, 2).With(WithTimestamp(time.Now())).DeleteIn(b)
		}},
		{"a counter in a batch", "batch", "CounterBatch", db.Batch(), func(b *Batch) { hits.Find(AnyCol(hits, "page").Eq("/")).UpdateIn(b, AnyCol(hits, "n").Add(1)) }},
		{"a counter in an unlogged batch", "batch", "CounterBatch", db.UnloggedBatch(), func(b *Batch) { hits.Find(AnyCol(hits, "page").Eq("/")).UpdateIn(b, AnyCol(hits, "n").Add(1)) }},
		{"a row in a counter batch", "batch", "counters only", db.CounterBatch(), func(b *Batch) { at(1, 1).DeleteIn(b) }},
		{"counters mixed in", "batch", "mixed", db.CounterBatch(), func(b *Batch) {
			hits.Find(AnyCol(hits, "page").Eq("/")).UpdateIn(b, AnyCol(hits, "n").Add(1))
			at(1, 1).DeleteIn(b)
		}},
		{"too many", "batch", "101 statements are more than 100; a batch is for writes that belong together, bulk work is for SaveAll, InsertAll and DeleteAll", db.Batch(), func(b *Batch) {
			for i := range 101 {
				at(1, i).DeleteIn(b)
			}
		}},
		{"too many for its limit", "batch", "3 statements", db.Batch(MaxStatements(2)), func(b *Batch) {
			for i := range 3 {
				at(1, i).DeleteIn(b)
			}
		}},
		{"too big", "batch", "bulk work is for SaveAll, InsertAll and DeleteAll (MaxBytes", db.Batch(MaxBytes(15)), func(b *Batch) { at(1, 1).DeleteIn(b); at(1, 2).DeleteIn(b) }},
		{"another DB", "batch", "another DB", db.Batch(), func(b *Batch) { foreign.New(Seat{}).DeleteIn(b) }},
		{"a plain batch of an LWT-only table", "batch", "LWTs only", db.Batch(), func(b *Batch) { only.New(Seat{}).DeleteIn(b) }},
		{"different consistencies", "batch", "consistencies", db.Batch(), func(b *Batch) { at(1, 1).DeleteIn(b); weak.New(Seat{}).DeleteIn(b) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.fill(tt.batch)
			err := tt.batch.Exec(ctx)
			var usage *Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.Equal(t, tt.op, usage.Op)
			require.Contains(t, err.Error(), tt.says)
		})
	}
	require.Empty(t, sent.Sent(), "nothing was sent")

	batch := db.Batch(MaxStatements(200), MaxBytes(1<<20))
	h := held.DeleteIn(batch)
	for i := range 150 {
		at(1, i).DeleteIn(batch)
	}
	require.NoError(t, batch.Exec(ctx))
	res, err := h.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)

	batch = db.Batch()
	only.New(Seat{No: 1}).DeleteIn(batch)
	only.New(Seat{No: 2}).IfExists().DeleteIn(batch)
	require.NoError(t, batch.Exec(ctx), "beside a condition a plain write is a part of the LWT")
	_, err = (*Handle[Seat])(nil).Result()
	require.Error(t, err)
	_, err = at(1, 1).IfExists().DeleteIn(nil).Result()
	require.ErrorContains(t, err, "the batch is nil")
}

func TestBatchIsObserved(t *testing.T) {
	var events []Event
	db, seats, _ := batching[Seat](t, fake.Answer{}, WithObserver(ObserverFunc(func(_ context.Context, e Event) { events = append(events, e) })))
	for _, tt := range []struct {
		batch *Batch
		n     int
		warns bool
	}{{db.Batch(), 10, false}, {db.Batch(), 11, true}, {db.UnloggedBatch(), 50, false}, {db.UnloggedBatch(), 51, true}} {
		events = nil
		for i := range tt.n {
			seats.New(Seat{No: i}).DeleteIn(tt.batch)
		}
		require.NoError(t, tt.batch.Exec(context.Background()))
		require.Len(t, events, 1)
		require.Equal(t, "batch", events[0].Op)
		require.Equal(t, "seat", events[0].Table)
		require.Equal(t, OutcomeDone, events[0].Outcome)
		require.Equal(t, tt.warns, strings.Contains(events[0].Warning, "SaveAll, InsertAll and DeleteAll"), events[0].Warning)
	}
}
