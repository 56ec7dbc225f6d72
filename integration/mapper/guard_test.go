package mapper_test

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Ledger is a row of an account, whose total belongs to the partition.
type Ledger struct {
	P       string     `cql:"p,partition"`
	C       int        `cql:"c,clustering"`
	Total   int        `cql:"total,static"`
	N       int        `cql:"n"`
	M       *int       `cql:"m"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// VersionLedger is the same table without an attempt id.
type VersionLedger struct {
	P       string `cql:"p,partition"`
	C       int    `cql:"c,clustering"`
	Total   int    `cql:"total,static"`
	N       int    `cql:"n"`
	Version int64  `cql:"version,version"`
}

func (VersionLedger) TableName() string { return "ledger" }

var (
	ledgerP     = coodie.Col(func(l *Ledger) *string { return &l.P })
	ledgerC     = coodie.Col(func(l *Ledger) *int { return &l.C })
	ledgerTotal = coodie.Col(func(l *Ledger) *int { return &l.Total })
	ledgerN     = coodie.Col(func(l *Ledger) *int { return &l.N })
)

// ledgers are two clients of one table.
func ledgers(t *testing.T) (ours, theirs *gocql.Session) {
	t.Helper()
	ours = connect(t)
	create[Ledger](t, ours)
	return ours, session(t, ours.Query("").Keyspace())
}

// TestMutateGuardsStatics (A1): two clients change a static column, by one row or by two.
func TestMutateGuardsStatics(t *testing.T) {
	ours, theirs := ledgers(t)
	ctx := t.Context()
	mine, other := open[Ledger](t, ours), open[Ledger](t, theirs)
	for c := range 2 {
		_, err := mine.New(Ledger{P: "a", C: c}).Insert(ctx)
		require.NoError(t, err)
	}
	add := func(_ context.Context, l *Ledger) error { l.Total++; return nil }
	for between := range 2 {
		calls := 0
		res, err := mine.Find(ledgerP.Eq("a"), ledgerC.Eq(0)).Mutate(ctx, func(ctx context.Context, l *Ledger) error {
			if calls++; calls == 1 {
				_, err := other.Find(ledgerP.Eq("a"), ledgerC.Eq(between)).Mutate(ctx, add)
				require.NoError(t, err)
			}
			return add(ctx, l)
		})
		require.NoError(t, err)
		require.Equal(t, [3]int{2 * (between + 1), 1, 2}, [3]int{res.Value.Total, res.Refused, calls})
	}
	var total int
	scan(t, ours, "SELECT total FROM ledger WHERE p = 'a' LIMIT 1", &total)
	require.Equal(t, 4, total)
}

// TestMutateCreatesBesideStatics (A2): the row is missing, the partition is not.
func TestMutateCreatesBesideStatics(t *testing.T) {
	ours, theirs := ledgers(t)
	ctx := t.Context()
	mine, other := open[Ledger](t, ours), open[Ledger](t, theirs)
	execute(t, ours, "UPDATE ledger SET total = 500 WHERE p = 'a'")
	row := func(table *coodie.Table[Ledger], c int) *coodie.QuerySet[Ledger] {
		return table.Find(ledgerP.Eq("a"), ledgerC.Eq(c))
	}
	res, err := row(mine, 2).Mutate(ctx, func(_ context.Context, l *Ledger) error { l.N = l.Total + 1; return nil }, coodie.OrCreate())
	require.NoError(t, err)
	require.True(t, res.Created)
	var n, total int
	scan(t, ours, "SELECT n, total FROM ledger WHERE p = 'a' AND c = 2", &n, &total)
	require.Equal(t, [2]int{501, 500}, [2]int{n, total})

	// What another client does in between counts: a change of the static column, and the row itself.
	for c, theirs := range map[int]func(*Ledger){
		3: func(l *Ledger) { l.Total = 600 },
		4: func(l *Ledger) { l.N = 7 },
	} {
		calls := 0
		res, err = row(mine, c).Mutate(ctx, func(ctx context.Context, l *Ledger) error {
			if calls++; calls == 1 {
				_, err := row(other, c).Mutate(ctx, func(_ context.Context, l *Ledger) error { theirs(l); l.M = ptr(1); return nil }, coodie.OrCreate())
				require.NoError(t, err)
			}
			l.N, l.Total = l.N+l.Total, l.Total+1
			return nil
		}, coodie.OrCreate())
		require.NoError(t, err)
		require.False(t, res.Created)
		require.Equal(t, 1, res.Refused)
		want := Ledger{P: "a", C: c, Total: 600}
		theirs(&want)
		require.Equal(t, want.N+res.Value.Total-1, res.Value.N)
	}
}

// TestDeleteColumnsCountsTheVersion (A3).
func TestDeleteColumnsCountsTheVersion(t *testing.T) {
	ours, _ := ledgers(t)
	ctx := t.Context()
	table := open[Ledger](t, ours)
	for range 2 { // a known form, too
		doc := table.New(Ledger{P: "a", C: 1, N: 5})
		execute(t, ours, "DELETE FROM ledger WHERE p = 'a'")
		_, err := doc.Insert(ctx)
		require.NoError(t, err)
		read, err := table.Find(ledgerP.Eq("a"), ledgerC.Eq(1)).Get(ctx)
		require.NoError(t, err)
		a, b := table.New(read), table.New(read)
		res, err := a.IfUnchanged().DeleteColumns(ctx, ledgerN)
		require.NoError(t, err)
		require.True(t, res.Applied)
		res, err = b.IfUnchanged().Update(ctx, ledgerN.Set(9))
		require.NoError(t, err)
		require.False(t, res.Applied)
		now, err := table.Find(ledgerP.Eq("a"), ledgerC.Eq(1)).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, now, a.Value)
		require.Zero(t, now.N)
		require.Greater(t, now.Version, read.Version)
		require.NotEqual(t, now.Attempt, read.Attempt)
	}
}

// TestVersionNeverComesAgain (A4): the row is deleted and inserted again between read and write.
func TestVersionNeverComesAgain(t *testing.T) {
	ours, theirs := ledgers(t)
	ctx := t.Context()
	mine, other := open[VersionLedger](t, ours), open[VersionLedger](t, theirs)
	row := func(table *coodie.Table[VersionLedger]) *coodie.QuerySet[VersionLedger] {
		return table.Find(coodie.AnyCol(table, "p").Eq("a"), coodie.AnyCol(table, "c").Eq(0))
	}
	_, err := mine.New(VersionLedger{P: "a", N: 1}).Insert(ctx)
	require.NoError(t, err)
	old, err := row(mine).Get(ctx)
	require.NoError(t, err)
	calls := 0
	res, err := row(mine).Mutate(ctx, func(ctx context.Context, l *VersionLedger) error {
		if calls++; calls == 1 {
			_, err := row(other).IfExists().Delete(ctx)
			require.NoError(t, err)
			_, err = other.New(VersionLedger{P: "a", N: 10}).Insert(ctx)
			require.NoError(t, err)
		}
		l.N++
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 11, res.Value.N)
	stale := mine.New(old)
	refused, err := stale.IfUnchanged().Update(ctx, coodie.AnyCol(mine, "n").Set(99))
	require.NoError(t, err)
	require.False(t, refused.Applied)
	requireUsage(t, mine.New(old).Save(ctx)) // it would bring the old version back
	now, err := row(mine).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, res.Value, now)
}

// TestRowsWithoutAVersion (A8, A9): rows that are older than the version column.
func TestRowsWithoutAVersion(t *testing.T) {
	ours, _ := ledgers(t)
	ctx := t.Context()
	table := open[Ledger](t, ours)
	row := table.Find(ledgerP.Eq("a"), ledgerC.Eq(0))
	execute(t, ours, "INSERT INTO ledger (p, c, n) VALUES ('a', 0, 5)")
	read, err := row.Get(ctx)
	require.NoError(t, err)
	doc, stale := table.New(read), table.New(read)
	res, err := doc.IfUnchanged().Update(ctx, ledgerN.Set(6), ledgerTotal.Set(1))
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.NotZero(t, doc.Value.Version)
	res, err = stale.IfUnchanged().Update(ctx, ledgerN.Set(7))
	require.NoError(t, err)
	require.False(t, res.Applied)
	execute(t, ours, "DELETE FROM ledger WHERE p = 'a'")
	res, err = stale.IfUnchanged().Update(ctx, ledgerN.Set(7)) // on a missing row a version is null, too
	require.NoError(t, err)
	require.False(t, res.Applied)
	_, err = row.Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)

	execute(t, ours, "INSERT INTO ledger (p, c) VALUES ('a', 0)")
	read, err = row.Get(ctx)
	require.NoError(t, err)
	_, err = table.New(read).IfUnchanged().Update(ctx, ledgerN.Set(1))
	require.ErrorIs(t, err, coodie.ErrCannotGuard)
	_, err = row.Mutate(ctx, func(_ context.Context, l *Ledger) error { l.N = 1; return nil })
	require.ErrorIs(t, err, coodie.ErrCannotGuard)
	require.NotContains(t, err.Error(), "give the struct")
	res, err = row.IfExists().Update(ctx, ledgerN.Set(1)) // as the error says
	require.NoError(t, err)
	require.True(t, res.Applied)
	_, err = row.Mutate(ctx, func(_ context.Context, l *Ledger) error { l.N = 2; return nil })
	require.NoError(t, err)
}

// TestIfUnchangedOfStaticTypes: the condition of a document holds for each cell that reads as its value.
func TestIfUnchangedOfStaticTypes(t *testing.T) {
	s := connect(t)
	ctx := t.Context()
	table := create[Wing](t, s)
	row := table.Find(coodie.AnyCol(table, "id").Eq(1), coodie.AnyCol(table, "row").Eq(1))
	_, err := table.New(Wing{ID: 1, Row: 1, N: 1}).Insert(ctx)
	require.NoError(t, err)
	read := func() *coodie.Document[Wing] {
		t.Helper()
		w, err := row.Get(ctx)
		require.NoError(t, err)
		return table.New(w)
	}
	unchanged := func(doc *coodie.Document[Wing], want bool, what string) {
		t.Helper()
		res, err := doc.IfUnchanged().Update(ctx, coodie.AnyCol(table, "n").Set(2))
		require.NoError(t, err, what)
		require.Equal(t, want, res.Applied, what)
	}
	changes := func(sets ...string) {
		t.Helper()
		for _, set := range sets {
			stale := read()
			execute(t, s, "UPDATE wing SET "+set+" WHERE id = 1")
			unchanged(stale, false, set)
			doc := read()
			unchanged(doc, true, set)
			res, err := doc.IfUnchanged().Replace(ctx)
			require.NoError(t, err, set)
			require.True(t, res.Applied, set)
		}
	}
	changes("shared = {city: 'x'}", "plain = {name: 'x'}", "cold = {level: 2}", "pt = (1, null)", "shared.floor = 3", "plain.level = 4",
		"cold = {name: 'x', level: 5}")
	for _, alike := range []string{"pt = (null, null)", "cold = {name: null, level: null}", "plain = null", "cold = {name: '', level: null}",
		"cold = null", "shared = null", "pt = null"} {
		execute(t, s, "UPDATE wing SET "+alike+" WHERE id = 1")
		unchanged(read(), true, alike)
	}
	execute(t, s, "ALTER TYPE wing_spot ADD zip int")
	execute(t, s, "ALTER TYPE wing_floor ADD zip int")
	execute(t, s, "UPDATE wing SET shared.zip = 1, plain.zip = 2 WHERE id = 1")
	changes("shared.city = 'z'", "shared = {floor: 2, zip: 3}", "plain.name = 'p'", "plain = {level: 9, zip: 8}")
}

// Wing is guarded by a version and by the static columns that its document holds.
type Wing struct {
	ID      int        `cql:"id,partition"`
	Row     int        `cql:"row,clustering"`
	Shared  *WingSpot  `cql:"shared,static"`
	Plain   WingFloor  `cql:"plain,static"`
	Cold    WingFloor  `cql:"cold,static,frozen"`
	Pt      *WingPoint `cql:"pt,static,tuple"`
	N       int        `cql:"n"`
	Version int64      `cql:"version,version"`
}

type WingSpot struct {
	City  *string
	Floor *int
}

type WingFloor struct {
	Name  string
	Level int
}

type WingPoint struct{ X, Y *int }
