package mapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Crate has a column of every kind that a batch can write.
type Crate struct {
	P     string         `cql:"p,partition"`
	C     int            `cql:"c,clustering"`
	Guard *int           `cql:"guard,static"`
	Stock *int           `cql:"stock,static"`
	Marks []string       `cql:"marks,static"`
	N     *int           `cql:"n"`
	L     []int          `cql:"l"`
	S     []string       `cql:"s,set"`
	M     map[string]int `cql:"m"`
	Size  *CrateSize     `cql:"size"`
	Fixed []int          `cql:"fixed,frozen"`
}

type CrateSize struct {
	Wide *int `cql:"wide"`
	High *int `cql:"high"`
}

var (
	crateP     = coodie.Col(func(r *Crate) *string { return &r.P })
	crateC     = coodie.Col(func(r *Crate) *int { return &r.C })
	crateGuard = coodie.NullCol(func(r *Crate) **int { return &r.Guard })
	crateStock = coodie.NullCol(func(r *Crate) **int { return &r.Stock })
	crateMarks = coodie.Col(func(r *Crate) *[]string { return &r.Marks })
	crateN     = coodie.NullCol(func(r *Crate) **int { return &r.N })
	crateL     = coodie.Col(func(r *Crate) *[]int { return &r.L })
	crateS     = coodie.Col(func(r *Crate) *[]string { return &r.S })
	crateM     = coodie.Col(func(r *Crate) *map[string]int { return &r.M })
	crateSize  = coodie.Col(func(r *Crate) **CrateSize { return &r.Size })
	crateFixed = coodie.Col(func(r *Crate) *[]int { return &r.Fixed })
)

// crateWrite is one write, in a batch and alone.
type crateWrite struct {
	text  string
	batch func(*coodie.Table[Crate], *coodie.Batch)
	alone func(context.Context, *coodie.Table[Crate]) error
}

// GoString is how rapid prints it.
func (w crateWrite) GoString() string { return w.text }

var (
	few    = rapid.IntRange(1, 2)
	letter = rapid.SampledFrom([]string{"a", "b"})
)

func perhaps[V any](t *rapid.T, g *rapid.Generator[V], name string) *V {
	if !rapid.Bool().Draw(t, name+"?") {
		return nil
	}
	return ptr(g.Draw(t, name))
}

func drawSize(t *rapid.T) *CrateSize {
	s := CrateSize{perhaps(t, few, "wide"), perhaps(t, few, "high")}
	if s.Wide == nil && s.High == nil {
		return nil
	}
	return &s
}

// drawAssign draws one assignment of a row's column, or of a static one.
func drawAssign(t *rapid.T, table *coodie.Table[Crate], static bool) coodie.Assign[Crate] {
	n, s := few.Draw(t, "n"), letter.Draw(t, "s")
	size := coodie.AnyCol(table, "size")
	statics := map[string]coodie.Assign[Crate]{
		"stock": crateStock.Set(n), "no stock": crateStock.SetNull(),
		"marks": crateMarks.Set([]string{s}), "mark": coodie.Append(crateMarks, s),
	}
	rows := map[string]coodie.Assign[Crate]{
		"n": crateN.Set(n), "no n": crateN.SetNull(), "fixed": crateFixed.Set([]int{n}),
		"l": crateL.Set([]int{n}), "no l": crateL.Set(nil), "append": coodie.Append(crateL, n), "prepend": coodie.Prepend(crateL, n, 7), "remove": coodie.Remove(crateL, n), "l[]": coodie.At(crateL, n-1).Set(n + 10),
		"s": crateS.Set([]string{s}), "add": coodie.Add(crateS, s), "discard": coodie.Remove(crateS, s),
		"m": crateM.Set(map[string]int{s: n}), "no m": crateM.Set(nil), "put": coodie.Put(crateM, map[string]int{s: n, "z": 1}), "m[]": coodie.Entry(crateM, s).Set(n), "drop": coodie.RemoveKeys(crateM, s),
		"size": crateSize.Set(drawSize(t)), "wide": size.Field("wide").Set(n), "high": size.Field("high").Set(n), "no wide": size.Field("wide").Set(nil),
	}
	from := rows
	if static {
		from = statics
	}
	names := make([]string, 0, len(from))
	for _, name := range []string{
		"stock", "no stock", "marks", "mark", "n", "no n", "fixed", "l", "no l", "append", "prepend", "remove", "l[]", "s", "add", "discard",
		"m", "no m", "put", "m[]", "drop", "size", "wide", "high", "no wide",
	} {
		if _, ok := from[name]; ok {
			names = append(names, name)
		}
	}
	return from[rapid.SampledFrom(names).Draw(t, "assign")]
}

