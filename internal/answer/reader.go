package answer

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Reader reads the rows of an answer, and passes over lines that are none. Its memory is used again and
// again: whoever has made it releases it.
type Reader struct {
	*driver.Rows
	Of        *Source
	Statement string
	RowMark   stmt.RowMark
	json      bool // each row is a JSON object
	added     bool // what tells rows was selected for that alone
	passed    int  // how many lines were no rows
	Found     int  // how many were
	Skip      int  // how many of these an earlier statement of the same read has handed on
	Timed     bool // somebody wants to know the time that Outside tells
	outside   time.Duration
	left      time.Time // when the program's code began; zero if it does not run
	known     knownDecoding
}

// knownDecoding is the plan of the last rows. The next ones of the same statement mostly have
// the very same columns.
type knownDecoding struct {
	table   *meta.Table
	columns driver.Columns
	plan    decoding
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// NewReader is for the answer to the built statement.
func NewReader(of *Source, b *stmt.Bound) *Reader {
	r := readers.Get().(*Reader)
	known := r.known
	*r = Reader{Of: of, RowMark: b.RowMark, json: b.Stmt.JSON, added: b.Stmt.Line != "", known: known}
	return r
}

// Release ends the reading; the rows are closed.
func (r *Reader) Release() {
	r.Rows, r.Of = nil, nil
	readers.Put(r)
}

// Decoding is that of the rows that come next, made once for the answers of one statement after the other.
func (r *Reader) Decoding() (p decoding, err error) {
	columns := r.Columns()
	if columns.Len() == 0 {
		return nil, nil // of no answer
	}
	k := &r.known
	if k.table == r.Of.Table.Meta && k.columns.Same(columns) {
		return k.plan, nil
	}
	if p, err = r.Of.decodingOf(k.plan[:0], columns); err != nil {
		*k = knownDecoding{}
		r.Of.Refresh(r.Statement) // writes are not to be encoded for the old types
		return nil, err
	}
	*k = knownDecoding{r.Of.Table.Meta, columns, p.sharing()}
	return p, nil
}

// Leave is called before code of the program's that runs between two rows, and Return after it.
func (r *Reader) Leave() {
	if r.Timed {
		r.left = time.Now()
	}
}

// Return is called after code of the program's.
func (r *Reader) Return() {
	if r.Timed {
		r.outside, r.left = r.Outside(), time.Time{}
	}
}

// Outside is how long code of the program's has run.
func (r *Reader) Outside() time.Duration {
	if r.left.IsZero() {
		return r.outside
	}
	return r.outside + time.Since(r.left)
}

// Decode sets the fields of the struct at v from the row's cells.
func (r *Reader) Decode(p decoding, v codec.Addr) error { return r.Of.decode(p, v, r.Cells()) }

// NextRow goes to the next row.
func (r *Reader) NextRow() bool {
	t := &r.RowMark
	for t.Most == 0 || r.Found < t.Most {
		if !r.Next() {
			return false
		}
		if t.Cell > 0 && r.rowless(r.Cells()) {
			r.passed++
			continue
		}
		if r.Found++; r.Found > r.Skip {
			return true
		}
	}
	return false
}

// Cut reports whether LIMIT has left rows out, since lines without a row were counted.
func (r *Reader) Cut(limit *int) bool {
	return r.RowMark.Cuts && r.passed > 0 && limit != nil && r.Found+r.passed >= *limit
}

// rowless reports whether the cells are those of a partition without a row.
func (r *Reader) rowless(cells [][]byte) bool {
	t := &r.RowMark
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

// Shown are the cells without what was selected to tell rows alone. A JSON object is one cell, and that is
// its last member.
func (r *Reader) Shown() [][]byte {
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

// Strict is read with an error instead of the zero value for a null of a clustering column.
func Strict(col *meta.Column, goType reflect.Type, read CellReader) CellReader {
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
