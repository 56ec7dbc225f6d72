package coodie_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Bin is a row with a column of every kind that a batch can write.
type Bin struct {
	P     string            `cql:"p,partition"`
	C     int               `cql:"c,clustering"`
	D     *inf.Dec          `cql:"d,clustering"`
	Stock *int              `cql:"stock,static"`
	Marks []string          `cql:"marks,static"`
	N     *int              `cql:"n"`
	Text  *string           `cql:"text"`
	L     []int             `cql:"l"`
	S     []string          `cql:"s,set"`
	M     map[string]int    `cql:"m"`
	Size  *BinSize          `cql:"size"`
	Fixed []int             `cql:"fixed,frozen"`
	Names map[string]string `cql:"names,frozen"`
}

type BinSize struct {
	Wide int `cql:"wide"`
	High int `cql:"high"`
}

var (
	binP     = coodie.Col(func(r *Bin) *string { return &r.P })
	binC     = coodie.Col(func(r *Bin) *int { return &r.C })
	binD     = coodie.Col(func(r *Bin) **inf.Dec { return &r.D })
	binStock = coodie.NullCol(func(r *Bin) **int { return &r.Stock })
	binN     = coodie.NullCol(func(r *Bin) **int { return &r.N })
	binText  = coodie.NullCol(func(r *Bin) **string { return &r.Text })
	binL     = coodie.Col(func(r *Bin) *[]int { return &r.L })
	binS     = coodie.Col(func(r *Bin) *[]string { return &r.S })
	binM     = coodie.Col(func(r *Bin) *map[string]int { return &r.M })
	binSize  = coodie.Col(func(r *Bin) **BinSize { return &r.Size })
	binFixed = coodie.Col(func(r *Bin) *[]int { return &r.Fixed })
)

// BinStamp is another struct of Bin's table.
type BinStamp struct {
	P string   `cql:"p,partition"`
	C int      `cql:"c,clustering"`
	D *inf.Dec `cql:"d,clustering"`
	N *int     `cql:"n"`
}

