package coodie

import (
	"fmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// bound is a filter or condition whose value is bound.
type bound struct {
	cql.Relation
	null        bool // its value is null
	holdsOnNull bool // it would hold if the column were null
}

// relation binds a filter or condition.
func (b *builder) relation(c *cond) (out bound) {
	name := c.ref().name
	if c.ref().err != nil {
		b.fail(name, "", c.ref().err)
	}
	if c.ref().col == nil && b.err == nil {
		b.fail("", "a condition was not made by a column", nil)
	}
	if b.err != nil {
		return out
	}
	elem := ""
	if c.ref().elem != nil {
		elem = b.key(c.ref())
	}
	out.Relation = c.relation(elem)
	if c.op == cql.In {
		out.holdsOnNull = b.bindIn(c)
		return out
	}
	out.Marker, out.null = b.bind(name, c.ref().typ, &c.value)
	empty := out.null || b.bindsEmpty(c)
	switch {
	case c.op == cql.Eq:
		out.holdsOnNull = empty
	case c.op == cql.Ne:
		out.holdsOnNull = !empty
	case out.null:
		b.fail(name, c.op.String()+" null never holds, and Cassandra refuses it; use IsNull or IsNotNull", nil)
	}
	return out
}

// bindsEmpty reports whether the value just bound is an empty collection, which the
// server takes for null where it is not frozen.
func (b *builder) bindsEmpty(c *cond) bool {
	n := b.call.Len()
	return b.err == nil && n > 0 && c.ref().typ.EmptyIsNull(b.call.Cell(n-1))
}

func (b *builder) bindIn(c *cond) (hasNull bool) {
	list := c.value.list()
	if len(list) == 0 {
		b.fail(c.ref().name, "IN without a value never holds", nil)
		return false
	}
	t := c.value.other().typ
	if t == nil {
		t = c.ref().typ
	}
	b.call.For(c.ref().name, driver.Compared)
	hasNull, err := b.call.BindList(t, len(list), func(dst []byte, i int) ([]byte, bool, error) {
		o := &list[i]
		switch {
		case o.err() != nil:
			return dst, false, o.err()
		case o.cell() != nil:
			return append(dst, o.cell()...), false, nil
		case o.codec == nil:
			return dst, true, nil
		}
		out, null, err := o.codec.Append(dst, o.p)
		return out, null || err == nil && c.ref().typ.EmptyIsNull(out[len(dst):]), err
	})
	if err != nil {
		b.fail(c.ref().name, "", err)
	}
	return hasNull
}

// named is the column of r, which may be one that does not exist.
func (r *ref) named() cql.Column {
	if r.col == nil {
		return cql.Column{Name: r.name}
	}
	return named(r.col)
}

// relation is the condition's text, with the marker of its element key if it has one.
func (c *cond) relation(elem string) cql.Relation {
	rel := cql.Relation{Target: cql.Target{Column: c.ref().named(), Field: c.ref().field}, Op: c.op, Marker: cql.Mark}
	if c.ref().elem != nil {
		rel.Elem = elem
	}
	return rel
}

// condition binds one condition of IF. rowNamed: the statement names a clustering row,
// so that a static column says nothing about the row.
func (b *builder) condition(c *cond, rowNamed bool) {
	if c.value.many() != nil {
		b.fail("", "a condition is on one column; one on several at once, or on the token, belongs into Find", nil)
	}
	rel := b.relation(c)
	if b.err != nil {
		return
	}
	col := c.ref().col
	switch {
	case col.Key():
		b.fail(col.Name, "a key column takes no condition; put it into Find", nil)
	case c.op == cql.Like:
		b.fail(col.Name, "LIKE is for Find; CQL has no such condition", nil)
	}
	if c.ref().elem != nil && col.Type.Kind == codec.Map && !rel.null && !col.Type.Elem.ComparedAsKey(col.Type.Key, c.op.Ordered()) {
		b.fail(col.Name, "Cassandra compares the value of a map's key as if it were a "+col.Type.Key.String()+
			", like the keys, so "+c.op.String()+" can hold there when it should not; coodie refuses it on every server: "+
			"compare the whole map, or a column of its own", nil)
	}
	if !rel.holdsOnNull && (col.Kind != meta.Static || !rowNamed) {
		b.proves = true
	}
	b.stmt.If = append(b.stmt.If, rel.Relation)
}

func (b *builder) nullKey(c *meta.Column) {
	b.fail(c.Name, "a "+c.Kind.String()+" column cannot be null; set field "+c.Field, nil)
}

// emptyKey refuses what the server would: an empty partition key of one column.
func (b *builder) emptyKey(c *meta.Column, cell []byte) {
	if len(cell) == 0 && len(b.table.Partition) == 1 && c.Kind == meta.Partition && c.Type.Kind != codec.Tuple {
		b.fail(c.Name, "the partition key cannot be empty; set field "+c.Field, nil)
	}
}

// lastCell is what was bound last.
func (b *builder) lastCell() []byte {
	if n := b.call.Len(); n > 0 {
		return b.call.Cell(n - 1)
	}
	return nil
}

// documentKey restricts the primary key, or only the partition key, to that of the
// struct at p.
func (b *builder) documentKey(p codec.Addr, partitionOnly bool) {
	for _, key := range [2][]*meta.Column{b.table.Partition, b.table.Clustering} {
		for _, c := range key {
			if partitionOnly && c.Kind != meta.Partition {
				return
			}
			b.call.For(c.Name, driver.Compared)
			marker, null, err := b.call.Bind(c.Codec, p.Field(c.Offset), false)
			if err != nil {
				b.fail(c.Name, "field "+c.Field, err)
				return
			}
			if null {
				b.nullKey(c)
			}
			b.emptyKey(c, b.lastCell())
			b.stmt.Where = append(b.stmt.Where, cql.Relation{Target: cql.Target{Column: named(c)}, Marker: marker})
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
func (b *builder) filters(where []cond) keyUse {
	for i := range where {
		c := &where[i]
		if m := c.value.many(); m != nil {
			b.several(c, m)
			continue
		}
		rel := b.relation(c)
		b.filterable(c, &rel)
		if b.err != nil {
			return keyOpen
		}
		b.stmt.Where = append(b.stmt.Where, rel.Relation)
		if col := c.ref().col; col.Key() {
			if rel.null {
				b.nullKey(col)
			}
			if c.op == cql.Eq {
				b.emptyKey(col, b.lastCell())
			}
		}
	}
	use := keyPartition
	for _, c := range b.table.Partition {
		if !b.one(where, c) {
			use = keyOpen
		}
	}
	if use == keyOpen {
		return keyOpen
	}
	single := 0
	for _, c := range b.table.Clustering {
		if b.one(where, c) {
			single++
		} else if restricted(where, c) {
			return keyOpen
		}
	}
	switch {
	case single == len(b.table.Clustering):
		return keyFull
	case single > 0:
		return keyOpen
	}
	return keyPartition
}

// one reports whether the filters give the column exactly one value.
func (b *builder) one(where []cond, c *meta.Column) bool {
	found := false
	for i := range where {
		if where[i].ref().col != c || where[i].op != cql.Eq {
			continue
		}
		if found {
			b.fail(c.Name, "the key column is given twice", nil)
		}
		found = true
	}
	return found
}

func restricted(where []cond, c *meta.Column) bool {
	for i := range where {
		if where[i].ref().col == c || where[i].value.many().restricts(c) {
			return true
		}
	}
	return false
}

// needKeys fails for the first of the columns that the filters leave out.
func (b *builder) needKeys(where []cond, columns []*meta.Column) {
	for _, c := range columns {
		if !restricted(where, c) {
			b.fail(c.Name, fmt.Sprintf("the %s column is missing from the filters", c.Kind), nil)
			return
		}
	}
}

// checkKey refuses filters that the statement cannot have.
func (b *builder) checkKey(where []cond, use keyUse, static, cas bool) {
	for i := range where {
		if m := where[i].value.many(); m != nil {
			if m.token {
				b.fail("", "a write takes no token range: CQL has it in SELECT only", nil)
			}
			continue
		}
		if col := where[i].ref().col; b.err == nil && !col.Key() {
			b.fail(col.Name, "a write selects rows by key columns only; a condition on another column belongs into If", nil)
		}
	}
	b.needKeys(where, b.table.Partition)
	rows := b.stmt.Verb == cql.Update || len(b.stmt.Deletions) > 0 || cas
	switch {
	case use == keyFull && (!static || len(b.table.Clustering) == 0):
	case use == keyFull:
		b.fail("", "only static columns are concerned, so Find takes the partition key alone", nil)
	case use == keyPartition && static:
	case cas || rows:
		b.needKeys(where, b.table.Clustering)
		if cas {
			b.fail("", "a conditional write names one row: each key column by Eq, no range and no IN", nil)
		}
	}
}
