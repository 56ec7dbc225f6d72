package stmt

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
)

// Bound makes a statement and binds its values, in the order of the statement's
// markers. Everything that can be refused before sending is refused here; the first
// mistake stays in err.
//
// Its memory is used again and again: whoever ends the statement releases it.
type Bound struct {
	Stmt     *cql.Statement // made, or that of the template, which is not to be changed
	made     cql.Statement
	Template *template // nil: it is none that is known
	Call     driver.Call
	Request  driver.Request
	task
	facts
}

// Misuse says why a statement cannot be built.
type Misuse struct {
	Op, Table, Column, Reason string
	Err                       error
}

// task is what a statement is built for.
type task struct {
	Op    string
	Meta  *meta.Table
	refs  []Ref  // to its columns, by Index
	Name  string // for messages
	CAS   bool
	reads bool
}

// facts are what was found out beside the text.
type facts struct {
	Err       *Misuse       // the first mistake
	Proves    bool          // some condition can only hold on an existing row
	Stored    []Assign      // what the write itself stores: its attempt id, the version
	Conds     []Cond        // of IF, those of the guard last
	Attempt   *[16]byte     // nil if it stores none
	slot      slotMarks     // where it has the writer's slot
	replay    replay.Reason // whether carrying it out twice in a row is the same as once
	lists     bool          // it sets a whole list
	RowMark   RowMark       // of a read
	storing   bool          // what is bound takes the place of another value
	divides   bool          // an INSERT leaves user-defined types apart, whose fields are written one by one:
	apart     []Assign      // these,
	Companion *companion    // by this UPDATE; nil if there is none
}

var bounds = sync.Pool{New: func() any { return new(Bound) }}

// NewBound begins a statement of that verb; op names the call in messages. Whoever ends the statement releases it.
func NewBound(t *Table, verb cql.Verb, op string, cas bool) *Bound {
	return newBound(nil, t, verb, op, cas)
}

// newBound begins a statement of the template, if it is not nil.
func newBound(f *template, t *Table, verb cql.Verb, op string, cas bool) *Bound {
	var b *Bound
	if f != nil {
		b, _ = f.ended.Get().(*Bound)
	}
	if b == nil {
		b = bounds.Get().(*Bound)
	}
	b.Stmt, b.Template = &b.made, nil
	b.Op, b.CAS, b.reads = op, cas, verb == cql.Select
	if t == nil {
		b.Meta, b.refs, b.Name = &meta.Table{}, nil, ""
		b.Fail("", "the Document or QuerySet is a zero value; make it with Table.New or Table.Find", nil)
		return b
	}
	b.Meta, b.refs, b.Name = t.Meta, t.Refs, t.Name
	if t.Rules.StrictTypes {
		b.Call.Strict()
	}
	b.Stmt.Verb, b.Stmt.Table = verb, t.Quoted
	if t.Meta.Counter {
		b.replay = replay.Counter
	}
	if cas && t.Meta.Counter {
		b.Fail("", "counters cannot be written conditionally; Cassandra has no LWT on counter tables", nil)
	}
	if f != nil {
		b.Template, b.Stmt = f, &f.stmt
	}
	return b
}

// Release ends the statement, whose rows are closed.
func (b *Bound) Release() {
	if !b.Call.Reset() {
		return
	}
	ended := &bounds
	if b.Template == nil {
		b.made.Reset()
	} else {
		ended = &b.Template.ended
	}
	b.Request, b.facts = driver.Request{}, facts{}
	ended.Put(b)
}

// Named is the column as statements name it.
func Named(c *meta.Column) cql.Column { return cql.Column{ID: c.Index, Name: c.Name} }

// OfStatic reports whether a built write names the partition alone: it is about the static row.
func (b *Bound) OfStatic() bool {
	return b.Stmt.Verb != cql.Insert && len(b.Meta.Clustering) > 0 && len(b.Stmt.Where) == len(b.Meta.Partition)
}

// Fail notes why the statement cannot be built, unless something else was found before. column is "" where the whole call is meant.
func (b *Bound) Fail(column, reason string, err error) {
	if b.Err == nil {
		b.Err = &Misuse{b.Op, b.Name, column, reason, err}
	}
}

// bind encodes a value for a column of type t and returns its marker.
func (b *Bound) bind(column string, t *codec.Type, o *Operand) (marker string, null bool) {
	if b.Err != nil {
		return cql.Mark, false
	}
	if err := o.err(); err != nil {
		b.Fail(column, "", err)
		return cql.Mark, false
	}
	b.Call.For(column, b.use(o))
	cell := o.Cell()
	if cell == nil && (o.codec == nil || o.other() != nil) {
		if t.Kind == codec.Tuple {
			return cql.Null, true // one marker would stand for several values in gocql
		}
		b.Call.BindNull()
		return cql.Mark, true
	}
	var err error
	if cell != nil {
		marker, err = b.Call.BindCell(o.Typ(), cell)
	} else {
		marker, null, err = b.Call.Bind(o.codec, o.p, false)
	}
	if err != nil {
		b.Fail(column, "", err)
	}
	return marker, null
}

