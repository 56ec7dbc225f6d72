package coodie

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Cond is a filter of Find or a condition of If on a column of T's table. Columns make it.
type Cond[T any] stmt.Cond

// Assign is a change of a column of T's table, for Update. Columns make it.
//
// The assignments of one Update have one timestamp and no order. Of two values of one element the
// server keeps the greater one, and of a value and a deletion the deletion. So an Update that
// assigns a column, element or field twice, or adds and removes one element, is an error of KindUsage.
// Elements are compared as CQL compares them: an instant is the same in every time zone.
type Assign[T any] stmt.Assign

// Target is a column of T's table, or a part of one, for DeleteColumns. One that is named twice,
// or a part beside its whole column, is an error of KindUsage.
type Target[T any] interface{ target(*T) *stmt.Ref }

// Column is a column of T's table whose values are of Go type V, or a part of such a
// column: a map value, a list element, a field of a user-defined type.
//
// A Column is resolved once and safe for many goroutines. Its methods never fail: what
// is wrong with the column or a value comes out of the call that sends the statement. A
// slice or map given to them must not change before that call.
type Column[T, V any] stmt.Ref

// Col is the column that holds the selected field:
//
//	version := coodie.Col(func(c *AppConfig) *int { return &c.Version })
//
// A renamed field or a value of another type is then a compile error. For a pointer
// field whose values are written without the pointer, use NullCol.
func Col[T, V any](selector func(*T) *V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// NullCol is the column of a pointer field: nil is null, and values are written as V.
//
//	lockedBy := coodie.NullCol(func(l *Lock) **string { return &l.LockedBy })
//	… lockedBy.Set("bob"), lockedBy.SetNull(), lockedBy.IsNull()
func NullCol[T, V any](selector func(*T) **V) *Column[T, V] {
	return column[T, V](selected(selector))
}

// Field is a field of a user-defined type: for conditions on every such column, for
// Set on those that are not frozen. U is the Go struct of the type.
//
//	city := coodie.Field(address, func(a *Address) *string { return &a.City })
func Field[T, U, V any](c *Column[T, U], selector func(*U) *V) *Column[T, V] {
	offset, code, err := offsetOf(selector)
	return column[T, V](refOf(c).FieldAt(reflect.TypeFor[U](), reflect.TypeFor[V](), offset, code, err))
}

// column is the Column of a ref that is not shared yet.
func column[T, V any](r *stmt.Ref) *Column[T, V] {
	return (*Column[T, V])(r.Valued(reflect.TypeFor[V]()))
}

// refOf is what a column refers to; nil of a nil one.
func refOf[T, V any](c *Column[T, V]) *stmt.Ref { return (*stmt.Ref)(c) }

// selected resolves a selector to the column it points at.
func selected[T, F any](selector func(*T) *F) *stmt.Ref {
	offset, code, err := offsetOf(selector)
	return selectedAt(reflect.TypeFor[T](), reflect.TypeFor[F](), offset, code, err)
}

func selectedAt(typ, field reflect.Type, offset, code uintptr, err error) *stmt.Ref {
	table, wrong := described(typ)
	if wrong != nil {
		err = wrong
	}
	return stmt.ColumnAt(table, field, offset, code, err)
}

//lint:ignore U1000 called through Target, which staticcheck does not see of a generic type
func (c *Column[T, V]) target(*T) *stmt.Ref { return refOf(c) }

// String is the column's name.
func (c *Column[T, V]) String() string { return refOf(c).Sure().Name() }

// Eq is `column = v`. A v that stands for null (a nil pointer, a zero time) asks for null.
//
//go:noinline
func (c *Column[T, V]) Eq(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Eq, codec.At(&v))) }

// Ne is `column != v`. It holds on a missing row and on null unless v itself is null.
//
//go:noinline
func (c *Column[T, V]) Ne(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Ne, codec.At(&v))) }

// Lt is `column < v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Lt(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Lt, codec.At(&v))) }

// Le is `column <= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Le(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Le, codec.At(&v))) }

// Gt is `column > v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Gt(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Gt, codec.At(&v))) }

