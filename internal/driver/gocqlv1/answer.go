package gocqlv1

import (
	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// rows is the answer of a query. Its memory serves one answer after the other.
type rows struct {
	iter     *gocql.Iter
	made     int             // attempts
	attempts int             // the same if more than one, or 0 if the error says all
	pages    bool            // the driver may ask for further pages
	turns    pager           // nil: the answer does not tell of its pages
	watched  *driver.Watched // nil: the driver tells of each attempt, or nobody watches
	turned   bool            // the last row may be the first of another page

	columns driver.Columns
	list    []gocql.ColumnInfo // gocql's, of these columns
	row     driver.Row
	last    lastQuery // that was answered; none if it is not to be sent again
	lately  lately
}

// send runs a query.
func (a *rows) send(r *driver.Request, q *gocql.Query, watched *driver.Watched) {
	before := q.Attempts()
	a.iter, a.watched = q.Iter(), watched
	if !a.lately.answered(a.iter) { // gocql's are of another table
		_ = a.iter.Close()
		a.iter = q.NoSkipMetadata().Iter()
		a.lately.answered(a.iter)
	}
	watched.Answered()
	a.turns, _ = any(a.iter).(pager)
	a.made = q.Attempts() - before
	a.attempts = told(r, a.made)
	a.pages = len(a.iter.PageState()) > 0 && !r.Page
	a.describe()
}

// told is the number of attempts if the error of the last one does not tell everything, or else 0.
func told(r *driver.Request, attempts int) int {
	if attempts > 1 && r.Kind != driver.Read && r.Kind != driver.SerialRead || attempts == 1 && r.Replayable && isFork {
		return attempts
	}
	return 0
}

// describe takes the columns of the page.
func (a *rows) describe() {
	a.list = a.iter.Columns()
	var of driver.Description
	switch {
	case a.lately.known:
		of = a.lately.kept
	case a.pages: // gocql puts the next page in the iterator's place
		of = &ofPage{a.list}
	default:
		of = (*ofIter)(a.iter)
	}
	a.columns = driver.Described(of, len(a.list))
	a.row.Fit(len(a.list), func(i int) int { return elements(a.list[i].TypeInfo) }, target)
}

func (a *rows) Columns() driver.Columns { return a.columns }
func (a *rows) Turned() bool            { return a.turned }
func (a *rows) PageState() []byte       { return a.iter.PageState() }

// pager is an iterator that tells of its pages, as gocql's does.
type pager interface {
	// WillSwitchPage reports whether the next row is the first of another page.
	WillSwitchPage() bool
}

func (a *rows) Next() [][]byte {
	a.turned = a.turns == nil || a.turns.WillSwitchPage() // not at each row if it can be helped: the page after this one may be under way
	if !a.iter.Scan(a.row.Targets()...) {
		return nil
	}
	if list := a.iter.Columns(); len(list) != len(a.list) || len(list) > 0 && &list[0] != &a.list[0] { // of another page
		a.describe()
	}
	return a.row.Cells()
}

func (a *rows) Close() error {
	err := a.iter.Close()
	if a.watched != nil {
		a.watched.Ended(hostOf(a.iter.Host()), a.made, err)
		a.watched = nil
	}
	return closed(a.attempts, err)
}

func (a *rows) Forget() {
	a.row.Forget()
	*a = rows{row: a.row, last: a.last, lately: a.lately}
}

// closed is the error of an answer. The error of a write that took several attempts is a
// *driver.RepeatedError.
func closed(attempts int, err error) error {
	switch {
	case attempts > 0 && unreachable(err): // which is no attempt, but an earlier one may have been executed
		return &driver.RepeatedError{Attempts: attempts + 1, Err: spoken(err)}
	case err != nil && attempts > 1:
		return &driver.RepeatedError{Attempts: attempts, Err: spoken(err)}
	}
	return spoken(err)
}

// ofIter describes the columns of an iterator without further pages.
type ofIter gocql.Iter

func (o *ofIter) column(i int) *gocql.ColumnInfo { return &(*gocql.Iter)(o).Columns()[i] }

func (o *ofIter) Name(i int) string               { return o.column(i).Name }
func (o *ofIter) Type(i int) (*codec.Type, error) { return typeOf(o.column(i).TypeInfo) }
func (o *ofIter) Is(i int, t *codec.Type) bool    { return same(t, o.column(i).TypeInfo) }

// ofPage describes the columns of a page.
type ofPage struct{ list []gocql.ColumnInfo }

func (o *ofPage) Name(i int) string               { return o.list[i].Name }
func (o *ofPage) Type(i int) (*codec.Type, error) { return typeOf(o.list[i].TypeInfo) }
func (o *ofPage) Is(i int, t *codec.Type) bool    { return same(t, o.list[i].TypeInfo) }

// rawCell receives a cell undecoded: nil for null, empty for empty. It aliases gocql's buffer.
type rawCell []byte

// UnmarshalCQL keeps the cell as it came.
func (c *rawCell) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	*c = data
	return nil
}

func target(cell *[]byte) any { return (*rawCell)(cell) }

// elements is how many values gocql makes of a column, or -1 when it is one cell.
func elements(info gocql.TypeInfo) int {
	if t, ok := info.(gocql.TupleTypeInfo); ok {
		return len(t.Elems)
	}
	return -1
}
