package coodie_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
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

var (
	slotK = coodie.Col(func(s *Slot) *string { return &s.K })
	slotC = coodie.Col(func(s *Slot) *int { return &s.C })
	slotN = coodie.Col(func(s *Slot) *int { return &s.N })
	slotS = coodie.Col(func(s *Slot) *int { return &s.S })
)

// openSlots makes rows 1 and 2 of "b", and 150 partitions that have a static value alone, "a" among them.
func openSlots(t *testing.T, session *gocql.Session) *coodie.Table[Slot] {
	t.Helper()
	ctx := t.Context()
	slots := open[Slot](t, session)
	require.NoError(t, coodie.Schema(nil, slots).Create(ctx))
	statics := []string{"a"}
	for i := range 149 {
		statics = append(statics, fmt.Sprint("x", i))
	}
	for _, k := range statics {
		require.NoError(t, slots.Find(slotK.Eq(k)).Update(ctx, slotS.Set(7)))
	}
	require.NoError(t, slots.SaveAll(ctx, []Slot{{"b", 1, 10, 8}, {"b", 2, 20, 8}}))
	return slots
}

// A partition that has static values and no row is no row, however rows are read.
func TestStaticsAreNoRow(t *testing.T) {
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		slots := openSlots(t, session)
		one, two := Slot{"b", 1, 10, 8}, Slot{"b", 2, 20, 8}
		both := []Slot{one, two}
		a, b := slots.Find(slotK.Eq("a")), slots.Find(slotK.Eq("b"))
		some := slots.Find(slotK.In("a", "b", "x1", "none"))
		static := slots.Find(slotS.Ge(0)).AllowFiltering()
		for name, q := range map[string]coodie.Readable[Slot]{
			"whole table": slots.Find(), "in": some, "by a static column": static, "small pages": slots.Find().With(coodie.WithPageSize(1)),
			"by token": slots.Find(coodie.Token[Slot]().Ge(-1 << 63)), "with some columns": slots.Find().Only(slotK, slotC, slotN, slotS),
			"one statement": some.Limit(1000), "one partition": b,
		} {
			all, err := q.Reads().All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, both, all, name)
			first, err := q.Reads().First(ctx)
			require.NoError(t, err, name)
			require.Equal(t, one, first, name)
			_, err = q.Reads().One(ctx)
			require.Equal(t, coodie.KindMultiple, coodie.KindOf(err), name)
			found, err := q.Reads().Exists(ctx)
			require.NoError(t, err, name)
			require.True(t, found, name)
			for n := 1; n <= 3; n++ {
				all, err = q.Reads().Limit(n).All(ctx)
				require.NoError(t, err, name)
				require.Equal(t, both[:min(n, 2)], all, name)
				all, err = q.Reads().Limit(n).PerPartitionLimit(1).All(ctx)
				require.NoError(t, err, name)
				require.Equal(t, both[:1], all, name)
			}
			values, err := coodie.Values(q, slotN).All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, []int{10, 20}, values, name)
			value, err := coodie.Values(q, slotN).First(ctx)
			require.NoError(t, err, name)
			require.Equal(t, 10, value, name)
			projected, err := coodie.Project[SlotOfRows](q).All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, []SlotOfRows{{"b", 1, 10}, {"b", 2, 20}}, projected, name)
			objects, err := q.Reads().Only(slotK, slotN).JSON().All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, []json.RawMessage{json.RawMessage(`{"k": "b", "n": 10}`), json.RawMessage(`{"k": "b", "n": 20}`)}, objects, name)
			objects, err = q.Reads().JSON().All(ctx)
			require.NoError(t, err, name)
			require.Len(t, objects, 2, name)
			part, err := q.Reads().Only(slotK, slotN).All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, []Slot{{K: "b", N: 10}, {K: "b", N: 20}}, part, name)
			part, err = q.Reads().Defer(slotN).All(ctx)
			require.NoError(t, err, name)
			require.Equal(t, []Slot{{K: "b", C: 1, S: 8}, {K: "b", C: 2, S: 8}}, part, name)
		}
		for name, q := range map[string]coodie.Readable[Slot]{"whole table": slots.Find(), "in": some, "static": static, "b": b} {
			n, err := q.Reads().Count(ctx)
			require.NoError(t, err, name)
			require.EqualValues(t, 2, n, name)
			n, err = coodie.Values(q, coodie.Count[Slot]()).One(ctx)
			require.NoError(t, err, name)
			require.EqualValues(t, 2, n, name)
		}

		for name, q := range map[string]coodie.Readable[Slot]{"static": a, "some": slots.Find(slotK.In("a", "x1")), "filtered": slots.Find(slotS.Eq(7)).AllowFiltering()} {
			_, err := q.Reads().First(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound, name)
			_, err = q.Reads().One(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound, name)
			all, err := q.Reads().All(ctx)
			require.NoError(t, err, name)
			require.Empty(t, all, name)
			n, err := q.Reads().Count(ctx)
			require.NoError(t, err, name)
			require.Zero(t, n, name)
			found, err := q.Reads().Exists(ctx)
			require.NoError(t, err, name)
			require.False(t, found, name)
		}
		for name, q := range map[string]coodie.Readable[Slot]{"asc": a.OrderBy(coodie.Asc(slotC)), "desc": a.OrderBy(coodie.Desc(slotC)), "several": slots.Find(slotK.In("a", "x1")).OrderBy(coodie.Desc(slotC))} {
			all, err := q.Reads().All(ctx)
			require.NoError(t, err, name)
			require.Empty(t, all, name)
		}
		all, err := some.OrderBy(coodie.Desc(slotC)).Limit(2).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []Slot{two, one}, all)

		var mu sync.Mutex
		var scanned []Slot
		require.NoError(t, slots.ScanParallel(ctx, func(_ context.Context, s Slot) error {
			mu.Lock()
			defer mu.Unlock()
			scanned = append(scanned, s)
			return nil
		}))
		require.ElementsMatch(t, both, scanned)
		scanned = nil
		for s, err := range slots.Find().Only(slotK, slotN).Scan(ctx) {
			require.NoError(t, err)
			scanned = append(scanned, s)
		}
		require.ElementsMatch(t, []Slot{{K: "b", N: 10}, {K: "b", N: 20}}, scanned)

		rows, err := slots.GetMany(ctx, []Slot{{K: "a"}, {K: "b", C: 1}, {K: "a", C: 1}})
		require.NoError(t, err)
		require.Equal(t, []*Slot{nil, &one, nil}, rows)

		groups, err := coodie.Values(slots.Find().GroupBy(slotK), coodie.Count[Slot]()).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []int64{2}, groups, "a group of no rows is none")
		firsts, err := slots.Find().GroupBy(slotK).Limit(1).All(ctx)
		require.NoError(t, err)
		require.Equal(t, both[:1], firsts)

		require.NoError(t, slots.SaveAll(ctx, both))
		require.Len(t, srv.MustRows("SELECT k FROM slot"), 152)
	})
}

