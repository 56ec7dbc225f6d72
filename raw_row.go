package coodie

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// Row is one row of a raw answer. Its values are taken by the names of the columns, since
// their order is the server's affair.
type Row struct {
	table   string
	columns driver.Columns
	cells   answer.Cells
}

// newRow keeps the cells without the one at without; -1: all.
func newRow(table string, columns driver.Columns, cells [][]byte, without int) Row {
	if without >= 0 {
		columns = columns.Without(without)
	}
	return Row{table, columns, answer.Pack(nil, cells, without)}
}

// Columns are the names of the row's columns, in the order of the server.
func (r Row) Columns() []string {
	names := make([]string, r.columns.Len())
	for i := range r.columns.Len() {
		names[i] = r.columns.Name(i)
	}
	return names
}

// CellState says whether the row has the column, and whether it is null.
func (r Row) CellState(column string) CellState {
	if i := r.columns.Index(column); i >= 0 {
		return CellState(answer.PresenceOf(r.cells.At(i)))
	}
	return CellMissing
}

// Get sets what dest points to, of any Go type that can hold the column's CQL type: null
// sets zero, and a nil pointer where dest points to a pointer. A column that the row lacks, or
// a type that does not fit, is a *DecodeError.
func (r Row) Get(column string, dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return r.broken(column, "", fmt.Errorf("Get needs a pointer to set, and got a %T", dest))
	}
	i := r.columns.Index(column)
	if i < 0 {
		return r.broken(column, "", fmt.Errorf("the answer has no such column, but %q", r.Columns()))
	}
	return r.decode(i, v.Elem(), "")
}

// Scan sets the fields of the struct that dest points to: those whose name, by `cql` tag or
// in snake_case, is a column of the row. Columns that the struct lacks are passed over, and
// so are fields that the row lacks.
func (r Row) Scan(dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return r.broken("", "", fmt.Errorf("Scan needs a pointer to a struct, and got a %T", dest))
	}
	v = v.Elem()
	for i := range r.columns.Len() {
		if index, ok := codec.FieldNamed(v.Type(), r.columns.Name(i)); ok {
			if err := r.decode(i, v.FieldByIndex(index), v.Type().FieldByIndex(index).Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Pairs are the columns and their values, of the natural Go types of their CQL types, in
// the order of the server; nil is null.
func (r Row) Pairs() ([]Pair, error) {
	pairs := make([]Pair, r.columns.Len())
	for i := range r.columns.Len() {
		pairs[i].Column = r.columns.Name(i)
		if r.cells.At(i) == nil {
			continue
		}
		t, err := r.columns.Type(i)
		if err == nil {
			pairs[i].Value, err = codec.DecodeAny(t, r.cells.At(i))
		}
		if err != nil {
			return nil, r.broken(pairs[i].Column, "", err)
		}
	}
	return pairs, nil
}

// Map is Pairs by column name. Nothing is set in a map of the caller's: each call makes one.
func (r Row) Map() (map[string]any, error) {
	pairs, err := r.Pairs()
	if err != nil {
		return nil, err
	}
	return pairsMap(pairs), nil
}

// decode sets v, which is settable, from cell i.
func (r Row) decode(i int, v reflect.Value, field string) error {
	t, err := r.columns.Type(i)
	if err == nil {
		var c *codec.Codec
		if c, err = codec.For(v.Type(), t); err == nil {
			err = c.Decode(codec.AddrOf(v.Addr()), r.cells.At(i))
		}
	}
	if err != nil {
		return r.broken(r.columns.Name(i), field, err)
	}
	return nil
}

func (r Row) broken(column, field string, err error) error {
	return &DecodeError{Table: r.table, Column: column, Field: field, Err: err}
}

// do sends the statement.
func (p *rawStatement) do(ctx context.Context) (*driver.Rows, *watch) {
	var w *watch
	if p.settings.watches(ctx) {
		keyspace, _, qualified := strings.Cut(p.table, ".")
		if !qualified {
			keyspace = p.db.sender.Keyspace()
		}
		ctx, w = p.settings.begin(ctx, Event{Op: opRaw, Kind: p.kind, Keyspace: keyspace, Table: p.table}, &p.request)
	}
	return driver.Do(ctx, driver.Retry(p.db.sender, p.settings.retries), &p.request), w
}

// tell tells the observers of the DB how the statement has ended.
func (p *rawStatement) tell(w *watch, rows *driver.Rows, outcome Outcome, err error) {
	w.end(outcome, err, func(e *Event) {
		if p.kind == EventRead || p.kind == EventSerialRead {
			e.Rows = rows.Read()
		}
		e.Warning = p.db.texts.add(p.request.Statement, "as raw CQL")
	})
}