// TestBatchConflicts: statements of a batch share a timestamp. Those whose outcome is not what
// they say one after the other are refused before sending; the others are stored so.
func TestBatchConflicts(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	bins := open[Bin](t, session)
	bins, err := bins.On(db)
	require.NoError(t, err)
	stamps, err := coodie.Open[BinStamp](db, coodie.WithTable("bin"), coodie.WithKeyspace("app"))
	require.NoError(t, err)
	others, err := coodie.Open[Bin](db, coodie.WithTable("others"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, others).Create(t.Context()))

	dec := func(s string) *inf.Dec { d, _ := new(inf.Dec).SetString(s); return d }
	one := dec("1.0")
	ptr := func(n int) *int { return &n }
	at := func(c int) *coodie.QuerySet[Bin] { return bins.Find(binP.Eq("x"), binC.Eq(c), binD.Eq(one)) }
	row := func(c int) *coodie.Document[Bin] { return bins.New(Bin{P: "x", C: c, D: one, N: ptr(1)}) }
	all := bins.Find(binP.Eq("x"))
	size := func(field string, v any) coodie.Assign[Bin] { return coodie.AnyCol(bins, "size").Field(field).Set(v) }
	early, late := time.UnixMilli(1000), time.UnixMilli(2000)

	for _, tt := range []struct {
		name, column, says string // column and says are empty of what is taken
		fill               func(b *coodie.Batch)
	}{
		{"delete and save", "", "statement 1 deletes the row that statement 2 writes, of the key (p, c, d)", func(b *coodie.Batch) { at(1).DeleteIn(b); row(1).SaveIn(b) }},
		{"save and delete", "", "statement 2 deletes the row that statement 1 writes", func(b *coodie.Batch) { row(1).SaveIn(b); at(1).DeleteIn(b) }},
		{"document deleted and saved", "", "deletes the row", func(b *coodie.Batch) { row(1).DeleteIn(b); row(1).SaveIn(b) }},
		{"delete and update", "", "deletes the row", func(b *coodie.Batch) { at(1).DeleteIn(b); at(1).UpdateIn(b, binN.Set(1)) }},
		{"delete and append", "", "deletes the row", func(b *coodie.Batch) { at(1).DeleteIn(b); at(1).UpdateIn(b, coodie.Append(binL, 1)) }},
		{"delete and JSON", "", "deletes the row", func(b *coodie.Batch) {
			at(1).DeleteIn(b)
			bins.Find().SaveJSONIn(b, json.RawMessage(`{"p": "x", "c": 1, "d": "1.0"}`))
		}},
		{"delete and another struct's save", "", "deletes the row", func(b *coodie.Batch) {
			at(1).DeleteIn(b)
			stamps.New(BinStamp{P: "x", C: 1, D: one}).SaveIn(b)
		}},
		{"delete by another decimal", "", "deletes the row", func(b *coodie.Batch) {
			bins.Find(binP.Eq("x"), binC.Eq(1), binD.Eq(dec("1.00"))).DeleteIn(b)
			row(1).SaveIn(b)
		}},
		{"delete by In", "", "deletes the row", func(b *coodie.Batch) {
			bins.Find(binP.In("w", "x"), binC.In(3, 1), binD.Eq(one)).DeleteIn(b)
			row(1).SaveIn(b)
		}},
		{"delete by Cols", "", "deletes the row", func(b *coodie.Batch) {
			all.Filter(coodie.Cols(binC, binD).In(Bin{C: 1, D: one})).DeleteIn(b)
			row(1).SaveIn(b)
		}},
		{"partition and save", "", "statement 1 deletes the partition with the row that statement 2 writes", func(b *coodie.Batch) { all.DeleteIn(b); row(1).SaveIn(b) }},
		{"partition and static", "", "the partition with the static columns", func(b *coodie.Batch) { all.UpdateIn(b, binStock.Set(1)); all.DeleteIn(b) }},
		{"prefix", "", "a range with the row", func(b *coodie.Batch) { all.Filter(binC.Eq(1)).DeleteIn(b); row(1).SaveIn(b) }},
		{"range", "", "a range with the row", func(b *coodie.Batch) { row(5).SaveIn(b); all.Filter(binC.Gt(4)).DeleteIn(b) }},
		{"range of several columns", "", "a range with the row", func(b *coodie.Batch) {
			row(5).SaveIn(b)
			all.Filter(coodie.Cols(binC, binD).Ge(Bin{C: 5, D: dec("1")})).DeleteIn(b)
		}},
		{"two values", "n", "the statements 1 and 2 write two values", func(b *coodie.Batch) { at(1).UpdateIn(b, binN.Set(1)); at(1).UpdateIn(b, binN.Set(2)) }},
		{"two values by In", "n", "two values", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binN.Set(1))
			bins.Find(binP.In("w", "x"), binC.In(1, 2), binD.Eq(one)).UpdateIn(b, binN.Set(2))
		}},
		{"null and a value", "n", "null deletes", func(b *coodie.Batch) { at(1).UpdateIn(b, binN.SetNull()); at(1).UpdateIn(b, binN.Set(2)) }},
		{"Save's nulls", "text", "null deletes", func(b *coodie.Batch) { row(1).SaveIn(b); at(1).UpdateIn(b, binText.Set("a")) }},
		{"DeleteColumns", "n", "one deletes it and the other one writes it", func(b *coodie.Batch) { row(1).SaveIn(b); row(1).DeleteColumnsIn(b, binN) }},
		{"JSON", "n", "two values", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binN.Set(2))
			bins.Find().With(coodie.WithOmitNil()).SaveJSONIn(b, json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "n": 1}`))
		}},
		{"JSON that only the server reads", "fixed", "JSON", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binFixed.Set([]int{1}))
			bins.Find().With(coodie.WithOmitNil()).SaveJSONIn(b, json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "fixed": [1]}`))
		}},
		{"two statics", "stock", "two values", func(b *coodie.Batch) {
			for c := range 2 {
				bins.New(Bin{P: "x", C: c, D: one, Stock: ptr(c)}).SaveIn(b)
			}
		}},
		{"a static and none", "stock", "null deletes", func(b *coodie.Batch) {
			bins.New(Bin{P: "x", C: 1, D: one, Stock: ptr(1)}).SaveIn(b)
			row(2).SaveIn(b)
		}},
		{"a list twice", "marks", "the elements of both", func(b *coodie.Batch) {
			for c := range 2 {
				bins.New(Bin{P: "x", C: c, D: one, Marks: []string{"m"}}).SaveIn(b)
			}
		}},
		{"append, set", "l", "stay", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Append(binL, 1))
			at(1).UpdateIn(b, binL.Set([]int{2}))
		}},
		{"append, null", "l", "stay", func(b *coodie.Batch) { at(1).UpdateIn(b, coodie.Append(binL, 1)); row(1).SaveIn(b) }},
		{"append, remove", "l", "before the batch", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Append(binL, 1))
			at(1).UpdateIn(b, coodie.Remove(binL, 1))
		}},
		{"set, by index", "l", "before the batch", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binL.Set([]int{2}))
			at(1).UpdateIn(b, coodie.At(binL, 0).Set(3))
		}},
		{"by one index", "l", "two values", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.At(binL, 0).Set(2))
			at(1).UpdateIn(b, coodie.At(binL, 0).Set(3))
		}},
		{"a list's element deleted twice", "l", "before the batch", func(b *coodie.Batch) {
			at(1).DeleteColumnsIn(b, coodie.At(binL, 0))
			at(1).DeleteColumnsIn(b, coodie.At(binL, 0))
		}},
		{"delete a list, append", "l", "one deletes it", func(b *coodie.Batch) { at(1).DeleteColumnsIn(b, binL); at(1).UpdateIn(b, coodie.Append(binL, 1)) }},
		{"a map's key", "m", "two values", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Entry(binM, "a").Set(1))
			at(1).UpdateIn(b, coodie.Put(binM, map[string]int{"b": 1, "a": 2}))
		}},
		{"a map's key put and removed", "m", "null deletes", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Entry(binM, "a").Set(1))
			at(1).UpdateIn(b, coodie.RemoveKeys(binM, "b", "a"))
		}},
		{"a map's key deleted", "m", "null deletes", func(b *coodie.Batch) {
			at(1).DeleteColumnsIn(b, coodie.Entry(binM, "a"))
			at(1).UpdateIn(b, binM.Set(map[string]int{"a": 1}))
		}},
		{"put, set", "m", "stays", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Entry(binM, "a").Set(1))
			at(1).UpdateIn(b, binM.Set(map[string]int{"b": 1}))
		}},
		{"two maps", "m", "stays", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binM.Set(map[string]int{"a": 1}))
			at(1).UpdateIn(b, binM.Set(map[string]int{"b": 1}))
		}},
		{"put, delete", "m", "one deletes it", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Entry(binM, "a").Set(1))
			at(1).DeleteColumnsIn(b, binM)
		}},
		{"a set's element", "s", "null deletes", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Add(binS, "a"))
			at(1).UpdateIn(b, coodie.Remove(binS, "a"))
		}},
		{"a field", "size", "two values", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binSize.Set(&BinSize{1, 2}))
			at(1).UpdateIn(b, size("high", 3))
		}},
		{"a field, the whole", "size", "null deletes", func(b *coodie.Batch) {
			at(1).UpdateIn(b, size("high", nil))
			at(1).UpdateIn(b, binSize.Set(&BinSize{1, 2}))
		}},
		{"two TTLs", "n", "two TTLs", func(b *coodie.Batch) {
			at(1).With(coodie.WithTTL(time.Hour)).UpdateIn(b, binN.Set(1))
			at(1).UpdateIn(b, binN.Set(1))
		}},
		{"two rows' TTLs", "", "two TTLs", func(b *coodie.Batch) {
			bins.New(Bin{P: "x", C: 1, D: one}).With(coodie.WithOmitNil(), coodie.WithTTL(time.Hour)).SaveIn(b)
			bins.New(Bin{P: "x", C: 1, D: one}).With(coodie.WithOmitNil()).SaveIn(b)
		}},
		{"equal timestamps", "n", "two values", func(b *coodie.Batch) {
			at(1).With(coodie.WithTimestamp(early)).UpdateIn(b, binN.Set(1))
			at(1).With(coodie.WithTimestamp(early)).UpdateIn(b, binN.Set(2))
		}},
		{"a conditional batch", "", "statement 1 deletes the row that statement 2 writes", func(b *coodie.Batch) {
			at(1).IfExists().DeleteIn(b)
			row(1).SaveIn(b)
		}},
		{"a creation beside a delete", "", "statement 2 deletes the partition", func(b *coodie.Batch) { row(1).InsertIn(b); all.DeleteIn(b) }},
		{"a creation beside an update", "n", "two values", func(b *coodie.Batch) {
			row(1).InsertIn(b)
			at(1).UpdateIn(b, binN.Set(2))
		}},
		{"two conditional updates", "n", "two values", func(b *coodie.Batch) {
			at(1).If(binN.Eq(1)).UpdateIn(b, binN.Set(2))
			at(1).If(binText.Eq("a")).UpdateIn(b, binN.Set(3))
		}},
		{"Replace", "n", "two values", func(b *coodie.Batch) {
			at(1).If(binN.Eq(1)).UpdateIn(b, binN.Set(2))
			row(1).If(binN.Eq(1)).ReplaceIn(b)
		}},

		{"two deletes", "", "", func(b *coodie.Batch) { at(1).DeleteIn(b); at(1).DeleteIn(b); all.DeleteIn(b) }},
		{"delete and columns of the row", "", "", func(b *coodie.Batch) {
			at(1).DeleteIn(b)
			at(1).DeleteColumnsIn(b, binN, binM)
			at(1).UpdateIn(b, binText.SetNull())
		}},
		{"delete beside another row", "", "", func(b *coodie.Batch) {
			at(1).DeleteIn(b)
			all.Filter(binC.Gt(4)).DeleteIn(b)
			bins.Find(binP.Eq("y")).DeleteIn(b)
			row(4).SaveIn(b)
		}},
		{"a range beside the static columns", "", "", func(b *coodie.Batch) {
			all.UpdateIn(b, binStock.Set(1))
			all.Filter(binC.Ge(0)).DeleteIn(b)
		}},
		{"the same keys in another table", "", "", func(b *coodie.Batch) {
			at(1).DeleteIn(b)
			others.New(Bin{P: "x", C: 1, D: one}).SaveIn(b)
		}},
		{"equal values", "", "", func(b *coodie.Batch) {
			row(1).SaveIn(b)
			row(1).SaveIn(b)
			at(1).UpdateIn(b, binN.Set(1))
			bins.Find().With(coodie.WithOmitNil()).SaveJSONIn(b, json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "n": 1}`))
		}},
		{"other columns", "", "", func(b *coodie.Batch) {
			row(1).With(coodie.WithOmitNil()).SaveIn(b)
			at(1).UpdateIn(b, binText.Set("a"))
		}},
		{"rows that carry the same static", "", "", func(b *coodie.Batch) {
			for c := range 3 {
				bins.New(Bin{P: "x", C: c, D: one, Stock: ptr(7)}).SaveIn(b)
			}
		}},
		{"appends", "", "", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binL.Set([]int{1}))
			at(1).UpdateIn(b, coodie.Append(binL, 2))
			at(1).UpdateIn(b, coodie.Prepend(binL, 0), coodie.Entry(binM, "a").Set(1), coodie.Entry(binM, "b").Set(1))
		}},
		{"an appended nothing", "", "", func(b *coodie.Batch) { at(1).UpdateIn(b, coodie.Append(binL)); at(1).UpdateIn(b, binL.Set([]int{1})) }},
		{"remove, append", "", "", func(b *coodie.Batch) {
			at(1).UpdateIn(b, coodie.Remove(binL, 1))
			at(1).UpdateIn(b, coodie.Append(binL, 1))
		}},
		{"additions", "", "", func(b *coodie.Batch) {
			at(1).UpdateIn(b, binS.Set([]string{"a"}), binM.Set(map[string]int{"a": 1}))
			at(1).UpdateIn(b, coodie.Add(binS, "a", "b"), coodie.Entry(binM, "b").Set(1))
			at(1).UpdateIn(b, coodie.Remove(binS, "c"), coodie.RemoveKeys(binM, "c"))
		}},
		{"fields", "", "", func(b *coodie.Batch) { at(1).UpdateIn(b, size("wide", 1)); at(1).UpdateIn(b, size("high", 2)) }},
		{"timestamps of their own", "", "", func(b *coodie.Batch) {
			at(1).With(coodie.WithTimestamp(early)).DeleteIn(b)
			at(1).With(coodie.WithTimestamp(late)).UpdateIn(b, binN.Set(1))
			at(1).UpdateIn(b, binN.Set(2))
		}},
		{"a conditional batch of one row", "", "", func(b *coodie.Batch) {
			at(9).If(binN.IsNull()).AllowCreate().UpdateIn(b, binN.Set(1))
			at(9).UpdateIn(b, binText.Set("a"), binN.Set(1))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := db.Batch()
			tt.fill(b)
			err := b.Exec(t.Context())
			if tt.says == "" {
				require.NoError(t, err)
				return
			}
			var usage *coodie.Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.Equal(t, "batch", usage.Op)
			require.Regexp(t, `^(app\.)?bin$`, usage.Table)
			require.Equal(t, tt.column, usage.Column)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "share one timestamp")
		})
	}
}

// TestBatchConflictsAreBounded: rows that In names are counted before they are compared.
func TestBatchConflictsAreBounded(t *testing.T) {
	_, session := server(t)
	bins := open[Bin](t, session)
	db := coodie.New(session)
	bins, err := bins.On(db)
	require.NoError(t, err)
	many := make([]int, 4000)
	names := make([]string, 20) // as many partitions as a statement names
	for i := range many {
		many[i] = i
	}
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	b := db.Batch()
	bins.Find(binP.In(names...), binC.In(many...), binD.Eq(inf.NewDec(1, 0))).UpdateIn(b, binN.Set(1))
	bins.Find(binP.Eq("x")).UpdateIn(b, binStock.Set(1))
	err = b.Exec(t.Context())
	var usage *coodie.Error
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorContains(t, err, "more than 65536 rows")
}

// TestBatchConflictsOfCounters: increments add up; one is not counted beside a delete.
func TestBatchConflictsOfCounters(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	visits := open[Visits](t, session)
	visits, err := visits.On(db)
	require.NoError(t, err)
	page := visits.Find(coodie.AnyCol(visits, "page").Eq("/"))
	b := db.CounterBatch()
	page.UpdateIn(b, coodie.AnyCol(visits, "n").Add(2))
	page.UpdateIn(b, coodie.AnyCol(visits, "n").Remove(1))
	require.NoError(t, b.Exec(t.Context()))
	got, err := page.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), got.N)

	var usage *coodie.Error
	b = db.CounterBatch()
	page.UpdateIn(b, coodie.AnyCol(visits, "n").Add(2))
	page.DeleteIn(b)
	require.ErrorAs(t, b.Exec(t.Context()), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	b = db.CounterBatch()
	page.DeleteColumnsIn(b, coodie.AnyCol(visits, "n"))
	page.UpdateIn(b, coodie.AnyCol(visits, "n").Add(2))
	require.ErrorAs(t, b.Exec(t.Context()), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "n", usage.Column)
}

// TestBatchCountsOneVersion: several writes of one row in a batch count its version once.
func TestBatchCountsOneVersion(t *testing.T) {
	ctx := context.Background()
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		db := coodie.New(session)
		shelf := opened[guardedShelf](t, db)
		first, err := shelf.New(guardedShelf{Shelf: Shelf{P: "a", C: 1, N: 5}}).Insert(ctx)
		require.NoError(t, err)
		require.NoError(t, first.Err())
		row := shelf.Find(shelfP.Eq("a"), shelfC.Eq(1))
		before, err := row.Get(ctx)
		require.NoError(t, err)
		b := db.Batch()
		row.If(shelfN.Eq(5)).UpdateIn(b, shelfN.Set(6))
		h := row.If(shelfN.Eq(5)).UpdateIn(b, shelfM.Set(7))
		require.NoError(t, b.Exec(ctx))
		require.NoError(t, answerOf(h.Result()).Err())
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, 6, got.N)
		require.Equal(t, 7, *got.M)
		require.Greater(t, got.Version, before.Version)
	})
}

// TestBatchConflictsOfAttempts: all writes of a batch store one attempt id, whichever way they
// are made.
func TestBatchConflictsOfAttempts(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		_, session := server(t, cqltest.WithDialect(dialect))
		db := coodie.New(session)
		entries := open[Entry](t, session)
		entries, err := entries.On(db)
		require.NoError(t, err)
		at := entries.Find(entryBook.Eq("b"), entryLine.Eq(1))
		b := db.Batch()
		entries.Find().IfNotExists().CreateJSONIn(b, json.RawMessage(`{"book": "b", "line": 1, "amount": 1}`))
		h := entries.New(Entry{Book: "b", Line: 1, Amount: 1}).InsertIn(b)
		entries.New(Entry{Book: "b", Line: 2}).InsertIn(b)
		require.NoError(t, b.Exec(context.Background()))
		res, err := h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
		got, err := at.Get(context.Background())
		require.NoError(t, err)
		require.NotEqual(t, gocql.UUID{}, got.Attempt)

		b = db.Batch()
		at.If(entryAmount.Eq(1)).UpdateIn(b, entryAmount.Set(2))
		at.IfExists().With(coodie.WithTTL(time.Hour)).UpdateIn(b, coodie.AnyCol(entries, "note").Set("x"))
		require.ErrorContains(t, b.Exec(context.Background()), "mixed")
		b = db.Batch()
		at.If(entryAmount.Eq(1)).UpdateIn(b, entryAmount.Set(2))
		at.If(entryAmount.Eq(1)).With(coodie.WithTTL(time.Hour)).UpdateIn(b, coodie.AnyCol(entries, "note").Set("x"))
		require.NoError(t, b.Exec(context.Background()), "the id may expire with either")
	}
}
