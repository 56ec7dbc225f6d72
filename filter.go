package coodie

import (
	"encoding/binary"
	"errors"
	"reflect"
	"slices"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// Like is the filter `column LIKE pattern`, for text: % stands for any text. Cassandra
// needs an SASI index for it, made for patterns of that kind; ScyllaDB needs AllowFiltering.
func (c *Column[T, V]) Like(pattern string) Cond[T] { return Cond[T](like(refOf(c), pattern)) }

// Like is the filter `column LIKE pattern`: see Column.Like.
func (c *AnyColumn[T]) Like(pattern string) Cond[T] { return Cond[T](like((*ref)(c), pattern)) }

func like(r *ref, pattern string) cond {
	o := operand{}
	if r = r.sure(); r.err == nil && r.typ != nil {
		cd, err := codec.For(reflect.TypeFor[string](), r.typ)
		if r.typ.Kind != codec.Text && r.typ.Kind != codec.ASCII {
			err = errors.New("LIKE compares text, and the column is a " + r.typ.String())
		}
		if o = operandOf(cd, pattern); err != nil {
			o = badOperand(err)
		}
	}
	return cond{r, cql.Like, o}
}

// Columns is several clustering columns compared at once, as in `(day, seq) > (?, ?)`:
// by the first column, and where it is equal by the next. See Cols.
type Columns[T any] columns

type columns struct{ refs []*ref }

// Cols is clustering columns, in the order of the key, that are compared at once. What they
// are compared with is a T, of which only their fields count; so the rows that come after
// one that was read are
//
//	events.Find(device.Eq("d1"), coodie.Cols(at, seq).Gt(last))
func Cols[T any](first Target[T], more ...Target[T]) *Columns[T] {
	refs := make([]*ref, 0, 1+len(more))
	for _, t := range append([]Target[T]{first}, more...) {
		if t == nil {
			refs = append(refs, badRef("", errors.New("Cols got a nil column")))
			continue
		}
		refs = append(refs, t.target(nil).sure())
	}
	c := Columns[T](columnsOf(refs))
	return &c
}

// Eq is the filter `(a, b) = (?, ?)`.
func (c *Columns[T]) Eq(row T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.Eq, listed{codec.At(&row), 0, 1}))
}

// Lt is the filter `(a, b) < (?, ?)`. In columns of descending order it selects what comes later.
func (c *Columns[T]) Lt(row T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.Lt, listed{codec.At(&row), 0, 1}))
}

// Le is the filter `(a, b) <= (?, ?)`.
func (c *Columns[T]) Le(row T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.Le, listed{codec.At(&row), 0, 1}))
}

// Gt is the filter `(a, b) > (?, ?)`.
func (c *Columns[T]) Gt(row T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.Gt, listed{codec.At(&row), 0, 1}))
}

// Ge is the filter `(a, b) >= (?, ?)`.
func (c *Columns[T]) Ge(row T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.Ge, listed{codec.At(&row), 0, 1}))
}

// In is the filter `(a, b) IN ?`, with the rows' values bound as one list of tuples.
func (c *Columns[T]) In(rows ...T) Cond[T] {
	return Cond[T]((*columns)(c).compare(cql.In, listOf(rows)))
}

// compare is the filter with the rows.
func (c *columns) compare(op cql.Op, rows listed) cond {
	m := &many{refs: c.refs}
	for i := range rows.n {
		m.rows = append(m.rows, rows.at(i))
	}
	return cond{op: op, value: (&otherOperand{many: m}).operand()}
}

// many is what a filter on several columns compares, and with which rows.
type many struct {
	refs  []*ref
	rows  []codec.Addr // structs of the table
	token bool         // of the partition key; without a row the operand itself is the token
}

// restricts reports whether the filter is on the column, among others.
func (m *many) restricts(c *meta.Column) bool {
	if m == nil || m.token {
		return false
	}
	for i := range m.refs {
		if m.refs[i].col == c {
			return true
		}
	}
	return false
}

