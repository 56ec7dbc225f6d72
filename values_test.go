package coodie_test

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Parts are columns of which parts can be changed.
type Parts struct {
	K     int               `cql:"k,partition"`
	N     int               `cql:"n"`
	M     map[string]int    `cql:"m"`
	Times map[time.Time]int `cql:"times"`
	S     []string          `cql:"s,set"`
	L     []int             `cql:"l"`
	U     Spot              `cql:"u"`
	Nums  []*inf.Dec        `cql:"nums,set"`
	Fixed map[time.Time]int `cql:"fixed,frozen"`
	Inner [][]Keyed         `cql:"inner"`
}

// Spot is a user-defined type that is not frozen.
type Spot struct {
	X int `cql:"x"`
	Y int `cql:"y"`
}

// Keyed has a map in a user-defined type.
type Keyed struct {
	At map[time.Time]string `cql:"at"`
}

var (
	partsM     = coodie.Col(func(p *Parts) *map[string]int { return &p.M })
	partsTimes = coodie.Col(func(p *Parts) *map[time.Time]int { return &p.Times })
	partsS     = coodie.Col(func(p *Parts) *[]string { return &p.S })
	partsNums  = coodie.Col(func(p *Parts) *[]*inf.Dec { return &p.Nums })
	partsL     = coodie.Col(func(p *Parts) *[]int { return &p.L })
	partsU     = coodie.Col(func(p *Parts) *Spot { return &p.U })
	spotX      = coodie.Field(partsU, func(s *Spot) *int { return &s.X })
	spotY      = coodie.Field(partsU, func(s *Spot) *int { return &s.Y })

	noon     = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	noonThen = noon.In(time.FixedZone("CEST", 7200)) // the same instant
)

// opened is the table of a DB, which is made.
func opened[T any](t *testing.T, db *coodie.DB) *coodie.Table[T] {
	t.Helper()
	table, err := coodie.Open[T](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	return table
}

// refused checks that each call was an error of KindUsage about the column, and that nothing was sent.
func refused(t *testing.T, srv *cqltest.Server, calls map[string]func() error, column, says string) {
	t.Helper()
	srv.ResetLog()
	for name, call := range calls {
		err := call()
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, column, usage.Column, name)
		require.ErrorContains(t, err, says, name)
	}
	require.Empty(t, srv.Log(), "nothing was sent")
}

