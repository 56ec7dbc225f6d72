package mapper_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// events collects what an observer is told.
type events struct {
	mu   sync.Mutex
	list []coodie.Event
}

func (e *events) Observe(_ context.Context, event coodie.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// take returns the events since the last call.
func (e *events) take() []coodie.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.list
	e.list = nil
	return out
}

// The names below say which mapper gets it wrong.

// coodie for Python: an IN of another length met a cached statement with another number
// of markers.
func TestInOfAnyLengthIsOneStatement(t *testing.T) {
	t.Parallel()
	seen := &events{}
	s := connect(t)
	table, err := coodie.Open[Simple](over(t, s, coodie.WithObserver(seen)))
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	require.NoError(t, failure(table.New(Simple{K: 1, V: ptr(3)}).Insert(ctx)))
	seen.take()
	row := table.Find(simpleK.Eq(1))
	for _, tt := range []struct {
		in   []int
		want bool
	}{
		{[]int{1}, false},
		{[]int{1, 2, 4}, false},
		{[]int{1, 2, 3, 4, 5}, true},
		{[]int{3}, true},
		{slices.Repeat([]int{1}, 200), false},
	} {
		res, err := row.If(simpleV.In(tt.in...)).Update(ctx, simpleV.Set(3))
		require.NoError(t, err)
		require.Equal(t, tt.want, res.Applied, "%v", tt.in)
	}
	list := seen.take()
	require.Len(t, list, 5)
	for i, event := range list {
		require.Equal(t, list[0].Statement, event.Statement)
		want := coodie.OutcomeRefused
		if i == 2 || i == 3 {
			want = coodie.OutcomeApplied
		}
		require.Equal(t, want, event.Outcome)
	}
}

// cqlengine: a null in a conditional update became a second, weaker statement.
func TestNullIsInTheSameStatement(t *testing.T) {
	t.Parallel()
	seen := &events{}
	table, err := coodie.Open[Simple](over(t, connect(t), coodie.WithObserver(seen)))
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	require.NoError(t, failure(table.New(Simple{K: 1, V: ptr(1), X: ptr(1)}).Insert(ctx)))
	seen.take()
	row := table.Find(simpleK.Eq(1))
	res, err := row.If(simpleV.Eq(2)).Update(ctx, simpleV.Set(3), simpleX.SetNull())
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Len(t, seen.take(), 1)
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Simple{K: 1, V: ptr(1), X: ptr(1)}, got)
	seen.take()
	res, err = row.If(simpleV.Eq(1)).Update(ctx, simpleV.Set(3), simpleX.SetNull())
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Len(t, seen.take(), 1)
	got, err = row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Simple{K: 1, V: ptr(3)}, got)
}

// Zeros is what gocql's MapScanCAS makes of a row of nulls: a row that equals the
// condition that refused it (F7).
type Zeros struct {
	ID        int         `cql:"id,partition"`
	Ver       int         `cql:"ver"`
	Txt       string      `cql:"txt"`
	Flag      bool        `cql:"flag"`
	DeletedAt time.Time   `cql:"deleted_at"`
	Day       coodie.Date `cql:"day"`
	Tags      []string    `cql:"tags,set"`
}

var (
	zerosID   = coodie.Col(func(z *Zeros) *int { return &z.ID })
	ver       = coodie.Col(func(z *Zeros) *int { return &z.Ver })
	txt       = coodie.Col(func(z *Zeros) *string { return &z.Txt })
	flag      = coodie.Col(func(z *Zeros) *bool { return &z.Flag })
	deletedAt = coodie.Col(func(z *Zeros) *time.Time { return &z.DeletedAt })
	day       = coodie.Col(func(z *Zeros) *coodie.Date { return &z.Day })
	zerosTags = coodie.Col(func(z *Zeros) *[]string { return &z.Tags })
)

