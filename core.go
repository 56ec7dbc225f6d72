package coodie

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"unsafe"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Generic code is compiled again for each struct of a program. So what has a type parameter
// is thin, and everything beneath it handles a row by its address: a call, table, existing
// and result are the same for all T. This file leads from one side to the other.

// plainConds is conds without the type parameter.
func plainConds[T any](conds []Cond[T]) []stmt.Cond {
	return unsafe.Slice((*stmt.Cond)(unsafe.Pointer(unsafe.SliceData(conds))), len(conds))
}

// plainAssigns is assigns without the type parameter.
func plainAssigns[T any](assigns []Assign[T]) []stmt.Assign {
	return unsafe.Slice((*stmt.Assign)(unsafe.Pointer(unsafe.SliceData(assigns))), len(assigns))
}

// addrsOf are the pointers, as the addresses of rows.
func addrsOf[T any](rows []*T) []codec.Addr {
	return unsafe.Slice((*codec.Addr)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows))
}

func listOf[V any](vs []V) stmt.Listed {
	return stmt.ListAt(codec.At(unsafe.SliceData(vs)), unsafe.Sizeof(*new(V)), len(vs))
}

// offsetOf is how far into a T the field lies that the selector points at, and where the selector's code is.
func offsetOf[T, F any](selector func(*T) *F) (offset, code uintptr, err error) {
	if selector == nil {
		return 0, 0, errors.New("the column's selector is nil")
	}
	zero := new(T)
	call := func() uintptr { return uintptr(unsafe.Pointer(selector(zero))) }
	offset, err = stmt.FieldOffset(reflect.TypeFor[T](), reflect.TypeFor[F](), uintptr(unsafe.Pointer(zero)), call)
	return offset, **(**uintptr)(unsafe.Pointer(&selector)), err
}

// both is the list of a condition, which may be nil, and more.
//
//go:noinline
func both(c *stmt.Cond, more []stmt.Cond) []stmt.Cond {
	conds := make([]stmt.Cond, 0, 1+len(more))
	if c != nil {
		conds = append(conds, *c)
	}
	return append(conds, more...)
}

// refs are the columns that the targets name.
func refs[T any](targets []Target[T]) []*stmt.Ref {
	out := make([]*stmt.Ref, len(targets))
	for i, t := range targets {
		out[i] = targeted(t)
	}
	return out
}

// targeted is the column that the target names.
func targeted[T any](t Target[T]) *stmt.Ref {
	if t == nil {
		return stmt.BadRef("", stmt.ErrNilColumn)
	}
	return t.target(nil).Sure()
}

// newExisting makes an Existing[T].
func newExisting[T any]() *answer.Row { return &new(Existing[T]).row }

// existingOf is the Existing[T] that e begins.
func existingOf[T any](e *answer.Row) *Existing[T] { return (*Existing[T])(unsafe.Pointer(e)) }

// plainExisting is e without the type parameter.
func plainExisting[T any](e *Existing[T]) *answer.Row { return (*answer.Row)(unsafe.Pointer(e)) }

// places are how far the Value of an Existing[T] and that of a Document[T] are behind their beginning.
func places[T any]() (existing, document uintptr) {
	return unsafe.Offsetof(Existing[T]{}.Value), unsafe.Offsetof(Document[T]{}.Value)
}

// value is the Value of the Document[T] that d begins.
func (d *document) value() codec.Addr { return codec.At(d).Field(d.query.table.valueAt) }

// plainResult is r without the type parameter.
func plainResult[T any](r *LWTResult[T]) *result { return (*result)(unsafe.Pointer(r)) }

// plainDocument is d without the type parameter.
func plainDocument[T any](d *Document[T]) *document { return (*document)(unsafe.Pointer(d)) }

// anyColumn is r as an AnyColumn.
func anyColumn[T any](r *stmt.Ref) *AnyColumn[T] { return (*AnyColumn[T])(unsafe.Pointer(r)) }

// documentOf is the Document[T] that d begins.
func documentOf[T any](d *document) *Document[T] { return (*Document[T])(unsafe.Pointer(d)) }

// querySet is q as a QuerySet.
func querySet[T any](q *query) *QuerySet[T] { return (*QuerySet[T])(unsafe.Pointer(q)) }

