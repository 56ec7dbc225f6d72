package funcs

import (
	"math"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Similarity says how alike two vectors of floats are: the greater, the more.
type Similarity struct {
	name    string // COSINE, EUCLIDEAN or DOT_PRODUCT
	compare func(dot, squareX, squareY, distance float32) float32
}

var similarities = []Similarity{
	{"COSINE", func(dot, sx, sy, _ float32) float32 {
		return (1 + float32(float64(dot)/math.Sqrt(float64(sx)*float64(sy)))) / 2
	}},
	{"EUCLIDEAN", func(_, _, _, distance float32) float32 { return 1 / (1 + distance) }},
	{"DOT_PRODUCT", func(dot, _, _, _ float32) float32 { return (1 + dot) / 2 }},
}

// SimilarityNamed returns the similarity function that an index's options name,
// in any case. The default is COSINE.
func SimilarityNamed(name string) Similarity {
	for _, s := range similarities {
		if strings.EqualFold(s.name, name) {
			return s
		}
	}
	return similarities[0]
}

// Of compares two vectors of a type. It says false if one of them has no
// direction and that matters.
func (s Similarity) Of(t *types.Type, x, y []byte) (float32, bool, error) {
	xs, err := t.UnpackVector(x)
	if err != nil {
		return 0, false, err
	}
	ys, err := t.UnpackVector(y)
	if err != nil {
		return 0, false, err
	}
	var dot, squareX, squareY, distance float32
	for i := range xs {
		x, y := types.DecodeFloat(xs[i]), types.DecodeFloat(ys[i])
		dot += x * y
		squareX += x * x
		squareY += y * y
		distance += (x - y) * (x - y)
	}
	if s.name == "COSINE" && (squareX == 0 || squareY == 0) {
		return 0, false, nil
	}
	return s.compare(dot, squareX, squareY, distance), true, nil
}

func vectorFactories() []*factory {
	first, second := 0, 1
	floats := func(same *int) param {
		return param{text: "vector<float, n>", vectorOf: types.Float, same: same, requirement: "a float vector argument",
			accept: func(t *types.Type) bool { return t.Kind == types.KindVector && t.Elem().Kind == types.KindFloat }}
	}
	var list []*factory
	for _, s := range similarities {
		name := "similarity_" + strings.ToLower(s.name)
		list = append(list, &factory{name: name, params: []param{floats(&second), floats(&first)}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			if args[0].Dim != args[1].Dim {
				return nil, types.Invalidf("All arguments must have the same vector dimensions")
			}
			return scalar(name, types.Float, func(values [][]byte) ([]byte, error) {
				score, ok, err := s.Of(args[0], values[0], values[1])
				switch {
				case err != nil:
					return nil, err
				case !ok:
					return nil, types.Invalidf("Function system.%s doesn't support all-zero vectors.", name)
				}
				return types.EncodeFloat(score), nil
			}, args...), nil
		}})
	}
	return list
}
