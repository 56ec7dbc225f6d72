package mapper_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Shape has two vectors: the index of one goes by cosine, that of the other by distance.
type Shape struct {
	ID    string      `cql:"id,partition"`
	Angle *[2]float32 `cql:"angle,index=sai similarity_function=cosine"`
	Spot  []float32   `cql:"spot,type=vector<float, 2>,index=sai similarity_function=euclidean"`
	Kind  string      `cql:"kind,index=sai"`
}

var (
	angle     = coodie.NullCol(func(s *Shape) **[2]float32 { return &s.Angle })
	spot      = coodie.Col(func(s *Shape) *[]float32 { return &s.Spot })
	shapeID   = coodie.Col(func(s *Shape) *string { return &s.ID })
	shapeKind = coodie.Col(func(s *Shape) *string { return &s.Kind })
)

// The nearest rows of SAI indexes that Create made, and how near they are.
func TestANN(t *testing.T) {
	t.Parallel()
	session := connect(t)
	table := create[Shape](t, session)
	built(t, session)
	ctx := t.Context()
	for _, s := range []Shape{
		{"east", &[2]float32{1, 0}, []float32{1, 0}, "even"},
		{"north", &[2]float32{0, 1}, []float32{0, 9}, "odd"},
		{"west", &[2]float32{-1, 0}, []float32{-3, 0}, "even"},
		{"nowhere", nil, nil, "odd"},
	} {
		require.NoError(t, table.New(s).Save(ctx))
	}
	ids := func(q coodie.Readable[Shape]) string {
		t.Helper()
		names, err := coodie.Values(q, shapeID).All(ctx)
		require.NoError(t, err)
		return strings.Join(names, " ")
	}
	all := table.Find()
	for name, tt := range map[string]struct {
		query coodie.Readable[Shape]
		want  string
	}{
		"by angle":             {all.OrderBy(coodie.ANN(angle, [2]float32{5, 1})).Limit(10), "east north west"},
		"by angle, the other":  {all.OrderBy(coodie.ANN(angle, [2]float32{-5, 1})).Limit(10), "west north east"},
		"by distance":          {all.OrderBy(coodie.ANN(spot, []float32{0, 8})).Limit(2), "north east"},
		"by name":              {all.OrderBy(coodie.ANN(coodie.AnyCol(table, "spot"), any([]float32{0, 8}))).Limit(1), "north"},
		"beside another index": {all.Filter(shapeKind.Eq("even")).OrderBy(coodie.ANN(angle, [2]float32{-1, 1})).Limit(10), "west east"},
		"of one row":           {table.Find(shapeID.Eq("west")).OrderBy(coodie.ANN(angle, [2]float32{1, 0})).Limit(10), "west"},
		"more pages than one":  {all.OrderBy(coodie.ANN(angle, [2]float32{5, 1})).Limit(10).With(coodie.WithPageSize(1)), "east north west"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, ids(tt.query)) })
	}
	nearest, err := all.OrderBy(coodie.ANN(angle, [2]float32{5, 1})).Limit(2).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Shape{{"east", &[2]float32{1, 0}, []float32{1, 0}, "even"}, {"north", &[2]float32{0, 1}, []float32{0, 9}, "odd"}}, nearest)
	first, err := all.OrderBy(coodie.ANN(angle, [2]float32{0, 1})).First(ctx)
	require.NoError(t, err)
	require.Equal(t, "north", first.ID)

	type near struct {
		ID  string
		How float32
	}
	got, err := coodie.Project[near](all.OrderBy(coodie.ANN(angle, [2]float32{1, 0})).Limit(3), coodie.As(coodie.Cosine(angle, [2]float32{1, 0}), "how")).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []near{{"east", 1}, {"north", .5}, {"west", 0}}, got)

	west := table.Find(shapeID.Eq("west"))
	root := float32(math.Sqrt2 / 2)
	requireSelected(t, []selectedCase{
		{"cosine", values(west, coodie.Cosine(angle, [2]float32{-7, 0})), []float32{1}},
		{"cosine by name", values(west, coodie.Cosine(coodie.AnyCol(table, "angle"), any([2]float32{7, 0}))), []float32{0}},
		{"euclidean", values(west, coodie.Euclidean(spot, []float32{-3, 2})), []float32{.2}},
		{"euclidean by name", values(west, coodie.Euclidean(coodie.AnyCol(table, "spot"), any([]float32{-3, 0}))), []float32{1}},
		{"dot product", values(west, coodie.DotProduct(angle, [2]float32{-1, 0})), []float32{1}},
		{"dot product by name", values(west, coodie.DotProduct(coodie.AnyCol(table, "angle"), any([2]float32{root, root}))), []float32{(1 - root) / 2}},
	})

	// What needs an index, the server says.
	_, err = all.Filter(coodie.AnyCol(table, "angle").Eq([2]float32{1, 0})).All(ctx)
	var refused *coodie.Error
	require.ErrorAs(t, err, &refused)
	require.True(t, !refused.Unknown && refused.Kind < coodie.KindUsage, "%v", refused)
}
