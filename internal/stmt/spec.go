package stmt

import (
	"fmt"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/versions"
)

// Spec is what is asked of a statement.
type Spec struct {
	Table *Table
	Where []Cond
	Told
	Value       codec.Addr // the row that holds the key; nil: where does
	Conds       []Cond
	Guard       *Guard // what must be unchanged besides, or nil
	Kind        If
	AllowCreate bool
	Object      Object    // the row of an INSERT JSON, of which value has the key; nil: value is the row
	Sharing     int       // of how many statements at once this read is one; 0: it stands alone
	Tokens      bool      // the token of each row is read as well, as the last column
	RowOnly     bool      // one of the two statements by which Mutate creates a row and leaves its static columns alone
	Together    *Together // that the write is part of a batch; nil: it stands alone
}

// Told is what a query is told besides its filters. It is immutable.
type Told struct {
	Limit       *int
	TTL         *time.Duration
	Timestamp   *time.Time
	ReadOptions *ReadOptions // what else a read is told; nil: nothing
	Per         *CallOptions
	Concurrency int // statements under way at once; 0: as many as the call usually has
	Idempotence Said
	OmitNil     bool
	Serial      bool
	Slots       bool // the writers' slots are read as well
	Peek        bool // a plain read comes before the INSERT … IF NOT EXISTS
}

// If is the condition of a conditional write.
type If uint8

// Together is what the writes of one batch share.
type Together struct {
	attempt *[16]byte // that all of them store
	slotted bool      // one of them carries the writer's slot
	version int64     // that those of them store which do not know the one before; 0: none so far
}

// attemptID is the id that every write of the batch stores as its attempt. One that stands alone has one of its own.
func (b *Together) attemptID() [16]byte {
	switch {
	case b == nil:
		return codec.NewUUID()
	case b.attempt == nil:
		id := codec.NewUUID()
		b.attempt = &id
	}
	return *b.attempt
}

// newVersion is a version that no row had before; in one batch always the same.
func (b *Together) newVersion() int64 {
	switch {
	case b == nil:
		return versions.Of.First()
	case b.version == 0:
		b.version = versions.Of.First()
	}
	return b.version
}

// KeepKey makes the Spec name its row by what is bound now.
func (c *Spec) KeepKey() {
	c.Where = KeptConds(c.Where)
	if c.Table != nil && !c.Value.None() {
		c.Value = c.Table.KeptRow(c.Value, c.Table.Meta.Primary())
	}
}

// Asked is the kind of the condition that the built statement has.
func (c *Spec) Asked(b *Bound) If {
	if b.CAS && c.Kind == IfExists && !b.Stmt.IfExists && !(b.Slotted() && len(b.Conds) == 0) {
		return IfConditions // the document's version has taken the place of IF EXISTS
	}
	return c.Kind
}

// RowKey is the encoded primary key that is named.
func (c *Spec) RowKey() (string, *Misuse) {
	b := NewBound(c.Table, cql.Select, "mutate", true)
	defer b.Release()
	c.ReadOptions.list(b) // says which columns are none
	if !c.Value.None() {
		b.documentKey(c.Value, false)
	} else {
		if use := b.filters(c.Where); use != keyFull {
			b.needKeys(c.Where, b.Meta.Primary())
			b.Fail("", "Mutate is for one row: each key column by Eq", nil)
		}
		b.keyAlone(c.Where)
		if b.Err == nil {
			if col, err := c.SetKey(c.Table.New()); err != nil {
				b.Fail(col.Name, CannotHold(col), err)
			}
		}
	}
	if b.Err != nil {
		return "", b.Err
	}
	var key []byte
	for i := range b.Call.Len() {
		cell := b.Call.Cell(i)
		key = fmt.Appendf(key, "%d %d:", b.Stmt.Where[min(i, len(b.Stmt.Where)-1)].Column.ID, len(cell))
		key = append(key, cell...)
	}
	return string(key), nil
}

// keyAlone refuses filters beside those on the key. Only the read would obey them: not the INSERT of
// OrCreate, nor the rows that a refusal or the call before brings.
func (b *Bound) keyAlone(where []Cond) {
	for i := range where {
		switch c := &where[i]; {
		case c.value.Many() != nil:
			b.Fail("", "Mutate finds its row by key columns, each by Eq, and by nothing else", nil)
		case b.Err == nil && !c.Ref().col.Key():
			b.Fail(c.Ref().name, "Mutate finds its row by key columns only; its function can look at the others", nil)
		}
	}
}

// SetKey sets the key fields of v to what is named. The error is that the column's field cannot hold it.
func (c *Spec) SetKey(v codec.Addr) (*meta.Column, error) {
	for _, col := range c.Table.Meta.Primary() {
		cell, ok := c.KeyCell(col)
		if !ok {
			continue
		}
		if err := hold(col, v.Field(col.Offset), cell); err != nil {
			return col, err
		}
	}
	return nil, nil
}

// filters are those of WHERE, unless the key is that of a row.
func (c *Spec) filters() []Cond {
	if !c.Value.None() {
		return nil
	}
	return c.Where
}

// conditions are those of IF, which a read lacks.
func (c *Spec) conditions(cas bool) []Cond {
	if !cas {
		return nil
	}
	return c.Conds
}

// Most reads n rows at most; a limit that is wrong stays so.
func (c *Spec) Most(n int) {
	if c.Limit == nil || *c.Limit > n {
		c.Limit = &n
	}
}

// KeyCell is the one value that is given to a key column.
func (c *Spec) KeyCell(col *meta.Column) (cell []byte, ok bool) {
	if !c.Value.None() {
		o := OperandAt(col, c.Value)
		cell, null, err := o.Encode()
		return cell, err == nil && !null
	}
	for i := range c.Where {
		if w := &c.Where[i]; w.Ref().col == col && w.op == cql.Eq {
			cell, null, err := w.value.Encode()
			return cell, err == nil && !null
		}
	}
	return nil, false
}

// Copied is a copy of what p points to, zero if it is nil.
func Copied[P any](p *P) *P {
	c := new(P)
	if p != nil {
		*c = *p
	}
	return c
}

const (
	IfNotExists If = iota
	IfExists
	IfConditions
)