// key binds the list index or map key of r.
func (b *Bound) key(r *Ref) (marker string) {
	t := indexCodec.Type()
	if r.col.Type.Kind == codec.Map {
		t = r.col.Type.Key
	}
	marker, null := b.bind(r.name, t, r.elem)
	if null {
		b.Fail(r.name, "", errNullKey)
	}
	return marker
}

// MaxTTL is Cassandra's: 20 years.
const MaxTTL = 20 * 365 * 24 * time.Hour

// using binds USING TTL and TIMESTAMP; INSERT binds them after its values, UPDATE
// before its assignments, DELETE has no TTL.
func (b *Bound) using(ttl *time.Duration, timestamp *time.Time) {
	if ttl != nil {
		switch {
		case b.Stmt.Verb == cql.Delete:
			b.Fail("", "DELETE takes no TTL", nil)
		case !isTTL(*ttl):
			b.Fail("", "a TTL is between 0, which is none, and 20 years", nil)
		case b.Meta.Counter:
			b.Fail("", "counters take no TTL", nil)
		}
		b.Stmt.TTL = true
		b.bindTTL(*ttl)
	}
	if timestamp != nil {
		switch {
		case b.CAS:
			b.Fail("", "a conditional write takes no timestamp: Paxos sets it (CQL refuses USING TIMESTAMP with IF)", nil)
		case b.Meta.Counter:
			b.Fail("", "counters take no timestamp", nil)
		case timestamp.IsZero():
			b.Fail("", "the timestamp is the zero time, before which everything else was written; "+
				"leave WithTimestamp out, or give it the time of the write", nil)
		case !inMicros(*timestamp):
			b.Fail("", "the timestamp is no time of the years -290308 to 294247, of which CQL has microseconds", nil)
		}
		b.Stmt.Timestamp = true
		b.Call.BindBigint(timestamp.UnixMicro())
	}
}

func isTTL(d time.Duration) bool { return d >= 0 && d <= MaxTTL }

// bindTTL binds a TTL, rounded up, and not more: the server counts whole seconds of its clock, so that what
// is written with n of them is gone after more than n-1.
func (b *Bound) bindTTL(ttl time.Duration) {
	b.Call.BindInt(int32((ttl + time.Second - 1) / time.Second))
}

// inMicros reports whether a timestamp can be t: it has 64 bits, and the least value of these
// is the server's own mark of "none".
func inMicros(t time.Time) bool {
	us := t.UnixMicro()
	return us != math.MinInt64 && time.UnixMicro(us).Unix() == t.Unix()
}

// Statements are the texts of the built statement and of the one that goes along with it.
func (t *Table) Statements(b *Bound) []string {
	texts := []string{t.Text(b)}
	if b.Companion != nil {
		texts = append(texts, t.Texts.Text(&b.Companion.Stmt))
	}
	return texts
}

// Entries are the same with their values, as parts of a batch.
func (b *Bound) Entries(texts []string) []driver.Entry {
	values := b.Call.Values()
	if b.Companion == nil {
		return []driver.Entry{{Statement: texts[0], Values: values}}
	}
	at := b.Companion.at
	return []driver.Entry{{Statement: texts[0], Values: values[:at:at]}, {Statement: texts[1], Values: values[at:]}}
}

// BatchText is a batch of the statements, as one text.
func BatchText(begin string, statements []string) string {
	return begin + strings.Join(statements, "; ") + "; APPLY BATCH"
}

// Cells are the values bound so far.
func (b *Bound) Cells() [][]byte {
	cells := make([][]byte, b.Call.Len())
	for i := range cells {
		cells[i] = b.Call.Cell(i)
	}
	return cells
}

// Notes are what a plan warns of.
func (c *Spec) Notes(b *Bound) (notes []string) {
	add := func(is bool, note string) {
		if is {
			notes = append(notes, note)
		}
	}
	table := b.Meta
	partition := 0
	for _, col := range table.Partition {
		if restricted(c.Where, col) {
			partition++
		}
	}
	switch {
	case b.reads:
		some := !c.Value.None() || partition == len(table.Partition)
		add(b.Stmt.Filtering, "ALLOW FILTERING: the server may read the whole table and pass over most of it")
		add(!some && !c.byToken() && len(b.Stmt.Where) == 0, "no filter: all rows of the table are read, from all nodes; Scan does so in parts")
		add(!some && !c.byToken() && len(b.Stmt.Where) > 0, "not the whole partition key: all nodes are asked")
	case b.CAS:
	default:
		add(table.Attempt != nil || table.Version != nil, "a plain write on a table of LWTs can hide or undo one that was applied: use If, IfExists or Insert")
		nulls := 0
		for i := range b.Call.Len() {
			if b.Stmt.Verb == cql.Insert && b.Call.Null(i) {
				nulls++
			}
		}
		add(nulls > 0, fmt.Sprintf("%d null columns are written as tombstones; WithOmitNil leaves them alone", nulls))
	}
	return notes
}
