package coodie

import (
	"math"
	"reflect"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/versions"
)

// builder makes a statement and binds its values, in the order of the statement's
// markers. Everything that can be refused before sending is refused here; the first
// mistake stays in err.
//
// Its memory is used again and again: whoever ends the statement releases it.
type builder struct {
	stmt     *cql.Statement // made, or that of the template, which is not to be changed
	made     cql.Statement
	template *template // nil: it is none that is known
	call     driver.Call
	request  driver.Request
	task
	facts
}

// misuse says why a statement cannot be built.
type misuse struct {
	op, table, column, reason string
	err                       error
}

// task is what a builder was told by newBuilder.
type task struct {
	op    string
	table *meta.Table
	refs  []ref  // to its columns, by Index
	name  string // for messages
	cas   bool
	reads bool
}

// facts are what a builder has found out beside its statement.
type facts struct {
	err     *misuse       // the first mistake
	proves  bool          // some condition can only hold on an existing row
	own     []assign      // what the write itself stores: its attempt id, the version
	conds   []cond        // of IF, those of the guard last
	attempt *[16]byte     // nil if it stores none
	replay  replay.Reason // whether carrying it out twice in a row is the same as once
	lists   bool          // it sets a whole list
	rows    telling       // of a read
	storing bool          // what is bound takes the place of another value
	divides bool          // an INSERT leaves user-defined types apart, whose fields are written one by one:
	apart   []assign      // these,
	rest    *second       // by this UPDATE; nil if there is none
}

var builders = sync.Pool{New: func() any { return new(builder) }}

func newBuilder(t *shape, verb cql.Verb, op string, cas bool) *builder {
	b := builders.Get().(*builder)
	b.stmt, b.template = &b.made, nil
	b.op, b.cas, b.reads = op, cas, verb == cql.Select
	if t == nil {
		b.table, b.refs, b.name = &meta.Table{}, nil, ""
		b.fail("", "the Document or QuerySet is a zero value; make it with Table.New or Table.Find", nil)
		return b
	}
	b.table, b.refs, b.name = t.meta, t.refs, t.name
	if t.rules.strictTypes {
		b.call.Strict()
	}
	b.stmt.Verb, b.stmt.Table = verb, t.quoted
	if t.meta.Counter {
		b.replay = replay.Counter
	}
	b.refuseView(&t.rules, verb == cql.Select && !cas)
	if cas && t.meta.Counter {
		b.fail("", "counters cannot be written conditionally; Cassandra has no LWT on counter tables", nil)
	}
	return b
}

// release ends the statement, whose rows are closed.
func (b *builder) release() {
	if !b.call.Reset() {
		return
	}
	if b.template == nil {
		b.made.Reset()
	}
	b.request, b.facts = driver.Request{}, facts{}
	builders.Put(b)
}

// newAttempt gives the write an id of its own, if the table has a column for it. The
// writes of a batch share one, for they come about together.
func (b *builder) newAttempt(batch *together) {
	if b.table.Attempt == nil {
		return
	}
	id := batch.attemptID()
	b.attempt = &id
	b.stores(b.table.Attempt, codec.At(&id))
}

// stores makes the write set a column to the value at p, by itself.
func (b *builder) stores(col *meta.Column, p codec.Addr) {
	b.own = append(b.own, assign{of: &b.refs[col.Index], value: operand{codec: col.Codec, p: p}})
}

// newVersion gives the row a version that it never had: the one after the version that the
// conditions ask for, if they do. Other writes of a batch share one, for they may be of one row.
func (b *builder) newVersion(batch *together) {
	v := b.table.Version
	n, known := b.versionAsked()
	if !known {
		n = batch.newVersion()
	} else if next, err := versions.Of.Next(n); err != nil {
		b.fail(v.Name, "", err)
	} else {
		n = next
	}
	field := reflect.New(v.GoType)
	field.Elem().Set(reflect.ValueOf(n).Convert(v.GoType))
	b.stores(v, codec.AddrOf(field))
}

// plainWrite refuses a write without a condition where it would break those with one. In
// a batch another statement may have a condition: its Exec looks at WithLWTOnly.
func (b *builder) plainWrite(s *rules, batched bool) {
	switch {
	case b.cas:
	case s.lwtOnly && !batched:
		b.fail("", "the table is for LWTs only (WithLWTOnly): a plain write could hide or undo one that was applied; use IfExists, If or Insert", nil)
	case b.table.Version != nil:
		b.fail(b.table.Version.Name, "the table counts versions, which a plain write would pass by: use IfUnchanged, Mutate or another conditional write", nil)
	}
}

