package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Growing is a table with a user-defined type that changes.
type Growing struct {
	ID   string  `cql:"id,partition"`
	At   *Spot   `cql:"at"`
	Home *Spot   `cql:"home,frozen"`
	All  []Spot  `cql:"all_spots"`
	Note *string `cql:"note"`
}

var (
	growingID   = coodie.Col(func(g *Growing) *string { return &g.ID })
	growingAt   = coodie.NullCol(func(g *Growing) **Spot { return &g.At })
	growingCode = coodie.Field(growingAt, func(s *Spot) *int { return &s.Code })
	growingNote = coodie.NullCol(func(g *Growing) **string { return &g.Note })
)

// ALTER TYPE ADD and RENAME under warm statements.
func TestTypeGrows(t *testing.T) {
	t.Parallel()
	s := connect(t)
	keyspace := s.Query("").Keyspace()
	table := create[Growing](t, s)
	admin := session(t, keyspace)
	ctx := t.Context()
	spot := &Spot{Name: ptr("x"), Code: 3}
	stored := Growing{ID: "a", At: spot, Home: spot, All: []Spot{*spot, {Code: 4}}}
	check := func() {
		t.Helper()
		for range 2 {
			got, err := table.Find(growingID.Eq("a")).Get(ctx)
			require.NoError(t, err)
			require.Equal(t, stored, got)
			res, err := table.New(Growing{ID: "a"}).Insert(ctx)
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, stored, res.Existing.Value)
			res, err = table.Find(growingID.Eq("a")).If(growingCode.Eq(8)).Update(ctx, growingNote.Set("no"))
			require.NoError(t, err)
			require.Equal(t, map[string]any{"at": *spot}, res.Existing.Map())
			code, presence := growingCode.From(res.Existing)
			require.Equal(t, 3, code)
			require.Equal(t, coodie.StatePresent, presence)
		}
	}
	require.NoError(t, failure(table.New(stored).Insert(ctx)))
	check()
	execute(t, admin, "ALTER TYPE spot ADD more text")
	check()
	execute(t, admin, "UPDATE growing SET at.more = 'm', home = {name: 'x', code: 3, more: 'h'} WHERE id = 'a'")
	check()
	require.NoError(t, table.New(stored).Save(ctx), "a value with fewer fields than the live type")
	check()
	require.NoError(t, failure(table.Find(growingID.Eq("a")).If(growingAt.IsNotNull()).Update(ctx, growingCode.Set(3))))
	check()
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
}

// Twin is a user-defined type whose fields have one type: mistaken for each other, they
// would be wrong without an error.
type Twin struct {
	First  *string
	Second *string
}

// Twins has a column that is of another type in the live table.
type Twins struct {
	ID   int   `cql:"id,partition"`
	Twin *Twin `cql:"twin"`
	N    *int  `cql:"n"`
}

// The live table's types are not those of the struct, but fit its fields: every way to
// read an answer goes by what the server says.
func TestAnswerOfOtherTypes(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TYPE twin (second text, first text)")
	execute(t, s, "CREATE TABLE twins (id int PRIMARY KEY, twin twin, n bigint)")
	table := open[Twins](t, s)
	ctx := t.Context()
	stored := Twins{ID: 1, Twin: &Twin{First: ptr("1st"), Second: ptr("2nd")}, N: ptr(5)}
	require.NoError(t, failure(table.New(stored).Insert(ctx)))
	var first string
	scan(t, s, "SELECT twin.first FROM twins WHERE id = 1", &first)
	require.Equal(t, "1st", first, "fields are written by name")

	var (
		id   = coodie.Col(func(t *Twins) *int { return &t.ID })
		twin = coodie.NullCol(func(t *Twins) **Twin { return &t.Twin })
		one  = coodie.Field(twin, func(t *Twin) **string { return &t.First })
		n    = coodie.NullCol(func(t *Twins) **int { return &t.N })
	)
	got, err := table.Find(id.Eq(1)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, stored, got)

	res, err := table.Find(id.Eq(1)).If(one.Eq(ptr("1st")), n.Eq(6)).Update(ctx, n.Set(7))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, Twins{Twin: stored.Twin, N: stored.N}, res.Existing.Value)
	value, presence := one.From(res.Existing)
	require.Equal(t, coodie.StatePresent, presence)
	require.Equal(t, "1st", *value)
	whole, presence := twin.From(res.Existing)
	require.Equal(t, coodie.StatePresent, presence)
	require.Equal(t, *stored.Twin, whole)
	count, presence := n.From(res.Existing)
	require.Equal(t, coodie.StatePresent, presence)
	require.Equal(t, 5, count)
	require.Equal(t, map[string]any{"twin": *stored.Twin, "n": 5}, res.Existing.Map(), "as the fields' Go types")
	for _, condition := range res.Conditions() {
		require.NotEqual(t, condition.Text == "n = ?", condition.Held, "%v", condition)
	}
}
