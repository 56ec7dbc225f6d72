package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"

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
func (c *TokenColumn[T]) Eq(t int64) Cond[T] { return Cond[T](stmt.TokenCond(cql.Eq, t)) }

// Lt is the filter `token(…) < t`.
func (c *TokenColumn[T]) Lt(t int64) Cond[T] { return Cond[T](stmt.TokenCond(cql.Lt, t)) }

// Le is the filter `token(…) <= t`.
func (c *TokenColumn[T]) Le(t int64) Cond[T] { return Cond[T](stmt.TokenCond(cql.Le, t)) }

// Gt is the filter `token(…) > t`.
func (c *TokenColumn[T]) Gt(t int64) Cond[T] { return Cond[T](stmt.TokenCond(cql.Gt, t)) }

// Ge is the filter `token(…) >= t`.
func (c *TokenColumn[T]) Ge(t int64) Cond[T] { return Cond[T](stmt.TokenCond(cql.Ge, t)) }

// After is the filter `token(…) > token(?)` with row's partition key: the partitions that
// a scan of the table comes to after row's.
func (c *TokenColumn[T]) After(row T) Cond[T] { return Cond[T](stmt.TokenOf(cql.Gt, codec.At(&row))) }

// UpTo is the filter `token(…) <= token(?)` with row's partition key: the partitions that a
// scan of the table comes to until row's is done.
func (c *TokenColumn[T]) UpTo(row T) Cond[T] { return Cond[T](stmt.TokenOf(cql.Le, codec.At(&row))) }