// TestPartsAssignedTwice: the parts of one statement have one timestamp, so that of two values of one
// element the greater one would stay, and of a value and a deletion the deletion.
func TestPartsAssignedTwice(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	db := coodie.New(session)
	table := opened[Parts](t, db)
	row, doc := table.Find(coodie.AnyCol(table, "k").Eq(1)), table.New(Parts{K: 1})
	one, same := inf.NewDec(10, 1), inf.NewDec(100, 2)
	type assigns = []coodie.Assign[Parts]
	for _, tt := range []struct {
		column string
		of     assigns
	}{
		{"m", assigns{coodie.Entry(partsM, "a").Set(9), coodie.Entry(partsM, "a").Set(1)}},
		{"m", assigns{coodie.Entry(partsM, "a").Set(9), coodie.Entry(partsM, "b").Set(1), coodie.Entry(partsM, "a").SetNull()}},
		{"m", assigns{coodie.Put(partsM, map[string]int{"a": 1}), coodie.Entry(partsM, "a").Set(2)}},
		{"m", assigns{coodie.Put(partsM, map[string]int{"a": 1, "b": 2}), coodie.Put(partsM, map[string]int{"b": 3})}},
		{"m", assigns{coodie.RemoveKeys(partsM, "a"), coodie.Entry(partsM, "a").Set(2)}},
		{"m", assigns{coodie.Put(partsM, map[string]int{"a": 1}), coodie.RemoveKeys(partsM, "b", "a")}},
		{"m", assigns{coodie.AnyCol(table, "m").At("a").Set(9), coodie.AnyCol(table, "m").Remove([]string{"a"})}},
		{"m", assigns{coodie.Entry(partsM, "a").Set(9), partsM.Set(nil)}},
		{"times", assigns{coodie.Entry(partsTimes, noon).Set(1), coodie.Entry(partsTimes, noonThen).Set(2)}},
		{"times", assigns{coodie.Entry(partsTimes, noon).Set(1), coodie.Entry(partsTimes, noon.Add(time.Microsecond)).Set(2)}},
		{"s", assigns{coodie.Add(partsS, "a", "b"), coodie.Remove(partsS, "c", "b")}},
		{"s", assigns{coodie.Remove(partsS, "a"), coodie.Add(partsS, "a")}},
		{"nums", assigns{coodie.Add(partsNums, one), coodie.Remove(partsNums, same)}},
		{"l", assigns{coodie.At(partsL, 0).Set(1), coodie.At(partsL, 0).Set(2)}},
		{"l", assigns{coodie.At(partsL, 0).Set(1), coodie.Remove(partsL, 3)}},
		{"l", assigns{coodie.Append(partsL, 1, 2), coodie.Remove(partsL, 2)}},
		{"l", assigns{coodie.Remove(partsL, 2), coodie.Prepend(partsL, 2)}},
		{"u", assigns{spotX.Set(1), spotX.Set(2)}},
		{"u", assigns{partsU.Set(Spot{}), spotX.Set(2)}},
	} {
		refused(t, srv, map[string]func() error{
			"update":      func() error { return row.Update(ctx, tt.of...) },
			"document":    func() error { return doc.Update(ctx, tt.of...) },
			"conditional": func() error { return second(row.IfExists().Update(ctx, tt.of...)) },
			"batch": func() error {
				batch := db.Batch()
				row.UpdateIn(batch, tt.of...)
				return batch.Exec(ctx)
			},
		}, tt.column, "update parts (k): column "+tt.column+": ")
	}
	type targets = []coodie.Target[Parts]
	for _, tt := range []struct {
		column string
		of     targets
	}{
		{"m", targets{coodie.Entry(partsM, "a"), coodie.Entry(partsM, "a")}},
		{"m", targets{coodie.Entry(partsM, "a"), partsM}},
		{"times", targets{coodie.Entry(partsTimes, noon), coodie.Entry(partsTimes, noonThen)}},
		{"l", targets{coodie.At(partsL, 1), coodie.At(partsL, 1)}},
		{"u", targets{partsU, spotX}},
		{"n", targets{coodie.AnyCol(table, "n"), coodie.AnyCol(table, "s"), coodie.AnyCol(table, "n")}},
	} {
		refused(t, srv, map[string]func() error{
			"query":       func() error { return row.DeleteColumns(ctx, tt.of...) },
			"document":    func() error { return doc.DeleteColumns(ctx, tt.of...) },
			"conditional": func() error { return second(doc.IfExists().DeleteColumns(ctx, tt.of...)) },
		}, tt.column, "deleted twice")
	}

	// What goes together is sent, and does what it says.
	require.NoError(t, row.Update(ctx, partsL.Set([]int{1, 2, 3}), partsS.Set([]string{"x", "y"}), partsM.Set(map[string]int{"x": 1, "y": 2})))
	require.NoError(t, row.Update(ctx, coodie.Entry(partsM, "a").Set(9), coodie.Entry(partsM, "b").Set(1), coodie.Put(partsM, map[string]int{"c": 3}), coodie.Put(partsM, map[string]int{"d": 4}),
		coodie.RemoveKeys(partsM, "x"), coodie.RemoveKeys(partsM, "x", "q"), spotX.Set(1), spotY.Set(2),
		coodie.Add(partsS, "a"), coodie.Add(partsS, "a", "b"), coodie.Remove(partsS, "x"), coodie.At(partsL, 0).Set(7), coodie.At(partsL, 1).Set(8), coodie.Append(partsL, 5), coodie.Prepend(partsL, 4)))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"a": 9, "b": 1, "c": 3, "d": 4, "y": 2}, got.M)
	require.Equal(t, []string{"a", "b", "y"}, got.S)
	require.Equal(t, []int{4, 7, 8, 3, 5}, got.L)
	require.Equal(t, Spot{1, 2}, got.U)
	require.NoError(t, row.Update(ctx, coodie.Append(partsL, 6), coodie.Remove(partsL, 7)))
	require.NoError(t, row.DeleteColumns(ctx, coodie.Entry(partsM, "a"), coodie.Entry(partsM, "b"), spotX, coodie.AnyCol(table, "n")))
	got, err = row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{4, 8, 3, 5, 6}, got.L)
	require.Equal(t, map[string]int{"c": 3, "d": 4, "y": 2}, got.M)
}

// ByTimes has a frozen map as its key.
type ByTimes struct {
	K map[time.Time]int `cql:"k,partition"`
	V int               `cql:"v"`
}