// Ge is `column >= v`; false on null.
//
//go:noinline
func (c *Column[T, V]) Ge(v V) Cond[T] { return Cond[T](refOf(c).Compare(cql.Ge, codec.At(&v))) }

// In is `column IN ?` with vs bound as one list, so that it is one prepared statement
// whatever its length. A read of many partitions by In is sent as several such statements,
// and its rows come in the order of vs: see docs/bulk.md.
//
//go:noinline
func (c *Column[T, V]) In(vs ...V) Cond[T] {
	return Cond[T](refOf(c).In(listOf(vs)))
}

// IsNull is the condition `column = null`: no value, or no row at all.
//
//go:noinline
func (c *Column[T, V]) IsNull() Cond[T] { return Cond[T](refOf(c).Compare(cql.Eq, codec.Addr{})) }

// IsNotNull is the condition `column != null`.
//
//go:noinline
func (c *Column[T, V]) IsNotNull() Cond[T] { return Cond[T](refOf(c).Compare(cql.Ne, codec.Addr{})) }

// Set is `column = v`. A v that stands for null deletes the value.
//
//go:noinline
func (c *Column[T, V]) Set(v V) Assign[T] {
	return Assign[T](refOf(c).Change(cql.Set, codec.At(&v)))
}

// SetNull is `column = null`.
//
//go:noinline
func (c *Column[T, V]) SetNull() Assign[T] { return Assign[T](refOf(c).Change(cql.Set, codec.Addr{})) }

// From reads the column from the row that refused an LWT. The value is zero unless it is StatePresent.
//
//go:noinline
func (c *Column[T, V]) From(e *Existing[T]) (V, State) {
	var v V
	p := rowOf(e).Read(refOf(c), codec.At(&v))
	if p != answer.Present {
		var zero V
		return zero, State(p)
	}
	return v, StatePresent
}

// Like is the filter `column LIKE pattern`, for text: % stands for any text. Cassandra
// needs an SASI index for it, made for patterns of that kind; ScyllaDB needs AllowFiltering.
func Like[T any](column Target[T], pattern string) Cond[T] {
	return Cond[T](stmt.Like(targeted(column), pattern))
}

// Order is how a read orders its rows: by a clustering column, or by likeness to a vector.
// Columns make it.
type Order[T any] stmt.Order

// Asc orders by the clustering column, the lowest first.
func Asc[T any](column Target[T]) Order[T] {
	return Order[T](stmt.OrderBy(targeted(column), cql.Asc))
}

// Desc orders by the clustering column, the highest first.
func Desc[T any](column Target[T]) Order[T] {
	return Order[T](stmt.OrderBy(targeted(column), cql.Desc))
}

// OrderBy orders the rows within their partition; a later OrderBy replaces it. CQL can
// read a partition in its clustering order or in the reverse, no other way: so the columns
// are those of the clustering key in their order, all as declared or all reversed (those
// that a filter fixes by Eq may be left out), and the filters name the partition. With In
// over partitions the server orders the rows of all of them together, without paging: every
// row is held in memory.
func (q *Query[T]) OrderBy(first Order[T], more ...Order[T]) *Query[T] {
	orders := make([]stmt.Order, 0, 1+len(more))
	for _, o := range append([]Order[T]{first}, more...) {
		orders = append(orders, stmt.Order(o))
	}
	return (*Query[T])((*query)(q).withOrders(orders))
}

// Codec is a way to store the values of fields: see CodecOf.
type Codec struct{ scheme codec.CustomScheme }

func init() {
	meta.Codecs = func(zero any) (schemes []codec.CustomScheme) {
		if t, ok := zero.(interface{ Codecs() []Codec }); ok {
			for _, c := range t.Codecs() {
				schemes = append(schemes, c.scheme)
			}
		}
		return schemes
	}
}

