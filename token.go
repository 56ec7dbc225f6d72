package coodie

import (
	"reflect"
	"unsafe"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// TokenColumn is `token(key…)`, the place of a row's partition on the ring: see Token.
type TokenColumn[T any] struct{}

// Token is the token of T's partition key. A table is read in the order of its tokens,
// so that filters on it cut a table into ranges:
//
//	token := coodie.Token[Event]()
//	events.Find(token.Gt(from), token.Le(to))
//
// Tokens are those of Murmur3Partitioner, the default of Cassandra and ScyllaDB.
func Token[T any]() TokenColumn[T] { return TokenColumn[T]{} }

// Eq is the filter `token(…) = t`.
func (c TokenColumn[T]) Eq(t int64) Cond[T] { return c.compare(cql.Eq, t) }

// Lt is the filter `token(…) < t`.
func (c TokenColumn[T]) Lt(t int64) Cond[T] { return c.compare(cql.Lt, t) }

// Le is the filter `token(…) <= t`.
func (c TokenColumn[T]) Le(t int64) Cond[T] { return c.compare(cql.Le, t) }

// Gt is the filter `token(…) > t`.
func (c TokenColumn[T]) Gt(t int64) Cond[T] { return c.compare(cql.Gt, t) }

// Ge is the filter `token(…) >= t`.
func (c TokenColumn[T]) Ge(t int64) Cond[T] { return c.compare(cql.Ge, t) }

// After is the filter `token(…) > token(?)` with row's partition key: the partitions that
// a scan of the table comes to after row's.
func (c TokenColumn[T]) After(row T) Cond[T] { return c.of(cql.Gt, row) }

// UpTo is the filter `token(…) <= token(?)` with row's partition key: the partitions that a
// scan of the table comes to until row's is done.
func (c TokenColumn[T]) UpTo(row T) Cond[T] { return c.of(cql.Le, row) }

func (c TokenColumn[T]) compare(op cql.Op, t int64) Cond[T] { return Cond[T]{tokenCond(op, t)} }

func tokenCond(op cql.Op, t int64) cond {
	o := operandOf(tokenCodec, t)
	o.other = &otherOperand{many: &many{token: true}}
	return cond{op: op, value: o}
}

func (c TokenColumn[T]) of(op cql.Op, row T) Cond[T] {
	m := &many{token: true, rows: []unsafe.Pointer{unsafe.Pointer(&row)}}
	return Cond[T]{cond{op: op, value: operand{other: &otherOperand{many: m}}}}
}

var (
	tokenType  = codec.Native(codec.BigInt)
	tokenCodec = mustCodec(reflect.TypeFor[int64](), tokenType)
)
