package mapper_test

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Dwelling is a user-defined type that another program gives a field zip.
type Dwelling struct {
	City  *string
	Floor *int
}

// Inside holds a frozen Dwelling.
type Inside struct {
	At   *Dwelling
	Name string
}

// Beside is a tuple with a Dwelling.
type Beside struct {
	At *Dwelling
	N  *int
}

// Dweller has a Dwelling wherever one can be.
type Dweller struct {
	ID     int                 `cql:"id,partition"`
	Row    int                 `cql:"row,clustering"`
	At     *Dwelling           `cql:"at"`
	Cold   *Dwelling           `cql:"cold,frozen"`
	Past   []Dwelling          `cql:"past"`
	ByName map[string]Dwelling `cql:"by_name,frozen"`
	Inside *Inside             `cql:"inside"`
	Beside *Beside             `cql:"beside,tuple"`
	Shared *Dwelling           `cql:"shared,static"`
	N      int                 `cql:"n"`
}

var (
	dwellerID     = coodie.Col(func(d *Dweller) *int { return &d.ID })
	dwellerRow    = coodie.Col(func(d *Dweller) *int { return &d.Row })
	dwellerAt     = coodie.NullCol(func(d *Dweller) **Dwelling { return &d.At })
	dwellerCold   = coodie.NullCol(func(d *Dweller) **Dwelling { return &d.Cold })
	dwellerBeside = coodie.NullCol(func(d *Dweller) **Beside { return &d.Beside })
	dwellerN      = coodie.Col(func(d *Dweller) *int { return &d.N })
)

// dwell writes a row with fields that the struct does not know.
func dwell(t *testing.T, s *gocql.Session) {
	t.Helper()
	execute(t, s, `UPDATE dweller SET at = {city: 'at', floor: 1, zip: 11}, cold = {city: 'cold', floor: 1, zip: 12},
		past = [{city: 'a', floor: 1, zip: 13}, {city: 'b', floor: 1, zip: 14}], by_name = {'x': {city: 'x', floor: 1, zip: 15}},
		inside = {at: {city: 'in', floor: 1, zip: 19}, name: 'in'}, beside = ({city: 'beside', floor: 1, zip: 20}, 1),
		shared = {city: 'shared', floor: 1, zip: 21}, n = 1 WHERE id = 1 AND row = 1`)
}

// requireDwelling checks the row, of which some columns are as given and the others as dwell has written them.
func requireDwelling(t *testing.T, s *gocql.Session, but map[string]string) {
	t.Helper()
	for column, want := range map[string]string{
		"at": `{"city": "at", "floor": 1, "zip": 11}`, "cold": `{"city": "cold", "floor": 1, "zip": 12}`,
		"past":    `[{"city": "a", "floor": 1, "zip": 13}, {"city": "b", "floor": 1, "zip": 14}]`,
		"by_name": `{"x": {"city": "x", "floor": 1, "zip": 15}}`,
		"inside":  `{"at": {"city": "in", "floor": 1, "zip": 19}, "name": "in"}`,
		"beside":  `[{"city": "beside", "floor": 1, "zip": 20}, 1]`, "shared": `{"city": "shared", "floor": 1, "zip": 21}`, "n": "1",
	} {
		if other, ok := but[column]; ok {
			want = other
		}
		var got string
		var n int
		scan(t, s, "SELECT to_json("+column+"), n FROM dweller WHERE id = 1 AND row = 1", &got, &n)
		require.Equal(t, want, got, column)
	}
}

