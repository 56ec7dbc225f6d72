package coodie

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// builder makes a statement and binds its values, in the order of the statement's
// markers. Everything that can be refused before sending is refused here; the first
// mistake stays in err.
type builder struct {
	op     string
	table  *meta.Table
	name   string // for messages
	cas    bool
	stmt   cql.Statement
	call   *driver.Call
	err    error
	proves bool // some condition can only hold on an existing row
	// idempotent: carrying it out twice in a row is the same as once
	idempotent bool
}

func newBuilder[T any](t *Table[T], verb cql.Verb, op string, cas bool) *builder {
	b := &builder{op: op, cas: cas, call: driver.NewCall(), idempotent: true, table: &meta.Table{}}
	if t == nil {
		b.fail("", "the Document or QuerySet is a zero value; make it with Table.New or Table.Find", nil)
		return b
	}
	b.table, b.name = t.meta, t.name
	b.stmt.Verb, b.stmt.Table = verb, t.quoted
	if cas && t.meta.Counter {
		b.fail("", "counters cannot be written conditionally; Cassandra has no LWT on counter tables", nil)
	}
	return b
}

func (b *builder) fail(column, reason string, err error) {
	if b.err == nil {
		b.err = &UsageError{Op: b.op, Table: b.name, Column: column, Reason: reason, Err: err}
	}
}

// bind encodes a value for a column of type t and returns its marker.
func (b *builder) bind(column string, t *codec.Type, o *operand) (marker string, null bool) {
	if b.err != nil {
		return cql.Mark, false
	}
	if o.err != nil {
		b.fail(column, "", o.err)
		return cql.Mark, false
	}
	if o.codec == nil {
		if t.Kind == codec.Tuple {
			return cql.Null, true // one marker would stand for several values in gocql
		}
		b.call.BindNull()
		return cql.Mark, true
	}
	marker, null, err := b.call.Bind(o.codec, o.p, false)
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
		// Rounded up to whole seconds: a lease must not end before its holder thinks so.
		b.call.BindInt(int32((*ttl + time.Second - 1) / time.Second))
	}
	if timestamp != nil {
		if b.cas {
			b.fail("", "a conditional write takes no timestamp: Paxos sets it (CQL refuses USING TIMESTAMP with IF)", nil)
		}
		b.stmt.Timestamp = true
		b.call.BindBigint(timestamp.UnixMicro())
	}
}

// values binds all columns of the struct at p for an INSERT.
func (b *builder) values(p unsafe.Pointer, unsetNull bool) {
	if b.table.Counter {
		b.fail("", "counters cannot be inserted; Update with Add", nil)
	}
	for _, c := range b.table.Columns {
		if b.err != nil {
			return
		}
		marker, null, err := b.call.Bind(c.Codec, unsafe.Add(p, c.Offset), unsetNull)
		switch {
		case err != nil:
			b.fail(c.Name, "field "+c.Field, err)
		case c.Key() && null:
			b.nullKey(c)
		case null && unsetNull && marker == cql.Null:
			continue // a tuple cannot be left unset through gocql, so its column is left out
		}
		if c.Kind == meta.Partition {
			b.emptyKey(c)
		}
		b.stmt.Values = append(b.stmt.Values, cql.Value{Column: c.Name, Marker: marker})
	}
}

func (b *builder) nullKey(c *meta.Column) {
	b.fail(c.Name, "a "+c.Kind.String()+" column cannot be null; set field "+c.Field, nil)
}

// emptyKey refuses what the server would: an empty partition key of one column.
func (b *builder) emptyKey(c *meta.Column) {
	if n := b.call.Len(); b.err == nil && n > 0 && len(b.table.Partition) == 1 &&
		c.Type.Kind != codec.Tuple && len(b.call.Cell(n-1)) == 0 {
		b.fail(c.Name, "the partition key cannot be empty; set field "+c.Field, nil)
	}
}

// documentKey restricts the primary key, or only the partition key, to that of the
// struct at p.
func (b *builder) documentKey(p unsafe.Pointer, partitionOnly bool) {
	for _, key := range [2][]*meta.Column{b.table.Partition, b.table.Clustering} {
		for _, c := range key {
			if partitionOnly && c.Kind != meta.Partition {
				return
			}
			marker, null, err := b.call.Bind(c.Codec, unsafe.Add(p, c.Offset), false)
			if err != nil {
				b.fail(c.Name, "field "+c.Field, err)
				return
			}
			if null {
				b.nullKey(c)
			}
			if c.Kind == meta.Partition {
				b.emptyKey(c)
			}
			b.stmt.Where = append(b.stmt.Where, cql.Relation{Target: cql.Target{Column: c.Name}, Marker: marker})
		}
	}
}

// bound is a filter or condition whose value is bound.
type bound struct {
	cql.Relation
	null        bool // its value is null
	holdsOnNull bool // it would hold if the column were null
}

