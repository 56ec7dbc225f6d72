package mapper_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// Amounts has a column of every type that can be summed up.
type Amounts struct {
	K       string    `cql:"k,partition"`
	C       int       `cql:"c,clustering"`
	Tiny    int8      `cql:"tiny"`
	Small   int16     `cql:"small"`
	Int     int       `cql:"i"`
	Big     int64     `cql:"big"`
	Float   float32   `cql:"f"`
	Double  float64   `cql:"d"`
	Varint  *big.Int  `cql:"v"`
	Decimal *inf.Dec  `cql:"e"`
	Text    string    `cql:"text"`
	At      time.Time `cql:"at"`
	Null    *int      `cql:"nothing"`
}

var (
	amountsKey = coodie.Col(func(a *Amounts) *string { return &a.K })
	tiny       = coodie.Col(func(a *Amounts) *int8 { return &a.Tiny })
	small      = coodie.Col(func(a *Amounts) *int16 { return &a.Small })
	integer    = coodie.Col(func(a *Amounts) *int { return &a.Int })
	bigint     = coodie.Col(func(a *Amounts) *int64 { return &a.Big })
	float      = coodie.Col(func(a *Amounts) *float32 { return &a.Float })
	double     = coodie.Col(func(a *Amounts) *float64 { return &a.Double })
	varint     = coodie.Col(func(a *Amounts) **big.Int { return &a.Varint })
	decimal    = coodie.Col(func(a *Amounts) **inf.Dec { return &a.Decimal })
	text       = coodie.Col(func(a *Amounts) *string { return &a.Text })
	instant    = coodie.Col(func(a *Amounts) *time.Time { return &a.At })
	nothing    = coodie.NullCol(func(a *Amounts) **int { return &a.Null })
)

// Every aggregate of every type, as the server reckons: in the type of the column.
func TestAggregates(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Amounts](t, s)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	for i, v := range []int{1, 2, 4} {
		require.NoError(t, table.New(Amounts{
			K: "a", C: i, Tiny: int8(v), Small: int16(v), Int: v, Big: int64(v), Float: float32(v), Double: float64(v),
			Varint: big.NewInt(int64(v)), Decimal: inf.NewDec(int64(v), 1), Text: string(rune('a' + v)), At: day(v),
		}).Save(t.Context()))
	}
	require.NoError(t, table.New(Amounts{K: "b", Int: math.MaxInt32, Null: ptr(1)}).With(coodie.WithOmitNil()).Save(t.Context()))
	require.NoError(t, table.New(Amounts{K: "b", C: 1, Int: math.MaxInt32}).With(coodie.WithOmitNil()).Save(t.Context()))
	a, b, none := table.Find(amountsKey.Eq("a")), table.Find(amountsKey.Eq("b")), table.Find(amountsKey.Eq("none"))
	requireSelected(t, []selectedCase{
		{"sum of tinyint", values(a, coodie.Sum(tiny)), []int8{7}},
		{"sum of smallint", values(a, coodie.Sum(small)), []int16{7}},
		{"sum of int", values(a, coodie.Sum(integer)), []int{7}},
		{"sum of bigint", values(a, coodie.Sum(bigint)), []int64{7}},
		{"sum of float", values(a, coodie.Sum(float)), []float32{7}},
		{"sum of double", values(a, coodie.Sum(double)), []float64{7}},
		{"sum of varint", values(a, coodie.Sum(varint)), []*big.Int{big.NewInt(7)}},
		{"sum of decimal", values(a, coodie.Sum(decimal)), []*inf.Dec{inf.NewDec(7, 1)}},
		{"sum by name", values(a, coodie.Sum(coodie.AnyCol(table, "big"))), []any{int64(7)}},
		{"sum that does not fit", values(b, coodie.Sum(integer)), []int{-2}},
		{"sum that is cast", values(b, coodie.Sum(coodie.Cast[int64](integer))), []int64{2 * math.MaxInt32}},
		{"sum of nothing", values(none, coodie.Sum(integer)), []int{0}},
		{"sum of nulls", values(a, coodie.Nullable(coodie.Sum(nothing))), []*int{ptr(0)}},
		{"sum of some", values(b, coodie.Sum(nothing)), []int{1}},

		{"average of tinyint", values(a, coodie.Avg(tiny)), []int8{2}},
		{"average of int", values(a, coodie.Avg(integer)), []int{2}},
		{"average of varint", values(a, coodie.Avg(varint)), []*big.Int{big.NewInt(2)}},
		{"average of a cast", values(a, coodie.Avg(coodie.Cast[float64](small))), []float64{7. / 3}},
		{"average of double", values(a, coodie.Avg(double)), []float64{7. / 3}},
		{"average of nothing", values(none, coodie.Nullable(coodie.Avg(double))), []*float64{ptr(0.)}},

		{"least int", values(a, coodie.Min(integer)), []int{1}},
		{"greatest int", values(a, coodie.Max(integer)), []int{4}},
		{"least decimal", values(a, coodie.Min(decimal)), []*inf.Dec{inf.NewDec(1, 1)}},
		{"least text", values(a, coodie.Min(text)), []string{"b"}},
		{"greatest text", values(a, coodie.Max(text)), []string{"e"}},
		{"earliest", values(a, coodie.Min(instant)), []time.Time{day(1)}},
		{"latest by name", values(a, coodie.Max(coodie.AnyCol(table, "at"))), []any{day(4)}},
		{"greatest of nulls", values(a, coodie.Nullable(coodie.Max(nothing))), []*int{nil}},
		{"greatest of nothing", values(none, coodie.Nullable(coodie.Max(text))), []*string{nil}},
		{"least of nothing as zero", values(none, coodie.Min(instant)), []time.Time{{}}},

		{"count", values(a, coodie.Count[Amounts]()), []int64{3}},
		{"count of values", values(table.Find(), coodie.Count(nothing)), []int64{1}},
		{"count of nothing", values(none, coodie.Count[Amounts]()), []int64{0}},
		{"each group", values(table.Find(amountsKey.In("a", "b")).GroupBy(amountsKey), coodie.Max(integer)), []int{4, math.MaxInt32}},
		{"the first group", values(table.Find(amountsKey.In("a", "b")).GroupBy(amountsKey).Limit(1), coodie.Max(integer)), []int{4}},
		{"filtering", values(a.Filter(integer.Gt(1)).AllowFiltering(), coodie.Sum(integer)), []int{6}},
		{"by pages", values(a.With(coodie.WithPageSize(1)), coodie.Sum(integer)), []int{7}},
		{"groups by pages", values(table.Find(amountsKey.In("a", "b")).GroupBy(amountsKey).With(coodie.WithPageSize(1)), coodie.Count[Amounts]()), []int64{3, 2}},
	})

	// A counter is summed up, too.
	hits := create[Counts](t, s)
	for page, n := range map[string]int64{"/": 3, "/b": 4} {
		require.NoError(t, hits.Find(countsPage.Eq(page)).Update(t.Context(), coodie.Increment(countsHits, n)))
	}
	requireSelected(t, []selectedCase{
		{"sum of counters", values(hits.Find(), coodie.Sum(countsHits)), []int64{7}},
		{"greatest counter", values(hits.Find(), coodie.Max(countsHits)), []int64{4}},
	})
}