// named is the column as statements name it.
func named(c *meta.Column) cql.Column { return cql.Column{ID: c.Index, Name: c.Name} }

// ofStatic reports whether a built write names the partition alone: it is about the static row.
func (b *builder) ofStatic() bool {
	return b.stmt.Verb != cql.Insert && len(b.table.Clustering) > 0 && len(b.stmt.Where) == len(b.table.Partition)
}

func (b *builder) fail(column, reason string, err error) {
	if b.err == nil {
		b.err = &misuse{b.op, b.name, column, reason, err}
	}
}

// bind encodes a value for a column of type t and returns its marker.
func (b *builder) bind(column string, t *codec.Type, o *operand) (marker string, null bool) {
	if b.err != nil {
		return cql.Mark, false
	}
	if err := o.err(); err != nil {
		b.fail(column, "", err)
		return cql.Mark, false
	}
	b.call.For(column, b.use(o))
	cell := o.cell()
	if cell == nil && (o.codec == nil || o.other() != nil) {
		if t.Kind == codec.Tuple {
			return cql.Null, true // one marker would stand for several values in gocql
		}
		b.call.BindNull()
		return cql.Mark, true
	}
	var err error
	if cell != nil {
		marker, err = b.call.BindCell(o.typ(), cell)
	} else {
		marker, null, err = b.call.Bind(o.codec, o.p, false)
	}
	if err != nil {
		b.fail(column, "", err)
	}
	return marker, null
}

// key binds the list index or map key of r.
func (b *builder) key(r *ref) (marker string) {
	t := indexCodec.Type()
	if r.col.Type.Kind == codec.Map {
		t = r.col.Type.Key
	}
	marker, null := b.bind(r.name, t, r.elem)
	if null {
		b.fail(r.name, "", errNullKey)
	}
	return marker
}

// maxTTL is Cassandra's: 20 years.
const maxTTL = 20 * 365 * 24 * time.Hour

// using binds USING TTL and TIMESTAMP; INSERT binds them after its values, UPDATE
// before its assignments, DELETE has no TTL.
func (b *builder) using(ttl *time.Duration, timestamp *time.Time) {
	if ttl != nil {
		switch {
		case b.stmt.Verb == cql.Delete:
			b.fail("", "DELETE takes no TTL", nil)
		case *ttl < 0 || *ttl > maxTTL:
			b.fail("", "a TTL is between 0, which is none, and 20 years", nil)
		case b.table.Counter:
			b.fail("", "counters take no TTL", nil)
		}
		b.stmt.TTL = true
		// Rounded up, and not more: the server counts whole seconds of its clock, so that what
		// is written with n of them is gone after more than n-1.
		b.call.BindInt(int32((*ttl + time.Second - 1) / time.Second))
	}
	if timestamp != nil {
		switch {
		case b.cas:
			b.fail("", "a conditional write takes no timestamp: Paxos sets it (CQL refuses USING TIMESTAMP with IF)", nil)
		case b.table.Counter:
			b.fail("", "counters take no timestamp", nil)
		case timestamp.IsZero():
			b.fail("", "the timestamp is the zero time, before which everything else was written; "+
				"leave Timestamp out, or give it the time of the write", nil)
		case !inMicros(*timestamp):
			b.fail("", "the timestamp is no time of the years -290308 to 294247, of which CQL has microseconds", nil)
		}
		b.stmt.Timestamp = true
		b.call.BindBigint(timestamp.UnixMicro())
	}
}

// inMicros reports whether a timestamp can be t: it has 64 bits, and the least value of these
// is the server's own mark of "none".
func inMicros(t time.Time) bool {
	us := t.UnixMicro()
	return us != math.MinInt64 && time.UnixMicro(us).Unix() == t.Unix()
}

