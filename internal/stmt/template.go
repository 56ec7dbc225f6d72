package stmt

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// template is a write or read that was built before, as far as it does not depend on its values:
// what was asked for, and the statement that came of it. Of one that asks for the same, only
// the values are bound. Where one of these is null or empty (of an INSERT it may be), or cannot be
// bound, that may be another statement, or none: then it is built as if there were no template.
type template struct {
	templateKey
	asked []templateStep // assignments, targets, filters and conditions

	stmt    cql.Statement
	text    string
	request driver.Request // of a read
	proves  bool
	rowMark RowMark        // of a read
	attempt bool           // it stores an attempt id
	key     []*meta.Column // of the struct, if it is a document's

	ended sync.Pool // of *Bound: a driver sends the statement that it sent before for less than another one
}

// templateKey is how something is asked for.
type templateKey struct {
	verb                               cql.Verb
	want                               ReadKind // of a read
	kind                               If
	cas, document, allowCreate, serial bool
	statics                            bool // of a read: the table is known to have some
	ttl                                bool // of an update
}

func (c *Spec) templateKey(verb cql.Verb, want ReadKind, cas bool) templateKey {
	m := templateKey{verb: verb, want: want, kind: c.Kind, cas: cas, document: !c.Value.None(), allowCreate: c.AllowCreate, serial: c.Serial}
	m.ttl = c.TTL != nil
	m.statics = verb == cql.Select && c.Table != nil && c.Table.Statics.Load()
	return m
}

// templateStep is a column, and what is done with it.
type templateStep struct {
	ref    *Ref
	clause clause
	do     uint8 // an Op or a Change
}

// clause is where in the statement something is asked for.
type clause uint8

const (
	inSet clause = iota
	inDelete
	inWhere
	inIf
)

func (a *templateStep) is(o templateStep) bool {
	return a.clause == o.clause && a.do == o.do && (a.ref == o.ref || formalColumn(o.ref) && a.ref.col == o.ref.col)
}

// formal reports whether what is asked for is one statement, whatever the value, unless that is
// null or empty. IN is of a list of values.
func (a *templateStep) formal() bool {
	return formalColumn(a.ref) && !(a.clause >= inWhere && a.do == uint8(cql.In))
}

// asks yields what a write or read asks for, in the order of a template.
func (c *Spec) asks(cas bool, assigns []Assign, targets []*Ref) iter.Seq[templateStep] {
	return func(yield func(templateStep) bool) {
		for i := range assigns {
			if !yield(templateStep{assigns[i].of, inSet, uint8(assigns[i].change)}) {
				return
			}
		}
		for _, r := range targets {
			if !yield(templateStep{r, inDelete, 0}) {
				return
			}
		}
		where := c.filters()
		for i := range where {
			if !yield(templateStep{where[i].on, inWhere, uint8(where[i].op)}) {
				return
			}
		}
		conds := c.conditions(cas)
		for i := range conds {
			if !yield(templateStep{conds[i].on, inIf, uint8(conds[i].op)}) {
				return
			}
		}
	}
}

// formalColumn reports whether r is a whole column of a native type.
func formalColumn(r *Ref) bool {
	return r != nil && r.err == nil && r.col != nil && r.elem == nil && r.field == "" &&
		r.col.Type.Kind < codec.List && r.col.Type.Kind != codec.Counter
}

// formal reports whether what was asked leaves the values alone to decide.
func (c *Spec) formal(verb cql.Verb) bool {
	return c.Table != nil && (c.TTL == nil || verb == cql.Update) && c.Timestamp == nil && c.Per == nil && c.ReadOptions == nil && c.Limit == nil &&
		c.Guard == nil && !c.RowOnly && c.Together == nil && c.Object == nil && !c.Peek && !c.Tokens && c.Sharing == 0 && c.Idempotence == 0 && !c.Slots && (!c.Serial || verb == cql.Select) &&
		(verb == cql.Insert || verb == cql.Select || c.Table.Meta.Version == nil && c.Table.Meta.Slots == nil) // an UPDATE counts it, and has a slot
}

// templates are those of one table. The zero value is ready; it is safe for many goroutines.
type templates struct {
	Known atomic.Pointer[[]*template] // which does not change: a new template makes a new list
	mu    sync.Mutex                  // of who makes one
}

// MaxTemplates bounds the templates of a table, which are looked through one by one.
const MaxTemplates = 32

// list is what is known; nobody changes it.
func (ts *templates) list() []*template {
	if p := ts.Known.Load(); p != nil {
		return *p
	}
	return nil
}

