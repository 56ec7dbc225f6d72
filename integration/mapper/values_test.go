package mapper_test

import (
	"context"
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
)

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

// Names with quotes, spaces and capitals come through everything that prints them.
func TestNamesInQuotes(t *testing.T) {
	ctx := t.Context()
	t.Parallel()
	table := create[OddNames](t, connect(t))
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

// Keys, orders, groups, functions, indexes and views quote their names.
func TestOddNamesInEveryRead(t *testing.T) {
	ctx := t.Context()
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	table, err := coodie.Open[OddKeys](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	built(t, s)
	require.NoError(t, coodie.Schema(db, table).Verify(ctx))
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

func verdictCase() Judged {
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

// What Conditions says of a condition is what the server makes of it, also where equal values have
// other bytes. The only condition of a refused write did not hold.
func TestVerdictsAreTheServers(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table, six := create[Judged](t, s), six(t, s)
	ctx := t.Context()
	require.NoError(t, table.New(verdictCase()).Save(ctx))
	row, n := table.Find(coodie.AnyCol(table, "k").Eq(1)), coodie.AnyCol(table, "n")
	open := 0
	for _, c := range judgements(func(name string) *coodie.AnyColumn[Judged] { return coodie.AnyCol(table, name) }) {
		alone, err := row.If(c).AllowCreate().Update(ctx, n.Set(1))
		text := alone.Conditions()[0].Text
		if six && strings.HasPrefix(text, "fixed[") { // an element of a frozen map: 6.0-alpha2 throws
			require.Equal(t, coodie.KindFailure, coodie.KindOf(err), text)
			continue
		}
		require.NoError(t, err, text)
		if !alone.Applied {
			require.Equal(t, notHeld, verdictOf(alone.Conditions()[0]), text)
		}
		both, err := row.If(c, n.Eq(-1)).Update(ctx, n.Set(2))
		require.NoError(t, err, text)
		require.False(t, both.Applied)
		switch got := both.Conditions(); verdictOf(got[0]) {
		case "unknown":
			open++ // servers decide it differently
		default:
			require.Equal(t, alone.Applied, verdictOf(got[0]) == held, text)
		}
	}
	require.Less(t, open, 15)
}

// Sides is a row of which parts are changed side by side.
type Sides struct {
	K int            `cql:"k,partition"`
	N int            `cql:"n"`
	M map[string]int `cql:"m"`
	S []string       `cql:"s,set"`
	L []int          `cql:"l"`
}

// Changes of one collection that coodie sends in one statement come out the same in whatever order.
// Those that do not are refused: of two values of one element the server keeps the greater one.
func TestPartsSideBySide(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Sides](t, s)
	ctx := t.Context()
	m := coodie.Col(func(s *Sides) *map[string]int { return &s.M })
	set := coodie.Col(func(s *Sides) *[]string { return &s.S })
	l := coodie.Col(func(s *Sides) *[]int { return &s.L })
	row := table.Find(coodie.AnyCol(table, "k").Eq(1))
	requireUsage(t, row.Update(ctx, coodie.Entry(m, "a").Set(9), coodie.Entry(m, "a").Set(1)))
	requireUsage(t, row.Update(ctx, coodie.Put(m, map[string]int{"a": 1}), coodie.RemoveKeys(m, "a")))
	requireUsage(t, row.Update(ctx, coodie.Add(set, "a"), coodie.Remove(set, "a")))
	requireUsage(t, row.Update(ctx, coodie.At(l, 0).Set(1), coodie.Remove(l, 1)))
	_, err := row.If(coodie.Entry(m, "a").IsNotNull()).DeleteColumns(ctx, coodie.Entry(m, "a"), m)
	requireUsage(t, err)
	execute(t, s, "UPDATE sides SET m['a'] = 9, m['a'] = 1 WHERE k = 2")
	var a map[string]int
	scan(t, s, "SELECT m FROM sides WHERE k = 2", &a)
	require.Equal(t, map[string]int{"a": 9}, a, "why it is refused: the last one did not win")

	require.NoError(t, table.New(Sides{1, 1, map[string]int{"x": 1, "y": 2}, []string{"x", "y"}, []int{1, 2, 3}}).Save(ctx))
	require.NoError(t, row.Update(ctx, coodie.Entry(m, "a").Set(9), coodie.Entry(m, "b").Set(1), coodie.Put(m, map[string]int{"c": 3}), coodie.Put(m, map[string]int{"d": 4}),
		coodie.RemoveKeys(m, "x"), coodie.RemoveKeys(m, "x", "q"), coodie.Add(set, "a"), coodie.Add(set, "a", "b"), coodie.Remove(set, "x"),
		coodie.At(l, 0).Set(7), coodie.At(l, 1).Set(8), coodie.Append(l, 5), coodie.Prepend(l, 4)))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Sides{1, 1, map[string]int{"a": 9, "b": 1, "c": 3, "d": 4, "y": 2}, []string{"a", "b", "y"}, []int{4, 7, 8, 3, 5}}, got)
	require.NoError(t, row.Update(ctx, coodie.Append(l, 6), coodie.Remove(l, 7)))
	got, err = row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{4, 8, 3, 5, 6}, got.L)
}

// The zero time is refused, which the server would take for a write of the year 1, and so are times
// that have no microseconds of 64 bits. All others that the server takes are sent.
func TestTimestampsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Sides](t, s)
	row := table.Find(coodie.AnyCol(table, "k").Eq(1))
	set := func(at time.Time) error {
		return row.With(coodie.WithTimestamp(at)).Update(t.Context(), coodie.AnyCol(table, "n").Set(1))
	}
	for _, at := range []time.Time{{}, time.UnixMicro(math.MinInt64), time.Unix(math.MaxInt64/1000, 0)} {
		requireUsage(t, set(at))
	}
	require.Error(t, s.Query("UPDATE sides USING TIMESTAMP -9223372036854775808 SET n = 1 WHERE k = 1").Exec())
	for _, at := range []time.Time{time.UnixMicro(math.MinInt64 + 1), time.UnixMicro(-5), time.Unix(0, 0), time.UnixMicro(math.MaxInt64)} {
		require.NoError(t, set(at))
		var stored int64
		scan(t, s, "SELECT writetime(n) FROM sides WHERE k = 1", &stored)
		require.Equal(t, at.UnixMicro(), stored)
	}
}

