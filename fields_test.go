package coodie_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Addr is a user-defined type that another program gives a field zip.
type Addr struct {
	City  *string
	Floor *int
}

// Inside holds a frozen Addr.
type Inside struct {
	Addr *Addr
	Name string
}

// Beside is a tuple with an Addr.
type Beside struct {
	Addr *Addr
	N    *int
}

// Dweller has an Addr wherever one can be.
type Dweller struct {
	ID     int             `cql:"id,partition"`
	Row    int             `cql:"row,clustering"`
	Addr   *Addr           `cql:"addr"`
	Cold   *Addr           `cql:"cold,frozen"`
	Past   []Addr          `cql:"past"`
	ByName map[string]Addr `cql:"by_name"`
	Some   []Addr          `cql:"some,set,frozen"`
	Inside *Inside         `cql:"inside"`
	Beside *Beside         `cql:"beside,tuple"`
	Shared *Addr           `cql:"shared,static"`
	N      int             `cql:"n"`
}

var (
	dwellerID     = coodie.Col(func(d *Dweller) *int { return &d.ID })
	dwellerRow    = coodie.Col(func(d *Dweller) *int { return &d.Row })
	dwellerAddr   = coodie.NullCol(func(d *Dweller) **Addr { return &d.Addr })
	dwellerCold   = coodie.NullCol(func(d *Dweller) **Addr { return &d.Cold })
	dwellerPast   = coodie.Col(func(d *Dweller) *[]Addr { return &d.Past })
	dwellerByName = coodie.Col(func(d *Dweller) *map[string]Addr { return &d.ByName })
	dwellerSome   = coodie.Col(func(d *Dweller) *[]Addr { return &d.Some })
	dwellerInside = coodie.NullCol(func(d *Dweller) **Inside { return &d.Inside })
	dwellerBeside = coodie.NullCol(func(d *Dweller) **Beside { return &d.Beside })
	dwellerShared = coodie.NullCol(func(d *Dweller) **Addr { return &d.Shared })
	dwellerN      = coodie.Col(func(d *Dweller) *int { return &d.N })
)

// dwelling is what the columns hold, each with a zip that the struct does not know.
var dwelling = map[string]string{
	"addr":    `{"city": "addr", "floor": 1, "zip": 11}`,
	"cold":    `{"city": "cold", "floor": 1, "zip": 12}`,
	"past":    `[{"city": "a", "floor": 1, "zip": 13}, {"city": "b", "floor": 1, "zip": 14}]`,
	"by_name": `{"x": {"city": "x", "floor": 1, "zip": 15}, "y": {"city": "y", "floor": 1, "zip": 16}}`,
	"some":    `[{"city": "s", "floor": 1, "zip": 17}, {"city": "t", "floor": 1, "zip": 18}]`,
	"inside":  `{"addr": {"city": "inside", "floor": 1, "zip": 19}, "name": "in"}`,
	"beside":  `[{"city": "beside", "floor": 1, "zip": 20}, 1]`,
	"shared":  `{"city": "shared", "floor": 1, "zip": 21}`,
	"n":       `1`,
}

// dweller is the row as the struct sees it.
func dweller() Dweller {
	at := func(city string) *Addr { return &Addr{City: &city, Floor: ptr(1)} }
	return Dweller{
		ID: 1, Row: 1, Addr: at("addr"), Cold: at("cold"), Past: []Addr{*at("a"), *at("b")},
		ByName: map[string]Addr{"x": *at("x"), "y": *at("y")}, Some: []Addr{*at("s"), *at("t")},
		Inside: &Inside{Addr: at("inside"), Name: "in"}, Beside: &Beside{Addr: at("beside"), N: ptr(1)}, Shared: at("shared"), N: 1,
	}
}

// grown is the table, whose type has grown while the session, with statements prepared, lives. The
// row is one that a program has written which knows the new field.
func grown(t *testing.T, session *gocql.Session, opts ...coodie.TableOption) (*coodie.Table[Dweller], *coodie.QuerySet[Dweller]) {
	t.Helper()
	ctx := t.Context()
	table := open[Dweller](t, session, opts...)
	row := table.Find(dwellerID.Eq(1), dwellerRow.Eq(1))
	require.NoError(t, table.New(dweller()).Save(ctx))
	_, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error { d.N++; return nil })
	require.NoError(t, err)
	raw(t, session, "ALTER TYPE addr ADD zip int")
	dwell(t, session)
	return table, row
}

// dwell writes the row of dwelling.
func dwell(t *testing.T, session *gocql.Session) {
	t.Helper()
	raw(t, session, `UPDATE dweller SET addr = {city: 'addr', floor: 1, zip: 11}, cold = {city: 'cold', floor: 1, zip: 12},
		past = [{city: 'a', floor: 1, zip: 13}, {city: 'b', floor: 1, zip: 14}],
		by_name = {'x': {city: 'x', floor: 1, zip: 15}, 'y': {city: 'y', floor: 1, zip: 16}},
		some = {{city: 's', floor: 1, zip: 17}, {city: 't', floor: 1, zip: 18}},
		inside = {addr: {city: 'inside', floor: 1, zip: 19}, name: 'in'}, beside = ({city: 'beside', floor: 1, zip: 20}, 1),
		shared = {city: 'shared', floor: 1, zip: 21}, n = 1 WHERE id = 1 AND row = 1`)
}

func raw(t *testing.T, session *gocql.Session, statement string, args ...any) {
	t.Helper()
	require.NoError(t, session.Query(statement, args...).Exec(), statement)
}

// stored is a column as the server writes it in JSON.
func stored(t *testing.T, session *gocql.Session, column string) (text string) {
	t.Helper()
	var n int
	require.NoError(t, session.Query("SELECT to_json("+column+"), n FROM dweller WHERE id = 1 AND row = 1").Scan(&text, &n))
	return text
}

// requireDwelling checks all columns, of which some are as given.
func requireDwelling(t *testing.T, session *gocql.Session, but map[string]string) {
	t.Helper()
	for column, want := range dwelling {
		if other, ok := but[column]; ok {
			want = other
		}
		require.Equal(t, want, stored(t, session, column), column)
	}
}

