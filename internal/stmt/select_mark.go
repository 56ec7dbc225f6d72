package stmt

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

// RowMark is how a read tells rows from the lines of partitions that have none.
type RowMark struct {
	By    *meta.Column // the clustering column that is null in a line without a row; nil: there are no such lines, or they are wanted
	known bool         // the table is known to have static columns, so that there may be such lines
	Cell  int          // where it is among the cells, from 1; 0: nowhere
	Most  int          // rows are counted here, up to so many; 0: the server counts
	Cuts  bool         // the server counts, and might count lines without a row
}

// RowMarkName is the name of a clustering column that is selected to tell rows, and for nothing else.
const RowMarkName = "[row]"

// pageOfRows is how many lines a page has at least where LIMIT is counted here.
const pageOfRows = 100

// rowMarkOf returns the clustering column that tells rows in the answer to a read of these filters;
// one that is no tuple if there is one.
func (c *Spec) rowMarkOf(want ReadKind) *meta.Column {
	if c.Table == nil || !c.Value.None() || want == ReadRow || c.ReadOptions.partitions() {
		return nil
	}
	for i := range c.Where {
		w := &c.Where[i]
		m, col := w.value.Many(), w.Ref().col
		if (m == nil || !m.Token) && (col == nil || !PartitionWide(col)) {
			return nil
		}
	}
	for _, col := range c.Table.Meta.Clustering {
		if col.Type.Kind != codec.Tuple {
			return col
		}
	}
	if len(c.Table.Meta.Clustering) > 0 {
		return c.Table.Meta.Clustering[0]
	}
	return nil
}

// markRows makes the SELECT list tell rows.
func (c *Spec) markRows(b *Bound, want ReadKind) {
	ch, by := c.ReadOptions, b.RowMark.By
	switch {
	case by == nil || b.Err != nil:
		return
	case want == ReadCount:
		if b.RowMark.known {
			b.Stmt.Terms = []string{countOf(by)}
		}
		return
	case ch.SingleRow():
		return
	case want == ReadAny && (ch == nil || ch.Only == nil && ch.Terms == nil):
		b.Stmt.Columns = c.Table.Columns[by.Index : by.Index+1]
	}
	term, itself := cql.Quote(by.Name), true
	if by.Type.Kind == codec.Tuple && !b.Stmt.JSON { // of which gocql gives null for a tuple of nulls
		term, itself = cql.Call("tojson", term), false
	}
	for i := range b.Stmt.Columns {
		if itself && b.Stmt.Columns[i].ID == by.Index {
			b.RowMark.Cell = i + 1
		}
	}
	if ch != nil {
		for i, e := range ch.Terms {
			if itself && e.Bare() && e.ref.col == by {
				b.RowMark.Cell = i + 1
			}
		}
	}
	if b.RowMark.Cell == 0 && b.RowMark.known {
		b.Stmt.Line = cql.As(term, RowMarkName)
		b.RowMark.Cell = len(b.Stmt.Columns) + len(b.Stmt.Terms) + 1
	}
}

func countOf(col *meta.Column) string { return cql.Call("count", cql.Quote(col.Name)) }

// bindLimit binds LIMIT, unless the rows have to be counted here.
func (c *Spec) bindLimit(b *Bound) {
	n, named := *c.Limit, c.PartitionsNamed()
	switch {
	case b.RowMark.Cell == 0 || named == 1: // a partition without a row is one line
	case !b.RowMark.known:
		b.RowMark.Cuts = true
	case named > 1:
		b.RowMark.Most = n
		n = min(n+named, math.MaxInt32)
	default:
		b.RowMark.Most = n
		return
	}
	b.Stmt.Limit = true
	b.Call.BindInt(int32(n))
}

// JSONMember finds the member of an object that is the column of that name, and where the one before it ends.
func JSONMember(object []byte, name string) (end int64, value json.RawMessage) {
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
