package stmt

import (
	"bytes"
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

// Object binds the row of an INSERT JSON, and sets the key fields of the struct at p. It is a function so that only
// a program that writes such rows links what reads them.
type Object func(b *Bound, p codec.Addr, unsetNull bool)

// JSONObject is the row that a JSON object holds.
func JSONObject(row json.RawMessage) Object {
	return func(b *Bound, p codec.Addr, unsetNull bool) { b.object(p, row, unsetNull) }
}

// object binds a JSON object as the one value of an INSERT JSON, and sets the key fields of the
// struct at p. What is sent names each column that is written, in the struct's order, so
// that DEFAULT UNSET is about no other.
func (b *Bound) object(p codec.Addr, row json.RawMessage, unsetNull bool) {
	if b.Err != nil {
		return
	}
	given, err := b.columnsOf(row)
	if err != nil {
		b.Fail("", "", err)
		return
	}
	text := []byte{'{'}
	for _, c := range b.Meta.Columns {
		v := given[c.Index]
		switch {
		case c == b.Meta.Attempt && b.Attempt != nil:
			v = json.RawMessage(`"` + codec.UUIDText(*b.Attempt) + `"`)
		case c == b.Meta.Version && b.CAS:
			v = json.RawMessage(strconv.FormatInt(b.storedVersion(), 10))
		}
		null := v == nil || string(v) == "null"
		if err := codec.CheckJSON(c.Type, v); err != nil {
			b.Fail(c.Name, "", err)
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
	b.Stmt.JSON = true
	if _, err := b.Call.BindCell(jsonCodec.Type(), append(text, '}')); err != nil {
		b.Fail("", "", err)
	}
}

// storedVersion is the version that the write stores.
func (b *Bound) storedVersion() int64 {
	for i := range b.Stored {
		if o := &b.Stored[i]; o.Ref().col == b.Meta.Version {
			return o.value.p.Value(b.Meta.Version.GoType).Convert(reflect.TypeFor[int64]()).Int()
		}
	}
	return 0
}

// jsonCodec encodes the text of an object.
var jsonCodec = MustCodec(reflect.TypeFor[string](), codec.Native(codec.Text))

// columnsOf takes the object apart, by the columns' Index.
func (b *Bound) columnsOf(row json.RawMessage) ([]json.RawMessage, error) {
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
	given := make([]json.RawMessage, len(b.Meta.Columns))
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
func (b *Bound) columnOf(key string, member int) (*meta.Column, error) {
	name := strings.ToLower(key)
	quoted := inQuotes(key)
	if quoted {
		name = key[1 : len(key)-1]
	}
	if c := b.Meta.Column(name); c != nil {
		return c, nil
	}
	if c := b.Meta.Column(key); c != nil {
		if quoted {
			return c, nil // the quotes belong to the name: SELECT JSON writes it as it is
		}
		return nil, fmt.Errorf("the key %q means column %s, as CQL has it: write %s for the column of mixed case", key, name, jsonName(key))
	}
	return nil, fmt.Errorf("member %d of the object is no column of %s, which has %s", member, b.Meta.Go, ddl.Names(b.Meta.Columns))
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
func (b *Bound) keyFromJSON(c *meta.Column, field codec.Addr, v json.RawMessage, null bool) {
	if b.Err != nil {
		return
	}
	if null {
		b.Fail(c.Name, "a "+c.Kind.String()+" column cannot be null, nor left out", nil)
		return
	}
	cell, err := codec.FromJSON(c.Type, v)
	if err != nil {
		b.Fail(c.Name, "", err)
		return
	}
	b.emptyKey(c, cell)
	if err := hold(c, field, cell); err != nil {
		b.Fail(c.Name, "field "+c.Field+" cannot hold the key", err)
	}
}
