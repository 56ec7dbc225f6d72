package driver

import (
	"encoding/binary"
	"fmt"

	"github.com/gocql/gocql"
)

// Rows reads raw cells. It is not safe for concurrent use.
type Rows struct {
	iter    Iter
	columns []gocql.ColumnInfo
	raw     []rawCell // as gocql scans: a top-level tuple takes one per element
	dest    []any
	cells   [][]byte
	err     error
}

// rawCell receives a cell undecoded: nil for null, empty for empty. It aliases gocql's buffer.
type rawCell []byte

// UnmarshalCQL keeps the cell as it came.
func (c *rawCell) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	*c = data
	return nil
}

// Columns describes the cells of the rows to come.
func (r *Rows) Columns() []gocql.ColumnInfo { return r.columns }

// Next reads the next row; false at the end or on an error, which Close returns.
func (r *Rows) Next() (ok bool) {
	if r.err != nil || r.iter == nil {
		return false
	}
	defer func() {
		if p := recover(); p != nil { // a cell longer than the frame, or stale prepared metadata
			r.fail(fmt.Errorf("gocql panicked while reading a row: %v", p))
			ok = false
		}
	}()
	if r.dest == nil {
		r.targets()
	}
	return r.iter.Scan(r.dest...)
}

// Cells returns the row's cells, one per column: nil is null, empty is empty. They
// alias gocql's memory and are valid until the next call of Next.
//
// gocql splits a top-level tuple into its elements, so a tuple whose elements are all
// null cannot be told from a null tuple: it reads as null.
func (r *Rows) Cells() [][]byte {
	r.cells = r.cells[:0]
	next := 0
	for i := range r.columns {
		n := elements(r.columns[i].TypeInfo)
		if n < 0 {
			r.cells = append(r.cells, r.raw[next])
			next++
			continue
		}
		r.cells = append(r.cells, join(r.raw[next:next+n]))
		next += n
	}
	return r.cells
}

// Close ends the reading and returns its error.
func (r *Rows) Close() error {
	if r.iter != nil {
		if err := r.iter.Close(); r.err == nil {
			r.err = err
		}
		r.iter = nil
	}
	return r.err
}

func (r *Rows) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// targets makes one scan target per value that gocql delivers.
func (r *Rows) targets() {
	n := 0
	for i := range r.columns {
		if e := elements(r.columns[i].TypeInfo); e >= 0 {
			n += e
		} else {
			n++
		}
	}
	r.raw = make([]rawCell, n)
	r.dest = make([]any, n)
	for i := range r.raw {
		r.dest[i] = &r.raw[i]
	}
	r.cells = make([][]byte, 0, len(r.columns))
}

// elements is how many values gocql makes of a column, or -1 when it is one cell.
func elements(info gocql.TypeInfo) int {
	if t, ok := info.(gocql.TupleTypeInfo); ok {
		return len(t.Elems)
	}
	return -1
}

// join puts a tuple's elements back into one cell; nil when all are null.
func join(elems []rawCell) []byte {
	var cell []byte
	null := true
	for _, e := range elems {
		if e == nil {
			cell = binary.BigEndian.AppendUint32(cell, 0xffffffff)
			continue
		}
		null = false
		cell = append(binary.BigEndian.AppendUint32(cell, uint32(len(e))), e...)
	}
	if null {
		return nil
	}
	return cell
}