func TestNullIsNotZero(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Zeros](t, s)
	ctx := t.Context()
	execute(t, s, "INSERT INTO zeros (id) VALUES (1)")
	row := table.Find(zerosID.Eq(1))
	res, err := row.If(ver.Eq(0), txt.Eq(""), flag.Eq(false)).Update(ctx, ver.Set(1))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, map[string]any{"ver": nil, "txt": nil, "flag": nil}, res.Existing.Map())
	v, presence := ver.From(res.Existing)
	require.Zero(t, v)
	require.Equal(t, coodie.StateAbsent, presence)
	for _, condition := range res.Conditions() {
		require.True(t, condition.Refused, condition.Text)
	}
	require.Equal(t, coodie.StateUnknown, res.Existing.State("deleted_at"))

	require.NoError(t, failure(table.New(Zeros{ID: 2}).Insert(ctx)))
	res, err = table.Find(zerosID.Eq(2)).If(ver.Eq(0), txt.Eq(""), flag.Eq(false)).Update(ctx, ver.Set(1))
	require.NoError(t, err)
	require.True(t, res.Applied, "a Go zero that is no null is stored as it is")
}

// gocql stores time.Time{} as empty bytes, neither null nor a time (F8); F19: nil in a
// condition is null, never unset.
func TestZeroTimeIsNull(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Zeros](t, s)
	ctx := t.Context()
	for i, write := range []func(*coodie.Document[Zeros]) error{
		func(d *coodie.Document[Zeros]) error { return failure(d.Insert(ctx)) },
		func(d *coodie.Document[Zeros]) error { return d.Save(ctx) },
		func(d *coodie.Document[Zeros]) error {
			return d.Update(ctx, ver.Set(0), deletedAt.Set(time.Time{}), day.Set(coodie.Date{}), zerosTags.Set(nil))
		},
	} {
		require.NoError(t, write(table.New(Zeros{ID: i})))
		row := table.Find(zerosID.Eq(i))
		for name, conds := range map[string][]coodie.Cond[Zeros]{
			"IsNull": {deletedAt.IsNull(), day.IsNull(), zerosTags.IsNull()},
			"zero":   {deletedAt.Eq(time.Time{}), day.Eq(coodie.Date{}), zerosTags.Eq(nil)},
			"empty":  {deletedAt.IsNull(), zerosTags.Eq([]string{})},
		} {
			res, err := row.IfAll(append(conds, ver.Eq(0))).Update(ctx, ver.Set(0))
			require.NoError(t, err)
			require.True(t, res.Applied, "%s: %v", name, res.Existing.Map())
		}
		var at *time.Time
		scan(t, s, "SELECT deleted_at FROM zeros WHERE id = "+string(rune('0'+i)), &at)
		require.Nil(t, at)
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Zeros{ID: i}, got)
		res, err := row.If(ver.Eq(0), deletedAt.IsNotNull()).Delete(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
	}
	// Empty bytes that gocql once wrote are still read, as null.
	require.NoError(t, s.Query("INSERT INTO zeros (id, ver, deleted_at) VALUES (9, 0, ?)", time.Time{}).Exec())
	got, err := table.Find(zerosID.Eq(9)).Get(ctx)
	require.NoError(t, err)
	require.True(t, got.DeletedAt.IsZero())
	res, err := table.New(Zeros{ID: 9}).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.True(t, res.Existing.Value.DeletedAt.IsZero())
}

// gocql's ScanCAS goes by position, and the server's columns are alphabetical: owner and
// lease changed places (F6). F5: an answer taken twice panicked.
func TestColumnsByName(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE lease (id text PRIMARY KEY, owner text, lease text)")
	type Lease struct {
		ID    string  `cql:"id,partition"`
		Owner *string `cql:"owner"`
		Lease *string `cql:"lease"`
	}
	table := open[Lease](t, s)
	ctx := t.Context()
	stored := Lease{ID: "a", Owner: ptr("ann"), Lease: ptr("long")}
	doc := table.New(stored)
	require.NoError(t, failure(doc.Insert(ctx)))
	check := func() {
		t.Helper()
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		for range 2 {
			require.Equal(t, stored, res.Existing.Value)
			require.Equal(t, "ann", res.Existing.Map()["owner"])
			require.Equal(t, "long", res.Existing.Map()["lease"])
		}
	}
	check()
	execute(t, s, "ALTER TABLE lease ADD another int")
	check()
	check()
}

