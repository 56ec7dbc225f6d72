package mapper_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/leak"
)

// Counts is a counter table.
type Counts struct {
	Page string `cql:"page,partition"`
	Hits int64  `cql:"hits,type=counter"`
	Errs int64  `cql:"errs,type=counter"`
}

func TestSaveAndNull(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	ctx := t.Context()
	row := table.Find(p.Eq("p"), c.Eq(1))
	get := func() Thing {
		t.Helper()
		got, err := row.Get(ctx)
		require.NoError(t, err)
		return got
	}
	require.NoError(t, table.New(full("p")).Save(ctx))
	require.Equal(t, full("p"), get())

	changed := bare("p")
	changed.Mark, changed.Name = 2, ptr("eve")
	require.NoError(t, table.New(changed).With(coodie.WithOmitNil()).Save(ctx))
	want := full("p")
	want.Mark, want.Name = 2, ptr("eve")
	require.Equal(t, want, get(), "OmitNil leaves the other columns alone")

	require.NoError(t, table.New(changed).Save(ctx))
	require.Equal(t, changed, get(), "null deletes")
}

// What Insert and OmitNil leave unset is no tombstone; what Save writes as null is one.
func TestTombstones(t *testing.T) {
	t.Parallel()
	s := connect(t, traceable)
	// A table without collections, whose tombstones are not cells.
	table := create[Simple](t, s)
	ctx := t.Context()
	for i, tt := range []struct {
		name string
		save func(*coodie.Document[Simple]) error
		want string
	}{
		{"insert", func(d *coodie.Document[Simple]) error { return failure(d.Insert(ctx)) }, "Read 1 live rows and 0 tombstone cells"},
		{"save, nil omitted", func(d *coodie.Document[Simple]) error { return d.With(coodie.WithOmitNil()).Save(ctx) }, "Read 1 live rows and 0 tombstone cells"},
		{"save", func(d *coodie.Document[Simple]) error { return d.Save(ctx) }, "Read 1 live rows and 2 tombstone cells"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, tt.save(table.New(Simple{K: i})))
			traces := traced(t, s, func() {
				_, err := table.Find(simpleK.Eq(i)).Get(ctx)
				require.NoError(t, err)
			})
			require.Len(t, traces, 1)
			at := slices.IndexFunc(traces[0].activities, func(a string) bool { return strings.HasPrefix(a, "Read ") })
			require.GreaterOrEqual(t, at, 0, "%q", traces[0].activities)
			require.Equal(t, tt.want, traces[0].activities[at])
		})
	}
}

// Plain writes leave their timestamp to the coordinator, unless asked otherwise.
func TestClientTimestamps(t *testing.T) {
	t.Parallel()
	tap := &tap{}
	s := connect(t, tap.tapped, func(config *gocql.ClusterConfig) { config.DefaultTimestamp = true })
	ctx := t.Context()
	create[Thing](t, s)
	with, err := coodie.Open[Thing](over(t, s, coodie.WithClientTimestamps()))
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		table *coodie.Table[Thing]
		want  bool
	}{"server": {open[Thing](t, s), false}, "client": {with, true}} {
		t.Run(name, func(t *testing.T) {
			doc, row := tt.table.New(full(t.Name())), tt.table.Find(p.Eq(t.Name()), c.Eq(1))
			for what, write := range map[string]func() error{
				"save":           func() error { return doc.Save(ctx) },
				"update":         func() error { return doc.Update(ctx, mark.Set(2)) },
				"query update":   func() error { return row.Update(ctx, mark.Set(2)) },
				"delete columns": func() error { return row.DeleteColumns(ctx, n) },
				"delete":         func() error { return row.Delete(ctx) },
			} {
				require.NoError(t, write())
				got := tap.take(t.Name())
				require.Len(t, got, 1, what)
				require.Equal(t, tt.want, got[0].defaultTimestamp, what)
			}
			require.NoError(t, failure(doc.Insert(ctx)))
			got := tap.take(t.Name())
			require.Len(t, got, 1)
			require.False(t, got[0].defaultTimestamp, "an LWT never carries one")
		})
	}

	at := time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	require.NoError(t, with.New(full("at")).With(coodie.WithTimestamp(at)).Save(ctx))
	var written int64
	scan(t, s, "SELECT writetime(n) FROM thing WHERE p = 'at'", &written)
	require.Equal(t, at.UnixMicro(), written)
}

