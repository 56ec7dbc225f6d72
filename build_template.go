package coodie

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
	rows    telling        // of a read
	attempt bool           // it stores an attempt id
	key     []*meta.Column // of the struct, if it is a document's
}

// templateKey is how something is asked for.
type templateKey struct {
	verb                               cql.Verb
	want                               readKind // of a read
	kind                               casKind
	cas, document, allowCreate, serial bool
	statics                            bool // of a read: the table is known to have some
}

func (c *spec) templateKey(verb cql.Verb, want readKind, cas bool) templateKey {
	m := templateKey{verb: verb, want: want, kind: c.kind, cas: cas, document: !c.value.None(), allowCreate: c.allowCreate, serial: c.serial}
	m.statics = verb == cql.Select && c.table != nil && c.table.statics.Load()
	return m
}

// templateStep is a column, and what is done with it.
type templateStep struct {
	ref  *ref
	part part
	do   uint8 // an Op or a Change
}

// part is where in the statement something is asked for.
type part uint8

const (
	inSet part = iota
	inDelete
	inWhere
	inIf
)

func (a *templateStep) is(o templateStep) bool {
	return a.part == o.part && a.do == o.do && (a.ref == o.ref || formalColumn(o.ref) && a.ref.col == o.ref.col)
}

// formal reports whether what is asked for is one statement, whatever the value, unless that is
// null or empty. IN is of a list of values.
func (a *templateStep) formal() bool {
	return formalColumn(a.ref) && !(a.part >= inWhere && a.do == uint8(cql.In))
}

// asks yields what a write or read of the chain asks for, in the order of a template.
func (c *spec) asks(cas bool, assigns []assign, targets []*ref) iter.Seq[templateStep] {
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
func formalColumn(r *ref) bool {
	return r != nil && r.err == nil && r.col != nil && r.elem == nil && r.field == "" &&
		r.col.Type.Kind < codec.List && r.col.Type.Kind != codec.Counter
}

// formal reports whether what the chain has been told leaves the values alone to decide.
func (c *spec) formal(verb cql.Verb) bool {
	return c.table != nil && c.ttl == nil && c.timestamp == nil && c.per == nil && c.readOptions == nil && c.limit == nil &&
		c.guard == nil && !c.rowOnly && c.together == nil && c.object == nil && !c.peek && !c.tokens && c.part == 0 && c.idempotence == 0 && (!c.serial || verb == cql.Select) &&
		(verb == cql.Insert || verb == cql.Select || c.table.meta.Version == nil) // an UPDATE counts it
}

// templates are those of one table. The zero value is ready; it is safe for many goroutines.
type templates struct {
	known atomic.Pointer[[]*template] // which does not change: a new template makes a new list
	mu    sync.Mutex                  // of who makes one
}

// maxTemplates bounds the templates of a table, which are looked through one by one.
const maxTemplates = 32

// list is what is known; nobody changes it.
func (ts *templates) list() []*template {
	if p := ts.known.Load(); p != nil {
		return *p
	}
	return nil
}

// find returns the template of what the chain asks for in that manner, if there is one.
func (ts *templates) find(c *spec, m templateKey, assigns []assign, targets []*ref) *template {
	for _, f := range ts.list() {
		if f.templateKey == m && f.fits(c, assigns, targets) {
			return f
		}
	}
	return nil
}

func (f *template) fits(c *spec, assigns []assign, targets []*ref) bool {
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
func (c *spec) again(m templateKey, op string, assigns []assign, targets []*ref) *builder {
	if !c.formal(m.verb) {
		return nil
	}
	f := c.table.templates.find(c, m, assigns, targets)
	if f == nil {
		return nil
	}
	b := newBuilder(c.table, m.verb, op, m.cas)
	b.template, b.stmt, b.proves, b.rows, b.request = f, &f.stmt, f.proves, f.rows, f.request
	b.conds = c.conditions(m.cas)
	if b.err == nil && b.follow(f, c, assigns) {
		return b
	}
	b.release()
	return nil
}

// follow binds the values in the order of the template's markers.
func (b *builder) follow(f *template, c *spec, assigns []assign) bool {
	for i := range assigns {
		if !b.fills(&assigns[i].value) {
			return false
		}
	}
	if f.attempt {
		if b.newAttempt(nil); !b.fills(&b.own[0].value) {
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
		if o := operandAt(col, c.value); !b.fills(&o) {
			return false
		}
	}
	conds := c.conditions(f.cas)
	for i := range conds {
		if !b.fills(&conds[i].value) {
			return false
		}
	}
	return b.err == nil
}

// fills binds a value, and reports whether it is one that says nothing of the statement.
func (b *builder) fills(o *operand) bool {
	if o.other() != nil || o.codec == nil {
		return false
	}
	size := b.call.Size()
	_, null, err := b.call.Bind(o.codec, o.p, false)
	return err == nil && !null && b.call.Size() > size
}

// inserted gives an INSERT that was built before its template. Its statement names every column,
// null or not, unless there is a tuple: see values.
func (c *spec) inserted(b *builder) {
	if c.formal(cql.Insert) && !c.table.divides(b.cas) {
		if f := c.table.templates.find(c, c.templateKey(cql.Insert, 0, b.cas), nil, nil); f != nil {
			b.template, b.stmt = f, &f.stmt
		}
	}
}

// learn keeps the template of what b is, if it has one and there is room for it.
func (c *spec) learn(b *builder, m templateKey, assigns []assign, targets []*ref) {
	insert := m.verb == cql.Insert
	if b.template != nil || b.err != nil || !c.formal(m.verb) || len(c.table.templates.list()) >= maxTemplates {
		return
	}
	if insert {
		if b.divides {
			return // whether a column is in the INSERT depends on its value
		}
		for i := range b.stmt.Values {
			if b.stmt.Values[i].Marker != cql.Mark {
				return
			}
		}
		if len(b.stmt.Values) < len(b.table.Columns) {
			return
		}
	} else if !b.call.Filled() {
		return
	}
	for a := range c.asks(m.cas, assigns, targets) {
		if !a.formal() {
			return
		}
	}
	f := &template{
		templateKey: m, asked: slices.Collect(c.asks(m.cas, assigns, targets)),
		stmt: b.stmt.Clone(), text: c.table.text(b), request: b.request, proves: b.proves, rows: b.rows, attempt: b.attempt != nil,
	}
	if f.document && !insert {
		for i := range f.stmt.Where {
			f.key = append(f.key, b.table.Columns[f.stmt.Where[i].Column.ID])
		}
	}
	ts := &c.table.templates
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if known := ts.list(); len(known) < maxTemplates && ts.find(c, m, assigns, targets) == nil {
		known = append(slices.Clip(known), f)
		ts.known.Store(&known)
	}
}

// text is the statement that b is.
func (t *shape) text(b *builder) string {
	if b.template != nil {
		return b.template.text
	}
	return t.texts.Text(b.stmt)
}
