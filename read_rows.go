package coodie

import (
	"bytes"
	"errors"
	"reflect"
	"sync"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// reader reads the rows of an answer, and passes over lines that are none. Its memory is used again and
// again: whoever has made it releases it.
type reader struct {
	*driver.Rows
	of        *source
	statement string
	tells     stmt.RowMark
	json      bool // each row is a JSON object
	added     bool // what tells rows was selected for that alone
	passed    int  // how many lines were no rows
	rows      int  // how many were
	skip      int  // how many of these an earlier statement of the same read has handed on
	known     knownPlan
}

// knownPlan is the plan of the last rows. The next ones of the same statement mostly have
// the very same columns.
type knownPlan struct {
	table   *meta.Table
	columns driver.Columns
	plan    plan
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// newReader is for the answer to the built statement.
func newReader(of *source, b *stmt.Builder) *reader {
	r := readers.Get().(*reader)
	known := r.known
	*r = reader{of: of, tells: b.RowMark, json: b.Stmt.JSON, added: b.Stmt.Line != "", known: known}
	return r
}

func (r *reader) release() {
	r.Rows, r.of = nil, nil
	readers.Put(r)
}

// plan is that of the rows that come next, made once for the answers of one statement after the other.
func (r *reader) plan() (p plan, err error) {
	columns := r.Columns()
	if columns.Len() == 0 {
		return nil, nil // of no answer
	}
	k := &r.known
	if k.table == r.of.shape.Meta && k.columns.Same(columns) {
		return k.plan, nil
	}
	if p, err = r.of.plan(k.plan[:0], columns); err != nil {
		*k = knownPlan{}
		r.of.refresh(r.statement) // writes are not to be encoded for the old types
		return nil, err
	}
	*k = knownPlan{r.of.shape.Meta, columns, p}
	return p, nil
}

// decode sets the fields of the struct at v from the row's cells.
func (r *reader) decode(p plan, v codec.Addr) error { return r.of.decode(p, v, r.Cells()) }

// next goes to the next row.
func (r *reader) next() bool {
	t := &r.tells
	for t.Most == 0 || r.rows < t.Most {
		if !r.Next() {
			return false
		}
		if t.Cell > 0 && r.rowless(r.Cells()) {
			r.passed++
			continue
		}
		if r.rows++; r.rows > r.skip {
			return true
		}
	}
	return false
}

// cut reports whether LIMIT has left rows out, since lines without a row were counted.
func (r *reader) cut(limit *int) bool {
	return r.tells.Cuts && r.passed > 0 && limit != nil && r.rows+r.passed >= *limit
}

// rowless reports whether the cells are those of a partition without a row.
func (r *reader) rowless(cells [][]byte) bool {
	t := &r.tells
	if !r.json {
		at := t.Cell - 1
		return at < len(cells) && (cells[at] == nil || t.By.Type.Kind == codec.Tuple && string(cells[at]) == "null")
	}
	if !bytes.Contains(cells[0], []byte("null")) {
		return false
	}
	name := stmt.RowMarkName
	if !r.added {
		name = t.By.Name
	}
	_, value := stmt.JSONMember(cells[0], name)
	return string(value) == "null"
}

// shown are the cells without what was selected for telling alone. A JSON object is one cell, and that is
// its last member.
func (r *reader) shown() [][]byte {
	cells := r.Cells()
	if r.json && r.added {
		if end, value := stmt.JSONMember(cells[0], stmt.RowMarkName); value != nil {
			return [][]byte{append(cells[0][:end:end], '}')}
		}
	}
	return cells
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