// CodecOf is a way to store values of type V, for the fields of a struct that are tagged with its
// name and with the CQL type that takes a W:
//
//	type Patient struct {
//		ID        string `cql:"id,partition"`
//		Diagnosis string `cql:"diagnosis,type=blob,codec=sealed"`
//	}
//
//	func (Patient) Codecs() []coodie.Codec { return []coodie.Codec{coodie.CodecOf("sealed", seal, open)} }
//
// The codecs are those of the struct, as its tags are: another struct has others, and one that is embedded
// brings its own. Codecs is called when the struct is first described, by Open or by Col, and so
// perhaps before the program's init functions; encode and decode are called later. A name that the struct
// lacks, and a codec that does not fit its field or column, are a *SchemaError of Open.
//
// Every statement and answer goes through it: whole rows, conditions, assignments, Existing. A
// field of type *V is null when nil; of a V, encode decides by the W that it returns (a nil
// []byte is null). decode is not called for null, which is the zero value.
//
// A column that is compared, in a key or a condition, needs an encode that gives equal
// values equal encodings. One that does not, such as encryption with a random nonce, makes Mutate
// write the column each time. encode and decode must be safe for many goroutines; their
// errors come out inside an error of KindUsage or KindDecode. They may quote the value, so its text does not
// have theirs; errors.As finds them. The same holds for MarshalCQL and UnmarshalCQL.
func CodecOf[V, W any](name string, encode func(V) (W, error), decode func(W) (V, error)) Codec {
	return Codec{codec.NewCustomScheme(name, reflect.TypeFor[V](), reflect.TypeFor[W](),
		func(v codec.Addr) (codec.Addr, error) {
			w, err := encode(*codec.As[V](v))
			return codec.At(&w), err
		},
		func(v, w codec.Addr) (err error) {
			*codec.As[V](v), err = decode(*codec.As[W](w))
			return err
		})}
}

// Cols is several clustering columns, in the order of the key, that a filter compares at once, as in
// `(day, seq) > (?, ?)`: by the first column, and where it is equal by the next. What they
// are compared with is a T, of which only their fields count; so the rows that come after
// one that was read are
//
//	events.Find(device.Eq("d1"), coodie.Cols(at, seq).Gt(last))
//
// In columns of descending order Lt selects what comes later. It is for Eq, Lt, Le, Gt, Ge and In.
func Cols[T any](first Target[T], more ...Target[T]) *Column[T, T] {
	refs := make([]*stmt.Ref, 0, 1+len(more))
	for _, t := range append([]Target[T]{first}, more...) {
		if t == nil {
			refs = append(refs, stmt.BadRef("", errors.New("Cols got a nil column")))
			continue
		}
		refs = append(refs, t.target(nil).Sure())
	}
	return (*Column[T, T])(stmt.RefToColumns(refs))
}

// Token is `token(key…)`, the token of T's partition key: the place of a row's partition on the ring. A table is
// read in the order of its tokens, so that filters on it cut a table into ranges:
//
//	token := coodie.Token[Event]()
//	events.Find(token.Gt(from), token.Le(to))
//
// It is for Eq, Lt, Le, Gt and Ge, and can be selected. Tokens are those of Murmur3Partitioner, the default of Cassandra and ScyllaDB.
func Token[T any]() *Column[T, int64] {
	return (*Column[T, int64])(stmt.RefToToken(described(reflect.TypeFor[T]())))
}

// TokenAfter is the filter `token(…) > token(?)` with row's partition key: the partitions that
// a scan of the table comes to after row's.
func TokenAfter[T any](row T) Cond[T] { return Cond[T](stmt.TokenOf(cql.Gt, codec.At(&row))) }

// TokenUpTo is the filter `token(…) <= token(?)` with row's partition key: the partitions that a
// scan of the table comes to until row's is done.
func TokenUpTo[T any](row T) Cond[T] { return Cond[T](stmt.TokenOf(cql.Le, codec.At(&row))) }

// Marshaler is implemented by a Go type that encodes itself, beside the Marshaler of a driver. A type that
// implements one of the two interfaces mostly needs the other too. Its method CQLType() string names the type
// of its column where no type= option does.
type Marshaler interface {
	// MarshalCell returns the cell of a column, whose type is given in CQL, such as list<int>. Nil is null.
	MarshalCell(cqlType string) ([]byte, error)
}

// Unmarshaler is implemented by a Go type that decodes itself.
type Unmarshaler interface {
	// UnmarshalCell sets the value to a cell; nil is null. It must not keep the cell's memory.
	UnmarshalCell(cqlType string, cell []byte) error
}
