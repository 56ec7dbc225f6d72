package mapper_test

import (
	"context"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// values is all that a query reads of one expression, as any.
func values[T, V any](q coodie.Readable[T], e coodie.Expr[T, V]) func(context.Context) (any, error) {
	return func(ctx context.Context) (any, error) { return coodie.Values(q, e).All(ctx) }
}

// selectedCase reads something, and says what comes.
type selectedCase struct {
	name string
	read func(context.Context) (any, error)
	want any
}

func requireSelected(t *testing.T, cases []selectedCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.read(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// Values: columns and parts of them, in their Go types; null as zero, or as nil.
func TestSelectedValues(t *testing.T) {
	t.Parallel()
	s, table := sales(t)
	things := create[Thing](t, s)
	require.NoError(t, things.New(full("p")).Save(t.Context()))
	thing := things.Find(p.Eq("p"))
	day := table.Find(shop.Eq("a"), year.Eq(1), onDay.Eq(3))
	requireSelected(t, []selectedCase{
		{"a column", values(day, saleNo), []int{1, 2}},
		{"null as zero", values(day, price), []int{30, 0}},
		{"null as nil", values(day, coodie.Nullable(price)), []*int{ptr(30), nil}},
		{"a column by name", values(day, coodie.AnyCol(table, "item")), []any{"xxx", nil}},
		{"a set", values(day.Limit(1), kinds), [][]string{{"3", "t"}}},
		{"a map", values(day.Limit(1), counts), []map[string]int{{"n": 3}}},
		{"a map's value", values(day, coodie.Nullable(coodie.Entry(counts, "n"))), []*int{ptr(3), nil}},
		{"a map's value by name", values(day.Limit(1), coodie.AnyCol(table, "counts").At("n")), []any{3}},
		{"a map's value that is not there", values(day.Limit(1), coodie.Entry(counts, "m")), []int{0}},
		{"a field of a user-defined type", values(thing, city), []*string{ptr("Rome")}},
		{"a field of a frozen one", values(thing, in), []*string{ptr("Rome")}},
		{"a field by name", values(thing, coodie.AnyCol(things, "addr").Field("street")), []any{"Via Appia"}},
		{"a user-defined type", values(thing, addr), []Address{*rome()}},
		{"a tuple", values(thing, pair), []Pair{{1, ptr("x")}}},
		{"distinct keys", values(thing.Distinct(), p), []string{"p"}},
		{"in order", values(day.OrderBy(coodie.Asc(onDay)), saleNo), []int{2, 1}},
		{"the JSON of values", values(day, coodie.ToJSON(counts)), []json.RawMessage{json.RawMessage(`{"n": 3}`), json.RawMessage("null")}},
		{"a function", values(thing, coodie.Call[[]string]("map_keys", attrs)), [][]string{{"k", "l"}}},
		{"a static column, with each row", values(table.Find(shop.Eq("a"), year.Eq(1)).Limit(2), boss), []string{"owner of a", "owner of a"}},
		{"a function of text", values(day.Limit(1), coodie.Call[string]("mask_default", item)), []string{"****"}},
		{"a function of a number", values(day.Limit(1), coodie.Call[[]byte]("int_as_blob", price)), [][]byte{{0, 0, 0, 30}}},
	})

	one, err := coodie.Values(day.Filter(saleNo.Eq(1)), price).One(t.Context())
	require.NoError(t, err)
	require.Equal(t, 30, one)
	_, err = coodie.Values(day, price).One(t.Context())
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
	_, err = coodie.Values(table.Find(shop.Eq("none"), year.Eq(1)), price).First(t.Context())
	require.ErrorIs(t, err, coodie.ErrNotFound)

	// Over several pages, and broken off.
	var read []int
	for v, err := range coodie.Values(table.Find(shop.Eq("a"), year.Eq(1)).With(coodie.WithPageSize(2)), onDay).Iter(t.Context()) {
		require.NoError(t, err)
		if read = append(read, v); len(read) == 5 {
			break
		}
	}
	require.Equal(t, []int{3, 3, 2, 2, 1}, read)
}

// A function of the user's.
func TestSelectedFunction(t *testing.T) {
	t.Parallel()
	s, table := sales(t)
	execute(t, s, "CREATE FUNCTION twice (x int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return 2 * x;'")
	execute(t, s, "CREATE FUNCTION later (s int, x int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return x == null ? s : Integer.valueOf(x);'")
	execute(t, s, "CREATE AGGREGATE latest (int) SFUNC later STYPE int")
	var keyspace string
	scan(t, s, "SELECT keyspace_name FROM system_schema.functions WHERE function_name = 'twice' ALLOW FILTERING", &keyspace)
	day := table.Find(shop.Eq("a"), year.Eq(1), onDay.Eq(3))
	requireSelected(t, []selectedCase{
		{"by name", values(day, coodie.Nullable(coodie.Call[int]("twice", price))), []*int{ptr(60), nil}},
		{"of a keyspace", values(day.Limit(1), coodie.Call[int](keyspace+".twice", price)), []int{60}},
		{"of a function", values(day, coodie.Max(coodie.Call[int]("twice", price))), []int{60}},
		{"aggregate", values(table.Find(shop.Eq("a"), year.Eq(1)), coodie.Call[int]("latest", price)), []int{10}},
	})
	_, err := coodie.Values(day, coodie.Call[int]("thrice", price)).All(t.Context())
	var refused *coodie.Error
	require.ErrorAs(t, err, &refused)
	require.True(t, !refused.Unknown && refused.Kind < coodie.KindUsage, "%v", refused)
	require.ErrorContains(t, err, "thrice")
}

// When a value was written, and how long it has left.
func TestSelectedTimes(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	at := time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	row := table.Find(p.Eq("p"), c.Eq(1))
	require.NoError(t, row.With(coodie.WithTimestamp(at), coodie.WithTTL(time.Hour)).Update(ctx, name.Set("ann"), coodie.Put(attrs, map[string]int{"k": 1}), addr.Set(*rome())))
	require.NoError(t, row.With(coodie.WithTimestamp(at.Add(time.Second))).Update(ctx, coodie.Entry(attrs, "l").Set(2)))
	require.NoError(t, table.New(full("q")).Save(ctx))
	requireSelected(t, []selectedCase{
		{"writetime", values(row, coodie.WriteTime(name)), []time.Time{at}},
		{"writetime by name", values(row, coodie.WriteTime(coodie.AnyCol(table, "name"))), []time.Time{at}},
		{"writetime of null", values(row, coodie.Nullable(coodie.WriteTime(n))), []*time.Time{nil}},
		{"writetimes of a map", values(row, coodie.Call[[]int64]("writetime", attrs)), [][]int64{{at.UnixMicro(), at.Add(time.Second).UnixMicro()}}},
		{"TTLs of a map", values(table.Find(p.Eq("q")), coodie.Call[[]*int]("ttl", labels)), [][]*int{{nil, nil}}},
		{"writetime of a field", values(row, coodie.WriteTime(city)), []time.Time{at}},
		{"the latest of a map", values(row, coodie.WriteTime(attrs)), []time.Time{at.Add(time.Second)}},
		{"no TTL", values(table.Find(p.Eq("q")), coodie.Nullable(coodie.TTL(name))), []*time.Duration{nil}},
		{"no TTL as zero", values(table.Find(p.Eq("q")), coodie.TTL(name)), []time.Duration{0}},
		{"the latest of rows", values(table.Find(p.Eq("p")), coodie.Max(coodie.WriteTime(name))), []time.Time{at}},
	})
	for _, e := range []coodie.Expr[Thing, time.Duration]{coodie.TTL(name), coodie.TTL(city), coodie.Min(coodie.TTL(name))} {
		left, err := coodie.Values(row, e).First(ctx)
		require.NoError(t, err)
		require.Greater(t, left, 50*time.Minute)
		require.LessOrEqual(t, left, time.Hour)
	}
}

// Cassandra fails at the writetime of an element whose key is bound, which is why that is refused.
func TestWritetimeOfElements(t *testing.T) {
	t.Parallel()
	s := connect(t)
	create[Thing](t, s)
	require.ErrorContains(t, s.Query("SELECT writetime(attrs[?]) FROM thing", "k").Exec(), "ClassCastException")
	require.NoError(t, s.Query("SELECT writetime(attrs['k']) FROM thing").Exec())
}

// The place of a partition on the ring.
func TestSelectedToken(t *testing.T) {
	t.Parallel()
	s, table := sales(t)
	token := coodie.Token[Sale]()
	var want int64
	scan(t, s, "SELECT token(shop, year) FROM sale WHERE shop = 'a' AND year = 1 LIMIT 1", &want)
	requireSelected(t, []selectedCase{
		{"token", values(table.Find(shop.Eq("a"), year.Eq(1)).Limit(1), token), []int64{want}},
		{"token of distinct keys", values(table.Find(shop.Eq("a"), year.Eq(1)).Distinct(), token), []int64{want}},
		{"token that is asked for", values(table.Find(token.Eq(want)).PerPartitionLimit(1), shop), []string{"a"}},
	})
}

// CAST, in the types that Cassandra casts to.
func TestSelectedCasts(t *testing.T) {
	t.Parallel()
	s := connect(t)
	type Cell struct {
		K    int        `cql:"k,partition"`
		N    int        `cql:"n"`
		F    float64    `cql:"f"`
		Text string     `cql:"text"`
		At   time.Time  `cql:"at"`
		ID   gocql.UUID `cql:"id,type=timeuuid"`
		On   bool       `cql:"on"`
	}
	number := coodie.Col(func(c *Cell) *int { return &c.N })
	float := coodie.Col(func(c *Cell) *float64 { return &c.F })
	at := coodie.Col(func(c *Cell) *time.Time { return &c.At })
	id := coodie.Col(func(c *Cell) *gocql.UUID { return &c.ID })
	table := create[Cell](t, s)
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.NoError(t, table.New(Cell{N: 300, F: 2.75, Text: "x", At: when, ID: gocql.UUIDFromTime(when), On: true}).Save(t.Context()))
	all := table.Find()
	requireSelected(t, []selectedCase{
		{"int as text", values(all, coodie.Cast[string](number)), []string{"300"}},
		{"int as bigint", values(all, coodie.Cast[int64](number)), []int64{300}},
		{"int as double", values(all, coodie.Cast[float64](number)), []float64{300}},
		{"int as decimal", values(all, coodie.Cast[*inf.Dec](number)), []*inf.Dec{inf.NewDec(300, 0)}},
		{"int as varint", values(all, coodie.Cast[*big.Int](number)), []*big.Int{big.NewInt(300)}},
		{"int as tinyint", values(all, coodie.Cast[int8](number)), []int8{44}}, // cut off, without an error
		{"double as int", values(all, coodie.Cast[int](float)), []int{2}},
		{"double as float", values(all, coodie.Cast[float32](float)), []float32{2.75}},
		{"double as text", values(all, coodie.Cast[string](float)), []string{"2.75"}},
		{"timestamp as date", values(all, coodie.Cast[coodie.Date](at)), []coodie.Date{coodie.DateOf(when)}},
		{"timestamp as text", values(all, coodie.Cast[string](at)), []string{"2026-01-02T03:04:05.000Z"}},
		{"timeuuid as timestamp", values(all, coodie.Cast[time.Time](id)), []time.Time{when}},
		{"boolean as text", values(all, coodie.Cast[string](coodie.AnyCol(table, "on"))), []string{"true"}},
		{"timeuuid to timestamp", values(all, coodie.Call[time.Time]("to_timestamp", id)), []time.Time{when}},
	})
	_, err := coodie.Values(all, coodie.Cast[int](coodie.AnyCol(table, "text"))).All(t.Context())
	var refused *coodie.Error
	require.ErrorAs(t, err, &refused, "text is cast to nothing")
	require.True(t, !refused.Unknown && refused.Kind < coodie.KindUsage, "%v", refused)
}
