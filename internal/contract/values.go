package contract

import (
	"fmt"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// Wide has a column of each kind.
type Wide struct {
	Name  string               `cql:"name,partition"`
	At    time.Time            `cql:"at,clustering,desc"`
	Bytes []byte               `cql:"bytes"`
	On    bool                 `cql:"on"`
	Tiny  int8                 `cql:"tiny"`
	Small int16                `cql:"small"`
	Int   int32                `cql:"int"`
	Big   int64                `cql:"big"`
	Huge  *big.Int             `cql:"huge"`
	Half  float32              `cql:"half"`
	Float float64              `cql:"float"`
	Exact *inf.Dec             `cql:"exact"`
	ID    coodie.UUID          `cql:"id"`
	Time  coodie.UUID          `cql:"time,type=timeuuid"`
	IP    net.IP               `cql:"ip"`
	Day   coodie.Date          `cql:"day"`
	Clock time.Duration        `cql:"clock,type=time"`
	Span  coodie.Duration      `cql:"span"`
	Texts []string             `cql:"texts"`
	Tags  []string             `cql:"tags,set"`
	Count map[string]int       `cql:"count"`
	Pair  Pair                 `cql:"pair,tuple"`
	Home  OldAddr              `cql:"home"`
	Homes map[string][]OldAddr `cql:"homes,frozen"`
	Point [3]float32           `cql:"point,type=vector<float, 3>"`
	Maybe *string              `cql:"maybe"`
}

// Pair is a tuple.
type Pair struct {
	Left  int
	Right *string
}

func wide(name string) Wide {
	text := "x"
	return Wide{
		Name: name, At: time.UnixMilli(1).UTC(), Bytes: []byte{0, 1}, On: true, Tiny: -1, Small: 2, Int: -3, Big: 4, Huge: big.NewInt(-5), Half: 0.5, Float: -0.25,
		Exact: inf.NewDec(15, 1), ID: coodie.NewUUID(), Time: coodie.NewTimeUUID(), IP: net.IPv4(127, 0, 0, 1).To4(), Day: coodie.Date{Year: 1969, Month: 12, Day: 31},
		Clock: time.Hour, Span: coodie.Duration{Months: 1, Days: 2, Nanoseconds: 3}, Texts: []string{"b", "a"}, Tags: []string{"a", "b"},
		Count: map[string]int{"a": 1}, Pair: Pair{1, &text}, Home: OldAddr{"s", 1}, Homes: map[string][]OldAddr{"a": {{"t", 2}}}, Point: [3]float32{1, 2, 3}, Maybe: &text,
	}
}

// Values: what is written is read as it was, by the table, by the answer of a refused LWT and as raw CQL; null, empty
// and missing stay apart. The keyspace need not be empty.
func Values(t *testing.T, db *coodie.DB) {
	ctx := t.Context()
	table, err := coodie.Open[Wide](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	name := coodie.Col(func(w *Wide) *string { return &w.Name })
	full := wide("full")
	empty := Wide{Name: "empty", At: time.UnixMilli(2).UTC(), Bytes: []byte{}, Time: full.Time, Maybe: new(string)}
	require.NoError(t, table.New(full).Save(ctx))
	res, err := table.New(full).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, full, res.Existing.Value)
	require.NoError(t, table.New(empty).Save(ctx))
	require.NoError(t, table.New(Wide{Name: "null", At: empty.At, Time: full.Time}).With(coodie.WithOmitNil()).Save(ctx))

	for _, want := range []Wide{full, empty} {
		got, err := table.Find(name.Eq(want.Name)).First(ctx)
		require.NoError(t, err)
		require.Equal(t, want.Maybe, got.Maybe)
		require.Equal(t, want.Bytes, got.Bytes)
		if want.Name == "full" {
			require.Equal(t, want, got)
		}
	}
	null, err := table.Find(name.Eq("null")).First(ctx)
	require.NoError(t, err)
	require.Nil(t, null.Maybe)
	require.Nil(t, null.Bytes)

	for row, err := range db.Raw("SELECT id, span, pair, point, homes, maybe FROM wide WHERE name = ?", "full").Rows(ctx) {
		require.NoError(t, err)
		got, err := row.Map()
		require.NoError(t, err)
		for column, want := range map[string]any{"id": full.ID, "span": full.Span, "pair": []any{1, "x"}, "point": []float32{1, 2, 3}, "maybe": "x"} {
			require.Equal(t, want, got[column], column)
		}
	}
	require.NoError(t, db.Raw("INSERT INTO wide (name, at, tiny, texts, maybe) VALUES (?, ?, ?, ?, ?)", "raw", empty.At, 7, []string{"z"}, coodie.Unset).Exec(ctx))
	raw, err := table.Find(name.Eq("raw")).First(ctx)
	require.NoError(t, err)
	require.Equal(t, int8(7), raw.Tiny)
	require.Equal(t, []string{"z"}, raw.Texts)
	require.Nil(t, raw.Maybe)

	res, err = table.Find(name.Eq("full"), coodie.Col(func(w *Wide) *time.Time { return &w.At }).Eq(full.At)).
		If(coodie.Col(func(w *Wide) *coodie.UUID { return &w.ID }).Eq(full.ID)).Delete(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// Reading is one of many rows of a partition.
type Reading struct {
	Sensor string `cql:"sensor,partition"`
	N      int    `cql:"n,clustering"`
}

// Pages: rows come in pages, in order and each once, by every way of reading, and a read may end early.
func Pages(t *testing.T, db *coodie.DB) {
	ctx := t.Context()
	const rows = 25
	table, err := coodie.Open[Reading](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	sensor := coodie.Col(func(r *Reading) *string { return &r.Sensor })
	all := make([]Reading, rows)
	for i := range all {
		all[i] = Reading{"a", i}
	}
	require.NoError(t, table.SaveAll(ctx, all))
	find := table.Find(sensor.Eq("a"))
	for _, size := range []int{1, 7, rows, rows + 1} {
		text := fmt.Sprintf("pages of %d", size)
		got, err := find.With(coodie.WithPageSize(size)).All(ctx)
		require.NoError(t, err, text)
		require.Equal(t, all, got, text)
		got = got[:0]
		for r, err := range find.With(coodie.WithPageSize(size)).Iter(ctx) {
			require.NoError(t, err, text)
			if got = append(got, r); len(got) == rows-1 {
				break
			}
		}
		require.Equal(t, all[:rows-1], got, text)

		got, token := nil, ""
		for {
			page, err := find.With(coodie.WithPageSize(size)).Page(ctx, token)
			require.NoError(t, err, text)
			require.LessOrEqual(t, len(page.Items), size, text)
			got = append(got, page.Items...)
			if token = page.Next; token == "" {
				break
			}
		}
		require.Equal(t, all, got, text)

		for _, raw := range []coodie.Raw{db.Raw("SELECT n FROM reading WHERE sensor = ?", "a"), db.Raw("SELECT n FROM reading")} {
			var read []int
			for row, err := range raw.With(coodie.WithPageSize(size)).Rows(ctx) {
				require.NoError(t, err, text)
				var n int
				require.NoError(t, row.Get("n", &n))
				read = append(read, n)
			}
			require.Len(t, read, rows, text)
			require.True(t, slices.IsSorted(read), text)
		}
		n, err := find.With(coodie.WithPageSize(size)).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, rows, n)
	}
}