// Pages of rows: a limit counts rows over all pages, and a token continues the count.
func TestStaticsAreNoRowOfAPage(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		slots := openSlots(t, session)
		read := func(q coodie.Readable[Slot]) (rows []Slot) {
			t.Helper()
			token := ""
			for {
				page, err := q.Reads().Page(ctx, token)
				require.NoError(t, err)
				rows = append(rows, page.Items...)
				if token = page.Next; token == "" {
					return rows
				}
			}
		}
		both := []Slot{{"b", 1, 10, 8}, {"b", 2, 20, 8}}
		for _, size := range []int{1, 2, 7, 1000} {
			require.Equal(t, both, read(slots.Find().With(coodie.WithPageSize(size))))
			require.Equal(t, both[:1], read(slots.Find().With(coodie.WithPageSize(size)).Limit(1)))
			require.Equal(t, both, read(slots.Find().With(coodie.WithPageSize(size)).Limit(2)))
			require.Equal(t, both, read(slots.Find().With(coodie.WithPageSize(size)).Limit(3)))
		}
		page, err := slots.Find().With(coodie.WithPageSize(1)).Limit(2).Page(ctx, "")
		require.NoError(t, err)
		for page.Next != "" && len(page.Items) == 0 {
			page, err = slots.Find().With(coodie.WithPageSize(1)).Limit(2).Page(ctx, page.Next)
			require.NoError(t, err)
		}
		_, err = slots.Find().With(coodie.WithPageSize(1)).Limit(3).Page(ctx, page.Next)
		require.Equal(t, coodie.KindPageToken, coodie.KindOf(err), "of another limit")
	})
}

