package mapper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Each assignment, conditional and plain, and the row that it makes of fullRow.
func TestAssignments(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	ctx := t.Context()
	col := func(name string) *coodie.AnyColumn[Thing] { return coodie.AnyCol(table, name) }

	for _, tt := range []struct {
		name    string
		assigns []coodie.Assign[Thing]
		want    func(*Thing)
		stale   bool // it cannot be copied into a document
	}{
		{"set", assigns(n.Set(7), name.Set("eve")), func(w *Thing) { w.N, w.Name = ptr(7), ptr("eve") }, false},
		{"set null", assigns(n.SetNull(), name.SetNull()), func(w *Thing) { w.N, w.Name = nil, nil }, false},
		{"set nil pointer", assigns(byPointer.Set(nil)), func(w *Thing) { w.N = nil }, false},
		{"by name", assigns(col("n").Set(8), col("name").Set(nil)), func(w *Thing) { w.N, w.Name = ptr(8), nil }, false},
		{"set list", assigns(tags.Set([]string{"q"})), func(w *Thing) { w.Tags = []string{"q"} }, false},
		{"set list empty", assigns(tags.Set([]string{})), func(w *Thing) { w.Tags = nil }, false},
		{"set list null", assigns(tags.SetNull(), labels.SetNull(), attrs.SetNull()), func(w *Thing) { w.Tags, w.Labels, w.Attrs = nil, nil, nil }, false},
		{"append", assigns(coodie.Append(tags, "c", "d")), func(w *Thing) { w.Tags = []string{"a", "b", "a", "c", "d"} }, true},
		{"prepend", assigns(coodie.Prepend(tags, "y", "z")), func(w *Thing) { w.Tags = []string{"y", "z", "a", "b", "a"} }, true},
		{"remove from list", assigns(coodie.Remove(tags, "a")), func(w *Thing) { w.Tags = []string{"b"} }, true},
		{"set by index", assigns(coodie.At(tags, 1).Set("B")), func(w *Thing) { w.Tags = []string{"a", "B", "a"} }, true},
		{"null by index", assigns(coodie.At(tags, 0).SetNull()), func(w *Thing) { w.Tags = []string{"b", "a"} }, true},
		{"two indexes", assigns(coodie.At(tags, 0).Set("A"), coodie.At(tags, 2).Set("C")), func(w *Thing) { w.Tags = []string{"A", "b", "C"} }, true},
		{"add to set", assigns(coodie.Add(labels, "a", "x")), func(w *Thing) { w.Labels = []string{"a", "x", "y"} }, true},
		{"remove from set", assigns(coodie.Remove(labels, "x", "q")), func(w *Thing) { w.Labels = []string{"y"} }, true},
		{"put", assigns(coodie.Put(attrs, map[string]int{"k": 9, "m": 3})), func(w *Thing) { w.Attrs = map[string]int{"k": 9, "l": 2, "m": 3} }, true},
		{"put element", assigns(coodie.Entry(attrs, "m").Set(3)), func(w *Thing) { w.Attrs = map[string]int{"k": 1, "l": 2, "m": 3} }, true},
		{"null element", assigns(coodie.Entry(attrs, "k").SetNull()), func(w *Thing) { w.Attrs = map[string]int{"l": 2} }, true},
		{"remove keys", assigns(coodie.RemoveKeys(attrs, "k", "l")), func(w *Thing) { w.Attrs = nil }, true},
		{"both ends", assigns(coodie.Append(tags, "z"), coodie.Prepend(tags, "y")), func(w *Thing) { w.Tags = []string{"y", "a", "b", "a", "z"} }, true},
		{"add and remove", assigns(coodie.Add(labels, "a"), coodie.Remove(labels, "x")), func(w *Thing) { w.Labels = []string{"a", "y"} }, true},
		{"put and remove", assigns(coodie.Put(attrs, map[string]int{"m": 3}), coodie.Entry(attrs, "n").Set(4), coodie.RemoveKeys(attrs, "k")), func(w *Thing) {
			w.Attrs = map[string]int{"l": 2, "m": 3, "n": 4}
		}, true},
		{"set field", assigns(city.Set(ptr("Oslo"))), func(w *Thing) { w.Addr.City = ptr("Oslo") }, true},
		{"null field", assigns(city.SetNull()), func(w *Thing) { w.Addr.City = nil }, true},
		{"set type", assigns(addr.Set(*oslo()), home.Set(*oslo())), func(w *Thing) { w.Addr, w.Home = oslo(), oslo() }, false},
		{"null type", assigns(addr.SetNull(), home.SetNull()), func(w *Thing) { w.Addr, w.Home = nil, nil }, false},
		{"set type of nulls", assigns(addr.Set(Address{}), home.Set(Address{})), func(w *Thing) { w.Addr, w.Home = nil, &Address{} }, false},
		{"set frozen", assigns(fixed.Set([]string{}), data.Set(nil)), func(w *Thing) { w.Fixed, w.Data = []string{}, nil }, false},
		{"set tuple", assigns(pair.Set(Pair{A: 2})), func(w *Thing) { w.Pair = &Pair{A: 2} }, false},
		{"null tuple", assigns(pair.SetNull()), func(w *Thing) { w.Pair = nil }, false},
		{"static with regular", assigns(owner.Set("eve"), n.Set(1)), func(w *Thing) { w.Owner, w.N = ptr("eve"), ptr(1) }, false},
		{
			"by name, all kinds", assigns(
				col("tags").Add([]string{"c"}), col("labels").Remove([]string{"x"}), col("attrs").At("k").Set(4), col("addr").Field("city").Set("Oslo"),
			), func(w *Thing) {
				w.Tags, w.Labels, w.Attrs["k"], w.Addr.City = []string{"a", "b", "a", "c"}, []string{"y"}, 4, ptr("Oslo")
			}, true,
		},
		{"by name, prepend and remove", assigns(col("tags").Prepend([]string{"c"}), col("attrs").Remove([]string{"k"})), func(w *Thing) {
			w.Tags, w.Attrs = []string{"c", "a", "b", "a"}, map[string]int{"l": 2}
		}, true},
	} {
		write := map[string]func(*coodie.Document[Thing], *coodie.QuerySet[Thing]) (bool, error){
			"document if": func(d *coodie.Document[Thing], _ *coodie.QuerySet[Thing]) (bool, error) {
				res, err := d.If(mark.Eq(1)).Update(ctx, tt.assigns...)
				return res.Applied, err
			},
			"query if exists": func(_ *coodie.Document[Thing], q *coodie.QuerySet[Thing]) (bool, error) {
				res, err := q.IfExists().Update(ctx, tt.assigns...)
				return res.Applied, err
			},
			"plain": func(d *coodie.Document[Thing], _ *coodie.QuerySet[Thing]) (bool, error) {
				return true, d.Update(ctx, tt.assigns...)
			},
		}
		for how, write := range write {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				before := full(t.Name())
				require.NoError(t, table.New(before).Save(ctx))
				doc, row := table.New(before), table.Find(p.Eq(before.P), c.Eq(1))
				applied, err := write(doc, row)
				require.NoError(t, err)
				require.True(t, applied)
				want := full(t.Name())
				tt.want(&want)
				got, err := row.With(coodie.WithLinearizable()).Get(ctx)
				require.NoError(t, err)
				require.Equal(t, want, got)
				if how == "query if exists" {
					return
				}
				require.Equal(t, tt.stale, doc.Stale())
				if !tt.stale {
					require.Equal(t, want, doc.Value, "an applied assignment is copied into the document")
				}
			})
		}
	}
}