// TestMutateOfGrownTypes: the cells as they were read are the condition, and what the struct does
// not know of them survives.
func TestMutateOfGrownTypes(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		_, row := grown(t, session, coodie.WithStrictTypes())
		for name, c := range map[string]struct {
			change  func(*Dweller)
			want    map[string]string
			refused string // the column
		}{
			"another column": {func(d *Dweller) { d.N = 2 }, map[string]string{"n": "2"}, ""},
			"fields": {func(d *Dweller) {
				d.Addr.City, d.Cold.City, d.Inside.Addr.City, d.Beside.Addr.City, d.Shared.City = ptr("1"), ptr("2"), ptr("3"), ptr("4"), ptr("5")
			}, map[string]string{
				"addr":   `{"city": "1", "floor": 1, "zip": 11}`,
				"cold":   `{"city": "2", "floor": 1, "zip": 12}`,
				"inside": `{"addr": {"city": "3", "floor": 1, "zip": 19}, "name": "in"}`,
				"beside": `[{"city": "4", "floor": 1, "zip": 20}, 1]`,
				"shared": `{"city": "5", "floor": 1, "zip": 21}`,
			}, ""},
			"beside them": {func(d *Dweller) { d.Inside.Name, d.Beside.N = "out", nil }, map[string]string{
				"inside": `{"addr": {"city": "inside", "floor": 1, "zip": 19}, "name": "out"}`,
				"beside": `[{"city": "beside", "floor": 1, "zip": 20}, null]`,
			}, ""},
			"null fields": {func(d *Dweller) { *d.Addr, *d.Cold = Addr{}, Addr{} }, map[string]string{
				"addr": `{"city": null, "floor": null, "zip": 11}`,
				"cold": `{"city": null, "floor": null, "zip": 12}`,
			}, ""},
			"null": {func(d *Dweller) { d.Addr, d.Cold = nil, nil }, map[string]string{"addr": "null", "cold": "null"}, ""},
			"elements added and removed": {func(d *Dweller) {
				d.Past = append(d.Past, Addr{City: ptr("c")})
				d.ByName["z"] = Addr{City: ptr("z")}
				delete(d.ByName, "y")
				d.Some = d.Some[:1]
			}, map[string]string{
				"past":    `[{"city": "a", "floor": 1, "zip": 13}, {"city": "b", "floor": 1, "zip": 14}, {"city": "c", "floor": null, "zip": null}]`,
				"by_name": `{"x": {"city": "x", "floor": 1, "zip": 15}, "z": {"city": "z", "floor": null, "zip": null}}`,
				"some":    `[{"city": "s", "floor": 1, "zip": 17}]`,
			}, ""},
			"a map's value":         {func(d *Dweller) { d.ByName["x"] = Addr{City: ptr("w")} }, map[string]string{"by_name": `{"x": {"city": "w", "floor": null, "zip": 15}, "y": {"city": "y", "floor": 1, "zip": 16}}`}, ""},
			"the order of a list":   {func(d *Dweller) { d.Past[0], d.Past[1] = d.Past[1], d.Past[0] }, map[string]string{"past": `[{"city": "b", "floor": 1, "zip": 14}, {"city": "a", "floor": 1, "zip": 13}]`}, ""},
			"an element of a list":  {func(d *Dweller) { d.Past[0].Floor = ptr(9) }, nil, "past"},
			"an element of a set":   {func(d *Dweller) { d.Some[0].Floor = ptr(9) }, nil, "some"},
			"all of a list removed": {func(d *Dweller) { d.Past = nil }, map[string]string{"past": "null"}, ""},
		} {
			t.Run(name, func(t *testing.T) {
				dwell(t, session)
				res, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error { c.change(d); return nil })
				if c.refused != "" {
					var usage *coodie.Error
					require.ErrorAs(t, err, &usage)
					require.Equal(t, coodie.KindUsage, usage.Kind)
					require.Equal(t, c.refused, usage.Column)
					require.ErrorContains(t, err, "a field that the struct does not know")
				} else {
					require.NoError(t, err)
					require.True(t, res.Changed)
					require.Equal(t, 1, res.Attempts)
					after, err := row.Get(ctx)
					require.NoError(t, err)
					require.Equal(t, after, res.Value)
				}
				requireDwelling(t, session, c.want)
			})
		}
	})
}

// TestMutateWhileATypeGrows: the type grows between the read and the write.
func TestMutateWhileATypeGrows(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Dweller](t, session, coodie.WithStrictTypes())
		require.NoError(t, table.New(dweller()).Save(ctx))
		row := table.Find(dwellerID.Eq(1), dwellerRow.Eq(1))
		calls := 0
		res, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error {
			if calls++; calls == 1 {
				raw(t, session, "ALTER TYPE addr ADD zip int")
				dwell(t, session)
			}
			d.Cold.City, d.Addr.City, d.N = ptr("moved"), ptr("moved"), d.N+1
			return nil
		})
		require.NoError(t, err)
		require.True(t, res.Changed)
		require.Equal(t, 2, calls)
		require.Equal(t, 1, res.Refused, "the row was another one")
		requireDwelling(t, session, map[string]string{
			"n": "2", "addr": `{"city": "moved", "floor": 1, "zip": 11}`, "cold": `{"city": "moved", "floor": 1, "zip": 12}`,
		})

		raw(t, session, "ALTER TYPE addr ADD street text")
		calls = 0
		res, err = row.Mutate(ctx, func(_ context.Context, d *Dweller) error {
			if calls++; calls == 1 {
				raw(t, session, "ALTER TYPE addr ADD door int")
			}
			d.Cold.City = ptr("again")
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts, "the row is the same")
		require.Equal(t, `{"city": "again", "floor": 1, "zip": 12, "street": null, "door": null}`, stored(t, session, "cold"))
	})
}