// Of keys and static columns alone the partition is there. What its clustering column is can be told
// by nil, and is an error where it would be a value.
func TestStaticsOfPartitions(t *testing.T) {
	type keyed struct {
		K string
		C *int
		S int
	}
	type valued struct {
		K string
		C int
		S int
	}
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		slots := openSlots(t, session)
		a := slots.Find(slotK.Eq("a"))
		all, err := a.Only(slotK, slotS).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []Slot{{K: "a", S: 7}}, all)
		first, err := a.Only(slotS).First(ctx)
		require.NoError(t, err)
		require.Equal(t, Slot{S: 7}, first)
		all, err = slots.Find().Distinct().All(ctx)
		require.NoError(t, err)
		require.Len(t, all, 151)
		require.Contains(t, all, Slot{K: "a", S: 7})
		require.Contains(t, all, Slot{K: "b", S: 8})
		values, err := coodie.Values(a, slotS).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []int{7}, values)
		projected, err := coodie.Project[keyed](a).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []keyed{{K: "a", S: 7}}, projected)
		nullable, err := coodie.Values(a, coodie.Nullable(slotC)).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []*int{nil}, nullable)
		dynamic, err := coodie.Values(a, coodie.AnyCol(slots, "c")).All(ctx)
		require.NoError(t, err)
		require.Equal(t, []any{nil}, dynamic)

		fails := func(field string, err error) {
			t.Helper()
			var decode *coodie.Error
			require.ErrorAs(t, err, &decode)
			require.Equal(t, coodie.KindDecode, decode.Kind)
			require.Equal(t, "c", decode.Column)
			require.Equal(t, field, decode.Field)
		}
		_, err = coodie.Project[valued](a).All(ctx)
		fails("C", err)
		_, err = coodie.Values(a, slotC).All(ctx)
		fails("", err)
		_, err = a.Only(slotK, slotC, slotS).First(ctx)
		fails("C", err)
		_, err = slots.Find().Only(slotC).All(ctx)
		fails("C", err)
		for _, err = range slots.Find().Only(slotK, slotC).Scan(ctx) {
			if err != nil {
				break
			}
		}
		fails("C", err)
	})
}

// A struct that lacks the static columns reads the same rows.
func TestStaticsThatTheStructLacks(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		openSlots(t, session)
		again := func() coodie.Readable[SlotOfRows] {
			return open[SlotOfRows](t, session, coodie.WithTable("slot")).Find()
		}
		both := []SlotOfRows{{"b", 1, 10}, {"b", 2, 20}}
		first, err := again().Reads().First(ctx)
		require.NoError(t, err)
		require.Equal(t, both[0], first)
		_, err = again().Reads().One(ctx)
		require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
		found, err := again().Reads().Exists(ctx)
		require.NoError(t, err)
		require.True(t, found)
		for n := 1; n < 4; n++ {
			all, err := again().Reads().Limit(n).All(ctx)
			require.NoError(t, err)
			require.Equal(t, both[:min(n, 2)], all)
		}
		q := again()
		all, err := q.Reads().All(ctx)
		require.NoError(t, err)
		require.Equal(t, both, all)
		table := open[SlotOfRows](t, session, coodie.WithTable("slot"))
		require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
		n, err := table.Find().Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 2, n, "since Verify has seen the column")
	})
}

