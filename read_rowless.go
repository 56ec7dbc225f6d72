package coodie

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// A partition that has static values and no row is sent all the same: as one line whose clustering
// and regular columns are null, which the server counts in LIMIT and count(*). It leaves such a line out if
// a filter is on a clustering or regular column. Reads of rows pass over it: they find it by the null
// in a clustering column, which they select for that if need be. Reads of nothing but keys and
// static columns have it.

// telling is how a read tells rows from the lines of partitions that have none.
type telling struct {
	by    *meta.Column // the clustering column that is null in a line without a row; nil: there are no such lines, or they are wanted
	known bool         // the table is known to have static columns, so that there may be such lines
	cell  int          // where it is among the cells, from 1; 0: nowhere
	most  int          // rows are counted here, up to so many; 0: the server counts
	cuts  bool         // the server counts, and might count lines without a row
}

// lineOfRow is the name of a clustering column that is selected for telling alone.
const lineOfRow = "[row]"

// pageOfRows is how many lines a page has at least where LIMIT is counted here.
const pageOfRows = 100

// tells returns the clustering column that tells rows in the answer to a read of these filters;
// one that is no tuple if there is one.
func (c *spec) tells(want readKind) *meta.Column {
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
func (c *spec) tell(b *builder, want readKind) {
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
func (c *spec) bindLimit(b *builder) {
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
func (c *spec) named() int {
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
