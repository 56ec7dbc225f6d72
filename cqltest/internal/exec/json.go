package exec

import (
	"strings"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
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

func (s *selection) jsonColumns() []types.Column {
	if s.sel == nil {
		return s.table.scope
	}
	return s.sel.Columns
}

// selector returns the selection to make groups with.
func (s *selection) selector() *terms.Selection { return s.sel }

// jsonDocument is the document of INSERT … JSON.
type jsonDocument struct {
	text   terms.Term
	table  *table
	unset  bool // DEFAULT UNSET
	parsed atomic.Pointer[parsedJSON]
}

type parsedJSON struct {
	text string
	row  [][]byte
}

func (d *jsonDocument) row(env *terms.Env) ([][]byte, error) {
	b, err := d.text.Eval(env)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, invalid("Got null for INSERT JSON values")
	}
	text := string(b)
	if p := d.parsed.Load(); p != nil && p.text == text {
		return p.row, nil
	}
	row, err := types.ParseJSONRow(text, d.table.scope)
	if err != nil {
		return nil, err
	}
	d.parsed.Store(&parsedJSON{text, row})
	return row, nil
}

// jsonTerm is the value of one column of the document.
type jsonTerm struct {
	doc *jsonDocument
	col *column
}

func (t *jsonTerm) Type() *types.Type { return t.col.typ }
func (t *jsonTerm) Constant() bool    { return false }

func (t *jsonTerm) Eval(env *terms.Env) ([]byte, error) {
	row, err := t.doc.row(env)
	if err != nil {
		return nil, err
	}
	b := row[t.col.index]
	if types.IsUnset(b) && (!t.doc.unset || t.col.primaryKey()) {
		return nil, nil
	}
	return b, nil
}

// insertJSON prepares INSERT … JSON: every column of the table is assigned from
// the document.
func (p *preparer) insertJSON(m *modification, sc *terms.Scope, s *cqlparse.Insert) error {
	t := m.table
	recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: "[json]", Type: types.Text}
	text, err := terms.Prepare(sc, s.JSON, recv)
	if err != nil {
		return err
	}
	doc := &jsonDocument{text: text, table: t, unset: s.Default == cqlparse.DefaultUnset}
	if text.Constant() {
		if _, err := doc.row(&terms.Env{}); err != nil {
			return err
		}
	}
	m.where = &restrictions{table: t, verb: "INSERT"}
	for _, c := range t.columns {
		term := &jsonTerm{doc: doc, col: c}
		if !c.primaryKey() {
			m.addOperation(&operation{kind: opSet, col: c, value: term})
			continue
		}
		r := &restriction{cols: []*column{c}, eq: tuple{parts: []terms.Term{term}, n: 1}}
		if err := m.where.add(r); err != nil {
			return err
		}
	}
	if err := m.where.validate(false); err != nil {
		return err
	}
	return m.finish()
}