// TestTwoKeysThatAreOne: two keys of a Go map that are one in CQL are an error, wherever the map is.
// Which value stayed would be a matter of Go's random order.
func TestTwoKeysThatAreOne(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	byTimes, table := open[ByTimes](t, session), open[Parts](t, session)
	both := map[time.Time]int{noon: 1, noonThen: 2}
	texts := map[time.Time]string{noon: "a", noonThen: "b"}
	const says = "two keys of the map are one in CQL"
	row := table.Find(coodie.AnyCol(table, "k").Eq(1))
	refused(t, srv, map[string]func() error{
		"insert":  func() error { return second(byTimes.New(ByTimes{K: both}).Insert(ctx)) },
		"save":    func() error { return byTimes.New(ByTimes{K: both}).Save(ctx) },
		"delete":  func() error { return byTimes.New(ByTimes{K: both}).Delete(ctx) },
		"find":    func() error { return second(byTimes.Find(coodie.AnyCol(byTimes, "k").Eq(both)).Get(ctx)) },
		"find in": func() error { return second(byTimes.Find(coodie.AnyCol(byTimes, "k").In(both)).All(ctx)) },
		"mutate": func() error {
			return second(byTimes.New(ByTimes{K: both}).Mutate(ctx, func(context.Context, *ByTimes) error { return nil }))
		},
		"save all": func() error { return byTimes.SaveAll(ctx, []ByTimes{{K: both}}) },
	}, "k", says)
	refused(t, srv, map[string]func() error{
		"save":    func() error { return table.New(Parts{K: 1, Times: both}).Save(ctx) },
		"set":     func() error { return row.Update(ctx, partsTimes.Set(both)) },
		"put":     func() error { return row.Update(ctx, coodie.Put(partsTimes, both)) },
		"by name": func() error { return row.Update(ctx, coodie.AnyCol(table, "times").Add(both)) },
		"if":      func() error { return second(row.If(partsTimes.Eq(both)).Delete(ctx)) },
		"if in":   func() error { return second(row.If(partsTimes.In(nil, both)).Delete(ctx)) },
		"JSON": func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "times": {"2024-05-06 12:00Z": 1, "2024-05-06T14:00:00.0+02:00": 2}}`))
		},
		"JSON twice": func() error { return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "times": {"": 1, "": 2}}`)) },
	}, "times", says)
	refused(t, srv, map[string]func() error{
		"save": func() error { return table.New(Parts{K: 1, Fixed: both}).Save(ctx) },
		"replace": func() error {
			return second(table.New(Parts{K: 1, Fixed: both}).IfExists().Replace(ctx))
		},
		"if": func() error { return second(row.If(coodie.AnyCol(table, "fixed").Eq(both)).Delete(ctx)) },
	}, "fixed", says)
	refused(t, srv, map[string]func() error{
		"save": func() error { return table.New(Parts{K: 1, Inner: [][]Keyed{{{At: texts}}}}).Save(ctx) },
		"JSON": func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "inner": [[{"at": {"1714996800000": "a", "2024-05-06 12:00Z": "b"}}]]}`))
		},
	}, "inner", says)
	refused(t, srv, map[string]func() error{
		"field": func() error { return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "u": {"x": 1, "X": 2}}`)) },
		"field in text": func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "u": "{\"x\": 1, \"\\\"x\\\"\": 2}"}`))
		},
		"create": func() error {
			return second(table.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"k": 1, "u": {"x": 1, "x": 2}}`)))
		},
	}, "u", says)
	refused(t, srv, map[string]func() error{
		"JSON": func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 1, "m": {"a": 1, "b": 2, "a": 3}}`))
		},
	}, "m", says)

	require.NoError(t, table.New(Parts{K: 2, Nums: []*inf.Dec{inf.NewDec(10, 1), inf.NewDec(100, 2)}}).Save(ctx), "a set has each element once")
	require.NoError(t, table.Find().SaveJSON(ctx, json.RawMessage(`{"k": 3, "m": {"a": 1, "A": 2}, "inner": [[{"at": {"2024-05-06 12:00Z": "a"}}, {"at": {"2024-05-06 12:00Z": "b"}}]]}`)))
}

// Eight is a key that holds less than its column does.
type Eight struct {
	K int8 `cql:"k,partition,type=int"`
	C int8 `cql:"c,clustering,type=bigint"`
	N int  `cql:"n"`
}

// KeyedByTime has a key that the field holds as null, or in another way.
type KeyedByTime struct {
	K time.Time `cql:"k,partition"`
	N int       `cql:"n"`
}

// TestMutateOfAKeyThatDoesNotFit: the function would get another key than the one that was asked for.
func TestMutateOfAKeyThatDoesNotFit(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	eights, stamps := open[Eight](t, session), open[KeyedByTime](t, session)
	k, c := coodie.AnyCol(eights, "k"), coodie.AnyCol(eights, "c")
	called := func(_ context.Context, _ *Eight) error { panic("called") }
	refused(t, srv, map[string]func() error{
		"or create": func() error { return second(eights.Find(k.Eq(300), c.Eq(1)).Mutate(ctx, called, coodie.OrCreate())) },
		"mutate":    func() error { return second(eights.Find(k.Eq(300), c.Eq(1)).Mutate(ctx, called)) },
		"unqueued":  func() error { return second(eights.Find(k.Eq(300), c.Eq(1)).Mutate(ctx, called, coodie.Unqueued())) },
	}, "k", "field K cannot hold the key")
	refused(t, srv, map[string]func() error{
		"or create": func() error {
			return second(eights.Find(k.Eq(1), c.Eq(int64(-129))).Mutate(ctx, called, coodie.OrCreate()))
		},
	}, "c", "field C cannot hold the key")
	refused(t, srv, map[string]func() error{
		"zero": func() error {
			zero := time.Time{}.UnixMilli()
			return second(stamps.Find(coodie.AnyCol(stamps, "k").Eq(zero)).Mutate(ctx, func(context.Context, *KeyedByTime) error { return nil }, coodie.OrCreate()))
		},
	}, "k", "the field holds it as another value")

	res, err := eights.Find(k.Eq(int64(100)), c.Eq(uint8(7))).Mutate(ctx, func(_ context.Context, e *Eight) error { e.N++; return nil }, coodie.OrCreate())
	require.NoError(t, err)
	require.Equal(t, Eight{100, 7, 1}, res.Value, "a key by another Go type that fits")

	// What was written under such a key is named in the error, as far as its columns go.
	srv.Fault(cqltest.On(cqltest.Conditional, "eight"), cqltest.Apply, cqltest.CASWriteUnknown())
	_, err = eights.Find(k.Eq(300), c.Eq(1)).If(coodie.AnyCol(eights, "n").IsNull()).AllowCreate().Update(ctx, coodie.AnyCol(eights, "n").Set(1))
	var unknown *coodie.Error
	require.ErrorAs(t, err, &unknown)
	require.True(t, unknown.Unknown)
	require.Equal(t, "(k, c)", unknown.Key.String())
	require.Equal(t, 300, unknown.Key[0].Value)
}

// TestTimestampsThatCannotBe: a write under the zero time would be older than all others, and vanish.
func TestTimestampsThatCannotBe(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	db := coodie.New(session)
	table := opened[Parts](t, db)
	doc, row := table.New(Parts{K: 1, N: 2}), table.Find(coodie.AnyCol(table, "k").Eq(1))
	n := coodie.AnyCol(table, "n")
	for _, tt := range []struct {
		at   time.Time
		says string
	}{
		{time.Time{}, "the timestamp is the zero time"},
		{time.Time{}.In(time.Local), "the timestamp is the zero time"},
		{time.UnixMicro(math.MinInt64), "the timestamp is no time of the years"},
		{time.UnixMicro(math.MaxInt64).Add(time.Microsecond), "the timestamp is no time of the years"},
		{time.Unix(math.MaxInt64/1000, 0), "the timestamp is no time of the years"},
		{time.Unix(math.MinInt64/2, 0), "the timestamp is no time of the years"},
	} {
		in := func(add func(*coodie.Batch)) error {
			batch := db.Batch()
			add(batch)
			return batch.Exec(ctx)
		}
		refused(t, srv, map[string]func() error{
			"save":           func() error { return doc.With(coodie.WithTimestamp(tt.at)).Save(ctx) },
			"update":         func() error { return doc.With(coodie.WithTimestamp(tt.at)).Update(ctx, n.Set(1)) },
			"delete":         func() error { return doc.With(coodie.WithTimestamp(tt.at)).Delete(ctx) },
			"delete columns": func() error { return doc.With(coodie.WithTimestamp(tt.at)).DeleteColumns(ctx, n) },
			"query update":   func() error { return row.With(coodie.WithTimestamp(tt.at)).Update(ctx, n.Set(1)) },
			"query delete":   func() error { return row.With(coodie.WithTimestamp(tt.at)).Delete(ctx) },
			"query columns":  func() error { return row.With(coodie.WithTimestamp(tt.at)).DeleteColumns(ctx, n) },
			"JSON": func() error {
				return table.Find().With(coodie.WithTimestamp(tt.at)).SaveJSON(ctx, json.RawMessage(`{"k": 1}`))
			},
			"batch": func() error { return in(func(b *coodie.Batch) { doc.With(coodie.WithTimestamp(tt.at)).SaveIn(b) }) },
			"batch update": func() error {
				return in(func(b *coodie.Batch) { row.With(coodie.WithTimestamp(tt.at)).UpdateIn(b, n.Set(1)) })
			},
			"batch JSON": func() error {
				return in(func(b *coodie.Batch) {
					table.Find().With(coodie.WithTimestamp(tt.at)).SaveJSONIn(b, json.RawMessage(`{"k": 1}`))
				})
			},
		}, "", tt.says)
	}
	for _, at := range []time.Time{time.UnixMicro(math.MinInt64 + 1), time.UnixMicro(-5), time.Unix(0, 0), time.UnixMicro(math.MaxInt64)} {
		require.NoError(t, row.With(coodie.WithTimestamp(at)).Update(ctx, n.Set(1)), at)
		sent := srv.Log()
		require.Contains(t, sent[len(sent)-1].Values(), at.UnixMicro(), "the server takes it, and so does coodie")
	}
}

type spanned struct {
	D gocql.Duration `cql:"d"`
}

// TestTypesThatNoTableHas: what CREATE TABLE refuses is refused by Open.
func TestTypesThatNoTableHas(t *testing.T) {
	_, session := patient(t)
	db := coodie.New(session)
	type duration = gocql.Duration
	for name, err := range map[string]error{
		"D: a set cannot hold durations": second(coodie.Open[struct {
			K int        `cql:"k,partition"`
			D []duration `cql:"d,set"`
		}](db, coodie.WithTable("t"))),
		"D: a set cannot hold durations, ": second(coodie.Open[struct {
			K int                        `cql:"k,partition"`
			D map[time.Duration]struct{} `cql:"d,type=frozen<set<duration>>"`
		}](db, coodie.WithTable("t"))),
		"D: a duration cannot be a map's key": second(coodie.Open[struct {
			K int              `cql:"k,partition"`
			D map[duration]int `cql:"d"`
		}](db, coodie.WithTable("t"))),
		"E: a duration cannot be a map's key": second(coodie.Open[struct {
			K int                      `cql:"k,partition"`
			E [][]map[duration]spanned `cql:"e"`
		}](db, coodie.WithTable("t"))),
		"K: a duration cannot be part of the primary key": second(coodie.Open[struct {
			K duration `cql:"k,partition"`
		}](db, coodie.WithTable("t"))),
		"C: a duration cannot be part of the primary key": second(coodie.Open[struct {
			K int        `cql:"k,partition"`
			C []duration `cql:"c,clustering"`
		}](db, coodie.WithTable("t"))),
		"U: a duration cannot be part of the primary key": second(coodie.Open[struct {
			K int     `cql:"k,partition"`
			U spanned `cql:"u,clustering"`
		}](db, coodie.WithTable("t"))),
		"T: a duration cannot be part of the primary key": second(coodie.Open[struct {
			T spanned `cql:"t,partition,tuple"`
		}](db, coodie.WithTable("t"))),
		"N: a counter cannot be part of another type": second(coodie.Open[struct {
			K int     `cql:"k,partition"`
			N []int64 `cql:"n,type=list<counter>"`
		}](db, coodie.WithTable("t"))),
	} {
		field, says, _ := strings.Cut(name, ": ")
		var schema *coodie.SchemaError
		require.ErrorAs(t, err, &schema, name)
		require.Equal(t, field, schema.Field)
		require.Contains(t, schema.Reason, says)
	}
	_, err := coodie.Open[struct {
		K int                        `cql:"k,partition"`
		D duration                   `cql:"d"`
		L []duration                 `cql:"l"`
		M map[int]duration           `cql:"m"`
		T map[string]map[int]spanned `cql:"t"`
		S []spanned                  `cql:"s,set"`
	}](db, coodie.WithTable("t"))
	require.NoError(t, err, "the server takes these")
}

// OddNames has names that need quotes, and such that hold some.
type OddNames struct {
	K     string        `cql:"k,partition"`
	A     int           `cql:"a\"b"`
	Space int           `cql:"a b"`
	Mixed int           `cql:"Big"`
	Both  int           `cql:"\"x\""`
	One   int           `cql:"\""`
	Slash int           `cql:"a\\b"`
	Mark  int           `cql:"q?r"`
	U     OddType       `cql:"u"`
	P     OddPair[int8] `cql:"p"`
}

// OddType has a name that needs quotes.
type OddType struct {
	A int `cql:"f\"g"`
	B int `cql:"my Field"`
}

func (OddType) UDTName() string { return "my \"own\" Type" }

// OddPair is generic, and so has to be named.
type OddPair[T any] struct{ A, B T }

func (OddPair[T]) UDTName() string { return "pair[int8]" }

// TestNamesInQuotes: names with quotes, spaces and capitals come through everything that prints them.
func TestNamesInQuotes(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	table := open[OddNames](t, session)
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	want := OddNames{"k", 1, 2, 3, 4, 5, 6, 7, OddType{8, 9}, OddPair[int8]{1, 2}}
	require.NoError(t, table.New(want).Save(ctx))
	row := table.Find(coodie.AnyCol(table, "k").Eq("k"))
	text, err := row.JSON().One(ctx)
	require.NoError(t, err)
	require.NoError(t, row.Delete(ctx))
	require.NoError(t, table.Find().SaveJSON(ctx, text), "%s", text)
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, want, got)

	for i, name := range []string{`a"b`, "a b", "Big", `"x"`, `"`, `a\b`, "q?r"} {
		res, err := row.If(coodie.AnyCol(table, name).Eq(i+1)).Update(ctx, coodie.AnyCol(table, name).Set(10+i))
		require.NoError(t, err, name)
		require.NoError(t, res.Err(), name)
		res, err = row.If(coodie.AnyCol(table, name).Eq(-1)).DeleteColumns(ctx, coodie.AnyCol(table, name))
		require.NoError(t, err, name)
		require.Equal(t, map[string]any{name: 10 + i}, res.Existing.Map())
	}
	res, err := row.If(coodie.AnyCol(table, "u").Field(`f"g`).Eq(8)).Update(ctx, coodie.AnyCol(table, "u").Field("my Field").Set(1))
	require.NoError(t, err)
	require.NoError(t, res.Err())
	got, err = row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, OddType{8, 1}, got.U)
}

