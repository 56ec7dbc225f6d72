package driver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gocql/gocql"
)

// Rows reads raw cells. It is not safe for concurrent use.
type Rows struct {
	iter    Iter
	columns Columns
	err     error
	ctx     context.Context // of the request
	request *Request
	pending bool   // gocql may fetch another page, and encode the values for it
	frames  frames // of the request, or of one of its pages
	pager   pager  // nil: the answer does not tell

	fitted Columns  // the columns that what follows fits
	width  int      // how many values gocql makes of a row: a top-level tuple is one per element
	tuples bool     // there is such a tuple
	raw    [][]byte // the values of a row, and
	dest   []any    // where gocql scans them to
	joined [][]byte // one cell per column, where there are tuples
}

// rawCell receives a cell undecoded: nil for null, empty for empty. It aliases gocql's buffer.
type rawCell []byte

// UnmarshalCQL keeps the cell as it came.
func (c *rawCell) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	*c = data
	return nil
}

// try sends r once. The rows are new or reset.
func (r *Rows) try(ctx context.Context, s Sender, request *Request) {
	if err := Ended(ctx); err != nil {
		r.err = &NotSentError{err}
		return
	}
	if yes, err := planned(ctx, request); yes {
		r.err = err
		return
	}
	defer func() {
		// gocql panics on some malformed answers; the statement may have been executed.
		if p := recover(); p != nil {
			r.fail(fmt.Errorf("gocql panicked: %v", p))
		}
	}()
	r.pending, r.ctx, r.request = true, ctx, request
	if !request.counts(r) {
		ctx = request.counting(ctx, &r.frames)
	}
	r.iter = s.Send(ctx, request)
	r.pager, _ = r.iter.(pager)
	r.columns = Columns{r.iter.Columns()}
}

// reset forgets the rows and keeps the memory.
func (r *Rows) reset() {
	clear(r.raw)
	clear(r.joined)
	r.pager = nil
	r.iter, r.columns, r.err, r.ctx, r.request, r.pending = nil, Columns{}, nil, nil, nil, false
	r.frames.n.Store(0)
	r.frames.begun = false
	r.joined = r.joined[:0]
}

// Context is that of the request.
func (r *Rows) Context() context.Context {
	if r.ctx == nil {
		return context.Background()
	}
	return r.ctx
}

// Columns describes the cells of the row that was read last, or of the rows to come if none was.
func (r *Rows) Columns() Columns { return r.columns }

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
	if !r.fitted.Same(r.columns) {
		r.targets()
	}
	turns := r.pager != nil && r.pager.WillSwitchPage()
	if !r.iter.Scan(r.dest[:r.width]...) {
		return false
	}
	if columns := (Columns{r.iter.Columns()}); !r.columns.Same(columns) { // of another page
		r.columns = columns
		r.targets()
	}
	if turns || r.pager == nil { // not at each row if it can be helped: the page after this one may be under way
		r.frames.progress()
	}
	return true
}

// pager is an answer that comes in pages.
type pager interface {
	// WillSwitchPage reports whether the next row is the first of another page.
	WillSwitchPage() bool
}

// Cells returns the row's cells, one per column: nil is null, empty is empty. They
// alias gocql's memory and are valid until the next call of Next, even if that finds no row:
// ScyllaDB's fork then uses the memory for another answer.
//
// gocql splits a top-level tuple into its elements, so a tuple whose elements are all
// null cannot be told from a null tuple: it reads as null.
func (r *Rows) Cells() [][]byte {
	if !r.tuples {
		return r.raw[:r.width]
	}
	r.joined = r.joined[:0]
	next := 0
	for i := range r.columns.list {
		n := elements(r.columns.list[i].TypeInfo)
		if n < 0 {
			r.joined = append(r.joined, r.raw[next])
			next++
			continue
		}
		r.joined = append(r.joined, join(r.raw[next:next+n]))
		next += n
	}
	return r.joined
}

// PageState is where the next page begins; empty on the last. It is copied, and not to
// be asked for after Close.
func (r *Rows) PageState() []byte {
	if r.iter == nil || r.err != nil {
		return nil
	}
	return slices.Clone(r.iter.PageState())
}

// Close ends the reading and returns its error.
func (r *Rows) Close() error {
	if r.iter != nil {
		r.pending = len(r.iter.PageState()) > 0
		if err := r.iter.Close(); r.err == nil {
			if several, ok := err.(*RepeatedError); ok && r.frames.none() {
				err = several.Err // no attempt came as far as sending
			}
			r.err = withhold(r.request, spoken(err))
			if ended := r.ctx.Err(); ended != nil && errors.Is(err, ended) {
				r.err = Ended(r.ctx) // with its cause
			}
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
	r.fitted, r.width, r.tuples = r.columns, 0, false
	for i := range r.columns.list {
		if n := elements(r.columns.list[i].TypeInfo); n >= 0 {
			r.width += n
			r.tuples = true
		} else {
			r.width++
		}
	}
	if r.width <= len(r.raw) {
		return
	}
	r.raw, r.dest = make([][]byte, r.width), make([]any, r.width)
	for i := range r.raw {
		r.dest[i] = (*rawCell)(&r.raw[i])
	}
}

// elements is how many values gocql makes of a column, or -1 when it is one cell.
func elements(info gocql.TypeInfo) int {
	if t, ok := info.(gocql.TupleTypeInfo); ok {
		return len(t.Elems)
	}
	return -1
}

// join puts a tuple's elements back into one cell; nil when all are null.
func join(elems [][]byte) []byte {
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
