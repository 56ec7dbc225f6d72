package coodie

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// CountAll is `count(*)`, of rows: for Values and Project, with GroupBy or beside other
// aggregates. For the bare number there is QuerySet.Count. As there, a partition that has static
// values and no row does not count, and GroupBy has no group of it.
func CountAll[T any]() *Func[T, int64] { return (*Func[T, int64])(count()) }

// CountOf is `count(column)`: how many rows have a value there.
func CountOf[T any](column Selectable[T]) *Func[T, int64] {
	return (*Func[T, int64])(count(selected1(column)))
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
	return (*Func[T, V])(aggregateOf(name, reflect.TypeFor[V](), selected1(e)))
}

func numeric(k codec.Kind) bool {
	switch k {
	case codec.TinyInt, codec.SmallInt, codec.Int, codec.BigInt, codec.Varint, codec.Counter, codec.Float, codec.Double, codec.Decimal:
		return true
	}
	return false
}

// Cast is `CAST(e AS type)`, where type is the CQL type that V has by default: int64 is
// bigint, float64 double, string text.
//
//	coodie.Cast[float64](price)
func Cast[V, T any](e Selectable[T]) *Func[T, V] {
	return (*Func[T, V])(castTo(reflect.TypeFor[V](), selected1(e)))
}

// Call is the call of any other function, the server's or a user-defined one
// (`keyspace.name`), whose result is a V:
//
//	coodie.Call[time.Time]("to_timestamp", id)
//
// It counts as no aggregate, and takes columns and functions of them: where a constant is
// wanted, DB.Raw has it.
func Call[V, T any](name string, args ...Selectable[T]) *Func[T, V] {
	list := make([]*expr, len(args))
	for i := range args {
		list[i] = selected1(args[i])
	}
	return (*Func[T, V])(called(name, nil, reflect.TypeFor[V](), list))
}

// WriteTime is `writetime(column)`: when the value was written, which its writer's or
// coordinator's clock said (USING TIMESTAMP), in microseconds. It is null where the column
// is; key columns have none. A collection or user-defined type that is not frozen has one
// for each of its cells: see MaxWriteTime, or read them all by
// Call[[]int64]("writetime", column). Cassandra fails at the element of a bound key, so
// that is refused; the field of a user-defined type can be asked for.
func WriteTime[T any](column Selectable[T]) *Func[T, time.Time] {
	return (*Func[T, time.Time])(writeTime(selected1(column)))
}

// MaxWriteTime is `maxwritetime(column)`: the latest WriteTime of the cells of a collection
// or user-defined type. ScyllaDB lacks it.
func MaxWriteTime[T any](column Selectable[T]) *Func[T, time.Time] {
	return (*Func[T, time.Time])(maxWriteTime(selected1(column)))
}

// TTL is `ttl(column)`: how long the value has left to live, in whole seconds. It is null,
// and so 0, where the value has no end, and where there is none. What WriteTime says of
// keys and collections holds here, too; Call[[]*int]("ttl", column) reads them all.
func TTL[T any](column Selectable[T]) *Func[T, time.Duration] {
	return (*Func[T, time.Duration])(ttlOf(selected1(column)))
}

// ToJSON is `toJson(e)`: the value as JSON. Null is the JSON null. Of whole rows see
// QuerySet.JSON.
func ToJSON[T any](e Selectable[T]) *Func[T, json.RawMessage] {
	return (*Func[T, json.RawMessage])(toJSON(selected1(e)))
}

// written refuses what has no time of writing.
func (e *expr) written(what string, cells bool) {
	if e.err != nil {
		return
	}
	r := &e.args[0].ref
	all := `Call[[]int64]("writetime", column)`
	if what == "ttl" {
		all = `Call[[]*int]("ttl", column)`
	}
	switch {
	case r.col == nil || e.args[0].call != "" || e.args[0].cast != nil:
		e.err = errors.New(what + " is of a column")
	case r.col.Kind >= meta.Clustering:
		e.err = errors.New("a key column has no " + what)
	case r.elem != nil:
		e.err = errors.New("Cassandra fails at a " + what + " of the element of a bound key: read those of all elements by " + all)
	case !cells && e.args[0].bare() && r.col.Type.MultiCell():
		e.err = errors.New("each cell of a " + r.typ.String() + " has a " + what + " of its own: take MaxWriteTime, or read them all by " + all)
	}
	if e.err != nil {
		e.name = r.name
	}
}

