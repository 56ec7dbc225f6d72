package coodie

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// A partition that has static values and no row is sent all the same: as one line whose clustering
// and regular columns are null, which the server counts in LIMIT and count(*). It leaves such a line out if
// a filter is on a clustering or regular column. Reads of rows pass over it: they find it by the null
// in a clustering column, which they select for that if need be. Reads of nothing but keys and
// static columns have it.

// telling is how a read tells rows from the lines of partitions that have none.
type telling struct {
	by     *meta.Column // the clustering column that is null in a line without a row; nil: there are no such lines, or they are wanted
	known  bool         // the table is known to have static columns, so that there may be such lines
	cell   int          // where it is among the cells, from 1; 0: nowhere
	most   int          // rows are counted here, up to so many; 0: the server counts
	cuts   bool         // the server counts, and might count lines without a row
	passed int          // how many of these there were
	rows   int          // how many rows there were
	skip   int          // how many of them an earlier statement of the same read has handed on
}

// lineOfRow is the name of a clustering column that is selected for telling alone.
const lineOfRow = "[row]"

// pageOfRows is how many lines a page has at least where LIMIT is counted here.
const pageOfRows = 100

// tells returns the clustering column that tells rows in the answer to a read of these filters;
// one that is no tuple if there is one.
func (c *chain) tells(want readKind) *meta.Column {
	if c.table == nil || !c.value.None() || want == readRow || c.readOptions.partitions() {
		return nil
	}
	for i := range c.where {
		w := &c.where[i]
		m, col := w.value.many(), w.ref().col
		if (m == nil || !m.token) && (col == nil || !partitionWide(col)) {
			return nil
		}
	}
	for _, col := range c.table.meta.Clustering {
		if col.Type.Kind != codec.Tuple {
			return col
		}
	}
	if len(c.table.meta.Clustering) > 0 {
		return c.table.meta.Clustering[0]
	}
	return nil
}

// partitions reports whether the choice is of partitions, or of an order that none without a row has.
func (ch *readOptions) partitions() bool {
	if ch == nil {
		return false
	}
	if ch.distinct || len(ch.orders) > 0 && ch.orders[0].direction == cql.ANN {
		return true
	}
	for _, r := range ch.only {
		if r.col == nil || r.col.Kind == meta.Regular {
			return false
		}
	}
	for _, e := range ch.terms {
		some, regular := false, false
		e.columns(func(col *meta.Column) { some, regular = true, regular || col.Kind == meta.Regular })
		if regular || !some && e.aggregate { // count(*)
			return false
		}
	}
	return len(ch.only)+len(ch.terms) > 0
}

// tell makes the SELECT list tell rows.
func (c *chain) tell(b *builder, want readKind) {
	ch, by := c.readOptions, b.rows.by
	switch {
	case by == nil || b.err != nil:
		return
	case want == readCount:
		if b.rows.known {
			b.stmt.Terms = []string{countOf(by)}
		}
		return
	case ch.oneRow():
		return
	case want == readAny && (ch == nil || ch.only == nil && ch.terms == nil):
		b.stmt.Columns = c.table.columns[by.Index : by.Index+1]
	}
	term, itself := cql.Quote(by.Name), true
	if by.Type.Kind == codec.Tuple && !b.stmt.JSON { // of which gocql gives null for a tuple of nulls
		term, itself = cql.Call("tojson", term), false
	}
	for i := range b.stmt.Columns {
		if itself && b.stmt.Columns[i].ID == by.Index {
			b.rows.cell = i + 1
		}
	}
	if ch != nil {
		for i, e := range ch.terms {
			if itself && e.bare() && e.ref.col == by {
				b.rows.cell = i + 1
			}
		}
	}
	if b.rows.cell == 0 && b.rows.known {
		b.stmt.Line = cql.As(term, lineOfRow)
		b.rows.cell = len(b.stmt.Columns) + len(b.stmt.Terms) + 1
	}
}

func countOf(col *meta.Column) string { return cql.Call("count", cql.Quote(col.Name)) }