// TestConditionsOnGrownTypes: a verdict is about what the server compared.
func TestConditionsOnGrownTypes(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		_, row := grown(t, session)
		is := dweller()
		conds := map[string]coodie.Cond[Dweller]{
			"addr": dwellerAddr.Eq(*is.Addr), "cold": dwellerCold.Eq(*is.Cold), "past": dwellerPast.Eq(is.Past), "by_name": dwellerByName.Eq(is.ByName),
			"some": dwellerSome.Eq(is.Some), "inside": dwellerInside.Eq(*is.Inside), "beside": dwellerBeside.Eq(*is.Beside),
			"in": dwellerCold.In(*is.Cold, Addr{}), "in, not frozen": dwellerAddr.In(*is.Addr), "element": coodie.At(dwellerPast, 0).Eq(is.Past[0]),
			"any": coodie.AnyCol(mustTable(t, session), "cold").Eq(*is.Cold),
		}
		check := func(want string) {
			t.Helper()
			for name, cond := range conds {
				res, err := row.If(dwellerN.Eq(99), cond).Update(ctx, dwellerN.Set(1))
				require.NoError(t, err, name)
				require.False(t, res.Applied, name)
				require.True(t, res.Conditions()[0].Refused, name)
				require.Equal(t, want, verdictOf(res.Conditions()[1]), name)
				res, err = row.If(cond).Update(ctx, dwellerN.Set(1))
				require.NoError(t, err, name)
				require.Equal(t, want == "held", res.Applied, name)
				require.Equal(t, want, verdictOf(res.Conditions()[0]), name)
			}
		}
		check("not held")
		raw(t, session, `UPDATE dweller SET addr = {city: 'addr', floor: 1}, cold = {city: 'cold', floor: 1, zip: null},
			past = [{city: 'a', floor: 1}, {city: 'b', floor: 1}], by_name = {'x': {city: 'x', floor: 1}, 'y': {city: 'y', floor: 1}},
			some = {{city: 's', floor: 1}, {city: 't', floor: 1}},
			inside = {addr: {city: 'inside', floor: 1}, name: 'in'}, beside = ({city: 'beside', floor: 1, zip: null}, 1) WHERE id = 1 AND row = 1`)
		check("held")
	})
}

func mustTable(t *testing.T, session *gocql.Session) *coodie.Table[Dweller] {
	t.Helper()
	table, err := coodie.Open[Dweller](coodie.New(session))
	require.NoError(t, err)
	return table
}

// TestWritesOfGrownTypes: a type that is not frozen is written field by field. One that is frozen is
// written whole, which loses the field: an observer is warned once, or the write is refused.
func TestWritesOfGrownTypes(t *testing.T) {
	type write func(ctx context.Context, table *coodie.Table[Dweller], v Dweller) error
	applied := func(res coodie.LWTResult[Dweller], err error) error {
		if err == nil {
			err = res.Err()
		}
		return err
	}
	row := func(table *coodie.Table[Dweller]) *coodie.QuerySet[Dweller] {
		return table.Find(dwellerID.Eq(1), dwellerRow.Eq(1))
	}
	batch := func(b *coodie.Batch, add func(*coodie.Batch)) func(context.Context) error {
		add(b)
		return b.Exec
	}
	writes := map[string]write{
		"Save": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error { return t.New(v).Save(ctx) },
		"Save, TTL": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return t.New(v).With(coodie.WithTTL(1e12)).Save(ctx)
		},
		"Save, OmitNil": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return t.New(v).With(coodie.WithOmitNil()).Save(ctx)
		},
		"SaveAll": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return t.SaveAll(ctx, []Dweller{v})
		},
		"Update": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return row(t).Update(ctx, dwellerAddr.Set(*v.Addr), dwellerCold.Set(*v.Cold), dwellerInside.Set(*v.Inside), dwellerShared.Set(*v.Shared))
		},
		"Update by name": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return row(t).Update(ctx, coodie.AnyCol(t, "addr").Set(v.Addr), coodie.AnyCol(t, "cold").Set(v.Cold), coodie.AnyCol(t, "shared").Set(v.Shared),
				coodie.AnyCol(t, "inside").Set(map[string]any{"addr": v.Inside.Addr, "name": v.Inside.Name}))
		},
		"Document.Update": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return t.New(v).Update(ctx, dwellerAddr.Set(*v.Addr), dwellerCold.Set(*v.Cold), dwellerInside.Set(*v.Inside), dwellerShared.Set(*v.Shared))
		},
		"If Update": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return applied(row(t).If(dwellerN.Eq(1)).Update(ctx, dwellerAddr.Set(*v.Addr), dwellerCold.Set(*v.Cold), dwellerInside.Set(*v.Inside), dwellerShared.Set(*v.Shared)))
		},
		"Replace": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return applied(t.New(v).IfExists().Replace(ctx))
		},
		"logged batch": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return batch(dbOf(t).Batch(), func(b *coodie.Batch) { t.New(v).SaveIn(b) })(ctx)
		},
		"unlogged batch": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return batch(dbOf(t).UnloggedBatch(), func(b *coodie.Batch) {
				row(t).UpdateIn(b, dwellerN.Set(1))
				t.New(v).SaveIn(b)
			})(ctx)
		},
		"conditional batch": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return batch(dbOf(t).Batch(), func(b *coodie.Batch) {
				t.Find(dwellerID.Eq(1), dwellerRow.Eq(2)).If(dwellerN.IsNull()).AllowCreate().UpdateIn(b, dwellerN.Set(1))
				t.New(v).SaveIn(b)
			})(ctx)
		},
		"batch Replace": func(ctx context.Context, t *coodie.Table[Dweller], v Dweller) error {
			return batch(dbOf(t).Batch(), func(b *coodie.Batch) { t.New(v).IfExists().ReplaceIn(b) })(ctx)
		},
	}
	notFrozen := map[string]string{
		"addr":   `{"city": "1", "floor": null, "zip": 11}`,
		"shared": `{"city": "3", "floor": null, "zip": 21}`,
	}
	frozen := map[string]string{
		"cold":   `{"city": "2", "floor": null, "zip": null}`,
		"inside": `{"addr": {"city": "inside", "floor": 1, "zip": null}, "name": "in"}`,
	}
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		warned := map[string]int{}
		db := coodie.New(session, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
			if e.Warning != "" {
				warned[e.Warning]++
			}
		})))
		grown(t, session)
		for name, write := range writes {
			t.Run(name, func(t *testing.T) {
				ctx := t.Context()
				dwell(t, session)
				clear(warned)
				table, err := coodie.Open[Dweller](db)
				require.NoError(t, err)
				databases[table] = db
				v := dweller()
				*v.Addr, *v.Cold, *v.Shared = Addr{City: ptr("1")}, Addr{City: ptr("2")}, Addr{City: ptr("3")}
				require.NoError(t, write(ctx, table, v))
				for column, want := range notFrozen {
					require.Equal(t, want, stored(t, session, column), column)
				}
				for column, want := range frozen {
					require.Equal(t, want, stored(t, session, column), column)
				}
				texts := ""
				for text, n := range warned {
					require.Equal(t, 1, n)
					texts += text
				}
				require.Contains(t, texts, "column cold of dweller is written whole, and the field zip of its live type, which the struct lacks, is set to null")
				require.Contains(t, texts, "column inside of dweller is written whole, and the field zip")
				require.NotContains(t, texts, "column addr")
				clear(warned)
				dwell(t, session)
				require.NoError(t, write(ctx, table, v))
				require.Empty(t, warned, "once")

				dwell(t, session)
				strict, err := coodie.Open[Dweller](db, coodie.WithStrictTypes())
				require.NoError(t, err)
				databases[strict] = db
				err = write(ctx, strict, v)
				var usage *coodie.Error
				require.ErrorAs(t, err, &usage)
				require.Equal(t, coodie.KindUsage, usage.Kind)
				require.Contains(t, frozen, usage.Column)
				require.ErrorContains(t, err, "zip")
				requireDwelling(t, session, nil)
			})
		}
	})
}

