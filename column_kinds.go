package coodie

import (
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/stmt"
)

// AnyColumn is a column known by its name only, for code that learns names at run
// time: see AnyCol. Values are of any Go type that the column's CQL type takes, nil
// is null; a wrong name or value is an error of KindUsage of the call that would send it. From reads a value
// as the Go type of its field.
type AnyColumn[T any] struct{ Column[T, any] }

// AnyCol is the column of that name of a Table or View. A name that the struct lacks is an error of KindUsage of the call
// that uses the column.
func AnyCol[T any](of interface{ described(*T) *table }, name string) *AnyColumn[T] {
	if of == nil {
		return anyColumn[T](unknownTable(name))
	}
	return anyColumn[T](of.described(nil).column(name))
}

// column is the column of that name.
func (t *table) column(name string) *stmt.Ref {
	if !t.ready() {
		return unknownTable(name)
	}
	return t.schema.Column(name)
}

func unknownTable(name string) *stmt.Ref {
	return stmt.BadRef(name, errors.New("the table is nil or a zero value; make it with Open"))
}

// Contains is `column CONTAINS v`: an element of a list or set, a value of a map. ScyllaDB has it in filters, but not as a condition.
func (c *AnyColumn[T]) Contains(v any) Cond[T] { return Cond[T](refOf(&c.Column).HasAny(v)) }

// ContainsKey is `column CONTAINS KEY k`. ScyllaDB has it in filters, but not as a condition.
func (c *AnyColumn[T]) ContainsKey(k any) Cond[T] { return Cond[T](refOf(&c.Column).HasKeyAny(k)) }

// Add is `column = column + v`: appends to a list, adds to a set, puts into a map, counts up a counter.
func (c *AnyColumn[T]) Add(v any) Assign[T] { return Assign[T](refOf(&c.Column).ChangeAny(cql.Add, v)) }

// Remove is `column = column - v`: removes elements from a list or set, keys from a map (v is a
// slice of them), counts down a counter.
func (c *AnyColumn[T]) Remove(v any) Assign[T] {
	return Assign[T](refOf(&c.Column).ChangeAny(cql.Remove, v))
}

// Prepend is `column = v + column`, for a list.
func (c *AnyColumn[T]) Prepend(v any) Assign[T] {
	return Assign[T](refOf(&c.Column).ChangeAny(cql.Prepend, v))
}

// At is the element of a list at an index, or the value of a map's key.
func (c *AnyColumn[T]) At(key any) *AnyColumn[T] { return anyColumn[T](refOf(&c.Column).AtAny(key)) }

// Field is a field of a user-defined type.
func (c *AnyColumn[T]) Field(name string) *AnyColumn[T] {
	return anyColumn[T](refOf(&c.Column).Member(name))
}

// The parts and changes of a collection are functions of its column, so that a program compiles those alone that it
// calls (make bench-build).

// Append is `column = column + ?`, for a list. Sending it twice appends twice.
func Append[T any, S ~[]E, E any](list *Column[T, S], vs ...E) Assign[T] {
	return Assign[T](refOf(list).ChangePart("Append", cql.Add, codec.At(&vs), codec.List))
}

// Prepend is `column = ? + column`, for a list, with vs in their order at the front. Sending it
// twice prepends twice.
func Prepend[T any, S ~[]E, E any](list *Column[T, S], vs ...E) Assign[T] {
	return Assign[T](refOf(list).ChangePart("Prepend", cql.Prepend, codec.At(&vs), codec.List))
}

// Add is `column = column + ?`, for a set, which is a field tagged `set` or of a set type.
func Add[T any, S ~[]E, E any](set *Column[T, S], vs ...E) Assign[T] {
	return Assign[T](refOf(set).ChangePart("Add", cql.Add, codec.At(&vs), codec.Set))
}

// Remove is `column = column - ?`: every element of a list or set that is equal to one of vs goes.
func Remove[T any, S ~[]E, E any](c *Column[T, S], vs ...E) Assign[T] {
	return Assign[T](refOf(c).ChangePart("Remove", cql.Remove, codec.At(&vs), codec.List, codec.Set))
}

// Put is `column = column + ?`, for a map: adds entries, replacing those of equal key.
func Put[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], entries M) Assign[T] {
	return Assign[T](refOf(c).ChangePart("Put", cql.Add, codec.At(&entries), codec.Map))
}

// RemoveKeys is `column = column - ?`, for a map: deletes the entries of the keys ks.
func RemoveKeys[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], ks ...K) Assign[T] {
	return Assign[T](refOf(c).RemoveKeys(codec.At(&ks)))
}

// At is the element of a list at index i, from 0: for conditions, and for Set on a list that is
// not frozen. A condition reads past the end as null; Set past the end is a server error.
func At[T any, S ~[]E, E any](list *Column[T, S], i int) *Column[T, E] {
	return column[T, E](refOf(list).Index(i))
}

// Entry is the value of key k of a map, null where there is none: for conditions, and for Set and
// SetNull on a map that is not frozen.
//
// Cassandra compares that value as if it were a key. A condition which can therefore hold
// when it should not is an error of KindUsage, on ScyllaDB too: Lt, Le, Gt and Ge where keys and values are ordered
// differently, as in map<text, int>, and all comparisons but with null where the keys are
// uuids, booleans or another type that tells other values apart badly.
func Entry[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], k K) *Column[T, V] {
	return column[T, V](refOf(c).AtKey(codec.At(&k)))
}

// Contains is `column CONTAINS v`: an element of a list or set is v. ScyllaDB has it in filters, but not as a condition.
func Contains[T any, S ~[]E, E any](c *Column[T, S], v E) Cond[T] {
	return Cond[T](refOf(c).Has(codec.At(&v)))
}

// ContainsValue is `column CONTAINS v`: a value of a map is v. ScyllaDB has it in filters, but not as a condition.
func ContainsValue[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], v V) Cond[T] {
	return Cond[T](refOf(c).HasValue(codec.At(&v)))
}

// ContainsKey is `column CONTAINS KEY k`, for a map. ScyllaDB has it in filters, but not as a condition.
func ContainsKey[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], k K) Cond[T] {
	return Cond[T](refOf(c).HasKey(codec.At(&k)))
}

// Increment is `column = column + n`, for a counter, which is a field tagged `type=counter`: a row that is
// missing is created, and counts from 0.
//
//	type PageViews struct {
//		URL   string `cql:"url,partition"`
//		Views int64  `cql:"views,type=counter"`
//	}
//	views := coodie.Col(func(p *PageViews) *int64 { return &p.Views })
//	err := pages.Find(url.Eq("/")).Update(ctx, coodie.Increment(views, 1))
//
// A counter is only ever added to: it cannot be set, inserted, saved, given a TTL or a
// timestamp, or be part of a condition, and the error of KindUsage of a call that tries says so. An
// increment is sent once, whatever the session's retry policy: sent again it would count
// twice. If its answer is lost that is an error that matches ErrOutcomeUnknown, and nothing can tell whether
// it was counted; what must be counted exactly is an int column under Mutate.
func Increment[T any, N ~int | ~int64](counter *Column[T, N], n N) Assign[T] {
	return Assign[T](refOf(counter).ChangePart("Increment", cql.Add, codec.At(&n), codec.Counter))
}

// Decrement is `column = column - n`, for a counter.
func Decrement[T any, N ~int | ~int64](counter *Column[T, N], n N) Assign[T] {
	return Assign[T](refOf(counter).ChangePart("Decrement", cql.Remove, codec.At(&n), codec.Counter))
}