// find returns the template of what is asked for in that manner, if there is one.
func (ts *templates) find(c *Spec, m templateKey, assigns []Assign, targets []*Ref) *template {
	for _, f := range ts.list() {
		if f.templateKey == m && f.fits(c, assigns, targets) {
			return f
		}
	}
	return nil
}

func (f *template) fits(c *Spec, assigns []Assign, targets []*Ref) bool {
	if len(f.asked) != len(assigns)+len(targets)+len(c.filters())+len(c.conditions(f.cas)) {
		return false
	}
	next := 0
	for a := range c.asks(f.cas, assigns, targets) {
		if !f.asked[next].is(a) {
			return false
		}
		next++
	}
	return true
}

// again builds what has a template that is known; nil if it has none, or not for these values.
func (c *Spec) again(m templateKey, op string, assigns []Assign, targets []*Ref) *Bound {
	if !c.formal(m.verb) {
		return nil
	}
	f := c.Table.Templates.find(c, m, assigns, targets)
	if f == nil {
		return nil
	}
	b := newBound(f, c.Table, m.verb, op, m.cas)
	b.Proves, b.RowMark, b.Request = f.proves, f.rowMark, f.request
	b.Conds = c.conditions(m.cas)
	if b.Err == nil && b.follow(f, c, assigns) {
		return b
	}
	b.Release()
	return nil
}

// follow binds the values in the order of the template's markers.
func (b *Bound) follow(f *template, c *Spec, assigns []Assign) bool {
	if f.ttl {
		if !isTTL(*c.TTL) {
			return false
		}
		b.bindTTL(*c.TTL)
	}
	for i := range assigns {
		if !b.fills(&assigns[i].value) {
			return false
		}
	}
	if f.attempt {
		if b.newAttempt(nil); !b.fills(&b.Stored[0].value) {
			return false
		}
	}
	where := c.filters()
	for i := range where {
		if !b.fills(&where[i].value) {
			return false
		}
	}
	for _, col := range f.key {
		if o := OperandAt(col, c.Value); !b.fills(&o) {
			return false
		}
	}
	conds := c.conditions(f.cas)
	for i := range conds {
		if !b.fills(&conds[i].value) {
			return false
		}
	}
	return b.Err == nil
}

// fills binds a value, and reports whether it is one that says nothing of the statement.
func (b *Bound) fills(o *Operand) bool {
	if o.other() != nil || o.codec == nil {
		return false
	}
	size := b.Call.Size()
	_, null, err := b.Call.Bind(o.codec, o.p, false)
	return err == nil && !null && b.Call.Size() > size
}

// insertTemplate is the template of an INSERT that was built before; nil if there is none. Its statement names
// every column, null or not, unless there is a tuple: see values.
func (c *Spec) insertTemplate(cas bool) *template {
	if !c.formal(cql.Insert) || c.Table.Divides(cas) {
		return nil
	}
	return c.Table.Templates.find(c, c.templateKey(cql.Insert, 0, cas), nil, nil)
}

// learn keeps the template of what b is, if it has one and there is room for it.
func (c *Spec) learn(b *Bound, m templateKey, assigns []Assign, targets []*Ref) {
	insert := m.verb == cql.Insert
	if b.Template != nil || b.Err != nil || !c.formal(m.verb) || len(c.Table.Templates.list()) >= MaxTemplates {
		return
	}
	if insert {
		if b.divides {
			return // whether a column is in the INSERT depends on its value
		}
		for i := range b.Stmt.Values {
			if b.Stmt.Values[i].Marker != cql.Mark {
				return
			}
		}
		if len(b.Stmt.Values) < len(b.Meta.Columns) {
			return
		}
	} else if !b.Call.Filled() {
		return
	}
	for a := range c.asks(m.cas, assigns, targets) {
		if !a.formal() {
			return
		}
	}
	f := &template{
		templateKey: m, asked: slices.Collect(c.asks(m.cas, assigns, targets)),
		stmt: b.Stmt.Clone(), text: c.Table.Text(b), request: b.Request, proves: b.Proves, rowMark: b.RowMark, attempt: b.Attempt != nil,
	}
	if f.document && !insert {
		for i := range f.stmt.Where {
			f.key = append(f.key, b.Meta.Columns[f.stmt.Where[i].Column.ID])
		}
	}
	ts := &c.Table.Templates
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if known := ts.list(); len(known) < MaxTemplates && ts.find(c, m, assigns, targets) == nil {
		known = append(slices.Clip(known), f)
		ts.Known.Store(&known)
	}
}

// Text is the statement that b is.
func (t *Table) Text(b *Bound) string {
	if b.Template != nil {
		return b.Template.text
	}
	return t.Texts.Text(b.Stmt)
}
