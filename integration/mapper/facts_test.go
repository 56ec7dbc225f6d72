package mapper_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Existence as a condition, on a row that is there and on one that is not.
func TestExistence(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	row := table.Find(p.Eq("p"), c.Eq(1))
	doc := func() *coodie.Document[Thing] { return table.New(full("p")) }
	missing := map[string]func() (coodie.LWTResult[Thing], error){
		"document update":         func() (coodie.LWTResult[Thing], error) { return doc().IfExists().Update(ctx, n.Set(1)) },
		"query update":            func() (coodie.LWTResult[Thing], error) { return row.IfExists().Update(ctx, n.Set(1)) },
		"document delete":         func() (coodie.LWTResult[Thing], error) { return doc().IfExists().Delete(ctx) },
		"query delete":            func() (coodie.LWTResult[Thing], error) { return row.IfExists().Delete(ctx) },
		"document delete columns": func() (coodie.LWTResult[Thing], error) { return doc().IfExists().DeleteColumns(ctx, n) },
		"query delete columns":    func() (coodie.LWTResult[Thing], error) { return row.IfExists().DeleteColumns(ctx, n) },
	}
	for name, write := range missing {
		t.Run("missing/"+name, func(t *testing.T) {
			res, err := write()
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Nil(t, res.Existing, "Cassandra sends no column of a missing row")
			require.Equal(t, coodie.StateAbsent, res.Row())
			require.EqualError(t, res.Err(), "coodie: "+operation(name)+" thing (p, c): not applied: the row does not exist")
			_, err = row.Get(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound)
		})
	}
	for name, write := range missing {
		t.Run("there/"+name, func(t *testing.T) {
			require.NoError(t, failure(doc().Insert(ctx)))
			res, err := write()
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.Equal(t, coodie.StatePresent, res.Row())
			require.NoError(t, res.Err())
		})
	}

	require.NoError(t, failure(doc().Insert(ctx)))
	for name, write := range map[string]func() (coodie.LWTResult[Thing], error){
		"document": func() (coodie.LWTResult[Thing], error) { return table.New(bare("p")).Insert(ctx) },
		"query":    func() (coodie.LWTResult[Thing], error) { return table.Find().IfNotExists().Create(ctx, bare("p")) },
	} {
		t.Run("insert/"+name, func(t *testing.T) {
			require.NoError(t, doc().Save(ctx))
			res, err := write()
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, full("p"), res.Existing.Value, "the whole row, its static column too")
			require.Equal(t, coodie.StatePresent, res.Row())
			require.EqualError(t, res.Err(), "coodie: insert thing (p, c): not applied: the row exists already")
		})
	}
	t.Run("insert beside a static row", func(t *testing.T) {
		second := bare("p")
		second.C = 2
		res, err := table.New(second).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Equal(t, coodie.StateAbsent, res.Row())
		got, err := table.Find(p.Eq("p"), c.Eq(2)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, "ann", *got.Owner, "unset left the static column alone")
	})
}

// operation is what an error calls a write of TestExistence.
func operation(name string) string {
	if strings.Contains(name, "delete") {
		return "delete"
	}
	return "update"
}

// A row made by UPDATE lives by its columns, one made by INSERT by itself.
func TestRowMarker(t *testing.T) {
	t.Parallel()
	table := create[Simple](t, connect(t))
	ctx := t.Context()
	row := table.Find(simpleK.Eq(1))
	res, err := row.If(simpleV.IsNull()).AllowCreate().Update(ctx, simpleV.Set(1))
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.NoError(t, failure(row.If(simpleV.Eq(1)).Update(ctx, simpleV.SetNull())))
	_, err = row.With(coodie.WithLinearizable()).Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	res, err = row.IfExists().Update(ctx, simpleV.Set(2))
	require.NoError(t, err)
	require.False(t, res.Applied)

	require.NoError(t, failure(table.New(Simple{K: 1, V: ptr(1)}).Insert(ctx)))
	require.NoError(t, failure(row.If(simpleV.Eq(1)).Update(ctx, simpleV.SetNull())))
	got, err := row.With(coodie.WithLinearizable()).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Simple{K: 1}, got)
}

// An LWT over a cell with a timestamp from the future is applied and changes nothing:
// the cost of plain writes with a clock of their own (pains F1 and F2).
func TestFutureTimestamps(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Simple](t, s)
	ctx := t.Context()
	row, future := table.Find(simpleK.Eq(1)), time.Now().Add(time.Hour)
	require.NoError(t, table.New(Simple{K: 1, V: ptr(0)}).With(coodie.WithTimestamp(future)).Save(ctx))
	res, err := row.If(simpleV.Eq(0)).Update(ctx, simpleV.Set(1))
	require.NoError(t, err)
	require.True(t, res.Applied)
	got, err := row.With(coodie.WithLinearizable()).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, 0, *got.V, "if this fails, the warnings in the documentation can go")

	// Without a timestamp of the client's, a plain release of a lock and the next
	// acquisition keep their order.
	locks := create[Lock](t, s)
	for i := range 20 {
		lock := locks.New(Lock{Service: "api", LockedBy: ptr("ann")})
		res, err := lock.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied, i)
		res, err = locks.New(Lock{Service: "api", LockedBy: ptr("bob")}).Insert(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		got, err := locks.Find(service.Eq("api")).With(coodie.WithLinearizable()).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, "ann", *got.LockedBy)
		require.NoError(t, lock.Delete(ctx))
	}
}

