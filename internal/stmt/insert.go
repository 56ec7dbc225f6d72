package stmt

import (
	"errors"
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/versions"
)

// newAttempt gives the write an id of its own, if the table has a column for it. The
// writes of a batch share one, for they come about together.
func (b *Bound) newAttempt(batch *Together) {
	if b.Meta.Attempt == nil {
		return
	}
	id := batch.attemptID()
	b.Attempt = &id
	b.stores(b.Meta.Attempt, codec.At(&id))
}

// stores makes the write set a column to the value at p, by itself.
func (b *Bound) stores(col *meta.Column, p codec.Addr) {
	b.Stored = append(b.Stored, Assign{of: &b.refs[col.Index], value: Operand{codec: col.Codec, p: p}})
}

// newVersion gives the row a version that it never had: the one after the version that the
// conditions ask for, if they do. Other writes of a batch share one, for they may be of one row.
func (b *Bound) newVersion(batch *Together) {
	v := b.Meta.Version
	n, known := b.versionAsked()
	if !known {
		n = batch.newVersion()
	} else if next, err := versions.Of.Next(n); err != nil {
		b.Fail(v.Name, "", err)
	} else {
		n = next
	}
	field := reflect.New(v.GoType)
	field.Elem().Set(reflect.ValueOf(n).Convert(v.GoType))
	b.stores(v, codec.AddrOf(field))
}

// values binds all columns of the struct at p for an INSERT, or those of its row alone.
func (b *Bound) values(p codec.Addr, unsetNull, rowOnly bool) {
	for _, c := range b.Meta.Columns {
		if b.Err != nil {
			return
		}
		if rowOnly && c.Kind == meta.Static {
			continue
		}
		field := p.Field(c.Offset)
		for i := range b.Stored {
			if b.Stored[i].Ref().col == c {
				field = b.Stored[i].value.p
			}
		}
		if b.divides && ByField(c.Type) {
			if o := (Operand{codec: c.Codec, p: field}); !o.null() {
				b.apart = append(b.apart, Assign{of: &b.refs[c.Index], value: o})
				continue
			}
		}
		b.Call.For(c.Name, b.useOf(c))
		marker, null, err := b.Call.Bind(c.Codec, field, unsetNull)
		switch {
		case err != nil:
			b.Fail(c.Name, "field "+c.Field, err)
		case c.Key() && null:
			b.nullKey(c)
		case null && unsetNull && marker == cql.Null:
			continue // a tuple cannot be left unset through gocql, so its column is left out
		}
		b.emptyKey(c, b.lastCell())
		b.lists = b.lists || !null && c.Type.Kind == codec.List && !c.Type.Frozen
		if b.Template == nil {
			b.Stmt.Values = append(b.Stmt.Values, cql.Value{Column: Named(c), Marker: marker})
		}
	}
}

// useOf is what becomes of a column's value in an INSERT. A new row has nothing that could be
// lost, but for the static columns of its partition.
func (b *Bound) useOf(c *meta.Column) driver.Use {
	switch {
	case c.Key(), b.CAS && c.Kind != meta.Static:
		return driver.Compared
	case !b.CAS && ByField(c.Type):
		return driver.Divisible
	}
	return driver.Stored
}

// Divides reports whether an INSERT leaves types that are not frozen to an UPDATE, since one of
// them has grown.
func (t *Table) Divides(cas bool) bool { return t != nil && !cas && t.Grown.Load() }

// Divided reports whether a write has failed only because a type has grown. It is built once
// more, and is then another one.
func (t *Table) Divided(err error) bool {
	var grown *driver.GrownError
	if !errors.As(err, &grown) {
		return false
	}
	t.Grown.Store(true)
	return true
}

// companion is a statement that goes along with the statement's own.
type companion struct {
	Stmt cql.Statement
	at   int // its values follow so many
}

// writeApart builds the UPDATE of what an INSERT of the struct at p has left out.
func (b *Bound) writeApart(c *Spec, p codec.Addr) {
	if len(b.apart) == 0 || b.Err != nil {
		return
	}
	first := b.Stmt
	b.Companion = &companion{at: b.Call.Len()}
	b.Stmt = &b.Companion.Stmt
	b.Stmt.Verb, b.Stmt.Table = cql.Update, first.Table
	b.Call.For("", driver.Compared)
	b.using(c.TTL, c.Timestamp)
	c.callOfWrite(b)
	static := true
	for i := range b.apart {
		b.assignment(&b.apart[i])
		static = static && b.apart[i].Ref().col.Kind == meta.Static
	}
	b.documentKey(p, static)
	b.Stmt = first
}

// Insert builds an INSERT of all columns of v.
func (c *Spec) Insert(v codec.Addr, cas bool) *Bound {
	b := newBound(c.insertTemplate(cas), c.Table, cql.Insert, "insert", cas)
	if len(c.Where) > 0 {
		b.Fail("", "Find has filters, which an INSERT cannot have: the row's key comes from the value", nil)
	}
	c.refuseReading(b)
	if b.Template == nil {
		b.Stmt.IfNotExists = cas
	}
	b.divides = c.Table.Divides(cas)
	c.refusePlain(b)
	c.refuseTTL(b)
	if b.Meta.Counter {
		b.Fail("", "counters cannot be inserted or saved, only counted: Update with Increment or Decrement", nil)
	}
	b.newAttempt(c.Together)
	if cas && b.Meta.Version != nil {
		b.newVersion(c.Together)
	}
	if c.Object != nil {
		c.Object(b, v, cas || c.OmitNil)
	} else {
		b.values(v, cas || c.OmitNil, c.RowOnly)
	}
	b.using(c.TTL, c.Timestamp)
	c.callOfWrite(b)
	b.writeApart(c, v)
	c.learn(b, c.templateKey(cql.Insert, 0, cas), nil, nil)
	return b
}

// SameAgain assigns what the INSERT stores already, so that another statement of its batch can
// have conditions: equal values of one timestamp are one value.
func (b *Bound) SameAgain(row codec.Addr) []Assign {
	if len(b.Stored) > 0 {
		return b.Stored
	}
	for _, col := range b.Meta.Columns {
		if col.Kind == meta.Regular && !col.Type.MultiCell() {
			return []Assign{{of: &b.refs[col.Index], value: OperandAt(col, row)}}
		}
	}
	return nil
}
