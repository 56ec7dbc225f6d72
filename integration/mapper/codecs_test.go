package mapper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
)

// Coded has columns that are stored in another way than their Go types' own.
type Coded struct {
	ID    string   `cql:"id,partition"`
	Spot  *Spot    `cql:"spot,json"`
	Hist  []Spot   `cql:"hist,json"`
	Upper string   `cql:"upper,type=ascii,codec=upper"`
	Path  []string `cql:"path,type=frozen<list<text>>,codec=path"`
	N     *int     `cql:"n"`
}

func (Coded) Codecs() []coodie.Codec {
	return []coodie.Codec{
		coodie.CodecOf("upper", func(s string) (string, error) { return strings.ToUpper(s), nil },
			func(s string) (string, error) { return strings.ToLower(s), nil }),
		coodie.CodecOf("path", func(p []string) ([]string, error) { return append([]string{"/"}, p...), nil },
			func(p []string) ([]string, error) { return p[1:], nil }),
	}
}

func TestCodecs(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	table := create[Coded](t, s)
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	stored := Coded{ID: "a", Spot: &Spot{Name: ptr("<x>"), Code: 1}, Hist: []Spot{{Code: 2}}, Upper: "abc", Path: []string{"p"}}
	require.NoError(t, failure(table.New(stored).Insert(ctx)))
	var spot, upper string
	var path []string
	require.NoError(t, s.Query("SELECT spot, upper, path FROM coded").Scan(&spot, &upper, &path))
	require.Equal(t, `{"Name":"<x>","Code":1}`, spot)
	require.Equal(t, "ABC", upper)
	require.Equal(t, []string{"/", "p"}, path)
	row := table.Find(coodie.AnyCol(table, "id").Eq("a"))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, stored, got)
	res, err := row.If(coodie.AnyCol(table, "spot").Eq(*stored.Spot), coodie.AnyCol(table, "upper").In("abc", "x"), coodie.AnyCol(table, "path").Eq(stored.Path), coodie.AnyCol(table, "n").Eq(1)).Update(ctx, coodie.AnyCol(table, "n").Set(2))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, map[string]any{"spot": *stored.Spot, "upper": "abc", "path": stored.Path, "n": nil}, res.Existing.Map())
	require.NoError(t, failure(row.If(coodie.AnyCol(table, "spot").Eq(*stored.Spot)).Update(ctx, coodie.AnyCol(table, "spot").Set(Spot{Code: 7}), coodie.AnyCol(table, "hist").SetNull())))
	got, err = row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, &Spot{Code: 7}, got.Spot)
	require.Nil(t, got.Hist)
}

// SimpleByX is a materialized view of Simple.
type SimpleByX struct {
	X int  `cql:"x,partition"`
	K int  `cql:"k,clustering,desc"`
	V *int `cql:"v"`
}

func TestView(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	base := create[Simple](t, s)
	view, err := coodie.OpenView[SimpleByX](base)
	require.NoError(t, err)
	require.ErrorContains(t, coodie.Schema(nil, view).Verify(ctx), "is missing")
	require.NoError(t, coodie.Schema(nil, view).Create(ctx))
	require.NoError(t, coodie.Schema(nil, view).Create(ctx))
	require.NoError(t, coodie.Schema(nil, view).Verify(ctx))
	for k := range 3 {
		require.NoError(t, failure(base.New(Simple{K: k, V: ptr(k * 10), X: ptr(7)}).Insert(ctx)))
	}
	require.NoError(t, base.New(Simple{K: 9}).Save(ctx), "no key in the view")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := view.Find(coodie.AnyCol(view, "x").Eq(7)).All(ctx)
		assert.NoError(c, err)
		assert.Equal(c, []SimpleByX{{7, 2, ptr(20)}, {7, 1, ptr(10)}, {7, 0, ptr(0)}}, got)
	}, 10*time.Second, 20*time.Millisecond)
	require.ErrorContains(t, s.Query("DELETE FROM simple_by_x WHERE x = 7").Exec(), "Cannot directly modify a materialized view")
	require.NoError(t, coodie.Schema(nil, view).Drop(ctx))
	require.ErrorContains(t, coodie.Schema(nil, view).Verify(ctx), "is missing")
}

func TestKeyspaces(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	other := cassandra.NewKeyspace(t, cassandra.Shared(t).Session(t, ""))
	here := create[Simple](t, s)
	there, err := here.InKeyspace(other)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, there).Create(ctx))
	require.NoError(t, coodie.Schema(nil, there).Verify(ctx))
	bound, err := here.On(over(t, session(t, other)))
	require.NoError(t, err)
	require.NoError(t, failure(here.New(Simple{K: 1, V: ptr(1)}).Insert(ctx)))
	require.NoError(t, failure(there.New(Simple{K: 1, V: ptr(2)}).Insert(ctx)))
	for table, want := range map[*coodie.Table[Simple]]int{here: 1, there: 2, bound: 2} {
		got, err := table.Find(simpleK.Eq(1)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, want, *got.V)
	}
}

// Places has user-defined types wherever they can be: in keys, in keys of maps, nested.
type Places struct {
	At     Address          `cql:"at,partition"`
	Next   Spot             `cql:"next,clustering"`
	ByAddr map[Spotted]Spot `cql:"by_addr"`
	Sets   []Address        `cql:"sets,set"`
	Deep   *Deep            `cql:"deep"`
}

// Spotted is a user-defined type that can be the key of a Go map.
type Spotted struct {
	Name string
	Code int
}

// Deep is a user-defined type with others in it.
type Deep struct {
	Spot  *Spot
	Spots map[string]Spot
}

// Keys keep null and empty fields apart, and go on to be found when their types have grown.
func TestTypesAsKeysGrow(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	table := create[Places](t, s)
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	at := coodie.Col(func(p *Places) *Address { return &p.At })
	next := coodie.Col(func(p *Places) *Spot { return &p.Next })
	rows := []Places{
		{At: Address{Street: ptr("s")}, Next: Spot{Code: 1}, ByAddr: map[Spotted]Spot{{"a", 1}: {Code: 1}, {"", 2}: {Name: ptr(""), Code: 2}},
			Sets: []Address{{City: ptr("")}, {City: ptr("Oslo")}}, Deep: &Deep{Spot: &Spot{Code: 5}, Spots: map[string]Spot{"x": {Name: ptr("n")}}}},
		{At: Address{Street: ptr("s"), City: ptr("")}, Next: Spot{Code: 1, Name: ptr("")}},
	}
	check := func(when string) {
		t.Helper()
		for _, want := range rows {
			got, err := table.Find(at.Eq(want.At), next.Eq(want.Next)).Get(ctx)
			require.NoError(t, err, when)
			require.ElementsMatch(t, want.Sets, got.Sets, when)
			got.Sets = want.Sets
			require.Equal(t, want, got, when)
			res, err := table.New(want).Insert(ctx)
			require.NoError(t, err, when)
			require.False(t, res.Applied, when)
		}
	}
	for _, row := range rows {
		res, err := table.New(row).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied, "null and empty fields make two keys")
	}
	check("before")
	admin := session(t, s.Query("").Keyspace())
	execute(t, admin, "ALTER TYPE spot ADD more text")
	execute(t, admin, "ALTER TYPE deep ADD more int")
	check("grown")
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
}