// F14, and the ghost row that an unproven update makes.
func TestGhostRows(t *testing.T) {
	t.Parallel()
	table := create[Simple](t, connect(t))
	ctx := t.Context()
	for i, tt := range []struct {
		cond   coodie.Cond[Simple]
		ghosts bool
	}{
		{simpleV.IsNull(), true},
		{simpleV.Ne(5), true},
		{coodie.AnyCol(table, "v").In(5, nil), true},
		{simpleV.Eq(0), false},
		{simpleV.IsNotNull(), false},
		{simpleV.Lt(5), false},
	} {
		row := table.Find(simpleK.Eq(i))
		res, err := row.If(tt.cond).Update(ctx, simpleX.Set(1))
		if tt.ghosts {
			requireUsage(t, err)
			_, err = row.With(coodie.WithLinearizable()).Get(ctx)
			require.ErrorIs(t, err, coodie.ErrNotFound)
			res, err = row.If(tt.cond).AllowCreate().Update(ctx, simpleX.Set(1))
		}
		require.NoError(t, err)
		require.Equal(t, tt.ghosts, res.Applied)
		require.Equal(t, tt.ghosts, res.Row() == coodie.StateUnknown)
		_, err = row.With(coodie.WithLinearizable()).Get(ctx)
		require.Equal(t, !tt.ghosts, err != nil, "%v", err)
	}
}

// coodie for Python changed the model though the write was refused; F9 and F22: a refusal
// looked like success, a write like a refusal.
func TestRefusalIsSeen(t *testing.T) {
	t.Parallel()
	seen := &events{}
	table, err := coodie.Open[Simple](over(t, connect(t), coodie.WithObserver(seen)))
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	seen.take()
	doc := table.New(Simple{K: 1, V: ptr(1)})
	for _, tt := range []struct {
		write func() (coodie.LWTResult[Simple], error)
		want  coodie.Outcome
	}{
		{func() (coodie.LWTResult[Simple], error) { return doc.IfExists().Update(ctx, simpleV.Set(2)) }, coodie.OutcomeRefused},
		{func() (coodie.LWTResult[Simple], error) { return doc.Insert(ctx) }, coodie.OutcomeApplied},
		{func() (coodie.LWTResult[Simple], error) { return doc.If(simpleV.Eq(7)).Update(ctx, simpleV.Set(2)) }, coodie.OutcomeRefused},
		{func() (coodie.LWTResult[Simple], error) { return doc.If(simpleV.Eq(7)).DeleteColumns(ctx, simpleV) }, coodie.OutcomeRefused},
		{func() (coodie.LWTResult[Simple], error) { return doc.If(simpleV.Eq(7)).Delete(ctx) }, coodie.OutcomeRefused},
	} {
		res, err := tt.write()
		require.NoError(t, err)
		require.Equal(t, tt.want == coodie.OutcomeApplied, res.Applied)
		require.Equal(t, tt.want == coodie.OutcomeApplied, res.Err() == nil)
		require.Equal(t, Simple{K: 1, V: ptr(1)}, doc.Value)
		require.False(t, doc.Stale())
		list := seen.take()
		require.Len(t, list, 1)
		require.Equal(t, tt.want, list[0].Outcome)
	}
	res, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
	require.Equal(t, coodie.KindNotApplied, coodie.KindOf(res.Err()))

	require.NoError(t, doc.Save(ctx))
	require.Equal(t, coodie.OutcomeDone, seen.take()[1].Outcome)
	_, err = table.Find(simpleV.Eq(1)).All(ctx)
	require.Error(t, err)
	require.Equal(t, coodie.OutcomeFailed, seen.take()[0].Outcome)
}
