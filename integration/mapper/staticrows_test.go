package mapper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Slot is a row beside static values.
type Slot struct {
	K string `cql:"k,partition"`
	C int    `cql:"c,clustering"`
	N int    `cql:"n"`
	S int    `cql:"s,static"`
}

// SlotOfRows lacks the static column of its table.
type SlotOfRows struct {
	K string `cql:"k,partition"`
	C int    `cql:"c,clustering"`
	N int    `cql:"n"`
}

// A partition that has static values and no row comes as one line, whose clustering column is null and which
// LIMIT and count(*) count. However rows are read, it is none.
func TestStaticsAreNoRow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := connect(t)
	slots := create[Slot](t, s)
	k, c := coodie.Col(func(s *Slot) *string { return &s.K }), coodie.Col(func(s *Slot) *int { return &s.C })
	n, st := coodie.Col(func(s *Slot) *int { return &s.N }), coodie.Col(func(s *Slot) *int { return &s.S })
	for i := range 30 {
		require.NoError(t, slots.Find(k.Eq(fmt.Sprint("x", i))).Update(ctx, st.Set(7)))
	}
	require.NoError(t, slots.Find(k.Eq("a")).Update(ctx, st.Set(7)))
	one, two := Slot{"b", 1, 10, 8}, Slot{"b", 2, 20, 8}
	both := []Slot{one, two}
	require.NoError(t, slots.SaveAll(ctx, both))
	var lines int
	scan(t, s, "SELECT count(*) FROM slot", &lines)
	require.Equal(t, 33, lines, "by the server's count")

	some := slots.Find(k.In("a", "b", "x1", "none"))
	for name, q := range map[string]coodie.Readable[Slot]{
		"whole table": slots.Find(), "in": some, "filtered": slots.Find(st.Ge(0)).AllowFiltering(), "small pages": slots.Find().With(coodie.WithPageSize(1)),
		"one partition": slots.Find(k.Eq("b")),
	} {
		t.Run(name, func(t *testing.T) {
			all, err := q.Reads().All(ctx)
			require.NoError(t, err)
			require.Equal(t, both, all)
			first, err := q.Reads().First(ctx)
			require.NoError(t, err)
			require.Equal(t, one, first)
			_, err = q.Reads().One(ctx)
			require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
			found, err := q.Reads().Exists(ctx)
			require.NoError(t, err)
			require.True(t, found)
			count, err := q.Reads().Count(ctx)
			require.NoError(t, err)
			require.EqualValues(t, 2, count)
			count, err = coodie.Values(q, coodie.Count[Slot]()).One(ctx)
			require.NoError(t, err)
			require.EqualValues(t, 2, count)
			for limit := 1; limit <= 3; limit++ {
				all, err = q.Reads().Limit(limit).All(ctx)
				require.NoError(t, err)
				require.Equal(t, both[:min(limit, 2)], all)
				var rows []Slot
				for token, more := "", true; more; more = token != "" {
					page, err := q.Reads().Limit(limit).With(coodie.WithPageSize(2)).Page(ctx, token)
					require.NoError(t, err)
					rows, token = append(rows, page.Items...), page.Next
				}
				require.Equal(t, both[:min(limit, 2)], rows)
			}
			values, err := coodie.Values(q, n).All(ctx)
			require.NoError(t, err)
			require.Equal(t, []int{10, 20}, values)
			projected, err := coodie.Project[SlotOfRows](q).All(ctx)
			require.NoError(t, err)
			require.Equal(t, []SlotOfRows{{"b", 1, 10}, {"b", 2, 20}}, projected)
			objects, err := q.Reads().Only(k, n).JSON().All(ctx)
			require.NoError(t, err)
			require.Equal(t, []json.RawMessage{json.RawMessage(`{"k": "b", "n": 10}`), json.RawMessage(`{"k": "b", "n": 20}`)}, objects)
			objects, err = q.Reads().JSON().All(ctx)
			require.NoError(t, err)
			require.Len(t, objects, 2)
			part, err := q.Reads().Only(k, n).All(ctx)
			require.NoError(t, err)
			require.Equal(t, []Slot{{K: "b", N: 10}, {K: "b", N: 20}}, part)
		})
	}

	for name, q := range map[string]coodie.Readable[Slot]{
		"statics alone": slots.Find(k.Eq("a")), "of several": slots.Find(k.In("a", "x1")), "filtered by the static": slots.Find(st.Eq(7)).AllowFiltering(),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := q.Reads().First(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound)
			_, err = q.Reads().One(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound)
			all, err := q.Reads().All(ctx)
			require.NoError(t, err)
			require.Empty(t, all)
			count, err := q.Reads().Count(ctx)
			require.NoError(t, err)
			require.Zero(t, count)
			found, err := q.Reads().Exists(ctx)
			require.NoError(t, err)
			require.False(t, found)
		})
	}
	all, err := slots.Find(k.Eq("a")).OrderBy(coodie.Desc(c)).All(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
	all, err = slots.Find(k.In("x1", "b", "a")).OrderBy(coodie.Desc(c)).Limit(2).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Slot{two, one}, all)
	_, err = slots.Find(k.Eq("a"), c.Eq(0)).Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)

	var mu sync.Mutex
	var scanned []Slot
	require.NoError(t, slots.ScanParallel(ctx, func(_ context.Context, s Slot) error {
		mu.Lock()
		defer mu.Unlock()
		scanned = append(scanned, s)
		return nil
	}))
	require.ElementsMatch(t, both, scanned)
	groups, err := coodie.Values(slots.Find().GroupBy(k), coodie.Count[Slot]()).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []int64{2}, groups)

	// Of keys and static columns alone the partition is there.
	a := slots.Find(k.Eq("a"))
	all, err = a.Only(k, st).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Slot{{K: "a", S: 7}}, all)
	all, err = slots.Find().Distinct().All(ctx)
	require.NoError(t, err)
	require.Len(t, all, 32)
	nullable, err := coodie.Values(a, coodie.Nullable(c)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []*int{nil}, nullable)
	_, err = coodie.Project[struct {
		K string
		C int
	}](a).All(ctx)
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "C", decode.Field)

	// A struct that lacks the static column.
	again := func() coodie.Readable[SlotOfRows] { return open[SlotOfRows](t, s, coodie.WithTable("slot")).Find() }
	first, err := again().Reads().First(ctx)
	require.NoError(t, err)
	require.Equal(t, SlotOfRows{"b", 1, 10}, first)
	rows, err := again().Reads().Limit(2).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []SlotOfRows{{"b", 1, 10}, {"b", 2, 20}}, rows)
}