func TestReads(t *testing.T) {
	s := connect(t)
	table := create[Thing](t, s)
	pages := open[Thing](t, s, coodie.WithPageSize(7))
	ctx := t.Context()
	const rows = 25
	for i := range rows {
		require.NoError(t, table.New(Thing{P: "p", C: i, Mark: i}).Save(ctx))
	}
	numbers := func(things []Thing) (out []int) {
		for _, thing := range things {
			out = append(out, thing.C)
		}
		return out
	}
	upTo := func(low, high int) (out []int) {
		for i := low; i < high; i++ {
			out = append(out, i)
		}
		return out
	}
	partition := pages.Find(p.Eq("p"))

	for _, tt := range []struct {
		name string
		q    coodie.Readable[Thing]
		want []int
	}{
		{"partition", partition, upTo(0, rows)},
		{"whole table", pages.Find(), upTo(0, rows)},
		{"range", partition.Filter(c.Ge(3), c.Lt(20)), upTo(3, 20)},
		{"IN", partition.Filter(c.In(20, 1, 99)), []int{1, 20}},
		{"limit", partition.Limit(10), upTo(0, 10)},
		{"one row", partition.Filter(c.Eq(4)), []int{4}},
		{"none", pages.Find(p.Eq("q")), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, err := tt.q.Reads().All(ctx)
			require.NoError(t, err)
			require.Equal(t, tt.want, numbers(all))
			var iterated []Thing
			for thing, err := range tt.q.Reads().Iter(ctx) {
				require.NoError(t, err)
				iterated = append(iterated, thing)
			}
			require.Equal(t, all, iterated)
			first, err := tt.q.Reads().First(ctx)
			if len(tt.want) == 0 {
				require.ErrorIs(t, err, coodie.ErrNotFound)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want[0], first.C)
		})
	}

	count, err := partition.Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, rows, count)
	count, err = partition.Filter(c.Gt(20)).Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 4, count)

	t.Run("breaking off", func(t *testing.T) {
		gone := leak.Check(t)
		for _, after := range []int{1, 7, 8} {
			seen := 0
			for _, err := range partition.Iter(ctx) {
				require.NoError(t, err)
				if seen++; seen == after {
					break
				}
			}
			require.Equal(t, after, seen)
		}
		gone()
	})
	t.Run("an error ends it", func(t *testing.T) {
		var errs []error
		for thing, err := range table.Find(mark.Eq(1)).Iter(ctx) {
			require.Zero(t, thing)
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		var query *coodie.Error
		require.ErrorAs(t, errs[0], &query, "the server wants ALLOW FILTERING")
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
	})
	_, err = table.Find(p.Eq("p"), c.Eq(99)).Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	_, err = table.Find(p.Eq("p")).Get(ctx)
	requireUsage(t, err)
	_, err = table.Find(p.Eq("p")).Limit(0).All(ctx)
	requireUsage(t, err)
}

func TestPlainWrites(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	ctx := t.Context()
	left := func(name string) (out []string) {
		all, err := table.Find(p.Eq(name)).All(ctx)
		require.NoError(t, err)
		for _, thing := range all {
			out = append(out, fmt.Sprint(thing.C))
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		remove func(*coodie.QuerySet[Thing]) error
		want   string
	}{
		{"a row", func(q *coodie.QuerySet[Thing]) error { return q.Filter(c.Eq(2)).Delete(ctx) }, "0 1 3 4"},
		{"a range", func(q *coodie.QuerySet[Thing]) error { return q.Filter(c.Gt(0), c.Le(3)).Delete(ctx) }, "0 4"},
		{"an open range", func(q *coodie.QuerySet[Thing]) error { return q.Filter(c.Ge(3)).Delete(ctx) }, "0 1 2"},
		{"IN", func(q *coodie.QuerySet[Thing]) error { return q.Filter(c.In(1, 3)).Delete(ctx) }, "0 2 4"},
		{"a partition", func(q *coodie.QuerySet[Thing]) error { return q.Delete(ctx) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i := range 5 {
				require.NoError(t, table.New(Thing{P: t.Name(), C: i}).Save(ctx))
			}
			require.NoError(t, tt.remove(table.Find(p.Eq(t.Name()))))
			require.Equal(t, tt.want, strings.Join(left(t.Name()), " "))
		})
	}

	t.Run("update creates the row", func(t *testing.T) {
		require.NoError(t, table.Find(p.Eq("u"), c.Eq(1)).Update(ctx, mark.Set(3), owner.Set("ann")))
		got, err := table.Find(p.Eq("u"), c.Eq(1)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Thing{P: "u", C: 1, Mark: 3, Owner: ptr("ann")}, got)
		require.NoError(t, table.Find(p.Eq("u")).Update(ctx, owner.Set("bob")), "static columns by partition")
		require.NoError(t, table.New(got).Delete(ctx))
		_, err = table.Find(p.Eq("u"), c.Eq(1)).Get(ctx)
		require.ErrorIs(t, err, coodie.ErrNotFound)
	})
	t.Run("counters", func(t *testing.T) {
		counts := create[Counts](t, s)
		page := coodie.Col(func(c *Counts) *string { return &c.Page })
		row := counts.Find(page.Eq("/"))
		require.NoError(t, row.Update(ctx, coodie.AnyCol(counts, "hits").Add(3), coodie.AnyCol(counts, "errs").Remove(1)))
		require.NoError(t, row.Update(ctx, coodie.AnyCol(counts, "hits").Add(4)))
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Counts{Page: "/", Hits: 7, Errs: -1}, got)
		_, err = row.IfExists().Update(ctx, coodie.AnyCol(counts, "hits").Add(1))
		requireUsage(t, err)
		_, err = counts.New(got).Insert(ctx)
		requireUsage(t, err)
	})
}
