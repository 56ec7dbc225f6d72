package coodie

import (
	"errors"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// Like is the filter `column LIKE pattern`, for text: % stands for any text. Cassandra
// needs an SASI index for it, made for patterns of that kind; ScyllaDB needs AllowFiltering.
func (c *Column[T, V]) Like(pattern string) Cond[T] { return Cond[T](stmt.Like(refOf(c), pattern)) }

// Like is the filter `column LIKE pattern`: see Column.Like.
func (c *AnyColumn[T]) Like(pattern string) Cond[T] {
	return Cond[T](stmt.Like((*stmt.Ref)(c), pattern))
}

// Columns is several clustering columns compared at once, as in `(day, seq) > (?, ?)`:
// by the first column, and where it is equal by the next. See Cols.
type Columns[T any] stmt.Columns

// Cols is clustering columns, in the order of the key, that are compared at once. What they
// are compared with is a T, of which only their fields count; so the rows that come after
// one that was read are
//
//	events.Find(device.Eq("d1"), coodie.Cols(at, seq).Gt(last))
func Cols[T any](first Target[T], more ...Target[T]) *Columns[T] {
	refs := make([]*stmt.Ref, 0, 1+len(more))
	for _, t := range append([]Target[T]{first}, more...) {
		if t == nil {
			refs = append(refs, stmt.BadRef("", errors.New("Cols got a nil column")))
			continue
		}
		refs = append(refs, t.target(nil).Sure())
	}
	c := Columns[T](stmt.ColumnsOf(refs))
	return &c
}

// Eq is the filter `(a, b) = (?, ?)`.
func (c *Columns[T]) Eq(row T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.Eq, stmt.ListAt(codec.At(&row), 0, 1)))
}

// Lt is the filter `(a, b) < (?, ?)`. In columns of descending order it selects what comes later.
func (c *Columns[T]) Lt(row T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.Lt, stmt.ListAt(codec.At(&row), 0, 1)))
}

// Le is the filter `(a, b) <= (?, ?)`.
func (c *Columns[T]) Le(row T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.Le, stmt.ListAt(codec.At(&row), 0, 1)))
}

// Gt is the filter `(a, b) > (?, ?)`.
func (c *Columns[T]) Gt(row T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.Gt, stmt.ListAt(codec.At(&row), 0, 1)))
}

// Ge is the filter `(a, b) >= (?, ?)`.
func (c *Columns[T]) Ge(row T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.Ge, stmt.ListAt(codec.At(&row), 0, 1)))
}

// In is the filter `(a, b) IN ?`, with the rows' values bound as one list of tuples.
func (c *Columns[T]) In(rows ...T) Cond[T] {
	return Cond[T]((*stmt.Columns)(c).Compare(cql.In, listOf(rows)))
}