// OddKeys has odd names in its key, and an index.
type OddKeys struct {
	P int    `cql:"p\"q,partition"`
	C int    `cql:"c d,clustering,desc"`
	S string `cql:"S\"s,static"`
	V int    `cql:"\"v\",index"`
	W int    `cql:"w.w"`
}

// OddView is a view of it.
type OddView struct {
	V int `cql:"\"v\",partition"`
	P int `cql:"p\"q,clustering"`
	C int `cql:"c d,clustering"`
}

// TestOddNamesInEveryRead: keys, orders, groups, functions, indexes and views quote their names.
func TestOddNamesInEveryRead(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	db := coodie.New(session)
	table := opened[OddKeys](t, db)
	require.NoError(t, coodie.Schema(db, table).Verify(ctx))
	view, err := coodie.OpenView[OddView](table, coodie.WithTable("odd_view"))
	require.NoError(t, err)
	require.Equal(t, []string{`CREATE MATERIALIZED VIEW IF NOT EXISTS odd_view AS SELECT """v""", "p""q", "c d" FROM odd_keys ` +
		`WHERE """v""" IS NOT NULL AND "p""q" IS NOT NULL AND "c d" IS NOT NULL PRIMARY KEY ("""v""", "p""q", "c d") WITH CLUSTERING ORDER BY ("p""q" ASC, "c d" ASC)`}, coodie.Schema(db, view).CQL())
	p := coodie.Col(func(o *OddKeys) *int { return &o.P })
	c := coodie.Col(func(o *OddKeys) *int { return &o.C })
	v := coodie.Col(func(o *OddKeys) *int { return &o.V })
	rows := []OddKeys{{1, 2, "s", 2, 0}, {1, 1, "s", 1, 0}}
	batch := db.Batch()
	table.New(rows[0]).SaveIn(batch)
	table.New(rows[1]).SaveIn(batch)
	require.NoError(t, batch.Exec(ctx))

	some := table.Find(p.Eq(1))
	for name, read := range map[string]func() ([]OddKeys, error){
		"all":     func() ([]OddKeys, error) { return some.All(ctx) },
		"order":   func() ([]OddKeys, error) { return some.OrderBy(coodie.Desc(c)).All(ctx) },
		"cols":    func() ([]OddKeys, error) { return some.Filter(coodie.Cols[OddKeys](c).Ge(OddKeys{C: 1})).All(ctx) },
		"token":   func() ([]OddKeys, error) { return table.Find(coodie.Token[OddKeys]().Ge(-1 << 63)).All(ctx) },
		"indexed": func() ([]OddKeys, error) { return table.Find(v.Eq(2)).All(ctx) },
		"page": func() ([]OddKeys, error) {
			page, err := some.With(coodie.WithPageSize(10)).Page(ctx, "")
			return page.Items, err
		},
	} {
		got, err := read()
		require.NoError(t, err, name)
		require.Equal(t, rows[:len(got)], got, name)
		require.NotEmpty(t, got, name)
	}
	text, err := some.Filter(c.Eq(2)).JSON().One(ctx)
	require.NoError(t, err)
	require.JSONEq(t, `{"p\"q": 1, "c d": 2, "\"S\"s\"": "s", "\"v\"": 2, "w.w": 0}`, string(text))
	require.NoError(t, table.Find().SaveJSON(ctx, text))

	res, err := some.Filter(c.Eq(2)).Mutate(ctx, func(_ context.Context, o *OddKeys) error { o.W = 5; return nil })
	require.NoError(t, err)
	require.Equal(t, OddKeys{1, 2, "s", 2, 5}, res.Value)
	require.NoError(t, some.Filter(c.Gt(1)).Delete(ctx))
	n, err := some.Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

type unnamedPair[T any] struct{ A, B T }

type blankName struct{ A int }

func (blankName) UDTName() string { return "" }

// TestNamesOfUserTypes: the error says which name it is, and why it will not do.
func TestNamesOfUserTypes(t *testing.T) {
	_, session := patient(t)
	db := coodie.New(session)
	_, err := coodie.Open[struct {
		K int              `cql:"k,partition"`
		P unnamedPair[int] `cql:"p"`
	}](db, coodie.WithTable("t"))
	require.ErrorContains(t, err, `its Go name "unnamedPair[int]" cannot be that of a user-defined type: give it a method UDTName() string`)
	_, err = coodie.Open[struct {
		K int       `cql:"k,partition"`
		P blankName `cql:"p"`
	}](db, coodie.WithTable("t"))
	require.ErrorContains(t, err, "its method UDTName() returns no name")
}

// Judged has columns of all types that a condition compares by more than their bytes.
type Judged struct {
	K      int                  `cql:"k,partition"`
	N      int                  `cql:"n"`
	F      float32              `cql:"f"`
	D      float64              `cql:"d"`
	Dec    *inf.Dec             `cql:"dec"`
	Big    *big.Int             `cql:"big"`
	Span   gocql.Duration       `cql:"span"`
	ID     gocql.UUID           `cql:"id"`
	TID    gocql.UUID           `cql:"tid,type=timeuuid"`
	IP     net.IP               `cql:"ip"`
	Set    []*inf.Dec           `cql:"dset,set"`
	List   []*inf.Dec           `cql:"dlist"`
	Map    map[string]*inf.Dec  `cql:"dmap"`
	Keys   map[int]float64      `cql:"dkeys"`
	Fixed  map[string]*inf.Dec  `cql:"fixed,frozen"`
	FixedL []*inf.Dec           `cql:"fixedl,frozen"`
	U      Measure              `cql:"u"`
	FU     *Measure             `cql:"fu,frozen"`
	T      *Measure             `cql:"t,tuple"`
	V      [2]float32           `cql:"v"`
	Lists  map[string][]float32 `cql:"lists"`
}

// Measure is a user-defined type, and a tuple.
type Measure struct {
	A int      `cql:"a"`
	D *inf.Dec `cql:"d"`
}

func dec(unscaled int64, scale inf.Scale) *inf.Dec { return inf.NewDec(unscaled, scale) }

func judged() Judged {
	one := dec(10, 1)
	return Judged{
		K: 1, N: 1, F: float32(math.NaN()), D: math.Copysign(0, -1), Dec: one, Big: big.NewInt(5), Span: gocql.Duration{Months: 1},
		ID: gocql.UUID{6: 0x40, 15: 1}, TID: gocql.UUID{6: 0x10, 15: 1}, IP: net.IPv4(10, 0, 0, 1),
		Set: []*inf.Dec{one}, List: []*inf.Dec{one}, Map: map[string]*inf.Dec{"a": one}, Keys: map[int]float64{1: 0},
		Fixed: map[string]*inf.Dec{"a": one}, FixedL: []*inf.Dec{one}, U: Measure{1, one}, FU: &Measure{1, one}, T: &Measure{1, one},
		V: [2]float32{1, float32(math.Copysign(0, -1))}, Lists: map[string][]float32{"a": {}},
	}
}

// judgements are conditions on that row, about half of which hold.
func judgements(of func(column string) *coodie.AnyColumn[Judged]) (conds []coodie.Cond[Judged]) {
	one, two, half := dec(100, 2), dec(2, 0), dec(5, 1)
	three := map[string][]any{
		"f": {float32(math.NaN()), float32(math.Inf(1)), float32(1)}, "d": {0.0, math.Copysign(0, -1), math.NaN(), -1.0},
		"dec": {one, two, half, dec(1, math.MaxInt32), dec(-1, math.MinInt32)}, "big": {big.NewInt(5), big.NewInt(-300), big.NewInt(70000)},
		"id": {gocql.UUID{6: 0x40, 15: 1}, gocql.UUID{6: 0x10, 0: 9}, gocql.UUID{6: 0x40, 15: 2}}, "tid": {gocql.UUID{6: 0x10, 15: 1}, gocql.UUID{6: 0x10, 15: 0xf2}},
		"ip":    {net.IPv4(10, 0, 0, 1), net.IPv4(9, 0, 0, 2), net.ParseIP("::1")},
		"dset":  {[]*inf.Dec{one}, []*inf.Dec{two}, []*inf.Dec{half, two}, []*inf.Dec{}},
		"dlist": {[]*inf.Dec{one}, []*inf.Dec{one, two}, []*inf.Dec{half, two}},
		"dmap":  {map[string]*inf.Dec{"a": one}, map[string]*inf.Dec{"b": half}, map[string]*inf.Dec{"a": two}, map[string]*inf.Dec{"a": one, "b": one}},
		"fixed": {map[string]*inf.Dec{"a": one}, map[string]*inf.Dec{"b": half}, map[string]*inf.Dec{"a": two}, map[string]*inf.Dec{}},
		"u":     {Measure{1, one}, Measure{1, two}, Measure{A: 1}}, "fu": {Measure{1, one}, Measure{1, half}, Measure{A: 1}},
		"t": {Measure{1, one}, Measure{1, two}, Measure{A: 1}}, "v": {[2]float32{1, 0}, [2]float32{1, float32(math.Copysign(0, -1))}, [2]float32{0, 5}},
		"fixedl": {[]*inf.Dec{one}, []*inf.Dec{}},
	}
	for column, values := range three {
		c := of(column)
		conds = append(conds, c.In(values...), c.In(values[len(values)-1]), c.IsNull(), c.IsNotNull())
		for _, v := range values {
			conds = append(conds, c.Eq(v), c.Ne(v))
			if r := reflect.ValueOf(v); r.Kind() != reflect.Slice && r.Kind() != reflect.Map || r.Len() > 0 {
				conds = append(conds, c.Lt(v), c.Le(v), c.Gt(v), c.Ge(v)) // which have no empty collection
			}
		}
	}
	span := of("span")
	conds = append(conds, span.Eq(gocql.Duration{Months: 1}), span.Eq(gocql.Duration{Days: 30}), span.Ne(gocql.Duration{Days: 30}))
	for _, v := range []any{one, dec(10, 1), two} {
		conds = append(conds, of("dmap").At("a").Eq(v), of("dmap").At("a").Ne(v), of("fixed").At("a").Eq(v), of("dlist").At(0).Eq(v), of("dlist").At(0).Lt(v),
			of("dset").Contains(v), of("dlist").Contains(v), of("dmap").Contains(v), of("fixed").Contains(v), of("fixedl").Contains(v),
			of("u").Field("d").Eq(v), of("fu").Field("d").Eq(v), of("fu").Field("d").Gt(v))
	}
	return append(conds, of("dkeys").At(1).Eq(0.0), of("dkeys").At(1).Eq(math.Copysign(0, -1)), of("dkeys").Contains(0.0), of("dkeys").Contains(math.Copysign(0, -1)),
		of("lists").At("a").Eq([]float32{}), of("lists").At("b").Eq([]float32{}), of("lists").At("a").IsNull(), of("lists").Contains([]float32{}), of("fixed").ContainsKey("a"))
}

// TestVerdictsAreTheServers: what Conditions says of a condition is what the server makes of it, also
// where equal values have other bytes. The only condition of a refused write did not hold.
func TestVerdictsAreTheServers(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			_, session := patient(t, cqltest.WithDialect(dialect))
			table := open[Judged](t, session)
			ctx := t.Context()
			require.NoError(t, table.New(judged()).Save(ctx))
			row, n := table.Find(coodie.AnyCol(table, "k").Eq(1)), coodie.AnyCol(table, "n")
			known, refused := 0, 0
			for _, c := range judgements(func(name string) *coodie.AnyColumn[Judged] { return coodie.AnyCol(table, name) }) {
				alone, err := row.If(c).AllowCreate().Update(ctx, n.Set(1))
				if err != nil && dialect == cqltest.Scylla {
					require.ErrorContains(t, err, "CONTAINS", "which ScyllaDB has in filters only")
					refused++
					continue
				}
				text := alone.Conditions()[0].Text
				require.NoError(t, err, text)
				if !alone.Applied {
					require.True(t, alone.Conditions()[0].Refused, text)
				}
				both, err := row.If(c, n.Eq(-1)).Update(ctx, n.Set(2))
				require.NoError(t, err, text)
				require.False(t, both.Applied)
				got := both.Conditions()
				require.True(t, got[1].Refused, text)
				if verdictOf(got[0]) != "unknown" {
					require.Equal(t, alone.Applied, got[0].Held, text)
					known++
				}
			}
			require.Less(t, len(judgements(func(name string) *coodie.AnyColumn[Judged] { return coodie.AnyCol(table, name) }))-known-refused, 15, "those that servers decide differently")
		})
	}
}