type spanned struct {
	D gocql.Duration `cql:"d"`
}

// Open refuses the types that the server's CREATE TABLE refuses, and no others.
func TestTypesThatNoTableHas(t *testing.T) {
	t.Parallel()
	type (
		span  = gocql.Duration
		ofSet struct {
			K int    `cql:"k,partition"`
			V []span `cql:"v,set"`
		}
		ofKeys struct {
			K int          `cql:"k,partition"`
			V map[span]int `cql:"v"`
		}
		ofInner struct {
			K int              `cql:"k,partition"`
			V [][]map[span]int `cql:"v"`
		}
		ofKey struct {
			K span `cql:"k,partition"`
			V int  `cql:"v"`
		}
		ofListKey struct {
			K []span `cql:"k,partition"`
			V int    `cql:"v"`
		}
		ofTupleKey struct {
			K spanned `cql:"k,partition,tuple"`
			V int     `cql:"v"`
		}
		ofClustering struct {
			K int     `cql:"k,partition"`
			C spanned `cql:"c,clustering,tuple"`
			V int     `cql:"v"`
		}
		ofVectorKey struct {
			K [2]span `cql:"k,partition"`
			V int     `cql:"v"`
		}
		ofTuples struct {
			K int       `cql:"k,partition"`
			V []spanned `cql:"v,type=set<frozen<tuple<duration>>>"`
		}
		ofLists struct {
			K int      `cql:"k,partition"`
			V [][]span `cql:"v,type=set<frozen<list<duration>>>"`
		}
		ofValues struct {
			K int          `cql:"k,partition"`
			V map[int]span `cql:"v"`
		}
		ofCounters struct {
			K int     `cql:"k,partition"`
			V []int64 `cql:"v,type=list<counter>"`
		}
	)
	s := connect(t)
	db, six := over(t, s), six(t, s)
	of := func(_ any, err error) error { return err }
	name := coodie.WithTable("t")
	for columns, err := range map[string]error{
		"k int, v set<duration>, PRIMARY KEY (k)":                                  of(coodie.Open[ofSet](db, name)),
		"k int, v map<duration, int>, PRIMARY KEY (k)":                             of(coodie.Open[ofKeys](db, name)),
		"k int, v list<frozen<list<frozen<map<duration, int>>>>>, PRIMARY KEY (k)": of(coodie.Open[ofInner](db, name)),
		"k duration, v int, PRIMARY KEY (k)":                                       of(coodie.Open[ofKey](db, name)),
		"k frozen<list<duration>>, v int, PRIMARY KEY (k)":                         of(coodie.Open[ofListKey](db, name)),
		"k tuple<duration>, v int, PRIMARY KEY (k)":                                of(coodie.Open[ofTupleKey](db, name)),
		"k int, c tuple<duration>, v int, PRIMARY KEY (k, c)":                      of(coodie.Open[ofClustering](db, name)),
		"k vector<duration, 2>, v int, PRIMARY KEY (k)":                            of(coodie.Open[ofVectorKey](db, name)),
		"k int, v set<frozen<tuple<duration>>>, PRIMARY KEY (k)":                   of(coodie.Open[ofTuples](db, name)),
		"k int, v set<frozen<list<duration>>>, PRIMARY KEY (k)":                    of(coodie.Open[ofLists](db, name)),
		"k int, v map<int, duration>, PRIMARY KEY (k)":                             of(coodie.Open[ofValues](db, name)),
		"k int, v list<counter>, PRIMARY KEY (k)":                                  of(coodie.Open[ofCounters](db, name)),
	} {
		server := s.Query("CREATE TABLE t (" + columns + ")").Exec()
		if six && strings.Contains(columns, "vector") { // which 5.0 takes
			require.Error(t, server, columns)
			require.NoError(t, err, columns)
			continue
		}
		if server == nil {
			require.NoError(t, err, columns)
			execute(t, s, "DROP TABLE t")
			continue
		}
		var schema *coodie.SchemaError
		require.ErrorAs(t, err, &schema, "%s: %v", columns, server)
	}
}