func assigns(list ...coodie.Assign[Thing]) []coodie.Assign[Thing] { return list }

func TestDeleteColumns(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	for _, tt := range []struct {
		name    string
		targets []coodie.Target[Thing]
		want    func(*Thing)
	}{
		{"columns", []coodie.Target[Thing]{n, name, pair}, func(w *Thing) { w.N, w.Name, w.Pair = nil, nil, nil }},
		{"collections", []coodie.Target[Thing]{tags, labels, data}, func(w *Thing) { w.Tags, w.Labels, w.Data = nil, nil, nil }},
		{"elements", []coodie.Target[Thing]{coodie.At(tags, 0), coodie.Entry(attrs, "k")}, func(w *Thing) { w.Tags, w.Attrs = []string{"b", "a"}, map[string]int{"l": 2} }},
		{"field", []coodie.Target[Thing]{street}, func(w *Thing) { w.Addr.Street = nil }},
		{"static", []coodie.Target[Thing]{owner, n}, func(w *Thing) { w.Owner, w.N = nil, nil }},
		{"by name", []coodie.Target[Thing]{coodie.AnyCol(table, "n"), coodie.AnyCol(table, "attrs").At("l")}, func(w *Thing) { w.N, w.Attrs = nil, map[string]int{"k": 1} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := full(t.Name())
			require.NoError(t, table.New(before).Save(ctx))
			row := table.Find(p.Eq(before.P), c.Eq(1))
			res, err := table.New(before).If(mark.Eq(2)).DeleteColumns(ctx, tt.targets...)
			require.NoError(t, err)
			require.False(t, res.Applied)
			got, err := row.With(coodie.WithLinearizable()).Get(ctx)
			require.NoError(t, err)
			require.Equal(t, before, got)

			res, err = table.New(before).If(mark.Eq(1)).DeleteColumns(ctx, tt.targets...)
			require.NoError(t, err)
			require.True(t, res.Applied)
			want := full(t.Name())
			tt.want(&want)
			got, err = row.With(coodie.WithLinearizable()).Get(ctx)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// The column that a condition compares is the one that is set.
func TestSameColumnInSetAndIf(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Simple](t, s)
	ctx := t.Context()
	doc := table.New(Simple{K: 1, V: ptr(1)})
	res, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)

	res, err = doc.If(simpleV.Eq(1)).Update(ctx, simpleV.Set(2))
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, 2, *doc.Value.V)
	res, err = doc.If(simpleV.Eq(1)).Update(ctx, simpleV.Set(3))
	require.NoError(t, err)
	require.False(t, res.Applied)
	v, presence := simpleV.From(res.Existing)
	require.Equal(t, 2, v)
	require.Equal(t, coodie.StatePresent, presence)
	require.Equal(t, 2, *doc.Value.V, "a refused write does not change the document")
	require.False(t, doc.Stale())
}

// A list index past the end is a server error, of which nothing is written.
func TestIndexPastTheEnd(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	require.NoError(t, table.New(full("p")).Save(t.Context()))
	row := table.Find(p.Eq("p"), c.Eq(1))
	_, err := row.If(mark.Eq(1)).Update(t.Context(), coodie.At(tags, 3).Set("z"))
	var query *coodie.Error
	require.ErrorAs(t, err, &query)
	require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
	require.ErrorContains(t, err, "out of bound")
	got, err := row.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, full("p"), got)
}

