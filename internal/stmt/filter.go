package stmt

import (
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// Columns are clustering columns that are compared at once.
type Columns struct {
	refs  []*Ref
	token *token // of the partition key instead
}

// token is that of a table's partition key, or why there is none.
type token struct {
	table *meta.Table
	err   error
}

// many is what a filter on several columns compares, and with which rows.
type many struct {
	refs  []*Ref
	rows  []codec.Addr // structs of the table
	Token bool         // of the partition key; without a row the operand itself is the token
}

// Like is the filter that a column of text is like a pattern.
func Like(r *Ref, pattern string) Cond {
	o := Operand{}
	if r = r.Sure(); r.err == nil && r.typ != nil {
		cd, err := codec.For(reflect.TypeFor[string](), r.typ)
		if r.typ.Kind != codec.Text && r.typ.Kind != codec.ASCII {
			err = errors.New("LIKE compares text, and the column is a " + r.typ.String())
		}
		if o = operandOf(cd, pattern); err != nil {
			o = BadOperand(err)
		}
	}
	return Cond{r, cql.Like, o}
}

// compare is the filter that they compare so with what is at p.
func (c *Columns) compare(op cql.Op, p codec.Addr) Cond {
	switch {
	case p.None(), op == cql.Ne:
		return Cond{on: BadRef(c.name(), errors.New("a filter compares it with a value, by Eq, Lt, Le, Gt or Ge"))}
	case c.token != nil:
		return TokenCond(op, *codec.As[int64](p))
	}
	return c.in(op, ListAt(p, 0, 1))
}

// in is the filter with the rows.
func (c *Columns) in(op cql.Op, rows Listed) Cond {
	if c.token != nil {
		return Cond{on: BadRef(c.name(), errors.New("a token is one of a range: use Ge and Le instead of In"))}
	}
	m := &many{refs: c.refs}
	for i := range rows.N {
		m.rows = append(m.rows, rows.At(i))
	}
	return Cond{op: op, value: (&otherOperand{many: m}).operand()}
}

func (c *Columns) name() string {
	if c.token != nil {
		return "token"
	}
	names := make([]string, len(c.refs))
	for i, r := range c.refs {
		names[i] = r.name
	}
	return "(" + strings.Join(names, ", ") + ")"
}

var errOnlyFilter = errors.New("it is for the filters of Find alone")

// RefToColumns refers to columns that are compared at once, with rows.
func RefToColumns(refs []*Ref) *Ref { return (&Columns{refs: refs}).ref() }

// RefToToken refers to the token of the table's partition key.
func RefToToken(table *meta.Table, err error) *Ref {
	return (&Columns{token: &token{table, err}}).ref()
}

func (c *Columns) ref() *Ref { return &Ref{name: c.name(), err: errOnlyFilter, together: c} }

// restricts reports whether the filter is on the column, among others.
func (m *many) restricts(c *meta.Column) bool {
	if m == nil || m.Token {
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
func (b *Bound) filterable(c *Cond, rel *relation) {
	if b.Err != nil {
		return
	}
	name := c.Ref().name
	switch {
	case c.op == cql.Ne && rel.null:
		b.Fail(name, "SELECT, UPDATE and DELETE have no IS NOT NULL in WHERE (only CREATE MATERIALIZED VIEW has); "+
			"read the rows and pass over those where it is null", nil)
	case c.op == cql.Ne:
		b.Fail(name, "WHERE has no !=; ask for what is less and what is greater, or read the rows and pass over the others", nil)
	case rel.null && !c.Ref().col.Key(), c.op == cql.In && rel.holdsOnNull && !c.Ref().col.Key():
		b.Fail(name, "WHERE cannot ask for null; read the rows and pass over the others", nil)
	case c.Ref().elem != nil && c.Ref().col.Type.Kind == codec.List:
		b.Fail(name, "WHERE cannot look at one element of a list; Contains asks for any", nil)
	case c.Ref().elem != nil && c.op != cql.Eq:
		b.Fail(name, "WHERE compares the value of a map's key by Eq only", nil)
	}
}

// several binds a filter on several columns at once.
func (b *Bound) several(c *Cond, m *many) {
	rel := cql.Relation{Op: c.op, Marker: cql.Mark, Tuple: &cql.Tuple{Token: m.Token}}
	key := b.Meta.Partition
	if !m.Token {
		key = b.slice(m)
	}
	if b.Err != nil {
		return
	}
	for _, col := range key {
		rel.Tuple.Columns = append(rel.Tuple.Columns, Named(col))
	}
	switch {
	case m.Token && len(m.rows) == 0:
		rel.Marker, _ = b.bind("", bigint, &c.value)
	case c.op == cql.In:
		b.tuples(key, m.rows)
	case m.Token:
		rel.Marker = "token" + b.tuple(key, m.rows[0])
	default:
		rel.Marker = b.tuple(key, m.rows[0])
	}
	b.Stmt.Where = append(b.Stmt.Where, rel)
}

// slice is the columns of the filter, which are clustering columns side by side.
func (b *Bound) slice(m *many) (key []*meta.Column) {
	for i := range m.refs {
		r := m.refs[i]
		switch {
		case r.err != nil:
			b.Fail(r.name, "", r.Err())
		case r.col == nil:
			b.Fail(r.name, "", errNoColumn)
		case r.elem != nil || r.field != "" || r.col.Kind != meta.Clustering:
			b.Fail(r.name, "Cols compares clustering columns", nil)
		case i > 0 && b.Err == nil && slices.Index(b.Meta.Clustering, r.col) != slices.Index(b.Meta.Clustering, key[i-1])+1:
			b.Fail(r.name, "Cols takes clustering columns in the order of the key, and leaves none out between", nil)
		}
		if b.Err != nil {
			return nil
		}
		key = append(key, r.col)
	}
	return key
}

// tuple binds the columns' values in the struct at row, each by a marker of its own.
func (b *Bound) tuple(columns []*meta.Column, row codec.Addr) (markers string) {
	markers = "("
	for i, c := range columns {
		if i > 0 {
			markers += ", "
		}
		o := Operand{codec: c.Codec, p: row.Field(c.Offset)}
		marker, null := b.bind(c.Name, c.Type, &o)
		if null {
			b.nullKey(c)
		}
		markers += marker
	}
	return markers + ")"
}

// tuples binds the columns' values in the structs at rows, as one list of tuples.
func (b *Bound) tuples(columns []*meta.Column, rows []codec.Addr) {
	if len(rows) == 0 {
		b.Fail("", "IN without a value never holds", nil)
		return
	}
	t := &codec.Type{Kind: codec.Tuple}
	for _, c := range columns {
		t.Elems = append(t.Elems, c.Type)
	}
	b.Call.For(columns[0].Name, driver.Compared)
	_, err := b.Call.BindList(t, len(rows), func(dst []byte, i int) ([]byte, bool, error) {
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
		b.Fail("", "", err)
	}
}

// TokenCond compares the token of the partition key.
func TokenCond(op cql.Op, t int64) Cond {
	cell := binary.BigEndian.AppendUint64(nil, uint64(t))
	return Cond{op: op, value: (&otherOperand{cell: cell, typ: bigint, many: &many{Token: true}}).operand()}
}

// TokenOf compares with the token of the row.
func TokenOf(op cql.Op, row codec.Addr) Cond {
	m := &many{Token: true, rows: []codec.Addr{row}}
	return Cond{op: op, value: (&otherOperand{many: m}).operand()}
}