// writeKinds are those of drawWrite, as often as they are drawn.
var writeKinds = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10}

// drawWrite draws a write of the partition; conditional: of a batch with a condition, in which
// CQL has no IN.
func drawWrite(t *rapid.T, table *coodie.Table[Crate], p string, conditional bool) crateWrite {
	c := rapid.SampledFrom([]int{1, 2, 3, 4}).Draw(t, "c")
	at := func(table *coodie.Table[Crate]) *coodie.QuerySet[Crate] {
		return table.Find(crateP.Eq(p), crateC.Eq(c))
	}
	update := func(q func(*coodie.Table[Crate]) *coodie.QuerySet[Crate], a coodie.Assign[Crate]) crateWrite {
		return crateWrite{
			batch: func(table *coodie.Table[Crate], b *coodie.Batch) { q(table).UpdateIn(b, a) },
			alone: func(ctx context.Context, table *coodie.Table[Crate]) error { return q(table).Update(ctx, a) },
		}
	}
	remove := func(q func(*coodie.Table[Crate]) *coodie.QuerySet[Crate]) crateWrite {
		return crateWrite{
			batch: func(table *coodie.Table[Crate], b *coodie.Batch) { q(table).DeleteIn(b) },
			alone: func(ctx context.Context, table *coodie.Table[Crate]) error { return q(table).Delete(ctx) },
		}
	}
	switch kind := rapid.SampledFrom(writeKinds).Draw(t, "kind"); kind {
	case 0, 1, 2:
		row := Crate{
			P: p, C: c, Stock: perhaps(t, few, "stock"), N: perhaps(t, few, "n"), Size: drawSize(t),
		}
		if rapid.Bool().Draw(t, "collections") {
			row.L, row.S, row.M, row.Fixed = []int{1}, []string{letter.Draw(t, "s")}, map[string]int{"a": few.Draw(t, "m")}, []int{1}
		}
		if rapid.IntRange(0, 3).Draw(t, "omit") > 0 {
			return crateWrite{
				batch: func(table *coodie.Table[Crate], b *coodie.Batch) {
					table.New(row).With(coodie.WithOmitNil()).SaveIn(b)
				},
				alone: func(ctx context.Context, table *coodie.Table[Crate]) error {
					return table.New(row).With(coodie.WithOmitNil()).Save(ctx)
				},
			}
		}
		return crateWrite{
			batch: func(table *coodie.Table[Crate], b *coodie.Batch) { table.New(row).SaveIn(b) },
			alone: func(ctx context.Context, table *coodie.Table[Crate]) error { return table.New(row).Save(ctx) },
		}
	case 3:
		object := json.RawMessage(fmt.Sprintf(`{"p": %q, "c": %d, "n": %d, "l": [], "m": {"a": 1}}`, p, c, few.Draw(t, "n")))
		return crateWrite{
			batch: func(table *coodie.Table[Crate], b *coodie.Batch) {
				table.Find().With(coodie.WithOmitNil()).SaveJSONIn(b, object)
			},
			alone: func(ctx context.Context, table *coodie.Table[Crate]) error {
				return table.Find().With(coodie.WithOmitNil()).SaveJSON(ctx, object)
			},
		}
	case 4:
		return remove(at)
	case 5:
		return remove(func(table *coodie.Table[Crate]) *coodie.QuerySet[Crate] {
			return table.Find(crateP.Eq(p), crateC.Gt(c))
		})
	case 6:
		if conditional {
			return remove(at)
		}
		return remove(func(table *coodie.Table[Crate]) *coodie.QuerySet[Crate] {
			return table.Find(crateP.Eq(p), crateC.In(2, 3))
		})
	case 7:
		target := rapid.SampledFrom([]coodie.Target[Crate]{crateN, crateL, crateM, crateSize, coodie.Entry(crateM, "a"), coodie.At(crateL, 0), coodie.AnyCol(table, "size").Field("wide")}).Draw(t, "target")
		return crateWrite{
			batch: func(table *coodie.Table[Crate], b *coodie.Batch) { at(table).DeleteColumnsIn(b, target) },
			alone: func(ctx context.Context, table *coodie.Table[Crate]) error {
				return at(table).DeleteColumns(ctx, target)
			},
		}
	case 8, 9:
		whole := func(table *coodie.Table[Crate]) *coodie.QuerySet[Crate] { return table.Find(crateP.Eq(p)) }
		if kind == 8 && rapid.IntRange(0, 4).Draw(t, "all") == 0 {
			return remove(whole)
		}
		return update(whole, drawAssign(t, table, true))
	}
	return update(at, drawAssign(t, table, false))
}