// plainQuery is q without the type parameter.
func plainQuery[T any](q *QuerySet[T]) *query { return (*query)(unsafe.Pointer(q)) }

// What is read as another type here has its layout, which no T changes.
const (
	_ = -unsafe.Offsetof(Existing[int]{}.row) - unsafe.Offsetof(Document[int]{}.doc)
	_ = -(unsafe.Sizeof(LWTResult[int]{}) - unsafe.Sizeof(result{})) - (unsafe.Sizeof(result{}) - unsafe.Sizeof(LWTResult[int]{}))
	_ = -(unsafe.Offsetof(LWTResult[int]{}.rest) - unsafe.Offsetof(result{}.rest)) - (unsafe.Offsetof(LWTResult[int]{}.Existing) - unsafe.Offsetof(result{}.existing))
	_ = -unsafe.Offsetof(QuerySet[int]{}.Query) - (unsafe.Sizeof(QuerySet[int]{}) - unsafe.Sizeof(query{}))
	_ = -unsafe.Offsetof(AnyColumn[int]{}.Column) - (unsafe.Sizeof(AnyColumn[int]{}) - unsafe.Sizeof(stmt.Ref{}))
	_ = -(unsafe.Sizeof(codec.Addr{}) - unsafe.Sizeof(new(int)))
	_ = -(unsafe.Sizeof(Cond[int]{}) - unsafe.Sizeof(stmt.Cond{})) - (unsafe.Sizeof(Assign[int]{}) - unsafe.Sizeof(stmt.Assign{}))
)

// yielding yields rows that are given by their address.
func yielding[T any](yield func(T, error) bool) func(codec.Addr, error) bool {
	return func(p codec.Addr, err error) bool {
		if err != nil {
			var zero T
			return yield(zero, err)
		}
		return yield(*codec.As[T](p), nil)
	}
}

// newDocument makes a Document[T].
func newDocument[T any]() *document { return &new(Document[T]).doc }

// documentAt is the call of a document whose Value is at p, which is nobody else's.
func (t *table) documentAt(p codec.Addr) call {
	c := t.call()
	c.doc, c.held, c.spec.Value = &document{query: t.query()}, p, p
	return c
}

