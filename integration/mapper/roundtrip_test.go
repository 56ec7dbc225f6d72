package mapper_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

var (
	typesID  = coodie.Col(func(t *Types) *int { return &t.ID })
	typesInt = coodie.NullCol(func(t *Types) **int { return &t.Int })
)

// column is a column of a Types value.
type column struct {
	name  string
	value any
}

// columnsOf lists the columns of v but its key.
func columnsOf(v Types) []column {
	var out []column
	r := reflect.ValueOf(v)
	for i := 1; i < r.NumField(); i++ {
		tag := r.Type().Field(i).Tag.Get("cql")
		name, _, _ := strings.Cut(tag, ",")
		out = append(out, column{name, r.Field(i).Interface()})
	}
	return out
}

// Every type, in INSERT, SET and IF, read by Get and from a refusal.
func TestTypesRoundTrip(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Types](t, s, coodie.WithTable("types"))
	require.NoError(t, coodie.Schema(nil, table).Verify(t.Context()))

	empty := Types{
		ASCII: ptr(""), Text: ptr(""), Blob: []byte{}, Level: ptr(Level("")), List: []int{}, Set: []string{},
		Keys: map[int64]struct{}{}, Map: map[string]int64{}, Times: map[time.Time]int{}, Nested: map[string][]int{},
		Deep: [][]map[string]bool{}, Frozen: []int{}, FrozenMap: map[string][]string{}, Addresses: []Place{}, Tuples: []Triple{},
		Home: &Place{Tags: []string{}},
	}
	stored := Types{
		ASCII: ptr(""), Text: ptr(""), Blob: []byte{}, Level: ptr(Level("")),
		Frozen: []int{}, FrozenMap: map[string][]string{}, Home: &Place{Tags: []string{}},
	}
	for i, tt := range []struct {
		name        string
		write, want Types
	}{
		{"greatest", greatest(0), greatest(0)},
		{"least", least(0), least(0)},
		{"ordinary", ordinary(0), ordinary(0)},
		{"null", Types{}, Types{}},
		{"empty", empty, stored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write, want := tt.write, tt.want
			write.ID, want.ID = 10*i, 10*i
			t.Run("insert", func(t *testing.T) { roundTrip(t, table, write, want) })
			write.ID, want.ID = 10*i+1, 10*i+1
			t.Run("save", func(t *testing.T) {
				require.NoError(t, table.New(greatest(write.ID)).Save(t.Context()))
				require.NoError(t, table.New(write).Save(t.Context()))
				got, err := table.Find(typesID.Eq(write.ID)).Get(t.Context())
				require.NoError(t, err)
				requireTypes(t, want, got)
			})
			write.ID, want.ID = 10*i+2, 10*i+2
			t.Run("set", func(t *testing.T) { setTypes(t, table, write, want) })
		})
	}
}

// roundTrip inserts, reads, is refused, and compares with every column.
func roundTrip(t *testing.T, table *coodie.Table[Types], write, want Types) {
	ctx := t.Context()
	doc := table.New(write)
	res, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	row := table.Find(typesID.Eq(write.ID))
	got, err := row.With(coodie.WithLinearizable()).Get(ctx)
	require.NoError(t, err)
	requireTypes(t, want, got)

	res, err = doc.Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	requireTypes(t, want, res.Existing.Value)
	values := res.Existing.Map()
	for _, c := range columnsOf(want) {
		require.Contains(t, values, c.name)
		requireTypes(t, dereferenced(c.value), values[c.name], c.name)
	}

	var conds []coodie.Cond[Types]
	for _, c := range columnsOf(write) {
		conds = append(conds, coodie.AnyCol(table, c.name).Eq(c.value))
	}
	res, err = row.IfAll(conds).AllowCreate().Update(ctx, typesInt.Set(77))
	require.NoError(t, err)
	require.True(t, res.Applied, "%v", res.Existing.Map())
}

// setTypes writes every column by SET, as typed any, on top of another row.
func setTypes(t *testing.T, table *coodie.Table[Types], write, want Types) {
	ctx := t.Context()
	require.NoError(t, table.New(greatest(write.ID)).Save(ctx))
	var assigns []coodie.Assign[Types]
	for _, c := range columnsOf(write) {
		assigns = append(assigns, coodie.AnyCol(table, c.name).Set(c.value))
	}
	doc := table.New(greatest(write.ID))
	res, err := doc.If(typesInt.IsNotNull()).Update(ctx, assigns...)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.False(t, doc.Stale())
	requireTypes(t, want, doc.Value)
	got, err := table.Find(typesID.Eq(write.ID)).Get(ctx)
	require.NoError(t, err)
	requireTypes(t, want, got)
}

// requireTypes compares with a message that names the columns that differ.
func requireTypes(t *testing.T, want, got any, msg ...any) {
	t.Helper()
	w, ok1 := want.(Types)
	g, ok2 := got.(Types)
	if !ok1 || !ok2 {
		require.Equal(t, want, got, msg...)
		return
	}
	others := columnsOf(g)
	for i, c := range columnsOf(w) {
		require.Equal(t, c.value, others[i].value, c.name)
	}
	require.Equal(t, w.ID, g.ID)
}

// dereferenced is a value as Pairs has it: without the pointer of a nullable column, and
// nil for null.
func dereferenced(v any) any {
	switch r := reflect.ValueOf(v); {
	case r.Kind() == reflect.Pointer && r.IsNil(), r.Kind() == reflect.Slice && r.IsNil(), r.Kind() == reflect.Map && r.IsNil():
		return nil
	case r.IsZero():
		return nil // a zero time, date or address
	case r.Kind() == reflect.Pointer && !strings.HasPrefix(r.Type().String(), "*big.") && !strings.HasPrefix(r.Type().String(), "*inf."):
		return r.Elem().Interface()
	}
	return v
}