// relation binds a filter or condition.
func (b *builder) relation(c *cond) (out bound) {
	name := c.ref.name
	if c.ref.err != nil {
		b.fail(name, "", c.ref.err)
	}
	if c.ref.col == nil && b.err == nil {
		b.fail("", "a condition was not made by a column", nil)
	}
	if b.err != nil {
		return out
	}
	elem := ""
	if c.ref.elem != nil {
		elem = b.key(&c.ref)
	}
	out.Relation = c.relation(elem)
	if c.op == cql.In {
		out.holdsOnNull = b.bindIn(c)
		return out
	}
	out.Marker, out.null = b.bind(name, c.ref.typ, &c.value)
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
	return b.err == nil && n > 0 && emptied(c.ref.typ, b.call.Cell(n-1))
}

func (b *builder) bindIn(c *cond) (hasNull bool) {
	list := c.value.list
	if len(list) == 0 {
		b.fail(c.ref.name, "IN without a value never holds", nil)
		return false
	}
	hasNull, err := b.call.BindList(c.ref.typ, len(list), func(dst []byte, i int) ([]byte, bool, error) {
		o := &list[i]
		switch {
		case o.err != nil:
			return dst, false, o.err
		case o.codec == nil:
			return dst, true, nil
		}
		out, null, err := o.codec.Append(dst, o.p)
		return out, null || err == nil && emptied(c.ref.typ, out[len(dst):]), err
	})
	if err != nil {
		b.fail(c.ref.name, "", err)
	}
	return hasNull
}

// relation is the condition's text, with the marker of its element key if it has one.
func (c *cond) relation(elem string) cql.Relation {
	rel := cql.Relation{Target: cql.Target{Column: c.ref.name, Field: c.ref.field}, Op: c.op, Marker: cql.Mark}
	if c.ref.elem != nil {
		rel.Elem = elem
	}
	return rel
}

// condition binds one condition of IF. rowNamed: the statement names a clustering row,
// so that a static column says nothing about the row.
func (b *builder) condition(c *cond, rowNamed bool) {
	rel := b.relation(c)
	if b.err != nil {
		return
	}
	col := c.ref.col
	if col.Key() {
		b.fail(col.Name, "a key column takes no condition; put it into Find", nil)
	}
	if !rel.holdsOnNull && (col.Kind != meta.Static || !rowNamed) {
		b.proves = true
	}
	b.stmt.If = append(b.stmt.If, rel.Relation)
}

// assignment binds one term of SET.
func (b *builder) assignment(a *assign) {
	if a.ref.err != nil {
		b.fail(a.ref.name, "", a.ref.err)
	}
	if a.ref.col == nil && b.err == nil {
		b.fail("", "an assignment was not made by a column", nil)
	}
	if b.err != nil {
		return
	}
	col, part := a.ref.col, a.ref.elem != nil || a.ref.field != ""
	collection := false
	switch col.Type.Kind {
	case codec.List, codec.Set, codec.Map:
		collection = true
	}
	switch {
	case col.Key():
		b.fail(col.Name, "a key column cannot be updated; delete the row and insert another", nil)
	case col.Type.Frozen && (part || a.change != cql.Set):
		b.fail(col.Name, "a frozen value can only be set whole", nil)
	case a.change == cql.Prepend && col.Type.Kind != codec.List:
		b.fail(col.Name, "only a list can be prepended to", nil)
	case a.change != cql.Set && (part || !collection && col.Type.Kind != codec.Counter):
		b.fail(col.Name, "only a collection or a counter can be added to or removed from", nil)
	case col.Type.Kind == codec.Counter && a.change == cql.Set:
		b.fail(col.Name, "a counter cannot be set, only added to", nil)
	}
	if b.err != nil {
		return
	}
	out := cql.Assignment{Target: cql.Target{Column: col.Name, Field: a.ref.field}, Change: a.change}
	if a.ref.elem != nil {
		out.Elem = b.key(&a.ref)
	}
	var null bool
	out.Marker, null = b.bind(col.Name, a.ref.typ, &a.value)
	if null && a.change != cql.Set && col.Type.Kind == codec.Counter {
		b.fail(col.Name, "null cannot be added to a counter", nil)
	}
	// A list has no idempotent change but being set or having values removed; a counter has none.
	if col.Type.Kind == codec.Counter || col.Type.Kind == codec.List && (a.ref.elem != nil || a.change == cql.Add || a.change == cql.Prepend) {
		b.idempotent = false
	}
	b.stmt.Assignments = append(b.stmt.Assignments, out)
}

// deletion adds one column, or part of one, to the DELETE list.
func (b *builder) deletion(r ref) {
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
	target := cql.Target{Column: r.name, Field: r.field}
	if r.elem != nil {
		target.Elem = b.key(&r)
		if r.col.Type.Kind == codec.List {
			b.idempotent = false
		}
	}
	b.stmt.Deletions = append(b.stmt.Deletions, target)
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
		rel := b.relation(c)
		if b.err != nil {
			return keyOpen
		}
		b.stmt.Where = append(b.stmt.Where, rel.Relation)
		if col := c.ref.col; col.Key() {
			if rel.null {
				b.nullKey(col)
			}
			if col.Kind == meta.Partition && c.op == cql.Eq {
				b.emptyKey(col)
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
		if where[i].ref.col != c || where[i].op != cql.Eq {
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
		if where[i].ref.col == c {
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