// TestTheOnlyOneThatIsLeft: where all other conditions of a batch held, the open one did not.
func TestTheOnlyOneThatIsLeft(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	db := coodie.New(session)
	table := opened[Judged](t, db)
	require.NoError(t, table.New(judged()).Save(ctx))
	row, n := table.Find(coodie.AnyCol(table, "k").Eq(1)), coodie.AnyCol(table, "n")
	batch := db.Batch()
	h1 := row.If(n.Eq(1)).UpdateIn(batch, n.Set(2))
	h2 := row.If(coodie.AnyCol(table, "fixed").Contains(dec(100, 2)), n.Gt(0)).UpdateIn(batch, coodie.AnyCol(table, "d").Set(1.0))
	require.NoError(t, batch.Exec(ctx))
	for h, want := range map[*coodie.Handle[Judged]][]string{h1: {"held"}, h2: {"not held", "held"}} {
		res, err := h.Result()
		require.NoError(t, err)
		var got []string
		for _, c := range res.Conditions() {
			got = append(got, verdictOf(c))
		}
		require.Equal(t, want, got)
	}
}

// TestDecimalsOfAnyExponent: comparing them takes no longer than reading them. (The largest would be
// multiplied by a power of ten with two thousand million digits.)
func TestDecimalsOfAnyExponent(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	table := open[Judged](t, session)
	row := table.Find(coodie.AnyCol(table, "k").Eq(1))
	huge, tiny := dec(7, math.MinInt32), dec(7, math.MaxInt32)
	doc := judged()
	doc.Dec, doc.Set, doc.Map = huge, []*inf.Dec{huge, tiny}, map[string]*inf.Dec{"a": tiny}
	require.NoError(t, table.New(doc).Save(ctx))
	for _, other := range []*inf.Dec{tiny, dec(1, 0), dec(-7, math.MinInt32)} {
		res, err := row.If(coodie.AnyCol(table, "dec").Eq(other)).Update(ctx, coodie.AnyCol(table, "n").Set(5))
		require.NoError(t, err)
		require.True(t, res.Conditions()[0].Refused)
		res, err = row.If(coodie.AnyCol(table, "dec").Lt(other), coodie.AnyCol(table, "dset").Contains(tiny), coodie.AnyCol(table, "dmap").At("a").Eq(tiny)).Update(ctx, coodie.AnyCol(table, "n").Set(5))
		require.NoError(t, err)
		require.True(t, res.Conditions()[0].Refused)
		require.True(t, res.Conditions()[1].Held)
		require.True(t, res.Conditions()[2].Held)
		require.Equal(t, 0, res.Existing.Value.Dec.Cmp(huge))
		require.Equal(t, coodie.AnyCol(table, "dec").String(), res.Existing.Pairs()[0].Column)
	}
	_, err := row.Mutate(ctx, func(_ context.Context, j *Judged) error { j.Dec = tiny; return nil })
	require.NoError(t, err)
}

