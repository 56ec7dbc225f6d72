package stmt

import (
	"fmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// relation is a filter or condition whose value is bound.
type relation struct {
	cql.Relation
	null        bool // its value is null
	holdsOnNull bool // it would hold if the column were null
}

// relation binds a filter or condition.
func (b *Bound) relation(c *Cond) (out relation) {
	name := c.Ref().name
	if c.Ref().err != nil {
		b.Fail(name, "", c.Ref().Err())
	}
	if c.Ref().col == nil && b.Err == nil {
		b.Fail("", "a condition was not made by a column", nil)
	}
	if b.Err != nil {
		return out
	}
	elem := ""
	if c.Ref().elem != nil {
		elem = b.key(c.Ref())
	}
	out.Relation = c.Relation(elem)
	if c.op == cql.In {
		out.holdsOnNull = b.bindIn(c)
		return out
	}
	out.Marker, out.null = b.bind(name, c.Ref().typ, &c.value)
	empty := out.null || b.bindsEmpty(c)
	switch {
	case c.op == cql.Eq:
		out.holdsOnNull = empty
	case c.op == cql.Ne:
		out.holdsOnNull = !empty
	case out.null:
		b.Fail(name, c.op.String()+" null never holds, and Cassandra refuses it; use IsNull or IsNotNull", nil)
	}
	return out
}

// bindsEmpty reports whether the value just bound is an empty collection, which the
// server takes for null where it is not frozen.
func (b *Bound) bindsEmpty(c *Cond) bool {
	n := b.Call.Len()
	return b.Err == nil && n > 0 && c.Ref().typ.EmptyIsNull(b.Call.Cell(n-1))
}

func (b *Bound) bindIn(c *Cond) (hasNull bool) {
	list := c.value.List()
	if len(list) == 0 {
		b.Fail(c.Ref().name, "IN without a value never holds", nil)
		return false
	}
	t := c.value.other().typ
	if t == nil {
		t = c.Ref().typ
	}
	b.Call.For(c.Ref().name, driver.Compared)
	hasNull, err := b.Call.BindList(t, len(list), func(dst []byte, i int) ([]byte, bool, error) {
		o := &list[i]
		switch {
		case o.err() != nil:
			return dst, false, o.err()
		case o.Cell() != nil:
			return append(dst, o.Cell()...), false, nil
		case o.codec == nil:
			return dst, true, nil
		}
		out, null, err := o.codec.Append(dst, o.p)
		return out, null || err == nil && c.Ref().typ.EmptyIsNull(out[len(dst):]), err
	})
	if err != nil {
		b.Fail(c.Ref().name, "", err)
	}
	return hasNull
}

// named is the column of r, which may be one that does not exist.
func (r *Ref) named() cql.Column {
	if r.col == nil {
		return cql.Column{Name: r.name}
	}
	return Named(r.col)
}

// Relation is the condition's text, with the marker of its element key if it has one.
func (c *Cond) Relation(elem string) cql.Relation {
	rel := cql.Relation{Target: cql.Target{Column: c.Ref().named(), Field: c.Ref().field}, Op: c.op, Marker: cql.Mark}
	if c.Ref().elem != nil {
		rel.Elem = elem
	}
	return rel
}

// condition binds one condition of IF. rowNamed: the statement names a clustering row,
// so that a static column says nothing about the row.
func (b *Bound) condition(c *Cond, rowNamed bool) {
	if c.value.Many() != nil {
		b.Fail("", "a condition is on one column; one on several at once, or on the token, belongs into Find", nil)
	}
	rel := b.relation(c)
	if b.Err != nil {
		return
	}
	col := c.Ref().col
	switch {
	case col.Key():
		b.Fail(col.Name, "a key column takes no condition; put it into Find", nil)
	case c.op == cql.Like:
		b.Fail(col.Name, "LIKE is for Find; CQL has no such condition", nil)
	}
	if c.Ref().elem != nil && col.Type.Kind == codec.Map && !rel.null && !col.Type.Elem.ComparedAsKey(col.Type.Key, c.op.Ordered()) {
		b.Fail(col.Name, "Cassandra compares the value of a map's key as if it were a "+col.Type.Key.String()+
			", like the keys, so "+c.op.String()+" can hold there when it should not; coodie refuses it on every server: "+
			"compare the whole map, or a column of its own", nil)
	}
	if !rel.holdsOnNull && (col.Kind != meta.Static || !rowNamed) {
		b.Proves = true
	}
	b.Stmt.If = append(b.Stmt.If, rel.Relation)
}

func (b *Bound) nullKey(c *meta.Column) {
	b.Fail(c.Name, "a "+c.Kind.String()+" column cannot be null; set field "+c.Field, nil)
}

// emptyKey refuses what the server would: an empty partition key of one column.
func (b *Bound) emptyKey(c *meta.Column, cell []byte) {
	if len(cell) == 0 && len(b.Meta.Partition) == 1 && c.Kind == meta.Partition && c.Type.Kind != codec.Tuple {
		b.Fail(c.Name, "the partition key cannot be empty; set field "+c.Field, nil)
	}
}

// lastCell is what was bound last.
func (b *Bound) lastCell() []byte {
	if n := b.Call.Len(); n > 0 {
		return b.Call.Cell(n - 1)
	}
	return nil
}

// documentKey restricts the primary key, or only the partition key, to that of the
// struct at p.
func (b *Bound) documentKey(p codec.Addr, partitionOnly bool) {
	for _, key := range [2][]*meta.Column{b.Meta.Partition, b.Meta.Clustering} {
		for _, c := range key {
			if partitionOnly && c.Kind != meta.Partition {
				return
			}
			b.Call.For(c.Name, driver.Compared)
			marker, null, err := b.Call.Bind(c.Codec, p.Field(c.Offset), false)
			if err != nil {
				b.Fail(c.Name, "field "+c.Field, err)
				return
			}
			if null {
				b.nullKey(c)
			}
			b.emptyKey(c, b.lastCell())
			b.Stmt.Where = append(b.Stmt.Where, cql.Relation{Target: cql.Target{Column: Named(c)}, Marker: marker})
		}
	}
}

// keyUse says how far the filters of a write restrict the primary key.
type keyUse uint8

const (
	keyOpen      keyUse = iota // a range, an IN, or a key column left out
	keyPartition               // every partition key column by one value, and no clustering column
	keyFull                    // every key column by one value
)

// filters binds WHERE and says what it restricts.
func (b *Bound) filters(where []Cond) keyUse {
	for i := range where {
		c := &where[i]
		if m := c.value.Many(); m != nil {
			b.several(c, m)
			continue
		}
		rel := b.relation(c)
		b.filterable(c, &rel)
		if b.Err != nil {
			return keyOpen
		}
		b.Stmt.Where = append(b.Stmt.Where, rel.Relation)
		if col := c.Ref().col; col.Key() {
			if rel.null {
				b.nullKey(col)
			}
			if c.op == cql.Eq {
				b.emptyKey(col, b.lastCell())
			}
		}
	}
	use := keyPartition
	for _, c := range b.Meta.Partition {
		if !b.fixedByEq(where, c) {
			use = keyOpen
		}
	}
	if use == keyOpen {
		return keyOpen
	}
	single := 0
	for _, c := range b.Meta.Clustering {
		if b.fixedByEq(where, c) {
			single++
		} else if restricted(where, c) {
			return keyOpen
		}
	}
	switch {
	case single == len(b.Meta.Clustering):
		return keyFull
	case single > 0:
		return keyOpen
	}
	return keyPartition
}

// fixedByEq reports whether the filters give the column exactly one value.
func (b *Bound) fixedByEq(where []Cond, c *meta.Column) bool {
	found := false
	for i := range where {
		if where[i].Ref().col != c || where[i].op != cql.Eq {
			continue
		}
		if found {
			b.Fail(c.Name, "the key column is given twice", nil)
		}
		found = true
	}
	return found
}

func restricted(where []Cond, c *meta.Column) bool {
	for i := range where {
		if where[i].Ref().col == c || where[i].value.Many().restricts(c) {
			return true
		}
	}
	return false
}

// needKeys fails for the first of the columns that the filters leave out.
func (b *Bound) needKeys(where []Cond, columns []*meta.Column) {
	for _, c := range columns {
		if !restricted(where, c) {
			b.Fail(c.Name, fmt.Sprintf("the %s column is missing from the filters", c.Kind), nil)
			return
		}
	}
}

// checkKey refuses filters that the statement cannot have.
func (b *Bound) checkKey(where []Cond, use keyUse, static, cas bool) {
	for i := range where {
		if m := where[i].value.Many(); m != nil {
			if m.Token {
				b.Fail("", "a write takes no token range: CQL has it in SELECT only", nil)
			}
			continue
		}
		if col := where[i].Ref().col; b.Err == nil && !col.Key() {
			b.Fail(col.Name, "a write selects rows by key columns only; a condition on another column belongs into If", nil)
		}
	}
	b.needKeys(where, b.Meta.Partition)
	rows := b.Stmt.Verb == cql.Update || len(b.Stmt.Deletions) > 0 || cas
	switch {
	case use == keyFull && (!static || len(b.Meta.Clustering) == 0):
	case use == keyFull:
		b.Fail("", "only static columns are concerned, so Find takes the partition key alone", nil)
	case use == keyPartition && static:
	case cas || rows:
		b.needKeys(where, b.Meta.Clustering)
		if cas {
			b.Fail("", "a conditional write names one row: each key column by Eq, no range and no IN", nil)
		}
	}
}