// A user-defined type grows under a session that lives on: what the struct does not know of the
// cells is part of the condition, and survives.
func TestGrownTypes(t *testing.T) {
	t.Parallel()
	s := connect(t)
	admin := session(t, s.Query("").Keyspace())
	ctx := t.Context()
	warnings := 0
	db := over(t, s, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		if e.Warning != "" {
			warnings++
		}
	})))
	table, err := coodie.Open[Dweller](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	strict, err := coodie.Open[Dweller](db, coodie.WithStrictTypes())
	require.NoError(t, err)
	row := table.Find(dwellerID.Eq(1), dwellerRow.Eq(1))
	at := func(city string) *Dwelling { return &Dwelling{City: &city, Floor: ptr(1)} }
	value := func() Dweller {
		return Dweller{
			ID: 1, Row: 1, At: at("at"), Cold: at("cold"), Past: []Dwelling{*at("a"), *at("b")}, ByName: map[string]Dwelling{"x": *at("x")},
			Inside: &Inside{At: at("in"), Name: "in"}, Beside: &Beside{At: at("beside"), N: ptr(1)}, Shared: at("shared"), N: 1,
		}
	}
	add := func(_ context.Context, d *Dweller) error { d.N++; return nil }
	require.NoError(t, table.New(value()).Save(ctx))
	_, err = row.Mutate(ctx, add)
	require.NoError(t, err)

	calls := 0
	res, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error {
		if calls++; calls == 1 {
			execute(t, admin, "ALTER TYPE dwelling ADD zip int")
			dwell(t, admin)
		}
		return add(t.Context(), d)
	})
	require.NoError(t, err)
	require.Equal(t, 2, calls)
	require.Equal(t, 1, res.Refused)
	requireDwelling(t, s, map[string]string{"n": "2"})

	for name, c := range map[string]struct {
		change func(*Dweller)
		want   map[string]string // nil: refused
	}{
		"fields": {func(d *Dweller) {
			d.At.City, d.Cold.City, d.Inside.At.City, d.Beside.At.City, d.Shared.City = ptr("1"), ptr("2"), ptr("3"), ptr("4"), ptr("5")
			d.ByName["x"] = Dwelling{}
			d.Past = append(d.Past, Dwelling{})
		}, map[string]string{
			"at": `{"city": "1", "floor": 1, "zip": 11}`, "cold": `{"city": "2", "floor": 1, "zip": 12}`,
			"inside": `{"at": {"city": "3", "floor": 1, "zip": 19}, "name": "in"}`,
			"beside": `[{"city": "4", "floor": 1, "zip": 20}, 1]`, "shared": `{"city": "5", "floor": 1, "zip": 21}`,
			"by_name": `{"x": {"city": null, "floor": null, "zip": 15}}`,
			"past":    `[{"city": "a", "floor": 1, "zip": 13}, {"city": "b", "floor": 1, "zip": 14}, {"city": null, "floor": null, "zip": null}]`,
		}},
		"null":       {func(d *Dweller) { d.At, d.Cold, d.Beside = nil, nil, nil }, map[string]string{"at": "null", "cold": "null", "beside": "null"}},
		"an element": {func(d *Dweller) { d.Past[0].Floor = nil }, nil},
	} {
		dwell(t, admin)
		res, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error { c.change(d); return nil })
		if c.want == nil {
			requireUsage(t, err)
			require.ErrorContains(t, err, "column past", name)
		} else {
			require.NoError(t, err, name)
			require.Equal(t, 1, res.Attempts, name)
		}
		requireDwelling(t, s, c.want)
	}

	dwell(t, admin)
	for name, cond := range map[string]coodie.Cond[Dweller]{
		"at": dwellerAt.Eq(*at("at")), "cold": dwellerCold.Eq(*at("cold")), "beside": dwellerBeside.Eq(Beside{at("beside"), ptr(1)}),
		"in": dwellerCold.In(*at("cold"), Dwelling{}), "at in": dwellerAt.In(*at("at")),
	} {
		res, err := row.If(dwellerN.Eq(1), cond).Update(ctx, dwellerN.Set(5))
		require.NoError(t, err, name)
		require.False(t, res.Applied, name)
		require.Equal(t, []string{"held", "not held"}, judged(res), name)
	}

	v := value()
	v.At, v.Cold, v.Shared = at("1"), at("2"), at("3")
	written := map[string]string{
		"at": `{"city": "1", "floor": 1, "zip": 11}`, "shared": `{"city": "3", "floor": 1, "zip": 21}`,
		"cold": `{"city": "2", "floor": 1, "zip": null}`,
		"past": `[{"city": "a", "floor": 1, "zip": null}, {"city": "b", "floor": 1, "zip": null}]`, "by_name": `{"x": {"city": "x", "floor": 1, "zip": null}}`,
		"inside": `{"at": {"city": "in", "floor": 1, "zip": null}, "name": "in"}`,
		"beside": `[{"city": "beside", "floor": 1, "zip": null}, 1]`,
	}
	for name, write := range map[string]func(*coodie.Table[Dweller]) error{
		"Save":    func(t *coodie.Table[Dweller]) error { return t.New(v).Save(ctx) },
		"SaveAll": func(t *coodie.Table[Dweller]) error { return t.SaveAll(ctx, []Dweller{v}) },
		"Replace": func(t *coodie.Table[Dweller]) error { return failure(t.New(v).IfExists().Replace(ctx)) },
		"batch": func(t *coodie.Table[Dweller]) error {
			b := db.Batch()
			t.New(v).SaveIn(b)
			return b.Exec(ctx)
		},
		"conditional batch": func(t *coodie.Table[Dweller]) error {
			b := db.Batch()
			t.Find(dwellerID.Eq(1), dwellerRow.Eq(1)).If(dwellerN.Eq(1)).UpdateIn(b, dwellerN.Set(1))
			doc := t.New(v)
			doc.SaveIn(b)
			return b.Exec(ctx)
		},
	} {
		dwell(t, admin)
		requireUsage(t, write(strict))
		requireDwelling(t, s, nil)
		require.NoError(t, write(table), name)
		requireDwelling(t, s, written)
	}
	require.Equal(t, 1, warnings, "all columns at once, and once")
	require.NoError(t, coodie.Schema(db, table).Verify(ctx))
}