// TestInsertOfGrownTypes: a new row has nothing to lose but the static columns of its partition.
func TestInsertOfGrownTypes(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		var warned []string
		observer := coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
			if e.Warning != "" {
				warned = append(warned, e.Warning)
			}
		}))
		table, _ := grown(t, session, observer)
		warned = nil
		strict, err := coodie.Open[Dweller](coodie.New(session), coodie.WithStrictTypes())
		require.NoError(t, err)
		v := dweller()
		v.Row, v.Shared = 2, nil
		res, err := strict.New(v).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		v = dweller()
		v.Row = 3
		_, err = strict.New(v).Insert(ctx)
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, "shared", usage.Column)
		created, err := table.Find().IfNotExists().Create(ctx, Dweller{ID: 1, Row: 4, Cold: v.Cold, Past: v.Past})
		require.NoError(t, err)
		require.True(t, created.Applied)
		require.Empty(t, warned)
		requireDwelling(t, session, nil)
		res, err = table.New(v).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		require.Len(t, warned, 1)
		require.Contains(t, warned[0], "column shared of dweller")
		require.NotContains(t, warned[0], "column cold")
		requireDwelling(t, session, map[string]string{"shared": `{"city": "shared", "floor": 1, "zip": null}`})
	})
}

// TestElementsOfGrownTypes: what takes the place of an element that was not read loses its field;
// what is new does not.
func TestElementsOfGrownTypes(t *testing.T) {
	b := Addr{City: ptr("new")}
	for name, c := range map[string]struct {
		assign coodie.Assign[Dweller]
		loses  bool
		want   map[string]string
	}{
		"append": {coodie.Append(dwellerPast, b), false, map[string]string{
			"past": `[{"city": "a", "floor": 1, "zip": 13}, {"city": "b", "floor": 1, "zip": 14}, {"city": "new", "floor": null, "zip": null}]`,
		}},
		"an element": {coodie.At(dwellerPast, 0).Set(b), true, map[string]string{
			"past": `[{"city": "new", "floor": null, "zip": null}, {"city": "b", "floor": 1, "zip": 14}]`,
		}},
		"a key": {coodie.Entry(dwellerByName, "x").Set(b), true, map[string]string{
			"by_name": `{"x": {"city": "new", "floor": null, "zip": null}, "y": {"city": "y", "floor": 1, "zip": 16}}`,
		}},
		"put": {coodie.Put(dwellerByName, map[string]Addr{"x": b}), true, map[string]string{
			"by_name": `{"x": {"city": "new", "floor": null, "zip": null}, "y": {"city": "y", "floor": 1, "zip": 16}}`,
		}},
		"a field": {coodie.Field(dwellerAddr, func(a *Addr) **string { return &a.City }).Set(ptr("new")), false, map[string]string{
			"addr": `{"city": "new", "floor": 1, "zip": 11}`,
		}},
		"a field that is frozen": {coodie.Field(dwellerInside, func(i *Inside) **Addr { return &i.Addr }).Set(&b), true, map[string]string{
			"inside": `{"addr": {"city": "new", "floor": null, "zip": null}, "name": "in"}`,
		}},
		"null": {dwellerCold.SetNull(), false, map[string]string{"cold": "null"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
				ctx := t.Context()
				_, row := grown(t, session)
				strict, err := coodie.Open[Dweller](coodie.New(session), coodie.WithStrictTypes())
				require.NoError(t, err)
				err = strict.Find(dwellerID.Eq(1), dwellerRow.Eq(1)).Update(ctx, c.assign)
				if c.loses {
					var usage *coodie.Error
					require.ErrorAs(t, err, &usage)
					require.Equal(t, coodie.KindUsage, usage.Kind)
					requireDwelling(t, session, nil)
					require.NoError(t, row.Update(ctx, c.assign))
				} else {
					require.NoError(t, err)
				}
				requireDwelling(t, session, c.want)
			})
		})
	}
}

// databases are those of the tables under test.
var databases = map[*coodie.Table[Dweller]]*coodie.DB{}

func dbOf(t *coodie.Table[Dweller]) *coodie.DB { return databases[t] }

