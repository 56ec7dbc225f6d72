package coodie

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/codec"

	"github.com/coodie-go/coodie/internal/stmt"
)

// Count is `count(*)`, of rows: for Values and Project, with GroupBy or beside other
// aggregates. Of a column it is `count(column)`: how many rows have a value there. For the bare number of
// rows there is Query.Count. As there, a partition that has static values and no row does not count, and GroupBy
// has no group of it.
//
//	coodie.Count[Track](), coodie.Count(seconds)
func Count[T any](column ...Selectable[T]) *Func[T, int64] {
	return (*Func[T, int64])(stmt.Count(terms(column)...))
}

// Sum is `sum(e)`. Of no rows it is 0.
//
// The server adds in e's own CQL type: the sum of ints is an int, and where it does not
// fit it comes out wrong, without an error. So widen what may grow:
//
//	coodie.Sum(coodie.Cast[int64](price))
func Sum[T, V any](e Expr[T, V]) *Func[T, V] { return ofArgument("sum", e) }

// Avg is `avg(e)`. Of no rows it is 0. In e's own CQL type: the average of ints is an int,
// without its fraction, unless they are cast:
//
//	coodie.Avg(coodie.Cast[float64](price))
func Avg[T, V any](e Expr[T, V]) *Func[T, V] { return ofArgument("avg", e) }

// Min is `min(e)`; of no rows, and of nulls alone, it is null.
func Min[T, V any](e Expr[T, V]) *Func[T, V] { return ofArgument("min", e) }

// Max is `max(e)`; of no rows, and of nulls alone, it is null.
func Max[T, V any](e Expr[T, V]) *Func[T, V] { return ofArgument("max", e) }

func ofArgument[T, V any](name string, e Expr[T, V]) *Func[T, V] {
	return (*Func[T, V])(stmt.AggregateOf(name, reflect.TypeFor[V](), selected1(e)))
}

// Cast is `CAST(e AS type)`, where type is the CQL type that V has by default: int64 is
// bigint, float64 double, string text.
//
//	coodie.Cast[float64](price)
func Cast[V, T any](e Selectable[T]) *Func[T, V] {
	return (*Func[T, V])(stmt.CastTo(reflect.TypeFor[V](), selected1(e)))
}

// Call is the call of any other function, the server's or a user-defined one
// (`keyspace.name`), whose result is a V:
//
//	coodie.Call[time.Time]("to_timestamp", id)
//
// It counts as no aggregate, and takes columns and functions of them: where a constant is
// wanted, DB.Raw has it.
func Call[V, T any](name string, args ...Selectable[T]) *Func[T, V] {
	return (*Func[T, V])(stmt.Called(name, nil, reflect.TypeFor[V](), terms(args)))
}

// WriteTime is `writetime(column)`: when the value was written, which its writer's or
// coordinator's clock said (USING TIMESTAMP), in microseconds. It is null where the column
// is; key columns have none. A collection or user-defined type that is not frozen has one
// for each of its cells: of these it is the latest, `maxwritetime(column)`, which ScyllaDB lacks; all are read by
// Call[[]int64]("writetime", column). Cassandra fails at the element of a bound key, so
// that is refused; the field of a user-defined type can be asked for.
func WriteTime[T any](column Selectable[T]) *Func[T, time.Time] {
	return (*Func[T, time.Time])(stmt.WriteTime(selected1(column)))
}

// TTL is `ttl(column)`: how long the value has left to live, in whole seconds. It is null,
// and so 0, where the value has no end, and where there is none. What WriteTime says of
// keys and collections holds here, too; Call[[]*int]("ttl", column) reads them all.
func TTL[T any](column Selectable[T]) *Func[T, time.Duration] {
	return (*Func[T, time.Duration])(stmt.TtlOf(selected1(column)))
}

// ToJSON is `toJson(e)`: the value as JSON. Null is the JSON null. Of whole rows see
// Query.JSON.
func ToJSON[T any](e Selectable[T]) *Func[T, json.RawMessage] {
	return (*Func[T, json.RawMessage])(stmt.ToJSON(selected1(e)))
}

// Expr is what a query on T's table can select: a column, a part of one (a map's value, a
// field of a user-defined type), the Token, or a function such as Sum, Cast and WriteTime.
// In Go its values are of type V; null is the zero V, or with Nullable a nil pointer.
type Expr[T, V any] interface {
	Selectable[T]
	valued(*V)
}

// Selectable is an Expr whatever the Go type of its values.
type Selectable[T any] interface{ expression(*T) *stmt.Term }

// Func is a function of columns, to be selected. The functions of this package make it.
type Func[T, V any] stmt.Term

// As is e by the name: after it a struct's field is found by Project, and a key in JSON.
func As[T, V any](e Expr[T, V], name string) *Func[T, V] {
	return (*Func[T, V])(selected1(e).As(name))
}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (f *Func[T, V]) expression(*T) *stmt.Term { return (*stmt.Term)(f).Sure() }

//lint:ignore U1000 tells an Expr's Go type
func (f *Func[T, V]) valued(*V) {}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *Column[T, V]) expression(*T) *stmt.Term { return refOf(c).Term(reflect.TypeFor[V]()) }

//lint:ignore U1000 tells an Expr's Go type
func (c *Column[T, V]) valued(*V) {}

// Nullable is e with null told apart from the zero V: it is nil.
func Nullable[T, V any](e Expr[T, V]) *Func[T, *V] {
	return (*Func[T, *V])(selected1(e).Nullable(reflect.TypeFor[*V]()))
}

// terms are those of the list.
func terms[T any](list []Selectable[T]) []*stmt.Term {
	out := make([]*stmt.Term, len(list))
	for i, s := range list {
		out[i] = selected1(s)
	}
	return out
}

// selected1 is the term of s, which may be nil.
func selected1[T any](s Selectable[T]) *stmt.Term {
	if s == nil {
		return stmt.NoTerm()
	}
	return s.expression(nil)
}

// ANN orders rows by how like their vectors are to v, the most like first (of an AnyColumn v is an any): for OrderBy, with
// a Limit of 1000 at most. The column holds vectors: a [n]float32, or a slice whose tag says `type=vector<float, n>`. It
// needs an SAI index, whose similarity function
// decides. Rows without a vector are left out; the search is approximate. Cassandra 5.0
// reads such a query at consistency ONE, whatever it was asked for, and in one page.
func ANN[T, V any](column Expr[T, V], v V) Order[T] {
	return Order[T](selected1(column).LikenessTo(reflect.TypeFor[V](), codec.At(&v)))
}

// Cosine is `similarity_cosine(column, v)`, from 0 to 1.
func Cosine[T, V any](column Expr[T, V], v V) *Func[T, float32] {
	return similarity(column, "similarity_cosine", v)
}

// Euclidean is `similarity_euclidean(column, v)`, from 0 to 1: 1/(1+d²).
func Euclidean[T, V any](column Expr[T, V], v V) *Func[T, float32] {
	return similarity(column, "similarity_euclidean", v)
}

// DotProduct is `similarity_dot_product(column, v)`, for vectors of length 1.
func DotProduct[T, V any](column Expr[T, V], v V) *Func[T, float32] {
	return similarity(column, "similarity_dot_product", v)
}

func similarity[T, V any](column Expr[T, V], name string, v V) *Func[T, float32] {
	return (*Func[T, float32])(selected1(column).SimilarityTo(name, reflect.TypeFor[V](), codec.At(&v)))
}