// bindLimit binds LIMIT, unless the rows have to be counted here.
func (c *chain) bindLimit(b *builder) {
	n, named := *c.limit, c.named()
	switch {
	case b.rows.cell == 0 || named == 1: // a partition without a row is one line
	case !b.rows.known:
		b.rows.cuts = true
	case named > 1:
		b.rows.most = n
		n = min(n+named, math.MaxInt32)
	default:
		b.rows.most = n
		return
	}
	b.stmt.Limit = true
	b.call.BindInt(int32(n))
}

// named is how many partitions the filters name, by Eq and In; 0 if they do not name them.
func (c *chain) named() int {
	n := 1
	for _, col := range c.table.meta.Partition {
		at := c.filterOn(col)
		if at < 0 {
			return 0
		}
		if w := &c.where[at]; w.op == cql.In {
			n = min(n*max(1, len(w.value.list())), math.MaxInt32)
		}
	}
	return n
}

// fewer makes pages no larger than LIMIT would have made the answer, and fetches none ahead.
func (b *builder) fewer() {
	if b.rows.most == 0 || b.stmt.Limit {
		return
	}
	r := &b.request
	if size := max(b.rows.most, pageOfRows); r.PageSize == 0 && size < usualPage || r.PageSize > size {
		r.PageSize = size
	}
	if r.Prefetch == nil {
		r.Prefetch = new(float64)
	}
}

// next goes to the next row.
func (b *builder) next(rows *driver.Rows) bool {
	t := &b.rows
	for t.most == 0 || t.rows < t.most {
		if !rows.Next() {
			return false
		}
		if t.cell > 0 && b.rowless(rows.Cells()) {
			t.passed++
			continue
		}
		if t.rows++; t.rows > t.skip {
			return true
		}
	}
	return false
}

// cut reports whether LIMIT has left rows out, since lines without a row were counted.
func (t *telling) cut(limit *int) bool {
	return t.cuts && t.passed > 0 && limit != nil && t.rows+t.passed >= *limit
}

// rowless reports whether the cells are those of a partition without a row.
func (b *builder) rowless(cells [][]byte) bool {
	if !b.stmt.JSON {
		at := b.rows.cell - 1
		return at < len(cells) && (cells[at] == nil || b.rows.by.Type.Kind == codec.Tuple && string(cells[at]) == "null")
	}
	if !bytes.Contains(cells[0], []byte("null")) {
		return false
	}
	name := lineOfRow
	if b.stmt.Line == "" {
		name = b.rows.by.Name
	}
	_, value := jsonMember(cells[0], name)
	return string(value) == "null"
}

// shown are the cells without what was selected for telling alone. A JSON object is one cell, and that is
// its last member.
func (b *builder) shown(cells [][]byte) [][]byte {
	if b.stmt.JSON && b.stmt.Line != "" {
		if end, value := jsonMember(cells[0], lineOfRow); value != nil {
			return [][]byte{append(cells[0][:end:end], '}')}
		}
	}
	return cells
}

// jsonMember finds the member of an object that is the column of that name, and where the one before it ends.
func jsonMember(object []byte, name string) (end int64, value json.RawMessage) {
	if name != strings.ToLower(name) {
		name = `"` + name + `"`
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return 0, nil
	}
	for d.More() {
		end = d.InputOffset()
		key, err := d.Token()
		if err != nil || d.Decode(&value) != nil {
			return 0, nil
		}
		if key == name {
			return end, value
		}
	}
	return 0, nil
}

var errRowless = errors.New("the partition has static values and no row, so its clustering columns are null; " +
	"make the field a pointer, or select no clustering column")

// refusesNull reports whether a null of the column cannot be told from a value in a field of
// the type.
func refusesNull(col *meta.Column, goType reflect.Type) bool {
	if col.Kind != meta.Clustering || col.Type.Kind == codec.Tuple {
		return false
	}
	switch goType.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return false
	}
	return !codec.Unmarshals(goType)
}

// strict is read with an error instead of the zero value for a null of a clustering column.
func strict(col *meta.Column, goType reflect.Type, read cellReader) cellReader {
	if !refusesNull(col, goType) {
		return read
	}
	return func(p codec.Addr, cell []byte) error {
		if cell == nil {
			return errRowless
		}
		return read(p, cell)
	}
}
