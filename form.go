package coodie

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// form is a write that was built before, as far as it does not depend on its values: what was
// asked for, and the statement that came of it. Of a write that asks for the same, only the
// values are bound. Where one of an UPDATE or DELETE is null or empty, or cannot be bound, that
// may be another statement, or none: then it is built as if there were no form.
type form struct {
	cas, document, allowCreate bool
	kind                       casKind
	asked                      []asked // assignments, targets, filters and conditions

	stmt    cql.Statement
	text    string
	proves  bool
	attempt bool           // it stores an attempt id
	key     []*meta.Column // of the struct, if it is a document's
}

// asked is a column, and what is done with it.
type asked struct {
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

func (a *asked) is(r *ref, p part, do uint8) bool {
	return a.part == p && a.do == do && (a.ref == r || formalColumn(r) && a.ref.col == r.col)
}

// formalColumn reports whether r is a whole column of a native type: what is done with it is
// then one statement, whatever the value, unless that is null or empty.
func formalColumn(r *ref) bool {
	return r != nil && r.err == nil && r.col != nil && r.elem == nil && r.field == "" &&
		r.col.Type.Kind < codec.List && r.col.Type.Kind != codec.Counter
}

// formal reports whether what the chain has been told leaves the values alone to decide.
func (c *chain) formal(verb cql.Verb) bool {
	return c.table != nil && c.ttl == nil && c.timestamp == nil && c.per == nil && c.choice == nil && c.limit == nil &&
		c.batch == nil && c.object == nil && !c.serial && !c.peek && c.idempotence == 0 &&
		(verb == cql.Insert || c.value == nil || c.table.meta.Version == nil) // its conditions are those of the struct's version
}

// forms are those of one table. The zero value is ready; it is safe for many goroutines.
type forms struct {
	known atomic.Pointer[[]*form] // which does not change: a new form makes a new list
	mu    sync.Mutex              // of who makes one
}

// maxForms bounds the forms of a table, which are looked through one by one.
const maxForms = 32

// find returns the form of a write of the chain, if there is one.
func (fs *forms) find(c *chain, verb cql.Verb, cas bool, assigns []assign, targets []*ref) *form {
	known := fs.known.Load()
	if known == nil {
		return nil
	}
	for _, f := range *known {
		if f.stmt.Verb == verb && f.cas == cas && f.fits(c, assigns, targets) {
			return f
		}
	}
	return nil
}

func (f *form) fits(c *chain, assigns []assign, targets []*ref) bool {
	if f.kind != c.kind || f.document != (c.value != nil) || f.allowCreate != c.allowCreate ||
		len(f.asked) != len(assigns)+len(targets)+len(c.where)+len(c.conds) {
		return false
	}
	next := 0
	for i := range assigns {
		if !f.asked[next].is(assigns[i].of, inSet, uint8(assigns[i].change)) {
			return false
		}
		next++
	}
	for _, r := range targets {
		if !f.asked[next].is(r, inDelete, 0) {
			return false
		}
		next++
	}
	for i := range c.where {
		if !f.asked[next].is(c.where[i].on, inWhere, uint8(c.where[i].op)) {
			return false
		}
		next++
	}
	for i := range c.conds {
		if !f.asked[next].is(c.conds[i].on, inIf, uint8(c.conds[i].op)) {
			return false
		}
		next++
	}
	return true
}

// again builds a write whose form is known; nil if it is not, or not for these values.
func (c *chain) again(verb cql.Verb, op string, cas bool, assigns []assign, targets []*ref) *builder {
	if !c.formal(verb) {
		return nil
	}
	f := c.table.forms.find(c, verb, cas, assigns, targets)
	if f == nil {
		return nil
	}
	b := newBuilder(c.table, verb, op, cas)
	b.form, b.stmt, b.proves = f, &f.stmt, f.proves
	if b.err == nil && b.follow(f, c, assigns) {
		return b
	}
	b.release()
	return nil
}

// follow binds the values in the order of the form's markers.
func (b *builder) follow(f *form, c *chain, assigns []assign) bool {
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
	for i := range c.where {
		if !b.fills(&c.where[i].value) {
			return false
		}
	}
	for _, col := range f.key {
		if o := operandAt(col, c.value); !b.fills(&o) {
			return false
		}
	}
	for i := range c.conds {
		if !b.fills(&c.conds[i].value) {
			return false
		}
	}
	return b.err == nil
}

// fills binds a value, and reports whether it is one that says nothing of the statement.
func (b *builder) fills(o *operand) bool {
	if o.other != nil || o.codec == nil {
		return false
	}
	size := b.call.Size()
	_, null, err := b.call.Bind(o.codec, o.p, false)
	return err == nil && !null && b.call.Size() > size
}

// inserted gives an INSERT that was built before its form. Its statement names every column,
// null or not, unless there is a tuple: see values.
func (c *chain) inserted(b *builder) {
	if c.formal(cql.Insert) {
		if f := c.table.forms.find(c, cql.Insert, b.cas, nil, nil); f != nil {
			b.form, b.stmt = f, &f.stmt
		}
	}
}

// learn keeps the form of the write that b is, if it has one.
func (c *chain) learn(b *builder, assigns []assign, targets []*ref) {
	insert := b.stmt.Verb == cql.Insert
	if b.form != nil || b.err != nil || !c.formal(b.stmt.Verb) || !insert && !b.call.Filled() {
		return
	}
	f := &form{cas: b.cas, document: c.value != nil, allowCreate: c.allowCreate, kind: c.kind, proves: b.proves, attempt: b.attempt != nil}
	formal := true
	ask := func(r *ref, p part, do uint8) {
		f.asked = append(f.asked, asked{r, p, do})
		formal = formal && formalColumn(r) && !(p >= inWhere && do == uint8(cql.In)) // whose values are a list
	}
	for i := range assigns {
		ask(assigns[i].of, inSet, uint8(assigns[i].change))
	}
	for _, r := range targets {
		ask(r, inDelete, 0)
	}
	for i := range c.where {
		ask(c.where[i].on, inWhere, uint8(c.where[i].op))
	}
	for i := range c.conds {
		ask(c.conds[i].on, inIf, uint8(c.conds[i].op))
	}
	for i := range b.stmt.Values {
		formal = formal && b.stmt.Values[i].Marker == cql.Mark
	}
	if !formal || insert && len(b.stmt.Values) < len(b.table.Columns) {
		return
	}
	f.stmt, f.text = b.stmt.Clone(), c.table.text(b)
	if f.document && !insert {
		for i := range f.stmt.Where {
			f.key = append(f.key, b.table.Columns[f.stmt.Where[i].Column.ID])
		}
	}
	fs := &c.table.forms
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var known []*form
	if p := fs.known.Load(); p != nil {
		known = *p
	}
	if len(known) < maxForms && fs.find(c, b.stmt.Verb, b.cas, assigns, targets) == nil {
		known = append(slices.Clip(known), f)
		fs.known.Store(&known)
	}
}

// text is the statement that b is.
func (t *table) text(b *builder) string {
	if b.form != nil {
		return b.form.text
	}
	return t.texts.Text(b.stmt)
}
