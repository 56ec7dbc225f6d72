package coodie

import (
	"encoding/binary"
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
func Token[T any]() *TokenColumn[T] { return new(TokenColumn[T]) }

// Eq is the filter `token(…) = t`.
func (c *TokenColumn[T]) Eq(t int64) Cond[T] { return Cond[T](tokenCond(cql.Eq, t)) }

// Lt is the filter `token(…) < t`.
func (c *TokenColumn[T]) Lt(t int64) Cond[T] { return Cond[T](tokenCond(cql.Lt, t)) }

// Le is the filter `token(…) <= t`.
func (c *TokenColumn[T]) Le(t int64) Cond[T] { return Cond[T](tokenCond(cql.Le, t)) }

// Gt is the filter `token(…) > t`.
func (c *TokenColumn[T]) Gt(t int64) Cond[T] { return Cond[T](tokenCond(cql.Gt, t)) }

// Ge is the filter `token(…) >= t`.
func (c *TokenColumn[T]) Ge(t int64) Cond[T] { return Cond[T](tokenCond(cql.Ge, t)) }

// After is the filter `token(…) > token(?)` with row's partition key: the partitions that
// a scan of the table comes to after row's.
func (c *TokenColumn[T]) After(row T) Cond[T] { return Cond[T](tokenOf(cql.Gt, codec.At(&row))) }

// UpTo is the filter `token(…) <= token(?)` with row's partition key: the partitions that a
// scan of the table comes to until row's is done.
func (c *TokenColumn[T]) UpTo(row T) Cond[T] { return Cond[T](tokenOf(cql.Le, codec.At(&row))) }

func tokenCond(op cql.Op, t int64) cond {
	cell := binary.BigEndian.AppendUint64(nil, uint64(t))
	return cond{op: op, value: (&otherOperand{cell: cell, typ: bigint, many: &many{token: true}}).operand()}
}

// tokenOf compares with the token of the row.
func tokenOf(op cql.Op, row codec.Addr) cond {
	m := &many{token: true, rows: []codec.Addr{row}}
	return cond{op: op, value: (&otherOperand{many: m}).operand()}
}
