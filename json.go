package coodie

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/meta"
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
	*res, err = c.claim(ctx, c.spec.insert(c.spec.value, true))
	return err
}

func (q *query) saveJSON(ctx context.Context, row json.RawMessage) error {
	c := q.chain().ofJSON(row)
	return c.write(ctx, c.spec.insert(c.spec.value, false))
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
	return ofJSON.add(ofJSON.spec.insert(ofJSON.spec.value, cas), ofJSON.updates(nil))
}

// ofJSON is the chain of an INSERT of the object, whose key its value takes.
func (c chain) ofJSON(row json.RawMessage) chain {
	c.spec.object, c.spec.kind = &row, ifNotExists
	if c.table != nil {
		c.spec.value = c.table.schema.newRow()
	}
	return c
}

// object binds a JSON object as the one value of an INSERT JSON, and sets the key fields of the
// struct at p. What is sent names each column that is written, in the struct's order, so
// that DEFAULT UNSET is about no other.
func (b *builder) object(p codec.Addr, row json.RawMessage, unsetNull bool) {
	if b.err != nil {
		return
	}
	given, err := b.columnsOf(row)
	if err != nil {
		b.fail("", "", err)
		return
	}
	text := []byte{'{'}
	for _, c := range b.table.Columns {
		v := given[c.Index]
		switch {
		case c == b.table.Attempt && b.attempt != nil:
			v = json.RawMessage(`"` + codec.UUIDText(*b.attempt) + `"`)
		case c == b.table.Version && b.cas:
			v = json.RawMessage(strconv.FormatInt(b.ownVersion(), 10))
		}
		null := v == nil || string(v) == "null"
		if err := codec.CheckJSON(c.Type, v); err != nil {
			b.fail(c.Name, "", err)
		}
		switch {
		case c.Key():
			b.keyFromJSON(c, p.Field(c.Offset), v, null)
		case null && unsetNull:
			continue
		case null:
			v = json.RawMessage("null")
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(append(text, jsonName(c.Name)...), ':'), v...)
		b.lists = b.lists || !null && c.Type.Kind == codec.List && !c.Type.Frozen
	}
	b.stmt.JSON = true
	if _, err := b.call.BindCell(jsonCodec.Type(), append(text, '}')); err != nil {
		b.fail("", "", err)
	}
}

// ownVersion is the version that the write stores.
func (b *builder) ownVersion() int64 {
	for i := range b.own {
		if o := &b.own[i]; o.ref().col == b.table.Version {
			return o.value.p.Value(b.table.Version.GoType).Convert(reflect.TypeFor[int64]()).Int()
		}
	}
	return 0
}

// jsonCodec encodes the text of an object.
var jsonCodec = mustCodec(reflect.TypeFor[string](), codec.Native(codec.Text))

// columnsOf takes the object apart, by the columns' Index.
func (b *builder) columnsOf(row json.RawMessage) ([]json.RawMessage, error) {
	if !utf8.Valid(row) {
		return nil, errors.New("the row is not valid UTF-8, which JSON is")
	}
	var syntax *json.SyntaxError
	var whole json.RawMessage
	if err := json.Unmarshal(row, &whole); errors.As(err, &syntax) {
		return nil, fmt.Errorf("the row is no JSON: there is a mistake at byte %d", syntax.Offset)
	} else if err != nil {
		return nil, errors.New("the row is no JSON")
	}
	d := json.NewDecoder(bytes.NewReader(row))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("the row is no JSON object: {\"column\": value, …}")
	}
	given := make([]json.RawMessage, len(b.table.Columns))
	for member := 1; d.More(); member++ {
		var v json.RawMessage
		name, err := d.Token()
		if err == nil {
			err = d.Decode(&v)
		}
		if err != nil {
			return nil, errors.New("the row is no JSON")
		}
		c, err := b.columnOf(name.(string), member)
		if err != nil {
			return nil, err
		}
		if given[c.Index] != nil {
			return nil, fmt.Errorf("column %s is there twice", c.Name)
		}
		given[c.Index] = v
	}
	return given, nil
}

// columnOf is the column that an object's key names, as INSERT JSON has it: in quotes of its
// own as it stands, and otherwise in lower case. A key that is no column is part of the value that the
// caller gave, and so the error has its place among the members instead.
func (b *builder) columnOf(key string, member int) (*meta.Column, error) {
	name := strings.ToLower(key)
	quoted := inQuotes(key)
	if quoted {
		name = key[1 : len(key)-1]
	}
	if c := b.table.Column(name); c != nil {
		return c, nil
	}
	if c := b.table.Column(key); c != nil {
		if quoted {
			return c, nil // the quotes belong to the name: SELECT JSON writes it as it is
		}
		return nil, fmt.Errorf("the key %q means column %s, as CQL has it: write %s for the column of mixed case", key, name, jsonName(key))
	}
	return nil, fmt.Errorf("member %d of the object is no column of %s, which has %s", member, b.table.Go, ddl.Names(b.table.Columns))
}

// jsonName is a column's name as a key of an object. INSERT JSON folds the case of a name that
// is not in quotes of its own, and takes quotes at both ends for such.
func jsonName(name string) string {
	if name != strings.ToLower(name) || strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`) {
		name = `"` + name + `"`
	}
	text, _ := json.Marshal(name) // a text is always JSON
	return string(text)
}

// inQuotes reports whether the key of an object is a name in quotes of its own.
func inQuotes(key string) bool {
	return len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"'
}

// keyFromJSON sets the field of a key column: whatever has to name the row again, Settle say,
// takes the key from there.
func (b *builder) keyFromJSON(c *meta.Column, field codec.Addr, v json.RawMessage, null bool) {
	if b.err != nil {
		return
	}
	if null {
		b.fail(c.Name, "a "+c.Kind.String()+" column cannot be null, nor left out", nil)
		return
	}
	cell, err := codec.FromJSON(c.Type, v)
	if err != nil {
		b.fail(c.Name, "", err)
		return
	}
	b.emptyKey(c, cell)
	if err := hold(c, field, cell); err != nil {
		b.fail(c.Name, "field "+c.Field+" cannot hold the key", err)
	}
}