func judged(res coodie.LWTResult[Dweller]) (out []string) {
	for _, c := range res.Conditions() {
		out = append(out, verdictOf(c))
	}
	return out
}

// Pt is a tuple whose elements can be null.
type Pt struct{ X, Y *int }

// Points has such a tuple.
type Points struct {
	ID int  `cql:"id,partition"`
	At *Pt  `cql:"at,tuple"`
	N  *int `cql:"n"`
}

// gocql reads a tuple of nulls as null. To the server they are two values; Mutate's condition admits both.
func TestTupleOfNulls(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Points](t, s)
	ctx := t.Context()
	id := coodie.Col(func(p *Points) *int { return &p.ID })
	pt := coodie.NullCol(func(p *Points) **Pt { return &p.At })
	n := coodie.NullCol(func(p *Points) **int { return &p.N })
	row := table.Find(id.Eq(1))
	for _, at := range []*Pt{nil, {}, {Y: ptr(1)}} {
		require.NoError(t, table.New(Points{ID: 1, At: at, N: ptr(1)}).Save(ctx))
		res, err := row.Mutate(ctx, func(_ context.Context, p *Points) error { *p.N++; return nil })
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
		applied, err := row.If(pt.IsNull(), n.IsNotNull()).Update(ctx, n.Set(3))
		require.NoError(t, err)
		require.Equal(t, at == nil, applied.Applied)
		applied, err = row.If(pt.Eq(Pt{})).Update(ctx, n.Set(3))
		require.NoError(t, err)
		require.Equal(t, at != nil && at.Y == nil, applied.Applied)
		res, err = row.Mutate(ctx, func(_ context.Context, p *Points) error { p.At = &Pt{X: ptr(1)}; return nil })
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
	}
}

// Cells that are empty, and tuples that are longer than the struct, are the condition as they are.
func TestCellsAsTheyAre(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE points (id int PRIMARY KEY, at tuple<int, int, text>, n int)")
	empty := bytesOf{}
	execute(t, s, "INSERT INTO points (id, at, n) VALUES (1, (1, ?, 'three'), ?)", empty, empty)
	execute(t, s, "INSERT INTO points (id, at, n) VALUES (2, (null, null, 'three'), 1)")
	execute(t, s, "INSERT INTO points (id, at, n) VALUES (3, (null, null, null), 1)")
	table := open[Points](t, s)
	ctx := t.Context()
	id := coodie.Col(func(p *Points) *int { return &p.ID })
	for k, want := range map[int]string{1: `[5, "", "three"]`, 2: `[5, null, "three"]`, 3: `[5, null, null]`} {
		res, err := table.Find(id.Eq(k)).Mutate(ctx, func(_ context.Context, p *Points) error {
			if p.At == nil {
				p.At = &Pt{}
			}
			p.At.X = ptr(5)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
		var at string
		scan(t, s, "SELECT to_json(at) FROM points WHERE id = "+string(rune('0'+k)), &at)
		require.Equal(t, want, at)
		res, err = table.Find(id.Eq(k)).Mutate(ctx, func(_ context.Context, p *Points) error { p.N = ptr(7); return nil })
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
	}
}

// bytesOf are sent as they are.
type bytesOf []byte

func (b bytesOf) MarshalCQL(gocql.TypeInfo) ([]byte, error) { return b, nil }