// USING TTL in each form that takes one.
func TestTTL(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Simple](t, s)
	ctx := t.Context()
	ttl := func(k, column string) (seconds *int) {
		scan(t, s, "SELECT ttl("+column+") FROM t WHERE k = "+k, &seconds)
		return seconds
	}
	between := func(low, high int, got *int) {
		t.Helper()
		require.NotNil(t, got)
		require.True(t, low <= *got && *got <= high, "%d", *got)
	}

	res, err := table.Find().IfNotExists().With(coodie.WithTTL(time.Hour)).Create(ctx, Simple{K: 1, V: ptr(1), X: ptr(1)})
	require.NoError(t, err)
	require.True(t, res.Applied)
	between(3500, 3600, ttl("1", "v"))

	res, err = table.Find(simpleK.Eq(1)).If(simpleV.Eq(1)).With(coodie.WithTTL(2*time.Hour)).Update(ctx, simpleV.Set(2))
	require.NoError(t, err)
	require.True(t, res.Applied)
	between(7100, 7200, ttl("1", "v"))
	between(3500, 3600, ttl("1", "x"))

	res, err = table.New(Simple{K: 2, V: ptr(1)}).With(coodie.WithTTL(1500*time.Millisecond + time.Hour)).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	between(3590, 3602, ttl("2", "v"))
	require.NoError(t, table.New(Simple{K: 2, V: ptr(1)}).With(coodie.WithTTL(3*time.Hour)).Save(ctx))
	between(10700, 10800, ttl("2", "v"))
	require.NoError(t, table.Find(simpleK.Eq(2)).With(coodie.WithTTL(0)).Update(ctx, simpleV.Set(5)))
	require.Nil(t, ttl("2", "v"), "a TTL of zero is none")
}