// What the server would refuse, or do without a condition, is refused before sending.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	seen := &attempts{}
	s := connect(t, func(config *gocql.ClusterConfig) { config.QueryObserver = seen })
	table := create[Thing](t, s)
	simple := create[Simple](t, s)
	ctx := context.Background()
	doc, row, partition := table.New(full("p")), table.Find(p.Eq("p"), c.Eq(1)), table.Find(p.Eq("p"))
	require.NoError(t, failure(doc.Insert(ctx)))
	for name, write := range map[string]func() error{
		"no condition, delete":          func() error { return failure(row.IfAll(nil).Delete(ctx)) },
		"no condition, document update": func() error { return failure(doc.IfAll(nil).Update(ctx, mark.Set(2))) },
		"no assignment":                 func() error { return failure(row.IfExists().Update(ctx)) },
		"no column to delete":           func() error { return failure(row.IfExists().DeleteColumns(ctx)) },
		"USING TIMESTAMP with IF": func() error {
			return failure(row.With(coodie.WithTimestamp(time.Now())).IfExists().Update(ctx, mark.Set(2)))
		},
		"USING TIMESTAMP with Insert":       func() error { return failure(doc.With(coodie.WithTimestamp(time.Now())).Insert(ctx)) },
		"IN on the clustering column":       func() error { return failure(partition.Filter(c.In(1, 2)).If(mark.Eq(1)).Update(ctx, mark.Set(2))) },
		"IN on the partition key":           func() error { return failure(table.Find(p.In("p", "q"), c.Eq(1)).IfExists().Delete(ctx)) },
		"range":                             func() error { return failure(partition.Filter(c.Gt(0)).IfExists().Delete(ctx)) },
		"partition":                         func() error { return failure(partition.IfExists().Delete(ctx)) },
		"no partition key":                  func() error { return failure(table.Find(c.Eq(1)).IfExists().Delete(ctx)) },
		"no key at all":                     func() error { return failure(table.Find().IfExists().Update(ctx, mark.Set(2))) },
		"filter on a column":                func() error { return failure(row.Filter(mark.Eq(1)).IfExists().Delete(ctx)) },
		"filters before IfNotExists":        func() error { return failure(row.IfNotExists().Create(ctx, full("q"))) },
		"key column in SET":                 func() error { return failure(row.IfExists().Update(ctx, c.Set(2))) },
		"key column in IF":                  func() error { return failure(row.If(c.Eq(1)).Update(ctx, mark.Set(2))) },
		"empty partition key":               func() error { return failure(table.New(Thing{C: 1}).Insert(ctx)) },
		"< null":                            func() error { return failure(row.If(byPointer.Lt(nil)).Update(ctx, mark.Set(2))) },
		"IN ()":                             func() error { return failure(row.If(n.In()).Update(ctx, mark.Set(2))) },
		"negative index":                    func() error { return failure(row.If(coodie.At(tags, -1).Eq("a")).Update(ctx, mark.Set(2))) },
		"element of a frozen map":           func() error { return failure(row.IfExists().Update(ctx, coodie.Entry(data, "d").Set("x"))) },
		"field of a frozen type":            func() error { return failure(row.IfExists().Update(ctx, in.Set(nil))) },
		"overflow":                          func() error { return failure(row.If(mark.Eq(1<<40)).Update(ctx, mark.Set(2))) },
		"no such column":                    func() error { return failure(row.If(coodie.AnyCol(table, "nope").Eq(1)).Delete(ctx)) },
		"value of another type":             func() error { return failure(row.If(coodie.AnyCol(table, "n").Eq("five")).Delete(ctx)) },
		"a ghost by null":                   func() error { return failure(row.If(n.IsNull()).Update(ctx, mark.Set(2))) },
		"a ghost by !=":                     func() error { return failure(doc.If(n.Ne(1), name.IsNull()).Update(ctx, mark.Set(2))) },
		"a ghost by IN with null":           func() error { return failure(row.If(coodie.AnyCol(table, "n").In(1, nil)).Update(ctx, mark.Set(2))) },
		"a ghost by an empty list":          func() error { return failure(row.If(tags.Eq([]string{})).Update(ctx, mark.Set(2))) },
		"DELETE with TTL":                   func() error { return failure(row.With(coodie.WithTTL(time.Hour)).IfExists().Delete(ctx)) },
		"zero document":                     func() error { return failure(new(coodie.Document[Simple]).Insert(ctx)) },
		"IF of a zero condition":            func() error { return failure(row.If(cond{}).Delete(ctx)) },
		"simple: condition on the only key": func() error { return failure(simple.Find(simpleK.Eq(1)).If(simpleK.Eq(1)).Delete(ctx)) },
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			require.Zero(t, seen.count(func() { err = write() }))
			requireUsage(t, err)
			require.NotErrorIs(t, err, coodie.ErrNotApplied)
		})
	}
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, full("p"), got)
}
