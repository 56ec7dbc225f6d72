package coodie

import (
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
)

// VectorColumn is a column of vectors: a [n]float32, or a slice whose tag says
// `type=vector<float, n>`.
type VectorColumn[T, V any] struct{ Column[T, V] }

// VectorCol is the vector column that holds the selected field.
func VectorCol[T, V any](selector func(*T) *V) *VectorColumn[T, V] {
	return vectorColumn(Col(selector))
}

// NullVectorCol is the vector column of a pointer field: nil is null.
func NullVectorCol[T, V any](selector func(*T) **V) *VectorColumn[T, V] {
	return vectorColumn(NullCol(selector))
}

func vectorColumn[T, V any](c *Column[T, V]) *VectorColumn[T, V] {
	refOf(c).Only(codec.Vector, "VectorCol", "")
	return recast[VectorColumn[T, V]](c)
}

// ANN orders rows by how like their vectors are to v, the most like first: for OrderBy, with
// a Limit of 1000 at most. The column needs an SAI index, whose similarity function
// decides. Rows without a vector are left out; the search is approximate. Cassandra 5.0
// reads such a query at consistency ONE, whatever it was asked for, and in one page.
func (c *VectorColumn[T, V]) ANN(v V) Order[T] {
	return Order[T](refOf(&c.Column).Likeness(codec.At(&v)))
}

// Cosine is `similarity_cosine(column, v)`, from 0 to 1.
func (c *VectorColumn[T, V]) Cosine(v V) *Func[T, float32] {
	return c.similarity("similarity_cosine", v)
}

// Euclidean is `similarity_euclidean(column, v)`, from 0 to 1: 1/(1+d²).
func (c *VectorColumn[T, V]) Euclidean(v V) *Func[T, float32] {
	return c.similarity("similarity_euclidean", v)
}

// DotProduct is `similarity_dot_product(column, v)`, for vectors of length 1.
func (c *VectorColumn[T, V]) DotProduct(v V) *Func[T, float32] {
	return c.similarity("similarity_dot_product", v)
}

func (c *VectorColumn[T, V]) similarity(name string, v V) *Func[T, float32] {
	return (*Func[T, float32])(refOf(&c.Column).Similarity(name, codec.At(&v)))
}

// ANN orders rows by likeness to the vector v: see VectorColumn.ANN.
func (c *AnyColumn[T]) ANN(v any) Order[T] {
	return Order[T]((*stmt.Ref)(c).LikenessTo(v))
}

// Cosine is `similarity_cosine(column, v)`: see VectorColumn.Cosine.
func (c *AnyColumn[T]) Cosine(v any) *Func[T, float32] { return c.similarity("similarity_cosine", v) }

// Euclidean is `similarity_euclidean(column, v)`: see VectorColumn.Euclidean.
func (c *AnyColumn[T]) Euclidean(v any) *Func[T, float32] {
	return c.similarity("similarity_euclidean", v)
}

// DotProduct is `similarity_dot_product(column, v)`: see VectorColumn.DotProduct.
func (c *AnyColumn[T]) DotProduct(v any) *Func[T, float32] {
	return c.similarity("similarity_dot_product", v)
}

func (c *AnyColumn[T]) similarity(name string, v any) *Func[T, float32] {
	return (*Func[T, float32])((*stmt.Ref)(c).SimilarityAny(name, v))
}
