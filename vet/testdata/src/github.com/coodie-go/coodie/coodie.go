// Package coodie is a stub: the part of coodie's API that the analyzers' test data uses. A test
// compares each declaration with the real one.
package coodie

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/gocql/gocql"
)

var ErrOutcomeUnknown = errors.New("outcome unknown")

type Error struct {
	Err     error
	Unknown bool
}

func (e *Error) Error() string { panic("stub") }

type (
	ConnectOption interface{}
	Option        interface{}
	TableOption   interface{}
	BatchOption   func(*Batch)
	MutateOption  func()
	ScanOption    func()
)

type DB struct{}

func Connect(ctx context.Context, cfg *gocql.ClusterConfig, opts ...ConnectOption) (*DB, error) {
	panic("stub")
}
func New(session *gocql.Session, opts ...Option) *DB { panic("stub") }

func (db *DB) Batch(opts ...BatchOption) *Batch         { panic("stub") }
func (db *DB) UnloggedBatch(opts ...BatchOption) *Batch { panic("stub") }
func (db *DB) Raw(statement string, args ...any) Raw    { panic("stub") }

type CallOption interface{ applyCall() }

func WithTTL(d time.Duration) CallOption { panic("stub") }

type Raw struct{}

func (r Raw) CAS(ctx context.Context) (RawResult, error)     { panic("stub") }
func (r Raw) Exec(ctx context.Context) error                 { panic("stub") }
func (r Raw) With(opts ...CallOption) Raw                    { panic("stub") }
func (r Raw) Rows(ctx context.Context) iter.Seq2[Row, error] { panic("stub") }

type Row struct{}

type RawResult struct {
	Applied  bool
	Existing []Row
	Previous []Row
}

type Batch struct{}

func (b *Batch) Exec(ctx context.Context) error { panic("stub") }

type Planned struct{}

func Plan(ctx context.Context, call func(context.Context) error) ([]Planned, error) { panic("stub") }

type Table[T any] struct{}

func Open[T any](db *DB, opts ...TableOption) (*Table[T], error) { panic("stub") }

func (t *Table[T]) Find(filters ...Cond[T]) *QuerySet[T] { panic("stub") }
func (t *Table[T]) New(v T) *Document[T]                 { panic("stub") }
func (t *Table[T]) InsertAll(ctx context.Context, values []T, opts ...CallOption) (results []LWTResult[T], err error) {
	panic("stub")
}
func (t *Table[T]) SaveAll(ctx context.Context, values []T, opts ...CallOption) error { panic("stub") }
func (t *Table[T]) Scan(ctx context.Context, opts ...ScanOption) iter.Seq2[T, error]  { panic("stub") }

type Document[T any] struct{ Value T }

func (d *Document[T]) Insert(ctx context.Context) (out LWTResult[T], err error) { panic("stub") }
func (d *Document[T]) Save(ctx context.Context) error                           { panic("stub") }
func (d *Document[T]) Delete(ctx context.Context) error                         { panic("stub") }
func (d *Document[T]) If(c Cond[T], more ...Cond[T]) ConditionalWrite[T]        { panic("stub") }
func (d *Document[T]) IfExists() ConditionalWrite[T]                            { panic("stub") }
func (d *Document[T]) SaveIn(batch *Batch)                                      { panic("stub") }
func (d *Document[T]) InsertIn(batch *Batch) *Handle[T]                         { panic("stub") }
func (d *Document[T]) With(opts ...CallOption) *Document[T]                     { panic("stub") }
func (d *Document[T]) Mutate(ctx context.Context, change func(ctx context.Context, row *T) error, opts ...MutateOption) (MutateResult[T], error) {
	panic("stub")
}

type QuerySet[T any] struct{ Query[T] }

type Query[T any] struct{}

func (q *QuerySet[T]) Filter(filters ...Cond[T]) *QuerySet[T]                 { panic("stub") }
func (q *Query[T]) Limit(n int) *Query[T]                                     { panic("stub") }
func (q *Query[T]) All(ctx context.Context) ([]T, error)                      { panic("stub") }
func (q *Query[T]) Iter(ctx context.Context) iter.Seq2[T, error]              { panic("stub") }
func (q *QuerySet[T]) If(c Cond[T], more ...Cond[T]) ConditionalWrite[T]      { panic("stub") }
func (q *QuerySet[T]) IfNotExists() *InsertWrite[T]                           { panic("stub") }
func (q *QuerySet[T]) Update(ctx context.Context, assigns ...Assign[T]) error { panic("stub") }
func (q *QuerySet[T]) Delete(ctx context.Context) error                       { panic("stub") }
func (q *QuerySet[T]) Mutate(ctx context.Context, change func(ctx context.Context, row *T) error, opts ...MutateOption) (MutateResult[T], error) {
	panic("stub")
}

type ConditionalWrite[T any] struct{}

func (c ConditionalWrite[T]) Delete(ctx context.Context) (out LWTResult[T], err error) { panic("stub") }
func (c ConditionalWrite[T]) With(opts ...CallOption) ConditionalWrite[T]              { panic("stub") }
func (c ConditionalWrite[T]) UpdateIn(batch *Batch, assigns ...Assign[T]) *Handle[T]   { panic("stub") }
func (c ConditionalWrite[T]) DeleteIn(batch *Batch) *Handle[T]                         { panic("stub") }
func (c ConditionalWrite[T]) Update(ctx context.Context, assigns ...Assign[T]) (out LWTResult[T], err error) {
	panic("stub")
}

type InsertWrite[T any] struct{}

func (c *InsertWrite[T]) Create(ctx context.Context, v T) (out LWTResult[T], err error) {
	panic("stub")
}

type Handle[T any] struct{}

func (h *Handle[T]) Result() (out LWTResult[T], err error) { panic("stub") }

type LWTResult[T any] struct {
	Applied  bool
	Existing *Existing[T]
}

func (r LWTResult[T]) Err() error                                               { panic("stub") }
func (r LWTResult[T]) Settle(ctx context.Context) (out LWTResult[T], err error) { panic("stub") }

type Existing[T any] struct{ Value T }

type MutateResult[T any] struct{ Value T }

type (
	Cond[T any]   struct{}
	Assign[T any] struct{}
)

type Column[T, V any] struct{}

func Col[T, V any](selector func(*T) *V) *Column[T, V]                       { panic("stub") }
func NullCol[T, V any](selector func(*T) **V) *Column[T, V]                  { panic("stub") }
func Field[T, U, V any](c *Column[T, U], selector func(*U) *V) *Column[T, V] { panic("stub") }

func (c *Column[T, V]) Eq(v V) Cond[T]    { panic("stub") }
func (c *Column[T, V]) Set(v V) Assign[T] { panic("stub") }

func Append[T any, S ~[]E, E any](list *Column[T, S], vs ...E) Assign[T]               { panic("stub") }
func Add[T any, S ~[]E, E any](set *Column[T, S], vs ...E) Assign[T]                   { panic("stub") }
func Remove[T any, S ~[]E, E any](c *Column[T, S], vs ...E) Assign[T]                  { panic("stub") }
func At[T any, S ~[]E, E any](list *Column[T, S], i int) *Column[T, E]                 { panic("stub") }
func Put[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], entries M) Assign[T] { panic("stub") }
func Entry[T any, M ~map[K]V, K comparable, V any](c *Column[T, M], k K) *Column[T, V] { panic("stub") }
func Increment[T any, N ~int | ~int64](counter *Column[T, N], n N) Assign[T]           { panic("stub") }
