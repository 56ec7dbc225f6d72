package coodie_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

type Shape struct {
	Drawing string `cql:"drawing,partition"`
	ID      int    `cql:"id,clustering"`
	Kind    string `cql:"kind"`
	Color   *string
}

func (Shape) TableName() string { return "shape" }

type Circle struct {
	Shape
	Radius float64
}

func (c *Circle) Area() float64 { return math.Pi * c.Radius * c.Radius }

type Square struct {
	Shape
	Side   float64
	loaded int
}

func (s *Square) Area() float64 { return s.Side * s.Side }

func (s *Square) AfterLoad(context.Context) error { s.loaded++; return nil }

type Area interface{ Area() float64 }

var (
	shapeDrawing = coodie.Col(func(s *Shape) *string { return &s.Drawing })
	shapeID      = coodie.Col(func(s *Shape) *int { return &s.ID })
	shapeKind    = coodie.Col(func(s *Shape) *string { return &s.Kind })
	circleRadius = coodie.Col(func(c *Circle) *float64 { return &c.Radius })
)

func shapes(t *testing.T) (*coodie.Table[Shape], *coodie.Variants[Shape, Area], *coodie.Table[Circle], *coodie.Table[Square]) {
	_, session := server(t)
	base, err := coodie.Open[Shape](coodie.New(session))
	require.NoError(t, err)
	all, err := coodie.OpenVariants[Area](base, shapeKind, coodie.VariantOf[Circle]("circle"), coodie.VariantOf[Square]("square"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, all).Create(t.Context()))
	require.NoError(t, coodie.Schema(nil, all).Verify(t.Context()))
	circles, err := coodie.TableOf[Circle](all)
	require.NoError(t, err)
	squares, err := coodie.TableOf[Square](all)
	require.NoError(t, err)
	return base, all, circles, squares
}

// TestVariants: rows of one table come back as what they are.
func TestVariants(t *testing.T) {
	ctx := t.Context()
	base, all, circles, squares := shapes(t)
	circle := circles.New(Circle{Shape{Drawing: "d", ID: 1}, 2})
	res, err := circle.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, "circle", circle.Value.Kind)
	require.NoError(t, squares.New(Square{Shape: Shape{Drawing: "d", ID: 2}, Side: 3}).Save(ctx))

	got, err := all.Read(base.Find(shapeDrawing.Eq("d"))).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Area{&Circle{Shape{"d", 1, "circle", nil}, 2}, &Square{Shape{"d", 2, "square", nil}, 3, 1}}, got)
	one, err := all.Read(base.Find(shapeDrawing.Eq("d"), shapeID.Eq(2)).Limit(1)).One(ctx)
	require.NoError(t, err)
	require.InDelta(t, 9, one.Area(), 0)
	last, err := all.Read(base.Find(shapeDrawing.Eq("d")).OrderBy(coodie.Desc(shapeID))).First(ctx)
	require.NoError(t, err)
	require.IsType(t, &Square{}, last)

	// The base reads what all have; a variant its own rows.
	plain, err := base.Find(shapeDrawing.Eq("d")).All(ctx)
	require.NoError(t, err)
	require.Len(t, plain, 2)
	id := coodie.Col(func(c *Circle) *int { return &c.ID })
	drawing := coodie.Col(func(c *Circle) *string { return &c.Drawing })
	_, err = circles.Find(drawing.Eq("d"), id.Eq(2)).Get(ctx)
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "kind", decode.Column)
	kind := coodie.Col(func(c *Circle) *string { return &c.Kind })
	mine, err := circles.Find(drawing.Eq("d"), kind.Eq("circle")).AllowFiltering().All(ctx)
	require.NoError(t, err)
	require.Len(t, mine, 1)

	grown, err := circles.Find(drawing.Eq("d"), id.Eq(1)).Mutate(ctx, func(_ context.Context, c *Circle) error { c.Radius *= 2; return nil })
	require.NoError(t, err)
	require.True(t, grown.Changed)
	_, err = circles.Find(drawing.Eq("d"), id.Eq(2)).Mutate(ctx, func(_ context.Context, c *Circle) error { c.Radius = 1; return nil })
	require.ErrorAs(t, err, &decode, "it is a square")
	require.Equal(t, coodie.KindDecode, decode.Kind)
	res, err = circle.If(kind.Eq("circle"), circleRadius.Gt(3)).Update(ctx, circleRadius.Set(1))
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// TestVariantsMistakes: nothing is sent as another variant, and a row of none is no silent zero.
func TestVariantsMistakes(t *testing.T) {
	ctx := t.Context()
	base, all, circles, _ := shapes(t)
	var usage *coodie.Error
	require.ErrorAs(t, circles.New(Circle{Shape{Drawing: "d", ID: 1, Kind: "square"}, 2}).Save(ctx), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "kind", usage.Column)
	id := coodie.Col(func(c *Circle) *int { return &c.ID })
	drawing := coodie.Col(func(c *Circle) *string { return &c.Drawing })
	require.NoError(t, circles.New(Circle{Shape{Drawing: "d", ID: 1}, 2}).Save(ctx))
	_, err := circles.Find(drawing.Eq("d"), id.Eq(1)).Mutate(ctx, func(_ context.Context, c *Circle) error { c.Kind = "square"; return nil })
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	for _, kind := range []*string{nil, ptr("star")} {
		row := coodie.AnyCol(base, "kind")
		set := row.SetNull()
		if kind != nil {
			set = row.Set(*kind)
		}
		require.NoError(t, base.Find(shapeDrawing.Eq("d"), shapeID.Eq(1)).Update(ctx, set))
		_, err = all.Read(base.Find(shapeDrawing.Eq("d"))).All(ctx)
		var decode *coodie.Error
		require.ErrorAs(t, err, &decode)
		require.Equal(t, coodie.KindDecode, decode.Kind)
		require.NotContains(t, err.Error(), "star")
	}
	_, err = all.Read(base.Find(shapeDrawing.Eq("d")).Only(shapeID)).All(ctx)
	require.ErrorContains(t, err, "was not read")

	type Other struct {
		Drawing string `cql:"drawing,partition"`
		ID      int    `cql:"id,clustering"`
		Kind    string
		Radius  string
	}
	type Keyless struct {
		ID   int `cql:"id,partition"`
		Kind string
	}
	circle := coodie.VariantOf[Circle]("circle")
	for says, open := range map[string]func() error{
		"there are no variants": func() error { return second(coodie.OpenVariants[Area](base, shapeKind)) },
		"a value of its own":    func() error { return second(coodie.OpenVariants[Area](base, shapeKind, circle, circle)) },
		"does not implement":    func() error { return second(coodie.OpenVariants[fmt.Stringer](base, shapeKind, circle)) },
		"through an interface":  func() error { return second(coodie.OpenVariants[Circle](base, shapeKind, circle)) },
		"in another struct": func() error {
			return second(coodie.OpenVariants[any](base, shapeKind, circle, coodie.VariantOf[Other]("o")))
		},
		"is missing":        func() error { return second(coodie.OpenVariants[any](base, shapeKind, coodie.VariantOf[Keyless]("k"))) },
		"table of the base": func() error { return second(coodie.OpenVariants[any](nil, shapeKind, circle)) },
		"the discriminator is": func() error {
			return second(coodie.OpenVariants[any](base, coodie.Col(func(s *Shape) *string { return new(string) }), circle))
		},
		"none of the variants": func() error { return second(coodie.TableOf[Other](all)) },
	} {
		var schema *coodie.SchemaError
		err := open()
		require.ErrorAs(t, err, &schema, says)
		require.ErrorContains(t, err, says)
	}
}