// TestSaveByField: what Save sends of a type that is not frozen: an INSERT, and once the type
// has grown, a batch with an UPDATE of the fields.
func TestSaveByField(t *testing.T) {
	type Plain struct {
		ID   int   `cql:"id,partition"`
		Row  int   `cql:"row,clustering"`
		Addr *Addr `cql:"addr"`
		Team *Addr `cql:"team,static"`
	}
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Plain](t, session)
		at := &Addr{City: ptr("x")}
		const whole = "INSERT INTO plain (id,row,addr,team) VALUES (?,?,?,?)"
		saves := func(v Plain, want string) {
			t.Helper()
			for range 2 {
				plan, err := coodie.Plan(ctx, func(ctx context.Context) error { return table.New(v).Save(ctx) })
				require.NoError(t, err)
				require.Len(t, plan, 1)
				require.Equal(t, want, plan[0].CQL)
				require.NoError(t, table.New(v).Save(ctx))
				got, err := table.Find(coodie.Col(func(p *Plain) *int { return &p.ID }).Eq(1)).First(ctx)
				require.NoError(t, err)
				require.Equal(t, v, got)
			}
		}
		saves(Plain{ID: 1, Row: 1}, whole)
		saves(Plain{ID: 1, Row: 1, Addr: at, Team: at}, whole)

		raw(t, session, "ALTER TYPE addr ADD zip int")
		raw(t, session, "UPDATE plain SET addr.zip = 1, team.zip = 2 WHERE id = 1 AND row = 1")
		require.NoError(t, table.New(Plain{ID: 1, Row: 1, Addr: at, Team: at}).Save(ctx))
		batch := func(statements string) string { return "BEGIN BATCH " + statements + "; APPLY BATCH" }
		saves(Plain{ID: 1, Row: 1, Addr: at, Team: at},
			batch("INSERT INTO plain (id,row) VALUES (?,?); UPDATE plain SET addr.city=?,addr.floor=?,team.city=?,team.floor=? WHERE id=? AND row=?"))
		var addr, team string
		require.NoError(t, session.Query("SELECT to_json(addr), to_json(team) FROM plain WHERE id = 1 AND row = 1").Scan(&addr, &team))
		require.Equal(t, `{"city": "x", "floor": null, "zip": 1}`, addr)
		require.Equal(t, `{"city": "x", "floor": null, "zip": 2}`, team)
		saves(Plain{ID: 1, Row: 1, Addr: at}, batch("INSERT INTO plain (id,row,team) VALUES (?,?,?); UPDATE plain SET addr.city=?,addr.floor=? WHERE id=? AND row=?"))
		saves(Plain{ID: 1, Row: 1, Team: at}, batch("INSERT INTO plain (id,row,addr) VALUES (?,?,?); UPDATE plain SET team.city=?,team.floor=? WHERE id=?"))
		saves(Plain{ID: 1, Row: 1}, whole)

		// Writes of a batch that contradict each other in a field, which stands in the UPDATE.
		db := coodie.New(session)
		table, err := table.On(db)
		require.NoError(t, err)
		require.NoError(t, table.New(Plain{ID: 1, Row: 1, Addr: at, Team: at}).Save(ctx))
		for column, rows := range map[string][2]Plain{
			"addr": {{ID: 1, Row: 1, Addr: at}, {ID: 1, Row: 1}},
			"team": {{ID: 1, Row: 1, Team: at}, {ID: 1, Row: 2, Team: &Addr{City: ptr("y")}}},
		} {
			b := db.Batch()
			for _, row := range rows {
				table.New(row).SaveIn(b)
			}
			var usage *coodie.Error
			require.ErrorAs(t, b.Exec(ctx), &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.Equal(t, column, usage.Column)
		}
		b := db.Batch()
		for row := range 2 {
			table.New(Plain{ID: 1, Row: row, Addr: &Addr{City: ptr(fmt.Sprint(row))}, Team: at}).SaveIn(b)
		}
		require.NoError(t, b.Exec(ctx))

		srv.ResetLog()
		other := open[Plain](t, session)
		values := make([]Plain, 40)
		for i := range values {
			values[i] = Plain{ID: 2, Row: i, Addr: at}
		}
		require.NoError(t, other.SaveAll(ctx, values), "several calls find out at once")
		n, err := other.Find(coodie.Col(func(p *Plain) *int { return &p.ID }).Eq(2)).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, len(values), n)
	})
}

// Pt is a tuple whose elements can be null.
type Pt struct{ X, Y *int }

// Points has tuples that are split by gocql, and others that are not.
type Points struct {
	ID   int     `cql:"id,partition"`
	At   *Pt     `cql:"at,tuple"`
	List []Pt    `cql:"list,type=list<frozen<tuple<int, int>>>"`
	Of   *Framed `cql:"of,tuple"`
	N    int     `cql:"n"`
}

// Framed is a tuple in a tuple.
type Framed struct {
	Pt *Pt `cql:"pt,tuple"`
	N  *int
}

var (
	pointsID = coodie.Col(func(p *Points) *int { return &p.ID })
	pointsAt = coodie.NullCol(func(p *Points) **Pt { return &p.At })
	pointsOf = coodie.NullCol(func(p *Points) **Framed { return &p.Of })
	pointsN  = coodie.Col(func(p *Points) *int { return &p.N })
)

// TestTupleOfNulls: gocql reads a tuple of nulls as null. To the server they are two values.
func TestTupleOfNulls(t *testing.T) {
	for name, v := range map[string]Points{
		"null":   {ID: 1, N: 1},
		"nulls":  {ID: 1, N: 1, At: &Pt{}, Of: &Framed{}, List: []Pt{{}}},
		"nested": {ID: 1, N: 1, At: &Pt{}, Of: &Framed{Pt: &Pt{}}, List: []Pt{{}, {X: ptr(1)}}},
		"one":    {ID: 1, N: 1, At: &Pt{Y: ptr(1)}, Of: &Framed{N: ptr(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
				ctx := t.Context()
				table := open[Points](t, session)
				row := table.Find(pointsID.Eq(1))
				require.NoError(t, table.New(v).Save(ctx))
				for range 2 {
					res, err := row.Mutate(ctx, func(_ context.Context, p *Points) error { p.N++; return nil })
					require.NoError(t, err)
					require.Equal(t, 1, res.Attempts)
				}
				holds := func(cond coodie.Cond[Points], want bool) {
					t.Helper()
					res, err := row.If(cond, pointsN.Eq(3)).Update(ctx, pointsN.Set(3))
					require.NoError(t, err)
					require.Equal(t, want, res.Applied)
					for _, c := range res.Conditions() {
						require.False(t, want && c.Refused, c.Text)
					}
					res, err = row.If(cond, pointsN.Eq(99)).Update(ctx, pointsN.Set(3))
					require.NoError(t, err)
					require.False(t, res.Applied)
					if verdict := verdictOf(res.Conditions()[0]); verdict != "unknown" {
						require.Equal(t, want, verdict == "held")
					}
				}
				if v.At == nil {
					holds(pointsAt.IsNull(), true)
					holds(pointsAt.Eq(Pt{}), false)
					holds(pointsOf.Eq(Framed{}), false)
				} else {
					holds(pointsAt.IsNull(), false)
					holds(pointsAt.Eq(*v.At), true)
					holds(pointsOf.Eq(*v.Of), true)
					holds(pointsAt.In(*v.At, Pt{X: ptr(5)}), true)
				}
				holds(pointsAt.Eq(Pt{X: ptr(7)}), false)
				res, err := row.Mutate(ctx, func(_ context.Context, p *Points) error { p.At, p.Of = &Pt{}, &Framed{}; return nil })
				require.NoError(t, err)
				require.Equal(t, 1, res.Attempts)
				holds(pointsAt.Eq(Pt{}), true)
				res, err = row.Mutate(ctx, func(_ context.Context, p *Points) error { p.At = &Pt{X: ptr(1)}; return nil })
				require.NoError(t, err)
				require.Equal(t, 1, res.Attempts)
				holds(pointsAt.Eq(Pt{X: ptr(1)}), true)
			})
		})
	}
}