// randomBatches writes random batches, and what they hold to another table one by one. A batch
// that is taken stores the same. It returns how many were, and how many were refused.
func randomBatches(t *testing.T, s *gocql.Session, several bool) {
	db := over(t, s)
	open := func(name string) *coodie.Table[Crate] {
		table, err := coodie.Open[Crate](db, coodie.WithTable(name))
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
		return table
	}
	batched, single := open("batched"), open("single")
	rows := func(table, p string) (out []string) {
		iter := s.Query(`SELECT JSON * FROM `+table+` WHERE p = ?`, p).Iter()
		for row := ""; iter.Scan(&row); {
			out = append(out, row)
		}
		require.NoError(t, iter.Close())
		return out
	}
	n, taken, refused := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		rounds := 1
		if several {
			rounds = 10
		}
		for range rounds {
			n++
			p := fmt.Sprint("p", n)
			for range rapid.IntRange(0, 3).Draw(rt, "before") {
				w := drawWrite(rt, batched, p, false)
				first, second := w.alone(ctx, batched), w.alone(ctx, single)
				require.Equal(rt, first == nil, second == nil)
			}
			conditional := rapid.Bool().Draw(rt, "conditional")
			batch := db.UnloggedBatch()
			var writes []crateWrite
			if conditional {
				batched.Find(crateP.Eq(p)).If(crateGuard.IsNull()).UpdateIn(batch, crateGuard.Set(1))
				require.NoError(rt, single.Find(crateP.Eq(p)).Update(ctx, crateGuard.Set(1)))
			}
			for range rapid.IntRange(2, 4).Draw(rt, "writes") {
				w := drawWrite(rt, batched, p, conditional)
				writes = append(writes, w)
				w.batch(batched, batch)
			}
			err := batch.Exec(ctx)
			var usage *coodie.Error
			if errors.As(err, &usage) && usage.Kind == coodie.KindUsage {
				refused++
				continue
			}
			if err != nil { // an index past the end of a list
				require.Equal(rt, coodie.KindInvalid, coodie.KindOf(err), err)
				continue
			}
			taken++
			for _, w := range writes {
				err := w.alone(ctx, single) // an element of a list that a write before it has deleted: the batch reads the list first
				require.True(rt, err == nil || coodie.KindOf(err) == coodie.KindInvalid, err)
			}
			require.Equal(rt, rows("single", p), rows("batched", p))
		}
	})
	t.Log(taken, "taken,", refused, "refused")
	require.Greater(t, taken, n/10)
	require.Greater(t, refused, n/10)
}

// TestRandomBatches: a batch that is taken stores what its writes store one after the other.
func TestRandomBatches(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"cqltest": cqltest.Cassandra, "cqltest, ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect))
			randomBatches(t, opened(t, srv.Cluster()), true)
		})
	}
	t.Run("Cassandra", func(t *testing.T) { randomBatches(t, connect(t), false) })
}