// IF EXISTS of static columns alone asks for the partition's statics: of a document it is refused.
func TestIfExistsOfStaticsAlone(t *testing.T) {
	t.Parallel()
	type StaticSlot struct {
		K string `cql:"k,partition"`
		C int    `cql:"c,clustering"`
		S int    `cql:"s,static"`
	}
	ctx := t.Context()
	sess := connect(t)
	table := create[StaticSlot](t, sess)
	s := coodie.Col(func(s *StaticSlot) *int { return &s.S })
	k := coodie.Col(func(s *StaticSlot) *string { return &s.K })
	require.NoError(t, table.Find(k.Eq("a")).Update(ctx, s.Set(7)))
	row := table.New(StaticSlot{"a", 2, 5})
	_, err := row.IfExists().Replace(ctx)
	requireUsage(t, err)
	_, err = row.IfExists().Update(ctx, s.Set(5))
	requireUsage(t, err)
	_, err = row.IfExists().DeleteColumns(ctx, s)
	requireUsage(t, err)
	var stored int
	scan(t, sess, "SELECT s FROM static_slot", &stored)
	require.Equal(t, 7, stored)

	// With a regular column the statement is one of the row.
	slots := create[Slot](t, sess)
	require.NoError(t, slots.Find(coodie.Col(func(s *Slot) *string { return &s.K }).Eq("a")).
		Update(ctx, coodie.Col(func(s *Slot) *int { return &s.S }).Set(7)))
	res, err := slots.New(Slot{"a", 2, 5, 6}).IfExists().Replace(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, coodie.StateAbsent, res.Row())
	scan(t, sess, "SELECT s FROM slot", &stored)
	require.Equal(t, 7, stored)
}