// TestWiderTuple: a live tuple has more elements than the struct.
func TestWiderTuple(t *testing.T) {
	type Wide struct {
		ID int `cql:"id,partition"`
		At *Pt `cql:"at,tuple"`
		N  int `cql:"n"`
	}
	id := coodie.Col(func(w *Wide) *int { return &w.ID })
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		raw(t, session, "CREATE TABLE wide (id int PRIMARY KEY, at tuple<int, int, text>, n int)")
		raw(t, session, "INSERT INTO wide (id, at, n) VALUES (1, (1, 2, 'three'), 1)")
		raw(t, session, "INSERT INTO wide (id, at, n) VALUES (2, (null, null, null), 1)")
		raw(t, session, "INSERT INTO wide (id, at, n) VALUES (3, (null, null, 'three'), 1)")
		table, err := coodie.Open[Wide](coodie.New(session))
		require.NoError(t, err)
		for n, want := range map[int]string{1: `[5, 2, "three"]`, 2: `[5, null, null]`, 3: `[5, null, "three"]`} {
			row := table.Find(id.Eq(n))
			_, err := row.Get(ctx)
			require.NoError(t, err)
			for _, change := range []func(*Wide){
				func(w *Wide) { w.N++ },
				func(w *Wide) {
					if w.At == nil {
						w.At = &Pt{}
					}
					w.At.X = ptr(5)
				},
			} {
				res, err := row.Mutate(ctx, func(_ context.Context, w *Wide) error { change(w); return nil })
				require.NoError(t, err)
				require.Equal(t, 1, res.Attempts)
			}
			var at string
			require.NoError(t, session.Query("SELECT to_json(at) FROM wide WHERE id = ?", n).Scan(&at))
			require.Equal(t, want, at)
		}
	})
}

// bytesOf are sent as they are.
type bytesOf []byte

func (b bytesOf) MarshalCQL(gocql.TypeInfo) ([]byte, error) { return b, nil }

// TestEmptyCells: an empty cell, which is not null, of a type that has no empty value.
func TestEmptyCells(t *testing.T) {
	type Hollow struct {
		ID   int              `cql:"id,partition"`
		N    *int             `cql:"n"`
		U    gocql.UUID       `cql:"u"`
		At   *Pt              `cql:"at,tuple"`
		Cold *Addr            `cql:"cold,frozen"`
		Flag *bool            `cql:"flag"`
		Kept map[string]int64 `cql:"kept"`
		Note string           `cql:"note"`
	}
	id := coodie.Col(func(h *Hollow) *int { return &h.ID })
	note := coodie.Col(func(h *Hollow) *string { return &h.Note })
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Hollow](t, session)
		row := table.Find(id.Eq(1))
		empty := bytesOf{}
		raw(t, session, "INSERT INTO hollow (id, n, u, at, cold, flag, note) VALUES (1, ?, ?, (?, ?), ?, ?, '')", empty, empty, empty, 2,
			bytesOf("\x00\x00\x00\x01c\x00\x00\x00\x00"), empty)
		before, err := row.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, Hollow{ID: 1, At: &Pt{Y: ptr(2)}, Cold: &Addr{City: ptr("c")}}, before, "it reads as null")
		cells := func() (n, u, cold, flag []byte) {
			require.NoError(t, session.Query("SELECT n, u, cold, flag FROM hollow WHERE id = 1").Scan((*cellOf)(&n), (*cellOf)(&u), (*cellOf)(&cold), (*cellOf)(&flag)))
			return n, u, cold, flag
		}
		res, err := row.Mutate(ctx, func(_ context.Context, h *Hollow) error { h.Note = "x"; return nil })
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
		n, u, cold, flag := cells()
		require.Equal(t, [][]byte{{}, {}, []byte("\x00\x00\x00\x01c\x00\x00\x00\x00"), {}}, [][]byte{n, u, cold, flag})
		res, err = row.Mutate(ctx, func(_ context.Context, h *Hollow) error { h.Cold.City, h.At.Y = ptr("d"), ptr(3); return nil })
		require.NoError(t, err)
		require.Equal(t, 1, res.Attempts)
		_, _, cold, _ = cells()
		require.Equal(t, []byte("\x00\x00\x00\x01d\x00\x00\x00\x00"), cold, "the other field is as it was")
		refused, err := row.If(coodie.NullCol(func(h *Hollow) **int { return &h.N }).Eq(1)).Update(ctx, note.Set("no"))
		require.NoError(t, err)
		require.True(t, refused.Conditions()[0].Refused)
	})
}

// cellOf receives a cell as it is.
type cellOf []byte

func (c *cellOf) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	*c = data
	return nil
}

// TestMutateQueuedOnGrownTypes: a row that one call hands on to the next keeps its cells.
func TestMutateQueuedOnGrownTypes(t *testing.T) {
	_, session := server(t)
	ctx := t.Context()
	_, row := grown(t, session)
	const calls = 20
	group, ctx := errgroup.WithContext(ctx)
	for range calls {
		group.Go(func() error {
			_, err := row.Mutate(ctx, func(_ context.Context, d *Dweller) error {
				d.Cold.Floor, d.Beside.N, d.N = ptr(*d.Cold.Floor+1), ptr(*d.Beside.N+1), d.N+1
				return nil
			})
			return err
		})
	}
	require.NoError(t, group.Wait())
	requireDwelling(t, session, map[string]string{
		"n": "21", "cold": `{"city": "cold", "floor": 21, "zip": 12}`, "beside": `[{"city": "beside", "floor": 1, "zip": 20}, 21]`,
	})
}