// filterable refuses a filter that no server takes, though it can be a condition.
func (b *builder) filterable(c *cond, rel *bound) {
	if b.err != nil {
		return
	}
	name := c.ref().name
	switch {
	case c.op == cql.Ne && rel.null:
		b.fail(name, "SELECT, UPDATE and DELETE have no IS NOT NULL in WHERE (only CREATE MATERIALIZED VIEW has); "+
			"read the rows and pass over those where it is null", nil)
	case c.op == cql.Ne:
		b.fail(name, "WHERE has no !=; ask for what is less and what is greater, or read the rows and pass over the others", nil)
	case rel.null && !c.ref().col.Key(), c.op == cql.In && rel.holdsOnNull && !c.ref().col.Key():
		b.fail(name, "WHERE cannot ask for null; read the rows and pass over the others", nil)
	case c.ref().elem != nil && c.ref().col.Type.Kind == codec.List:
		b.fail(name, "WHERE cannot look at one element of a list; Contains asks for any", nil)
	case c.ref().elem != nil && c.op != cql.Eq:
		b.fail(name, "WHERE compares the value of a map's key by Eq only", nil)
	}
}

// several binds a filter on several columns at once.
func (b *builder) several(c *cond, m *many) {
	rel := cql.Relation{Op: c.op, Marker: cql.Mark, Tuple: &cql.Tuple{Token: m.token}}
	key := b.table.Partition
	if !m.token {
		key = b.slice(m)
	}
	if b.err != nil {
		return
	}
	for _, col := range key {
		rel.Tuple.Columns = append(rel.Tuple.Columns, named(col))
	}
	switch {
	case m.token && len(m.rows) == 0:
		rel.Marker, _ = b.bind("", bigint, &c.value)
	case c.op == cql.In:
		b.tuples(key, m.rows)
	case m.token:
		rel.Marker = "token" + b.tuple(key, m.rows[0])
	default:
		rel.Marker = b.tuple(key, m.rows[0])
	}
	b.stmt.Where = append(b.stmt.Where, rel)
}

// slice is the columns of the filter, which are clustering columns side by side.
func (b *builder) slice(m *many) (key []*meta.Column) {
	for i := range m.refs {
		r := m.refs[i]
		switch {
		case r.err != nil:
			b.fail(r.name, "", r.err)
		case r.col == nil:
			b.fail(r.name, "", errNoColumn)
		case r.elem != nil || r.field != "" || r.col.Kind != meta.Clustering:
			b.fail(r.name, "Cols compares clustering columns", nil)
		case i > 0 && b.err == nil && slices.Index(b.table.Clustering, r.col) != slices.Index(b.table.Clustering, key[i-1])+1:
			b.fail(r.name, "Cols takes clustering columns in the order of the key, and leaves none out between", nil)
		}
		if b.err != nil {
			return nil
		}
		key = append(key, r.col)
	}
	return key
}

// tuple binds the columns' values in the struct at row, each by a marker of its own.
func (b *builder) tuple(columns []*meta.Column, row codec.Addr) (markers string) {
	markers = "("
	for i, c := range columns {
		if i > 0 {
			markers += ", "
		}
		o := operand{codec: c.Codec, p: row.Field(c.Offset)}
		marker, null := b.bind(c.Name, c.Type, &o)
		if null {
			b.nullKey(c)
		}
		markers += marker
	}
	return markers + ")"
}

// tuples binds the columns' values in the structs at rows, as one list of tuples.
func (b *builder) tuples(columns []*meta.Column, rows []codec.Addr) {
	if len(rows) == 0 {
		b.fail("", "IN without a value never holds", nil)
		return
	}
	t := &codec.Type{Kind: codec.Tuple}
	for _, c := range columns {
		t.Elems = append(t.Elems, c.Type)
	}
	b.call.For(columns[0].Name, driver.Compared)
	_, err := b.call.BindList(t, len(rows), func(dst []byte, i int) ([]byte, bool, error) {
		for _, c := range columns {
			at := len(dst)
			out, null, err := c.Codec.Append(append(dst, 0, 0, 0, 0), rows[i].Field(c.Offset))
			if err != nil {
				return dst, false, err
			}
			if null {
				b.nullKey(c)
			}
			binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
			dst = out
		}
		return dst, false, nil
	})
	if err != nil {
		b.fail("", "", err)
	}
}
