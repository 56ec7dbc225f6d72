package coodie

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// A user-defined type that is not frozen can be written field by field, so that fields which only
// the live type has stay as they are. An UPDATE always does. CQL has that in UPDATE alone: once a
// type has grown, what an INSERT would write of such a column goes into a second statement, in one
// batch with the INSERT. Both are of one partition and have one timestamp, so that the server
// carries them out as one write.

// byField reports whether a value of the type is written field by field.
func byField(t *codec.Type) bool { return t.Kind == codec.UDT && !t.Frozen && t.Fields != nil }

// use is what becomes of the value. A cell that was read holds all fields.
func (b *builder) use(o *operand) driver.Use {
	if b.storing && o.cell() == nil {
		return driver.Stored
	}
	return driver.Compared
}

// inserted is what becomes of a column's value in an INSERT. A new row has nothing that could be
// lost, but for the static columns of its partition.
func (b *builder) inserted(c *meta.Column) driver.Use {
	switch {
	case c.Key(), b.cas && c.Kind != meta.Static:
		return driver.Compared
	case !b.cas && byField(c.Type):
		return driver.Divisible
	}
	return driver.Stored
}

// divides reports whether an INSERT leaves types that are not frozen to an UPDATE, since one of
// them has grown.
func (t *shape) divides(cas bool) bool { return t != nil && !cas && t.grown.Load() }

// divided reports whether a write has failed only because a type has grown. It is built once
// more, and is then another one.
func (t *shape) divided(err error) bool {
	var grown *driver.GrownError
	if !errors.As(err, &grown) {
		return false
	}
	t.grown.Store(true)
	return true
}

// outcomeOfBoth is the error of a write that was sent once more: where the session's retry policy
// had made several attempts, one of the first may have been executed.
func outcomeOfBoth(first, second error) error {
	if second != nil && errors.Is(first, ErrOutcomeUnknown) {
		return first
	}
	return second
}

// divided is the same of the batch, and builds its writes of such a table once more.
func (b *Batch) divided(err error) bool {
	var grown *driver.GrownError
	if !errors.As(err, &grown) {
		return false
	}
	for _, w := range b.writes {
		if w.b.call.Grown() {
			w.chain.table.schema.grown.Store(true)
		}
	}
	for _, w := range b.writes {
		if w.rebuild == nil || !w.chain.table.schema.divides(w.conditional) {
			continue
		}
		w.b.release()
		w.b = w.rebuild()
		w.statements = w.chain.table.schema.statements(w.b)
	}
	return true
}

// fields binds an assignment of a whole value field by field. It reports false for null, which is
// assigned as a whole and deletes all fields.
func (b *builder) fields(col *meta.Column, o *operand) bool {
	cell, null, err := o.encode()
	if null {
		return false
	}
	var parts [][]byte
	t := o.typ()
	if err == nil {
		parts, err = codec.Split(nil, cell, len(t.Fields))
	}
	if err != nil {
		b.fail(col.Name, "", err)
		return true
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if !slices.ContainsFunc(col.Type.Fields, func(known codec.Field) bool { return known.Name == f.Name }) {
			continue
		}
		b.call.For(col.Name, b.use(o))
		marker, err := b.call.BindCell(f.Type, parts[i])
		if err != nil {
			b.fail(col.Name, "field "+f.Name, err)
			return true
		}
		b.stmt.Assignments = append(b.stmt.Assignments, cql.Assignment{Target: cql.Target{Column: named(col), Field: f.Name}, Marker: marker})
	}
	return true
}

// second is a statement that goes along with the builder's own.
type second struct {
	stmt cql.Statement
	at   int // its values follow so many
}

// writeApart builds the UPDATE of what an INSERT of the struct at p has left out.
func (b *builder) writeApart(c *spec, p codec.Addr) {
	if len(b.apart) == 0 || b.err != nil {
		return
	}
	first := b.stmt
	b.rest = &second{at: b.call.Len()}
	b.stmt = &b.rest.stmt
	b.stmt.Verb, b.stmt.Table = cql.Update, first.Table
	b.call.For("", driver.Compared)
	b.using(c.ttl, c.timestamp)
	c.callOfWrite(b)
	static := true
	for i := range b.apart {
		b.assignment(&b.apart[i])
		static = static && b.apart[i].ref().col.Kind == meta.Static
	}
	b.documentKey(p, static)
	b.stmt = first
}

// statements are the texts of the built statement and of the one that goes along with it.
func (t *shape) statements(b *builder) []string {
	texts := []string{t.text(b)}
	if b.rest != nil {
		texts = append(texts, t.texts.Text(&b.rest.stmt))
	}
	return texts
}

// entries are the same with their values, as parts of a batch.
func (b *builder) entries(texts []string) []driver.Entry {
	values := b.call.Values()
	if b.rest == nil {
		return []driver.Entry{{Statement: texts[0], Values: values}}
	}
	at := b.rest.at
	return []driver.Entry{{Statement: texts[0], Values: values[:at:at]}, {Statement: texts[1], Values: values[at:]}}
}

// batchText is a batch of the statements, as one text.
func batchText(begin string, statements []string) string {
	return begin + strings.Join(statements, "; ") + "; APPLY BATCH"
}

// lost are the columns of which observers have been warned.
type lost struct {
	mu    sync.Mutex
	known map[string]bool
}

// loses warns once for each column of fields that a write has set to null.
func (t *table) loses(fields []driver.Lost) (warning string) {
	if len(fields) == 0 {
		return ""
	}
	t.lost.mu.Lock()
	defer t.lost.mu.Unlock()
	for _, f := range fields {
		if t.lost.known[f.Column] {
			continue
		}
		if t.lost.known == nil {
			t.lost.known = map[string]bool{}
		}
		t.lost.known[f.Column] = true
		warning = warnings(warning, fmt.Sprintf("column %s of %s is written whole, and the field %s of its live type, which the struct lacks, is set to null: "+
			"add it to the struct, write by Mutate, or refuse such writes (WithStrictTypes)", f.Column, t.schema.name, f.Field))
	}
	return warning
}

// loses warns of what the batch's writes have set to null.
func (b *Batch) loses() (warning string) {
	for _, w := range b.writes {
		warning = warnings(warning, w.chain.table.loses(w.b.call.Lost()))
	}
	return warning
}

// warnings is both of them, as far as they say anything.
func warnings(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