// Fields is a user-defined type with fields of every kind.
type Fields struct {
	Text   *string
	Pt     *Pt            `cql:"pt,tuple"`
	Of     *Framed        `cql:"of,tuple"`
	List   []string       `cql:"list"`
	ByName map[string]int `cql:"by_name"`
	Addr   *Addr          `cql:"addr"`
	Odd    *int           `cql:"Odd \"one\""`
	Vector *[2]float32    `cql:"vector"`
}

// TestFieldsOfEveryKind: what is written field by field is read as it was written.
func TestFieldsOfEveryKind(t *testing.T) {
	type Folder struct {
		ID     int     `cql:"id,partition"`
		Fields *Fields `cql:"fields"`
		Plain  Fields  `cql:"plain"`
		N      int     `cql:"n"`
	}
	id := coodie.Col(func(f *Folder) *int { return &f.ID })
	fields := coodie.NullCol(func(f *Folder) **Fields { return &f.Fields })
	n := coodie.Col(func(f *Folder) *int { return &f.N })
	full := Fields{
		Text: ptr(""), Pt: &Pt{X: ptr(1)}, Of: &Framed{Pt: &Pt{}, N: ptr(1)}, List: []string{"", "a"}, ByName: map[string]int{"a": 1},
		Addr: &Addr{City: ptr("x")}, Odd: ptr(1), Vector: &[2]float32{1, 2},
	}
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Folder](t, session)
		row := table.Find(id.Eq(1))
		for i, v := range []Fields{full, {Text: ptr("a")}, {Pt: &Pt{}, Of: &Framed{}}, {List: []string{}, ByName: map[string]int{}}, full} {
			want := Folder{ID: 1, Fields: &v, Plain: v, N: i}
			check := func() {
				t.Helper()
				got, err := row.Get(ctx)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			require.NoError(t, table.New(want).Save(ctx))
			check()
			require.NoError(t, row.Update(ctx, fields.Set(full)))
			require.NoError(t, row.Update(ctx, fields.Set(v)))
			check()
			res, err := row.If(fields.Eq(v), n.Eq(i)).Update(ctx, fields.Set(v))
			require.NoError(t, err)
			require.True(t, res.Applied)
			check()
			mutated, err := row.Mutate(ctx, func(_ context.Context, f *Folder) error { f.N, f.Fields = 100, &full; return nil })
			require.NoError(t, err)
			require.Equal(t, 1, mutated.Attempts)
			mutated, err = row.Mutate(ctx, func(_ context.Context, f *Folder) error { f.N, f.Fields = i, &v; return nil })
			require.NoError(t, err)
			require.Equal(t, 1, mutated.Attempts)
			check()
			replaced, err := table.New(want).IfExists().Replace(ctx)
			require.NoError(t, err)
			require.True(t, replaced.Applied)
			check()
		}
		require.NoError(t, table.New(Folder{ID: 1, Plain: full}).Save(ctx))
		got, err := row.Get(ctx)
		require.NoError(t, err)
		require.Nil(t, got.Fields)
	})
}

func ptr[V any](v V) *V { return &v }

// Wing is guarded by a version and by the static columns that its document holds.
type Wing struct {
	ID      int   `cql:"id,partition"`
	Row     int   `cql:"row,clustering"`
	Shared  *Addr `cql:"shared,static"`
	Plain   Floor `cql:"plain,static"`
	Cold    Floor `cql:"cold,static,frozen"`
	Pt      *Pt   `cql:"pt,static,tuple"`
	N       int   `cql:"n"`
	Version int64 `cql:"version,version"`
}

// Floor is a user-defined type whose fields cannot hold null.
type Floor struct {
	Name  string
	Level int
}

// TestIfUnchangedOfStaticTypes: a document does not hold the cells as they were read, so its
// condition holds for each that reads as its value.
func TestIfUnchangedOfStaticTypes(t *testing.T) {
	var (
		id  = coodie.Col(func(w *Wing) *int { return &w.ID })
		row = coodie.Col(func(w *Wing) *int { return &w.Row })
		n   = coodie.Col(func(w *Wing) *int { return &w.N })
	)
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Wing](t, session)
		read := func(t *testing.T) *coodie.Document[Wing] {
			t.Helper()
			w, err := table.Find(id.Eq(1), row.Eq(1)).Get(ctx)
			require.NoError(t, err)
			return table.New(w)
		}
		_, err := table.New(Wing{ID: 1, Row: 1, N: 1}).Insert(ctx)
		require.NoError(t, err)
		check := func(t *testing.T, changes ...string) {
			t.Helper()
			for _, set := range changes {
				stale := read(t)
				raw(t, session, "UPDATE wing SET "+set+" WHERE id = 1")
				res, err := stale.IfUnchanged().Update(ctx, n.Set(2))
				require.NoError(t, err, set)
				require.False(t, res.Applied, set)
				doc := read(t)
				res, err = doc.IfUnchanged().Update(ctx, n.Set(2))
				require.NoError(t, err, set)
				require.True(t, res.Applied, set)
				doc.Value.N++
				res, err = doc.IfUnchanged().Replace(ctx)
				require.NoError(t, err, set)
				require.True(t, res.Applied, set)
			}
		}
		check(t, "shared = {city: 'x'}", "plain = {name: 'x'}", "cold = {level: 2}", "pt = (1, null)", "shared.floor = 3", "plain.level = 4",
			"cold = {name: 'x', level: 5}")
		for _, alike := range []string{"pt = (null, null)", "cold = {name: null, level: null}", "plain = null", "cold = {name: '', level: null}", "shared = null", "pt = null"} {
			raw(t, session, "UPDATE wing SET "+alike+" WHERE id = 1")
			for range 2 {
				res, err := read(t).IfUnchanged().Update(ctx, n.Set(3))
				require.NoError(t, err, alike)
				require.True(t, res.Applied, alike)
			}
		}
		if strings.HasSuffix(t.Name(), "/scylla") {
			return // takes no fields as conditions
		}
		t.Run("grown", func(t *testing.T) {
			raw(t, session, "ALTER TYPE addr ADD zip int")
			raw(t, session, "ALTER TYPE floor ADD zip int")
			raw(t, session, "UPDATE wing SET shared.zip = 1, plain.zip = 2 WHERE id = 1")
			check(t, "shared.city = 'z'", "shared = {floor: 2, zip: 3}", "plain.name = 'p'", "plain = {level: 9, zip: 8}")
		})
	})
}

