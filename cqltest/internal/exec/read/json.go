package read

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// toJSON folds each result row into one JSON object.
func (q *query) toJSON() {
	cols := q.s.jsonColumns()
	for i, line := range q.result.Rows {
		b := []byte{'{'}
		for j, c := range cols {
			if j > 0 {
				b = append(b, ", "...)
			}
			label := c.Name
			if label != strings.ToLower(label) {
				label = `"` + label + `"`
			}
			b = append(b, '"')
			b = types.AppendJSONString(b, label)
			b = append(b, `": `...)
			if line[j] == nil {
				b = append(b, "null"...)
			} else {
				b = c.Type.AppendJSON(b, line[j])
			}
		}
		q.result.Rows[i] = [][]byte{append(b, '}')}
	}
}

func (s *Selection) jsonColumns() []types.Column {
	if s.sel == nil {
		return s.table.Scope
	}
	return s.sel.Columns
}

// selector returns the selection to make groups with.
func (s *Selection) selector() *terms.Selection { return s.sel }