// Born has a date, and a type whose own method may fail.
type Born struct {
	K int         `cql:"k,partition"`
	D coodie.Date `cql:"d"`
	E Even        `cql:"e,type=int"`
}

// Even marshals even numbers.
type Even int

func (e Even) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	if e%2 != 0 {
		return nil, context.DeadlineExceeded // whatever it says
	}
	return gocql.Marshal(info, int(e))
}

func (e *Even) UnmarshalCQL(info gocql.TypeInfo, data []byte) error {
	return gocql.Unmarshal(info, data, (*int)(e))
}

// TestReasonsOfMarshalers: the error says why the value has no cell, and not only that.
func TestReasonsOfMarshalers(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	table := open[Born](t, session)
	for date, says := range map[coodie.Date]string{
		{Year: 6_000_000, Month: 1, Day: 1}: "the date is out of CQL's range",
		{Year: 2023, Month: 2, Day: 29}:     "the date is not in the calendar",
	} {
		refused(t, srv, map[string]func() error{
			"save": func() error { return table.New(Born{D: date}).Save(ctx) },
			"update": func() error {
				return table.Find(coodie.AnyCol(table, "k").Eq(1)).Update(ctx, coodie.AnyCol(table, "d").Set(date))
			},
			"if": func() error {
				return second(table.Find(coodie.AnyCol(table, "k").Eq(1)).If(coodie.AnyCol(table, "d").Eq(date)).Delete(ctx))
			},
		}, "d", says)
	}
	refused(t, srv, map[string]func() error{
		"save": func() error { return table.New(Born{E: 3}).Save(ctx) },
	}, "e", "its own encoding failed; its error may quote the value and is not printed: errors.As finds it")
	require.ErrorIs(t, table.New(Born{E: 3}).Save(ctx), context.DeadlineExceeded)
}
