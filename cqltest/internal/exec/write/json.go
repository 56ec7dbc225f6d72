package write

import (
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// jsonDocument is the document of INSERT … JSON.
type jsonDocument struct {
	text   terms.Term
	table  *schema.Table
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
		return nil, protocol.Invalid("Got null for INSERT JSON values")
	}
	text := string(b)
	if p := d.parsed.Load(); p != nil && p.text == text {
		return p.row, nil
	}
	row, err := types.ParseJSONRow(text, d.table.Scope)
	if err != nil {
		return nil, err
	}
	d.parsed.Store(&parsedJSON{text, row})
	return row, nil
}

// jsonTerm is the value of one column of the document.
type jsonTerm struct {
	doc *jsonDocument
	col *schema.Column
}

func (t *jsonTerm) Type() *types.Type { return t.col.Type }

func (t *jsonTerm) Constant() bool { return false }

func (t *jsonTerm) Eval(env *terms.Env) ([]byte, error) {
	row, err := t.doc.row(env)
	if err != nil {
		return nil, err
	}
	b := row[t.col.Index]
	if types.IsUnset(b) && (!t.doc.unset || t.col.PrimaryKey()) {
		return nil, nil
	}
	return b, nil
}

// prepareInsertJSON prepares INSERT … JSON: every column of the table is assigned from
// the document.
func prepareInsertJSON(p *server.Preparer, m *Modification, sc *terms.Scope, s *cqlparse.Insert) error {
	t := m.table
	recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: "[json]", Type: types.Text}
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
	m.where = &where.Restrictions{Table: t, Verb: "INSERT"}
	for _, c := range t.Columns {
		term := &jsonTerm{doc: doc, col: c}
		if !c.PrimaryKey() {
			m.addOperation(&operation{kind: opSet, col: c, value: term})
			continue
		}
		r := &where.Restriction{Cols: []*schema.Column{c}, Eq: where.Tuple{Parts: []terms.Term{term}, N: 1}}
		if err := m.where.Add(r); err != nil {
			return err
		}
	}
	if err := m.where.Validate(false); err != nil {
		return err
	}
	return m.finish()
}