// TestBatchOfDividedSaves: what an INSERT leaves to an UPDATE can contradict another write, too.
func TestBatchOfDividedSaves(t *testing.T) {
	ctx := t.Context()
	_, session := server(t)
	db := coodie.New(session)
	table, err := coodie.Open[Dweller](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	raw(t, session, "ALTER TYPE addr ADD zip int")
	of := func(city string) *coodie.Document[Dweller] {
		return table.New(Dweller{ID: 1, Row: 1, Addr: &Addr{City: &city}})
	}
	require.NoError(t, of("known").Save(ctx))
	other := table.New(Dweller{ID: 1, Row: 2, Addr: &Addr{City: ptr("x")}})
	for name, tt := range map[string]struct {
		add    func(*coodie.Batch)
		reason string
	}{
		"other value": {func(b *coodie.Batch) { other.SaveIn(b); of("a").SaveIn(b); of("b").SaveIn(b) }, "column addr"},
		"same value":  {func(b *coodie.Batch) { other.SaveIn(b); of("a").SaveIn(b); of("a").SaveIn(b) }, ""},
		"deleted": {func(b *coodie.Batch) {
			of("a").SaveIn(b)
			table.Find(dwellerID.Eq(1), dwellerRow.Eq(1)).DeleteColumnsIn(b, dwellerAddr)
		}, "column addr"},
		"row deleted": {func(b *coodie.Batch) {
			of("a").SaveIn(b)
			table.Find(dwellerID.Eq(1)).DeleteIn(b)
		}, "statement 2 deletes the partition with the row that statement 1 writes"},
	} {
		t.Run(name, func(t *testing.T) {
			batch := db.Batch()
			tt.add(batch)
			err := batch.Exec(ctx)
			if tt.reason == "" {
				require.NoError(t, err)
				return
			}
			var usage *coodie.Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.ErrorContains(t, err, tt.reason)
		})
	}
}

// TestCreateBesideGrownStatics: Mutate creates a row in a partition whose static type has grown, and keeps
// the fields that the struct lacks.
func TestCreateBesideGrownStatics(t *testing.T) {
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Wing](t, session)
		raw(t, session, "UPDATE wing SET cold = {name: 'm', level: 1}, shared = {city: 's'} WHERE id = 1")
		raw(t, session, "ALTER TYPE floor ADD zip int")
		raw(t, session, "ALTER TYPE addr ADD zip int")
		raw(t, session, "UPDATE wing SET cold = {name: 'm', level: 1, zip: 9}, shared.zip = 8 WHERE id = 1")
		row := table.Find(coodie.Col(func(w *Wing) *int { return &w.ID }).Eq(1), coodie.Col(func(w *Wing) *int { return &w.Row }).Eq(2))
		_, err := row.Mutate(ctx, func(_ context.Context, w *Wing) error {
			require.Equal(t, "m", w.Cold.Name)
			w.Cold.Name, w.Shared.City = "new", ptr("t")
			return nil
		}, coodie.OrCreate())
		require.NoError(t, err)
		var cold, shared string
		require.NoError(t, session.Query("SELECT to_json(cold), to_json(shared), n FROM wing WHERE id = 1 AND row = 2").Scan(&cold, &shared, new(int)))
		require.JSONEq(t, `{"name": "new", "level": 1, "zip": 9}`, cold)
		require.JSONEq(t, `{"city": "t", "floor": null, "zip": 8}`, shared)
	})
}

// TestIfUnchangedOfWhatTheStructCannotHold: the refusal says why, and Mutate works.
func TestIfUnchangedOfWhatTheStructCannotHold(t *testing.T) {
	ctx := t.Context()
	_, session := server(t)
	table := open[Wing](t, session)
	id, n := coodie.Col(func(w *Wing) *int { return &w.ID }), coodie.Col(func(w *Wing) *int { return &w.N })
	_, err := table.New(Wing{ID: 1, Row: 1, N: 1, Cold: Floor{Name: "m", Level: 1}}).Insert(ctx)
	require.NoError(t, err)
	raw(t, session, "ALTER TYPE floor ADD zip int")
	raw(t, session, "UPDATE wing SET cold = {name: 'm', level: 1, zip: 9} WHERE id = 1")
	row := table.Find(id.Eq(1), coodie.Col(func(w *Wing) *int { return &w.Row }).Eq(1))
	read, err := row.Get(ctx)
	require.NoError(t, err)
	res, err := table.New(read).IfUnchanged().Update(ctx, n.Set(2))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.ErrorContains(t, res.Err(), "what column cold holds reads as the document has it, but the struct cannot hold it exactly")
	require.ErrorContains(t, res.Err(), "use Mutate")
	_, err = row.Mutate(ctx, func(_ context.Context, w *Wing) error { w.N = 2; return nil })
	require.NoError(t, err)
}

// TestKeysOfGrownTypes: a row whose key has a field that the struct lacks is not read as another row.
func TestKeysOfGrownTypes(t *testing.T) {
	type Keyed struct {
		ID int   `cql:"id,partition"`
		At Floor `cql:"at,clustering,frozen"`
		N  int   `cql:"n"`
	}
	eachDialect(t, func(t *testing.T, _ *cqltest.Server, session *gocql.Session) {
		ctx := t.Context()
		table := open[Keyed](t, session)
		require.NoError(t, table.New(Keyed{ID: 1, At: Floor{Name: "a"}}).Save(ctx))
		raw(t, session, "ALTER TYPE floor ADD zip int")
		rows, err := table.Find().All(ctx)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		raw(t, session, "INSERT INTO keyed (id, at, n) VALUES (1, {name: 'a', level: 0, zip: 2}, 1)")
		_, err = table.Find().All(ctx)
		var decode *coodie.Error
		require.ErrorAs(t, err, &decode)
		require.Equal(t, coodie.KindDecode, decode.Kind)
		require.Equal(t, "at", decode.Column)
		require.ErrorContains(t, err, "cannot hold the row's key exactly")
	})
}

var verdictOf = coodie.VerdictOf
