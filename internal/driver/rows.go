package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Rows reads raw cells. It is not safe for concurrent use.
type Rows struct {
	iter    Iter
	used    Iter // a forgotten answer, for its memory
	columns Columns
	cells   [][]byte
	err     error
	ctx     context.Context // of the request
	request *Request
	read    int    // rows so far
	pending bool   // the driver may fetch another page, and encode the values for it
	frames  frames // of the request, or of one of its pages
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
			r.fail(fmt.Errorf("the driver panicked: %v", p))
		}
	}()
	r.pending, r.ctx, r.request = true, ctx, request
	if !request.counts(r) {
		ctx = request.counting(ctx, &r.frames)
	}
	used := r.used
	r.used = nil // it may be half filled after a panic
	r.iter = s.Send(ctx, request, used)
	r.columns = r.iter.Columns()
}

// reset forgets the rows and keeps the memory.
func (r *Rows) reset() {
	if r.used != nil {
		r.used.Forget()
	}
	r.columns, r.cells, r.err, r.ctx, r.request, r.pending = Columns{}, nil, nil, nil, nil, false
	r.read = 0
	r.frames.n.Store(0)
	r.frames.begun = false
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
			r.fail(fmt.Errorf("the driver panicked while reading a row: %v", p))
			ok = false
		}
	}()
	if r.cells = r.iter.Next(); r.cells == nil {
		return false
	}
	r.read++
	r.columns = r.iter.Columns()
	if r.iter.Turned() {
		r.frames.progress()
	}
	return true
}

// Cells returns the row's cells, one per column: nil is null, empty is empty. They
// alias the driver's memory and are valid until the next call of Next, even if that finds no row:
// ScyllaDB's fork then uses the memory for another answer.
//
// gocql splits a top-level tuple into its elements, so a tuple whose elements are all
// null cannot be told from a null tuple: it reads as null.
func (r *Rows) Cells() [][]byte { return r.cells }

// Read is how many rows have been read.
func (r *Rows) Read() int { return r.read }

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
			r.err = withhold(r.request, err)
			switch ended := r.ctx.Err(); {
			case ended != nil && errors.Is(err, ended):
				r.err = Ended(r.ctx) // with its cause
			case ended == nil && errors.Is(err, context.Canceled):
				r.err = &closedError{r.err} // the context was that of the driver's connection
			}
		}
		r.iter, r.used = nil, r.iter
	}
	return r.err
}

func (r *Rows) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
