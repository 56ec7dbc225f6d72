package coodie

import (
	"context"
	"encoding/json"

	"github.com/coodie-go/coodie/internal/stmt"
)

// CreateJSON is Create with a row that is a JSON object, as QuerySet.JSON reads it:
// `INSERT INTO … JSON ? IF NOT EXISTS`. The server reads the values, column by column, as CQL
// has it; columns that the object leaves out or that are null are left unset.
//
// The object's keys are column names of the struct: case counts only within quotes of their
// own, "\"mixedCase\"". A name that the struct lacks or that comes twice, a key column that is
// left out or null, and what is no object are a *UsageError, and nothing is sent. The key
// columns must have native types, and values whose meaning does not depend on the server: a
// timestamp with its zone, a decimal as a string.
//
// The `attempt` and `version` columns are set as Create sets them, whatever the object says.
// No hook runs, and no default is filled in: the row never is a struct.
func (c *Creation[T]) CreateJSON(ctx context.Context, row json.RawMessage) (out LWTResult[T], err error) {
	err = (*query)(c).createJSON(ctx, plainResult(&out), row)
	return
}

// SaveJSON is Document.Save with a row that is a JSON object: `INSERT INTO … JSON ?`, which
// overwrites whatever row is there. As a Save it deletes the struct's columns that are null,
// and so those that the object leaves out; OmitNil leaves both alone. Columns of the table
// that the struct lacks stay as they are. Of the object the same is true as with
// Creation.CreateJSON; filters are refused.
func (q *QuerySet[T]) SaveJSON(ctx context.Context, row json.RawMessage) error {
	return (*query)(q).saveJSON(ctx, row)
}

func (q *query) createJSON(ctx context.Context, res *result, row json.RawMessage) (err error) {
	c := q.chain().ofJSON(row)
	*res, err = c.claim(ctx, c.spec.Insert(c.spec.Value, true))
	return err
}

func (q *query) saveJSON(ctx context.Context, row json.RawMessage) error {
	c := q.chain().ofJSON(row)
	return c.write(ctx, c.spec.Insert(c.spec.Value, false))
}

// CreateJSON is Creation.CreateJSON.
func (c *BatchCreation[T]) CreateJSON(row json.RawMessage) *Handle[T] {
	return (*Handle[T])((*chain)(c).addJSON(row, true))
}

// SaveJSON is QuerySet.SaveJSON.
func (q *BatchQuery[T]) SaveJSON(row json.RawMessage) {
	(*chain)(q).addJSON(row, false)
}

func (c *chain) addJSON(row json.RawMessage, cas bool) *handle {
	ofJSON := c.ofJSON(row)
	return ofJSON.add(ofJSON.spec.Insert(ofJSON.spec.Value, cas), ofJSON.updates(nil))
}

// ofJSON is the chain of an INSERT of the object, whose key its value takes.
func (c chain) ofJSON(row json.RawMessage) chain {
	c.spec.Object, c.spec.Kind = &row, stmt.IfNotExists
	if c.table != nil {
		c.spec.Value = c.table.schema.New()
	}
	return c
}
