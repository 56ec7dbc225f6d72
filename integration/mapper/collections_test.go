package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// What the server sends of fullRow's collections: always the whole value.
var (
	sentTags   = sent{{"tags", []string{"a", "b", "a"}}}
	sentLabels = sent{{"labels", []string{"x", "y"}}}
	sentAttrs  = sent{{"attrs", map[string]int{"k": 1, "l": 2}}}
	sentFixed  = sent{{"fixed", []string{"f"}}}
	sentData   = sent{{"data", map[string]string{"d": "e"}}}
	sentAddr   = sent{{"addr", *rome()}}
	sentHome   = sent{{"home", *rome()}}
	sentPair   = sent{{"pair", Pair{A: 1, B: ptr("x")}}}
)

func TestCollectionConditions(t *testing.T) {
	t.Parallel()
	runConditions(t, []condition{
		{name: "list CONTAINS", row: &fullRow, conds: []cond{coodie.Contains(tags, "b")}, applied: true},
		{name: "list CONTAINS not", row: &fullRow, conds: []cond{coodie.Contains(tags, "z")}, sent: sentTags, verdicts: verdicts{notHeld}},
		{name: "list CONTAINS on null", row: &bareRow, conds: []cond{coodie.Contains(tags, "b")}, sent: sent{{"tags", nil}}, verdicts: verdicts{notHeld}},
		{name: "list CONTAINS on no row", conds: []cond{coodie.Contains(tags, "b")}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
		{name: "set CONTAINS", row: &fullRow, conds: []cond{coodie.Contains(labels, "y")}, applied: true},
		{name: "set CONTAINS not", row: &fullRow, conds: []cond{coodie.Contains(labels, "z")}, sent: sentLabels, verdicts: verdicts{notHeld}},
		{name: "map CONTAINS", row: &fullRow, conds: []cond{coodie.ContainsValue(attrs, 2)}, applied: true},
		{name: "map CONTAINS not", row: &fullRow, conds: []cond{coodie.ContainsValue(attrs, 3)}, sent: sentAttrs, verdicts: verdicts{notHeld}},
		{name: "map CONTAINS KEY", row: &fullRow, conds: []cond{coodie.ContainsKey(attrs, "l")}, applied: true},
		{name: "map CONTAINS KEY not", row: &fullRow, conds: []cond{coodie.ContainsKey(attrs, "z")}, sent: sentAttrs, verdicts: verdicts{notHeld}},
		{name: "frozen CONTAINS", row: &fullRow, conds: []cond{coodie.Contains(fixed, "f"), coodie.ContainsKey(data, "d"), coodie.ContainsValue(data, "e")}, applied: true},
		{name: "frozen CONTAINS not", row: &fullRow, conds: []cond{coodie.Contains(fixed, "z")}, sent: sentFixed, verdicts: verdicts{notHeld}},

		{name: "map element", row: &fullRow, conds: []cond{coodie.Entry(attrs, "k").Eq(1)}, applied: true},
		{name: "map element not", row: &fullRow, conds: []cond{coodie.Entry(attrs, "k").Eq(2)}, sent: sentAttrs, verdicts: verdicts{notHeld}},
		{name: "map element <", row: &fullRow, conds: []cond{coodie.Entry(data, "d").Lt("f")}, applied: true},
		{name: "map element >=", row: &fullRow, conds: []cond{coodie.Entry(data, "d").Ge("f")}, sent: sentData, verdicts: verdicts{notHeld}},
		{name: "map element IN", row: &fullRow, conds: []cond{coodie.Entry(attrs, "l").In(1, 2)}, applied: true},
		{name: "map element !=", row: &fullRow, conds: []cond{coodie.Entry(attrs, "l").Ne(1)}, applied: true, creates: true},
		{name: "map element of no such key", row: &fullRow, conds: []cond{coodie.Entry(attrs, "z").Eq(1)}, sent: sentAttrs, verdicts: verdicts{notHeld}},
		{name: "map element null of no such key", row: &fullRow, conds: []cond{coodie.Entry(attrs, "z").IsNull()}, applied: true, creates: true},
		{name: "map element null of a value", row: &fullRow, conds: []cond{coodie.Entry(attrs, "k").IsNull()}, sent: sentAttrs, verdicts: verdicts{notHeld}, creates: true},
		{name: "map element on null", row: &bareRow, conds: []cond{coodie.Entry(attrs, "k").Eq(1)}, sent: sent{{"attrs", nil}}, verdicts: verdicts{notHeld}},
		{name: "map element on no row", conds: []cond{coodie.Entry(attrs, "k").Eq(1)}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
		{name: "map elements of one map", row: &fullRow, conds: []cond{coodie.Entry(attrs, "k").Eq(1), coodie.Entry(attrs, "l").Eq(3)}, sent: sentAttrs, verdicts: verdicts{held, notHeld}},
		{name: "frozen map element", row: &fullRow, conds: []cond{coodie.Entry(data, "d").Eq("e")}, applied: true},
		{name: "frozen map element not", row: &fullRow, conds: []cond{coodie.Entry(data, "d").Eq("f")}, sent: sentData, verdicts: verdicts{notHeld}},

		{name: "list element", row: &fullRow, conds: []cond{coodie.At(tags, 1).Eq("b")}, applied: true},
		{name: "list element not", row: &fullRow, conds: []cond{coodie.At(tags, 0).Eq("b")}, sent: sentTags, verdicts: verdicts{notHeld}},
		{name: "list element past the end", row: &fullRow, conds: []cond{coodie.At(tags, 3).Eq("b")}, sent: sentTags, verdicts: verdicts{notHeld}},
		{name: "list element past the end is null", row: &fullRow, conds: []cond{coodie.At(tags, 9).IsNull()}, applied: true, creates: true},
		{name: "list element on null", row: &bareRow, conds: []cond{coodie.At(tags, 0).Eq("a")}, sent: sent{{"tags", nil}}, verdicts: verdicts{notHeld}},
		{name: "frozen list element", row: &fullRow, conds: []cond{coodie.At(fixed, 0).Eq("f")}, applied: true},
		{name: "frozen list element not", row: &fullRow, conds: []cond{coodie.At(fixed, 0).Eq("g")}, sent: sentFixed, verdicts: verdicts{notHeld}},

		{name: "whole list", row: &fullRow, conds: []cond{tags.Eq([]string{"a", "b", "a"})}, applied: true},
		{name: "whole list not", row: &fullRow, conds: []cond{tags.Eq([]string{"a", "b"})}, sent: sentTags, verdicts: verdicts{notHeld}},
		{name: "whole list <", row: &fullRow, conds: []cond{coodie.Col(func(t *Thing) *[]string { return &t.Tags }).Lt([]string{"b"})}, applied: true},
		{name: "whole set in another order", row: &fullRow, conds: []cond{labels.Eq([]string{"y", "x"})}, applied: true},
		{name: "whole map", row: &fullRow, conds: []cond{attrs.Eq(map[string]int{"l": 2, "k": 1})}, applied: true},
		{name: "whole frozen map", row: &fullRow, conds: []cond{data.Eq(map[string]string{"d": "e"})}, applied: true},
		{name: "whole list IN", row: &fullRow, conds: []cond{tags.In([]string{"q"}, []string{"a", "b", "a"})}, applied: true},

		{name: "empty list is null", row: &bareRow, conds: []cond{tags.Eq([]string{})}, applied: true, creates: true},
		{name: "nil list is null", row: &bareRow, conds: []cond{tags.Eq(nil)}, applied: true, creates: true},
		{name: "empty set is null", row: &bareRow, conds: []cond{labels.Eq([]string{})}, applied: true, creates: true},
		{name: "empty map is null", row: &bareRow, conds: []cond{attrs.Eq(map[string]int{})}, applied: true, creates: true},
		{name: "empty list is not a value", row: &fullRow, conds: []cond{tags.Eq([]string{})}, sent: sentTags, verdicts: verdicts{notHeld}, creates: true},
		{name: "!= empty list", row: &fullRow, conds: []cond{tags.Ne([]string{})}, applied: true},
		{name: "empty frozen list is not null", row: &bareRow, conds: []cond{fixed.Eq([]string{})}, sent: sent{{"fixed", nil}}, verdicts: verdicts{notHeld}},
	}, 2)
}

// An empty collection in a row: null, unless it is frozen.
func TestEmptyCollections(t *testing.T) {
	t.Parallel()
	empty := bare("")
	empty.Tags, empty.Labels, empty.Attrs = []string{}, []string{}, map[string]int{}
	empty.Fixed, empty.Data = []string{}, map[string]string{}
	table := create[Thing](t, connect(t))
	empty.P = "p"
	res, err := table.New(empty).Insert(t.Context())
	require.NoError(t, err)
	require.True(t, res.Applied)
	row := table.Find(p.Eq("p"), c.Eq(1))

	res, err = row.If(mark.Eq(7), tags.IsNull(), labels.IsNull(), attrs.IsNull(), fixed.IsNull(), data.IsNull()).Delete(t.Context())
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, map[string]any{
		"mark": 1, "tags": nil, "labels": nil, "attrs": nil,
		"fixed": []string{}, "data": map[string]string{},
	}, res.Existing.Map())
	var got verdicts
	for _, v := range res.Conditions() {
		got = append(got, verdictOf(v))
	}
	require.Equal(t, verdicts{notHeld, held, held, held, notHeld, notHeld}, got)

	res, err = row.If(fixed.Eq([]string{}), data.Eq(map[string]string{}), tags.Eq(nil)).Delete(t.Context())
	require.NoError(t, err)
	require.True(t, res.Applied)
}

func TestUserTypeAndTupleConditions(t *testing.T) {
	t.Parallel()
	partly := bare("")
	partly.Addr, partly.Home, partly.Pair = oslo(), oslo(), &Pair{A: 1}
	runConditions(t, []condition{
		{name: "field", row: &fullRow, conds: []cond{city.Eq(ptr("Rome"))}, applied: true},
		{name: "field not", row: &fullRow, conds: []cond{city.Eq(ptr("Oslo"))}, sent: sentAddr, verdicts: verdicts{notHeld}},
		{name: "field <", row: &fullRow, conds: []cond{city.Lt(ptr("S"))}, applied: true},
		{name: "field IN with null", row: &fullRow, conds: []cond{city.In(ptr("Rome"), nil)}, applied: true, creates: true},
		{name: "field null", row: &partly, conds: []cond{street.IsNull()}, applied: true, creates: true},
		{name: "field not null", row: &partly, conds: []cond{street.IsNotNull()}, sent: sent{{"addr", *oslo()}}, verdicts: verdicts{notHeld}, state: coodie.StatePresent},
		{name: "field on null", row: &bareRow, conds: []cond{city.Eq(ptr("Rome"))}, sent: sent{{"addr", nil}}, verdicts: verdicts{notHeld}},
		{name: "field on no row", conds: []cond{city.Eq(ptr("Rome"))}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
		{name: "two fields", row: &fullRow, conds: []cond{city.Eq(ptr("Rome")), street.Eq(nil)}, sent: sentAddr, verdicts: verdicts{held, notHeld}},
		{name: "frozen field", row: &fullRow, conds: []cond{in.Eq(ptr("Rome"))}, applied: true},
		{name: "frozen field not", row: &fullRow, conds: []cond{in.Eq(ptr("Oslo"))}, sent: sentHome, verdicts: verdicts{notHeld}},
		{name: "whole value", row: &fullRow, conds: []cond{addr.Eq(*rome())}, applied: true},
		{name: "whole value not", row: &fullRow, conds: []cond{addr.Eq(*oslo())}, sent: sentAddr, verdicts: verdicts{notHeld}},
		{name: "whole value with a null field", row: &partly, conds: []cond{addr.Eq(*oslo())}, applied: true},
		{name: "whole frozen value", row: &partly, conds: []cond{home.Eq(*oslo())}, applied: true},
		{name: "whole frozen value not", row: &fullRow, conds: []cond{home.Eq(*oslo())}, sent: sentHome, verdicts: verdicts{notHeld}},
		{name: "whole value null", row: &bareRow, conds: []cond{addr.IsNull(), home.IsNull()}, applied: true, creates: true},

		{name: "tuple", row: &fullRow, conds: []cond{pair.Eq(Pair{A: 1, B: ptr("x")})}, applied: true},
		{name: "tuple not", row: &fullRow, conds: []cond{pair.Eq(Pair{A: 2, B: ptr("x")})}, sent: sentPair, verdicts: verdicts{notHeld}},
		{name: "tuple with a null", row: &partly, conds: []cond{pair.Eq(Pair{A: 1})}, applied: true},
		{name: "tuple IN", row: &fullRow, conds: []cond{pair.In(Pair{A: 2}, Pair{A: 1, B: ptr("x")})}, applied: true},
		{name: "tuple null", row: &bareRow, conds: []cond{pair.IsNull()}, applied: true, creates: true},
		{name: "tuple not null", row: &bareRow, conds: []cond{pair.IsNotNull()}, sent: sent{{"pair", nil}}, verdicts: verdicts{notHeld}},
		{name: "tuple <", row: &fullRow, conds: []cond{pair.Lt(Pair{A: 2})}, applied: true},
	}, 2)
}
