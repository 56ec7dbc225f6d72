package coodie_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Picked has a field of each kind of mistake.
type Picked struct {
	Key    string            `cql:"key,partition"`
	At     int               `cql:"at,clustering"`
	Marks  []string          `cql:"marks,set"`
	Prefs  map[string]string `cql:"prefs"`
	Owner  *string           `cql:"owner"`
	Hidden string            `cql:"-"`
	Place  struct{ X int }   `cql:"-"`
}

var (
	checkedKey   = coodie.Col(func(c *Picked) *string { return &c.Key })
	checkedMarks = coodie.Col(func(c *Picked) *[]string { return &c.Marks })
	checkedOwner = coodie.NullCol(func(c *Picked) **string { return &c.Owner })
	badHidden    = coodie.Col(func(c *Picked) *string { return &c.Hidden })
	badPlace     = coodie.Col(func(c *Picked) *int { return &c.Place.X })
	badPointer   = coodie.Col(func(c *Picked) *string { return c.Owner })
	badElsewhere = coodie.Col(func(c *Picked) *int { return new(int) })
	badNil       *coodie.Column[Picked, int]
)

func TestWithColumns(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	table, err := coodie.Open[Picked](db, coodie.WithColumns(checkedKey, checkedMarks, checkedOwner))
	require.NoError(t, err)
	other, err := table.InKeyspace("elsewhere")
	require.NoError(t, err)
	require.Equal(t, "elsewhere.picked", other.Name())

	for name, tt := range map[string]struct {
		column coodie.Target[Picked]
		want   string
		at     string
	}{
		"a field that is no column": {badHidden, "points at no column", "column_open_test.go:27"},
		"a field within another":    {badPlace, "points at no column", "column_open_test.go:28"},
		"the pointer of a field":    {badPointer, "return &x.Field", "column_open_test.go:29"},
		"a variable elsewhere":      {badElsewhere, "outside of", "column_open_test.go:30"},
		"a nil variable":            {badNil, "zero value", ""},
		"nil":                       {nil, "nil column", ""},
		"a zero column":             {new(coodie.Column[Picked, int]), "zero value", ""},
		"a field of what has none":  {coodie.Field(checkedKey, func(s *string) *string { return s }), "not point at a field of string", "column_open_test.go:55"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coodie.Open[Picked](db, coodie.WithColumns(checkedKey, tt.column))
			var schema *coodie.SchemaError
			require.ErrorAs(t, err, &schema)
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, tt.at)
		})
	}
	_, err = coodie.Open[AppConfig](db, coodie.WithColumns(checkedKey))
	require.ErrorContains(t, err, "columns of coodie_test.Picked")

	_, err = table.Find(checkedKey.Eq("a"), badHidden.Eq("b")).All(t.Context())
	require.ErrorContains(t, err, "column_open_test.go:27", "a call says it, too")
	require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
}

func TestStrings(t *testing.T) {
	_, session := server(t)
	table := open[AppConfig](t, session)
	secret := table.Find(key.Eq("s3cret"))
	require.Equal(t, "SELECT key,value,version FROM app_config WHERE key=?", fmt.Sprint(secret))
	require.Equal(t, "SELECT key,value,version FROM app_config WHERE key=? LIMIT ?", fmt.Sprint(secret.Limit(2)))
	require.Equal(t, "SELECT key,value,version FROM app_config WHERE key IN ?", table.Find(key.In("a", "b")).String())
	require.Contains(t, table.Find(badKey.Eq(AppConfig{})).String(), "points at no column")
	require.NotPanics(t, func() { _ = new(coodie.QuerySet[AppConfig]).String() })

	doc := table.New(AppConfig{Key: "s3cret", Value: "s3cret", Version: 1})
	res, err := doc.Insert(t.Context())
	require.NoError(t, err)
	require.Equal(t, "applied no row", fmt.Sprint(res, res.Existing))
	res, err = doc.Insert(t.Context())
	require.NoError(t, err)
	require.Equal(t, "refused: key, value, version", res.String())
	require.Equal(t, "key, value, version", fmt.Sprint(res.Existing))
	require.Equal(t, "not answered", coodie.LWTResult[AppConfig]{}.String())
	require.Equal(t, "value version", fmt.Sprint(value, version))
}

var badKey = coodie.Col(func(c *AppConfig) *AppConfig { return c })

// TestResultsThatATestMakes: who is given results can be tested with results of one's own.
func TestResultsThatATestMakes(t *testing.T) {
	applied := coodie.LWTResult[Picked]{Applied: true}
	require.NoError(t, applied.Err())
	require.Equal(t, "applied", applied.String())
	require.Equal(t, coodie.StateUnknown, applied.Row())
	require.Empty(t, applied.Existing.Map())

	owner := "ann"
	for name, row := range map[string]Picked{
		"all":  {Key: "k", At: 1, Marks: []string{"a"}, Prefs: map[string]string{"x": "y"}, Owner: &owner},
		"null": {Key: "k"},
	} {
		refused := coodie.LWTResult[Picked]{Existing: &coodie.Existing[Picked]{Value: row}}
		require.ErrorIs(t, refused.Err(), coodie.ErrNotApplied)
		require.Equal(t, coodie.StatePresent, refused.Row())
		require.Equal(t, coodie.StatePresent, refused.Existing.Row())
		require.Equal(t, "refused: key, at, marks, prefs, owner", refused.String())
		require.Empty(t, refused.Conditions())
		require.Equal(t, "key, at, marks, prefs, owner", refused.Existing.String())

		got, state := checkedKey.From(refused.Existing)
		require.Equal(t, "k", got)
		require.Equal(t, coodie.StatePresent, state)
		got, state = checkedOwner.From(refused.Existing)
		want := map[bool]coodie.State{true: coodie.StatePresent, false: coodie.StateAbsent}[row.Owner != nil]
		require.Equal(t, want, state, name)
		require.Equal(t, want, refused.Existing.State("owner"))
		if row.Owner == nil {
			require.Empty(t, got)
			require.Nil(t, refused.Existing.Map()["marks"])
			continue
		}
		require.Equal(t, "ann", got)
		marks, _ := checkedMarks.From(refused.Existing)
		require.Equal(t, []string{"a"}, marks)
		pref, _ := coodie.Entry(coodie.Col(func(c *Picked) *map[string]string { return &c.Prefs }), "x").From(refused.Existing)
		require.Equal(t, "y", pref)
		require.Equal(t, "ann", refused.Existing.Map()["owner"])
	}
	settled, err := applied.Settle(t.Context())
	require.NoError(t, err)
	require.True(t, settled.Applied)
}