//lint:ignore U1000 called through Selectable, which staticcheck does not see of a generic type
func (c *TokenColumn[T]) expression(*T) *expr {
	table, err := described(reflect.TypeFor[T]())
	return tokenExpr(table, err)
}

//lint:ignore U1000 tells an Expr's Go type
func (c *TokenColumn[T]) valued(*int64) {}

// As names the token as a result: see Func.As.
func (c *TokenColumn[T]) As(name string) *Func[T, int64] {
	return (*Func[T, int64])(c.expression(nil).as(name))
}

var bigint = codec.Native(codec.BigInt)

func microseconds(p codec.Addr, cell []byte) error {
	if len(cell) != 8 {
		return fmt.Errorf("a time of writing of %d bytes", len(cell))
	}
	*codec.As[time.Time](p) = time.UnixMicro(int64(binary.BigEndian.Uint64(cell))).UTC()
	return nil
}

func seconds(p codec.Addr, cell []byte) error {
	if len(cell) != 4 {
		return fmt.Errorf("a TTL of %d bytes", len(cell))
	}
	*codec.As[time.Duration](p) = time.Duration(int32(binary.BigEndian.Uint32(cell))) * time.Second
	return nil
}

func rawJSON(p codec.Addr, cell []byte) error {
	*codec.As[json.RawMessage](p) = append(json.RawMessage(nil), cell...)
	return nil
}

// aggregateOf is an aggregate of the argument.
func aggregateOf(name string, goType reflect.Type, arg *expr) *expr {
	f := &expr{call: name, args: []*expr{arg}, goType: goType, typ: arg.typ, codec: arg.codec, err: arg.err, aggregate: true}
	if arg.err != nil {
		f.name = arg.name
	}
	if f.decode = arg.decode; arg.typ != nil && (name == "sum" || name == "avg") && !numeric(arg.typ.Kind) && f.err == nil {
		f.name, f.err = arg.name, fmt.Errorf("%s is of numbers, and this is a %s", name, arg.typ)
	}
	return f
}

// count counts rows, or those in which the argument is not null.
func count(arg ...*expr) *expr {
	f := called("count", bigint, reflect.TypeFor[int64](), arg)
	f.aggregate = true
	return f
}

// castTo is the argument cast to the CQL type that the Go type has by default.
func castTo(goType reflect.Type, arg *expr) *expr {
	f := &expr{args: []*expr{arg}, goType: goType, err: arg.err}
	var err error
	if f.cast, err = codec.Infer(f.goType, codec.Options{}); err == nil && f.cast.Kind >= codec.List {
		err = errors.New("CQL casts to native types only, not to " + f.cast.String())
	}
	if f.typ = f.cast; f.err == nil {
		f.err = err
	}
	if f.err != nil {
		f.cast, f.name = codec.Native(codec.Text), arg.name
	}
	return f
}

// writeTime is when the column's value was written.
func writeTime(column *expr) *expr {
	return timeOf("writetime", column, false, bigint, reflect.TypeFor[time.Time](), microseconds)
}

// maxWriteTime is when the latest of the column's cells was written.
func maxWriteTime(column *expr) *expr {
	return timeOf("maxwritetime", column, true, bigint, reflect.TypeFor[time.Time](), microseconds)
}

// ttlOf is how long the column's value has left to live.
func ttlOf(column *expr) *expr {
	return timeOf("ttl", column, false, codec.Native(codec.Int), reflect.TypeFor[time.Duration](), seconds)
}

func timeOf(name string, column *expr, cells bool, typ *codec.Type, goType reflect.Type, decode decoder) *expr {
	f := called(name, nil, goType, []*expr{column})
	f.written(name, cells)
	f.typ, f.decode = typ, decode
	return f
}

// toJSON is the term's value as JSON.
func toJSON(e *expr) *expr {
	f := called("tojson", nil, reflect.TypeFor[json.RawMessage](), []*expr{e})
	f.typ, f.decode = codec.Native(codec.Text), rawJSON
	return f
}

// tokenExpr is the token of the table's partition key.
func tokenExpr(table *meta.Table, err error) *expr {
	if err != nil {
		return &expr{err: err}
	}
	var key []*expr
	for _, col := range table.Partition {
		key = append(key, columnExpr(refTo(col)))
	}
	return called("token", bigint, reflect.TypeFor[int64](), key)
}