// A row is what a document writes: IF EXISTS of static columns alone would be about the partition.
func TestIfExistsOfStaticsAlone(t *testing.T) {
	type StaticSlot struct {
		K string `cql:"k,partition"`
		C int    `cql:"c,clustering"`
		S int    `cql:"s,static"`
	}
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[StaticSlot](t, session)
		require.NoError(t, coodie.Schema(nil, table).Create(ctx))
		s := coodie.Col(func(s *StaticSlot) *int { return &s.S })
		k := coodie.Col(func(s *StaticSlot) *string { return &s.K })
		require.NoError(t, table.Find(k.Eq("a")).Update(ctx, s.Set(7)))
		row := table.New(StaticSlot{"a", 2, 5})
		refused := func(err error) {
			t.Helper()
			var usage *coodie.Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.Equal(t, "s", usage.Column)
		}
		srv.ResetLog()
		_, err := row.IfExists().Replace(ctx)
		refused(err)
		_, err = row.If(s.Eq(7)).Replace(ctx)
		refused(err)
		_, err = row.IfExists().Update(ctx, s.Set(5))
		refused(err)
		_, err = row.IfExists().DeleteColumns(ctx, s)
		refused(err)
		db := coodie.New(session)
		for _, add := range []func(*coodie.Batch){
			func(b *coodie.Batch) { row.IfExists().ReplaceIn(b) },
			func(b *coodie.Batch) { row.If(s.Eq(7)).ReplaceIn(b) },
			func(b *coodie.Batch) { row.IfExists().UpdateIn(b, s.Set(5)) },
			func(b *coodie.Batch) { row.IfExists().DeleteColumnsIn(b, s) },
		} {
			b := db.Batch()
			add(b)
			refused(b.Exec(ctx))
		}
		require.Empty(t, srv.Log())
		require.Equal(t, []cqltest.Row{{"k": "a", "c": nil, "s": 7}}, srv.MustRows("SELECT * FROM static_slot"))

		res, err := row.IfExists().Delete(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Equal(t, coodie.StateAbsent, res.Row())
		res, err = table.Find(k.Eq("a")).IfExists().Update(ctx, s.Set(6))
		require.NoError(t, err)
		require.True(t, res.Applied, "of the partition, when that is what was asked")

		slots := openSlots(t, session) // where there is a regular column, it makes the statement one of the row
		slot := slots.New(Slot{"a", 2, 5, 6})
		changed, err := slot.IfExists().Replace(ctx)
		require.NoError(t, err)
		require.False(t, changed.Applied)
		require.Equal(t, coodie.StateAbsent, changed.Row())
		changed, err = slot.IfExists().Update(ctx, slotN.Set(1), slotS.Set(1))
		require.NoError(t, err)
		require.False(t, changed.Applied)
		_, err = slot.IfExists().Update(ctx, slotS.Set(1))
		refused(err)
		left, err := slots.Find(slotK.Eq("a")).Only(slotS).All(ctx)
		require.NoError(t, err)
		require.True(t, slices.Equal([]Slot{{S: 7}}, left))
	})
}

// A clustering column that is a tuple tells rows too, also one of nulls, which is a key.
func TestStaticsBesideTuples(t *testing.T) {
	type Pair struct {
		A *int
		B *int
	}
	type Paired struct {
		K string `cql:"k,partition"`
		C Pair   `cql:"cC,clustering,tuple,frozen"`
		N int    `cql:"n"`
		S int    `cql:"s,static"`
	}
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Paired](t, session)
		require.NoError(t, coodie.Schema(nil, table).Create(ctx))
		srv.MustExec("INSERT INTO app.paired (k, s) VALUES ('a', 7)")
		srv.MustExec(`INSERT INTO app.paired (k, "cC", n) VALUES ('b', (null, null), 1)`)
		srv.MustExec(`INSERT INTO app.paired (k, "cC", n) VALUES ('b', (1, 2), 2)`)
		n := coodie.Col(func(p *Paired) *int { return &p.N })
		var ns []int
		for p, err := range table.Find().Iter(ctx) {
			require.NoError(t, err)
			ns = append(ns, p.N)
		}
		require.ElementsMatch(t, []int{1, 2}, ns)
		values, err := coodie.Values(table.Find(), n).All(ctx)
		require.NoError(t, err)
		require.ElementsMatch(t, []int{1, 2}, values)
		count, err := table.Find().Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 2, count)
		for _, q := range []coodie.Readable[Paired]{table.Find(), table.Find().Only(n)} {
			objects, err := q.Reads().JSON().All(ctx)
			require.NoError(t, err)
			require.Len(t, objects, 2)
			for _, o := range objects {
				require.True(t, json.Valid(o), string(o))
				require.NotContains(t, string(o), "[row]")
			}
			found, err := q.Reads().Exists(ctx)
			require.NoError(t, err)
			require.True(t, found)
		}
		first, err := table.Find().First(ctx)
		require.NoError(t, err)
		require.NotZero(t, first.N)
	})
}
