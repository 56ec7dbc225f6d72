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
		{"delete and save", "", "statement 1 deletes the row that statement 2 writes, of the key (p, c, d)", func(b *coodie.Batch) { at(1).In(b).Delete(); row(1).In(b).Save() }},
		{"save and delete", "", "statement 2 deletes the row that statement 1 writes", func(b *coodie.Batch) { row(1).In(b).Save(); at(1).In(b).Delete() }},
		{"document deleted and saved", "", "deletes the row", func(b *coodie.Batch) { row(1).In(b).Delete(); row(1).In(b).Save() }},
		{"delete and update", "", "deletes the row", func(b *coodie.Batch) { at(1).In(b).Delete(); at(1).In(b).Update(binN.Set(1)) }},
		{"delete and append", "", "deletes the row", func(b *coodie.Batch) { at(1).In(b).Delete(); at(1).In(b).Update(coodie.Append(binL, 1)) }},
		{"delete and JSON", "", "deletes the row", func(b *coodie.Batch) {
			at(1).In(b).Delete()
			bins.Find().In(b).SaveJSON(json.RawMessage(`{"p": "x", "c": 1, "d": "1.0"}`))
		}},
		{"delete and another struct's save", "", "deletes the row", func(b *coodie.Batch) {
			at(1).In(b).Delete()
			stamps.New(BinStamp{P: "x", C: 1, D: one}).In(b).Save()
		}},
		{"delete by another decimal", "", "deletes the row", func(b *coodie.Batch) {
			bins.Find(binP.Eq("x"), binC.Eq(1), binD.Eq(dec("1.00"))).In(b).Delete()
			row(1).In(b).Save()
		}},
		{"delete by In", "", "deletes the row", func(b *coodie.Batch) {
			bins.Find(binP.In("w", "x"), binC.In(3, 1), binD.Eq(one)).In(b).Delete()
			row(1).In(b).Save()
		}},
		{"delete by Cols", "", "deletes the row", func(b *coodie.Batch) {
			all.Filter(coodie.Cols(binC, binD).In(Bin{C: 1, D: one})).In(b).Delete()
			row(1).In(b).Save()
		}},
		{"partition and save", "", "statement 1 deletes the partition with the row that statement 2 writes", func(b *coodie.Batch) { all.In(b).Delete(); row(1).In(b).Save() }},
		{"partition and static", "", "the partition with the static columns", func(b *coodie.Batch) { all.In(b).Update(binStock.Set(1)); all.In(b).Delete() }},
		{"prefix", "", "a range with the row", func(b *coodie.Batch) { all.Filter(binC.Eq(1)).In(b).Delete(); row(1).In(b).Save() }},
		{"range", "", "a range with the row", func(b *coodie.Batch) { row(5).In(b).Save(); all.Filter(binC.Gt(4)).In(b).Delete() }},
		{"range of several columns", "", "a range with the row", func(b *coodie.Batch) {
			row(5).In(b).Save()
			all.Filter(coodie.Cols(binC, binD).Ge(Bin{C: 5, D: dec("1")})).In(b).Delete()
		}},
		{"two values", "n", "the statements 1 and 2 write two values", func(b *coodie.Batch) { at(1).In(b).Update(binN.Set(1)); at(1).In(b).Update(binN.Set(2)) }},
		{"two values by In", "n", "two values", func(b *coodie.Batch) {
			at(1).In(b).Update(binN.Set(1))
			bins.Find(binP.In("w", "x"), binC.In(1, 2), binD.Eq(one)).In(b).Update(binN.Set(2))
		}},
		{"null and a value", "n", "null deletes", func(b *coodie.Batch) { at(1).In(b).Update(binN.SetNull()); at(1).In(b).Update(binN.Set(2)) }},
		{"Save's nulls", "text", "null deletes", func(b *coodie.Batch) { row(1).In(b).Save(); at(1).In(b).Update(binText.Set("a")) }},
		{"DeleteColumns", "n", "one deletes it and the other one writes it", func(b *coodie.Batch) { row(1).In(b).Save(); row(1).In(b).DeleteColumns(binN) }},
		{"JSON", "n", "two values", func(b *coodie.Batch) {
			at(1).In(b).Update(binN.Set(2))
			bins.Find().With(coodie.WithOmitNil()).In(b).SaveJSON(json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "n": 1}`))
		}},
		{"JSON that only the server reads", "fixed", "JSON", func(b *coodie.Batch) {
			at(1).In(b).Update(binFixed.Set([]int{1}))
			bins.Find().With(coodie.WithOmitNil()).In(b).SaveJSON(json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "fixed": [1]}`))
		}},
		{"two statics", "stock", "two values", func(b *coodie.Batch) {
			for c := range 2 {
				bins.New(Bin{P: "x", C: c, D: one, Stock: ptr(c)}).In(b).Save()
			}
		}},
		{"a static and none", "stock", "null deletes", func(b *coodie.Batch) {
			bins.New(Bin{P: "x", C: 1, D: one, Stock: ptr(1)}).In(b).Save()
			row(2).In(b).Save()
		}},
		{"a list twice", "marks", "the elements of both", func(b *coodie.Batch) {
			for c := range 2 {
				bins.New(Bin{P: "x", C: c, D: one, Marks: []string{"m"}}).In(b).Save()
			}
		}},
		{"append, set", "l", "stay", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Append(binL, 1))
			at(1).In(b).Update(binL.Set([]int{2}))
		}},
		{"append, null", "l", "stay", func(b *coodie.Batch) { at(1).In(b).Update(coodie.Append(binL, 1)); row(1).In(b).Save() }},
		{"append, remove", "l", "before the batch", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Append(binL, 1))
			at(1).In(b).Update(coodie.Remove(binL, 1))
		}},
		{"set, by index", "l", "before the batch", func(b *coodie.Batch) {
			at(1).In(b).Update(binL.Set([]int{2}))
			at(1).In(b).Update(coodie.At(binL, 0).Set(3))
		}},
		{"by one index", "l", "two values", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.At(binL, 0).Set(2))
			at(1).In(b).Update(coodie.At(binL, 0).Set(3))
		}},
		{"a list's element deleted twice", "l", "before the batch", func(b *coodie.Batch) {
			at(1).In(b).DeleteColumns(coodie.At(binL, 0))
			at(1).In(b).DeleteColumns(coodie.At(binL, 0))
		}},
		{"delete a list, append", "l", "one deletes it", func(b *coodie.Batch) { at(1).In(b).DeleteColumns(binL); at(1).In(b).Update(coodie.Append(binL, 1)) }},
		{"a map's key", "m", "two values", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Entry(binM, "a").Set(1))
			at(1).In(b).Update(coodie.Put(binM, map[string]int{"b": 1, "a": 2}))
		}},
		{"a map's key put and removed", "m", "null deletes", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Entry(binM, "a").Set(1))
			at(1).In(b).Update(coodie.RemoveKeys(binM, "b", "a"))
		}},
		{"a map's key deleted", "m", "null deletes", func(b *coodie.Batch) {
			at(1).In(b).DeleteColumns(coodie.Entry(binM, "a"))
			at(1).In(b).Update(binM.Set(map[string]int{"a": 1}))
		}},
		{"put, set", "m", "stays", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Entry(binM, "a").Set(1))
			at(1).In(b).Update(binM.Set(map[string]int{"b": 1}))
		}},
		{"two maps", "m", "stays", func(b *coodie.Batch) {
			at(1).In(b).Update(binM.Set(map[string]int{"a": 1}))
			at(1).In(b).Update(binM.Set(map[string]int{"b": 1}))
		}},
		{"put, delete", "m", "one deletes it", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Entry(binM, "a").Set(1))
			at(1).In(b).DeleteColumns(binM)
		}},
		{"a set's element", "s", "null deletes", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Add(binS, "a"))
			at(1).In(b).Update(coodie.Remove(binS, "a"))
		}},
		{"a field", "size", "two values", func(b *coodie.Batch) {
			at(1).In(b).Update(binSize.Set(&BinSize{1, 2}))
			at(1).In(b).Update(size("high", 3))
		}},
		{"a field, the whole", "size", "null deletes", func(b *coodie.Batch) {
			at(1).In(b).Update(size("high", nil))
			at(1).In(b).Update(binSize.Set(&BinSize{1, 2}))
		}},
		{"two TTLs", "n", "two TTLs", func(b *coodie.Batch) {
			at(1).With(coodie.WithTTL(time.Hour)).In(b).Update(binN.Set(1))
			at(1).In(b).Update(binN.Set(1))
		}},
		{"two rows' TTLs", "", "two TTLs", func(b *coodie.Batch) {
			bins.New(Bin{P: "x", C: 1, D: one}).With(coodie.WithOmitNil(), coodie.WithTTL(time.Hour)).In(b).Save()
			bins.New(Bin{P: "x", C: 1, D: one}).With(coodie.WithOmitNil()).In(b).Save()
		}},
		{"equal timestamps", "n", "two values", func(b *coodie.Batch) {
			at(1).With(coodie.WithTimestamp(early)).In(b).Update(binN.Set(1))
			at(1).With(coodie.WithTimestamp(early)).In(b).Update(binN.Set(2))
		}},
		{"a conditional batch", "", "statement 1 deletes the row that statement 2 writes", func(b *coodie.Batch) {
			at(1).IfExists().In(b).Delete()
			row(1).In(b).Save()
		}},
		{"a creation beside a delete", "", "statement 2 deletes the partition", func(b *coodie.Batch) { row(1).In(b).Insert(); all.In(b).Delete() }},
		{"a creation beside an update", "n", "two values", func(b *coodie.Batch) {
			row(1).In(b).Insert()
			at(1).In(b).Update(binN.Set(2))
		}},
		{"two conditional updates", "n", "two values", func(b *coodie.Batch) {
			at(1).If(binN.Eq(1)).In(b).Update(binN.Set(2))
			at(1).If(binText.Eq("a")).In(b).Update(binN.Set(3))
		}},
		{"Replace", "n", "two values", func(b *coodie.Batch) {
			at(1).If(binN.Eq(1)).In(b).Update(binN.Set(2))
			row(1).If(binN.Eq(1)).In(b).Replace()
		}},

		{"two deletes", "", "", func(b *coodie.Batch) { at(1).In(b).Delete(); at(1).In(b).Delete(); all.In(b).Delete() }},
		{"delete and columns of the row", "", "", func(b *coodie.Batch) {
			at(1).In(b).Delete()
			at(1).In(b).DeleteColumns(binN, binM)
			at(1).In(b).Update(binText.SetNull())
		}},
		{"delete beside another row", "", "", func(b *coodie.Batch) {
			at(1).In(b).Delete()
			all.Filter(binC.Gt(4)).In(b).Delete()
			bins.Find(binP.Eq("y")).In(b).Delete()
			row(4).In(b).Save()
		}},
		{"a range beside the static columns", "", "", func(b *coodie.Batch) {
			all.In(b).Update(binStock.Set(1))
			all.Filter(binC.Ge(0)).In(b).Delete()
		}},
		{"the same keys in another table", "", "", func(b *coodie.Batch) {
			at(1).In(b).Delete()
			others.New(Bin{P: "x", C: 1, D: one}).In(b).Save()
		}},
		{"equal values", "", "", func(b *coodie.Batch) {
			row(1).In(b).Save()
			row(1).In(b).Save()
			at(1).In(b).Update(binN.Set(1))
			bins.Find().With(coodie.WithOmitNil()).In(b).SaveJSON(json.RawMessage(`{"p": "x", "c": 1, "d": "1.0", "n": 1}`))
		}},
		{"other columns", "", "", func(b *coodie.Batch) {
			row(1).With(coodie.WithOmitNil()).In(b).Save()
			at(1).In(b).Update(binText.Set("a"))
		}},
		{"rows that carry the same static", "", "", func(b *coodie.Batch) {
			for c := range 3 {
				bins.New(Bin{P: "x", C: c, D: one, Stock: ptr(7)}).In(b).Save()
			}
		}},
		{"appends", "", "", func(b *coodie.Batch) {
			at(1).In(b).Update(binL.Set([]int{1}))
			at(1).In(b).Update(coodie.Append(binL, 2))
			at(1).In(b).Update(coodie.Prepend(binL, 0), coodie.Entry(binM, "a").Set(1), coodie.Entry(binM, "b").Set(1))
		}},
		{"an appended nothing", "", "", func(b *coodie.Batch) { at(1).In(b).Update(coodie.Append(binL)); at(1).In(b).Update(binL.Set([]int{1})) }},
		{"remove, append", "", "", func(b *coodie.Batch) {
			at(1).In(b).Update(coodie.Remove(binL, 1))
			at(1).In(b).Update(coodie.Append(binL, 1))
		}},
		{"additions", "", "", func(b *coodie.Batch) {
			at(1).In(b).Update(binS.Set([]string{"a"}), binM.Set(map[string]int{"a": 1}))
			at(1).In(b).Update(coodie.Add(binS, "a", "b"), coodie.Entry(binM, "b").Set(1))
			at(1).In(b).Update(coodie.Remove(binS, "c"), coodie.RemoveKeys(binM, "c"))
		}},
		{"fields", "", "", func(b *coodie.Batch) { at(1).In(b).Update(size("wide", 1)); at(1).In(b).Update(size("high", 2)) }},
		{"timestamps of their own", "", "", func(b *coodie.Batch) {
			at(1).With(coodie.WithTimestamp(early)).In(b).Delete()
			at(1).With(coodie.WithTimestamp(late)).In(b).Update(binN.Set(1))
			at(1).In(b).Update(binN.Set(2))
		}},
		{"a conditional batch of one row", "", "", func(b *coodie.Batch) {
			at(9).If(binN.IsNull()).AllowCreate().In(b).Update(binN.Set(1))
			at(9).In(b).Update(binText.Set("a"), binN.Set(1))
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
	bins.Find(binP.In(names...), binC.In(many...), binD.Eq(inf.NewDec(1, 0))).In(b).Update(binN.Set(1))
	bins.Find(binP.Eq("x")).In(b).Update(binStock.Set(1))
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
	page.In(b).Update(coodie.AnyCol(visits, "n").Add(2))
	page.In(b).Update(coodie.AnyCol(visits, "n").Remove(1))
	require.NoError(t, b.Exec(t.Context()))
	got, err := page.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), got.N)

	var usage *coodie.Error
	b = db.CounterBatch()
	page.In(b).Update(coodie.AnyCol(visits, "n").Add(2))
	page.In(b).Delete()
	require.ErrorAs(t, b.Exec(t.Context()), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	b = db.CounterBatch()
	page.In(b).DeleteColumns(coodie.AnyCol(visits, "n"))
	page.In(b).Update(coodie.AnyCol(visits, "n").Add(2))
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
		row.If(shelfN.Eq(5)).In(b).Update(shelfN.Set(6))
		h := row.If(shelfN.Eq(5)).In(b).Update(shelfM.Set(7))
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
		entries.Find().IfNotExists().In(b).CreateJSON(json.RawMessage(`{"book": "b", "line": 1, "amount": 1}`))
		h := entries.New(Entry{Book: "b", Line: 1, Amount: 1}).In(b).Insert()
		entries.New(Entry{Book: "b", Line: 2}).In(b).Insert()
		require.NoError(t, b.Exec(context.Background()))
		res, err := h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
		got, err := at.Get(context.Background())
		require.NoError(t, err)
		require.NotEqual(t, gocql.UUID{}, got.Attempt)

		b = db.Batch()
		at.If(entryAmount.Eq(1)).In(b).Update(entryAmount.Set(2))
		at.IfExists().With(coodie.WithTTL(time.Hour)).In(b).Update(coodie.AnyCol(entries, "note").Set("x"))
		require.ErrorContains(t, b.Exec(context.Background()), "mixed")
		b = db.Batch()
		at.If(entryAmount.Eq(1)).In(b).Update(entryAmount.Set(2))
		at.If(entryAmount.Eq(1)).With(coodie.WithTTL(time.Hour)).In(b).Update(coodie.AnyCol(entries, "note").Set("x"))
		require.NoError(t, b.Exec(context.Background()), "the id may expire with either")
	}
}