// collect is all that rows yields, nothing if that ends with an error.
func collect[V any](rows iter.Seq2[V, error]) ([]V, error) {
	var out []V
	for v, err := range rows {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// reused makes room for one row after another in v: each is handed on as a copy.
func reused[T any](v *T) func() codec.Addr {
	return func() codec.Addr {
		var zero T
		*v = zero
		return codec.At(v)
	}
}

func (q *query) where() []stmt.Cond { return codec.From(q.filters, q.n) }

// query is what a QuerySet selects and has been told. It is immutable.
type query struct {
	table   *table
	told    *stmt.Told // nil: nothing
	filters *stmt.Cond // the first of them
	n       int        // how many there are
}

// write is what a write of a document has been told: a query whose key a document holds. It is immutable.
type write struct {
	query *query
	doc   *document // or a copy of it, as it was when the write was begun; nil for a QuerySet
}

// conditional is a write on a condition, of a document or of a query, whose doc is nil. It is an immutable
// value of four words, which Go keeps in registers: generic code copies it.
type conditional struct {
	write write
	list  *stmt.Cond // the first of conds
	asks  asks
}

// asks are the kind of a condition and how many there are.
type asks struct {
	n           int32
	kind        stmt.If
	allowCreate bool
	unchanged   bool // IfUnchanged: the guard is the only condition
}

func (c *conditional) conds() []stmt.Cond { return codec.From(c.list, int(c.asks.n)) }

// call is all that a call is carried out by. The terminal call of a query, a write or a
// conditional makes it.
type call struct {
	table  *table
	spec   stmt.Spec
	doc    *document     // follows what is applied; nil for a QuerySet
	held   codec.Addr    // the Value of doc
	single bool          // sent once even if it was certainly not executed: the caller has a loop of its own
	stored []stmt.Assign // what the write itself stored: its attempt id, the version
	stamp  int64         // the client timestamp of a plain write; 0: the sender takes one
	sent   *bool         // becomes true when a write is about to be sent; nil: nobody asks
	batch  *Batch        // that the write is part of; nil: it stands alone
}

// call is one that has been told nothing.
func (t *table) call() (c call) {
	if t != nil {
		c.table, c.spec.Table = t, &t.schema
	}
	return c
}

func (q *query) call() (c call) {
	if q == nil {
		return c
	}
	c = q.table.call()
	c.spec.Where = q.where()
	if q.told != nil {
		c.spec.Told = *q.told
	}
	return c
}

func (w *write) call() call {
	if w == nil {
		return call{}
	}
	c := w.query.call()
	if w.doc != nil {
		c.doc, c.spec.Value = w.doc.follows(), w.doc.value()
		c.held = c.doc.value()
	}
	return c
}

func (w *conditional) call() (c call) {
	w.begin(&c)
	return c
}

// begin is call into a place of the caller's: a call lies on the stack while it is under way, and once is enough.
func (w *conditional) begin(c *call) {
	*c = w.write.call()
	c.spec.Conds, c.spec.Kind, c.spec.AllowCreate = w.conds(), w.asks.kind, w.asks.allowCreate
	switch {
	case w.write.doc != nil && c.table.schema.Meta.Version != nil:
		c.spec.Guard = c.spec.Table.GuardOf(w.write.doc.value(), w.write.doc.knows().seen)
	case w.asks.unchanged:
		c.spec.Guard = &stmt.Guard{Err: stmt.ErrNoVersion}
	}
}

// query is the query that has been told nothing; nil of a nil table.
func (t *table) query() *query {
	if !t.ready() {
		return nil
	}
	return &t.all
}

// deepen grows the stack to the 8 KiB that a call takes in any case, if it is smaller. It stands where a chain begins, while
// little lies on the stack: the runtime copies all of it each time that it doubles, with every frame
// on the way into the driver. In a goroutine that has just begun that spares a call 15% of its time (an update that is
// refused: 1.16 of gocql's without it, 1.02 with it); in any other it costs 1 ns. The room is part of the frame, but
// nothing sets it.
//
//go:noinline
func deepen(by int) byte {
	if by == 0 {
		return 0
	}
	var room [4 << 10]byte
	return room[by]
}

// find is the query of the rows for which all filters hold.
//
//go:noinline
func (t *table) find(filters []stmt.Cond) *query {
	deepen(0)
	if t == nil {
		return new(query).filter(filters)
	}
	return t.all.filter(filters)
}

// filter adds filters, which lie with the query if they are few.
//
//go:noinline
func (q *query) filter(filters []stmt.Cond) *query {
	if len(filters) == 0 {
		return q
	}
	if q == nil {
		q = new(query)
	}
	var c *query
	var room []stmt.Cond
	switch n := q.n + len(filters); n {
	case 1:
		both := new(struct {
			query
			room [1]stmt.Cond
		})
		c, room = &both.query, both.room[:]
	case 2:
		both := new(struct {
			query
			room [2]stmt.Cond
		})
		c, room = &both.query, both.room[:]
	default:
		c, room = new(query), make([]stmt.Cond, n)
	}
	copy(room[copy(room, q.where()):], filters)
	*c = query{q.table, q.told, &room[0], len(room)}
	return c
}

// sending notes that a write is about to be sent.
func (c *call) sending() {
	if c.sent != nil {
		*c.sent = true
	}
}

// conditional ends the plain part of the chain. What a Document writes on a condition is
// guarded as well, if its table counts versions.
//
//go:noinline
func (w write) conditional(kind stmt.If, conds []stmt.Cond) conditional {
	return conditional{write: w, list: codec.First(conds), asks: asks{n: int32(len(conds)), kind: kind}}
}

//go:noinline
func (q *query) conditional(kind stmt.If, conds []stmt.Cond) conditional {
	return write{query: q}.conditional(kind, conds)
}

// unchanged makes the guard the only condition.
//
//go:noinline
func (w write) unchanged() conditional {
	return conditional{write: w, asks: asks{kind: stmt.IfConditions, unchanged: true}}
}

// within is the context of one statement of the call.
func within(ctx context.Context, p *stmt.CallOptions) (context.Context, context.CancelFunc) {
	if p == nil || p.Timeout == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, *p.Timeout)
}