// Several in one query, into a struct.
func TestProjections(t *testing.T) {
	t.Parallel()
	_, table := sales(t)
	type small struct {
		Day  int
		Item *string
	}
	type stats struct {
		Shop   string
		Sales  int64 `cql:"sales"`
		Priced int64
		Least  *int
		Most   int
		Total  int64
		Mean   float64
		First  string `cql:"first"`
		At     int64
	}
	day := table.Find(shop.Eq("a"), year.Eq(1), onDay.Ge(2))
	got, err := coodie.Project[small](day).All(t.Context())
	require.NoError(t, err)
	require.Equal(t, []small{{3, ptr("xxx")}, {3, nil}, {2, ptr("xx")}, {2, nil}}, got)

	token, err := coodie.Values(table.Find(shop.Eq("a"), year.Eq(1)), coodie.Token[Sale]()).First(t.Context())
	require.NoError(t, err)
	each := coodie.Project[stats](table.Find(shop.In("a", "c"), year.In(1, 2)).GroupBy(shop, year),
		coodie.As(coodie.Count[Sale](), "sales"), coodie.As(coodie.Count(price), "priced"),
		coodie.As(coodie.Min(price), "least"), coodie.As(coodie.Max(price), "most"), coodie.As(coodie.Sum(coodie.Cast[int64](price)), "total"),
		coodie.As(coodie.Avg(weight), "mean"), coodie.As(coodie.Call[string]("mask_null", item), "first"), coodie.As(coodie.Token[Sale](), "at"))
	all, err := each.All(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, stats{Shop: "a", Sales: 6, Priced: 3, Least: ptr(10), Most: 30, Total: 60, Mean: 1, At: token}, all[0])
	all[1].At = 0
	require.Equal(t, stats{Shop: "c", Sales: 1}, all[1])

	one, err := coodie.Project[struct {
		Rows  int64
		Heavy float64
	}](table.Find(), coodie.As(coodie.Count[Sale](), "rows"), coodie.As(coodie.Max(weight), "heavy")).One(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 13, one.Rows)
	require.Equal(t, 1.5, one.Heavy)
}