// values binds all columns of the struct at p for an INSERT, or those of its row alone.
func (b *builder) values(p codec.Addr, unsetNull, rowOnly bool) {
	for _, c := range b.table.Columns {
		if b.err != nil {
			return
		}
		if rowOnly && c.Kind == meta.Static {
			continue
		}
		field := p.Field(c.Offset)
		for i := range b.own {
			if b.own[i].ref().col == c {
				field = b.own[i].value.p
			}
		}
		if b.divides && byField(c.Type) {
			if o := (operand{codec: c.Codec, p: field}); !o.null() {
				b.apart = append(b.apart, assign{of: &b.refs[c.Index], value: o})
				continue
			}
		}
		b.call.For(c.Name, b.inserted(c))
		marker, null, err := b.call.Bind(c.Codec, field, unsetNull)
		switch {
		case err != nil:
			b.fail(c.Name, "field "+c.Field, err)
		case c.Key() && null:
			b.nullKey(c)
		case null && unsetNull && marker == cql.Null:
			continue // a tuple cannot be left unset through gocql, so its column is left out
		}
		b.emptyKey(c, b.lastCell())
		b.lists = b.lists || !null && c.Type.Kind == codec.List && !c.Type.Frozen
		if b.template == nil {
			b.stmt.Values = append(b.stmt.Values, cql.Value{Column: named(c), Marker: marker})
		}
	}
}

// assignment binds one term of SET.
func (b *builder) assignment(a *assign) {
	if a.ref().err != nil {
		b.fail(a.ref().name, "", a.ref().err)
	}
	if a.ref().col == nil && b.err == nil {
		b.fail("", "an assignment was not made by a column", nil)
	}
	if b.err != nil {
		return
	}
	col, part := a.ref().col, a.ref().elem != nil || a.ref().field != ""
	collection := false
	switch col.Type.Kind {
	case codec.List, codec.Set, codec.Map:
		collection = true
	}
	switch {
	case col.Key():
		b.fail(col.Name, "a key column cannot be updated; delete the row and insert another", nil)
	case a.change != cql.Set && a.ref().whole():
		b.fail(col.Name, errWhole, nil)
	case col.Type.Frozen && (part || a.change != cql.Set):
		b.fail(col.Name, "a frozen value can only be set whole", nil)
	case a.change == cql.Prepend && col.Type.Kind != codec.List:
		b.fail(col.Name, "only a list can be prepended to", nil)
	case a.change != cql.Set && (part || !collection && col.Type.Kind != codec.Counter):
		b.fail(col.Name, "only a collection or a counter can be added to or removed from", nil)
	case col.Type.Kind == codec.Counter && a.change == cql.Set:
		b.fail(col.Name, "a counter cannot be set, only added to: Increment, Decrement", nil)
	}
	if b.err != nil {
		return
	}
	b.storing = a.change == cql.Set || a.change == cql.Add && col.Type.Kind == codec.Map
	defer func() { b.storing = false }()
	if a.whole() && byField(col.Type) && b.fields(col, &a.value) {
		return
	}
	out := cql.Assignment{Target: cql.Target{Column: named(col), Field: a.ref().field}, Change: a.change}
	if a.ref().elem != nil {
		out.Elem = b.key(a.ref())
	}
	var null bool
	out.Marker, null = b.bind(col.Name, a.ref().typ, &a.value)
	if null && a.change != cql.Set && col.Type.Kind == codec.Counter {
		b.fail(col.Name, "null cannot be added to a counter", nil)
	}
	switch {
	case col.Type.Kind == codec.Counter:
		b.replay = replay.Counter
	case col.Type.Kind != codec.List || col.Type.Frozen:
	case a.ref().elem != nil:
		b.replay = replay.ListIndex
	case a.change == cql.Add, a.change == cql.Prepend:
		b.replay = replay.ListAppend
	case a.change == cql.Set && !null:
		b.lists = true
	}
	b.stmt.Assignments = append(b.stmt.Assignments, out)
}

// deletion adds one column, or part of one, to the DELETE list.
func (b *builder) deletion(r *ref) {
	if r.err != nil {
		b.fail(r.name, "", r.err)
	}
	if r.col == nil && b.err == nil {
		b.fail("", "DeleteColumns got something that is not a column", nil)
	}
	if b.err != nil {
		return
	}
	if r.col.Key() {
		b.fail(r.name, "a key column cannot be deleted from a row; delete the row", nil)
	}
	if (r.elem != nil || r.field != "") && r.col.Type.Frozen {
		b.fail(r.name, "a frozen value can only be deleted whole", nil)
	}
	target := cql.Target{Column: named(r.col), Field: r.field}
	if r.elem != nil {
		target.Elem = b.key(r)
		if r.col.Type.Kind == codec.List {
			b.replay = replay.ListIndex
		}
	}
	b.stmt.Deletions = append(b.stmt.Deletions, target)
}
